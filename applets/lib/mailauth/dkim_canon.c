#include "mailauth/dkim_canon.h"

#include <string.h>

static void flush(struct canon_hash *c)
{
	hash_add(&c->hash, span_from(c->room, c->n));
	c->n = 0;
}

static void put(struct canon_hash *c, struct span s)
{
	if (s.n > CANON_ROOM - c->n)
		flush(c);
	if (s.n > CANON_ROOM) {
		hash_add(&c->hash, s);
		return;
	}
	if (s.n)
		memcpy(c->room + c->n, s.p, s.n);
	c->n += s.n;
}

void canon_body_begin(struct canon_body *b, bool relaxed, uint64_t limit)
{
	hash_begin(&b->out.hash);
	b->out.n = 0;
	b->relaxed = relaxed;
	b->left = limit;
	b->total = b->ends = 0;
	b->cr = b->blank = false;
}

/* As much of it as l= covers. */
static void emit(struct canon_body *b, struct span s)
{
	b->total += s.n;
	if (s.n > b->left)
		s.n = (size_t)b->left;
	b->left -= s.n;
	put(&b->out, s);
}

/* Bytes of a line: what was held back before them counts now. */
static void content(struct canon_body *b, struct span s)
{
	for (; b->ends; b->ends--)
		emit(b, SPAN("\r\n"));
	if (b->blank)
		emit(b, SPAN(" "));
	b->blank = false;
	emit(b, s);
}

static void line_end(struct canon_body *b)
{
	b->cr = b->blank = false;
	b->ends++;
}

static bool is_special(const struct canon_body *b, unsigned char c)
{
	return c == '\r' || c == '\n' ||
		(b->relaxed && (c == ' ' || c == '\t'));
}

/* A CR is a line's end only with the LF that may come in the next piece. */
static void special(struct canon_body *b, unsigned char c)
{
	if (c == '\n') {
		line_end(b);
		return;
	}
	if (b->cr)
		content(b, SPAN("\r"));
	b->cr = c == '\r';
	if (!b->cr)
		b->blank = true;
}

/*
 * Where the bytes end that stand in the canonical form as they are, from i
 * on, which is no special one: most bodies are a few such runs.
 */
static size_t plain_end(const struct canon_body *b, struct span s, size_t i)
{
	for (; i < s.n; i++) {
		if (s.p[i] > ' ' || !is_special(b, s.p[i]))
			continue;
		if (s.p[i] == ' ' && i + 1 < s.n && !is_special(b, s.p[i + 1]))
			continue;
		if (s.p[i] != '\r' || s.n - i < 3 || s.p[i + 1] != '\n' ||
		    is_special(b, s.p[i + 2]))
			break;
		i++;
	}
	return i;
}

void canon_body_add(struct canon_body *b, struct span piece)
{
	size_t i = 0;

	while (i < piece.n) {
		size_t from = i;

		if (is_special(b, piece.p[i])) {
			special(b, piece.p[i++]);
			continue;
		}
		if (b->cr)
			content(b, SPAN("\r"));
		b->cr = false;
		i = plain_end(b, piece, i);
		content(b, span_sub(piece, from, i - from));
	}
}

void canon_body_end(struct canon_body *b,
	unsigned char hash_r[HASH_SHA256_SIZE])
{
	if (b->cr)
		content(b, SPAN("\r"));
	/* RFC 6376 3.4.3: an empty simple body is one line end. */
	if (b->total || !b->relaxed)
		emit(b, SPAN("\r\n"));
	canon_header_end(&b->out, hash_r);
}

void canon_header_begin(struct canon_hash *c)
{
	hash_begin(&c->hash);
	c->n = 0;
}

/* As it is, but for line ends. */
static void put_simple(struct canon_hash *c, struct span s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\n')
			continue;
		put(c, span_sub(s, from, i - from));
		put(c, i && s.p[i - 1] == '\r' ? SPAN("\n") : SPAN("\r\n"));
		from = i + 1;
	}
	put(c, span_after(s, from));
}

static bool is_wsp(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* A line end, or the CR of one. */
static bool is_fold(struct span s, size_t i)
{
	return s.p[i] == '\n' || (s.p[i] == '\r' && i + 1 < s.n &&
		s.p[i + 1] == '\n');
}

/* Folds undone, runs of blanks one, none at the ends; in two pieces. */
static void put_relaxed(struct canon_hash *c, const struct span s[2])
{
	bool any = false, blank = false;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < s[k].n;) {
			size_t from = i;

			if (is_wsp(s[k].p[i]) || is_fold(s[k], i)) {
				blank |= is_wsp(s[k].p[i++]);
				continue;
			}
			while (i < s[k].n && !is_wsp(s[k].p[i]) &&
			       !is_fold(s[k], i))
				i++;
			if (blank && any)
				put(c, SPAN(" "));
			put(c, span_sub(s[k], from, i - from));
			any = true;
			blank = false;
		}
}

static void put_name(struct canon_hash *c, struct span name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char b = span_lower(name.p[i]);

		put(c, span_from(&b, 1));
	}
	put(c, SPAN(":"));
}

/* Without its line end. */
static struct span field_bytes(struct span message,
	const struct header_field *f)
{
	struct span s = span_sub(message, f->at, f->size);

	if (span_ends(s, SPAN("\n")))
		s.n--;
	if (span_ends(s, SPAN("\r")))
		s.n--;
	return s;
}

void canon_header_add(struct canon_hash *c, bool relaxed,
	struct span message, const struct header_field *f)
{
	if (relaxed) {
		put_name(c, f->name);
		put_relaxed(c, (struct span[2]){ f->value });
	} else {
		put_simple(c, field_bytes(message, f));
	}
	put(c, SPAN("\r\n"));
}

void canon_header_own(struct canon_hash *c, bool relaxed, struct span message,
	const struct header_field *f, struct span b_value)
{
	struct span s = relaxed ? f->value : field_bytes(message, f);
	size_t at = (size_t)(b_value.p - s.p);

	if (relaxed) {
		put_name(c, f->name);
		put_relaxed(c, (struct span[2]){ span_sub(s, 0, at),
			span_after(s, at + b_value.n) });
	} else {
		put_simple(c, span_sub(s, 0, at));
		put_simple(c, span_after(s, at + b_value.n));
	}
}

void canon_header_end(struct canon_hash *c,
	unsigned char hash_r[HASH_SHA256_SIZE])
{
	flush(c);
	hash_end(&c->hash, hash_r);
}
