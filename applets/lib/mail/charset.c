#include "mail/charset.h"

#include <string.h>

#include "base/utf8.h"

enum kind { KIND_ASCII, KIND_UTF8, KIND_1252, KIND_OTHER };

/* Windows-1252 0x80 to 0x9f; its five holes stay C1 controls. */
static const uint16_t cp1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
	0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

static enum kind kind_of(struct span charset)
{
	static const struct {
		const char *name;
		enum kind kind;
	} names[] = {
		{ "utf-8", KIND_UTF8 },
		{ "utf8", KIND_UTF8 },
		{ "us-ascii", KIND_ASCII },
		{ "ascii", KIND_ASCII },
		{ "iso-8859-1", KIND_1252 },
		{ "iso8859-1", KIND_1252 },
		{ "latin1", KIND_1252 },
		{ "windows-1252", KIND_1252 },
		{ "cp1252", KIND_1252 },
	};

	if (charset.n == 0)
		return KIND_ASCII;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_caseeq(charset, span_of(names[i].name)))
			return names[i].kind;
	return KIND_OTHER;
}

size_t charset_ascii_run(struct span s)
{
	size_t i = 0;

	/* A byte that is NUL or has its high bit set shows in the sum. */
	while (i + 8 <= s.n) {
		uint64_t w;

		memcpy(&w, s.p + i, 8);
		if ((w | (w - 0x0101010101010101u)) & 0x8080808080808080u)
			break;
		i += 8;
	}
	while (i < s.n && s.p[i] && s.p[i] < 0x80)
		i++;
	return i;
}

/* How many bytes at the front are well-formed UTF-8 and not NUL. */
static size_t utf8_run(struct span s)
{
	size_t i = 0;

	while (i < s.n) {
		size_t n;

		i += charset_ascii_run(span_after(s, i));
		n = i < s.n && s.p[i] ? utf8_next(span_after(s, i), NULL) : 0;
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

/* Adds bytes of Windows-1252. */
static void add_1252(struct span text, struct buf *out)
{
	while (text.n) {
		size_t n = charset_ascii_run(text);
		unsigned char c;

		buf_add(out, text.p, n);
		text = span_after(text, n);
		if (text.n == 0)
			break;
		c = text.p[0];
		if (c == 0)
			utf8_put(out, 0xfffd);
		else
			utf8_put(out, c >= 0x80 && c < 0xa0 ? cp1252[c - 0x80] :
							      c);
		text = span_after(text, 1);
	}
}

/* Adds UTF-8 with U+FFFD for each byte that is not. */
static void add_utf8(struct span text, struct buf *out)
{
	while (text.n) {
		size_t n = utf8_run(text);

		buf_add(out, text.p, n);
		text = span_after(text, n);
		if (text.n)
			utf8_put(out, 0xfffd);
		text = span_after(text, 1);
	}
}

bool charset_add(struct span text, struct span charset, struct buf *out_r)
{
	enum kind kind = kind_of(charset);

	if (kind == KIND_UTF8 ||
	    (kind != KIND_1252 && utf8_run(text) == text.n))
		add_utf8(text, out_r);
	else
		add_1252(text, out_r);
	return kind != KIND_OTHER;
}

struct span charset_text(struct span text, struct span charset,
	struct arena *a, bool *known_r)
{
	enum kind kind = kind_of(charset);
	struct buf out = { .arena = a };

	*known_r = kind != KIND_OTHER;
	if (kind == KIND_1252 ? charset_ascii_run(text) == text.n :
				utf8_run(text) == text.n)
		return text;
	buf_room(&out, text.n);
	charset_add(text, charset, &out);
	return buf_bytes(&out);
}
