#include "engine/signing.h"

#include <string.h>

#include "mail/domain.h"
#include "mailauth/dkim_sign.h"

enum { AUTHORS_MAX = 16 };

/* One message, while it is prepared. */
struct preparation {
	struct facts *f;
	unsigned char body[HASH_SHA256_SIZE]; /* of the body as it came */
	bool hashed;
};

/* What a group gets. */
struct edited {
	struct header header;
	unsigned char body[HASH_SHA256_SIZE];
};

bool signing_is_outgoing(const struct envelope *env,
	const struct cidr *networks, size_t nnetworks)
{
	struct netaddr a;

	if (env->relay_addr.n == 0 || env->auth_user.n)
		return true;
	if (!netaddr_parse(env->relay_addr, &a))
		return false;
	for (size_t i = 0; i < nnetworks; i++)
		if (cidr_contains(&networks[i], &a))
			return true;
	return false;
}

/* By the bundle's networks, whose texts loading has checked. */
static bool is_outgoing(const struct facts *f)
{
	const struct bundle_settings *s = &f->bundle->settings;
	struct cidr *networks = arena_array(f->arena, s->nnetworks,
		sizeof(*networks));

	for (size_t i = 0; i < s->nnetworks; i++)
		cidr_parse(s->networks[i], &networks[i]);
	return signing_is_outgoing(f->env, networks, s->nnetworks);
}

struct span signing_edited(const struct group *g, struct span raw, size_t to,
	struct arena *a)
{
	struct buf b = { .arena = a };
	size_t from = 0;

	buf_room(&b, to);
	for (size_t i = 0; i < g->nsplices; i++) {
		const struct splice *s = &g->splices[i];

		buf_span(&b, span_sub(raw, from, (size_t)s->at - from));
		buf_span(&b, s->insert);
		from = (size_t)(s->at + s->remove);
	}
	buf_span(&b, span_sub(raw, from, to - from));
	return buf_bytes(&b);
}

/* Of the body as it came, once. */
static void body_hash(struct preparation *p, unsigned char *hash_r)
{
	size_t body = p->f->mime.root->header.size;

	if (!p->hashed)
		dkim_sign_body(span_after(p->f->raw, body), p->f->arena,
			p->body);
	p->hashed = true;
	memcpy(hash_r, p->body, HASH_SHA256_SIZE);
}

/* Header and body as this group's edits leave them. */
static void edit(struct preparation *p, const struct group *g,
	struct edited *e_r)
{
	const struct facts *f = p->f;
	const struct header *h = &f->mime.root->header;
	struct span now = f->raw;

	e_r->header = *h;
	if (g->nsplices) {
		now = signing_edited(g, f->raw, g->new_body ? f->raw.n :
			h->size, f->arena);
		header_parse(now, &mail_default_limits, f->arena,
			&e_r->header);
	}
	if (g->new_body)
		dkim_sign_body(span_after(now, e_r->header.size), f->arena,
			e_r->body);
	else
		body_hash(p, e_r->body);
}

/* The domain of all authors of the only From field. */
static bool author_domain(const struct header *h, struct arena *a,
	struct span *domain_r)
{
	const struct header_field *from = header_find(h, SPAN("From"), 1);
	struct address *authors;
	struct span one;
	size_t n;

	if (from == NULL || header_count(h, SPAN("From")) != 1)
		return false;
	n = address_list(header_unfold(from->value, a), AUTHORS_MAX, a,
		&authors);
	if (n == 0 || n == AUTHORS_MAX ||
	    !domain_ascii(authors[0].domain, a, domain_r))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!domain_ascii(authors[i].domain, a, &one) ||
		    !span_eq(one, *domain_r))
			return false;
	return true;
}

static bool has_key(const struct bundle_settings *s, struct span domain)
{
	for (size_t i = 0; i < s->nkeys; i++)
		if (span_eq(s->keys[i].domain, domain))
			return true;
	return false;
}

static void add_sign(struct preparation *p, const struct edited *e,
	const struct bundle_key *key, struct group *g)
{
	struct dkim_signing s = { key->domain, key->selector, key->ed25519,
		(uint64_t)p->f->env->received_ms / 1000 };
	struct sign *sign = &g->signs[g->nsigns];

	*sign = (struct sign){ .domain = key->domain,
		.selector = key->selector };
	if (dkim_sign_prepare(&s, &e->header, e->body, p->f->arena,
		&sign->field, sign->hash))
		g->nsigns++;
}

static void prepare_group(struct preparation *p, struct group *g)
{
	const struct bundle_settings *s = &p->f->bundle->settings;
	struct span domain;
	struct edited e;

	edit(p, g, &e);
	if (!author_domain(&e.header, p->f->arena, &domain))
		return;
	if (!has_key(s, domain))
		domain = domain_organisation(domain);
	if (domain.n == 0 || !has_key(s, domain))
		return;
	g->signs = arena_array(p->f->arena, VERDICT_SIGNS_MAX,
		sizeof(*g->signs));
	for (size_t i = 0; i < s->nkeys; i++)
		if (span_eq(s->keys[i].domain, domain) &&
		    g->nsigns < VERDICT_SIGNS_MAX)
			add_sign(p, &e, &s->keys[i], g);
}

/* The key of whom a forwarded message was for; RSA, if there is one. */
static const struct bundle_key *sealing_key(const struct facts *f,
	const struct group *g)
{
	const struct bundle_settings *s = &f->bundle->settings;
	struct address a = address_split(f->env->rcpts[g->rcpts[0]]);
	const struct bundle_key *found = NULL;
	struct span domain;

	if (!domain_ascii(a.domain, f->arena, &domain))
		return NULL;
	if (!has_key(s, domain))
		domain = domain_organisation(domain);
	for (size_t i = 0; i < s->nkeys; i++)
		if (span_eq(s->keys[i].domain, domain) &&
		    (found == NULL || found->ed25519))
			found = &s->keys[i];
	return found;
}

/* What we found travels on with what goes elsewhere (RFC 8617). */
static void prepare_seal(struct preparation *p, struct group *g)
{
	const struct bundle_settings *settings = &p->f->bundle->settings;
	const struct bundle_key *key = sealing_key(p->f, g);
	unsigned char unused[HASH_SHA256_SIZE];
	struct arc_sealing *s;
	struct authres found;
	struct arc_seal seal;
	struct edited e;

	if (key == NULL || p->f->auth == NULL || settings->authserv.n == 0 ||
	    !(p->f->auth->checked & AUTH_ARC))
		return;
	edit(p, g, &e);
	found = auth_results(p->f->auth);
	s = arena_alloc(p->f->arena, sizeof(*s));
	*s = (struct arc_sealing){ .domain = key->domain,
		.selector = key->selector, .ed25519 = key->ed25519,
		.now = (uint64_t)p->f->env->received_ms / 1000,
		.results = authres_write(settings->authserv, &found,
			p->f->arena),
		.chain = &p->f->auth->arc };
	if (!arc_seal_prepare(s, &e.header, e.body, p->f->arena, &seal,
			unused))
		return;
	g->seal = arena_alloc(p->f->arena, sizeof(*g->seal));
	g->seal->domain = key->domain;
	g->seal->selector = key->selector;
	arc_seal_parts(&seal, &e.header, &g->seal->parts);
}

void signing_prepare(struct facts *f, struct verdict *v)
{
	struct preparation p = { .f = f };
	bool outgoing;

	if (f->bundle->settings.nkeys == 0)
		return;
	outgoing = is_outgoing(f);
	for (size_t i = 0; i < v->ngroups; i++) {
		struct group *g = &v->groups[i];

		if (outgoing && (g->action == ACTION_DELIVER ||
			    g->action == ACTION_REDIRECT))
			prepare_group(&p, g);
		if (!outgoing && g->action == ACTION_REDIRECT)
			prepare_seal(&p, g);
	}
}
