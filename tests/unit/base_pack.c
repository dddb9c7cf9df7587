/* Packed bytes come back whole, and never more of them than wanted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"

static const char text[] = "To be, or not to be, that is the question: ";

/* n bytes of text over and over. */
static void fill(struct buf *b, size_t n)
{
	while (b->n < n)
		buf_byte(b, (unsigned char)text[b->n % (sizeof(text) - 1)]);
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 43, 1000, 131072, 131073,
		1 << 20, 5000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf plain = { 0 }, packed = { 0 }, again = { 0 };

		fill(&plain, sizes[i]);
		buf_string(&packed, "head");
		pack(buf_bytes(&plain), &packed);
		buf_string(&again, "tail");
		assert_true(unpack(span_after(buf_bytes(&packed), 4),
			sizes[i], &again));
		assert_true(span_starts(buf_bytes(&again), SPAN("tail")));
		assert_true(span_eq(span_after(buf_bytes(&again), 4),
			buf_bytes(&plain)));
		assert_true(sizes[i] < 1000 || packed.n < sizes[i] / 5);
		buf_free(&plain);
		buf_free(&packed);
		buf_free(&again);
	}
}

/* A bomb stops at max; what was there before stays. */
static void test_too_much(void **state)
{
	static const size_t most[] = { 0, 1, 1000, 131071, 131072, 4999999 };
	struct buf plain = { 0 }, packed = { 0 };

	(void)state;
	fill(&plain, 5000000);
	pack(buf_bytes(&plain), &packed);
	for (size_t i = 0; i < sizeof(most) / sizeof(*most); i++) {
		struct buf b = { 0 };

		buf_string(&b, "before");
		assert_false(unpack(buf_bytes(&packed), most[i], &b));
		assert_int_equal(b.n, 6);
		assert_true(b.cap < 2 * most[i] + 300000);
		buf_free(&b);
	}
	buf_free(&plain);
	buf_free(&packed);
}

static void test_damage(void **state)
{
	struct buf plain = { 0 }, packed = { 0 }, b = { 0 };

	(void)state;
	fill(&plain, 3000);
	pack(buf_bytes(&plain), &packed);
	for (size_t n = 0; n < packed.n; n++)
		assert_false(unpack(span_from(packed.p, n), 3000, &b));
	buf_byte(&packed, 0);
	assert_false(unpack(buf_bytes(&packed), 3000, &b));
	assert_false(unpack(SPAN("not packed at all"), 3000, &b));
	assert_int_equal(b.n, 0);
	buf_free(&plain);
	buf_free(&packed);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_damage),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
