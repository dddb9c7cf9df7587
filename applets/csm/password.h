/*
 * Which new passwords are taken.
 */
#ifndef CSM_PASSWORD_H
#define CSM_PASSWORD_H

#include "base/span.h"

enum { PASSWORD_CHARACTERS = 12 };

/* NULL: good enough; else why not, a sentence. */
const char *password_trouble(struct span password, struct span name);

#endif
