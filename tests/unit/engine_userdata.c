/*
 * User data: its record, and rules that look into a recipient's own part of a
 * list, into groups, into lists of regular expressions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/list.h"
#include "engine/userdata.h"

static struct arena *arena;
static struct bundle bundle;
static struct envelope env;
static struct engine *engine;
static struct verdict verdict;

static void send_nothing(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = ASK_NO;
}

static void collect_nothing(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
}

static bool wait_for_nothing(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
	return false;
}

static const struct ask world = { NULL, send_nothing, collect_nothing,
	wait_for_nothing };

static int set_up(void **state)
{
	static struct span rcpts[] = { SPAN("B@ours.example"),
		SPAN("c@ours.example") };

	(void)state;
	arena = arena_new("test", 64 << 20);
	bundle = (struct bundle){ .generation = 7 };
	bundle.lists = arena_array(arena, 8, sizeof(*bundle.lists));
	env = (struct envelope){ .relay_addr = SPAN("192.0.2.1"),
		.mail_from = SPAN("a@out.example"), .rcpts = rcpts,
		.nrcpts = 2 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_free(&engine);
	arena_free(&arena);
	return 0;
}

static void add_list(const char *name, const char *text)
{
	struct buf b = { .arena = arena };
	struct err e;

	assert_int_equal(list_compile(span_of(text), name, &b, &e), 0);
	bundle.lists[bundle.nlists++] = (struct bundle_list){ span_of(name),
		buf_bytes(&b) };
}

static int load(const char *condition, struct err *e)
{
	bundle.policy = arena_alloc(arena, sizeof(*bundle.policy));
	bundle.policy[0].name = SPAN("50-x.lua");
	bundle.policy[0].text = span_of(arena_printf(arena,
		"policy('p'):rule('x', function(m, rcpt, plan)\n"
		"if %s then return quarantine('Hit') end end)\n", condition));
	bundle.npolicy = 1;
	engine = engine_new(&bundle, e);
	return engine ? 0 : -1;
}

static void expect(uint32_t rcpt, bool hit)
{
	struct span raw = SPAN("From: a@out.example\r\n"
		"Subject: buy now\r\n\r\nx\r\n");

	engine_judge(engine, &env, raw, &world, clock_ms() + 5000, arena,
		&verdict);
	if (verdict.failed)
		fail_msg("%.*s", SPAN_FMT(verdict.failure));
	for (size_t i = 0; i < verdict.ngroups; i++)
		for (size_t k = 0; k < verdict.groups[i].nrcpts; k++)
			if (verdict.groups[i].rcpts[k] == rcpt)
				assert_int_equal(verdict.groups[i].action, hit ?
					ACTION_QUARANTINE : ACTION_DELIVER);
}

static struct span record(struct userdata_row *rows, size_t n, size_t wrong)
{
	struct buf b = { .arena = arena };
	size_t got;

	userdata_build(rows, n, &b, &got);
	assert_int_equal(got, wrong);
	return buf_bytes(&b);
}

static void test_record(void **state)
{
	struct userdata_row rows[] = {
		{ SPAN("l"), SPAN("b@x"), SPAN("two.example") },
		{ SPAN("l-more"), SPAN("a@x"), SPAN("three.example") },
		{ SPAN("l"), SPAN("A@x"), SPAN("one.example") },
		{ SPAN("l"), SPAN("a@X"), SPAN("!none.example") },
		{ SPAN("l"), SPAN("a@x"), SPAN("no entry") },
		{ SPAN("l"), SPAN("a@x"), SPAN("x.example\ny.example") },
		{ SPAN("group-g"), SPAN(""), SPAN("a@x.example") },
	};
	struct span r = record(rows, 7, 2), image;

	(void)state;
	assert_int_equal(userdata_count(r), 4);
	assert_true(userdata_find(r, SPAN("l#a@x"), &image));
	assert_int_equal(list_count(image), 2);
	assert_true(list_match(image, SPAN("u@one.example"), NULL));
	assert_true(userdata_find(r, SPAN("l#b@x"), &image));
	assert_true(userdata_find(r, SPAN("l-more#a@x"), &image));
	assert_true(userdata_find(r, SPAN("group-g"), &image));
	assert_false(userdata_find(r, SPAN("l#c@x"), &image));
	for (size_t n = 0; n < r.n; n++) {
		unsigned char *p = malloc(n + 1);

		memcpy(p, r.p, n);
		userdata_find(span_from(p, n), SPAN("l#b@x"), &image);
		free(p);
	}
}

static void test_own_part(void **state)
{
	struct userdata_row rows[] = {
		{ SPAN("good"), SPAN("c@ours.example"), SPAN("out.example") },
		{ SPAN("good"), SPAN("b@ours.example"), SPAN("!out.example") },
	};
	struct err e = { 0 };

	(void)state;
	add_list("good", "other.example\n");
	assert_int_equal(load("m:sender_listed('good', rcpt)", &e), 0);
	expect(0, false);
	expect(1, false);
	engine_set_userdata(engine, record(rows, 2, 0));
	expect(0, false);
	expect(1, true);
	/* His own entry decides against the shared one. */
	engine_free(&engine);
	bundle.nlists = 0;
	add_list("good", "out.example\n");
	assert_int_equal(load("m:sender_listed('good', rcpt)", &e), 0);
	engine_set_userdata(engine, record(rows, 2, 0));
	expect(0, false);
	expect(1, true);
	engine_set_userdata(engine, SPAN(""));
	expect(0, true);
}

static void test_own_part_in_a_file(void **state)
{
	struct err e = { 0 };

	(void)state;
	add_list("opt", "");
	add_list("opt#b@ours.example", "ours.example\n");
	assert_int_equal(load("rcpt:listed('opt')", &e), 0);
	expect(0, true);
	expect(1, false);
}

static void test_groups(void **state)
{
	struct userdata_row rows[] = {
		{ SPAN("group-sales"), SPAN(""), SPAN("c@ours.example") },
	};
	struct err e = { 0 };

	(void)state;
	add_list("group-staff", "out.example\n");
	assert_int_equal(load("rcpt:member('sales') and "
		"m:sender_member('staff')", &e), 0);
	expect(1, false);
	engine_set_userdata(engine, record(rows, 1, 0));
	expect(0, false);
	expect(1, true);
}

static void test_patterns(void **state)
{
	struct err e = { 0 };

	(void)state;
	add_list("re", "#pm type=re\n^a@[a-z]+\\.example$\n");
	assert_int_equal(load("m:sender_listed('re')", &e), 0);
	expect(0, true);
	engine_free(&engine);
	bundle.nlists = 0;
	add_list("re", "#pm type=re\n(\n");
	assert_int_equal(load("m:sender_listed('re')", &e), -1);
	if (!span_starts(span_of(e.text), SPAN("lists/re:2: ")))
		fail_msg("%s", e.text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_record), T(test_own_part), T(test_own_part_in_a_file),
		T(test_groups), T(test_patterns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
