#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* How many bytes a sequence starting with c has, and its least code point. */
static size_t sequence_length(unsigned char c, uint32_t *least_r)
{
	static const struct {
		unsigned char mask, bits;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};

	for (size_t i = 0; i < 4; i++)
		if ((c & forms[i].mask) == forms[i].bits) {
			*least_r = forms[i].least;
			return i + 1;
		}
	return 0;
}

size_t utf8_next(struct span s, uint32_t *code_r)
{
	uint32_t code, least;
	size_t n;

	if (s.n == 0)
		return 0;
	n = sequence_length(s.p[0], &least);
	if (n == 0 || n > s.n)
		return 0;
	code = n == 1 ? s.p[0] : s.p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s.p[i] & 0x3f);
	}
	if (code < least || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	if (code_r)
		*code_r = code;
	return n;
}

bool utf8_valid(struct span s)
{
	while (s.n) {
		size_t n = utf8_next(s, NULL);

		if (n == 0)
			return false;
		s = span_after(s, n);
	}
	return true;
}

void utf8_put(struct buf *b, uint32_t code)
{
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = 0xfffd;
	if (code < 0x80) {
		buf_byte(b, (unsigned char)code);
	} else if (code < 0x800) {
		buf_byte(b, (unsigned char)(0xc0 | code >> 6));
		buf_byte(b, (unsigned char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		buf_byte(b, (unsigned char)(0xe0 | code >> 12));
		buf_byte(b, (unsigned char)(0x80 | (code >> 6 & 0x3f)));
		buf_byte(b, (unsigned char)(0x80 | (code & 0x3f)));
	} else {
		buf_byte(b, (unsigned char)(0xf0 | code >> 18));
		buf_byte(b, (unsigned char)(0x80 | (code >> 12 & 0x3f)));
		buf_byte(b, (unsigned char)(0x80 | (code >> 6 & 0x3f)));
		buf_byte(b, (unsigned char)(0x80 | (code & 0x3f)));
	}
}

void utf8_sanitise(struct buf *b, struct span s)
{
	while (s.n) {
		size_t n = utf8_next(s, NULL);

		if (n == 0 || s.p[0] == 0) {
			utf8_put(b, 0xfffd);
			n = 1;
		} else {
			buf_add(b, s.p, n);
		}
		s = span_after(s, n);
	}
}

/* Would this code point disturb a line on a terminal or reorder it? */
static bool is_disturbing(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       code == 0x2028 || code == 0x2029 || code == 0x061c ||
	       code == 0x200e || code == 0x200f ||
	       (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

/* How much of s, at most max bytes, is plain printable ASCII. */
static size_t plain(struct span s, size_t max)
{
	size_t n = 0;

	while (n < s.n && n < max && s.p[n] >= 0x20 && s.p[n] < 0x7f)
		n++;
	return n;
}

void utf8_printable(struct span s, char *out, size_t size)
{
	size_t used;

	if (size == 0)
		return;
	/* Nearly every line is nothing else. */
	used = plain(s, size - 1);
	if (used)
		memcpy(out, s.p, used);
	s = span_after(s, used);
	while (s.n) {
		char piece[16];
		uint32_t code = 0;
		size_t n = utf8_next(s, &code);
		int len;

		if (n == 0 || (n == 1 && is_disturbing(code)))
			len = snprintf(piece, sizeof(piece), "\\x%02x",
				s.p[0]);
		else if (is_disturbing(code))
			len = snprintf(piece, sizeof(piece), "\\u{%04x}", code);
		else
			len = snprintf(piece, sizeof(piece), "%.*s", (int)n,
				(const char *)s.p);
		if (used + (size_t)len >= size)
			break;
		memcpy(out + used, piece, (size_t)len);
		used += (size_t)len;
		s = span_after(s, n ? n : 1);
	}
	out[used] = 0;
}
