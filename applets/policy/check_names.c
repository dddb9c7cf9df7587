/*
 * Names, and what is behind them: fields, methods, calls.
 */
#include "check_walk.h"

#include <string.h>

#include "base/args.h"

static const char *const stages[SEEN_STAGES] = {
	[STAGE_CONNECT] = "at_connect", [STAGE_MAIL] = "at_mail",
	[STAGE_RCPT] = "at_rcpt", [STAGE_N] = "rule",
};

/* --- members ------------------------------------------------------------- */

/* The field or method at the token that stands behind a . or : */
static struct shape member(struct walk *w, const struct shape *of, bool colon)
{
	const struct lua_token *name = walk_token(w, 1);
	const struct shape *s;

	if (of->class == NULL || of->list || of->function ||
	    !vocabulary_has_class(w->v, of->class))
		return walk_unknown;
	s = vocabulary_find(w->v, of->class, name->text);
	if (s == NULL) {
		walk_tell(w, name, arena_printf(w->seen->arena, "%s has no %s",
			of->class, colon ? "method" : "field"), name->text,
			vocabulary_nearest(w->v, of->class, name->text));
		return walk_unknown;
	}
	if (s->refused)
		findings_add(w->f, false, w->file->name, name->line,
			"%.*s: %s", SPAN_FMT(name->text), s->refused);
	else if (colon && !s->function)
		findings_add(w->f, false, w->file->name, name->line,
			"%.*s is no method of %s: write a dot, no brackets",
			SPAN_FMT(name->text), of->class);
	else if (!colon && s->function && walk_is(w, 2, "(") &&
		 strcmp(of->class, "string") != 0 &&
		 strcmp(of->class, "table") != 0 &&
		 strcmp(of->class, "math") != 0 &&
		 strcmp(of->class, "utf8") != 0)
		findings_add(w->f, false, w->file->name, name->line,
			"%.*s is a method of %s: write a colon before it",
			SPAN_FMT(name->text), of->class);
	return *s;
}

/* --- calls --------------------------------------------------------------- */

static void note_policy(struct walk *w, struct callee *c)
{
	const struct lua_token *t = walk_literal(w, 0);
	struct seen *s = w->seen;

	if (s->npolicies == SEEN_MAX)
		return;
	c->made = c->result.policy = (int)s->npolicies;
	s->policies[s->npolicies++] = (struct seen_policy){
		.name = t ? t->text : SPAN("?"), .file = w->file->name,
		.line = walk_token(w, 0)->line,
		.always = t && walk_is(w, 1, ")") };
}

static void note_rule(struct walk *w, struct callee *c)
{
	const struct lua_token *t = walk_literal(w, 0);
	struct seen *s = w->seen;
	int stage = -1;

	for (int i = 0; i < SEEN_STAGES; i++)
		if (span_is(c->name, stages[i]))
			stage = i;
	if (stage < 0 || s->nrules == SEEN_MAX)
		return;
	c->rule = (int)s->nrules;
	s->rules[s->nrules++] = (struct seen_rule){ .policy = c->policy,
		.stage = stage, .name = t ? t->text : SPAN("?"),
		.file = w->file->name, .line = walk_token(w, 0)->line };
}

/* At the first argument. */
static void look_at_call(struct walk *w, struct callee *c)
{
	if (c->class[0] == 0 && span_is(c->name, "policy"))
		note_policy(w, c);
	else if (strcmp(c->class, "policy") == 0)
		note_rule(w, c);
	else
		walk_uses(w, c);
}

/* --- chains -------------------------------------------------------------- */

static bool open_bracket(struct walk *w, unsigned char sign, bool chained,
	const struct callee *c)
{
	if (w->nbrackets == WALK_DEPTH_MAX)
		return false;
	w->brackets[w->nbrackets++] = (struct walk_bracket){ sign, chained,
		*c };
	return true;
}

/* Does an expression go on behind the chain? */
static bool goes_on(const struct walk *w)
{
	const struct lua_token *t = walk_token(w, 0);

	return (t->kind == LUA_SIGN && !span_is(t->text, ";") &&
		!span_is(t->text, ")") && !span_is(t->text, "::")) ||
		walk_is(w, 0, "and") || walk_is(w, 0, "or");
}

static void finish(struct walk *w, struct shape shape)
{
	w->last = shape;
	if (w->pending == SIZE_MAX || w->pending_depth != w->nbrackets)
		return;
	if (!goes_on(w) && w->pending < w->nlocals)
		w->locals[w->pending].shape = shape;
	w->pending = SIZE_MAX;
}

/* From the token behind a primary of that shape on. */
static bool follow(struct walk *w, struct shape shape, struct callee c)
{
	for (;;) {
		bool dot = walk_is(w, 0, "."), colon = walk_is(w, 0, ":");

		if (dot || colon) {
			struct shape to = member(w, &shape, colon);

			c = (struct callee){ .class = colon && shape.class ?
				shape.class : colon ? "?" : "",
				.name = walk_token(w, 1)->text, .result = to,
				.policy = shape.policy, .rule = -1,
				.made = -1 };
			/* Global functions are no fields. */
			if (dot && c.name.n)
				c.class = "?";
			c.result.function = false;
			shape = to;
			w->i += 2;
		} else if (walk_is(w, 0, "[")) {
			c = (struct callee){ .result = walk_unknown,
				.rule = -1, .made = -1 };
			if (shape.list)
				c.result.class = shape.class;
			w->i++;
			return open_bracket(w, '[', true, &c);
		} else if (walk_is(w, 0, "(")) {
			w->i++;
			if (c.name.n)
				look_at_call(w, &c);
			return open_bracket(w, '(', true, &c);
		} else if (walk_is(w, 0, "{")) {
			w->i++;
			return open_bracket(w, '{', true, &c);
		} else if (walk_token(w, 0)->kind == LUA_TEXT) {
			w->i++;
			shape = c.result;
		} else {
			finish(w, shape);
			return true;
		}
	}
}

static bool close_bracket(struct walk *w)
{
	static const struct callee none = { .result = { .policy = -1 },
		.rule = -1, .made = -1, .policy = -1 };
	struct walk_bracket b;

	w->i++;
	if (w->nbrackets == 0)
		return false;
	b = w->brackets[--w->nbrackets];
	if (!b.chained) {
		if (b.sign == '(')
			return follow(w, walk_unknown, none);
		return true;
	}
	if (b.callee.class && b.callee.class[0] == 0 && w->last.list &&
	    (span_is(b.callee.name, "ipairs") ||
	     span_is(b.callee.name, "pairs")))
		return follow(w, w->last, none);
	return follow(w, b.callee.result, none);
}

bool walk_sign(struct walk *w)
{
	static const struct callee none = { .result = { .policy = -1 },
		.rule = -1, .made = -1, .policy = -1 };
	unsigned char sign = walk_token(w, 0)->text.p[0];

	if (walk_is(w, 0, "::")) {
		w->i += 3;
		return true;
	}
	if (walk_is(w, 0, "(") || walk_is(w, 0, "[") || walk_is(w, 0, "{")) {
		w->i++;
		return open_bracket(w, sign, false, &none);
	}
	if (walk_is(w, 0, ")") || walk_is(w, 0, "]") || walk_is(w, 0, "}"))
		return close_bracket(w);
	w->i++;
	return true;
}

/* --- names --------------------------------------------------------------- */

/* "{ name = value }" */
static bool is_key(const struct walk *w)
{
	const struct lua_token *before = w->i ? &w->t[w->i - 1] : NULL;

	return w->nbrackets && w->brackets[w->nbrackets - 1].sign == '{' &&
		walk_is(w, 1, "=") && before && before->kind == LUA_SIGN &&
		(span_is(before->text, "{") || span_is(before->text, ",") ||
		 span_is(before->text, ";"));
}

static struct walk_local *find_local(struct walk *w, struct span name)
{
	for (size_t i = w->nlocals; i > 0; i--)
		if (span_eq(w->locals[i - 1].name, name))
			return &w->locals[i - 1];
	return NULL;
}

/* Nearest of what is visible here. */
static const char *nearest(struct walk *w, struct span name)
{
	const char *names[257];
	size_t n = 0;

	for (size_t i = w->nlocals; i > 0 && n < 256; i--)
		names[n++] = arena_string(w->seen->arena,
			w->locals[i - 1].name);
	names[n] = vocabulary_nearest(w->v, NULL, name);
	return args_nearest(name, names, names[n] ? n + 1 : n);
}

static bool global(struct walk *w, const struct lua_token *t)
{
	const struct shape *s = vocabulary_find(w->v, NULL, t->text);
	struct callee c = { .class = "", .name = t->text, .policy = -1,
		.result = walk_unknown, .rule = -1, .made = -1 };

	w->i++;
	if (walk_is(w, 0, "=")) {
		findings_add(w->f, false, w->file->name, t->line, "globals "
			"are read-only: write local %.*s",
			SPAN_FMT(t->text));
		return true;
	}
	if (s == NULL) {
		walk_tell(w, t, "unknown name", t->text, nearest(w, t->text));
		return follow(w, walk_unknown, c);
	}
	if (s->function) {
		c.result = *s;
		c.result.function = false;
	}
	return follow(w, *s, c);
}

bool walk_name(struct walk *w)
{
	const struct lua_token *t = walk_token(w, 0);
	struct walk_local *l = find_local(w, t->text);
	struct callee c = { .result = walk_unknown, .policy = -1, .rule = -1,
		.made = -1 };

	if (is_key(w) || span_is(t->text, "_ENV")) {
		w->i++;
		return true;
	}
	if (l == NULL)
		return global(w, t);
	w->i++;
	if (walk_is(w, 0, "="))
		l->shape = walk_unknown;
	return follow(w, l->shape, c);
}
