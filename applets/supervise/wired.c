#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervise.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/root.h"
#include "conf/wiring.h"

enum { WIRING_ARENA = 16 << 20, READER_CPU_S = 10 };

/* In the reader: one line a role, or "!" and what is wrong. */
static _Noreturn void read_wiring(int fd)
{
	struct arena *a = arena_new("wiring", WIRING_ARENA);
	struct buf out = { .arena = a };
	struct wiring w;
	struct err e;

	alarm(READER_CPU_S);
	if (wiring_load(a, &w, &e) < 0)
		buf_printf(&out, "!%s\n", e.text);
	for (size_t i = 0; out.n == 0 && i < w.nroles; i++)
		dprintf(fd, "%s\n", w.roles[i]);
	/* Those that every appliance has; one that does nothing has none. */
	for (size_t i = 0; out.n == 0 && w.nroles && applets[i]; i++)
		if (applets[i]->role && applets[i]->role->everywhere &&
		    applets[i]->role->built)
			dprintf(fd, "%s\n", applets[i]->name);
	/* The last line says that it is complete. */
	buf_string(&out, ".\n");
	_exit(io_write_all(fd, buf_bytes(&out)) < 0 ? EXIT_LATER : EXIT_DONE);
}

int wired_read_start(struct super *s)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigprocmask(SIG_SETMASK, &none, NULL);
		read_wiring(fds[1]);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -1;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	s->reader.pid = pid;
	s->reader.fd = fds[0];
	s->reader.n = 0;
	return 0;
}

bool wired_read_more(struct super *s)
{
	struct reader *r = &s->reader;
	ssize_t n = read(r->fd, r->text + r->n, sizeof(r->text) - r->n);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0) {
		r->n += (size_t)n;
		if (r->n < sizeof(r->text))
			return false;
	}
	close(r->fd);
	r->fd = -1;
	return true;
}

/* Checks one role's name; NULL and *e when it cannot be run here. */
static const struct applet *check_role(struct span name, struct err *e)
{
	char text[64];
	const struct applet *a;

	snprintf(text, sizeof(text), "%.*s", SPAN_FMT(name));
	a = applet_find(text);
	if (a == NULL || a->role == NULL)
		err_set(e, ERR_PERMANENT, ROOT_WIRING ": roles: \"%s\" is no "
			"role: `pm` lists them", text);
	else if (!applet_is_built(a, text))
		err_set(e, ERR_PERMANENT, ROOT_WIRING ": roles: %s (%s) is not "
			"in this version: take it out", text, a->role->title);
	else
		return a;
	return NULL;
}

/* The slot of a process; failing that, with `make`, a free one. */
static struct child *slot(struct super *s, const struct applet *a,
	const struct process *p)
{
	struct child *spare = NULL;

	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &s->children[i];

		if (c->applet == a && c->process == p)
			return c;
		if (c->applet == NULL && spare == NULL)
			spare = c;
	}
	return spare;
}

/*
 * The folder for a role's sockets. They are made before power is given up:
 * no role user may put his own in the place of another's, or a link in the
 * place of the folder.
 */
static void make_folder(struct super *s, const struct applet *a)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), ROOT_RUN "/%s", a->name);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		super_say(s, "error: %s: cannot make the folder: %s", path,
			strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (geteuid() == 0 && fchown(fd, 0, 0) < 0) ||
	    fchmod(fd, 0755) < 0)
		super_say(s, "error: %s: cannot be made root's: %s", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Takes the processes of a role into the table. */
static void add_role(struct super *s, const struct applet *a)
{
	make_folder(s, a);
	for (const struct process *p = a->role->processes; p && p->name; p++) {
		struct child *c = slot(s, a, p);

		if (c == NULL) {
			super_say(s, "error: %s/%s: more than %d processes",
				a->name, p->name, CHILDREN_MAX);
			return;
		}
		if (c->applet && !c->removed)
			continue;
		*c = c->applet ? *c : (struct child){ .status_fd = -1 };
		c->applet = a;
		c->process = p;
		c->removed = false;
		c->wanted = true;
	}
}

static void remove_role(struct super *s, const struct applet *a)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (s->children[i].applet == a) {
			s->children[i].removed = true;
			s->children[i].wanted = s->children[i].again = false;
		}
}

/* Is the role in the reader's list? */
static bool is_listed(struct span list, const struct applet *a)
{
	struct span line;

	while (span_line(&list, &line))
		if (span_is(line, a->name))
			return true;
	return false;
}

int wired_apply(struct super *s, struct err *e)
{
	struct span text = span_from(s->reader.text, s->reader.n);
	struct span list = text, line;

	s->reader.n = 0;
	if (text.n && text.p[0] == '!' && span_line(&text, &line))
		return err_set(e, ERR_PERMANENT, "%.*s",
			SPAN_FMT(span_after(line, 1)));
	if (!span_ends(text, SPAN(".\n")))
		return err_set(e, ERR_TEMPORARY, ROOT_WIRING
			": could not be read");
	list.n -= 2;
	for (struct span rest = list; span_line(&rest, &line);)
		if (check_role(line, e) == NULL)
			return -1;
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		const struct applet *a = s->children[i].applet;

		if (a && !is_listed(list, a))
			remove_role(s, a);
	}
	for (struct span rest = list; span_line(&rest, &line);)
		add_role(s, check_role(line, e));
	return 0;
}
