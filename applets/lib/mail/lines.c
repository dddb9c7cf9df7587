#include "mail/lines.h"

#include <string.h>

enum { BLOCK = 64, WINDOW = 4096 };

bool lines_next(struct lines *l, struct line *line_r)
{
	const unsigned char *p = l->raw.p;
	size_t at = l->at, n = l->raw.n, end;

	if (at >= n)
		return false;
	/* The LF is looked for once, however many CRs stand before it. */
	if (at == 0 || l->lf < at) {
		const unsigned char *lf = memchr(p + at, '\n', n - at);

		l->lf = lf ? (size_t)(lf - p) : n;
	}
	end = l->lf;
	line_r->at = at;
	line_r->next = end < n ? end + 1 : n;
	if (end < n && end > at && p[end - 1] == '\r')
		end--;
	if (l->cr && end > at) {
		const unsigned char *cr = memchr(p + at, '\r', end - at);

		if (cr) {
			end = (size_t)(cr - p);
			line_r->next = end + 1;
		}
	}
	line_r->end = end;
	l->at = line_r->next;
	return true;
}

size_t lines_before(struct span raw, size_t at, bool cr)
{
	bool lf = at && raw.p[at - 1] == '\n';

	if (lf)
		at--;
	if (at && raw.p[at - 1] == '\r' && (lf || cr))
		at--;
	return at;
}

bool lines_bare_cr(struct span raw)
{
	const unsigned char *p = raw.p;
	size_t i = 0;

	/* A loop of fixed length is one that the compiler makes wide. */
	for (; raw.n - i > BLOCK; i += BLOCK) {
		unsigned char found = 0;

		for (size_t k = 0; k < BLOCK; k++)
			found |= (p[i + k] == '\r') & (p[i + k + 1] != '\n');
		if (found)
			return true;
	}
	for (; i < raw.n; i++)
		if (p[i] == '\r' && (i + 1 == raw.n || p[i + 1] != '\n'))
			return true;
	return false;
}

size_t lines_find(struct span s, size_t from, struct span what)
{
	while (from < s.n && s.n - from >= what.n) {
		struct span near = span_sub(s, from, WINDOW + what.n - 1);
		const unsigned char *p = memmem(near.p, near.n, what.p,
			what.n);

		if (p)
			return (size_t)(p - s.p);
		from += WINDOW;
	}
	return SIZE_MAX;
}

bool lines_blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r' &&
		    s.p[i] != '\n')
			return false;
	return true;
}
