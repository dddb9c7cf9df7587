/*
 * The variables of templates (template_text.h): what they are of the message
 * at hand.
 */
#include "engine/policy_view.h"

#include <string.h>

#include "engine/notice_mail.h"
#include "engine/template_text.h"

enum { TAG_AT = 50, LISTED_MAX = 20 };

#define FACTS(p) ((p)->h->run.facts)
#define GET(name) static struct span name(const struct variable_place *p, \
	struct buf *b)

static struct span number(struct buf *b, uint64_t n)
{
	buf_printf(b, "%llu", (unsigned long long)n);
	return buf_bytes(b);
}

/* All fields of a name, decoded. */
static struct span field(const struct variable_place *p, struct span name,
	struct buf *b)
{
	const struct header *h = &FACTS(p)->mime.root->header;
	const struct header_field *f;

	for (unsigned i = 1; (f = header_find(h, name, i)) &&
	     b->n < TEMPLATE_VALUE_MAX; i++) {
		buf_string(b, i > 1 ? ", " : "");
		buf_span(b, span_trim(header_decode(f->value, b->arena)));
	}
	return buf_bytes(b);
}

static struct span repeat(struct buf *b, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_byte(b, (unsigned char)c);
	return buf_bytes(b);
}

static struct span date(const struct variable_place *p, struct buf *b,
	bool local)
{
	int64_t ms = p->h->run.env->received_ms;
	char text[NOTICE_DATE_SIZE];

	notice_date(ms, local ? policy_local_offset(p->h, ms / 1000) : 0,
		text);
	buf_string(b, text);
	return buf_bytes(b);
}

GET(version)
{
	(void)p;
	buf_string(b, "pm");
	return buf_bytes(b);
}

GET(subject) { (void)b; return FACTS(p)->subject; }
GET(message_size) { return number(b, FACTS(p)->raw.n); }
GET(header_size) { return number(b, FACTS(p)->mime.root->header.size); }
GET(queue_id) { (void)b; return p->h->run.env->queue_id; }
GET(sender_ip) { (void)b; return p->h->run.env->relay_addr; }
GET(date_local) { return date(p, b, true); }
GET(date_gmt) { return date(p, b, false); }
GET(mail_from) { (void)b; return p->h->run.env->mail_from; }
GET(header_from) { return field(p, SPAN("From"), b); }
GET(header_to) { return field(p, SPAN("To"), b); }
GET(header_cc) { return field(p, SPAN("Cc"), b); }
GET(header_date) { return field(p, SPAN("Date"), b); }
GET(xgauge) { return repeat(b, 'X', FACTS(p)->probability / 10); }
GET(sgauge) { return repeat(b, '*', FACTS(p)->probability / 10); }
GET(igauge) { return repeat(b, 'I', FACTS(p)->probability % 10); }

GET(body_size)
{
	size_t header = FACTS(p)->mime.root->header.size;

	return number(b, FACTS(p)->raw.n - header);
}

/* Recipients do not learn of each other. */
GET(envelope_to)
{
	const struct envelope *env = p->h->run.env;
	const struct group *g = p->group;

	if (g == NULL)
		return env->rcpts[p->h->run.rcpt];
	if (p->alone && g->nrcpts > 1)
		return SPAN("undisclosed recipients");
	for (size_t i = 0; i < g->nrcpts && i < LISTED_MAX; i++) {
		buf_string(b, i ? ", " : "");
		buf_span(b, env->rcpts[g->rcpts[i]]);
	}
	buf_string(b, g->nrcpts > LISTED_MAX ? ", ..." : "");
	return buf_bytes(b);
}

GET(gauge)
{
	uint8_t spam = FACTS(p)->probability;
	struct span text;
	uint64_t least = TAG_AT;

	if (policy_find_option(p->h, SPAN("tag_at"), &text))
		span_u64(text, 100, &least);
	return spam < least ? SPAN("") :
		repeat(b, '#', 1 + (size_t)(spam - least) / 10);
}

GET(probability)
{
	buf_printf(b, "%u%%", (unsigned)FACTS(p)->probability);
	return buf_bytes(b);
}

GET(hits)
{
	const struct facts *f = FACTS(p);

	for (size_t i = 0; i < f->nhits && b->n < TEMPLATE_VALUE_MAX; i++) {
		buf_string(b, i ? ", " : "");
		buf_span(b, f->hits[i].name);
		buf_printf(b, " %.3f", f->hits[i].weight / 1000.0);
	}
	return buf_bytes(b);
}

GET(spam_report)
{
	const struct facts *f = FACTS(p);

	for (size_t i = 0; i < f->nhits && b->n < TEMPLATE_VALUE_MAX; i++) {
		buf_printf(b, "%7.3f  ", f->hits[i].weight / 1000.0);
		buf_span(b, f->hits[i].name);
		buf_string(b, f->hits[i].evidence.n ? ": " : "");
		buf_span(b, f->hits[i].evidence);
		buf_byte(b, '\n');
	}
	return buf_bytes(b);
}

/* The lists, ours and others', on which relay or sender is. */
GET(blocklist_reason)
{
	const struct run *r = &p->h->run;
	const struct dnslist *d = r->dns ? r->dns->first : NULL;

	for (size_t i = 0; i < r->nlists && b->n < TEMPLATE_VALUE_MAX; i++) {
		if (r->lists[i].rcpt != UINT32_MAX)
			continue;
		buf_string(b, b->n ? ", " : "");
		buf_span(b, r->lists[i].list);
		buf_string(b, ": ");
		buf_span(b, r->lists[i].entry);
	}
	for (; d && b->n < TEMPLATE_VALUE_MAX; d = d->next) {
		if (!d->settled || d->state != DNSLIST_HIT)
			continue;
		buf_string(b, b->n ? ", " : "");
		buf_span(b, d->zone);
		buf_string(b, ": ");
		buf_span(b, d->answer);
	}
	return buf_bytes(b);
}

GET(virus_ids)
{
	(void)b;
	return FACTS(p)->virus == VIRUS_FOUND ||
		FACTS(p)->virus == VIRUS_UNSCANNABLE ? FACTS(p)->virus_name :
		SPAN("");
}

GET(attachment_names)
{
	const struct facts *f = FACTS(p);

	for (size_t i = 0; i < f->mime.n && b->n < TEMPLATE_VALUE_MAX; i++) {
		const struct mime_part *m = f->parts[i].mime;

		if (!facts_is_attachment(m) || m->name.n == 0)
			continue;
		buf_string(b, b->n ? ", " : "");
		buf_span(b, m->name);
	}
	return buf_bytes(b);
}

/* The rule that decided: the last one asked. */
GET(rule)
{
	const struct group *g = p->group;
	const struct trace_step *t;

	if (g == NULL || g->ntrace == 0)
		return SPAN("");
	t = &g->trace[g->ntrace - 1];
	buf_span(b, t->policy);
	buf_byte(b, '/');
	buf_span(b, t->rule);
	return buf_bytes(b);
}

GET(reason)
{
	(void)b;
	return p->group ? p->group->reason : SPAN("");
}

static const struct variable {
	const char *name;
	struct span (*get)(const struct variable_place *p, struct buf *b);
} variables[] = {
	{ "PMX_VERSION", version }, { "SUBJECT", subject },
	{ "MESSAGE_SIZE", message_size }, { "HEADER_SIZE", header_size },
	{ "BODY_SIZE", body_size }, { "QUEUE_ID", queue_id },
	{ "SENDER_IP", sender_ip }, { "DATETIME", date_local },
	{ "DATETIME_GMT", date_gmt }, { "ENVELOPE_TO", envelope_to },
	{ "ENVELOPE_FROM", mail_from }, { "HEADER_FROM", header_from },
	{ "HEADER_TO", header_to }, { "HEADER_CC", header_cc },
	{ "HEADER_DATE", header_date }, { "GAUGE", gauge },
	{ "XGAUGE", xgauge }, { "SGAUGE", sgauge }, { "IGAUGE", igauge },
	{ "PROB", probability }, { "HITS", hits },
	{ "SPAM_REPORT", spam_report },
	{ "BLOCKLIST_REASON", blocklist_reason }, { "VIRUS_IDS", virus_ids },
	{ "ATTACHMENT_NAMES", attachment_names }, { "RULE", rule },
	{ "REASON", reason },
};

struct span policy_variable(void *self, struct span name)
{
	const struct variable_place *p = self;
	struct buf b = { .arena = p->h->run.arena };

	for (size_t i = 0; i < p->wish->nvars; i++)
		if (span_eq(p->wish->vars[i].name, name))
			return p->wish->vars[i].value;
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (span_is(name, variables[i].name))
			return variables[i].get(p, &b);
	return SPAN("");
}
