/*
 * Golden headers: tests/mail/authors/NAME.eml (aNN: a case of the paper
 * "Composition Kills", USENIX Security 2020), and whom clients may show as
 * the author in NAME.ref. Run from the root of the tree; MAIL_GOLDEN_WRITE=1
 * writes the .ref files anew: then read the difference that git shows.
 */
#include "base/utf8.h"
#include "mail/address.h"
#include "mail/mime.h"
#include "golden_test.h"
#include "mail_test.h"

enum { MOST = 100 };

static void print_name(struct buf *b, unsigned seen)
{
	static const char *const names[] = {
		"another address", "turned", "hidden", "control", "no text",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (seen >> i & 1)
			buf_printf(b, "\tname: %s\n", names[i]);
}

static struct span print_authors(struct span raw, struct arena *a)
{
	const struct header *headers[MOST];
	struct buf b = { .arena = a };
	struct address *list;
	struct mime m;
	unsigned flags;
	size_t n = 0;

	mime_parse(raw, LIMITS, a, &m);
	for (size_t i = 0; i < m.n && n < MOST; i++)
		if (m.parts[i]->parent == NULL)
			headers[n++] = &m.parts[i]->header;
	n = address_authors(headers, n, MOST, a, &list, &flags);
	for (size_t i = 0; i < n; i++) {
		buf_string(&b, "author: ");
		buf_span(&b, address_show(&list[i], a));
		buf_byte(&b, '\n');
		print_name(&b, address_name(&list[i], a));
	}
	if (flags & MAIL_AMBIG_FROM)
		buf_string(&b, "ambiguous\n");
	if ((flags | m.flags) & MAIL_BAD_UTF8)
		buf_string(&b, "no text\n");
	return buf_bytes(&b);
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "tests/mail/authors/*.eml",
		print_authors);
}
