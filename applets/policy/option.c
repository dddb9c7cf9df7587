/*
 * pm policy option: the switches of the rules, in the draft.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/args.h"
#include "base/io.h"
#include "base/root.h"

#define OPTIONS ROOT_POLICY "/options"

enum { FILE_MAX = 1 << 20, MEMORY = 16 << 20, NAME_MAX_BYTES = 80 };

/* Is it a line NAME = VALUE? The engine reads them the same way. */
static bool split(struct span line, struct span *name_r, struct span *value_r)
{
	size_t at = span_chr(line, '=');

	*name_r = span_trim(span_sub(line, 0, at));
	*value_r = at == SIZE_MAX ? SPAN("") :
		span_trim(span_after(line, at + 1));
	return at != SIZE_MAX && name_r->n && name_r->p[0] != '#';
}

static bool name_ok(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-' && c != '.')
			return false;
	}
	return s.n && s.n <= NAME_MAX_BYTES;
}

/* All of them, or one. EXIT_NO: there is none of that name. */
static int show(struct span text, const char *wanted)
{
	struct span line, name, value;
	int code = wanted ? EXIT_NO : EXIT_DONE;

	while (span_line(&text, &line)) {
		if (!split(line, &name, &value) || (wanted &&
		    !span_caseeq(name, span_of(wanted))))
			continue;
		code = EXIT_DONE;
		if (wanted)
			printf("%.*s\n", SPAN_FMT(value));
		else
			printf("%.*s = %.*s\n", SPAN_FMT(name),
				SPAN_FMT(value));
	}
	return code;
}

/* Its line is replaced where it stands; a new one goes to the end. */
static int set(struct span text, const char *wanted, const char *to,
	struct arena *a, struct err *e)
{
	struct span line, name, value, fresh = span_of(to);
	struct buf b = { .arena = a };
	bool done = false;

	if (!name_ok(span_of(wanted)))
		return err_set(e, ERR_PERMANENT, "\"%s\" is no name of an "
			"option: letters, digits, - _ and .", wanted);
	if (span_chr(fresh, '\n') != SIZE_MAX)
		return err_set(e, ERR_PERMANENT, "a value is one line");
	while (span_line(&text, &line)) {
		if (!split(line, &name, &value) ||
		    !span_caseeq(name, span_of(wanted))) {
			buf_span(&b, line);
			buf_byte(&b, '\n');
			continue;
		}
		buf_printf(&b, "%s = %s\n", wanted, to);
		done = true;
	}
	if (!done)
		buf_printf(&b, "%s = %s\n", wanted, to);
	if (io_replace_file(OPTIONS, 0644, buf_bytes(&b), e) < 0)
		return -1;
	puts("changed in the draft; in force after pm policy publish");
	return EXIT_DONE;
}

static int run(const struct args *args, struct arena *a, struct err *e)
{
	struct buf text = { .arena = a };

	if (root_enter(args->root, NULL, e) < 0)
		return -1;
	if ((access(OPTIONS, F_OK) == 0 || errno != ENOENT) &&
	    io_slurp(OPTIONS, FILE_MAX, &text, e) < 0)
		return -1;
	if (args->n == 2)
		return set(buf_bytes(&text), args->rest[0], args->rest[1], a,
			e);
	return show(buf_bytes(&text), args->n ? args->rest[0] : NULL);
}

int policy_option_command(int argc, char **argv)
{
	struct args args;
	struct arena *a;
	struct err e;
	int code;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n > 2) {
		fputs("pm policy: usage: pm policy option [NAME [VALUE]]\n",
			stderr);
		return EXIT_USAGE;
	}
	a = arena_new("policy", MEMORY);
	code = run(&args, a, &e);
	if (code < 0)
		code = err_report("policy", &e);
	arena_free(&a);
	return code;
}
