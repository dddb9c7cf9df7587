/* A model is made of examples the same in any order, and its parts sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detect/trainer.h"

enum { BITS = 12, VERSION = 7, EACH = 60, TRAITS = 30 };

/* The i-th example: spam has even hashes, ham odd ones, both some others. */
static size_t example(unsigned i, bool spam, struct feature v[TRAITS])
{
	for (unsigned k = 0; k < TRAITS; k++)
		v[k] = (struct feature){ .group = (uint8_t)(k %
			FEATURE_CONTENT), .hash = k < TRAITS / 2 ?
			2 * (i * 7 + k * 13) % 200 + !spam :
			1000 + (i * 31 + k * 17) % 400 };
	return TRAITS;
}

static void add(struct trainer *t, unsigned i)
{
	struct feature v[TRAITS];
	bool spam = i % 2;

	assert_true(trainer_add(t, i % 6 / 2, spam, i * 7919u + 1, v,
		example(i, spam, v)));
}

static void train(bool backwards, struct buf *image)
{
	struct trainer *t = trainer_new(BITS);
	struct err e;

	for (unsigned i = 0; i < 2 * EACH; i++)
		add(t, backwards ? 2 * EACH - 1 - i : i);
	assert_int_equal(trainer_count(t), 2 * EACH);
	assert_int_equal(trainer_run(t, VERSION, image, &e), 0);
	trainer_free(&t);
	assert_null(t);
}

static void test_order_is_nothing(void **state)
{
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	train(false, &a);
	train(true, &b);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	buf_free(&a);
	buf_free(&b);
}

static void test_tells_apart_and_sums(void **state)
{
	struct buf image = { 0 };
	struct classifier c;
	int32_t before = 0;	/* of ham; the next one is spam */
	unsigned wrong = 0;
	struct err e;

	(void)state;
	train(false, &image);
	assert_int_equal(classifier_open(buf_bytes(&image), VERSION, &c, &e),
		0);
	assert_int_equal(c.head.ham, EACH);
	assert_int_equal(c.head.spam, EACH);
	for (unsigned i = 1000; i < 1100; i++) {
		struct feature v[TRAITS];
		struct classifier_score s;
		int32_t sum = 0;
		bool spam = i % 2;

		classifier_score(&c, v, example(i, spam, v), &s);
		for (size_t g = 0; g < FEATURE_GROUPS; g++)
			sum += s.group[g];
		assert_int_equal(sum + s.cap, s.sum);
		wrong += spam && s.sum <= before;
		before = s.sum;
		assert_true(s.sum <= c.head.ceiling);
	}
	assert_true(wrong <= 3);
	buf_free(&image);
}

/* Looking like mail in structure, links and sender is worth little. */
static void test_caps(void **state)
{
	struct buf image = { 0 };
	struct classifier_score s;
	struct classifier c;
	struct err e;
	int8_t *w;
	struct feature v = { .hash = 5, .group = FEATURE_STRUCTURE };

	(void)state;
	train(false, &image);
	w = (int8_t *)image.p + sizeof(struct classifier_head);
	w[5] = -127;
	assert_int_equal(classifier_open(buf_bytes(&image), VERSION, &c, &e),
		-1);
	assert_string_equal(e.text, "is cut or changed: its hash is wrong");
	memcpy(&c.head, image.p, sizeof(c.head));
	c.weights = w;
	c.head.unit = 127u << 16;
	classifier_score(&c, &v, 1, &s);
	assert_int_equal(s.group[FEATURE_STRUCTURE],
		c.head.least[FEATURE_STRUCTURE]);
	assert_int_equal(s.sum, c.head.least[FEATURE_STRUCTURE]);
	assert_int_equal(s.cap, 0);
	assert_int_equal(classifier_part(&c, &v, 1), -127 * 127);
	w[5] = 127;
	classifier_score(&c, &v, 1, &s);
	assert_int_equal(s.sum, c.head.most[FEATURE_STRUCTURE]);
	assert_int_equal(s.cap, s.sum - 127 * 127);
	buf_free(&image);
}

static void test_refused(void **state)
{
	struct buf image = { 0 };
	struct classifier c;
	struct err e;

	(void)state;
	train(false, &image);
	for (size_t n = 0; n < image.n; n += n < 200 ? 1 : 97)
		assert_int_equal(classifier_open(span_from(image.p, n),
			VERSION, &c, &e), -1);
	assert_int_equal(classifier_open(buf_bytes(&image), VERSION + 1, &c,
		&e), -1);
	assert_string_equal(e.text, "is of version 2.7, this pm reads 2.8: "
		"train it again");
	assert_int_equal(classifier_open(SPAN("GIF89a"), VERSION, &c, &e),
		-1);
	assert_string_equal(e.text, "is no model of pm train");
	for (size_t at = 0; at < sizeof(struct classifier_head); at++) {
		image.p[at] ^= 0x40;
		assert_int_equal(classifier_open(buf_bytes(&image), VERSION,
			&c, &e), -1);
		image.p[at] ^= 0x40;
	}
	buf_free(&image);
}

static void test_twice_and_one_class(void **state)
{
	struct trainer *t = trainer_new(BITS);
	struct feature v[TRAITS];
	struct buf image = { 0 };
	size_t n = example(1, true, v);
	struct err e;

	(void)state;
	assert_true(trainer_add(t, 0, true, 5, v, n));
	assert_false(trainer_add(t, 1, false, 5, v, n));
	assert_false(trainer_add(t, TRAINER_SOURCES, true, 6, v, n));
	assert_int_equal(trainer_count(t), 1);
	assert_int_equal(trainer_run(t, VERSION, &image, &e), -1);
	assert_string_equal(e.text,
		"both ham and spam are needed to learn from");
	trainer_free(&t);
}

static void test_feedback(void **state)
{
	struct trainer *t = trainer_new(BITS);

	(void)state;
	for (unsigned i = 0; i < 2 * EACH; i++)
		add(t, i);
	trainer_begin(t);
	assert_true(trainer_guess(t, 1) == 0);
	for (unsigned i = 0; i < EACH; i++)
		trainer_learn(t, i);
	for (unsigned i = EACH; i < 2 * EACH; i++)
		assert_true((trainer_guess(t, i) > 0) == (i % 2));
	trainer_free(&t);
}

/* The raw bytes: learnt apart, and nothing to the model that is shipped. */
static void test_raw(void **state)
{
	struct trainer *t = trainer_new(BITS);
	struct buf image = { 0 };
	struct classifier_score s;
	struct classifier c;
	struct feature v[2] = { { .group = FEATURE_RAW },
		{ .group = FEATURE_TEXT } };
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		v[0].hash = 10 + i % 2;
		v[1].hash = 20 + i % 2;
		assert_true(trainer_add(t, 0, i % 2, i + 1, v, 2));
	}
	trainer_begin(t);
	for (unsigned i = 0; i < 40; i++)
		trainer_correct_raw(t, i, 0, 1);
	trainer_write_feedback(t, VERSION, &image);
	assert_int_equal(classifier_open(buf_bytes(&image), VERSION, &c, &e),
		0);
	trainer_score(t, 0, &c, &s);
	assert_true(s.group[FEATURE_RAW] < -500 && s.group[FEATURE_RAW] >=
		-1000);
	assert_int_equal(s.group[FEATURE_TEXT], 0);
	trainer_score(t, 1, &c, &s);
	assert_true(s.sum > 500 && s.sum <= 1000);
	buf_free(&image);
	image = (struct buf){ 0 };
	assert_int_equal(trainer_run(t, VERSION, &image, &e), 0);
	assert_int_equal(classifier_open(buf_bytes(&image), VERSION, &c, &e),
		0);
	trainer_score(t, 1, &c, &s);
	assert_int_equal(s.group[FEATURE_RAW], 0);
	assert_true(s.group[FEATURE_TEXT] > 0);
	buf_free(&image);
	trainer_free(&t);
}

/* The same number on every machine: a model is made with it. */
static void test_norm(void **state)
{
	(void)state;
	assert_true(classifier_norm(0) == 1 && classifier_norm(1) == 1);
	assert_true(classifier_norm(32) == 0.25);
	assert_true(classifier_norm(1000) > 0.06309 &&
		classifier_norm(1000) < 0.06310);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_is_nothing),
		cmocka_unit_test(test_tells_apart_and_sums),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_twice_and_one_class),
		cmocka_unit_test(test_feedback),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_norm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
