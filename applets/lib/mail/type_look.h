/*
 * How mail/type.c looks closer, once the first bytes named a container or
 * named nothing. Private to type*.c.
 */
#ifndef MAIL_TYPE_LOOK_H
#define MAIL_TYPE_LOOK_H

#include "mail/type.h"

/* By the first bytes, and those at fixed places; unknown when none fits. */
enum type_id type_look_signature(struct span s);

/* A ZIP by its members and its content types. */
enum type_id type_look_zip(struct span s);

/* An OLE2 container by its streams. */
enum type_id type_look_ole(struct span s);

/* A text by its first words; unknown when it is no text. */
enum type_id type_look_text(struct span s);

#endif
