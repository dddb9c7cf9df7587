#include "mail/archive_zip.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum {
	END_SIZE = 22, END64_SIZE = 56, LOCATOR_SIZE = 20,
	CENTRAL_SIZE = 46, LOCAL_SIZE = 30,
	METHOD_STORED = 0, METHOD_DEFLATE = 8,
	FLAG_ENCRYPTED = 1, FLAG_STREAMED = 8,
	EXTRA_ZIP64 = 1,
};
#define NONE32 0xffffffffu

static uint16_t le16(struct span s, size_t at)
{
	return (uint16_t)(s.p[at] | s.p[at + 1] << 8);
}

static uint32_t le32(struct span s, size_t at)
{
	return le16(s, at) | (uint32_t)le16(s, at + 2) << 16;
}

static uint64_t le64(struct span s, size_t at)
{
	return le32(s, at) | (uint64_t)le32(s, at + 4) << 32;
}

static bool has(struct span s, size_t at, size_t n)
{
	return at <= s.n && n <= s.n - at;
}

static bool signed_at(struct span s, size_t at, uint32_t signature)
{
	return has(s, at, 4) && le32(s, at) == signature;
}

/* The larger end record, when the locator before `at` leads to one. */
static void read_end64(struct zip *z, size_t at, uint64_t *size,
	uint64_t *offset, size_t *ends)
{
	size_t end64 = at - LOCATOR_SIZE - END64_SIZE;

	if (at < LOCATOR_SIZE + END64_SIZE ||
	    !signed_at(z->file, at - LOCATOR_SIZE, 0x07064b50) ||
	    !signed_at(z->file, end64, 0x06064b50))
		return;
	z->entries = le64(z->file, end64 + 32);
	*size = le64(z->file, end64 + 40);
	*offset = le64(z->file, end64 + 48);
	*ends = end64;
}

/* Is there a directory before the end record at `at`? */
static bool read_end(struct zip *z, size_t at)
{
	struct span s = z->file;
	uint64_t size, offset;
	size_t ends = at;

	if (!has(s, at, END_SIZE))
		return false;
	z->entries = le16(s, at + 10);
	size = le32(s, at + 12);
	offset = le32(s, at + 16);
	read_end64(z, at, &size, &offset, &ends);
	if (size > ends)
		return false;
	z->directory = ends - size;
	z->size = size;
	/* Programs before the archive move it; some count them, some not. */
	z->base = offset <= z->directory ? z->directory - offset : 0;
	if (signed_at(s, offset, 0x02014b50) && offset < z->directory &&
	    !signed_at(s, z->directory, 0x02014b50)) {
		z->directory = offset;
		z->base = 0;
	}
	z->end = at + END_SIZE + le16(s, at + 20);
	if (z->end > s.n)
		z->end = s.n;
	return size == 0 ? offset == 0 || z->base == 0 :
		signed_at(s, z->directory, 0x02014b50);
}

bool zip_find(struct span file, size_t end, struct zip *z_r)
{
	z_r->file = file;
	if (end > file.n)
		end = file.n;
	while (end >= END_SIZE) {
		const unsigned char *p = memrchr(file.p, 'P', end - 3);

		if (p == NULL)
			return false;
		end = (size_t)(p - file.p) + 3;
		if (p[1] == 'K' && p[2] == 5 && p[3] == 6 &&
		    read_end(z_r, end - 3))
			return true;
	}
	return false;
}

/* What did not fit into 32 bits stands in an extra field (4.5.3). */
static void read_extra(struct span x, struct zip_entry *e, uint64_t *offset)
{
	while (x.n >= 4) {
		struct span field = span_sub(x, 4, le16(x, 2));
		size_t at = 0;
		uint64_t *value[] = { &e->size, &e->packed, offset };

		for (int i = 0; le16(x, 0) == EXTRA_ZIP64 && i < 3; i++)
			if (*value[i] == NONE32 && has(field, at, 8)) {
				*value[i] = le64(field, at);
				at += 8;
			}
		x = span_after(x, 4u + le16(x, 2));
	}
}

bool zip_next(const struct zip *z, size_t *at, struct zip_entry *e_r)
{
	struct span s = span_sub(z->file, 0, z->end);
	size_t here = *at, n, x, comment;
	uint64_t offset;

	if (!has(s, here, CENTRAL_SIZE) || le32(s, here) != 0x02014b50)
		return false;
	n = le16(s, here + 28);
	x = le16(s, here + 30);
	comment = le16(s, here + 32);
	if (!has(s, here + CENTRAL_SIZE, n + x + comment))
		return false;
	*e_r = (struct zip_entry){
		.name = span_sub(s, here + CENTRAL_SIZE, n),
		.flags = le16(s, here + 8), .method = le16(s, here + 10),
		.crc = le32(s, here + 16), .packed = le32(s, here + 20),
		.size = le32(s, here + 24),
	};
	offset = le32(s, here + 42);
	read_extra(span_sub(s, here + CENTRAL_SIZE + n, x), e_r, &offset);
	e_r->at = offset > s.n - z->base ? s.n : z->base + (size_t)offset;
	*at = here + CENTRAL_SIZE + n + x + comment;
	return true;
}

/* The member's bytes behind its local header. */
static struct span packed_of(struct span file, const struct zip_entry *e)
{
	if (!has(file, e->at, LOCAL_SIZE))
		return (struct span){ NULL, 0 };
	return span_sub(file, e->at + LOCAL_SIZE + le16(file, e->at + 26) +
		le16(file, e->at + 28), e->packed);
}

struct span zip_local_name(struct span file, const struct zip_entry *e)
{
	if (!signed_at(file, e->at, 0x04034b50) ||
	    !has(file, e->at, LOCAL_SIZE))
		return SPAN("");
	return span_sub(file, e->at + LOCAL_SIZE, le16(file, e->at + 26));
}

size_t zip_inflate(struct span packed, bool zlib, unsigned char *out,
	size_t max)
{
	z_stream z = { .next_in = (unsigned char *)packed.p,
		.avail_in = (uInt)(packed.n < UINT32_MAX ? packed.n :
			UINT32_MAX),
		.next_out = out, .avail_out = (uInt)max };
	size_t n;

	if (inflateInit2(&z, zlib ? MAX_WBITS : -MAX_WBITS) != Z_OK)
		return 0;
	inflate(&z, Z_SYNC_FLUSH);
	n = max - z.avail_out;
	inflateEnd(&z);
	return n;
}

size_t zip_peek(struct span file, const struct zip_entry *e,
	unsigned char *out, size_t max)
{
	struct span packed = packed_of(file, e);

	if (e->flags & FLAG_ENCRYPTED)
		return 0;
	if (e->method == METHOD_DEFLATE)
		return zip_inflate(packed, false, out, max);
	if (e->method != METHOD_STORED)
		return 0;
	packed = span_sub(packed, 0, max);
	if (packed.n)
		memcpy(out, packed.p, packed.n);
	return packed.n;
}

/* Does the header before the member say the same? */
static bool is_same(struct span s, const struct zip_entry *e)
{
	uint16_t flags;
	bool streamed;

	if (!has(s, e->at, LOCAL_SIZE) || le32(s, e->at) != 0x04034b50)
		return false;
	flags = le16(s, e->at + 6);
	streamed = flags & FLAG_STREAMED;
	if (le16(s, e->at + 8) != e->method ||
	    (flags & FLAG_ENCRYPTED) != (e->flags & FLAG_ENCRYPTED))
		return false;
	if (!span_eq(zip_local_name(s, e), e->name))
		return false;
	return (streamed && le32(s, e->at + 18) == 0) ||
		le32(s, e->at + 18) == NONE32 ||
		le32(s, e->at + 22) == NONE32 ||
		(le32(s, e->at + 18) == (uint32_t)e->packed &&
		 le32(s, e->at + 22) == (uint32_t)e->size);
}

struct range {
	size_t from, to;
};

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static unsigned check_ranges(const struct zip *z, struct range *r, size_t n)
{
	unsigned doubt = 0;
	size_t end = n ? r[0].from : 0;

	qsort(r, n, sizeof(*r), compare_ranges);
	end = n ? r[0].from : 0;
	for (size_t i = 0; i < n; i++) {
		if (r[i].from < end)
			doubt |= ZIP_OVERLAPS;
		else if (signed_at(z->file, end, 0x04034b50) &&
			 end != r[i].from)
			doubt |= ZIP_HIDDEN;
		if (r[i].to > end)
			end = r[i].to;
	}
	/* Behind the last: a data descriptor, then the directory. */
	for (size_t gap = 0; n && gap <= 24; gap += 4)
		if (end + gap < z->directory &&
		    signed_at(z->file, end + gap, 0x04034b50))
			doubt |= ZIP_HIDDEN;
	if (n && end > z->directory)
		doubt |= ZIP_OVERLAPS;
	if (n && span_find(span_sub(z->file, z->base, r[0].from - z->base),
		SPAN("PK\3\4")) != SIZE_MAX)
		doubt |= ZIP_HIDDEN;
	return doubt;
}

/* Padding is not data. */
static bool is_blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] && s.p[i] != '\r' && s.p[i] != '\n' &&
		    s.p[i] != ' ' && s.p[i] != 0x1a)
			return false;
	return true;
}

unsigned zip_check(const struct zip *z, size_t most, struct arena *a)
{
	size_t n = 0, at = z->directory;
	size_t cap = z->size / CENTRAL_SIZE < most ? z->size / CENTRAL_SIZE :
		most;
	struct range *r = arena_array(a, cap + 1, sizeof(*r));
	struct zip_entry e;
	struct zip other;
	unsigned doubt = 0;

	while (n < cap && zip_next(z, &at, &e)) {
		struct span packed = packed_of(z->file, &e);

		doubt |= is_same(z->file, &e) ? 0 : ZIP_DIFFERS;
		doubt |= e.flags & FLAG_ENCRYPTED ? ZIP_ENCRYPTED : 0;
		doubt |= packed.n < e.packed ? ZIP_BROKEN : 0;
		if (e.at < z->base || packed.p == NULL)
			continue;
		r[n++] = (struct range){ e.at,
			(size_t)(packed.p - z->file.p) + packed.n };
	}
	if (at < z->directory + z->size && n < most)
		doubt |= ZIP_BROKEN;
	doubt |= check_ranges(z, r, n);
	if ((z->base && !span_starts(z->file, SPAN("MZ")) &&
	     !span_starts(z->file, SPAN("\x7f" "ELF"))) ||
	    !is_blank(span_after(z->file, z->end)) ||
	    zip_find(z->file, z->base, &other))
		doubt |= ZIP_AROUND;
	return doubt;
}
