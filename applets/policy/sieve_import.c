/*
 * pm policy import-sieve: PureMessage's policy.siv as rules of pm.
 */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/args.h"
#include "base/io.h"
#include "base/utf8.h"
#include "detect/pattern.h"
#include "sieve.h"

enum { IMPORT_ARENA = 512 << 20, BANNER_MAX = 16 << 10, NAME_SHOWN = 200 };

/* What the writer may ask. */
struct world {
	struct span folder;		/* that the script is in */
	struct pattern_room *room;	/* NULL: the processor is too old */
};

/* A banner's file: its own name only, beside the script. */
static bool read_beside(void *self, struct span name, struct arena *a,
	struct span *text_r)
{
	const struct world *w = self;
	struct buf text = { .arena = a };
	size_t slash = span_rchr(name, '/');

	if (slash != SIZE_MAX)
		name = span_after(name, slash + 1);
	if (name.n == 0 || span_chr(name, 0) != SIZE_MAX ||
	    span_is(name, "..") || span_is(name, "."))
		return false;
	if (io_slurp(arena_printf(a, "%.*s%.*s", SPAN_FMT(w->folder),
			SPAN_FMT(name)), BANNER_MAX, &text, NULL) < 0)
		return false;
	*text_r = buf_bytes(&text);
	return true;
}

static bool try_pattern(void *self, struct span source, bool octet,
	struct err *e)
{
	const struct world *w = self;

	return w->room == NULL || pattern_compile(w->room, source,
		octet ? 0 : PATTERN_CASELESS, e);
}

/* Never over an existing file: somebody may have worked on it. */
static int write_new(const char *path, struct span text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot be made", path);
	if (io_write_all(fd, text) < 0) {
		err_errno(e, ERR_PERMANENT, "%s: cannot be written", path);
		close(fd);
		unlink(path);
		return -1;
	}
	if (close(fd) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot be written",
			path);
	return 0;
}

static void tell_names(FILE *to, const char *what, const struct span *v,
	size_t n)
{
	char shown[NAME_SHOWN];

	if (n == 0)
		return;
	fprintf(to, "%s", what);
	for (size_t i = 0; i < n; i++) {
		utf8_printable(v[i], shown, sizeof(shown));
		fprintf(to, "%s%s", i ? ", " : " ", shown);
	}
	fprintf(to, "\n");
}

static void tell(FILE *to, const struct sieve_result *r)
{
	fprintf(to, "%zu %s converted, %zu %s a person%s\n", r->nrules,
		r->nrules == 1 ? "rule" : "rules", r->nleft,
		r->nleft == 1 ? "part needs" : "parts need",
		r->nleft ? ":" : "");
	for (const struct sieve_left *left = r->left; left; left = left->next) {
		char shown[NAME_SHOWN];

		utf8_printable(left->what, shown, sizeof(shown));
		fprintf(to, "  line %u: %s\n", left->line, shown);
	}
	tell_names(to, "lists that must be there:", r->lists, r->nlists);
	tell_names(to, "templates that must be there:", r->templates,
		r->ntemplates);
}

static int import(const char *path, const char *out, struct arena *a,
	size_t *left_r, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char name[NAME_SHOWN];
	struct world world = { span_sub(span_of(path), 0, slash ?
		(size_t)(slash + 1 - path) : 0), NULL };
	const struct sieve_help help = { &world, read_beside, try_pattern };
	struct buf text = { .arena = a };
	struct sieve_node *first;
	struct sieve_result r;

	utf8_printable(span_of(slash ? slash + 1 : path), name, sizeof(name));
	if (io_slurp(path, SIEVE_BYTES_MAX, &text, e) < 0 ||
	    sieve_read(buf_bytes(&text), path, a, &first, e) < 0)
		return -1;
	world.room = pattern_room_new(NULL);
	sieve_to_lua(first, name, &help, a, &r);
	pattern_room_free(&world.room);
	if (out && write_new(out, buf_bytes(&r.lua), e) < 0)
		return -1;
	if (out == NULL)
		fwrite(r.lua.p, 1, r.lua.n, stdout);
	tell(out ? stdout : stderr, &r);
	*left_r = r.nleft;
	return 0;
}

int policy_import_sieve_command(int argc, char **argv)
{
	const char *out = NULL;
	const struct args_option options[] = {
		{ "out", 'o', ARGS_TEXT, &out }, { 0 },
	};
	struct args args;
	struct arena *a;
	struct err e;
	size_t left = 0;
	int code;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n != 1) {
		fprintf(stderr, "pm policy: usage: pm policy import-sieve "
			"FILE [--out FILE.lua]\n");
		return EXIT_USAGE;
	}
	a = arena_new("import-sieve", IMPORT_ARENA);
	code = import(args.rest[0], out, a, &left, &e) < 0 ?
		err_report("policy", &e) : left ? EXIT_NO : EXIT_DONE;
	arena_free(&a);
	return code;
}
