/*
 * From UTF-8 to the charset of a part. The converters are opened with those
 * of the other direction (charset.c).
 */
#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>

#include "base/utf8.h"
#include "mail/charset_code.h"

enum { PIECE = 4096 };

static iconv_t writers[CHARSET_N];
static bool writable[CHARSET_N];

void charset_open_writers(void)
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
		enum charset_code code = names[i].code;

		if (writable[code])
			continue;
		writers[code] = iconv_open(names[i].name, "UTF-8");
		writable[code] = writers[code] != (iconv_t)-1;
	}
}

/* Latin-1 is Windows-1252 here; false: a character that it has not. */
static bool write_1252(struct span utf8, struct buf *out)
{
	while (utf8.n) {
		uint32_t code;
		size_t n = utf8_next(utf8, &code);
		int byte = n ? charset_1252_byte(code) : -1;

		if (byte < 0)
			return false;
		buf_byte(out, (unsigned char)byte);
		utf8 = span_after(utf8, n);
	}
	return true;
}

/* And back to the state that a text begins in. */
static bool write_end(iconv_t cd, struct buf *out)
{
	char piece[64], *to = piece;
	size_t room = sizeof(piece);

	if (iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
		return false;
	buf_add(out, piece, sizeof(piece) - room);
	return true;
}

static bool write_converted(struct span utf8, iconv_t cd, struct buf *out)
{
	/* iconv's prototype lacks the const that its contract has. */
	char *in = (char *)(uintptr_t)utf8.p;
	size_t left = utf8.n;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (left) {
		char piece[PIECE], *to = piece;
		size_t room = sizeof(piece), before = left, n;

		n = iconv(cd, &in, &left, &to, &room);
		buf_add(out, piece, sizeof(piece) - room);
		/* A replacement counts as "not reversible". */
		if ((n != (size_t)-1 && n > 0) || left >= before ||
		    (n == (size_t)-1 && errno != E2BIG))
			return false;
	}
	return write_end(cd, out);
}

/*
 * Reading takes more than a label promises (WHATWG Encoding, "index gb18030"
 * and "index Big5"); what is written must be read by older clients, too: no
 * four bytes under gb2312 or gbk, nothing of Hong Kong's under big5. Leads
 * below 0xa1 are Hong Kong's.
 */
static bool is_of_label(struct span bytes, enum charset_code code,
	struct span label)
{
	bool gb = code == CHARSET_GB18030 &&
		!span_caseeq(label, SPAN("gb18030"));
	bool big5 = code == CHARSET_BIG5 &&
		!span_caseeq(label, SPAN("big5-hkscs"));

	for (size_t i = 0; (gb || big5) && i < bytes.n; i++) {
		if (bytes.p[i] < 0x80)
			continue;
		if ((big5 && bytes.p[i] < 0xa1) || (gb && i + 1 < bytes.n &&
		    bytes.p[i + 1] >= '0' && bytes.p[i + 1] <= '9'))
			return false;
		i++;
	}
	return true;
}

bool charset_write(struct span utf8, struct span charset, struct buf *out_r)
{
	enum charset_code code = charset_code_of(charset);
	size_t start = out_r->n;

	if (code == CHARSET_UTF8 || (charset_has_ascii(code) &&
				     charset_ascii_run(utf8) == utf8.n)) {
		buf_span(out_r, utf8);
		return true;
	}
	if (code == CHARSET_1252)
		return write_1252(utf8, out_r);
	return code > CHARSET_HZ && code < CHARSET_OTHER && writable[code] &&
		write_converted(utf8, writers[code], out_r) &&
		is_of_label(span_after(buf_bytes(out_r), start), code,
			span_trim(charset));
}
