/*
 * pm policy show: one generation, or a file of it. pm policy status: what is
 * in force, and whether the draft is another.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/root.h"
#include "publish.h"

enum { WHEN_SIZE = 32, CHANGES_SHOWN = 20 };

/* Here is where the reader is, too. */
static void local_time(int64_t time_s, char out[WHEN_SIZE])
{
	time_t t = (time_t)time_s;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, WHEN_SIZE, "%F %T", &tm);
}

static void print_head(const struct generation *g)
{
	char when[WHEN_SIZE];

	local_time(g->time_s, when);
	printf("generation %llu, published %s by %.*s%s%.*s\n",
		(unsigned long long)g->number, when, SPAN_FMT(g->who),
		g->message.n ? ": " : "", SPAN_FMT(g->message));
}

static void print_all(const struct generation *g)
{
	print_head(g);
	if (g->parent)
		printf("after generation %llu, ",
			(unsigned long long)g->parent);
	printf("signed by key %.*s\n", SPAN_FMT(g->key));
	for (size_t i = 0; i < g->n; i++)
		printf("%10llu  %.*s\n", (unsigned long long)g->files[i].size,
			SPAN_FMT(g->files[i].path));
}

static int print_file(const struct generation *g, const char *path,
	struct err *e)
{
	const struct generation_file *f = generation_find(g, span_of(path));
	struct buf b = { 0 };
	int result;

	if (f == NULL)
		return err_set(e, ERR_PERMANENT, "generation %llu has no file "
			"%s: pm policy show %llu lists them",
			(unsigned long long)g->number, path,
			(unsigned long long)g->number);
	result = generation_read(f, &b, e);
	if (result == 0)
		fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
	return result;
}

static int show(const struct args *args, struct arena *a, struct err *e)
{
	struct generation g;

	if (root_enter(args->root, NULL, e) < 0 || publish_load(args->n ?
		    args->rest[0] : NULL, a, &g, e) < 0)
		return -1;
	if (args->n > 1)
		return print_file(&g, args->rest[1], e);
	print_all(&g);
	return EXIT_DONE;
}

static void print_changes(const struct published_changes *c, struct arena *a)
{
	char when[WHEN_SIZE];

	printf("%s of the draft changed since: pm policy diff\n",
		publish_files(c->n, a));
	for (size_t i = 0; i < c->n && i < CHANGES_SHOWN; i++) {
		local_time(c->v[i].at_s, when);
		printf("  %s  %-7s  %.*s\n", when, c->v[i].what,
			SPAN_FMT(c->v[i].path));
	}
	if (c->n > CHANGES_SHOWN)
		printf("  and %zu more\n", c->n - CHANGES_SHOWN);
}

/* EXIT_NO: the draft has changes. */
static int tell(const struct args *args, struct arena *a, struct err *e)
{
	struct published_changes c;
	struct generation g;

	if (root_enter(args->root, NULL, e) < 0 ||
	    publish_load(NULL, a, &g, e) < 0)
		return -1;
	print_head(&g);
	if (published_changes(a, &c, e) < 0)
		return -1;
	if (c.n)
		print_changes(&c, a);
	else
		puts("the draft is the same");
	return c.n ? EXIT_NO : EXIT_DONE;
}

static int run(int argc, char **argv, size_t most, const char *usage,
	int (*what)(const struct args *args, struct arena *a, struct err *e))
{
	struct args args;
	struct arena *a;
	struct err e;
	int code;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n > most) {
		fprintf(stderr, "pm policy: usage: pm policy %s\n", usage);
		return EXIT_USAGE;
	}
	a = arena_new("policy", PUBLISH_ARENA);
	code = what(&args, a, &e);
	if (code < 0)
		code = err_report("policy", &e);
	arena_free(&a);
	return code;
}

int policy_show_command(int argc, char **argv)
{
	return run(argc, argv, 2, "show [N [PATH]]", show);
}

int policy_status_command(int argc, char **argv)
{
	return run(argc, argv, 0, "status", tell);
}
