#include "mail/mime_tree.h"

#include <string.h>

#include "mail/param.h"

enum { BOUNDARY_MAX = 70 };	/* RFC 2046 section 5.1.1 */

static struct span lower_copy(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

/* type/subtype of token characters (RFC 2045 section 5.1)? */
static bool is_type(struct span s)
{
	size_t slashes = 0;

	for (size_t i = 0; i < s.n; i++) {
		slashes += s.p[i] == '/';
		if (s.p[i] <= 32 || s.p[i] >= 127 ||
		    memchr("()<>@,;:\\\"[]?=", s.p[i], 14))
			return false;
	}
	return slashes == 1 && s.p[0] != '/' && s.p[s.n - 1] != '/';
}

/* A boundary that readers agree on? */
static bool is_plain_boundary(struct span b)
{
	if (b.n == 0 || b.n > BOUNDARY_MAX || b.p[b.n - 1] == ' ' ||
	    b.p[0] == ' ')
		return false;
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < 32 || b.p[i] >= 127 ||
		    memchr("\"\\;", b.p[i], 3))
			return false;
	return true;
}

static struct span find_boundary(struct mime_part *p, const struct params *ps,
	struct arena *a)
{
	struct param_found f = { .value = SPAN("") };

	if (!params_find(ps, SPAN("boundary"), a, &f) || f.doubt ||
	    f.extended || !is_plain_boundary(f.value))
		p->flags |= MAIL_AMBIG_BOUNDARY;
	while (f.value.n && f.value.p[f.value.n - 1] == ' ')
		f.value.n--;
	return f.value;
}

/* The file name in a parameter, as a reader sees it. */
static struct span find_name(struct mime_part *p, const struct params *ps,
	struct span name, struct arena *a)
{
	struct param_found f;

	if (!params_find(ps, name, a, &f))
		return SPAN("");
	if (f.doubt)
		p->flags |= MAIL_AMBIG_FIELD;
	return f.extended ? f.value : header_decode(f.value, a);
}

static const struct header_field *find_field(const struct mime_part *p,
	const char *name)
{
	return header_find(&p->header, span_of(name), 1);
}

/* Content-Type: type, charset, name; returns the boundary. */
static struct span read_type(const struct mime_tree *t,
	struct mime_part *p)
{
	const struct header_field *f = find_field(p, "content-type");
	struct params ps;
	struct param_found charset;
	bool digest = p->parent && span_is(p->parent->type, "multipart/digest");

	p->type = digest ? SPAN("message/rfc822") : SPAN("text/plain");
	if (f == NULL)
		return SPAN("");
	params_parse(f->value, &t->limits, t->arena, &ps);
	p->flags |= ps.flags;
	if (is_type(ps.head))
		p->type = lower_copy(ps.head, t->arena);
	else if (span_chr(ps.head, '/') != SIZE_MAX)
		p->flags |= MAIL_AMBIG_FIELD;
	if (ps.head_doubt)
		p->flags |= MAIL_AMBIG_FIELD;
	if (params_find(&ps, SPAN("charset"), t->arena, &charset))
		p->charset = charset.value;
	p->name = find_name(p, &ps, SPAN("name"), t->arena);
	return mime_is_multipart(p) ? find_boundary(p, &ps, t->arena) :
				      SPAN("");
}

/* Content-Disposition (RFC 2183): its file name goes before the other. */
static void read_disposition(const struct mime_tree *t, struct mime_part *p)
{
	const struct header_field *f = find_field(p, "content-disposition");
	struct params ps;
	struct span name;

	if (f == NULL)
		return;
	params_parse(f->value, &t->limits, t->arena, &ps);
	p->flags |= ps.flags;
	p->disposition = lower_copy(ps.head, t->arena);
	name = find_name(p, &ps, SPAN("filename"), t->arena);
	if (name.n == 0)
		return;
	if (p->name.n && !span_caseeq(param_extension(p->name),
			     param_extension(name)))
		p->flags |= MAIL_AMBIG_FIELD;
	p->name = name;
}

/* The encoding that a word names; junk around it is passed over. */
static enum mime_encoding encoding_of(struct span word)
{
	static const struct {
		const char *name;
		enum mime_encoding encoding;
	} names[] = {
		{ "7bit", MIME_7BIT },
		{ "7-bit", MIME_7BIT },
		{ "8bit", MIME_8BIT },
		{ "8-bit", MIME_8BIT },
		{ "binary", MIME_BINARY },
		{ "base64", MIME_BASE64 },
		{ "quoted-printable", MIME_QP },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_caseeq(word, span_of(names[i].name)))
			return names[i].encoding;
	return MIME_UNKNOWN;
}

/* Some readers see base64 in "base64" or base64, all the same. */
static struct span strip_marks(struct span s)
{
	while (s.n && memchr("\"',", s.p[0], 3))
		s = span_after(s, 1);
	while (s.n && memchr("\"',", s.p[s.n - 1], 3))
		s.n--;
	return s;
}

static void read_encoding(const struct mime_tree *t, struct mime_part *p)
{
	const struct header_field *f =
		find_field(p, "content-transfer-encoding");
	struct params ps;

	if (f == NULL || span_trim(f->value).n == 0)
		return;
	p->encoding = encoding_of(span_trim(f->value));
	if (p->encoding == MIME_UNKNOWN) {
		params_parse(f->value, &t->limits, t->arena, &ps);
		p->encoding = encoding_of(strip_marks(ps.head));
		p->flags |= MAIL_AMBIG_ENCODING;
	}
	if (header_count(&p->header, f->name) > 1)
		p->flags |= MAIL_AMBIG_ENCODING;
}

/* What several Content-Type fields, or an encoded multipart, put in doubt. */
static void read_doubts(struct mime_part *p)
{
	bool composite = mime_is_multipart(p) || mime_is_message(p);

	if (p->header.flags & MAIL_AMBIG_FIELD &&
	    header_count(&p->header, SPAN("content-type")) > 1)
		p->flags |= MAIL_AMBIG_BOUNDARY;
	if (composite && p->encoding >= MIME_BASE64)
		p->flags |= MAIL_AMBIG_ENCODING;
	if (span_is(p->type, "message/partial") ||
	    span_is(p->type, "message/external-body"))
		p->flags |= MAIL_PARTIAL;
}

struct span mime_read_fields(const struct mime_tree *t, struct mime_part *p)
{
	struct span boundary = read_type(t, p);

	read_disposition(t, p);
	read_encoding(t, p);
	read_doubts(p);
	return boundary;
}
