/*
 * Hostile rules: the message gets "try again later", never a pass; or the
 * rule is passed over where the site said so; and the next message is judged
 * as if nothing had happened.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/engine.h"

static struct arena *arena;
static struct bundle bundle;
static struct engine *engine;
static struct envelope env;
static struct verdict verdict;

static void send_no(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = ASK_NO;
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

static const struct ask world = { NULL, send_no, collect_nothing,
	wait_for_nothing };

static int set_up(void **state)
{
	static struct span rcpts[] = { SPAN("b@ours.example"),
		SPAN("c@ours.example") };
	static struct span domains[] = { SPAN("ours.example") };

	(void)state;
	arena = arena_new("test", 256 << 20);
	bundle = (struct bundle){ .generation = 7, .settings = {
		.domains = domains, .ndomains = 1 } };
	bundle.policy = arena_array(arena, 2, sizeof(*bundle.policy));
	env = (struct envelope){ .relay_addr = SPAN("192.0.2.1"),
		.mail_from = SPAN("a@out.example"), .rcpts = rcpts,
		.nrcpts = 2 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_free(&engine);
	arena_free(&arena);
	return 0;
}

/*
 * 1-evil.lua: its rule runs the body for mail with the subject "evil".
 * 2-good.lua: looks whether the world is as it should be, and says so.
 */
static const char good[] =
	"local seen = 0\n"
	"policy('good'):rule('look', function(m, rcpt, plan)\n"
	"seen = seen + 1\n"
	"if seen ~= 1 then error('memory of another recipient') end\n"
	"if ('x'):rep(3) ~= 'xxx' or string.upper('a') ~= 'A' or\n"
	"   table.concat({ 1, 2 }, '-') ~= '1-2' or math.max(1, 2) ~= 2 or\n"
	"   tostring(nil) ~= 'nil' or type(pcall) ~= 'function' or\n"
	"   next({}) ~= nil or #m.to ~= 1 then error('poisoned') end\n"
	"local ok, e = pcall(function() return evil end)\n"
	"if ok then error('a global') end\n"
	"plan:add_header('X-Good', rcpt.local_part .. m.subject)\n"
	"return quarantine('Good')\n"
	"end)\n";

static void load(const char *body, const char *mode)
{
	struct err e = { 0 };

	engine_free(&engine);
	bundle.policy[0] = (struct bundle_file){ SPAN("1-evil.lua"),
		span_of(arena_printf(arena, "local keep, first = {}, nil\n"
		"policy('evil', function() return true end, { on_error = "
		"'%s' }):rule('x', function(m, rcpt, plan)\n"
		"if m.subject ~= 'evil' then return end\n"
		"plan:prefix_subject('never')\n%s\nend)\n", mode, body)) };
	bundle.policy[1] = (struct bundle_file){ SPAN("2-good.lua"),
		SPAN("") };
	bundle.policy[1].text = span_of(good);
	bundle.npolicy = 2;
	engine = engine_new(&bundle, &e);
	if (engine == NULL)
		fail_msg("%s: %s", body, e.text);
}

static void judge(const char *subject)
{
	struct span raw = span_of(arena_printf(arena, "From: a@out.example\r\n"
		"To: b@ours.example\r\nSubject: %s\r\n\r\ntext\r\n", subject));
	struct buf record = { .arena = arena };
	struct verdict again;

	engine_judge(engine, &env, raw, &world, clock_ms() + 10000, arena,
		&verdict);
	verdict_put(&record, &verdict);
	assert_true(verdict_get(buf_bytes(&record), env.nrcpts, raw.n, arena,
		&again));
}

/* Every recipient was judged by the good rule, and by nothing else. */
static void expect_good(const char *body)
{
	if (verdict.failed)
		fail_msg("%s: then %.*s", body, SPAN_FMT(verdict.failure));
	assert_int_equal(verdict.ngroups, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(verdict.groups[i].action, ACTION_QUARANTINE);
		assert_true(span_is(verdict.groups[i].reason, "Good"));
		assert_int_equal(verdict.groups[i].nedits, 1);
	}
}

static void expect_failure(const char *body, const char *says)
{
	if (!verdict.failed)
		fail_msg("passed: %s", body);
	assert_int_equal(verdict.ngroups, 1);
	assert_int_equal(verdict.groups[0].action, ACTION_TEMPFAIL);
	assert_int_equal(verdict.groups[0].nrcpts, 2);
	if (!span_starts(verdict.failure, SPAN("1-evil.lua:")) ||
	    span_find(verdict.failure, SPAN("rule \"x\": ")) == SIZE_MAX ||
	    span_find(verdict.failure, span_of(says)) == SIZE_MAX)
		fail_msg("%s\nexpected: %s\ngot: %.*s", body, says,
			SPAN_FMT(verdict.failure));
}

static void expect_skipped(const char *body)
{
	const struct trace_step *t = verdict.groups[0].trace;

	expect_good(body);
	if (!span_starts(t->said, SPAN(TRACE_SKIPPED "1-evil.lua:")))
		fail_msg("%s: the trace says %.*s", body, SPAN_FMT(t->said));
}

#define LONG "ran longer than 20000000 steps"
#define FULL "used more than 32768 KiB of memory"

static const struct {
	const char *body, *says;
} evil[] = {
	{ "while true do end", LONG },
	{ "::again:: goto again", LONG },
	{ "repeat pcall(function() while true do end end) until false", LONG },
	{ "local ok = pcall(function() while true do end end)\n"
		"return deliver()", LONG },
	{ "local ok = xpcall(function() while true do end end, function() "
		"while true do end end)\nreturn deliver()", LONG },
	{ "while true do string.format('%99s', 'x') end", LONG },
	{ "local s = ('x'):rep(1e9)", "rep: a text of more than 1048576" },
	{ "local s = 'x' while true do s = s .. s end", FULL },
	{ "pcall(function() local s = 'x' while true do s = s .. s end end)\n"
		"return deliver()", FULL },
	{ "local t = {} for i = 1, 1e9 do t[i] = { i } end", FULL },
	{ "for i = 1, 1e9 do keep[i] = m.subject .. i end", FULL },
	{ "local t, s = {}, ('x'):rep(1e6) for i = 1, 100 do t[i] = s end\n"
		"s = table.concat(t)", FULL },
	{ "local t = {} for i = 1, 1e6 do t[i] = i end\n"
		"return table.unpack(t)", "too many results to unpack" },
	{ "local t = {} for i = 1, 2e5 do t[i] = i end\n"
		"while true do table.sort(t) end", LONG },
	{ "table.sort({ 1, 2, 3, 4, 5 }, function() return true end)\n"
		"error('sorted')", "" },
	{ "return (('a'):rep(2000)):find('.-.-.-.-b')",
		"pattern needs more than 1000000 steps" },
	{ "local function f() return 1 + f() end f()", FULL },
	{ "local function f() return pcall(f) end f() error('held')",
		"held" },
	{ "local c = coroutine.wrap(function() end)", "unknown name" },
	{ "setmetatable(keep, { __index = keep })", "unknown name" },
	{ "getmetatable('').__index = keep", "unknown name" },
	{ "load('return 1')()", "unknown name" },
	{ "require('os')", "unknown name" },
	{ "os.exit(0)", "unknown name" },
	{ "debug.sethook()", "unknown name" },
	{ "collectgarbage('stop')", "unknown name" },
	{ "string.pack('s', 'x')", "attempt to call a nil value" },
	{ "string.dump(pcall)", "attempt to call a nil value" },
	{ "error({})", "error with a table value" },
	{ "error(nil)", "error with a nil value" },
	{ "error()", "error with a nil value" },
	{ "error(function() end)", "error with a function value" },
	{ "error(m)", "error with a userdata value" },
	{ "error('\\n\\0\\xff' .. ('x'):rep(100000))", "" },
	{ "string.rep = nil", "string is read-only" },
	{ "string.upper = function() return 'evil' end",
		"string is read-only" },
	{ "table.concat = error", "table is read-only" },
	{ "math.max = error", "math is read-only" },
	{ "tostring = function() return 'evil' end",
		"globals are read-only" },
	{ "evil = 1", "globals are read-only" },
	{ "m.subject = 'evil'", "message is read-only" },
	{ "m.to[1] = 'x'", "list is read-only" },
	{ "rcpt.address = 'x'", "rcpt is read-only" },
	{ "for i = 1, 1e6 do plan:add_header('X-' .. i, 'x') end", "" },
	{ "return 1", "returned a number" },
	{ "return {}", "returned a table" },
	{ "deliver()", "deliver(...) alone does nothing" },
	{ "local d = deliver() return keep", "returned a table" },
	{ "return deliver(), error('late')", "late" },
	{ "quarantine('A') return m", "returned a object" },
	{ "return m.nothing", "has no field" },
	{ "plan.add_header('X', 'y')", "with a colon" },
	{ "rcpt.listed(m, 'x')", "with a colon" },
	{ "rcpt:listed(keep)", "not a text" },
	{ "local s = tostring(nil) .. nil", "attempt to concatenate" },
	{ "assert(false)", "assertion failed!" },
	{ "assert(nil, keep)", "error with a table value" },
	{ "select(-5)", "index out of range" },
	{ "utf8.char(-1)", "value out of range" },
	{ "local t = table.concat({ keep })", "invalid value" },
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		const char *body = evil[i].body;

		load(body, "tempfail");
		judge("hello");
		expect_good(body);
		judge("evil");
		expect_failure(body, evil[i].says);
		judge("hello");
		expect_good(body);
		/* All that spin are passed over alike: two are enough. */
		if (i < 2 || span_find(span_of(evil[i].says),
				SPAN("longer")) == SIZE_MAX) {
			load(body, "skip");
			judge("evil");
			expect_skipped(body);
			judge("hello");
			expect_good(body);
		}
		tear_down(NULL);
		set_up(NULL);
	}
}

/* What works is for one recipient only: nothing of it reaches the next. */
static void test_memory(void **state)
{
	static const char *const bodies[] = {
		"first = first or rcpt.address\n"
			"if first ~= rcpt.address then error('seen') end",
		"keep.x = (keep.x or 0) + 1 if keep.x > 1 then error('2') end",
		"local mt = keep keep.__index = keep keep.keep = keep",
		"pcall(error, keep) pcall(error) pcall(error, nil)",
		"pcall(function() string.rep = nil end)",
		"pcall(function() evil = 1 end)",
		"local string = {} string.rep = 1",
		"local _ENV = { } x = 1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		load(bodies[i], "tempfail");
		judge("evil");
		assert_false(verdict.failed);
		for (size_t k = 0; k < verdict.ngroups; k++)
			assert_true(span_is(verdict.groups[k].reason, "Good"));
		judge("hello");
		expect_good(bodies[i]);
	}
}

/* The time of the message is everybody's: no rule is passed over for it. */
static void test_deadline(void **state)
{
	int64_t start = clock_ms();

	(void)state;
	load("while true do pcall(function() while true do end end) end",
		"skip");
	engine_judge(engine, &env, SPAN("Subject: evil\r\n\r\n"), &world,
		start + 20, arena, &verdict);
	assert_true(verdict.failed);
	assert_true(clock_ms() - start < 2000);
}

static void load_fails(struct span text, const char *says)
{
	struct err e = { 0 };

	engine_free(&engine);
	bundle.policy[0] = (struct bundle_file){ SPAN("1.lua"), text };
	bundle.npolicy = 1;
	engine = engine_new(&bundle, &e);
	assert_null(engine);
	if (!span_starts(span_of(e.text), SPAN("1.lua")) ||
	    strstr(e.text, says) == NULL)
		fail_msg("expected: %s\ngot: %s", says, e.text);
}

static struct span repeated(char c, size_t n)
{
	char *p = arena_alloc(arena, n);

	memset(p, c, n);
	return span_from(p, n);
}

static void test_files(void **state)
{
	(void)state;
	load_fails(SPAN("\x1bLua\x54\x00"), "compiled Lua");
	load_fails(SPAN("local a = 1\0b"), "1.lua:1: ");
	load_fails(SPAN("local \xff\xfe = 1"), "1.lua:1: ");
	load_fails(repeated('(', 1 << 20), "overflow");
	load_fails(repeated('{', 1 << 20), "");
	load_fails(repeated('x', 10 << 20), "");
	load_fails(repeated('[', 10 << 20), "");
	load_fails(SPAN("while true do end"), LONG);
	load_fails(SPAN("local s = 'x' while true do s = s .. s end"), FULL);
	load_fails(SPAN("for i = 1, 1e6 do policy('p' .. i) end"),
		"more than 200 policies");
	load_fails(SPAN("local p = policy('p') for i = 1, 1e6 do\n"
		"p:rule('r' .. i, function() end) end"),
		"more than 1000 rules");
	load_fails(SPAN("policy('p', function() end, { on_error = 'pass' })"),
		"argument 3 says what a rule that fails means");
	load_fails(SPAN("policy('p', function() end, { on_eror = 'skip' })"),
		"argument 3 says what a rule that fails means");
	load_fails(SPAN("policy('p', function() end, { 'skip' })"),
		"argument 3 says what a rule that fails means");
	load_fails(SPAN("policy('p', function() end, { on_error = 'skip', "
		"more = 1 })"), "argument 3 says");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(test_rules), TEST(test_memory), TEST(test_deadline),
		TEST(test_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine_policy_bad", tests, NULL,
		NULL);
}
