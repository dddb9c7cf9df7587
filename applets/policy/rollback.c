/*
 * pm policy rollback: an earlier generation again, as a new one. pm policy
 * export: one as a folder.
 */
#include "command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/root.h"
#include "publish.h"

/* The one that is named, or the one before the active one. */
static int find(const char *name, struct generation *g_r, struct arena *a,
	struct err *e)
{
	struct generation active;

	if (name)
		return publish_load(name, a, g_r, e);
	if (publish_load(NULL, a, &active, e) < 0)
		return -1;
	if (active.parent == 0)
		return err_set(e, ERR_PERMANENT, "generation %llu is the first "
			"one", (unsigned long long)active.number);
	return publish_load(arena_printf(a, "%llu",
		(unsigned long long)active.parent), a, g_r, e);
}

/* Under the lock. */
static int roll_back(const char *name, const char *message, bool force,
	struct arena *a, struct err *e)
{
	struct generation g;
	int code;

	if (!force && publish_guard_draft(a, e) < 0)
		return -1;
	if (find(name, &g, a, e) < 0)
		return -1;
	g.who = publish_who(a);
	g.message = message ? span_of(message) : span_of(arena_printf(a,
		"rollback to %llu", (unsigned long long)g.number));
	code = publish_finish(&g, a, e);
	if (code >= 0 && publish_write_tree(&g, ROOT_ETC, a, e) < 0)
		return -1;
	return code;
}

int policy_rollback_command(int argc, char **argv)
{
	const char *message = NULL;
	bool force = false;
	const struct args_option options[] = {
		{ "message", 'm', ARGS_TEXT, &message },
		{ "force", 0, ARGS_FLAG, &force },
		{ 0 },
	};
	struct arena *a;
	struct args args;
	struct err e;
	int code = -1, lock;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n > 1) {
		fputs("pm policy: usage: pm policy rollback [N] [-m TEXT] "
			"[--force]\n", stderr);
		return EXIT_USAGE;
	}
	a = arena_new("policy", PUBLISH_ARENA);
	lock = root_enter(args.root, NULL, &e) < 0 ? -1 : generation_lock(&e);
	if (lock >= 0)
		code = roll_back(args.n ? args.rest[0] : NULL, message, force,
			a, &e);
	if (lock >= 0)
		close(lock);
	if (code < 0)
		code = err_report("policy", &e);
	arena_free(&a);
	return code;
}

/* Operands: [N] FOLDER; the folder is made where the user is. */
static int export(const struct args *args, struct arena *a, struct err *e)
{
	const char *to = args->rest[args->n - 1];
	char path[PATH_MAX];
	struct generation g;

	if (io_mkdirs(to, 0755, e) < 0)
		return -1;
	if (realpath(to, path) == NULL)
		return err_errno(e, ERR_PERMANENT, "%s", to);
	if (root_enter(args->root, NULL, e) < 0 ||
	    publish_load(args->n > 1 ? args->rest[0] : NULL, a, &g, e) < 0 ||
	    publish_write_tree(&g, path, a, e) < 0)
		return -1;
	printf("generation %llu is in %s: %s; back again: pm policy publish "
		"--from %s\n", (unsigned long long)g.number, to,
		publish_files(g.n, a), to);
	return 0;
}

/* The whole history; what is said goes where the stream does not. */
static int export_git(const struct args *args, struct arena *a, struct err *e)
{
	size_t n;

	if (isatty(STDOUT_FILENO))
		return err_set(e, ERR_PERMANENT, "this is for git: pm policy "
			"export --git | git -C FOLDER fast-import, in a "
			"folder where git init was run");
	if (root_enter(args->root, NULL, e) < 0 ||
	    publish_write_history(a, &n, e) < 0)
		return -1;
	fprintf(stderr, "%zu generation%s\n", n, n == 1 ? "" : "s");
	return 0;
}

int policy_export_command(int argc, char **argv)
{
	bool git = false;
	const struct args_option options[] = {
		{ "git", 0, ARGS_FLAG, &git },
		{ 0 },
	};
	struct arena *a;
	struct args args;
	struct err e;
	int code = EXIT_DONE;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("policy", &e);
	if (git ? args.n > 0 : args.n < 1 || args.n > 2) {
		fputs("pm policy: usage: pm policy export [N] FOLDER, or pm "
			"policy export --git > FILE\n", stderr);
		return EXIT_USAGE;
	}
	a = arena_new("policy", PUBLISH_ARENA);
	if ((git ? export_git(&args, a, &e) : export(&args, a, &e)) < 0)
		code = err_report("policy", &e);
	arena_free(&a);
	return code;
}
