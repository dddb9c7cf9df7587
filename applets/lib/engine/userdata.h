/*
 * User data: the parts of lists that users and group administrators have set,
 * in one flat record that any number of processes map.
 *
 * A part is a list (engine/list.h) with a name: "LIST#ADDRESS", what one
 * recipient adds to the list (lower case), or "group-NAME", the members of a
 * group.
 *
 * The record: magic u32, n u32, then n of u32: where each part is, in name
 * order; a part: its name and its image, both as base/wire.h has spans.
 */
#ifndef ENGINE_USERDATA_H
#define ENGINE_USERDATA_H

#include "base/buf.h"
#include "base/span.h"

/* One entry; owner empty: the list is no user's, but as a whole set so. */
struct userdata_row {
	struct span list, owner, entry;
};

/*
 * Appends the record; sorts the rows. What a user wrote that is no entry is
 * left out and counted: it harms nobody else.
 */
void userdata_build(struct userdata_row *rows, size_t n, struct buf *b,
	size_t *wrong_r);

/* The part of that name; false: there is none, or this is no record. */
bool userdata_find(struct span record, struct span name,
	struct span *image_r);

/* How many parts; 0 for what is no record. */
uint32_t userdata_count(struct span record);

#endif
