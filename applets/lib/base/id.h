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
/* One made of 16 bytes of a hash: a UUIDv8 (RFC 9562 section 5.8). */
struct id id_of_hash(const unsigned char h[16]);
/* The 16 bytes of one. */
void id_bytes(const struct id *id, unsigned char out[16]);
/* … and back. */
struct id id_of_bytes(const unsigned char b[16]);
/* Lower-case canonical form only: safe as a file name. */
bool id_parse(struct span s, struct id *id_r);
/* The wall clock in it, milliseconds since 1970. */
int64_t id_time_ms(const struct id *id);

#endif
