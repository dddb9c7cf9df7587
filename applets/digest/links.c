#include "digest.h"

#include "crypto/secret.h"

enum { DAY_S = 86400, OPT_OUT_DAYS = 90 };

static const struct variable {
	const char *name;
	enum ticket_action action;
} variables[] = {
	{ "RELEASE", TICKET_RELEASE }, { "ALLOW", TICKET_ALLOW },
	{ "DELETE", TICKET_DELETE }, { "OPTOUT", TICKET_OPT_OUT },
};

enum { VARIABLES = sizeof(variables) / sizeof(*variables) };

int digest_links_load(struct digest *d, struct err *e)
{
	if (d->w.enduser_url == NULL)
		return 0;
	d->tickets = ticket_load(TICKET_KEY_FILE, e);
	return d->tickets ? 0 : -1;
}

bool digest_links(const struct digest *d, const struct digest_rule *r)
{
	return d->tickets && r->links;
}

static bool has_link(struct span line, struct arena *a)
{
	for (size_t i = 0; i < VARIABLES; i++)
		if (span_find(line, span_of(arena_printf(a, "%%%%%s%%%%",
		    variables[i].name))) != SIZE_MAX)
			return true;
	return false;
}

struct span digest_links_keep(struct span template, bool links,
	struct arena *a)
{
	struct buf kept = { .arena = a };
	struct span rest = template, line;

	if (links)
		return template;
	while (span_line(&rest, &line))
		if (!has_link(line, a)) {
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

bool digest_link(const struct digest *d, const struct digest_mail *m,
	const struct digest_item *item, struct span name, struct arena *a,
	struct span *url_r)
{
	const struct variable *v = variables;
	struct ticket t = { .purpose = TICKET_LINK, .person = m->to,
		.rule = span_of(m->rule->name) };
	struct buf url = { .arena = a };

	while (v < variables + VARIABLES && !span_is(name, v->name))
		v++;
	if (v == variables + VARIABLES)
		return false;
	*url_r = SPAN("");
	if (!digest_links(d, m->rule) || m->to.n > TICKET_PERSON_MAX)
		return true;
	t.action = v->action;
	t.end_s = m->ms / 1000 + DAY_S * (int64_t)(v->action ==
		TICKET_OPT_OUT ? OPT_OUT_DAYS : m->rule->links);
	if (fill(item, &t))
		say_url(d, m, &t, &url);
	*url_r = buf_bytes(&url);
	return true;
}
