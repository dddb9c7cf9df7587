/*
 * The Generic Test for Unsolicited Bulk Email, in any text part.
 */
#include "engine/check.h"

enum { GTUBE_WEIGHT = 15000 };

#define GTUBE "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-" \
	"EMAIL*C.34X"

static enum check_state gtube_run(struct facts *f)
{
	for (size_t i = 0; i < f->mime.n; i++) {
		struct mime_part *p = f->parts[i].mime;

		if (p->child || !span_starts(p->type, SPAN("text/")) ||
		    span_find(facts_text(f, i), SPAN(GTUBE)) == SIZE_MAX)
			continue;
		facts_hit(f, "GTUBE", GTUBE_WEIGHT, span_of(arena_printf(
			f->arena, "test string in part %zu", i)));
		return CHECK_HIT;
	}
	return CHECK_NO;
}

const struct check gtube_check = {
	.name = "gtube",
	.stage = CHECK_LOCAL,
	.run = gtube_run,
};
