#include "mail/url.h"

#include <string.h>

#include "base/map.h"

enum {
	URLS_FIRST = 16,
	URL_BYTES_MAX = 8192,	/* more is cut, and flagged */
	HOST_MAX = 255,
};

struct url_index {
	struct map *map;
	size_t cap;
};

struct finder {
	struct span text;
	bool html;
	const struct mail_limits *limits;
	struct arena *arena;
	struct url_set *set;
};

static bool is_slash(unsigned char c)
{
	return c == '/' || c == '\\';	/* browsers take both */
}

static bool is_alnum(unsigned char c)
{
	c = span_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Where the URL that starts at `from` ends. */
static size_t find_end(const struct finder *f, size_t from)
{
	const char *stops = f->html ? "<>\"'`" : "<>\"`";
	size_t nstops = f->html ? 5 : 4;
	size_t end = from;

	while (end < f->text.n && f->text.p[end] > 32 &&
	       f->text.p[end] != 127 &&
	       !memchr(stops, f->text.p[end], nstops)) {
		if (end - from == URL_BYTES_MAX) {
			f->set->flags |= MAIL_OVER_URLS;
			break;
		}
		end++;
	}
	return end;
}

/* Sentence marks behind a URL are not of it. */
static size_t trim_end(const struct finder *f, size_t from, size_t end)
{
	while (end > from && memchr(".,;:!?)]}'*", f->text.p[end - 1], 11))
		end--;
	return end;
}

/* Host of what follows "//": no user, no port, lower case. */
static struct span read_host(struct span s, struct arena *a)
{
	unsigned char *host;
	size_t n = 0, user;

	while (n < s.n && !is_slash(s.p[n]) && s.p[n] != '?' && s.p[n] != '#')
		n++;
	s.n = n;
	user = span_rchr(s, '@');
	if (user != SIZE_MAX)
		s = span_after(s, user + 1);
	if (s.n && s.p[0] == '[')
		s = span_sub(s, 0, span_chr(s, ']') == SIZE_MAX ? SIZE_MAX :
			span_chr(s, ']') + 1);
	else
		s = span_sub(s, 0, span_chr(s, ':'));
	while (s.n && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n == 0 || s.n > HOST_MAX)
		return SPAN("");
	host = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++)
		host[i] = span_lower(s.p[i]);
	return span_from(host, s.n);
}

static struct url *new_url(struct finder *f)
{
	struct url_set *set = f->set;

	if (set->n == set->index->cap) {
		size_t cap = set->index->cap ? set->index->cap * 2 :
					       URLS_FIRST;
		struct url *v = arena_array(f->arena, cap, sizeof(*v));

		if (set->n)
			memcpy(v, set->v, set->n * sizeof(*v));
		set->v = v;
		set->index->cap = cap;
	}
	return &set->v[set->n++];
}

/* Keeps the URL if it is new; false: the set is full. */
static bool add_url(struct finder *f, struct span raw, size_t host_at)
{
	struct url_set *set = f->set;
	struct url url = { .raw = raw };

	if (set->index == NULL) {
		set->index = arena_alloc(f->arena, sizeof(*set->index));
		set->index->map = map_new(f->arena);
	}
	if (map_get(set->index->map, raw))
		return true;
	url.host = read_host(span_after(raw, host_at), f->arena);
	if (url.host.n == 0)
		return true;
	if (set->n >= f->limits->urls) {
		set->flags |= MAIL_OVER_URLS;
		return false;
	}
	map_put(set->index->map, raw, set);
	*new_url(f) = url;
	return true;
}

/* Takes the URL from..; `host` is where its host starts. Returns its end, or
 * SIZE_MAX when the set is full. */
static size_t take_url(struct finder *f, size_t from, size_t host)
{
	size_t end = find_end(f, from), trimmed = trim_end(f, from, end);

	if (trimmed > host && !add_url(f,
		span_sub(f->text, from, trimmed - from), host - from))
		return SIZE_MAX;
	return end;
}

/* Start of the scheme that ends before the ':' at `colon`, or SIZE_MAX. */
static size_t find_scheme(const struct finder *f, size_t colon)
{
	static const char *const schemes[] = { "https", "http", "ftp" };

	for (size_t i = 0; i < 3; i++) {
		struct span s = span_of(schemes[i]);

		if (colon < s.n || !span_caseeq(s, span_sub(f->text,
					   colon - s.n, s.n)))
			continue;
		if (colon == s.n || !is_alnum(f->text.p[colon - s.n - 1]))
			return colon - s.n;
	}
	return SIZE_MAX;
}

/* http://host/... */
static void find_schemes(struct finder *f)
{
	const unsigned char *p = f->text.p;
	size_t n = f->text.n, at = 0;

	while (at < n) {
		const unsigned char *colon = memchr(p + at, ':', n - at);
		size_t from;

		if (colon == NULL)
			return;
		at = (size_t)(colon - p) + 1;
		if (n - at < 3 || !is_slash(p[at]) || !is_slash(p[at + 1]))
			continue;
		from = find_scheme(f, at - 1);
		if (from != SIZE_MAX)
			at = take_url(f, from, at + 2);
	}
}

/* Offset behind the next `what`, or SIZE_MAX. */
static size_t find_behind(struct span s, size_t at, struct span what)
{
	while (at < s.n) {
		const unsigned char *p = memchr(s.p + at, what.p[0], s.n - at);

		if (p == NULL)
			break;
		at = (size_t)(p - s.p);
		if (span_starts(span_after(s, at), what))
			return at + what.n;
		at++;
	}
	return SIZE_MAX;
}

/* "//host/..." in an attribute, whose scheme is the reader's. */
static void find_relative(struct finder *f)
{
	size_t at = 0;

	while ((at = find_behind(f->text, at, SPAN("//"))) < f->text.n)
		if (at > 2 && memchr("\"'=", f->text.p[at - 3], 3) &&
		    f->text.p[at] != '/')
			at = take_url(f, at - 2, at);
}

/* www.host/... that clients make a link of. */
static void find_www(struct finder *f)
{
	size_t at = 0;

	while ((at = find_behind(f->text, at, SPAN("www."))) < f->text.n) {
		unsigned char before = at > 4 ? f->text.p[at - 5] : ' ';

		if (!is_alnum(before) && !is_slash(before) && before != '.' &&
		    before != '@' && before != '-')
			at = take_url(f, at - 4, at - 4);
	}
}

void url_find(struct span text, bool html, const struct mail_limits *l,
	struct arena *a, struct url_set *set)
{
	struct finder f = { text, html, l, a, set };

	find_schemes(&f);
	find_www(&f);
	if (html)
		find_relative(&f);
}
