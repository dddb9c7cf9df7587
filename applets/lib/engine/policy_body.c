/*
 * Banners: what a rule says, and what becomes of it in the message.
 */
#include "engine/policy_plan.h"

#include "base/utf8.h"

/* What came of a banner in the message at hand. */
struct banner_known {
	struct rewrite_banner banner;
	const char *why;		/* NULL: it can be added */
	struct banner_known *next;
};

static bool same(const struct rewrite_banner *a, const struct rewrite_banner *b)
{
	return a->top == b->top && span_eq(a->text, b->text) &&
		span_eq(a->html, b->html);
}

/* Asked once for a message, however many its recipients. */
static const char *try_banner(struct policy_host *h,
	const struct rewrite_banner *banner)
{
	struct run *r = &h->run;
	struct banner_known *k = r->banners;

	while (k && !same(&k->banner, banner))
		k = k->next;
	if (k)
		return k->why;
	k = arena_alloc(r->arena, sizeof(*k));
	k->banner = (struct rewrite_banner){ arena_span(r->arena,
		banner->text), arena_span(r->arena, banner->html),
		banner->top };
	k->why = rewrite_banner(rewrite_new(&r->facts->mime,
		&mail_default_limits, r->arena), &k->banner);
	k->next = r->banners;
	r->banners = k;
	return k->why;
}

/* A text of the table, or c->error; empty when it is not there. */
static bool read_text(struct script_call *c, const char *key,
	struct span *s_r)
{
	struct script_value v = script_table_get(c->script, &c->args[0], key);

	*s_r = SPAN("");
	if (v.type == SCRIPT_NIL)
		return true;
	if (v.type != SCRIPT_TEXT || v.text.n > REWRITE_BANNER_MAX ||
	    span_chr(v.text, 0) != SIZE_MAX || !utf8_valid(v.text)) {
		err_set(&c->error, ERR_PERMANENT, "banner: %s is a text of at "
			"most %d bytes, UTF-8", key, REWRITE_BANNER_MAX);
		return false;
	}
	*s_r = v.text;
	return true;
}

static bool read_place(struct script_call *c, bool *top_r)
{
	struct span place;

	if (!read_text(c, "place", &place))
		return false;
	*top_r = span_is(place, "top");
	if (*top_r || place.n == 0 || span_is(place, "bottom"))
		return true;
	err_set(&c->error, ERR_PERMANENT, "banner: place is \"top\" or "
		"\"bottom\"");
	return false;
}

static bool only_known(struct script_call *c, struct policy_host *h)
{
	struct span key;

	for (size_t i = 0; (key = script_table_key(c->script, &c->args[0], i,
			h->scratch)).n; i++) {
		if (span_is(key, "text") || span_is(key, "html") ||
		    span_is(key, "place"))
			continue;
		err_set(&c->error, ERR_PERMANENT, "banner: unknown option "
			"\"%.*s\": there are text, html and place",
			SPAN_FMT(span_sub(key, 0, POLICY_NAME_MAX)));
		return false;
	}
	return true;
}

static bool read_banner(struct script_call *c, struct policy_host *h,
	struct rewrite_banner *b)
{
	static const char usage[] = "plan:banner{ text = \"TEXT\" }";

	if (!policy_arg_count(c, 1, 1, usage))
		return false;
	if (c->args[0].type != SCRIPT_TABLE) {
		err_set(&c->error, ERR_PERMANENT, "argument 1 is no table: "
			"write %s", usage);
		return false;
	}
	if (!only_known(c, h) || !read_text(c, "text", &b->text) ||
	    !read_text(c, "html", &b->html) || !read_place(c, &b->top))
		return false;
	if (b->text.n)
		return true;
	err_set(&c->error, ERR_PERMANENT, "banner: text is missing: write %s",
		usage);
	return false;
}

void policy_plan_banner(struct script_call *c)
{
	struct policy_host *h = c->context;
	struct plan *p = &h->run.plan;
	struct rewrite_banner b;
	const char *why;

	if (!read_banner(c, h, &b))
		return;
	why = try_banner(h, &b);
	if (why) {
		policy_say(h, c, "no banner", span_of(why));
		return;
	}
	if (p->nbanners == PLAN_BANNERS_MAX) {
		err_set(&c->error, ERR_PERMANENT, "more than %d banners of "
			"one message", PLAN_BANNERS_MAX);
		return;
	}
	p->banners[p->nbanners++] = (struct rewrite_banner){
		arena_span(h->scratch, b.text), arena_span(h->scratch, b.html),
		b.top };
	policy_body_changes(h);
	policy_say(h, c, "banner", b.text);
}

void policy_body_changes(struct policy_host *h)
{
	struct plan *p = &h->run.plan;

	p->bodily[p->nbodily++] = (uint32_t)h->run.ntrace;
}

void policy_body(const struct plan *p, const struct facts *f,
	struct arena *a, struct policy_body *body_r)
{
	struct rewrite *r;

	*body_r = (struct policy_body){ 0 };
	if (p->nbanners + p->ndrops == 0)
		return;
	r = rewrite_new(&f->mime, &mail_default_limits, a);
	/* A banner goes to what stands there then. */
	for (size_t i = 0; i < p->ndrops; i++)
		rewrite_drop(r, f->mime.parts[p->drops[i].part],
			p->drops[i].text);
	for (size_t i = 0; i < p->nbanners; i++)
		rewrite_banner(r, &p->banners[i]);
	rewrite_finish(r, &body_r->splices, &body_r->nsplices,
		&body_r->fields, &body_r->nfields);
}
