/* DNS lists: what a policy asks, how often, and what it makes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/facts_record.h"

enum { ASKED_MAX = 100 };

static struct arena *arena;
static struct bundle bundle;
static struct engine *engine;
static struct envelope env;
static struct verdict verdict;
static struct facts_record facts;

/* The world: what was asked, and how often somebody waited. */
static struct question *asked[ASKED_MAX];
static size_t nasked, nanswered, nwaits, asked_at_first_wait;

static void send_question(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	assert_int_equal(q->kind, ASK_DNS);
	if (q->type != DNSLIST_TYPE_A) {	/* who sent it? */
		q->state = ASK_NO;
		return;
	}
	assert_in_range(nasked, 0, ASKED_MAX - 1);
	q->state = ASK_PENDING;
	asked[nasked++] = q;
}

static void give(struct question *q, const char *address)
{
	q->state = ASK_YES;
	q->nrecords = 1;
	q->records = arena_array(arena, 1, sizeof(*q->records));
	q->records[0] = arena_span(arena, span_from(address, 4));
}

/* Answers by the zone's first label. */
static void answer(struct question *q)
{
	if (span_find(q->name, SPAN(".hit.")) != SIZE_MAX) {
		give(q, "\177\0\0\2");
	} else if (span_find(q->name, SPAN(".refused.")) != SIZE_MAX) {
		give(q, "\177\377\377\376");
	} else if (span_find(q->name, SPAN(".taken.")) != SIZE_MAX) {
		give(q, "\306\63\144\1");
	} else if (span_find(q->name, SPAN(".silent.")) != SIZE_MAX) {
		q->state = ASK_LATER;
		q->text = SPAN("timeout");
	} else {
		q->state = ASK_NO;
	}
}

static void collect(void *self, int64_t deadline_ms)
{
	(void)self;
	assert_true(clock_left_ms(deadline_ms) < 4000);
	if (nasked > nanswered && nwaits++ == 0)
		asked_at_first_wait = nasked;
	while (nanswered < nasked)
		answer(asked[nanswered++]);
}

/* One answer; what was asked until the first wait was asked early. */
static bool wait_for_one(void *self, int64_t deadline_ms)
{
	(void)self;
	assert_true(clock_left_ms(deadline_ms) < 4000);
	if (nanswered == nasked)
		return false;
	if (nwaits++ == 0)
		asked_at_first_wait = nasked;
	answer(asked[nanswered++]);
	return true;
}

static const struct ask world = { NULL, send_question, collect,
	wait_for_one };

static int set_up(void **state)
{
	static struct span rcpts[] = { SPAN("b@ours.example"),
		SPAN("c@ours.example"), SPAN("d@ours.example") };

	(void)state;
	arena = arena_new("test", 64 << 20);
	bundle = (struct bundle){ .generation = 7 };
	env = (struct envelope){ .relay_addr = SPAN("203.0.113.9"),
		.mail_from = SPAN("a@out.example"), .rcpts = rcpts,
		.nrcpts = 1 };
	nasked = nanswered = nwaits = asked_at_first_wait = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	engine_free(&engine);
	arena_free(&arena);
	return 0;
}

/* Loads a policy; the error, empty when there is none. */
static const char *load(const char *text)
{
	static struct err e;

	engine_free(&engine);
	e = (struct err){ 0 };
	bundle.policy = arena_array(arena, 1, sizeof(*bundle.policy));
	bundle.policy[0].name = SPAN("50-x.lua");
	bundle.policy[0].text = span_of(text);
	bundle.npolicy = 1;
	engine = engine_new(&bundle, &e);
	return engine ? "" : e.text;
}

static void judge(void)
{
	engine_judge(engine, &env, SPAN("Subject: x\r\n\r\nx\r\n"), &world,
		clock_ms() + 5000, arena, &verdict);
	assert_true(facts_get(verdict.facts, arena, &facts));
}

/* What a rule sees of one zone: "hit later answer why", as a reason. */
static void see(const char *zone, const char *want)
{
	assert_string_equal(load(arena_printf(arena, "local p = policy(\"p\")\n"
		"p:rule(\"x\", function(m)\n"
		"local d = m.relay:dns_list(\"%s\")\n"
		"return quarantine(tostring(d.hit) .. tostring(d.later) ..\n"
		"\td.answer .. d.why) end)", zone)), "");
	judge();
	if (verdict.failed)
		fail_msg("%.*s", SPAN_FMT(verdict.failure));
	assert_int_equal(verdict.ngroups, 1);
	if (!span_is(verdict.groups[0].reason, want))
		fail_msg("%s: %.*s, not %s", zone,
			SPAN_FMT(verdict.groups[0].reason), want);
}

static void answers_are_read(void **state)
{
	(void)state;
	see("hit.example", "truefalse127.0.0.2");
	see("none.example", "falsefalse");
	see("silent.example", "falsetruetimeout");
	see("refused.example", "falsetrue127.255.255.254refused");
	see("taken.example", "falsetrue198.51.100.1refused");
}

static void answers_are_facts(void **state)
{
	(void)state;
	see("Hit.example", "truefalse127.0.0.2");
	assert_int_equal(facts.ndns, 1);
	assert_true(span_is(facts.dns[0].name, "9.113.0.203.hit.example"));
	assert_int_equal(facts.dns[0].type, 1);
	assert_int_equal(facts.dns[0].state, DNSLIST_HIT);
	assert_true(span_is(facts.dns[0].answer, "127.0.0.2"));
	for (size_t n = 0; n < verdict.facts.n; n++)
		assert_false(facts_get(span_sub(verdict.facts, 0, n), arena,
			&facts));
	see("refused.example", "falsetrue127.255.255.254refused");
	assert_int_equal(facts.dns[0].state, DNSLIST_REFUSED);
}

static void names_of_ipv6_are_nibbles(void **state)
{
	(void)state;
	env.relay_addr = SPAN("2001:db8:1:2:3:4:567:89ab");
	see("hit.example", "truefalse127.0.0.2");
	assert_true(span_is(asked[0]->name, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0."
		"2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.hit.example"));
	env.relay_addr = SPAN("::ffff:203.0.113.9");
	see("hit.example", "truefalse127.0.0.2");
	assert_true(span_is(asked[1]->name, "9.113.0.203.hit.example"));
}

static void private_relays_are_not_asked_about(void **state)
{
	static const char *const addresses[] = { "", "10.1.2.3",
		"100.64.0.1", "127.0.0.1", "169.254.1.1", "172.31.0.1",
		"192.168.7.7", "224.0.0.1", "0.0.0.0", "::1", "::",
		"fd00::1", "fe80::1", "ff02::1", "unknown" };

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		env.relay_addr = span_of(addresses[i]);
		see("hit.example", "falsefalse");
	}
	assert_int_equal(nasked, 0);
	assert_int_equal(nwaits, 0);
	assert_int_equal(facts.ndns, 0);
	env.relay_addr = SPAN("172.32.0.1");
	see("hit.example", "truefalse127.0.0.2");
}

static void a_zone_is_asked_once_a_message(void **state)
{
	(void)state;
	env.nrcpts = 3;
	assert_string_equal(load("local p = policy('p', function(s)\n"
		"return s.relay:dns_list('hit.example').hit end)\n"
		"p:rule('x', function(m)\n"
		"local d = m.relay:dns_list('HIT.example')\n"
		"if m.relay:dns_list('hit.example').hit and d.hit then\n"
		"return quarantine('Blocked') end end)"), "");
	judge();
	assert_int_equal(nasked, 1);
	assert_int_equal(nwaits, 1);
	assert_int_equal(facts.ndns, 1);
	assert_int_equal(verdict.groups[0].nrcpts, 3);
	assert_true(span_is(verdict.groups[0].reason, "Blocked"));
	judge();
	assert_int_equal(nasked, 2);
}

static void declared_zones_go_out_together(void **state)
{
	(void)state;
	assert_string_equal(load("dns_lists('none.example', 'hit.example')\n"
		"dns_lists('HIT.example', 'silent.example')\n"
		"policy('p'):rule('x', function(m)\n"
		"if m.relay:dns_list('hit.example').hit then\n"
		"return quarantine('Blocked') end end)"), "");
	judge();
	assert_int_equal(asked_at_first_wait, 3);
	assert_int_equal(nasked, 3);
	assert_int_equal(nwaits, 1);
	assert_int_equal(facts.ndns, 3);
	assert_int_equal(facts.dns[2].state, DNSLIST_LATER);
	assert_true(span_is(verdict.groups[0].reason, "Blocked"));
}

/* Before DATA nothing is asked unless a rule wants to know; then all is. */
static void stages_ask_when_a_rule_does(void **state)
{
	struct stage_answer s;

	(void)state;
	assert_string_equal(load("dns_lists('none.example', 'hit.example')\n"
		"local p = policy('p')\n"
		"p:at_mail('m', function(s) end)\n"
		"p:at_rcpt('r', function(s)\n"
		"if s.relay:dns_list('hit.example').hit then\n"
		"return reject('5.7.1', 'listed') end end)"), "");
	engine_stage(engine, STAGE_MAIL, &env, &world, clock_ms() + 5000,
		arena, &s);
	assert_int_equal(nasked, 0);
	engine_stage(engine, STAGE_RCPT, &env, &world, clock_ms() + 5000,
		arena, &s);
	assert_int_equal(s.action, ACTION_REJECT);
	assert_int_equal(asked_at_first_wait, 2);
	assert_int_equal(nwaits, 1);
}

static void wrong_zones_are_told(void **state)
{
	static const char *const bad[] = { "", ".", "a", "a..b", ".a.b",
		"a.b.", "-a.b", "a-.b", "a_b.c", "a b.c", "\xc3\xa9.fr" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_string_equal(load(arena_printf(arena,
			"\ndns_lists(\"ok.example\", \"%s\")", bad[i])),
			"50-x.lua:2: argument 2 is no DNS zone: write a name "
			"like \"list.example.org\", at most 180 letters, "
			"digits, hyphens and dots");
	assert_string_equal(load("dns_lists()"), "50-x.lua:1: missing "
		"arguments: write dns_lists(\"ZONE\", ...)");
	assert_string_equal(load("for i = 1, 33 do\n"
		"dns_lists('z' .. i .. '.example')\nend"),
		"50-x.lua:2: more than 32 DNS lists are declared");
	assert_string_equal(load("local p = policy(\"p\")\n"
		"p:rule(\"x\", function(m)\nm.relay:dns_list(m.subject)\n"
		"end)\np:rule(\"y\", function(m)\ndns_lists(\"a.b\")\nend)"),
		"");
	judge();
	assert_true(verdict.failed);
	assert_true(span_starts(verdict.failure, SPAN("50-x.lua:3: rule \"x\":"
		" argument 1 is no DNS zone: ")));
	assert_int_equal(nasked, 0);
}

static void zones_of_a_message_are_bounded(void **state)
{
	(void)state;
	assert_string_equal(load("policy('p'):rule('x', function(m)\n"
		"for i = 1, 65 do\n"
		"m.relay:dns_list('z' .. i .. '.example')\n"
		"end end)"), "");
	judge();
	assert_int_equal(nasked, 64);
	assert_true(span_is(verdict.failure, "50-x.lua:3: rule \"x\": more "
		"than 64 DNS lists are asked about one message"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(answers_are_read),
		TEST(answers_are_facts),
		TEST(names_of_ipv6_are_nibbles),
		TEST(private_relays_are_not_asked_about),
		TEST(a_zone_is_asked_once_a_message),
		TEST(declared_zones_go_out_together),
		TEST(stages_ask_when_a_rule_does),
		TEST(wrong_zones_are_told),
		TEST(zones_of_a_message_are_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
