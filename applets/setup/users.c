#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/buf.h"
#include "setup.h"

#define USERADD "/usr/sbin/useradd"
#define GROUPADD "/usr/sbin/groupadd"

enum { NAMES_MAX = 64 };

struct names {
	const char *v[NAMES_MAX];
	size_t n;
};

static void names_add(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			return;
	if (names->n < NAMES_MAX)
		names->v[names->n++] = name;
}

/* Ours among names with blanks between; a package's own are its business. */
static void names_split(struct arena *a, struct names *names,
	const char *list)
{
	struct span rest = span_of(list ? list : ""), one;

	while (span_cut(&rest, ' ', &one))
		if (span_is(one, "pm") || span_starts(one, SPAN("pm-")))
			names_add(names, arena_string(a, one));
}

/* Everybody whom the records of the roles name. */
static void collect(struct arena *a, struct names *users,
	struct names *groups)
{
	names_add(groups, "pm");
	for (size_t i = 0; applets[i]; i++) {
		const struct role *r = applets[i]->role;

		if (r == NULL || !r->built)
			continue;
		names_split(a, users, r->users);
		for (const struct process *p = r->processes; p->name; p++) {
			names_split(a, users, p->user);
			names_split(a, groups, p->groups);
		}
	}
}

static int run(const char *program, char *const argv[], struct err *e)
{
	char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
		NULL };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execve(program, argv, env);
		_exit(127);
	}
	if (pid < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot start",
			program);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(e, ERR_PERMANENT, "%s is missing: install the "
			"package passwd", program);
	return err_set(e, ERR_PERMANENT, "%s %s failed", program,
		argv[1] ? argv[2] : "");
}

static int make_user(const char *name, struct err *e)
{
	char *how = getgrnam(name) ? "--gid" : "--user-group";
	char *argv[] = { "useradd", "--system", "--no-create-home",
		"--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
		how, (char *)(uintptr_t)name, (char *)(uintptr_t)name, NULL };

	if (getpwnam(name))
		return 0;
	/* --user-group has no argument of its own. */
	if (strcmp(how, "--user-group") == 0)
		argv[9] = NULL;
	if (run(USERADD, argv, e) < 0)
		return err_set(e, ERR_PERMANENT, "user %s cannot be created "
			"with " USERADD, name);
	printf("user %s created\n", name);
	return 0;
}

static int make_group(const char *name, struct err *e)
{
	char *argv[] = { "groupadd", "--system", (char *)(uintptr_t)name,
		NULL };

	if (getgrnam(name))
		return 0;
	if (run(GROUPADD, argv, e) < 0)
		return err_set(e, ERR_PERMANENT, "group %s cannot be created "
			"with " GROUPADD, name);
	printf("group %s created\n", name);
	return 0;
}

/* Who is missing for separate users, in one line; nobody changes. */
static void tell(const struct names *users, const struct names *groups)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < users->n; i++)
		buf_printf(&b, " %s", users->v[i]);
	buf_string(&b, "; groups");
	for (size_t i = 0; i < groups->n; i++)
		buf_printf(&b, " %s", groups->v[i]);
	printf("not root: every role runs as you; as root it would use the "
		"users%s\n", buf_c(&b));
	buf_free(&b);
}

int users_make(struct arena *a, struct err *e)
{
	struct names users = { 0 }, groups = { 0 };

	collect(a, &users, &groups);
	if (geteuid() != 0) {
		tell(&users, &groups);
		return 0;
	}
	for (size_t i = 0; i < users.n; i++)
		if (make_user(users.v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < groups.n; i++)
		if (make_group(groups.v[i], e) < 0)
			return -1;
	return 0;
}
