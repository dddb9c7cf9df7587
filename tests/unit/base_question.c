/* base/question.c: both records, cut everywhere, and lies in them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/question.h"
#include "base/wire.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new("test", 64 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void request_comes_back(void **state)
{
	struct question q = { .kind = ASK_DNS, .name = SPAN("a.example"),
		.type = 16 }, got;
	struct buf b = { 0 };
	uint32_t id = 0;

	(void)state;
	question_put_request(&b, 77, &q);
	assert_true(question_get_request(buf_bytes(&b), &id, &got));
	assert_int_equal(id, 77);
	assert_int_equal(got.kind, ASK_DNS);
	assert_int_equal(got.type, 16);
	assert_true(span_is(got.name, "a.example"));
	for (size_t n = 0; n < b.n; n++)
		assert_false(question_get_request(span_from(b.p, n), &id,
			&got));
	buf_byte(&b, 0);
	assert_false(question_get_request(buf_bytes(&b), &id, &got));
	buf_free(&b);
}

static void request_of_unknown_kind_is_refused(void **state)
{
	struct question q = { .kind = ASK_KINDS }, got;
	struct buf b = { 0 };
	uint32_t id;

	(void)state;
	question_put_request(&b, 1, &q);
	assert_false(question_get_request(buf_bytes(&b), &id, &got));
	buf_free(&b);
}

static void long_name_stays_no_name(void **state)
{
	unsigned char name[5000];
	struct question q = { .kind = ASK_DNS }, got;
	struct buf b = { 0 };
	uint32_t id;

	(void)state;
	memset(name, 'a', sizeof(name));
	q.name = span_from(name, sizeof(name));
	question_put_request(&b, 1, &q);
	assert_true(question_get_request(buf_bytes(&b), &id, &got));
	assert_true(got.name.n > 255);
	buf_free(&b);
}

static void answer_comes_back(void **state)
{
	struct span records[2] = { SPAN("\1\2\3\4"), SPAN("") };
	struct question q = { .state = ASK_YES, .records = records,
		.nrecords = 2, .text = SPAN("why") }, got = { 0 };
	struct buf b = { 0 };
	uint32_t id = 0;

	(void)state;
	question_put_answer(&b, 9, &q);
	assert_true(question_get_answer(buf_bytes(&b), a, &id, &got));
	assert_int_equal(id, 9);
	assert_int_equal(got.state, ASK_YES);
	assert_int_equal(got.nrecords, 2);
	assert_true(span_eq(got.records[0], records[0]));
	assert_int_equal(got.records[1].n, 0);
	assert_true(span_is(got.text, "why"));
	for (size_t n = 0; n < b.n; n++)
		assert_false(question_get_answer(span_from(b.p, n), a, &id,
			&got));
	buf_free(&b);
}

/* An answer must be one: neither pending, nor of an unknown state. */
static void answer_of_bad_state_is_refused(void **state)
{
	uint32_t id;
	struct question got;

	(void)state;
	for (int s = 0; s < 256; s++) {
		struct question q = { .state = (enum ask_state)s };
		struct buf b = { 0 };

		question_put_answer(&b, 1, &q);
		assert_int_equal(question_get_answer(buf_bytes(&b), a, &id,
			&got), s >= ASK_YES && s <= ASK_OFF);
		buf_free(&b);
	}
}

static void answer_fits_a_datagram(void **state)
{
	static unsigned char big[70000];
	struct span records[100];
	struct question q = { .state = ASK_YES, .records = records,
		.nrecords = 100 }, got;
	struct buf b = { 0 };
	uint32_t id;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		records[i] = span_from(big, 10000);
	question_put_answer(&b, 1, &q);
	assert_true(b.n <= ASK_DATAGRAM_MAX);
	assert_true(question_get_answer(buf_bytes(&b), a, &id, &got));
	assert_int_equal(got.nrecords, 6);
	b.n = 0;
	for (size_t i = 0; i < 100; i++)
		records[i] = span_from(big, 4);
	question_put_answer(&b, 1, &q);
	assert_true(question_get_answer(buf_bytes(&b), a, &id, &got));
	assert_int_equal(got.nrecords, ASK_RECORDS_MAX);
	buf_free(&b);
}

/* One record that is larger than a datagram is not "no records". */
static void too_large_an_answer_is_later(void **state)
{
	static unsigned char big[70000];
	struct span record = span_from(big, sizeof(big));
	struct question q = { .state = ASK_YES, .records = &record,
		.nrecords = 1 }, got;
	struct buf b = { 0 };
	uint32_t id;

	(void)state;
	question_put_answer(&b, 1, &q);
	assert_true(question_get_answer(buf_bytes(&b), a, &id, &got));
	assert_int_equal(got.state, ASK_LATER);
	assert_true(span_is(got.text, "answer too large"));
	buf_free(&b);
}

static void record_count_that_lies_is_refused(void **state)
{
	struct question q = { .state = ASK_YES }, got;
	struct buf b = { 0 };
	uint32_t id;

	(void)state;
	question_put_answer(&b, 1, &q);
	for (unsigned n = 1; n < 256; n++) {
		b.p[b.n - 4] = (unsigned char)n;
		assert_false(question_get_answer(buf_bytes(&b), a, &id,
			&got));
	}
	memset(b.p + b.n - 4, 255, 4);
	assert_false(question_get_answer(buf_bytes(&b), a, &id, &got));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_comes_back),
		cmocka_unit_test(request_of_unknown_kind_is_refused),
		cmocka_unit_test(long_name_stays_no_name),
		cmocka_unit_test(answer_comes_back),
		cmocka_unit_test(answer_of_bad_state_is_refused),
		cmocka_unit_test(answer_fits_a_datagram),
		cmocka_unit_test(too_large_an_answer_is_later),
		cmocka_unit_test(record_count_that_lies_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
