/*
 * pm policy library: ready-made rules, to read, to try and to take over.
 */
#include "library.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <dirent.h>

#include "base/args.h"
#include "base/embed.h"
#include "base/io.h"
#include "base/root.h"
#include "engine/policy.h"
#include "command.h"

enum { LIBRARY_ARENA = 512 << 20, NAME_WIDTH = 22 };

/* Where they stand: before the default policy, which ends with deliver. */
#define ORDER "40-"

/* --- what there is ------------------------------------------------------- */

const char *library_name(struct arena *a, size_t i)
{
	const char *path;
	size_t found = 0;

	for (size_t n = 0; (path = embed_name(LIBRARY, n)); n++) {
		struct span name = span_after(span_of(path), strlen(LIBRARY));

		if (span_chr(name, '/') != SIZE_MAX ||
		    !span_ends(name, SPAN(".lua")))
			continue;
		if (found++ == i)
			return arena_string(a, span_sub(name, 0, name.n - 4));
	}
	return NULL;
}

struct span library_file(struct arena *a, const char *name, const char *suffix)
{
	return embed_file(arena_printf(a, LIBRARY "%s%s", name, suffix));
}

bool library_needs(struct span lua, const char *key, size_t nth,
	struct span *name_r)
{
	struct span line, names;

	while (span_line(&lua, &line) && span_starts(line, SPAN("--"))) {
		names = span_trim(span_after(line, 2));
		if (!span_starts(names, span_of(key)) ||
		    names.n <= strlen(key) || names.p[strlen(key)] != ':')
			continue;
		names = span_after(names, strlen(key) + 1);
		for (size_t i = 0; span_cut(&names, ',', name_r); i++)
			if (i == nth) {
				*name_r = span_trim(*name_r);
				return true;
			}
		return false;
	}
	return false;
}

struct span library_needed(struct arena *a, const char *key, struct span name)
{
	bool list = strcmp(key, "Lists") == 0;
	struct span shipped = embed_file(arena_printf(a, LIBRARY "%s/%.*s%s",
		list ? "lists" : "templates", SPAN_FMT(name),
		list ? "" : ".txt"));

	if (shipped.p == NULL && list)
		shipped = embed_file(arena_printf(a, "lua/policy/lists/%.*s",
			SPAN_FMT(name)));
	return shipped;
}

/* What stands behind "-- NAME: " in the first line. */
static struct span summary_of(struct span lua)
{
	struct span line = { 0 };
	size_t colon;

	span_line(&lua, &line);
	colon = span_find(line, SPAN(": "));
	return colon == SIZE_MAX ? line : span_after(line, colon + 2);
}

static int find(struct arena *a, const char *name, struct span *lua_r,
	struct err *e)
{
	const char *names[100], *near;
	size_t n = 0;

	*lua_r = library_file(a, name, ".lua");
	if (lua_r->p)
		return 0;
	while (n < 100 && (names[n] = library_name(a, n)))
		n++;
	near = args_nearest(span_of(name), names, n);
	return err_set(e, ERR_PERMANENT, "no ready-made rule \"%s\"%s%s%s: "
		"pm policy library lists them", name, near ?
		"; did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

/* "plan:banner", "m.auth", "map": is it a word of the language? */
static bool is_word(struct span word)
{
	struct span name = word, class = { 0 };
	struct policy_word w;

	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == ':' || word.p[i] == '.') {
			class = span_sub(word, 0, i);
			name = span_after(word, i + 1);
		}
	if (span_is(class, "m"))
		class = SPAN("message");
	for (size_t i = 0; policy_word_at(i, &w); i++)
		if (span_is(name, w.name) && (w.class ?
				span_is(class, w.class) : class.n == 0))
			return true;
	return false;
}

/* A word that the rules need and this version does not have; or p NULL. */
static struct span lacking(struct span lua)
{
	struct span word;

	for (size_t i = 0; library_needs(lua, "Needs", i, &word); i++)
		if (!is_word(word))
			return word;
	return (struct span){ 0 };
}

static void list_all(struct arena *a)
{
	const char *name;

	for (size_t i = 0; (name = library_name(a, i)); i++) {
		struct span lua = library_file(a, name, ".lua");

		if (lacking(lua).p == NULL)
			printf("%-*s %.*s\n", NAME_WIDTH, name,
				SPAN_FMT(summary_of(lua)));
	}
	for (size_t i = 0; (name = library_name(a, i)); i++) {
		struct span word = lacking(library_file(a, name, ".lua"));

		if (word.p)
			printf("%-*s (not in this version: needs %.*s)\n",
				NAME_WIDTH, name, SPAN_FMT(word));
	}
}

/* --- add ----------------------------------------------------------------- */

/* Is NAME.lua there, under any number? */
static bool is_there(const char *dir, const char *name, struct arena *a)
{
	struct span file = span_of(arena_printf(a, "%s.lua", name));
	DIR *d = opendir(dir);
	struct dirent *entry;
	bool found = false;

	while (d && (entry = readdir(d))) {
		struct span s = span_of(entry->d_name);
		size_t digits = 0;

		while (digits < s.n && s.p[digits] >= '0' &&
		       s.p[digits] <= '9')
			digits++;
		if (digits && digits < s.n && s.p[digits] == '-')
			s = span_after(s, digits + 1);
		found = found || span_eq(s, file);
	}
	if (d)
		closedir(d);
	return found;
}

static int put_new(const char *path, struct span text, struct err *e)
{
	if (access(path, F_OK) == 0)
		return 0;
	if (io_replace_file(path, 0644, text, e) < 0)
		return -1;
	printf("added %s\n", path);
	return 0;
}

/* Lists or templates that the rules need, where they are not there yet. */
static int put_needed(struct arena *a, struct span lua, const char *key,
	const char *folder, const char *suffix, struct err *e)
{
	struct span name;

	for (size_t i = 0; library_needs(lua, key, i, &name); i++)
		if (io_mkdirs(folder, 0755, e) < 0 ||
		    put_new(arena_printf(a, "%s/%.*s%s", folder,
				SPAN_FMT(name), suffix),
			library_needed(a, key, name), e) < 0)
			return -1;
	return 0;
}

/* The shipped files of a folder that a root does not have. */
static int put_shipped(struct arena *a, const char *prefix,
	const char *folder, struct err *e)
{
	const char *path;

	if (access(folder, F_OK) == 0)
		return 0;
	if (io_mkdirs(folder, 0755, e) < 0)
		return -1;
	for (size_t i = 0; (path = embed_name(prefix, i)); i++) {
		const char *name = path + strlen(prefix);

		if (strchr(name, '/') == NULL &&
		    put_new(arena_printf(a, "%s/%s", folder, name),
			embed_file(path), e) < 0)
			return -1;
	}
	return 0;
}

/* In the root. */
static int add_here(struct arena *a, const char *name, struct span lua,
	struct err *e)
{
	if (is_there(ROOT_POLICY, name, a))
		return err_set(e, ERR_PERMANENT, "%s/%s.lua is there "
			"already: nothing was changed", ROOT_POLICY, name);
	if (put_shipped(a, "lua/policy/", ROOT_POLICY, e) < 0 ||
	    put_shipped(a, "lua/policy/lists/", ROOT_LISTS, e) < 0 ||
	    put_needed(a, lua, "Lists", ROOT_LISTS, "", e) < 0 ||
	    put_needed(a, lua, "Templates", ROOT_POLICY "/templates", ".txt",
		e) < 0)
		return -1;
	return put_new(arena_printf(a, ROOT_POLICY "/" ORDER "%s.lua", name),
		lua, e);
}

static int add(const char *root, const char *name, struct arena *a,
	struct err *e)
{
	struct span lua, word;
	int before, result;

	if (find(a, name, &lua, e) < 0)
		return -1;
	word = lacking(lua);
	if (word.p)
		return err_set(e, ERR_PERMANENT, "%s: not in this version: "
			"needs %.*s", name, SPAN_FMT(word));
	if (root_enter(root, &before, e) < 0)
		return -1;
	result = add_here(a, name, lua, e);
	if (fchdir(before) < 0)
		result = err_errno(e, ERR_PERMANENT, "the working folder");
	close(before);
	if (result == 0)
		printf("Look at it, then: pm policy check\n");
	return result;
}

/* --- test ---------------------------------------------------------------- */

struct tally {
	size_t rules, messages, failed;
};

static int test_one(const char *name, struct arena *a, struct tally *t,
	struct err *e)
{
	struct span rest = library_file(a, name, ".test"), word;
	struct library_case c;
	const char *why = NULL;
	bool more;

	if (rest.p == NULL)
		return err_set(e, ERR_BUG, "%s has no test messages", name);
	word = lacking(library_file(a, name, ".lua"));
	if (word.p) {
		printf("later %s: needs %.*s\n", name, SPAN_FMT(word));
		return 0;
	}
	t->rules++;
	for (;;) {
		if (library_next_case(&rest, name, a, &c, &more, e) < 0)
			return -1;
		if (!more)
			return 0;
		if (library_run_case(name, &c, a, &why, e) < 0)
			return -1;
		t->messages++;
		t->failed += why != NULL;
		printf("%s %s: %.*s%s%s\n", why ? "FAILED" : "ok", name,
			SPAN_FMT(c.title), why ? ": " : "", why ? why : "");
	}
}

static int test(const char *name, struct arena *a, struct tally *t,
	struct err *e)
{
	struct span lua;

	if (name)
		return find(a, name, &lua, e) < 0 ? -1 :
			test_one(name, a, t, e);
	for (size_t i = 0; (name = library_name(a, i)); i++)
		if (test_one(name, a, t, e) < 0)
			return -1;
	return 0;
}

/* --- the verb ------------------------------------------------------------ */

/* NAME: the rules; NAME.test: their messages, to write one's own like. */
static int show(const char *name, struct arena *a, struct err *e)
{
	struct span own = span_of(name), text;
	bool test = span_ends(own, SPAN(".test"));

	name = arena_string(a, span_sub(own, 0, own.n - (test ? 5 : 0)));
	if (find(a, name, &text, e) < 0)
		return -1;
	if (test)
		text = library_file(a, name, ".test");
	fwrite(text.p, 1, text.n, stdout);
	return 0;
}

static int run(const struct args *args, struct arena *a, int *code_r,
	struct err *e)
{
	const char *verb = args->n ? args->rest[0] : "";
	const char *name = args->n > 1 ? args->rest[1] : NULL;
	struct tally t = { 0 };

	*code_r = EXIT_DONE;
	if (args->n == 0) {
		list_all(a);
		return 0;
	}
	if (strcmp(verb, "test") == 0 && args->n <= 2) {
		if (test(name, a, &t, e) < 0)
			return -1;
		printf("%zu ready-made rules, %zu messages, %zu failed\n",
			t.rules, t.messages, t.failed);
		*code_r = t.failed ? EXIT_NO : EXIT_DONE;
		return 0;
	}
	if (strcmp(verb, "show") == 0 && args->n == 2)
		return show(name, a, e);
	if (strcmp(verb, "add") == 0 && args->n == 2)
		return add(args->root, name, a, e);
	return err_set(e, ERR_PERMANENT, "usage: pm policy library [show NAME "
		"| add NAME | test [NAME]]");
}

int policy_library_command(int argc, char **argv)
{
	struct arena *a;
	struct args args;
	struct err e;
	int code;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("policy", &e);
	a = arena_new("library", LIBRARY_ARENA);
	if (run(&args, a, &code, &e) < 0)
		code = err_report("policy", &e);
	arena_free(&a);
	return code;
}
