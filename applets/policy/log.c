/*
 * pm policy log: what was published, when, by whom.
 */
#include "command.h"

#include <stdio.h>
#include <time.h>

#include "base/json.h"
#include "base/root.h"
#include "publish.h"

struct line {
	struct generation g, before;	/* before: its parent; empty: gone */
	bool active;
	const char *trouble;		/* it cannot be read; NULL */
};

static void read_line(uint64_t number, uint64_t active, struct line *l,
	struct arena *a)
{
	struct err e;

	*l = (struct line){ .active = number == active };
	if (generation_load(number, a, &l->g, &e) < 0) {
		l->g = (struct generation){ .number = number };
		l->trouble = arena_printf(a, "%s", e.text);
	} else if (l->g.parent &&
		   generation_load(l->g.parent, a, &l->before, NULL) < 0) {
		l->before = (struct generation){ 0 };
	}
}

static void print_line(const struct line *l, struct arena *a)
{
	time_t t = (time_t)l->g.time_s;
	struct tm tm;
	char when[32];

	printf("%c%6llu  ", l->active ? '*' : ' ',
		(unsigned long long)l->g.number);
	if (l->trouble) {
		puts(l->trouble);
		return;
	}
	localtime_r(&t, &tm);
	strftime(when, sizeof(when), "%F %T", &tm);
	printf("%s  %-12.*s  %s  %.*s\n", when, SPAN_FMT(l->g.who),
		publish_files(generation_changes(&l->before, &l->g), a),
		SPAN_FMT(l->g.message));
}

/* "changed": names of those that are new, gone or of another content. */
static struct json *changed_json(const struct line *l)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < l->g.n; i++) {
		struct generation one = { .files = &l->g.files[i], .n = 1 };
		const struct generation_file *f = generation_find(&l->before,
			one.files->path);
		struct generation was = {
			.files = (struct generation_file *)(uintptr_t)f,
			.n = f != NULL };

		if (generation_changes(&was, &one))
			json_append(list, json_new_text(one.files->path));
	}
	for (size_t i = 0; i < l->before.n; i++)
		if (generation_find(&l->g, l->before.files[i].path) == NULL)
			json_append(list,
				json_new_text(l->before.files[i].path));
	return list;
}

static void print_json(const struct line *l)
{
	struct json *o = json_new_object();
	struct buf b = { 0 };

	json_put_int(o, "number", (int64_t)l->g.number);
	json_put_bool(o, "active", l->active);
	if (l->trouble) {
		json_put_string(o, "trouble", l->trouble);
	} else {
		json_put_int(o, "parent", (int64_t)l->g.parent);
		json_put_int(o, "time", l->g.time_s);
		json_put_text(o, "who", l->g.who);
		json_put_text(o, "message", l->g.message);
		json_put_text(o, "key", l->g.key);
		json_put(o, "changed", changed_json(l));
	}
	json_write(o, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&o);
}

/* The newest first. */
static int print_all(bool json, struct arena *a, struct err *e)
{
	uint64_t *v, active;
	size_t n;

	if (generation_active(&active, e) < 0 ||
	    generation_numbers(a, &v, &n, e) < 0)
		return -1;
	if (n == 0 && !json)
		puts("nothing was published yet: pm policy publish");
	for (size_t i = n; i-- > 0;) {
		struct line l;

		read_line(v[i], active, &l, a);
		if (json)
			print_json(&l);
		else
			print_line(&l, a);
	}
	return 0;
}

int policy_log_command(int argc, char **argv)
{
	bool json = false;
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &json },
		{ 0 },
	};
	struct arena *a;
	struct args args;
	struct err e;
	int code = EXIT_DONE;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n) {
		fputs("pm policy: usage: pm policy log [--json]\n", stderr);
		return EXIT_USAGE;
	}
	a = arena_new("policy", PUBLISH_ARENA);
	if (root_enter(args.root, NULL, &e) < 0 || print_all(json, a, &e) < 0)
		code = err_report("policy", &e);
	arena_free(&a);
	return code;
}
