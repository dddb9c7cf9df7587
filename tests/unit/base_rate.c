/* Counts by key and time: near, far, too many keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/rate.h"

#define MINUTE ((int64_t)60 * 1000)
#define HOUR (60 * MINUTE)

static const struct rate_counts one = { 1, 3, 0 }, spam = { 1, 2, 1 };

static void expect(struct rate_table *t, const char *key, uint32_t seconds,
	int64_t now, uint32_t messages, uint32_t rcpts, uint32_t bad)
{
	struct rate_counts c;

	rate_get(t, span_of(key), seconds, now, &c);
	assert_int_equal(c.messages, messages);
	assert_int_equal(c.rcpts, rcpts);
	assert_int_equal(c.spam, bad);
}

static void test_times(void **state)
{
	struct rate_table *t = rate_new();
	int64_t now = 1000 * HOUR;

	(void)state;
	expect(t, "a", 3600, now, 0, 0, 0);
	rate_add(t, SPAN("a"), &one, now);
	rate_add(t, SPAN("a"), &spam, now + 5 * MINUTE);
	now += 5 * MINUTE;
	expect(t, "a", 60, now, 1, 2, 1);
	expect(t, "a", 5 * 60, now, 1, 2, 1);
	expect(t, "a", 6 * 60, now, 2, 5, 1);
	expect(t, "a", 3600, now, 2, 5, 1);
	expect(t, "b", 3600, now, 0, 0, 0);
	/* The hour passes, the day does not. */
	now += HOUR;
	expect(t, "a", 3600, now, 0, 0, 0);
	expect(t, "a", 7200, now, 2, 5, 1);
	rate_add(t, SPAN("a"), &one, now);
	expect(t, "a", 3600, now, 1, 3, 0);
	expect(t, "a", 86400, now, 3, 8, 1);
	expect(t, "a", 86400, now + 23 * HOUR, 1, 3, 0);
	expect(t, "a", 86400, now + 30 * HOUR, 0, 0, 0);
	rate_free(&t);
}

static void test_many_keys(void **state)
{
	struct rate_table *t = rate_new();
	char key[32];

	(void)state;
	for (int i = 0; i < RATE_KEYS_MAX; i++) {
		snprintf(key, sizeof(key), "sender %d", i);
		rate_add(t, span_of(key), &one, HOUR + i);
	}
	assert_int_equal(rate_forgotten(t), 0);
	for (int i = 0; i < RATE_KEYS_MAX; i++) {
		snprintf(key, sizeof(key), "sender %d", i);
		expect(t, key, 3600, HOUR + RATE_KEYS_MAX, 1, 3, 0);
	}
	/* One in use stays while others push each other out. */
	for (int i = 0; i < 1000; i++) {
		int64_t now = 2 * HOUR + i;

		expect(t, "sender 7", 86400, now, 1, 3, 0);
		snprintf(key, sizeof(key), "other %d", i);
		rate_add(t, span_of(key), &one, now);
	}
	assert_int_equal(rate_forgotten(t), 1000);
	rate_free(&t);
}

static void test_wire(void **state)
{
	struct rate_request r = { true, 3600, spam, SPAN("sender a@b") }, got;
	struct rate_counts c;
	struct buf b = { 0 };

	(void)state;
	rate_put_request(&b, &r);
	assert_true(rate_get_request(buf_bytes(&b), &got));
	assert_true(got.add && got.seconds == 3600 && got.counts.spam == 1 &&
		span_is(got.key, "sender a@b"));
	for (size_t n = 0; n < b.n; n++)
		assert_false(rate_get_request(span_sub(buf_bytes(&b), 0, n),
			&got));
	b.n = 0;
	rate_put_counts(&b, &spam);
	assert_true(rate_get_counts(buf_bytes(&b), &c));
	assert_int_equal(c.rcpts, 2);
	assert_false(rate_get_counts(span_sub(buf_bytes(&b), 0, 11), &c));
	b.n = 0;
	r.seconds = RATE_SECONDS_MAX + 1;
	rate_put_request(&b, &r);
	assert_false(rate_get_request(buf_bytes(&b), &got));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_wire),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
