/*
 * net/smtp.c against a server of our own that plays a script: what it says,
 * and what it must have heard.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "net/smtp.h"

enum { TIMEOUT = 300 };

static struct span heard;
static struct buf heard_buf;
static struct smtp_result all, each[8];

/* Plays the server: says a line, hears one, and so on. */
static void play(int listener, const char *const *script, int record)
{
	int fd = accept(listener, NULL, NULL);
	FILE *f = fdopen(fd, "r+");
	bool content = false;
	char line[4096];

	setvbuf(f, NULL, _IONBF, 0);
	for (; *script; script++) {
		(void)!write(fd, *script, span_of(*script).n);
		do {
			if (fgets(line, sizeof(line), f) == NULL)
				return;
			(void)!write(record, line, span_of(line).n);
		} while (content && strcmp(line, ".\r\n") != 0);
		content = strncmp(line, "DATA", 4) == 0;
	}
}

/* Sends one message to a server with this script. */
static void converse(const char *const *script, const char *from,
	const struct span *rcpts, size_t nrcpts, struct span body)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), record[2];
	socklen_t n = sizeof(in);
	char where[32];
	pid_t pid;

	assert_int_equal(bind(fd, (struct sockaddr *)&in, n), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	assert_int_equal(pipe(record), 0);
	snprintf(where, sizeof(where), "127.0.0.1:%u", ntohs(in.sin_port));
	pid = fork();
	if (pid == 0) {
		close(record[0]);
		alarm(10);
		play(fd, script, record[1]);
		_exit(0);
	}
	close(record[1]);
	close(fd);
	smtp_send(where, "mx1", span_of(from), rcpts, nrcpts, body, TIMEOUT,
		each, &all);
	/* It ends with the connection: it has heard everything then. */
	waitpid(pid, NULL, 0);
	heard_buf.n = 0;
	assert_int_equal(io_slurp_fd(record[0], "record", 1 << 20, &heard_buf,
		NULL), 0);
	close(record[0]);
	heard = buf_bytes(&heard_buf);
}

static const struct span one[] = { { (const unsigned char *)"a@x", 3 } };
static const struct span three[] = { { (const unsigned char *)"a@x", 3 },
	{ (const unsigned char *)"b@x", 3 },
	{ (const unsigned char *)"c@x", 3 } };

static const char *const good[] = { "220-hello\r\n220 there\r\n",
	"250-me\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n", "250 2.1.0 ok\r\n",
	"250 2.1.5 ok\r\n", "354 go\r\n", "250 2.0.0 queued\r\n",
	"221 bye\r\n", NULL };

static void assert_heard(const char *what)
{
	if (!span_is(heard, what))
		fail_msg("heard:\n%.*s\nexpected:\n%s", SPAN_FMT(heard), what);
}

static void a_message_is_sent(void **state)
{
	(void)state;
	converse(good, "s@x", one, 1, SPAN("Subject: x\r\n\r\nhi\r\n"));
	assert_int_equal(all.outcome, SMTP_DONE);
	assert_int_equal(each[0].outcome, SMTP_DONE);
	assert_string_equal(all.reply, "250 2.0.0 queued");
	assert_heard("EHLO mx1\r\nMAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\n"
		"DATA\r\nSubject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n");
}

static void the_null_sender_is_sent(void **state)
{
	(void)state;
	converse(good, "", one, 1, SPAN("x\r\n"));
	assert_true(span_find(heard, SPAN("MAIL FROM:<>\r\n")) != SIZE_MAX);
}

/* Leading dots, bare LF, no end of the last line, an empty body. */
static void lines_become_smtp_lines(void **state)
{
	static const struct {
		struct span body;
		const char *sent;
	} cases[] = {
		{ SPAN(".\r\n..\r\n.a\r\nb.\r\n"),
			"..\r\n...\r\n..a\r\nb.\r\n.\r\n" },
		{ SPAN("a\nb\n.\nc"), "a\r\nb\r\n..\r\nc\r\n.\r\n" },
		{ SPAN("a\r\n\nb"), "a\r\n\r\nb\r\n.\r\n" },
		{ SPAN(""), ".\r\n" },
		{ SPAN("a\rb\r"), "a\rb\r\r\n.\r\n" },
		{ SPAN("a\r.\r\n"), "a\r.\r\n.\r\n" },
		{ SPAN("."), "..\r\n.\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t at;

		converse(good, "s@x", one, 1, cases[i].body);
		assert_int_equal(all.outcome, SMTP_DONE);
		at = span_find(heard, SPAN("DATA\r\n")) + 6;
		heard = span_sub(heard, at, heard.n - at - 6);
		assert_heard(cases[i].sent);
	}
}

static void eight_bits_are_announced_where_taken(void **state)
{
	static const char *const old[] = { "220 hi\r\n", "502 no\r\n",
		"250 me\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n",
		"250 done\r\n", "221 bye\r\n", NULL };

	(void)state;
	converse(good, "s\303\251@x", one, 1, SPAN("\303\251\r\n"));
	assert_true(span_find(heard, SPAN("MAIL FROM:<s\303\251@x> "
		"BODY=8BITMIME SMTPUTF8\r\n")) != SIZE_MAX);
	converse(old, "s@x", one, 1, SPAN("\303\251\r\n"));
	assert_int_equal(all.outcome, SMTP_DONE);
	assert_true(span_starts(heard, SPAN("EHLO mx1\r\nHELO mx1\r\n"
		"MAIL FROM:<s@x>\r\n")));
}

static void each_recipient_has_its_own_end(void **state)
{
	static const char *const mixed[] = { "220 hi\r\n", "250 me\r\n",
		"250 ok\r\n", "550 5.1.1 who\r\n", "250 ok\r\n",
		"451 4.7.1 later\r\n", "354 go\r\n", "250 queued\r\n",
		"221 bye\r\n", NULL };

	(void)state;
	converse(mixed, "s@x", three, 3, SPAN("x\r\n"));
	assert_int_equal(all.outcome, SMTP_DONE);
	assert_int_equal(each[0].outcome, SMTP_REFUSED);
	assert_string_equal(each[0].reply, "550 5.1.1 who");
	assert_int_equal(each[1].outcome, SMTP_DONE);
	assert_int_equal(each[2].outcome, SMTP_LATER);
}

static void all_refused_sends_no_content(void **state)
{
	static const char *const no[] = { "220 hi\r\n", "250 me\r\n",
		"250 ok\r\n", "550 no\r\n", "221 bye\r\n", NULL };

	(void)state;
	converse(no, "s@x", one, 1, SPAN("x\r\n"));
	assert_int_equal(all.outcome, SMTP_REFUSED);
	assert_int_equal(each[0].outcome, SMTP_REFUSED);
	assert_true(span_find(heard, SPAN("DATA")) == SIZE_MAX);
}

/* What is not a clear yes or a clear no to this message is "later". */
static void trouble_is_later(void **state)
{
	static const char *const scripts[][8] = {
		{ "554 no service\r\n", "221 bye\r\n" },
		{ "421 busy\r\n" },
		{ "hello\r\n" },
		{ "22" },
		{ "250 hi\r\n", "250 me\r\n", "354 what\r\n" },
		{ "220 hi\r\n", "250-me\r\n" },
		{ "220 hi\r\n", "250 me\r\n", "452 4.3.1 full\r\n" },
		{ "220 hi\r\n", "250 me\r\n", "250 ok\r\n", "250 ok\r\n",
			"250 what\r\n" },
		{ "220 hi\r\n", "250 me\r\n", "250 ok\r\n", "250 ok\r\n",
			"354 go\r\n", "451 4.3.0 later\r\n" },
		{ "220 hi\r\n", "250 me\r\n", "250 ok\r\n", "250 ok\r\n",
			"354 go\r\n", "354 go on\r\n" },
		{ "220 hi\r\n", "250 me\r\n", "250 ok\r\n", "250 ok\r\n",
			"354 go\r\n", "25" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		int64_t began = clock_ms();

		converse(scripts[i], "s@x", one, 1, SPAN("x\r\n"));
		if (all.outcome != SMTP_LATER || each[0].outcome != SMTP_LATER)
			fail_msg("script %zu: %d %d %s", i, all.outcome,
				each[0].outcome, all.reply);
		assert_true(*all.reply != 0);
		assert_true(clock_ms() - began < 2 * TIMEOUT + 300);
	}
}

static void refused_content_is_refused(void **state)
{
	static const char *const no[] = { "220 hi\r\n", "250 me\r\n",
		"250 ok\r\n", "250 ok\r\n", "354 go\r\n",
		"554 5.6.0 bad\001\r\n", "221 bye\r\n", NULL };

	(void)state;
	converse(no, "s@x", one, 1, SPAN("x\r\n"));
	assert_int_equal(all.outcome, SMTP_REFUSED);
	assert_string_equal(each[0].reply, "554 5.6.0 bad?");
}

/* No address can become a command. */
static void addresses_cannot_speak(void **state)
{
	const struct span evil[] = { SPAN("a@x>\r\nRCPT TO:<b@x") };

	(void)state;
	converse(good, "s@x", evil, 1, SPAN("x\r\n"));
	assert_int_equal(each[0].outcome, SMTP_REFUSED);
	assert_true(span_find(heard, SPAN("RCPT")) == SIZE_MAX);
	converse(good, "s@x\nQUIT", one, 1, SPAN("x\r\n"));
	assert_int_equal(all.outcome, SMTP_REFUSED);
	assert_true(span_find(heard, SPAN("MAIL")) == SIZE_MAX);
}

static void nobody_there_is_later(void **state)
{
	(void)state;
	smtp_send("127.0.0.1:1", "mx1", SPAN("s@x"), one, 1, SPAN("x"),
		TIMEOUT, each, &all);
	assert_int_equal(all.outcome, SMTP_LATER);
	assert_string_equal(each[0].reply,
		"127.0.0.1:1: cannot connect: Connection refused");
	smtp_send("127.0.0.1:1", "mx1", SPAN("s@x"), one, 0, SPAN("x"),
		TIMEOUT, NULL, &all);
	assert_int_equal(all.outcome, SMTP_REFUSED);
}

static int tear_down(void **state)
{
	(void)state;
	buf_free(&heard_buf);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_sent),
		cmocka_unit_test(the_null_sender_is_sent),
		cmocka_unit_test(lines_become_smtp_lines),
		cmocka_unit_test(eight_bits_are_announced_where_taken),
		cmocka_unit_test(each_recipient_has_its_own_end),
		cmocka_unit_test(all_refused_sends_no_content),
		cmocka_unit_test(trouble_is_later),
		cmocka_unit_test(refused_content_is_refused),
		cmocka_unit_test(addresses_cannot_speak),
		cmocka_unit_test(nobody_there_is_later),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
