/*
 * A judgement told to people, from its record alone: what a sandboxed worker
 * calculated is shown, nothing is judged here.
 */
#include "engine/explain.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/facts_record.h"
#include "engine/resolve.h"
#include "mail/header.h"
#include "mail/limits.h"

enum {
	EXPLAIN_ARENA = 256 << 20,
	SHOWN_MAX = 300,
	RCPTS_SHOWN = 20,	/* of a group */
};

struct telling {
	const struct verdict *v;
	const struct envelope *env;
	struct facts_record f;
	struct header header;	/* of the message */
	struct arena *arena;
	struct buf *b;
};

static void put_shown(struct buf *b, struct span s)
{
	char shown[SHOWN_MAX * 4];

	utf8_printable(span_sub(s, 0, SHOWN_MAX), shown, sizeof(shown));
	buf_string(b, shown);
}

static void put_rcpts(struct telling *t, const struct group *g)
{
	for (size_t i = 0; i < g->nrcpts && i < RCPTS_SHOWN; i++) {
		buf_string(t->b, i ? ", " : "");
		put_shown(t->b, t->env->rcpts[g->rcpts[i]]);
	}
	if (g->nrcpts > RCPTS_SHOWN)
		buf_printf(t->b, " and %zu more", g->nrcpts - RCPTS_SHOWN);
	buf_byte(t->b, '\n');
}

static void put_trace(struct telling *t, const struct group *g)
{
	buf_string(t->b, "  rules asked:\n");
	for (size_t i = 0; i < g->ntrace; i++) {
		const struct trace_step *s = &g->trace[i];

		buf_string(t->b, "    ");
		put_shown(t->b, s->policy);
		buf_byte(t->b, '/');
		put_shown(t->b, s->rule);
		buf_string(t->b, ", ");
		put_shown(t->b, s->where);
		buf_string(t->b, ": ");
		put_shown(t->b, s->said.n ? s->said :
			SPAN("nothing to say"));
		buf_byte(t->b, '\n');
	}
}

static void put_line(struct telling *t, char sign, struct span name,
	struct span value)
{
	buf_printf(t->b, "    %c ", sign);
	put_shown(t->b, name);
	buf_byte(t->b, ':');
	put_shown(t->b, header_unfold(value, t->arena));
	buf_byte(t->b, '\n');
}

static void put_edit(struct telling *t, const struct edit *e)
{
	const struct header_field *old = NULL;

	if (e->kind == EDIT_CHANGE_HEADER || e->kind == EDIT_REMOVE_HEADER)
		old = header_find(&t->header, e->name, e->nth);
	if (old)
		put_line(t, '-', old->name, old->value);
	if (e->kind != EDIT_REMOVE_HEADER)
		put_line(t, '+', e->name, e->value);
}

/* Bytes of the body: a diff of what is put in and taken out. */
static void put_body_edit(struct telling *t, const struct splice *s)
{
	struct span rest = s->insert, line;

	buf_printf(t->b, "    @ byte %llu: %llu bytes give way to %zu\n",
		(unsigned long long)s->at, (unsigned long long)s->remove,
		s->insert.n);
	while (span_line(&rest, &line)) {
		buf_string(t->b, "    + ");
		put_shown(t->b, line);
		buf_byte(t->b, '\n');
	}
}

static void put_changes(struct telling *t, const struct group *g)
{
	bool delivers = g->action == ACTION_DELIVER ||
		g->action == ACTION_REDIRECT;

	if (!delivers || g->nedits + g->nsplices == 0)
		return;
	buf_string(t->b, "  changes:\n");
	for (size_t i = 0; i < g->nedits; i++)
		put_edit(t, &g->edits[i]);
	/* Those of the header are the edits above. */
	for (size_t i = 0; i < g->nsplices; i++)
		if (g->splices[i].at >= t->header.size)
			put_body_edit(t, &g->splices[i]);
}

static void put_lists(struct telling *t, const struct group *g)
{
	for (size_t i = 0; i < t->f.nlists; i++) {
		const struct list_hit *l = &t->f.lists[i];

		if (l->rcpt != UINT32_MAX && l->rcpt != g->rcpts[0])
			continue;
		buf_string(t->b, "  on the list ");
		put_shown(t->b, l->list);
		buf_string(t->b, " as ");
		put_shown(t->b, l->entry);
		buf_string(t->b, l->rcpt == UINT32_MAX ?
			": sender or relay\n" : ": the recipient\n");
	}
}

static void put_group(struct telling *t, const struct group *g)
{
	const struct why *why = explain_find(&t->f, g->rcpts[0]);

	put_rcpts(t, g);
	buf_string(t->b, "  ");
	if (why)
		buf_span(t->b, why->sentence);
	else
		explain_sentence(t->v, g, SPAN(""), t->b);
	buf_byte(t->b, '\n');
	if (why && why->unless.n)
		buf_printf(t->b, "  %.*s\n", SPAN_FMT(why->unless));
	put_lists(t, g);
	put_changes(t, g);
	put_trace(t, g);
}

/* "+4.000": thousandths of a logit. */
static void put_score(struct buf *b, int32_t score)
{
	buf_printf(b, "%c%d.%03d", score < 0 ? '-' : '+',
		abs(score) / 1000, abs(score) % 1000);
}

static void put_sum(struct telling *t)
{
	buf_printf(t->b, "spam probability %u\n", t->v->probability);
	for (size_t i = 0; i < t->f.nhits; i++) {
		buf_string(t->b, "  ");
		put_score(t->b, t->f.hits[i].weight);
		buf_byte(t->b, ' ');
		put_shown(t->b, t->f.hits[i].name);
		buf_string(t->b, t->f.hits[i].evidence.n ? ": " : "");
		put_shown(t->b, t->f.hits[i].evidence);
		buf_byte(t->b, '\n');
	}
	buf_string(t->b, "  ");
	put_score(t->b, t->v->score);
	buf_string(t->b, " is the score\n");
	for (size_t i = 0; i < t->f.nlater; i++) {
		buf_string(t->b, "  not known in time: ");
		put_shown(t->b, t->f.later[i]);
		buf_byte(t->b, '\n');
	}
}

static void put_world(struct telling *t)
{
	static const char *const states[DNSLIST_N] = {
		[DNSLIST_NO] = "no", [DNSLIST_HIT] = "listed",
		[DNSLIST_LATER] = "no answer in time",
		[DNSLIST_REFUSED] = "it does not answer us",
	};
	const struct auth_record *auth = &t->f.auth;

	buf_printf(t->b, "SPF %s, DKIM %s, DMARC %s, ARC %s\n",
		auth_result_name(auth->spf), auth_result_name(auth->dkim),
		auth_result_name(auth->dmarc), auth_result_name(auth->arc));
	for (size_t i = 0; i < t->f.ndns; i++) {
		buf_string(t->b, "DNS ");
		put_shown(t->b, t->f.dns[i].name);
		buf_printf(t->b, ": %s", states[t->f.dns[i].state]);
		buf_string(t->b, t->f.dns[i].answer.n ? " " : "");
		put_shown(t->b, t->f.dns[i].answer);
		buf_byte(t->b, '\n');
	}
}

/* With an MTA that can do everything. */
static void put_reply(struct telling *t)
{
	static const struct mta_can all = { true, true, true, true, true,
		true, true };
	static const char *const kept_words[] = {
		[KEEP_QUARANTINE] = "kept in the quarantine",
		[KEEP_COPY] = "a copy is sent by us",
		[KEEP_ARCHIVE] = "kept in an archive",
		[KEEP_NOTICE] = "a notice is sent by us",
	};
	struct resolution r;

	verdict_resolve(t->v, t->env, &all, t->arena, &r);
	buf_string(t->b, "the MTA gets: ");
	if (r.reply == REPLY_TEMPFAIL || r.reply == REPLY_REJECT) {
		buf_string(t->b, r.reply == REPLY_REJECT ? "550 " : "451 ");
		put_shown(t->b, r.code);
		buf_byte(t->b, ' ');
		put_shown(t->b, r.text);
	} else {
		buf_string(t->b, r.reply == REPLY_DISCARD ?
			"discard: it is not passed on" : "accept");
	}
	buf_byte(t->b, '\n');
	if (r.ndelete)
		buf_printf(t->b, "  %zu recipients are taken off its copy\n",
			r.ndelete);
	if (r.nadd)
		buf_printf(t->b, "  %zu recipients are added to its copy\n",
			r.nadd);
	for (size_t i = 0; i < r.nkeeps; i++)
		buf_printf(t->b, "  %s, %zu recipients\n",
			kept_words[r.keeps[i].kind], r.keeps[i].nrcpts);
}

void explain_text(const struct verdict *v, const struct envelope *env,
	struct span raw, struct buf *b)
{
	struct telling t = { .v = v, .env = env, .b = b,
		.arena = arena_new("explain", EXPLAIN_ARENA) };
	char policy[BUNDLE_GENERATION_SIZE];

	facts_get(v->facts, t.arena, &t.f);
	header_parse(raw, &mail_default_limits, t.arena, &t.header);
	for (size_t i = 0; i < v->ngroups; i++)
		put_group(&t, &v->groups[i]);
	if (v->ngroups > 1)
		buf_printf(b, "split into %zu groups\n", v->ngroups);
	put_sum(&t);
	put_world(&t);
	put_reply(&t);
	bundle_generation_name(t.f.generation, policy);
	buf_printf(b, "policy %s%s\n", t.f.generation > UINT32_MAX ?
		"draft " : "", policy);
	arena_free(&t.arena);
}
