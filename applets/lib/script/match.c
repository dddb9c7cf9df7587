#include "script/match.h"

#include <ctype.h>
#include <string.h>

enum { CHOICES = 256 };

const char match_out_of_steps[] = "pattern needs too many steps";

/* A repetition that can still be tried with another count. */
struct choice {
	size_t at;		/* where the repetition began */
	size_t item, item_end;	/* the single item in the pattern */
	size_t after;		/* the pattern behind the repetition */
	size_t count, least;
	bool lazy;
	unsigned ncaptures;
	uint32_t closed;	/* captures that were closed then */
};

struct run {
	struct match *m;
	size_t s, p;		/* where we are */
	struct choice choice[CHOICES];
	unsigned nchoices;
};

static bool fail(struct match *m, const char *why)
{
	if (m->error == NULL)
		m->error = why;
	return false;
}

static bool spend(struct match *m, size_t n)
{
	if (m->steps < n) {
		m->steps = 0;
		return fail(m, match_out_of_steps);
	}
	m->steps -= n;
	return true;
}

bool match_is_plain(struct span pattern)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] && strchr("^$*+?.([%-", pattern.p[i]))
			return false;
	return true;
}

/* %a, %d …: the capital is the complement; others stand for themselves. */
static bool in_class(unsigned char c, unsigned char class)
{
	bool in;

	switch (span_lower(class)) {
	case 'a': in = isalpha(c) != 0; break;
	case 'c': in = iscntrl(c) != 0; break;
	case 'd': in = isdigit(c) != 0; break;
	case 'g': in = isgraph(c) != 0; break;
	case 'l': in = islower(c) != 0; break;
	case 'p': in = ispunct(c) != 0; break;
	case 's': in = isspace(c) != 0; break;
	case 'u': in = isupper(c) != 0; break;
	case 'w': in = isalnum(c) != 0; break;
	case 'x': in = isxdigit(c) != 0; break;
	default: return class == c;
	}
	return isupper(class) ? !in : in;
}

/* Where the set that starts at p ('[') ends: behind its ']'. 0: nowhere. */
static size_t set_end(struct match *m, size_t p)
{
	struct span pat = m->pattern;

	p++;
	if (p < pat.n && pat.p[p] == '^')
		p++;
	do {
		if (p >= pat.n)
			break;
		if (pat.p[p] == '%')
			p++;
		p++;
	} while (p < pat.n && pat.p[p] != ']');
	if (p < pat.n)
		return p + 1;
	fail(m, "malformed pattern (missing ']')");
	return 0;
}

/* Behind the single item at p (a byte, a class, a set); 0: malformed. */
static size_t item_end(struct match *m, size_t p)
{
	if (m->pattern.p[p] == '%') {
		if (p + 1 < m->pattern.n)
			return p + 2;
		fail(m, "malformed pattern (ends with '%')");
		return 0;
	}
	return m->pattern.p[p] == '[' ? set_end(m, p) : p + 1;
}

/* Is c in the set from p ('[') to end (behind ']')? */
static bool in_set(const struct match *m, size_t p, size_t end,
	unsigned char c)
{
	const unsigned char *pat = m->pattern.p;
	size_t last = end - 1;
	bool in = true;

	if (pat[++p] == '^') {
		in = false;
		p++;
	}
	for (; p < last; p++) {
		if (pat[p] == '%') {
			if (in_class(c, pat[++p]))
				return in;
		} else if (pat[p + 1] == '-' && p + 2 < last) {
			if (pat[p] <= c && c <= pat[p + 2])
				return in;
			p += 2;
		} else if (pat[p] == c) {
			return in;
		}
	}
	return !in;
}

/* Does the item match the byte at s? Costs as much as the item is long. */
static bool one(struct match *m, size_t s, size_t item, size_t end)
{
	unsigned char c;

	if (s >= m->subject.n || !spend(m, end - item))
		return false;
	c = m->subject.p[s];
	switch (m->pattern.p[item]) {
	case '.':
		return true;
	case '%':
		return in_class(c, m->pattern.p[item + 1]);
	case '[':
		return in_set(m, item, end, c);
	default:
		return m->pattern.p[item] == c;
	}
}

static uint32_t closed(const struct match *m)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < m->ncaptures; i++)
		if (m->capture[i].kind != CAPTURE_OPEN)
			mask |= (uint32_t)1 << i;
	return mask;
}

/* Goes back to the newest choice and tries it another way; false: none. */
static bool retreat(struct run *r)
{
	struct match *m = r->m;

	while (r->nchoices && m->error == NULL) {
		struct choice *c = &r->choice[r->nchoices - 1];
		bool again = c->lazy ?
			one(m, c->at + c->count, c->item, c->item_end) :
			c->count > c->least;

		if (!again || !spend(m, 1)) {
			r->nchoices--;
			continue;
		}
		c->count += c->lazy ? 1 : (size_t)-1;
		m->ncaptures = c->ncaptures;
		for (unsigned i = 0; i < m->ncaptures; i++)
			if (!(c->closed >> i & 1))
				m->capture[i].kind = CAPTURE_OPEN;
		r->s = c->at + c->count;
		r->p = c->after;
		return true;
	}
	return false;
}

/* An item with *, +, ? or - behind it. */
static bool repeat(struct run *r, size_t end)
{
	struct match *m = r->m;
	unsigned char how = m->pattern.p[end];
	struct choice c = { .at = r->s, .item = r->p, .item_end = end,
		.after = end + 1, .lazy = how == '-',
		.least = how == '+' ? 1 : 0,
		.ncaptures = m->ncaptures, .closed = closed(m) };
	size_t most = how == '?' ? 1 : SIZE_MAX;

	if (!c.lazy)
		while (c.count < most && one(m, r->s + c.count, r->p, end))
			c.count++;
	if (m->error || c.count < c.least)
		return false;
	if (c.lazy || c.count > c.least) {
		if (r->nchoices == CHOICES)
			return fail(m, "pattern too complex");
		r->choice[r->nchoices++] = c;
	}
	r->s += c.count;
	r->p = c.after;
	return true;
}

static bool open_capture(struct run *r)
{
	struct match *m = r->m;
	struct match_capture *c;
	bool position = r->p + 1 < m->pattern.n &&
		m->pattern.p[r->p + 1] == ')';

	if (m->ncaptures == MATCH_CAPTURES)
		return fail(m, "too many captures");
	c = &m->capture[m->ncaptures++];
	*c = (struct match_capture){ .at = r->s,
		.kind = position ? CAPTURE_POSITION : CAPTURE_OPEN };
	r->p += position ? 2 : 1;
	return true;
}

static bool close_capture(struct run *r)
{
	struct match *m = r->m;

	for (unsigned i = m->ncaptures; i-- > 0;) {
		struct match_capture *c = &m->capture[i];

		if (c->kind != CAPTURE_OPEN)
			continue;
		c->kind = CAPTURE_TEXT;
		c->n = r->s - c->at;
		r->p++;
		return true;
	}
	return fail(m, "invalid pattern capture");
}

/* %bxy */
static bool balanced(struct run *r)
{
	struct match *m = r->m;
	const unsigned char *xy = m->pattern.p + r->p + 2;
	size_t depth = 1, s = r->s;

	if (r->p + 3 >= m->pattern.n)
		return fail(m, "malformed pattern (missing arguments to "
			"'%b')");
	if (s >= m->subject.n || m->subject.p[s] != xy[0])
		return false;
	while (++s < m->subject.n && spend(m, 1)) {
		if (m->subject.p[s] == xy[1]) {
			if (--depth == 0) {
				r->s = s + 1;
				r->p += 4;
				return true;
			}
		} else if (m->subject.p[s] == xy[0]) {
			depth++;
		}
	}
	return false;
}

/* %f[set] */
static bool frontier(struct run *r)
{
	struct match *m = r->m;
	size_t set = r->p + 2, end;
	unsigned char before, here;

	if (set >= m->pattern.n || m->pattern.p[set] != '[')
		return fail(m, "missing '[' after '%f' in pattern");
	end = set_end(m, set);
	if (end == 0 || !spend(m, end - set))
		return false;
	before = r->s ? m->subject.p[r->s - 1] : 0;
	here = r->s < m->subject.n ? m->subject.p[r->s] : 0;
	r->p = end;
	return !in_set(m, set, end, before) && in_set(m, set, end, here);
}

/* %1 to %9: the same text again. */
static bool again(struct run *r)
{
	struct match *m = r->m;
	unsigned i = m->pattern.p[r->p + 1] - (unsigned)'1';
	struct span text;

	if (i >= m->ncaptures || m->capture[i].kind == CAPTURE_OPEN)
		return fail(m, "invalid capture index in pattern");
	if (m->capture[i].kind == CAPTURE_POSITION)
		return false;
	text = span_sub(m->subject, m->capture[i].at, m->capture[i].n);
	if (!spend(m, 1 + text.n / 8) ||
	    !span_starts(span_after(m->subject, r->s), text))
		return false;
	r->s += text.n;
	r->p += 2;
	return true;
}

/* One item, with what repeats it. */
static bool item(struct run *r)
{
	struct match *m = r->m;
	size_t end = item_end(m, r->p);

	if (end == 0)
		return false;
	if (end < m->pattern.n && m->pattern.p[end] &&
	    strchr("*+?-", m->pattern.p[end]))
		return repeat(r, end);
	if (!one(m, r->s, r->p, end))
		return false;
	r->s++;
	r->p = end;
	return true;
}

/* The next piece of the pattern. */
static bool forward(struct run *r)
{
	struct span pat = r->m->pattern;
	unsigned char next = r->p + 1 < pat.n ? pat.p[r->p + 1] : 0;

	switch (pat.p[r->p]) {
	case '(':
		return open_capture(r);
	case ')':
		return close_capture(r);
	case '$':
		if (r->p + 1 < pat.n)
			break;
		r->p++;
		return r->s == r->m->subject.n;
	case '%':
		if (next == 'b')
			return balanced(r);
		if (next == 'f')
			return frontier(r);
		if (isdigit(next))
			return again(r);
		break;
	}
	return item(r);
}

enum match_answer match_at(struct match *m, size_t from, size_t *end_r)
{
	struct run r;

	r.m = m;
	r.s = from;
	r.p = 0;
	r.nchoices = 0;
	m->ncaptures = 0;
	m->error = NULL;
	if (!spend(m, 1))
		return MATCH_FAILED;
	while (r.p < m->pattern.n)
		if (!forward(&r) && !retreat(&r))
			return m->error ? MATCH_FAILED : MATCH_NO;
	for (unsigned i = 0; i < m->ncaptures; i++)
		if (m->capture[i].kind == CAPTURE_OPEN) {
			fail(m, "unfinished capture");
			return MATCH_FAILED;
		}
	*end_r = r.s;
	return MATCH_YES;
}
