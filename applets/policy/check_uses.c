/*
 * What calls name: lists, groups, templates, options, DNS lists. A name that
 * does not exist shows without the mail that would have reached it.
 */
#include "check_walk.h"

#include <string.h>

#include "base/args.h"
#include "engine/policy.h"

enum { UNREAD_MAX = 100 };	/* options that are told */

static bool is_named(struct span name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

#define IS_NAMED(name, names) \
	is_named(name, names, sizeof(names) / sizeof(names[0]))

/* --- lists --------------------------------------------------------------- */

/* Nearest of the lists whose names begin so; without that beginning. */
static const char *near_list(const struct walk *w, struct span name,
	struct span prefix)
{
	size_t all = w->bundle->nlists, n = 0;
	const char **names = arena_array(w->seen->arena, all, sizeof(*names));

	for (size_t i = 0; i < all; i++)
		if (span_starts(w->bundle->lists[i].name, prefix))
			names[n++] = arena_string(w->seen->arena, span_after(
				w->bundle->lists[i].name, prefix.n));
	return args_nearest(name, names, n);
}

static void check_list(struct walk *w, const struct lua_token *t)
{
	const char *near;

	if (bundle_find_list(w->bundle, t->text))
		return;
	near = near_list(w, t->text, SPAN(""));
	if (near)
		walk_tell(w, t, "there is no list", t->text, near);
	else
		findings_add(w->f, false, w->file->name, t->line, "there is "
			"no list \"%.*s\": make it with pm list add %.*s "
			"ENTRY", SPAN_FMT(t->text), SPAN_FMT(t->text));
}

/* Groups may come with the users' data, later: no mistake for sure. */
static void check_group(struct walk *w, const struct lua_token *t)
{
	const char *list = arena_printf(w->seen->arena, "group-%.*s",
		SPAN_FMT(t->text)), *near;

	if (bundle_find_list(w->bundle, span_of(list)))
		return;
	near = near_list(w, t->text, SPAN("group-"));
	findings_add(w->f, true, w->file->name, t->line, "nobody is in the "
		"group \"%.*s\": there is no list %s%s%s%s",
		SPAN_FMT(t->text), list, near ? "; did you mean \"" :
		", unless it comes with the users' data",
		near ? near : "", near ? "\"?" : "");
}

/* --- templates ----------------------------------------------------------- */

static void check_template(struct walk *w, const struct lua_token *t)
{
	const char *near;

	if (policy_has_template(w->bundle, t->text, w->seen->arena, &near))
		return;
	if (near)
		walk_tell(w, t, "there is no template", t->text, near);
	else
		findings_add(w->f, false, w->file->name, t->line, "there is "
			"no template \"%.*s\": write it into %.*s.txt of the "
			"folder templates", SPAN_FMT(t->text),
			SPAN_FMT(t->text));
}

/* quarantine("Spam", { notify = "virus-found" }): up to its bracket. */
static void look_at_notify(struct walk *w)
{
	static const char *const roles[] = { "recipient", "sender",
		"postmaster" };
	size_t depth = 1;

	for (size_t k = 0; depth > 0; k++) {
		const struct lua_token *t = walk_token(w, k + 2);

		if (walk_token(w, k)->kind == LUA_NOTHING)
			return;
		depth += walk_is(w, k, "(");
		depth -= walk_is(w, k, ")");
		if (walk_is(w, k, "notify") && walk_is(w, k + 1, "=") &&
		    t->kind == LUA_TEXT && (walk_is(w, k + 3, "}") ||
			walk_is(w, k + 3, ",")) && !IS_NAMED(t->text, roles))
			check_template(w, t);
	}
}

/* --- options ------------------------------------------------------------- */

static void note_option(struct walk *w)
{
	const struct lua_token *t = walk_literal(w, 0);
	struct seen *s = w->seen;

	if (t == NULL || s->noptions == SEEN_MAX)
		s->options_made = true;
	else
		s->options[s->noptions++] = (struct seen_name){ t->text,
			w->file->name, t->line };
}

static bool is_set(const struct bundle *b, struct span wanted)
{
	struct span rest = b->options, line;

	while (span_line(&rest, &line))
		if (span_caseeq(span_trim(span_sub(line, 0, span_chr(line,
				'='))), wanted))
			return true;
	return false;
}

static bool is_read(const struct seen *s, struct span name)
{
	for (size_t i = 0; i < s->noptions; i++)
		if (span_caseeq(s->options[i].name, name))
			return true;
	for (size_t i = 0; policy_own_options[i]; i++)
		if (span_caseeq(name, span_of(policy_own_options[i])))
			return true;
	return false;
}

/* Nearest of the options that are read and not set. */
static const struct seen_name *near_option(const struct bundle *b,
	const struct seen *s, struct span name)
{
	const char **names = arena_array(s->arena, s->noptions,
		sizeof(*names));
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < s->noptions; i++)
		if (!is_set(b, s->options[i].name))
			names[n++] = arena_string(s->arena,
				s->options[i].name);
	near = args_nearest(name, names, n);
	for (size_t i = 0; near && i < s->noptions; i++)
		if (span_is(s->options[i].name, near))
			return &s->options[i];
	return NULL;
}

static void tell_unread(const struct bundle *b, const struct seen *s,
	struct span name, unsigned line, struct findings *f)
{
	const struct seen_name *near = near_option(b, s, name);

	if (near)
		findings_add(f, true, SPAN("options"), line, "no rule reads "
			"the option \"%.*s\"; did you mean \"%.*s\" "
			"(%.*s:%u)?", SPAN_FMT(name), SPAN_FMT(near->name),
			SPAN_FMT(near->file), near->line);
	else
		findings_add(f, true, SPAN("options"), line, "no rule reads "
			"the option \"%.*s\": take the line out, or add the "
			"rule (pm policy library)", SPAN_FMT(name));
}

void check_options(const struct bundle *b, const struct seen *s,
	struct findings *f)
{
	struct span rest = b->options, line, name;
	size_t told = 0;

	for (unsigned n = 1; !s->options_made && told < UNREAD_MAX &&
	     span_line(&rest, &line); n++) {
		name = span_trim(span_sub(line, 0, span_chr(line, '=')));
		if (name.n && name.p[0] != '#' && name.n < line.n &&
		    !is_read(s, name)) {
			tell_unread(b, s, name, n, f);
			told++;
		}
	}
}

/* --- calls --------------------------------------------------------------- */

static void note_zones(struct walk *w, struct seen_name *zones, size_t *n,
	bool all)
{
	const struct lua_token *t;

	for (size_t k = 0; (t = walk_literal(w, k)); k += 2) {
		if (*n < SEEN_MAX)
			zones[(*n)++] = (struct seen_name){ t->text,
				w->file->name, t->line };
		if (!all || !walk_is(w, k + 1, ","))
			return;
	}
}

static void look_at_function(struct walk *w, const struct callee *c)
{
	static const char *const of_lists[] = { "list_empty", "map" };
	const struct lua_token *t = walk_literal(w, 0);

	if (span_is(c->name, "delay"))
		findings_add(w->f, false, w->file->name,
			walk_token(w, 0)->line,
			"delay: not in this version: needs the delay queue");
	else if (span_is(c->name, "dns_lists"))
		note_zones(w, w->seen->declared, &w->seen->ndeclared, true);
	else if (span_is(c->name, "option"))
		note_option(w);
	else if (span_is(c->name, "quarantine"))
		look_at_notify(w);
	else if (t && IS_NAMED(c->name, of_lists))
		check_list(w, t);
}

void walk_uses(struct walk *w, const struct callee *c)
{
	static const char *const of_lists[] = { "listed", "sender_listed",
		"phrases", "map_recipient" };
	static const char *const of_groups[] = { "member", "sender_member" };
	const struct lua_token *t = walk_literal(w, 0);

	if (c->class[0] == 0)
		look_at_function(w, c);
	else if (span_is(c->name, "dns_list"))
		note_zones(w, w->seen->asked, &w->seen->nasked, false);
	else if (t && IS_NAMED(c->name, of_lists))
		check_list(w, t);
	else if (t && IS_NAMED(c->name, of_groups))
		check_group(w, t);
	else if (t && strcmp(c->class, "plan") == 0 &&
		 span_is(c->name, "notify"))
		check_template(w, t);
}
