/*
 * Time zones by name. Their rules come from the host's tz data
 * (ZONE_FOLDER, Debian package tzdata) when a bundle is built, and travel in
 * it: where mail is judged there are no files. A host whose tz data was
 * renewed has new rules with the next generation or pm reload filter.
 *
 * A bundle's zones are lines "NAME RULE[ SECONDS:OFFSET]…". The rule is a TZ
 * text (POSIX.1-2017, 8.3), the last line of a TZif file (RFC 9636, 3.3):
 * "CET-1CEST,M3.5.0,M10.5.0/3". Where it does not tell what the file says of
 * the time from a year ago to ten years from now (Morocco's months of fasting,
 * a law of next year), changes follow: from then on so many seconds east.
 * What a zone did in earlier years is not there: mail is of today.
 */
#ifndef ENGINE_ZONE_H
#define ENGINE_ZONE_H

#include "base/arena.h"
#include "base/buf.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"

/* A day of the year, and seconds of that day. */
struct zone_change {
	enum { ZONE_MONTH_WEEK, ZONE_DAY, ZONE_DAY_NO_LEAP } kind;
	int64_t month, week, weekday;	/* week 5: the last; 0: Sunday */
	int64_t day;			/* DAY: from 0; NO_LEAP: from 1 */
	int64_t seconds;
};

struct zone {
	int64_t offset, summer_offset;	/* seconds east of UTC */
	bool has_summer;
	struct zone_change start, end;	/* of summer time */
	struct span changes;		/* " SECONDS:OFFSET"… */
};

/* A TZ text. False: it is none; nothing is behind it. */
bool zone_read_rule(struct span rule, struct zone *z_r);
/*
 * "UTC", "GMT", "+02:00", "-0530", "+2", or a name of these zones in any
 * case.
 */
bool zone_find(struct span zones, struct span name, struct zone *z_r);
/* For a name that is none: the nearest one, or NULL. */
const char *zone_nearest(struct span zones, struct span name,
	struct arena *a);
/* Seconds east of UTC at that time. */
int64_t zone_offset(const struct zone *z, int64_t t);

/* A time in parts, in the Gregorian calendar. */
struct zone_time {
	int64_t year;
	int month, day;		/* from 1 */
	int weekday;		/* 0: Sunday */
	int64_t seconds;	/* of that day */
};

struct zone_time zone_split(int64_t t);

/*
 * Appends the lines of all zones of a folder of TZif files. One that cannot
 * be read is none; without tz data there are none.
 */
void zone_put_all(const char *folder, int64_t now_s, struct buf *b);

#endif
