/*
 * DNS lists in a policy file: zones declared while it is loaded, answers read
 * by the rules.
 */
#include "engine/policy_host.h"

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
		{ 0 },
	},
};
