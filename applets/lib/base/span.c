#include "base/span.h"

#include <string.h>

bool span_caseeq(struct span a, struct span b)
{
	return a.n == b.n && span_casestarts(a, b);
}

bool span_casestarts(struct span s, struct span prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (span_lower(s.p[i]) != span_lower(prefix.p[i]))
			return false;
	return true;
}

bool span_ends(struct span s, struct span suffix)
{
	return s.n >= suffix.n &&
	       span_eq(span_after(s, s.n - suffix.n), suffix);
}

int span_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	if (order)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

size_t span_find(struct span s, struct span what)
{
	const unsigned char *at;

	if (what.n == 0)
		return 0;
	if (s.n < what.n)
		return SIZE_MAX;
	at = memmem(s.p, s.n, what.p, what.n);
	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t span_casefind(struct span s, struct span what)
{
	for (size_t i = 0; i + what.n <= s.n; i++)
		if (span_casestarts(span_after(s, i), what))
			return i;
	return SIZE_MAX;
}

size_t span_rchr(struct span s, unsigned char c)
{
	const unsigned char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

/* Is c one of the blanks that fold a header? */
static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = span_after(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool span_cut(struct span *rest, unsigned char sep, struct span *piece_r)
{
	size_t at;

	if (rest->n == 0)
		return false;
	at = span_chr(*rest, sep);
	*piece_r = span_sub(*rest, 0, at);
	*rest = span_after(*rest, at == SIZE_MAX ? rest->n : at + 1);
	return true;
}

bool span_line(struct span *rest, struct span *line_r)
{
	size_t at;

	if (rest->n == 0)
		return false;
	at = span_chr(*rest, '\n');
	*line_r = span_sub(*rest, 0, at);
	*rest = span_after(*rest, at == SIZE_MAX ? rest->n : at + 1);
	if (line_r->n && line_r->p[line_r->n - 1] == '\r' && at != SIZE_MAX)
		line_r->n--;
	return true;
}

bool span_u64(struct span s, uint64_t max, uint64_t *value_r)
{
	uint64_t value = 0;

	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)s.p[i] - '0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value > max)
		return false;
	*value_r = value;
	return true;
}
