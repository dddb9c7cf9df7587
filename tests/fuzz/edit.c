/*
 * Edits of a header block, carried out and read again: what was added is
 * there, what was changed has its value, what was removed is gone, and the
 * other fields and the body are as they were.
 */
#include "mail/edit.h"

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The message with one splice carried out, and its header. */
static struct header carry_out(struct span raw, struct edit_splice s,
	struct arena *a)
{
	struct buf b = { .arena = a };
	struct header h;

	if (s.at > raw.n || s.remove > raw.n - s.at)
		__builtin_trap();
	buf_span(&b, span_sub(raw, 0, s.at));
	buf_span(&b, s.insert);
	buf_span(&b, span_after(raw, s.at + s.remove));
	header_parse(buf_bytes(&b), &mail_default_limits, a, &h);
	if (h.end == h.size ||
	    raw.n - s.at - s.remove < b.n - h.size)
		__builtin_trap();
	return h;
}

static void check_field(const struct header *h, size_t i, struct span name,
	struct span value, struct arena *a)
{
	if (i >= h->n || !span_caseeq(h->fields[i].name, name) ||
	    !span_eq(header_unfold(h->fields[i].value, a), value))
		__builtin_trap();
}

/* The first field's name stands for any. */
static void edit_first(struct span raw, const struct header *h,
	struct arena *a)
{
	struct span name = h->fields[0].name;
	struct edit_splice s;
	struct header now;

	if (!edit_change_header(h, name, 1, SPAN("new"), a, &s))
		__builtin_trap();
	now = carry_out(raw, s, a);
	check_field(&now, 0, name, SPAN("new"), a);
	if (now.n != h->n || !edit_remove_header(h, name, 1, &s))
		__builtin_trap();
	now = carry_out(raw, s, a);
	if (now.n + 1 != h->n ||
	    header_count(&now, name) + 1 != header_count(h, name))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span raw = span_from(data, size);
	struct header h, now;

	header_parse(raw, &mail_default_limits, a, &h);
	/* What front rebuilds ends at a blank line. */
	if (h.end < h.size && !(h.flags & MAIL_OVER_HEADERS)) {
		now = carry_out(raw, edit_add_header(&h, SPAN("X-Fuzz"),
			SPAN("one"), a), a);
		check_field(&now, h.n, SPAN("X-Fuzz"), SPAN("one"), a);
		if (now.n != h.n + 1 || now.size - now.end != h.size - h.end)
			__builtin_trap();
		if (h.n)
			edit_first(raw, &h, a);
	}
	arena_free(&a);
	return 0;
}
