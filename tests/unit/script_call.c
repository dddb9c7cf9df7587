#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/clock.h"
#include "script/script.h"

/* A host with one kept function, one class and one list. */
struct thing {
	int64_t reads;
	struct span name;
};

static struct script_value get_name(void *self)
{
	struct thing *t = self;

	t->reads++;
	return (struct script_value){ .type = SCRIPT_TEXT, .text = t->name };
}

static struct script_value get_self(void *self);

static const struct script_value numbers[] = {
	{ .type = SCRIPT_INT, .integer = 7 },
	{ .type = SCRIPT_TEXT, .text = { (const unsigned char *)"a\0b", 3 } },
};

static struct script_value get_list(void *self)
{
	(void)self;
	return (struct script_value){ .type = SCRIPT_LIST,
		.list = { numbers, 2 } };
}

/* shout(text): the text, or an error when it is empty. */
static void shout(struct script_call *c)
{
	if (c->nargs != 1 || c->args[0].type != SCRIPT_TEXT) {
		err_set(&c->error, ERR_PERMANENT, "shout takes a text");
		return;
	}
	c->result = c->args[0];
}

/* What cannot be read says why. */
static struct script_value get_later(void *self)
{
	(void)self;
	return (struct script_value){ .type = SCRIPT_FAILED,
		.text = SPAN("later: 100% not in this version") };
}

/* work(steps): as if C had looked at much. */
static void work(struct script_call *c)
{
	script_spend(c, (uint64_t)c->args[0].integer);
	c->result = c->args[0];
}

static const struct script_field fields[] = {
	{ "name", get_name, "text" }, { "list", get_list, "list" },
	{ "self", get_self, "thing" }, { "later", get_later, "nothing" },
	{ 0 },
};
static const struct script_method methods[] = {
	{ "shout", shout, "shout(text)" }, { "work", work, "work(steps)" },
	{ 0 },
};
static const struct script_class thing_class = { "thing", fields, methods };
static const struct script_class other_class = { "other", fields, methods };

static struct script_value get_self(void *self)
{
	return (struct script_value){ .type = SCRIPT_OBJECT,
		.object = { &thing_class, self } };
}

static bool indexed;	/* by script_add_class, too */
static int kept;
static char kept_where[64];

/* keep(f) or keep(f, options): remembers f. */
static void keep(struct script_call *c)
{
	kept = script_ref(c, 0);
	if (kept < 0)
		err_set(&c->error, ERR_PERMANENT, "keep takes a function");
	snprintf(kept_where, sizeof(kept_where), "%s", script_call_where(c));
}

/* options(t): how many keys, and the text behind notify. */
static void options(struct script_call *c)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct span key = script_table_key(c->script, &c->args[0], 0, a);

	assert_true(span_is(key, "1"));
	key = script_table_key(c->script, &c->args[0], 1, a);
	assert_true(span_is(key, "notify"));
	key = script_table_key(c->script, &c->args[0], 2, a);
	assert_int_equal(key.n, 0);
	c->result = script_table_get(c->script, &c->args[0], "notify");
	arena_free(&a);
}

static const struct script_function functions[] = {
	{ "keep", keep, "" }, { "options", options, "" }, { 0 },
};

static struct script *load(const char *text)
{
	struct err e = { 0 };
	struct script *s = script_new(NULL, &e);

	assert_non_null(s);
	kept = -1;
	script_add_functions(s, functions);
	if (indexed)
		script_add_class(s, &thing_class);
	if (script_run(s, "t.lua", span_of(text), NULL, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

/* Calls the kept function with a thing; its text or its error's. */
static const char *call(struct script *s, struct thing *t,
	const struct script_class *class)
{
	static char out[1024];
	struct script_value arg = { .type = SCRIPT_OBJECT,
		.object = { class, t } }, result = { 0 };
	struct err e = { 0 };

	if (script_call(s, kept, &arg, 1, clock_ms() + 2000, &result, 1,
	    &e) < 0)
		snprintf(out, sizeof(out), "%s", e.text);
	else if (result.type == SCRIPT_TEXT)
		snprintf(out, sizeof(out), "%.*s", SPAN_FMT(result.text));
	else
		snprintf(out, sizeof(out), "(%s)",
			script_type_name(result.type));
	return out;
}

/* What `return EXPRESSION` gives for a thing called t. */
static void expect(const char *body, const char *answer)
{
	struct thing t = { .name = SPAN("Ada") };
	struct script *s;
	char text[2000];

	snprintf(text, sizeof(text), "keep(function(t)\n%s\nend)", body);
	s = load(text);
	assert_string_equal(call(s, &t, &thing_class), answer);
	script_free(&s);
}

static void test_objects(void **state)
{
	(void)state;
	expect("return t.name", "Ada");
	expect("return t.self.self.name", "Ada");
	expect("return tostring(t == t.self)", "true");
	expect("return tostring(t)", "thing");
	expect("return type(t)", "userdata");
	expect("return t:shout('x')", "x");
	expect("return t.nam",
		"t.lua:2: thing has no field \"nam\"; did you mean \"name\"?");
	expect("return t.zzzzzzzz",
		"t.lua:2: thing has no field \"zzzzzzzz\"");
	expect("return t[1]", "t.lua:2: thing has no field \"1\"");
	expect("t.name = 'Bob'", "t.lua:2: thing is read-only");
	expect("return t.shout('x')", "t.lua:2: shout is a method of thing: "
		"write thing:shout(...), with a colon");
	expect("return t.shout(t.list, 'x')", "t.lua:2: shout is a method of "
		"thing: write thing:shout(...), with a colon");
	expect("return t:shout()", "t.lua:2: shout takes a text");
	expect("return t.later",
		"t.lua:2: later: 100% not in this version");
	expect("return tostring(pcall(function() return t.later end))",
		"false");
	expect("return tostring(t[t])", "t.lua:2: thing has no field "
		"\"thing\"");
	expect("local x\nreturn x.y",
		"t.lua:3: attempt to index a nil value (local 'x')");
	expect("return t.name.x.y",
		"t.lua:2: attempt to index a nil value (field 'x')");
}

static void test_indexed_objects(void **state)
{
	indexed = true;
	test_objects(state);
	indexed = false;
}

/* Work in C counts as steps do, and no pcall saves the rule. */
static void test_spending(void **state)
{
	(void)state;
	expect("for i = 1, 100 do t:work(100000) end\nreturn 'done'", "done");
	expect("for i = 1, 300 do t:work(100000) end\nreturn 'done'",
		"t.lua:2: ran longer than 20000000 steps");
	expect("pcall(t.work, t, 30000000)\nreturn 'saved'",
		"t.lua:2: ran longer than 20000000 steps");
	expect("local f = function() t:work(30000000) end\npcall(f)\n"
		"return 'saved'", "t.lua:2: ran longer than 20000000 steps");
}

static void test_type_confusion(void **state)
{
	struct thing t = { .name = SPAN("Ada") };
	struct script *s = load("local f\nkeep(function(t)\n"
		"if f then return f(t, 'x') end\nf = t.shout\nend)");

	(void)state;
	assert_string_equal(call(s, &t, &thing_class), "(nil)");
	assert_string_equal(call(s, &t, &thing_class), "x");
	assert_string_equal(call(s, &t, &other_class), "t.lua:3: shout is a "
		"method of thing: write thing:shout(...), with a colon");
	script_free(&s);
}

static void test_lists(void **state)
{
	(void)state;
	expect("return tostring(#t.list)", "2");
	expect("return tostring(t.list[1])", "7");
	expect("return tostring(#t.list[2])", "3");
	expect("return tostring(t.list[0]) .. tostring(t.list[3]) .. "
		"tostring(t.list[1.5])", "nilnilnil");
	expect("local n = '' for i, v in ipairs(t.list) do n = n .. i .. #"
		"tostring(v) end return n", "1123");
	expect("local n = '' for i in pairs(t.list) do n = n .. i end "
		"return n", "12");
	expect("t.list[1] = 2", "t.lua:2: list is read-only");
	expect("return t.list.n", "t.lua:2: list has no field \"n\": it takes "
		"numbers from 1 to #list");
	expect("return t.list['1']", "t.lua:2: list has no field \"1\": it "
		"takes numbers from 1 to #list");
	expect("return table.concat(t.list, '-', 1, 1)", "7");
}

static void test_tables(void **state)
{
	(void)state;
	expect("return options({ 'x', notify = 'n' })", "n");
	expect("return options({ 'x', notify = false })", "(boolean)");
}

static void test_places(void **state)
{
	struct script *s = load("\nkeep(\n\tfunction() end)");
	char where[64];

	(void)state;
	assert_string_equal(kept_where, "t.lua:2");
	script_where(s, kept, where, sizeof(where));
	assert_string_equal(where, "t.lua:3");
	script_free(&s);
}

static void test_errors(void **state)
{
	(void)state;
	expect("error('no')", "t.lua:2: no");
	expect("error({})",
		"t.lua:2: error with a table value as its message");
	expect("error()", "t.lua:2: error with a nil value as its message");
	expect("error('bare', 0)", "t.lua:2: bare");
	expect("assert(false, 'told')", "t.lua:2: told");
	expect("local ok, why = pcall(error, { 1 }) return type(why)",
		"table");
	expect("local ok, why = pcall(t.shout, t) return why",
		"t.lua:2: shout takes a text");
	expect("return select(2, xpcall(function() error('a') end, "
		"function(m) return m .. '!' end))", "t.lua:2: a!");
	expect("return select('#', xpcall(function(...) return ... end, "
		"print_nothing or error, 1, 2))",
		"t.lua:2: unknown name \"print_nothing\"");
}

/* More results than asked for are dropped, missing ones are nil. */
static void test_results(void **state)
{
	struct script *s = load("keep(function(a, b) return b, a end)");
	struct script_value args[2] = {
		{ .type = SCRIPT_BOOL, .boolean = true },
		{ .type = SCRIPT_REAL, .real = 1.5 },
	}, r[3];
	struct err e;

	(void)state;
	assert_int_equal(script_call(s, kept, args, 2, INT64_MAX, r, 1, &e),
		0);
	assert_int_equal(r[0].type, SCRIPT_REAL);
	assert_true(r[0].real > 1.4 && r[0].real < 1.6);
	assert_int_equal(script_call(s, kept, args, 2, INT64_MAX, r, 3, &e),
		0);
	assert_int_equal(r[1].type, SCRIPT_BOOL);
	assert_true(r[1].boolean);
	assert_int_equal(r[2].type, SCRIPT_NIL);
	script_free(&s);
}

/* A new message finds nothing of the one before. */
static void test_restore(void **state)
{
	struct thing t = { .name = SPAN("Ada") };
	struct script *s = load("local seen, big = 'none', {}\n"
		"keep(function(t)\nlocal was = seen\nseen = t.name\n"
		"for i = 1, 100000 do big[i] = { i } end\n"
		"return was .. #big\nend)");
	struct err e;

	(void)state;
	assert_int_equal(script_freeze(s, &e), 0);
	for (int i = 0; i < 20; i++) {
		script_restore(s);
		assert_string_equal(call(s, &t, &thing_class), "none100000");
		assert_string_equal(call(s, &t, &thing_class), "Ada100000");
	}
	script_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_indexed_objects),
		cmocka_unit_test(test_spending),
		cmocka_unit_test(test_type_confusion),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_restore),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
