/*
 * The Generic Test for Unsolicited Bulk Email, in any text part.
 */
#include "engine/check.h"

enum { GTUBE_WEIGHT = 15000 };

#define GTUBE "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-" \
	"EMAIL*C.34X"

static bool has(struct span text)
{
	return span_find(text, SPAN(GTUBE)) != SIZE_MAX;
}

static enum check_state gtube_run(struct facts *f)
{
	for (size_t i = 0; i < f->mime.n; i++) {
		struct mime_part *p = f->parts[i].mime;

		if (!mime_is_text(p) || !(has(facts_text(f, i)) ||
		    has(mime_other_text(p))))
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
