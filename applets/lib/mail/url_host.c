#include "mail/url_host.h"

#include <arpa/inet.h>
#include <libpsl.h>
#include <string.h>

#include "base/buf.h"
#include "mail/confusable.h"
#include "mail/decode.h"
#include "mail/domain.h"

enum { HOST_MAX = 1024, PARTS_MAX = 4 };

/* Percent signs undone; *nul_r: one made a NUL. */
static struct span decode(struct span s, struct arena *a, bool *nul_r)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++) {
		int high = s.p[i] == '%' && i + 2 < s.n ?
			decode_hex(s.p[i + 1]) : -1;
		int low = high < 0 ? -1 : decode_hex(s.p[i + 2]);

		if (low < 0) {
			buf_byte(&b, s.p[i]);
			continue;
		}
		*nul_r = *nul_r || high + low == 0;
		buf_byte(&b, (unsigned char)(high * 16 + low));
		i += 2;
	}
	return buf_bytes(&b);
}

/* "0x1f", "017", "15"; false: no number, or beyond 32 bits. */
static bool read_part(struct span s, uint64_t *n_r)
{
	unsigned base = 10;

	*n_r = 0;
	if (s.n > 1 && s.p[0] == '0') {
		bool hex = span_lower(s.p[1]) == 'x';

		base = hex ? 16 : 8;
		s = span_after(s, hex ? 2 : 1);
		if (s.n == 0)
			return hex;
	}
	for (size_t i = 0; i < s.n; i++) {
		int digit = decode_hex(s.p[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		*n_r = *n_r * base + (unsigned)digit;
		if (*n_r > UINT32_MAX)
			return false;
	}
	return s.n > 0;
}

/* The last label is a number, so all of it must be an address. */
static bool ends_in_number(struct span s)
{
	struct span last = span_after(s, span_rchr(s, '.') + 1);
	uint64_t n;
	size_t digits = 0;

	while (digits < last.n && last.p[digits] >= '0' &&
	       last.p[digits] <= '9')
		digits++;
	return last.n && (digits == last.n ||
		(last.n > 1 && span_lower(last.p[1]) == 'x' &&
		 read_part(last, &n)));
}

/* One to four numbers, the last of which fills what is left. */
static bool read_ipv4(struct span s, uint32_t *ip_r)
{
	uint64_t part[PARTS_MAX], ip = 0;
	struct span one;
	size_t n = 0;

	while (span_cut(&s, '.', &one))
		if (n == PARTS_MAX || !read_part(one, &part[n++]))
			return false;
	for (size_t i = 0; i + 1 < n; i++) {
		if (part[i] > 255)
			return false;
		ip |= part[i] << (24 - 8 * i);
	}
	if (n == 0 || part[n - 1] > UINT32_MAX >> (8 * (n - 1)))
		return false;
	*ip_r = (uint32_t)(ip | part[n - 1]);
	return true;
}

static void set_ipv4(struct url *u, struct span written, uint32_t ip,
	struct arena *a)
{
	const char *text = arena_printf(a, "%u.%u.%u.%u", ip >> 24,
		ip >> 16 & 255, ip >> 8 & 255, ip & 255);

	u->host = span_of(text);
	u->flags |= URL_IP;
	if (!span_eq(u->host, written))
		u->flags |= URL_ODD_IP;
}

/* Printable ASCII, whatever it is. */
static void set_bad(struct url *u, struct span s, struct arena *a)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n && i < HOST_MAX; i++)
		if (s.p[i] > ' ' && s.p[i] < 127)
			buf_byte(&b, span_lower(s.p[i]));
		else
			buf_printf(&b, "%%%02X", s.p[i]);
	u->host = buf_bytes(&b);
	u->flags |= URL_BAD_HOST;
}

static void read_ipv6(struct span s, struct arena *a, struct url *u)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ip;
	size_t zone = span_chr(s, '%');

	s = span_sub(s, 0, zone);
	if (inet_pton(AF_INET6, arena_string(a, s), &ip) != 1 ||
	    memchr(s.p, 0, s.n)) {
		set_bad(u, s, a);
		return;
	}
	inet_ntop(AF_INET6, &ip, text, sizeof(text));
	u->host = span_of(arena_printf(a, "[%s]", text));
	u->flags |= URL_IP;
}

static struct span without_final_dot(struct span s)
{
	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

/* What people see of a host beyond ASCII. */
static void set_looks(struct url *u, struct span written, struct arena *a)
{
	unsigned looks;

	if (is_ascii(written) && span_find(u->host, SPAN("xn--")) == SIZE_MAX)
		return;
	looks = confusable_host_flags(u->host, a) |
		(confusable_flags(written, a) & (CONFUSABLE_INVISIBLE |
		CONFUSABLE_BIDI));
	if (span_find(u->host, SPAN("xn--")) != SIZE_MAX)
		u->flags |= URL_IDN;
	if (looks & ~(unsigned)CONFUSABLE_ASCII)
		u->flags |= URL_MIXED;
	if (looks & CONFUSABLE_ASCII)
		u->flags |= URL_LIKE_ASCII;
}

void url_read_host(struct span s, struct arena *a, struct url *u)
{
	bool nul = false;
	struct span host;
	uint32_t ip;

	if (s.n > HOST_MAX)
		s = span_sub(s, 0, HOST_MAX);
	if (s.n > 1 && s.p[0] == '[' && s.p[s.n - 1] == ']') {
		read_ipv6(span_sub(s, 1, s.n - 2), a, u);
		return;
	}
	if (span_chr(s, '%') != SIZE_MAX) {
		u->flags |= URL_ENCODED_HOST;
		s = decode(s, a, &nul);
		u->flags |= nul ? URL_NUL : 0;
	}
	if (!domain_ascii(s, a, &host)) {
		set_bad(u, s, a);
		return;
	}
	u->host = host;
	if (ends_in_number(host)) {
		if (read_ipv4(without_final_dot(host), &ip))
			set_ipv4(u, s, ip, a);
		else
			u->flags |= URL_BAD_HOST;
		return;
	}
	set_looks(u, s, a);
	u->organisation = domain_organisation(host);
}

/* The last n labels, as a C string; false: there are fewer. */
static bool last_labels(struct span s, unsigned n, char *text)
{
	size_t at = s.n;

	while (at) {
		if (s.p[at - 1] == '.' && --n == 0)
			break;
		at--;
	}
	if (at == 0 || s.n - at > DOMAIN_MAX)
		return false;
	memcpy(text, s.p + at, s.n - at);
	text[s.n - at] = '\0';
	return true;
}

bool url_has_suffix(struct span ascii)
{
	char text[DOMAIN_MAX + 1];

	for (unsigned n = 1; n < 3; n++)
		if (last_labels(ascii, n, text) &&
		    psl_is_public_suffix2(psl_builtin(), text,
			PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
			return true;
	return false;
}
