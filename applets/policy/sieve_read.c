#include "sieve_read.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { COMMENTS_MAX = 20000, FOUND_MAX = 60 };

int sieve_wrong(const struct sieve_words *w, struct err *e, const char *what)
{
	return err_set(e, ERR_PERMANENT, "%s:%u: %s", w->name, w->line, what);
}

const char *sieve_found(const struct sieve_words *w)
{
	char shown[FOUND_MAX];

	if (w->word == WORD_END)
		return "the end of the file";
	utf8_printable(span_sub(w->text, w->from, w->at - w->from), shown,
		sizeof(shown));
	return arena_printf(w->arena, "\"%s\"", shown);
}

static bool is_letter(unsigned char c)
{
	c = span_lower(c);
	return (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static struct span rest(const struct sieve_words *w)
{
	return span_after(w->text, w->at);
}

/* Goes n bytes on and counts their lines. */
static void pass(struct sieve_words *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w->lines += w->text.p[w->at + i] == '\n';
	w->at += n;
}

static void keep_comment(struct sieve_words *w, struct span line)
{
	line = span_trim(line);
	if (line.n == 0 || w->ncomments == COMMENTS_MAX)
		return;
	if (w->ncomments == w->comments_cap) {
		struct span *more;

		w->comments_cap = w->comments_cap ? w->comments_cap * 2 : 8;
		more = arena_array(w->arena, w->comments_cap, sizeof(*more));
		if (w->ncomments)
			memcpy(more, w->comments,
				w->ncomments * sizeof(*more));
		w->comments = more;
	}
	w->comments[w->ncomments++] = line;
}

/* From the slash and star to the star and slash; lines may begin with one. */
static int read_block_comment(struct sieve_words *w, struct err *e)
{
	size_t end = span_find(span_after(rest(w), 2), SPAN("*/"));
	struct span body, line;

	if (end == SIZE_MAX) {
		w->line = w->lines;
		return sieve_wrong(w, e, "this comment has no end: */ is "
			"missing");
	}
	body = span_sub(rest(w), 2, end);
	pass(w, end + 4);
	while (span_line(&body, &line)) {
		line = span_trim(line);
		while (line.n && line.p[0] == '*')
			line = span_trim(span_after(line, 1));
		keep_comment(w, line);
	}
	return 0;
}

/* Blanks and comments. */
static int pass_space(struct sieve_words *w, struct err *e)
{
	struct span s, line;

	for (;;) {
		s = rest(w);
		if (s.n && (s.p[0] == ' ' || (s.p[0] >= '\t' &&
				s.p[0] <= '\r'))) {
			pass(w, 1);
		} else if (s.n && s.p[0] == '#') {
			span_line(&s, &line);
			pass(w, line.n);
			while (line.n && line.p[0] == '#')
				line = span_after(line, 1);
			keep_comment(w, line);
		} else if (span_starts(s, SPAN("/*"))) {
			if (read_block_comment(w, e) < 0)
				return -1;
		} else {
			return 0;
		}
	}
}

/* "…" with \" and \\; another escaped byte stands for itself. */
static int read_quoted(struct sieve_words *w, struct err *e)
{
	struct buf b = { .arena = w->arena };
	struct span s = rest(w);
	size_t i;

	for (i = 1; i < s.n && s.p[i] != '"'; i++) {
		i += s.p[i] == '\\';
		if (i < s.n)
			buf_byte(&b, s.p[i]);
	}
	if (i >= s.n)
		return sieve_wrong(w, e, "this string has no end: a \" is "
			"missing");
	pass(w, i + 1);
	w->word = WORD_STRING;
	w->value = buf_bytes(&b);
	return 0;
}

/* "text:", a line's end, lines with their dots stuffed, a single dot. */
static int read_text(struct sieve_words *w, struct err *e)
{
	struct buf b = { .arena = w->arena };
	struct span s = rest(w), line;

	span_line(&s, &line);
	line = span_trim(span_after(line, 5));
	if (line.n && line.p[0] != '#')
		return sieve_wrong(w, e, "the text begins on the line behind "
			"\"text:\"");
	while (span_line(&s, &line)) {
		if (span_is(line, ".")) {
			pass(w, (size_t)(line.p + 1 - (w->text.p + w->at)));
			w->word = WORD_STRING;
			w->value = buf_bytes(&b);
			return 0;
		}
		if (span_starts(line, SPAN("..")))
			line = span_after(line, 1);
		buf_span(&b, line);
		buf_byte(&b, '\n');
	}
	return sieve_wrong(w, e, "this text has no end: a line with a single "
		"dot is missing");
}

static int read_number(struct sieve_words *w, struct err *e)
{
	struct span s = rest(w);
	size_t n = 0, shift = 0;
	uint64_t value;

	while (n < s.n && is_digit(s.p[n]))
		n++;
	if (!span_u64(span_sub(s, 0, n), (uint64_t)1 << 40, &value))
		return sieve_wrong(w, e, "this number is too large");
	if (n < s.n && is_letter(s.p[n])) {
		unsigned char unit = span_lower(s.p[n]);

		shift = unit == 'k' ? 10 : unit == 'm' ? 20 : unit == 'g' ?
			30 : 0;
		n++;
		if (shift == 0 || value >> (62 - shift) ||
		    (n < s.n && (is_letter(s.p[n]) || is_digit(s.p[n]))))
			return sieve_wrong(w, e, "a number ends with K, M, G "
				"or nothing");
	}
	pass(w, n);
	w->word = WORD_NUMBER;
	w->number = value << shift;
	return 0;
}

/* A name, or a tag: the same behind a colon. */
static int read_name(struct sieve_words *w, struct err *e)
{
	struct span s = rest(w);
	size_t from = s.p[0] == ':', n = from;

	while (n < s.n && (is_letter(s.p[n]) || (n > from && is_digit(s.p[n]))))
		n++;
	if (n == from)
		return sieve_wrong(w, e, "a name belongs behind this colon");
	w->word = from ? WORD_TAG : WORD_NAME;
	w->value = span_sub(s, from, n - from);
	pass(w, n);
	return 0;
}

int sieve_next(struct sieve_words *w, struct err *e)
{
	struct span s;

	if (pass_space(w, e) < 0)
		return -1;
	w->line = w->lines;
	w->from = w->at;
	w->word = WORD_END;
	w->mark = 0;
	s = rest(w);
	if (s.n == 0)
		return 0;
	if (s.p[0] == '"')
		return read_quoted(w, e);
	if (span_casestarts(s, SPAN("text:")))
		return read_text(w, e);
	if (is_digit(s.p[0]))
		return read_number(w, e);
	if (is_letter(s.p[0]) || s.p[0] == ':')
		return read_name(w, e);
	if (strchr(";{}()[],", s.p[0]) == NULL || s.p[0] == 0)
		return sieve_wrong(w, e, arena_printf(w->arena, "the byte "
			"0x%02x has no place here", s.p[0]));
	w->word = WORD_MARK;
	w->mark = s.p[0];
	pass(w, 1);
	return 0;
}
