/* LDAP: values in filters, and what the asking process tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "net/ldap_stream.h"

static void escapes(const char *value, size_t n, const char *want)
{
	struct buf b = { 0 };

	ldap_escape(&b, span_from(value, n));
	assert_string_equal(buf_c(&b), want);
	buf_free(&b);
}

static void test_escape(void **state)
{
	(void)state;
	escapes("anna.b_c-d@example.org", 22, "anna.b_c-d@example.org");
	escapes("*)(uid=*", 8, "\\2a\\29\\28uid\\3d\\2a");
	escapes("\\2a", 3, "\\5c2a");
	escapes("a\0b", 3, "a\\00b");
	escapes("\xc3\xa4\n", 3, "\\c3\\a4\\0a");
	escapes("", 0, "");
}

struct heard {
	unsigned entries, values, attribute;
	char last[64];
};

static void hear_next(void *context)
{
	((struct heard *)context)->entries++;
}

static void hear_value(unsigned attribute, struct span value, void *context)
{
	struct heard *h = context;

	h->values++;
	h->attribute = attribute;
	snprintf(h->last, sizeof(h->last), "%.*s", SPAN_FMT(value));
}

static int reads(const struct buf *b, size_t n, struct heard *h,
	struct err *e)
{
	const struct ldap_sink sink = { hear_next, hear_value, h };

	*h = (struct heard){ 0 };
	return ldap_stream_read(span_sub(buf_bytes(b), 0, n), 2, &sink, e);
}

static void test_stream(void **state)
{
	struct buf b = { 0 };
	struct heard h;
	struct err e;

	(void)state;
	ldap_stream_put(&b, 'N', 0, SPAN(""));
	ldap_stream_put(&b, 'V', 1, SPAN("a@example.org"));
	ldap_stream_put(&b, 'N', 0, SPAN(""));
	ldap_stream_put(&b, 'E', 0, SPAN(""));
	assert_int_equal(reads(&b, b.n, &h, &e), 0);
	assert_int_equal(h.entries, 2);
	assert_int_equal(h.values, 1);
	assert_int_equal(h.attribute, 1);
	assert_string_equal(h.last, "a@example.org");
	/* Cut anywhere it counts for nothing. */
	for (size_t n = 0; n < b.n; n++) {
		assert_int_equal(reads(&b, n, &h, &e), -1);
		assert_int_equal(e.class, ERR_TEMPORARY);
	}
	/* Nor with something behind the end. */
	buf_byte(&b, 'N');
	assert_int_equal(reads(&b, b.n, &h, &e), -1);
	buf_free(&b);
}

static void refuses(char kind, unsigned attribute, bool after_entry)
{
	struct buf b = { 0 };
	struct heard h;
	struct err e;

	if (after_entry)
		ldap_stream_put(&b, 'N', 0, SPAN(""));
	ldap_stream_put(&b, kind, attribute, SPAN("x"));
	ldap_stream_put(&b, 'E', 0, SPAN(""));
	assert_int_equal(reads(&b, b.n, &h, &e), -1);
	assert_int_equal(h.values, 0);
	buf_free(&b);
}

static void test_strange(void **state)
{
	struct buf b = { 0 };
	struct heard h;
	struct err e;

	(void)state;
	refuses('V', 0, false);
	refuses('V', 2, true);
	refuses('?', 0, true);
	refuses('N', 0, true);
	refuses('E', 0, true);
	ldap_stream_put(&b, 'X', 1, SPAN("no\n\x1bway"));
	assert_int_equal(reads(&b, b.n, &h, &e), -1);
	assert_int_equal(e.class, ERR_PERMANENT);
	assert_string_equal(e.text, "no  way");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_strange),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
