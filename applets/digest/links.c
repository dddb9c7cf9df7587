#include "digest.h"

#include "crypto/secret.h"

enum { DAY_S = 86400, OPT_OUT_DAYS = 90 };

/* What a variable needs of the wiring. */
enum need { URL, REPLY };

static const struct variable {
	const char *name;
	enum need need;
	enum ticket_action action; /* 0: an address alone */
} variables[] = {
	{ "RELEASE", URL, TICKET_RELEASE }, { "ALLOW", URL, TICKET_ALLOW },
	{ "DELETE", URL, TICKET_DELETE }, { "OPTOUT", URL, TICKET_OPT_OUT },
	{ "ANSWER", REPLY, TICKET_RELEASE },
	{ "ANSWERMAIL", REPLY, TICKET_RELEASE }, { "ANSWERTO", REPLY, 0 },
};

enum { VARIABLES = sizeof(variables) / sizeof(*variables) };

int digest_links_load(struct digest *d, struct err *e)
{
	if (d->w.enduser_url == NULL && d->w.enduser_reply == NULL)
		return 0;
	d->tickets = ticket_load(TICKET_KEY_FILE, e);
	return d->tickets ? 0 : -1;
}

static bool has(const struct digest *d, const struct digest_rule *r,
	enum need need)
{
	return d->tickets && r->links &&
		(need == URL ? d->w.enduser_url : d->w.enduser_reply);
}

/* Is there a variable in it that would be empty? */
static bool is_idle(const struct digest *d, const struct digest_rule *r,
	struct span line, struct arena *a)
{
	for (size_t i = 0; i < VARIABLES; i++)
		if (!has(d, r, variables[i].need) &&
		    span_find(line, span_of(arena_printf(a, "%%%%%s%%%%",
		    variables[i].name))) != SIZE_MAX)
			return true;
	return false;
}

struct span digest_links_keep(const struct digest *d,
	const struct digest_rule *r, struct span template, struct arena *a)
{
	struct buf kept = { .arena = a };
	struct span rest = template, line;

	while (span_line(&rest, &line))
		if (!is_idle(d, r, line, a)) {
			buf_span(&kept, line);
			buf_byte(&kept, '\n');
		}
	return buf_bytes(&kept);
}

static void say_url(const struct digest *d, const struct digest_mail *m,
	const struct ticket *t, struct buf *b)
{
	buf_string(b, d->w.enduser_url);
	buf_string(b, "/link?t=");
	ticket_put(d->tickets, t, b);
	buf_string(b, "&l=");
	buf_span(b, m->language.n ? m->language :
		span_of(m->rule->language));
}

/* "[pm:TICKET]", which a quoted line has room for; or mail that has it. */
static void say_answer(const struct digest *d, const struct ticket *t,
	bool as_mail, struct buf *b)
{
	if (as_mail)
		buf_printf(b, "mailto:%s?subject=%%5Bpm:",
			d->w.enduser_reply);
	else
		buf_string(b, DIGEST_ANSWER);
	ticket_put(d->tickets, t, b);
	buf_string(b, as_mail ? "%5D" : "]");
}

/* Nothing of a message that is not one: preview has no ids to act upon. */
static bool fill(const struct digest_item *item, struct ticket *t)
{
	if (t->action == TICKET_OPT_OUT) {
		/* Another each time: it may be wanted again. */
		t->item = id_new();
		return true;
	}
	t->place = item ? item->place : 0;
	return item && id_parse(item->id, &t->item);
}

static void say(const struct digest *d, const struct digest_mail *m,
	const struct variable *v, const struct digest_item *item,
	struct buf *b)
{
	struct ticket t = { .person = m->to, .action = v->action,
		.purpose = v->need == URL ? TICKET_LINK : TICKET_REPLY };

	t.end_s = m->ms / 1000 + DAY_S * (int64_t)(v->action ==
		TICKET_OPT_OUT ? OPT_OUT_DAYS : m->rule->links);
	if (v->need == URL)
		t.rule = span_of(m->rule->name);
	if (v->action == 0)
		buf_string(b, d->w.enduser_reply);
	else if (fill(item, &t) && v->need == URL)
		say_url(d, m, &t, b);
	else if (fill(item, &t))
		say_answer(d, &t, strcmp(v->name, "ANSWERMAIL") == 0, b);
}

bool digest_link(const struct digest *d, const struct digest_mail *m,
	const struct digest_item *item, struct span name, struct arena *a,
	struct span *url_r)
{
	const struct variable *v = variables;
	struct buf b = { .arena = a };

	while (v < variables + VARIABLES && !span_is(name, v->name))
		v++;
	if (v == variables + VARIABLES)
		return false;
	if (has(d, m->rule, v->need) && m->to.n <= TICKET_PERSON_MAX)
		say(d, m, v, item, &b);
	*url_r = buf_bytes(&b);
	return true;
}
