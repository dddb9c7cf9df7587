/*
 * Notices become messages: to whom, and what they say.
 */
#include "engine/policy_view.h"

#include "engine/notice_mail.h"
#include "engine/policy_notice.h"
#include "engine/template_text.h"
#include "mail/address.h"

struct writing {
	struct policy_host *h;
	const struct group *group;
	struct told *told;
	struct span postmaster;		/* empty: we have no name */
	struct variable_place place;
};

/* --- to whom ------------------------------------------------------------- */

static struct span field_text(struct policy_host *h, struct span name)
{
	struct facts *f = h->run.facts;
	const struct header_field *field = header_find(
		&f->mime.root->header, name, 1);

	return field ? span_trim(header_unfold(field->value, f->arena)) :
		SPAN("");
}

/* Written by a program (RFC 3834 section 2), or to very many. */
static bool is_automatic(struct policy_host *h)
{
	struct span said = field_text(h, SPAN("Auto-Submitted")),
		rank = field_text(h, SPAN("Precedence"));

	return (said.n && !span_caseeq(said, SPAN("no"))) ||
		span_caseeq(rank, SPAN("bulk")) ||
		span_caseeq(rank, SPAN("list")) ||
		span_caseeq(rank, SPAN("junk")) ||
		field_text(h, SPAN("List-Id")).n;
}

static bool is_ours(const struct policy_host *h, struct span address)
{
	return policy_is_ours(h, address_split(address).domain);
}

/* Once a person. */
static bool tell_once(struct told *t, struct span who)
{
	for (size_t i = 0; i < t->n; i++)
		if (span_caseeq(t->who[i], who))
			return false;
	if (t->n == TOLD_MAX)
		return false;
	t->who[t->n++] = who;
	return true;
}

/* The recipients who may hear of it, each of whom is in one group. */
static size_t tell_recipients(struct writing *w, bool external,
	struct span *to)
{
	const struct envelope *env = w->h->run.env;
	const struct group *g = w->group;
	bool all = external || !policy_is_outgoing(w->h);
	size_t n = 0;

	for (size_t i = 0; i < g->nrcpts; i++) {
		struct span who = env->rcpts[g->rcpts[i]];

		if (policy_is_address(who) && (all || is_ours(w->h, who)))
			to[n++] = who;
	}
	return n;
}

static size_t tell_sender(struct writing *w, bool external, struct span *to)
{
	struct span who = w->h->run.env->mail_from;

	if (!policy_is_address(who) || is_automatic(w->h) ||
	    (!external && !policy_is_outgoing(w->h)) ||
	    !tell_once(w->told, who))
		return 0;
	to[0] = who;
	return 1;
}

static size_t find_persons(struct writing *w, const struct plan_notice *n,
	struct span *to)
{
	/* A notice, or a bounce of one: nobody is told of it, ever. */
	if (w->h->run.env->mail_from.n == 0 && is_automatic(w->h))
		return 0;
	if (span_is(n->to, "recipient"))
		return tell_recipients(w, n->external, to);
	if (span_is(n->to, "sender"))
		return tell_sender(w, n->external, to);
	to[0] = span_is(n->to, "postmaster") ? w->postmaster : n->to;
	return tell_once(w->told, to[0]) ? 1 : 0;
}

/* --- what it says -------------------------------------------------------- */

static struct span filled(struct writing *w, struct span text,
	enum template_place place)
{
	struct buf out = { .arena = w->h->run.arena };

	template_expand(text, place, policy_variable, &w->place, &out);
	return buf_bytes(&out);
}

/* The address of "From: …" in a template, else the postmaster's. */
static struct span from_of(struct writing *w, struct span from)
{
	struct address *found;

	return address_list(from, 1, w->h->run.arena, &found) == 1 &&
		policy_is_address(found->full) ? found->full : w->postmaster;
}

static struct span original_id(struct policy_host *h)
{
	struct span s = field_text(h, SPAN("Message-ID"));

	return s.n > 2 && s.p[0] == '<' && s.p[s.n - 1] == '>' ?
		span_sub(s, 1, s.n - 2) : SPAN("");
}

static struct span write_notice(struct writing *w,
	const struct plan_notice *n, const struct span *to, size_t nto)
{
	const struct run *r = &w->h->run;
	struct arena *a = r->arena;
	struct span name = policy_template_language(w->h, n->template, a);
	struct span html = policy_template(w->h, name, ".html", a);
	struct buf out = { .arena = a };
	struct notice_mail mail = { .to = nto == 1 ? to[0] : SPAN(""),
		.references = original_id(w->h), .ms = r->env->received_ms };
	struct template_file t;

	template_split(policy_template(w->h, name, ".txt", a), &t);
	w->place.alone = span_is(n->to, "recipient");
	mail.from = from_of(w, t.from);
	mail.subject = filled(w, t.subject.n ? t.subject :
		SPAN("Your mail filter: %%REASON%%"), TEMPLATE_HEADER);
	mail.text = filled(w, t.text, TEMPLATE_TEXT);
	if (html.n)
		mail.html = filled(w, html, TEMPLATE_HTML);
	if (n->headers)
		mail.excerpt = span_sub(r->facts->raw, 0,
			r->facts->mime.root->header.end);
	mail.id = span_of(arena_printf(a, "%.*s.%u.%u.notice",
		SPAN_FMT(r->env->id), (unsigned)w->group->rcpts[0],
		(unsigned)w->group->nnotices));
	notice_mail_put(&mail, a, &out);
	return buf_bytes(&out);
}

static struct span postmaster(const struct policy_host *h, struct arena *a)
{
	const struct bundle_settings *s = &h->bundle->settings;
	struct span who;

	if (policy_find_option(h, SPAN("postmaster"), &who) &&
	    policy_is_address(who))
		return who;
	if (s->ndomains == 0)
		return SPAN("");
	who = span_of(arena_printf(a, "postmaster@%.*s",
		SPAN_FMT(s->domains[0])));
	return policy_is_address(who) ? who : SPAN("");
}

void policy_notice_make(struct policy_host *h, const struct notice_wish *wish,
	struct group *g, struct told *told)
{
	struct arena *a = h->run.arena;
	struct writing w = { h, g, told, postmaster(h, a),
		{ .h = h, .wish = wish, .group = g } };

	if (wish == NULL || w.postmaster.n == 0)
		return;
	g->notices = arena_array(a, wish->n, sizeof(*g->notices));
	for (size_t i = 0; i < wish->n; i++) {
		struct notice *n = &g->notices[g->nnotices];

		n->to = arena_array(a, g->nrcpts + 1, sizeof(*n->to));
		n->nto = find_persons(&w, &wish->v[i], n->to);
		if (n->nto == 0)
			continue;
		n->body = write_notice(&w, &wish->v[i], n->to, n->nto);
		g->nnotices++;
	}
}
