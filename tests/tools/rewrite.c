/*
 * rewrite FILE...: each message gets a banner, and loses each of its parts in
 * turn; both are read again. The text that is shown is the old one and the
 * banner, the note stands where the part stood, and all else is as it was. A
 * line for whatever is not so, and a last one that counts: messages, banners,
 * refusals, parts dropped, refusals.
 */
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "mail/charset.h"
#include "mail/rewrite.h"

enum { FILE_MOST = 32 << 20, DROPS_MOST = 12 };

#define BANNER "Gr\xc3\xbc\xc3\x9f" "e \xe2\x98\x82\nfrom the=site"
#define NOTE "Was \xe2\x98\x82 here.\n"
#define LIMITS (&mail_default_limits)

static unsigned messages, banners, no_banner, drops, no_drop, bad;

static void fail(const char *path, const char *what, size_t part)
{
	printf("%s: %s, part %zu\n", path, what, part);
	bad++;
}

static bool is_new(const struct header_field *f,
	const struct rewrite_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_caseeq(f->name, fields[i].name))
			return true;
	return false;
}

/* The message as the edits leave it. */
static struct span carry_out(const struct mime *m, struct rewrite *r,
	struct arena *a)
{
	const struct header *h = &m->root->header;
	struct span raw = m->root->raw;
	struct rewrite_field *fields;
	struct edit_splice *s;
	size_t ns, nf, from = 0;
	struct buf b = { .arena = a };

	rewrite_finish(r, &s, &ns, &fields, &nf);
	for (size_t i = 0; i < h->n; i++) {
		if (!is_new(&h->fields[i], fields, nf))
			continue;
		buf_span(&b, span_sub(raw, from, h->fields[i].at - from));
		from = h->fields[i].at + h->fields[i].size;
	}
	buf_span(&b, span_sub(raw, from, h->end - from));
	from = h->end;
	for (size_t i = 0; i < nf; i++)
		buf_span(&b, edit_add_header(h, fields[i].name,
			fields[i].value, a).insert);
	for (size_t i = 0; i < ns; i++) {
		buf_span(&b, span_sub(raw, from, (size_t)s[i].at - from));
		buf_span(&b, s[i].insert);
		from = (size_t)(s[i].at + s[i].remove);
	}
	buf_span(&b, span_after(raw, from));
	return buf_bytes(&b);
}

static bool in_raw(const struct mime *m, const struct mime_part *p)
{
	struct span raw = m->root->raw;

	for (const struct mime_part *q = p; q; q = q->parent)
		if (q->origin == MIME_EMBEDDED || q->origin == MIME_READING)
			return false;
	return p->raw.p >= raw.p && p->raw.p <= raw.p + raw.n;
}

static bool is_within(const struct mime_part *p, const struct mime_part *in)
{
	while (p && p != in)
		p = p->parent;
	return p != NULL;
}

/* The next part from *i on that stands in the message, but not in `but`. */
static struct mime_part *next_part(struct mime *m, size_t *i,
	const struct mime_part *but)
{
	while (*i < m->n) {
		struct mime_part *p = m->parts[(*i)++];

		if (in_raw(m, p) && (but == NULL || p == but ||
				     !is_within(p, but)))
			return p;
	}
	return NULL;
}

/* Without blanks and line ends. */
static struct span squeezed(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] > ' ')
			buf_byte(&b, s.p[i]);
	return buf_bytes(&b);
}

static bool has_banner(struct mime_part *was, struct mime_part *is,
	struct arena *a)
{
	struct span old = squeezed(mime_text(was, LIMITS, a), a);
	struct span now = squeezed(mime_text(is, LIMITS, a), a);
	bool page = span_is(was->type, "text/html");
	struct span added = squeezed(page ?
		SPAN("<p>Gr&#xfc;&#xdf;e &#x2602;<br>from the=site</p>") :
		SPAN(BANNER), a);
	size_t at = page ? span_find(now, added) : now.n - added.n;

	return now.n == old.n + added.n && at <= old.n &&
	       span_eq(span_sub(now, at, added.n), added) &&
	       span_eq(span_sub(now, 0, at), span_sub(old, 0, at)) &&
	       span_eq(span_after(now, at + added.n), span_after(old, at));
}

static bool same_content(struct mime_part *was, struct mime_part *is,
	struct arena *a)
{
	if (!mime_is_leaf(was))
		return span_eq(was->type, is->type);
	return span_eq(was->type, is->type) && span_eq(was->name, is->name) &&
	       span_eq(mime_decode(was, LIMITS, a),
			mime_decode(is, LIMITS, a));
}

static void check_banner(const char *path, struct mime *m, struct span now,
	struct arena *a)
{
	struct mime_part *was, *is;
	size_t i = 0, k = 0, changed = 0;
	struct mime n;

	mime_parse(now, LIMITS, a, &n);
	mime_open(&n);
	do {
		was = next_part(m, &i, NULL);
		is = next_part(&n, &k, NULL);
		if (!was != !is) {
			fail(path, "banner: other parts", i);
			return;
		}
		if (was == NULL || same_content(was, is, a))
			continue;
		changed++;
		if (!mime_is_text(was) || !has_banner(was, is, a))
			fail(path, "banner: not the text and the banner",
				was->index);
	} while (was);
	if (changed == 0)
		fail(path, "banner: nothing changed", 0);
}

static void try_banner(const char *path, struct mime *m, struct arena *a)
{
	const struct rewrite_banner b = { .text = SPAN(BANNER) };
	struct rewrite *r = rewrite_new(m, LIMITS, a);

	if (rewrite_banner(r, &b)) {
		no_banner++;
		return;
	}
	banners++;
	check_banner(path, m, carry_out(m, r, a), a);
}

static bool is_note(struct mime_part *p, struct arena *a)
{
	return span_is(p->type, "text/plain") && p->name.n == 0 &&
	       span_eq(squeezed(mime_text(p, LIMITS, a), a),
			squeezed(SPAN(NOTE), a));
}

static void check_drop(const char *path, struct mime *m,
	const struct mime_part *gone, struct span now, struct arena *a)
{
	struct mime_part *was, *is;
	size_t i = 0, k = 0;
	struct mime n;

	mime_parse(now, LIMITS, a, &n);
	mime_open(&n);
	do {
		was = next_part(m, &i, gone);
		is = next_part(&n, &k, NULL);
		if (!was != !is) {
			fail(path, "drop: other parts", gone->index);
			return;
		}
		if (was && !(was == gone ? is_note(is, a) :
				same_content(was, is, a)))
			fail(path, "drop: another content", was->index);
	} while (was);
}

static void try_drops(const char *path, struct mime *m, struct arena *a)
{
	size_t tried = 0, i = 0;
	struct mime_part *p;

	while (tried < DROPS_MOST && (p = next_part(m, &i, NULL))) {
		struct rewrite *r;

		if (p->origin != MIME_ENTITY)
			continue;
		tried++;
		r = rewrite_new(m, LIMITS, a);
		if (rewrite_drop(r, p, SPAN(NOTE))) {
			no_drop++;
			continue;
		}
		drops++;
		check_drop(path, m, p, carry_out(m, r, a), a);
	}
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new("rewrite", (size_t)3 << 30);
	struct err e;

	charset_open_all();
	for (int i = 1; i < argc; i++) {
		struct buf raw = { .arena = a };
		struct mime m;

		if (io_slurp(argv[i], FILE_MOST, &raw, &e) < 0) {
			fprintf(stderr, "%s\n", e.text);
			return 2;
		}
		messages++;
		mime_parse(buf_bytes(&raw), LIMITS, a, &m);
		mime_open(&m);
		try_banner(argv[i], &m, a);
		try_drops(argv[i], &m, a);
		arena_reset(a);
	}
	printf("%u messages, %u banners, %u refused, %u dropped, %u refused, "
		"%u wrong\n", messages, banners, no_banner, drops, no_drop,
		bad);
	arena_free(&a);
	return bad > 0;
}
