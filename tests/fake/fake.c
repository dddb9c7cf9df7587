/*
 * A role that misbehaves on order, for the tests of pm supervise. It is an
 * applet like any other, in the table of fake/pm only. What a process does
 * is in PM_TEST_FAKE: words "PROCESS=BEHAVIOUR", default "good".
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "role/life.h"

extern const struct applet fake_applet, echo_applet, ghost_applet;

/* Serves until TERM; says what it hears. */
static int serve(void)
{
	struct pollfd p = { .fd = life_signals(), .events = POLLIN };
	char c;

	life_ready();
	for (;;) {
		if (poll(&p, 1, -1) <= 0 || read(p.fd, &c, 1) != 1)
			continue;
		if (c == 'T')
			return EXIT_DONE;
		log_info("heard %c", c);
	}
}

static int good(void)
{
	log_info("serving");
	return serve();
}

/* Dies at once, with last words. */
static int crash(void)
{
	log_error("the dog ate it");
	return EXIT_LATER;
}

/* Becomes ready, then aborts. */
static int ready_crash(void)
{
	life_ready();
	abort();
}

static int bad_config(void)
{
	log_error("fake.conf:3: colour: unknown key");
	return EXIT_USAGE;
}

/* Never says ready. */
static int mute(void)
{
	while (pause() < 0)
		;
	return 0;
}

/* Ready, but deaf to TERM. */
static int hang(void)
{
	signal(SIGTERM, SIG_IGN);
	life_ready();
	return mute();
}

/* Says numbered lines as fast as it can, until it is killed. */
static int chatty(void)
{
	life_ready();
	for (unsigned long i = 0;; i++) {
		char line[128];
		int n = snprintf(line, sizeof(line), "line %lu of pid %d "
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx end\n", i,
			getpid());

		if (write(STDERR_FILENO, line, (size_t)n) != n)
			return EXIT_LATER;
		if (i % 20 == 19)
			clock_sleep_ms(2);
	}
}

/* A long line, control bytes, and a last line without its newline. */
static int lines(void)
{
	static char text[20000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	io_write_all(STDERR_FILENO, span_from(text, sizeof(text)));
	io_write_all(STDERR_FILENO, SPAN("a\x1b[2J\r\0b\n"));
	io_write_all(STDERR_FILENO, SPAN("without an end"));
	kill(getpid(), SIGKILL);
	return 0;
}

static int degraded(void)
{
	life_degraded("the disk is slow: mail waits longer");
	return serve();
}

/* Leaves a grandchild behind in a session of its own, then is killed. */
static int orphans(void)
{
	if (fork() == 0) {
		setsid();
		fork();
		return mute();
	}
	return serve();
}

/* Outlives its supervisor, as a program that changes its user may. */
static int cling(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
	return serve();
}

static const struct {
	const char *name;
	int (*run)(void);
} behaviours[] = {
	{ "good", good }, { "crash", crash }, { "ready-crash", ready_crash },
	{ "bad-config", bad_config }, { "mute", mute }, { "hang", hang },
	{ "chatty", chatty }, { "lines", lines }, { "degraded", degraded },
	{ "orphans", orphans }, { "cling", cling },
};

/* The order may also stand in a file, so that it can change. */
static struct span orders(struct buf *b)
{
	const char *text = getenv("PM_TEST_FAKE");

	if (io_slurp("fake.orders", 4096, b, NULL) == 0)
		return buf_bytes(b);
	return span_of(text);
}

/* What this process shall do. */
static int behave(const char *role, const char *process)
{
	struct buf b = { 0 };
	struct span rest = orders(&b), word, name;
	char self[64];

	snprintf(self, sizeof(self), "%s/%s", role, process);
	while (span_cut(&rest, ' ', &word)) {
		word = span_trim(word);
		if (!span_cut(&word, '=', &name) || !span_is(name, self))
			continue;
		for (size_t i = 0; i < sizeof(behaviours) /
		     sizeof(*behaviours); i++)
			if (span_is(word, behaviours[i].name))
				return behaviours[i].run();
	}
	return good();
}

static int run(const struct applet *a, int argc, char **argv)
{
	const struct process *p;
	int code;

	if (life_begin(a, argc, argv, &p, &code) < 0)
		return code;
	return behave(a->name, p->name);
}

static int fake_main(int argc, char **argv)
{
	return run(&fake_applet, argc, argv);
}

static int echo_main(int argc, char **argv)
{
	return run(&echo_applet, argc, argv);
}

/* one <- two <- three: each needs the one before. */
static const struct process fake_processes[] = {
	{ "three", NULL, NULL, "two", 1000, 1000, 0, "nothing is counted",
		NULL },
	{ "two", NULL, NULL, "one", 1000, 1000, 0, "mail waits at the door",
		NULL },
	{ "one", NULL, NULL, NULL, 1000, 1000, 0, "mail stays in the MTA",
		NULL },
	{ 0 },
};

static const struct process echo_processes[] = {
	{ "only", NULL, NULL, "fake/one", 1000, 1000, 0, "no echo", NULL },
	{ 0 },
};

static const struct role fake_role = {
	.title = "Fake", .built = true, .processes = fake_processes,
	.restart = { 1, 1, 2 },
};

static const struct role echo_role = {
	.title = "Fake too", .built = true, .processes = echo_processes,
	.restart = { 1, 1, 2 },
};

static const struct role ghost_role = { .title = "Ghost", .built = false };

const struct applet fake_applet = {
	.name = "fake", .summary = "misbehaves on order", .help = "",
	.main = fake_main, .role = &fake_role,
};

const struct applet echo_applet = {
	.name = "echo", .summary = "misbehaves on order", .help = "",
	.main = echo_main, .role = &echo_role,
};

const struct applet ghost_applet = {
	.name = "ghost", .summary = "is not built", .help = "",
	.main = fake_main, .role = &ghost_role,
};
