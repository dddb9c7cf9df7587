#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/embed.h"
#include "web/pages.h"

/* The files of this test stand where the product's are. */
#define FILE_OF(path, text) { path, (const unsigned char *)(text), \
	(const unsigned char *)(text) + sizeof(text) - 1 }
const struct embedded embedded[] = {
	FILE_OF("lua/web/all/error.html", "<h1>{{v.title}}</h1><p>{{v.text}}"
		"</p>{% if v.number then %}<i>{{v.number}}</i>{% end %}\n"),
	FILE_OF("lua/web/all/words.lua", "local m = {}\n"
		"function m.twice(x) return x .. x end\nreturn m\n"),
	FILE_OF("lua/web/csm/a.lua",
		"local words = use('words')\n"
		"page('/hello/:name', { right = '', get = function(r)\n"
		"	return render('hello', { name = r.name,\n"
		"		twice = words.twice('ab'), list = { 1, 2 },\n"
		"		back = { q = r.field.q, none = '' } }) end })\n"
		"page('/hello/you', { get = function() return "
		"render('who', nil, 418) end })\n"
		"page('/rights', { right = 'quarantine',\n"
		"	get = function() return go('/hello/x') end,\n"
		"	post = function(r) return go('/x?' .. urlquery{\n"
		"		n = #r.all.id, a = r.all.id[2] }) end })\n"
		"page('/password', { right = '', must_change = true,\n"
		"	get = function() return go('//evil.example/') end })\n"
		"page('/forever', { get = function()\n"
		"	while true do end end })\n"
		"page('/nothing', { get = function() end })\n"
		"page('/wrong', { get = function(r)\n"
		"	local x = nil\n	return x.y end })\n"
		"page('/broken', { get = function(r)\n"
		"	return render('broken', {}) end })\n"
		"page('/gone', { get = function()\n"
		"	return fail(404, 'It is <gone>.') end })\n"
		"page('/file', { get = function()\n"
		"	return file('a.txt', 'text/plain', 'bytes') end })\n"
		"page('/rows', { get = function()\n"
		"	return render('who', query('nothing', {})) end })\n"
		"page('/formats', { get = function()\n"
		"	return render('formats') end })\n"),
	FILE_OF("lua/web/csm/hello.html",
		"<a href=\"?{{v.back}}\" title='{{v.name}}'>{{v.name}}</a>"
		"{% for _, x in ipairs(v.list) do %}{{x}},{% end %}{> who}"
		"{{v.twice}}{{v.absent}}"),
	FILE_OF("lua/web/csm/who.html", "[{{r.who}}]"),
	FILE_OF("lua/web/csm/broken.html", "begun\n\n{{v.x.y}}"),
	FILE_OF("lua/web/csm/formats.html", "{{size(999)}} {{size(1234)}} "
		"{{size(20500000)}} {{count(999)}} {{count(10000)}} "
		"{{count(12345)}} {{count(3000000)}} {{percent(1, 3)}} "
		"{{percent(1, 0)}} {{stamp(0)}} {{exact(0)}} {{moment(0)}} "
		"{{day(day_ms('2026-11-22'))}} {{day_ms('x')}} "
		"{{cut('abcdef', 4)}} {{cut('abcd', 4)}}"),
	FILE_OF("lua/web/static/a.css", "p{}"),
	FILE_OF("lua/web/bad1/x.html", "<p>\n{{v.x\n"),
	FILE_OF("lua/web/bad2/x.html", "<p>\n{> nobody}"),
	FILE_OF("lua/web/bad3/x.lua", "page('/x', { got = 1 })"),
	FILE_OF("lua/web/bad4/x.html", "<p>\n{{v.}}"),
	FILE_OF("lua/web/bad5/x.lua", "use('x')"),
	FILE_OF("sql/query/test.sql", "-- name: nothing\n-- it\nselect 1\n"),
	{ 0 },
};

static struct pages *pages;
static struct arena *a;
static struct web_reply reply;
static struct span rights[1];
static struct web_session session = { .rights = rights };
static struct web_pair fields[4];
static size_t nfields;

static int set_up(void **state)
{
	static const char *const folders[] = { "lua/web/all/",
		"lua/web/csm/", NULL };
	struct err e;

	(void)state;
	a = arena_new("test", 1 << 28);
	pages = pages_new(folders, NULL, NULL, NULL, &e);
	if (pages == NULL)
		fail_msg("%s", e.text);
	rights[0] = SPAN("log");
	session.who = SPAN("alice");
	session.nrights = 1;
	session.must_change = false;
	nfields = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pages_free(&pages);
	arena_free(&a);
	return 0;
}

/* Asks for a path; the body as a C string. */
static const char *ask(const char *path, const struct web_session *s,
	bool post)
{
	struct web_request r = { .post = post, .path = span_of(path),
		.fields = fields, .nfields = nfields, .session = s,
		.arena = a };

	memset(&reply, 0, sizeof(reply));
	reply.body.arena = a;
	pages_handle(pages, &r, &reply);
	return buf_c(&reply.body);
}

static void goes(const char *path, const struct web_session *s,
	const char *to)
{
	ask(path, s, false);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply.location, to);
}

static void test_page(void **state)
{
	(void)state;
	fields[0] = (struct web_pair){ SPAN("q"), SPAN("a&b'c") };
	nfields = 1;
	assert_string_equal(ask("/hello/<b>\"'&\x01", &session, false),
		"<a href=\"?q=a%26b%27c\" title='&lt;b&gt;&quot;&#39;&amp;"
		"\xef\xbf\xbd'>&lt;b&gt;&quot;&#39;&amp;\xef\xbf\xbd</a>"
		"1,2,[alice]abab");
	assert_int_equal(reply.status, 200);
	/* The fewest parameters; everybody's; with a status. */
	assert_string_equal(ask("/hello/you", NULL, false), "[]");
	assert_int_equal(reply.status, 418);
}

static void test_routes(void **state)
{
	(void)state;
	assert_non_null(strstr(ask("/", &session, false), "<h1>There is "
		"nothing here</h1>"));
	assert_int_equal(reply.status, 404);
	ask("/hello", &session, false);
	assert_int_equal(reply.status, 404);
	ask("/hello/", &session, false);
	assert_int_equal(reply.status, 404);
	ask("/hello/a/b", &session, false);
	assert_int_equal(reply.status, 404);
	ask("/hello/you", NULL, true);
	assert_int_equal(reply.status, 405);
}

static void test_rights(void **state)
{
	(void)state;
	goes("/rights", NULL, "/log-in?to=%2Frights");
	ask("/rights", &session, false);
	assert_int_equal(reply.status, 403);
	assert_non_null(strstr(buf_c(&reply.body), "&quot;quarantine&quot;"));
	rights[0] = SPAN("quarantine");
	goes("/rights", &session, "/hello/x");
	rights[0] = SPAN("all");
	goes("/rights", &session, "/hello/x");
	session.must_change = true;
	goes("/rights", &session, "/password");
	/* And no handler sends anybody to another host. */
	goes("/password", &session, "/");
	ask("/rights", NULL, true);
	assert_string_equal(reply.location, "/log-in");
}

static void test_fields(void **state)
{
	(void)state;
	rights[0] = SPAN("all");
	fields[0] = (struct web_pair){ SPAN("id"), SPAN("1") };
	fields[1] = (struct web_pair){ SPAN("x"), SPAN("y") };
	fields[2] = (struct web_pair){ SPAN("id"), SPAN("a=&") };
	nfields = 3;
	ask("/rights", &session, true);
	assert_string_equal(reply.location, "/x?a=a%3D%26&n=2");
}

/* The undo of 50 messages is named in the address. */
static void test_long_address(void **state)
{
	char ids[50 * 37 + 1];
	char *to = ids;

	(void)state;
	rights[0] = SPAN("all");
	for (size_t i = 0; i < 50; i++)
		to += snprintf(to, 38, "0193f1c8-0000-7000-8000-0000000000"
			"%02zx,", i);
	fields[0] = fields[1] = (struct web_pair){ SPAN("id"), span_of(ids) };
	nfields = 2;
	ask("/rights", &session, true);
	assert_int_equal(strncmp(reply.location, "/x?a=0193f1c8-", 14), 0);
}

static void is_failure(const char *path, unsigned status)
{
	const char *body = ask(path, NULL, false);

	assert_int_equal(reply.status, status);
	/* Nothing of the half page; a number; nothing of ours. */
	assert_null(strstr(body, "begun"));
	assert_non_null(strstr(body, "<i>"));
	assert_null(strstr(body, ".lua"));
	assert_null(strstr(body, ".html"));
}

static void test_failures(void **state)
{
	(void)state;
	is_failure("/wrong", 500);
	is_failure("/nothing", 500);
	is_failure("/broken", 500);
	is_failure("/rows", 503);
	assert_string_equal(ask("/gone", NULL, false), "<h1>There is nothing "
		"here</h1><p>It is &lt;gone&gt;.</p>\n");
	assert_int_equal(reply.status, 404);
}

static void test_runaway(void **state)
{
	int64_t before = clock_ms();

	(void)state;
	is_failure("/forever", 500);
	assert_in_range(clock_ms() - before, 0, 20000);
	/* And the next page is as ever. */
	assert_string_equal(ask("/hello/you", NULL, false), "[]");
}

static void test_no_session_table(void **state)
{
	struct web_request r = { .path = SPAN("/rights"), .arena = a,
		.trouble = "no connection" };

	(void)state;
	pages_handle(pages, &r, &reply);
	assert_int_equal(reply.status, 503);
}

static void test_file(void **state)
{
	(void)state;
	assert_string_equal(ask("/file", NULL, false), "bytes");
	assert_string_equal(reply.file_name, "a.txt");
	assert_string_equal(reply.type, "text/plain");
}

static void test_formats(void **state)
{
	(void)state;
	assert_string_equal(ask("/formats", NULL, false), "999 B 1.2 kB 20 MB "
		"999 10,000 \xe2\x89\x88 12,300 3,000,000 33.3 % "
		"\xe2\x80\x93 1970-01-01T00:00:00.000Z "
		"1 Jan 1970 00:00:00 UTC 1 Jan 1970 2026-11-22  "
		"abc\xe2\x80\xa6 abcd");
}

static void test_static(void **state)
{
	(void)state;
	assert_string_equal(ask("/static/a.css", NULL, false), "p{}");
	assert_string_equal(reply.type, "text/css; charset=utf-8");
	assert_false(reply.cache);
	assert_string_equal(ask("/static/0/a.css", NULL, false), "p{}");
	assert_false(reply.cache);
	ask("/static/b.css", NULL, false);
	assert_int_equal(reply.status, 404);
	ask("/static/../all/error.html", NULL, false);
	assert_int_equal(reply.status, 404);
}

static void refused(const char *folder, const char *why)
{
	const char *const folders[] = { folder, NULL };
	struct err e;
	struct pages *p = pages_new(folders, NULL, NULL, NULL, &e);

	assert_null(p);
	assert_string_equal(e.text, why);
}

static void test_refused_at_start(void **state)
{
	(void)state;
	refused("lua/web/bad1/", "x.html:2: }} is missing");
	refused("lua/web/bad2/", "x.html: there is no template \"nobody\" "
		"(no near one)");
	refused("lua/web/bad3/", "x.lua:1: page: \"got\" as a number: it "
		"takes right (text), must_change (boolean), get and post "
		"(functions)");
	refused("lua/web/bad4/", "x.html:2: <name> expected near ')'");
	refused("lua/web/bad5/", "x.lua:1: x.lua uses itself");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_page), T(test_routes), T(test_rights), T(test_fields),
		T(test_long_address),
		T(test_failures), T(test_runaway), T(test_no_session_table),
		T(test_file), T(test_formats), T(test_static),
		T(test_refused_at_start),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
