/*
 * pm policy check --verbose: which branches of the rules neither sample mail
 * nor a test message has reached. Line ends are put around the branches of a
 * copy, so that reaching a line is reaching a branch.
 */
#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "library.h"
#include "script/tokens.h"

enum { BRANCHES_MAX = 20000, DEPTH_MAX = 200, TEST_FILE_MAX = 8 << 20,
	SHOWN = 60 };

struct branch {
	struct span file, text;	/* of the line where it begins */
	unsigned line, in_copy;
	bool reached;
};

struct cover {
	struct arena *a;
	struct branch *v;
	size_t n, messages;
	struct engine *engine;
};

/* A copy of one file on its way. */
struct copying {
	struct cover *c;
	const struct bundle_file *file;
	const struct lua_token *t;
	struct buf out;
	size_t copied;		/* bytes of the original */
	unsigned added;		/* line ends */
	char blocks[DEPTH_MAX];	/* 'f' function, else 'b' */
	size_t depth, functions;
};

static bool is_word(const struct lua_token *t, const char *word)
{
	return (t->kind == LUA_NAME || t->kind == LUA_SIGN) &&
		span_is(t->text, word);
}

static bool closes(const struct lua_token *t)
{
	return is_word(t, "end") || is_word(t, "else") ||
		is_word(t, "elseif") || is_word(t, "until");
}

static void break_at(struct copying *k, const unsigned char *p)
{
	size_t at = (size_t)(p - k->file->text.p);

	buf_span(&k->out, span_sub(k->file->text, k->copied, at - k->copied));
	buf_byte(&k->out, '\n');
	k->copied = at;
	k->added++;
}

static struct span source_line(struct span text, unsigned line)
{
	struct span one = { 0 };

	while (line-- && span_line(&text, &one))
		;
	return span_trim(one);
}

/* Behind token i a block begins; code before the rules run is not looked at. */
static void open_branch(struct copying *k, size_t i)
{
	const struct lua_token *t = &k->t[i], *first = &k->t[i + 1];

	break_at(k, t->text.p + t->text.n);
	if (k->functions == 0 || closes(first) || first->kind == LUA_NOTHING ||
	    k->c->n == BRANCHES_MAX)
		return;
	k->c->v[k->c->n++] = (struct branch){ .file = k->file->name,
		.text = source_line(k->file->text, t->line), .line = t->line,
		.in_copy = first->line + k->added };
}

static void push(struct copying *k, char kind)
{
	if (k->depth < DEPTH_MAX)
		k->blocks[k->depth] = kind;
	k->depth++;
	k->functions += kind == 'f';
}

static void pop(struct copying *k)
{
	if (k->depth == 0)
		return;
	k->depth--;
	k->functions -= k->depth < DEPTH_MAX && k->blocks[k->depth] == 'f';
}

/* At the token i; the one to go on with. */
static size_t step(struct copying *k, size_t i)
{
	const struct lua_token *t = &k->t[i];

	if (closes(t)) {
		break_at(k, t->text.p);
		pop(k);
	}
	if (is_word(t, "function")) {
		push(k, 'f');
		while (!is_word(&k->t[i], ")") &&
		       k->t[i].kind != LUA_NOTHING)
			i++;
		if (k->t[i].kind != LUA_NOTHING)
			open_branch(k, i);
	} else if (is_word(t, "then") || is_word(t, "else")) {
		push(k, 'b');
		open_branch(k, i);
	} else if (is_word(t, "do") || is_word(t, "repeat")) {
		push(k, 'b');
	}
	return k->t[i].kind == LUA_NOTHING ? i : i + 1;
}

static struct span copy_of(struct cover *c, const struct bundle_file *file)
{
	struct copying *k = arena_alloc(c->a, sizeof(*k));
	size_t n;

	*k = (struct copying){ .c = c, .file = file, .out = { .arena = c->a } };
	k->t = lua_tokens(file->text, c->a, &n);
	for (size_t i = 0; k->t[i].kind != LUA_NOTHING;)
		i = step(k, i);
	buf_span(&k->out, span_after(file->text, k->copied));
	return buf_bytes(&k->out);
}

static void reach(void *self, const char *file, unsigned line)
{
	struct cover *c = self;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].in_copy == line && !c->v[i].reached &&
		    span_is(c->v[i].file, file))
			c->v[i].reached = true;
}

/* --- messages ------------------------------------------------------------ */

static int try_cases(struct cover *c, const char *name, struct span text,
	struct err *e)
{
	struct library_case *one = arena_alloc(c->a, sizeof(*one));
	struct arena *a = arena_new("case", 256 << 20);
	bool more = true;
	int result = 0;

	while (result == 0 && more) {
		struct verdict v;

		result = library_next_case(&text, name, a, one, &more, e);
		if (result == 0 && more) {
			library_judge(c->engine, one, a, &v);
			c->messages++;
		}
		arena_reset(a);
	}
	arena_free(&a);
	return result;
}

static int try_library(struct cover *c, struct err *e)
{
	const char *name;

	for (size_t i = 0; (name = library_name(c->a, i)); i++)
		if (try_cases(c, name, library_file(c->a, name, ".test"),
				e) < 0)
			return -1;
	return 0;
}

/* The site's own NAME.test beside its rules. */
static int try_own(struct cover *c, const char *dir, struct err *e)
{
	DIR *d = dir ? opendir(dir) : NULL;
	struct dirent *f;
	int result = 0;

	while (result == 0 && d && (f = readdir(d))) {
		struct span name = span_of(f->d_name);
		struct buf text = { .arena = c->a };

		if (!span_ends(name, SPAN(".test")) || name.p[0] == '.')
			continue;
		result = io_slurp(arena_printf(c->a, "%s/%s", dir, f->d_name),
			TEST_FILE_MAX, &text, e);
		if (result == 0)
			result = try_cases(c, arena_string(c->a, span_sub(
				name, 0, name.n - 5)), buf_bytes(&text), e);
	}
	if (d)
		closedir(d);
	if (result < 0)
		e->class = ERR_PERMANENT;	/* the site's, not ours */
	return result;
}

/* --- what is told -------------------------------------------------------- */

static void print(const struct cover *c)
{
	size_t reached = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct branch *b = &c->v[i];

		reached += b->reached;
		if (!b->reached)
			printf("not tried: %.*s:%u: %.*s\n", SPAN_FMT(b->file),
				b->line, SPAN_FMT(span_sub(b->text, 0,
				SHOWN)));
	}
	printf("tried: %zu of %zu branches, by sample mail and %zu test "
		"messages\n", reached, c->n, c->messages);
}

/* The test messages are to and from example.org, which is ours there. */
static struct bundle_settings with_example(const struct bundle_settings *s,
	struct arena *a)
{
	struct bundle_settings wide = *s;

	wide.domains = arena_array(a, s->ndomains + 1, sizeof(*wide.domains));
	if (s->ndomains)
		memcpy(wide.domains, s->domains,
			s->ndomains * sizeof(*s->domains));
	wide.domains[wide.ndomains++] = SPAN("example.org");
	return wide;
}

int check_cover(const struct bundle *bundle, const struct bundle_settings *s,
	const char *dir, struct arena *a, struct err *e)
{
	struct cover c = { .a = a };
	struct findings unused = { .arena = a };
	struct bundle copy = *bundle;
	int result;

	c.v = arena_array(a, BRANCHES_MAX, sizeof(*c.v));
	copy.settings = with_example(&bundle->settings, a);
	copy.policy = arena_array(a, bundle->npolicy, sizeof(*copy.policy));
	for (size_t i = 0; i < bundle->npolicy; i++)
		copy.policy[i] = (struct bundle_file){ bundle->policy[i].name,
			copy_of(&c, &bundle->policy[i]) };
	c.engine = engine_new(&copy, e);
	if (c.engine == NULL)
		return -1;
	engine_watch_lines(c.engine, reach, &c);
	check_rehearse(c.engine, s, a, &unused);
	result = try_library(&c, e) < 0 || try_own(&c, dir, e) < 0 ? -1 : 0;
	engine_free(&c.engine);
	if (result == 0)
		print(&c);
	return result;
}
