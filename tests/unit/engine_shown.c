/*
 * What is shown adds up to what is used: over made-up rules with caps, models,
 * feedback, DNS lists and messages the hits in the record, in JSON and in the
 * text sum to the score that policy sees.
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
#include "base/json.h"
#include "engine/check.h"
#include "engine/content.h"
#include "engine/dnstable.h"
#include "engine/engine.h"
#include "engine/explain.h"
#include "engine/facts_record.h"
#include "engine/features.h"
#include "engine/rules.h"

enum {
	ENGINES = 50, MESSAGES = 200, WORDS = 40, GROUPS = 5, RULES = 30,
	BITS = 10, LISTS = 4, DNS_WEIGHTS = 3,
};

static uint64_t seed;

/* xorshift64*: the same everywhere. */
static uint32_t any(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

static int32_t weight(void)
{
	int32_t w = (int32_t)any(6000);

	return any(3) ? w : -w;
}

/* --- what judges --------------------------------------------------------- */

/* A rule that asks for words, or for others before it. */
static void put_rule(struct buf *b, unsigned i)
{
	static const char *const in[] = { "text", "body", "subject", "raw" };

	buf_printf(b, "{ \"R_%u\", %d, about = \"a\", ", i, weight());
	if (i > 2 && any(4) == 0)
		buf_printf(b, "any = { \"R_%u\", \"R_%u\" }, least = %u, "
			"none = { \"R_%u\" } },\n", any(i), any(i),
			1 + any(2), any(i));
	else
		buf_printf(b, "%s = { \"word%u\", \"word%u\" } },\n",
			in[any(4)], any(WORDS), any(WORDS));
}

/* Weights of checks' own hits, and of the model's, which a group may cap. */
static void put_facts(struct buf *b)
{
	static const char *const facts[] = { "CONTENT_TEXT", "CONTENT_LINKS",
		"CONTENT_CAP", "CONTENT_FEEDBACK", "GTUBE", "DNS_0", "DNS_1" };

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		if (any(2))
			continue;
		buf_printf(b, "{ \"%s\", ", facts[i]);
		if (any(2))
			buf_printf(b, "%d, ", weight());
		buf_string(b, "fact = true, about = \"a\" },\n");
	}
}

static struct span rules_record(struct arena *a, unsigned first)
{
	struct buf text = { .arena = a }, record = { .arena = a };
	struct rule_file files[GROUPS];
	struct ruleset set;
	struct err e;

	for (unsigned g = 0; g < GROUPS; g++) {
		text = (struct buf){ .arena = a };
		buf_printf(&text, "return { group = \"g%u\", about = \"a\", ",
			g + first);
		if (any(3))
			buf_printf(&text, "cap = %u,\n", 1 + any(8000));
		if (g == 0)
			put_facts(&text);
		for (unsigned i = 0; i < RULES / GROUPS; i++)
			put_rule(&text, g * (RULES / GROUPS) + i);
		buf_string(&text, "}\n");
		files[g] = (struct rule_file){ span_of(arena_printf(a,
			"rules/%u.lua", g)), arena_span(a, buf_bytes(&text)) };
	}
	if (rules_read(files, GROUPS, a, &set, &e) < 0 ||
	    rules_put(&set, &record, &e) < 0)
		fail_msg("%s", e.text);
	return buf_bytes(&record);
}

static struct span model(struct arena *a)
{
	struct classifier_head head = { .version = CLASSIFIER_VERSION,
		.features = FEATURES_VERSION, .bits = BITS,
		.unit = 65536 * (1 + any(60)), .ham = 1, .spam = 1 };
	int8_t *weights = arena_alloc(a, 1 << BITS);
	struct buf b = { .arena = a };

	memcpy(head.magic, CLASSIFIER_MAGIC, sizeof(head.magic));
	for (unsigned i = 0; i < 1 << BITS; i++)
		weights[i] = (int8_t)(any(255) - 127);
	for (unsigned g = 0; g < FEATURE_GROUPS; g++) {
		head.least[g] = -(int32_t)any(4000);
		head.most[g] = (int32_t)any(4000);
	}
	head.ceiling = (int32_t)any(9000);
	head.hash = classifier_hash(&head, weights);
	buf_add(&b, &head, sizeof(head));
	buf_add(&b, weights, 1 << BITS);
	return buf_bytes(&b);
}

static struct span dns_record(struct arena *a)
{
	struct buf text = { .arena = a }, record = { .arena = a };
	struct rule_file file = { .name = SPAN("dnslists/x.lua") };
	struct dnstable t;
	struct err e;

	buf_printf(&text, "return { group = \"dns\", cap = %u, "
		"about = \"a\",\n", 1 + any(6000));
	for (unsigned i = 0; i < LISTS; i++) {
		buf_printf(&text, "{ \"list-%u\", kind = \"ip\", enabled = "
			"true, zone = \"z%u.example\", about = \"a\",\n",
			i, i);
		for (unsigned k = 0; k < DNS_WEIGHTS; k++)
			buf_printf(&text, "{ \"DNS_%u\", %d, \"127.0.0.%u\", "
				"about = \"a\" },\n", (i + k) % LISTS,
				weight(), 2 + k);
		buf_string(&text, "},\n");
	}
	buf_string(&text, "}\n");
	file.text = buf_bytes(&text);
	if (dnstable_read(&file, 1, a, &t, &e) < 0)
		fail_msg("%s", e.text);
	dnstable_put(&t, &record);
	return buf_bytes(&record);
}

/* --- the world ----------------------------------------------------------- */

static void answer(void *self, struct question *q, struct arena *a)
{
	unsigned char address[4] = { 127, 0, 0, (unsigned char)(2 + any(4)) };

	(void)self;
	q->state = any(4) ? any(2) ? ASK_YES : ASK_NO : ASK_LATER;
	if (q->kind != ASK_DNS || q->type != DNSLIST_TYPE_A)
		q->state = ASK_NO;
	if (q->state != ASK_YES)
		return;
	q->nrecords = 1;
	q->records = arena_array(a, 1, sizeof(*q->records));
	q->records[0] = arena_span(a, span_from(address, 4));
}

static void collect(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
}

static bool no_more(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
	return false;
}

static const struct ask world = { NULL, answer, collect, no_more };

static struct span message(struct arena *a)
{
	struct buf b = { .arena = a };
	unsigned words = any(120);

	buf_printf(&b, "From: \"word%u\" <a%u@word%u.example>\r\nSubject: "
		"word%u word%u\r\n", any(WORDS), any(9), any(9), any(WORDS),
		any(WORDS));
	if (any(2))
		buf_string(&b, "Reply-To: other@else.example\r\n");
	buf_printf(&b, "Content-Type: text/%s\r\n\r\n", any(2) ? "html" :
		"plain");
	for (unsigned i = 0; i < words; i++) {
		if (any(20) == 0)
			buf_printf(&b, "<a href=\"http://word%u.example/%u\">"
				"www.word%u.example</a>\r\n", any(9), any(9),
				any(9));
		buf_printf(&b, "word%u%s", any(WORDS), any(9) ? " " : "\r\n");
	}
	if (any(50) == 0)
		buf_string(&b, "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-"
			"ANTI-UBE-TEST-EMAIL*C.34X");
	return buf_bytes(&b);
}

/* --- what is shown ------------------------------------------------------- */

static struct {
	unsigned judged, caps, negative, dns, feedback, highest;
} met;

static void count(const struct hit *h)
{
	met.caps += span_starts(h->name, SPAN("CAP_"));
	met.negative += h->weight < 0;
	met.dns += span_starts(h->name, SPAN("DNS_"));
	met.feedback += span_is(h->name, "CONTENT_FEEDBACK");
	met.highest += span_is(h->name, "SCORE_CAP");
}

static void check_record(const struct verdict *v, struct arena *a)
{
	struct facts_record f;
	int64_t sum = 0;

	assert_true(facts_get(v->facts, a, &f));
	for (size_t i = 0; i < f.nhits; i++) {
		sum += f.hits[i].weight;
		count(&f.hits[i]);
	}
	assert_int_equal(sum, v->score);
	assert_true(sum <= CHECK_SCORE_MAX);
}

/* All numbers behind a name in flat JSON; their count. */
static int64_t sum_of(struct span s, const char *name, size_t *n_r)
{
	struct span key = span_of(name);
	int64_t sum = 0;
	size_t at;

	for (*n_r = 0; (at = span_find(s, key)) != SIZE_MAX; (*n_r)++) {
		s = span_after(s, at + key.n);
		sum += strtoll((const char *)s.p, NULL, 10);
	}
	return sum;
}

static void check_json(const struct verdict *v, const struct envelope *env)
{
	struct buf b = { 0 };
	size_t n;

	engine_explain_json(v, env, SPAN("x"), &b);
	buf_c(&b);
	assert_int_equal(sum_of(buf_bytes(&b), "\"weight\":", &n), v->score);
	assert_int_equal(sum_of(buf_bytes(&b), "\"score\":", &n), v->score);
	assert_int_equal(n, 1);
	buf_free(&b);
}

/* "  +1.234 NAME": its thousandths. */
static bool amount(struct span line, int64_t *n_r)
{
	struct span whole;
	uint64_t w, rest;
	bool minus;

	line = span_trim(line);
	minus = span_starts(line, SPAN("-"));
	if ((!minus && !span_starts(line, SPAN("+"))) || line.n < 6)
		return false;
	line = span_after(line, 1);
	if (!span_cut(&line, '.', &whole) || !span_u64(whole, 1000, &w) ||
	    !span_u64(span_sub(line, 0, 3), 999, &rest))
		return false;
	*n_r = (int64_t)(w * 1000 + rest) * (minus ? -1 : 1);
	return true;
}

static void check_text(const struct verdict *v, const struct envelope *env,
	struct span raw)
{
	struct buf b = { 0 };
	struct span rest, line;
	int64_t sum = 0, one = 0;
	bool ended = false;

	explain_text(v, env, raw, &b);
	rest = buf_bytes(&b);
	while (!ended && span_line(&rest, &line)) {
		if (!amount(line, &one))
			continue;
		ended = span_ends(line, SPAN(" is the score"));
		sum += ended ? 0 : one;
	}
	assert_true(ended);
	assert_int_equal(one, v->score);
	assert_int_equal(sum, v->score);
	buf_free(&b);
}

/* --- all of them --------------------------------------------------------- */

static void judge_one(struct engine *en, struct arena *a)
{
	struct span rcpt = SPAN("b@ours.example");
	const struct envelope env = { .relay_addr = SPAN("203.0.113.9"),
		.helo = SPAN("mail.word1.example"),
		.mail_from = SPAN("a@word2.example"), .rcpts = &rcpt,
		.nrcpts = 1, .received_ms = 1600000000000 };
	struct span raw = message(a);
	struct verdict v;

	engine_judge(en, &env, raw, &world, clock_ms() + 20000, a, &v);
	check_record(&v, a);
	check_json(&v, &env);
	check_text(&v, &env, raw);
	met.judged++;
}

static void judge_many(unsigned number)
{
	static struct bundle_file policy = { SPAN("50-x.lua"),
		SPAN("policy(\"p\"):rule(\"x\", function(m)\n"
			"if m.spam.probability >= 50 then\n"
			"return quarantine(\"Spam\") end end)\n") };
	struct arena *a = arena_new("engine", 64 << 20);
	struct arena *each = arena_new("message", 64 << 20);
	struct bundle bundle = { .generation = 1, .policy = &policy,
		.npolicy = 1 };
	struct engine *en;
	struct err e;

	seed = number + 1;
	bundle.settings.rules = rules_record(a, 0);
	bundle.settings.model = model(a);
	if (number % 2)
		bundle.settings.feedback = model(a);
	if (number % 3)
		bundle.rules = rules_record(a, number % 3 == 1 ? 0 : 3);
	bundle.dnslists = dns_record(a);
	en = engine_new(&bundle, &e);
	if (en == NULL)
		fail_msg("engine %u: %s", number, e.text);
	assert_string_equal(engine_trouble(en), "");
	for (unsigned i = 0; i < MESSAGES; i++) {
		judge_one(en, each);
		arena_reset(each);
	}
	engine_free(&en);
	arena_free(&each);
	arena_free(&a);
}

static void shown_is_used(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENGINES; i++)
		judge_many(i);
	print_message("# %u judged: %u caps, %u negative, %u DNS, %u "
		"feedback, %u highest\n", met.judged, met.caps, met.negative,
		met.dns, met.feedback, met.highest);
	assert_true(met.judged >= 10000);
	assert_true(met.caps > 1000 && met.negative > 1000);
	assert_true(met.dns > 1000 && met.feedback > 1000 && met.highest > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shown_is_used),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
