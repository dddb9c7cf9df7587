#include "script/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/host.h"

const struct script_limits script_default_limits = {
	.memory = 32 * 1024 * 1024,
	.steps = 20 * 1000 * 1000,
	.match_steps = 1000 * 1000,
};

enum {
	GC_PAUSE = 400, GC_STEP = 100,
	RUN_MS = 5000,		/* of a chunk, whose steps may be dear ones */
};

struct script *script_of(lua_State *L)
{
	return *(struct script **)lua_getextraspace(L);
}

/* "FILE:LINE"; by hand, because every call into C wants it. */
static void put_line(char out[HOST_WHERE_SIZE], const char *file,
	unsigned line)
{
	char digits[12], *d = digits + sizeof(digits);
	size_t n = strnlen(file, LUA_IDSIZE);

	*--d = 0;
	do {
		*--d = (char)('0' + line % 10);
		line /= 10;
	} while (line);
	memcpy(out, file, n);
	out[n] = ':';
	memcpy(out + n + 1, d, (size_t)(digits + sizeof(digits) - d));
}

void script_line(lua_State *L, int level, char out[HOST_WHERE_SIZE])
{
	lua_Debug at;

	out[0] = 0;
	for (; lua_getstack(L, level, &at); level++) {
		lua_getinfo(L, "Sl", &at);
		if (at.currentline <= 0)
			continue;
		put_line(out, at.short_src, (unsigned)at.currentline);
		return;
	}
}

/* Remembers where it was: a memory error has no message handler. */
static void on_refusal(void *script)
{
	struct script *s = script;

	s->refused = true;
	if (s->L)
		script_line(s->L, 0, s->refused_at);
}

static void on_step(lua_State *L, lua_Debug *at)
{
	struct script *s = script_of(L);

	if (s->condemned)
		script_condemn(L);
	if (at->event == LUA_HOOKLINE) {
		lua_getinfo(L, "S", at);
		s->reached(s->reached_self, at->short_src,
			(unsigned)at->currentline);
		return;
	}
	script_charge(L, HOST_HOOK_STEPS);
}

void script_charge(lua_State *L, uint64_t steps)
{
	struct script *s = script_of(L);

	s->steps += steps;
	if (s->steps > s->limits.steps || clock_ms() >= s->deadline_ms)
		script_condemn(L);
}

/* Says which limit it was, once. */
static void doom(struct script *s, const char *where)
{
	const char *colon = where[0] ? ": " : "";

	s->condemned = true;
	if (s->steps > s->limits.steps)
		err_set(&s->doom, ERR_PERMANENT,
			"%s%sran longer than %llu steps", where, colon,
			(unsigned long long)s->limits.steps);
	else
		err_set(&s->doom, ERR_PERMANENT,
			"%s%sran longer than %lld ms", where, colon,
			(long long)(s->deadline_ms - s->start_ms));
}

void script_spend(struct script_call *c, uint64_t steps)
{
	struct script *s = c->script;
	uint64_t before = s->steps / HOST_HOOK_STEPS;

	/* As often as the hook looks at the clock. */
	s->steps += steps;
	if (!s->condemned && (s->steps > s->limits.steps ||
			      (s->steps / HOST_HOOK_STEPS > before &&
			       clock_ms() >= s->deadline_ms)))
		doom(s, script_call_where(c));
}

void script_condemn(lua_State *L)
{
	struct script *s = script_of(L);
	char where[HOST_WHERE_SIZE];

	if (!s->condemned) {
		script_line(L, 0, where);
		doom(s, where);
	}
	/* From now on nothing runs: pcall's next instruction ends too. */
	lua_sethook(L, on_step, LUA_MASKCOUNT, 1);
	lua_pushliteral(L, "over a limit");
	lua_error(L);
	abort();
}

/* Does the message begin with "FILE:LINE: "? */
static bool has_line(const char *text)
{
	const char *colon = strchr(text, ':');

	if (colon == NULL || colon == text)
		return false;
	text = colon + 1 + strspn(colon + 1, "0123456789");
	return text > colon + 1 && text[0] == ':';
}

/* Memory ran out: says where that was. */
static void doom_memory(struct script *s, size_t limit)
{
	s->condemned = true;
	err_set(&s->doom, ERR_PERMANENT, "%s%sused more than %zu KiB of "
		"memory", s->refused_at, s->refused_at[0] ? ": " : "",
		limit / 1024);
}

void script_starve(lua_State *L)
{
	struct script *s = script_of(L);

	doom_memory(s, s->limits.memory);
	script_condemn(L);
}

void script_check_watched(lua_State *L)
{
	struct script *s = script_of(L);

	if (s->watched == NULL || arena_used(s->watched) <= s->watched_max)
		return;
	script_line(L, 0, s->refused_at);
	doom_memory(s, s->watched_max);
	script_condemn(L);
}

bool script_is_starved(lua_State *L, int status)
{
	const char *text = lua_tostring(L, -1);

	/* The buffers of Lua's library raise it as an ordinary error. */
	return status == LUA_ERRMEM || (script_of(L)->refused && text &&
		strcmp(text, "not enough memory") == 0);
}

/* Gives every error its line while the stack still stands. */
static int on_error(lua_State *L)
{
	char where[HOST_WHERE_SIZE];

	script_line(L, 1, where);
	if (lua_type(L, 1) != LUA_TSTRING) {
		const char *type = luaL_typename(L, 1);

		lua_pushfstring(L, "%s: error with a %s value as its message",
			where, type);
		return 1;
	}
	if (where[0] == 0 || has_line(lua_tostring(L, 1)) ||
	    script_is_starved(L, LUA_ERRRUN))
		return 1;
	lua_pushfstring(L, "%s: %s", where, lua_tostring(L, 1));
	return 1;
}

static int fill_error(struct script *s, int status, struct err *e)
{
	const char *text = lua_tostring(s->L, -1);

	if (!s->condemned && !script_is_starved(s->L, status))
		return err_set(e, ERR_PERMANENT, "%s",
			text ? text : "an error without a text");
	if (!s->condemned)
		doom_memory(s, s->limits.memory);
	if (e)
		*e = s->doom;
	return -1;
}

int script_protect(struct script *s, lua_CFunction f, void *job,
	struct err *e)
{
	lua_State *L = s->L;
	int base = lua_gettop(L), status, r = 0;

	lua_pushcfunction(L, on_error);
	lua_pushcfunction(L, f);
	lua_pushlightuserdata(L, job);
	status = lua_pcall(L, 1, 0, base + 1);
	if (status != LUA_OK)
		r = fill_error(s, status, e);
	lua_settop(L, base);
	return r;
}

static int on_panic(lua_State *L)
{
	log_panic("script: error outside of a protected call: %s",
		lua_tostring(L, -1));
}

static int open_all(lua_State *L)
{
	struct script *s = lua_touserdata(L, 1);

	lua_gc(L, LUA_GCINC, GC_PAUSE, GC_STEP, 0);
	for (int i = LUA_RIDX_LAST + 1; i <= HOST_LAST_SLOT; i++) {
		lua_newtable(L);
		lua_rawseti(L, LUA_REGISTRYINDEX, i);
	}
	s->last_ref = HOST_LAST_SLOT;
	script_open_objects(L);
	script_open_globals(L);
	return 0;
}

struct script *script_new(const struct script_limits *limits, struct err *e)
{
	struct script *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_set(e, ERR_TEMPORARY, "no memory for a script");
		return NULL;
	}
	s->limits = limits ? *limits : script_default_limits;
	s->region = region_new(s->limits.memory);
	if (s->region == NULL) {
		err_errno(e, ERR_TEMPORARY, "%zu bytes for a script",
			s->limits.memory);
		script_free(&s);
		return NULL;
	}
	region_on_refusal(s->region, on_refusal, s);
	s->L = lua_newstate(region_alloc, s->region);
	if (s->L) {
		*(struct script **)lua_getextraspace(s->L) = s;
		lua_atpanic(s->L, on_panic);
	}
	if (s->L == NULL || script_protect(s, open_all, s, NULL) < 0) {
		err_set(e, ERR_PERMANENT, "%zu bytes of memory are too few "
			"for a script", s->limits.memory);
		script_free(&s);
	}
	return s;
}

void script_free(struct script **s)
{
	if (*s == NULL)
		return;
	/* No lua_close: nothing in there owns anything outside. */
	region_free(&(*s)->region);
	free(*s);
	*s = NULL;
}

void script_set_context(struct script *s, void *context)
{
	s->context = context;
}

void script_watch_arena(struct script *s, const struct arena *a, size_t max)
{
	s->watched = a;
	s->watched_max = max;
}

static int add_functions(lua_State *L)
{
	const struct script_function *f = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, HOST_GLOBALS);
	for (; f->name; f++) {
		lua_pushstring(L, f->name);
		script_push_function(L, f);
		lua_rawset(L, -3);
	}
	return 0;
}

void script_add_functions(struct script *s, const struct script_function *f)
{
	struct err e;
	/* f is only read: the void pointer is Lua's. */
	void *job = (void *)(uintptr_t)f;

	if (script_protect(s, add_functions, job, &e) < 0)
		log_panic("script: %s", e.text);
}

void script_add_class(struct script *s, const struct script_class *class)
{
	struct err e;

	if (script_protect(s, script_index_class, (void *)(uintptr_t)class,
			&e) < 0)
		log_panic("script: %s", e.text);
}

void script_watch_lines(struct script *s, void (*reached)(void *self,
	const char *file, unsigned line), void *self)
{
	s->reached = reached;
	s->reached_self = self;
}

/* Starts the limits of a call; a call inside a call shares them. */
static void begin(struct script *s, int64_t deadline_ms)
{
	if (s->depth++)
		return;
	s->steps = 0;
	s->start_ms = clock_ms();
	s->deadline_ms = deadline_ms;
	s->condemned = false;
	s->refused = false;
	s->refused_at[0] = 0;
	lua_sethook(s->L, on_step, LUA_MASKCOUNT | (s->reached ?
		LUA_MASKLINE : 0), HOST_HOOK_STEPS);
}

static void end(struct script *s)
{
	if (--s->depth == 0)
		lua_sethook(s->L, NULL, 0, 0);
}

struct run_job {
	const char *name;
	struct span text;
	struct script_value value;
};

static int run(lua_State *L)
{
	struct run_job *job = lua_touserdata(L, 1);
	char name[LUA_IDSIZE];

	snprintf(name, sizeof(name), "=%s", job->name);
	if (job->text.n && job->text.p[0] == LUA_SIGNATURE[0])
		return luaL_error(L, "%s:1: this is compiled Lua; only text "
			"is taken", job->name);
	if (luaL_loadbufferx(L, (const char *)job->text.p, job->text.n, name,
	    "t") != LUA_OK) {
		if (!has_line(lua_tostring(L, -1)))
			lua_pushfstring(L, "%s: %s", job->name,
				lua_tostring(L, -1));
		return lua_error(L);
	}
	lua_call(L, 0, 1);
	job->value = script_pull_kept(L, -1);
	return 0;
}

int script_run(struct script *s, const char *name, struct span text,
	struct script_value *value_r, struct err *e)
{
	struct run_job job = { .name = name, .text = text };
	int r;

	begin(s, clock_ms() + RUN_MS);
	r = script_protect(s, run, &job, e);
	end(s);
	if (r == 0 && value_r)
		*value_r = job.value;
	return r;
}

struct call_job {
	int ref;
	const struct script_value *args;
	size_t nargs, nresults;
	struct script_value *results;
};

static int call(lua_State *L)
{
	const struct call_job *job = lua_touserdata(L, 1);

	luaL_checkstack(L, (int)(job->nargs + job->nresults) + 4, "arguments");
	lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
	for (size_t i = 0; i < job->nargs; i++)
		script_push(L, &job->args[i]);
	lua_call(L, (int)job->nargs, (int)job->nresults);
	for (size_t i = 0; i < job->nresults; i++)
		job->results[i] = script_pull_kept(L,
			(int)i - (int)job->nresults);
	return 0;
}

int script_call(struct script *s, int ref, const struct script_value *args,
	size_t nargs, int64_t deadline_ms, struct script_value *results_r,
	size_t nresults, struct err *e)
{
	struct call_job job = { ref, args, nargs, nresults, results_r };
	int r;

	begin(s, deadline_ms);
	r = script_protect(s, call, &job, e);
	end(s);
	return r;
}

void script_where(struct script *s, int ref, char *out, size_t size)
{
	lua_Debug at;

	if (lua_rawgeti(s->L, LUA_REGISTRYINDEX, ref) != LUA_TFUNCTION) {
		lua_pop(s->L, 1);
		snprintf(out, size, "?");
		return;
	}
	lua_getinfo(s->L, ">S", &at);
	snprintf(out, size, "%s:%d", at.short_src, at.linedefined);
}

int script_freeze(struct script *s, struct err *e)
{
	lua_gc(s->L, LUA_GCCOLLECT);
	s->frozen_ref = s->last_ref;
	if (region_freeze(s->region) < 0)
		return err_errno(e, ERR_TEMPORARY, "image of a script");
	return 0;
}

void script_restore(struct script *s)
{
	region_restore(s->region);
	s->last_ref = s->frozen_ref;
}
