/*
 * What a rule may read of the session: the relay, the envelope.
 */
#include "engine/policy_view.h"
#include "engine/policy_dns.h"

#include <string.h>

#include "engine/policy_list.h"
#include "engine/policy_refuse.h"

#define VIEW(name) struct script_value name(void *self)
#define HOST ((struct policy_host *)self)
#define ENV (((struct policy_host *)self)->run.env)

struct policy_view *policy_view(struct policy_host *h)
{
	struct run *r = &h->run;

	if (r->view == NULL) {
		r->view = arena_alloc(r->arena, sizeof(*r->view));
		r->view->eight_bit = -1;
		r->view->parts = r->facts ? r->facts->mime.n : 0;
	}
	return r->view;
}

void policy_view_renew(struct policy_host *h, const struct facts *next)
{
	const struct policy_view *old = h->run.view;
	struct policy_view *v;

	h->run.view = NULL;
	if (old == NULL || old->parts != next->mime.n)
		return;
	v = arena_alloc(h->run.arena, sizeof(*v));
	v->parts = old->parts;
	v->eight_bit = old->eight_bit;
	memcpy(v->texts, old->texts, sizeof(v->texts));
	memcpy(v->folded, old->folded, sizeof(v->folded));
	h->run.view = v;
}

struct script_value *policy_list_begin(struct policy_host *h,
	enum seen which, size_t n, struct script_value *list_r)
{
	*list_r = policy_view(h)->seen[which];
	if (list_r->type == SCRIPT_LIST)
		return NULL;
	return arena_array(h->run.arena, n, sizeof(struct script_value));
}

struct script_value policy_list_end(struct policy_host *h, enum seen which,
	const struct script_value *v, size_t n)
{
	struct script_value *list = &policy_view(h)->seen[which];

	list->type = SCRIPT_LIST;
	list->list.v = v;
	list->list.n = n;
	return *list;
}

/* --- addresses ----------------------------------------------------------- */

#define ADDRESS ((const struct address *)self)
static VIEW(address_full) { return policy_text(ADDRESS->full); }
static VIEW(address_name_of) { return policy_text(ADDRESS->display); }
static VIEW(address_local) { return policy_text(ADDRESS->local); }
static VIEW(address_domain) { return policy_text(ADDRESS->domain); }

static void address_listed(struct script_call *c)
{
	const struct address *ad = c->self;
	bool yes;

	if (policy_listed(c->context, c, ad->full, UINT32_MAX, &yes))
		c->result = policy_bool(yes);
}

const struct script_class policy_address_class = {
	.name = "address",
	.fields = (const struct script_field[]){
		{ "address", address_full, "local part@domain: text" },
		{ "name", address_name_of,
			"the name beside it, decoded, or empty: text" },
		{ "local_part", address_local, "what is before the @: text" },
		{ "domain", address_domain, "what is behind the @: text\n"
			"if m.sender.domain:lower() == \"bad.example\" then "
			"return discard() end" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		{ "listed", address_listed,
			"listed(list): is the address on it? boolean" },
		{ 0 },
	},
};

struct script_value policy_address(const struct address *ad)
{
	/* Rules only read it: the pointer is not const for the class's sake. */
	return policy_object(&policy_address_class, (void *)(uintptr_t)ad);
}

/* --- the relay ----------------------------------------------------------- */

/* A message of this host itself, or from one of our networks. */
static bool find_internal(const struct policy_host *h)
{
	const struct span addr = h->run.env->relay_addr;
	struct netaddr a;

	if (addr.n == 0)
		return true;
	if (!netaddr_parse(addr, &a))
		return false;
	for (size_t i = 0; i < h->bundle->settings.nnetworks; i++)
		if (cidr_contains(&h->networks[i], &a))
			return true;
	return false;
}

bool policy_is_internal(struct policy_host *h)
{
	struct policy_view *v = policy_view(h);

	if (v->internal == TRUST_UNKNOWN)
		v->internal = find_internal(h) ? TRUST_YES : TRUST_NO;
	return v->internal == TRUST_YES;
}

bool policy_is_ours(const struct policy_host *h, struct span domain)
{
	const struct bundle_settings *s = &h->bundle->settings;

	for (size_t i = 0; i < s->ndomains; i++)
		if (span_caseeq(s->domains[i], domain))
			return true;
	return false;
}

bool policy_is_outgoing(struct policy_host *h)
{
	return h->run.env->auth_user.n > 0 || policy_is_internal(h);
}

static VIEW(relay_addr) { return policy_text(ENV->relay_addr); }
static VIEW(relay_name) { return policy_text(ENV->relay_name); }
static VIEW(relay_internal) { return policy_bool(policy_is_internal(HOST)); }
static VIEW(relay_external) { return policy_bool(!policy_is_internal(HOST)); }

/* The address, or the name that the MTA verified. */
void policy_relay_listed(struct script_call *c)
{
	struct policy_host *h = c->context;
	const struct envelope *env = h->run.env;
	bool yes;

	if (!policy_listed(h, c, env->relay_addr.n ? env->relay_addr :
			SPAN("@"), UINT32_MAX, &yes))
		return;
	if (!yes && env->relay_name.n)
		policy_listed(h, c, env->relay_name, UINT32_MAX, &yes);
	c->result = policy_bool(yes);
}

/* Is the relay on the list of that name, if there is one? */
static bool relay_is_on(struct policy_host *h, struct span name)
{
	const struct bundle_list *list = bundle_find_list(h->bundle, name);
	const struct envelope *env = h->run.env;
	struct list_hit hit = { .rcpt = UINT32_MAX };

	if (list == NULL)
		return false;
	return (policy_look(h, list, env->relay_addr, &hit) ||
		(env->relay_name.n &&
		 policy_look(h, list, env->relay_name, &hit))) &&
		policy_note_list(h, hit);
}

static VIEW(relay_trusted)
{
	return policy_bool(policy_is_internal(HOST) ||
		relay_is_on(HOST, SPAN("trusted-relays")));
}

const struct script_class policy_relay_class = {
	.name = "relay",
	.fields = (const struct script_field[]){
		{ "addr", relay_addr, "IP address, empty for this host: text" },
		{ "name", relay_name,
			"its name as the MTA verified it, or empty: text" },
		{ "internal", relay_internal,
			"in the networks of the wiring: boolean" },
		{ "external", relay_external, "not internal: boolean\n"
			"local p = policy(\"in\", function(s)\n"
			"\treturn s.relay.external\n"
			"end)" },
		{ "trusted", relay_trusted,
			"internal, or on the list trusted-relays: boolean" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		{ "listed", policy_relay_listed,
			"listed(list): is its address or name on it? boolean" },
		{ "dns_list", policy_dns_list,
			"dns_list(zone): is it on this DNS list? dns\n"
			"if m.relay:dns_list(\"list.example.org\").hit then "
			"return quarantine(\"Blocked\") end" },
		{ "blocking_list", policy_blocking_list,
			"blocking_list(): the DNS list with block = true (pm "
			"help dnslist) that it is on, or nil; internal relays "
			"are on none: dns\n"
			"p:at_rcpt(\"blocked\", function(s, rcpt)\n"
			"\tlocal list = s.relay:blocking_list()\n"
			"\tif list then return reject(\"5.7.1\", \"listed by "
			"\" .. list.name) end\n"
			"end)" },
		{ 0 },
	},
};

/* --- the session --------------------------------------------------------- */

VIEW(policy_get_relay) { return policy_object(&policy_relay_class, self); }
VIEW(policy_get_helo) { return policy_text(ENV->helo); }
VIEW(policy_get_mail_from) { return policy_text(ENV->mail_from); }
VIEW(policy_get_bounce) { return policy_bool(ENV->mail_from.n == 0); }
VIEW(policy_get_auth_user) { return policy_text(ENV->auth_user); }
VIEW(policy_get_tls) { return policy_text(ENV->tls); }
VIEW(policy_get_queue_id) { return policy_text(ENV->queue_id); }
VIEW(policy_get_mta) { return policy_text(ENV->mta_name); }
VIEW(policy_get_rcpt_count) { return policy_int((int64_t)ENV->nrcpts); }
VIEW(policy_get_time) { return policy_int(ENV->received_ms / 1000); }

VIEW(policy_get_sender)
{
	struct address *ad = arena_alloc(HOST->scratch, sizeof(*ad));

	*ad = address_split(ENV->mail_from);
	return policy_address(ad);
}

/* Of the whole message: a policy's guard and its rules see the same. */
VIEW(policy_get_direction)
{
	const struct envelope *env = ENV;

	if (!policy_is_outgoing(HOST))
		return policy_text(SPAN("inbound"));
	if (env->nrcpts == 0)
		return policy_text(SPAN("outbound"));
	for (size_t i = 0; i < env->nrcpts; i++)
		if (!policy_is_ours(HOST,
				address_split(env->rcpts[i]).domain))
			return policy_text(SPAN("outbound"));
	return policy_text(SPAN("internal"));
}

VIEW(policy_get_history)
{
	struct script_value v = { .type = SCRIPT_FAILED };

	(void)self;
	v.text = span_of(policy_no_history);
	return v;
}

/*
 * The envelope's sender, and when the content is known every author: which
 * From a reader is shown, its program decides.
 */
void policy_sender_listed(struct script_call *c)
{
	struct policy_host *h = c->context;
	const struct run *r = &h->run;
	/* There is one recipient at a time: which one is known. */
	uint32_t rcpt = c->nargs >= 2 ? r->rcpt : UINT32_MAX;
	bool yes;

	if (!policy_listed(h, c, r->env->mail_from, rcpt, &yes))
		return;
	for (size_t i = 0; !yes && r->facts && i < r->facts->nauthors; i++)
		if (r->facts->authors[i].full.n)
			policy_listed(h, c, r->facts->authors[i].full,
				rcpt, &yes);
	c->result = policy_bool(yes);
}

const struct script_class policy_session_class = {
	.name = "session",
	.fields = (const struct script_field[]){
		POLICY_SESSION_FIELDS, { 0 } },
	.methods = (const struct script_method[]){
		POLICY_SESSION_METHODS, { 0 } },
};
