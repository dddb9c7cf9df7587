/*
 * DNS lists in a policy file: zones declared while it is loaded, answers read
 * by the rules.
 */
#include "engine/policy_view.h"
#include "engine/policy_dns.h"

static const char zone_usage[] = "relay:dns_list(\"ZONE\")";
static const char zones_usage[] = "dns_lists(\"ZONE\", ...)";

static bool read_zone(struct script_call *c, size_t i, const char *usage,
	struct span *zone_r)
{
	if (!policy_arg_text(c, i, usage, zone_r))
		return false;
	if (dnslist_is_zone(*zone_r))
		return true;
	err_set(&c->error, ERR_PERMANENT, "argument %zu is no DNS zone: write "
		"a name like \"list.example.org\", at most %d letters, "
		"digits, hyphens and dots", i + 1, DNSLIST_ZONE_MAX);
	return false;
}

static bool is_declared(const struct policy_host *h, struct span zone)
{
	for (size_t i = 0; i < h->nzones; i++)
		if (span_caseeq(h->zones[i], zone))
			return true;
	return false;
}

void policy_declare_zones(struct script_call *c)
{
	struct policy_host *h = c->context;
	struct span zone;

	if (!policy_arg_count(c, 1, POLICY_ZONES_MAX, zones_usage))
		return;
	if (!h->loading) {
		err_set(&c->error, ERR_PERMANENT,
			"zones are declared while the file is loaded");
		return;
	}
	for (size_t i = 0; i < c->nargs; i++) {
		if (!read_zone(c, i, zones_usage, &zone))
			return;
		if (is_declared(h, zone))
			continue;
		if (h->nzones == POLICY_ZONES_MAX) {
			err_set(&c->error, ERR_PERMANENT, "more than %d DNS "
				"lists are declared", POLICY_ZONES_MAX);
			return;
		}
		h->zones[h->nzones++] = arena_span(h->arena, zone);
	}
}

void policy_ask_dns(const struct policy_host *h, struct dnslist_set *dns)
{
	for (size_t i = 0; i < h->nzones; i++)
		dnslist_ask(dns, h->zones[i]);
}

void policy_dns_list(struct script_call *c)
{
	struct policy_host *h = c->context;
	struct dnslist_set *dns = h->run.dns;
	struct dnslist *l;
	struct span zone;

	if (!policy_arg_count(c, 1, 1, zone_usage) ||
	    !read_zone(c, 0, zone_usage, &zone))
		return;
	/* Before DATA nothing was asked so far: all that are declared go out
	   with the first one. */
	policy_ask_dns(h, dns);
	l = dnslist_ask(dns, zone);
	if (l == NULL) {
		err_set(&c->error, ERR_PERMANENT, "more than %d DNS lists are "
			"asked about one message", DNSLIST_ZONES_MAX);
		return;
	}
	dnslist_collect(dns);
	c->result = policy_object(&policy_dns_class, l);
}

/* --- lists that are data ------------------------------------------------- */

int policy_open_dnslists(struct policy_host *h, struct err *e)
{
	if (dnstable_get(h->bundle->dnslists, h->arena, &h->dnstable, e) < 0)
		return -1;
	dnstable_set_keys(&h->dnstable, h->bundle->settings.dns_keys,
		h->arena);
	return 0;
}

const struct dnstable *policy_dnstable(const struct policy_host *h)
{
	return &h->dnstable;
}

static bool may_block(const struct dnstable_list *l)
{
	return l->enabled && l->block && l->asked.n;
}

void policy_blocking_lists(struct script_call *c)
{
	const struct policy_host *h = c->context;
	bool any = false;

	if (!policy_arg_count(c, 0, 0, "blocking_lists()"))
		return;
	for (size_t i = 0; i < h->dnstable.nlists; i++)
		any |= may_block(&h->dnstable.lists[i]);
	c->result = policy_bool(any);
}

/* Does it say something bad? Good repute blocks nobody. */
static bool is_bad(const struct dnslist *l)
{
	for (size_t i = 0; i < l->list->nhits; i++)
		for (size_t k = 0; k < l->question.nrecords; k++)
			if (l->list->hits[i].weight > 0 &&
			    l->question.records[k].n == 4 &&
			    dnstable_codes_match(&l->list->hits[i].codes,
				l->question.records[k].p))
				return l->state == DNSLIST_HIT;
	return false;
}

/* All are asked before anybody waits; the first one in their order counts. */
void policy_blocking_list(struct script_call *c)
{
	struct policy_host *h = c->context;
	const struct dnstable *t = &h->dnstable;
	struct dnslist_set *dns = h->run.dns;
	struct dnslist **asked = arena_array(h->run.arena, t->nlists,
		sizeof(struct dnslist *));
	struct netaddr relay;
	struct span what;

	if (!policy_arg_count(c, 0, 0, "relay:blocking_list()") ||
	    policy_is_internal(h) ||
	    !netaddr_parse(h->run.env->relay_addr, &relay) ||
	    !dnslist_is_public(&relay))
		return;
	what = dnslist_reversed(&relay, h->run.arena);
	for (size_t i = 0; i < t->nlists; i++)
		if (may_block(&t->lists[i]))
			asked[i] = dnslist_ask_list(dns, &t->lists[i], what);
	dnslist_collect(dns);
	for (size_t i = 0; i < t->nlists; i++)
		if (asked[i] && is_bad(asked[i])) {
			c->result = policy_object(&policy_dns_class,
				asked[i]);
			return;
		}
}

/* --- an answer ----------------------------------------------------------- */

#define ANSWER ((const struct dnslist *)self)

static struct script_value dns_hit(void *self)
{
	return policy_bool(ANSWER->state == DNSLIST_HIT);
}

static struct script_value dns_later(void *self)
{
	return policy_bool(ANSWER->state == DNSLIST_LATER ||
		ANSWER->state == DNSLIST_REFUSED);
}

static struct script_value dns_name(void *self)
{
	return policy_text(ANSWER->zone);
}

static struct script_value dns_help(void *self)
{
	return policy_text(ANSWER->list ? ANSWER->list->help : SPAN(""));
}

static struct script_value dns_answer(void *self)
{
	return policy_text(ANSWER->answer);
}

static struct script_value dns_why(void *self)
{
	return policy_text(ANSWER->why);
}

const struct script_class policy_dns_class = {
	.name = "dns",
	.fields = (const struct script_field[]){
		{ "hit", dns_hit, "it is on the list: boolean" },
		{ "later", dns_later, "could not be known: boolean" },
		{ "answer", dns_answer, "the address, or empty: text" },
		{ "why", dns_why, "why later, \"refused\": text" },
		{ "name", dns_name, "the list's name, or the zone: text" },
		{ "help", dns_help, "where those on it may ask (URL), or "
			"empty: text" },
		{ 0 },
	},
};
