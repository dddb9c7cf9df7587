/* Pages as they are seen: tests/mail/html/NAME.html and NAME.ref. */
#include "mail/html.h"

#include "golden_test.h"

static const char *const flag_names[] = {
	"script", "event", "object", "svg", "frame", "form", "input",
	"password", "base", "refresh", "data-uri", "css-url", "cid",
	"plaintext", "cdata", "conditional", "unclosed", "bidi", "mso-hide",
	"over-text", "over-links", "over-depth", "over-style",
};

static const char *const hide_names[] = {
	"element", "display", "visibility", "opacity", "font", "colour", "box",
	"offscreen",
};

static const char *const kind_names[] = {
	"a", "area", "action", "refresh", "base", "img", "background",
	"iframe", "embed", "source", "sheet", "css",
};

static const char *const link_names[] = {
	"remote", "tiny", "hidden", "image", "input", "password", "other",
	"conditional", "blanks",
};

static void print_bits(struct buf *b, const char *what, unsigned bits,
	const char *const *names)
{
	if (bits)
		buf_string(b, what);
	for (unsigned i = 0; bits >> i; i++)
		if (bits >> i & 1)
			buf_printf(b, " %s", names[i]);
	if (bits)
		buf_byte(b, '\n');
}

static void print_text(struct buf *b, const char *what, struct span s)
{
	struct span line;

	while (span_line(&s, &line))
		buf_printf(b, "%s: %.*s\n", what, SPAN_FMT(line));
}

static void print_link(struct buf *b, const struct html_link *l)
{
	buf_printf(b, "%s %.*s\n", kind_names[l->kind], SPAN_FMT(l->target));
	if (!span_eq(l->url, l->target))
		print_text(b, "  url", l->url);
	print_text(b, "  text", l->text);
	print_text(b, "  looks like", l->looks);
	print_bits(b, "  flags:", l->flags, link_names);
}

/* In order of enum url_flag. */
static const char *const url_names[] = {
	"bare", "user", "password", "many-at", "ip", "odd-ip", "encoded",
	"port", "idn", "mixed", "backslash", "blank", "nul", "cut", "bad",
	"wrapped", "nested", "nests", "like-ascii", "", "", "", "", "",
	"in text", "in link", "in load", "in script", "in hidden",
};

static void print_urls(struct buf *b, const struct html *h, struct arena *a)
{
	struct url_set set = { 0 };

	html_urls(h, &mail_default_limits, a, &set);
	for (size_t i = 0; i < set.n; i++) {
		print_text(b, "url", set.v[i].url);
		print_bits(b, "  flags:", set.v[i].flags, url_names);
	}
}

static struct span print_page(struct span page, struct arena *a)
{
	struct buf b = { .arena = a };
	struct html h;

	html_read(page, 65536, &mail_default_limits, a, &h);
	print_text(&b, "text", h.text);
	print_text(&b, "hidden", h.hidden);
	print_bits(&b, "hidden by:", h.hidden_by, hide_names);
	if (h.hidden_pieces)
		buf_printf(&b, "pieces: %zu\n", h.hidden_pieces);
	print_text(&b, "other", h.other);
	if (h.zero_width)
		buf_printf(&b, "zero width: %zu\n", h.zero_width);
	print_bits(&b, "flags:", h.flags, flag_names);
	for (size_t i = 0; i < h.nlinks; i++)
		print_link(&b, &h.links[i]);
	for (size_t i = 0; i < h.ndata; i++) {
		print_text(&b, "data", h.data[i].type);
		if (h.data[i].page && h.data[i].page->nlinks)
			print_link(&b, &h.data[i].page->links[0]);
	}
	for (size_t i = 0; i < h.nscripts; i++)
		print_text(&b, "script", h.scripts[i]);
	print_urls(&b, &h, a);
	return buf_bytes(&b);
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "tests/mail/html/*.html", print_page);
}
