/*
 * A reader of Authentication-Results as RFC 8601 section 2.2 has them, and
 * no more lenient: what we write must mean the same to it. Comments and
 * folds become blanks first; a comment never stands in a comment here.
 */
#ifndef AUTHRES_TEST_H
#define AUTHRES_TEST_H

#include <string.h>

#include "base/buf.h"
#include "base/span.h"

enum { AUTHRES_LINE = 78, AUTHRES_RESULTS = 40 };

struct authres_read {
	struct span id;
	struct span method[AUTHRES_RESULTS], result[AUTHRES_RESULTS];
	struct span rest[AUTHRES_RESULTS];	/* " name=value" each */
	size_t n;
};

static inline bool authres_token_byte(unsigned char c)
{
	return c > 0x20 && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

/* Letters, digits, inner hyphens: RFC 5321's Keyword. */
static inline bool authres_take_keyword(struct span *s, struct span *word_r)
{
	size_t n = 0;

	while (n < s->n && (authres_token_byte(s->p[n]) &&
	    (s->p[n] == '-' || (s->p[n] >= '0' && s->p[n] <= '9') ||
	    ((s->p[n] | 32) >= 'a' && (s->p[n] | 32) <= 'z'))))
		n++;
	*word_r = span_sub(*s, 0, n);
	*s = span_after(*s, n);
	return n > 0 && word_r->p[n - 1] != '-';
}

/* A quoted-string without quoted pairs: we write none. */
static inline bool authres_take_quoted(struct span *s)
{
	size_t end = span_chr(span_after(*s, 1), '"');

	if (s->n == 0 || s->p[0] != '"' || end == SIZE_MAX ||
	    memchr(s->p, '\\', end + 1))
		return false;
	*s = span_after(*s, end + 2);
	return true;
}

/* value / [[local-part] "@"] domain-name, up to the next blank or semicolon */
static inline bool authres_take_value(struct span *s)
{
	struct span word;
	size_t at;

	if (s->n > 0 && s->p[0] == '"')
		return authres_take_quoted(s);
	word = span_sub(*s, 0, span_chr(*s, ' '));
	word = span_sub(word, 0, span_chr(word, ';'));
	*s = span_after(*s, word.n);
	at = span_chr(word, '@');
	for (size_t i = 0; i < word.n; i++)
		if (at != SIZE_MAX && i < at ? !authres_token_byte(word.p[i]) &&
		    word.p[i] != '/' && word.p[i] != '?' :
		    i != at && !authres_token_byte(word.p[i]))
			return false;
	return word.n > 0 && at != word.n - 1;
}

/* " reason=..." or " ptype.property=value". */
static inline bool authres_take_property(struct span *s, bool first)
{
	struct span type, name;

	if (s->n == 0 || s->p[0] != ' ')
		return false;
	*s = span_after(*s, 1);
	if (!authres_take_keyword(s, &type))
		return false;
	if (first && span_is(type, "reason") && s->n > 0 && s->p[0] == '=') {
		*s = span_after(*s, 1);
		return authres_take_quoted(s);
	}
	if (s->n == 0 || s->p[0] != '.')
		return false;
	*s = span_after(*s, 1);
	if (!authres_take_keyword(s, &name) || s->n == 0 || s->p[0] != '=')
		return false;
	*s = span_after(*s, 1);
	return authres_take_value(s);
}

/* Folds and comments are one blank. False: a line too long, or no fold. */
static inline bool authres_flatten(struct span s, struct buf *b)
{
	size_t column = 24, words = 2;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++, column++) {
		if (s.p[i] == '\r' || s.p[i] == '\n') {
			if (quoted || i + 2 >= s.n ||
			    memcmp(s.p + i, "\r\n\t", 3) ||
			    (column > AUTHRES_LINE && words > 1))
				return false;
			i += 2;
			column = 7;
			words = 1;
			buf_byte(b, ' ');
			continue;
		}
		words += s.p[i] == ' ' && !quoted;
		if (s.p[i] == '"')
			quoted = !quoted;
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
		if (s.p[i] == '(' && !quoted) {
			size_t end = span_chr(span_after(s, i), ')');

			if (end == SIZE_MAX || b->n == 0 ||
			    b->p[b->n - 1] != ' ')
				return false;
			column += end;
			i += end;
			b->n--;
			continue;
		}
		buf_byte(b, s.p[i]);
	}
	return !quoted && (column <= AUTHRES_LINE || words <= 1);
}

/* False: it is not well-formed. Spans are in the buffer. */
static inline bool authres_parse(struct span value, struct buf *b,
	struct authres_read *r)
{
	struct span s;

	*r = (struct authres_read){ 0 };
	if (!authres_flatten(value, b))
		return false;
	s = buf_bytes(b);
	r->id = span_sub(s, 0, span_chr(s, ';'));
	s = span_after(s, r->id.n);
	if (span_is(s, "; none"))
		return true;
	while (s.n > 0) {
		bool first = true;

		if (!span_starts(s, SPAN("; ")) || r->n == AUTHRES_RESULTS)
			return false;
		s = span_after(s, 2);
		if (!authres_take_keyword(&s, &r->method[r->n]) ||
		    s.n == 0 || s.p[0] != '=')
			return false;
		s = span_after(s, 1);
		if (!authres_take_keyword(&s, &r->result[r->n]))
			return false;
		r->rest[r->n] = s;
		for (; s.n > 0 && s.p[0] == ' '; first = false)
			if (!authres_take_property(&s, first))
				return false;
		r->rest[r->n].n -= s.n;
		r->n++;
	}
	return r->n > 0;
}

#endif
