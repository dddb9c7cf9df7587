/* Compiled rules on the disk: used when whole and ours, else made again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "engine/rules_cache.h"

static char dir[64], path[128];

static const struct rule_file file = { SPAN("rules/x.lua"),
	SPAN("return { group = 'g', about = 'g', { 'A', 100, text = 'ab',"
		" about = 'a' } }") };

/* Where the only kept file is. */
static bool find_path(void)
{
	for (unsigned i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "%s/rules-%u", dir, i);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "build/cache-test-%d", (int)getpid());
	return mkdir(dir, 0700);
}

static int tear_down(void **state)
{
	(void)state;
	while (find_path())
		unlink(path);
	return rmdir(dir);
}

static void make(const char *folder, struct buf *b)
{
	struct err e;

	b->n = 0;
	if (rules_cache_put(folder, &file, 1, b, &e) < 0)
		fail_msg("%s", e.text);
}

static void change(size_t at)
{
	struct buf b = { 0 };
	struct err e;

	assert_int_equal(io_slurp(path, 1 << 24, &b, &e), 0);
	b.p[at < b.n ? at : b.n - 1] ^= 1;
	assert_int_equal(io_replace_file(path, 0644, buf_bytes(&b), &e), 0);
	buf_free(&b);
}

/* A file that says what it is, but holds this. */
static struct buf kept_as_is(void)
{
	struct buf b = { 0 };
	struct err e;

	assert_int_equal(io_slurp(path, 1 << 24, &b, &e), 0);
	return b;
}

static void test_kept(void **state)
{
	struct buf plain = { 0 }, kept = { 0 }, before, after;
	struct stat first, second;

	(void)state;
	make(NULL, &plain);
	assert_false(find_path());
	make(dir, &kept);
	assert_true(span_eq(buf_bytes(&plain), buf_bytes(&kept)));
	assert_true(find_path());
	stat(path, &first);
	make(dir, &kept);
	assert_true(span_eq(buf_bytes(&plain), buf_bytes(&kept)));
	stat(path, &second);
	assert_int_equal(first.st_ino, second.st_ino);
	before = kept_as_is();
	for (size_t at = 0; at < 200; at += 7) {
		change(at);
		make(dir, &kept);
		assert_true(span_eq(buf_bytes(&plain), buf_bytes(&kept)));
		after = kept_as_is();
		assert_true(span_eq(buf_bytes(&before), buf_bytes(&after)));
		buf_free(&after);
	}
	change(SIZE_MAX);
	make(dir, &kept);
	assert_true(span_eq(buf_bytes(&plain), buf_bytes(&kept)));
	assert_int_equal(truncate(path, 50), 0);
	make(dir, &kept);
	assert_true(span_eq(buf_bytes(&plain), buf_bytes(&kept)));
	buf_free(&before);
	buf_free(&plain);
	buf_free(&kept);
}

/* What somebody else may have written is made anew. */
static void test_not_ours(void **state)
{
	struct buf kept = { 0 };
	struct stat st;

	(void)state;
	make(dir, &kept);
	assert_true(find_path());
	assert_int_equal(chmod(path, 0666), 0);
	make(dir, &kept);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	make(dir, &kept);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	buf_free(&kept);
}

/* A folder that is not there, or a mistake: as without. */
static void test_wrong(void **state)
{
	const struct rule_file bad = { SPAN("x.lua"), SPAN("return 1") };
	struct buf b = { 0 };
	struct err e;

	(void)state;
	make("build/no-such-folder", &b);
	assert_true(b.n > 0);
	assert_int_equal(rules_cache_put(dir, &bad, 1, &b, &e), -1);
	assert_false(find_path());
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_ours, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_wrong, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
