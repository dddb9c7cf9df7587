/*
 * The words of a Lua file, comments left out (Lua 5.4 manual, section 3.1):
 * for whoever looks at rules without running them. Never fails: what is no
 * Lua becomes signs; the file has been compiled before anybody trusts this.
 */
#ifndef SCRIPT_TOKENS_H
#define SCRIPT_TOKENS_H

#include "base/arena.h"
#include "base/span.h"

enum lua_kind { LUA_NAME, LUA_TEXT, LUA_NUMBER, LUA_SIGN, LUA_NOTHING };

struct lua_token {
	enum lua_kind kind;
	struct span text;	/* of a TEXT what is between its quotes, escapes
				   as written */
	unsigned line;		/* from 1 */
};

/* All tokens, and one of LUA_NOTHING behind them. */
struct lua_token *lua_tokens(struct span text, struct arena *a, size_t *n_r);

#endif
