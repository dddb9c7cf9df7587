#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/utf8.h"
#include "mail/charset_code.h"

/* Windows-1252 0x80 to 0x9f; its five holes stay C1 controls. */
static const uint16_t cp1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
	0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

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

size_t charset_utf8_run(struct span s)
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
		size_t n = charset_utf8_run(text);

		buf_add(out, text.p, n);
		text = span_after(text, n);
		if (text.n)
			utf8_put(out, 0xfffd);
		text = span_after(text, 1);
	}
}

int charset_1252_byte(uint32_t code)
{
	if (code < 0x80 || (code >= 0xa0 && code < 0x100))
		return (int)code;
	for (int i = 0; i < 32; i++)
		if (cp1252[i] == code)
			return 0x80 + i;
	return -1;
}

/* --- UTF-16, UTF-32 and HZ ----------------------------------------------- */

static uint32_t unit(const unsigned char *p, size_t width, bool big)
{
	uint32_t v = 0;

	for (size_t i = 0; i < width; i++)
		v = v << 8 | p[big ? i : width - 1 - i];
	return v;
}

/* A byte order mark at the front says otherwise than the label. */
static bool take_mark(struct span *s, size_t width, bool *big)
{
	for (int k = 0; k < 2 && s->n >= width; k++)
		if (unit(s->p, width, k) == 0xfeff) {
			*big = k;
			*s = span_after(*s, width);
			return true;
		}
	return false;
}

/* Text of Western languages has its zeros on one side. */
static bool looks_big(struct span s, size_t width)
{
	size_t first = 0, last = 0;

	for (size_t i = 0; i + width <= s.n; i += width) {
		first += s.p[i] == 0;
		last += s.p[i + width - 1] == 0;
	}
	return first > last;
}

static void put_code(struct buf *out, uint32_t code)
{
	utf8_put(out, code ? code : 0xfffd);
}

static void add_utf16(struct span s, bool big, struct buf *out)
{
	size_t i = 0;

	while (i + 2 <= s.n) {
		uint32_t c = unit(s.p + i, 2, big), low;

		i += 2;
		if (c >= 0xd800 && c < 0xdc00 && i + 2 <= s.n) {
			low = unit(s.p + i, 2, big);
			if (low >= 0xdc00 && low < 0xe000) {
				i += 2;
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (low - 0xdc00);
			}
		}
		put_code(out, c);
	}
	if (i < s.n)
		utf8_put(out, 0xfffd);
}

static void add_utf32(struct span s, bool big, struct buf *out)
{
	size_t i;

	for (i = 0; i + 4 <= s.n; i += 4)
		put_code(out, unit(s.p + i, 4, big));
	if (i < s.n)
		utf8_put(out, 0xfffd);
}

static void add_wide(struct span s, enum charset_code code, struct buf *out)
{
	bool wide = code == CHARSET_UTF32 || code == CHARSET_UTF32LE ||
		code == CHARSET_UTF32BE;
	size_t width = wide ? 4 : 2;
	bool big = code == CHARSET_UTF16BE || code == CHARSET_UTF32BE;

	if (!take_mark(&s, width, &big) &&
	    (code == CHARSET_UTF16 || code == CHARSET_UTF32))
		big = looks_big(s, width);
	if (wide)
		add_utf32(s, big, out);
	else
		add_utf16(s, big, out);
}

/* --- iconv --------------------------------------------------------------- */

enum { PIECE = 4096 };

static struct converter {
	iconv_t cd;
	bool open;
} converters[CHARSET_N];

void charset_open_all(void)
{
	static const struct {
		enum charset_code code;
		const char *name;
	} names[] = {
#define CHARSET_NAME(code, name) { CHARSET_##code, name },
		CHARSET_CONVERTED(CHARSET_NAME)
#undef CHARSET_NAME
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct converter *c = &converters[names[i].code];

		if (c->open)
			continue;
		c->cd = iconv_open("UTF-8", names[i].name);
		c->open = c->cd != (iconv_t)-1;
	}
	charset_open_writers();
}

/* A byte that is not of the charset, or a character cut off by the end. */
static void pass_over(char **in, size_t *left, struct buf *out)
{
	utf8_put(out, 0xfffd);
	if (errno == EINVAL) {
		*in += *left;
		*left = 0;
	} else if (*left) {
		++*in;
		--*left;
	}
}

/* Where characters are composed, the last one waits for a mark. */
static void add_last(iconv_t cd, struct buf *out)
{
	char piece[64], *to = piece;
	size_t room = sizeof(piece);

	iconv(cd, NULL, NULL, &to, &room);
	add_utf8(span_from(piece, sizeof(piece) - room), out);
}

static void add_converted(struct span s, enum charset_code code,
	struct buf *out)
{
	iconv_t cd = converters[code].cd;
	/* iconv's prototype lacks the const that its contract has. */
	char *in = (char *)(uintptr_t)s.p;
	size_t left = s.n;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (left) {
		char piece[PIECE], *to = piece;
		size_t room = sizeof(piece), before = left, n;

		n = iconv(cd, &in, &left, &to, &room);
		add_utf8(span_from(piece, sizeof(piece) - room), out);
		/* Converters of glibc have miscounted, and stood still. */
		if (left > before)
			break;
		if (n == (size_t)-1 && (errno != E2BIG ||
				(left == before && room == sizeof(piece))))
			pass_over(&in, &left, out);
	}
	add_last(cd, out);
}

/* "~{" to "~}" are pairs of seven bits (RFC 1843). */
static void add_hz(struct span s, struct buf *out)
{
	struct buf gb = { .arena = out->arena };
	bool pairs = false;

	buf_room(&gb, s.n);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : 0;

		if (c == '\n')
			pairs = false;
		if (c == '~' && (next == '{' || next == '}')) {
			pairs = next == '{';
			i++;
		} else if (c == '~' && (next == '~' || next == '\n')) {
			i++;
			if (next == '~')
				buf_byte(&gb, '~');
		} else {
			buf_byte(&gb, pairs && c > 32 ? c | 0x80 : c);
		}
	}
	add_converted(buf_bytes(&gb), CHARSET_GB18030, out);
	if (out->arena == NULL)
		buf_free(&gb);
}

/* --- all ----------------------------------------------------------------- */

bool charset_is_known(enum charset_code code)
{
	if (code == CHARSET_HZ)
		return converters[CHARSET_GB18030].open;
	return code <= CHARSET_UTF32BE || converters[code].open;
}

void charset_add_code(struct span text, enum charset_code code,
	struct buf *out)
{
	if (!charset_is_known(code))
		code = CHARSET_OTHER;
	if (code >= CHARSET_UTF16 && code <= CHARSET_UTF32BE)
		add_wide(text, code, out);
	else if (code == CHARSET_HZ)
		add_hz(text, out);
	else if (code > CHARSET_HZ && code < CHARSET_OTHER)
		add_converted(text, code, out);
	else if (code == CHARSET_UTF8 ||
		 (code != CHARSET_1252 && charset_utf8_run(text) == text.n))
		add_utf8(text, out);
	else
		add_1252(text, out);
}

bool charset_add(struct span text, struct span charset, struct buf *out_r)
{
	enum charset_code code = charset_code_of(charset);

	charset_add_code(text, code, out_r);
	return charset_is_known(code);
}

/* Most of them become two bytes: so little is copied again for more room. */
static size_t count_high(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] >> 7;
	return n;
}

struct span charset_text_code(struct span text, enum charset_code code,
	struct arena *a)
{
	struct buf out = { .arena = a };

	if (!charset_is_known(code))
		code = CHARSET_OTHER;
	if (code <= CHARSET_UTF8 || code == CHARSET_OTHER) {
		if (charset_utf8_run(text) == text.n)
			return text;
	} else if (charset_has_ascii(code) &&
		   charset_ascii_run(text) == text.n) {
		return text;
	}
	buf_room(&out, text.n + count_high(text));
	charset_add_code(text, code, &out);
	return buf_bytes(&out);
}

struct span charset_text(struct span text, struct span charset,
	struct arena *a, bool *known_r)
{
	enum charset_code code = charset_code_of(charset);

	*known_r = charset_is_known(code);
	return charset_text_code(text, code, a);
}
