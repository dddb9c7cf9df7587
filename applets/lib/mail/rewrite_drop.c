/*
 * Parts that give way to a note. The note is a part of its own: what the old
 * one said of itself, its name above all, is gone.
 */
#include "mail/rewrite_part.h"

/* Parts with headers of their own; groups of a delivery status are none. */
static bool holds_parts(const struct mime_part *p)
{
	return span_starts(p->type, SPAN("multipart/")) ||
	       span_is(p->type, "message/rfc822") ||
	       span_is(p->type, "message/global");
}

/*
 * A file that a decoder took out of a container goes with the container;
 * out of a text it does not go at all.
 */
static const struct mime_part *carrier_of(const struct mime_part *p,
	const char **why_r)
{
	const struct mime_part *carrier = p;

	for (const struct mime_part *q = p; q; q = q->parent) {
		if (q->origin == MIME_EMBEDDED)
			carrier = q->parent;
		else if (q->origin != MIME_ENTITY)
			*why_r = "ambiguous";
	}
	if ((carrier != p && span_starts(carrier->type, SPAN("text/"))) ||
	    (carrier->parent && !holds_parts(carrier->parent)))
		*why_r = "embedded";
	return carrier;
}

/* What stands around it and must not change. */
static const char *around(const struct mime_part *p)
{
	const char *why = NULL;

	for (p = p->parent; p && why == NULL; p = p->parent)
		why = rewrite_seal(p);
	return why;
}

static struct span trim_line_ends(struct span s)
{
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* Does the message end its lines in bare LFs? */
static bool has_bare_lines(const struct rewrite *r)
{
	struct span raw = r->mime->root->raw;
	size_t lf = span_chr(raw, '\n');

	return lf != SIZE_MAX && (lf == 0 || raw.p[lf - 1] != '\r');
}

static struct span with_line_ends(struct span text, const char *end,
	struct arena *a)
{
	struct buf b = { .arena = a };
	struct span line;

	text = trim_line_ends(text);
	while (span_line(&text, &line)) {
		buf_span(&b, line);
		buf_string(&b, end);
	}
	return buf_bytes(&b);
}

const char *rewrite_may_drop(const struct mime *m,
	const struct mime_part *part)
{
	const char *why = rewrite_sealed(m);

	part = carrier_of(part, &why);
	if (why == NULL && !rewrite_lies_in(m, part))
		why = "encoded";
	if (why == NULL && !rewrite_has_body(part))
		why = "ambiguous";
	return why ? why : around(part);
}

const char *rewrite_drop(struct rewrite *r, const struct mime_part *part,
	struct span text)
{
	const char *why = rewrite_may_drop(r->mime, part);
	struct rewrite_part *w;

	if (why)
		return why;
	part = carrier_of(part, &why);
	w = rewrite_part_of(r, r->mime->parts[part->index]);
	w->dropped = w->utf8 = true;
	w->content = with_line_ends(text, "\r\n", r->arena);
	return NULL;
}

/* A line of a part around could end in it; bytes of base64 never do. */
static bool has_boundary(const struct rewrite_part *w)
{
	for (const struct mime_part *p = w->part->parent; p; p = p->parent)
		if (p->boundary.p &&
		    span_find(w->content, p->boundary) != SIZE_MAX)
			return true;
	return false;
}

enum mime_encoding rewrite_drop_encoding(const struct rewrite_part *w,
	bool plain)
{
	if (has_boundary(w))
		return MIME_BASE64;
	return plain ? MIME_7BIT : MIME_QP;
}

struct span rewrite_drop_lines(const struct rewrite *r, struct span body)
{
	return has_bare_lines(r) ? with_line_ends(body, "\n", r->arena) :
		body;
}

/* Does the line end that belongs to a boundary follow? */
static bool has_line_end_behind(struct span raw, struct span part)
{
	struct span rest = span_after(raw, (size_t)(part.p - raw.p) + part.n);

	return rest.n && (rest.p[0] == '\r' || rest.p[0] == '\n');
}

struct edit_splice rewrite_drop_splice(struct rewrite *r,
	const struct rewrite_part *w, enum mime_encoding as, struct span body)
{
	const char *end = has_bare_lines(r) ? "\n" : "\r\n";
	struct span raw = r->mime->root->raw, old = w->part->raw;
	struct buf b = { .arena = r->arena };

	buf_printf(&b, "Content-Type: " REWRITE_TEXT_TYPE "%s"
		"Content-Disposition: inline%s"
		"Content-Transfer-Encoding: %s%s%s", end, end,
		rewrite_encoding_word(as), end, end);
	buf_span(&b, has_line_end_behind(raw, old) ? trim_line_ends(body) :
		body);
	return (struct edit_splice){ .at = (uint64_t)(old.p - raw.p),
		.remove = old.n, .insert = buf_bytes(&b) };
}
