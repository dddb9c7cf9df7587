#include "web/pages.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "web/escape.h"
#include "web/pages_host.h"

#define PAGE_LOG_IN "/log-in"
#define PAGE_PASSWORD "/password"

enum {
	ARENA_MAX = 64 << 20,
	HANDLER_MS = 20000,
	REQUEST_MAX = 128 << 20, /* of what C makes for one page */
	PARAMETERS_MAX = 4,
	NUMBER_DIGITS = 8,
};

static _Thread_local struct pages *at_hand;

struct pages *pages_at_hand(void)
{
	return at_hand;
}

void pages_take_in_hand(struct pages *p)
{
	at_hand = p;
}

const struct web_request *pages_request(const struct script_call *c)
{
	(void)c;
	return at_hand->request;
}

struct web_reply *pages_reply(const struct script_call *c)
{
	(void)c;
	return at_hand->reply;
}

bool pages_may(const struct web_session *s, struct span right)
{
	if (s == NULL || right.n == 0)
		return s != NULL;
	for (size_t i = 0; i < s->nrights; i++)
		if (span_is(s->rights[i], "all") ||
		    span_eq(s->rights[i], right))
			return true;
	return false;
}

struct pages *pages_new(const char *const *folders, struct db *db,
	const struct script_function *functions, void *context,
	struct err *e)
{
	struct arena *a = arena_new("pages", ARENA_MAX);
	struct pages *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	p->literals.arena = a;
	p->db = db;
	p->script = script_new(NULL, e);
	if (p->script == NULL) {
		pages_free(&p);
		return NULL;
	}
	script_set_context(p->script, context);
	script_add_functions(p->script, pages_words);
	script_add_functions(p->script, pages_formats);
	if (functions)
		script_add_functions(p->script, functions);
	pages_take_in_hand(p);
	if (pages_load(p, folders, e) < 0 || script_freeze(p->script, e) < 0)
		pages_free(&p);
	return p;
}

void pages_free(struct pages **p)
{
	struct arena *a;

	if (*p == NULL)
		return;
	if (at_hand == *p)
		at_hand = NULL;
	script_free(&(*p)->script);
	a = (*p)->arena;
	*p = NULL;
	arena_free(&a);
}

/* Does the path meet the pattern? How many parameters it has. */
static bool meets(struct span pattern, struct span path,
	struct web_pair *parameters, size_t *n_r)
{
	struct span want, got;

	*n_r = 0;
	for (;;) {
		bool more = span_cut(&pattern, '/', &want);

		if (more != span_cut(&path, '/', &got))
			return false;
		if (!more)
			return true;
		if (want.n && want.p[0] == ':' && got.n &&
		    *n_r < PARAMETERS_MAX)
			parameters[(*n_r)++] = (struct web_pair){
				span_after(want, 1), got };
		else if (!span_eq(want, got))
			return false;
	}
}

static const struct route *find_route(const struct pages *p, struct span path,
	struct web_pair *parameters, size_t *n_r)
{
	struct web_pair found[PARAMETERS_MAX];
	const struct route *best = NULL;
	size_t n;

	for (size_t i = 0; i < p->nroutes; i++) {
		const struct route *r = &p->routes[i];

		if (!meets(r->path, path, found, &n) || (best && n >= *n_r))
			continue;
		best = r;
		*n_r = n;
		memcpy(parameters, found, sizeof(found));
	}
	return best;
}

/* Is there a field of that name before the i-th? */
static bool was_before(const struct web_request *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (span_eq(r->fields[k].name, r->fields[i].name))
			return true;
	return false;
}

static size_t count_of(const struct web_request *r, size_t i)
{
	size_t n = 0;

	for (size_t k = i; k < r->nfields; k++)
		n += span_eq(r->fields[k].name, r->fields[i].name);
	return n;
}

static struct script_value all_of(const struct web_request *r, size_t i)
{
	struct script_value *v = arena_array(r->arena, count_of(r, i),
		sizeof(*v));
	size_t n = 0;

	for (size_t k = i; k < r->nfields; k++)
		if (span_eq(r->fields[k].name, r->fields[i].name))
			v[n++] = pages_text(r->fields[k].value);
	return pages_array(r->arena, v, n);
}

static void put_fields(const struct web_request *r, struct script_value *m)
{
	struct script_value field = pages_map(r->arena, r->nfields);
	struct script_value all = pages_map(r->arena, r->nfields);

	for (size_t i = 0; i < r->nfields; i++) {
		const char *name = arena_string(r->arena, r->fields[i].name);

		if (was_before(r, i))
			continue;
		pages_put(&field, name, pages_text(r->fields[i].value));
		pages_put(&all, name, all_of(r, i));
	}
	pages_put(m, "field", field);
	pages_put(m, "all", all);
}

/* What handlers and templates see as r. */
static struct script_value describe(const struct web_request *r,
	const struct web_pair *parameters, size_t n)
{
	struct script_value m = pages_map(r->arena, 10 + n);
	const struct web_session *s = r->session;

	pages_put(&m, "path", pages_text(r->path));
	pages_put(&m, "peer", pages_text(r->peer));
	pages_put(&m, "host", pages_text(r->host));
	pages_put(&m, "post", pages_bool(r->post));
	pages_put(&m, "now_ms", pages_int(clock_wall_ms()));
	if (s) {
		pages_put(&m, "who", pages_text(s->who));
		pages_put(&m, "csrf", pages_text(s->csrf));
		pages_put(&m, "must_change", pages_bool(s->must_change));
	}
	put_fields(r, &m);
	for (size_t i = 0; i < n; i++)
		pages_put(&m, arena_string(r->arena, parameters[i].name),
			pages_text(parameters[i].value));
	return m;
}

static void forget_reply(struct web_reply *reply, const struct web_request *r)
{
	*reply = (struct web_reply){ .body = { .arena = r->arena } };
}

static int run_template(struct pages *p, struct span name,
	const struct script_value *values, struct err *e)
{
	const struct part *t = pages_template(p, name);
	struct script_value args[2] = { *values, *p->values };

	if (t == NULL)
		return err_set(e, ERR_BUG, "there is no template \"%.*s\"",
			SPAN_FMT(name));
	if (args[0].type == SCRIPT_NIL)
		args[0].type = SCRIPT_MAP;
	return script_call(p->script, t->value.ref, args, 2,
		clock_ms() + HANDLER_MS, NULL, 0, e);
}

static const char *title_of(unsigned status)
{
	switch (status) {
	case 400:
		return "This request cannot be read";
	case 403:
		return "You may not do this";
	case 404:
		return "There is nothing here";
	case 405:
		return "This page takes no forms";
	case 409:
		return "Somebody was faster";
	case 503:
		return "Not available at the moment";
	}
	return "Something went wrong";
}

/* When not even the template of errors works. */
static void plain_error(struct web_reply *reply, const struct web_request *r,
	unsigned status, const char *text, const char *number)
{
	forget_reply(reply, r);
	reply->status = status;
	buf_printf(&reply->body, "<!DOCTYPE html>\n<html lang=\"en\">"
		"<title>%s</title>\n<h1>%s</h1>\n<p>", title_of(status),
		title_of(status));
	escape_html(&reply->body, span_of(text));
	buf_printf(&reply->body, "</p>\n<p>Number %s</p>\n", number);
}

/* The error page; its number is in the log with what happened. */
static void show_error(struct pages *p, unsigned status, const char *text,
	const struct err *why)
{
	const struct web_request *r = p->request;
	struct id id = id_new();
	const char *number = arena_string(r->arena, span_after(
		span_of(id.text), ID_TEXT_SIZE - 1 - NUMBER_DIGITS));
	struct script_value v = pages_map(r->arena, 4);
	struct err e;

	if (why)
		log_error("page %.*s: error %s: %s", SPAN_FMT(r->path), number,
			why->text);
	script_restore(p->script);
	forget_reply(p->reply, r);
	p->reply->status = status;
	pages_put(&v, "status", pages_int(status));
	pages_put(&v, "title", pages_text(span_of(title_of(status))));
	pages_put(&v, "text", pages_text(span_of(text)));
	if (why)
		pages_put(&v, "number", pages_text(span_of(number)));
	if (run_template(p, SPAN("error"), &v, &e) == 0)
		return;
	log_error("page %.*s: error %s: its own page: %s", SPAN_FMT(r->path),
		number, e.text);
	plain_error(p->reply, r, status, text, number);
}

/* Is it a query that failed, for now? One behind a pcall is not why. */
static bool is_temporary(const struct pages *p, const struct err *e)
{
	return e->class == ERR_TEMPORARY ||
		(p->query_error.class == ERR_TEMPORARY &&
		strstr(e->text, p->query_error.text));
}

/* A handler or a template failed. */
static void show_failure(struct pages *p, const struct err *e)
{
	if (is_temporary(p, e))
		show_error(p, 503, "The database does not answer. Mail is not "
			"affected: filters go on without it, and nothing is "
			"lost. Try again in a minute; pm status says what is "
			"wrong.", e);
	else
		show_error(p, 500, "This page has a fault. Nothing was "
			"changed after it. What exactly happened stands in "
			"the log, under the number below.", e);
}

static struct span get_text(struct pages *p, const struct script_value *t,
	const char *key)
{
	struct script_value v = script_table_get(p->script, t, key);

	return v.type == SCRIPT_TEXT ? v.text : SPAN("");
}

static unsigned get_status(struct pages *p, const struct script_value *t)
{
	struct script_value v = script_table_get(p->script, t, "status");

	return v.type == SCRIPT_INT && v.integer >= 200 && v.integer <= 599 ?
		(unsigned)v.integer : 200;
}

static int carry_out_render(struct pages *p, const struct script_value *order,
	struct err *e)
{
	struct script_value values = script_table_get(p->script, order,
		"values");

	p->reply->status = get_status(p, order);
	return run_template(p, get_text(p, order, "template"), &values, e);
}

static void carry_out_file(struct pages *p, const struct script_value *order)
{
	struct arena *a = p->request->arena;

	p->reply->file_name = arena_string(a, get_text(p, order, "name"));
	p->reply->type = arena_string(a, get_text(p, order, "type"));
	buf_span(&p->reply->body, get_text(p, order, "bytes"));
}

/* What the handler returned. */
static int carry_out(struct pages *p, const struct script_value *order,
	struct err *e)
{
	struct span kind = get_text(p, order, "reply");

	if (span_is(kind, "render"))
		return carry_out_render(p, order, e);
	if (span_is(kind, "go")) {
		p->reply->status = 303;
		p->reply->location = arena_string(p->request->arena,
			get_text(p, order, "path"));
	} else if (span_is(kind, "file")) {
		carry_out_file(p, order);
	} else if (span_is(kind, "fail")) {
		show_error(p, get_status(p, order), arena_string(
			p->request->arena, get_text(p, order, "text")), NULL);
	} else {
		return err_set(e, ERR_BUG, "a handler returns render, go, "
			"fail or file");
	}
	return 0;
}

static void answer(struct pages *p, const struct route *route)
{
	int ref = p->request->post ? route->post : route->get;
	struct script_value order;
	struct err e;

	if (ref == 0) {
		show_error(p, 405, p->request->post ? "This page only shows "
			"something." : "This page only takes a form.", NULL);
		return;
	}
	if (script_call(p->script, ref, p->values, 1, clock_ms() + HANDLER_MS,
	    &order, 1, &e) < 0 || carry_out(p, &order, &e) < 0)
		show_failure(p, &e);
}

/* Where somebody came from, for after the log-in. */
static void go_log_in(struct pages *p)
{
	const struct web_request *r = p->request;
	struct buf b = { .arena = r->arena };

	buf_string(&b, PAGE_LOG_IN);
	if (!r->post && !span_is(r->path, "/")) {
		struct buf to = { .arena = r->arena };

		buf_span(&to, r->path);
		for (size_t i = 0; i < r->nfields; i++) {
			buf_byte(&to, i ? '&' : '?');
			escape_url(&to, r->fields[i].name);
			buf_byte(&to, '=');
			escape_url(&to, r->fields[i].value);
		}
		buf_string(&b, "?to=");
		escape_url(&b, buf_bytes(&to));
	}
	p->reply->status = 303;
	p->reply->location = buf_c(&b);
}

/* May this session see this page? Else it is answered here. */
static bool admit(struct pages *p, const struct route *route)
{
	const struct web_session *s = p->request->session;

	if (route->everybody)
		return true;
	if (s == NULL && p->request->trouble) {
		struct err e;

		err_set(&e, ERR_TEMPORARY, "%s", p->request->trouble);
		show_failure(p, &e);
	} else if (s == NULL) {
		go_log_in(p);
	} else if (s->must_change && !route->must_change) {
		p->reply->status = 303;
		p->reply->location = PAGE_PASSWORD;
	} else if (!pages_may(s, route->right)) {
		show_error(p, 403, arena_printf(p->request->arena,
			"This page needs the right \"%.*s\". An "
			"administrator who has all rights can give it to "
			"you.", SPAN_FMT(route->right)), NULL);
	} else {
		return true;
	}
	return false;
}

void pages_handle(struct pages *p, const struct web_request *r,
	struct web_reply *reply)
{
	struct web_pair parameters[PARAMETERS_MAX];
	const struct route *route;
	struct script_value values;
	size_t n = 0;

	pages_take_in_hand(p);
	p->request = r;
	p->reply = reply;
	p->query_error.class = ERR_NONE;
	forget_reply(reply, r);
	if (pages_static(r->path, reply))
		return;
	script_restore(p->script);
	script_watch_arena(p->script, r->arena, REQUEST_MAX);
	route = find_route(p, r->path, parameters, &n);
	values = describe(r, parameters, n);
	p->values = &values;
	if (route == NULL)
		show_error(p, 404, "No page has this address. The menu leads "
			"to those there are.", NULL);
	else if (admit(p, route))
		answer(p, route);
	p->request = NULL;
	p->values = NULL;
}
