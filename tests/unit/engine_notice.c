/* Notices of the policy: who is told, and mistakes told while loading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/engine.h"

static struct arena *arena;
static struct span domains[] = { SPAN("ours.example") };
static struct span nets[] = { SPAN("10.0.0.0/8") };
static struct span rcpts[] = { SPAN("b@ours.example"),
	SPAN("d@other.example") };
static struct bundle_file policy = { SPAN("50-x.lua"), SPAN("") };
static struct bundle_file template = { SPAN("own.txt"), SPAN("x") };

static const struct bundle_settings settings = { .networks = nets,
	.nnetworks = 1, .domains = domains, .ndomains = 1 };

static void send_later(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = ASK_LATER;
}

static void collect_nothing(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
}

static bool wait_for_nothing(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
	return false;
}

static const struct ask world = { NULL, send_later, collect_nothing,
	wait_for_nothing };

static struct bundle bundle_of(const char *rule)
{
	struct buf b = { .arena = arena };

	buf_printf(&b, "policy('p'):rule('r', function(m, rcpt, plan)\n%s\n"
		"end)\n", rule);
	policy.text = buf_bytes(&b);
	return (struct bundle){ .settings = settings, .policy = &policy,
		.npolicy = 1, .templates = &template, .ntemplates = 1 };
}

static struct verdict judge(const char *rule, const char *relay,
	const char *header)
{
	struct bundle bundle = bundle_of(rule);
	struct envelope env = { .id = SPAN("1"), .rcpts = rcpts, .nrcpts = 2,
		.mail_from = SPAN("a@ours.example"),
		.relay_addr = span_of(relay) };
	struct buf raw = { .arena = arena };
	struct err e = { 0 };
	struct engine *engine = engine_new(&bundle, &e);
	struct verdict v;

	assert_string_equal(e.text, "");
	buf_printf(&raw, "%sFrom: a@ours.example\r\nSubject: s\r\n\r\nx\r\n",
		header);
	engine_judge(engine, &env, buf_bytes(&raw), &world,
		clock_ms() + 5000, arena, &v);
	engine_free(&engine);
	return v;
}

static size_t told(const struct verdict *v)
{
	size_t n = 0;

	assert_int_equal(v->ngroups, 1);
	for (size_t i = 0; i < v->groups[0].nnotices; i++)
		n += v->groups[0].notices[i].nto;
	return n;
}

static void expect(const char *rule, const char *relay, const char *header,
	size_t want)
{
	struct verdict v = judge(rule, relay, header);

	assert_false(v.failed);
	assert_int_equal(told(&v), want);
}

static void test_who(void **state)
{
	static const char recipient[] = "plan:notify('own')";
	static const char sender[] = "plan:notify('own', { to = 'sender' })";

	(void)state;
	expect(recipient, "192.0.2.1", "", 2);
	/* Of mail from us only ours hear. */
	expect(recipient, "10.0.0.1", "", 1);
	expect("plan:notify('own', { external = true })", "10.0.0.1", "", 2);
	expect(sender, "192.0.2.1", "", 0);
	expect(sender, "10.0.0.1", "", 1);
	expect(sender, "10.0.0.1", "Auto-Submitted: auto-replied\r\n", 0);
	expect(sender, "10.0.0.1", "Auto-Submitted: no\r\n", 1);
	expect(sender, "10.0.0.1", "List-Id: <l.example>\r\n", 0);
	/* One person once, by whatever name. */
	expect("plan:notify('own', { to = 'postmaster' })\n"
		"plan:notify('rejected', { to = 'Postmaster@ours.example' })",
		"192.0.2.1", "", 1);
}

static void test_fails(void **state)
{
	struct verdict v;

	(void)state;
	v = judge("plan:notify('rejectd')", "192.0.2.1", "");
	assert_true(span_find(v.failure, SPAN("there is no template "
		"\"rejectd\"; did you mean \"rejected\"?")) != SIZE_MAX);
	v = judge("plan:notify('own', { two = 'sender' })", "192.0.2.1", "");
	assert_true(span_find(v.failure, SPAN("unknown option \"two\": did "
		"you mean \"to\"?")) != SIZE_MAX);
	v = judge("plan:add_header('X', expand('%%SUBJCT%%'))", "192.0.2.1",
		"");
	assert_true(span_find(v.failure, SPAN("unknown variable %%SUBJCT%%: "
		"did you mean %%SUBJECT%%?")) != SIZE_MAX);
}

static void test_load(void **state)
{
	struct bundle bundle;
	struct err e = { 0 };
	struct engine *engine;

	(void)state;
	template.text = SPAN("Subject: a\n\nb %%TICKET%%\n%%RUEL%%\n");
	bundle = bundle_of("plan:set('TICKET', 'x')");
	engine = engine_new(&bundle, &e);
	assert_null(engine);
	assert_string_equal(e.text, "templates/own.txt:4: unknown variable "
		"%%RUEL%%: did you mean %%RULE%%?");
	template.text = SPAN("x");
}

static int set_up(void **state)
{
	(void)state;
	arena = arena_new("test", 64 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_who, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fails, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_load, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
