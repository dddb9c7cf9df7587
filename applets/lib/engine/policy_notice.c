#include "engine/policy_view.h"

#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "base/embed.h"
#include "engine/notice_mail.h"
#include "engine/template_text.h"

enum { NAMES_MAX = 1000, EXPAND_MAX = 16 << 10 };

static const char *const roles[] = { "recipient", "sender", "postmaster" };

/* --- templates ----------------------------------------------------------- */

#define SHIPPED "lua/policy/templates/"

struct span policy_template(const struct policy_host *h, struct span name,
	const char *ending, struct arena *a)
{
	const char *file = arena_printf(a, "%.*s%s", SPAN_FMT(name), ending);
	const struct bundle *b = h->bundle;

	for (size_t i = 0; i < b->ntemplates; i++)
		if (span_is(b->templates[i].name, file))
			return b->templates[i].text;
	return embed_file(arena_printf(a, SHIPPED "%s", file));
}

struct span policy_template_language(const struct policy_host *h,
	struct span name, struct arena *a)
{
	struct span language, file;
	const char *longer;

	if (!policy_find_option(h, SPAN("notice_language"), &language))
		return name;
	longer = arena_printf(a, "%.*s.%.*s", SPAN_FMT(name),
		SPAN_FMT(language));
	file = policy_template(h, span_of(longer), ".txt", a);
	return file.p ? span_of(longer) : name;
}

/* Names in quotes in a rule are variables of its own. */
static bool is_quoted(const void *self, struct span name)
{
	const struct bundle *b = self;

	for (size_t i = 0; i < b->npolicy; i++) {
		struct span rest = b->policy[i].text;
		size_t at;

		while ((at = span_find(rest, name)) != SIZE_MAX) {
			unsigned char before = at ? rest.p[at - 1] : 0;

			rest = span_after(rest, at + name.n);
			if (rest.n && rest.p[0] == before &&
			    (before == '"' || before == '\''))
				return true;
		}
	}
	return false;
}

static int check_template(const struct bundle *b, const struct bundle_file *f,
	struct err *e)
{
	char name[POLICY_NAME_MAX + 20];
	struct template_file t;

	snprintf(name, sizeof(name), "templates/%.*s", SPAN_FMT(
		span_sub(f->name, 0, POLICY_NAME_MAX)));
	if (f->text.n > TEMPLATE_TEXT_MAX)
		return err_set(e, ERR_PERMANENT, "%s: longer than %d bytes",
			name, TEMPLATE_TEXT_MAX);
	if (span_ends(f->name, SPAN(".html")))
		return template_check(f->text, name, 1, is_quoted, b, e);
	template_split(f->text, &t);
	return template_check(t.subject, name, 1, is_quoted, b, e) < 0 ? -1 :
		template_check(t.text, name, t.line, is_quoted, b, e);
}

int policy_check_templates(const struct policy_host *h, struct err *e)
{
	const struct bundle *b = h->bundle;

	for (size_t i = 0; i < b->ntemplates; i++)
		if (check_template(b, &b->templates[i], e) < 0)
			return -1;
	return 0;
}

/* "virus-found.txt" as "virus-found"; NULL: no template. */
static const char *short_name(struct span file, struct arena *a)
{
	return span_ends(file, SPAN(".txt")) ? arena_string(a,
		span_sub(file, 0, file.n - 4)) : NULL;
}

bool policy_has_template(const struct bundle *b, struct span name,
	struct arena *a, const char **near_r)
{
	const char **names = arena_array(a, NAMES_MAX, sizeof(*names)), *path;
	size_t n = 0;

	for (size_t i = 0; i < b->ntemplates && n < NAMES_MAX; i++) {
		names[n] = short_name(b->templates[i].name, a);
		n += names[n] != NULL;
	}
	for (size_t i = 0; (path = embed_name(SHIPPED, i)) && n < NAMES_MAX;
	     i++) {
		names[n] = short_name(span_after(span_of(path),
			sizeof(SHIPPED) - 1), a);
		n += names[n] != NULL;
	}
	*near_r = args_nearest(name, names, n);
	for (size_t i = 0; i < n; i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static bool no_template(struct script_call *c, struct span name)
{
	struct policy_host *h = c->context;
	const char *near;

	policy_has_template(h->bundle, name, h->scratch, &near);
	err_set(&c->error, ERR_PERMANENT, "there is no template \"%.*s\"%s%s"
		"%s", SPAN_FMT(span_sub(name, 0, POLICY_NAME_MAX)),
		near ? "; did you mean \"" : ": it would be a file NAME.txt "
		"of the folder templates", near ? near : "",
		near ? "\"?" : "");
	return false;
}

/* --- what rules say ------------------------------------------------------ */

static bool is_role(struct span s)
{
	for (size_t i = 0; i < 3; i++)
		if (span_is(s, roles[i]))
			return true;
	return false;
}

static void add_notice(struct notice_wish *w, const struct plan_notice *n)
{
	for (size_t i = 0; i < w->n; i++)
		if (span_eq(w->v[i].template, n->template) &&
		    span_eq(w->v[i].to, n->to))
			return;
	/* What goes beyond is a rule's mistake, told where it was made. */
	if (w->n < PLAN_NOTICES_MAX)
		w->v[w->n++] = *n;
}

static bool has_template(struct script_call *c, struct span name)
{
	struct policy_host *h = c->context;

	return policy_template(h, name, ".txt", h->scratch).p ||
		no_template(c, name);
}

static bool read_flag(struct script_call *c, const char *key, bool *yes_r)
{
	struct script_value v = script_table_get(c->script, &c->args[1], key);

	*yes_r = v.type == SCRIPT_BOOL && v.boolean;
	if (v.type == SCRIPT_NIL || v.type == SCRIPT_BOOL)
		return true;
	err_set(&c->error, ERR_PERMANENT, "%s is true or false", key);
	return false;
}

static bool read_to(struct script_call *c, struct plan_notice *n)
{
	struct policy_host *h = c->context;
	struct script_value to = script_table_get(c->script, &c->args[1],
		"to");

	if (to.type == SCRIPT_NIL)
		return true;
	if (to.type == SCRIPT_TEXT && (is_role(to.text) ||
	    policy_is_address(to.text))) {
		n->to = arena_span(h->scratch, to.text);
		return true;
	}
	err_set(&c->error, ERR_PERMANENT, "to is \"recipient\", \"sender\", "
		"\"postmaster\" or an address");
	return false;
}

/* { to = …, headers = …, external = … } */
static bool read_table(struct script_call *c, struct plan_notice *n)
{
	static const char *const keys[] = { "to", "headers", "external" };
	struct policy_host *h = c->context;
	const struct script_value *t = &c->args[1];
	struct span key;
	const char *near;

	if (t->type != SCRIPT_TABLE) {
		err_set(&c->error, ERR_PERMANENT, "argument 2 is a %s, not a "
			"table: write { to = \"recipient\" }",
			script_type_name(t->type));
		return false;
	}
	for (size_t i = 0; (key = script_table_key(c->script, t, i,
			h->scratch)).n; i++) {
		if (span_is(key, "to") || span_is(key, "headers") ||
		    span_is(key, "external"))
			continue;
		near = args_nearest(key, keys, 3);
		err_set(&c->error, ERR_PERMANENT, "unknown option \"%.*s\"%s"
			"%s%s", SPAN_FMT(span_sub(key, 0, POLICY_NAME_MAX)),
			near ? ": did you mean \"" : ": to, headers, "
			"external are all", near ? near : "",
			near ? "\"?" : "");
		return false;
	}
	return read_to(c, n) && read_flag(c, "headers", &n->headers) &&
		read_flag(c, "external", &n->external);
}

void policy_plan_notify(struct script_call *c)
{
	static const char usage[] = "plan:notify(\"TEMPLATE\", { to = "
		"\"recipient\" })";
	struct policy_host *h = c->context;
	struct notice_wish *w = &h->run.plan.wish;
	struct plan_notice n = { .to = SPAN("recipient") };

	if (!policy_arg_count(c, 1, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &n.template) ||
	    !has_template(c, n.template) ||
	    (c->nargs == 2 && !read_table(c, &n)))
		return;
	if (w->n == PLAN_NOTICES_MAX) {
		err_set(&c->error, ERR_PERMANENT, "more than %d notices of "
			"one message", PLAN_NOTICES_MAX);
		return;
	}
	n.template = arena_span(h->scratch, n.template);
	add_notice(w, &n);
	policy_say(h, c, "notify", span_of(arena_printf(h->scratch,
		"%.*s to %.*s", SPAN_FMT(n.template), SPAN_FMT(n.to))));
}

static struct span template_of(struct span reason)
{
	if (span_is(reason, "Virus"))
		return SPAN("virus-found");
	if (span_is(reason, "Unscannable") || span_is(reason, "Encrypted"))
		return SPAN("cannot-scan");
	return SPAN("quarantined");
}

bool policy_notice_ending(struct script_call *c, struct plan *made)
{
	struct plan_notice n = { .template = made->notify,
		.to = SPAN("recipient") };

	if (is_role(made->notify)) {
		n.to = made->notify;
		n.template = template_of(made->reason);
	}
	if (!has_template(c, n.template))
		return false;
	add_notice(&made->wish, &n);
	return true;
}

void policy_notice_join(struct notice_wish *w, const struct notice_wish *made)
{
	for (size_t i = 0; i < made->n; i++)
		add_notice(w, &made->v[i]);
}

static bool is_variable(struct script_call *c, struct span s)
{
	bool good = s.n > 0 && s.n <= TEMPLATE_NAME_MAX;

	for (size_t i = 0; i < s.n; i++)
		good = good && ((s.p[i] >= 'A' && s.p[i] <= 'Z') ||
			(s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_');
	if (!good)
		err_set(&c->error, ERR_PERMANENT, "argument 1 is no name of a "
			"variable: A-Z, 0-9 and _, at most %d",
			TEMPLATE_NAME_MAX);
	return good;
}

void policy_plan_set(struct script_call *c)
{
	static const char usage[] = "plan:set(\"NAME\", \"VALUE\")";
	struct policy_host *h = c->context;
	struct notice_wish *w = &h->run.plan.wish;
	struct span name, value;
	size_t i = 0;

	if (!policy_arg_count(c, 2, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &name) || !is_variable(c, name) ||
	    !policy_arg_text(c, 1, usage, &value))
		return;
	while (i < w->nvars && !span_eq(w->vars[i].name, name))
		i++;
	if (i == PLAN_VARS_MAX) {
		err_set(&c->error, ERR_PERMANENT, "more than %d variables",
			PLAN_VARS_MAX);
		return;
	}
	w->nvars += i == w->nvars;
	w->vars[i].name = arena_span(h->scratch, name);
	w->vars[i].value = arena_span(h->scratch, span_sub(value, 0,
		TEMPLATE_VALUE_MAX));
	policy_say(h, c, "set", name);
}

static bool is_set(const void *self, struct span name)
{
	const struct policy_host *h = self;
	const struct notice_wish *w = &h->run.plan.wish;

	for (size_t i = 0; i < w->nvars; i++)
		if (span_eq(w->vars[i].name, name))
			return true;
	return is_quoted(h->bundle, name);
}

void policy_expand(struct script_call *c)
{
	static const char usage[] = "expand(\"%%SUBJECT%%\")";
	struct policy_host *h = c->context;
	struct variable_place place = { .h = h, .wish = &h->run.plan.wish };
	struct buf out = { .arena = h->scratch };
	struct span text;

	if (!policy_arg_count(c, 1, 1, usage) ||
	    !policy_arg_text(c, 0, usage, &text))
		return;
	if (h->loading || h->run.facts == NULL) {
		err_set(&c->error, ERR_PERMANENT, "expand is for rules that "
			"have the message");
		return;
	}
	if (text.n > EXPAND_MAX) {
		err_set(&c->error, ERR_PERMANENT, "argument 1 is longer than "
			"%d bytes", EXPAND_MAX);
		return;
	}
	if (template_check(text, "line", 1, is_set, h, &c->error) < 0)
		return;
	template_expand(text, TEMPLATE_TEXT, policy_variable, &place, &out);
	script_spend(c, out.n);
	c->result = policy_text(buf_bytes(&out));
}

void policy_notice_put(struct buf *b, const struct notice_wish *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct plan_notice *n = &w->v[i];

		buf_printf(b, "%zu %zu %d%d ", n->template.n, n->to.n,
			n->headers, n->external);
		buf_span(b, n->template);
		buf_span(b, n->to);
	}
	/* Variables matter where somebody reads them. */
	for (size_t i = 0; w->n && i < w->nvars; i++) {
		buf_printf(b, "%zu %zu ", w->vars[i].name.n,
			w->vars[i].value.n);
		buf_span(b, w->vars[i].name);
		buf_span(b, w->vars[i].value);
	}
}

struct notice_wish *policy_notice_keep(const struct notice_wish *w,
	struct arena *a)
{
	struct notice_wish *kept;

	if (w->n == 0)
		return NULL;
	kept = arena_alloc(a, sizeof(*kept));
	*kept = *w;
	for (size_t i = 0; i < w->n; i++) {
		kept->v[i].template = arena_span(a, w->v[i].template);
		kept->v[i].to = arena_span(a, w->v[i].to);
	}
	for (size_t i = 0; i < w->nvars; i++) {
		kept->vars[i].name = arena_span(a, w->vars[i].name);
		kept->vars[i].value = arena_span(a, w->vars[i].value);
	}
	return kept;
}
