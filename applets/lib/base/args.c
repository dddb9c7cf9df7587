#include "base/args.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 40, NAMES_MAX = 64 };

/* Levenshtein distance of two short names. */
static unsigned distance(struct span a, struct span b)
{
	unsigned row[NAME_MAX_LENGTH + 1];

	if (a.n > NAME_MAX_LENGTH || b.n > NAME_MAX_LENGTH)
		return NAME_MAX_LENGTH;
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned best = diagonal + (a.p[i - 1] != b.p[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

const char *args_nearest(struct span typed, const char *const *names, size_t n)
{
	const char *best = NULL;
	/* More than half of it wrong is another word. */
	unsigned least = typed.n == 1 ? 1 : (unsigned)typed.n / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(typed, span_of(names[i]));

		if (d <= least && (best == NULL || d < least)) {
			least = d;
			best = names[i];
		}
	}
	return best;
}

/* One line for an option nobody knows. */
static int unknown(const char *typed, const struct args_option *options,
	struct err *e)
{
	const char *names[NAMES_MAX] = { "root", "help" };
	struct span word = span_of(typed);
	const char *near;
	size_t n = 2;

	while (word.n && word.p[0] == '-')
		word = span_after(word, 1);
	word = span_sub(word, 0, span_chr(word, '='));
	for (; options->name && n < NAMES_MAX; options++)
		names[n++] = options->name;
	near = args_nearest(word, names, n);
	if (near)
		return err_set(e, ERR_PERMANENT,
			"unknown option %s: did you mean --%s?", typed, near);
	return err_set(e, ERR_PERMANENT, "unknown option %s: see --help",
		typed);
}

/* Finds the option that an argument names; its value starts at *value_r. */
static const struct args_option *find(const char *arg,
	const struct args_option *o, const char **value_r)
{
	struct span name = span_of(arg + 2);
	size_t eq = span_chr(name, '=');

	*value_r = NULL;
	if (arg[1] != '-') {
		for (; o->name; o++)
			if (o->letter && o->letter == arg[1] && arg[2] == 0)
				return o;
		return NULL;
	}
	if (eq != SIZE_MAX) {
		*value_r = arg + 2 + eq + 1;
		name = span_sub(name, 0, eq);
	}
	for (; o->name; o++)
		if (span_is(name, o->name))
			return o;
	return NULL;
}

/* Adds to a list of values. */
static int append(struct args_list *list, const char *value, struct err *e)
{
	const char **v;

	if (list->n >= ARGS_LIST_MAX)
		return err_set(e, ERR_PERMANENT, "more than %d values",
			ARGS_LIST_MAX);
	v = realloc(list->v, (list->n + 1) * sizeof(*v));
	if (v == NULL)
		return err_set(e, ERR_TEMPORARY, "no memory");
	list->v = v;
	v[list->n++] = value;
	return 0;
}

/* Puts a value where the option wants it. */
static int store(const struct args_option *o, const char *value, struct err *e)
{
	uint64_t number;

	switch (o->kind) {
	case ARGS_FLAG:
		*(bool *)o->to = true;
		return 0;
	case ARGS_TEXT:
		*(const char **)o->to = value;
		return 0;
	case ARGS_LIST:
		return append(o->to, value, e);
	case ARGS_NUMBER:
		if (!span_u64(span_of(value), INT64_MAX, &number))
			return err_set(e, ERR_PERMANENT, "--%s takes a whole "
				"number, not \"%s\"", o->name, value);
		*(long long *)o->to = (long long)number;
		return 0;
	}
	return 0;
}

/* Reads the option at argv[i]; returns how many arguments it took, or -1. */
static int one(int argc, char **argv, int i, const struct args_option *options,
	struct args *args, struct err *e)
{
	const struct args_option common[] = {
		{ "root", 0, ARGS_TEXT, &args->root },
		{ "help", 'h', ARGS_FLAG, &args->help },
		{ 0 },
	};
	const char *value;
	const struct args_option *o = find(argv[i], options, &value);
	bool separate;

	if (o == NULL)
		o = find(argv[i], common, &value);
	if (o == NULL)
		return unknown(argv[i], options, e);
	if (o->kind == ARGS_FLAG && value)
		return err_set(e, ERR_PERMANENT, "--%s takes no value",
			o->name);
	separate = o->kind != ARGS_FLAG && value == NULL;
	if (separate && i + 1 >= argc)
		return err_set(e, ERR_PERMANENT, "--%s needs a value",
			o->name);
	if (store(o, separate ? argv[i + 1] : value, e) < 0)
		return -1;
	return separate ? 2 : 1;
}

int args_parse(int argc, char **argv, const struct args_option *options,
	struct args *args_r, struct err *e)
{
	static const struct args_option none[] = { { 0 } };
	int kept = 1;

	*args_r = (struct args){ .root = "/", .rest = argv + 1 };
	for (int i = 1; i < argc;) {
		int took;

		if (argv[i][0] != '-' || argv[i][1] == 0) {
			argv[kept++] = argv[i++];
			continue;
		}
		if (span_is(span_of(argv[i]), "--")) {
			while (++i < argc)
				argv[kept++] = argv[i];
			break;
		}
		took = one(argc, argv, i, options ? options : none, args_r, e);
		if (took < 0)
			return -1;
		i += took;
	}
	args_r->n = (size_t)(kept - 1);
	return 0;
}
