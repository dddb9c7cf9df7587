#include "mail/decode.h"

#include <string.h>

/* Digits have B64_DIGIT set; 0 is what does not belong. */
enum { B64_DIGIT = 0x40, B64_BLANK = 1, B64_PAD = 2 };

#define D(v) (B64_DIGIT | (v))
#define D4(v) D(v), D((v) + 1), D((v) + 2), D((v) + 3)
#define D26(v) D4(v), D4((v) + 4), D4((v) + 8), D4((v) + 12), D4((v) + 16), \
	D4((v) + 20), D((v) + 24), D((v) + 25)

static const unsigned char base64_value[256] = {
	[' '] = B64_BLANK, ['\t'] = B64_BLANK, ['\r'] = B64_BLANK,
	['\n'] = B64_BLANK, ['='] = B64_PAD,
	['A'] = D26(0), ['a'] = D26(26),
	['0'] = D4(52), D4(56), D(60), D(61), ['+'] = D(62), ['/'] = D(63),
};

/* Digits that wait for the rest of their group of four. */
struct group {
	uint32_t bits;
	unsigned digits, pads;
};

/* Writes what a group that ended early holds. */
static unsigned char *end_group(struct group *g, unsigned char *o,
	bool *clean_r)
{
	if (g->digits == 1 || (g->digits && g->digits + g->pads != 4))
		*clean_r = false;
	if (g->digits >= 2)
		*o++ = (unsigned char)(g->bits >> (g->digits * 6 - 8));
	if (g->digits == 3)
		*o++ = (unsigned char)(g->bits >> 2);
	*g = (struct group){ 0 };
	return o;
}

/* One byte at a time, where it is not four plain digits. */
static unsigned char *add_digit(struct group *g, unsigned char v,
	unsigned char *o, bool *clean_r)
{
	if (v == B64_BLANK)
		return o;
	if (v == 0) {
		*clean_r = false;
		return o;
	}
	if (v == B64_PAD) {
		if (g->digits < 2 || g->digits + g->pads >= 4)
			*clean_r = false;
		g->pads++;
		return o;
	}
	if (g->pads) {
		/* More after the padding: some stop there, some go on. */
		o = end_group(g, o, clean_r);
		*clean_r = false;
	}
	g->bits = g->bits << 6 | (v & 0x3f);
	if (++g->digits == 4) {
		*o++ = (unsigned char)(g->bits >> 16);
		*o++ = (unsigned char)(g->bits >> 8);
		*o++ = (unsigned char)g->bits;
		*g = (struct group){ 0 };
	}
	return o;
}

size_t decode_base64(struct span s, unsigned char *out, bool *clean_r)
{
	const unsigned char *p = s.p, *end = s.p ? s.p + s.n : s.p;
	unsigned char *o = out;
	struct group g = { 0 };

	while (p < end) {
		while (end - p >= 4 && g.digits == 0 && g.pads == 0) {
			unsigned a = base64_value[p[0]];
			unsigned b = base64_value[p[1]];
			unsigned c = base64_value[p[2]];
			unsigned d = base64_value[p[3]];
			uint32_t bits = (a & 63) << 18 | (b & 63) << 12 |
					(c & 63) << 6 | (d & 63);

			if (!(a & b & c & d & B64_DIGIT))
				break;
			*o++ = (unsigned char)(bits >> 16);
			*o++ = (unsigned char)(bits >> 8);
			*o++ = (unsigned char)bits;
			p += 4;
		}
		if (p < end)
			o = add_digit(&g, base64_value[*p++], o, clean_r);
	}
	o = end_group(&g, o, clean_r);
	return (size_t)(o - out);
}

int decode_hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = span_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One line without its end; *soft_r: it goes on in the next. */
static unsigned char *qp_line(const unsigned char *p, size_t n,
	unsigned char *o, bool *clean_r, bool *soft_r)
{
	const unsigned char *end = p + n;

	*soft_r = n && end[-1] == '=';
	if (*soft_r)
		end--;
	while (p < end) {
		const unsigned char *eq = memchr(p, '=', (size_t)(end - p));
		size_t run = (size_t)((eq ? eq : end) - p);
		int hi, lo;

		memmove(o, p, run);
		o += run;
		p += run;
		if (eq == NULL)
			break;
		hi = end - p > 2 ? decode_hex(p[1]) : -1;
		lo = end - p > 2 ? decode_hex(p[2]) : -1;
		if (hi < 0 || lo < 0) {
			*clean_r = false;
			*o++ = *p++;
		} else {
			*o++ = (unsigned char)(hi << 4 | lo);
			p += 3;
		}
	}
	return o;
}

size_t decode_qp(struct span s, unsigned char *out, bool *clean_r)
{
	const unsigned char *p = s.p, *end = s.p ? s.p + s.n : s.p;
	unsigned char *o = out;

	while (p < end) {
		const unsigned char *lf = memchr(p, '\n', (size_t)(end - p));
		const unsigned char *next = lf ? lf + 1 : end;
		const unsigned char *eol = lf ? lf : end, *last;
		bool soft;

		if (lf && eol > p && eol[-1] == '\r')
			eol--;
		for (last = eol; last > p; last--)
			if (last[-1] != ' ' && last[-1] != '\t')
				break;
		o = qp_line(p, (size_t)(last - p), o, clean_r, &soft);
		if (!soft) {
			memmove(o, eol, (size_t)(next - eol));
			o += next - eol;
		}
		p = next;
	}
	return (size_t)(o - out);
}
