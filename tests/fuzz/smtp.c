/*
 * What an SMTP server says, all at once, to a client that sends one message:
 * it is done only when a reply of every step stands there.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "net/smtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP_MS = 5000, RCPTS = 2 };

static struct span said;
static int listener = -1;

/* One connection: says everything, then hears the client out. */
static void *serve(void *unused)
{
	char heard[4096];
	int fd;

	(void)unused;
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		abort();
	io_write_all(fd, said);
	shutdown(fd, SHUT_WR);
	while (read(fd, heard, sizeof(heard)) > 0)
		;
	close(fd);
	return NULL;
}

static struct sockaddr_un un = { .sun_family = AF_UNIX };

static void remove_socket(void)
{
	unlink(un.sun_path);
}

/* Where the server listens, from the first call on. */
static const char *start(void)
{
	static char where[sizeof(un.sun_path) + 5];

	if (listener >= 0)
		return where;
	snprintf(un.sun_path, sizeof(un.sun_path), "build/fuzz/smtp.%d.sock",
		(int)getpid());
	snprintf(where, sizeof(where), "unix:%s", un.sun_path);
	atexit(remove_socket);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&un, sizeof(un)) < 0 ||
	    listen(listener, 4) < 0)
		abort();
	return where;
}

/* Lines that begin with these digits, in this order: one of each step. */
static bool has_steps(struct span s)
{
	static const char steps[] = "222232";
	struct span line;
	size_t n = 0;

	while (n < sizeof(steps) - 1 && span_line(&s, &line)) {
		line = span_trim(line);
		n += line.n && line.p[0] == steps[n];
	}
	return n == sizeof(steps) - 1;
}

static void check_text(const struct smtp_result *r)
{
	if (r->outcome > SMTP_REFUSED)
		__builtin_trap();
	for (const char *p = r->reply; *p; p++)
		if (*p < ' ' || *p > '~')
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *where = start();
	struct span rcpts[RCPTS] = { SPAN("a@b.example"),
		SPAN("c@d.example") };
	struct smtp_result each[RCPTS], all;
	pthread_t server;

	said = span_from(data, size);
	if (pthread_create(&server, NULL, serve, NULL) != 0)
		abort();
	smtp_send(where, "mx.example", SPAN("e@f.example"), rcpts, RCPTS,
		SPAN("A: b\r\n\r\ntext\r\n"), STEP_MS, each, &all);
	pthread_join(server, NULL);
	check_text(&all);
	for (size_t i = 0; i < RCPTS; i++) {
		check_text(&each[i]);
		if (each[i].outcome == SMTP_DONE && !has_steps(said))
			__builtin_trap();
	}
	return 0;
}
