#include "tool/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/root.h"
#include "net/broker.h"

enum { LINE_MAX_BYTES = 1 << 28, CONNECTIONS = 1 };

static void say_degraded(const char *text)
{
	if (text && text[0])
		log_warn("%s", text);
}

/* The child that talks to resolver and virus engine. */
static _Noreturn void broker_child(const struct tool *tool, int fd)
{
	struct broker_settings s = {
		.resolver = tool->resolver,
		.virus = tool->virus,
		.dns_timeout_ms = 5000,
		.virus_timeout_ms = 20000,
		.connections_max = CONNECTIONS,
		.degraded = say_degraded,
	};
	struct err e;

	/* A clamd socket may be below the root. */
	if (root_enter(tool->root, NULL, &e) < 0 ||
	    broker_serve(&s, -1, fd, -1, &e) < 0)
		log_fatal("pm %s: %s", tool->name, e.text);
	_exit(EXIT_DONE);
}

/* fork, and the child ends with us. */
static int fork_child(void)
{
	int parent = getpid(), pid = fork();

	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
			 getppid() != parent))
		_exit(EXIT_LATER);
	return pid;
}

int tool_start(struct keeper *k, struct err *e)
{
	int channel[2], asks[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0)
		return err_errno(e, ERR_TEMPORARY, "no sockets");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, asks) < 0) {
		close(channel[0]);
		close(channel[1]);
		return err_errno(e, ERR_TEMPORARY, "no sockets");
	}
	k->broker = k->tool->offline ? -1 : fork_child();
	if (k->broker == 0) {
		close(channel[0]);
		close(channel[1]);
		close(asks[0]);
		broker_child(k->tool, asks[1]);
	}
	close(asks[1]);
	k->worker = k->broker < 0 && !k->tool->offline ? -1 : fork_child();
	if (k->worker == 0) {
		close(channel[0]);
		worker_run(k->tool, channel[1], asks[0]);
	}
	close(asks[0]);
	close(channel[1]);
	k->channel = channel[0];
	if (k->worker > 0)
		return 0;
	tool_end(k);
	return err_errno(e, ERR_TEMPORARY, "cannot fork");
}

static int send_message(struct keeper *k, const char *name,
	struct span message)
{
	struct worker_request q = { .name_bytes = (uint32_t)strlen(name),
		.message_bytes = message.n };

	if (io_write_all(k->channel, span_from(&q, sizeof(q))) < 0 ||
	    io_write_all(k->channel, span_of(name)) < 0)
		return -1;
	return io_write_all(k->channel, message);
}

/* Reads exactly n bytes before the deadline. */
static int receive(int fd, unsigned char *p, size_t n, int64_t deadline_ms)
{
	while (n) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		int ready = poll(&poll_fd, 1,
			(int)clock_left_ms(deadline_ms));
		ssize_t got;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return -1;
		got = read(fd, p, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

/* What a worker says is shown to people: one line, no control bytes. */
static int receive_line(struct keeper *k, struct buf *line)
{
	int64_t deadline_ms = clock_ms() + TOOL_PATIENCE_MS;
	struct worker_reply r;
	unsigned char *p;

	if (receive(k->channel, (unsigned char *)&r, sizeof(r),
			deadline_ms) < 0 || r.text_bytes > LINE_MAX_BYTES)
		return -1;
	p = buf_room(line, r.text_bytes);
	if (receive(k->channel, p, r.text_bytes, deadline_ms) < 0)
		return -1;
	for (size_t i = 0; i < r.text_bytes; i++)
		if ((p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f)
			p[i] = '?';
	line->n += r.text_bytes;
	return 0;
}

/* Why it is gone; one that still runs took too long. */
static void bury(struct keeper *k, struct err *e)
{
	int status = 0, gone = 0;

	for (int i = 0; i < 20 && gone == 0; i++) {
		gone = waitpid(k->worker, &status, WNOHANG);
		if (gone == 0)
			clock_sleep_ms(10);
	}
	if (gone == 0)
		err_set(e, ERR_PERMANENT, "not judged: took longer than %d s",
			TOOL_PATIENCE_MS / 1000);
	else if (WIFSIGNALED(status))
		err_set(e, ERR_PERMANENT, "not judged: the scanner was killed "
			"by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		err_set(e, ERR_PERMANENT, "not judged: the scanner ended with "
			"code %d", WEXITSTATUS(status));
	if (gone > 0)
		k->worker = -1;
	tool_end(k);
}

void tool_end(struct keeper *k)
{
	if (k->channel >= 0)
		close(k->channel);
	k->channel = -1;
	if (k->worker > 0) {
		kill(k->worker, SIGKILL);
		waitpid(k->worker, NULL, 0);
	}
	if (k->broker > 0) {
		kill(k->broker, SIGKILL);
		waitpid(k->broker, NULL, 0);
	}
	k->worker = k->broker = -1;
}

int tool_look(struct keeper *k, const char *name, struct span message,
	struct buf *line, struct err *e)
{
	if (k->channel < 0 && tool_start(k, e) < 0)
		return -1;
	if (send_message(k, name, message) == 0 && receive_line(k, line) == 0)
		return 0;
	bury(k, e);
	return -1;
}

struct keeper tool_keeper(const struct tool *tool)
{
	return (struct keeper){ tool, -1, -1, -1 };
}

int tool_slurp(const char *file_name, struct buf *b, struct err *e)
{
	if (strcmp(file_name, "-") == 0)
		return io_slurp_fd(STDIN_FILENO, "standard input",
			TOOL_FILE_MAX, b, e);
	return io_slurp(file_name, TOOL_FILE_MAX, b, e);
}
