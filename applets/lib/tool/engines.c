#include "tool/engines.h"

#include <string.h>

#include "tool/signatures.h"

static bool is_optional(const struct wiring *w, const char *engine)
{
	for (size_t i = 0; i < w->filter.noptional; i++)
		if (strcmp(w->filter.optional[i], engine) == 0)
			return true;
	return false;
}

struct virus_set engines_wired(const struct wiring *w)
{
	const char *clamd = wiring_clamd(w);
	bool own = clamd != w->filter.clamd;
	struct virus_set set = { .n = 0 };

	if (clamd)
		set.engines[set.n++] = (struct virus_engine){ .where = clamd,
			.takes_fds = own, .spare = is_optional(w, "clamd"),
			.signatures = own ? SIGNATURES_DIR : NULL };
	if (w->filter.icap)
		set.engines[set.n++] = (struct virus_engine){
			.where = w->filter.icap,
			.spare = is_optional(w, "icap") };
	return set;
}
