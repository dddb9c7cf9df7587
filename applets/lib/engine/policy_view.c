/*
 * What a rule may read: the session, the message, one recipient. Objects are
 * the host itself under several classes; the message at hand is host->run.
 */
#include "engine/policy_host.h"

#define VIEW(name) static struct script_value name(void *self)
#define HOST ((struct policy_host *)self)
#define RUN (&((struct policy_host *)self)->run)

/* --- the relay ----------------------------------------------------------- */

/* A message of this host itself, or from one of our networks. */
static bool is_internal(const struct policy_host *h)
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

VIEW(relay_addr) { return policy_text(RUN->env->relay_addr); }
VIEW(relay_name) { return policy_text(RUN->env->relay_name); }
VIEW(relay_internal) { return policy_bool(is_internal(HOST)); }
VIEW(relay_external) { return policy_bool(!is_internal(HOST)); }

/* The address, or the name that the MTA verified. */
static void relay_listed(struct script_call *c)
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

const struct script_class policy_relay_class = {
	.name = "relay",
	.fields = (const struct script_field[]){
		{ "addr", relay_addr, "IP address, empty: this host: text" },
		{ "name", relay_name, "its verified name, or empty: text" },
		{ "internal", relay_internal, "in our networks: boolean" },
		{ "external", relay_external, "not internal: boolean" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		{ "listed", relay_listed, "listed(list): address or name" },
		{ "dns_list", policy_dns_list,
			"dns_list(zone): is it on this DNS list? dns" },
		{ 0 },
	},
};

/* --- the session --------------------------------------------------------- */

VIEW(get_relay) { return policy_object(&policy_relay_class, self); }
VIEW(get_helo) { return policy_text(RUN->env->helo); }
VIEW(get_mail_from) { return policy_text(RUN->env->mail_from); }
VIEW(get_auth_user) { return policy_text(RUN->env->auth_user); }
VIEW(get_tls) { return policy_text(RUN->env->tls); }
VIEW(get_queue_id) { return policy_text(RUN->env->queue_id); }
VIEW(get_mta) { return policy_text(RUN->env->mta_name); }
VIEW(get_rcpt_count) { return policy_int((int64_t)RUN->env->nrcpts); }
VIEW(get_time) { return policy_int(RUN->env->received_ms / 1000); }

/*
 * The envelope's sender, and when the content is known every author: which
 * From a reader is shown, its program decides.
 */
static void sender_listed(struct script_call *c)
{
	struct policy_host *h = c->context;
	const struct run *r = &h->run;
	bool yes;

	if (!policy_listed(h, c, r->env->mail_from, UINT32_MAX, &yes))
		return;
	for (size_t i = 0; !yes && r->facts && i < r->facts->nauthors; i++)
		if (r->facts->authors[i].full.n)
			policy_listed(h, c, r->facts->authors[i].full,
				UINT32_MAX, &yes);
	c->result = policy_bool(yes);
}

#define SESSION_FIELDS \
	{ "relay", get_relay, "the connecting host: relay" }, \
	{ "helo", get_helo, "what it called itself: text" }, \
	{ "mail_from", get_mail_from, "envelope sender, may be empty: text" }, \
	{ "auth_user", get_auth_user, "who logged in, or empty: text" }, \
	{ "tls", get_tls, "version and cipher, or empty: text" }, \
	{ "queue_id", get_queue_id, "the MTA's id: text" }, \
	{ "mta", get_mta, "the MTA's name: text" }, \
	{ "rcpt_count", get_rcpt_count, "recipients so far: number" }, \
	{ "time", get_time, "when it came, seconds since 1970: number" }

#define SESSION_METHODS \
	{ "listed", relay_listed, "listed(list): is the relay on it?" }, \
	{ "sender_listed", sender_listed, \
		"sender_listed(list): mail_from or an author" }

const struct script_class policy_session_class = {
	.name = "session",
	.fields = (const struct script_field[]){ SESSION_FIELDS, { 0 } },
	.methods = (const struct script_method[]){ SESSION_METHODS, { 0 } },
};

/* --- spam and virus ------------------------------------------------------ */

/* Room for a list of n values; NULL: it was made before, and is *list_r. */
static struct script_value *begin_list(struct policy_host *h, enum seen which,
	size_t n, struct script_value *list_r)
{
	*list_r = h->run.seen[which];
	if (list_r->type == SCRIPT_LIST)
		return NULL;
	return arena_array(h->scratch, n, sizeof(struct script_value));
}

static struct script_value end_list(struct policy_host *h, enum seen which,
	const struct script_value *v, size_t n)
{
	struct script_value *list = &h->run.seen[which];

	list->type = SCRIPT_LIST;
	list->list.v = v;
	list->list.n = n;
	return *list;
}

#define HIT ((const struct hit *)self)
VIEW(hit_name) { return policy_text(HIT->name); }
VIEW(hit_weight) { return policy_int(HIT->weight); }
VIEW(hit_evidence) { return policy_text(HIT->evidence); }

const struct script_class policy_hit_class = {
	.name = "hit",
	.fields = (const struct script_field[]){
		{ "name", hit_name, "\"GTUBE\": text" },
		{ "weight", hit_weight, "1/1000 logit: number" },
		{ "evidence", hit_evidence, "what was seen: text" },
		{ 0 },
	},
};

VIEW(spam_score) { return policy_int(RUN->facts->score); }
VIEW(spam_probability) { return policy_int(RUN->facts->probability); }
VIEW(spam_later) { return policy_bool(RUN->facts->nlater > 0); }

/* An X for each ten per cent, an I for each further one. */
VIEW(spam_gauge)
{
	static const char marks[] = "XXXXXXXXXXIIIIIIIII";
	unsigned p = RUN->facts->probability;

	return policy_text(span_from(marks + 10 - p / 10, p / 10 + p % 10));
}

VIEW(spam_hits)
{
	struct facts *f = RUN->facts;
	struct script_value list, *v = begin_list(self, SEEN_HITS, f->nhits,
		&list);

	for (size_t i = 0; v && i < f->nhits; i++)
		v[i] = policy_object(&policy_hit_class, &f->hits[i]);
	return v ? end_list(self, SEEN_HITS, v, f->nhits) : list;
}

static void spam_has(struct script_call *c)
{
	const struct facts *f = ((struct policy_host *)c->context)->run.facts;
	struct span name;

	if (!policy_arg_text(c, 0, "has(\"HIT\")", &name))
		return;
	c->result = policy_bool(false);
	for (size_t i = 0; i < f->nhits; i++)
		if (span_eq(f->hits[i].name, name))
			c->result = policy_bool(true);
}

const struct script_class policy_spam_class = {
	.name = "spam",
	.fields = (const struct script_field[]){
		{ "score", spam_score, "1/1000 logit: number" },
		{ "probability", spam_probability, "0 to 100: number" },
		{ "gauge", spam_gauge, "\"XXXXXII\" for 52: text" },
		{ "hits", spam_hits, "list of hits" },
		{ "later", spam_later, "could a check not know: boolean" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		{ "has", spam_has, "has(hit): is it among the hits?" },
		{ 0 },
	},
};

static struct script_value virus_is(void *self, enum virus_state state)
{
	return policy_bool(RUN->facts->virus == state);
}

VIEW(virus_found) { return virus_is(self, VIRUS_FOUND); }
VIEW(virus_later) { return virus_is(self, VIRUS_LATER); }
VIEW(virus_unscannable) { return virus_is(self, VIRUS_UNSCANNABLE); }
VIEW(virus_off) { return virus_is(self, VIRUS_OFF); }
VIEW(virus_name) { return policy_text(RUN->facts->virus_name); }

const struct script_class policy_virus_class = {
	.name = "virus",
	.fields = (const struct script_field[]){
		{ "found", virus_found, "boolean" },
		{ "name", virus_name, "of the virus, or why not known: text" },
		{ "unscannable", virus_unscannable, "boolean" },
		{ "later", virus_later, "no answer in time: boolean" },
		{ "off", virus_off, "no engine is wired: boolean" },
		{ 0 },
	},
};

/* --- attachments and URLs ------------------------------------------------ */

struct attachment {
	struct facts *facts;
	size_t part;
};

#define FILE_PART ((const struct attachment *)self)
#define MIME_PART (FILE_PART->facts->mime.parts[FILE_PART->part])
VIEW(file_name) { return policy_text(MIME_PART->name); }
VIEW(file_type) { return policy_text(MIME_PART->type); }

VIEW(file_true_type)
{
	return policy_text(facts_true_type(FILE_PART->facts,
		FILE_PART->part));
}

VIEW(file_size)
{
	return policy_int((int64_t)facts_content(FILE_PART->facts,
		FILE_PART->part).n);
}

const struct script_class policy_attachment_class = {
	.name = "attachment",
	.fields = (const struct script_field[]){
		{ "name", file_name, "file name, decoded: text" },
		{ "type", file_type, "as declared, \"image/png\": text" },
		{ "true_type", file_true_type, "by content, \"exe\": text" },
		{ "size", file_size, "decoded, bytes: number" },
		{ 0 },
	},
};

VIEW(get_attachments)
{
	struct facts *f = RUN->facts;
	struct script_value list, *v = begin_list(self, SEEN_ATTACHMENTS,
		f->mime.n, &list);
	struct attachment *files;
	size_t n = 0;

	if (v == NULL)
		return list;
	files = arena_array(HOST->scratch, f->mime.n, sizeof(*files));
	for (size_t i = 0; i < f->mime.n; i++) {
		if (!facts_is_attachment(f->mime.parts[i]))
			continue;
		files[n] = (struct attachment){ f, i };
		v[n] = policy_object(&policy_attachment_class, &files[n]);
		n++;
	}
	return end_list(self, SEEN_ATTACHMENTS, v, n);
}

#define URL ((const struct url *)self)
VIEW(url_raw) { return policy_text(URL->raw); }
VIEW(url_host) { return policy_text(URL->host); }

const struct script_class policy_url_class = {
	.name = "url",
	.fields = (const struct script_field[]){
		{ "url", url_raw, "as written: text" },
		{ "host", url_host, "lower case: text" },
		{ 0 },
	},
};

VIEW(get_urls)
{
	const struct url_set *urls = facts_urls(RUN->facts);
	struct script_value list, *v = begin_list(self, SEEN_URLS, urls->n,
		&list);

	for (size_t i = 0; v && i < urls->n; i++)
		v[i] = policy_object(&policy_url_class, &urls->v[i]);
	return v ? end_list(self, SEEN_URLS, v, urls->n) : list;
}

/* --- the message --------------------------------------------------------- */

VIEW(get_subject) { return policy_text(RUN->facts->subject); }
VIEW(get_size) { return policy_int((int64_t)RUN->facts->raw.n); }
VIEW(get_from) { return policy_text(RUN->facts->from.full); }
VIEW(get_from_name) { return policy_text(RUN->facts->from.display); }
VIEW(get_spam) { return policy_object(&policy_spam_class, self); }
VIEW(get_virus) { return policy_object(&policy_virus_class, self); }
VIEW(get_ambiguous) { return policy_bool(facts_ambiguous(RUN->facts)); }
VIEW(get_over) { return policy_bool(facts_over(RUN->facts)); }

VIEW(get_to)
{
	const struct address *to;
	size_t n = facts_to(RUN->facts, &to);
	struct script_value list, *v = begin_list(self, SEEN_TO, n, &list);

	for (size_t i = 0; v && i < n; i++)
		v[i] = policy_text(to[i].full);
	return v ? end_list(self, SEEN_TO, v, n) : list;
}

VIEW(get_flags)
{
	enum { WORDS_MAX = 32 };
	struct script_value list, *v = begin_list(self, SEEN_FLAGS, WORDS_MAX,
		&list);
	unsigned flags = facts_flags(RUN->facts);
	const char *word;
	size_t n = 0;

	if (v == NULL)
		return list;
	while (n < WORDS_MAX && (word = facts_flag_word(flags, n)))
		v[n++] = policy_text(span_of(word));
	return end_list(self, SEEN_FLAGS, v, n);
}

/* The nth field of a name, decoded; nil when there is none. */
static void message_header(struct script_call *c)
{
	static const char usage[] = "header(\"NAME\") or header(\"NAME\", N)";
	struct policy_host *h = c->context;
	const struct header_field *f;
	struct span name;
	unsigned nth = 1;

	if (!policy_arg_count(c, 1, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &name))
		return;
	if (c->nargs == 2) {
		if (c->args[1].type != SCRIPT_INT ||
		    c->args[1].integer < 1 || c->args[1].integer > 1000000) {
			err_set(&c->error, ERR_PERMANENT,
				"argument 2 counts fields from 1");
			return;
		}
		nth = (unsigned)c->args[1].integer;
	}
	f = header_find(&h->run.facts->mime.root->header, name, nth);
	if (f)
		c->result = policy_text(header_decode(f->value, h->scratch));
}

const struct script_class policy_message_class = {
	.name = "message",
	.fields = (const struct script_field[]){
		SESSION_FIELDS,
		{ "subject", get_subject, "decoded: text" },
		{ "size", get_size, "bytes: number" },
		{ "from", get_from, "first address of From, or empty: text" },
		{ "from_name", get_from_name, "the name beside it: text" },
		{ "to", get_to, "addresses of To and Cc: list of texts" },
		{ "spam", get_spam, "score, probability, gauge, hits" },
		{ "virus", get_virus, "found, name, unscannable, later" },
		{ "attachments", get_attachments, "list of attachments" },
		{ "urls", get_urls, "list of URLs" },
		{ "flags", get_flags, "what is odd: list of texts" },
		{ "ambiguous", get_ambiguous, "two readings: boolean" },
		{ "over", get_over, "a limit was reached: boolean" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		SESSION_METHODS,
		{ "header", message_header, "header(name, nth): text or nil" },
		{ 0 },
	},
};

/* --- the recipient ------------------------------------------------------- */

VIEW(rcpt_address) { return policy_text(RUN->env->rcpts[RUN->rcpt]); }
VIEW(rcpt_domain) { return policy_text(RUN->address.domain); }
VIEW(rcpt_local) { return policy_text(RUN->address.local); }

VIEW(rcpt_ours)
{
	const struct bundle_settings *s = &HOST->bundle->settings;

	for (size_t i = 0; i < s->ndomains; i++)
		if (span_caseeq(s->domains[i], RUN->address.domain))
			return policy_bool(true);
	return policy_bool(false);
}

static void rcpt_listed(struct script_call *c)
{
	struct policy_host *h = c->context;
	bool yes;

	if (policy_listed(h, c, h->run.env->rcpts[h->run.rcpt], h->run.rcpt,
			&yes))
		c->result = policy_bool(yes);
}

const struct script_class policy_rcpt_class = {
	.name = "rcpt",
	.fields = (const struct script_field[]){
		{ "address", rcpt_address, "text" },
		{ "domain", rcpt_domain, "text" },
		{ "local_part", rcpt_local, "text" },
		{ "ours", rcpt_ours, "domain in the wiring: boolean" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		{ "listed", rcpt_listed, "listed(list)" },
		{ 0 },
	},
};
