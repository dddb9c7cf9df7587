/*
 * Files in texts and containers become parts (mime.h). The list of parts
 * grows while it is walked, so what was found is opened in its turn: depth
 * costs no stack.
 */
#include "mail/mime_tree.h"

#include "mail/binhex.h"
#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/lzfu.h"
#include "mail/param.h"
#include "mail/tnef.h"
#include "mail/uu.h"
#include "mail/yenc.h"

enum { SIGNATURE_BASE64 = 8 };

/* A text and the next file of each kind in it. */
struct opener {
	struct mime *m;
	struct mime_part *part;
	struct span text;
	struct arena *arena;
	bool has_uu, has_yenc, has_binhex, bare;
	struct uu_file uu;
	struct yenc_file yenc;
	struct binhex_file binhex;
};

/* Counts what a decoder is about to write; false: that is too much. */
static bool reserve(struct mime *m, struct mime_part *p, size_t n)
{
	struct mime_tree *t = m->tree;

	if (t->decoded > t->limits.decoded_bytes ||
	    n > t->limits.decoded_bytes - t->decoded) {
		mime_flag(m, p, MAIL_OVER_DECODED);
		return false;
	}
	t->decoded += n;
	return true;
}

/* A file name in a text, as a reader sees it. */
static struct span shown_name(struct opener *o, struct span name,
	struct span charset)
{
	bool known;

	return charset_text(name, charset, o->arena, &known);
}

/* A message in a file is opened, whatever else is said of it. */
static struct mime_part *add_file(struct mime *m, struct mime_part *parent,
	struct span type, struct span name, struct span content)
{
	struct mime_part *p = mime_add_embedded(m, parent, type, name,
		content);

	if (p && content.n && (mime_is_message(p) ||
			span_caseeq(param_extension(name), SPAN("eml")))) {
		p->own = content;
		mime_add_entity(m, p, MIME_EMBEDDED, content);
	}
	return p;
}

/* --- texts --------------------------------------------------------------- */

static size_t open_uu(struct opener *o)
{
	struct uu_file *f = &o->uu;
	size_t room = uu_room(f);
	unsigned char *out;
	struct mime_part *p;
	size_t n;

	if (reserve(o->m, o->part, room)) {
		out = arena_alloc(o->arena, room);
		n = uu_decode(f, out);
		p = add_file(o->m, o->part, SPAN(""), shown_name(o, f->name,
			o->part->charset), span_from(out, n));
		if (p && f->flags)
			mime_flag(o->m, p, MAIL_BAD_ENCODING);
	}
	return f->size;
}

static size_t open_yenc(struct opener *o)
{
	struct yenc_file *f = &o->yenc;
	size_t room = yenc_room(f);
	unsigned char *out;
	struct mime_part *p;
	size_t n;

	if (reserve(o->m, o->part, room)) {
		out = arena_alloc(o->arena, room);
		n = yenc_decode(f, out);
		p = add_file(o->m, o->part, SPAN(""), shown_name(o, f->name,
			o->part->charset), span_from(out, n));
		if (p && f->flags & YENC_PART)
			mime_flag(o->m, p, MAIL_PARTIAL);
		if (p && f->flags & ~(unsigned)YENC_PART)
			mime_flag(o->m, p, MAIL_BAD_ENCODING);
	}
	return f->size;
}

static size_t open_binhex(struct opener *o)
{
	struct binhex_file *f = &o->binhex;
	size_t room = binhex_room(f);
	struct span data, resource, name;
	struct mime_part *p;

	if (!reserve(o->m, o->part, room))
		return f->size;
	binhex_decode(f, arena_alloc(o->arena, room), &data, &resource);
	name = shown_name(o, arena_span(o->arena, span_from(f->name,
		f->name_n)), SPAN("macintosh"));
	p = add_file(o->m, o->part, SPAN(""), name, data);
	if (p && f->flags)
		mime_flag(o->m, p, MAIL_BAD_ENCODING);
	if (resource.n)
		add_file(o->m, o->part, SPAN(""), name, resource);
	return f->size;
}

/* Where the next file of a kind is, seen from `from`; SIZE_MAX: none. */
static size_t next_uu(struct opener *o, size_t from)
{
	if (o->has_uu && (o->uu.size == 0 || o->uu.at < from))
		o->has_uu = uu_find(o->text, from, &o->uu);
	return o->has_uu ? o->uu.at : SIZE_MAX;
}

static size_t next_yenc(struct opener *o, size_t from)
{
	if (o->has_yenc && (o->yenc.size == 0 || o->yenc.at < from))
		o->has_yenc = yenc_find(o->text, from, &o->yenc);
	return o->has_yenc ? o->yenc.at : SIZE_MAX;
}

static size_t next_binhex(struct opener *o, size_t from)
{
	if (o->has_binhex && (o->binhex.size == 0 || o->binhex.at < from))
		o->has_binhex = binhex_find(o->text, from, o->bare,
			&o->binhex);
	return o->has_binhex ? o->binhex.at : SIZE_MAX;
}

/* Opens the first file behind *at; what is before it goes to own. */
static bool open_next(struct opener *o, size_t *at, struct buf *own)
{
	size_t uu = next_uu(o, *at), yenc = next_yenc(o, *at);
	size_t binhex = next_binhex(o, *at), first = uu, size;

	first = yenc < first ? yenc : first;
	first = binhex < first ? binhex : first;
	if (first == SIZE_MAX)
		return false;
	buf_span(own, span_sub(o->text, *at, first - *at));
	if (first == uu)
		size = open_uu(o);
	else
		size = first == yenc ? open_yenc(o) : open_binhex(o);
	*at = first + size;
	return true;
}

static void open_files(struct opener *o)
{
	struct buf own = { .arena = o->arena };
	size_t at = 0;

	while (open_next(o, &at, &own))
		;
	if (at == 0 && o->part->child == NULL)
		return;
	buf_span(&own, span_after(o->text, at));
	o->part->own = own.n ? buf_bytes(&own) : SPAN("");
}

static bool has(struct span text, struct span word)
{
	return span_find(text, word) != SIZE_MAX;
}

static void open_text(struct mime *m, struct mime_part *p, bool bare)
{
	struct opener o = { .m = m, .part = p, .arena = m->tree->arena,
		.bare = bare };

	o.text = mime_decode(p, &m->tree->limits, o.arena);
	m->flags |= p->flags;
	/* Of ordinary text this look is all that it costs. */
	if (has(o.text, SPAN("begin"))) {
		o.has_uu = true;
		o.has_yenc = has(o.text, SPAN("=ybegin "));
	}
	o.has_binhex = bare || has(o.text, SPAN("(This file must be "));
	if (o.has_uu || o.has_binhex)
		open_files(&o);
}

/* --- containers ---------------------------------------------------------- */

static void add_rtf(struct mime *m, struct mime_part *parent,
	struct span packed)
{
	size_t room = lzfu_room(packed), n;
	unsigned char *out;
	bool clean = true;
	struct mime_part *p;

	if (!reserve(m, parent, room))
		return;
	out = arena_alloc(m->tree->arena, room);
	n = lzfu_decode(packed, out, &clean);
	p = mime_add_embedded(m, parent, SPAN("text/rtf"), SPAN(""),
		span_from(out, n));
	if (p == NULL)
		return;
	/* What is not ASCII stands there by its code page. */
	p->charset = SPAN("windows-1252");
	if (!clean)
		mime_flag(m, p, MAIL_BAD_ENCODING);
}

/* A declared type in lower case; without a slash it is none. */
static struct span type_of(struct mime *m, const struct tnef_item *v)
{
	struct span s = arena_span(m->tree->arena, v->type);
	unsigned char *p = (unsigned char *)(uintptr_t)s.p;

	if (v->kind == TNEF_MESSAGE)
		return SPAN("application/ms-tnef");
	if (span_chr(s, '/') == SIZE_MAX)
		return SPAN("");
	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(p[i]);
	/* A multipart or message without fields of its own is no such one. */
	return span_starts(s, SPAN("multipart/")) ? SPAN("") : s;
}

static void add_item(struct mime *m, struct mime_part *parent,
	struct tnef_item *v)
{
	struct mime_part *p;

	switch (v->kind) {
	case TNEF_RTF:
		add_rtf(m, parent, v->content);
		return;
	case TNEF_TEXT:
	case TNEF_HTML:
		p = mime_add_embedded(m, parent, v->kind == TNEF_HTML ?
			SPAN("text/html") : SPAN("text/plain"), SPAN(""),
			v->content);
		if (p)
			p->charset = v->charset;
		return;
	case TNEF_FILE:
	case TNEF_MESSAGE:
		p = add_file(m, parent, type_of(m, v), v->names[0],
			v->content);
		if (p) {
			p->names = v->names;
			p->nnames = v->nnames;
			p->disposition = SPAN("attachment");
		}
		return;
	}
}

static void open_tnef(struct mime *m, struct mime_part *p)
{
	struct mime_tree *t = m->tree;
	struct tnef found;

	p->own = mime_decode(p, &t->limits, t->arena);
	tnef_read(p->own, t->limits.parts, t->arena, &found);
	for (size_t i = 0; i < found.n; i++)
		add_item(m, p, &found.v[i]);
	mime_flag(m, p, p->flags |
		(found.flags & ~(unsigned)TNEF_MORE ? MAIL_BAD_ENCODING : 0) |
		(found.flags & TNEF_MORE ? MAIL_OVER_PARTS : 0));
}

/* By its type, or its first bytes: a winmail.dat says anything of itself. */
static bool is_tnef(const struct mime_part *p)
{
	unsigned char first[DECODE_BASE64_ROOM(SIGNATURE_BASE64)];
	struct span s = p->content.p ? p->content : p->body;
	bool clean = true;

	if (span_is(p->type, "application/ms-tnef") ||
	    span_is(p->type, "application/vnd.ms-tnef"))
		return true;
	if (p->content.p == NULL && p->encoding == MIME_BASE64) {
		s = span_sub(span_trim(span_sub(s, 0, 256)), 0,
			SIGNATURE_BASE64);
		s = span_from(first, decode_base64(s, first, &clean));
	}
	return span_starts(s, SPAN("\x78\x9f\x3e\x22"));
}

static bool is_binhex(const struct mime_part *p)
{
	return span_is(p->type, "application/mac-binhex40") ||
	       span_is(p->type, "application/mac-binhex");
}

/* An encoding that is none of MIME's may be "x-uuencode", "x-yencode". */
static bool holds_text(const struct mime_part *p)
{
	return span_starts(p->type, SPAN("text/")) ||
	       p->encoding == MIME_UNKNOWN;
}

void mime_open(struct mime *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct mime_part *p = m->parts[i];

		if (p->child || p->own.p || mime_is_multipart(p) ||
		    mime_is_message(p))
			continue;
		if (is_tnef(p))
			open_tnef(m, p);
		else if (is_binhex(p) || holds_text(p))
			open_text(m, p, is_binhex(p));
	}
}
