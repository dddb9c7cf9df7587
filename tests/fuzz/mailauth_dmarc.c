/*
 * DMARC under a zone from outside: the input is the authors, who was
 * authenticated, and the zone, as tests/unit/dmarc_test.h has them, a NUL
 * between them. Nobody passes whom nothing speaks for.
 */
#include "../unit/dmarc_test.h"

#include "mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { QUESTIONS_MAX = 8 * (DMARC_AUTHORS_MAX + DKIM_SIGNATURES_MAX + 1) +
	3 * DMARC_AUTHORS_MAX };

static void check_author(const struct dmarc_author *r)
{
	bool aligned = r->spf_aligned || r->dkim_aligned;

	if ((r->result == AUTH_PASS) != aligned ||
	    (aligned && r->record_domain.n == 0) ||
	    (r->result == AUTH_FAIL && r->policy == DMARC_NO_POLICY) ||
	    (r->result >= AUTH_TEMPERROR && r->problem.n == 0))
		__builtin_trap();
	if (r->record_domain.n && !domain_is_below(r->domain,
	    r->record_domain))
		__builtin_trap();
	if (r->organisation.n && !domain_is_below(r->domain, r->organisation))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span zone = span_from(data, size), from, who;
	struct dmarc_answer r;
	size_t asked;

	if (span_cut(&zone, 0, &from) && span_cut(&zone, 0, &who)) {
		r = dmarc_run(from, who, zone, a, &asked);
		if (asked > QUESTIONS_MAX || r.n > DMARC_AUTHORS_MAX)
			__builtin_trap();
		for (size_t i = 0; i < r.n; i++) {
			check_author(&r.authors[i]);
			if (r.result == AUTH_PASS &&
			    r.authors[i].result != AUTH_PASS)
				__builtin_trap();
		}
	}
	arena_free(&a);
	return 0;
}
