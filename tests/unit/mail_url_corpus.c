/*
 * What the mail layer finds of URLs and hidden text in message files, one
 * fact a line: tests/mail/urls.t maps the expectations of others on it.
 */
#include <stdio.h>

#include "golden_test.h"
#include "mail/header.h"
#include "mail/html.h"
#include "mail/mime.h"

#define LIMITS (&mail_default_limits)

static const char *const flag_names[] = {
	"bare", "user", "password", "many-at", "ip", "odd-ip", "encoded",
	"port", "idn", "mixed", "backslash", "blank", "nul", "cut", "bad",
	"wrapped", "nested", "nests", "like-ascii", "", "", "", "", "",
	"text", "link", "load", "script", "hidden",
};

static void print_page(const struct html *h)
{
	printf("page flags %x hidden-by %x pieces %zu\n", h->flags,
		h->hidden_by, h->hidden_pieces);
	for (size_t i = 0; i < h->nlinks; i++)
		if (h->links[i].flags & HTML_LINK_OTHER)
			printf("other %.*s\n", SPAN_FMT(h->links[i].looks));
}

static void print_urls(const struct url_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct url *u = &set->v[i];

		printf("%.*s host %.*s of %.*s user %zu:", SPAN_FMT(u->url),
			SPAN_FMT(u->host), SPAN_FMT(u->organisation),
			u->user.n);
		for (size_t k = 0; k < sizeof(flag_names) /
		     sizeof(*flag_names); k++)
			if (u->flags >> k & 1)
				printf(" %s", flag_names[k]);
		printf("\n");
	}
	if (set->flags)
		printf("over\n");
}

static void read_part(struct mime_part *p, struct url_set *set,
	struct arena *a)
{
	struct span text;
	struct html h;

	if (p->child || !span_starts(p->type, SPAN("text/")))
		return;
	text = mime_text(p, LIMITS, a);
	if (!span_is(p->type, "text/html")) {
		url_find(text, URL_IN_TEXT, LIMITS, a, set);
		return;
	}
	html_read(text, 1 << 20, LIMITS, a, &h);
	html_urls(&h, LIMITS, a, set);
	print_page(&h);
}

static void print_file(const char *path)
{
	struct arena *a = arena_new("message", (size_t)1 << 30);
	struct buf raw = { .arena = a };
	const struct header_field *subject;
	struct url_set set = { 0 };
	struct mime m;

	printf("== %s\n", path);
	if (!golden_read(path, &raw))
		printf("unreadable\n");
	mime_parse(buf_bytes(&raw), LIMITS, a, &m);
	subject = header_find(&m.root->header, SPAN("Subject"), 1);
	if (subject)
		url_find(header_decode(subject->value, a), URL_IN_TEXT,
			LIMITS, a, &set);
	for (size_t i = 0; i < m.n; i++)
		read_part(m.parts[i], &set, a);
	print_urls(&set);
	arena_free(&a);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		printf("1..0 # SKIP tests/mail/urls.t runs this\n");
	for (int i = 1; i < argc; i++)
		print_file(argv[i]);
	return 0;
}
