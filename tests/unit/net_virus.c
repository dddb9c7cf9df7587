/*
 * What two virus engines say together, one needed and one optional; an
 * engine that is gone; answers that are known already.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "net/virus.h"

enum { PATIENCE_MS = 3000, LATE_MS = 700 };

/* Two clamds: "a" and "b". What they say stands in the content: "a:found". */
struct fake {
	char letter;
	int listener;
	pid_t pid;
	char where[32];
};

static struct fake fakes[2] = { { .letter = 'a' }, { .letter = 'b' } };

static bool told(const struct fake *f, const char *p, size_t n,
	const char *what)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%c:%s", f->letter, what);

	return memmem(p, n, text, (size_t)size) != NULL;
}

static void say(int fd, const char *text)
{
	send(fd, text, strlen(text) + 1, MSG_NOSIGNAL);
}

static void serve_one(const struct fake *f, int fd)
{
	char p[4096];
	size_t n = 0;
	ssize_t got = 1;

	while (got > 0 && n < sizeof(p) - 1) {
		got = recv(fd, p + n, sizeof(p) - n, 0);
		n += got > 0 ? (size_t)got : 0;
		if (n == 9 && memcmp(p, "zVERSION", 9) == 0) {
			say(fd, "ClamAV 1/1/Mon");
			return;
		}
		if (n > 13 && memcmp(p + n - 4, "\0\0\0\0", 4) == 0)
			break;
	}
	if (told(f, p, n, "late"))
		clock_sleep_ms(LATE_MS);
	if (told(f, p, n, "found"))
		say(fd, f->letter == 'a' ? "stream: In-A FOUND" :
			"stream: In-B FOUND");
	else if (told(f, p, n, "unable"))
		say(fd, "too big ERROR");
	else if (!told(f, p, n, "gone"))
		say(fd, "stream: OK");
}

static void serve(const struct fake *f)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(f->listener, NULL, NULL);

		if (fork() == 0) {
			serve_one(f, fd);
			_exit(0);
		}
		close(fd);
	}
}

static int start(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in in = { .sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t n = sizeof(in);
		struct fake *f = &fakes[i];

		f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(f->listener, (struct sockaddr *)&in, n),
			0);
		assert_int_equal(getsockname(f->listener,
			(struct sockaddr *)&in, &n), 0);
		assert_int_equal(listen(f->listener, 64), 0);
		snprintf(f->where, sizeof(f->where), "inet:127.0.0.1:%u",
			ntohs(in.sin_port));
		f->pid = fork();
		if (f->pid == 0)
			serve(f);
		close(f->listener);
	}
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		kill(fakes[i].pid, SIGKILL);
		waitpid(fakes[i].pid, NULL, 0);
	}
	return 0;
}

static int sealed(const char *content)
{
	int fd = memfd_create("content", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	assert_int_equal(io_write_all(fd, span_of(content)), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
		F_SEAL_SHRINK | F_SEAL_SEAL), 0);
	return fd;
}

/* The next answer; false: none within the time. */
static bool wait_answer(struct virus_engines *v, int ms, void **context,
	struct virus_answer *a)
{
	int64_t end = clock_ms() + ms;

	while (!virus_engines_next(v, context, a)) {
		struct pollfd p = { virus_engines_fd(v), POLLIN, 0 };

		if (clock_left_ms(end) == 0)
			return false;
		poll(&p, 1, (int)clock_left_ms(end));
	}
	return true;
}

static struct virus_answer scan(struct virus_engines *v, const char *content)
{
	struct virus_answer a;
	char mark;
	void *context = NULL;

	virus_engines_scan(v, sealed(content), clock_ms() + PATIENCE_MS,
		&mark);
	assert_true(wait_answer(v, 2 * PATIENCE_MS, &context, &a));
	assert_ptr_equal(context, &mark);
	return a;
}

static struct virus_engines *make(bool spare_a, bool spare_b)
{
	struct virus_set set = { .n = 2, .engines = {
		{ .where = fakes[0].where, .spare = spare_a },
		{ .where = fakes[1].where, .spare = spare_b } } };
	struct virus_engines *v;
	struct err e;

	v = virus_engines_new(&set, &e);
	assert_non_null(v);
	return v;
}

static void together(void **state)
{
	static const struct {
		bool spare_a, spare_b;
		const char *content;
		enum virus_says says;
		const char *text;
	} rows[] = {
		{ false, false, "1", VIRUS_SAYS_CLEAN, "" },
		{ false, false, "2 a:found", VIRUS_SAYS_FOUND, "In-A" },
		{ false, false, "3 b:found", VIRUS_SAYS_FOUND, "In-B" },
		{ false, false, "4 a:gone b:found", VIRUS_SAYS_FOUND, "In-B" },
		{ false, false, "5 a:unable", VIRUS_SAYS_UNABLE,
			"too big ERROR" },
		{ false, false, "6 a:unable b:gone", VIRUS_SAYS_LATER,
			"clamd: garbled answer" },
		{ false, false, "7 b:gone", VIRUS_SAYS_LATER,
			"clamd: garbled answer" },
		{ false, true, "8 b:gone", VIRUS_SAYS_CLEAN, "" },
		{ false, true, "9 b:gone a:unable", VIRUS_SAYS_UNABLE,
			"too big ERROR" },
		{ true, false, "10 a:gone", VIRUS_SAYS_CLEAN, "" },
		{ true, false, "11 b:gone", VIRUS_SAYS_LATER,
			"clamd: garbled answer" },
		{ false, true, "12 b:found", VIRUS_SAYS_FOUND, "In-B" },
		/* Nothing is clean because all are silent. */
		{ true, true, "13 a:gone b:gone", VIRUS_SAYS_LATER,
			"clamd: garbled answer" },
		{ true, true, "14 a:gone", VIRUS_SAYS_CLEAN, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct virus_engines *v = make(rows[i].spare_a,
			rows[i].spare_b);
		struct virus_answer a = scan(v, rows[i].content);

		assert_string_equal(a.text, rows[i].text);
		assert_int_equal(a.says, rows[i].says);
		virus_engines_free(&v);
	}
}

/* Who finds something first has the word; the late one changes nothing. */
static void found_does_not_wait(void **state)
{
	struct virus_engines *v = make(false, false);
	int64_t began = clock_ms();
	struct virus_answer a;
	void *context;

	(void)state;
	a = scan(v, "a:found b:late");
	assert_int_equal(a.says, VIRUS_SAYS_FOUND);
	assert_true(clock_ms() - began < LATE_MS);
	assert_false(wait_answer(v, LATE_MS + 200, &context, &a));
	a = scan(v, "x b:late");
	assert_int_equal(a.says, VIRUS_SAYS_CLEAN);
	assert_true(clock_ms() - began > 2 * LATE_MS);
	virus_engines_free(&v);
}

/* Copies of one message are scanned once. */
static void known_content_is_not_scanned(void **state)
{
	struct virus_engines *v = make(false, false);
	char note[VIRUS_NOTE_SIZE];
	int64_t began;

	(void)state;
	scan(v, "To: a\nSubject: b:late\n\n.");
	began = clock_ms();
	assert_int_equal(scan(v, "To: c\nSubject: b:late\n\n.").says,
		VIRUS_SAYS_CLEAN);
	assert_true(clock_ms() - began < LATE_MS);
	virus_engines_note(v, note);
	assert_string_equal(note, "4 virus scans, 2 of them of content known "
		"already");
	virus_engines_free(&v);
}

/* One that is gone is not asked again and again; it is told, once. */
static void gone_engine_rests(void **state)
{
	struct virus_set set = { .n = 2, .engines = {
		{ .where = fakes[0].where },
		{ .where = "unix:/nonexistent/socket", .spare = true } } };
	struct virus_answer a;
	struct virus_engines *v;
	char trouble[512];
	void *context;
	struct err e;

	(void)state;
	v = virus_engines_new(&set, &e);
	assert_true(virus_engines_probe(v, clock_ms()) > 0);
	assert_false(wait_answer(v, 200, &context, &a));
	assert_true(virus_engines_trouble(v, trouble, sizeof(trouble)));
	assert_non_null(strstr(trouble, "virus engine unix:/nonexistent/socket"
		" does not answer ("));
	assert_non_null(strstr(trouble, "): mail is judged without it"));
	assert_false(virus_engines_trouble(v, trouble, sizeof(trouble)));
	a = scan(v, "z");
	assert_int_equal(a.says, VIRUS_SAYS_CLEAN);
	virus_engines_probe(v, clock_ms());
	assert_false(wait_answer(v, 200, &context, &a));
	assert_in_range(virus_engines_probe(v, clock_ms()), 1, 2000);
	virus_engines_free(&v);
}

/* One that takes connections and says nothing: nobody waits for it twice. */
static void hanging_engine_rests(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(in);
	struct virus_engines *v;
	struct virus_answer a;
	struct virus_set set;
	char where[32];
	int64_t began;
	void *context;
	struct err e;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&in, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	assert_int_equal(listen(fd, 8), 0);
	snprintf(where, sizeof(where), "127.0.0.1:%u", ntohs(in.sin_port));
	set = virus_set_of(where);
	set.engines[0].rests_after_ms = 1000;
	v = virus_engines_new(&set, &e);
	virus_engines_probe(v, clock_ms());
	assert_false(wait_answer(v, 2500, &context, &a));
	began = clock_ms();
	for (int i = 0; i < 3; i++)
		assert_int_equal(scan(v, "z").says, VIRUS_SAYS_LATER);
	assert_true(clock_ms() - began < 500);
	virus_engines_free(&v);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together),
		cmocka_unit_test(found_does_not_wait),
		cmocka_unit_test(known_content_is_not_scanned),
		cmocka_unit_test(gone_engine_rests),
		cmocka_unit_test(hanging_engine_rests),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start, stop);
}
