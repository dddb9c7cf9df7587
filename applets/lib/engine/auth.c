#include "engine/auth.h"

#include <arpa/inet.h>

#include "mail/received.h"

enum { QUESTIONS_MAX = 200 };	/* of one message */

struct auth_run {
	struct auth_input in;
	const struct ask *ask;
	struct arena *arena;
	struct lookup *lookup;
	struct question *sent[QUESTIONS_MAX];
	struct span message;
	const struct header *header;
	const struct address *authors;
	size_t nauthors;
	unsigned open;		/* methods whose answer is not known yet */
};

/* --- the relay that counts ----------------------------------------------- */

static bool is_trusted(const void *self, const struct netaddr *ip)
{
	const struct auth_input *in = self;

	for (size_t i = 0; i < in->nnetworks; i++)
		if (cidr_contains(&in->networks[i], ip))
			return true;
	return false;
}

/* From outside: no need to know the header. */
static bool peer_is_outside(const struct auth_run *r, struct netaddr *ip_r)
{
	return netaddr_parse(r->in.env->relay_addr, ip_r) &&
		!is_trusted(&r->in, ip_r) && r->in.env->auth_user.n == 0;
}

static struct span address_text(const struct netaddr *ip, struct arena *a)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(ip->n == 4 ? AF_INET : AF_INET6, ip->b, text, sizeof(text));
	return arena_span(a, span_of(text));
}

static void begin_spf(struct auth *auth, const struct netaddr *ip,
	struct span helo)
{
	struct auth_run *r = auth->run;

	auth->relay = *ip;
	auth->relay_text = address_text(ip, r->arena);
	auth->helo = helo;
	auth->spf_query = (struct spf_query){ *ip, helo,
		r->in.env->mail_from, r->in.receiver };
	r->open |= r->in.methods & (AUTH_SPF | AUTH_DMARC);
	auth->checked |= r->open;
}

/* Behind our own relays: whom did the first of them take it from? */
static void begin_behind(struct auth *auth, const struct header *h)
{
	struct auth_run *r = auth->run;
	struct received_chain chain;
	struct netaddr peer;

	if (r->in.env->auth_user.n ||
	    !netaddr_parse(r->in.env->relay_addr, &peer))
		return;
	received_walk(h, &peer, is_trusted, &r->in, r->arena, &chain);
	if (chain.end == RECEIVED_END_RELAY)
		begin_spf(auth, &chain.relay, chain.helo);
}

/* --- rounds -------------------------------------------------------------- */

static void send_fresh(struct auth *auth)
{
	struct auth_run *r = auth->run;
	struct question *q;

	while ((q = lookup_fresh(r->lookup)) != NULL) {
		r->ask->send(r->ask->self, q, r->arena);
		r->sent[auth->questions++] = q;
	}
}

static void run_spf(struct auth *auth)
{
	spf_check(auth->run->lookup, &auth->spf_query, auth->run->arena,
		&auth->spf);
}

static void run_dkim(struct auth *auth)
{
	struct auth_run *r = auth->run;

	dkim_check(r->lookup, r->message, r->header,
		(uint64_t)(r->in.env->received_ms / 1000), r->arena,
		&auth->dkim);
}

static void run_arc(struct auth *auth)
{
	struct auth_run *r = auth->run;

	arc_check(r->lookup, r->message, r->header,
		(uint64_t)(r->in.env->received_ms / 1000), r->arena,
		&auth->arc);
}

static void run_dmarc(struct auth *auth)
{
	struct auth_run *r = auth->run;

	dmarc_check(r->lookup, r->authors, r->nauthors, &auth->spf,
		&auth->dkim, r->arena, &auth->dmarc);
}

/* In the order in which they need each other. */
static const struct {
	enum auth_method method;
	unsigned needs;			/* to be known before */
	void (*run)(struct auth *auth);
	size_t result;			/* of struct auth */
} methods[] = {
	{ AUTH_SPF, 0, run_spf, offsetof(struct auth, spf.result) },
	{ AUTH_DKIM, 0, run_dkim, offsetof(struct auth, dkim.result) },
	{ AUTH_ARC, 0, run_arc, offsetof(struct auth, arc.result) },
	{ AUTH_DMARC, AUTH_SPF | AUTH_DKIM, run_dmarc,
		offsetof(struct auth, dmarc.result) },
};

/* One run of everybody whose answer is not known; sends what they ask. */
static void step(struct auth *auth)
{
	struct auth_run *r = auth->run;

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		const enum auth_result *result = (const void *)(
			(const char *)auth + methods[i].result);

		if (!(r->open & methods[i].method) ||
		    r->open & methods[i].needs)
			continue;
		if (methods[i].method != AUTH_SPF && r->header == NULL)
			continue;
		methods[i].run(auth);
		if (*result != AUTH_WAIT)
			r->open &= ~(unsigned)methods[i].method;
	}
	send_fresh(auth);
}

static bool any_pending(const struct auth *auth)
{
	for (unsigned i = 0; i < auth->questions; i++)
		if (auth->run->sent[i]->state == ASK_PENDING)
			return true;
	return false;
}

/* How many of the questions have their answer. */
static unsigned answered(const struct auth *auth)
{
	unsigned n = 0;

	for (unsigned i = 0; i < auth->questions; i++)
		n += auth->run->sent[i]->state != ASK_PENDING;
	return n;
}

/* Waits for answers to ours; other people's may come before. */
static bool wait_more(struct auth *auth, int64_t deadline_ms)
{
	struct auth_run *r = auth->run;
	unsigned before = answered(auth);

	while (answered(auth) == before)
		if (!r->ask->wait(r->ask->self, deadline_ms))
			return answered(auth) > before;
	return true;
}

static void give_up(struct auth *auth)
{
	for (unsigned i = 0; i < auth->questions; i++) {
		struct question *q = auth->run->sent[i];

		if (q->state != ASK_PENDING)
			continue;
		q->state = ASK_LATER;
		q->text = SPAN("no answer in time");
	}
}

/* --- outside ------------------------------------------------------------- */

struct auth *auth_new(const struct auth_input *in, const struct ask *ask,
	struct arena *a)
{
	struct auth *auth = arena_alloc(a, sizeof(*auth));
	struct auth_run *r = arena_alloc(a, sizeof(*r));
	struct netaddr ip;

	auth->run = r;
	r->in = *in;
	if (in->methods & AUTH_DMARC)
		r->in.methods |= AUTH_SPF | AUTH_DKIM;
	r->ask = ask;
	r->arena = a;
	r->lookup = lookup_new(a, QUESTIONS_MAX);
	if (r->in.methods & AUTH_SPF && peer_is_outside(r, &ip)) {
		begin_spf(auth, &ip, in->env->helo);
		step(auth);
	}
	return auth;
}

void auth_message(struct auth *auth, struct span message,
	const struct header *h, const struct address *authors,
	size_t nauthors)
{
	struct auth_run *r = auth->run;

	r->message = message;
	r->header = h;
	r->authors = authors;
	r->nauthors = nauthors;
	if (r->in.methods & AUTH_SPF && auth->relay.n == 0)
		begin_behind(auth, h);
	r->open |= r->in.methods & (AUTH_DKIM | AUTH_ARC);
	auth->checked |= r->in.methods & (AUTH_DKIM | AUTH_ARC);
	if (r->open & AUTH_DMARC)
		dmarc_ask(r->lookup, authors, nauthors, r->arena);
	step(auth);
}

void auth_finish(struct auth *auth, int64_t deadline_ms)
{
	while (auth->run->open) {
		if (any_pending(auth) && !wait_more(auth, deadline_ms))
			give_up(auth);
		step(auth);
	}
}

struct authres auth_results(const struct auth *auth)
{
	struct authres r = { .auth_user = auth->run->in.env->auth_user };

	if (auth->checked & AUTH_SPF) {
		r.spf_query = &auth->spf_query;
		r.spf = &auth->spf;
	}
	if (auth->checked & AUTH_DKIM)
		r.dkim = &auth->dkim;
	if (auth->checked & AUTH_DMARC)
		r.dmarc = &auth->dmarc;
	if (auth->checked & AUTH_ARC)
		r.arc = &auth->arc;
	return r;
}
