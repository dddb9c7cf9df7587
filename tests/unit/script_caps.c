/* What hostile or careless scripts meet: each is a line, never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "script/script.h"

/* Sanitizers cost several times as much. */
#ifdef __SANITIZE_ADDRESS__
enum { LATE_MS = 8000 };
#else
enum { LATE_MS = 1500 };
#endif

static int kept;

static void keep(struct script_call *c)
{
	kept = script_ref(c, 0);
}

static const struct script_function functions[] = {
	{ "keep", keep, "" }, { 0 },
};

/* Runs the text under the limits; *out_r is the text it gave or its error. */
static int run(const struct script_limits *limits, struct span text,
	char out_r[1024])
{
	struct script_value v;
	struct err e = { 0 };
	struct script *s = script_new(limits, &e);
	int r = -1;

	if (s && (script_add_functions(s, functions), 1))
		r = script_run(s, "x.lua", text, &v, &e);
	if (r == 0 && v.type == SCRIPT_TEXT)
		snprintf(out_r, 1024, "%.*s", SPAN_FMT(v.text));
	else
		snprintf(out_r, 1024, "%s", r ? e.text :
			script_type_name(v.type));
	script_free(&s);
	return r;
}

/* Of this process: others may be at work, too. */
static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* This text fails with this line, and soon. */
static void fails(const char *text, const char *line)
{
	int64_t start = cpu_ms();
	char out[1024];

	assert_int_equal(run(NULL, span_of(text), out), -1);
	assert_string_equal(out, line);
	assert_true(cpu_ms() - start < LATE_MS);
}

static void gives(const char *text, const char *answer)
{
	char out[1024];

	if (run(NULL, span_of(text), out) < 0)
		fail_msg("%s: %s", text, out);
	assert_string_equal(out, answer);
}

#define LONG "ran longer than 20000000 steps"
#define FULL "used more than 32768 KiB of memory"

static void test_loops(void **state)
{
	(void)state;
	fails("while true do end", "x.lua:1: " LONG);
	fails("\nlocal function f() while true do end end\n"
		"while true do pcall(f) end", "x.lua:2: " LONG);
	fails("local function f() while true do end end\n"
		"xpcall(f, function() while true do end end)\nreturn 'saved'",
		"x.lua:1: " LONG);
	fails("local ok = pcall(function() while true do end end)\n"
		"return 'saved'", "x.lua:1: " LONG);
	fails("local function f() return f() end return f()",
		"x.lua:1: " LONG);
	fails("local t = {} for i = 1, 10000 do t[i] = i end\n"
		"while true do table.sort(t) end", "x.lua:2: " LONG);
	fails("local t = {} for i = 1, 10000 do t[i] = i end\n"
		"while true do table.insert(t, 1, 0) table.remove(t) end",
		"x.lua:2: " LONG);
	fails("local s = string.rep('a', 1000000)\n"
		"while true do local x = s:upper() end", "x.lua:2: " LONG);
	fails("local s = string.rep('a', 1000000)\n"
		"while true do s:find('b', 1, true) end", "x.lua:2: " LONG);
}

/* A call's deadline, in pcall too; the next message is none the worse. */
static void test_deadline(void **state)
{
	struct script_limits limits = script_default_limits;
	struct script_value v;
	struct script *s;
	struct err e;

	(void)state;
	limits.steps = UINT64_MAX / 2;
	s = script_new(&limits, &e);
	script_add_functions(s, functions);
	assert_int_equal(script_run(s, "x.lua", SPAN("local n = 0\n"
		"keep(function(loop) n = n + 1\n"
		"while loop do pcall(function() while true do end end) end\n"
		"return n end)"), NULL, &e), 0);
	assert_int_equal(script_freeze(s, &e), 0);
	for (int i = 0; i < 3; i++) {
		struct script_value yes = { .type = SCRIPT_BOOL,
			.boolean = i != 1 };
		int64_t start = clock_ms();
		int r = script_call(s, kept, &yes, 1, start + 50, &v, 1, &e);

		if (i != 1) {
			assert_int_equal(r, -1);
			assert_string_equal(e.text,
				"x.lua:3: ran longer than 50 ms");
			assert_true(clock_ms() - start < 500);
		} else {
			assert_int_equal(r, 0);
			assert_int_equal(v.integer, 1);
		}
		script_restore(s);
	}
	script_free(&s);
}

static void test_memory(void **state)
{
	(void)state;
	fails("local t = {}\nfor i = 1, 1e9 do t[i] = { i } end",
		"x.lua:2: " FULL);
	fails("local s = 'x'\nwhile true do s = s .. s end", "x.lua:2: " FULL);
	fails("local t = {}\nwhile true do pcall(function()\n"
		"while true do t[#t + 1] = ('x'):rep(100000) .. #t end\n"
		"end) end", "x.lua:3: " FULL);
	fails("return ('x'):rep(1e9)",
		"x.lua:1: rep: a text of more than 1048576 bytes");
	fails("return ('x'):rep(1e18, ('y'):rep(1000))",
		"x.lua:1: rep: a text of more than 1048576 bytes");
	fails("return ('x'):rep(math.maxinteger)",
		"x.lua:1: rep: a text of more than 1048576 bytes");
	fails("local t, s = {}, ('x'):rep(1000000)\n"
		"for i = 1, 100 do t[i] = s end\nreturn table.concat(t)",
		"x.lua:3: " FULL);
	fails("local s = ('x'):rep(100000)\nreturn s:gsub('x', s)",
		"x.lua:2: " FULL);
	fails("return ('%200d'):format(1)",
		"x.lua:1: invalid conversion specification: '%200d'");
	gives("return tostring(#('x'):rep(1048576))", "1048576");
	gives("return ('ab'):rep(3, '-')", "ab-ab-ab");
}

static void test_depth(void **state)
{
	char out[1024];
	char *deep = malloc(200001);

	(void)state;
	fails("local function f() return 1 + f() end\nreturn f()",
		"x.lua:1: " FULL);
	fails("local function f() return pcall(f) end\n"
		"local function g(...) return select('#', ...) end\n"
		"return f(), error('C stack held')",
		"x.lua:3: C stack held");
	fails("local f = function(g) return ('x'):gsub('.', g) end\n"
		"local function g() return f(g) end\nreturn f(g)",
		"x.lua:1: C stack overflow");
	memset(deep, '(', 200000);
	deep[200000] = 0;
	assert_int_equal(run(NULL, span_of(deep), out), -1);
	assert_string_equal(out, "x.lua: C stack overflow");
	free(deep);
}

static void test_patterns(void **state)
{
	(void)state;
	fails("return (('a'):rep(200)):find('.-.-.-.-b')",
		"x.lua:1: pattern needs more than 1000000 steps");
	fails("return (('a'):rep(2000)):match('.*.*.*.*b')",
		"x.lua:1: pattern needs more than 1000000 steps");
	fails("return (('a'):rep(2000)):gsub('.-.-.-b', '')",
		"x.lua:1: pattern needs more than 1000000 steps");
	fails("for _ in (('a'):rep(2000)):gmatch('.-.-.-b') do end",
		"x.lua:1: pattern needs more than 1000000 steps");
	fails("local s = ('('):rep(5000)\nreturn s:gsub('%b()', '')",
		"x.lua:2: pattern needs more than 1000000 steps");
	fails("while true do pcall(string.find, ('a'):rep(200), "
		"'.-.-.-.-b') end", "x.lua:1: " LONG);
	fails("return ('a'):rep(900):find(('a?'):rep(300) .. 'b')",
		"x.lua:1: pattern too complex");
}

static void test_attacks(void **state)
{
	(void)state;
	fails("x = 1", "x.lua:1: globals are read-only: make it local");
	fails("function f() end",
		"x.lua:1: globals are read-only: make it local");
	fails("string = nil", "x.lua:1: globals are read-only: make it local");
	fails("_ENV.x = 1", "x.lua:1: globals are read-only: make it local");
	fails("string.rep = nil", "x.lua:1: string is read-only");
	fails("string.evil = 1", "x.lua:1: string is read-only");
	fails("table.insert(string, 1)", "x.lua:1: string is read-only");
	fails("('').rep = 1",
		"x.lua:1: attempt to index a string value (constant '')");
	fails("return getmetatable('')",
		"x.lua:1: unknown name \"getmetatable\"");
	fails("return setmetatable({}, {})",
		"x.lua:1: unknown name \"setmetatable\"");
	fails("return load('return 1')", "x.lua:1: unknown name \"load\"");
	fails("return print(1)", "x.lua:1: unknown name \"print\"");
	fails("return rawset(string, 'x', 1)",
		"x.lua:1: unknown name \"rawset\"; did you mean \"assert\"?");
	fails("return string.dump(pcall)",
		"x.lua:1: attempt to call a nil value (field 'dump')");
	fails("\x1bLua", "x.lua:1: this is compiled Lua; only text is taken");
	fails("return ('%p'):format({})", "x.lua:1: format takes %s %d %x %f "
		"%g %c %q and %% only");
	fails("local next, t = pairs(string)\nnext.x = 1",
		"x.lua:2: attempt to index a function value (local 'next')");
	fails("local s = 'x'\ntable.sort({ 3, 1, 2 }, function() "
		"error({}) end)",
		"x.lua:2: error with a table value as its message");
	fails("return 1 +", "x.lua:1: unexpected symbol near <eof>");
	fails("local a\n\nlocal b = = 1",
		"x.lua:3: unexpected symbol near '='");
	gives("local t = {} for _, v in pairs({ print = 1 }) do t[1] = v end "
		"return tostring(t[1])", "1");
	gives("return tostring({}) .. tostring(pcall) .. "
		"('%s'):format({})", "tablefunctiontable");
	gives("return tostring(pcall(pairs(string), string, {}))", "false");
}

/* Two scripts, and two files of one, share nothing. */
static void test_own_environment(void **state)
{
	(void)state;
	gives("local _ENV = { x = 1 }\nx = 2\nreturn '' .. x", "2");
	fails("local function f() _ENV = { } end f()\nreturn tostring(1)",
		"x.lua:2: attempt to call a nil value (global 'tostring')");
}

static void test_globals(void **state)
{
	struct buf text = { 0 }, golden = { 0 };
	struct script *s;
	struct script_value v;
	struct err e;

	(void)state;
	if (io_slurp("tests/lua/globals.lua", 1 << 20, &text, &e) < 0 ||
	    io_slurp("tests/lua/globals.golden", 1 << 20, &golden, &e) < 0)
		fail_msg("%s (run it from the root of the tree)", e.text);
	s = script_new(NULL, &e);
	assert_int_equal(script_run(s, "globals.lua", buf_bytes(&text), &v,
		&e), 0);
	assert_int_equal(v.text.n, golden.n);
	assert_memory_equal(v.text.p, golden.p, golden.n);
	script_free(&s);
	buf_free(&text);
	buf_free(&golden);
}

/* Cut anywhere, a chunk is a line of error or runs. */
static void test_cut(void **state)
{
	static const char text[] = "local t = { 'a', [2] = 3.5 }\n"
		"for i, v in ipairs(t) do t[i] = v .. \"\\x41\" end\n"
		"return function(...) if ... then goto e end ::e:: end\n";
	char out[1024];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++)
		if (run(NULL, span_from(text, n), out) < 0)
			assert_memory_equal(out, "x.lua:", 6);
}

/* Memory ends at each place in turn: always a line, never a crash. */
static void test_each_refusal(void **state)
{
	static const char text[] = "local t = {}\n"
		"for i = 1, 40 do t[i] = { n = i, s = 'text ' .. i } end\n"
		"local s = table.concat({ 'a', 'b' }, ('-'):rep(50))\n"
		"s = s:gsub('%a', function(c) return c:upper() .. c end)\n"
		"keep(function() return { s } end)\n"
		"local ok = pcall(error, { t })\n"
		"return s:match('(A)') .. #t";
	struct script_limits limits = script_default_limits;
	unsigned refused = 0, done = 0;
	char out[1024];

	(void)state;
	for (limits.memory = 2048; done < 20; limits.memory += 48) {
		if (run(&limits, span_of(text), out) == 0) {
			assert_string_equal(out, "A40");
			done++;
			continue;
		}
		if (strstr(out, "of memory") == NULL &&
		    strstr(out, "stack overflow") == NULL)
			fail_msg("%s", out);
		refused++;
	}
	assert_true(refused > 100);
}

/* A zygote freezes, its children restore: each finds the same start. */
static void test_fork(void **state)
{
	struct err e;
	struct script *s = script_new(NULL, &e);

	(void)state;
	script_add_functions(s, functions);
	assert_int_equal(script_run(s, "x.lua", SPAN("local n = 0\n"
		"keep(function() n = n + 1 return n end)"), NULL, &e), 0);
	assert_int_equal(script_freeze(s, &e), 0);
	for (int child = 0; child < 3; child++) {
		int status;
		pid_t pid = fork();

		for (int i = 0; pid == 0 && i < 100; i++) {
			struct script_value v;

			script_restore(s);
			if (script_call(s, kept, NULL, 0, INT64_MAX, &v, 1,
			    &e) < 0 || v.integer != 1)
				_exit(1);
			if (i == 99)
				_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	script_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_attacks),
		cmocka_unit_test(test_own_environment),
		cmocka_unit_test(test_globals),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_each_refusal),
		cmocka_unit_test(test_fork),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
