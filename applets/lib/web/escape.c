#include "web/escape.h"

#include "base/utf8.h"

enum { REPLACEMENT = 0xfffd };

static const char *entity(uint32_t code)
{
	switch (code) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

/* Controls, marks of direction, and what is no character at all. */
static bool is_unsafe(uint32_t code)
{
	return (code < ' ' && code != '\t' && code != '\n') ||
		(code >= 0x7f && code <= 0x9f) || code == 0x061c ||
		code == 0x200e || code == 0x200f || code == 0xfeff ||
		(code >= 0x2028 && code <= 0x202e) ||
		(code >= 0x2066 && code <= 0x2069) ||
		(code >= 0xfff9 && code <= 0xfffb) ||
		(code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;
}

/* One character of s at its front; how many bytes it was. */
static size_t put(struct buf *b, struct span s)
{
	uint32_t code = REPLACEMENT;
	size_t n = utf8_next(s, &code);
	const char *text = entity(code);

	if (s.p[0] == '\r' && s.n > 1 && s.p[1] == '\n')
		return 1;
	if (text)
		buf_string(b, text);
	else if (n == 0 || is_unsafe(code))
		utf8_put(b, REPLACEMENT);
	else
		buf_add(b, s.p, n);
	return n ? n : 1;
}

void escape_html(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n;)
		i += put(b, span_after(s, i));
}

static bool is_unreserved(unsigned char c)
{
	unsigned char l = span_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		c == '.' || c == '_' || c == '~';
}

void escape_url(struct buf *b, struct span s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		if (is_unreserved(s.p[i])) {
			buf_byte(b, s.p[i]);
			continue;
		}
		buf_byte(b, '%');
		buf_byte(b, (unsigned char)hex[s.p[i] >> 4]);
		buf_byte(b, (unsigned char)hex[s.p[i] & 15]);
	}
}
