#include "mail/uu.h"

#include "mail/decode.h"

enum {
	MODE_LEAST = 3, MODE_MOST = 4,	/* digits of "644", "0644" */
	LINE_SPARE = 2,			/* some encoders add a checksum */
};

static struct span strip_cr(struct span line)
{
	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* Some clients leave blanks behind "end". */
static bool is_end(struct span line, bool base64)
{
	return span_is(span_trim(line), base64 ? "====" : "end");
}

/* "begin 644 name", "begin-base64 644 name". */
static bool read_begin(struct span line, struct uu_file *f)
{
	size_t digits = 0;

	f->base64 = span_starts(line, SPAN("begin-base64 "));
	if (!f->base64 && !span_starts(line, SPAN("begin ")))
		return false;
	line = span_after(line, f->base64 ? 13 : 6);
	while (digits < line.n && line.p[digits] >= '0' &&
	       line.p[digits] <= '7')
		digits++;
	if (digits < MODE_LEAST || digits > MODE_MOST ||
	    digits == line.n || line.p[digits] != ' ')
		return false;
	f->name = span_trim(span_after(line, digits));
	return f->name.n != 0;
}

/* How many bytes a line says it has. */
static size_t line_bytes(struct span line)
{
	return line.n ? (line.p[0] - 32u) & 63u : 0;
}

static size_t line_chars(size_t bytes)
{
	return (bytes + 2) / 3 * 4;
}

/* Blanks at the end may be lost on the way; they are zeros. */
static bool is_uu_line(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] < 32 || line.p[i] > 96)
			return false;
	return line.n <= 1 + line_chars(line_bytes(line)) + LINE_SPARE;
}

static bool is_base64_line(struct span line)
{
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = line.p[i], low = span_lower(c);

		if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '+' && c != '/' && c != '=')
			return false;
	}
	return line.n != 0;
}

static bool is_file_line(struct span line, bool base64)
{
	return is_end(line, base64) ||
	       (base64 ? is_base64_line(line) : is_uu_line(line) && line.n);
}

static size_t offset_of(struct span text, struct span rest)
{
	return text.n - rest.n;
}

/* Takes the lines up to the end, or to another file's begin. */
static void read_lines(struct span text, struct span rest, struct uu_file *f)
{
	size_t start = offset_of(text, rest), at = start;
	struct span line;
	struct uu_file other;

	f->flags = UU_NO_END;
	while (span_line(&rest, &line)) {
		if (is_end(line, f->base64)) {
			f->flags = 0;
			f->lines = span_sub(text, start, at - start);
			f->size = offset_of(text, rest) - f->at;
			return;
		}
		if (read_begin(strip_cr(line), &other))
			break;
		at = offset_of(text, rest);
	}
	f->lines = span_sub(text, start, at - start);
	f->size = at - f->at;
}

bool uu_find(struct span text, size_t from, struct uu_file *f_r)
{
	struct span rest = span_after(text, from), line, next, ahead;

	while (span_line(&rest, &line)) {
		size_t at = (size_t)(line.p - text.p);

		*f_r = (struct uu_file){ .at = at };
		if (line.n == 0 || line.p[0] != 'b' ||
		    !read_begin(strip_cr(line), f_r))
			continue;
		ahead = rest;
		if (!span_line(&ahead, &next) ||
		    !is_file_line(strip_cr(next), f_r->base64))
			continue;
		read_lines(text, rest, f_r);
		return true;
	}
	return false;
}

static unsigned char six_bits(struct span line, size_t i)
{
	return i < line.n ? (unsigned char)((line.p[i] - 32u) & 63u) : 0;
}

static size_t decode_line(struct uu_file *f, struct span line,
	unsigned char *out)
{
	size_t n = line_bytes(line), said = line_chars(n) + 1;

	if (line.n != said)
		f->flags |= UU_COUNT;
	for (size_t i = 0, at = 1; i < n; at += 4) {
		unsigned a = six_bits(line, at), b = six_bits(line, at + 1);
		unsigned c = six_bits(line, at + 2), d = six_bits(line, at + 3);

		out[i++] = (unsigned char)(a << 2 | b >> 4);
		if (i < n)
			out[i++] = (unsigned char)(b << 4 | c >> 2);
		if (i < n)
			out[i++] = (unsigned char)(c << 6 | d);
	}
	return n;
}

/* A line of the file; others are told and passed over. */
static bool next_line(struct uu_file *f, struct span *rest,
	struct span *line_r)
{
	while (span_line(rest, line_r)) {
		*line_r = strip_cr(*line_r);
		if (is_uu_line(*line_r))
			return true;
		f->flags |= UU_JUNK;
	}
	return false;
}

size_t uu_room(const struct uu_file *f)
{
	struct uu_file seen = *f;
	struct span rest = f->lines, line;
	size_t room = 0;

	if (f->base64)
		return DECODE_BASE64_ROOM(f->lines.n);
	while (next_line(&seen, &rest, &line))
		room += line_bytes(line);
	return room;
}

size_t uu_decode(struct uu_file *f, unsigned char *out)
{
	struct span rest = f->lines, line;
	bool clean = true;
	size_t n = 0;

	if (f->base64) {
		n = decode_base64(f->lines, out, &clean);
		f->flags |= clean ? 0u : UU_JUNK;
		return n;
	}
	while (next_line(f, &rest, &line))
		if (line.n && line_bytes(line))
			n += decode_line(f, line, out + n);
	return n;
}
