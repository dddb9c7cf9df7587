/*
 * Dates of header fields (RFC 5322 section 3.3), obsolete syntax (4.3) and
 * the unambiguous forms that mail really has: asctime's, dashes, a zone with
 * a colon. What a date does not say is a flag, never a guess: "4/6/2002" is
 * no date here.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include "base/span.h"

enum date_flag {
	DATE_OBSOLETE = 1u << 0,	/* RFC 5322 section 4.3 */
	DATE_FORM = 1u << 1,		/* no RFC allows this form */
	DATE_NO_ZONE = 1u << 2,		/* none, unknown or -0000: ms is as if
					   UTC, at most 14 hours off */
	DATE_WRONG_DAY = 1u << 3,	/* the day name is of another date */
	DATE_IMPOSSIBLE = 1u << 4,	/* no such day, time or zone; ms is 0 */
	DATE_PAST = 1u << 5,		/* of date_far() */
	DATE_FUTURE = 1u << 6,
};

struct date {
	int64_t ms;		/* since 1970, UTC; negative before */
	int zone;		/* minutes east of UTC */
	unsigned flags;
};

/* False: there is no date in it; *d_r is zero then. */
bool date_parse(struct span value, struct date *d_r);

/*
 * DATE_PAST or DATE_FUTURE when the date is more than most_ms from now_ms,
 * in whatever zone a date without one was meant; else 0. An impossible date
 * is neither.
 */
unsigned date_far(const struct date *d, int64_t now_ms, int64_t most_ms);

#endif
