#include "web/pages_host.h"

#include <inttypes.h>
#include <stdio.h>

#include "web/escape.h"

enum { PAGE_MAX = 8 << 20, PATH_MAX_BYTES = 8000 };

bool pages_arg_text(struct script_call *c, size_t i, const char *usage,
	struct span *s_r)
{
	enum script_type got = i < c->nargs ? c->args[i].type : SCRIPT_NIL;

	if (got == SCRIPT_TEXT) {
		*s_r = c->args[i].text;
		return true;
	}
	err_set(&c->error, ERR_BUG, "a text was expected, not %s: write %s",
		script_type_name(got), usage);
	return false;
}

bool pages_arg_int(struct script_call *c, size_t i, const char *usage,
	int64_t *i_r)
{
	enum script_type got = i < c->nargs ? c->args[i].type : SCRIPT_NIL;

	if (got == SCRIPT_INT) {
		*i_r = c->args[i].integer;
		return true;
	}
	err_set(&c->error, ERR_BUG, "a whole number was expected, not %s: "
		"write %s", script_type_name(got), usage);
	return false;
}

bool pages_arg_request(struct script_call *c)
{
	if (pages_at_hand()->request)
		return true;
	err_set(&c->error, ERR_BUG, "only while a request is answered");
	return false;
}

struct script_value pages_text(struct span s)
{
	struct script_value v = { .type = SCRIPT_TEXT };

	v.text = s.p ? s : SPAN("");
	return v;
}

struct script_value pages_int(int64_t i)
{
	return (struct script_value){ .type = SCRIPT_INT, .integer = i };
}

struct script_value pages_bool(bool b)
{
	return (struct script_value){ .type = SCRIPT_BOOL, .boolean = b };
}

struct script_value pages_map(struct arena *a, size_t room)
{
	struct script_value m = { .type = SCRIPT_MAP };

	m.map.v = arena_array(a, room + 1, sizeof(*m.map.v));
	return m;
}

void pages_put(struct script_value *m, const char *name,
	struct script_value value)
{
	/* The array is ours: pages_map made it. */
	struct script_pair *v = (struct script_pair *)(uintptr_t)m->map.v;

	v[m->map.n++] = (struct script_pair){ name, value };
}

struct script_value pages_array(struct arena *a, const struct script_value *v,
	size_t n)
{
	struct script_value m = pages_map(a, n);

	for (size_t i = 0; i < n; i++)
		pages_put(&m, NULL, v[i]);
	return m;
}

bool pages_plain(const struct script_value *v, struct arena *a,
	struct span *s_r)
{
	switch (v->type) {
	case SCRIPT_NIL:
		*s_r = SPAN("");
		return true;
	case SCRIPT_BOOL:
		*s_r = v->boolean ? SPAN("true") : SPAN("");
		return true;
	case SCRIPT_INT:
		*s_r = span_of(arena_printf(a, "%" PRId64, v->integer));
		return true;
	case SCRIPT_REAL:
		*s_r = span_of(arena_printf(a, "%.14g", v->real));
		return true;
	case SCRIPT_TEXT:
		*s_r = v->text;
		return true;
	default:
		return false;
	}
}

/* The page at hand, when there is room in it. */
static struct buf *page(struct script_call *c)
{
	struct pages *p = pages_at_hand();

	if (!pages_arg_request(c))
		return NULL;
	if (p->reply->body.n < PAGE_MAX)
		return &p->reply->body;
	err_set(&c->error, ERR_BUG, "the page is larger than %d MB",
		PAGE_MAX >> 20);
	return NULL;
}

static void put_literal(struct script_call *c)
{
	const struct template_literals *l = &pages_at_hand()->literals;
	struct buf *b = page(c);
	int64_t i;

	if (b == NULL || !pages_arg_int(c, 0, "put_literal(number)", &i))
		return;
	if (i < 1 || (uint64_t)i > l->n)
		err_set(&c->error, ERR_BUG, "there is no such literal");
	else
		buf_span(b, l->v[i - 1]);
}

/* The first argument as text, for a page. */
static bool take_shown(struct script_call *c, struct span *s_r)
{
	struct script_value none = { .type = SCRIPT_NIL };
	const struct script_value *v = c->nargs ? &c->args[0] : &none;

	if (pages_plain(v, pages_at_hand()->request->arena, s_r))
		return true;
	err_set(&c->error, ERR_BUG, "a %s cannot be shown",
		script_type_name(v->type));
	return false;
}

static void put_text(struct script_call *c)
{
	struct buf *b = page(c);
	struct span s;

	if (b && take_shown(c, &s))
		escape_html(b, s);
}

static void put_url(struct script_call *c)
{
	struct buf *b = page(c), query = { 0 };
	struct span s;

	if (b == NULL)
		return;
	if (c->nargs && c->args[0].type == SCRIPT_TABLE) {
		query.arena = b->arena;
		if (pages_put_query(c, &c->args[0], &query))
			escape_html(b, buf_bytes(&query));
	} else if (take_shown(c, &s)) {
		escape_url(b, s);
	}
}

static void put_pair(struct buf *b, struct span name, struct span value)
{
	if (b->n)
		buf_byte(b, '&');
	escape_url(b, name);
	buf_byte(b, '=');
	escape_url(b, value);
}

bool pages_put_query(struct script_call *c, const struct script_value *t,
	struct buf *b)
{
	struct arena *a = b->arena;
	struct span key, value;

	for (size_t i = 0; key = script_table_key(c->script, t, i, a), key.p;
	    i++) {
		struct script_value v = script_table_get(c->script, t,
			(const char *)key.p);

		if (!pages_plain(&v, a, &value)) {
			err_set(&c->error, ERR_BUG, "\"%.*s\" of a query is a "
				"%s", SPAN_FMT(key), script_type_name(v.type));
			return false;
		}
		/* What is empty is not asked. */
		if (value.n)
			put_pair(b, key, value);
	}
	return true;
}

static void word_urlquery(struct script_call *c)
{
	struct buf b = { 0 };

	if (!pages_arg_request(c))
		return;
	b.arena = pages_at_hand()->request->arena;
	if (c->nargs != 1 || c->args[0].type != SCRIPT_TABLE)
		err_set(&c->error, ERR_BUG, "write urlquery{ name = value }");
	else if (pages_put_query(c, &c->args[0], &b))
		c->result = pages_text(buf_bytes(&b));
}

static void word_include(struct script_call *c)
{
	const struct part *t;
	struct span name;

	if (!pages_arg_text(c, 0, "include(template)", &name))
		return;
	t = pages_template(pages_at_hand(), name);
	if (t)
		c->result = t->value;
	else
		err_set(&c->error, ERR_BUG, "there is no template \"%.*s\"",
			SPAN_FMT(name));
}

/* What a handler returns: an order, carried out when it has ended. */
static void order(struct script_call *c, struct script_value *m,
	const char *kind)
{
	pages_put(m, "reply", pages_text(span_of(kind)));
	c->result = *m;
}

static void word_render(struct script_call *c)
{
	static const char usage[] = "render(template, values, status)";
	struct script_value m;
	struct span name;

	if (!pages_arg_text(c, 0, usage, &name) || !pages_arg_request(c))
		return;
	if (pages_template(pages_at_hand(), name) == NULL) {
		err_set(&c->error, ERR_BUG, "there is no template \"%.*s\"",
			SPAN_FMT(name));
		return;
	}
	m = pages_map(pages_at_hand()->request->arena, 4);
	pages_put(&m, "template", c->args[0]);
	if (c->nargs > 1)
		pages_put(&m, "values", c->args[1]);
	if (c->nargs > 2)
		pages_put(&m, "status", c->args[2]);
	order(c, &m, "render");
}

/* A path of ours that may stand in a header. */
static bool is_own_path(struct span s)
{
	if (s.n == 0 || s.n > PATH_MAX_BYTES || s.p[0] != '/' ||
	    (s.n > 1 && s.p[1] == '/'))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '\\')
			return false;
	return true;
}

static void word_go(struct script_call *c)
{
	struct script_value m;
	struct span path;

	if (!pages_arg_text(c, 0, "go(path)", &path) || !pages_arg_request(c))
		return;
	m = pages_map(pages_at_hand()->request->arena, 2);
	/* It may come from the address bar: no way to another host. */
	pages_put(&m, "path", pages_text(is_own_path(path) ? path :
		SPAN("/")));
	order(c, &m, "go");
}

static void word_fail(struct script_call *c)
{
	static const char usage[] = "fail(status, sentence)";
	struct script_value m;
	struct span text;
	int64_t status;

	if (!pages_arg_int(c, 0, usage, &status) ||
	    !pages_arg_text(c, 1, usage, &text) || !pages_arg_request(c))
		return;
	m = pages_map(pages_at_hand()->request->arena, 3);
	pages_put(&m, "status", c->args[0]);
	pages_put(&m, "text", c->args[1]);
	order(c, &m, "fail");
}

static void word_file(struct script_call *c)
{
	static const char usage[] = "file(name, type, bytes)";
	struct script_value m;
	struct span s;

	if (!pages_arg_text(c, 0, usage, &s) ||
	    !pages_arg_text(c, 1, usage, &s) || !pages_arg_request(c))
		return;
	m = pages_map(pages_at_hand()->request->arena, 4);
	pages_put(&m, "name", c->args[0]);
	pages_put(&m, "type", c->args[1]);
	/* None: the role's function has put them into the reply. */
	if (c->nargs > 2)
		pages_put(&m, "bytes", c->args[2]);
	order(c, &m, "file");
}

static void word_can(struct script_call *c)
{
	struct span right;

	if (pages_arg_text(c, 0, "can(right)", &right) && pages_arg_request(c))
		c->result = pages_bool(pages_may(
			pages_at_hand()->request->session, right));
}

static void word_version(struct script_call *c)
{
	c->result = pages_text(span_of(pages_version()));
}

const struct script_function pages_words[] = {
	{ "page", pages_word_page, "page(path, { … }): answers it" },
	{ "use", pages_word_use, "use(module): what NAME.lua returned" },
	{ "query", pages_word_query, "query(statement, { … }): rows" },
	{ "render", word_render, "render(template, values, status)" },
	{ "go", word_go, "go(path): 303; of elsewhere: to /" },
	{ "fail", word_fail, "fail(status, sentence): the error page" },
	{ "file", word_file, "file(name, type, bytes): a download" },
	{ "can", word_can, "can(right): has the session it?" },
	{ "urlquery", word_urlquery, "urlquery{ name = value }: a=b&c=d" },
	{ "version", word_version, "version(): of the static files" },
	{ "include", word_include, "include(template): for {> }" },
	{ "put_literal", put_literal, "of compiled templates" },
	{ "put_text", put_text, "of compiled templates" },
	{ "put_url", put_url, "of compiled templates" },
	{ 0 },
};
