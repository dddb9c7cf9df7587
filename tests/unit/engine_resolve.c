/*
 * What stands beside delivery, and where copies go: one plan of three
 * recipients, and what its MTA cannot do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/resolve.h"

enum { RCPTS = 3 };

static struct span rcpts[RCPTS] = {
	{ (const unsigned char *)"a@example.org", 13 },
	{ (const unsigned char *)"b@example.org", 13 },
	{ (const unsigned char *)"c@example.org", 13 },
};
static const struct envelope env = { .rcpts = rcpts, .nrcpts = RCPTS };
static const struct mta_can everything = { true, true, true, true, true, true,
	true };

/* One plan for all. */
static struct verdict one_plan(enum action action, struct arena *a)
{
	struct group *g = arena_alloc(a, sizeof(*g));

	g->action = action;
	g->nrcpts = RCPTS;
	g->rcpts = arena_array(a, RCPTS, sizeof(*g->rcpts));
	for (uint32_t i = 0; i < RCPTS; i++)
		g->rcpts[i] = i;
	return (struct verdict){ .groups = g, .ngroups = 1 };
}

static struct verdict delivered(struct arena *a)
{
	return one_plan(ACTION_DELIVER, a);
}

/* What a group needs of its MTA, and what happens without it. */
static void missing_action_makes_a_copy(void **state)
{
	static const struct {
		const char *what;
		size_t missing;		/* offset in struct mta_can */
		bool sender, batv, body, add;
	} row[] = {
		{ "sender", offsetof(struct mta_can, change_from),
			.sender = true },
		{ "BATV", offsetof(struct mta_can, change_from),
			.batv = true },
		{ "body", offsetof(struct mta_can, change_body),
			.body = true },
		{ "added recipient", offsetof(struct mta_can, add_rcpt),
			.add = true },
	};
	struct span to[] = { SPAN("a@example.org"), SPAN("new@example.org") };
	struct destination d = { 0, to, 2 };
	struct arena *a = arena_new("test", 1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct verdict v = delivered(a);
		struct group *g = &v.groups[0];
		struct mta_can can = everything;
		struct resolution r;

		g->new_sender = row[i].sender;
		g->batv = row[i].batv;
		g->new_body = row[i].body;
		g->elsewhere = &d;
		g->nelsewhere = row[i].add;
		verdict_resolve(&v, &env, &can, a, &r);
		assert_int_equal(r.reply, REPLY_ACCEPT);
		assert_ptr_equal(r.own, g);
		assert_int_equal(r.nkeeps, 0);
		((bool *)&can)[row[i].missing] = false;
		verdict_resolve(&v, &env, &can, a, &r);
		assert_int_equal(r.reply, REPLY_DISCARD);
		assert_int_equal(r.nadd + r.ndelete, 0);
		assert_int_equal(r.nkeeps, 1);
		assert_int_equal(r.keeps[0].nrcpts, row[i].add ? 4 : 3);
		can.reinject = false;
		verdict_resolve(&v, &env, &can, a, &r);
		assert_int_equal(r.reply, REPLY_TEMPFAIL);
		assert_int_equal(r.nkeeps, 0);
	}
	arena_free(&a);
}

/* The first goes to two others, the second nowhere, the third stays. */
static void destinations_do_not_split_a_group(void **state)
{
	struct span to[] = { SPAN("x@example.org"), SPAN("Y@example.org") };
	struct destination d[] = { { 0, to, 2 }, { 1, NULL, 0 } };
	struct arena *a = arena_new("test", 1 << 20);
	struct verdict v = delivered(a);
	struct resolution r;

	(void)state;
	v.groups[0].elsewhere = d;
	v.groups[0].nelsewhere = 2;
	verdict_resolve(&v, &env, &everything, a, &r);
	assert_int_equal(r.reply, REPLY_ACCEPT);
	assert_int_equal(r.ndelete, 2);
	assert_int_equal(r.delete_rcpts[0], 0);
	assert_int_equal(r.delete_rcpts[1], 1);
	assert_int_equal(r.nadd, 2);
	assert_true(span_is(r.add_rcpts[0], "x@example.org"));
	assert_true(span_is(r.add_rcpts[1], "Y@example.org"));
	assert_int_equal(r.nkeeps, 0);
	arena_free(&a);
}

/* Two whose mail goes to one person: he gets it once. */
static void nobody_gets_one_content_twice(void **state)
{
	struct span to[] = { SPAN("Same@example.org") };
	struct span same[] = { SPAN("same@EXAMPLE.org") };
	struct destination d[] = { { 0, to, 1 }, { 1, same, 1 },
		{ 2, NULL, 0 } };
	struct arena *a = arena_new("test", 1 << 20);
	struct verdict v = delivered(a);
	struct resolution r;

	(void)state;
	v.groups[0].elsewhere = d;
	v.groups[0].nelsewhere = 3;
	verdict_resolve(&v, &env, &everything, a, &r);
	assert_int_equal(r.reply, REPLY_ACCEPT);
	assert_int_equal(r.nadd, 1);
	assert_int_equal(r.ndelete, 3);
	arena_free(&a);
}

/* All went nowhere: accepted, and nobody has it. */
static void nobody_left_is_a_discard(void **state)
{
	struct destination d[] = { { 0, NULL, 0 }, { 1, NULL, 0 },
		{ 2, NULL, 0 } };
	struct arena *a = arena_new("test", 1 << 20);
	struct verdict v = delivered(a);
	struct resolution r;

	(void)state;
	v.groups[0].elsewhere = d;
	v.groups[0].nelsewhere = 3;
	verdict_resolve(&v, &env, &everything, a, &r);
	assert_int_equal(r.reply, REPLY_DISCARD);
	assert_int_equal(r.nkeeps, 0);
	arena_free(&a);
}

static size_t count_kind(const struct resolution *r, enum keep_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nkeeps; i++)
		n += r->keeps[i].kind == kind;
	return n;
}

/* Copies, archives and notices beside each action. */
static void what_stands_beside_is_kept(void **state)
{
	static const struct {
		enum action action;
		enum reply_kind reply;
		size_t quarantined, archived, noticed;
	} row[] = {
		{ ACTION_DELIVER, REPLY_ACCEPT, 1, 1, 1 },
		{ ACTION_QUARANTINE, REPLY_DISCARD, 1, 1, 1 },
		{ ACTION_DISCARD, REPLY_DISCARD, 1, 1, 1 },
		{ ACTION_REJECT, REPLY_REJECT, 1, 1, 1 },
		{ ACTION_TEMPFAIL, REPLY_TEMPFAIL, 0, 0, 0 },
	};
	struct span reason[] = { SPAN("Copy") }, name[] = { SPAN("legal") };
	struct span to[] = { SPAN("boss@example.org") };
	struct notice notice = { to, 1, SPAN("Subject: hello\r\n\r\n") };
	struct arena *a = arena_new("test", 1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct verdict v = one_plan(row[i].action, a);
		struct resolution r;

		v.groups[0].copies = reason;
		v.groups[0].archives = name;
		v.groups[0].notices = &notice;
		v.groups[0].ncopies = v.groups[0].narchives =
			v.groups[0].nnotices = 1;
		verdict_resolve(&v, &env, &everything, a, &r);
		assert_int_equal(r.reply, row[i].reply);
		assert_int_equal(count_kind(&r, KEEP_QUARANTINE),
			row[i].quarantined);
		assert_int_equal(count_kind(&r, KEEP_ARCHIVE),
			row[i].archived);
		assert_int_equal(count_kind(&r, KEEP_NOTICE),
			row[i].noticed);
	}
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_action_makes_a_copy),
		cmocka_unit_test(destinations_do_not_split_a_group),
		cmocka_unit_test(nobody_gets_one_content_twice),
		cmocka_unit_test(nobody_left_is_a_discard),
		cmocka_unit_test(what_stands_beside_is_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
