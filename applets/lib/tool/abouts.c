#include "tool/abouts.h"

#include "base/io.h"
#include "tool/published.h"
#include "tool/update.h"

enum { FILE_MAX = 4 << 20 };

/* The executable's, or those of the update in force. */
static void load_base(struct arena *a, struct abouts *t)
{
	struct bundle_settings s = { 0 };
	struct span compiled[RULE_IN_N];
	const char *why;
	struct err e;

	update_settings(a, &s, &why);
	if ((s.rules.n == 0 && rules_shipped(a, &s.rules, &e) < 0) ||
	    rules_get(s.rules, a, &t->sets[0], compiled, &e) < 0)
		t->sets[0] = (struct ruleset){ 0 };
}

/* The files of a kind; how many. */
static size_t read_kind(const struct bundle_sources *from,
	enum bundle_kind kind, struct arena *a, struct rule_file *files)
{
	size_t n = 0;
	struct err e;

	for (size_t i = 0; i < from->n; i++) {
		const struct bundle_source *s = &from->v[i];
		struct buf text = { .arena = a };

		if (s->kind == kind && !s->embedded &&
		    io_slurp(s->path, FILE_MAX, &text, &e) == 0)
			files[n++] = (struct rule_file){ s->name,
				buf_bytes(&text) };
	}
	return n;
}

void abouts_load(struct arena *a, struct abouts *t_r)
{
	struct bundle_sources from = { 0 };
	struct rule_file *files;
	struct generation g;
	struct err e;
	size_t n;

	*t_r = (struct abouts){ 0 };
	load_base(a, t_r);
	if (published_active(a, &g, &from, &e) < 0)
		from.n = 0;
	files = arena_array(a, from.n, sizeof(*files));
	n = read_kind(&from, BUNDLE_RULES, a, files);
	if (n && rules_read(files, n, a, &t_r->sets[1], &e) < 0)
		t_r->sets[1] = (struct ruleset){ 0 };
	n = read_kind(&from, BUNDLE_DNSLISTS, a, files);
	if (dnstable_read_all(files, n, a, &t_r->dns, &e) < 0)
		t_r->dns = (struct dnstable){ 0 };
}

static struct span find_rule(const struct ruleset *set, struct span name)
{
	for (size_t i = 0; i < set->nrules; i++)
		if (span_eq(set->rules[i].name, name) && set->rules[i].about.n)
			return set->rules[i].about;
	return SPAN("");
}

static struct span find_dns(const struct dnstable *t, struct span name)
{
	for (size_t i = 0; i < t->nlists; i++)
		for (size_t k = 0; k < t->lists[i].nhits; k++)
			if (span_eq(t->lists[i].hits[k].name, name))
				return t->lists[i].hits[k].about;
	return SPAN("");
}

struct span abouts_find(const struct abouts *t, struct span name)
{
	struct span about = find_rule(&t->sets[1], name);

	if (about.n == 0)
		about = find_rule(&t->sets[0], name);
	if (about.n == 0)
		about = find_dns(&t->dns, name);
	if (about.n == 0 && span_starts(name, SPAN("CAP_")))
		about = SPAN("what its group counts above its cap");
	return about;
}
