#include "mail/mime_tree.h"

#include "mail/lines.h"
#include "mail/mime_smime.h"

/* Bodies that are groups of fields (RFC 3464, 3462, 8098, 5965, 6533). */
static bool is_fields(struct span type)
{
	static const char *const types[] = {
		"message/delivery-status",
		"message/global-delivery-status",
		"message/disposition-notification",
		"message/global-disposition-notification",
		"message/feedback-report",
		"message/global-headers",
		"text/rfc822-headers",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_is(type, types[i]))
			return true;
	return false;
}

static bool is_smime(const struct mime_part *p)
{
	return span_is(p->type, "application/pkcs7-mime") ||
	       span_is(p->type, "application/x-pkcs7-mime") ||
	       (span_is(p->type, "application/octet-stream") &&
		       span_caseeq(param_extension(p->name), SPAN("p7m")));
}

/* Each group becomes a part with a header and no body. */
static void open_fields(struct mime *m, struct mime_part *parent,
	struct span rest)
{
	struct mime_tree *t = m->tree;

	for (;;) {
		struct mail_limits l = t->limits;
		struct mime_part *p;
		struct header h;

		while (rest.n && (rest.p[0] == '\r' || rest.p[0] == '\n'))
			rest = span_after(rest, 1);
		if (l.headers > t->fields)
			l.headers = t->fields;
		header_parse(rest, &l, t->arena, &h);
		if (h.n == 0)
			return;
		p = mime_add_part(m, parent, MIME_ENTITY);
		if (p == NULL)
			return;
		t->fields -= h.n;
		p->header = h;
		p->raw = span_sub(rest, 0, h.size);
		p->body = span_after(rest, h.size);
		p->body.n = 0;
		p->type = SPAN("text/plain");
		p->flags = h.flags & ~(unsigned)MAIL_NO_BLANK_LINE;
		m->flags |= p->flags;
		rest = span_after(rest, h.size);
	}
}

static void open_smime(struct mime *m, struct mime_part *p,
	struct span content)
{
	struct span inner;

	switch (mime_smime_open(content, m->tree->arena, &inner)) {
	case SMIME_SIGNED:
		if (inner.n)
			mime_add_entity(m, p, MIME_ENTITY, inner);
		break;
	case SMIME_ENCRYPTED:
		mime_flag(m, p, MAIL_ENCRYPTED);
		break;
	case SMIME_OTHER:
		mime_flag(m, p, MAIL_UNSCAN_ARCHIVE);
		break;
	}
}

void mime_open_nested(struct mime *m, struct mime_part *p)
{
	bool message = mime_is_message(p) && mime_is_encoded(p);
	struct span content;

	if ((!message && !is_fields(p->type) && !is_smime(p)) ||
	    p->body.n == 0)
		return;
	content = mime_decode(p, &m->tree->limits, m->tree->arena);
	m->flags |= p->flags;
	p->doubts |= MIME_OPENED;
	if (is_smime(p))
		open_smime(m, p, content);
	else if (!message)
		open_fields(m, p, content);
	else if (content.n)
		mime_add_entity(m, p, MIME_ENTITY, content);
}
