#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <string.h>

#include "script/region.h"

enum { BLOCKS = 200, ROUNDS = 20000, LIMIT = 1 << 20 };

static uint32_t seed = 1;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* The block is full of the byte that was put there. */
static void check(const unsigned char *p, size_t n, unsigned char c)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], c);
}

/* Blocks of any size never meet, stay whole, and shrink without fail. */
static void test_blocks(void **state)
{
	struct region *r = region_new(LIMIT);
	unsigned char *p[BLOCKS] = { 0 };
	size_t n[BLOCKS] = { 0 };
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned k = rnd(BLOCKS);
		size_t old = n[k], wanted = rnd(4) ? rnd(600) :
			rnd(8) ? 0 : rnd(60000);
		unsigned char *q;

		check(p[k], old < wanted ? old : wanted, (unsigned char)k);
		q = region_alloc(r, p[k], p[k] ? old : 5, wanted);
		if (q == NULL && wanted) {
			assert_true(wanted > old);
			refused++;
			continue;
		}
		assert_int_equal((uintptr_t)q % 16, 0);
		check(q, old < wanted ? old : wanted, (unsigned char)k);
		if (wanted)
			memset(q, (int)k, wanted);
		p[k] = q;
		n[k] = wanted;
	}
	assert_true(refused > 0);
	for (unsigned k = 0; k < BLOCKS; k++)
		check(p[k], n[k], (unsigned char)k);
	region_free(&r);
	assert_null(r);
}

static void count(void *context)
{
	++*(unsigned *)context;
}

static void test_limit(void **state)
{
	struct region *r = region_new(LIMIT);
	unsigned refused = 0;
	void *p;

	(void)state;
	region_on_refusal(r, count, &refused);
	assert_null(region_alloc(r, NULL, 0, LIMIT));
	assert_null(region_alloc(r, NULL, 0, SIZE_MAX));
	assert_null(region_alloc(r, NULL, 0, SIZE_MAX - 8));
	assert_int_equal(refused, 3);
	p = region_alloc(r, NULL, 0, LIMIT / 2);
	assert_non_null(p);
	assert_null(region_alloc(r, p, LIMIT / 2, SIZE_MAX));
	assert_null(region_alloc(r, NULL, 0, LIMIT / 2));
	assert_null(region_alloc(r, p, LIMIT / 2, 0));
	assert_non_null(region_alloc(r, NULL, 0, LIMIT / 2));
	region_free(&r);
}

/* Books smaller than themselves: nothing fits, nothing breaks. */
static void test_tiny(void **state)
{
	struct region *r = region_new(16);

	(void)state;
	assert_null(region_alloc(r, NULL, 0, 1));
	region_free(&r);
}

static void test_image(void **state)
{
	struct region *r = region_new(LIMIT);
	char *p = region_alloc(r, NULL, 0, 100), *q;

	(void)state;
	memset(p, 'x', 100);
	assert_int_equal(region_freeze(r), 0);
	for (int i = 0; i < 3; i++) {
		q = region_alloc(r, NULL, 0, LIMIT / 2);
		assert_non_null(q);
		memset(q, 'y', LIMIT / 2);
		memset(p, 'z', 100);
		region_restore(r);
		check((unsigned char *)p, 100, 'x');
	}
	region_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_tiny),
		cmocka_unit_test(test_image),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
