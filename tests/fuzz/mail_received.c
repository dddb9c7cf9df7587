/* Received fields: every part lies in the field, no address in doubt. */
#include "mail/received.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool trust_all(const void *self, const struct netaddr *ip)
{
	(void)self;
	return ip->n != 0;
}

static void check(const struct received *r, size_t size)
{
	if (r->helo.n > size || r->rdns.n > size || r->by.n > size ||
	    r->with.n > size || r->id.n > size || r->rcpt.n > size)
		__builtin_trap();
	if (r->flags & RECEIVED_AMBIG && r->ip.n)
		__builtin_trap();
	if (!(r->flags & RECEIVED_NO_IP) != (r->ip.n != 0))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct netaddr peer = { .n = 4, .b = { 192, 0, 2, 1 } };
	struct received_chain c;
	struct received r;
	struct header h;

	received_parse(span_from(data, size), a, &r);
	check(&r, size);
	header_parse(span_from(data, size), &mail_default_limits, a, &h);
	received_walk(&h, &peer, trust_all, NULL, a, &c);
	if (c.believed > c.n ||
	    (c.end == RECEIVED_END_RELAY) != (c.relay.n != 0))
		__builtin_trap();
	arena_free(&a);
	return 0;
}
