#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/wire.h"

/* A record of each kind. */
static void put(struct buf *b)
{
	wire_put_u8(b, 0xfe);
	wire_put_u16(b, 0xfedc);
	wire_put_u32(b, 0xfedcba98);
	wire_put_u64(b, 0xfedcba9876543210);
	wire_put_span(b, SPAN("a\0b"));
	wire_put_span(b, SPAN(""));
	wire_put_u32(b, 2);
	wire_put_u16(b, 7);
	wire_put_u16(b, 8);
}

static bool get(struct span s)
{
	struct wire w = wire_open(s);
	bool same = wire_u8(&w) == 0xfe && wire_u16(&w) == 0xfedc &&
		    wire_u32(&w) == 0xfedcba98 &&
		    wire_u64(&w) == 0xfedcba9876543210 &&
		    span_eq(wire_span(&w), SPAN("a\0b")) &&
		    wire_span(&w).n == 0 && wire_count(&w, 2) == 2 &&
		    wire_u16(&w) == 7 && wire_u16(&w) == 8;

	return same && wire_done(&w);
}

static void test_round(void **state)
{
	static const unsigned char first[] = { 0xfe, 0xdc, 0xfe, 0x98, 0xba };
	struct buf b = { 0 };

	(void)state;
	put(&b);
	assert_memory_equal(b.p, first, sizeof(first));
	assert_true(get(buf_bytes(&b)));
	for (size_t n = 0; n < b.n; n++)
		assert_false(get(span_sub(buf_bytes(&b), 0, n)));
	buf_byte(&b, 0);
	assert_false(get(buf_bytes(&b)));
	buf_free(&b);
}

/* After the first read past the end nothing is read any more. */
static void test_bad_stays_bad(void **state)
{
	struct wire w = wire_open(SPAN("\x05\0\0\0abc"));

	(void)state;
	assert_int_equal(wire_span(&w).n, 0);
	assert_true(w.bad);
	assert_int_equal(wire_u8(&w), 0);
	assert_int_equal(wire_count(&w, 1), 0);
	assert_false(wire_done(&w));
}

static void test_counts(void **state)
{
	struct wire w = wire_open(SPAN("\xff\xff\xff\xff" "abcd"));

	(void)state;
	assert_int_equal(wire_count(&w, 1), 0);
	assert_true(w.bad);
	w = wire_open(SPAN("\x04\0\0\0abcd"));
	assert_int_equal(wire_count(&w, 1), 4);
	w = wire_open(SPAN("\x04\0\0\0abcd"));
	assert_int_equal(wire_count(&w, 2), 0);
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_bad_stays_bad),
		cmocka_unit_test(test_counts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
