/*
 * A banner and a dropped part of any message: the splices lie in it, behind
 * its header, ascend and do not overlap; what comes out can be read, and the
 * header of the message stands.
 */
#include "base/buf.h"
#include "mail/charset.h"
#include "mail/rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct mime *m, struct rewrite *r, struct arena *a)
{
	struct span raw = m->root->raw;
	struct rewrite_field *fields;
	size_t n, nfields, from = m->root->header.size;
	struct buf b = { .arena = a };
	struct edit_splice *s;
	struct mime now;

	rewrite_finish(r, &s, &n, &fields, &nfields);
	buf_span(&b, span_sub(raw, 0, from));
	for (size_t i = 0; i < n; i++) {
		if (s[i].at < from || s[i].at > raw.n ||
		    s[i].remove > raw.n - s[i].at)
			__builtin_trap();
		buf_span(&b, span_sub(raw, from, s[i].at - from));
		buf_span(&b, s[i].insert);
		from = s[i].at + s[i].remove;
	}
	buf_span(&b, span_after(raw, from));
	mime_parse(buf_bytes(&b), &mail_default_limits, a, &now);
	if (now.root->header.n < m->root->header.n)
		__builtin_trap();
}

/* Which part goes is said by the number of parts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rewrite_banner banners[] = {
		{ .text = SPAN("Gr\xc3\xbc\xc3\x9f" "e\n-- \nsite") },
		{ .text = SPAN("top"), .html = SPAN("<i>top</i>"),
			.top = true },
	};
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	static bool open;
	struct rewrite *r;
	struct mime m;

	if (!open)
		charset_open_all();
	open = true;
	mime_parse(span_from(data, size), &mail_default_limits, a, &m);
	mime_open(&m);
	r = rewrite_new(&m, &mail_default_limits, a);
	rewrite_drop(r, m.parts[m.n / 2], SPAN("gone \xe2\x98\x82"));
	rewrite_banner(r, &banners[0]);
	rewrite_banner(r, &banners[1]);
	check(&m, r, a);
	arena_free(&a);
	return 0;
}
