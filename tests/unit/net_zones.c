/* net/zones.c: a list that does not answer rests, one that lies is silenced. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "net/zones.h"

static struct zones *all;
static struct zone *z;

static int set_up(void **state)
{
	(void)state;
	all = zones_new();
	z = zones_find(all, SPAN("list.example"), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	zones_free(&all);
	return 0;
}

static void fail_times(int n, int64_t now)
{
	for (int i = 0; i < n; i++) {
		assert_null(zone_begin(z, false, now));
		assert_int_equal(zone_end(z, false, now), i ==
			ZONES_FAILED - 1);
	}
}

static void five_failures_in_a_row_are_a_rest(void **state)
{
	(void)state;
	fail_times(ZONES_FAILED - 1, 0);
	assert_null(zone_begin(z, false, 0));
	assert_false(zone_end(z, true, 0));
	fail_times(ZONES_FAILED, 0);
	assert_string_equal(zone_begin(z, false, ZONES_REST_MS - 1),
		"rests: too many questions without an answer");
}

static void one_question_tries_it_again(void **state)
{
	(void)state;
	fail_times(ZONES_FAILED, 0);
	assert_null(zone_begin(z, false, ZONES_REST_MS));
	assert_non_null(zone_begin(z, false, ZONES_REST_MS));
	assert_false(zone_end(z, true, ZONES_REST_MS));
	assert_null(zone_begin(z, false, ZONES_REST_MS));
	assert_null(zone_begin(z, false, ZONES_REST_MS));
}

static void the_rest_doubles_and_has_an_end(void **state)
{
	int64_t now = 0, rest = ZONES_REST_MS;

	(void)state;
	fail_times(ZONES_FAILED, now);
	for (int i = 0; i < 10; i++) {
		now += rest;
		assert_non_null(zone_begin(z, false, now - 1));
		assert_null(zone_begin(z, false, now));
		assert_true(zone_end(z, false, now));
		rest = rest * 2 > ZONES_REST_MOST_MS ? ZONES_REST_MOST_MS :
			rest * 2;
	}
	assert_null(zone_begin(z, false, now + ZONES_REST_MOST_MS));
}

/* A question that did not leave says nothing of the zone. */
static void what_did_not_leave_changes_nothing(void **state)
{
	(void)state;
	fail_times(ZONES_FAILED, 0);
	assert_null(zone_begin(z, false, ZONES_REST_MS));
	zone_cancel(z);
	assert_null(zone_begin(z, false, ZONES_REST_MS));
}

static void one_that_lies_counts_for_nothing(void **state)
{
	(void)state;
	assert_true(zone_wants_proof(z, 0));
	assert_false(zone_wants_proof(z, 0));
	assert_null(zone_begin(z, true, 0));
	zone_proved(z, ZONE_LIES, 0);
	assert_string_equal(zone_begin(z, true, 0),
		"lists what no list may list");
	/* Who asks without proof, sees for himself. */
	assert_null(zone_begin(z, false, 0));
	assert_false(zone_wants_proof(z, ZONES_PROOF_AGAIN_MS - 1));
	assert_true(zone_wants_proof(z, ZONES_PROOF_AGAIN_MS));
	zone_proved(z, ZONE_UNPROVED, ZONES_PROOF_AGAIN_MS);
	assert_non_null(zone_begin(z, true, ZONES_PROOF_AGAIN_MS));
	assert_true(zone_wants_proof(z, 2 * ZONES_PROOF_AGAIN_MS));
	zone_proved(z, ZONE_GOOD, 2 * ZONES_PROOF_AGAIN_MS);
	assert_null(zone_begin(z, true, 2 * ZONES_PROOF_AGAIN_MS));
}

static void the_table_is_bounded(void **state)
{
	char name[32];

	(void)state;
	for (int i = 1; i < ZONES_MAX; i++) {
		snprintf(name, sizeof(name), "z%d.example", i);
		assert_non_null(zones_find(all, span_of(name), i));
	}
	fail_times(1, 0);
	assert_null(zone_begin(z, false, 0));
	/* The first one is under way, so the second makes room. */
	assert_non_null(zones_find(all, SPAN("new.example"), 1000));
	assert_ptr_equal(zones_find(all, SPAN("LIST.example"), 1000), z);
	assert_null(zones_find(all, SPAN(""), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			five_failures_in_a_row_are_a_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_question_tries_it_again,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_rest_doubles_and_has_an_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_did_not_leave_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			one_that_lies_counts_for_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_table_is_bounded, set_up,
			tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
