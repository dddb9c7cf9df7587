/*
 * What a rule may read and call, in words: made from the tables that the
 * script layer reads, so that it cannot differ from them.
 */
#include "engine/policy_view.h"

#include <stdio.h>
#include <string.h>

/* In the order in which a reader of rules meets them. */
static const struct script_class *const classes[] = {
	&policy_class, &policy_session_class, &policy_message_class,
	&policy_rcpt_class, &policy_plan_class, &policy_relay_class,
	&policy_dns_class,
	&policy_spam_class, &policy_hit_class, &policy_virus_class,
	&policy_attachment_class, &policy_url_class, &policy_address_class,
	&policy_auth_class, &policy_spf_class, &policy_dkim_class,
	&policy_signature_class, &policy_dmarc_class, &policy_arc_class,
	&policy_regex_class, &policy_clock_class,
};

static void put_line(struct buf *b, const char *name, const char *doc)
{
	buf_printf(b, "  %-14s %s\n", name, doc);
}

/* A method's text begins with its name; it calls for a colon. */
static void put_method(struct buf *b, const struct script_method *m)
{
	buf_printf(b, "  :%s\n", m->doc);
}

static void put_class(struct buf *b, const struct script_class *c)
{
	buf_printf(b, "\n%s\n", c->name);
	for (const struct script_field *f = c->fields; f && f->name; f++)
		put_line(b, f->name, f->doc);
	for (const struct script_method *m = c->methods; m && m->name; m++)
		put_method(b, m);
}

void policy_put_words(struct buf *b)
{
	buf_string(b, "functions\n");
	for (const struct script_function *f = policy_functions; f->name; f++)
		buf_printf(b, "  %s\n", f->doc);
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		put_class(b, classes[i]);
}
