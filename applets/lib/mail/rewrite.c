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

/* A part stands before what is inside of it. */
static bool is_before(const struct mime_part *a, const struct mime_part *b)
{
	return a->body.p < b->body.p ||
	       (a->body.p == b->body.p && a->depth < b->depth);
}

struct rewrite_part *rewrite_part_of(struct rewrite *r,
	struct mime_part *part)
{
	struct rewrite_part **at = &r->first, *w;

	while (*at && is_before((*at)->part, part))
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

	if (w->dropped)
		return rewrite_drop_encoding(w, !has_high(w->content) &&
			!has_long_line(w->content));
	if (p->encoding == MIME_QP || p->encoding == MIME_BASE64)
		return p->encoding;
	if ((has_high(w->content) && !has_high(p->body)) ||
	    (has_long_line(w->content) && !has_long_line(p->body)))
		return MIME_QP;
	return p->encoding;
}

const char *rewrite_encoding_word(enum mime_encoding as)
{
	return as == MIME_BASE64 ? "base64" : as == MIME_QP ?
		"quoted-printable" : "7bit";
}

static struct span encoded(struct rewrite *r, const struct rewrite_part *w,
	enum mime_encoding as)
{
	struct buf b = { .arena = r->arena };

	if (as == MIME_QP) {
		rewrite_put_qp(&b, w->content);
	} else if (as == MIME_BASE64) {
		rewrite_put_base64(&b, w->content);
		/* The last line's end was the boundary's. */
		if (w->part->body.n && !span_ends(w->part->body, SPAN("\n")))
			b.n -= 2;
	} else {
		buf_span(&b, w->content);
	}
	return w->dropped ? rewrite_drop_lines(r, buf_bytes(&b)) :
		buf_bytes(&b);
}

/* --- fields -------------------------------------------------------------- */

bool rewrite_is_page(const struct rewrite_part *w)
{
	return !w->dropped && span_is(w->part->type, "text/html");
}

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

	for (size_t i = 1; i < o->nsplices - from; i++)
		for (size_t k = i; k > 0 && s[k - 1].at > s[k].at; k--) {
			struct edit_splice first = s[k];

			s[k] = s[k - 1];
			s[k - 1] = first;
		}
}

/* The header is a message's, not only a part's. */
static bool is_message(const struct mime_part *p)
{
	return p->parent == NULL ||
	       span_starts(p->parent->type, SPAN("message/"));
}

static void put_fields(struct output *o, const struct rewrite_part *w,
	enum mime_encoding as)
{
	const struct mime_part *p = w->part;
	size_t from = o->nsplices;

	if (w->utf8)
		set_field(o, p, SPAN("Content-Type"), w->dropped ?
			SPAN(REWRITE_TEXT_TYPE) : utf8_type(o->r, p));
	if (as != p->encoding)
		set_field(o, p, SPAN("Content-Transfer-Encoding"),
			span_of(rewrite_encoding_word(as)));
	if (w->dropped && p->disposition.n)
		set_field(o, p, SPAN("Content-Disposition"), SPAN("inline"));
	if ((w->utf8 || as != p->encoding) && is_message(p) &&
	    header_find(&p->header, SPAN("MIME-Version"), 1) == NULL)
		set_field(o, p, SPAN("MIME-Version"), SPAN("1.0"));
	order_fields(o, from);
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

static void put_part(struct output *o, const struct rewrite_part *w)
{
	enum mime_encoding as = encoding_for(w);
	struct span now = encoded(o->r, w, as);

	if (w->dropped && !is_message(w->part)) {
		put_splice(o, rewrite_drop_splice(o->r, w, as, now));
		return;
	}
	put_fields(o, w, as);
	put_body(o, w->part, now);
}

void rewrite_finish(struct rewrite *r, struct edit_splice **splices_r,
	size_t *nsplices_r, struct rewrite_field **fields_r, size_t *nfields_r)
{
	enum { SPLICES_EACH = 5, FIELDS = 4 };
	struct output o = { .r = r };
	const unsigned char *gone = NULL;
	size_t n = 0;

	for (const struct rewrite_part *w = r->first; w; w = w->next)
		n++;
	o.splices = arena_array(r->arena, n * SPLICES_EACH,
		sizeof(*o.splices));
	o.fields = arena_array(r->arena, FIELDS, sizeof(*o.fields));
	for (const struct rewrite_part *w = r->first; w; w = w->next) {
		/* What a dropped part held is gone with it. */
		if (gone && w->part->raw.p < gone)
			continue;
		put_part(&o, w);
		if (w->dropped)
			gone = w->part->raw.p + w->part->raw.n;
	}
	*splices_r = o.splices;
	*nsplices_r = o.nsplices;
	*fields_r = o.fields;
	*nfields_r = o.nfields;
}
