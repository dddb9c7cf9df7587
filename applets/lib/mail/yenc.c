#include "mail/yenc.h"

#include "mail/decode.h"

enum {
	SHIFT = 42,		/* added to each byte */
	ESCAPE_SHIFT = 64,	/* and once more behind "=" */
	CRC_DIGITS = 8,
};

/* CRC-32 of ISO 3309, half a byte at a time. */
static uint32_t crc_add(uint32_t crc, unsigned char c)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	crc ^= c;
	crc = crc >> 4 ^ table[crc & 15];
	return crc >> 4 ^ table[crc & 15];
}

/* The word behind "key=", which a blank stands before. */
static bool find_word(struct span line, const char *key, struct span *word_r)
{
	struct span piece;

	while (span_cut(&line, ' ', &piece)) {
		if (!span_starts(piece, span_of(key)))
			continue;
		*word_r = span_trim(span_after(piece, span_of(key).n));
		return true;
	}
	return false;
}

static bool find_number(struct span line, const char *key, uint64_t *value_r)
{
	struct span word;

	return find_word(line, key, &word) &&
	       span_u64(word, INT64_MAX, value_r);
}

static bool find_crc(struct span line, const char *key, uint32_t *crc_r)
{
	struct span word;
	uint32_t crc = 0;

	if (!find_word(line, key, &word) || word.n == 0 ||
	    word.n > CRC_DIGITS)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		int digit = decode_hex(word.p[i]);

		if (digit < 0)
			return false;
		crc = crc << 4 | (uint32_t)digit;
	}
	*crc_r = crc;
	return true;
}

/* "=ybegin [part=N] line=128 size=N name=...": the name is all the rest. */
static bool read_begin(struct span line, struct yenc_file *f)
{
	size_t name;

	if (!span_starts(line, SPAN("=ybegin ")))
		return false;
	name = span_find(line, SPAN(" name="));
	if (name == SIZE_MAX)
		return false;
	f->name = span_trim(span_after(line, name + 6));
	line = span_sub(line, 0, name);
	if (find_number(line, "part=", &f->part))
		f->flags |= YENC_PART;
	return find_number(line, "size=", &f->whole);
}

static void read_part(struct span line, struct yenc_file *f)
{
	f->flags |= YENC_PART;
	find_number(line, "begin=", &f->begin);
}

/* pcrc32 is of the piece, crc32 of the whole file. */
static void read_end(struct span line, struct yenc_file *f)
{
	find_number(line, "size=", &f->bytes);
	f->has_crc = find_crc(line, "pcrc32=", &f->crc) ||
		(!(f->flags & YENC_PART) && find_crc(line, "crc32=", &f->crc));
}

static bool is_end(struct span line)
{
	return span_starts(line, SPAN("=yend")) &&
	       (line.n == 5 || line.p[5] == ' ');
}

/* Takes the lines up to =yend, or to another file's begin. */
static void read_lines(struct span text, struct span rest,
	struct yenc_file *f)
{
	size_t start = text.n - rest.n, at = start;
	struct span line;
	bool ended = false;

	while (!ended && span_line(&rest, &line)) {
		ended = is_end(line);
		if (ended)
			read_end(line, f);
		else if (span_starts(line, SPAN("=ybegin ")))
			break;
		else
			at = text.n - rest.n;
	}
	if (!ended)
		f->flags |= YENC_NO_END;
	f->lines = span_sub(text, start, at - start);
	f->size = (ended ? text.n - rest.n : at) - f->at;
}

bool yenc_find(struct span text, size_t from, struct yenc_file *f_r)
{
	struct span rest = span_after(text, from), line, ahead;

	while (span_line(&rest, &line)) {
		*f_r = (struct yenc_file){ .at = (size_t)(line.p - text.p) };
		if (line.n == 0 || line.p[0] != '=' || !read_begin(line, f_r))
			continue;
		ahead = rest;
		if (span_line(&ahead, &line) &&
		    span_starts(line, SPAN("=ypart "))) {
			read_part(line, f_r);
			rest = ahead;
		}
		read_lines(text, rest, f_r);
		return true;
	}
	return false;
}

size_t yenc_room(const struct yenc_file *f)
{
	return f->lines.n;
}

/* What the lines around promised. */
static void judge(struct yenc_file *f, size_t n, uint32_t crc)
{
	bool whole = !(f->flags & YENC_PART);

	if ((f->bytes || whole) && f->bytes != n &&
	    !(f->flags & YENC_NO_END))
		f->flags |= YENC_SIZE;
	if (whole ? f->whole != n : f->whole < n)
		f->flags |= YENC_SIZE;
	if (f->has_crc && f->crc != crc)
		f->flags |= YENC_CRC;
}

size_t yenc_decode(struct yenc_file *f, unsigned char *out)
{
	uint32_t crc = UINT32_MAX;
	unsigned shift = SHIFT;
	size_t n = 0;

	for (size_t i = 0; i < f->lines.n; i++) {
		unsigned char c = f->lines.p[i];

		if (c == '\r' || c == '\n') {
			if (shift != SHIFT)
				f->flags |= YENC_JUNK;
			shift = SHIFT;
			continue;
		}
		if (c == '=' && shift == SHIFT) {
			shift += ESCAPE_SHIFT;
			continue;
		}
		out[n] = (unsigned char)(c - shift);
		crc = crc_add(crc, out[n++]);
		shift = SHIFT;
	}
	judge(f, n, ~crc);
	return n;
}
