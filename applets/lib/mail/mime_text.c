/*
 * The text of a part (mime.h).
 */
#include "mail/mime_tree.h"

#include "mail/charset.h"
#include "mail/flowed.h"
#include "mail/param.h"

static bool param_is(const struct params *ps, struct span name,
	const char *value, struct arena *a)
{
	struct param_found f;

	return params_find(ps, name, a, &f) &&
	       span_caseeq(f.value, span_of(value));
}

/* Does a text/plain say that its lines flow? */
static bool flows(const struct mime_part *p, const struct mail_limits *l,
	struct arena *a, bool *delsp_r)
{
	const struct header_field *f = header_find(&p->header,
		SPAN("content-type"), 1);
	struct params ps;

	if (f == NULL || !span_is(p->type, "text/plain") ||
	    span_casefind(f->value, SPAN("flowed")) == SIZE_MAX)
		return false;
	params_parse(f->value, l, a, &ps);
	*delsp_r = param_is(&ps, SPAN("delsp"), "yes", a);
	return param_is(&ps, SPAN("format"), "flowed", a);
}

static void read_text(struct mime_part *p, const struct mail_limits *l,
	struct arena *a, struct charset_reading *r)
{
	struct span content = mime_decode(p, l, a);
	bool delsp;

	if (p->own.p)
		content = p->own;
	charset_read(content, p->charset, span_is(p->type, "text/html"), a,
		r);
	if (!flows(p, l, a, &delsp))
		return;
	r->text = flowed_undo(r->text, delsp, a);
	if (r->other.n)
		r->other = flowed_undo(r->other, delsp, a);
}

struct span mime_text(struct mime_part *p, const struct mail_limits *l,
	struct arena *a)
{
	struct charset_reading r;

	read_text(p, l, a, &r);
	if (!r.known)
		p->flags |= MAIL_OTHER_CHARSET;
	if (r.doubt)
		p->flags |= MAIL_AMBIG_CHARSET;
	p->other = r.other;
	return r.text;
}

struct span mime_other_text(const struct mime_part *p)
{
	return p->other.p ? p->other : SPAN("");
}

bool mime_is_leaf(const struct mime_part *p)
{
	return p->child == NULL || p->own.p ||
	       !(mime_is_multipart(p) || mime_is_message(p));
}

bool mime_is_text(const struct mime_part *p)
{
	return mime_is_leaf(p) && span_starts(p->type, SPAN("text/"));
}
