/*
 * The memory of one Lua state: a region of fixed address and size with its
 * own allocator, whose books lie in the region too. So a copy of the used
 * bytes is the whole state, and copying them back is a full reset.
 *
 * Pages are taken from the system only when touched.
 */
#ifndef SCRIPT_REGION_H
#define SCRIPT_REGION_H

#include <stdbool.h>
#include <stddef.h>

struct region;

/* Of at most `limit` bytes, books included; NULL with errno. */
struct region *region_new(size_t limit);
void region_free(struct region **r);

/* Called each time that an allocation finds no room. */
void region_on_refusal(struct region *r, void (*refused)(void *),
	void *context);

/*
 * realloc and free in the shape that Lua wants (lua_Alloc): region is a
 * struct region; NULL when there is no room; shrinking never fails.
 */
void *region_alloc(void *region, void *block, size_t old, size_t wanted);

/* Keeps a copy of the used bytes; an earlier one is dropped. -1 with errno. */
int region_freeze(struct region *r);
/* Back to the copy; memory far behind it goes back to the system. */
void region_restore(struct region *r);

#endif
