#include "mail/binhex.h"

#include <string.h>

enum {
	MARK = 0x90,		/* of a run: the byte before, how often */
	FIXED = 22,		/* bytes of the header beside the name */
	CRC_BYTES = 2,
	SIX_JUNK = 64, SIX_BLANK = 65,
	POLYNOMIAL = 0x1021,	/* CRC-16 as in XMODEM */
};

/* The characters in lines, undone: six bits each, then runs. */
struct stream {
	struct span in;
	size_t at;
	uint32_t bits;
	unsigned nbits;
	unsigned run;		/* how often `last` still comes */
	unsigned char last;
	bool junk;
};

static unsigned six_bits(unsigned char c)
{
	static const char digits[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLM"
		"NPQRSTUVXYZ[`abcdefhijklmpqr";
	const char *at;

	if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
		return SIX_BLANK;
	at = c ? memchr(digits, c, 64) : NULL;
	return at ? (unsigned)(at - digits) : SIX_JUNK;
}

/* The next byte before runs are undone, or -1. */
static int next_packed(struct stream *s)
{
	while (s->nbits < 8) {
		unsigned six;

		if (s->at == s->in.n)
			return -1;
		six = six_bits(s->in.p[s->at++]);
		s->junk = s->junk || six == SIX_JUNK;
		if (six >= 64)
			continue;
		s->bits = s->bits << 6 | six;
		s->nbits += 6;
	}
	s->nbits -= 8;
	return (int)(s->bits >> s->nbits & 0xff);
}

/* Reads what comes next into s->run and s->last; false: the end. */
static bool next_run(struct stream *s)
{
	int c = next_packed(s), count;

	if (c == MARK) {
		count = next_packed(s);
		if (count != 0) {
			s->run = count > 0 ? (unsigned)count - 1 : 0;
			return count > 0;
		}
	}
	s->run = 1;
	s->last = (unsigned char)c;
	return c >= 0;
}

/* Takes up to n bytes; out may be NULL. Returns how many there were. */
static size_t take(struct stream *s, size_t n, unsigned char *out)
{
	size_t done = 0;

	while (done < n && (s->run || next_run(s))) {
		size_t run = s->run < n - done ? s->run : n - done;

		if (out)
			memset(out + done, s->last, run);
		done += run;
		s->run -= (unsigned)run;
	}
	return done;
}

static uint16_t crc_of(struct span s)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < s.n; i++) {
		crc = (uint16_t)(crc ^ s.p[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ?
				crc << 1 ^ POLYNOMIAL : crc << 1);
	}
	return crc;
}

static uint32_t big32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static bool crc_fits(struct span s, const unsigned char *said)
{
	return crc_of(s) == (uint16_t)(said[0] << 8 | said[1]);
}

/* Name length, name, 0, type, creator, flags, two lengths, CRC. */
static bool read_header(struct binhex_file *f)
{
	struct stream s = { .in = f->lines };
	unsigned char h[FIXED + BINHEX_NAME_MAX], *fixed;
	size_t n;

	if (take(&s, 1, h) == 0 || h[0] == 0)
		return false;
	n = h[0];
	if (take(&s, n + FIXED - 1, h + 1) != n + FIXED - 1)
		return false;
	fixed = h + 1 + n;
	if (fixed[0] != 0)
		return false;
	memcpy(f->name, h + 1, n);
	f->name_n = n;
	memcpy(f->type, fixed + 1, sizeof(f->type));
	memcpy(f->creator, fixed + 5, sizeof(f->creator));
	f->data = big32(fixed + 11);
	f->resource = big32(fixed + 15);
	if (!crc_fits(span_from(h, n + FIXED - CRC_BYTES), fixed + 19))
		f->flags |= BINHEX_CRC;
	return true;
}

/* What is from behind the colon to the next one; the rest of its line. */
static bool read_file(struct span text, size_t colon, struct binhex_file *f)
{
	struct span rest = span_after(text, colon + 1), line;
	size_t end = span_chr(rest, ':');

	f->lines = span_sub(rest, 0, end == SIZE_MAX ? rest.n : end);
	if (!read_header(f))
		return false;
	if (end == SIZE_MAX)
		f->flags |= BINHEX_NO_END;
	rest = span_after(rest, f->lines.n);
	span_line(&rest, &line);
	f->size = text.n - rest.n - f->at;
	return true;
}

/* The colon that starts the first line which is not blank, or SIZE_MAX. */
static size_t find_colon(struct span text, struct span rest)
{
	struct span line;

	while (span_line(&rest, &line)) {
		struct span s = span_trim(line);

		if (s.n && s.p[0] == ':')
			return (size_t)(s.p - text.p);
		if (s.n)
			break;
	}
	return SIZE_MAX;
}

bool binhex_find(struct span text, size_t from, bool bare,
	struct binhex_file *f_r)
{
	struct span rest = span_after(text, from), line;
	size_t colon;

	while (span_line(&rest, &line)) {
		size_t at = (size_t)(line.p - text.p);

		if (line.n == 0 || (line.p[0] != '(' && !bare))
			continue;
		if (span_starts(line, SPAN("(This file must be converted")))
			colon = find_colon(text, rest);
		else if (bare && line.p[0] == ':')
			colon = at;
		else
			continue;
		*f_r = (struct binhex_file){ .at = at };
		if (colon != SIZE_MAX && read_file(text, colon, f_r))
			return true;
	}
	return false;
}

/* All three pieces with their checks. */
static size_t size_said(const struct binhex_file *f)
{
	return FIXED + f->name_n + (size_t)f->data + CRC_BYTES +
		f->resource + CRC_BYTES;
}

size_t binhex_room(const struct binhex_file *f)
{
	struct stream s = { .in = f->lines };

	return take(&s, size_said(f), NULL);
}

/* A fork of `size` bytes and its CRC from the front of *rest. */
static struct span take_fork(struct binhex_file *f, size_t size,
	struct span *rest)
{
	struct span fork = span_sub(*rest, 0, size);

	*rest = span_after(*rest, size);
	if (rest->n < CRC_BYTES)
		f->flags |= BINHEX_SHORT;
	else if (!crc_fits(fork, rest->p))
		f->flags |= BINHEX_CRC;
	*rest = span_after(*rest, CRC_BYTES);
	return fork;
}

void binhex_decode(struct binhex_file *f, unsigned char *out,
	struct span *data_r, struct span *resource_r)
{
	struct stream s = { .in = f->lines };
	struct span rest = span_from(out, take(&s, size_said(f), out));

	rest = span_after(rest, FIXED + f->name_n);
	*data_r = take_fork(f, f->data, &rest);
	*resource_r = take_fork(f, f->resource, &rest);
	/* Encoders fill up the last group. */
	if (take(&s, 2, NULL) == 2)
		f->flags |= BINHEX_MORE;
	if (s.junk)
		f->flags |= BINHEX_JUNK;
}
