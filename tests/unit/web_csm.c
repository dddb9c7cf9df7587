/* The CSM's own pages: they compile, and stand with nothing behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "web/pages.h"

/* Nobody answers: what each function of the role says then. */
static void nobody(struct script_call *c)
{
	struct err e;

	script_run(c->script, "nobody", SPAN("return { temporary = true, "
		"trouble = 'Nobody <answers>.' }"), &c->result, &e);
}

static void key(struct script_call *c)
{
	c->result.type = SCRIPT_TEXT;
	c->result.text = SPAN("key");
}

static const struct script_function functions[] = {
	{ "held_list", nobody, "" }, { "held_get", nobody, "" },
	{ "message", nobody, "" }, { "release", nobody, "" },
	{ "forget", nobody, "" }, { "restore", nobody, "" },
	{ "forward", nobody, "" }, { "preview", nobody, "" },
	{ "source", nobody, "" },
	{ "log_in", nobody, "" }, { "set_password", nobody, "" },
	{ "log_out", nobody, "" }, { "status", nobody, "" },
	{ "alarms", nobody, "" }, { "jobs", nobody, "" },
	{ "job_run", nobody, "" }, { "job_enable", nobody, "" },
	{ "requests", nobody, "" }, { "requests_open", nobody, "" },
	{ "request_answer", nobody, "" },
	{ "groups", nobody, "" }, { "group_terms", nobody, "" },
	{ "new_key", key, "" }, { 0 },
};

static struct pages *pages;
static struct arena *a;
static struct web_reply reply;
static struct span all = SPAN("all");
static const struct web_session session = { .who = SPAN("<admin>"),
	.rights = &all, .nrights = 1, .csrf = SPAN("c\"s'r<f") };

static int set_up(void **state)
{
	static const char *const folders[] = { "lua/web/all/",
		"lua/web/staff/", "lua/web/csm/", NULL };
	struct err e;

	(void)state;
	a = arena_new("test", 1 << 28);
	pages = pages_new(folders, NULL, functions, NULL, &e);
	if (pages == NULL)
		fail_msg("%s", e.text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pages_free(&pages);
	arena_free(&a);
	return 0;
}

static const char *ask(const char *path, const struct web_session *s,
	bool post, struct web_pair *fields, size_t nfields)
{
	struct web_request r = { .post = post, .path = span_of(path),
		.fields = fields, .nfields = nfields, .session = s,
		.arena = a, .host = SPAN("pm.example.org:18080") };

	memset(&reply, 0, sizeof(reply));
	pages_handle(pages, &r, &reply);
	return buf_c(&reply.body);
}

static void shows(const char *path, unsigned status, const char *text)
{
	const char *body = ask(path, &session, false, NULL, 0);

	if (reply.status != status || strstr(body, text) == NULL)
		fail_msg("%s: %u: %s", path, reply.status, body);
	/* Whoever it is, wherever the name stands. */
	assert_null(strstr(body, "<admin>"));
}

/* With no database and no supervisor each page says so and offers no lie. */
static void test_nobody_answers(void **state)
{
	(void)state;
	shows("/", 200, "The database does not answer.");
	shows("/", 200, "The supervisor does not answer.");
	shows("/quarantine", 200, "Nobody &lt;answers&gt;.");
	shows("/mail", 503, "Mail is not affected");
	shows("/message/0193f1c8-0000-7000-8000-000000000001", 503,
		"Nobody &lt;answers&gt;.");
	shows("/quarantine/x/preview", 503, "Nobody &lt;answers&gt;.");
	shows("/quarantine/x/source", 503, "Nobody &lt;answers&gt;.");
	shows("/password", 200, "value=\"c&quot;s&#39;r&lt;f\"");
	shows("/nowhere", 404, "No page has this address.");
}

static void test_log_in(void **state)
{
	struct web_pair fields[] = { { SPAN("name"), SPAN("\"><b>") },
		{ SPAN("password"), SPAN("x") },
		{ SPAN("to"), SPAN("/quarantine?a=b") } };
	const char *body = ask("/log-in", NULL, false, NULL, 0);

	(void)state;
	assert_non_null(strstr(body, "<h1>Log in</h1>"));
	/* Nothing of the inside for who is outside. */
	assert_null(strstr(body, "alarm"));
	assert_null(strstr(body, "pm-menu"));
	body = ask("/log-in", NULL, true, fields, 3);
	assert_int_equal(reply.status, 503);
	assert_non_null(strstr(body, "value=\"&quot;&gt;&lt;b&gt;\""));
	assert_non_null(strstr(body, "value=\"/quarantine?a=b\""));
	assert_null(strstr(body, "<b>"));
}

static void test_orders(void **state)
{
	struct web_pair fields[] = { { SPAN("do"), SPAN("deliver") },
		{ SPAN("m"), SPAN("id key") } };
	struct web_pair wrong = { SPAN("do"), SPAN("explode") };

	(void)state;
	assert_non_null(strstr(ask("/quarantine", &session, true, fields, 2),
		"Nobody &lt;answers&gt;."));
	assert_non_null(strstr(ask("/quarantine", &session, true, fields, 1),
		"No message was checked"));
	ask("/quarantine", &session, true, &wrong, 1);
	assert_int_equal(reply.status, 400);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_nobody_answers), T(test_log_in), T(test_orders),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
