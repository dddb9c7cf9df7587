/* What the classifier looks at; above all what it does not look at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/features.h"

static struct arena *arena;

static const char plain[] =
	"From: Ann Example <ann@sender.example>\r\n"
	"To: bob@site.example\r\n"
	"Subject: Lunch on friday\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: text/plain; charset=us-ascii\r\n"
	"\r\n"
	"Shall we meet at 12:30? The menu is at http://menu.example/today.\r\n"
	"There is place for ninety of us, and I have the keys.\r\n";

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

static struct features features_of(const char *message)
{
	static const struct envelope env = { 0 };
	static const struct bundle bundle = { 0 };
	struct features found;

	features_find(facts_new(&env, &bundle, span_of(message), arena),
		&found);
	return found;
}

static bool has(const struct features *in, const struct feature *v)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->v[i].hash == v->hash && in->v[i].group == v->group)
			return true;
	return false;
}

/* What one has and the other has not, by name. */
static const char *difference(const char *a, const char *b)
{
	struct features x = features_of(a), y = features_of(b);
	struct buf text = { .arena = arena };

	for (size_t i = 0; i < x.n; i++)
		if (!has(&y, &x.v[i]))
			features_name(&x.v[i], &text), buf_byte(&text, ';');
	for (size_t i = 0; i < y.n; i++)
		if (!has(&x, &y.v[i]))
			features_name(&y.v[i], &text), buf_byte(&text, ';');
	return buf_c(&text);
}

/* Fields that tell where mail was collected, or which list it is of. */
static void test_no_artefacts(void **state)
{
	static const char *const fields[] = {
		"List-Id: <talk.lists.example>\r\n",
		"List-Unsubscribe: <mailto:talk-request@lists.example>\r\n",
		"Precedence: list\r\n",
		"Sender: talk-bounces@lists.example\r\n",
		"Errors-To: talk-bounces@lists.example\r\n",
		"X-Mailman-Version: 2.1\r\n", "X-BeenThere: talk@a.example\r\n",
		"Mailing-List: contact talk@lists.example\r\n",
		"Received: from a.example by b.example; 1 Jan 2020 00:00\r\n",
		"Return-Path: <talk-bounces@lists.example>\r\n",
		"Delivered-To: list@a.example\r\n",
		"DKIM-Signature: v=1; a=rsa-sha256; d=lists.example\r\n",
		"Authentication-Results: b.example; spf=pass\r\n",
		"X-Spam-Status: No, score=-3\r\n", "X-Loop: talk\r\n",
		"Archived-At: <http://lists.example/1>\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		assert_string_equal(difference(plain, arena_printf(arena,
			"%s%s", fields[i], plain)), "");
}

static void test_no_dates_and_ids(void **state)
{
	const char *one = arena_printf(arena, "Date: Mon, 1 Jan 2001 1:00:00 "
		"+0100\r\nMessage-ID: <a.b@c.example>\r\n%s", plain);
	const char *two = arena_printf(arena, "Date: Tue, 7 Feb 2023 23:59:59 "
		"-0800\r\nMessage-ID: <77@list.example>\r\n%s", plain);

	(void)state;
	assert_string_equal(difference(one, two), "");
}

/* The footer that a list appended is no text. */
static void test_no_marks_of_lists(void **state)
{
	const char *footer = arena_printf(arena, "%s%s", plain,
		"_______________________________________________\r\n"
		"Talk mailing list\r\nTalk@lists.example\r\n"
		"http://lists.example/listinfo/talk\r\n");
	struct features found = features_of(footer);

	(void)state;
	for (size_t i = 0; i < found.n; i++)
		if (found.v[i].group == FEATURE_TEXT)
			assert_false(span_is(found.v[i].value, "mailing"));
	found = features_of(plain);
	assert_true(found.n > 200);
}

/* Digits are all 0, letters have no case, each once. */
static void test_text(void **state)
{
	struct features found = features_of(plain);
	bool digits = false, word = false;

	(void)state;
	for (size_t i = 0; i < found.n; i++) {
		const struct feature *v = &found.v[i];

		if (v->group == FEATURE_TEXT && span_is(v->value, "00"))
			digits = true;
		if (v->group == FEATURE_TEXT && span_is(v->value, "shall"))
			word = true;
		assert_false(v->group == FEATURE_TEXT &&
			(span_is(v->value, "12") || span_is(v->value,
			"Shall")));
		for (size_t k = 0; k < i; k++)
			assert_true(found.v[k].hash != v->hash);
	}
	assert_true(digits && word);
}

/* A page as it is seen: what is hidden is no text, but counted. */
static void test_page(void **state)
{
	static const char page[] =
		"From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
		"<p>seen words</p><p style=\"display:none\">secret</p>"
		"<a href=\"http://192.0.2.1/x.php?q=1\">here</a>";
	struct features found = features_of(page);
	bool hidden = false, address = false;

	(void)state;
	for (size_t i = 0; i < found.n; i++) {
		struct buf name = { .arena = arena };

		features_name(&found.v[i], &name);
		assert_string_not_equal(buf_c(&name), "word \"secret\"");
		hidden |= span_is(buf_bytes(&name), "hidden pieces 1");
		address |= span_is(buf_bytes(&name), "link has 4");
	}
	assert_true(hidden);
	assert_true(address);
}

/* A megabyte of different words stays within the limits. */
/* As it came, trace fields and all; of the beginning alone. */
static void test_raw(void **state)
{
	static char far[FEATURES_RAW_MAX + 100];
	struct features a, b;

	(void)state;
	features_raw(span_of(plain), arena, &a);
	assert_true(a.n > 200 && a.n < sizeof(plain) - 3);
	for (size_t i = 0; i < a.n; i++)
		assert_int_equal(a.v[i].group, FEATURE_RAW);
	features_raw(SPAN("Received: x"), arena, &b);
	assert_int_equal(b.n, 8);
	assert_false(has(&a, &b.v[0]));
	features_raw(SPAN("abc"), arena, &b);
	assert_int_equal(b.n, 0);
	for (size_t i = 0; i < sizeof(far); i++)
		far[i] = (char)('a' + i * i % 23);
	features_raw(span_from(far, sizeof(far)), arena, &a);
	far[FEATURES_RAW_MAX] = '!';
	features_raw(span_from(far, sizeof(far)), arena, &b);
	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n; i++)
		assert_int_equal(a.v[i].hash, b.v[i].hash);
}

static void test_limits(void **state)
{
	struct buf b = { .arena = arena };
	struct features found;

	(void)state;
	buf_string(&b, plain);
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&b, "w%x http://h%x.example/%x\r\n", i * 7919u, i,
			i);
	found = features_of(buf_c(&b));
	assert_true(found.n > 500 && found.n <= FEATURES_MAX);
	found = features_of("");
	assert_int_equal(found.n, 0);
	found = features_of("Subject: hi\r\n\r\nhello you\r\n");
	assert_int_equal(found.n, 0);
	found = features_of("\r\nhttp://a.example/\r\n");
	assert_true(found.n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_artefacts, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_no_dates_and_ids, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_no_marks_of_lists, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_raw, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up,
			tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
