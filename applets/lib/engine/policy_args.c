#include "engine/policy_host.h"

#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "base/utf8.h"
#include "engine/policy_list.h"

struct script_value policy_text(struct span s)
{
	struct script_value v = { .type = SCRIPT_TEXT };

	v.text = s.p ? s : SPAN("");
	return v;
}

struct script_value policy_bool(bool b)
{
	struct script_value v = { .type = SCRIPT_BOOL };

	v.boolean = b;
	return v;
}

struct script_value policy_int(int64_t i)
{
	struct script_value v = { .type = SCRIPT_INT };

	v.integer = i;
	return v;
}

struct script_value policy_object(const struct script_class *class,
	void *self)
{
	struct script_value v = { .type = SCRIPT_OBJECT };

	v.object.class = class;
	v.object.self = self;
	return v;
}

bool policy_arg_count(struct script_call *c, size_t least, size_t most,
	const char *usage)
{
	if (c->nargs >= least && c->nargs <= most)
		return true;
	err_set(&c->error, ERR_PERMANENT, "%s arguments: write %s",
		c->nargs < least ? "missing" : "too many", usage);
	return false;
}

bool policy_arg_text(struct script_call *c, size_t i, const char *usage,
	struct span *s_r)
{
	enum script_type got = i < c->nargs ? c->args[i].type : SCRIPT_NIL;

	if (got == SCRIPT_TEXT) {
		*s_r = c->args[i].text;
		return true;
	}
	/* Lua's own functions take a number for a text, so do ours not: a
	 * code like 5.10 would lose its zero. */
	err_set(&c->error, ERR_PERMANENT,
		"argument %zu is a %s, not a text: write %s", i + 1,
		script_type_name(got), usage);
	return false;
}

bool policy_arg_printable(struct script_call *c, size_t i, const char *what,
	size_t max, struct span s)
{
	bool good = s.n > 0 && s.n <= max;

	for (size_t k = 0; k < s.n; k++)
		good = good && s.p[k] >= ' ' && s.p[k] < 0x7f;
	if (good)
		return true;
	err_set(&c->error, ERR_PERMANENT, "argument %zu: %s is 1 to %zu "
		"printable ASCII characters", i + 1, what, max);
	return false;
}

void policy_say(struct policy_host *h, struct script_call *c,
	const char *verb, struct span what)
{
	struct run *r = &h->run;
	char shown[POLICY_SAID_MAX];

	utf8_printable(span_sub(what, 0, POLICY_SAID_MAX), shown,
		sizeof(shown));
	if (r->said.n > POLICY_SAID_MAX)
		return;
	if (r->said.n)
		buf_string(&r->said, "; ");
	buf_printf(&r->said, "%s(%s)", verb, shown);
	snprintf(r->said_where, sizeof(r->said_where), "%s",
		script_call_where(c));
}

/* Once each; relay and sender are looked up again for each recipient. */
static bool is_noted(const struct run *r, const struct list_hit *hit)
{
	for (size_t i = r->nlists; i > 0 && r->lists[i - 1].rcpt == hit->rcpt;
	     i--)
		if (r->lists[i - 1].entry.p == hit->entry.p)
			return true;
	for (size_t i = 0; hit->rcpt == UINT32_MAX && i < r->nlists; i++)
		if (r->lists[i].rcpt == UINT32_MAX &&
		    r->lists[i].entry.p == hit->entry.p)
			return true;
	return false;
}

bool policy_note_list(struct policy_host *h, struct list_hit hit)
{
	struct run *r = &h->run;

	if (r->without && span_eq(hit.list, r->without->list) &&
	    span_eq(hit.entry, r->without->entry))
		return false;
	if (r->nlists == POLICY_LISTS_MAX || r->trial || is_noted(r, &hit))
		return true;
	if (r->nlists == r->lists_cap) {
		struct list_hit *more;

		r->lists_cap = r->lists_cap ? r->lists_cap * 2 : 16;
		more = arena_array(r->arena, r->lists_cap, sizeof(*more));
		if (r->nlists)
			memcpy(more, r->lists, r->nlists * sizeof(*more));
		r->lists = more;
	}
	r->lists[r->nlists++] = hit;
	return true;
}

const struct bundle_list *policy_find_list(struct policy_host *h,
	struct script_call *c, struct span name)
{
	const struct bundle_list *list = bundle_find_list(h->bundle, name);
	const char *near;

	if (list)
		return list;
	near = args_nearest(name, h->list_names, h->bundle->nlists);
	err_set(&c->error, ERR_PERMANENT, "there is no list \"%.*s\"%s%s%s",
		SPAN_FMT(span_sub(name, 0, POLICY_NAME_MAX)),
		near ? "; did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
	return NULL;
}

bool policy_listed(struct policy_host *h, struct script_call *c,
	struct span subject, uint32_t rcpt, bool *yes_r)
{
	const struct bundle_list *list;
	struct list_hit hit = { .rcpt = rcpt };
	struct span name;

	if (!policy_arg_count(c, 1, 2, "listed(\"LIST\")") ||
	    !policy_arg_text(c, 0, "listed(\"LIST\")", &name))
		return false;
	list = policy_find_list(h, c, name);
	if (list == NULL)
		return false;
	*yes_r = policy_look(h, list, subject, &hit);
	if (*yes_r)
		*yes_r = policy_note_list(h, hit);
	return true;
}

bool policy_is_address(struct span s)
{
	size_t at = span_rchr(s, '@');

	if (at == SIZE_MAX || at == 0 || s.n > 254 ||
	    !address_domain_ok(span_after(s, at + 1)))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '<' ||
		    s.p[i] == '>')
			return false;
	return true;
}

bool policy_arg_address(struct script_call *c, size_t i, const char *usage,
	struct span *s_r)
{
	if (!policy_arg_text(c, i, usage, s_r))
		return false;
	if (policy_is_address(*s_r))
		return true;
	err_set(&c->error, ERR_PERMANENT, "argument %zu is no address: write "
		"%s", i + 1, usage);
	return false;
}
