/* The policy host: what rules see, what they say, and how they fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/embed.h"
#include "engine/engine.h"
#include "engine/list.h"

static struct arena *arena;
static struct bundle bundle;
static struct engine *engine;
static struct envelope env;
static struct verdict verdict;

/* A world that finds no virus, or knows nothing in time. */
static enum ask_state virus_answer;

static void send_nothing(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = virus_answer;
	q->text = virus_answer == ASK_YES ? SPAN("Eicar-Test") : SPAN("");
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

static const struct ask world = { NULL, send_nothing, collect_nothing,
	wait_for_nothing };

static const char plain[] =
	"From: A <a@out.example>\r\n"
	"To: b@ours.example\r\n"
	"Subject: hello\r\n"
	"X-One: 1\r\n"
	"X-One: 2\r\n"
	"\r\n"
	"text\r\n";

static const char gtube[] =
	"From: A <a@out.example>\r\n"
	"Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\r\n"
	"To: b@ours.example\r\n"
	"Message-ID: <1@out.example>\r\n"
	"\r\n"
	"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
	"\r\n";

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
	static struct span nets[] = { SPAN("10.0.0.0/8") };
	static struct span domains[] = { SPAN("ours.example") };
	static struct span rcpts[] = { SPAN("b@ours.example"),
		SPAN("c@ours.example"), SPAN("d@other.example") };

	(void)state;
	arena = arena_new("test", 64 << 20);
	bundle = (struct bundle){ .generation = 7,
		.settings = { nets, 1, domains, 1, true } };
	bundle.lists = arena_array(arena, 12, sizeof(*bundle.lists));
	add_list("anti-spam-optouts", "c@ours.example\n");
	add_list("approved-senders", "");
	add_list("blocked-connections", "");
	add_list("ip-blocking-exceptions", "");
	add_list("ip-blocking-exclusions", "");
	add_list("blocked-relays", "198.51.100.0/24\n");
	add_list("blocked-senders", "");
	add_list("no-newsletters", "d@other.example\n");
	add_list("suspect-attachment-names", "*.exe\n");
	add_list("trusted-relays", "");
	add_list("valid-recipients", "b@ours.example\nc@ours.example\n");
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
	bundle.policy[0].text = text ? span_of(text) :
		embed_file("lua/policy/50-default.lua");
	bundle.npolicy = 1;
	engine = engine_new(&bundle, &e);
	if (engine == NULL)
		fail_msg("%s", e.text);
}

static void judge(const char *message)
{
	struct span raw = span_of(message);
	struct buf record = { .arena = arena };
	struct verdict again;

	engine_judge(engine, &env, raw, &world, clock_ms() + 5000, arena,
		&verdict);
	verdict_put(&record, &verdict);
	assert_true(verdict_get(buf_bytes(&record), env.nrcpts, raw.n, arena,
		&again));
}

/* A policy of one rule with that body. */
static void load_rule(const char *body)
{
	load(arena_printf(arena, "local p = policy(\"p\")\n"
		"p:rule(\"x\", function(m, rcpt, plan)\n%s\nend)\n", body));
}

static void expect(enum action action, const char *reason)
{
	if (verdict.failed)
		fail_msg("%.*s", SPAN_FMT(verdict.failure));
	assert_int_equal(verdict.ngroups, 1);
	if (verdict.groups[0].action != action ||
	    !span_is(verdict.groups[0].reason, reason))
		fail_msg("got %s(%.*s)", action_name(verdict.groups[0].action),
			SPAN_FMT(verdict.groups[0].reason));
}

/* What the recipient gets, by the splices. */
static struct span copy(const char *message)
{
	struct buf b = { .arena = arena };
	struct span raw = span_of(message);
	const struct group *g = &verdict.groups[0];
	size_t at = 0;

	for (size_t i = 0; i < g->nsplices; i++) {
		buf_span(&b, span_sub(raw, at, g->splices[i].at - at));
		buf_span(&b, g->splices[i].insert);
		at = g->splices[i].at + g->splices[i].remove;
	}
	buf_span(&b, span_after(raw, at));
	return buf_bytes(&b);
}

static void test_fields(void **state)
{
	(void)state;
	env.helo = SPAN("mx.out.example");
	load_rule(
		"local function eq(a, b)\n"
		"  if a ~= b then error(tostring(a)..'/'..tostring(b)) end\n"
		"end\n"
		"eq(m.subject, 'hello'); eq(m.from, 'a@out.example')\n"
		"eq(m.from_name, 'A'); eq(#m.to, 1)\n"
		"eq(m.to[1], 'b@ours.example')\n"
		"eq(m.helo, 'mx.out.example')\n"
		"eq(m.mail_from, 'a@out.example')\n"
		"eq(m.relay.addr, '192.0.2.1'); eq(m.relay.external, true)\n"
		"eq(m.relay.internal, false); eq(m.relay.name, '')\n"
		"eq(m:header('x-one', 2), '2'); eq(m:header('nope'), nil)\n"
		"eq(m.size, 89); eq(m.spam.score, 200)\n"
		"eq(m.spam.probability, 0); eq(m.spam.gauge, '')\n"
		"eq(m.spam:has('GTUBE'), false); eq(m.virus.found, false)\n"
		"eq(m.virus.later, false); eq(m.virus.off, false)\n"
		"eq(#m.attachments, 0); eq(m.ambiguous, false)\n"
		"eq(m.over, false); eq(#m.urls, 0); eq(m.rcpt_count, 1)\n"
		"eq(rcpt.address, 'b@ours.example'); eq(rcpt.ours, true)\n"
		"eq(rcpt.domain, 'ours.example'); eq(rcpt.local_part, 'b')\n"
		"eq(rcpt:listed('anti-spam-optouts'), false)\n"
		"eq(list_empty('blocked-senders'), true)\n"
		"eq(list_empty('blocked-relays'), false)\n"
		"eq(m:listed('blocked-relays'), false)\n");
	judge(plain);
	expect(ACTION_DELIVER, "");
	assert_int_equal(verdict.groups[0].nedits, 0);
}

static void test_default(void **state)
{
	(void)state;
	load(NULL);
	judge(plain);
	expect(ACTION_DELIVER, "");
	judge(gtube);
	expect(ACTION_QUARANTINE, "Spam");
	assert_int_equal(verdict.score, 15000);
	assert_int_equal(verdict.probability, 100);
	env.relay_addr = SPAN("10.1.1.1");
	judge(gtube);
	expect(ACTION_DELIVER, "");
	env.relay_addr = SPAN("198.51.100.9");
	judge(plain);
	expect(ACTION_QUARANTINE, "Blocked");
	virus_answer = ASK_YES;
	judge(plain);
	expect(ACTION_QUARANTINE, "Virus");
	assert_true(span_is(verdict.groups[0].notify, "recipient"));
	virus_answer = ASK_LATER;
	judge(plain);
	expect(ACTION_TEMPFAIL, "");
	assert_true(span_is(verdict.groups[0].text, "virus scanner busy"));
}

static void test_unscannable(void **state)
{
	(void)state;
	load(NULL);
	virus_answer = ASK_UNABLE;
	judge(plain);
	expect(ACTION_DELIVER, "");
	assert_true(span_find(copy(plain), SPAN("\r\nSubject: "
		"[POTENTIAL VIRUS] hello\r\nX-One: 1\r\n")) != SIZE_MAX);
	assert_int_equal(verdict.groups[0].edits[0].kind, EDIT_CHANGE_HEADER);
	assert_true(span_is(verdict.groups[0].edits[0].value,
		" [POTENTIAL VIRUS] hello"));
}

static void test_recipients_differ(void **state)
{
	(void)state;
	load(NULL);
	env.nrcpts = 3;
	judge(gtube);
	assert_int_equal(verdict.ngroups, 2);
	assert_int_equal(verdict.groups[0].action, ACTION_QUARANTINE);
	assert_int_equal(verdict.groups[0].nrcpts, 2);
	assert_int_equal(verdict.groups[0].rcpts[1], 2);
	assert_int_equal(verdict.groups[1].action, ACTION_DELIVER);
	assert_int_equal(verdict.groups[1].rcpts[0], 1);
}

static void test_edits(void **state)
{
	(void)state;
	load_rule("plan:prefix_subject('[x]') plan:prefix_subject('[y]')\n"
		"plan:add_header('X-New', 'one') plan:add_header('X-New', "
		"'two')\nplan:replace_header('x-one', '9')\n"
		"plan:remove_header('To') plan:mark('k', 'v')");
	judge(plain);
	expect(ACTION_DELIVER, "");
	assert_true(span_is(copy(plain),
		"From: A <a@out.example>\r\n"
		"Subject: [y] [x] hello\r\n"
		"X-One: 9\r\n"
		"X-New: one\r\n"
		"X-New: two\r\n"
		"\r\n"
		"text\r\n"));
	assert_int_equal(verdict.groups[0].nedits, 6);
	assert_true(span_is(verdict.groups[0].trace[0].said,
		"prefix_subject([x]); prefix_subject([y]); add_header(X-New); "
		"add_header(X-New); replace_header(x-one); remove_header(To); "
		"mark(k=v)"));
}

static void test_subject_of_none(void **state)
{
	(void)state;
	load_rule("plan:prefix_subject('[gr\\xc3\\xbc\\xc3\\x9fe]')");
	judge("From: a@b.example\r\n\r\nx\r\n");
	assert_true(span_is(copy("From: a@b.example\r\n\r\nx\r\n"),
		"From: a@b.example\r\nSubject: =?UTF-8?B?W2dyw7zDn2Vd?=\r\n"
		"\r\nx\r\n"));
	judge(gtube);
	assert_true(span_find(copy(gtube), SPAN("Subject: =?UTF-8?B?"
		"W2dyw7zDn2VdIA==?= =?utf-8?Q?gr=C3=BC=C3=9Fe?=\r\n")) !=
		SIZE_MAX);
}

static void test_failures(void **state)
{
	static const struct {
		const char *body, *says;
	} cases[] = {
		{ "local t = nil; return t.y", "50-x.lua:3: rule \"x\": "
			"attempt to index a nil value (local 't')" },
		{ "quarantine('Spam')", "50-x.lua:3: rule \"x\": quarantine"
			"(...) alone does nothing: write return "
			"quarantine(...)" },
		{ "return true", "50-x.lua:2: rule \"x\": returned a boolean: "
			"a rule returns nothing or an action like "
			"quarantine(\"Spam\")" },
		{ "return quarantine(7)", "50-x.lua:3: rule \"x\": argument 1 "
			"is a number, not a text: write "
			"quarantine(\"REASON\")" },
		{ "return quarantine('Spam', { notfy = 'x' })",
			"50-x.lua:3: rule \"x\": unknown option \"notfy\": "
			"the only one is \"notify\"" },
		{ "return quarantine()", "50-x.lua:3: rule \"x\": missing "
			"arguments: write quarantine(\"REASON\")" },
		{ "return reject('551', 'x')", "50-x.lua:3: rule \"x\": "
			"argument 1: the code is an enhanced status code like "
			"\"5.7.1\"" },
		{ "return redirect('nobody')", "50-x.lua:3: rule \"x\": "
			"argument 1 is no address: write "
			"redirect(\"USER@DOMAIN\", ...)" },
		{ "return m.subjet", "50-x.lua:3: rule \"x\": message has no "
			"field \"subjet\"; did you mean \"subject\"?" },
		{ "return rcpt:listed('valid-recipient')", "50-x.lua:3: rule "
			"\"x\": there is no list \"valid-recipient\"; did you "
			"mean \"valid-recipients\"?" },
		{ "plan:add_header('X Y', 'z')", "50-x.lua:3: rule \"x\": "
			"argument 1 is no header name: letters, digits and "
			"dashes, no colon" },
		{ "policy('late')", "50-x.lua:3: rule \"x\": policies are "
			"made while the file is loaded" },
		{ "while true do end", "50-x.lua:3: rule \"x\": ran longer "
			"than 20000000 steps" },
		{ "while true do quarantine('Spam') end",
			"50-x.lua:3: rule \"x\": used more than 65536 KiB of "
			"memory" },
		{ "while true do plan:mark('k', ('x'):rep(20000)) end",
			"50-x.lua:3: rule \"x\": used more than 65536 KiB of "
			"memory" },
		{ "local s = 'x' while true do s = s .. s end",
			"50-x.lua:3: rule \"x\": used more than 32768 KiB of "
			"memory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		load_rule(cases[i].body);
		judge(plain);
		if (!verdict.failed)
			fail_msg("no failure: %s", cases[i].body);
		assert_int_equal(verdict.ngroups, 1);
		assert_int_equal(verdict.groups[0].action, ACTION_TEMPFAIL);
		if (!span_is(verdict.failure, cases[i].says))
			fail_msg("got  %.*s\nwant %s",
				SPAN_FMT(verdict.failure), cases[i].says);
	}
}

static void test_load_failures(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "policy('a'):rule('b', function(m)\nreturn delay(5) end)",
			"50-x.lua:2: delay: not in this version: needs the "
			"delay queue" },
		{ "policy('a'):rule('b', function(msg)\nif msg.history then "
			"return end end)", "50-x.lua:2: history: not in this "
			"version: needs the sender history" },
		{ "policy('a', function(s) return s.history end)",
			"50-x.lua:1: history: not in this version: needs the "
			"sender history" },
		{ "local p = policy(\n\n", "50-x.lua:3: unexpected symbol near "
			"<eof>" },
		{ "policy(1)", "50-x.lua:1: argument 1 is a number, not a "
			"text: write policy(\"NAME\", function(s))" },
		{ "policy('a'):rule('x', 5)", "50-x.lua:1: argument 2 is no "
			"function: write policy:rule(\"NAME\", function)" },
		{ "policy('a'):rul('x')", "50-x.lua:1: policy has no field "
			"\"rul\"; did you mean \"rule\"?" },
		{ "deliver()", "50-x.lua:1: deliver is for rules: it can not "
			"be called while the file is loaded" },
		{ "local p = policy('a')\np:rule('x', function() end)\n"
			"p:rule('x', function() end)", "50-x.lua:3: this "
			"policy has a rule \"x\" already" },
		{ "for i = 1, 1000 do policy('p' .. i) end",
			"50-x.lua:1: more than 200 policies" },
	};
	struct err e;

	(void)state;
	bundle.policy = arena_array(arena, 1, sizeof(*bundle.policy));
	bundle.npolicy = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bundle.policy[0] = (struct bundle_file){ SPAN("50-x.lua"),
			span_of(cases[i].text) };
		assert_null(engine_new(&bundle, &e));
		if (!span_is(span_of(e.text), cases[i].says))
			fail_msg("got  %s\nwant %s", e.text, cases[i].says);
	}
}

static void test_stages(void **state)
{
	struct stage_answer s;
	int64_t soon = clock_ms() + 5000;

	(void)state;
	load(NULL);
	assert_false(engine_has_rules(engine, STAGE_CONNECT));
	assert_true(engine_has_rules(engine, STAGE_RCPT));
	engine_stage(engine, STAGE_RCPT, &env, &world, soon, arena, &s);
	assert_int_equal(s.action, ACTION_DELIVER);
	env.rcpts = (struct span[]){ SPAN("x@ours.example") };
	engine_stage(engine, STAGE_RCPT, &env, &world, soon, arena, &s);
	assert_int_equal(s.action, ACTION_REJECT);
	assert_true(span_is(s.code, "5.1.1"));
	assert_true(span_is(s.text, "no such user"));
	assert_true(span_starts(s.rule, SPAN("inbound/known recipients "
		"50-x.lua:")));
	env.rcpts = (struct span[]){ SPAN("x@ours.example.") };
	engine_stage(engine, STAGE_RCPT, &env, &world, soon, arena, &s);
	assert_int_equal(s.action, ACTION_REJECT);
	env.rcpts = (struct span[]){ SPAN("PostMaster@ours.example") };
	engine_stage(engine, STAGE_RCPT, &env, &world, soon, arena, &s);
	assert_int_equal(s.action, ACTION_DELIVER);
	load("policy('p'):at_mail('m', function(s)\n"
		"return quarantine('Spam') end)");
	engine_stage(engine, STAGE_MAIL, &env, &world, soon, arena, &s);
	assert_int_equal(s.action, ACTION_TEMPFAIL);
	assert_true(s.failed);
	assert_true(span_is(s.rule, "50-x.lua:2: rule \"m\": quarantine(...) "
		"needs the message; before DATA a rule answers reject, "
		"tempfail or discard"));
}

/* A rule's variables do not survive the recipient it ran for. */
static void test_no_memory_between(void **state)
{
	(void)state;
	load("local n = 0\nlocal p = policy('p')\n"
		"p:rule('x', function()\n n = n + 1\n"
		"if n > 1 then return quarantine('Suspect') end end)");
	env.nrcpts = 3;
	judge(plain);
	judge(plain);
	expect(ACTION_DELIVER, "");
}

/* Neither do those of a guard: else the first recipient alone has them. */
static void test_no_memory_of_guards(void **state)
{
	(void)state;
	load("local seen\nlocal p = policy('p', function(s)\n"
		"seen = s.helo return true end)\n"
		"p:rule('x', function()\n"
		"if seen then return quarantine('Suspect') end end)");
	env.nrcpts = 3;
	judge(plain);
	expect(ACTION_DELIVER, "");
}

#define TWO_POLICIES "p:rule('x', function()\n" \
	"return quarantine('Suspect') end)\n" \
	"policy('q'):rule('y', function()\n" \
	"return quarantine('Spam') end)\n" \
	"p:at_mail('z', function() return discard() end)"

/* What the site wants passed over is: none of the policy's rules is asked. */
static void test_guard_that_fails(void **state)
{
	struct stage_answer s;
	struct trace_step t;

	(void)state;
	load("local p = policy('p', function(s) return s.nme end)\n"
		TWO_POLICIES);
	judge("Message-ID: <a\x1b@x>\r\n\r\n");
	assert_true(verdict.failed);
	assert_true(span_starts(verdict.failure, SPAN("50-x.lua:1: policy "
		"\"p\": session has no field \"nme\"")));
	assert_true(span_ends(verdict.failure, SPAN(" (Message-ID "
		"a\\x1b@x)")));
	load("local p = policy('p', function(s) return s.nme end,\n"
		"{ on_error = 'skip' })\n" TWO_POLICIES);
	env.nrcpts = 2;
	judge(plain);
	expect(ACTION_QUARANTINE, "Spam");
	assert_int_equal(verdict.groups[0].ntrace, 2);
	t = verdict.groups[0].trace[0];
	assert_true(span_is(t.rule, "guard"));
	assert_true(span_is(t.where, "50-x.lua:1"));
	assert_true(span_starts(t.said, SPAN(TRACE_SKIPPED "50-x.lua:1: "
		"policy \"p\": session has no field")));
	engine_stage(engine, STAGE_MAIL, &env, &world, clock_ms() + 5000,
		arena, &s);
	assert_false(s.failed);
	assert_int_equal(s.action, ACTION_DELIVER);
	assert_true(span_starts(s.rule, SPAN(TRACE_SKIPPED)));
	load("local n = 0\npolicy('p', function() while true do end end,\n"
		"{ on_error = 'skip' }):rule('x', function() end)");
	judge(plain);
	assert_false(verdict.failed);
}

static void test_guard_that_acts(void **state)
{
	struct stage_answer s;

	(void)state;
	load("local p = policy('p', function(s)\n"
		"return reject('5.7.1', 'no') end)\n"
		"p:at_mail('x', function() end)");
	judge(plain);
	assert_true(verdict.failed);
	assert_true(span_is(verdict.failure, "50-x.lua:2: policy \"p\": "
		"reject(...) is for rules: the guard says only whether they "
		"are asked"));
	engine_stage(engine, STAGE_MAIL, &env, &world, clock_ms() + 5000,
		arena, &s);
	assert_true(s.failed);
}

/* Two From fields, two mailboxes in one: each may be what a reader sees. */
static void test_every_author_is_looked_up(void **state)
{
	static const char *const heads[] = {
		"From: a@good.example\r\nFrom: x@bad.example\r\n\r\n",
		"From: a@good.example, x@BAD.example\r\n\r\n",
		"From: x@bad.example\r\nFrom: a@good.example\r\n\r\n",
	};

	(void)state;
	add_list("bad", "bad.example\n");
	load_rule("if m:sender_listed('bad') then\n"
		"return quarantine('Blacklisted') end");
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		judge(heads[i]);
		expect(ACTION_QUARANTINE, "Blacklisted");
	}
	judge(plain);
	expect(ACTION_DELIVER, "");
}

/* A list is one object however often a rule reads it. */
static void test_lists_read_often(void **state)
{
	(void)state;
	load_rule("for i = 1, 100000 do local a, b, c, d, e = m.urls,\n"
		"m.attachments, m.to, m.flags, m.spam.hits end\n"
		"if #m.to == 1 and #m.flags == 0 then\n"
		"return quarantine('Suspect') end");
	judge(plain);
	expect(ACTION_QUARANTINE, "Suspect");
}

static void test_many_recipients(void **state)
{
	enum { MANY = 10000 };
	int64_t start;

	(void)state;
	load(NULL);
	env.nrcpts = MANY;
	env.rcpts = arena_array(arena, MANY, sizeof(*env.rcpts));
	for (size_t i = 0; i < MANY; i++)
		env.rcpts[i] = i % 3 ? span_of(arena_printf(arena,
			"u%zu@ours.example", i)) : SPAN("c@ours.example");
	start = clock_ms();
	judge(gtube);
	assert_false(verdict.failed);
	assert_int_equal(verdict.ngroups, 2);
	print_message("# %d recipients: %d ms\n", MANY,
		(int)(clock_ms() - start));
	assert_true(clock_ms() - start < 5000);
}

static void test_explain(void **state)
{
	struct buf b = { .arena = arena };

	(void)state;
	load(NULL);
	env.nrcpts = 2;
	judge(gtube);
	engine_explain_json(&verdict, &env, SPAN("x.eml"), &b);
	buf_byte(&b, 0);
	assert_non_null(strstr((char *)b.p, "{\"file\":\"x.eml\",\"action\":"
		"\"quarantine\",\"reason\":\"Spam\",\"trace\":[{\"policy\":"
		"\"everyone\",\"rule\":\"virus\""));
	assert_non_null(strstr((char *)b.p, "\"score\":15000,\"probability\":"
		"100,\"hits\":[{\"name\":\"GTUBE\",\"weight\":15000,"
		"\"evidence\":\"test string in part 0\"}],\"auth\":"));
	assert_non_null(strstr((char *)b.p, "{\"rcpt\":\"c@ours.example\","
		"\"action\":\"deliver\",\"reason\":\"\""));
	assert_non_null(strstr((char *)b.p, "\"lists\":[{\"list\":"
		"\"anti-spam-optouts\",\"entry\":\"c@ours.example\"}]"));
}

static void test_newsletter(void **state)
{
	static const char letter[] = "From: <a@out.example>\r\n"
		"List-Unsubscribe: <mailto:off@out.example>\r\n"
		"Subject: our offers\r\n\r\nBuy.\r\n";

	(void)state;
	load(NULL);
	judge(letter);
	expect(ACTION_DELIVER, "");
	env.rcpts = (struct span[]){ SPAN("d@other.example") };
	judge(letter);
	expect(ACTION_QUARANTINE, "Bulk");
	judge(plain);
	expect(ACTION_DELIVER, "");
	load_rule("return quarantine(m.class)");
	judge(letter);
	expect(ACTION_QUARANTINE, "newsletter");
	judge("List-Id: <x.example>\r\nList-Post: <mailto:x@x.example>\r\n"
		"List-Unsubscribe: <mailto:y@x.example>\r\n\r\nHi.\r\n");
	expect(ACTION_QUARANTINE, "list");
}

static void test_rehearsal(void **state)
{
	(void)state;
	load(NULL);
	env.rcpts = (struct span[]){ SPAN("x@ours.example"),
		SPAN("c@ours.example") };
	env.nrcpts = 2;
	engine_rehearse(engine, &env, span_of(gtube), &world,
		clock_ms() + 5000, arena, &verdict);
	assert_int_equal(verdict.ngroups, 2);
	assert_int_equal(verdict.groups[0].action, ACTION_REJECT);
	assert_int_equal(verdict.groups[0].rcpts[0], 0);
	assert_int_equal(verdict.groups[0].ntrace, 1);
	assert_true(span_is(verdict.groups[0].trace[0].policy, "inbound"));
	assert_true(span_is(verdict.groups[0].trace[0].rule,
		"known recipients"));
	assert_true(span_is(verdict.groups[0].trace[0].said,
		"reject(no such user)"));
	assert_int_equal(verdict.groups[1].action, ACTION_DELIVER);
	assert_int_equal(verdict.groups[1].rcpts[0], 1);
}

/* Not a test of speed, but it shows a mistake of ten times. */
static void test_cost(void **state)
{
	enum { TIMES = 200 };
	struct buf b = { .arena = arena };
	struct span raw;
	int64_t start;

	(void)state;
	load(NULL);
	buf_string(&b, plain);
	while (b.n < 13000)
		buf_string(&b, "some words of an ordinary mail, 57 bytes long "
			"with end\r\n");
	raw = buf_bytes(&b);
	start = clock_us();
	for (int i = 0; i < TIMES; i++) {
		struct arena *a = arena_new("message", 64 << 20);

		engine_judge(engine, &env, raw, &world, clock_ms() + 5000, a,
			&verdict);
		arena_free(&a);
	}
	print_message("# one judgement: %d us\n",
		(int)((clock_us() - start) / TIMES));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_fields), T(test_default), T(test_unscannable),
		T(test_recipients_differ), T(test_edits),
		T(test_subject_of_none), T(test_failures),
		T(test_load_failures), T(test_stages),
		T(test_no_memory_between),
		T(test_no_memory_of_guards), T(test_guard_that_acts),
		T(test_guard_that_fails),
		T(test_lists_read_often),
		T(test_every_author_is_looked_up), T(test_many_recipients),
		T(test_explain), T(test_newsletter), T(test_rehearsal),
		T(test_cost),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
