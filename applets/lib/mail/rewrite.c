#include "mail/rewrite_part.h"

#include <stdio.h>

#include "mail/param.h"

enum { LINE_MAX_BYTES = 998 };

struct rewrite *rewrite_new(const struct mime *m, const struct mail_limits *l,
	struct arena *a)
{
	struct rewrite *r = arena_alloc(a, sizeof(*r));

	r->mime = m;
	r->limits = l;
	r->arena = a;
	return r;
}

struct rewrite_part *rewrite_part_of(struct rewrite *r,
	struct mime_part *part)
{
	struct rewrite_part **at = &r->first, *w;

	while (*at && (*at)->part->body.p < part->body.p)
		at = &(*at)->next;
	if (*at && (*at)->part == part)
		return *at;
	w = arena_alloc(r->arena, sizeof(*w));
	w->part = part;
	w->content = mime_decode(part, r->limits, r->arena);
	w->next = *at;
	*at = w;
	return w;
}

/* --- encodings ----------------------------------------------------------- */

static bool has_high(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80 || s.p[i] == 0)
			return true;
	return false;
}

static bool has_long_line(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		n = s.p[i] == '\n' ? 0 : n + 1;
		if (n > LINE_MAX_BYTES + 1)
			return true;
	}
	return false;
}

/* Text that came in as it stands goes so, while that is still true of it. */
static enum mime_encoding encoding_for(const struct rewrite_part *w)
{
	const struct mime_part *p = w->part;

	if (p->encoding == MIME_QP || p->encoding == MIME_BASE64)
		return p->encoding;
	if ((has_high(w->content) && !has_high(p->body)) ||
	    (has_long_line(w->content) && !has_long_line(p->body)))
		return MIME_QP;
	return p->encoding;
}

static struct span encoded(struct rewrite *r, const struct rewrite_part *w,
	enum mime_encoding as)
{
	struct buf b = { .arena = r->arena };

	if (as == MIME_QP)
		rewrite_put_qp(&b, w->content);
	else if (as == MIME_BASE64)
		rewrite_put_base64(&b, w->content);
	else
		return w->content;
	return buf_bytes(&b);
}

/* --- fields -------------------------------------------------------------- */

/* "text/plain; charset=utf-8" and the parameters that it had else. */
static struct span utf8_type(struct rewrite *r, const struct mime_part *p)
{
	const struct header_field *f = header_find(&p->header,
		SPAN("Content-Type"), 1);
	struct buf b = { .arena = r->arena };
	struct params ps = { 0 };

	if (f)
		params_parse(f->value, r->limits, r->arena, &ps);
	buf_span(&b, p->type);
	buf_string(&b, "; charset=utf-8");
	for (size_t i = 0; i < ps.n; i++) {
		if (span_caseeq(ps.v[i].name, SPAN("charset")) ||
		    span_starts(ps.v[i].name, SPAN("charset*")))
			continue;
		buf_string(&b, ";\r\n ");
		buf_span(&b, ps.v[i].name);
		buf_byte(&b, '=');
		buf_span(&b, span_trim(header_unfold(ps.v[i].raw, r->arena)));
	}
	return buf_bytes(&b);
}

struct output {
	struct rewrite *r;
	struct edit_splice *splices;
	size_t nsplices, room;
	struct rewrite_field *fields;
	size_t nfields;
};

static size_t place_of(const struct rewrite *r, const unsigned char *p)
{
	return (size_t)(p - r->mime->root->raw.p);
}

static void put_splice(struct output *o, struct edit_splice s)
{
	o->splices[o->nsplices++] = s;
}

/* Of the message itself as an edit, of a part as a splice. */
static void set_field(struct output *o, const struct mime_part *p,
	struct span name, struct span value)
{
	struct edit_splice s;

	if (p == o->r->mime->root) {
		o->fields[o->nfields++] = (struct rewrite_field){ name,
			value };
		return;
	}
	if (!edit_change_header(&p->header, name, 1, value, o->r->arena, &s))
		s = edit_add_header(&p->header, name, value, o->r->arena);
	s.at += place_of(o->r, p->raw.p);
	put_splice(o, s);
}

/* Fields of one part in the order of their places. */
static void order_fields(struct output *o, size_t from)
{
	struct edit_splice *s = o->splices + from;

	if (o->nsplices - from == 2 && s[0].at > s[1].at) {
		struct edit_splice first = s[1];

		s[1] = s[0];
		s[0] = first;
	}
}

static void put_fields(struct output *o, const struct rewrite_part *w,
	enum mime_encoding as)
{
	size_t from = o->nsplices;

	if (w->utf8)
		set_field(o, w->part, SPAN("Content-Type"),
			utf8_type(o->r, w->part));
	if (as != w->part->encoding)
		set_field(o, w->part, SPAN("Content-Transfer-Encoding"),
			SPAN("quoted-printable"));
	order_fields(o, from);
	if (o->nfields && header_find(&w->part->header, SPAN("MIME-Version"),
			1) == NULL)
		set_field(o, w->part, SPAN("MIME-Version"), SPAN("1.0"));
}

/* Only what differs between its beginning and its end. */
static void put_body(struct output *o, const struct mime_part *p,
	struct span now)
{
	struct span old = p->body;
	size_t front = 0, back = 0, least = old.n < now.n ? old.n : now.n;

	while (front < least && old.p[front] == now.p[front])
		front++;
	while (back < least - front &&
	       old.p[old.n - 1 - back] == now.p[now.n - 1 - back])
		back++;
	put_splice(o, (struct edit_splice){
		.at = place_of(o->r, p->body.p) + front,
		.remove = old.n - front - back,
		.insert = span_sub(now, front, now.n - front - back) });
}

void rewrite_finish(struct rewrite *r, struct edit_splice **splices_r,
	size_t *nsplices_r, struct rewrite_field **fields_r, size_t *nfields_r)
{
	enum { SPLICES_EACH = 3, FIELDS = 3 };
	struct output o = { .r = r };
	size_t n = 0;

	for (const struct rewrite_part *w = r->first; w; w = w->next)
		n++;
	o.splices = arena_array(r->arena, n * SPLICES_EACH,
		sizeof(*o.splices));
	o.fields = arena_array(r->arena, FIELDS, sizeof(*o.fields));
	for (const struct rewrite_part *w = r->first; w; w = w->next) {
		enum mime_encoding as = encoding_for(w);

		put_fields(&o, w, as);
		put_body(&o, w->part, encoded(r, w, as));
	}
	*splices_r = o.splices;
	*nsplices_r = o.nsplices;
	*fields_r = o.fields;
	*nfields_r = o.nfields;
}
