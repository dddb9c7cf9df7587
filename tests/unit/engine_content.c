/* The content check: what it shows is what it counts, with evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/check.h"
#include "engine/content.h"
#include "engine/features.h"

extern const struct check content_check;

static struct arena *arena;
static struct classifier model;

static const char header[] =
	"From: Ann Example <ann@sender.example>\r\n"
	"To: bob@site.example\r\n"
	"Subject: all of it\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: text/plain; charset=us-ascii\r\n"
	"\r\n";

static const char mail[] =
	"I have looked at the patch, and the second part of it does not "
	"apply to the\r\ncurrent branch any more: the function was moved to "
	"another file last week.\r\nCould you send it again? Thanks for the "
	"work, the tests look fine to me.\r\n";

static const char spam[] =
	"CONGRATULATIONS!!! You have won 1,000,000 dollars, absolutely "
	"free, guaranteed.\r\nClick here to claim your prize now: "
	"http://www.win-money-free.example/claim.php?id=1\r\nViagra, cheap "
	"pills, no prescription, money back guarantee, act now!!!\r\n";

static int set_up(void **state)
{
	struct err e;

	(void)state;
	arena = arena_new("test", 64 << 20);
	return content_shipped(&model, &e);
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct facts *checked(const char *head, const char *text)
{
	static const struct envelope env = { 0 };
	static const struct bundle bundle = { 0 };
	struct facts *f = facts_new(&env, &bundle, span_of(arena_printf(arena,
		"%s%s", head, text)), arena);

	f->model = &model;
	content_check.run(f);
	return f;
}

static void expect_sum(struct facts *f)
{
	struct classifier_score s;
	struct features found;
	int32_t sum = 0;

	features_find(f, &found);
	classifier_score(&model, found.v, found.n, &s);
	for (size_t i = 0; i < f->nhits; i++)
		sum += f->hits[i].weight;
	assert_int_equal(sum, s.sum);
	assert_int_equal(sum, f->score);
}

static void test_shown_is_used(void **state)
{
	struct facts *f = checked(header, mail);

	(void)state;
	expect_sum(f);
	assert_true(f->score < 3000);
	f = checked(header, spam);
	expect_sum(f);
	assert_true(f->score > 3000);
	assert_true(span_is(f->hits[0].name, "CONTENT_TEXT"));
	assert_true(span_starts(f->hits[0].evidence, SPAN("word \"")));
}

/* What content may count is limited, and a limit is a hit of its own. */
static void test_cap(void **state)
{
	struct facts *f;
	int32_t was = model.head.ceiling;

	(void)state;
	model.head.ceiling = 1000;
	f = checked(header, spam);
	model.head.ceiling = was;
	assert_int_equal(f->score, 1000);
	assert_true(span_is(f->hits[f->nhits - 1].name, "CONTENT_CAP"));
	assert_true(f->hits[f->nhits - 1].weight < 0);
}

static void test_nothing_to_judge(void **state)
{
	struct facts *f = checked(header, "hello\r\n");

	(void)state;
	assert_int_equal(f->nhits, 0);
	f = checked("", "");
	assert_int_equal(f->nhits, 0);
	f->model = NULL;
	assert_int_equal(content_check.run(f), CHECK_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shown_is_used, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_cap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_to_judge, set_up,
			tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
