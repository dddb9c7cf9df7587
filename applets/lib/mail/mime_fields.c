#include "mail/mime_tree.h"

#include <string.h>

#include "mail/param.h"

enum { BOUNDARY_MAX = 70 };	/* RFC 2046 section 5.1.1 */

struct span mime_lower(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

/* type/subtype of token characters (RFC 2045 section 5.1)? */
bool mime_is_type(struct span s)
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
	struct param_found f = { 0 };

	if (!params_find(ps, SPAN("boundary"), a, &f) || f.doubt ||
	    f.extended || !is_plain_boundary(f.value)) {
		p->flags |= MAIL_AMBIG_BOUNDARY;
		p->doubts |= MIME_DOUBT_BOUNDARY;
	}
	while (f.value.n && f.value.p[f.value.n - 1] == ' ')
		f.value.n--;
	return f.value.n ? f.value : (struct span){ 0 };
}

/* Content-Type: type, charset and boundary. */
static void read_type(const struct mime_tree *t, struct mime_part *p,
	const struct header_field *f, struct params *ps)
{
	bool digest = p->parent && span_is(p->parent->type, "multipart/digest");
	struct param_found charset;

	p->type = digest ? SPAN("message/rfc822") : SPAN("text/plain");
	if (f == NULL)
		return;
	params_parse(f->value, &t->limits, t->arena, ps);
	p->flags |= ps->flags;
	if (mime_is_type(ps->head))
		p->type = mime_lower(ps->head, t->arena);
	if (ps->head_doubt || (!mime_is_type(ps->head) &&
		span_chr(ps->head, '/') != SIZE_MAX)) {
		p->flags |= MAIL_AMBIG_FIELD;
		p->doubts |= MIME_DOUBT_TYPE;
	}
	if (params_find(ps, SPAN("charset"), t->arena, &charset))
		p->charset = charset.value;
	if (mime_is_multipart(p))
		p->boundary = find_boundary(p, ps, t->arena);
}

/* Content-Disposition (RFC 2183). */
static void read_disposition(const struct mime_tree *t, struct mime_part *p,
	const struct header_field *f, struct params *ps)
{
	if (f == NULL)
		return;
	params_parse(f->value, &t->limits, t->arena, ps);
	p->flags |= ps->flags;
	p->disposition = mime_lower(ps->head, t->arena);
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

static void read_encoding(const struct mime_tree *t, struct mime_part *p,
	const struct header_field *f)
{
	struct params ps;

	if (f == NULL || span_trim(f->value).n == 0)
		return;
	p->encoding = encoding_of(span_trim(f->value));
	if (p->encoding == MIME_UNKNOWN) {
		params_parse(f->value, &t->limits, t->arena, &ps);
		p->encoding = encoding_of(strip_marks(ps.head));
		p->doubts |= MIME_DOUBT_ENCODING;
	}
}

/* What several Content-Type fields, or an encoded multipart, put in doubt. */
static void read_doubts(struct mime_part *p)
{
	bool composite = mime_is_multipart(p) || mime_is_message(p);

	if (p->header.flags & MAIL_AMBIG_FIELD) {
		if (header_count(&p->header, SPAN("content-type")) > 1) {
			p->flags |= MAIL_AMBIG_BOUNDARY;
			p->doubts |= MIME_DOUBT_TYPE;
		}
		if (header_count(&p->header,
			SPAN("content-transfer-encoding")) > 1)
			p->doubts |= MIME_DOUBT_ENCODING;
	}
	if (composite && p->encoding >= MIME_BASE64)
		p->doubts |= MIME_DOUBT_ENCODING;
	if (p->doubts & MIME_DOUBT_ENCODING)
		p->flags |= MAIL_AMBIG_ENCODING;
	if (p->header.end_doubt)
		p->doubts |= MIME_DOUBT_HEADER;
	if (p->header.flags & MAIL_HAS_NUL)
		p->doubts |= MIME_DOUBT_NUL;
	if (span_is(p->type, "message/partial") ||
	    span_is(p->type, "message/external-body"))
		p->flags |= MAIL_PARTIAL;
	if (span_is(p->type, "multipart/encrypted") ||
	    span_is(p->type, "application/pgp-encrypted"))
		p->flags |= MAIL_ENCRYPTED;
}

void mime_read_fields(const struct mime_tree *t, struct mime_part *p)
{
	const struct header_field *type = NULL, *disposition = NULL;
	const struct header_field *encoding = NULL;
	struct params of_type = { 0 }, of_disposition = { 0 };

	for (size_t i = p->header.n; i-- > 0;) {
		const struct header_field *f = &p->header.fields[i];

		if (!span_casestarts(f->name, SPAN("content-")))
			continue;
		if (span_caseeq(f->name, SPAN("content-type")))
			type = f;
		else if (span_caseeq(f->name, SPAN("content-disposition")))
			disposition = f;
		else if (span_caseeq(f->name,
				 SPAN("content-transfer-encoding")))
			encoding = f;
	}
	read_type(t, p, type, &of_type);
	read_disposition(t, p, disposition, &of_disposition);
	read_encoding(t, p, encoding);
	read_doubts(p);
	mime_read_names(t, p, &of_type, &of_disposition);
}
