#include "mail/mime_tree.h"

#include <string.h>

#include "mail/lines.h"

enum {
	BOUNDARY_LONGEST = 1 << 12,	/* of those in doubt */
	FIELD_LONGEST = 1 << 16,	/* what is looked at of a field */
	FIELDS_TRIED = 8,		/* of one name */
	NAMED_TRIED = 8,		/* places that say "boundary" */
};

static void add_guess(struct mime_guesses *g, struct span s)
{
	for (size_t i = 0; i < g->n; i++)
		if (span_eq(g->v[i], s))
			return;
	if (s.p && g->n < MIME_GUESSES && s.n <= BOUNDARY_LONGEST)
		g->v[g->n++] = s;
}

/* The bytes of s without those in `drop`. */
static struct span without(struct span s, const char *drop, size_t n,
	struct arena *a)
{
	unsigned char *out = arena_alloc(a, s.n);
	size_t k = 0;

	for (size_t i = 0; i < s.n; i++)
		if (!memchr(drop, s.p[i], n))
			out[k++] = s.p[i];
	return span_from(out, k);
}

/* s up to the first of the bytes in `stop`. */
static struct span up_to(struct span s, const char *stop, size_t n)
{
	for (size_t i = 0; i < s.n; i++)
		if (memchr(stop, s.p[i], n))
			return span_sub(s, 0, i);
	return s;
}

static bool is_type_byte(unsigned char c)
{
	return c > 32 && c < 127 && !memchr("()<>@,;:\\\"[]?=", c, 14);
}

/* Each word of the form type/subtype that a field holds before its ';'. */
static void types_of(struct span value, struct arena *a,
	struct mime_guesses *g)
{
	size_t i = 0;

	value = up_to(value, ";", 1);
	while (i < value.n) {
		size_t from = i;
		struct span word;

		while (i < value.n && is_type_byte(value.p[i]))
			i++;
		word = span_sub(value, from, i - from);
		if (mime_is_type(word))
			add_guess(g, mime_lower(word, a));
		i += i == from;
	}
}

void mime_guess_types(const struct mime_part *p, struct arena *a,
	struct mime_guesses *g)
{
	const struct header_field *f;

	add_guess(g, p->type);
	for (unsigned nth = 1; nth <= FIELDS_TRIED; nth++) {
		f = header_find(&p->header, SPAN("content-type"), nth);
		if (f == NULL)
			return;
		types_of(span_sub(f->value, 0, FIELD_LONGEST), a, g);
	}
}

/* A text without its comments, which some readers do not know. */
static struct span drop_comments(struct span s, struct arena *a)
{
	unsigned char *out = arena_alloc(a, s.n);
	size_t n = 0, depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && depth)
			depth--;
		else if (depth == 0)
			out[n++] = s.p[i];
	}
	return span_trim(span_from(out, n));
}

/* As it stands and up to each byte where some readers stop. */
static void cuts_of(struct span s, struct arena *a, struct mime_guesses *g)
{
	struct span flat = header_unfold(s, a);

	add_guess(g, flat);
	add_guess(g, span_trim(flat));
	add_guess(g, up_to(s, "\r\n", 2));
	add_guess(g, up_to(s, ";\r\n", 3));
	add_guess(g, up_to(s, ",\r\n", 3));
	add_guess(g, up_to(s, ")\r\n", 3));
	add_guess(g, up_to(s, "\0", 1));
	add_guess(g, up_to(s, " \t\r\n", 4));
	if (span_chr(s, 0) != SIZE_MAX)
		add_guess(g, without(s, "\0", 1, a));
	if (flat.n != s.n)
		add_guess(g, without(s, "\r\n\t ", 4, a));
	if (span_chr(s, '(') != SIZE_MAX) {
		add_guess(g, drop_comments(s, a));
		add_guess(g, span_trim(up_to(s, "(", 1)));
	}
	if (span_chr(s, '\\') != SIZE_MAX)
		add_guess(g, without(flat, "\\", 1, a));
	if (span_find(s, SPAN("=?")) != SIZE_MAX)
		add_guess(g, header_decode(s, a));
}

/* What readers may take for the value that is written here. */
static void values_of(struct span s, struct arena *a, struct mime_guesses *g)
{
	struct span inner;

	s = span_trim(s);
	if (s.n && s.p[0] == '"') {
		inner = span_after(s, 1);
		cuts_of(span_sub(inner, 0, span_chr(inner, '"')), a, g);
	}
	cuts_of(up_to(s, ";", 1), a, g);
	if (span_chr(s, '"') != SIZE_MAX)
		cuts_of(without(up_to(s, ";", 1), "\"", 1, a), a, g);
}

/* After each "boundary =", wherever it stands in the field. */
static void named_values(struct span value, struct arena *a,
	struct mime_guesses *g)
{
	struct span word = SPAN("boundary");

	for (size_t i = 0; i < NAMED_TRIED; i++) {
		size_t at = span_casefind(value, word);
		struct span s;

		if (at == SIZE_MAX)
			return;
		value = s = span_after(value, at + word.n);
		while (s.n && s.p[0] != '=' &&
			memchr(" \t\r\n*0123456789", s.p[0], 15))
			s = span_after(s, 1);
		if (s.n && s.p[0] == '=')
			values_of(span_after(s, 1), a, g);
	}
}

/* Readers that miss a boundary take the first line that looks like one. */
static void guess_from_body(struct span body, struct mime_guesses *g)
{
	struct lines lines = { .raw = body, .cr = true };
	struct line l;

	while (lines_next(&lines, &l)) {
		struct span s = span_sub(body, l.at, l.end - l.at);

		if (s.n > 2 && s.p[0] == '-' && s.p[1] == '-' &&
		    s.p[2] != ' ') {
			add_guess(g, span_after(span_trim(s), 2));
			return;
		}
	}
}

/* Does a line start with it in the body? */
static bool is_used(struct span boundary, struct span body)
{
	size_t at = 0;

	for (;; at++) {
		at = lines_find(body, at, SPAN("--"));
		if (at == SIZE_MAX)
			return false;
		if ((at == 0 || body.p[at - 1] == '\n' ||
			body.p[at - 1] == '\r') &&
		    span_starts(span_after(body, at + 2), boundary))
			return true;
	}
}

void mime_guess_boundaries(const struct mime_part *p, struct arena *a,
	struct mime_guesses *g)
{
	static const struct mail_limits l = { .params = 64 };
	struct mime_guesses all = { .n = 0 };
	const struct header_field *f;
	struct span value;
	struct params ps;

	if (p->boundary.p)
		add_guess(g, p->boundary);
	for (unsigned nth = 1; nth <= FIELDS_TRIED; nth++) {
		f = header_find(&p->header, SPAN("content-type"), nth);
		if (f == NULL)
			break;
		value = span_sub(f->value, 0, FIELD_LONGEST);
		params_parse(value, &l, a, &ps);
		all.n += params_all(&ps, SPAN("boundary"), a,
			MIME_GUESSES - all.n, all.v + all.n);
		named_values(value, a, &all);
	}
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].n == 0 || is_used(all.v[i], p->body))
			add_guess(g, all.v[i]);
	if (p->child == NULL)
		guess_from_body(p->body, g);
}

unsigned mime_guess_encodings(const struct mime_part *p, struct arena *a)
{
	const struct header_field *f;
	unsigned found = 1u << MIME_BINARY;

	if (mime_is_encoded(p))
		found |= 1u << p->encoding;
	for (unsigned nth = 1; nth <= FIELDS_TRIED; nth++) {
		struct span s;

		f = header_find(&p->header, SPAN("content-transfer-encoding"),
			nth);
		if (f == NULL)
			break;
		s = without(span_sub(f->value, 0, FIELD_LONGEST),
			"\r\n\t \0", 5, a);
		if (span_casefind(s, SPAN("base64")) != SIZE_MAX)
			found |= 1u << MIME_BASE64;
		if (span_casefind(s, SPAN("quoted-printable")) != SIZE_MAX)
			found |= 1u << MIME_QP;
	}
	return found;
}
