/* Rules: read, compiled, run; what their hits count is what the score is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/facts.h"
#include "engine/rules.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new("test", 512 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static struct span record_of(const char *name, const char *text)
{
	struct rule_file f = { span_of(name), span_of(text) };
	struct buf b = { .arena = a };
	struct ruleset set;
	struct err e;

	if (rules_read(&f, 1, a, &set, &e) < 0 || rules_put(&set, &b, &e) < 0)
		fail_msg("%s", e.text);
	return buf_bytes(&b);
}

static struct facts *facts_of(const char *message)
{
	static const struct bundle bundle;
	struct envelope *env = arena_alloc(a, sizeof(*env));

	return facts_new(env, &bundle, span_of(message), a);
}

static struct facts *judged(const struct span *records, size_t n,
	const char *message)
{
	struct facts *f = facts_of(message);
	struct rules *r;
	struct err e;

	r = rules_open(records, n, &e);
	if (r == NULL)
		fail_msg("%s", e.text);
	rules_run(r, f);
	rules_free(&r);
	return f;
}

/* "NAME=WEIGHT NAME=WEIGHT", in order; and the score is their sum. */
static const char *hits(const struct facts *f)
{
	struct buf b = { .arena = a };
	int32_t sum = 0;

	for (size_t i = 0; i < f->nhits; i++) {
		buf_printf(&b, "%s%.*s=%d", b.n ? " " : "",
			SPAN_FMT(f->hits[i].name), (int)f->hits[i].weight);
		sum += f->hits[i].weight;
	}
	assert_int_equal(sum, f->score);
	return buf_c(&b);
}

static const char *hits_of(const char *rules, const char *message)
{
	struct span record = record_of("t.lua", rules);

	return hits(judged(&record, 1, message));
}

#define GROUP "return { group = \"g\", about = \"x\", "
#define MAIL "From: \"Jo\" <a@example.com>\r\n" \
	"Subject: A =?utf-8?q?PRIZE?=\r\n" \
	"X-Mailer: Good Mailer 2\r\n\r\n" \
	"You have\r\n won  a prize. http://a.example/login?x=1\r\n"

static void test_where(void **state)
{
	static const struct {
		const char *rule, *expected;
	} rows[] = {
		{ "subject = \"prize\"", "R=5" },
		{ "subject = \"won a\"", "" },
		{ "body = \"you have won a prize\"", "R=5" },
		{ "body = \"^a prize\"", "" },
		{ "text = { \"a prize$\", \"no such\" }", "R=5" },
		{ "text = { \"a prize$\", \"no such\" }, least = 2", "" },
		{ "text = { \"a prize\", \"won\" }, least = 2", "R=5" },
		{ "header = { \"x-mailer\", \"good\" }", "R=5" },
		{ "header = { \"X-Mailer\", \"good\" }, exact = true", "" },
		{ "header = { \"Subject\", \"good\" }", "" },
		{ "header = { \"From\", \"^\\\"?jo\" }", "R=5" },
		{ "url = \"/login\\\\?\"", "R=5" },
		{ "url = \"won\"", "" },
		{ "raw = \"=\\\\?utf-8\\\\?q\\\\?\"", "R=5" },
	};
	char rules[400];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(rules, sizeof(rules), GROUP
			"{ \"R\", 5, about = \"y\", %s } }", rows[i].rule);
		assert_string_equal(hits_of(rules, MAIL), rows[i].expected);
	}
}

static void test_meta(void **state)
{
	(void)state;
	assert_string_equal(hits_of(GROUP
		"{ \"__A\", text = \"prize\" },"
		"{ \"__B\", text = \"nothing\" },"
		"{ \"__C\", text = \"won\" },"
		"{ \"ALL\", 1, all = { \"__A\", \"__C\" }, about = \"y\" },"
		"{ \"NOT_ALL\", 1, all = { \"__A\", \"__B\" }, about = \"y\" },"
		"{ \"ANY\", 1, any = { \"__A\", \"__B\" }, about = \"y\" },"
		"{ \"TWO\", 1, any = { \"__A\", \"__B\" }, least = 2,"
		"  about = \"y\" },"
		"{ \"NONE\", -3, all = { \"ALL\" }, none = { \"__B\" },"
		"  about = \"y\" },"
		"{ \"NO\", 1, all = { \"ALL\" }, none = { \"__A\" },"
		"  about = \"y\" } }", MAIL), "ALL=1 ANY=1 NONE=-3");
}

/* The first rule that fits says of what kind the mail is. */
static void test_class(void **state)
{
	static const char rules[] = GROUP
		"{ \"NO\", 1, text = \"nothing\", class = \"no\","
		"  about = \"y\" },"
		"{ \"__A\", text = \"prize\", class = \"offer\" },"
		"{ \"B\", 0, text = \"won\", class = \"late\","
		"  about = \"y\" } }";
	struct span record = record_of("t.lua", rules);

	(void)state;
	assert_true(span_is(judged(&record, 1, MAIL)->class, "offer"));
	assert_int_equal(judged(&record, 1, "\r\nHello\r\n")->class.n, 0);
}

static void test_evidence(void **state)
{
	struct span record = record_of("t.lua", GROUP
		"{ \"__A\", text = \"won a prize\" },"
		"{ \"R\", 1, text = \"won a prize\", about = \"y\" },"
		"{ \"M\", 1, all = { \"__A\", \"R\" }, about = \"y\" } }");
	const struct facts *f = judged(&record, 1, MAIL);

	(void)state;
	assert_int_equal(f->nhits, 2);
	assert_true(span_is(f->hits[0].evidence, "you have won a prize"));
	assert_true(span_is(f->hits[1].evidence, "A, R"));
}

static void test_cap(void **state)
{
	(void)state;
	assert_string_equal(hits_of("return { group = \"some words\","
		"cap = 10, about = \"x\","
		"{ \"A\", 7, text = \"prize\", about = \"y\" },"
		"{ \"B\", 8, text = \"won\", about = \"y\" },"
		"{ \"C\", -2, text = \"have\", about = \"y\" } }", MAIL),
		"A=7 B=8 C=-2 CAP_SOME_WORDS=-3");
}

/* What a check stated gets its weight here, once. */
static void test_facts(void **state)
{
	struct span record = record_of("t.lua", GROUP
		"{ \"SEEN\", 700, fact = true, about = \"y\" },"
		"{ \"OWN\", fact = true, about = \"y\" },"
		"{ \"M\", 1, all = { \"SEEN\", \"OWN\" }, about = \"y\" } }");
	struct facts *f = facts_of(MAIL);
	struct err e;
	struct rules *r = rules_open(&record, 1, &e);

	(void)state;
	assert_non_null(r);
	facts_hit(f, "SEEN", 0, SPAN("once"));
	facts_hit(f, "SEEN", 20, SPAN("twice"));
	facts_hit(f, "OWN", 33, SPAN(""));
	facts_hit(f, "UNKNOWN", 4, SPAN(""));
	rules_run(r, f);
	assert_string_equal(hits(f),
		"SEEN=700 SEEN=0 OWN=33 UNKNOWN=4 M=1");
	rules_free(&r);
}

static void test_above(void **state)
{
	struct span records[] = { record_of("a.lua", GROUP
		"{ \"A\", 7, text = \"prize\", about = \"y\" },"
		"{ \"B\", 8, text = \"won\", about = \"y\" },"
		"{ \"M\", 9, all = { \"B\" }, about = \"y\" } }"),
		SPAN(""), record_of("b.lua", GROUP "{ \"A\", 0 },"
		"{ \"B\", 3, text = \"lost\", about = \"y\" },"
		"{ \"N\", 2, any = { \"A\", \"B\" }, about = \"y\" } }") };

	(void)state;
	assert_string_equal(hits(judged(records, 1, MAIL)), "A=7 B=8 M=9");
	assert_string_equal(hits(judged(records, 3, MAIL)), "A=0 N=2");
}

static void test_wrong(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "x", "t.lua:1: syntax error near <eof>" },
		{ "return 1", "t.lua: does not return a table of rules" },
		{ "return { group = \"g\", {} }", "t.lua: a rule begins with "
			"its name: capitals, digits and _, at most 40" },
		{ "return { grup = \"g\" }", "t.lua: unknown key \"grup\", did "
			"you mean \"group\"?" },
		{ GROUP "{ \"R\", 1, txt = \"a\", about = \"y\" } }",
			"t.lua: rule R: unknown key \"txt\", did you mean "
			"\"text\"?" },
		{ GROUP "{ \"R\", 1, text = \"a\" } }", "t.lua: rule R: has no "
			"about = \"what it means\"" },
		{ GROUP "{ \"R\", 1.5, text = \"a\" } }", "t.lua: rule R: the "
			"weight is a whole number from -30000 to 30000" },
		{ GROUP "{ \"R\", text = \"a\", about = \"y\" } }", "t.lua: "
			"rule R: has no weight: 0 is one, and a helper's name "
			"begins with \"__\"" },
		{ GROUP "{ \"__R\", 1, text = \"a\" } }", "t.lua: rule __R: a "
			"helper has no weight" },
		{ GROUP "{ \"R\" } }", "t.lua: rule R: asks nothing and weighs "
			"nothing" },
		{ GROUP "{ \"R\", 1, text = \"a\", url = \"b\" } }", "t.lua: "
			"rule R: asks in two ways: divide it" },
		{ GROUP "{ \"R\", 1, text = { \"a\" }, least = 2 } }", "t.lua: "
			"rule R: least is a number from 1 to how many there "
			"are" },
		{ GROUP "{ \"R\", 1, text = { 7 } } }", "t.lua: rule R: there "
			"is something that is no text in a list of texts" },
		{ GROUP "{ \"R\", 1, text = { \"ok\", \"(\" }, about = \"y\" } "
			"}", "rule R: (: the pattern is refused: Missing close "
			"parenthesis for group started at index 0." },
		{ GROUP "{ \"R\", 1, all = { \"S\" }, about = \"y\" } }",
			"rule R: there is no rule S before it" },
		{ GROUP "{ \"R\", 1 } }", "rule R: there is none to give "
			"another weight to" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rule_file f = { SPAN("t.lua"), span_of(rows[i].text) };
		struct buf b = { .arena = a };
		struct span record;
		struct ruleset set;
		struct rules *r = NULL;
		struct err e = { .text = "all went well" };

		if (rules_read(&f, 1, a, &set, &e) == 0 &&
		    rules_put(&set, &b, &e) == 0) {
			record = buf_bytes(&b);
			r = rules_open(&record, 1, &e);
		}
		assert_null(r);
		assert_string_equal(e.text, rows[i].why);
	}
}

/* No beginning of a record is one; a foreign compilation is made again. */
static void test_record(void **state)
{
	struct span record = record_of("t.lua", GROUP
		"{ \"A\", 7, text = \"prize\", about = \"y\" },"
		"{ \"M\", 9, all = { \"A\" }, about = \"y\" } }"), compiled;
	struct span pieces[RULE_IN_N];
	struct ruleset set;
	struct err e;

	(void)state;
	for (size_t n = 1; n < record.n; n += n < 400 ? 1 : 97) {
		struct span cut = span_sub(record, 0, n);

		assert_null(rules_open(&cut, 1, &e));
	}
	assert_int_equal(rules_get(record, a, &set, pieces, &e), 0);
	compiled = arena_span(a, record);
	memset((unsigned char *)(uintptr_t)compiled.p +
		(pieces[RULE_TEXT].p - record.p), 0, 16);
	assert_string_equal(hits(judged(&compiled, 1, MAIL)), "A=7 M=9");
}

/* The rules in the executable can be used, and each says what it means. */
static void test_shipped(void **state)
{
	struct span record;
	const struct rule *rule;
	const struct rule_group *group;
	struct rules *r;
	struct err e;

	(void)state;
	assert_int_equal(rules_shipped(a, &record, &e), 0);
	r = rules_open(&record, 1, &e);
	if (r == NULL)
		fail_msg("%s", e.text);
	for (size_t i = 0; rules_at(r, i, &rule, &group); i++)
		assert_true(group->about.n);
	assert_true(rules_count(r) > 0);
	rules_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_where, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_meta, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_class, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_evidence, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_cap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_facts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_above, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_record, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_shipped, set_up,
			tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
