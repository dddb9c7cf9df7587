#include "base/netaddr.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

enum { MAPPED_BITS = 8 * sizeof(mapped) };

/* inet_pton wants a C string: longer or with a NUL inside is no address. */
static bool parse_family(int family, struct span s, uint8_t *to)
{
	char text[INET6_ADDRSTRLEN];

	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, 0, s.n))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return inet_pton(family, text, to) == 1;
}

/* As written: a mapped address stays IPv6. */
static bool parse_plain(struct span s, struct netaddr *a)
{
	*a = (struct netaddr){ 0 };
	if (span_chr(s, ':') != SIZE_MAX) {
		a->n = 16;
		return parse_family(AF_INET6, s, a->b);
	}
	a->n = 4;
	return parse_family(AF_INET, s, a->b);
}

static bool is_mapped(const struct netaddr *a)
{
	return a->n == 16 && memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/* Takes the IPv4 address out of a mapped one. */
static void unmap(struct netaddr *a)
{
	memmove(a->b, a->b + sizeof(mapped), 4);
	memset(a->b + 4, 0, sizeof(mapped));
	a->n = 4;
}

bool netaddr_parse(struct span s, struct netaddr *addr_r)
{
	if (!parse_plain(s, addr_r))
		return false;
	if (is_mapped(addr_r))
		unmap(addr_r);
	return true;
}

/* Clears the bits behind the prefix. */
static void mask(struct cidr *c)
{
	for (unsigned i = 0; i < c->net.n; i++) {
		unsigned keep = c->bits > 8 * i ? c->bits - 8 * i : 0;

		if (keep < 8)
			c->net.b[i] &= (uint8_t)(0xff00 >> keep);
	}
}

bool cidr_parse(struct span s, struct cidr *cidr_r)
{
	size_t slash = span_chr(s, '/');
	uint64_t bits;

	if (!parse_plain(span_sub(s, 0, slash), &cidr_r->net))
		return false;
	bits = 8 * (uint64_t)cidr_r->net.n;
	if (slash != SIZE_MAX && (s.n - slash > 4 ||
	    !span_u64(span_after(s, slash + 1), bits, &bits)))
		return false;
	if (is_mapped(&cidr_r->net) && bits >= MAPPED_BITS) {
		unmap(&cidr_r->net);
		bits -= MAPPED_BITS;
	}
	cidr_r->bits = (uint8_t)bits;
	mask(cidr_r);
	return true;
}

bool cidr_contains(const struct cidr *c, const struct netaddr *addr)
{
	unsigned whole = c->bits / 8, rest = c->bits % 8;

	if (addr->n != c->net.n || memcmp(addr->b, c->net.b, whole) != 0)
		return false;
	return rest == 0 ||
		((addr->b[whole] ^ c->net.b[whole]) >> (8 - rest)) == 0;
}

bool netaddr_is_loopback(const struct netaddr *a)
{
	struct cidr c;

	cidr_parse(a->n == 4 ? SPAN("127.0.0.0/8") : SPAN("::1"), &c);
	return cidr_contains(&c, a);
}

bool netaddr_split_port(struct span s, struct span *host_r, uint16_t *port_r)
{
	size_t colon = span_rchr(s, ':');
	struct netaddr v6;
	uint64_t port;

	if (colon == SIZE_MAX || colon == 0 ||
	    !span_u64(span_after(s, colon + 1), UINT16_MAX, &port) ||
	    port == 0)
		return false;
	*host_r = span_sub(s, 0, colon);
	*port_r = (uint16_t)port;
	if (host_r->p[0] != '[')
		return span_chr(*host_r, ':') == SIZE_MAX;
	if (host_r->n < 2 || host_r->p[host_r->n - 1] != ']')
		return false;
	*host_r = span_sub(*host_r, 1, host_r->n - 2);
	return parse_plain(*host_r, &v6) && v6.n == 16;
}

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

bool netaddr_split_url(struct span url, struct span scheme,
	struct span *address_r, uint16_t *port_r)
{
	struct span rest = span_after(url, scheme.n + 3), host;
	size_t slash = span_chr(rest, '/');
	struct netaddr a;

	if (!span_starts(url, scheme) || !is_printable(url) ||
	    !span_starts(span_after(url, scheme.n), SPAN("://")) ||
	    slash == SIZE_MAX || slash + 1 == rest.n)
		return false;
	host = span_sub(rest, 0, slash);
	if (netaddr_split_port(host, address_r, port_r))
		return netaddr_parse(*address_r, &a);
	*address_r = host;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		*address_r = span_sub(host, 1, host.n - 2);
	/* Bare, the last piece of an IPv6 address could be a port. */
	return netaddr_parse(*address_r, &a) &&
		(a.n == 4 || address_r->n < host.n);
}
