#include "call.h"

#include "show.h"
#include "web/pages_host.h"

struct csm_worker *call_worker(const struct script_call *c)
{
	return c->context;
}

struct arena *call_arena(const struct script_call *c)
{
	return pages_request(c)->arena;
}

const struct web_session *call_session(struct script_call *c)
{
	const struct web_session *s = pages_request(c)->session;

	if (s == NULL)
		err_set(&c->error, ERR_BUG, "nobody is logged in: the page "
			"needs a right");
	return s;
}

struct script_value call_map(struct script_call *c, size_t room)
{
	return pages_map(call_arena(c), room);
}

static void set_trouble(struct script_call *c, const char *kind,
	struct span text)
{
	struct script_value m = call_map(c, 2);

	pages_put(&m, "trouble", show_text(call_arena(c),
		arena_span(call_arena(c), text)));
	pages_put(&m, kind, pages_bool(true));
	c->result = m;
}

void call_trouble(struct script_call *c, const struct err *e)
{
	set_trouble(c, e->class == ERR_TEMPORARY ? "temporary" : "wrong",
		span_of(e->text));
}

void call_missing(struct script_call *c, const char *text)
{
	set_trouble(c, "missing", span_of(text));
}

bool call_may(struct script_call *c, const char *right)
{
	struct err e;

	if (call_session(c) == NULL)
		return false;
	if (pages_may(pages_request(c)->session, span_of(right)))
		return true;
	err_set(&e, ERR_PERMANENT, "This needs the right \"%s\".", right);
	call_trouble(c, &e);
	return false;
}

bool call_text(struct script_call *c, size_t i, struct span *s_r)
{
	enum script_type got = i < c->nargs ? c->args[i].type : SCRIPT_NIL;

	if (got == SCRIPT_TEXT) {
		*s_r = c->args[i].text;
		return true;
	}
	err_set(&c->error, ERR_BUG, "argument %zu must be a text, not %s",
		i + 1, script_type_name(got));
	return false;
}

bool call_id(struct script_call *c, size_t i, struct id *id_r)
{
	struct span s;

	if (!call_text(c, i, &s))
		return false;
	if (id_parse(s, id_r))
		return true;
	call_missing(c, "There is no such message.");
	return false;
}

bool call_table(struct script_call *c, size_t i,
	const struct script_value **t_r)
{
	*t_r = i < c->nargs && c->args[i].type == SCRIPT_TABLE ? &c->args[i] :
		NULL;
	return *t_r != NULL;
}

/* A field that is absent or of that type; else the call fails. */
static struct script_value field(struct script_call *c,
	const struct script_value *t, const char *name, enum script_type type)
{
	struct script_value v = { .type = SCRIPT_NIL };

	if (t)
		v = script_table_get(c->script, t, name);
	if (v.type == SCRIPT_NIL || v.type == type)
		return v;
	err_set(&c->error, ERR_BUG, "\"%s\" must be a %s, not %s", name,
		script_type_name(type), script_type_name(v.type));
	return (struct script_value){ .type = SCRIPT_NIL };
}

struct span call_field(struct script_call *c, const struct script_value *t,
	const char *name)
{
	struct script_value v = field(c, t, name, SCRIPT_TEXT);

	return v.type == SCRIPT_TEXT ? span_trim(v.text) : SPAN("");
}

int64_t call_number(struct script_call *c, const struct script_value *t,
	const char *name, int64_t absent)
{
	struct script_value v = field(c, t, name, SCRIPT_INT);

	return v.type == SCRIPT_INT ? v.integer : absent;
}

bool call_flag(struct script_call *c, const struct script_value *t,
	const char *name)
{
	struct script_value v = field(c, t, name, SCRIPT_BOOL);

	return v.type == SCRIPT_BOOL && v.boolean;
}
