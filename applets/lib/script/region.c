#include "script/region.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	GRAIN = 16,
	SMALL = 512,		/* up to here a class for each 16 bytes */
	SMALL_BITS = 9,
	SMALL_CLASSES = SMALL / GRAIN + 1,
	PARTS = 4,		/* then four classes a doubling */
	CLASSES = SMALL_CLASSES + PARTS * (48 - SMALL_BITS),
	TAIL_KEPT = 256 * 1024,	/* touched pages kept behind the image */
};

struct hole {
	struct hole *next;
};

/* The books, at the front of the region. */
struct heap {
	size_t limit, used, peak;
	struct hole *holes[CLASSES];
};

struct region {
	struct heap *heap;
	size_t size, page;
	void *image;
	size_t image_size;
	void (*refused)(void *);
	void *context;
};

/* The class of blocks that n bytes (1 or more) come from, and their size. */
static size_t class_of(size_t n, size_t *size_r)
{
	unsigned e;
	size_t base, part, k;

	if (n <= SMALL) {
		*size_r = (n + GRAIN - 1) / GRAIN * GRAIN;
		return *size_r / GRAIN;
	}
	e = 63 - (unsigned)__builtin_clzl(n - 1);
	base = (size_t)1 << e;
	part = base / PARTS;
	k = (n - 1 - base) / part;
	*size_r = base + (k + 1) * part;
	return SMALL_CLASSES + (e - SMALL_BITS) * PARTS + k;
}

struct region *region_new(size_t limit)
{
	struct region *r;
	size_t books = (sizeof(struct heap) + GRAIN - 1) / GRAIN * GRAIN;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->page = 4096;
	r->size = (limit + books + r->page - 1) / r->page * r->page;
	r->heap = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->heap == MAP_FAILED) {
		free(r);
		return NULL;
	}
	r->heap->limit = limit;
	r->heap->used = r->heap->peak = books;
	return r;
}

void region_free(struct region **r)
{
	if (*r == NULL)
		return;
	munmap((*r)->heap, (*r)->size);
	free((*r)->image);
	free(*r);
	*r = NULL;
}

void region_on_refusal(struct region *r, void (*refused)(void *),
	void *context)
{
	r->refused = refused;
	r->context = context;
}

static bool is_last(const struct heap *h, const void *block, size_t size)
{
	return (const char *)block + size == (const char *)h + h->used;
}

static void put_hole(struct heap *h, void *block, size_t class)
{
	struct hole *hole = block;

	hole->next = h->holes[class];
	h->holes[class] = hole;
}

static void *take_hole(struct heap *h, size_t class)
{
	struct hole *hole = h->holes[class];

	if (hole)
		h->holes[class] = hole->next;
	return hole;
}

/* Makes holes of what is left over of a block. */
static void scatter(struct heap *h, char *p, size_t n)
{
	while (n) {
		size_t size = n < SMALL ? n : SMALL;

		put_hole(h, p, size / GRAIN);
		p += size;
		n -= size;
	}
}

/* The region is full: a larger hole will do. */
static void *break_hole(struct heap *h, size_t class, size_t size)
{
	for (size_t c = class + 1; c < CLASSES; c++) {
		char *p = take_hole(h, c);
		size_t whole;

		if (p == NULL)
			continue;
		if (c < SMALL_CLASSES)
			whole = c * GRAIN;
		else
			whole = ((size_t)PARTS + 1 +
				(c - SMALL_CLASSES) % PARTS) <<
				((c - SMALL_CLASSES) / PARTS + SMALL_BITS - 2);
		scatter(h, p + size, whole - size);
		return p;
	}
	return NULL;
}

static void *take(struct heap *h, size_t n)
{
	size_t size, class;
	void *p;

	if (n > h->limit)
		return NULL;
	class = class_of(n, &size);
	p = take_hole(h, class);
	if (p)
		return p;
	if (h->used > h->limit || size > h->limit - h->used)
		return break_hole(h, class, size);
	p = (char *)h + h->used;
	h->used += size;
	if (h->used > h->peak)
		h->peak = h->used;
	return p;
}

static void give(struct heap *h, void *block, size_t n)
{
	size_t size, class = class_of(n, &size);

	if (is_last(h, block, size))
		h->used -= size;
	else
		put_hole(h, block, class);
}

/* The last block can grow where it is. */
static bool grow_last(struct heap *h, void *block, size_t old, size_t wanted)
{
	size_t have, need;

	if (wanted > h->limit)
		return false;
	class_of(old, &have);
	class_of(wanted, &need);
	if (need < have || !is_last(h, block, have) ||
	    h->used > h->limit || need - have > h->limit - h->used)
		return false;
	h->used += need - have;
	if (h->used > h->peak)
		h->peak = h->used;
	return true;
}

static void *resize(struct heap *h, void *block, size_t old, size_t wanted)
{
	size_t have, need;
	void *p;

	if (wanted <= h->limit &&
	    class_of(old, &have) == class_of(wanted, &need))
		return block;
	if (grow_last(h, block, old, wanted))
		return block;
	p = take(h, wanted);
	if (p == NULL)
		return wanted < old ? block : NULL;
	memcpy(p, block, old < wanted ? old : wanted);
	give(h, block, old);
	return p;
}

void *region_alloc(void *region, void *block, size_t old, size_t wanted)
{
	struct region *r = region;
	void *p;

	if (wanted == 0) {
		if (block && old)
			give(r->heap, block, old);
		return NULL;
	}
	if (block == NULL || old == 0)
		p = take(r->heap, wanted);
	else
		p = resize(r->heap, block, old, wanted);
	if (p == NULL && r->refused)
		r->refused(r->context);
	return p;
}

int region_freeze(struct region *r)
{
	size_t used = r->heap->used;
	void *image = malloc(used);

	if (image == NULL)
		return -1;
	r->heap->peak = used;
	memcpy(image, r->heap, used);
	free(r->image);
	r->image = image;
	r->image_size = used;
	return 0;
}

void region_restore(struct region *r)
{
	size_t peak = r->heap->peak, keep = r->image_size + TAIL_KEPT;

	if (peak > keep) {
		keep = (keep + r->page - 1) / r->page * r->page;
		if (peak > keep)
			madvise((char *)r->heap + keep, r->size - keep,
				MADV_DONTNEED);
	}
	memcpy(r->heap, r->image, r->image_size);
}
