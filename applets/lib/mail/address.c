#include "mail/address.h"

#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "mail/address_parse.h"
#include "mail/word.h"

enum {
	/* No From is longer; what is is read in one way. */
	READ_ALL_MAX = 64 << 10,
	DOUBTS = NOTE_GROUP | NOTE_ROUTE | NOTE_COMMA | NOTE_SIDE,
};

/* The ways of reading beside the first, and what makes them worth it. */
static const struct {
	unsigned habits, when;
} ways[] = {
	{ HABIT_FIRST, ~0u },
	{ HABIT_JOIN | HABIT_ESCAPES, NOTE_ESCAPE },
	{ HABIT_JOIN | HABIT_NO_ESCAPES, NOTE_ESCAPE },
	{ HABIT_JOIN | HABIT_NO_COMMENTS, NOTE_COMMENT },
	{ HABIT_FIRST | HABIT_NO_COMMENTS, NOTE_COMMENT },
	{ HABIT_JOIN | HABIT_ROUTES, NOTE_ROUTE },
};

/* The last reading that had this address of the union. */
struct member {
	unsigned reading;
};

struct gather {
	struct arena *arena;
	struct map *members;
	struct address *list;
	size_t n, max;
	struct address *spare;	/* what named no domain, if nothing does */
	size_t nspare;
	unsigned reading;	/* counts them */
	size_t least;		/* addresses of the reading that has fewest */
	unsigned notes;
	unsigned flags;		/* of the text */
};

static struct span without_dot(struct span domain)
{
	return span_sub(domain, 0, domain.n - span_ends(domain, SPAN(".")));
}

/* The same for all ways to write one address. */
static struct span address_key(const struct address *ad, struct arena *a)
{
	unsigned char *p = arena_alloc(a, ad->full.n);
	size_t n = ad->full.n - ad->domain.n + without_dot(ad->domain).n;

	if (ad->local.n)
		memcpy(p, ad->full.p, ad->local.n);
	for (size_t i = ad->local.n; i < n; i++)
		p[i] = span_lower(ad->full.p[i]);
	return span_from(p, n);
}

/* Adds one of the current reading; false: the reading had it already. */
static bool add_member(struct gather *g, const struct address *ad)
{
	struct span key = address_key(ad, g->arena);
	struct member *m = map_get(g->members, key);

	if (m == NULL && g->n == g->max) {
		g->notes |= NOTE_MORE;
		return false;
	}
	if (m == NULL) {
		m = arena_alloc(g->arena, sizeof(*m));
		map_put(g->members, key, m);
		g->list[g->n++] = *ad;
	} else if (m->reading == g->reading) {
		return false;
	}
	m->reading = g->reading;
	return true;
}

static void add_reading(struct gather *g, const struct address *list, size_t n)
{
	size_t count = 0;

	g->reading++;
	for (size_t i = 0; i < n; i++)
		if (list[i].domain.n)
			count += add_member(g, &list[i]);
	if (count && (g->least == 0 || count < g->least))
		g->least = count;
}

/* One way of reading; returns what it met. */
static unsigned read_way(struct gather *g, struct span value, unsigned habits)
{
	struct address *list;
	unsigned notes;
	size_t n = address_parse(value, habits, g->max, g->arena, &list,
		&notes);

	g->notes |= notes & NOTE_MORE;
	if (g->nspare == 0) {
		g->spare = list;
		g->nspare = n;
	}
	add_reading(g, list, n);
	return notes;
}

/* One @ and nothing odd: all clients read it alike. */
static bool is_plain(struct span value, unsigned notes)
{
	size_t at = span_chr(value, '@');

	return notes == 0 && span_chr(value, 0) == SIZE_MAX &&
	       span_find(value, SPAN("=?")) == SIZE_MAX &&
	       (at == SIZE_MAX ||
		span_chr(span_after(value, at + 1), '@') == SIZE_MAX);
}

static void gather_value(struct gather *g, struct span value)
{
	unsigned notes = read_way(g, value, HABIT_JOIN);
	size_t nul = span_chr(value, 0);

	g->notes |= notes & DOUBTS;
	if (is_plain(value, notes))
		return;
	if (value.n > READ_ALL_MAX) {
		g->notes |= NOTE_MORE;
		return;
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i].when == ~0u || notes & ways[i].when)
			read_way(g, value, ways[i].habits);
	if (nul != SIZE_MAX)
		read_way(g, span_sub(value, 0, nul), HABIT_JOIN);
	if (span_find(value, SPAN("=?")) == SIZE_MAX)
		return;
	read_way(g, value, HABIT_JOIN | HABIT_RAW_WORDS);
	read_way(g, word_decode(value, g->arena, &g->flags),
		HABIT_JOIN | HABIT_RAW_WORDS | HABIT_DECODED);
}

static struct gather gather_begin(size_t max, struct arena *a)
{
	return (struct gather){ .arena = a, .members = map_new(a),
		.list = arena_array(a, max, sizeof(struct address)),
		.max = max };
}

static bool many_domains(const struct gather *g)
{
	for (size_t i = 1; i < g->n; i++)
		if (!span_caseeq(without_dot(g->list[i].domain),
			    without_dot(g->list[0].domain)))
			return true;
	return false;
}

/* The union, and whether there is doubt who it is. */
static size_t gather_end(struct gather *g, struct address **list_r,
	unsigned *flags_r)
{
	bool doubt = g->notes & (DOUBTS | NOTE_MORE) || g->n == 0 ||
		     g->least < g->n || many_domains(g);

	*flags_r = g->flags | (doubt ? (unsigned)MAIL_AMBIG_FROM : 0u) |
		   (g->notes & NOTE_MORE ? (unsigned)MAIL_OVER_HEADERS : 0u);
	if (g->n == 0) {
		g->list = g->spare;
		g->n = g->nspare;
	}
	*list_r = g->list;
	return g->n;
}

size_t address_list(struct span value, size_t max, struct arena *a,
	struct address **list_r)
{
	unsigned notes;

	return address_parse(value, 0, max, a, list_r, &notes);
}

size_t address_readings(struct span value, size_t max, struct arena *a,
	struct address **list_r, unsigned *flags_r)
{
	struct gather g = gather_begin(max, a);

	gather_value(&g, value);
	return gather_end(&g, list_r, flags_r);
}

/* All fields of the name; returns how many of them all clients see. */
static size_t gather_fields(struct gather *g, const struct header *h,
	struct span name)
{
	size_t clear = 0;

	for (size_t i = 0; i < h->n; i++) {
		const struct header_field *f = &h->fields[i];

		if (!span_caseeq(f->name, name))
			continue;
		if (f->doubt)
			g->notes |= NOTE_SIDE;
		else
			clear++;
		gather_value(g, f->value);
	}
	return clear;
}

/* "h=" of a signature is folded, and then a line begins with "from:". */
static bool is_signature(struct span name)
{
	static const char *const names[] = {
		"dkim-signature", "domainkey-signature", "arc-seal",
		"arc-message-signature", "x-google-dkim-signature",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_caseeq(name, span_of(names[i])))
			return true;
	return false;
}

/* " From: a@b.c" below another field: clients that trim lines see a From. */
static void gather_line(struct gather *g, struct span line)
{
	struct address *list;
	unsigned notes;

	line = span_trim(line);
	if (!span_casestarts(line, SPAN("from")))
		return;
	line = span_trim(span_after(line, 4));
	if (!span_starts(line, SPAN(":")))
		return;
	line = span_after(line, 1);
	if (address_parse(line, 0, 1, g->arena, &list, &notes) != 1 ||
	    list[0].local.n == 0 || !address_domain_ok(list[0].domain))
		return;
	g->notes |= NOTE_SIDE;
	gather_value(g, line);
}

static void gather_folded(struct gather *g, const struct header *h)
{
	for (size_t i = 0; i < h->n; i++) {
		struct span rest = h->fields[i].value, line;

		if (is_signature(h->fields[i].name) || !span_line(&rest, &line))
			continue;
		while (span_line(&rest, &line))
			gather_line(g, line);
	}
}

size_t address_authors(const struct header *const *headers, size_t count,
	size_t max, struct arena *a, struct address **list_r,
	unsigned *flags_r)
{
	struct gather g = gather_begin(max, a);
	size_t clear = 0;
	bool any;

	for (size_t i = 0; i < count; i++) {
		clear += gather_fields(&g, headers[i], SPAN("from"));
		gather_folded(&g, headers[i]);
	}
	any = clear || g.reading;
	if (clear == 0 || g.n == 0) {
		for (size_t i = 0; i < count; i++) {
			gather_fields(&g, headers[i], SPAN("sender"));
			gather_fields(&g, headers[i], SPAN("resent-from"));
		}
		g.notes |= NOTE_SIDE;
	}
	count = gather_end(&g, list_r, flags_r);
	if (!any && count == 0)
		*flags_r = 0;
	return count;
}
