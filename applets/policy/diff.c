/*
 * pm policy diff: what is another between two generations, or the active one
 * and the draft.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/root.h"
#include "publish.h"

#define DIFF "/usr/bin/diff"

enum {
	LONG_LIST = 64 << 10,	/* bytes; longer ones are told in short */
	SHOWN_MAX = 20,		/* … with so many lines */
	LINE_MAX_BYTES = 4096,
};

struct side {
	const char *name;
	struct generation g;
	bool draft;
};

static const char *path_of(const struct side *s,
	const struct generation_file *f, struct arena *a)
{
	char *path = arena_alloc(a, GENERATION_OBJECT_PATH);

	if (f == NULL)
		return "/dev/null";
	if (s->draft)
		return arena_printf(a, ROOT_ETC "/%.*s", SPAN_FMT(f->path));
	generation_object_path(f->sha256, path);
	return path;
}

/* Runs diff on two files; its standard output. NULL and *e. */
static FILE *start_diff(const char *const labels[2],
	const char *const paths[2], pid_t *pid_r, struct err *e)
{
	char *env[] = { "LC_ALL=C", NULL };
	const char *argv[] = { "diff", "-u", "--speed-large-files", "--label",
		labels[0], "--label", labels[1], "--", paths[0], paths[1],
		NULL };
	int fds[2];

	if (pipe(fds) < 0 || (*pid_r = fork()) < 0) {
		err_errno(e, ERR_TEMPORARY, DIFF ": cannot start");
		return NULL;
	}
	if (*pid_r == 0) {
		if (dup2(fds[1], STDOUT_FILENO) >= 0)
			execve(DIFF, (char *const *)(uintptr_t)argv, env);
		_exit(127);
	}
	close(fds[1]);
	return fdopen(fds[0], "r");
}

struct count {
	size_t added, removed, shown;
};

/* A line of a long list's difference: entries only, and not all of them. */
static void tell_short(const char *line, struct count *n)
{
	if (strncmp(line, "+++", 3) == 0 || strncmp(line, "---", 3) == 0 ||
	    (line[0] != '+' && line[0] != '-'))
		return;
	n->added += line[0] == '+';
	n->removed += line[0] == '-';
	if (n->shown++ < SHOWN_MAX)
		fputs(line, stdout);
}

static int finish(FILE *out, pid_t pid, struct err *e)
{
	int status = 0;

	if (out)
		fclose(out);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) < 2)
		return 0;
	return err_set(e, ERR_PERMANENT, DIFF " failed: install the package "
		"diffutils");
}

static int diff_file(const struct side sides[2],
	const struct generation_file *const files[2], struct arena *a,
	struct err *e)
{
	struct span path = (files[0] ? files[0] : files[1])->path;
	const char *labels[2], *paths[2];
	bool in_short = span_starts(path, SPAN("lists/")) &&
		((files[0] && files[0]->size > LONG_LIST) ||
		 (files[1] && files[1]->size > LONG_LIST));
	static char line[LINE_MAX_BYTES];
	struct count n = { 0 };
	pid_t pid = -1;
	FILE *out;

	for (int i = 0; i < 2; i++) {
		labels[i] = arena_printf(a, "%s/%.*s", sides[i].name,
			SPAN_FMT(path));
		paths[i] = path_of(&sides[i], files[i], a);
	}
	if (in_short)
		printf("--- %s\n+++ %s\n", labels[0], labels[1]);
	fflush(stdout);
	out = start_diff(labels, paths, &pid, e);
	if (out == NULL)
		return -1;
	while (fgets(line, sizeof(line), out))
		if (in_short)
			tell_short(line, &n);
		else
			fputs(line, stdout);
	if (in_short)
		printf("%zu added, %zu removed%s\n", n.added, n.removed,
			n.shown > SHOWN_MAX ? ", the first 20 shown" : "");
	return finish(out, pid, e);
}

/* In path order, as both sides are. EXIT_NO: there are differences. */
static int diff(const struct side sides[2], struct arena *a, struct err *e)
{
	const struct generation *g[2] = { &sides[0].g, &sides[1].g };
	size_t at[2] = { 0, 0 };
	int code = EXIT_DONE;

	while (at[0] < g[0]->n || at[1] < g[1]->n) {
		const struct generation_file *f[2];
		int order;

		for (int i = 0; i < 2; i++)
			f[i] = at[i] < g[i]->n ? &g[i]->files[at[i]] : NULL;
		order = !f[0] ? 1 : !f[1] ? -1 :
			span_cmp(f[0]->path, f[1]->path);
		if (order < 0)
			f[1] = NULL;
		if (order > 0)
			f[0] = NULL;
		at[0] += f[0] != NULL;
		at[1] += f[1] != NULL;
		if (order == 0 && strcmp(f[0]->sha256, f[1]->sha256) == 0)
			continue;
		code = EXIT_NO;
		if (diff_file(sides, f, a, e) < 0)
			return -1;
	}
	return code;
}

static int take_side(const char *name, struct side *s, struct arena *a,
	struct err *e)
{
	s->draft = strcmp(name, "draft") == 0;
	if (s->draft) {
		s->name = name;
		return publish_load_draft(a, &s->g, e);
	}
	if (publish_load(name, a, &s->g, e) < 0)
		return -1;
	s->name = arena_printf(a, "%llu", (unsigned long long)s->g.number);
	return 0;
}

static int run(const struct args *args, struct arena *a, struct err *e)
{
	struct side sides[2];

	if (root_enter(args->root, NULL, e) < 0 ||
	    take_side(args->n ? args->rest[0] : "active", &sides[0], a,
		    e) < 0 ||
	    take_side(args->n > 1 ? args->rest[1] : "draft", &sides[1], a,
		    e) < 0)
		return -1;
	return diff(sides, a, e);
}

int policy_diff_command(int argc, char **argv)
{
	struct args args;
	struct arena *a;
	struct err e;
	int code;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n > 2) {
		fputs("pm policy: usage: pm policy diff [A [B]]\n", stderr);
		return EXIT_USAGE;
	}
	a = arena_new("policy", PUBLISH_ARENA);
	code = run(&args, a, &e);
	if (code < 0)
		code = err_report("policy", &e);
	arena_free(&a);
	return code;
}
