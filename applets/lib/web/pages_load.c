#include "web/pages_host.h"

#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "base/embed.h"

enum { NAMES_MAX = 64 };

/* Adds a part; one of the same name is replaced: later folders win. */
static void add_part(struct pages *p, struct parts *parts, const char *name,
	const char *path)
{
	for (size_t i = 0; i < parts->n; i++)
		if (strcmp(parts->v[i].name, name) == 0) {
			parts->v[i].path = path;
			return;
		}
	if (parts->n == parts->cap) {
		size_t cap = parts->cap ? parts->cap * 2 : 32;
		struct part *v = arena_array(p->arena, cap, sizeof(*v));

		if (parts->n)
			memcpy(v, parts->v, parts->n * sizeof(*v));
		parts->v = v;
		parts->cap = cap;
	}
	parts->v[parts->n++] = (struct part){ .name = name, .path = path };
}

static void find_parts(struct pages *p, const char *folder)
{
	const char *path;

	for (size_t i = 0; (path = embed_name(folder, i)) != NULL; i++) {
		struct span file = span_of(path + strlen(folder));
		size_t dot = span_rchr(file, '.');
		struct parts *to;

		if (span_ends(file, SPAN(".html")))
			to = &p->templates;
		else if (span_ends(file, SPAN(".lua")))
			to = &p->modules;
		else
			continue;
		add_part(p, to, arena_string(p->arena,
			span_sub(file, 0, dot)), path);
	}
}

static struct part *find(const struct parts *parts, struct span name)
{
	for (size_t i = 0; i < parts->n; i++)
		if (span_is(name, parts->v[i].name))
			return &parts->v[i];
	return NULL;
}

static const char *near(const struct parts *parts, struct span name)
{
	const char *names[NAMES_MAX], *found;
	size_t n = 0;

	for (; n < parts->n && n < NAMES_MAX; n++)
		names[n] = parts->v[n].name;
	found = args_nearest(name, names, n);
	return found ? found : "no near one";
}

const struct part *pages_template(const struct pages *p, struct span name)
{
	return find(&p->templates, name);
}

static int load_template(struct pages *p, struct part *t, struct err *e)
{
	struct buf chunk = { .arena = p->arena };
	char file[PAGES_WHERE_SIZE];

	snprintf(file, sizeof(file), "%s.html", t->name);
	if (template_compile(file, embed_file(t->path), &p->literals, &chunk,
	    e) < 0 || script_run(p->script, file, buf_bytes(&chunk),
	    &t->value, e) < 0)
		return -1;
	t->state = PART_DONE;
	return 0;
}

/* Runs a file once; what it returns is what use() gives. */
static int load_module(struct pages *p, struct part *m, struct err *e)
{
	char file[PAGES_WHERE_SIZE];

	if (m->state == PART_DONE)
		return 0;
	if (m->state == PART_LOADING)
		return err_set(e, ERR_BUG, "%s.lua uses itself", m->name);
	m->state = PART_LOADING;
	snprintf(file, sizeof(file), "%s.lua", m->name);
	if (script_run(p->script, file, embed_file(m->path), &m->value, e) < 0)
		return -1;
	m->state = PART_DONE;
	return 0;
}

void pages_word_use(struct script_call *c)
{
	struct pages *p = pages_at_hand();
	struct span name;
	struct part *m;

	if (!pages_arg_text(c, 0, "use(module)", &name))
		return;
	m = find(&p->modules, name);
	if (m == NULL)
		err_set(&c->error, ERR_BUG, "there is no module \"%.*s\" "
			"(%s)", SPAN_FMT(name), near(&p->modules, name));
	else if (load_module(p, m, &c->error) == 0)
		c->result = m->value;
}

/* Says what is wrong with a page() call. */
static void refuse(struct script_call *c, struct span path, const char *what)
{
	err_set(&c->error, ERR_BUG, "page(\"%.*s\"): %s", SPAN_FMT(path),
		what);
}

static bool is_known_path(const struct pages *p, struct span path)
{
	for (size_t i = 0; i < p->nroutes; i++)
		if (span_eq(p->routes[i].path, path))
			return true;
	return false;
}

/* One key of page()'s table. */
static bool take_key(struct script_call *c, struct route *r, struct span key,
	const struct script_value *v)
{
	struct arena *a = pages_at_hand()->arena;

	if (span_is(key, "right") && v->type == SCRIPT_TEXT) {
		r->everybody = false;
		r->right = arena_span(a, v->text);
	} else if (span_is(key, "must_change") && v->type == SCRIPT_BOOL) {
		r->must_change = v->boolean;
	} else if (span_is(key, "get") && v->type == SCRIPT_FUNCTION) {
		r->get = v->ref;
	} else if (span_is(key, "post") && v->type == SCRIPT_FUNCTION) {
		r->post = v->ref;
	} else {
		err_set(&c->error, ERR_BUG, "page: \"%.*s\" as a %s: it takes "
			"right (text), must_change (boolean), get and post "
			"(functions)", SPAN_FMT(key),
			script_type_name(v->type));
		return false;
	}
	return true;
}

static bool take_keys(struct script_call *c, struct route *r)
{
	struct arena *a = pages_at_hand()->arena;
	struct span key;

	for (size_t i = 0; key = script_table_key(c->script, &c->args[1], i,
	    a), key.p; i++) {
		struct script_value v = script_table_get(c->script,
			&c->args[1], (const char *)key.p);

		if (!take_key(c, r, key, &v))
			return false;
	}
	return true;
}

static void add_route(struct pages *p, const struct route *r)
{
	if (p->nroutes == p->routes_cap) {
		size_t cap = p->routes_cap ? p->routes_cap * 2 : 32;
		struct route *v = arena_array(p->arena, cap, sizeof(*v));

		if (p->nroutes)
			memcpy(v, p->routes, p->nroutes * sizeof(*v));
		p->routes = v;
		p->routes_cap = cap;
	}
	p->routes[p->nroutes++] = *r;
}

void pages_word_page(struct script_call *c)
{
	struct pages *p = pages_at_hand();
	struct route r = { .everybody = true };

	if (!pages_arg_text(c, 0, "page(path, { … })", &r.path))
		return;
	r.path = arena_span(p->arena, r.path);
	snprintf(r.where, sizeof(r.where), "%s", script_call_where(c));
	if (p->loaded)
		refuse(c, r.path, "only while pages are loaded");
	else if (r.path.n == 0 || r.path.p[0] != '/')
		refuse(c, r.path, "a path begins with /");
	else if (is_known_path(p, r.path))
		refuse(c, r.path, "this path is taken");
	else if (c->nargs != 2 || c->args[1].type != SCRIPT_TABLE)
		refuse(c, r.path, "write page(path, { get = … })");
	else if (take_keys(c, &r)) {
		if (r.get == 0 && r.post == 0)
			refuse(c, r.path, "it has neither get nor post");
		else
			add_route(p, &r);
	}
}

/* {> NAME} of a template that is not there is found at start, too. */
static int check_includes(const struct pages *p, const struct part *t,
	struct err *e)
{
	struct span rest = embed_file(t->path);
	size_t at;

	while ((at = span_find(rest, SPAN("{>"))) != SIZE_MAX) {
		struct span name;

		rest = span_after(rest, at + 2);
		name = span_trim(span_sub(rest, 0, span_chr(rest, '}')));
		if (find(&p->templates, name) == NULL)
			return err_set(e, ERR_BUG, "%s.html: there is no "
				"template \"%.*s\" (%s)", t->name,
				SPAN_FMT(name), near(&p->templates, name));
	}
	return 0;
}

int pages_load(struct pages *p, const char *const *folders, struct err *e)
{
	for (; *folders; folders++)
		find_parts(p, *folders);
	for (size_t i = 0; i < p->templates.n; i++)
		if (load_template(p, &p->templates.v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < p->templates.n; i++)
		if (check_includes(p, &p->templates.v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < p->modules.n; i++)
		if (load_module(p, &p->modules.v[i], e) < 0)
			return -1;
	p->loaded = true;
	return 0;
}
