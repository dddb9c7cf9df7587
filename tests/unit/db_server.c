/*
 * Connections to a real server: what ends, freezes or refuses them, and what
 * that means for calls and transactions. Without a server only what needs
 * none is tried.
 */
#include "db_test.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* Nobody there: said at once, and again without asking until the pause ends. */
static void test_refused(void **state)
{
	struct db *d = db_new("host=/nowhere", "pm", 5000);
	int64_t from = clock_ms();

	(void)state;
	refuse(d, "ready", NULL, 0, ERR_TEMPORARY, "database: connection to "
		"server on socket \"/nowhere/.s.PGSQL.5432\" failed: No such "
		"file or directory");
	refuse(d, "ready", NULL, 0, ERR_TEMPORARY, "No such file");
	assert_int_equal(db_fd(d), -1);
	assert_true(clock_ms() - from < 1000);
	db_free(&d);
}

static int64_t rows_of(struct db *d, int64_t n)
{
	struct db_value v = DB_OF_INT(n);

	return number(d, "try_count", &v, 1);
}

static int put(struct db *d, int64_t n, struct err *e)
{
	struct db_value v[] = { DB_OF_INT(n), DB_OF_TEXT(SPAN("")) };

	return db_call(d, "try_put", v, 2, NULL, e);
}

/* Asks until somebody answers, for at most ten seconds. */
static void wait_ready(struct db *d)
{
	int64_t until = clock_ms() + 10000;
	struct err e;

	while (db_ready(d, &e) < 0) {
		assert_int_equal(e.class, ERR_TEMPORARY);
		if (clock_ms() > until)
			fail_msg("not back in time: %s", e.text);
		clock_sleep_ms(20);
	}
}

/* Another process sends the signal in a moment. */
static pid_t signal_soon(pid_t pid, int signal, int64_t ms)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	clock_sleep_ms(ms);
	kill(pid, signal);
	_exit(0);
}

static void test_settings(void **state)
{
	static const struct {
		struct span name, value;
	} rows[] = {
		{ SPAN("search_path"), SPAN("pm,public") },
		{ SPAN("statement_timeout"), SPAN("4500ms") },
		{ SPAN("client_encoding"), SPAN("UTF8") },
		{ SPAN("application_name"), SPAN("pm") },
		{ SPAN("timezone"), SPAN("UTC") },
		{ SPAN("client_connection_check_interval"), SPAN("1s") },
	};
	struct db *d = fresh(5000);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct db_value v = DB_OF_TEXT(rows[i].name);
		struct db_rows *r = call(d, "setting", &v, 1);

		assert_true(span_eq(db_span(r, 0, 0), rows[i].value));
		db_rows_free(&r);
	}
	db_free(&d);
}

/* The connection string has the last word about the user. */
static void test_login(void **state)
{
	char named[512];
	struct db *d;

	(void)state;
	snprintf(named, sizeof(named), "%s user=pm", server());
	d = db_new(named, "nobody_at_all", 5000);
	assert_int_equal(db_ready(d, NULL), 0);
	db_free(&d);
	d = db_new(server(), "nobody_at_all", 5000);
	refuse(d, "ready", NULL, 0, ERR_TEMPORARY,
		"role \"nobody_at_all\" does not exist");
	db_free(&d);
	d = db_new(server(), "somebody", 5000);
	refuse(d, "forbidden", NULL, 0, ERR_BUG, "permission denied");
	db_free(&d);
}

static void test_bugs(void **state)
{
	struct db_value many[65] = { 0 };
	struct db *d = fresh(5000);

	(void)state;
	refuse(d, "nothing_like_it", NULL, 0, ERR_BUG,
		"database: no statement nothing_like_it in sql/query");
	refuse(d, "wrong", NULL, 0, ERR_BUG, "database: wrong: relation "
		"\"nowhere\" does not exist (42P01)");
	refuse(d, "sleep", NULL, 0, ERR_BUG, "sleep: ");
	refuse(d, "ready", many, 65, ERR_BUG, "65 parameters, at most 64");
	assert_int_equal(db_ready(d, NULL), 0);
	db_free(&d);
}

/* Nobody copies here; the next call is none the worse. */
static void test_copy(void **state)
{
	struct db *d = fresh(1000);
	struct err e;

	(void)state;
	assert_int_equal(db_call(d, "copy", NULL, 0, NULL, &e), -1);
	wait_ready(d);
	db_free(&d);
}

/* Values that will never do; the connection is as good as before. */
static void test_permanent(void **state)
{
	static const int64_t wide[] = { INT64_C(1) << 40 };
	struct db_value v[] = { DB_OF_INTS(wide, 1) };
	struct db *d = fresh(5000);
	pid_t pid = backend(d);
	struct err e;

	(void)state;
	assert_int_equal(put(d, 1, &e), 0);
	assert_int_equal(put(d, 1, &e), -1);
	assert_int_equal(e.class, ERR_PERMANENT);
	assert_string_equal(e.text, "database: try_put: duplicate key value "
		"violates unique constraint \"try_pkey\" (23505)");
	refuse(d, "try_many", v, 1, ERR_PERMANENT, "out of range (22003)");
	refuse(d, "raise", NULL, 0, ERR_PERMANENT, "no (P0001)");
	assert_int_equal(backend(d), pid);
	db_free(&d);
}

/* The server's own time limit: the connection stays. */
static void test_too_long(void **state)
{
	struct db_value v = { DB_REAL, { .real = 30 }, 0 };
	struct db *d = fresh(500);
	pid_t pid = backend(d);
	int64_t from = clock_ms();

	(void)state;
	refuse(d, "sleep", &v, 1, ERR_TEMPORARY, "statement timeout (57014)");
	assert_in_range(clock_ms() - from, 400, 1500);
	assert_int_equal(backend(d), pid);
	db_free(&d);
}

static void test_locked(void **state)
{
	struct db_value v = DB_OF_INT(2);
	struct db *a = fresh(2000), *b = fresh(2000);

	(void)state;
	assert_int_equal(put(a, 2, NULL), 0);
	assert_int_equal(db_begin(a, NULL), 0);
	assert_int_equal(db_call(a, "try_lock", &v, 1, NULL, NULL), 0);
	refuse(b, "try_lock", &v, 1, ERR_TEMPORARY, "(55P03)");
	db_rollback(a);
	assert_int_equal(db_call(b, "try_lock", &v, 1, NULL, NULL), 0);
	db_free(&a);
	db_free(&b);
}

/* A server in trouble is left alone for a moment. */
static void test_disk_full(void **state)
{
	struct db *d = fresh(2000);
	pid_t pid = backend(d);

	(void)state;
	refuse(d, "fill", NULL, 0, ERR_TEMPORARY, "disk (53100)");
	assert_int_equal(db_fd(d), -1);
	refuse(d, "ready", NULL, 0, ERR_TEMPORARY, "disk (53100)");
	clock_sleep_ms(120);
	assert_true(backend(d) != pid);
	db_free(&d);
}

/* Frozen in the middle: our own deadline holds. */
static void test_frozen(void **state)
{
	struct db *d = fresh(600);
	pid_t pid = backend(d);
	int64_t from;

	(void)state;
	kill(pid, SIGSTOP);
	from = clock_ms();
	refuse(d, "ready", NULL, 0, ERR_TEMPORARY,
		"database: ready: no answer within 600 ms");
	assert_in_range(clock_ms() - from, 550, 1800);
	assert_int_equal(db_fd(d), -1);
	kill(pid, SIGCONT);
	wait_ready(d);
	assert_true(backend(d) != pid);
	db_free(&d);
}

/* Listens as a server would, and never answers. */
static int deaf_server(char folder[])
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_non_null(mkdtemp(folder));
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/.s.PGSQL.5432",
		folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(fd, 50), 0);
	return fd;
}

/* How many came? */
static unsigned visits(int server_fd)
{
	unsigned n = 0;
	int fd;

	while ((fd = accept(server_fd, NULL, NULL)) >= 0) {
		close(fd);
		n++;
	}
	return n;
}

/*
 * 50 ms for an answer, then pauses of 100, 200, 400 ms: attempts begin at 0,
 * 150, 400, 850, 1700 ms, however often we are asked.
 */
static void test_back_off(void **state)
{
	char folder[] = "/tmp/db_server-XXXXXX", conninfo[64], path[64];
	int fd = deaf_server(folder);
	int64_t from = clock_ms();
	struct db *d;

	(void)state;
	snprintf(conninfo, sizeof(conninfo), "host=%s", folder);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", folder);
	d = db_new(conninfo, "pm", 50);
	while (clock_ms() - from < 1300) {
		refuse(d, "ready", NULL, 0, ERR_TEMPORARY, "database: no "
			"answer to a new connection within 50 ms");
		clock_sleep_ms(5);
	}
	assert_in_range(visits(fd), 3, 4);
	db_free(&d);
	close(fd);
	unlink(path);
	rmdir(folder);
}

/* Ended while nobody asked: the next question does not notice. */
static void test_restart_between(void **state)
{
	struct db *d = fresh(2000);
	pid_t pid = backend(d);

	(void)state;
	kill(pid, SIGTERM);
	while (kill(pid, 0) == 0)
		clock_sleep_ms(10);
	assert_true(backend(d) != pid);
	db_free(&d);
}

/* Ended in the middle of a call. */
static void test_ended(void **state)
{
	struct db_value v = { DB_REAL, { .real = 30 }, 0 };
	struct db *d = fresh(60000);
	pid_t child;

	(void)state;
	refuse(d, "leave", NULL, 0, ERR_TEMPORARY, "database: leave: "
		"connection lost: FATAL:  terminating connection due to "
		"administrator command");
	wait_ready(d);
	child = signal_soon(backend(d), SIGTERM, 150);
	refuse(d, "sleep", &v, 1, ERR_TEMPORARY, "connection lost: FATAL:");
	waitpid(child, NULL, 0);
	wait_ready(d);
	db_free(&d);
}

/* Killed: the whole server restarts, and everybody's connection is gone. */
static void test_killed(void **state)
{
	struct db_value v = { DB_REAL, { .real = 30 }, 0 };
	struct db *d = fresh(60000), *other = fresh(5000);
	pid_t child;

	(void)state;
	assert_int_equal(db_ready(other, NULL), 0);
	child = signal_soon(backend(d), SIGKILL, 150);
	refuse(d, "sleep", &v, 1, ERR_TEMPORARY, "connection lost: server "
		"closed the connection unexpectedly; This probably means");
	waitpid(child, NULL, 0);
	wait_ready(d);
	wait_ready(other);
	db_free(&d);
	db_free(&other);
}

static void test_transaction(void **state)
{
	struct db *d = fresh(2000), *other = fresh(2000);
	struct err e;

	(void)state;
	assert_int_equal(db_begin(d, NULL), 0);
	assert_int_equal(db_begin(d, &e), -1);
	assert_int_equal(e.class, ERR_BUG);
	assert_int_equal(put(d, 10, NULL), 0);
	assert_int_equal(rows_of(other, 10), 0);
	assert_int_equal(db_commit(d, NULL), 0);
	assert_int_equal(rows_of(other, 10), 1);
	assert_int_equal(db_commit(d, &e), -1);
	assert_int_equal(e.class, ERR_BUG);
	assert_int_equal(db_begin(d, NULL), 0);
	assert_int_equal(put(d, 11, NULL), 0);
	db_rollback(d);
	db_rollback(d);
	assert_int_equal(rows_of(d, 11), 0);
	db_free(&d);
	db_free(&other);
}

/* One failed call: all that follow fail with it, the commit, too. */
static void test_failed_transaction(void **state)
{
	struct db *d = fresh(2000);
	pid_t pid = backend(d);
	struct err e, again;

	(void)state;
	put(d, 1, NULL);
	assert_int_equal(db_begin(d, NULL), 0);
	assert_int_equal(put(d, 20, NULL), 0);
	assert_int_equal(put(d, 1, &e), -1);
	assert_int_equal(e.class, ERR_PERMANENT);
	assert_int_equal(put(d, 21, &again), -1);
	assert_string_equal(again.text, e.text);
	assert_int_equal(db_commit(d, &again), -1);
	assert_string_equal(again.text, e.text);
	assert_int_equal(again.class, ERR_PERMANENT);
	assert_int_equal(rows_of(d, 20), 0);
	assert_int_equal(rows_of(d, 21), 0);
	assert_int_equal(backend(d), pid);
	/* The next transaction is not to blame. */
	assert_int_equal(db_begin(d, NULL), 0);
	assert_int_equal(put(d, 22, NULL), 0);
	assert_int_equal(db_commit(d, NULL), 0);
	assert_int_equal(rows_of(d, 22), 1);
	db_free(&d);
}

/* A transaction does not go on in another connection. */
static void test_transaction_cut(void **state)
{
	struct db *d = fresh(2000);
	struct err e;

	(void)state;
	assert_int_equal(db_begin(d, NULL), 0);
	assert_int_equal(put(d, 30, NULL), 0);
	kill(backend(d), SIGTERM);
	clock_sleep_ms(200);
	assert_int_equal(put(d, 31, &e), -1);
	assert_int_equal(e.class, ERR_TEMPORARY);
	assert_string_equal(e.text, "database: connection lost in the middle "
		"of a transaction");
	assert_int_equal(put(d, 32, &e), -1);
	assert_int_equal(db_commit(d, &e), -1);
	assert_int_equal(e.class, ERR_TEMPORARY);
	wait_ready(d);
	for (int64_t n = 30; n <= 32; n++)
		assert_int_equal(rows_of(d, n), 0);
	db_free(&d);
}

static void confirm(struct db *d, bool needed)
{
	static const char *names[] = { "nobody_need_confirm",
		"nobody_confirms" };

	db_rows_free(&(struct db_rows *){ call(d, names[needed], NULL, 0) });
	db_rows_free(&(struct db_rows *){ call(d, "reload", NULL, 0) });
	clock_sleep_ms(200);
}

/*
 * Rule 1: the server answers a commit that waits for its standby and is
 * stopped by "done" and then by an error or a warning. Neither is success.
 */
static void test_doubt(void **state)
{
	struct db *d = fresh(1000), *other = fresh(10000);
	struct err e;
	pid_t child;

	(void)state;
	confirm(other, true);
	assert_int_equal(db_begin(d, NULL), 0);
	assert_int_equal(put(d, 40, NULL), 0);
	assert_int_equal(db_commit(d, &e), -1);
	assert_int_equal(e.class, ERR_TEMPORARY);
	wait_ready(d);
	child = signal_soon(backend(d), SIGTERM, 300);
	assert_int_equal(put(d, 41, &e), -1);
	assert_int_equal(e.class, ERR_TEMPORARY);
	waitpid(child, NULL, 0);
	wait_ready(d);
	child = signal_soon(backend(d), SIGINT, 300);
	assert_int_equal(put(d, 42, &e), -1);
	assert_int_equal(e.class, ERR_TEMPORARY);
	assert_string_equal(e.text, "database: try_put: no standby has "
		"confirmed it in time");
	waitpid(child, NULL, 0);
	confirm(other, false);
	wait_ready(d);
	/* All of them are there: that is what "in doubt" means. */
	for (int64_t n = 40; n <= 42; n++)
		assert_int_equal(rows_of(other, n), 1);
	assert_int_equal(put(d, 43, NULL), 0);
	db_free(&d);
	db_free(&other);
}

/* What was prepared is out of date: once temporary, then right. */
static void test_outdated(void **state)
{
	struct db *d = fresh(2000), *other = fresh(2000);
	struct db_rows *r = call(d, "try_star", NULL, 0);

	(void)state;
	assert_int_equal(db_columns(r), 2);
	db_rows_free(&r);
	assert_int_equal(db_call(other, "try_widen", NULL, 0, NULL, NULL), 0);
	refuse(d, "try_star", NULL, 0, ERR_TEMPORARY, "cached plan");
	r = call(d, "try_star", NULL, 0);
	assert_int_equal(db_columns(r), 3);
	db_rows_free(&r);
	db_free(&d);
	db_free(&other);
}

/* Does a notice come within a second? */
static bool hears(struct db *d)
{
	struct pollfd p = { db_fd(d), POLLIN, 0 };

	poll(&p, 1, 1000);
	return db_heard(d);
}

static void test_listen(void **state)
{
	struct db *d = fresh(2000), *other = fresh(2000);
	struct err e;

	(void)state;
	assert_int_equal(db_listen(d, "job", NULL), 0);
	assert_int_equal(db_listen(d, "other", NULL), 0);
	assert_int_equal(db_listen(d, "nobody", &e), -1);
	assert_int_equal(e.class, ERR_BUG);
	db_free(&d);

	d = fresh(2000);
	assert_int_equal(db_listen(d, "job", NULL), 0);
	assert_true(db_heard(d)); /* a new connection */
	assert_false(db_heard(d));
	assert_int_equal(db_notify(other, "job", NULL), 0);
	assert_true(hears(d));
	assert_false(db_heard(d));
	assert_int_equal(db_notify(other, "other", NULL), 0);
	assert_int_equal(db_begin(other, NULL), 0);
	assert_int_equal(db_notify(other, "job", NULL), 0);
	clock_sleep_ms(100);
	assert_false(db_heard(d)); /* at commit, not before */
	assert_int_equal(db_commit(other, NULL), 0);
	assert_true(hears(d));

	/* Cut off: it does not spin, and hears again afterwards. */
	kill(backend(d), SIGTERM);
	clock_sleep_ms(200);
	db_heard(d);
	assert_int_equal(db_fd(d), -1);
	assert_int_equal(db_ready(d, NULL), 0);
	assert_true(db_heard(d));
	assert_int_equal(db_notify(other, "job", NULL), 0);
	assert_true(hears(d));
	db_free(&d);
	db_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_bugs),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_permanent),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_restart_between),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_transaction),
		cmocka_unit_test(test_failed_transaction),
		cmocka_unit_test(test_transaction_cut),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_outdated),
		cmocka_unit_test(test_listen),
	};

	const struct CMUnitTest alone[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_back_off),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (server() == NULL)
		return cmocka_run_group_tests(alone, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
