/*
 * Patterns with * and ?, without recursion.
 */
#include "engine/list_image.h"

static bool one(unsigned char pattern, unsigned char c, bool marks)
{
	return span_lower(pattern) == span_lower(c) ||
		(marks && pattern == '?');
}

bool list_glob(struct span pattern, struct span s, bool marks)
{
	size_t p = 0, i = 0, star = SIZE_MAX, retry = 0;

	while (i < s.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			retry = i;
		} else if (p < pattern.n &&
			   one(pattern.p[p], s.p[i], marks)) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++retry;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool is_star(struct span pattern, size_t p)
{
	return p < pattern.n && pattern.p[p] == '*';
}

/*
 * Which ends of the pattern are reached after one more byte. Two stars pass
 * dots, one does not; that is why the last star alone cannot be tried again.
 */
static void step(struct span pattern, unsigned char c, const bool *before,
	bool *after)
{
	for (size_t p = 0; p <= pattern.n; p++)
		after[p] = false;
	for (size_t p = 0; p < pattern.n; p++) {
		bool twice = is_star(pattern, p) && is_star(pattern, p + 1);

		if (is_star(pattern, p)) {
			after[p] |= before[p] && (twice || c != '.');
			p += twice;
			continue;
		}
		after[p + 1] |= before[p] && (pattern.p[p] == '?' ? c != '.' :
			one(pattern.p[p], c, false));
	}
}

/* A star may stand for nothing. */
static void pass_stars(struct span pattern, bool *reached)
{
	for (size_t p = 0; p < pattern.n; p++) {
		size_t next = p + 1;

		if (!is_star(pattern, p))
			continue;
		if (is_star(pattern, next))
			next++;
		reached[next] |= reached[p];
		p = next - 1;
	}
}

bool list_hosts_glob(struct span pattern, struct span s)
{
	bool reached[2][LIST_ENTRY_MAX + 2] = { { true } };

	if (pattern.n > LIST_ENTRY_MAX)
		return false;
	pass_stars(pattern, reached[0]);
	for (size_t i = 0; i < s.n; i++) {
		step(pattern, s.p[i], reached[i % 2], reached[(i + 1) % 2]);
		pass_stars(pattern, reached[(i + 1) % 2]);
	}
	return reached[s.n % 2][pattern.n];
}
