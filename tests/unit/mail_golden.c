/*
 * Golden mails: tests/mail/NAME.eml, and what the mail layer makes of it in
 * tests/mail/NAME.ref. Run from the root of the tree; file names as arguments
 * choose some. MAIL_GOLDEN_WRITE=1 writes the .ref files anew: then read the
 * difference that git shows.
 */
#include "base/utf8.h"
#include "mail/address.h"
#include "mail/charset.h"
#include "mail/html.h"
#include "mail/mime.h"
#include "mail/type.h"
#include "mail/url.h"
#include "golden_test.h"

#define LIMITS (&mail_default_limits)

static const char *const flag_names[] = {
	"over-headers", "over-parts", "over-depth", "over-params",
	"over-decoded", "over-urls", "ambig-field", "ambig-boundary",
	"ambig-encoding", "bad-encoding", "no-blank-line", "bad-header",
	"has-nul", "unclosed", "partial", "other-charset", "ambig-from",
	"ambig-header-end", "ambig-line-end", "ambig-name", "ambig-charset",
	"ambig-archive", "over-readings", "over-archive", "unscan-archive",
	"encrypted", "bad-utf8", "outside",
};
static const char *const origin_names[] = {
	"", " reading", " preamble", " epilogue", " embedded",
};
static const char *const encoding_names[] = {
	"7bit", "8bit", "binary", "base64", "qp", "unknown",
};

/* "  label: bytes", escaped, when there are any. */
static void print_value(struct buf *b, unsigned depth, const char *label,
	struct span s)
{
	char text[256];

	if (s.n == 0)
		return;
	utf8_printable(s, text, sizeof(text));
	buf_printf(b, "%*s%s: %s\n", (int)(depth * 2 + 2), "", label, text);
}

static void print_header(struct buf *b, const struct mime_part *p,
	struct arena *a)
{
	const struct header_field *f;
	struct address *list;
	size_t n;

	f = header_find(&p->header, SPAN("from"), 1);
	n = f ? address_list(f->value, 10, a, &list) : 0;
	for (size_t i = 0; i < n; i++) {
		print_value(b, p->depth, "from", list[i].full);
		print_value(b, p->depth, "from name", list[i].display);
	}
	f = header_find(&p->header, SPAN("subject"), 1);
	if (f)
		print_value(b, p->depth, "subject",
			header_decode(f->value, a));
}

static void print_content(struct buf *b, struct mime_part *p, struct arena *a)
{
	struct url_set urls = { 0 };
	struct html page;
	struct span content = mime_decode(p, LIMITS, a);

	buf_printf(b, "%*sdecoded: %zu\n", (int)(p->depth * 2 + 2), "",
		content.n);
	print_value(b, p->depth, "magic", type_word(type_of(content)));
	if (!span_starts(p->type, SPAN("text/")))
		return;
	content = mime_text(p, LIMITS, a);
	print_value(b, p->depth, "text", content);
	print_value(b, p->depth, "other text", mime_other_text(p));
	if (span_is(p->type, "text/html")) {
		html_read(content, content.n, LIMITS, a, &page);
		html_urls(&page, LIMITS, a, &urls);
	} else {
		url_find(content, URL_IN_TEXT, LIMITS, a, &urls);
	}
	for (size_t i = 0; i < urls.n; i++) {
		print_value(b, p->depth, "url", urls.v[i].raw);
		print_value(b, p->depth, "host", urls.v[i].host);
	}
}

static void print_flags(struct buf *b, unsigned depth, unsigned flags)
{
	if (flags == 0)
		return;
	buf_printf(b, "%*sflags:", (int)(depth * 2 + 2), "");
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++)
		if (flags >> i & 1)
			buf_printf(b, " %s", flag_names[i]);
	buf_byte(b, '\n');
}

static void print_part(struct buf *b, struct mime_part *p, struct span raw,
	struct arena *a)
{
	buf_printf(b, "%*s%u ", (int)(p->depth * 2), "", p->index);
	buf_span(b, p->type);
	buf_printf(b, " %s", encoding_names[p->encoding]);
	if (p->raw.p >= raw.p && p->raw.p <= raw.p + raw.n)
		buf_printf(b, " at %zu", (size_t)(p->raw.p - raw.p));
	buf_printf(b, " size %zu body %zu fields %zu%s", p->raw.n, p->body.n,
		p->header.n, origin_names[p->origin]);
	if (p->instead)
		buf_printf(b, " of %u", p->instead->index);
	buf_byte(b, '\n');
	print_value(b, p->depth, "charset", p->charset);
	print_value(b, p->depth, "disposition", p->disposition);
	for (size_t i = 0; i < p->nnames; i++)
		print_value(b, p->depth, "name", p->names[i]);
	print_header(b, p, a);
	if (mime_is_leaf(p))
		print_content(b, p, a);
	print_flags(b, p->depth, p->flags);
}

static struct span print_mail(struct span raw, struct arena *a)
{
	struct buf b = { .arena = a };
	struct mime m;

	mime_parse(raw, LIMITS, a, &m);
	mime_open(&m);
	for (size_t i = 0; i < m.n; i++)
		print_part(&b, m.parts[i], raw, a);
	return buf_bytes(&b);
}

int main(int argc, char **argv)
{
	charset_open_all();
	return golden_main(argc, argv, "tests/mail/*.eml", print_mail);
}
