#include "mail/address.h"

#include "base/buf.h"
#include "base/utf8.h"

/* May such a character be shown, where it stands behind `before`? */
static unsigned deceit(uint32_t code, uint32_t before)
{
	bool latin = before < 0x250;	/* joins nothing, is no emoji */

	if ((code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0) ||
	    code == 0x2028 || code == 0x2029)
		return ADDRESS_NAME_CONTROL;
	if ((code >= 0x202a && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069))
		return ADDRESS_NAME_BIDI;
	if (code == 0xad || code == 0x34f || code == 0x115f ||
	    code == 0x1160 || code == 0x180e || code == 0x200b ||
	    (code >= 0x2060 && code <= 0x2065) ||
	    (code >= 0x206a && code <= 0x206f) || code == 0x3164 ||
	    code == 0xfeff || code == 0xffa0)
		return ADDRESS_NAME_HIDDEN;
	/* Joiners, direction marks, tags: part of some scripts and flags. */
	if ((code >= 0x200c && code <= 0x200f) || code == 0x61c)
		return latin ? ADDRESS_NAME_HIDDEN : 0u;
	if (code >= 0xe0000 && code <= 0xe007f)
		return before < 0x1f000 ? ADDRESS_NAME_HIDDEN : 0u;
	return 0;
}

/* The text without what deceives, if out; returns what was in it. */
static unsigned clean(struct span s, struct buf *out)
{
	uint32_t before = 0, code;
	unsigned seen = 0;

	while (s.n) {
		size_t n = utf8_next(s, &code);
		unsigned what = n ? deceit(code, before) :
				    (unsigned)ADDRESS_NAME_BAD;

		if (n == 0 || code == 0xfffd)
			what = ADDRESS_NAME_BAD;
		if (out && (what == 0 || what == ADDRESS_NAME_BAD))
			utf8_put(out, n == 0 ? 0xfffd :
				code == '\t' ? ' ' : code);
		if (what == 0)
			before = code;
		seen |= what;
		s = span_after(s, n ? n : 1);
	}
	return seen;
}

static bool parts_words(unsigned char c)
{
	return c <= ' ' || c == 0x7f ||
	       span_chr(SPAN("<>()[]{}\"',;:|/\\@"), c) != SIZE_MAX;
}

/* The address around the @ at `at`; empty: there is none. */
static struct span around(struct span s, size_t at)
{
	size_t from = at, to = at + 1, dot;

	while (from > 0 && !parts_words(s.p[from - 1]))
		from--;
	while (to < s.n && !parts_words(s.p[to]))
		to++;
	while (to > at + 1 && s.p[to - 1] == '.')
		to--;
	dot = span_chr(span_sub(s, at + 1, to - at - 1), '.');
	if (from == at || dot == SIZE_MAX || dot == 0)
		return SPAN("");
	return span_sub(s, from, to - from);
}

/* The @ of East Asian fonts reads as one. */
static struct span plain_ats(struct span s, struct arena *a)
{
	static const struct span wide[] = {
		{ (const unsigned char *)"\xef\xbc\xa0", 3 },	/* U+FF20 */
		{ (const unsigned char *)"\xef\xb9\xab", 3 },	/* U+FE6B */
	};
	struct buf b = { .arena = a };

	while (s.n) {
		bool is_wide = span_starts(s, wide[0]) ||
			       span_starts(s, wide[1]);

		buf_byte(&b, is_wide ? '@' : s.p[0]);
		s = span_after(s, is_wide ? 3 : 1);
	}
	return buf_bytes(&b);
}

unsigned address_name(const struct address *ad, struct arena *a)
{
	struct buf b = { .arena = a };
	unsigned seen = clean(ad->display, &b);
	struct span shown = plain_ats(buf_bytes(&b), a);

	for (size_t at = 0; at < shown.n; at++) {
		struct span other;

		if (shown.p[at] != '@')
			continue;
		other = around(shown, at);
		if (other.n && !span_caseeq(other, ad->full))
			seen |= ADDRESS_NAME_OTHER;
	}
	return seen;
}

/* Adds it, in quotes when a byte of it is one of those. */
static void add_word(struct buf *b, struct span s, struct span specials)
{
	bool quote = false;

	for (size_t i = 0; i < s.n && !quote; i++)
		quote = span_chr(specials, s.p[i]) != SIZE_MAX;
	if (quote)
		buf_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (quote && (s.p[i] == '"' || s.p[i] == '\\'))
			buf_byte(b, '\\');
		buf_byte(b, s.p[i]);
	}
	if (quote)
		buf_byte(b, '"');
}

struct span address_show(const struct address *ad, struct arena *a)
{
	struct buf name = { .arena = a }, local = { .arena = a };
	struct buf domain = { .arena = a }, b = { .arena = a };
	struct span shown;

	clean(ad->display, &name);
	clean(ad->local, &local);
	clean(ad->domain, &domain);
	shown = span_trim(buf_bytes(&name));
	add_word(&b, shown, SPAN("()<>[]:;@\\,\""));
	if (shown.n && ad->full.n == 0)
		return buf_bytes(&b);
	if (shown.n)
		buf_string(&b, " <");
	add_word(&b, buf_bytes(&local), SPAN("()<>[]:;@\\,\" "));
	if (ad->full.n > ad->local.n)
		buf_byte(&b, '@');
	buf_span(&b, buf_bytes(&domain));
	if (shown.n)
		buf_byte(&b, '>');
	return buf_bytes(&b);
}
