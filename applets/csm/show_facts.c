#include "show.h"

#include "engine/facts_record.h"
#include "tool/abouts.h"
#include "web/pages_host.h"

enum { ABOUTS_ARENA = 128 << 20 };

static const char *const virus_words[] = {
	[VIRUS_OFF] = "off", [VIRUS_CLEAN] = "clean", [VIRUS_FOUND] = "found",
	[VIRUS_UNSCANNABLE] = "unscannable", [VIRUS_LATER] = "later",
};

static const char *const dns_words[] = {
	[DNSLIST_NO] = "no", [DNSLIST_HIT] = "hit", [DNSLIST_LATER] = "later",
	[DNSLIST_REFUSED] = "refused",
};

/* Words of a set of flags. */
static struct script_value show_flags(struct arena *a, unsigned flags)
{
	struct script_value out[sizeof(flags) * 8];
	const char *word;
	size_t n = 0;

	while (n < sizeof(out) / sizeof(out[0]) &&
	       (word = facts_flag_word(flags, n)) != NULL)
		out[n++] = pages_text(span_of(word));
	return pages_array(a, out, n);
}

static struct script_value show_hits(struct arena *a,
	const struct facts_record *f)
{
	struct script_value *out = arena_array(a, f->nhits + 1, sizeof(*out));
	struct arena *own = arena_new("abouts", ABOUTS_ARENA);
	struct abouts t;

	abouts_load(own, &t);
	for (size_t i = 0; i < f->nhits; i++) {
		out[i] = pages_map(a, 4);
		pages_put(&out[i], "name", show_text(a, f->hits[i].name));
		pages_put(&out[i], "about", show_text(a,
			abouts_find(&t, f->hits[i].name)));
		pages_put(&out[i], "weight", pages_int(f->hits[i].weight));
		pages_put(&out[i], "evidence", show_text(a,
			f->hits[i].evidence));
	}
	arena_free(&own);
	return pages_array(a, out, f->nhits);
}

static struct script_value show_dns(struct arena *a,
	const struct facts_record *f)
{
	struct script_value *out = arena_array(a, f->ndns + 1, sizeof(*out));

	for (size_t i = 0; i < f->ndns; i++) {
		out[i] = pages_map(a, 4);
		pages_put(&out[i], "name", show_text(a, f->dns[i].name));
		pages_put(&out[i], "type", pages_int(f->dns[i].type));
		pages_put(&out[i], "state", pages_text(span_of(
			dns_words[f->dns[i].state % DNSLIST_N])));
		pages_put(&out[i], "answer", show_text(a, f->dns[i].answer));
	}
	return pages_array(a, out, f->ndns);
}

static struct script_value show_result(const struct auth_record *r,
	enum auth_method method, enum auth_result result)
{
	return pages_text(span_of(r->checked & method ?
		auth_result_name(result) : "unchecked"));
}

static struct script_value show_signatures(struct arena *a,
	const struct auth_record *r)
{
	struct script_value *out = arena_array(a, r->nsignatures + 1,
		sizeof(*out));

	for (size_t i = 0; i < r->nsignatures; i++) {
		const struct signature_record *s = &r->signatures[i];

		out[i] = pages_map(a, 3);
		pages_put(&out[i], "domain", show_text(a, s->domain));
		pages_put(&out[i], "selector", show_text(a, s->selector));
		pages_put(&out[i], "result", pages_text(span_of(
			auth_result_name(s->result))));
	}
	return pages_array(a, out, r->nsignatures);
}

static struct script_value show_auth(struct arena *a,
	const struct auth_record *r)
{
	struct script_value v = pages_map(a, 10);

	pages_put(&v, "spf", show_result(r, AUTH_SPF, r->spf));
	pages_put(&v, "dkim", show_result(r, AUTH_DKIM, r->dkim));
	pages_put(&v, "dmarc", show_result(r, AUTH_DMARC, r->dmarc));
	pages_put(&v, "arc", show_result(r, AUTH_ARC, r->arc));
	pages_put(&v, "relay", show_text(a, r->relay));
	pages_put(&v, "spf_domain", show_text(a, r->spf_domain));
	pages_put(&v, "dmarc_domain", show_text(a, r->dmarc_domain));
	pages_put(&v, "dmarc_policy", pages_text(span_of(
		dmarc_policy_name(r->dmarc_policy))));
	pages_put(&v, "signatures", show_signatures(a, r));
	return v;
}

/* Files in it, by their paths. */
static struct script_value show_members(struct arena *a,
	const struct part_record *p)
{
	struct script_value *out = arena_array(a, p->nmembers + 1,
		sizeof(*out));

	for (size_t i = 0; i < p->nmembers; i++) {
		const struct member_record *m = &p->members[i];

		out[i] = pages_map(a, 3);
		pages_put(&out[i], "path", show_text(a, m->path));
		pages_put(&out[i], "size", pages_int((int64_t)m->size));
		pages_put(&out[i], "true_type", show_text(a, m->true_type));
	}
	return pages_array(a, out, p->nmembers);
}

static struct script_value show_part(struct arena *a,
	const struct part_record *p)
{
	struct script_value v = pages_map(a, 10);

	pages_put(&v, "type", show_text(a, p->type));
	pages_put(&v, "name", show_text(a, p->name));
	pages_put(&v, "disposition", show_text(a, p->disposition));
	pages_put(&v, "depth", pages_int(p->depth));
	pages_put(&v, "flags", show_flags(a, p->flags));
	pages_put(&v, "origin", pages_text(span_of(
		facts_origin_word(p->origin))));
	pages_put(&v, "members", show_members(a, p));
	if (p->decoded) {
		pages_put(&v, "size", pages_int((int64_t)p->size));
		pages_put(&v, "true_type", show_text(a, p->true_type));
		pages_put(&v, "sha256", show_text(a, p->sha256));
	}
	return v;
}

static struct script_value show_parts(struct arena *a,
	const struct facts_record *f)
{
	struct script_value *out = arena_array(a, f->nparts + 1, sizeof(*out));

	for (size_t i = 0; i < f->nparts; i++)
		out[i] = show_part(a, &f->parts[i]);
	return pages_array(a, out, f->nparts);
}

static struct script_value show_lists(struct arena *a,
	const struct facts_record *f, const struct span *rcpts, size_t nrcpts)
{
	struct script_value *out = arena_array(a, f->nlists + 1, sizeof(*out));

	for (size_t i = 0; i < f->nlists; i++) {
		const struct list_hit *l = &f->lists[i];

		out[i] = pages_map(a, 3);
		if (l->rcpt < nrcpts)
			pages_put(&out[i], "rcpt", show_text(a,
				rcpts[l->rcpt]));
		pages_put(&out[i], "list", show_text(a, l->list));
		pages_put(&out[i], "entry", show_text(a, l->entry));
	}
	return pages_array(a, out, f->nlists);
}

/* Why, of the first recipient of each group. */
static struct script_value show_whys(struct arena *a,
	const struct facts_record *f, const struct span *rcpts, size_t nrcpts)
{
	struct script_value *out = arena_array(a, f->nwhys + 1, sizeof(*out));

	for (size_t i = 0; i < f->nwhys; i++) {
		const struct why *w = &f->whys[i];

		out[i] = pages_map(a, 3);
		if (w->rcpt < nrcpts)
			pages_put(&out[i], "rcpt", show_text(a,
				rcpts[w->rcpt]));
		pages_put(&out[i], "sentence", show_text(a, w->sentence));
		pages_put(&out[i], "unless", show_text(a, w->unless));
	}
	return pages_array(a, out, f->nwhys);
}

struct script_value show_facts(struct arena *a, struct span facts,
	const struct span *rcpts, size_t nrcpts)
{
	struct script_value v = pages_map(a, 16);
	struct facts_record f;

	if (facts.n == 0 || !facts_get(facts, a, &f) || f.virus >= VIRUS_N)
		return (struct script_value){ .type = SCRIPT_NIL };
	pages_put(&v, "generation", pages_int((int64_t)f.generation));
	pages_put(&v, "size", pages_int((int64_t)f.size));
	pages_put(&v, "flags", show_flags(a, f.flags));
	pages_put(&v, "cut", pages_bool(f.cut));
	pages_put(&v, "hits", show_hits(a, &f));
	pages_put(&v, "later", show_texts(a, f.later, f.nlater));
	pages_put(&v, "virus", pages_text(span_of(virus_words[f.virus])));
	pages_put(&v, "virus_name", show_text(a, f.virus_name));
	pages_put(&v, "dns", show_dns(a, &f));
	pages_put(&v, "auth", show_auth(a, &f.auth));
	pages_put(&v, "parts", show_parts(a, &f));
	if (f.urls_known)
		pages_put(&v, "urls", show_texts(a, f.urls, f.nurls));
	pages_put(&v, "lists", show_lists(a, &f, rcpts, nrcpts));
	pages_put(&v, "whys", show_whys(a, &f, rcpts, nrcpts));
	return v;
}
