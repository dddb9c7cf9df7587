/*
 * DNS lists that are data (engine/dnstable.h): what a message tells them
 * about, and what they say of it.
 *
 * Each thing is asked once per list. Nobody is asked about addresses that no
 * public list can know, about our own networks and domains, or about public
 * suffixes. Of many domains those are asked that a reader may follow, and of
 * these first those that hide where they lead.
 */
#include "crypto/hash.h"
#include "engine/check.h"
#include "engine/dnstable.h"
#include "mail/domain.h"
#include "mail/received.h"

enum {
	HOSTS_MAX = 16,		/* domains, and addresses in links */
	HOPS_MAX = 5,
	MAILS_MAX = 16,		/* mail addresses */
	FILES_MAX = 10,
	AUTHORS_MAX = 4,
};

/* A domain, or an address in a link. */
struct host {
	struct span name;	/* A-labels, or "192.0.2.1" */
	struct span organisation;
	unsigned of;		/* where it stands: enum dnstable_of */
	unsigned rank;		/* lower ones first */
	bool address;
};

struct asker {
	struct facts *f;
	struct host hosts[HOSTS_MAX];
	size_t nhosts;
	struct netaddr hops[HOPS_MAX];
	size_t nhops;
	struct span mails[MAILS_MAX]; /* small letters */
	size_t nmails;
};

/* --- what is in the message ---------------------------------------------- */

static bool is_ours(const struct facts *f, struct span domain)
{
	const struct bundle_settings *s = &f->bundle->settings;

	for (size_t i = 0; i < s->ndomains; i++)
		if (domain_is_below(domain, s->domains[i]))
			return true;
	return false;
}

static bool is_asked_about(const struct facts *f, const struct netaddr *ip)
{
	const struct bundle_settings *s = &f->bundle->settings;
	struct cidr net;

	for (size_t i = 0; i < s->nnetworks; i++)
		if (cidr_parse(s->networks[i], &net) &&
		    cidr_contains(&net, ip))
			return false;
	return ip->n && dnslist_is_public(ip);
}

/* Into its place; the last one of a full list goes. */
static void add_host(struct asker *k, const struct host *h)
{
	size_t at = k->nhosts;

	for (size_t i = 0; i < k->nhosts; i++) {
		struct host *was = &k->hosts[i];

		if (!span_eq(was->organisation, h->organisation))
			continue;
		was->of |= h->of;
		if (was->rank <= h->rank)
			return;
		was->name = h->name;
		was->rank = h->rank;
		return;
	}
	while (at > 0 && k->hosts[at - 1].rank > h->rank)
		at--;
	if (at == HOSTS_MAX)
		return;
	if (k->nhosts < HOSTS_MAX)
		k->nhosts++;
	for (size_t i = k->nhosts - 1; i > at; i--)
		k->hosts[i] = k->hosts[i - 1];
	k->hosts[at] = *h;
}

static void add_domain(struct asker *k, struct span domain, unsigned of,
	unsigned rank)
{
	struct host h = { .of = of, .rank = rank };

	if (!domain_ascii(domain, k->f->arena, &h.name) ||
	    is_ours(k->f, h.name))
		return;
	h.organisation = domain_organisation(h.name);
	if (h.organisation.n)
		add_host(k, &h);
}

static void add_address_host(struct asker *k, struct span host,
	unsigned rank)
{
	struct host h = { .of = DNSTABLE_URL, .rank = rank, .address = true };
	struct netaddr ip;

	if (host.n > 2 && host.p[0] == '[')
		host = span_sub(host, 1, host.n - 2);
	if (!netaddr_parse(host, &ip) || !is_asked_about(k->f, &ip))
		return;
	h.name = h.organisation = host;
	add_host(k, &h);
}

/* The less a reader sees of where it leads, the sooner it is asked about. */
static unsigned rank_of(const struct url *u)
{
	const unsigned odd = URL_USER | URL_MANY_AT | URL_IP | URL_ODD_IP |
		URL_ENCODED_HOST | URL_MIXED | URL_LIKE_ASCII | URL_BACKSLASH |
		URL_BLANK | URL_NUL;

	if (!(u->flags & (URL_IN_LINK | URL_IN_TEXT)))
		return u->flags & (URL_IN_SCRIPT | URL_NESTED) ? 4 : 5;
	return u->flags & odd ? 1 : u->flags & URL_IN_LINK ? 2 : 3;
}

static void add_mail(struct asker *k, struct span address)
{
	unsigned char *lower;

	if (k->nmails == MAILS_MAX || address.n == 0 ||
	    is_ours(k->f, address_split(address).domain))
		return;
	lower = arena_alloc(k->f->arena, address.n);
	for (size_t i = 0; i < address.n; i++)
		lower[i] = span_lower(address.p[i]);
	for (size_t i = 0; i < k->nmails; i++)
		if (span_eq(k->mails[i], span_from(lower, address.n)))
			return;
	k->mails[k->nmails++] = span_from(lower, address.n);
}

static void gather_urls(struct asker *k)
{
	const struct url_set *urls = facts_urls(k->f);

	for (size_t i = 0; i < urls->n; i++) {
		const struct url *u = &urls->v[i];

		if (span_is(u->scheme, "mailto")) {
			add_domain(k, u->host, DNSTABLE_MAIL, 3);
			add_mail(k, span_sub(u->path, 0,
				span_chr(u->path, '?')));
		} else if (u->flags & URL_IP) {
			add_address_host(k, u->host, rank_of(u));
		} else if (u->host.n) {
			add_domain(k, u->host, DNSTABLE_URL, rank_of(u));
		}
	}
}

static void gather_reply_to(struct asker *k)
{
	const struct header_field *field = header_find(
		&k->f->mime.root->header, SPAN("Reply-To"), 1);
	struct address *list;
	size_t n = field ? address_list(field->value, AUTHORS_MAX,
		k->f->arena, &list) : 0;

	for (size_t i = 0; i < n; i++) {
		add_domain(k, list[i].domain, DNSTABLE_MAIL, 1);
		add_mail(k, list[i].full);
	}
}

static void gather_envelope(struct asker *k)
{
	const struct envelope *env = k->f->env;
	const struct auth *auth = k->f->auth;

	add_domain(k, address_split(env->mail_from).domain, DNSTABLE_SENDER,
		0);
	add_mail(k, env->mail_from);
	for (size_t i = 0; i < k->f->nauthors && i < AUTHORS_MAX; i++) {
		add_domain(k, k->f->authors[i].domain, DNSTABLE_FROM, 0);
		add_mail(k, k->f->authors[i].full);
	}
	if (auth == NULL || auth->relay.n == 0)
		return;
	add_domain(k, auth->helo, DNSTABLE_HELO, 1);
	if (span_eq(auth->relay_text, env->relay_addr))
		add_domain(k, env->relay_name, DNSTABLE_RDNS, 1);
}

static void gather_hops(struct asker *k)
{
	const struct header *h = &k->f->mime.root->header;

	for (size_t i = 0; i < h->n && k->nhops < HOPS_MAX; i++) {
		struct received r;

		if (!span_caseeq(h->fields[i].name, SPAN("Received")))
			continue;
		received_parse(h->fields[i].value, k->f->arena, &r);
		if (is_asked_about(k->f, &r.ip))
			k->hops[k->nhops++] = r.ip;
	}
}

/* --- questions ----------------------------------------------------------- */

static void ask_ip(struct asker *k, const struct dnstable_list *l,
	const struct netaddr *ip)
{
	if (is_asked_about(k->f, ip))
		dnslist_ask_list(k->f->dns, l,
			dnslist_reversed(ip, k->f->arena));
}

static void ask_addresses(struct asker *k, const struct dnstable_list *l)
{
	const struct auth *auth = k->f->auth;

	/* Our own mail comes from nowhere. */
	if (auth == NULL || auth->relay.n == 0)
		return;
	if (l->of & DNSTABLE_RELAY)
		ask_ip(k, l, &auth->relay);
	for (size_t i = 0; l->of & DNSTABLE_HOPS && i < k->nhops; i++)
		ask_ip(k, l, &k->hops[i]);
}

static void ask_hosts(struct asker *k, const struct dnstable_list *l)
{
	for (size_t i = 0; i < k->nhosts; i++) {
		const struct host *h = &k->hosts[i];
		struct netaddr ip;

		if (!(h->of & l->of))
			continue;
		if (!h->address)
			dnslist_ask_list(k->f->dns, l, l->whole ? h->name :
				h->organisation);
		else if (l->addresses && netaddr_parse(h->name, &ip))
			ask_ip(k, l, &ip);
	}
}

/* RFC 4648 section 6, without padding: a label of the DNS. */
static struct span base32(struct span s, struct arena *a)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct buf b = { .arena = a };
	unsigned bits = 0, n = 0;

	for (size_t i = 0; i < s.n; i++) {
		bits = (bits << 8 | s.p[i]) & 0xffffu;
		for (n += 8; n >= 5; n -= 5)
			buf_byte(&b, (unsigned char)
				digits[bits >> (n - 5) & 31]);
	}
	if (n)
		buf_byte(&b, (unsigned char)digits[bits << (5 - n) & 31]);
	return buf_bytes(&b);
}

static void ask_hash(struct asker *k, const struct dnstable_list *l,
	struct span what)
{
	unsigned char raw[HASH_SHA256_SIZE] = { 0 };
	struct span hash = span_from(raw, HASH_SHA1_SIZE);
	struct buf hex = { .arena = k->f->arena };

	if (l->hash == DNSTABLE_SHA256_BASE32) {
		hash_sha256(what, raw);
		hash.n = HASH_SHA256_SIZE;
	} else {
		hash_sha1(what, raw);
	}
	if (l->hash != DNSTABLE_SHA1) {
		dnslist_ask_list(k->f->dns, l, base32(hash, k->f->arena));
		return;
	}
	for (size_t i = 0; i < hash.n; i++)
		buf_printf(&hex, "%02x", raw[i]);
	dnslist_ask_list(k->f->dns, l, buf_bytes(&hex));
}

static void ask_hashes(struct asker *k, const struct dnstable_list *l)
{
	size_t files = 0;

	for (size_t i = 0; l->of & DNSTABLE_MAIL && i < k->nmails; i++)
		ask_hash(k, l, k->mails[i]);
	for (size_t i = 0; l->of & DNSTABLE_FILE && i < k->f->mime.n; i++) {
		struct span content;

		if (!facts_is_attachment(k->f->mime.parts[i]))
			continue;
		content = facts_content(k->f, i);
		if (content.n && files++ < FILES_MAX)
			ask_hash(k, l, content);
	}
}

/* What of a message the lists in use want to know of. */
static unsigned wanted(const struct dnstable *t)
{
	unsigned of = 0;

	for (size_t i = 0; i < t->nlists; i++)
		if (t->lists[i].enabled && t->lists[i].asked.n)
			of |= t->lists[i].of;
	return of;
}

static void dnslists_ask(struct facts *f, const struct ask *ask)
{
	static void (*const ways[])(struct asker *,
		const struct dnstable_list *) = {
		[DNSTABLE_IP] = ask_addresses, [DNSTABLE_DOMAIN] = ask_hosts,
		[DNSTABLE_HASH] = ask_hashes,
	};
	unsigned of = f->dns && f->dnstable ? wanted(f->dnstable) : 0;
	struct asker k = { .f = f };

	(void)ask;	/* f->dns knows it */
	if (of == 0)
		return;
	gather_envelope(&k);
	gather_reply_to(&k);
	if (of & (DNSTABLE_URL | DNSTABLE_MAIL))
		gather_urls(&k);
	if (of & DNSTABLE_HOPS)
		gather_hops(&k);
	for (size_t i = 0; i < f->dnstable->nlists; i++) {
		const struct dnstable_list *l = &f->dnstable->lists[i];

		if (l->enabled)
			ways[l->kind](&k, l);
	}
}

/* --- answers ------------------------------------------------------------- */

/* The record of an answer that a hit names; NULL: there is none. */
static const unsigned char *match(const struct question *q,
	const struct dnstable_hit *h)
{
	for (size_t i = 0; i < q->nrecords; i++)
		if (q->records[i].n == 4 &&
		    dnstable_codes_match(&h->codes, q->records[i].p))
			return q->records[i].p;
	return NULL;
}

static bool was_stated(const struct facts *f, struct span name)
{
	for (size_t i = 0; i < f->nhits; i++)
		if (span_eq(f->hits[i].name, name))
			return true;
	return false;
}

/* A hit counts once, however much of a message is on the list. */
static void state_hits(struct facts *f, const struct dnslist *l,
	int64_t *sums)
{
	for (size_t i = 0; i < l->list->nhits; i++) {
		const struct dnstable_hit *h = &l->list->hits[i];
		const unsigned char *p = match(&l->question, h);

		if (p == NULL || was_stated(f, h->name))
			continue;
		facts_hit(f, arena_string(f->arena, h->name), h->weight,
			span_of(arena_printf(f->arena,
			"%.*s says %u.%u.%u.%u of %.*s",
			SPAN_FMT(l->list->name), p[0], p[1], p[2], p[3],
			SPAN_FMT(l->shown))));
		sums[l->list->group] += h->weight;
	}
}

static void cap_groups(struct facts *f, const int64_t *sums)
{
	for (size_t i = 0; i < f->dnstable->ngroups; i++) {
		const struct dnstable_group *g = &f->dnstable->groups[i];
		char *name;

		if (g->cap == 0 || sums[i] <= g->cap)
			continue;
		name = arena_printf(f->arena, "CAP_%.*s", SPAN_FMT(g->name));
		for (char *c = name; *c; c++)
			*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') :
				*c == '-' ? '_' : *c;
		facts_hit(f, name, (int32_t)(g->cap - sums[i]),
			span_of(arena_printf(f->arena,
			"%.*s counts %.1f at most", SPAN_FMT(g->name),
			g->cap / 1000.0)));
	}
}

static enum check_state dnslists_run(struct facts *f)
{
	size_t before = f->nhits;
	bool later = false;
	int64_t *sums;

	if (f->dns == NULL || f->dns->nlists == 0)
		return CHECK_NO;
	sums = arena_array(f->arena, f->dnstable->ngroups, sizeof(*sums));
	dnslist_collect(f->dns);
	for (const struct dnslist *l = f->dns->first; l; l = l->next) {
		if (l->list && l->state == DNSLIST_HIT)
			state_hits(f, l, sums);
		later |= l->list && (l->state == DNSLIST_LATER ||
			l->state == DNSLIST_REFUSED);
	}
	cap_groups(f, sums);
	return later ? CHECK_LATER : f->nhits > before ? CHECK_HIT : CHECK_NO;
}

const struct check dnslists_check = {
	.name = "dnslists",
	.stage = CHECK_ANSWERED,
	.ask = dnslists_ask,
	.run = dnslists_run,
};
