#include "base/args.h"
#include "script/host.h"

enum { FIELDS_MAX = 128, OBJECT_MAGIC = 0x6f626a31, LIST_MAGIC = 0x6c737431 };

/*
 * Scripts can neither make a userdata nor set a metatable, so every full
 * userdata is one of these two; the magic guards against our own mistakes.
 */
struct handle {
	unsigned magic;
	union {
		struct {
			const struct script_class *class;
			void *self;
		} object;
		struct {
			const struct script_value *v;
			size_t n;
		} list;
	};
};

static const char *const type_names[] = {
	[SCRIPT_NIL] = "nil", [SCRIPT_BOOL] = "boolean",
	[SCRIPT_INT] = "number", [SCRIPT_REAL] = "number",
	[SCRIPT_TEXT] = "text", [SCRIPT_OBJECT] = "object",
	[SCRIPT_LIST] = "list", [SCRIPT_MAP] = "table",
	[SCRIPT_TABLE] = "table",
	[SCRIPT_FUNCTION] = "function", [SCRIPT_FAILED] = "failure",
};

const char *script_type_name(enum script_type t)
{
	return type_names[t];
}

static struct handle *handle(lua_State *L, int index, unsigned magic)
{
	struct handle *h;

	if (lua_type(L, index) != LUA_TUSERDATA ||
	    lua_rawlen(L, index) != sizeof(*h))
		return NULL;
	h = lua_touserdata(L, index);
	return h->magic == magic ? h : NULL;
}

/* A userdata of the metatable in a slot. */
static struct handle *push_handle(lua_State *L, unsigned magic, int slot)
{
	struct handle *h = lua_newuserdatauv(L, sizeof(*h), 0);

	h->magic = magic;
	lua_rawgeti(L, LUA_REGISTRYINDEX, slot);
	lua_setmetatable(L, -2);
	return h;
}

/* Maps lie in maps only as deep as C made them. */
static void push_map(lua_State *L, const struct script_value *v)
{
	luaL_checkstack(L, 4, "values too deep");
	lua_createtable(L, 0, (int)v->map.n);
	for (size_t i = 0; i < v->map.n; i++) {
		script_push(L, &v->map.v[i].value);
		if (v->map.v[i].name)
			lua_setfield(L, -2, v->map.v[i].name);
		else
			lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

void script_push(lua_State *L, const struct script_value *v)
{
	struct handle *h;

	switch (v->type) {
	case SCRIPT_NIL:
		lua_pushnil(L);
		break;
	case SCRIPT_BOOL:
		lua_pushboolean(L, v->boolean);
		break;
	case SCRIPT_INT:
		lua_pushinteger(L, v->integer);
		break;
	case SCRIPT_REAL:
		lua_pushnumber(L, v->real);
		break;
	case SCRIPT_TEXT:
		lua_pushlstring(L, (const char *)v->text.p, v->text.n);
		break;
	case SCRIPT_OBJECT:
		h = push_handle(L, OBJECT_MAGIC, HOST_OBJECTS);
		h->object.class = v->object.class;
		h->object.self = v->object.self;
		break;
	case SCRIPT_LIST:
		h = push_handle(L, LIST_MAGIC, HOST_LISTS);
		h->list.v = v->list.v;
		h->list.n = v->list.n;
		break;
	case SCRIPT_MAP:
		push_map(L, v);
		break;
	case SCRIPT_TABLE:
	case SCRIPT_FUNCTION:
		lua_rawgeti(L, LUA_REGISTRYINDEX, v->ref);
		break;
	case SCRIPT_FAILED:
		lua_pushlstring(L, (const char *)v->text.p, v->text.n);
		luaL_error(L, "%s", lua_tostring(L, -1));
	}
}

/* A slot that holds the value until restore. */
static int keep(lua_State *L, int index)
{
	struct script *s = script_of(L);

	lua_pushvalue(L, index);
	lua_rawseti(L, LUA_REGISTRYINDEX, s->last_ref + 1);
	return ++s->last_ref;
}

static struct script_value pull_handle(lua_State *L, int index)
{
	struct script_value v = { .type = SCRIPT_NIL };
	const struct handle *h = handle(L, index, OBJECT_MAGIC);

	if (h) {
		v.type = SCRIPT_OBJECT;
		v.object.class = h->object.class;
		v.object.self = h->object.self;
		return v;
	}
	h = handle(L, index, LIST_MAGIC);
	if (h) {
		v.type = SCRIPT_LIST;
		v.list.v = h->list.v;
		v.list.n = h->list.n;
	}
	return v;
}

struct script_value script_pull(lua_State *L, int index)
{
	struct script_value v = { .type = SCRIPT_NIL };
	const char *text;

	switch (lua_type(L, index)) {
	case LUA_TBOOLEAN:
		v.type = SCRIPT_BOOL;
		v.boolean = lua_toboolean(L, index);
		break;
	case LUA_TNUMBER:
		v.type = lua_isinteger(L, index) ? SCRIPT_INT : SCRIPT_REAL;
		if (v.type == SCRIPT_INT)
			v.integer = lua_tointeger(L, index);
		else
			v.real = lua_tonumber(L, index);
		break;
	case LUA_TSTRING:
		v.type = SCRIPT_TEXT;
		text = lua_tolstring(L, index, &v.text.n);
		v.text.p = (const unsigned char *)text;
		break;
	case LUA_TUSERDATA:
		return pull_handle(L, index);
	case LUA_TTABLE:
		v.type = SCRIPT_TABLE;
		v.ref = keep(L, index);
		break;
	case LUA_TFUNCTION:
		v.type = SCRIPT_FUNCTION;
		v.ref = keep(L, index);
		break;
	}
	return v;
}

struct script_value script_pull_kept(lua_State *L, int index)
{
	struct script_value v = script_pull(L, index);

	if (v.type == SCRIPT_TEXT)
		keep(L, index);
	return v;
}

/* The name nearest to one that a class does not have; or NULL. */
static const char *nearest(const struct script_class *c, struct span key)
{
	const char *names[FIELDS_MAX];
	size_t n = 0;

	for (const struct script_field *f = c->fields; f && f->name &&
	     n < FIELDS_MAX; f++)
		names[n++] = f->name;
	for (const struct script_method *m = c->methods; m && m->name &&
	     n < FIELDS_MAX; m++)
		names[n++] = m->name;
	return args_nearest(key, names, n);
}

/* Puts the arguments from `first` on where a host function looks for them. */
static void take_args(lua_State *L, int first, struct script_value *args,
	struct script_call *c)
{
	int top = lua_gettop(L);

	if (top - first + 1 > HOST_ARGS_MAX)
		luaL_error(L, "more than %d arguments", HOST_ARGS_MAX);
	for (int i = first; i <= top; i++)
		args[c->nargs++] = script_pull(L, i);
	c->args = args;
	c->script = script_of(L);
	c->context = c->script->context;
}

const char *script_call_where(struct script_call *c)
{
	/* Level 0 is the function in C that was called. */
	if (c->place[0] == 0)
		script_line(c->script->L, 1, c->place);
	return c->place;
}

/* Calls the host: its error becomes a Lua error of the calling line. */
static int call_host(lua_State *L, struct script_call *c,
	void (*f)(struct script_call *))
{
	const char *where;

	c->place[0] = 0;
	f(c);
	if (c->script->condemned)
		script_condemn(L);
	script_check_watched(L);
	if (c->error.class == ERR_NONE) {
		script_push(L, &c->result);
		return 1;
	}
	where = script_call_where(c);
	lua_pushfstring(L, "%s%s%s", where, where[0] ? ": " : "",
		c->error.text);
	return lua_error(L);
}

static int on_function(lua_State *L)
{
	const struct script_function *f =
		lua_touserdata(L, lua_upvalueindex(1));
	struct script_value args[HOST_ARGS_MAX];
	struct script_call c;

	c.self = NULL;
	c.nargs = 0;
	c.result.type = SCRIPT_NIL;
	c.error.class = ERR_NONE;
	take_args(L, 1, args, &c);
	return call_host(L, &c, f->call);
}

void script_push_function(lua_State *L, const struct script_function *f)
{
	lua_pushlightuserdata(L, (void *)(uintptr_t)f);
	lua_pushcclosure(L, on_function, 1);
}

static int on_method(lua_State *L)
{
	const struct script_class *class =
		lua_touserdata(L, lua_upvalueindex(1));
	const struct script_method *m = lua_touserdata(L, lua_upvalueindex(2));
	const struct handle *h = handle(L, 1, OBJECT_MAGIC);
	struct script_value args[HOST_ARGS_MAX];
	struct script_call c;

	if (h == NULL || h->object.class != class)
		return luaL_error(L, "%s is a method of %s: write "
			"%s:%s(...), with a colon", m->name, class->name,
			class->name, m->name);
	c.self = h->object.self;
	c.nargs = 0;
	c.result.type = SCRIPT_NIL;
	c.error.class = ERR_NONE;
	take_args(L, 2, args, &c);
	return call_host(L, &c, m->call);
}

static int no_field(lua_State *L, const struct script_class *class)
{
	size_t n;
	const char *key, *near;

	script_push_text(L, 2);
	key = lua_tolstring(L, -1, &n);
	near = nearest(class, span_from(key, n));
	if (near)
		return luaL_error(L, "%s has no field \"%s\"; did you mean "
			"\"%s\"?", class->name, key, near);
	return luaL_error(L, "%s has no field \"%s\"", class->name, key);
}

static int give_field(lua_State *L, const struct script_field *f, void *self)
{
	struct script_value v = f->get(self);

	script_check_watched(L);
	script_push(L, &v);
	return 1;
}

static void push_method(lua_State *L, const struct script_class *class,
	const struct script_method *m)
{
	lua_pushlightuserdata(L, (void *)(uintptr_t)class);
	lua_pushlightuserdata(L, (void *)(uintptr_t)m);
	lua_pushcclosure(L, on_method, 2);
}

/* In a class that script_add_class does not know. */
static int find_word(lua_State *L, const struct handle *h)
{
	const struct script_class *class = h->object.class;
	struct span key = { 0 };

	if (lua_type(L, 2) == LUA_TSTRING)
		key.p = (const unsigned char *)lua_tolstring(L, 2, &key.n);
	for (const struct script_field *f = class->fields; f && f->name; f++)
		if (span_is(key, f->name))
			return give_field(L, f, h->object.self);
	for (const struct script_method *m = class->methods; m && m->name; m++)
		if (span_is(key, m->name)) {
			push_method(L, class, m);
			return 1;
		}
	return no_field(L, class);
}

static int object_index(lua_State *L)
{
	const struct handle *h = handle(L, 1, OBJECT_MAGIC);

	if (h == NULL)
		return luaL_error(L, "not an object");
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, h->object.class) != LUA_TTABLE)
		return find_word(L, h);
	lua_pushvalue(L, 2);
	switch (lua_rawget(L, -2)) {
	case LUA_TLIGHTUSERDATA:
		return give_field(L, lua_touserdata(L, -1), h->object.self);
	case LUA_TFUNCTION:
		return 1;
	default:
		return no_field(L, h->object.class);
	}
}

int script_index_class(lua_State *L)
{
	const struct script_class *class = lua_touserdata(L, 1);

	lua_newtable(L);
	for (const struct script_method *m = class->methods; m && m->name;
	     m++) {
		push_method(L, class, m);
		lua_setfield(L, -2, m->name);
	}
	for (const struct script_field *f = class->fields; f && f->name; f++) {
		lua_pushlightuserdata(L, (void *)(uintptr_t)f);
		lua_setfield(L, -2, f->name);
	}
	lua_rawsetp(L, LUA_REGISTRYINDEX, class);
	return 0;
}

static const char *handle_name(lua_State *L, int index)
{
	const struct handle *h = handle(L, index, OBJECT_MAGIC);

	return h ? h->object.class->name : "list";
}

static int handle_newindex(lua_State *L)
{
	return luaL_error(L, "%s is read-only", handle_name(L, 1));
}

static int handle_tostring(lua_State *L)
{
	lua_pushstring(L, handle_name(L, 1));
	return 1;
}

/* Two handles of one object are equal. */
static int object_eq(lua_State *L)
{
	const struct handle *a = handle(L, 1, OBJECT_MAGIC);
	const struct handle *b = handle(L, 2, OBJECT_MAGIC);

	lua_pushboolean(L, a && b && a->object.class == b->object.class &&
		a->object.self == b->object.self);
	return 1;
}

static int list_index(lua_State *L)
{
	const struct handle *h = handle(L, 1, LIST_MAGIC);
	lua_Integer i;
	int is_integer;

	i = lua_tointegerx(L, 2, &is_integer);
	if (h == NULL || lua_type(L, 2) != LUA_TNUMBER) {
		script_push_text(L, 2);
		return luaL_error(L, "list has no field \"%s\": it takes "
			"numbers from 1 to #list", lua_tostring(L, -1));
	}
	if (is_integer && i >= 1 && (uint64_t)i <= h->list.n)
		script_push(L, &h->list.v[i - 1]);
	else
		lua_pushnil(L);
	return 1;
}

static int list_len(lua_State *L)
{
	const struct handle *h = handle(L, 1, LIST_MAGIC);

	lua_pushinteger(L, h ? (lua_Integer)h->list.n : 0);
	return 1;
}

static int list_next(lua_State *L)
{
	const struct handle *h = handle(L, 1, LIST_MAGIC);
	lua_Integer i = luaL_checkinteger(L, 2);

	if (h == NULL || i < 0 || (uint64_t)i >= h->list.n)
		return 0;
	lua_pushinteger(L, i + 1);
	script_push(L, &h->list.v[i]);
	return 2;
}

/* pairs(list) is ipairs(list). */
static int list_pairs(lua_State *L)
{
	lua_pushcfunction(L, list_next);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	return 3;
}

static void fill_slot(lua_State *L, int slot, const luaL_Reg *functions)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, slot);
	luaL_setfuncs(L, functions, 0);
	lua_pushliteral(L, "object");
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

void script_open_objects(lua_State *L)
{
	static const luaL_Reg object[] = {
		{ "__index", object_index }, { "__newindex", handle_newindex },
		{ "__tostring", handle_tostring }, { "__eq", object_eq },
		{ 0 },
	}, list[] = {
		{ "__index", list_index }, { "__newindex", handle_newindex },
		{ "__tostring", handle_tostring }, { "__len", list_len },
		{ "__pairs", list_pairs }, { 0 },
	};

	fill_slot(L, HOST_OBJECTS, object);
	fill_slot(L, HOST_LISTS, list);
}

void script_push_text(lua_State *L, int index)
{
	switch (lua_type(L, index)) {
	case LUA_TNIL:
	case LUA_TBOOLEAN:
	case LUA_TNUMBER:
	case LUA_TSTRING:
	case LUA_TUSERDATA:
		luaL_tolstring(L, index, NULL);
		break;
	default:
		lua_pushstring(L, luaL_typename(L, index));
	}
}

int script_ref(struct script_call *c, size_t arg)
{
	if (arg >= c->nargs || c->args[arg].type != SCRIPT_FUNCTION)
		return -1;
	return c->args[arg].ref;
}
