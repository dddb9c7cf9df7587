#include "engine/engine.h"

#include <stdio.h>

#include "base/json.h"
#include "base/utf8.h"
#include "engine/explain.h"
#include "engine/explain_auth.h"
#include "engine/explain_split.h"

enum { EXPLAIN_ARENA = 256 << 20 };

static struct json *hits_json(const struct facts_record *f)
{
	struct json *list = json_new_array(), *o;

	for (size_t i = 0; i < f->nhits; i++) {
		o = json_new_object();
		json_put_text(o, "name", f->hits[i].name);
		json_put_int(o, "weight", f->hits[i].weight);
		json_put_text(o, "evidence", f->hits[i].evidence);
		json_append(list, o);
	}
	return list;
}

/* What was asked of DNS and what was seen. */
static struct json *dns_json(const struct facts_record *f)
{
	static const char *const states[DNSLIST_N] = {
		[DNSLIST_NO] = "no", [DNSLIST_HIT] = "hit",
		[DNSLIST_LATER] = "later", [DNSLIST_REFUSED] = "refused",
	};
	struct json *list = json_new_array(), *o;

	for (size_t i = 0; i < f->ndns; i++) {
		o = json_new_object();
		json_put_text(o, "name", f->dns[i].name);
		json_put_string(o, "type", f->dns[i].type == DNSLIST_TYPE_A ?
			"A" : "other");
		json_put_string(o, "state", states[f->dns[i].state]);
		json_put_text(o, "answer", f->dns[i].answer);
		json_append(list, o);
	}
	return list;
}

/* The words of a set of flags. */
static struct json *words_json(const char *(*word_of)(unsigned, size_t),
	unsigned flags)
{
	struct json *list = json_new_array();
	const char *word;

	for (size_t i = 0; (word = word_of(flags, i)); i++)
		json_append(list, json_new_text(span_of(word)));
	return list;
}

static struct json *flags_json(unsigned flags)
{
	return words_json(facts_flag_word, flags);
}

static struct json *members_json(const struct part_record *p)
{
	struct json *list = json_new_array(), *o;

	for (size_t i = 0; i < p->nmembers; i++) {
		const struct member_record *m = &p->members[i];

		o = json_new_object();
		json_put_text(o, "path", m->path);
		json_put_int(o, "size", (int64_t)m->size);
		json_put_text(o, "true_type", m->true_type);
		json_put_text(o, "sha256", m->sha256);
		json_put(o, "flags", flags_json(m->flags));
		json_put(o, "content", words_json(filefacts_word, m->files));
		json_append(list, o);
	}
	return list;
}

static void put_page(struct json *o, const struct part_record *p)
{
	json_put(o, "page", words_json(facts_page_word, p->page));
	json_put(o, "hidden_by", words_json(facts_hide_word, p->hidden_by));
	json_put_int(o, "hidden", (int64_t)p->hidden);
}

static struct json *part_json(const struct part_record *p)
{
	struct json *o = json_new_object();

	json_put_text(o, "type", p->type);
	json_put_text(o, "name", p->name);
	json_put_text(o, "disposition", p->disposition);
	json_put_string(o, "origin", facts_origin_word(p->origin));
	json_put_int(o, "depth", p->depth);
	json_put(o, "size", p->decoded ? json_new_int((int64_t)p->size) :
		json_new_null());
	json_put(o, "true_type", p->decoded ? json_new_text(p->true_type) :
		json_new_null());
	json_put(o, "sha256", p->sha256.n ? json_new_text(p->sha256) :
		json_new_null());
	json_put(o, "flags", flags_json(p->flags));
	json_put(o, "content", words_json(filefacts_word, p->files));
	json_put(o, "members", members_json(p));
	if (span_is(p->type, "text/html"))
		put_page(o, p);
	return o;
}

static struct json *parts_json(const struct facts_record *f)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < f->nparts; i++)
		json_append(list, part_json(&f->parts[i]));
	return list;
}

static struct json *urls_json(const struct facts_record *f)
{
	struct json *list;

	if (!f->urls_known)
		return json_new_null();
	list = json_new_array();
	for (size_t i = 0; i < f->nurls; i++)
		json_append(list, json_new_text(f->urls[i]));
	return list;
}

/* Flags of the message, and what could not be known. */
static struct json *all_flags_json(const struct facts_record *f)
{
	struct json *list = flags_json(f->flags);

	for (size_t i = 0; i < f->nlater; i++) {
		struct buf word = { 0 };

		buf_string(&word, "later-");
		buf_span(&word, f->later[i]);
		json_append(list, json_new_text(buf_bytes(&word)));
		buf_free(&word);
	}
	if (f->cut)
		json_append(list, json_new_text(SPAN("facts-cut")));
	return list;
}

static struct json *trace_json(const struct group *g)
{
	struct json *list = json_new_array(), *o;

	for (size_t i = 0; g && i < g->ntrace; i++) {
		o = json_new_object();
		json_put_text(o, "policy", g->trace[i].policy);
		json_put_text(o, "rule", g->trace[i].rule);
		json_put_text(o, "where", g->trace[i].where);
		json_put_text(o, "said", g->trace[i].said);
		json_append(list, o);
	}
	return list;
}

/* Why: the reason, else what the sender is told, else what went wrong. */
static struct span reason_of(const struct verdict *v, const struct group *g)
{
	if (g == NULL)
		return SPAN("");
	if (v->failed && g->action == ACTION_TEMPFAIL)
		return v->failure;
	return g->reason.n ? g->reason : g->text;
}

static void put_outcome(struct json *o, const struct verdict *v,
	const struct group *g)
{
	json_put_string(o, "action",
		action_name(g ? g->action : ACTION_DELIVER));
	json_put_text(o, "reason", reason_of(v, g));
	json_put(o, "trace", trace_json(g));
}

/* Group by group: who shares a plan shares its reasons. */
static void put_why(struct json *o, const struct verdict *v,
	const struct group *g, const struct facts_record *f)
{
	const struct why *why = g ? explain_find(f, g->rcpts[0]) : NULL;
	struct buf b = { 0 };

	if (g && why == NULL)
		explain_sentence(v, g, SPAN(""), &b);
	json_put_text(o, "sentence", why ? why->sentence : buf_bytes(&b));
	json_put_text(o, "unless", why ? why->unless : SPAN(""));
	buf_free(&b);
}

/*
 * The list entries that a recipient (UINT32_MAX: sender, relay) matched.
 * Recipients were judged in order: *next walks along with them.
 */
static struct json *lists_json(const struct facts_record *f, size_t *next,
	uint32_t rcpt)
{
	struct json *list = json_new_array(), *o;

	for (size_t i = *next; i < f->nlists; i++) {
		uint32_t whose = f->lists[i].rcpt;

		if (whose != rcpt && whose != UINT32_MAX && rcpt != UINT32_MAX)
			break;
		if (whose != UINT32_MAX && rcpt != UINT32_MAX)
			*next = i + 1;
		if (whose != rcpt)
			continue;
		o = json_new_object();
		json_put_text(o, "list", f->lists[i].list);
		json_put_text(o, "entry", f->lists[i].entry);
		json_append(list, o);
	}
	return list;
}

static struct json *recipients_json(const struct verdict *v,
	const struct envelope *env, const struct facts_record *f,
	struct arena *a)
{
	const struct group **of = arena_array(a, env->nrcpts, sizeof(*of));
	struct json *list = json_new_array(), *o;
	size_t next = 0;

	for (size_t i = 0; i < v->ngroups; i++)
		for (size_t k = 0; k < v->groups[i].nrcpts; k++)
			of[v->groups[i].rcpts[k]] = &v->groups[i];
	for (uint32_t i = 0; i < env->nrcpts; i++) {
		o = json_new_object();
		json_put_text(o, "rcpt", env->rcpts[i]);
		put_outcome(o, v, of[i]);
		put_why(o, v, of[i], f);
		json_put(o, "lists", lists_json(f, &next, i));
		json_append(list, o);
	}
	return list;
}

/* The policy that judged. */
static struct json *generation_json(const struct facts_record *f)
{
	char name[BUNDLE_GENERATION_SIZE];

	bundle_generation_name(f->generation, name);
	return json_new_text(span_of(name));
}

void engine_explain_json(const struct verdict *v, const struct envelope *env,
	struct span file_name, struct buf *b)
{
	struct arena *a = arena_new("explain", EXPLAIN_ARENA);
	struct json *o = json_new_object();
	struct facts_record f;
	size_t next = 0;

	facts_get(v->facts, a, &f);
	json_put_text(o, "file", file_name);
	put_outcome(o, v, engine_most_severe(v));
	json_put_int(o, "score", v->score);
	json_put_int(o, "probability", v->probability);
	json_put(o, "hits", hits_json(&f));
	json_put(o, "auth", explain_auth(&f.auth));
	json_put(o, "dns", dns_json(&f));
	json_put(o, "parts", parts_json(&f));
	json_put(o, "urls", urls_json(&f));
	json_put(o, "flags", all_flags_json(&f));
	json_put(o, "lists", lists_json(&f, &next, UINT32_MAX));
	json_put(o, "policy", generation_json(&f));
	json_put(o, "recipients", recipients_json(v, env, &f, a));
	json_put(o, "groups", explain_split(v, env));
	json_write(o, b);
	json_free(&o);
	arena_free(&a);
}

/* Adds bytes as a terminal may show them. */
static void add_shown(struct buf *b, struct span s)
{
	char shown[1024];

	utf8_printable(s, shown, sizeof(shown));
	buf_string(b, shown);
}

void engine_explain_line(const struct verdict *v, struct span file_name,
	struct buf *b)
{
	struct arena *a = arena_new("explain", EXPLAIN_ARENA);
	const struct group *g = engine_most_severe(v);
	struct facts_record f;

	facts_get(v->facts, a, &f);
	add_shown(b, file_name);
	buf_printf(b, "\t%s\t", action_name(g ? g->action : ACTION_DELIVER));
	add_shown(b, reason_of(v, g));
	buf_printf(b, "\t%u %%\t", v->probability);
	for (size_t i = 0; i < f.nhits; i++) {
		buf_string(b, i ? " " : "");
		add_shown(b, f.hits[i].name);
	}
	arena_free(&a);
}
