/*
 * How much a sender, a user or a relay sent lately: asked of the broker,
 * which counts; told to it once the message is judged.
 */
#include "engine/policy_view.h"

#include "base/clock.h"
#include "base/rate.h"

enum {
	RATES_MAX = 8,		/* questions of one message */
	PATIENCE_MS = 300,
	SPAM_AT = 50,		/* probability from which mail counts as spam */
	SECONDS_LEAST = 60,
};

struct policy_rate {
	struct span key;
	uint32_t seconds;
	bool later;
	struct rate_counts counts;
};

struct policy_rates {
	struct policy_rate v[RATES_MAX];
	size_t n;
};

/* Of the message at hand, where it is known. */
static struct rate_counts own_counts(const struct policy_host *h)
{
	const struct facts *f = h->run.facts;

	return (struct rate_counts){ 1, (uint32_t)h->run.env->nrcpts,
		f && f->probability >= SPAM_AT };
}

static struct span key_of(struct policy_host *h, struct span kind)
{
	const struct envelope *e = h->run.env;
	struct span who = span_is(kind, "sender") ? e->mail_from :
		span_is(kind, "user") ? e->auth_user : e->relay_addr;
	char *key = arena_printf(h->run.arena, "%.*s %.*s", SPAN_FMT(kind),
		SPAN_FMT(span_sub(who, 0, RATE_KEY_MAX - 10)));

	for (char *c = key; *c; c++)
		*c = (char)span_lower((unsigned char)*c);
	return who.n ? span_of(key) : SPAN("");
}

static void ask(struct policy_host *h, struct policy_rate *r)
{
	struct question *q = arena_alloc(h->run.arena, sizeof(*q));
	const struct ask *world = h->run.dns->ask;
	struct rate_request request = { false, r->seconds, { 0 }, r->key };
	struct buf b = { .arena = h->run.arena };
	int64_t end = clock_ms() + PATIENCE_MS;

	rate_put_request(&b, &request);
	*q = (struct question){ .kind = ASK_RATE, .name = buf_bytes(&b) };
	world->send(world->self, q, h->run.arena);
	while (q->state == ASK_PENDING && world->wait(world->self, end))
		continue;
	r->later = q->state != ASK_YES || q->nrecords != 1 ||
		!rate_get_counts(q->records[0], &r->counts);
}

/* Each is asked once of a message, by whatever rules, in trials never. */
static struct policy_rate *find_rate(struct policy_host *h, struct span key,
	uint32_t seconds)
{
	struct run *run = &h->run;
	struct policy_rates *all = run->rates;
	struct policy_rate *r;

	if (all == NULL)
		all = run->rates = arena_alloc(run->arena, sizeof(*all));
	for (size_t i = 0; i < all->n; i++)
		if (span_eq(all->v[i].key, key) &&
		    all->v[i].seconds == seconds)
			return &all->v[i];
	if (all->n == RATES_MAX)
		return NULL;
	r = &all->v[all->n++];
	*r = (struct policy_rate){ key, seconds, true, { 0 } };
	if (key.n && !run->trial)
		ask(h, r);
	return r;
}

static void give(struct script_call *c, const struct policy_rate *r)
{
	struct policy_host *h = c->context;
	struct rate_counts own = own_counts(h);
	struct script_pair *v = arena_array(h->run.arena, 4, sizeof(*v));

	v[0] = (struct script_pair){ "messages", policy_int(
		r->counts.messages + (int64_t)own.messages) };
	v[1] = (struct script_pair){ "rcpts", policy_int(
		r->counts.rcpts + (int64_t)own.rcpts) };
	v[2] = (struct script_pair){ "spam", policy_int(
		r->counts.spam + (int64_t)own.spam) };
	v[3] = (struct script_pair){ "later", policy_bool(r->later) };
	c->result = (struct script_value){ .type = SCRIPT_MAP,
		.map = { v, 4 } };
}

void policy_get_rate(struct script_call *c)
{
	static const char usage[] = "m:rate(\"sender\"|\"user\"|\"relay\", "
		"SECONDS)";
	struct policy_host *h = c->context;
	const struct policy_rate *r;
	struct span kind;

	if (!policy_arg_count(c, 2, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &kind))
		return;
	if (!span_is(kind, "sender") && !span_is(kind, "user") &&
	    !span_is(kind, "relay")) {
		err_set(&c->error, ERR_PERMANENT, "argument 1 is \"sender\", "
			"\"user\" or \"relay\": %s", usage);
		return;
	}
	if (c->args[1].type != SCRIPT_INT ||
	    c->args[1].integer < SECONDS_LEAST ||
	    c->args[1].integer > RATE_SECONDS_MAX) {
		err_set(&c->error, ERR_PERMANENT, "argument 2 is a whole "
			"number of seconds from %d to %d", SECONDS_LEAST,
			RATE_SECONDS_MAX);
		return;
	}
	r = find_rate(h, key_of(h, kind), (uint32_t)c->args[1].integer);
	if (r == NULL)
		err_set(&c->error, ERR_PERMANENT, "more than %d rates are "
			"asked of one message", RATES_MAX);
	else
		give(c, r);
}

/* Is it told the sender to come again? Then it is counted then. */
static bool is_put_off(const struct verdict *v)
{
	for (size_t i = 0; i < v->ngroups; i++)
		if (v->groups[i].action == ACTION_TEMPFAIL)
			return true;
	return v->failed;
}

void policy_count_rates(struct policy_host *h, const struct verdict *v)
{
	struct run *run = &h->run;
	const struct policy_rates *all = run->rates;

	for (size_t i = 0; all && i < all->n && !is_put_off(v); i++) {
		struct rate_request r = { true, 0, own_counts(h),
			all->v[i].key };
		struct question *q = arena_alloc(run->arena, sizeof(*q));
		struct buf b = { .arena = run->arena };
		bool twice = false;

		for (size_t k = 0; k < i; k++)
			twice = twice || span_eq(all->v[k].key, r.key);
		if (twice || r.key.n == 0)
			continue;
		rate_put_request(&b, &r);
		*q = (struct question){ .kind = ASK_RATE,
			.name = buf_bytes(&b) };
		/* Nobody waits for that answer. */
		run->dns->ask->send(run->dns->ask->self, q, run->arena);
	}
}
