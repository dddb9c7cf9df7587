#include "base/args.h"

#include <time.h>

#include "base/clock.h"

enum { AGO_MAX = 100000 };

static bool take_number(const char **at, size_t digits, int *v_r)
{
	struct span s = span_sub(span_of(*at), 0, digits);
	uint64_t v;

	if (s.n != digits || !span_u64(s, 9999, &v))
		return false;
	*v_r = (int)v;
	*at += digits;
	return true;
}

static bool take_word(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

/* "2026-11-22", then perhaps "T20:17". */
static bool date_of(const char *text, int64_t *ms_r)
{
	struct tm tm = { 0 };

	if (!take_number(&text, 4, &tm.tm_year) || !take_word(&text, '-') ||
	    !take_number(&text, 2, &tm.tm_mon) || !take_word(&text, '-') ||
	    !take_number(&text, 2, &tm.tm_mday))
		return false;
	if (*text && (!take_word(&text, 'T') ||
	    !take_number(&text, 2, &tm.tm_hour) || !take_word(&text, ':') ||
	    !take_number(&text, 2, &tm.tm_min) || *text))
		return false;
	if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 ||
	    tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
	    tm.tm_min > 59)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*ms_r = (int64_t)timegm(&tm) * 1000;
	return true;
}

int args_time(const char *option, const char *text, int64_t *ms_r,
	struct err *e)
{
	static const struct { char unit; int64_t ms; } units[] = {
		{ 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 },
		{ 'd', 86400000 } };
	struct span s = span_of(text);
	uint64_t n;

	if (date_of(text, ms_r))
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (s.n > 1 && s.p[s.n - 1] == (unsigned char)units[i].unit &&
		    span_u64(span_sub(s, 0, s.n - 1), AGO_MAX, &n)) {
			*ms_r = clock_wall_ms() - (int64_t)n * units[i].ms;
			return 0;
		}
	return err_set(e, ERR_PERMANENT, "--%s %s: give a time ago such as "
		"30m, 12h or 7d, or a day such as 2026-11-22 or "
		"2026-11-22T20:17 (UTC)", option, text);
}
