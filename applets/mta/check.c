#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "config.h"

#define POSTCONF "/usr/sbin/postconf"
#define REMEDY "change etc/pm/wiring.lua, never this file, and run pm " \
	"restart mta"

enum { ARENA_LIMIT = 8 << 20, OUTPUT_MAX = 1 << 20 };

/* What `postconf -n` says of a folder: "name = value" lines. */
static int ask_postconf(const char *dir, struct buf *b, struct err *e)
{
	char *argv[] = { "postconf", "-c", (char *)(uintptr_t)dir, "-n",
		NULL };
	char *env[] = { "PATH=/usr/sbin:/usr/bin", "LC_ALL=C", NULL };
	int ends[2], status = 0, result;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(e, ERR_TEMPORARY, POSTCONF);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		/* Its warnings are about what we report anyway. */
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		execve(POSTCONF, argv, env);
		_exit(127);
	}
	close(ends[1]);
	result = pid < 0 ? err_errno(e, ERR_TEMPORARY, POSTCONF) :
		io_slurp_fd(ends[0], POSTCONF, OUTPUT_MAX, b, e);
	close(ends[0]);
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (result == 0 && (!WIFEXITED(status) || WEXITSTATUS(status)))
		return err_set(e, ERR_PERMANENT, POSTCONF " cannot read %s: "
			"start the role once (pm supervise), or install "
			"Postfix", MTA_ETC);
	return result;
}

static const struct config_setting *find(const struct config *c,
	struct span name)
{
	for (size_t i = 0; i < c->nsettings; i++)
		if (span_is(name, c->settings[i].name))
			return &c->settings[i];
	return NULL;
}

/* One line of postconf against what must be; the number of deviations. */
static size_t check_line(const struct config *c, struct span line,
	bool *seen)
{
	size_t eq = span_chr(line, '=');
	struct span name = span_trim(span_sub(line, 0, eq)), value;
	const struct config_setting *s = find(c, name);

	if (eq == SIZE_MAX || name.n == 0)
		return 0;
	value = span_trim(span_after(line, eq + 1));
	if (s == NULL) {
		printf(MTA_ETC "/main.cf: %.*s is set to \"%.*s\" and must "
			"not be set: " REMEDY "\n", SPAN_FMT(name),
			SPAN_FMT(value));
		return 1;
	}
	seen[s - c->settings] = true;
	if (span_is(value, s->value))
		return 0;
	printf(MTA_ETC "/main.cf: %s is \"%.*s\" and must be \"%s\": "
		REMEDY "\n", s->name, SPAN_FMT(value), s->value);
	return 1;
}

static size_t check_main(const struct config *c, struct span text)
{
	bool seen[CONFIG_SETTINGS_MAX] = { false };
	struct span line;
	size_t bad = 0;

	while (span_line(&text, &line))
		bad += check_line(c, line, seen);
	for (size_t i = 0; i < c->nsettings; i++)
		if (!seen[i]) {
			printf(MTA_ETC "/main.cf: %s is not set and must be "
				"\"%s\": " REMEDY "\n", c->settings[i].name,
				c->settings[i].value);
			bad++;
		}
	return bad;
}

/* A file that is ours line by line: the first line that differs. */
static size_t check_file(const char *path, const char *must, struct arena *a)
{
	struct buf b = { .arena = a };
	struct span is, should = span_of(must), x, y;
	struct err e;

	if (io_slurp(path, OUTPUT_MAX, &b, &e) < 0) {
		printf("%s\n", e.text);
		return 1;
	}
	is = buf_bytes(&b);
	for (unsigned n = 1; ; n++) {
		bool more = span_line(&is, &x), due = span_line(&should, &y);

		if (!more && !due)
			return 0;
		if (more && due && span_eq(x, y))
			continue;
		if (!more)
			x = SPAN("");
		if (!due)
			y = SPAN("");
		printf("%s:%u: \"%.*s\" must be \"%.*s\": " REMEDY "\n", path,
			n, SPAN_FMT(x), SPAN_FMT(y));
		return 1;
	}
}

static int check(struct arena *a, size_t *bad_r, struct err *e)
{
	struct buf b = { .arena = a };
	const char *cwd, *exe;
	struct config c;
	struct wiring w;

	if (wiring_load(a, &w, e) < 0)
		return -1;
	if (!wiring_has_role(&w, "mta"))
		return err_set(e, ERR_PERMANENT, "this appliance has no MTA: "
			"add \"mta\" to roles with pm setup");
	if (config_paths(a, &cwd, &exe, e) < 0 ||
	    config_make(&w, cwd, exe, a, &c, e) < 0 ||
	    ask_postconf(arena_printf(a, "%s/" MTA_ETC, cwd), &b, e) < 0)
		return -1;
	*bad_r = check_main(&c, buf_bytes(&b)) +
		check_file(MTA_ETC "/master.cf", c.master, a) +
		check_file(MTA_ETC "/recipients.regexp", c.recipients, a);
	return 0;
}

int check_run(void)
{
	struct arena *a = arena_new("mta check", ARENA_LIMIT);
	struct err e;
	size_t bad = 0;
	int result;

	result = check(a, &bad, &e);
	arena_free(&a);
	if (result < 0)
		return err_report("mta", &e);
	if (bad) {
		printf("%zu deviation%s\n", bad, bad == 1 ? "" : "s");
		return EXIT_NO;
	}
	puts("Postfix's settings are as they must be");
	return EXIT_DONE;
}
