#include "mail/url.h"

#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "mail/decode.h"

enum {
	URLS_FIRST = 16,
	NESTED_MAX = 8,		/* looked for in one that was found */
	NESTED_BYTES_MAX = 1 << 20, /* of all of them together */
};

struct url_index {
	struct map *raw, *normal; /* to the number of the URL, from 1 */
	size_t cap;
	size_t nested_bytes;
};

static struct url *append(struct url_set *set, struct arena *a)
{
	if (set->n == set->index->cap) {
		size_t cap = set->index->cap ? set->index->cap * 2 :
					       URLS_FIRST;
		struct url *v = arena_array(a, cap, sizeof(*v));

		if (set->n)
			memcpy(v, set->v, set->n * sizeof(*v));
		set->v = v;
		set->index->cap = cap;
	}
	return &set->v[set->n++];
}

/* The one of that text, with one more place noted; NULL: it is new. */
static struct url *find_known(struct url_set *set, struct map *map,
	struct span key, unsigned flags)
{
	size_t i = (size_t)map_get(map, key);

	if (i == 0)
		return NULL;
	set->v[i - 1].flags |= flags;
	return &set->v[i - 1];
}

/* Keeps it if it is new and there is room; which it is, or NULL. */
static struct url *keep(struct url_set *set, const struct url *u,
	const struct mail_limits *l, struct arena *a)
{
	struct url *known = find_known(set, set->index->normal, u->url,
		u->flags & URL_PLACES);

	if (known)
		return known;
	if (set->n >= l->urls) {
		set->flags |= MAIL_OVER_URLS;
		set->over++;
		return NULL;
	}
	if (u->flags & URL_CUT)
		set->flags |= MAIL_OVER_URLS;
	*append(set, a) = *u;
	map_put(set->index->normal, u->url, (void *)set->n);
	return &set->v[set->n - 1];
}

/* --- URLs in URLs -------------------------------------------------------- */

/* "http://" at or behind `from`, or SIZE_MAX. */
static size_t find_scheme(struct span s, size_t from)
{
	while (from < s.n) {
		size_t at = span_chr(span_after(s, from), ':');
		struct span before, after;

		if (at == SIZE_MAX)
			return SIZE_MAX;
		at += from;
		before = span_sub(s, 0, at);
		after = span_sub(s, at + 1, 2);
		if (after.n == 2 && (after.p[0] == '/' || after.p[0] == '\\') &&
		    (after.p[1] == '/' || after.p[1] == '\\')) {
			static const char *const names[] = { "https", "http",
				"ftp" };

			for (size_t i = 0; i < 3; i++) {
				struct span name = span_of(names[i]);

				if (before.n >= from + name.n &&
				    span_caseeq(name, span_after(before,
				    before.n - name.n)))
					return at - name.n;
			}
		}
		from = at + 1;
	}
	return SIZE_MAX;
}

/* A colon, or one with a percent sign, or one of those: worth a look. */
static bool find_colon(struct span s)
{
	if (span_chr(s, ':') != SIZE_MAX)
		return true;
	for (size_t at = 0; at < s.n; at++) {
		size_t n = span_chr(span_after(s, at), '%');

		if (n == SIZE_MAX)
			return false;
		at += n;
		if (span_casestarts(span_after(s, at + 1), SPAN("3a")) ||
		    span_starts(span_after(s, at + 1), SPAN("25")))
			return true;
	}
	return false;
}

static struct span without_percents(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int high = s.p[i] == '%' && i + 2 < s.n ?
			decode_hex(s.p[i + 1]) : -1;
		int low = high < 0 ? -1 : decode_hex(s.p[i + 2]);

		p[n++] = low < 0 ? s.p[i] : (unsigned char)(high * 16 + low);
		i += low < 0 ? 0 : 2;
	}
	return span_from(p, n);
}

bool url_nested(const struct url *u, size_t *at, struct arena *a,
	struct url *url_r)
{
	if (span_is(u->scheme, "mailto") || span_is(u->scheme, "tel"))
		return false;
	while (*at < u->path.n) {
		struct span piece = span_after(u->path, *at);

		piece = span_sub(piece, 0, span_chr(piece, '&'));
		*at += piece.n + 1;
		if (find_colon(piece)) {
			size_t from;

			piece = without_percents(piece, a);
			from = find_scheme(piece, 0);
			if (from != SIZE_MAX && url_read(span_after(piece,
			    from), a, url_r))
				return true;
		}
	}
	return false;
}

/* At most NESTED_MAX, those in nested ones included. */
static bool add_nested(struct url_set *set, const struct url *outer,
	unsigned where, const struct mail_limits *l, struct arena *a)
{
	struct url queue[NESTED_MAX + 1];
	size_t n = 1;

	queue[0] = *outer;
	for (size_t k = 0; k < n; k++) {
		size_t at = 0;

		while (n <= NESTED_MAX && set->index->nested_bytes <
		    NESTED_BYTES_MAX &&
		    url_nested(&queue[k], &at, a, &queue[n])) {
			set->index->nested_bytes += queue[n].url.n;
			queue[n++].flags |= where | URL_NESTED;
		}
	}
	if (set->index->nested_bytes >= NESTED_BYTES_MAX)
		set->flags |= MAIL_OVER_URLS;
	for (size_t i = 1; i < n; i++)
		keep(set, &queue[i], l, a);
	return n > 1;
}

void url_add(struct span s, unsigned where, const struct mail_limits *l,
	struct arena *a, struct url_set *set)
{
	struct url u, *kept;

	if (set->index == NULL) {
		set->index = arena_alloc(a, sizeof(*set->index));
		set->index->raw = map_new(a);
		set->index->normal = map_new(a);
	}
	if (find_known(set, set->index->raw, s, where & URL_PLACES))
		return;
	if (set->n >= l->urls) {
		set->flags |= MAIL_OVER_URLS;
		set->over++;
		return;
	}
	if (!url_read(s, a, &u))
		return;
	u.flags |= where;
	kept = keep(set, &u, l, a);
	if (kept == NULL)
		return;
	map_put(set->index->raw, s, (void *)(kept - set->v + 1));
	if (find_colon(u.path) && kept == &set->v[set->n - 1]) {
		size_t i = set->n - 1;

		if (add_nested(set, &u, where & URL_PLACES, l, a))
			set->v[i].flags |= URL_NESTS;
	}
}
