/*
 * Orders that are given again with the same key, over a server that
 * tests/sql/quarantine.t starts and names in PM_TEST_DB, with an entry for
 * a@x and b@x in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/quarantine.h"

static struct quarantine place;
static struct id message;

static struct quarantine_order order(void)
{
	return (struct quarantine_order){ .key = id_new(), .who = "alice",
		.via = "test" };
}

static int64_t jobs(void)
{
	struct db_rows *rows;
	struct err e;
	int64_t n;

	if (db_call(place.db, "page_jobs", NULL, 0, &rows, &e) < 0)
		fail_msg("%s", e.text);
	n = db_int(rows, 0, 0);
	db_rows_free(&rows);
	return n;
}

static void repeat(int (*give)(const struct quarantine *q,
	const struct id *id, const struct quarantine_order *o, struct err *e),
	const struct quarantine_order *o, int expected)
{
	struct err e;

	for (int i = 0; i < 3; i++) {
		int n = give(&place, &message, o, &e);

		if (n < 0)
			fail_msg("%s", e.text);
		assert_int_equal(n, expected);
		db_forget(place.db);
	}
}

static void an_order_repeated_is_one(void **state)
{
	struct span b = SPAN("B@x"), both[] = { SPAN("c@y"), SPAN("d@y") };
	struct quarantine_order o = order();
	struct err e;

	(void)state;
	o.rcpts = &b;
	o.nrcpts = 1;
	repeat(quarantine_release, &o, 1);
	assert_int_equal(jobs(), 1);
	o = order();
	repeat(quarantine_delete, &o, 1);
	o = order();
	assert_int_equal(quarantine_delete(&place, &message, &o, &e), -1);
	assert_int_equal(e.class, ERR_PERMANENT);
	o = order();
	repeat(quarantine_restore, &o, 2);
	assert_int_equal(jobs(), 0);
	o = order();
	o.rcpts = both;
	o.nrcpts = 2;
	repeat(quarantine_forward, &o, 2);
	assert_int_equal(jobs(), 1);
	o = order();
	o.again = true;
	repeat(quarantine_release, &o, 2);
	repeat(quarantine_release, &o, 2);
	assert_int_equal(jobs(), 2);
}

static void an_entry_tells_what_became_of_it(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct quarantine_entry entry;
	struct span *pieces;
	struct err e;
	size_t n;

	(void)state;
	if (quarantine_get(&place, &message, false, a, &entry, &e) < 0)
		fail_msg("%s", e.text);
	assert_false(entry.on_disk);
	assert_int_equal(entry.state, QUARANTINE_RELEASED);
	assert_int_equal(entry.nrcpts, 2);
	assert_int_equal(entry.nevents, 5);
	assert_true(span_is(entry.events[0].what, "released"));
	assert_true(span_is(entry.events[0].detail, "to b@x"));
	assert_true(span_is(entry.events[3].detail, "to c@y d@y"));
	assert_int_equal(quarantine_sealed(&place, &message, a, &pieces, &n,
		&e), 0);
	assert_int_equal(n, 2);
	assert_true(span_is(pieces[1], "two"));
	assert_int_equal(quarantine_get(&place, &message, true, a, &entry,
		&e), -1);
	assert_string_equal(e.text + ID_TEXT_SIZE - 1, ": who may read "
		"etc/pm/body.key can see its body");
	arena_free(&a);
}

static void a_sender_that_is_none_is_not_approved(void **state)
{
	struct quarantine_order o = order();
	struct err e;

	(void)state;
	o.again = o.approve = true;
	assert_int_equal(quarantine_release(&place, &message, &o, &e), -1);
	assert_int_equal(jobs(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_repeated_is_one),
		cmocka_unit_test(an_entry_tells_what_became_of_it),
		cmocka_unit_test(a_sender_that_is_none_is_not_approved),
	};
	const char *server = getenv("PM_TEST_DB");
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (server == NULL) {
		puts("1..0 # SKIP tests/sql/quarantine.t runs it");
		return 0;
	}
	id_parse(span_of(getenv("PM_TEST_ID")), &message);
	place.db = db_new(server, "pm_admin", 10000);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	db_free(&place.db);
	return failed;
}
