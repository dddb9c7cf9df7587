/* A date: what is not there is zero, what is impossible has no time. */
#include "mail/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct date d;
	bool found = date_parse(span_from(data, size), &d);

	if ((!found || d.flags & DATE_IMPOSSIBLE) && (d.ms || d.zone))
		__builtin_trap();
	if (!found && d.flags)
		__builtin_trap();
	if (d.zone < -14 * 60 || d.zone > 14 * 60)
		__builtin_trap();
	/* 1900 to 9999, and a day for the zone. */
	if (d.ms < -2209075200000 || d.ms > 253402387199000)
		__builtin_trap();
	date_far(&d, 0, 0);
	return 0;
}
