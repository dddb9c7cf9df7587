/*
 * Content in a transfer encoding, and characters as references.
 */
#include "mail/rewrite_part.h"

#include <stdio.h>

#include "base/utf8.h"

enum { QP_LINE = 75, BASE64_LINE = 57 };

static bool qp_plain(unsigned char c)
{
	return c > 32 && c < 127 && c != '=';
}

/* Does a line end, or the text, follow? */
static bool at_end(struct span s, size_t i)
{
	return i == s.n || (s.p[i] == '\r' && i + 1 < s.n &&
			    s.p[i + 1] == '\n');
}

/* How one byte is written; a blank before a line end is no plain one. */
static size_t qp_word(struct span s, size_t i, char out[4])
{
	unsigned char c = s.p[i];

	if (qp_plain(c) || ((c == ' ' || c == '\t') && !at_end(s, i + 1))) {
		out[0] = (char)c;
		return 1;
	}
	return (size_t)snprintf(out, 4, "=%02X", c);
}

void rewrite_put_qp(struct buf *b, struct span s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.n; i++) {
		char word[4];
		size_t n;

		if (s.p[i] == '\r' && at_end(s, i)) {
			buf_string(b, "\r\n");
			i++;
			column = 0;
			continue;
		}
		n = qp_word(s, i, word);
		/* A dot or "From " alone may be changed on the way. */
		if (column == 0 && (word[0] == '.' || word[0] == 'F' ||
				    word[0] == '-'))
			n = (size_t)snprintf(word, 4, "=%02X", s.p[i]);
		if (column + n > QP_LINE) {
			buf_string(b, "=\r\n");
			column = 0;
		}
		buf_add(b, word, n);
		column += n;
	}
}

void rewrite_put_base64(struct buf *b, struct span s)
{
	do {
		buf_base64(b, span_sub(s, 0, BASE64_LINE));
		buf_string(b, "\r\n");
		s = span_after(s, s.n < BASE64_LINE ? s.n : BASE64_LINE);
	} while (s.n);
}

void rewrite_html_ascii(struct buf *b, struct span utf8)
{
	while (utf8.n) {
		uint32_t code = 0xfffd;
		size_t n = utf8_next(utf8, &code);

		if (n == 1)
			buf_byte(b, utf8.p[0]);
		else
			buf_printf(b, "&#x%x;", (unsigned)code);
		utf8 = span_after(utf8, n ? n : 1);
	}
}

void rewrite_html_of_text(struct buf *b, struct span text)
{
	buf_string(b, "<p>");
	for (size_t i = 0; i < text.n; i++)
		switch (text.p[i]) {
		case '&':
			buf_string(b, "&amp;");
			break;
		case '<':
			buf_string(b, "&lt;");
			break;
		case '>':
			buf_string(b, "&gt;");
			break;
		case '"':
			buf_string(b, "&quot;");
			break;
		case '\r':
			break;
		case '\n':
			buf_string(b, i + 1 < text.n ? "<br>\r\n" : "");
			break;
		default:
			buf_byte(b, text.p[i]);
		}
	buf_string(b, "</p>");
}
