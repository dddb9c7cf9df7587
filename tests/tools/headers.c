/*
 * headers FILE PEER [TRUSTED...]: what is read in the header of a message, in
 * lines of fields parted by tabs:
 *	from	NAME	ADDRESS		each author
 *	reply-to	ADDRESS
 *	flag	WORD
 *	field	NAME			each field that all clients see
 *	received	IP	RDNS	HELO	auth|-	each, the latest first
 *	relay	IP	RDNS	HELO	the first that is not trusted
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "mail/address.h"
#include "mail/mime.h"
#include "mail/received.h"

enum { MOST = 100, FILE_MOST = 64 << 20 };

struct trusted {
	char **addresses;
	int n;
};

static bool is_trusted(const void *self, const struct netaddr *ip)
{
	const struct trusted *t = self;

	for (int i = 0; i < t->n; i++) {
		struct netaddr one;

		if (netaddr_parse(span_of(t->addresses[i]), &one) &&
		    one.n == ip->n && memcmp(one.b, ip->b, one.n) == 0)
			return true;
	}
	return false;
}

static void print_fields(const char *kind, const struct span *v, size_t n)
{
	fputs(kind, stdout);
	for (size_t i = 0; i < n; i++)
		printf("\t%.*s", SPAN_FMT(v[i]));
	putchar('\n');
}

static void print_relay(const char *kind, const struct netaddr *ip,
	struct span rdns, struct span helo, const char *auth)
{
	char text[64] = "-";
	struct span v[4] = { SPAN(""), rdns, helo, span_of(auth) };

	if (ip->n)
		inet_ntop(ip->n == 4 ? AF_INET : AF_INET6, ip->b, text,
			sizeof(text));
	v[0] = span_of(text);
	print_fields(kind, v, auth[0] ? 4 : 3);
}

static void print_authors(const struct header *h, struct arena *a)
{
	struct address *list;
	unsigned flags;
	size_t n = address_authors(&h, 1, MOST, a, &list, &flags);

	for (size_t i = 0; i < n; i++)
		print_fields("from", (struct span[]){ list[i].display,
			list[i].full }, 2);
	if (flags & MAIL_AMBIG_FROM)
		puts("flag\tambiguous-from");
	if (h->flags & MAIL_AMBIG_FIELD)
		puts("flag\tambiguous-field");
	if (h->flags & MAIL_BAD_HEADER)
		puts("flag\tbad-header");
}

static void print_header(const struct header *h, struct arena *a)
{
	const struct header_field *f = header_find(h, SPAN("reply-to"), 1);
	struct address *list;
	size_t n = f ? address_list(f->value, MOST, a, &list) : 0;

	for (size_t i = 0; i < n; i++)
		print_fields("reply-to", &list[i].full, 1);
	for (size_t i = 0; i < h->n; i++)
		if (!h->fields[i].doubt)
			print_fields("field", &h->fields[i].name, 1);
}

static void print_received(const struct header *h, char **args, int n,
	struct arena *a)
{
	struct trusted trusted = { args + 1, n - 1 };
	struct received_chain c;
	struct netaddr peer;

	if (!netaddr_parse(span_of(args[0]), &peer))
		return;
	received_walk(h, &peer, is_trusted, &trusted, a, &c);
	for (size_t i = 0; i < c.n; i++)
		print_relay("received", &c.v[i].ip, c.v[i].rdns, c.v[i].helo,
			c.v[i].flags & RECEIVED_AUTH ? "auth" : "-");
	print_relay("relay", &c.relay, c.rdns, c.helo, "");
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new("headers", (size_t)1 << 30);
	struct buf raw = { .arena = a };
	FILE *f = argc > 2 ? fopen(argv[1], "rb") : NULL;
	struct mime m;
	size_t n;

	if (f == NULL)
		return 2;
	while ((n = fread(buf_room(&raw, 4096), 1, 4096, f)) > 0 &&
	       raw.n < FILE_MOST)
		raw.n += n;
	mime_parse(buf_bytes(&raw), &mail_default_limits, a, &m);
	print_authors(&m.root->header, a);
	print_header(&m.root->header, a);
	print_received(&m.root->header, argv + 2, argc - 2, a);
	fclose(f);
	arena_free(&a);
	return 0;
}
