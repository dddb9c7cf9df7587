/* Tags of envelope senders: made, believed, doubted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mailauth/batv.h"

#define MAC "6478ee"
#define DAY ((int64_t)24 * 3600 * 1000)

/* Day 020. */
static const int64_t now = 20 * DAY + 5;

static struct arena *a;
static struct batv_keys keys;

static const char key_text[] =
	"# the newest first\n"
	"3 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
	"\n"
	"1 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\n";

static int set_up(void **state)
{
	struct err e;

	(void)state;
	a = arena_new("test", 1 << 20);
	return batv_read_keys(span_of(key_text), &keys, &e);
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static const char *signed_as(const char *address, int64_t when)
{
	return arena_string(a, batv_sign(&keys, span_of(address), when, a));
}

static void check(const char *address, int64_t when, enum batv_result result,
	const char *bare)
{
	struct span s;
	enum batv_result r = batv_check(&keys, span_of(address), when, &s);

	if (r != result || !span_is(s, bare))
		fail_msg("%s: %s %.*s", address, batv_word(r), SPAN_FMT(s));
}

/*
 * printf '%s' 3027user@example.org | openssl dgst -sha1 -mac hmac
 *	-macopt hexkey:000102…1f
 */
static void test_vector(void **state)
{
	(void)state;
	assert_string_equal(signed_as("User@Example.ORG", now),
		"prvs=3027" MAC "=User@Example.ORG");
	check("prvs=3027" MAC "=user@example.org", now, BATV_GOOD,
		"user@example.org");
}

static void test_not_signed(void **state)
{
	static const char *const rows[] = { "", "postmaster", "@example.org",
		"prvs=1234abcdef=a@example.org", "PRVS=x=a@example.org" };
	struct batv_keys none = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(signed_as(rows[i], now), rows[i]);
	assert_true(span_is(batv_sign(&none, SPAN("a@example.org"), now, a),
		"a@example.org"));
}

static void test_days(void **state)
{
	const char *s = signed_as("a@example.org", now);

	(void)state;
	check(s, now, BATV_GOOD, "a@example.org");
	check(s, now + 7 * DAY, BATV_GOOD, "a@example.org");
	check(s, now + 8 * DAY, BATV_EXPIRED, "a@example.org");
	check(s, now + 900 * DAY, BATV_EXPIRED, "a@example.org");
	/* From a day to come: nobody has made it yet. */
	check(s, now - DAY, BATV_EXPIRED, "a@example.org");
	/* Days are counted modulo 1000. */
	s = signed_as("a@example.org", 997 * DAY);
	check(s, 999 * DAY, BATV_GOOD, "a@example.org");
	check(s, 1004 * DAY, BATV_GOOD, "a@example.org");
	check(s, 1005 * DAY, BATV_EXPIRED, "a@example.org");
}

/* Whatever one byte of it becomes, it is believed no more. */
static void test_changed(void **state)
{
	const char *s = signed_as("a@example.org", now);
	struct span bare;

	(void)state;
	for (size_t i = 0; i < strlen(s); i++) {
		char other[64];

		snprintf(other, sizeof(other), "%s", s);
		other[i] = other[i] == 'x' ? 'y' : 'x';
		assert_int_not_equal(batv_check(&keys, span_of(other), now,
			&bare), BATV_GOOD);
	}
	for (size_t n = 0; n < strlen(s); n++)
		assert_int_not_equal(batv_check(&keys, span_from(s, n), now,
			&bare), BATV_GOOD);
}

static void test_others(void **state)
{
	struct batv_keys none = { .n = 0 };
	struct span bare;

	(void)state;
	check("a@example.org", now, BATV_NONE, "a@example.org");
	check("prvs=a=b@example.org", now, BATV_BAD, "prvs=a=b@example.org");
	check("prvs=7027aaaaaa=b@example.org", now, BATV_BAD,
		"prvs=7027aaaaaa=b@example.org");
	assert_int_equal(batv_check(&none, SPAN("prvs=x=a@b"), now, &bare),
		BATV_NONE);
}

static void test_old_key(void **state)
{
	struct batv_keys old = { .n = 1 };
	struct span s;

	(void)state;
	old.v[0] = keys.v[1];
	s = batv_sign(&old, SPAN("a@example.org"), now, a);
	assert_true(span_starts(s, SPAN("prvs=1027")));
	check(arena_string(a, s), now, BATV_GOOD, "a@example.org");
}

static void test_key_file(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "x", "line 1: a key is a digit, a blank and 64 hex digits" },
		{ "\n0 00", "line 2: a key is a digit, a blank and 64 hex "
			"digits" },
	};
	struct buf b = { .arena = a };
	struct batv_keys k;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(batv_read_keys(span_of(rows[i].text), &k, &e),
			-1);
		assert_string_equal(e.text, rows[i].why);
	}
	batv_make_key(&b);
	assert_int_equal(batv_read_keys(buf_bytes(&b), &k, &e), 0);
	assert_int_equal(k.n, 1);
	batv_make_key(&b);
	assert_int_equal(batv_read_keys(buf_bytes(&b), &k, &e), -1);
	assert_string_equal(e.text, "line 2: there is a key 0 already");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vector), TEST(test_not_signed), TEST(test_days),
		TEST(test_changed), TEST(test_others), TEST(test_old_key),
		TEST(test_key_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
