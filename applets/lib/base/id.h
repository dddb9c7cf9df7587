/*
 * Message ids: UUIDv7 (RFC 9562 section 5.7), made where the message is
 * first seen, so that every later write can be repeated.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/span.h"

enum { ID_TEXT_SIZE = 37 }; /* 36 characters and the NUL */

struct id {
	char text[ID_TEXT_SIZE];
};

/* A new id: wall clock in milliseconds, then 74 random bits. */
struct id id_new(void);
/* Lower-case canonical form only: safe as a file name. */
bool id_parse(struct span s, struct id *id_r);
/* The wall clock in it, milliseconds since 1970. */
int64_t id_time_ms(const struct id *id);

#endif
