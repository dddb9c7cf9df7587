#include "mail/url.h"

#include "base/buf.h"

static bool is_slash(unsigned char c)
{
	return c == '/' || c == '\\';	/* browsers take both */
}

static bool is_letter(unsigned char c)
{
	return span_lower(c) >= 'a' && span_lower(c) <= 'z';
}

/* The length of "http:", or 0. */
static size_t scheme_length(struct span s)
{
	size_t n = 0;

	while (n < s.n && (is_letter(s.p[n]) || (n && (s.p[n] == '+' ||
	    s.p[n] == '-' || s.p[n] == '.' ||
	    (s.p[n] >= '0' && s.p[n] <= '9')))))
		n++;
	return n && n < s.n && s.p[n] == ':' ? n + 1 : 0;
}

static bool is_special(struct span scheme)
{
	return span_caseeq(scheme, SPAN("http:")) ||
		span_caseeq(scheme, SPAN("https:")) ||
		span_caseeq(scheme, SPAN("ftp:"));
}

bool url_has_host(struct span s)
{
	size_t n = scheme_length(s);
	struct span after = span_after(s, n);
	size_t slashes = 0;

	while (slashes < after.n && is_slash(after.p[slashes]))
		slashes++;
	if (n && !is_special(span_sub(s, 0, n)))
		return false;
	return (n || slashes > 1) && slashes < after.n;
}

/* Where the path begins: behind the host. */
static size_t path_at(struct span base)
{
	size_t n = scheme_length(base);

	while (n < base.n && is_slash(base.p[n]))
		n++;
	while (n < base.n && !is_slash(base.p[n]) && base.p[n] != '?' &&
	       base.p[n] != '#')
		n++;
	return n;
}

/* How much of the base stays before such a reference. */
static size_t kept(struct span base, struct span reference)
{
	size_t path = path_at(base), n;
	unsigned char c = reference.n ? reference.p[0] : '#';

	if (is_slash(c))
		return reference.n > 1 && is_slash(reference.p[1]) ?
			scheme_length(base) : path;
	for (n = path; n < base.n && base.p[n] != '#' &&
	     (c == '#' || base.p[n] != '?'); n++)
		;
	if (c == '?' || c == '#')
		return n;
	while (n > path && !is_slash(base.p[n - 1]))
		n--;
	return n;
}

struct span url_join(struct span base, struct span reference, struct arena *a)
{
	struct buf b = { .arena = a };
	size_t n;

	if (scheme_length(reference) || !scheme_length(base) ||
	    !url_has_host(base))
		return reference;
	n = kept(base, reference);
	buf_span(&b, span_sub(base, 0, n));
	if (n == path_at(base) && reference.n && !is_slash(reference.p[0]) &&
	    reference.p[0] != '?' && reference.p[0] != '#')
		buf_byte(&b, '/');
	buf_span(&b, reference);
	return buf_bytes(&b);
}
