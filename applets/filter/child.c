#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "role/program.h"

enum { STEP_MS = 20 };

int child_start(struct child *c, const char *path, char *argv[],
	struct err *e)
{
	int pipes[2], fds[3];

	*c = (struct child){ .log = -1 };
	if (access(path, X_OK) < 0)
		return err_errno(e, ERR_PERMANENT, "%s", path);
	if (pipe2(pipes, O_CLOEXEC) < 0 ||
	    fcntl(pipes[0], F_SETFL, O_NONBLOCK) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: no pipe", path);
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = fds[2] = pipes[1];
	c->pid = program_start(path, argv, fds, SIGTERM, e);
	close(fds[0]);
	close(pipes[1]);
	c->log = pipes[0];
	if (c->pid > 0)
		return 0;
	close(c->log);
	*c = (struct child){ .log = -1 };
	return -1;
}

static void take_line(struct child *c)
{
	c->line[c->n] = 0;
	c->n = 0;
	if (strstr(c->line, "ERROR") == NULL &&
	    strstr(c->line, "WARNING") == NULL)
		return;
	log_warn("%s", c->line);
	/* What an error leads to is told behind it, and says less. */
	if (strstr(c->line, "ERROR") == NULL && strstr(c->trouble, "ERROR"))
		return;
	snprintf(c->trouble, sizeof(c->trouble), "%s", c->line);
}

void child_hear(struct child *c)
{
	char bytes[4096];
	ssize_t n;

	while (c->log >= 0 && (n = read(c->log, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] == '\n')
				take_line(c);
			else if (c->n < sizeof(c->line) - 1)
				c->line[c->n++] = bytes[i];
		}
}

bool child_ended(struct child *c)
{
	if (c->pid && waitpid(c->pid, &c->status, WNOHANG) == c->pid) {
		child_hear(c);
		close(c->log);
		c->log = -1;
		c->pid = 0;
	}
	return c->pid == 0;
}

void child_stop(struct child *c, int patience_ms)
{
	int64_t until = clock_ms() + patience_ms;

	if (c->pid == 0)
		return;
	kill(c->pid, SIGTERM);
	while (!child_ended(c)) {
		if (clock_left_ms(until) <= 0)
			kill(c->pid, SIGKILL);
		child_hear(c);
		clock_sleep_ms(STEP_MS);
	}
}
