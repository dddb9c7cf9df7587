/*
 * What the files of this layer share: the script behind a lua_State, and how
 * values cross. Everything here runs inside script_protect's one protected
 * call and may raise Lua errors, unless it says otherwise.
 */
#ifndef SCRIPT_HOST_H
#define SCRIPT_HOST_H

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#include "script/region.h"
#include "script/script.h"

enum {
	HOST_WHERE_SIZE = SCRIPT_PLACE_SIZE,
	HOST_ARGS_MAX = 16,
	HOST_HOOK_STEPS = 1000,
};

struct script {
	lua_State *L;
	struct region *region;
	struct script_limits limits;
	void *context;
	const struct arena *watched; /* of what the host makes; or NULL */
	size_t watched_max;
	/* script_watch_lines; NULL: nobody looks */
	void (*reached)(void *self, const char *file, unsigned line);
	void *reached_self;
	int last_ref, frozen_ref; /* registry slots in use */
	unsigned depth;		/* of script_call and script_run */
	/* The call at hand. */
	uint64_t steps;
	int64_t start_ms, deadline_ms;
	bool condemned;		/* over a limit: no pcall saves it */
	bool refused;		/* memory ran out, perhaps not for good */
	char refused_at[HOST_WHERE_SIZE]; /* where memory last ran out */
	struct err doom;	/* why it is condemned */
};

/* Slots of the registry that script_new fills. */
enum {
	HOST_OBJECTS = LUA_RIDX_LAST + 1, /* metatable of objects */
	HOST_LISTS,		/* metatable of lists */
	HOST_GLOBALS,		/* the table behind the read-only globals */
	HOST_LAST_SLOT = HOST_GLOBALS,
};

_Static_assert(SCRIPT_PLACE_SIZE >= LUA_IDSIZE + 16, "FILE:LINE fits");

struct script *script_of(lua_State *L);

/* Adds to the steps of the call at hand; raises when it is over a limit. */
void script_charge(lua_State *L, uint64_t steps);
/* Marks the call at hand as over a limit and raises that. */
_Noreturn void script_condemn(lua_State *L);
/* The same when it was memory that ran out. */
_Noreturn void script_starve(lua_State *L);
/* Raises when the script has made the host take too much memory. */
void script_check_watched(lua_State *L);
/* Is the error on top of the stack that of memory? Does not raise. */
bool script_is_starved(lua_State *L, int status);

/*
 * "FILE:LINE" of the innermost Lua function from `level` on, or empty. Does
 * not allocate and does not raise.
 */
void script_line(lua_State *L, int level, char out[HOST_WHERE_SIZE]);

/* The only protected call from C: f gets job as a light userdata. 0 or -1. */
int script_protect(struct script *s, lua_CFunction f, void *job,
	struct err *e);

/* Values (value.c). */
void script_push(lua_State *L, const struct script_value *v);
/* Tables and functions get a slot; a text lives as long as its Lua string. */
struct script_value script_pull(lua_State *L, int index);
/* As script_pull, and a text is kept until restore. */
struct script_value script_pull_kept(lua_State *L, int index);
/* Pushes what tostring gives: never an address. */
void script_push_text(lua_State *L, int index);
void script_push_function(lua_State *L, const struct script_function *f);
void script_open_objects(lua_State *L);
/* The words of a class (argument 1) in a table of the registry. */
int script_index_class(lua_State *L);

/* The allow list (allow.c), with the bounded strings (strings.c). */
void script_open_globals(lua_State *L);
extern const luaL_Reg script_string_functions[];
/* Wants Lua's own format as its upvalue. */
int script_string_format(lua_State *L);

#endif
