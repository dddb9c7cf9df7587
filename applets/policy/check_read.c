/*
 * The statements of a policy file: blocks, locals, functions, loops.
 */
#include "check_walk.h"

#include <string.h>

static const char *const keywords[] = { "and", "break", "do", "else",
	"elseif", "end", "false", "for", "function", "goto", "if", "in",
	"local", "nil", "not", "or", "repeat", "return", "then", "true",
	"until", "while" };

static const char *const endings[] = { "deliver", "quarantine", "reject",
	"tempfail", "discard", "redirect" };

const struct shape walk_unknown = { .policy = -1 };

const struct lua_token *walk_token(const struct walk *w, size_t k)
{
	return &w->t[w->i + k < w->n ? w->i + k : w->n];
}

bool walk_is(const struct walk *w, size_t k, const char *word)
{
	const struct lua_token *t = walk_token(w, k);

	return (t->kind == LUA_NAME || t->kind == LUA_SIGN) &&
		span_is(t->text, word);
}

static bool is_one_of(const struct lua_token *t, const char *const *words,
	size_t n)
{
	for (size_t i = 0; t->kind == LUA_NAME && i < n; i++)
		if (span_is(t->text, words[i]))
			return true;
	return false;
}

#define IS_ONE_OF(t, words) \
	is_one_of(t, words, sizeof(words) / sizeof(words[0]))

const struct lua_token *walk_literal(const struct walk *w, size_t k)
{
	const struct lua_token *t = walk_token(w, k);

	return t->kind == LUA_TEXT && (walk_is(w, k + 1, ",") ||
		walk_is(w, k + 1, ")")) ? t : NULL;
}

void walk_tell(struct walk *w, const struct lua_token *at, const char *what,
	struct span name, const char *near)
{
	findings_add(w->f, false, w->file->name, at->line, "%s \"%.*s\"%s%s%s",
		what, SPAN_FMT(name), near ? "; did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
}

bool walk_declare(struct walk *w, struct span name, struct shape shape)
{
	if (w->nlocals == WALK_LOCALS_MAX)
		return false;
	w->locals[w->nlocals++] = (struct walk_local){ name, shape };
	return true;
}

/* --- blocks -------------------------------------------------------------- */

static bool push(struct walk *w, enum walk_block_kind kind)
{
	struct walk_block *b = &w->blocks[w->nblocks];

	if (w->nblocks == WALK_DEPTH_MAX)
		return false;
	*b = (struct walk_block){ .kind = kind, .nlocals = w->nlocals,
		.line = walk_token(w, 0)->line, .rule = -1, .policy = -1 };
	w->nblocks++;
	return true;
}

static void tell_forever(struct walk *w, const struct walk_block *b)
{
	if (b->kind == BLOCK_LOOP && b->forever && !b->exits)
		findings_add(w->f, false, w->file->name, b->line,
			"this loop never ends: nothing in it breaks or "
			"returns");
}

static void close_function(struct walk *w, const struct walk_block *b)
{
	if (b->rule >= 0)
		w->seen->rules[b->rule].ends = b->ends && !b->passes;
}

/* False: more ends than blocks. */
static bool pop(struct walk *w, bool keep_locals)
{
	struct walk_block *b;

	if (w->nblocks == 0)
		return false;
	b = &w->blocks[--w->nblocks];
	tell_forever(w, b);
	if (b->kind == BLOCK_FUNCTION)
		close_function(w, b);
	if (!keep_locals)
		w->nlocals = b->nlocals;
	return true;
}

/* The innermost block of a kind, in the function at hand; NULL. */
static struct walk_block *innermost(struct walk *w, enum walk_block_kind kind)
{
	for (size_t i = w->nblocks; i > 0; i--) {
		struct walk_block *b = &w->blocks[i - 1];

		if (b->kind == kind)
			return b;
		if (b->kind == BLOCK_FUNCTION)
			return NULL;
	}
	return NULL;
}

/* Something here leaves all loops of the function. */
static void leave_loops(struct walk *w)
{
	for (size_t i = w->nblocks; i > 0; i--) {
		if (w->blocks[i - 1].kind == BLOCK_FUNCTION)
			return;
		w->blocks[i - 1].exits = true;
	}
}

/* --- functions ----------------------------------------------------------- */

/* What the parameters are of a function that stands in a call. */
static const char *param_class(const struct walk *w, size_t nth,
	struct span name)
{
	static const char *const content[] = { "message", "rcpt", "plan" };
	static const char *const stage[] = { "session", "rcpt" };
	const struct walk_bracket *b = w->nbrackets ?
		&w->brackets[w->nbrackets - 1] : NULL;

	/* A helper's, by the names that everybody gives them. */
	if (b == NULL)
		return span_is(name, "m") ? "message" :
			span_is(name, "rcpt") ? "rcpt" :
			span_is(name, "plan") ? "plan" : NULL;
	if (b->callee.class == NULL)
		return NULL;
	if (strcmp(b->callee.class, "policy") == 0 &&
	    span_is(b->callee.name, "rule"))
		return nth < 3 ? content[nth] : NULL;
	if (strcmp(b->callee.class, "policy") == 0)
		return nth < 2 ? stage[nth] : NULL;
	if (b->callee.made >= 0)
		return nth == 0 ? "session" : NULL;
	return NULL;
}

/* "return false end": the whole of a guard that never says yes. */
static void look_at_guard(struct walk *w, int policy)
{
	struct seen_policy *p = &w->seen->policies[policy];

	if (!walk_is(w, 0, "return") || !walk_is(w, 2, "end"))
		return;
	p->never = walk_is(w, 1, "false") || walk_is(w, 1, "nil");
	p->always = walk_is(w, 1, "true");
}

/* At the ( of its parameters. */
static bool open_function(struct walk *w)
{
	const struct walk_bracket *b = w->nbrackets ?
		&w->brackets[w->nbrackets - 1] : NULL;
	struct walk_block *block;
	size_t nth = 0;

	if (!push(w, BLOCK_FUNCTION) || !walk_is(w, 0, "("))
		return false;
	block = &w->blocks[w->nblocks - 1];
	if (b && b->sign == '(' && b->callee.class) {
		block->rule = b->callee.rule;
		block->policy = b->callee.made;
	}
	for (w->i++; !walk_is(w, 0, ")"); w->i++) {
		const struct lua_token *t = walk_token(w, 0);
		struct shape shape = walk_unknown;

		if (t->kind == LUA_NOTHING)
			return false;
		if (t->kind != LUA_NAME)
			continue;
		shape.class = param_class(w, nth++, t->text);
		if (!walk_declare(w, t->text, shape))
			return false;
	}
	w->i++;
	if (block->policy >= 0)
		look_at_guard(w, block->policy);
	return true;
}

static bool read_function(struct walk *w)
{
	const struct lua_token *name = walk_token(w, 1);
	bool known = false;

	w->i++;
	if (name->kind == LUA_NAME) {
		for (size_t i = 0; i < w->nlocals; i++)
			known = known || span_eq(w->locals[i].name,
				name->text);
		if (!known)
			findings_add(w->f, false, w->file->name, name->line,
				"globals are read-only: write local function "
				"%.*s", SPAN_FMT(name->text));
	}
	while (!walk_is(w, 0, "(") && walk_token(w, 0)->kind != LUA_NOTHING)
		w->i++;
	return open_function(w);
}

/* --- statements ---------------------------------------------------------- */

/* "local a <const>, b = …": the first waits for its shape when it is alone. */
static bool read_local(struct walk *w)
{
	size_t n = 0;

	if (walk_is(w, 1, "function")) {
		if (!walk_declare(w, walk_token(w, 2)->text, walk_unknown))
			return false;
		w->i += 3;
		return open_function(w);
	}
	do {
		w->i++;
		if (!walk_declare(w, walk_token(w, 0)->text, walk_unknown))
			return false;
		n++;
		w->i++;
		if (walk_is(w, 0, "<"))
			w->i += 3;
	} while (walk_is(w, 0, ","));
	if (!walk_is(w, 0, "="))
		return true;
	w->i++;
	if (n == 1 && walk_token(w, 0)->kind == LUA_NAME &&
	    !IS_ONE_OF(walk_token(w, 0), keywords)) {
		w->pending = w->nlocals - 1;
		w->pending_depth = w->nbrackets;
	}
	return true;
}

static bool read_for(struct walk *w)
{
	w->in_for = true;
	w->nloop = 0;
	for (w->i++; !walk_is(w, 0, "=") && !walk_is(w, 0, "in"); w->i++) {
		const struct lua_token *t = walk_token(w, 0);

		if (t->kind == LUA_NOTHING)
			return false;
		if (t->kind == LUA_NAME && w->nloop < 2)
			w->loop[w->nloop++] = t->text;
	}
	w->last = walk_unknown;
	w->i++;
	return true;
}

static bool read_do(struct walk *w)
{
	struct shape item = walk_unknown;
	bool was_for = w->in_for, was_while = w->in_while;

	if (!push(w, was_for || was_while ? BLOCK_LOOP : BLOCK_PLAIN))
		return false;
	w->blocks[w->nblocks - 1].forever = was_while && w->forever;
	w->in_for = w->in_while = false;
	w->i++;
	if (!was_for)
		return true;
	if (w->last.list)
		item.class = w->last.class;
	for (size_t i = 0; i < w->nloop; i++)
		if (!walk_declare(w, w->loop[i], i == 1 ? item :
				walk_unknown))
			return false;
	return true;
}

static bool read_return(struct walk *w)
{
	struct walk_block *f = innermost(w, BLOCK_FUNCTION);
	const struct lua_token *t = walk_token(w, 1);
	bool ending = IS_ONE_OF(t, endings) && walk_is(w, 2, "(");

	leave_loops(w);
	if (f && !ending)
		f->passes = true;
	if (f && ending && f == &w->blocks[w->nblocks - 1])
		f->ends = true;
	w->i++;
	return true;
}

static bool read_until(struct walk *w)
{
	struct walk_block *b = innermost(w, BLOCK_LOOP);

	if (b)
		b->forever = walk_is(w, 1, "false") || walk_is(w, 1, "nil");
	w->i++;
	return pop(w, true);
}

/* Leaves: break its loop, goto all of them. */
static bool read_jump(struct walk *w)
{
	struct walk_block *b = innermost(w, BLOCK_LOOP);

	if (walk_is(w, 0, "goto")) {
		leave_loops(w);
		w->i += 2;
		return true;
	}
	if (b)
		b->exits = true;
	w->i++;
	return true;
}

static bool read_keyword(struct walk *w)
{
	if (walk_is(w, 0, "local"))
		return read_local(w);
	if (walk_is(w, 0, "function"))
		return read_function(w);
	if (walk_is(w, 0, "for"))
		return read_for(w);
	if (walk_is(w, 0, "do"))
		return read_do(w);
	if (walk_is(w, 0, "return"))
		return read_return(w);
	if (walk_is(w, 0, "until"))
		return read_until(w);
	if (walk_is(w, 0, "break") || walk_is(w, 0, "goto"))
		return read_jump(w);
	if (walk_is(w, 0, "while")) {
		w->in_while = true;
		w->forever = walk_is(w, 1, "true") && walk_is(w, 2, "do");
	}
	if ((walk_is(w, 0, "end") || walk_is(w, 0, "elseif") ||
	     walk_is(w, 0, "else")) && !pop(w, false))
		return false;
	if ((walk_is(w, 0, "then") || walk_is(w, 0, "else")) &&
	    !push(w, BLOCK_PLAIN))
		return false;
	if (walk_is(w, 0, "repeat") && !push(w, BLOCK_LOOP))
		return false;
	w->i++;
	return true;
}

static bool step(struct walk *w)
{
	const struct lua_token *t = walk_token(w, 0);

	if (t->kind == LUA_SIGN)
		return walk_sign(w);
	if (t->kind != LUA_NAME) {
		w->i++;
		return true;
	}
	if (IS_ONE_OF(t, keywords))
		return read_keyword(w);
	if (span_is(t->text, "error"))
		leave_loops(w);
	return walk_name(w);
}

void check_read(const struct bundle *bundle, const struct bundle_file *file,
	const struct vocabulary *v, struct seen *seen, struct findings *f)
{
	struct walk *w = arena_alloc(seen->arena, sizeof(*w));

	w->bundle = bundle;
	w->file = file;
	w->v = v;
	w->seen = seen;
	w->f = f;
	w->pending = SIZE_MAX;
	w->last = walk_unknown;
	w->t = lua_tokens(file->text, seen->arena, &w->n);
	while (w->i < w->n && step(w))
		;
}
