#include "engine/features.h"

#include "engine/features_put.h"
#include "mail/casefold.h"

enum {
	SEEN_SLOTS = 1 << 15,		/* over twice FEATURES_MAX */
	PART_TEXT_MAX = 3000,		/* bytes of one part */
	WORD_MOST_BYTES = 24,
	GRAM = 4,
	FOOTER_MAX = 1200, FOOTER_LINE = 40,
};

/* --- gathering ----------------------------------------------------------- */

static uint32_t mix(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}

static uint32_t add_bytes(uint32_t h, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619;
	return h;
}

static uint32_t kind_hash(enum feature_group group, const char *kind)
{
	struct span s = span_of(kind);

	return add_bytes(2166136261u + group, s.p, s.n);
}

/* False: it is there already, or there is no room. */
static bool is_new(struct gathered *g, uint32_t hash)
{
	uint32_t at = hash & (SEEN_SLOTS - 1);

	if (g->to->n == FEATURES_MAX)
		return false;
	for (; g->seen[at]; at = (at + 1) & (SEEN_SLOTS - 1))
		if (g->seen[at] == hash)
			return false;
	g->seen[at] = hash;
	return true;
}

static void put(struct gathered *g, uint32_t hash, const char *kind,
	struct span value)
{
	if (hash == 0)
		hash = 1;
	if (is_new(g, hash))
		g->to->v[g->to->n++] = (struct feature){ hash,
			(uint8_t)g->group, kind, value };
}

void features_put(struct gathered *g, const char *kind, struct span value)
{
	uint32_t h = kind_hash(g->group, kind);

	put(g, mix(add_bytes(h, value.p, value.n)), kind,
		value.n ? value : SPAN(""));
}

void features_put_number(struct gathered *g, const char *kind, size_t n)
{
	uint32_t h = kind_hash(g->group, kind);

	put(g, mix((h ^ (uint32_t)n) * 16777619 + 1), kind,
		(struct span){ NULL, n });
}

void features_put_count(struct gathered *g, const char *kind, size_t n)
{
	size_t power = 0;

	if (n > 0)
		for (power = 1; power < n; power *= 2)
			;
	features_put_number(g, kind, power);
}

void features_put_share(struct gathered *g, const char *kind, size_t n,
	size_t all)
{
	if (all)
		features_put_number(g, kind, (n * 8 + all / 2) / all);
}

/* --- text ---------------------------------------------------------------- */

/* A line that lists put before their footers. */
static bool is_rule(struct span line)
{
	line = span_trim(line);
	if (span_is(line, "--"))
		return true;
	if (line.n < FOOTER_LINE)
		return false;
	for (size_t i = 1; i < line.n; i++)
		if (line.p[i] != line.p[0])
			return false;
	return line.p[0] == '-' || line.p[0] == '_' || line.p[0] == '=';
}

static bool is_footer(struct span s)
{
	return span_casefind(s, SPAN("list")) != SIZE_MAX ||
		span_casefind(s, SPAN("group")) != SIZE_MAX ||
		span_casefind(s, SPAN("sponsor")) != SIZE_MAX;
}

/* Without what a list appended: short, behind a rule, speaks of itself. */
static struct span without_footer(struct span text)
{
	size_t from = text.n > FOOTER_MAX ? text.n - FOOTER_MAX : 0;
	struct span rest = span_after(text, from), line;

	while (span_line(&rest, &line))
		if (is_rule(line) && is_footer(rest))
			return span_from(text.p,
				(size_t)(line.p - text.p));
	return text;
}

/* "Re: [list] What" without marks of replies and lists. */
static struct span bare_subject(struct span s)
{
	size_t end;

	for (;;) {
		s = span_trim(s);
		if (span_casestarts(s, SPAN("re:")) ||
		    span_casestarts(s, SPAN("fw:")))
			s = span_after(s, 3);
		else if (span_casestarts(s, SPAN("fwd:")))
			s = span_after(s, 4);
		else if (s.n && s.p[0] == '[' &&
			 (end = span_chr(s, ']')) != SIZE_MAX)
			s = span_after(s, end + 1);
		else
			return s;
	}
}

static void add_text(struct buf *b, struct span s)
{
	if (b->n < FEATURES_TEXT_MAX)
		buf_span(b, span_sub(s, 0, FEATURES_TEXT_MAX - b->n));
	buf_byte(b, '\n');
}

/* What a reader sees first: the subject and the texts that are no files. */
static struct span gather_text(struct facts *f)
{
	struct buf b = { .arena = f->arena };

	add_text(&b, bare_subject(f->subject));
	for (size_t i = 0; i < f->mime.n; i++) {
		const struct mime_part *p = f->parts[i].mime;
		struct span s;

		if (p->origin != MIME_ENTITY || !mime_is_text(p) ||
		    facts_is_attachment(p))
			continue;
		s = span_is(p->type, "text/html") ? facts_html(f, i)->text :
			facts_text(f, i);
		add_text(&b, span_sub(without_footer(s), 0, PART_TEXT_MAX));
	}
	return buf_bytes(&b);
}

/* Folded, and all digits are 0: a copy that can be written to. */
static struct span fold(struct span s, struct arena *a)
{
	struct span folded = arena_span(a, casefold(s, a));
	unsigned char *p = (unsigned char *)(uintptr_t)folded.p;

	for (size_t i = 0; i < folded.n; i++)
		if (p[i] >= '1' && p[i] <= '9')
			p[i] = '0';
	return folded;
}

static void put_grams(struct gathered *g)
{
	uint32_t kind = kind_hash(g->group, "gram");

	for (size_t i = 0; i + GRAM <= g->text.n; i++)
		put(g, mix(add_bytes(kind, g->text.p + i, GRAM)), "gram",
			span_sub(g->text, i, GRAM));
}

static void put_words(struct gathered *g)
{
	struct span rest = g->text, word;

	while (casefold_word(&rest, &word))
		features_put(g, "word", span_sub(word, 0, WORD_MOST_BYTES));
}

static bool too_little(struct gathered *g)
{
	struct span rest = g->text, word;
	size_t n = 0;

	if (g->f->mime.n > 1 || facts_urls(g->f)->n > 0)
		return false;
	while (n < FEATURES_WORDS_LEAST && casefold_word(&rest, &word))
		n++;
	return n < FEATURES_WORDS_LEAST;
}

/* --- all ----------------------------------------------------------------- */

void features_find(struct facts *f, struct features *features_r)
{
	struct gathered g = { .f = f, .to = features_r };

	features_r->v = arena_array(f->arena, FEATURES_MAX,
		sizeof(*features_r->v));
	features_r->n = 0;
	g.seen = arena_array(f->arena, SEEN_SLOTS, sizeof(*g.seen));
	/* Reads every text: flags are the same whatever was asked before. */
	facts_urls(f);
	g.text = fold(gather_text(f), f->arena);
	if (too_little(&g))
		return;
	g.group = FEATURE_STRUCTURE;
	features_of_structure(&g);
	features_of_page(&g);
	g.group = FEATURE_LINKS;
	features_of_links(&g);
	g.group = FEATURE_SENDER;
	features_of_sender(&g);
	g.group = FEATURE_TEXT;
	put_words(&g);
	put_grams(&g);
}

void features_raw(struct span message, struct arena *a,
	struct features *features_r)
{
	struct gathered g = { .to = features_r, .group = FEATURE_RAW,
		.text = span_sub(message, 0, FEATURES_RAW_MAX) };

	features_r->v = arena_array(a, FEATURES_RAW_MAX,
		sizeof(*features_r->v));
	features_r->n = 0;
	g.seen = arena_array(a, SEEN_SLOTS, sizeof(*g.seen));
	put_grams(&g);
}

void features_name(const struct feature *v, struct buf *b)
{
	buf_string(b, v->kind);
	if (v->value.p == NULL)
		buf_printf(b, " %zu", v->value.n);
	else if (v->value.n)
		buf_printf(b, " \"%.*s\"", SPAN_FMT(v->value));
}
