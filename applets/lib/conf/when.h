/*
 * When a job is due: five fields as crontab(5) has them, or plain words, in a
 * time zone.
 *
 *	"30 3 * * 1-5"		minute hour day month weekday; lists, ranges,
 *				steps, names of months and weekdays; day and
 *				weekday both given: either of them
 *	"hourly", "hourly :15"
 *	"daily 03:30", "weekdays 03:30"
 *	"weekly sun 03:30", "monthly 1 03:30"
 *	"every 10 min", "every 6 hours"
 *
 * Clocks that are set forward or back: a time that is skipped is due when the
 * clock goes on, one that comes twice is due the first time; an hour of "*"
 * means each real one.
 */
#ifndef CONF_WHEN_H
#define CONF_WHEN_H

#include "base/err.h"
#include "base/span.h"

struct when {
	uint64_t minutes;	/* bit n: minute n */
	uint32_t hours, days;	/* days from 1 */
	uint16_t months;	/* from 1 */
	uint8_t weekdays;	/* 0: Sunday */
	bool any_hour, any_day, any_weekday; /* it was "*" */
};

/* *e says what is wrong and what is right. */
int when_parse(struct span text, struct when *w_r, struct err *e);
/* "Europe/Berlin", "UTC": does the system know it? */
bool when_zone(const char *zone);
/*
 * The first moment after `after_s` (seconds since 1970); -1: never (the 31st
 * of February). zone NULL: the host's. Not for two threads at once: it sets
 * TZ for its time.
 */
int64_t when_next(const struct when *w, const char *zone, int64_t after_s);

#endif
