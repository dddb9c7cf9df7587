/*
 * conf/when.c: what is understood, and when it is due, over the days on which
 * the clocks are changed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "conf/when.h"

/* "2026-03-29 01:30:00" UTC. */
static int64_t at(const char *text)
{
	struct tm tm = { 0 };

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M", &tm));
	return timegm(&tm);
}

/* The next n moments in UTC, "; " between. */
static void assert_next(const char *when, const char *zone, const char *after,
	int n, const char *expected)
{
	char got[1024] = "", one[32];
	int64_t t = at(after);
	struct when w;
	struct err e;
	size_t used = 0;

	if (when_parse(span_of(when), &w, &e) < 0)
		fail_msg("%s: %s", when, e.text);
	for (int i = 0; i < n; i++) {
		time_t now;
		struct tm tm;

		t = when_next(&w, zone, t);
		now = (time_t)t;
		strftime(one, sizeof(one), "%m-%d %H:%M", gmtime_r(&now, &tm));
		used += (size_t)snprintf(got + used, sizeof(got) - used,
			"%s%s", i ? "; " : "", t < 0 ? "never" : one);
	}
	if (!span_is(span_of(got), expected))
		fail_msg("%s in %s after %s:\n%s\nexpected:\n%s", when, zone,
			after, got, expected);
}

static void words_and_fields_are_understood(void **state)
{
	(void)state;
	assert_next("daily 03:30", "UTC", "2026-11-23 03:29", 2,
		"11-23 03:30; 11-24 03:30");
	assert_next("daily 3:30", "UTC", "2026-11-23 03:30", 1, "11-24 03:30");
	assert_next("hourly :15", "UTC", "2026-11-23 03:15", 2,
		"11-23 04:15; 11-23 05:15");
	assert_next("hourly", "UTC", "2026-11-23 03:15", 1, "11-23 04:00");
	assert_next("weekly sun 04:05", "UTC", "2026-11-23 00:00", 2,
		"11-29 04:05; 12-06 04:05");
	assert_next("weekdays 08:00", "UTC", "2026-11-27 08:00", 2,
		"11-30 08:00; 12-01 08:00");
	assert_next("monthly 31 00:00", "UTC", "2026-01-31 00:00", 2,
		"03-31 00:00; 05-31 00:00");
	assert_next("every 20 min", "UTC", "2026-11-23 03:39", 3,
		"11-23 03:40; 11-23 04:00; 11-23 04:20");
	assert_next("every 12 hours", "UTC", "2026-11-23 00:00", 2,
		"11-23 12:00; 11-24 00:00");
	assert_next("5,50-52/2 1 * feb,Mar *", "UTC", "2026-02-28 01:05", 3,
		"02-28 01:50; 02-28 01:52; 03-01 01:05");
	assert_next("0 0 29 2 *", "UTC", "2026-01-01 00:00", 1, "02-29 00:00");
	assert_next("0 0 13 * fri", "UTC", "2026-11-10 00:00", 3,
		"11-13 00:00; 11-20 00:00; 11-27 00:00");
	assert_next("0 0 * * 7", "UTC", "2026-11-23 00:00", 1, "11-29 00:00");
	assert_next("0 0 31 2 *", "UTC", "2026-11-23 00:00", 1, "never");
}

/* 29 March 2026: 02:00 to 03:00 is not there; 25 October: it is there twice. */
static void clocks_that_are_changed(void **state)
{
	const char *berlin = "Europe/Berlin";

	(void)state;
	assert_next("daily 02:30", berlin, "2026-03-28 01:30", 3,
		"03-29 01:30; 03-30 00:30; 03-31 00:30");
	assert_next("0,30 2 * * *", berlin, "2026-03-28 12:00", 3,
		"03-29 01:00; 03-29 01:30; 03-30 00:00");
	assert_next("daily 02:30", berlin, "2026-10-24 12:00", 3,
		"10-25 00:30; 10-26 01:30; 10-27 01:30");
	assert_next("every 30 min", berlin, "2026-10-25 00:00", 5,
		"10-25 00:30; 10-25 01:00; 10-25 01:30; 10-25 02:00; "
		"10-25 02:30");
	assert_next("every 30 min", berlin, "2026-03-29 00:30", 3,
		"03-29 01:00; 03-29 01:30; 03-29 02:00");
	/* Half an hour; the other way round; the other hemisphere. */
	assert_next("daily 01:45", "Australia/Lord_Howe", "2026-04-03 20:00",
		2, "04-04 14:45; 04-05 15:15");
	assert_next("daily 00:00", "America/Sao_Paulo", "2026-11-23 00:00", 1,
		"11-23 03:00");
	assert_next("daily 02:30", "America/New_York", "2026-03-08 00:00", 2,
		"03-08 07:30; 03-09 06:30");
}

static void what_is_wrong_is_refused(void **state)
{
	static const char *const bad[] = { "", "daily", "daily 24:00",
		"daily 3:3", "dayly 03:30", "hourly 15", "weekly 03:30",
		"weekly someday 03:30", "monthly 32 00:00", "every 7 min",
		"every 0 min", "every 5 hours", "60 * * * *", "* * * *",
		"* * * * * *", "5-1 * * * *", "*/0 * * * *", "1, * * * *",
		"-1 * * * *", "* * 0 * *", "a * * * *", "daily 03:30 x",
		"1/ * * * *" };
	struct when w;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (when_parse(span_of(bad[i]), &w, &e) == 0)
			fail_msg("\"%s\" is understood", bad[i]);
	assert_true(when_zone("Europe/Berlin"));
	assert_true(when_zone("UTC"));
	assert_false(when_zone("Europe/Bonn"));
	assert_false(when_zone("../../etc/passwd"));
	assert_false(when_zone("/etc/localtime"));
	assert_false(when_zone(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_fields_are_understood),
		cmocka_unit_test(clocks_that_are_changed),
		cmocka_unit_test(what_is_wrong_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
