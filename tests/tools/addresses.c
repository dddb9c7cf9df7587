/*
 * For comparing with other readers: values of fields on standard input, each
 * its length in decimal, a line end, and its bytes. For each a line: "!" or
 * "-" (is there doubt), the decoded text, and every address that clients
 * read, all in hexadecimal, parted by blanks.
 */
#include <stdio.h>

#include "mail/address.h"
#include "mail/charset.h"
#include "mail/word.h"

enum { MOST = 5000, VALUE_MAX = 1 << 20 };

static void print_hex(struct span s)
{
	putchar(' ');
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", s.p[i]);
}

static void print_value(struct span value, struct arena *a)
{
	struct address *list;
	unsigned flags, text_flags = 0;
	size_t n = address_readings(value, MOST, a, &list, &flags);

	putchar(flags & MAIL_AMBIG_FROM ? '!' : '-');
	print_hex(word_decode(value, a, &text_flags));
	for (size_t i = 0; i < n; i++)
		print_hex(list[i].full);
	putchar('\n');
}

int main(void)
{
	struct arena *a = arena_new("addresses", (size_t)1 << 30);
	unsigned n;

	charset_open_all();
	while (scanf("%7u", &n) == 1 && n <= VALUE_MAX && getchar() == '\n') {
		unsigned char *p = arena_alloc(a, n + 1);

		if (fread(p, 1, n, stdin) != n)
			return 1;
		print_value(span_from(p, n), a);
		arena_reset(a);
	}
	return 0;
}
