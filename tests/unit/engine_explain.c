/* Explanations: the sentence, and what would have had mail delivered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/explain.h"
#include "engine/facts_record.h"
#include "engine/list.h"

static struct arena *arena;
static struct bundle bundle;
static struct engine *engine;
static struct envelope env;
static struct verdict verdict;
static struct facts_record record;
static enum ask_state virus_answer;

static void send_virus(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = q->type == 0 ? virus_answer : ASK_NO;
	q->text = q->state == ASK_YES ? SPAN("Eicar-Test") : SPAN("");
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

static const struct ask world = { NULL, send_virus, collect_nothing,
	wait_for_nothing };

#define GTUBE "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-" \
	"EMAIL*C.34X\r\n"

static const char plain[] = "From: A <a@out.example>\r\n"
	"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	"Message-ID: <1@out.example>\r\n\r\ntext\r\n";
#define FIELDS "To: b@ours.example\r\nMessage-ID: <1@out.example>\r\n"
static const char gtube[] = "From: A <a@out.example>\r\nSubject: x\r\n"
	FIELDS "\r\n" GTUBE;
static const char program[] = "From: A <a@out.example>\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	"--b\r\n\r\nhi\r\n--b\r\n"
	"Content-Type: application/octet-stream; name=a.exe\r\n"
	"Content-Disposition: attachment\r\n\r\nMZ\r\n--b--\r\n";

static void add_list(const char *name, const char *text)
{
	struct buf b = { .arena = arena };
	struct err e;

	assert_int_equal(list_compile(span_of(text), name, &b, &e), 0);
	bundle.lists[bundle.nlists++] = (struct bundle_list){ span_of(name),
		buf_bytes(&b) };
}

static int set_up(void **state)
{
	static struct span domains[] = { SPAN("ours.example") };
	static struct span rcpts[] = { SPAN("b@ours.example"),
		SPAN("c@ours.example"), SPAN("d@other.example") };

	(void)state;
	arena = arena_new("test", 64 << 20);
	bundle = (struct bundle){ .generation = 7, .settings = {
		.domains = domains, .ndomains = 1, .virus = true } };
	bundle.lists = arena_array(arena, 8, sizeof(*bundle.lists));
	add_list("anti-spam-optouts", "c@ours.example\n");
	add_list("approved-senders", "");
	add_list("blocked-relays", "198.51.100.0/24\n");
	add_list("blocked-senders", "@evil.example\n");
	add_list("suspect-attachment-names", "*.exe\n");
	add_list("trusted-relays", "");
	add_list("valid-recipients", "");
	env = (struct envelope){ .relay_addr = SPAN("192.0.2.1"),
		.mail_from = SPAN("a@out.example"), .rcpts = rcpts,
		.nrcpts = 1 };
	virus_answer = ASK_NO;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_free(&engine);
	arena_free(&arena);
	return 0;
}

static void load(const char *text)
{
	struct err e = { 0 };

	engine_free(&engine);
	bundle.policy = arena_array(arena, 1, sizeof(*bundle.policy));
	bundle.policy[0].name = SPAN("50-x.lua");
	bundle.policy[0].text = span_of(text);
	bundle.npolicy = 1;
	engine = engine_new(&bundle, &e);
	if (engine == NULL)
		fail_msg("%s", e.text);
	engine_set_detail(engine, true);
}

/* Of a policy of one rule with that body. */
static void load_rule(const char *body)
{
	load(arena_printf(arena, "policy('p'):rule('x', function(m, rcpt)\n"
		"%s\nend)\n", body));
}

static void judge(const char *message)
{
	engine_judge(engine, &env, span_of(message), &world,
		clock_ms() + 5000, arena, &verdict);
	assert_true(facts_get(verdict.facts, arena, &record));
}

static void expect_of(uint32_t rcpt, const char *sentence, const char *unless)
{
	const struct why *why = explain_find(&record, rcpt);

	assert_non_null(why);
	if (!span_is(why->sentence, sentence))
		fail_msg("expected: %s\ngot: %.*s", sentence,
			SPAN_FMT(why->sentence));
	if (!span_is(why->unless, unless))
		fail_msg("expected: %s\ngot: %.*s", unless,
			SPAN_FMT(why->unless));
}

static void expect(const char *message, const char *sentence,
	const char *unless)
{
	judge(message);
	expect_of(0, sentence, unless);
}

static void test_virus(void **state)
{
	(void)state;
	load_rule("if m.virus.found then return quarantine('Virus') end");
	virus_answer = ASK_YES;
	expect(plain, "Quarantined for Virus because the virus scanner found "
		"Eicar-Test; rule p/x, 50-x.lua:2.",
		"It would be delivered if the virus scanner had found "
		"nothing.");
	virus_answer = ASK_NO;
	expect(plain, "Delivered: no rule decided otherwise.", "");
}

static void test_spam(void **state)
{
	(void)state;
	load_rule("if m.spam.probability >= 73 then\n"
		"return reject('5.7.1', 'spam')\nend");
	expect(gtube, "Refused with 5.7.1 spam because the spam probability "
		"is 100 (limit 73), mostly through GTUBE; rule p/x, "
		"50-x.lua:3.",
		"It would be delivered if the hit GTUBE were absent.");
	load_rule("if m.spam:has('GTUBE') then return discard() end");
	expect(gtube, "Dropped because of the hit GTUBE; rule p/x, "
		"50-x.lua:2.",
		"It would be delivered if the hit GTUBE were absent.");
	load_rule("if m.spam.score > 20 then return discard() end\n"
		"return quarantine('Never')");
	expect(gtube, "Dropped because the spam probability is 100 (limit 1), "
		"mostly through GTUBE; rule p/x, 50-x.lua:2.",
		"No single change would have it delivered.");
}

/* Either hit suffices: the lighter one is named. */
static void test_smallest(void **state)
{
	(void)state;
	load_rule("if m.spam.hits[2] then return quarantine('Two') end");
	judge("From: A <a@out.example>\r\nSubject: x\r\n" FIELDS
		"Date: Mon, 01 Jan 2096 10:00:00 +0000\r\n\r\n" GTUBE);
	assert_int_equal(record.nhits, 2);
	expect_of(0, "Quarantined for Two because of the hit DATE_FUTURE; "
		"rule p/x, 50-x.lua:2.",
		"It would be delivered if the hit DATE_FUTURE were absent.");
}

static void test_lists(void **state)
{
	(void)state;
	load_rule("if rcpt:listed('anti-spam-optouts') then\n"
		"return deliver() end\n"
		"if m:listed('blocked-relays') or m.spam.probability > 90 then"
		"\nreturn quarantine('Blocked') end");
	env.relay_addr = SPAN("198.51.100.9");
	expect(plain, "Quarantined for Blocked because sender or relay are on "
		"the list blocked-relays as 198.51.100.0/24; rule p/x, "
		"50-x.lua:5.",
		"It would be delivered if the list blocked-relays had no "
		"entry 198.51.100.0/24.");
	env.relay_addr = SPAN("192.0.2.1");
	env.nrcpts = 2;
	judge(gtube);
	expect_of(1, "Delivered because the recipient is on the list "
		"anti-spam-optouts as c@ours.example; rule p/x, "
		"50-x.lua:3.", "");
	/* What was tried leaves no trace. */
	assert_int_equal(record.nlists, 1);
}

static void test_relay_and_attachment(void **state)
{
	(void)state;
	load_rule("if m.relay.external then return tempfail('no') end");
	expect(plain, "Put off with 4.7.1 no because the relay 192.0.2.1 is "
		"external; rule p/x, 50-x.lua:2.",
		"It would be delivered if the relay were internal.");
	load_rule("for _, a in ipairs(m.attachments) do\n"
		"if a.name:match('%.exe$') then return quarantine('File') end\n"
		"end");
	expect(program, "Quarantined for File because of its attachment "
		"a.exe; rule p/x, 50-x.lua:3.",
		"It would be delivered if its attachment a.exe were absent.");
}

static void test_nothing_to_find(void **state)
{
	(void)state;
	load_rule("return quarantine('All')");
	expect(plain, "Quarantined for All; rule p/x, 50-x.lua:2.",
		"No single change would have it delivered.");
	load_rule("return deliver()");
	expect(plain, "Delivered; rule p/x, 50-x.lua:2.", "");
	load_rule("error('broken')");
	expect(plain, "Put off because the policy failed: 50-x.lua:2: rule "
		"\"x\": broken (Message-ID 1@out.example).", "");
}

/* Two recipients, two plans: each has its own reasons, and all is told. */
static void test_text(void **state)
{
	struct buf b = { .arena = arena };
	const char *text;

	(void)state;
	load("local p = policy('p')\n"
		"p:rule('tag', function(m, rcpt, plan)\n"
		"if rcpt.ours then plan:prefix_subject('[x]') end\nend)\n");
	env.nrcpts = 3;
	judge("From: a@out.example\r\nSubject: hello\r\n\r\ntext\r\n");
	explain_text(&verdict, &env, SPAN("From: a@out.example\r\n"
		"Subject: hello\r\n\r\ntext\r\n"), &b);
	text = buf_c(&b);
	assert_non_null(strstr(text, "b@ours.example, c@ours.example\n"
		"  Delivered: no rule decided otherwise.\n"));
	assert_non_null(strstr(text, "  changes:\n    - Subject:hello\n"
		"    + Subject:[x] hello\n"));
	assert_non_null(strstr(text, "    p/tag, 50-x.lua:3: "
		"prefix_subject([x])\n"));
	assert_non_null(strstr(text, "d@other.example\n"));
	assert_non_null(strstr(text, "split into 2 groups\n"));
	assert_non_null(strstr(text, "the MTA gets: accept\n"));
	assert_non_null(strstr(text, "policy generation 7\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(test_virus), TEST(test_spam), TEST(test_smallest),
		TEST(test_lists), TEST(test_relay_and_attachment),
		TEST(test_nothing_to_find), TEST(test_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("engine_explain", tests, NULL,
		NULL);
}
