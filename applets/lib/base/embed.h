/*
 * Files of the source tree that travel inside the executable: lua/ and sql/.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include "base/span.h"

struct embedded {
	const char *path;
	const unsigned char *start, *end;
};

/* Made by the Makefile (build/.../files.c); ends with a NULL path. */
extern const struct embedded embedded[];

/* The file "lua/policy/50-default.lua", or an empty span with p NULL. */
struct span embed_file(const char *path);
/* The i-th file whose path starts with prefix; NULL after the last. */
const char *embed_name(const char *prefix, size_t i);

#endif
