/* TZ texts (POSIX.1-2017, 8.3), TZif files (RFC 9636), zones by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../applets/lib/engine/zone_files.c"

static int64_t offset(const char *rule, int64_t t)
{
	struct zone z;

	if (!zone_read_rule(span_of(rule), &z))
		fail_msg("%s: not read", rule);
	return zone_offset(&z, t);
}

static void rules_are_read(void **state)
{
	static const struct {
		const char *rule;
		int64_t t, offset;	/* one second before: `before` */
		int64_t before;
	} cases[] = {
		{ "UTC0", 0, 0, 0 },
		{ "<+0545>-5:45", 0, 20700, 20700 },
		{ "<-00>0:00:01", 0, -1, -1 },
		/* 2026-03-29 01:00 UTC, 2026-10-25 01:00 UTC */
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 7200, 3600 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 3600, 7200 },
		/* The south: summer over the turn of the year. */
		{ "AEST-10AEDT,M10.1.0,M4.1.0/3", 1775318400, 36000, 39600 },
		{ "AEST-10AEDT,M10.1.0,M4.1.0/3", 1791043200, 39600, 36000 },
		/* Half an hour, and a day that begins before midnight. */
		{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1775314800, 37800,
			39600 },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000, -3600,
			-7200 },
		/* Ireland: winter is the exception, and behind it. */
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1774746000, 3600, 0 },
		/* Days of the year: J60 is the first of March, leap or not. */
		{ "AAA0BBB,J60/0,J300", 1772323200, 3600, 0 },
		{ "AAA0BBB,J60/0,J300", 1835481600, 3600, 0 },
		{ "AAA0BBB,59/0,300", 1772323200, 3600, 0 },
		{ "AAA0BBB,59/0,300", 1835395200, 3600, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i].rule);
		assert_int_equal(offset(cases[i].rule, cases[i].t),
			cases[i].offset);
		assert_int_equal(offset(cases[i].rule, cases[i].t - 1),
			cases[i].before);
	}
}

static void what_is_no_rule_is_refused(void **state)
{
	static const char *const bad[] = { "", "UTC", "0", "A0B", "CET-",
		"CET-1CEST", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1 ",
		"CET-1CEST,M3.5.0,M10.5.0/3,", "CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,J0,J9", "<+01-1",
		"CET-1CEST,J366,J9", "CET-999", "CET-1:60", "<>0", "CET--1",
		"CET-1CEST,99999999999999999999,1" };
	static const char good[] = "CET-1CEST-2:00:00,M3.5.0/1,J300/-1";
	struct zone z;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (zone_read_rule(span_of(bad[i]), &z))
			fail_msg("\"%s\": read", bad[i]);
	/* Cut anywhere: an answer, never more than is there. */
	for (size_t n = 0; n < sizeof(good); n++) {
		unsigned char *cut = malloc(n + 1);

		memcpy(cut, good, n);
		zone_read_rule(span_from(cut, n), &z);
		free(cut);
	}
}

static void names(void **state)
{
	static const char zones[] = "Europe/Berlin CET-1CEST,M3.5.0,M10.5.0/3\n"
		"Africa/Casablanca <+01>-1 1000:3600 2000:0 3000:3600\n"
		"Broken/Zone what\n";
	struct arena *a = arena_new("test", 1 << 20);
	struct zone z;

	(void)state;
	assert_true(zone_find(span_of(zones), SPAN("europe/berlin"), &z));
	assert_int_equal(zone_offset(&z, 1774746000), 7200);
	assert_true(zone_find(span_of(zones), SPAN("Africa/Casablanca"), &z));
	assert_int_equal(zone_offset(&z, 0), 3600);
	assert_int_equal(zone_offset(&z, 1999), 3600);
	assert_int_equal(zone_offset(&z, 2000), 0);
	assert_int_equal(zone_offset(&z, 2999), 0);
	assert_int_equal(zone_offset(&z, 3000), 3600);
	assert_int_equal(zone_offset(&z, 1 << 30), 3600);
	assert_true(zone_find(SPAN(""), SPAN("utc"), &z));
	assert_true(zone_find(SPAN(""), SPAN("-0530"), &z));
	assert_int_equal(zone_offset(&z, 0), -19800);
	assert_false(zone_find(span_of(zones), SPAN("Broken/Zone"), &z));
	assert_false(zone_find(span_of(zones), SPAN("Europe"), &z));
	assert_false(zone_find(span_of(zones), SPAN("+99"), &z));
	assert_string_equal(zone_nearest(span_of(zones), SPAN("Europe/Berlim"),
		a), "Europe/Berlin");
	arena_free(&a);
}

static void put(struct buf *b, int64_t n, size_t size)
{
	for (size_t i = size; i > 0; i--)
		buf_byte(b, (unsigned char)((uint64_t)n >> (8 * i - 8)));
}

/* One change to one hour at `at`, then `rule`; of version 2, as zic -b slim. */
static void put_tzif(struct buf *b, int64_t at, const char *rule)
{
	for (int block = 0; block < 2; block++) {
		int64_t n = block ? 2 : 0;

		buf_string(b, "TZif2");
		buf_span(b, span_from("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15));
		for (int i = 0; i < 3; i++)
			put(b, 0, 4);
		put(b, n, 4);
		put(b, 2, 4);
		put(b, 4, 4);
		put(b, at - 2000 * 86400 * (int64_t)(n > 0), n ? 8 : 0);
		put(b, at, n ? 8 : 0);
		put(b, 0, n ? 1 : 0);
		put(b, 1, n ? 1 : 0);
		put(b, 0, 6);
		put(b, 3600, 4);
		put(b, 256, 2);
		buf_string(b, "ABC");
		buf_byte(b, 0);
	}
	buf_printf(b, "\n%s\n", rule);
}

static void files(void **state)
{
	char folder[] = "/tmp/zones.XXXXXX", path[64];
	struct buf b = { 0 }, out = { 0 };
	int64_t at = 1795000000;
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(folder));
	put_tzif(&b, at, "<+01>-1");
	snprintf(path, sizeof(path), "%s/Area", folder);
	assert_int_equal(io_mkdirs(path, 0755, &e), 0);
	snprintf(path, sizeof(path), "%s/Area/City", folder);
	assert_int_equal(io_replace_file(path, 0644, buf_bytes(&b), &e), 0);
	/* The change is in the window: the rule alone would be wrong. */
	zone_put_all(folder, at - 86400, &out);
	assert_string_equal(buf_c(&out), "Area/City <+01>-1 1622200000:0 "
		"1795000000:3600\n");
	out.n = 0;
	zone_put_all(folder, at + 2 * (int64_t)YEAR, &out);
	assert_string_equal(buf_c(&out), "Area/City <+01>-1\n");
	/* The rule fits the change, but has a summer before that never was. */
	b.n = 0;
	put_tzif(&b, at, "AAA0BBB,J322/11:06:40,J60");
	out.n = 0;
	assert_int_equal(io_replace_file(path, 0644, buf_bytes(&b), &e), 0);
	zone_put_all(folder, at - 86400, &out);
	assert_string_equal(buf_c(&out), "Area/City AAA0BBB,J322/11:06:40,J60 "
		"1622200000:0 1795000000:3600\n");
	b.n = 0;
	put_tzif(&b, at, "<+01>-1");
	for (size_t n = 0; n < b.n; n++) {
		out.n = 0;
		assert_int_equal(io_replace_file(path, 0644,
			span_sub(buf_bytes(&b), 0, n), &e), 0);
		zone_put_all(folder, at, &out);
		assert_true(out.n == 0 || n >= b.n - 7);
	}
	unlink(path);
	snprintf(path, sizeof(path), "%s/Area", folder);
	rmdir(path);
	rmdir(folder);
	out.n = 0;
	zone_put_all(folder, at, &out);
	assert_int_equal(out.n, 0);
	buf_free(&b);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(what_is_no_rule_is_refused),
		cmocka_unit_test(names),
		cmocka_unit_test(files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
