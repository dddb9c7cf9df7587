#include "engine/userdata.h"

#include <stdlib.h>

#include "base/wire.h"
#include "engine/list.h"

enum { MAGIC = 0x75736572, HEADER = 8 };

/* As span_cmp, case ignored. */
static int fold_cmp(struct span a, struct span b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		unsigned char x = span_lower(a.p[i]), y = span_lower(b.p[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

/* The order of names: '#' is below every letter of a list's name. */
static int by_part(const void *a, const void *b)
{
	const struct userdata_row *x = a, *y = b;
	int order = span_cmp(x->list, y->list);

	return order ? order : fold_cmp(x->owner, y->owner);
}

static void put_name(struct buf *b, const struct userdata_row *row)
{
	size_t n = row->list.n + (row->owner.n ? 1 + row->owner.n : 0);

	wire_put_u32(b, (uint32_t)n);
	buf_span(b, row->list);
	if (row->owner.n == 0)
		return;
	buf_byte(b, '#');
	for (size_t i = 0; i < row->owner.n; i++)
		buf_byte(b, span_lower(row->owner.p[i]));
}

/* Is it one line that alone makes a list? */
static bool is_entry(struct span s)
{
	struct buf image = { 0 };
	bool good = span_chr(s, '\n') == SIZE_MAX && s.n && s.p[0] != '#' &&
		list_compile(s, "entry", &image, NULL) == 0 &&
		list_count(buf_bytes(&image)) == 1;

	buf_free(&image);
	return good;
}

/* The part that row i begins; the row behind it. */
static size_t put_part(const struct userdata_row *rows, size_t n, size_t i,
	struct buf *b, size_t *wrong)
{
	struct buf text = { 0 }, image = { 0 };
	size_t first = i;

	for (; i < n && by_part(&rows[i], &rows[first]) == 0; i++) {
		if (!is_entry(rows[i].entry)) {
			++*wrong;
			continue;
		}
		buf_span(&text, rows[i].entry);
		buf_byte(&text, '\n');
	}
	put_name(b, &rows[first]);
	list_compile(buf_bytes(&text), "user data", &image, NULL);
	wire_put_span(b, buf_bytes(&image));
	buf_free(&text);
	buf_free(&image);
	return i;
}

void userdata_build(struct userdata_row *rows, size_t n, struct buf *b,
	size_t *wrong_r)
{
	struct buf parts = { 0 }, places = { 0 };
	size_t i = 0, base;

	*wrong_r = 0;
	if (n)
		qsort(rows, n, sizeof(*rows), by_part);
	while (i < n) {
		wire_put_u32(&places, (uint32_t)parts.n);
		i = put_part(rows, n, i, &parts, wrong_r);
	}
	base = HEADER + places.n;
	wire_put_u32(b, MAGIC);
	wire_put_u32(b, (uint32_t)(places.n / 4));
	for (size_t k = 0; k < places.n; k += 4) {
		struct wire w = wire_open(span_from(places.p + k, 4));

		wire_put_u32(b, (uint32_t)base + wire_u32(&w));
	}
	buf_span(b, buf_bytes(&parts));
	buf_free(&parts);
	buf_free(&places);
}

uint32_t userdata_count(struct span record)
{
	struct wire w = wire_open(record);
	bool good = wire_u32(&w) == MAGIC;
	uint32_t n = wire_u32(&w);

	return good && !w.bad && n <= w.rest.n / 4 ? n : 0;
}

bool userdata_find(struct span record, struct span name,
	struct span *image_r)
{
	uint32_t low = 0, high = userdata_count(record);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct wire w = wire_open(span_sub(record,
			HEADER + 4 * (size_t)middle, 4));
		int order;

		w = wire_open(span_after(record, wire_u32(&w)));
		order = span_cmp(wire_span(&w), name);
		if (order == 0) {
			*image_r = wire_span(&w);
			return !w.bad;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
