/* Any bytes as a TZ text, as a TZif file, and as the zones of a bundle. */
#include "../../applets/lib/engine/zone_files.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t times[] = { 0, 1774746000, INT32_MAX,
		-(int64_t)INT32_MAX };
	struct span s = span_from(data, size);
	struct buf out = { 0 };
	struct zone z;
	struct tzif f;

	if (zone_read_rule(s, &z))
		for (size_t i = 0; i < 4; i++)
			if (llabs(zone_offset(&z, times[i])) > 168 * 3600)
				__builtin_trap();
	if (read_tzif(s, &f) && zone_read_rule(f.rule, &z))
		put_changes(&f, &z, times[1], &out);
	if (zone_find(s, SPAN("Europe/Berlin"), &z))
		zone_offset(&z, times[1]);
	buf_free(&out);
	return 0;
}
