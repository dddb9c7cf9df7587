/* The journal: what was synced is read; a torn end costs nothing before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/root.h"
#include "store/journal.h"

#define FOLDER ROOT_JOURNAL

enum { THREADS = 4, EACH = 500 };

struct seen {
	size_t n, stop_at;
	struct buf all;
};

static bool see(struct span record, struct seen *s)
{
	buf_span(&s->all, record);
	buf_byte(&s->all, '|');
	return ++s->n != s->stop_at;
}

/* Reads a file from its start until see() has enough. */
static int read_file(const char *path, struct seen *s, bool *torn_r)
{
	enum journal_step step = JOURNAL_RECORD;
	struct journal_reader *r;
	struct span record;
	struct err e;

	r = journal_read_from(path, 0, &e);
	assert_non_null(r);
	while (step == JOURNAL_RECORD) {
		assert_int_equal(journal_read_next(r, &step, &record, &e), 0);
		if (step == JOURNAL_RECORD && !see(record, s))
			break;
	}
	*torn_r = step == JOURNAL_TORN;
	journal_read_end(&r);
	assert_null(r);
	return 0;
}

/* The i-th journal file, in the order of their names. */
static const char *file(size_t i)
{
	static char path[256];
	glob_t g;

	assert_int_equal(glob(FOLDER "/*", 0, NULL, &g), 0);
	assert_true(i < g.gl_pathc);
	snprintf(path, sizeof(path), "%s", g.gl_pathv[i]);
	globfree(&g);
	return path;
}

static void remove_files(void)
{
	glob_t g;

	if (glob(FOLDER "/*", 0, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++)
		unlink(g.gl_pathv[i]);
	globfree(&g);
}

static void synced_records_return(void **state)
{
	struct journal *j = journal_open();
	struct seen s = { 0 };
	struct err e;
	bool torn;

	(void)state;
	remove_files();
	assert_int_equal(journal_sync(j, &e), 0);
	assert_true(journal_append(j, SPAN("one")));
	assert_true(journal_append(j, SPAN("")));
	assert_int_equal(journal_sync(j, &e), 0);
	assert_true(journal_append(j, SPAN("th\0ree")));
	journal_close(&j);
	assert_null(j);
	assert_int_equal(read_file(file(0), &s, &torn), 0);
	assert_false(torn);
	assert_int_equal(s.n, 3);
	assert_true(span_eq(buf_bytes(&s.all), SPAN("one||th\0ree|")));
	s = (struct seen){ .stop_at = 2, .all = { .p = s.all.p,
		.cap = s.all.cap } };
	assert_int_equal(read_file(file(0), &s, &torn), 0);
	assert_int_equal(s.n, 2);
	buf_free(&s.all);
}

static void torn_end_costs_one_record(void **state)
{
	struct journal *j = journal_open();
	struct buf whole = { 0 };
	struct stat st;
	struct err e;

	(void)state;
	remove_files();
	journal_append(j, SPAN("first"));
	journal_append(j, SPAN("second"));
	journal_close(&j);
	assert_int_equal(io_slurp(file(0), 1000, &whole, &e), 0);
	assert_int_equal(whole.n, 8 + 5 + 8 + 6);
	for (size_t n = whole.n - 1; n > 0; n--) {
		struct seen s = { 0 };
		bool torn;

		assert_int_equal(truncate(file(0), (off_t)n), 0);
		assert_int_equal(read_file(file(0), &s, &torn), 0);
		assert_int_equal(s.n, n >= 13);
		assert_int_equal(torn, n != 13);
		buf_free(&s.all);
	}
	for (size_t n = 0; n < whole.n; n++) {
		struct seen s = { 0 };
		bool torn;

		whole.p[n] ^= 0x40;
		assert_int_equal(io_replace_file(file(0), 0640,
			buf_bytes(&whole), &e), 0);
		assert_int_equal(read_file(file(0), &s, &torn), 0);
		assert_true(torn);
		assert_int_equal(s.n, n >= 13);
		whole.p[n] ^= 0x40;
		buf_free(&s.all);
	}
	/* A second life does not write behind a torn end. */
	j = journal_open();
	journal_append(j, SPAN("third"));
	journal_close(&j);
	assert_int_equal(stat(file(1), &st), 0);
	assert_int_equal(st.st_size, 13);
	buf_free(&whole);
}

static void *append_many(void *j)
{
	for (int i = 0; i < EACH; i++)
		if (!journal_append(j, SPAN("record")))
			abort();
	return NULL;
}

static void threads_append_while_one_syncs(void **state)
{
	struct journal *j = journal_open();
	pthread_t t[THREADS];
	struct seen s = { 0 };
	struct err e;
	bool torn;

	(void)state;
	remove_files();
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, append_many, j),
			0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(journal_sync(j, &e), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	journal_close(&j);
	assert_int_equal(read_file(file(0), &s, &torn), 0);
	assert_int_equal(s.n, THREADS * EACH);
	buf_free(&s.all);
}

static void trouble_keeps_what_was_appended(void **state)
{
	struct journal *j = journal_open();
	struct seen s = { 0 };
	struct err e;
	bool torn;

	(void)state;
	remove_files();
	assert_int_equal(rename(FOLDER, "away"), 0);
	assert_true(journal_append(j, SPAN("kept")));
	assert_int_equal(journal_sync(j, &e), -1);
	assert_int_equal(e.class, ERR_TEMPORARY);
	assert_true(journal_append(j, SPAN("later")));
	assert_int_equal(journal_sync(j, &e), -1);
	assert_int_equal(rename("away", FOLDER), 0);
	assert_int_equal(journal_sync(j, &e), 0);
	journal_close(&j);
	assert_int_equal(read_file(file(0), &s, &torn), 0);
	assert_true(span_eq(buf_bytes(&s.all), SPAN("kept|later|")));
	buf_free(&s.all);
}

/* Nobody synced, nobody closed: it is there all the same. */
static void records_outlive_the_process(void **state)
{
	struct seen s = { 0 };
	int status;
	pid_t pid;
	bool torn;

	(void)state;
	remove_files();
	pid = fork();
	if (pid == 0) {
		struct journal *j = journal_open();

		journal_append(j, SPAN("last"));
		journal_append(j, SPAN("words"));
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(read_file(file(0), &s, &torn), 0);
	assert_true(span_eq(buf_bytes(&s.all), SPAN("last|words|")));
	buf_free(&s.all);
}

/* A reader goes on where it was; complete is what its writer has left. */
static void reading_follows_writing(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct journal *j = journal_open();
	struct journal_reader *r;
	enum journal_step step;
	struct span record;
	const char **names;
	struct err e;
	size_t n;

	(void)state;
	remove_files();
	journal_append(j, SPAN("one"));
	r = journal_read_from(file(0), 0, &e);
	assert_int_equal(journal_read_next(r, &step, &record, &e), 0);
	assert_int_equal(step, JOURNAL_RECORD);
	assert_int_equal(journal_read_next(r, &step, &record, &e), 0);
	assert_int_equal(step, JOURNAL_END);
	assert_int_equal(journal_read_at(r), 11);
	assert_false(journal_read_complete(r));
	journal_append(j, SPAN("two"));
	journal_close(&j);
	assert_false(journal_read_complete(r));
	journal_read_end(&r);
	r = journal_read_from(file(0), 11, &e);
	assert_int_equal(journal_read_next(r, &step, &record, &e), 0);
	assert_int_equal(step, JOURNAL_RECORD);
	assert_true(span_is(record, "two"));
	assert_true(journal_read_complete(r));
	assert_int_equal(journal_read_at(r), 22);
	journal_read_end(&r);
	/* A place behind the end is of another file: from the start. */
	r = journal_read_from(file(0), 23, &e);
	assert_int_equal(journal_read_at(r), 0);
	journal_read_end(&r);
	assert_null(journal_read_from(FOLDER "/20261122.99", 0, &e));
	assert_int_equal(e.class, ERR_PERMANENT);
	assert_int_equal(journal_files(a, &names, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_string_equal(names[0] + 8, ".1");
	arena_free(&a);
}

static void full_buffer_says_so(void **state)
{
	struct journal *j = journal_open();
	unsigned char *big = calloc(1, JOURNAL_RECORD_MAX + 1);
	struct err e;
	int n = 0;

	(void)state;
	remove_files();
	assert_false(journal_append(j, span_from(big,
		JOURNAL_RECORD_MAX + 1)));
	while (n < 100 && journal_append(j, span_from(big,
		JOURNAL_RECORD_MAX)))
		n++;
	assert_int_equal(n, JOURNAL_BUFFER_MAX / JOURNAL_RECORD_MAX - 1);
	assert_int_equal(journal_sync(j, &e), 0);
	assert_true(journal_append(j, SPAN("again")));
	journal_close(&j);
	remove_files();
	free(big);
}

static int make_root(void **state)
{
	static char root[] = "/tmp/pm-journal-XXXXXX";
	struct err e;

	*state = mkdtemp(root);
	return *state == NULL || chdir(root) < 0 ||
	       io_mkdirs(FOLDER, 0755, &e) < 0;
}

static int remove_root(void **state)
{
	remove_files();
	return rmdir(FOLDER) < 0 || rmdir(ROOT_SPOOL) < 0 ||
	       rmdir(ROOT_STATE) < 0 || rmdir("var/lib") < 0 ||
	       rmdir("var") < 0 || rmdir(*state) < 0;
}

static void put_file(const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

static bool is_there(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	return access(path, F_OK) == 0;
}

/* The journal alone must not fill the disk. */
static void old_files_go(void **state)
{
	struct journal *j = journal_open();
	struct err e;

	(void)state;
	remove_files();
	put_file("20200101.1");
	put_file("20990101.1");
	put_file("2020010.1");
	put_file("notes");
	assert_true(journal_append(j, SPAN("one")));
	assert_int_equal(journal_sync(j, &e), 0);
	assert_false(is_there("20200101.1"));
	assert_true(is_there("20990101.1"));
	assert_true(is_there("2020010.1"));
	assert_true(is_there("notes"));
	journal_close(&j);
	remove_files();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(synced_records_return),
		cmocka_unit_test(torn_end_costs_one_record),
		cmocka_unit_test(threads_append_while_one_syncs),
		cmocka_unit_test(trouble_keeps_what_was_appended),
		cmocka_unit_test(records_outlive_the_process),
		cmocka_unit_test(reading_follows_writing),
		cmocka_unit_test(full_buffer_says_so),
		cmocka_unit_test(old_files_go),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
