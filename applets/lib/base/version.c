#include "base/version.h"

#include <stdio.h>

enum { BITS = 10, NUMBERS = 3 };

bool version_read(struct span text, uint32_t *version_r)
{
	struct span rest = text, piece;
	uint32_t version = 0;
	uint64_t number;

	for (unsigned i = 0; i < NUMBERS; i++) {
		if (!span_cut(&rest, '.', &piece) ||
		    !span_u64(piece, (1 << BITS) - 1, &number))
			return false;
		version = version << BITS | (uint32_t)number;
	}
	*version_r = version;
	return rest.n == 0 && !span_ends(text, SPAN("."));
}

void version_name(uint32_t version, char out[VERSION_SIZE])
{
	uint32_t mask = (1 << BITS) - 1;

	snprintf(out, VERSION_SIZE, "%u.%u.%u", version >> 2 * BITS & mask,
		version >> BITS & mask, version & mask);
}

uint32_t version_own(void)
{
	uint32_t version = 0;

	version_read(SPAN(VERSION_TEXT), &version);
	return version;
}
