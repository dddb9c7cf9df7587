/*
 * Addresses of hosts and networks, IPv4 and IPv6, and "host:port".
 *
 * IPv4: four decimal numbers without leading zeros. IPv6: RFC 4291 section
 * 2.2, without zone. An IPv4-mapped address (::ffff:192.0.2.1) is the IPv4
 * address, so that one network entry meets both forms.
 */
#ifndef BASE_NETADDR_H
#define BASE_NETADDR_H

#include "base/span.h"

struct netaddr {
	uint8_t n;		/* 4 or 16 bytes of b count */
	uint8_t b[16];		/* network order; the rest is zero */
};

/* A network: the first `bits` of the address. */
struct cidr {
	struct netaddr net;	/* bits behind the prefix are zero */
	uint8_t bits;
};

bool netaddr_parse(struct span s, struct netaddr *addr_r);
/* "10.0.0.0/8"; an address alone is a network of one. Host bits are lost. */
bool cidr_parse(struct span s, struct cidr *cidr_r);
bool cidr_contains(const struct cidr *c, const struct netaddr *addr);
/* Of this host only: 127.0.0.0/8 and ::1. */
bool netaddr_is_loopback(const struct netaddr *a);

/*
 * "host:25", "192.0.2.1:25", "[2001:db8::1]:25": the host (without brackets,
 * inside s) and a port from 1 to 65535. The host is not empty; it may hold
 * colons only in brackets, and then it is an IPv6 address.
 */
bool netaddr_split_port(struct span s, struct span *host_r, uint16_t *port_r);
/*
 * "icap://ADDRESS[:PORT]/PATH", printable, the path not empty: the address
 * without brackets; *port_r stays where none is given.
 */
bool netaddr_split_url(struct span url, struct span scheme,
	struct span *address_r, uint16_t *port_r);

#endif
