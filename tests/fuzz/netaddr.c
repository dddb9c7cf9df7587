/* A network contains the address it is written with; host and port. */
#include "base/netaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Either reading of an address has its rest zeroed. */
static void check_addr(const struct netaddr *a)
{
	if (a->n != 4 && a->n != 16)
		__builtin_trap();
	for (size_t i = a->n; i < sizeof(a->b); i++)
		if (a->b[i])
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_from(data, size), host;
	struct netaddr addr;
	struct cidr net, alone;
	uint16_t port;

	if (netaddr_parse(s, &addr)) {
		check_addr(&addr);
		if (!cidr_parse(s, &alone) || alone.bits != 8 * addr.n ||
		    !cidr_contains(&alone, &addr))
			__builtin_trap();
	}
	if (cidr_parse(s, &net)) {
		check_addr(&net.net);
		if (net.bits > 8 * net.net.n ||
		    !cidr_contains(&net, &net.net) ||
		    !netaddr_parse(span_sub(s, 0, span_chr(s, '/')), &addr))
			__builtin_trap();
		/* Wider than all mapped addresses, it is of IPv6 alone. */
		if (addr.n == net.net.n && !cidr_contains(&net, &addr))
			__builtin_trap();
	}
	if (netaddr_split_port(s, &host, &port) && (port == 0 ||
	    host.n == 0 || host.p < data || host.p + host.n > data + size))
		__builtin_trap();
	return 0;
}
