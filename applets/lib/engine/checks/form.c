/*
 * How the header is made: what every mail program writes and is not there,
 * what programs for mass mail write otherwise. lua/rules weighs it.
 */
#include "engine/check.h"
#include "mail/domain.h"

enum { SHOUT_LEAST = 12, MARKS_MANY = 3 };

static const struct header_field *field(struct facts *f, const char *name)
{
	return header_find(&f->mime.root->header, span_of(name), 1);
}

static struct span value(struct facts *f, const char *name)
{
	const struct header_field *h = field(f, name);

	return h ? span_trim(header_unfold(h->value, f->arena)) : SPAN("");
}

static void missing_hits(struct facts *f)
{
	static const struct {
		const char *field, *name;
	} wanted[] = {
		{ "Message-ID", "NO_MESSAGE_ID" },
		{ "To", "NO_TO" }, { "Subject", "NO_SUBJECT" },
		{ "From", "NO_FROM" },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (value(f, wanted[i].field).n == 0)
			facts_hit(f, wanted[i].name, 0, SPAN("is not there, "
				"or is empty"));
	if (f->mime.n > 1 && field(f, "MIME-Version") == NULL)
		facts_hit(f, "NO_MIME_VERSION", 0,
			SPAN("parts, but no MIME-Version"));
}

static void subject_hits(struct facts *f)
{
	size_t upper = 0, lower = 0, marks = 0, beyond = 0;
	struct span raw = value(f, "Subject"), s = f->subject;

	for (size_t i = 0; i < s.n; i++) {
		upper += s.p[i] >= 'A' && s.p[i] <= 'Z';
		lower += s.p[i] >= 'a' && s.p[i] <= 'z';
		marks += s.p[i] == '!' || s.p[i] == '?' || s.p[i] == '$';
		beyond += s.p[i] >= 0x80;
	}
	if (upper >= SHOUT_LEAST && lower == 0)
		facts_hit(f, "SUBJECT_SHOUTS", 0, s);
	if (marks >= MARKS_MANY)
		facts_hit(f, "SUBJECT_MARKS", 0, s);
	if (span_find(raw, SPAN("=?")) != SIZE_MAX && beyond == 0 && s.n)
		facts_hit(f, "SUBJECT_CODED_ASCII", 0, raw);
}

/* <something@a host with a dot>, as RFC 5322 3.6.4 recommends. */
static void message_id_hits(struct facts *f)
{
	struct span id = value(f, "Message-ID"), host;
	size_t at = span_rchr(id, '@');

	if (id.n == 0)
		return;
	if (id.p[0] != '<' || id.p[id.n - 1] != '>' || at == SIZE_MAX) {
		facts_hit(f, "MESSAGE_ID_ODD", 0, id);
		return;
	}
	host = span_sub(id, at + 1, id.n - at - 2);
	if (span_chr(host, '.') == SIZE_MAX)
		facts_hit(f, "MESSAGE_ID_LOCAL", 0, id);
}

/* The organisation of an address, or empty. */
static struct span organisation(struct facts *f, struct span domain)
{
	struct span ascii;

	return domain_ascii(domain, f->arena, &ascii) ?
		domain_organisation(ascii) : SPAN("");
}

static void address_hits(struct facts *f)
{
	struct span own = organisation(f, f->from.domain), other;
	const struct address *to;
	struct address *reply, from;
	size_t n;

	n = address_list(value(f, "Reply-To"), 1, f->arena, &reply);
	other = n ? organisation(f, reply[0].domain) : SPAN("");
	if (other.n && own.n && !span_eq(own, other))
		facts_hit(f, "REPLY_ELSEWHERE", 0, reply[0].full);
	from = address_split(f->env->mail_from);
	other = organisation(f, from.domain);
	if (other.n && own.n && !span_eq(own, other))
		facts_hit(f, "ENVELOPE_ELSEWHERE", 0, f->env->mail_from);
	if (facts_to(f, &to) == 1 && f->from.full.n &&
	    span_caseeq(to[0].full, f->from.full))
		facts_hit(f, "TO_ITSELF", 0, f->from.full);
}

static enum check_state form_run(struct facts *f)
{
	size_t before = f->nhits;

	missing_hits(f);
	subject_hits(f);
	message_id_hits(f);
	address_hits(f);
	return f->nhits > before ? CHECK_HIT : CHECK_NO;
}

const struct check form_check = {
	.name = "form",
	.stage = CHECK_LOCAL,
	.run = form_run,
};
