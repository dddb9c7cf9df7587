#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "web/http_head.h"

#define GET "GET / HTTP/1.1\r\nHost: pm\r\n"
#define POST "POST /x HTTP/1.1\r\nHost: pm\r\n"

static struct http_head h;

static unsigned status(const char *text)
{
	return http_head_parse(span_of(text), &h);
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(status("GET /a%20b?c=d&e HTTP/1.1\r\n"
		"hOST: PM.example.org:18080\r\nCookie:  a=b; c=d \t\r\n"
		"Origin: null\r\nX-Other: \xff\r\nEmpty:\r\n\r\n"), 0);
	assert_int_equal(h.method, HTTP_GET);
	assert_true(h.keep);
	assert_true(span_is(h.path, "/a%20b"));
	assert_true(span_is(h.query, "c=d&e"));
	assert_true(span_is(h.host, "PM.example.org:18080"));
	assert_true(span_is(h.cookie, "a=b; c=d"));
	assert_true(span_is(h.origin, "null"));
	assert_null(h.referer.p);
	assert_int_equal(status(POST "Content-Length: 12\r\nContent-Type: a/b"
		"\r\nExpect: 100-Continue\r\nConnection: x, Close\r\n\r\n"),
		0);
	assert_int_equal(h.method, HTTP_POST);
	assert_int_equal(h.length, 12);
	assert_true(h.expects);
	assert_false(h.keep);
	assert_true(span_is(h.type, "a/b"));
	assert_int_equal(status("HEAD / HTTP/1.0\r\nHost: [::1]:80\r\n\r\n"),
		0);
	assert_int_equal(h.method, HTTP_HEAD);
	assert_false(h.keep);
	assert_int_equal(status("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	assert_int_equal(h.method, HTTP_OTHER);
	assert_int_equal(status("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	assert_int_equal(h.method, HTTP_OTHER);
}

static void test_absolute(void **state)
{
	(void)state;
	assert_int_equal(status("GET https://PM:1/a?b HTTP/1.1\r\n"
		"Host: pm:1\r\n\r\n"), 0);
	assert_true(span_is(h.path, "/a"));
	assert_int_equal(status("GET https://evil/a HTTP/1.1\r\n"
		"Host: pm\r\n\r\n"), 400);
	assert_int_equal(status("GET http://pm/a HTTP/1.1\r\n"
		"Host: pm\r\n\r\n"), 400);
	assert_int_equal(status("GET https://pm HTTP/1.1\r\n"
		"Host: pm\r\n\r\n"), 400);
	assert_int_equal(status("GET https:///a HTTP/1.1\r\n"
		"Host: pm\r\n\r\n"), 400);
	assert_int_equal(status("GET https://u@pm/a HTTP/1.1\r\n"
		"Host: pm\r\n\r\n"), 400);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		unsigned status;
	} cases[] = {
		{ "", 400 }, { "\r\n\r\n", 400 }, { "GET /\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400 },
		{ " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\nHost: a\n\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400 },
		{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
		{ "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505 },
		{ "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400 },
		{ "GET / http/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET /\xc3\xbc HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "G{T / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a<\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: []\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", 400 },
		{ GET "Host: evil\r\n\r\n", 400 },
		{ GET "X : y\r\n\r\n", 400 }, { GET ": y\r\n\r\n", 400 },
		{ GET "X y\r\n\r\n", 400 }, { GET "X: y\r\n z\r\n\r\n", 400 },
		{ GET "X: a\x01\r\n\r\n", 400 },
		{ GET "X: a\x7f\r\n\r\n", 400 },
		{ GET "\r\nX: y\r\n\r\n", 400 }, { GET, 400 },
		{ GET "Cookie: a\r\nCookie: b\r\n\r\n", 400 },
		{ GET "Origin: a\r\norigin: b\r\n\r\n", 400 },
		{ GET "Content-Length: 1\r\n\r\n", 400 },
		{ POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
		{ POST "Content-Length: 1, 1\r\n\r\n", 400 },
		{ POST "Content-Length: +1\r\n\r\n", 400 },
		{ POST "Content-Length: -1\r\n\r\n", 400 },
		{ POST "Content-Length: 0x1\r\n\r\n", 400 },
		{ POST "Content-Length:\r\n\r\n", 400 },
		{ POST "Content-Length: 99999999999999999999\r\n\r\n", 400 },
		{ POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"
			"\r\n", 400 },
		{ POST "Transfer-Encoding: chunked\r\n\r\n", 411 },
		{ POST "Transfer-Encoding: identity\r\n\r\n", 411 },
		{ POST "Expect: magic\r\n\r\n", 417 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned got = status(cases[i].text);

		if (got != cases[i].status)
			fail_msg("%u, not %u, for: %s", got, cases[i].status,
				cases[i].text);
	}
	assert_int_equal(http_head_parse(SPAN("GET / HTTP/1.1\r\nHost: a\0b"
		"\r\n\r\n"), &h), 400);
}

static void test_limits(void **state)
{
	char text[HTTP_HEAD_MAX * 2];
	int n = snprintf(text, sizeof(text), GET);

	(void)state;
	for (int i = 0; i < HTTP_LINES_MAX - 1; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "X: y\r\n");
	snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
	assert_int_equal(status(text), 0);
	snprintf(text + n, sizeof(text) - (size_t)n, "X: y\r\n\r\n");
	assert_int_equal(status(text), 431);
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	snprintf(text + 4 + HTTP_TARGET_MAX, 100, " HTTP/1.1\r\nHost: a\r\n"
		"\r\n");
	assert_int_equal(status(text), 0);
	text[4 + HTTP_TARGET_MAX] = 'a';
	snprintf(text + 5 + HTTP_TARGET_MAX, 100, " HTTP/1.1\r\nHost: a\r\n"
		"\r\n");
	assert_int_equal(status(text), 414);
}

/* The end is found a byte at a time just as all at once. */
static void test_end(void **state)
{
	struct span s = SPAN(GET "X: y\r\n\r\nGET /next");
	size_t whole = sizeof(GET "X: y\r\n\r\n") - 1, from = 0;

	(void)state;
	assert_int_equal(http_head_end(s, &from), whole);
	from = 0;
	for (size_t n = 0; n < s.n; n++)
		assert_int_equal(http_head_end(span_sub(s, 0, n), &from),
			n < whole ? 0 : whole);
	from = 0;
	assert_int_equal(http_head_end(SPAN("a\n\nb"), &from), 3);
	from = 0;
	assert_int_equal(http_head_end(SPAN("a\r\n\n"), &from), 4);
}

/* Cut anywhere, it is not taken for a head. */
static void test_cut(void **state)
{
	struct span s = SPAN(POST "Content-Length: 3\r\n\r\n");

	(void)state;
	assert_int_equal(http_head_parse(s, &h), 0);
	for (size_t n = 0; n < s.n; n++)
		assert_int_not_equal(http_head_parse(span_sub(s, 0, n), &h),
			0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_absolute),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
