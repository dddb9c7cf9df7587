#include "mail/url_host.h"

#include <string.h>

#include "base/buf.h"
#include "mail/decode.h"

static const struct {
	const char *name;
	unsigned port;
} schemes[] = {
	{ "http", 80 }, { "https", 443 }, { "ftp", 21 }, { "mailto", 0 },
	{ "tel", 0 },
};

enum { SCHEMES = sizeof(schemes) / sizeof(schemes[0]), PORT_MAX = 65535 };

/* Bytes of a path that are written with a percent sign. */
static const unsigned char odd[256] = {
	['"'] = 1, ['<'] = 1, ['>'] = 1, ['`'] = 1, ['{'] = 1, ['}'] = 1,
	[127] = 1,
};

static bool is_slash(unsigned char c)
{
	return c == '/' || c == '\\';	/* browsers take both */
}

/* Blanks around it gone, tabs and line ends inside, too. */
static struct span clean(struct span s, struct arena *a, unsigned *flags)
{
	struct buf b = { .arena = a };
	size_t i = 0;

	while (s.n && s.p[0] <= ' ')
		s = span_after(s, 1);
	while (s.n && s.p[s.n - 1] <= ' ')
		s.n--;
	if (s.n > URL_BYTES_MAX) {
		s.n = URL_BYTES_MAX;
		*flags |= URL_CUT;
	}
	while (i < s.n && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
		i++;
	if (i == s.n)
		return s;
	*flags |= URL_BLANK;
	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
			buf_byte(&b, s.p[i]);
	return buf_bytes(&b);
}

/* Takes the scheme off; which it is, or SCHEMES: none of these. */
static size_t take_scheme(struct span *s)
{
	size_t colon = span_chr(span_sub(*s, 0, 8), ':');

	for (size_t i = 0; colon != SIZE_MAX && i < SCHEMES; i++)
		if (span_caseeq(span_sub(*s, 0, colon),
		    span_of(schemes[i].name))) {
			*s = span_after(*s, colon + 1);
			return i;
		}
	return SCHEMES;
}

static void take_user(struct span *authority, struct url *u)
{
	size_t at = span_rchr(*authority, '@');

	if (at == SIZE_MAX)
		return;
	u->user = span_sub(*authority, 0, at);
	*authority = span_after(*authority, at + 1);
	if (u->user.n)
		u->flags |= URL_USER;
	if (span_chr(u->user, ':') != SIZE_MAX)
		u->flags |= URL_PASSWORD;
	if (span_chr(u->user, '@') != SIZE_MAX)
		u->flags |= URL_MANY_AT;
}

/* ":8080" at the end of the authority; a colon in brackets is of IPv6. */
static void take_port(struct span *authority, unsigned usual, struct url *u)
{
	size_t colon = span_rchr(*authority, ':');
	size_t bracket = span_rchr(*authority, ']');
	struct span digits;
	uint64_t port;

	if (colon == SIZE_MAX || (bracket != SIZE_MAX && colon < bracket))
		return;
	digits = span_after(*authority, colon + 1);
	*authority = span_sub(*authority, 0, colon);
	if (digits.n && !span_u64(digits, PORT_MAX, &port))
		u->flags |= URL_BAD_HOST;
	else if (digits.n && port != usual) {
		u->port = (unsigned)port;
		u->flags |= URL_PORT;
	}
}

/* --- paths --------------------------------------------------------------- */

/* "." and "%2e", once or twice: 1, 2; else 0. */
static unsigned count_dots(struct span s)
{
	unsigned n = 0;

	while (s.n) {
		if (s.p[0] == '.')
			s = span_after(s, 1);
		else if (span_casestarts(s, SPAN("%2e")))
			s = span_after(s, 3);
		else
			return 0;
		n++;
	}
	return n < 3 ? n : 0;
}

static void put_odd(struct buf *b, struct span s, unsigned *flags)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && s.p[i + 1] == '0' &&
		    s.p[i + 2] == '0')
			*flags |= URL_NUL;
		if (s.p[i] <= ' ' || s.p[i] >= 127 || odd[s.p[i]])
			buf_printf(b, "%%%02X", s.p[i]);
		else
			buf_byte(b, s.p[i]);
	}
}

/* The segments of a path without "." and ".."; it begins with a slash. */
static void put_path(struct buf *b, struct span s, unsigned *flags)
{
	size_t root = b->n;

	while (s.n) {
		struct span one = span_after(s, 1);
		size_t n = 0;
		unsigned dots;

		if (s.p[0] == '\\')
			*flags |= URL_BACKSLASH;
		while (n < one.n && !is_slash(one.p[n]))
			n++;
		s = span_after(one, n);
		one = span_sub(one, 0, n);
		dots = count_dots(one);
		while (dots == 2 && b->n > root && b->p[--b->n] != '/')
			;
		if (dots == 0 || s.n == 0)
			buf_byte(b, '/');
		if (dots == 0)
			put_odd(b, one, flags);
	}
	if (b->n == root)
		buf_byte(b, '/');
}

static void put_rest(struct buf *b, struct span s, unsigned *flags)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '?' && s.p[n] != '#')
		n++;
	put_path(b, span_sub(s, 0, n), flags);
	put_odd(b, span_after(s, n), flags);
}

/* --- the whole ----------------------------------------------------------- */

static void put_together(struct url *u, struct span rest, struct arena *a)
{
	struct buf b = { .arena = a };
	size_t path;

	buf_room(&b, rest.n + u->user.n + u->host.n + 32);
	buf_span(&b, u->scheme);
	buf_string(&b, "://");
	put_odd(&b, u->user, &u->flags);
	if (u->user.n)
		buf_byte(&b, '@');
	buf_span(&b, u->host);
	if (u->port || (u->flags & URL_PORT))
		buf_printf(&b, ":%u", u->port);
	path = b.n;
	put_rest(&b, rest, &u->flags);
	u->url = buf_bytes(&b);
	u->path = span_after(u->url, path);
}

static bool read_web(struct span s, size_t scheme, struct arena *a,
	struct url *u)
{
	struct span authority;
	size_t n = 0;

	while (s.n && is_slash(s.p[0])) {
		if (s.p[0] == '\\')
			u->flags |= URL_BACKSLASH;
		s = span_after(s, 1);
	}
	while (n < s.n && !is_slash(s.p[n]) && s.p[n] != '?' && s.p[n] != '#')
		n++;
	authority = span_sub(s, 0, n);
	take_user(&authority, u);
	take_port(&authority, schemes[scheme].port, u);
	if (authority.n == 0)
		return false;
	u->scheme = span_of(schemes[scheme].name);
	url_read_host(authority, a, u);
	put_together(u, span_after(s, n), a);
	return u->host.n > 0;
}

static bool read_mailto(struct span s, struct arena *a, struct url *u)
{
	struct buf b = { .arena = a };
	size_t n = 0, at;

	while (n < s.n && s.p[n] != '?')
		n++;
	at = span_rchr(span_sub(s, 0, n), '@');
	u->scheme = SPAN("mailto");
	if (at != SIZE_MAX && at + 1 < n)
		url_read_host(span_sub(s, at + 1, n - at - 1), a, u);
	buf_string(&b, "mailto:");
	put_odd(&b, span_sub(s, 0, u->host.n ? at + 1 : n), &u->flags);
	buf_span(&b, u->host);
	n = u->host.n ? n : s.n;
	put_odd(&b, span_after(s, n), &u->flags);
	u->url = buf_bytes(&b);
	u->path = span_after(u->url, 7);
	return s.n > 0;
}

static bool read_tel(struct span s, struct arena *a, struct url *u)
{
	struct buf b = { .arena = a };

	u->scheme = SPAN("tel");
	buf_string(&b, "tel:");
	put_odd(&b, s, &u->flags);
	u->url = buf_bytes(&b);
	u->path = span_after(u->url, 4);
	return s.n > 0;
}

/* "a.example/x": the front looks like a name under a known suffix. */
static bool looks_like_host(struct span s, struct arena *a)
{
	struct url u = { .flags = 0 };
	size_t n = 0, at;

	while (n < s.n && !is_slash(s.p[n]) && s.p[n] != '?' &&
	       s.p[n] != '#' && s.p[n] != ':')
		n++;
	s = span_sub(s, 0, n);
	at = span_rchr(s, '@');
	if (at != SIZE_MAX || span_chr(s, '.') == SIZE_MAX)
		return false;
	url_read_host(s, a, &u);
	return !(u.flags & (URL_BAD_HOST | URL_IP)) &&
		(url_has_suffix(u.host) || span_casestarts(s, SPAN("www.")));
}

/* "user@a.example": as a link it is an address. */
static bool looks_like_address(struct span s)
{
	size_t at = span_chr(s, '@');

	if (at == SIZE_MAX || at == 0 || span_rchr(s, '@') != at)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || memchr("/\\:?#<>\"", s.p[i], 8))
			return false;
	return span_chr(span_after(s, at), '.') != SIZE_MAX;
}

bool url_read(struct span s, struct arena *a, struct url *url_r)
{
	struct url *u = url_r;
	size_t scheme;

	*u = (struct url){ .raw = s };
	s = clean(s, a, &u->flags);
	scheme = take_scheme(&s);
	if (scheme == SCHEMES) {
		bool slashes = s.n > 1 && is_slash(s.p[0]) &&
			is_slash(s.p[1]);

		u->flags |= URL_BARE;
		if (looks_like_address(s))
			return read_mailto(s, a, u);
		/* what stands for the scheme of a page is https today */
		return slashes ? read_web(s, 1, a, u) :
			looks_like_host(s, a) && read_web(s, 0, a, u);
	}
	if (schemes[scheme].port == 0)
		return scheme == SCHEMES - 1 ? read_tel(s, a, u) :
			read_mailto(s, a, u);
	return read_web(s, scheme, a, u);
}
