/*
 * The vocabulary: what the engine says of itself, and what its Lua says when
 * it is asked; so it cannot differ from what a rule will meet.
 */
#include "check.h"

#include <string.h>

#include "base/args.h"
#include "base/clock.h"
#include "engine/policy.h"
#include "mail/header.h"

enum { WORDS_MAX = 4000, PROBE_MS = 5000 };

/* Lua's own names, written into a header by a rule. */
static const char probe[] =
	"policy('p'):rule('r', function(m, rcpt, plan)\n"
	"local out = {}\n"
	"for name, value in pairs(_ENV) do\n"
	"	out[#out + 1] = '.' .. name\n"
	"	if type(value) == 'table' then\n"
	"		for key in pairs(value) do\n"
	"			out[#out + 1] = name .. '.' .. key\n"
	"		end\n"
	"	end\n"
	"end\n"
	"plan:add_header('X', table.concat(out, ' '))\n"
	"end)\n";

static void add_word(struct vocabulary *v, const char *key, struct shape shape)
{
	struct shape *kept;

	if (v->n == WORDS_MAX || map_get(v->members, span_of(key)))
		return;
	kept = arena_alloc(v->arena, sizeof(*kept));
	*kept = shape;
	v->names[v->n++] = key;
	map_put(v->members, span_of(key), kept);
}

/* "addresses" are of "address", "hits" of "hit". */
static const char *singular(struct arena *a, struct span s)
{
	if (span_ends(s, SPAN("sses")))
		return arena_string(a, span_sub(s, 0, s.n - 2));
	return arena_string(a, span_sub(s, 0, s.n - 1));
}

/* The last words of the first line of a doc say what it gives. */
static struct shape doc_shape(struct arena *a, const char *doc)
{
	struct shape shape = { .policy = -1 };
	struct span rest = span_of(doc), line, word;
	size_t list;

	if (!span_line(&rest, &line))
		return shape;
	if (span_starts(line, SPAN("not in this version")))
		shape.refused = doc;
	list = span_find(line, SPAN("list of "));
	if (list != SIZE_MAX && span_chr(span_after(line, list + 8), ' ') ==
			SIZE_MAX) {
		shape.list = true;
		shape.class = singular(a, span_after(line, list + 8));
		return shape;
	}
	word = span_after(line, span_rchr(line, ' ') == SIZE_MAX ? line.n :
		span_rchr(line, ' ') + 1);
	if (word.n < line.n && word.n + 2 <= line.n &&
	    (line.p[line.n - word.n - 2] == ':' ||
	     line.p[line.n - word.n - 2] == '?'))
		shape.class = arena_string(a, word);
	return shape;
}

static void add_engine_words(struct vocabulary *v)
{
	struct policy_word w;

	for (size_t i = 0; policy_word_at(i, &w); i++) {
		struct shape shape = doc_shape(v->arena, w.doc);

		shape.function = w.method || w.class == NULL;
		if (w.class == NULL && strcmp(w.name, "policy") == 0)
			shape.class = "policy";
		else if (w.class == NULL && strcmp(w.name, "regex") == 0)
			shape.class = "regex";
		add_word(v, arena_printf(v->arena, "%s.%s",
			w.class ? w.class : "", w.name), shape);
	}
}

/* ".ipairs", ".string", "string.rep" */
static void add_lua_word(struct vocabulary *v, struct span word)
{
	struct shape shape = { .policy = -1 };
	size_t dot = span_chr(word, '.');

	if (dot == SIZE_MAX)
		return;
	if (dot == 0)
		shape.class = arena_string(v->arena, span_after(word, 1));
	shape.function = dot > 0 || !(span_is(word, ".string") ||
		span_is(word, ".table") || span_is(word, ".math") ||
		span_is(word, ".utf8"));
	add_word(v, arena_string(v->arena, word), shape);
}

static void add_lua_words(struct vocabulary *v, const struct verdict *verdict)
{
	const struct group *g = verdict->groups;
	struct span rest, word;

	for (size_t i = 0; g && i < g->nedits; i++) {
		rest = header_unfold(g->edits[i].value, v->arena);
		while (span_cut(&rest, ' ', &word))
			add_lua_word(v, span_trim(word));
	}
}

int vocabulary_make(struct arena *a, struct vocabulary *v_r, struct err *e)
{
	struct bundle_file file = { SPAN("probe.lua"), span_of(probe) };
	struct bundle bundle = { .policy = &file, .npolicy = 1 };
	struct span rcpt = SPAN("a@example.org");
	struct envelope env = { .rcpts = &rcpt, .nrcpts = 1 };
	struct engine *en = engine_new(&bundle, e);
	struct verdict v;

	if (en == NULL)
		return -1;
	*v_r = (struct vocabulary){ .arena = a, .members = map_new(a) };
	v_r->names = arena_array(a, WORDS_MAX, sizeof(*v_r->names));
	engine_judge(en, &env, SPAN("Subject: x\r\n\r\n"), &check_quiet_world,
		clock_ms() + PROBE_MS, a, &v);
	add_engine_words(v_r);
	add_lua_words(v_r, &v);
	engine_free(&en);
	return v.failed ? err_set(e, ERR_BUG, "%.*s", SPAN_FMT(v.failure)) :
		0;
}

const struct shape *vocabulary_find(const struct vocabulary *v,
	const char *class, struct span name)
{
	/* Methods of texts are the functions of the library. */
	if (class && strcmp(class, "text") == 0)
		class = "string";
	return map_get(v->members, span_of(arena_printf(v->arena, "%s.%.*s",
		class ? class : "", SPAN_FMT(name))));
}

bool vocabulary_has_class(const struct vocabulary *v, const char *class)
{
	size_t n = strlen(class);

	if (strcmp(class, "text") == 0)
		return true;
	for (size_t i = 0; n && i < v->n; i++)
		if (strncmp(v->names[i], class, n) == 0 &&
		    v->names[i][n] == '.')
			return true;
	return false;
}

const char *vocabulary_nearest(const struct vocabulary *v, const char *class,
	struct span name)
{
	const char *names[256];
	size_t n = 0, skip;

	if (class && strcmp(class, "text") == 0)
		class = "string";
	skip = class ? strlen(class) : 0;
	for (size_t i = 0; i < v->n && n < 256; i++)
		if (strncmp(v->names[i], class ? class : "", skip) == 0 &&
		    v->names[i][skip] == '.')
			names[n++] = v->names[i] + skip + 1;
	return args_nearest(name, names, n);
}
