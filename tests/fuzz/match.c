/* A pattern, a NUL, a subject: the matcher stays within its steps and within
 * the subject, and a plain pattern is found where it stands. */
#include "script/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS = 20000 };

static void check_yes(const struct match *m, size_t at, size_t end)
{
	struct span here = span_sub(m->subject, at, m->pattern.n);

	if (end < at || end > m->subject.n || m->ncaptures > MATCH_CAPTURES)
		__builtin_trap();
	if (match_is_plain(m->pattern) && (!span_eq(here, m->pattern) ||
	    end != at + m->pattern.n))
		__builtin_trap();
	for (unsigned i = 0; i < m->ncaptures; i++) {
		const struct match_capture *c = &m->capture[i];

		if (c->kind == CAPTURE_OPEN || c->at > m->subject.n ||
		    (c->kind == CAPTURE_TEXT &&
		     c->n > m->subject.n - c->at))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_from(data, size);
	size_t cut = span_chr(s, 0), end;
	struct match m = { .pattern = span_sub(s, 0, cut), .steps = STEPS };
	enum match_answer answer = MATCH_NO;

	if (cut == SIZE_MAX)
		return 0;
	m.subject = span_after(s, cut + 1);
	for (size_t at = 0; at <= m.subject.n && answer == MATCH_NO; at++) {
		answer = match_at(&m, at, &end);
		if (answer == MATCH_YES)
			check_yes(&m, at, end);
		if (m.steps > STEPS || (answer == MATCH_FAILED && !m.error))
			__builtin_trap();
	}
	if (match_is_plain(m.pattern) && answer == MATCH_NO &&
	    span_find(m.subject, m.pattern) != SIZE_MAX)
		__builtin_trap();
	return 0;
}
