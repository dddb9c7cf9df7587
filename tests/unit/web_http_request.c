/* What holds before a handler runs, and what every reply carries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "web/http_request.h"

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP0"

static struct arena *a;
static unsigned handled;
static const char *location, *set_cookie, *type;
static unsigned status;

static void handle(void *context, const struct web_request *r,
	struct web_reply *reply)
{
	(void)context;
	handled++;
	reply->status = status;
	reply->location = location;
	reply->set_cookie = set_cookie;
	reply->type = type;
	buf_span(&reply->body, r->path);
}

static const struct web_config config = { .cookie = "pm-csm",
	.scope = "csm", .handle = handle };
static const struct http_site site = { .config = &config };

/* Answers a request of head and body; the reply's head as text. */
static const char *answer(const char *head, const char *body)
{
	struct http_answer out = { .close = false };
	struct http_head h;

	assert_int_equal(http_head_parse(span_of(head), &h), 0);
	http_request_answer(&site, &h, span_of(body), SPAN("192.0.2.1"), a,
		&out);
	return buf_c(&out.head);
}

static int setup(void **state)
{
	(void)state;
	handled = status = 0;
	location = set_cookie = type = NULL;
	return 0;
}

static bool from_us(const char *host, const char *origin,
	const char *referer)
{
	struct http_head h = { .host = span_of(host),
		.origin = span_of(origin), .referer = span_of(referer) };

	return http_request_from_us(&h);
}

static void test_origin(void **state)
{
	(void)state;
	assert_true(from_us("pm:18080", "https://pm:18080", NULL));
	assert_true(from_us("PM:18080", "https://pm:18080", NULL));
	assert_true(from_us("pm", "https://pm:443", NULL));
	assert_true(from_us("pm:443", "https://pm", NULL));
	assert_true(from_us("pm", NULL, "https://pm/x"));
	assert_true(from_us("[::1]:1", "https://[::1]:1", NULL));
	assert_false(from_us("pm", NULL, NULL));
	assert_false(from_us("pm", "", "https://pm/"));
	assert_false(from_us("pm", "null", "https://pm/"));
	assert_false(from_us("pm", "http://pm", NULL));
	assert_false(from_us("pm", "https://pm:18080", NULL));
	assert_false(from_us("pm", "https://pm.evil", NULL));
	assert_false(from_us("pm", "https://evilpm", NULL));
	assert_false(from_us("pm", NULL, "https://pm.evil/https://pm/"));
	assert_false(from_us("pm", NULL, "https://pm@evil/"));
	assert_false(from_us("pm", NULL, "/x"));
}

static bool token(const char *cookies)
{
	struct span t = http_request_token(span_of(cookies), "pm-csm");

	assert_true(t.n == 0 || span_is(t, TOKEN));
	return t.n > 0;
}

static void test_tokens(void **state)
{
	(void)state;
	assert_true(token("__Host-pm-csm=" TOKEN));
	assert_true(token("a=b;__Host-pm-csm=" TOKEN " ; c=d"));
	assert_false(token(""));
	assert_false(token("pm-csm=" TOKEN));
	assert_false(token("__Host-pm-enduser=" TOKEN));
	assert_false(token("__host-pm-csm=" TOKEN));
	assert_false(token("__Host-pm-csm=" TOKEN "1"));
	assert_false(token("__Host-pm-csm=x"));
	assert_false(token("__Host-pm-csm"));
	/* Two: one of them is somebody else's. */
	assert_false(token("__Host-pm-csm=" TOKEN "; __Host-pm-csm=" TOKEN));
	assert_false(token("__Host-pm-csm=x; __Host-pm-csm=" TOKEN));
}

#define GET(p) "GET " p " HTTP/1.1\r\nHost: pm\r\n\r\n"
#define POST(more) "POST /x HTTP/1.1\r\nHost: pm\r\nOrigin: https://pm\r\n" \
	more "\r\n"

static void test_admitted(void **state)
{
	static const struct {
		const char *head, *body, *first;
	} cases[] = {
		{ GET("/x"), "", "HTTP/1.1 200 OK\r\n" },
		{ GET("/%2e"), "", "HTTP/1.1 400 " },
		{ GET("/x?a=%"), "", "HTTP/1.1 400 " },
		{ "PUT /x HTTP/1.1\r\nHost: pm\r\n\r\n", "", "HTTP/1.1 405 " },
		{ POST(""), "", "HTTP/1.1 200 " },
		{ POST(""), "a=b", "HTTP/1.1 415 " },
		{ POST("Content-Type: text/plain\r\n"), "a", "HTTP/1.1 415 " },
		{ "POST /x HTTP/1.1\r\nHost: pm\r\n\r\n", "",
			"HTTP/1.1 403 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *text = answer(cases[i].head, cases[i].body);

		if (strncmp(text, cases[i].first, strlen(cases[i].first)))
			fail_msg("not \"%s\" but:\n%s", cases[i].first, text);
		assert_non_null(strstr(text, "\r\nContent-Security-Policy: "
			"default-src 'none'; "));
	}
	assert_int_equal(handled, 2);
}

/* Many fields in the query and many in the form are too many. */
static void test_many(void **state)
{
	struct buf head = { .arena = a }, form = { .arena = a };

	(void)state;
	for (size_t i = 0; i < 600; i++)
		buf_string(&form, "a&");
	buf_printf(&head, "POST /x?%.*s HTTP/1.1\r\nHost: pm\r\nOrigin: "
		"https://pm\r\nContent-Type: application/x-www-form-"
		"urlencoded\r\n\r\n", 28, "b&b&b&b&b&b&b&b&b&b&b&b&b&b&");
	assert_non_null(strstr(answer(buf_c(&head), buf_c(&form)), " 200 "));
	for (size_t i = 0; i < 400; i++)
		buf_string(&form, "a&");
	assert_non_null(strstr(answer(buf_c(&head), buf_c(&form)), " 400 "));
}

/* A bug of a page does not become somebody's header. */
static void test_unsendable(void **state)
{
	static const char *const bad[] = { "", "x", "//evil", "https://evil",
		"/\\evil", "/a\r\nX: y", "/a b", "/\xc3\xbc", "/\x7f" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		location = bad[i];
		assert_non_null(strstr(answer(GET("/x"), ""), " 500 "));
	}
	location = "/a?b=c%20d";
	assert_non_null(strstr(answer(GET("/x"), ""),
		"303 See Other\r\n"));
	location = NULL;
	set_cookie = "a; Domain=evil";
	assert_non_null(strstr(answer(GET("/x"), ""), " 500 "));
	set_cookie = NULL;
	type = "text/html\r\nX: y";
	assert_non_null(strstr(answer(GET("/x"), ""), " 500 "));
	type = NULL;
	status = 99;
	assert_non_null(strstr(answer(GET("/x"), ""), " 500 "));
	status = 404;
	assert_non_null(strstr(answer(GET("/x"), ""), " 404 Not Found\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_origin, setup),
		cmocka_unit_test_setup(test_tokens, setup),
		cmocka_unit_test_setup(test_admitted, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_unsendable, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	a = arena_new("test", 16 << 20);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
