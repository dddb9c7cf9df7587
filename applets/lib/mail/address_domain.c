#include "mail/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "mail/domain.h"

enum { LABEL_MAX = 63 };

struct address address_split(struct span addr)
{
	struct address ad = { .full = addr };
	size_t at = span_rchr(addr, '@');

	ad.local = span_sub(addr, 0, at);
	ad.domain = span_after(addr, at == SIZE_MAX ? addr.n : at + 1);
	if (ad.domain.n > 1 && ad.domain.p[ad.domain.n - 1] == '.')
		ad.domain.n--;
	return ad;
}

/* [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 section 4.1.3). */
static bool literal_ok(struct span s)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char addr[sizeof(struct in6_addr)];
	int family = AF_INET;

	if (s.n < 2 || s.p[s.n - 1] != ']')
		return false;
	s = span_sub(s, 1, s.n - 2);
	if (span_casestarts(s, SPAN("IPv6:"))) {
		family = AF_INET6;
		s = span_after(s, 5);
	}
	if (s.n >= sizeof(text) || span_chr(s, 0) != SIZE_MAX)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return inet_pton(family, text, addr) == 1;
}

static bool label_ok(struct span label)
{
	if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' ||
	    label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++) {
		unsigned char c = span_lower(label.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return true;
}

bool address_domain_ok(struct span domain)
{
	struct span label;

	if (domain.n == 0 || domain.n > DOMAIN_MAX)
		return false;
	if (domain.p[0] == '[')
		return literal_ok(domain);
	if (domain.p[domain.n - 1] == '.')
		return false;
	while (span_cut(&domain, '.', &label))
		if (!label_ok(label))
			return false;
	return true;
}
