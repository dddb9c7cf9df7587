#include "base/args.h"
#include "script/host.h"

enum { NAMES_MAX = 128 };

/* What Lua's own libraries may give, as they are. */
static const char *const base_names[] = { "assert", "error", "ipairs", "next",
	"pairs", "select", "tonumber", "type", NULL };
static const char *const math_names[] = { "abs", "acos", "asin", "atan",
	"ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log", "max",
	"maxinteger", "min", "mininteger", "modf", "pi", "rad", "sin", "sqrt",
	"tan", "tointeger", "type", "ult", NULL };
static const char *const utf8_names[] = { "char", "charpattern", "codepoint",
	"codes", "len", "offset", NULL };
static const char *const string_names[] = { "byte", "char", "format", "len",
	"lower", "reverse", "sub", "upper", NULL };
static const char *const table_names[] = { "concat", "insert", "remove",
	"sort", "unpack", NULL };

/* A script over a limit must not be saved by pcall. */
static void rethrow_if_condemned(lua_State *L, int status)
{
	struct script *s = script_of(L);

	if (status == LUA_OK)
		return;
	if (s->condemned)
		script_condemn(L);
	if (script_is_starved(L, status))
		script_starve(L);
}

static int base_pcall(lua_State *L)
{
	int status;

	luaL_checkany(L, 1);
	lua_pushboolean(L, 1);
	lua_insert(L, 1);
	status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
	rethrow_if_condemned(L, status);
	if (status == LUA_OK)
		return lua_gettop(L);
	lua_pushboolean(L, 0);
	lua_insert(L, -2);
	return 2;
}

/*
 * The handler of xpcall. An error that the hook raised is handled while hooks
 * are off, so a script over a limit must not run here: nothing would end it.
 */
static int handle(lua_State *L)
{
	if (script_of(L)->condemned)
		return 1;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

/* xpcall(f, handler, ...) */
static int base_xpcall(lua_State *L)
{
	int status;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, handle, 1);
	lua_replace(L, 2);
	lua_pushboolean(L, 1);
	lua_pushvalue(L, 1);
	lua_rotate(L, 3, 2);
	status = lua_pcall(L, lua_gettop(L) - 4, LUA_MULTRET, 2);
	rethrow_if_condemned(L, status);
	if (status == LUA_OK)
		return lua_gettop(L) - 2;
	lua_pushboolean(L, 0);
	lua_insert(L, -2);
	return 2;
}

static int base_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	script_push_text(L, 1);
	return 1;
}

/* What a call on this first argument costs, in steps. */
static uint64_t cost(lua_State *L)
{
	switch (lua_type(L, 1)) {
	case LUA_TSTRING:
		return lua_rawlen(L, 1) / 16;
	case LUA_TTABLE:
		return lua_rawlen(L, 1);
	case LUA_TUSERDATA:
		return (uint64_t)luaL_len(L, 1);
	default:
		return 0;
	}
}

/* Lua's own function, after its price is paid: no hook fires inside. */
static int bounded(lua_State *L)
{
	lua_CFunction original = lua_tocfunction(L, lua_upvalueindex(1));

	script_charge(L, cost(L));
	return original(L);
}

/* At the end of a table they cost nothing, elsewhere they move it. */
static int bounded_insert(lua_State *L)
{
	lua_CFunction original = lua_tocfunction(L, lua_upvalueindex(1));

	if (lua_gettop(L) > 2)
		script_charge(L, cost(L));
	return original(L);
}

static int bounded_remove(lua_State *L)
{
	lua_CFunction original = lua_tocfunction(L, lua_upvalueindex(1));

	if (lua_gettop(L) > 1)
		script_charge(L, cost(L));
	return original(L);
}

static int bounded_sort(lua_State *L)
{
	lua_CFunction original = lua_tocfunction(L, lua_upvalueindex(1));
	uint64_t n = cost(L), depth = 1;

	while (n >> depth)
		depth++;
	script_charge(L, n * depth);
	return original(L);
}

static const luaL_Reg dear[] = {
	{ "insert", bounded_insert }, { "remove", bounded_remove },
	{ "sort", bounded_sort }, { "concat", bounded },
	{ "unpack", bounded }, { "lower", bounded }, { "upper", bounded },
	{ "reverse", bounded }, { "format", script_string_format }, { 0 },
};

/* The function on top becomes one that pays, if it is dear. */
static void bind(lua_State *L, const char *name)
{
	for (const luaL_Reg *r = dear; r->name; r++)
		if (span_is(span_of(name), r->name)) {
			lua_pushcclosure(L, r->func, 1);
			return;
		}
}

/* Copies the allowed names of the library at -1 into the table at -2. */
static void copy_names(lua_State *L, const char *const *names)
{
	for (; *names; names++) {
		lua_pushstring(L, *names);
		lua_pushvalue(L, -1);
		lua_rawget(L, -3);
		bind(L, *names);
		lua_rawset(L, -4);
	}
}

/* The next name of the table behind a read-only view. */
static int view_next(lua_State *L)
{
	lua_settop(L, 2);
	return lua_next(L, lua_upvalueindex(1)) ? 2 : 0;
}

/* pairs(view): the table behind it is not given away. */
static int view_pairs(lua_State *L)
{
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushcclosure(L, view_next, 1);
	return 1;
}

static int view_newindex(lua_State *L)
{
	return luaL_error(L, "%s is read-only",
		lua_tostring(L, lua_upvalueindex(1)));
}

static int globals_newindex(lua_State *L)
{
	return luaL_error(L, "globals are read-only: make it local");
}

/* A name that nobody defined is a slip of the pen, not nil. */
static int globals_missing(lua_State *L)
{
	const char *names[NAMES_MAX], *name, *near;
	size_t n = 0, length;

	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	name = lua_tolstring(L, 2, &length);
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		lua_pop(L, 1);
		if (n < NAMES_MAX && lua_type(L, -1) == LUA_TSTRING)
			names[n++] = lua_tostring(L, -1);
	}
	near = args_nearest(span_from(name, length), names, n);
	if (near)
		return luaL_error(L, "unknown name \"%s\"; did you mean "
			"\"%s\"?", name, near);
	return luaL_error(L, "unknown name \"%s\"", name);
}

/*
 * Replaces the table on top by an empty one that reads through to it. The
 * function on top of that is what an assignment runs.
 */
static void make_view(lua_State *L)
{
	int table = lua_gettop(L) - 1;

	lua_newtable(L);
	lua_createtable(L, 0, 4);
	lua_pushvalue(L, table);
	lua_setfield(L, -2, "__index");
	lua_pushvalue(L, table + 1);
	lua_setfield(L, -2, "__newindex");
	lua_pushvalue(L, table);
	lua_pushcclosure(L, view_pairs, 1);
	lua_setfield(L, -2, "__pairs");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_replace(L, table);
	lua_pop(L, 1);
}

/* globals[name] = a view of the allowed part of a library. */
static void open_library(lua_State *L, const char *name, lua_CFunction open,
	const char *const *names, const luaL_Reg *ours)
{
	lua_pushstring(L, name);
	lua_newtable(L);
	lua_pushcfunction(L, open);
	lua_call(L, 0, 1);
	copy_names(L, names);
	lua_pop(L, 1);
	if (ours)
		luaL_setfuncs(L, ours, 0);
	lua_pushstring(L, name);
	lua_pushcclosure(L, view_newindex, 1);
	make_view(L);
	lua_rawset(L, -3);
}

/* ("x"):rep() finds its methods in the table that no script can write. */
static void lock_strings(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_getfield(L, -3, "string");
	lua_getmetatable(L, -1);
	lua_getfield(L, -1, "__index");
	lua_setfield(L, -4, "__index");
	lua_pop(L, 2);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

static void open_base(lua_State *L)
{
	static const luaL_Reg ours[] = {
		{ "pcall", base_pcall }, { "xpcall", base_xpcall },
		{ "tostring", base_tostring }, { 0 },
	};

	lua_pushcfunction(L, luaopen_base);
	lua_call(L, 0, 1);
	copy_names(L, base_names);
	lua_pop(L, 1);
	luaL_setfuncs(L, ours, 0);
}

void script_open_globals(lua_State *L)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, HOST_GLOBALS);
	open_base(L);
	open_library(L, "string", luaopen_string, string_names,
		script_string_functions);
	open_library(L, "table", luaopen_table, table_names, NULL);
	open_library(L, "math", luaopen_math, math_names, NULL);
	open_library(L, "utf8", luaopen_utf8, utf8_names, NULL);
	lock_strings(L);
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, globals_missing);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	lua_pushcfunction(L, globals_newindex);
	make_view(L);
	/* Every chunk's _ENV is taken from here. */
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}
