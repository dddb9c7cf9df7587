#include "mail/date.h"

#include "mail_test.h"

/* "seconds zone flags" as `date -u -d` gives the seconds; "-": no date. */
static void dates_are_read(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		/* As RFC 5322 wants it. */
		{ "Fri, 21 Nov 1997 09:55:06 -0600", "880127706 -360" },
		{ " Tue, 1 Jul 2003 10:52:37 +0200 (CEST)", "1057049557 120" },
		{ "1 Jul 2003 10:52 +0530", "1057036920 330" },
		{ "Sat, 31 Dec 2016 23:59:60 +0000", "1483228800 0" },
		{ "Thu, 29 Feb 2024 00:00:00 +0000", "1709164800 0" },
		{ "Thu,\r\n 1 Jan 1970 00:00:00\r\n +0000\r\n", "0 0" },
		{ "1 Jan 1970 00:00:00 +1400", "-50400 840" },
		{ "1 Jan 1900 00:00:00 +0000", "-2208988800 0" },
		{ "fri, 31 dec 9999 23:59:59 +0000", "253402300799 0" },
		/* Obsolete. */
		{ "21 Nov 97 09:55:06 GMT", "880106106 0 obsolete" },
		{ "Thu, 1 Jan 49 0:00:00 Z",
			"2493072000 0 obsolete wrong-day" },
		{ "1 Jan 50 00:00:00 UT", "-631152000 0 obsolete" },
		{ "1 Jan 103 00:00:00 +0000", "1041379200 0 obsolete" },
		{ "Tue, 4 Jun 2002 05:20:37 EDT",
			"1023182437 -240 obsolete" },
		{ "Tue (x), 4 (y \\) (z)) Jun 2002 05 : 20 : 37 +0000",
			"1023168037 0 obsolete" },
		{ "4 Jun 2002 05:20:37 A", "1023168037 0 obsolete no-zone" },
		{ "4 Jun 2002 05:20:37 CEST", "1023168037 0 obsolete no-zone" },
		{ "4 Jun 2002 05:20:37 -0000", "1023168037 0 no-zone" },
		/* Forms that no RFC has, but mail. */
		{ "Tue Jun  4 05:20:37 2002", "1023168037 0 form no-zone" },
		{ "Tue Jun  4 05:20:37 PDT 2002",
			"1023193237 -420 obsolete form" },
		{ "Tue, 04-Jun-2002 05:20:37 GMT",
			"1023168037 0 obsolete form" },
		{ "Tuesday, 4 June 2002 05:20:37 +02:00",
			"1023160837 120 form" },
		{ "4 Jun 2002 05:20:37 UTC", "1023168037 0 obsolete form" },
		{ "4 Jun 2002 05:20:37", "1023168037 0 form no-zone" },
		{ "4 Jun 2002 05:20:37 +2", "1023168037 0 form no-zone" },
		{ "Tue 4 Jun 2002 05:20:37 +0000", "1023168037 0 form" },
		{ "4 Jun 2002 05:20:37 +0000 x",
			"1023168037 0 form no-zone" },
		{ "4 Jun 2002 05:20:37 GMT+2",
			"1023168037 0 obsolete form no-zone" },
		{ "Xyz, 4 Jun 2002 05:20:37 +0000", "-" },
		{ "Wed, 4 Jun 2002 05:20:37 +0000", "1023168037 0 wrong-day" },
		/* What does not exist. */
		{ "29 Feb 2023 00:00:00 +0000", "0 0 impossible" },
		{ "29 Feb 1900 00:00:00 +0000", "0 0 impossible" },
		{ "31 Apr 2023 00:00:00 +0000", "0 0 impossible" },
		{ "0 Apr 2023 00:00:00 +0000", "0 0 impossible" },
		{ "1 Apr 2023 24:00:00 +0000", "0 0 impossible" },
		{ "1 Apr 2023 00:60:00 +0000", "0 0 impossible" },
		{ "1 Apr 2023 00:00:61 +0000", "0 0 impossible" },
		{ "1 Apr 2023 00:00:00 +0060", "0 0 impossible" },
		{ "1 Apr 2023 00:00:00 -1401", "0 0 impossible" },
		{ "1 Apr 1899 00:00:00 +0000", "0 0 impossible" },
		{ "1 Apr 10000 00:00:00 +0000", "0 0 impossible" },
		/* What is no date. */
		{ "", "-" }, { "Tue,", "-" }, { "(", "-" },
		{ "4/6/2002 05:20:37 +0000", "-" },
		{ "2002-06-04 05:20:37", "-" },
		{ "4 Jun 2002", "-" }, { "4 Jun 2 05:20:37 +0000", "-" },
		{ "4 Foo 2002 05:20:37 +0000", "-" },
		{ "99999999999 Jun 2002 05:20:37 +0000", "-" },
		{ "4 Jun 99999999999 05:20:37 +0000", "-" },
		{ "4 Jun 2002 05:20: +0000", "-" },
	};
	static const char *const names[] = {
		"obsolete", "form", "no-zone", "wrong-day", "impossible",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = { .arena = *state };
		struct date d;

		if (!date_parse(span_of(rows[i].in), &d)) {
			buf_byte(&b, '-');
		} else {
			assert_int_equal(d.ms % 1000, 0);
			buf_printf(&b, "%lld %d", (long long)(d.ms / 1000),
				d.zone);
			for (size_t k = 0; k < 5; k++)
				if (d.flags >> k & 1)
					buf_printf(&b, " %s", names[k]);
		}
		if (!span_is(buf_bytes(&b), rows[i].out))
			fail_msg("\"%s\": expected \"%s\", got \"%s\"",
				rows[i].in, rows[i].out, buf_c(&b));
	}
}

/* Each day of 400 years has the C library's number and day name. */
static void days_are_those_of_the_calendar(void **state)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };

	(void)state;
	for (long long n = -25567; n < 120530; n++) {
		time_t t = (time_t)n * 86400;
		struct tm tm;
		struct date d;
		char text[64];

		gmtime_r(&t, &tm);
		snprintf(text, sizeof(text), "%s, %d %s %d 00:00:00 +0000",
			days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
			tm.tm_year + 1900);
		assert_true(date_parse(span_of(text), &d));
		if (d.flags || d.ms != n * 86400000)
			fail_msg("%s: %lld, flags %x", text, (long long)d.ms,
				d.flags);
	}
}

static void far_dates_are_told(void **state)
{
	const int64_t hour = 3600000, now = 1023168037000;
	struct date d;

	(void)state;
	assert_true(date_parse(SPAN("4 Jun 2002 05:20:37 +0000"), &d));
	assert_int_equal(date_far(&d, now, 0), 0);
	assert_int_equal(date_far(&d, now + hour, hour), 0);
	assert_int_equal(date_far(&d, now + hour + 1, hour), DATE_PAST);
	assert_int_equal(date_far(&d, now - hour - 1, hour), DATE_FUTURE);
	/* Without a zone it may have been meant 14 hours off. */
	assert_true(date_parse(SPAN("4 Jun 2002 05:20:37 -0000"), &d));
	assert_int_equal(date_far(&d, now + 15 * hour, hour), 0);
	assert_int_equal(date_far(&d, now + 15 * hour + 1, hour), DATE_PAST);
	assert_true(date_parse(SPAN("31 Jun 2002 05:20:37 +0000"), &d));
	assert_int_equal(date_far(&d, now, hour), 0);
}

static void parse(struct span s, struct arena *a)
{
	struct date d;

	(void)a;
	date_parse(s, &d);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN(" Tue (a(b)\\),\r\n 4 Jun 2002 05:20:37 +0200 (x"),
		parse);
	cut_everywhere(SPAN("Tue Jun  4 05:20:37 PDT 2002"), parse);
	cut_everywhere(SPAN("04-Jun-02 05:20:37 +02:00 \0"), parse);
}

static void hostile_dates_are_linear(void **state)
{
	static const char *const texts[] = { "(", "()", "1", "a", "\\(", " " };
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		parse(repeat(*state, texts[i], 1 << 20), NULL);
	expect_fast(start, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dates_are_read),
		TEST(days_are_those_of_the_calendar),
		TEST(far_dates_are_told),
		TEST(any_length_can_be_parsed),
		TEST(hostile_dates_are_linear),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
