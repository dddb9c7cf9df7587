/*
 * A page as text: valid UTF-8 within its limits, links without references;
 * and the text, written as a page of its own, has no tag and no link.
 */
#include "base/utf8.h"
#include "mail/html.h"

enum { TEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct span s)
{
	if (s.n > TEXT_MAX || !utf8_valid(s))
		__builtin_trap();
}

static void check_again(struct span text, struct arena *a)
{
	struct buf b = { .arena = a };
	struct html h;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '<')
			buf_string(&b, "&lt;");
		else if (text.p[i] == '&')
			buf_string(&b, "&amp;");
		else
			buf_byte(&b, text.p[i]);
	html_read(buf_bytes(&b), 2 * TEXT_MAX, &mail_default_limits, a, &h);
	if (h.nlinks || h.hidden.n || h.other.n || h.nscripts ||
	    h.flags & ~(unsigned)HTML_BIDI)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct buf b = { .arena = a };
	struct url_set set = { 0 };
	struct html h;

	utf8_sanitise(&b, span_from(data, size));
	html_read(buf_bytes(&b), TEXT_MAX, &mail_default_limits, a, &h);
	check_text(h.text);
	check_text(h.hidden);
	check_text(h.other);
	check_again(h.text, a);
	if (h.nlinks > mail_default_limits.urls)
		__builtin_trap();
	for (size_t i = 0; i < h.nlinks; i++)
		if (h.links[i].target.n == 0 || !utf8_valid(h.links[i].text))
			__builtin_trap();
	html_urls(&h, &mail_default_limits, a, &set);
	if (set.n > mail_default_limits.urls)
		__builtin_trap();
	html_read(span_from(data, size), 64, &mail_default_limits, a, &h);
	arena_free(&a);
	return 0;
}
