#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "lines.h"

/* Puts a line down as "text|", with a letter for its mark. */
static void note(void *context, struct span s, enum lines_mark mark)
{
	buf_span(context, s);
	buf_string(context, mark == LINES_WHOLE ? "|" :
		mark == LINES_CUT ? "+" : "!");
}

/* Feeds s, at most step bytes at a time, and ends. */
static void feed(struct buf *out, struct span s, size_t step)
{
	static struct lines l;

	l.n = 0;
	while (s.n) {
		size_t room, n;
		unsigned char *to = lines_room(&l, &room);

		assert_true(room > 0);
		n = s.n < step ? s.n : step;
		n = n < room ? n : room;
		memcpy(to, s.p, n);
		lines_came(&l, n, note, out);
		s = span_after(s, n);
	}
	lines_end(&l, note, out);
	assert_int_equal(l.n, 0);
}

static void test_steps(void **state)
{
	struct span s = SPAN("one\n\ntwo\0x\r\nlast");

	(void)state;
	for (size_t step = 1; step <= s.n; step++) {
		struct buf out = { 0 };

		feed(&out, s, step);
		assert_true(span_eq(buf_bytes(&out),
			SPAN("one||two\0x\r|last!")));
		buf_free(&out);
	}
}

static void test_nothing(void **state)
{
	struct buf out = { 0 };

	(void)state;
	feed(&out, SPAN(""), 1);
	feed(&out, SPAN("a\n"), 9);
	assert_string_equal(buf_c(&out), "a|");
	buf_free(&out);
}

/* Around the length that fits: nothing is lost, each cut is marked. */
static void test_long(void **state)
{
	static unsigned char bytes[3 * LINES_MAX];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t n = LINES_MAX - 2; n <= LINES_MAX + 2; n++) {
		struct buf out = { 0 };
		size_t marks = 0;

		bytes[n] = '\n';
		feed(&out, span_from(bytes, n + 1), 1000);
		bytes[n] = 'x';
		for (size_t i = 0; i < out.n; i++)
			marks += out.p[i] != 'x';
		assert_int_equal(out.n - marks, n);
		assert_int_equal(marks, n >= LINES_MAX ? 2 : 1);
		assert_int_equal(out.p[out.n - 1], '|');
		buf_free(&out);
	}
}

static void assert_syslog(struct span s, const char *want_pri,
	const char *want)
{
	char pri[LINES_PRI_SIZE];
	struct span text = lines_syslog(s, pri);

	assert_string_equal(pri, want_pri);
	assert_true(span_is(text, want));
}

static void test_syslog(void **state)
{
	static const char good[] = "<22>Nov  2 20:17:05 postfix[7]: hello";

	(void)state;
	assert_syslog(SPAN("<22>Nov  2 20:17:05 postfix[7]: hello\n\0"),
		"mail.info", "postfix[7]: hello");
	assert_syslog(SPAN("<0>x"), "kern.emerg", "x");
	assert_syslog(SPAN("<191>x"), "facility23.debug", "x");
	assert_syslog(SPAN("<192>x"), "user.notice", "<192>x");
	assert_syslog(SPAN("<-1>x"), "user.notice", "<-1>x");
	assert_syslog(SPAN("<>x"), "user.notice", "<>x");
	assert_syslog(SPAN("<22"), "user.notice", "<22");
	assert_syslog(SPAN(""), "user.notice", "");
	assert_syslog(SPAN("<13>Nov 22 20:17:05"), "user.notice",
		"Nov 22 20:17:05");
	assert_syslog(SPAN("<13>nov 22 20:17:05 x"), "user.notice",
		"nov 22 20:17:05 x");
	for (size_t n = 0; n < sizeof(good); n++) {
		char pri[LINES_PRI_SIZE];
		struct span text = lines_syslog(span_from(good, n), pri);

		assert_true(text.n <= n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_syslog),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
