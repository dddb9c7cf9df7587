#include <string.h>

#include "script/host.h"
#include "script/match.h"

enum {
	RESULT_MAX = 1024 * 1024, /* of rep: longer texts come by addition */
	STEPS_A_HOOK_STEP = 8,	/* comparisons that cost one step */
};

static struct span check_span(lua_State *L, int arg)
{
	struct span s;

	s.p = (const unsigned char *)luaL_checklstring(L, arg, &s.n);
	return s;
}

/* Subject and pattern of arguments 1 and 2, with a fresh budget. */
static bool open_match(lua_State *L, struct match *m)
{
	bool anchored;

	m->subject = check_span(L, 1);
	m->pattern = check_span(L, 2);
	m->steps = script_of(L)->limits.match_steps;
	m->ncaptures = 0;
	anchored = m->pattern.n && m->pattern.p[0] == '^';
	if (anchored)
		m->pattern = span_after(m->pattern, 1);
	return anchored;
}

/* Pays for what was compared: many short matches cost like a long one. */
static void pay(lua_State *L, const struct match *m)
{
	size_t used = script_of(L)->limits.match_steps - m->steps;

	script_charge(L, used / STEPS_A_HOOK_STEP);
}

static int fail_match(lua_State *L, const struct match *m)
{
	pay(L, m);
	if (m->error == match_out_of_steps)
		return luaL_error(L, "pattern needs more than %d steps",
			(int)script_of(L)->limits.match_steps);
	return luaL_error(L, "%s", m->error);
}

/* match_at from each offset on until it matches. */
static bool search(lua_State *L, struct match *m, size_t *at, bool anchored,
	size_t *end_r)
{
	for (; *at <= m->subject.n; ++*at) {
		enum match_answer a = match_at(m, *at, end_r);

		if (a == MATCH_FAILED)
			fail_match(L, m);
		if (a == MATCH_YES)
			return true;
		if (anchored)
			break;
	}
	return false;
}

static void push_capture(lua_State *L, const struct match *m, unsigned i)
{
	const struct match_capture *c = &m->capture[i];

	if (c->kind == CAPTURE_POSITION)
		lua_pushinteger(L, (lua_Integer)c->at + 1);
	else
		lua_pushlstring(L, (const char *)m->subject.p + c->at, c->n);
}

/* All captures, or the whole match when it has none. */
static int push_captures(lua_State *L, const struct match *m, size_t at,
	size_t end)
{
	luaL_checkstack(L, MATCH_CAPTURES + 2, "too many captures");
	for (unsigned i = 0; i < m->ncaptures; i++)
		push_capture(L, m, i);
	if (m->ncaptures)
		return (int)m->ncaptures;
	lua_pushlstring(L, (const char *)m->subject.p + at, end - at);
	return 1;
}

/* Where to begin: argument `arg`, from 1, negative from the end. */
static size_t start(lua_State *L, int arg, size_t n)
{
	lua_Integer from = luaL_optinteger(L, arg, 1);

	if (from > 0)
		return (uint64_t)from - 1 < n ? (size_t)from - 1 :
			(uint64_t)from - 1 == n ? n : n + 1;
	if (from == 0 || (uint64_t)-(from + 1) >= n)
		return 0;
	return n - (size_t)-from;
}

static int push_range(lua_State *L, size_t at, size_t end)
{
	lua_pushinteger(L, (lua_Integer)at + 1);
	lua_pushinteger(L, (lua_Integer)end);
	return 2;
}

static int find_plain(lua_State *L, struct span s, struct span what,
	size_t at)
{
	size_t found = span_find(span_after(s, at), what);

	script_charge(L, s.n / 16);
	if (found != SIZE_MAX)
		return push_range(L, at + found, at + found + what.n);
	lua_pushnil(L);
	return 1;
}

static int string_find(lua_State *L)
{
	struct span whole;
	struct match m;
	bool anchored = open_match(L, &m);
	size_t at = start(L, 3, m.subject.n), end;

	if (at > m.subject.n) {
		lua_pushnil(L);
		return 1;
	}
	whole = check_span(L, 2);
	if (lua_toboolean(L, 4) || match_is_plain(whole))
		return find_plain(L, m.subject, whole, at);
	if (!search(L, &m, &at, anchored, &end)) {
		pay(L, &m);
		lua_pushnil(L);
		return 1;
	}
	pay(L, &m);
	push_range(L, at, end);
	return 2 + (m.ncaptures ? push_captures(L, &m, at, end) : 0);
}

static int string_match(lua_State *L)
{
	struct match m;
	bool anchored = open_match(L, &m);
	size_t at = start(L, 3, m.subject.n), end;
	bool found = at <= m.subject.n && search(L, &m, &at, anchored, &end);

	pay(L, &m);
	if (found)
		return push_captures(L, &m, at, end);
	lua_pushnil(L);
	return 1;
}

/* Upvalues: subject, pattern, where to go on, end of the last match. */
static int gmatch_next(lua_State *L)
{
	struct match m;
	size_t at, end, last;

	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, lua_upvalueindex(2));
	open_match(L, &m);
	/* Here a ^ is an ordinary byte, as in Lua. */
	m.pattern = check_span(L, 2);
	at = (size_t)lua_tointeger(L, lua_upvalueindex(3));
	last = (size_t)lua_tointeger(L, lua_upvalueindex(4));
	while (search(L, &m, &at, false, &end)) {
		if (end == last) {
			at++;
			continue;
		}
		pay(L, &m);
		lua_pushinteger(L, (lua_Integer)end);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return push_captures(L, &m, at, end);
	}
	pay(L, &m);
	return 0;
}

static int string_gmatch(lua_State *L)
{
	struct span subject = check_span(L, 1);

	check_span(L, 2);
	lua_pushinteger(L, (lua_Integer)start(L, 3, subject.n));
	lua_replace(L, 3);
	lua_settop(L, 3);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_next, 4);
	return 1;
}

/* %0 to %9 and %% of a replacement text. */
static void add_template(lua_State *L, luaL_Buffer *b, const struct match *m,
	size_t at, size_t end)
{
	struct span t = check_span(L, 3);

	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = t.p[i];
		unsigned k;

		if (c != '%') {
			luaL_addchar(b, (char)c);
			continue;
		}
		c = ++i < t.n ? t.p[i] : 0;
		k = c - (unsigned)'1';
		if (c == '%') {
			luaL_addchar(b, '%');
		} else if (c == '0' || (c == '1' && m->ncaptures == 0)) {
			luaL_addlstring(b, (const char *)m->subject.p + at,
				end - at);
		} else if (c < '1' || c > '9') {
			luaL_error(L, "invalid use of '%%' in replacement "
				"string");
		} else if (k >= m->ncaptures) {
			luaL_error(L, "invalid capture index %%%d in "
				"replacement string", (int)k + 1);
		} else {
			push_capture(L, m, k);
			luaL_addvalue(b);
		}
	}
}

/* Adds what the match becomes: text, table entry, or function's answer. */
static void add_replacement(lua_State *L, luaL_Buffer *b,
	const struct match *m, size_t at, size_t end)
{
	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(L, m, at, end), 1);
		break;
	case LUA_TTABLE:
		if (m->ncaptures)
			push_capture(L, m, 0);
		else
			push_captures(L, m, at, end);
		lua_gettable(L, 3);
		break;
	default:
		add_template(L, b, m, at, end);
		return;
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		lua_pushlstring(L, (const char *)m->subject.p + at, end - at);
	} else if (!lua_isstring(L, -1)) {
		luaL_error(L, "invalid replacement value (a %s)",
			luaL_typename(L, -1));
	}
	luaL_addvalue(b);
}

static int string_gsub(lua_State *L)
{
	struct match m;
	bool anchored = open_match(L, &m);
	size_t at = 0, end, last = SIZE_MAX;
	lua_Integer most = luaL_optinteger(L, 4, LUA_MAXINTEGER), done = 0;
	int type = lua_type(L, 3);
	luaL_Buffer b;

	luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING ||
		type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
		"string/function/table");
	luaL_buffinit(L, &b);
	while (done < most) {
		enum match_answer a = match_at(&m, at, &end);

		if (a == MATCH_FAILED)
			fail_match(L, &m);
		if (a == MATCH_YES && end != last) {
			done++;
			add_replacement(L, &b, &m, at, end);
			at = last = end;
		} else if (at < m.subject.n) {
			luaL_addchar(&b, (char)m.subject.p[at++]);
		} else {
			break;
		}
		if (anchored)
			break;
	}
	pay(L, &m);
	if (at < m.subject.n)
		luaL_addlstring(&b, (const char *)m.subject.p + at,
			m.subject.n - at);
	luaL_pushresult(&b);
	lua_pushinteger(L, done);
	return 2;
}

static int string_rep(lua_State *L)
{
	struct span s = check_span(L, 1), sep = { 0 };
	lua_Integer n = luaL_checkinteger(L, 2);
	size_t piece;
	luaL_Buffer b;

	if (!lua_isnoneornil(L, 3))
		sep = check_span(L, 3);
	if (n <= 0 || s.n + sep.n == 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	piece = s.n + sep.n;
	if (piece > RESULT_MAX || (uint64_t)n > RESULT_MAX / piece)
		return luaL_error(L, "rep: a text of more than %d bytes",
			RESULT_MAX);
	script_charge(L, (uint64_t)n * piece / 16);
	luaL_buffinitsize(L, &b, (size_t)n * piece);
	for (lua_Integer i = 1; i <= n; i++) {
		luaL_addlstring(&b, (const char *)s.p, s.n);
		if (i < n)
			luaL_addlstring(&b, (const char *)sep.p, sep.n);
	}
	luaL_pushresult(&b);
	return 1;
}

/*
 * Lua's own format does the work after this look: only conversions that
 * print no address, and tables or functions as their type's name.
 */
int script_string_format(lua_State *L)
{
	struct span f = check_span(L, 1);
	lua_CFunction original = lua_tocfunction(L, lua_upvalueindex(1));
	int arg = 1;

	for (size_t i = 0; i < f.n; i++) {
		if (f.p[i] != '%')
			continue;
		i++;
		if (i < f.n && f.p[i] == '%')
			continue;
		while (i < f.n && f.p[i] && strchr("-+ #.0123456789", f.p[i]))
			i++;
		if (i >= f.n || f.p[i] == 0 || !strchr("sdxfqcg", f.p[i]))
			return luaL_error(L, "format takes %%s %%d %%x %%f "
				"%%g %%c %%q and %%%% only");
		arg++;
		if (f.p[i] == 's' && arg <= lua_gettop(L) &&
		    lua_type(L, arg) != LUA_TSTRING) {
			script_push_text(L, arg);
			lua_replace(L, arg);
		}
	}
	return original(L);
}

const luaL_Reg script_string_functions[] = {
	{ "find", string_find }, { "match", string_match },
	{ "gmatch", string_gmatch }, { "gsub", string_gsub },
	{ "rep", string_rep }, { 0 },
};
