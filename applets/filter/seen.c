#include "seen.h"

#include "base/map.h"
#include "engine/facts_record.h"

enum { SEEN_MAX = 400, VALUE_MOST = 32, EXT_MOST = 12 };

struct list {
	struct archive_seen *v;
	size_t n;
	struct map *known;
	struct arena *a;
};

/* Once a message. */
static void add(struct list *l, const char *kind, struct span name,
	uint64_t bytes)
{
	struct span key = span_of(arena_printf(l->a, "%s %.*s", kind,
		SPAN_FMT(name)));

	if (l->n == SEEN_MAX || name.n == 0 ||
	    map_put(l->known, key, l->v) != NULL)
		return;
	l->v[l->n++] = (struct archive_seen){ kind, name, 1, bytes };
}

/* Each file counts. */
static void add_file(struct list *l, struct span name, uint64_t bytes)
{
	size_t dot = span_rchr(name, '.');
	struct span ext = dot == SIZE_MAX ? SPAN("") : span_after(name,
		dot + 1);
	struct buf lower = { .arena = l->a };

	for (size_t i = 0; i < ext.n; i++)
		buf_byte(&lower, span_lower(ext.p[i]));
	ext = ext.n && ext.n <= EXT_MOST ? buf_bytes(&lower) : SPAN("(other)");
	if (l->n < SEEN_MAX)
		l->v[l->n++] = (struct archive_seen){ "file", ext, 1, bytes };
}

/* "POLICY/RULE FILE:LINE: what"; rules may have blanks in their names. */
static void add_line(struct list *l, struct span line, uint64_t bytes)
{
	size_t what = span_find(line, SPAN(": "));
	struct span head = span_sub(line, 0, what);
	struct span said = span_after(line, what == SIZE_MAX ? line.n :
		what + 2);
	struct span both = span_sub(said, 5, said.n - 6);
	size_t place = span_rchr(head, ' '), equals = span_chr(both, '=');

	if (said.n == 0 || place == SIZE_MAX)
		return;
	add(l, "rule", span_sub(head, 0, place), bytes);
	if (!span_starts(said, SPAN("mark(")) || !span_ends(said, SPAN(")")) ||
	    equals == SIZE_MAX)
		return;
	add(l, "mark", span_sub(both, 0, equals), bytes);
	if (both.n - equals <= VALUE_MOST)
		add(l, "mark", both, bytes);
}

static void add_facts(struct list *l, const struct facts_record *f,
	uint64_t bytes)
{
	for (size_t i = 0; i < f->nhits; i++)
		add(l, "hit", f->hits[i].name, bytes);
	if (f->virus == VIRUS_FOUND)
		add(l, "virus", f->virus_name, bytes);
	for (size_t i = 0; i < f->nparts; i++)
		if (f->parts[i].name.n)
			add_file(l, f->parts[i].name, f->parts[i].size);
}

void seen_find(struct archive_message *m, struct arena *a)
{
	struct list l = { .a = a, .known = map_new(a),
		.v = arena_array(a, SEEN_MAX, sizeof(*l.v)) };
	struct facts_record f;

	for (size_t i = 0; i < m->record.ngroups; i++) {
		struct span rest = m->record.groups[i].trace, line;

		while (span_line(&rest, &line))
			add_line(&l, line, m->record.size);
	}
	if (m->record.facts.n && facts_get(m->record.facts, a, &f))
		add_facts(&l, &f, m->record.size);
	m->seen = l.v;
	m->nseen = l.n;
}
