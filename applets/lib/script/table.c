#include <stdlib.h>

#include "script/host.h"

/* Reading a table from C: each a job of one protected call. */
struct read_job {
	int ref;
	const char *key;
	size_t at, count;
	struct span *keys;
	struct arena *arena;
	struct script_value value;
};

static int read_count(lua_State *L)
{
	struct read_job *job = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
	job->count = lua_rawlen(L, -1);
	return 0;
}

static int read_key(lua_State *L)
{
	struct read_job *job = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
	lua_pushstring(L, job->key);
	lua_rawget(L, -2);
	job->value = script_pull(L, -1);
	return 0;
}

static int read_at(lua_State *L)
{
	struct read_job *job = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
	lua_rawgeti(L, -1, (lua_Integer)job->at);
	job->value = script_pull(L, -1);
	return 0;
}

static int count_keys(lua_State *L)
{
	struct read_job *job = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
	lua_pushnil(L);
	for (job->count = 0; lua_next(L, -2); job->count++)
		lua_pop(L, 1);
	return 0;
}

/* Copies the keys as texts: into an array that count_keys has sized. */
static int copy_keys(lua_State *L)
{
	struct read_job *job = lua_touserdata(L, 1);
	size_t i = 0, n;

	lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
	lua_pushnil(L);
	while (i < job->count && lua_next(L, -2)) {
		const char *text;

		lua_pop(L, 1);
		script_push_text(L, -1);
		text = lua_tolstring(L, -1, &n);
		job->keys[i++] = arena_span(job->arena, span_from(text, n));
		lua_pop(L, 1);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return span_cmp(*x, *y);
}

size_t script_table_count(struct script *s, const struct script_value *t)
{
	struct read_job job = { .ref = t->ref };

	if (t->type == SCRIPT_LIST)
		return t->list.n;
	if (t->type != SCRIPT_TABLE ||
	    script_protect(s, read_count, &job, NULL) < 0)
		return 0;
	return job.count;
}

struct script_value script_table_get(struct script *s,
	const struct script_value *t, const char *key)
{
	struct read_job job = { .ref = t->ref, .key = key };

	if (t->type != SCRIPT_TABLE ||
	    script_protect(s, read_key, &job, NULL) < 0)
		return (struct script_value){ .type = SCRIPT_NIL };
	return job.value;
}

struct script_value script_table_at(struct script *s,
	const struct script_value *t, size_t i)
{
	struct read_job job = { .ref = t->ref, .at = i };

	if (t->type == SCRIPT_LIST && i >= 1 && i <= t->list.n)
		return t->list.v[i - 1];
	if (t->type != SCRIPT_TABLE ||
	    script_protect(s, read_at, &job, NULL) < 0)
		return (struct script_value){ .type = SCRIPT_NIL };
	return job.value;
}

struct span script_table_key(struct script *s, const struct script_value *t,
	size_t i, struct arena *a)
{
	struct read_job job = { .ref = t->ref, .arena = a };

	if (t->type != SCRIPT_TABLE ||
	    script_protect(s, count_keys, &job, NULL) < 0 || i >= job.count)
		return (struct span){ 0 };
	job.keys = arena_array(a, job.count, sizeof(*job.keys));
	if (script_protect(s, copy_keys, &job, NULL) < 0)
		return (struct span){ 0 };
	qsort(job.keys, job.count, sizeof(*job.keys), compare);
	return job.keys[i];
}
