#include "mailauth/spf_term.h"

#include <string.h>

#include "mail/domain.h"

uint16_t spf_address_type(const struct netaddr *ip)
{
	return ip->n == 4 ? LOOKUP_A : LOOKUP_AAAA;
}

bool spf_has_address(const struct question *q, const struct netaddr *ip,
	unsigned bits)
{
	if (q->state != ASK_YES)
		return false;
	for (size_t i = 0; i < q->nrecords; i++) {
		struct cidr c = { .bits = (uint8_t)bits };

		if (q->records[i].n != ip->n)
			continue;
		c.net.n = ip->n;
		memcpy(c.net.b, q->records[i].p, ip->n);
		if (cidr_contains(&c, ip))
			return true;
	}
	return false;
}

const struct question *spf_ask_ptr(const struct spf_scope *x)
{
	const struct netaddr *ip = &x->q->ip;
	struct buf b = { .arena = x->a };

	for (size_t i = ip->n; i-- > 0;)
		if (ip->n == 4)
			buf_printf(&b, "%u.", ip->b[i]);
		else
			buf_printf(&b, "%x.%x.", ip->b[i] & 15u,
				ip->b[i] >> 4);
	buf_string(&b, ip->n == 4 ? "in-addr.arpa" : "ip6.arpa");
	return lookup_ask(x->l, buf_bytes(&b), LOOKUP_PTR);
}

/* How good a name is: the domain, one below it, any. */
static int rank(struct span name, struct span domain)
{
	return span_caseeq(name, domain) ? 3 :
		domain_is_below(name, domain) ? 2 : 1;
}

bool spf_host_name(const struct spf_scope *x, struct span domain,
	struct span *name_r)
{
	const struct question *ptr = spf_ask_ptr(x);
	bool known = ptr->state != ASK_PENDING;
	size_t n = ptr->state == ASK_YES ? ptr->nrecords : 0;
	int best = 0;

	*name_r = (struct span){ 0 };
	for (size_t i = 0; i < n && i < SPF_NAMES; i++) {
		const struct question *q;
		struct span name;

		if (!lookup_name(ptr->records[i], x->a, &name))
			continue;
		q = lookup_ask(x->l, name, spf_address_type(&x->q->ip));
		known = known && q->state != ASK_PENDING;
		if (rank(name, domain) > best && spf_has_address(q,
		    &x->q->ip, 8u * x->q->ip.n)) {
			best = rank(name, domain);
			*name_r = name;
		}
	}
	return known;
}
