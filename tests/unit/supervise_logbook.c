#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "logbook.h"

static struct logbook book;

static int enter_folder(void **state)
{
	static char path[] = "/tmp/pm-log-XXXXXX";

	*state = mkdtemp(path);
	signal(SIGXFSZ, SIG_IGN);
	return *state ? chdir(path) : -1;
}

static void clear(void)
{
	static const char *const files[] = { "log", "log.1", "log.2",
		"log.3", "moved" };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(files[i]);
	if (book.fd > 0)
		close(book.fd);
	memset(&book, 0, sizeof(book));
}

static int leave_folder(void **state)
{
	clear();
	return chdir("/") < 0 ? -1 : rmdir(*state);
}

static void open_book(uint64_t max, unsigned files)
{
	struct err e;

	clear();
	assert_int_equal(logbook_open(&book, "log", max, files, &e), 0);
}

/* A file without its stamps. */
static const char *content(const char *path, struct buf *b)
{
	struct buf raw = { 0 };
	struct span rest, line;

	b->n = 0;
	assert_int_equal(io_slurp(path, 1 << 20, &raw, NULL), 0);
	for (rest = buf_bytes(&raw); span_line(&rest, &line);) {
		assert_true(line.n > CLOCK_STAMP_SIZE);
		assert_int_equal(line.p[CLOCK_STAMP_SIZE - 1], ' ');
		buf_span(b, span_after(line, CLOCK_STAMP_SIZE));
		buf_byte(b, '\n');
	}
	buf_free(&raw);
	return buf_c(b);
}

static void test_lines(void **state)
{
	struct buf b = { 0 };

	(void)state;
	open_book(1 << 20, 3);
	logbook_add(&book, "a[1]", SPAN("one"), "");
	logbook_add(&book, "a[1]", SPAN("t\nw\0o"), " [cut]");
	logbook_flush(&book);
	assert_string_equal(content("log", &b),
		"a[1] one\na[1] t\\x0aw\\x00o [cut]\n");
	/* Appends to what is there. */
	close(book.fd);
	assert_int_equal(logbook_open(&book, "log", 1 << 20, 3, NULL), 0);
	logbook_add(&book, "b", SPAN("three"), "");
	logbook_flush(&book);
	assert_non_null(strstr(content("log", &b), "[cut]\nb three\n"));
	buf_free(&b);
}

static void test_rotation(void **state)
{
	struct buf b = { 0 };

	(void)state;
	open_book(100, 3);
	for (int i = 0; i < 10; i++) {
		char text[2] = { (char)('0' + i), 0 };

		/* 24 + 1 + 1 + 1 + 1 + 1 bytes: three fit. */
		logbook_add(&book, "x", span_of(text), "");
		logbook_flush(&book);
	}
	assert_string_equal(content("log", &b), "x 9\n");
	assert_string_equal(content("log.1", &b), "x 6\nx 7\nx 8\n");
	assert_string_equal(content("log.2", &b), "x 3\nx 4\nx 5\n");
	assert_int_equal(access("log.3", F_OK), -1);
	buf_free(&b);
}

static void test_one_file(void **state)
{
	struct buf b = { 0 };

	(void)state;
	open_book(60, 1);
	for (int i = 0; i < 5; i++) {
		logbook_add(&book, "x", SPAN("y"), "");
		logbook_flush(&book);
	}
	assert_string_equal(content("log", &b), "x y\n");
	assert_int_equal(access("log.1", F_OK), -1);
	buf_free(&b);
}

static void test_moved_away(void **state)
{
	struct buf b = { 0 };

	(void)state;
	open_book(1 << 20, 3);
	logbook_add(&book, "x", SPAN("1"), "");
	logbook_flush(&book);
	assert_int_equal(rename("log", "moved"), 0);
	logbook_reopen(&book);
	logbook_add(&book, "x", SPAN("2"), "");
	logbook_flush(&book);
	assert_string_equal(content("moved", &b), "x 1\n");
	assert_string_equal(content("log", &b), "x 2\n");
	buf_free(&b);
}

/* The disk is full for this process from here on; RLIM_INFINITY: no more. */
static void limit(rlim_t bytes)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* Nothing is half written; what fits into memory comes later. */
static void test_full_disk(void **state)
{
	struct buf b = { 0 };

	(void)state;
	open_book(1 << 20, 3);
	logbook_add(&book, "x", SPAN("1"), "");
	logbook_flush(&book);
	limit(40); /* in the middle of the next line */
	logbook_add(&book, "x", SPAN("2"), "");
	logbook_add(&book, "x", SPAN("3"), "");
	logbook_flush(&book);
	assert_int_not_equal(logbook_retry(&book), 0);
	assert_string_equal(content("log", &b), "x 1\n");
	limit(RLIM_INFINITY);
	book.retry_ms = 1;
	logbook_flush(&book);
	assert_int_equal(logbook_retry(&book), 0);
	assert_string_equal(content("log", &b), "x 1\nx 2\nx 3\n");
	buf_free(&b);
}

/* Memory is full too: the oldest go and are counted. */
static void test_lost_lines(void **state)
{
	static char text[1000];
	struct buf b = { 0 };
	unsigned long long lost = 0;
	size_t kept = 0;
	struct span rest, line;

	(void)state;
	memset(text, 'x', sizeof(text));
	open_book(1 << 20, 3);
	limit(0);
	for (int i = 0; i < 1000; i++)
		logbook_add(&book, "x", span_from(text, sizeof(text)), "");
	logbook_add(&book, "x", SPAN("the newest"), "");
	logbook_flush(&book);
	limit(RLIM_INFINITY);
	book.retry_ms = 1;
	logbook_flush(&book);
	content("log", &b);
	rest = buf_bytes(&b);
	assert_true(span_line(&rest, &line));
	assert_int_equal(sscanf((const char *)line.p, "supervise[%*d] error: "
		"%llu lines lost", &lost), 1);
	while (span_line(&rest, &line))
		kept++;
	assert_int_equal(lost + kept, 1001);
	assert_true(span_is(line, "x the newest"));
	assert_true(kept > 50);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_one_file),
		cmocka_unit_test(test_moved_away),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_lost_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
