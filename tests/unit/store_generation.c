/*
 * Generations: what is written is read again, what was changed is refused,
 * and a writer that is killed at any moment leaves the old or the new one.
 */
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "store/generation.h"
#include "store/generation_text.h"

enum { KILLS = 40, FILES = 4, MEMORY = 64 << 20 };

static char dir[64];

static int set_up(void **state)
{
	struct err e;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/pm-generation-XXXXXX");
	if (mkdtemp(dir) == NULL || chdir(dir) < 0 ||
	    io_mkdirs(ROOT_ETC, 0755, &e) < 0)
		return -1;
	return publisher_make(&e);
}

static int remove_one(const char *path, const struct stat *st, int type,
	struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Publishes files whose content is of this number; its generation's. */
static int publish(unsigned n, uint64_t *number_r, struct err *e)
{
	struct arena *a = arena_new("test", MEMORY);
	struct generation g = { .who = SPAN("me"), .message = SPAN("m") };
	int lock = generation_lock(e), result = lock < 0 ? -1 : 0;

	g.files = arena_array(a, FILES, sizeof(*g.files));
	for (g.n = 0; result == 0 && g.n < FILES; g.n++) {
		const char *path = arena_printf(a, "lists/%zu", g.n);
		const char *text = arena_printf(a, "%u %zu\n",
			g.n % 2 ? n : 0, g.n);

		result = generation_put(span_of(path), span_of(text),
			&g.files[g.n], e);
	}
	if (result == 0)
		result = generation_write(&g, a, e);
	if (result == 0)
		result = generation_activate(g.number, e);
	if (result == 0)
		result = generation_prune(e);
	*number_r = g.number;
	if (lock >= 0)
		close(lock);
	arena_free(&a);
	return result;
}

/* The active one is whole, to the last byte; its number and parent. */
static uint64_t assert_whole(uint64_t *parent_r)
{
	struct arena *a = arena_new("test", MEMORY);
	struct buf b = { .arena = a };
	struct generation g;
	uint64_t number;
	struct err e = { 0 };

	assert_int_equal(generation_active(&number, &e), 0);
	if (generation_load(number, a, &g, &e) < 0)
		fail_msg("generation %d: %s", (int)number, e.text);
	assert_int_equal(g.number, number);
	assert_int_equal(g.n, FILES);
	*parent_r = g.parent;
	for (size_t i = 0; i < g.n; i++)
		if (generation_read(&g.files[i], &b, &e) < 0)
			fail_msg("generation %d: %s", (int)number, e.text);
	arena_free(&a);
	return number;
}

static void test_order(void **state)
{
	struct arena *a = arena_new("test", MEMORY);
	struct generation one, two;
	struct err e = { 0 };
	uint64_t number, parent, *v;
	size_t n;

	(void)state;
	assert_int_equal(generation_active(&number, &e), 0);
	assert_int_equal(number, 0);
	assert_int_equal(publish(1, &number, &e), 0);
	assert_int_equal(number, 1);
	assert_int_equal(publish(2, &number, &e), 0);
	assert_int_equal(assert_whole(&parent), 2);
	assert_int_equal(generation_load(1, a, &one, &e), 0);
	assert_int_equal(generation_load(2, a, &two, &e), 0);
	assert_int_equal(two.parent, 1);
	assert_int_equal(generation_changes(&one, &two), FILES / 2);
	assert_non_null(generation_find(&one, SPAN("lists/0")));
	assert_null(generation_find(&one, SPAN("lists/9")));
	assert_int_equal(generation_numbers(a, &v, &n, &e), 0);
	assert_int_equal(n, 2);
	/* What was not in force may go, and its number with it. */
	assert_int_equal(generation_activate(1, &e), 0);
	generation_drop(2);
	assert_int_equal(publish(3, &number, &e), 0);
	assert_int_equal(number, 2);
	arena_free(&a);
}

static void change(const char *path, size_t at)
{
	FILE *f = fopen(path, "r+");
	int c;

	assert_non_null(f);
	assert_int_equal(fseek(f, (long)at, SEEK_SET), 0);
	c = getc(f);
	assert_int_equal(fseek(f, (long)at, SEEK_SET), 0);
	putc(c ^ 1, f);
	fclose(f);
}

/* Each byte of manifest and signature matters. */
static void test_changed(void **state)
{
	static const char *const paths[] = { GENERATION_DIR "/000002",
		GENERATION_DIR "/000002.sig" };
	struct arena *a = arena_new("test", 256 << 20);
	struct generation g;
	struct err e = { 0 };
	uint64_t parent;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf b = { .arena = a };

		assert_int_equal(io_slurp(paths[i], 1 << 20, &b, &e), 0);
		for (size_t at = 0; at < b.n; at++) {
			change(paths[i], at);
			assert_int_equal(generation_load(2, a, &g, &e), -1);
			change(paths[i], at);
			arena_reset(a);
		}
	}
	assert_int_equal(assert_whole(&parent), 2);
	arena_free(&a);
}

static void test_text(void **state)
{
	static const char *const bad[] = {
		"", "policy", "policy/", "policy/.x", "policy/a b",
		"policy/../x", "lists/a/b", "etc/x", "lists/\n", "/lists/x",
		"policy/templates/", "policy/templates/.x",
	};
	struct arena *a = arena_new("test", 512 << 20);
	struct generation_file files[] = {
		{ .path = SPAN("lists/a"), .size = 1 },
		{ .path = SPAN("policy/b.lua"), .size = 2 },
	};
	struct generation g = { 3, 2, 7, SPAN("00"), SPAN("w"), SPAN(""),
		files, 2 }, got;
	struct buf b = { .arena = a }, swapped = { .arena = a };
	struct err e = { 0 };

	(void)state;
	memset(files[0].sha256, 'a', HASH_SHA256_HEX_SIZE - 1);
	memset(files[1].sha256, 'b', HASH_SHA256_HEX_SIZE - 1);
	generation_text_write(&g, &b);
	assert_int_equal(generation_text_read(buf_bytes(&b), a, &got, &e), 0);
	assert_int_equal(got.n, 2);
	assert_int_equal(got.files[1].size, 2);
	assert_string_equal(got.files[0].sha256, files[0].sha256);
	assert_true(span_is(got.message, ""));
	/* Cut anywhere but at the end of a file's line it is no manifest. */
	for (size_t n = 0; n + 1 < b.n; n++)
		if (b.p[n] != '\n' && (n == 0 || b.p[n - 1] != '\n') &&
		    generation_text_read(span_sub(buf_bytes(&b), 0, n), a,
			    &got, &e) == 0)
			assert_true(n > b.n - sizeof("policy/b.lua"));
	g.files[0].path = SPAN("policy/c.lua");
	generation_text_write(&g, &swapped);
	assert_int_equal(generation_text_read(buf_bytes(&swapped), a, &got,
		&e), -1);
	assert_string_equal(e.text, "9: is out of order");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(generation_path_ok(span_of(bad[i])));
	assert_true(generation_path_ok(SPAN("policy/templates/x.txt")));
	arena_free(&a);
}

/* Publishes until it is killed; says each number that is in force. */
static _Noreturn void work(int to, unsigned from)
{
	uint64_t number;
	struct err e;

	for (unsigned n = from;; n++) {
		if (publish(n, &number, &e) < 0)
			_exit(1);
		if (io_write_all(to, span_from(&number, sizeof(number))) < 0)
			_exit(2);
	}
}

/* The last number that a writer said after `last` before it was killed. */
static uint64_t last_said(int from, uint64_t last)
{
	uint64_t number;

	while (io_read_all(from, &number, sizeof(number)) ==
	       (ssize_t)sizeof(number))
		last = number;
	return last;
}

static void test_killed(void **state)
{
	uint64_t before, said, now, number, parent;
	int64_t start = clock_us(), within;
	unsigned moved = 0;
	struct err e = { 0 };

	(void)state;
	srand(1);
	/* Some die in their first one, some in a later one. */
	assert_int_equal(publish(1, &number, &e), 0);
	before = assert_whole(&parent);
	within = 3 * (clock_us() - start) + 3000;
	for (unsigned i = 0; i < KILLS; i++) {
		int fds[2], status;
		pid_t pid;

		said = 0;
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			work(fds[1], 1000 * (i + 1));
		close(fds[1]);
		/* On a busy host few come to an end in that time: some do. */
		if (i % 4 == 0)
			assert_int_equal(io_read_all(fds[0], &said,
				sizeof(said)), sizeof(said));
		usleep((useconds_t)(rand() % within));
		kill(pid, SIGKILL);
		said = last_said(fds[0], said);
		close(fds[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		now = assert_whole(&parent);
		/* The last one that it said, or the one after that. */
		said = said ? said : before;
		assert_true(now == said || (now > said && parent == said));
		moved += now != before;
		before = now;
	}
	assert_true(moved > KILLS / 8);
	/* What the killed ones left does not stand in the way. */
	assert_int_equal(publish(1, &number, &e), 0);
	assert_int_equal(assert_whole(&parent), number);
}

/* Old ones go, and objects that nothing names. */
static void test_prune(void **state)
{
	struct arena *a = arena_new("test", MEMORY);
	struct generation_file f;
	struct buf b = { .arena = a };
	struct err e = { 0 };
	uint64_t number, parent, *v;
	size_t n;

	(void)state;
	for (unsigned i = 0; i < GENERATION_KEPT + 2; i++)
		assert_int_equal(publish(i, &number, &e), 0);
	assert_int_equal(generation_numbers(a, &v, &n, &e), 0);
	assert_int_equal(n, GENERATION_KEPT);
	assert_int_equal(v[n - 1], number);
	assert_int_equal(generation_put(SPAN("lists/x"), SPAN("orphan"), &f,
		&e), 0);
	assert_int_equal(generation_read(&f, &b, &e), 0);
	assert_int_equal(generation_prune(&e), 0);
	assert_int_equal(generation_read(&f, &b, &e), -1);
	assert_int_equal(assert_whole(&parent), number);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_prune),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
