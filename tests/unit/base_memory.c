#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

static void test_zeroed_and_aligned(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);

	(void)state;
	for (size_t n = 0; n < 70; n++) {
		unsigned char *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);
	}
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(((unsigned char *)arena_alloc(a, 1))[0], 0);
	arena_free(&a);
	assert_null(a);
	arena_free(&a);
}

/* A large thing must not close the block that small ones are taken from. */
static void test_large_beside_small(void **state)
{
	struct arena *a = arena_new("test", 200000);
	char *before = arena_alloc(a, 16), *after;

	(void)state;
	for (int i = 0; i < 5; i++) {
		memset(arena_alloc(a, 30000), 1, 30000);
		after = arena_alloc(a, 16);
		assert_ptr_equal(after, before + 16);
		before = after;
	}
	arena_free(&a);
}

static void test_strings(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct span s = arena_span(a, SPAN("a\0b"));

	(void)state;
	assert_int_equal(s.n, 3);
	assert_int_equal(s.p[3], 0);
	assert_string_equal(arena_string(a, SPAN("x")), "x");
	assert_string_equal(arena_printf(a, "%d-%s", 7, "y"), "7-y");
	assert_string_equal(arena_printf(a, "%s", ""), "");
	assert_int_equal(arena_span(a, (struct span){ NULL, 0 }).n, 0);
	arena_free(&a);
}

/* How a child ends that asks for too much, in each way. */
static int exit_of(void (*act)(struct arena *a))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct arena *a = arena_new("test", 1 << 20);

		close(STDERR_FILENO);
		act(a);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void over_limit(struct arena *a)
{
	arena_alloc(a, (1 << 20) + 1);
}

static void slowly_over_limit(struct arena *a)
{
	for (int i = 0; i < 1100; i++)
		arena_alloc(a, 1000);
}

static void multiplied(struct arena *a)
{
	arena_array(a, SIZE_MAX / 2, 4);
}

static void wrapped(struct arena *a)
{
	arena_alloc(a, SIZE_MAX - 3);
}

static void buffer_wrapped(struct arena *a)
{
	struct buf b = { 0 };

	(void)a;
	buf_byte(&b, 1);
	buf_room(&b, SIZE_MAX);
}

static void buffer_too_large(struct arena *a)
{
	struct buf b = { 0 };

	(void)a;
	buf_room(&b, BUF_MAX + 1);
}

static void enough(struct arena *a)
{
	for (int i = 0; i < 900; i++)
		arena_alloc(a, 1000);
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(exit_of(enough), 0);
	assert_int_equal(exit_of(over_limit), ARENA_EXIT);
	assert_int_equal(exit_of(slowly_over_limit), ARENA_EXIT);
	assert_int_equal(exit_of(multiplied), ARENA_EXIT);
	assert_int_equal(exit_of(wrapped), ARENA_EXIT);
	assert_int_equal(exit_of(buffer_wrapped), ARENA_EXIT);
	assert_int_equal(exit_of(buffer_too_large), ARENA_EXIT);
}

static void fill(struct buf *b)
{
	for (int i = 0; i < 1000; i++)
		buf_byte(b, (unsigned char)i);
	assert_int_equal(b->n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(b->p[i], i & 0xff);
}

static void test_buf(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct buf b = { 0 }, in_arena = { .arena = a };

	(void)state;
	assert_string_equal(buf_c(&b), "");
	buf_add(&b, NULL, 0);
	buf_string(&b, "ab");
	buf_printf(&b, "%c%d", 'c', 4);
	buf_printf(&b, "%s", "");
	assert_string_equal(buf_c(&b), "abc4");
	assert_int_equal(b.n, 4);
	buf_free(&b);
	assert_null(b.p);
	fill(&b);
	fill(&in_arena);
	buf_free(&b);
	buf_free(&in_arena);
	assert_ptr_equal(in_arena.arena, a);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_and_aligned),
		cmocka_unit_test(test_large_beside_small),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_buf),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
