#include "engine/policy_refuse.h"

#include "base/map.h"
#include "script/tokens.h"

const char policy_no_delay[] =
	"delay: not in this version: needs the delay queue";
const char policy_no_history[] =
	"history: not in this version: needs the sender history";

static bool is_word(const struct lua_token *t, const char *word)
{
	return (t->kind == LUA_NAME || t->kind == LUA_SIGN) &&
		span_is(t->text, word);
}

/* What a file calls by names of its own, and who its functions get. */
struct own {
	bool delay;
	struct map *first;	/* parameters that come first */
};

static struct own read_own(const struct lua_token *t, size_t n,
	struct arena *a)
{
	struct own own = { false, map_new(a) };

	for (size_t i = 0; i + 2 < n; i++) {
		bool function = is_word(&t[i], "function");
		size_t at = i + 1 + (t[i + 1].kind == LUA_NAME);

		own.delay |= (function || is_word(&t[i], "local")) &&
			is_word(&t[i + 1], "delay");
		if (function && at + 1 < n && is_word(&t[at], "(") &&
		    t[at + 1].kind == LUA_NAME)
			map_put(own.first, t[at + 1].text, &own);
	}
	return own;
}

/* Of the token at i; NULL: nothing is wrong with it. */
static const char *refusal(const struct lua_token *t, size_t i,
	const struct own *own)
{
	if (is_word(&t[i], "delay") && is_word(&t[i + 1], "(") &&
	    !own->delay && (i == 0 || (!is_word(&t[i - 1], ".") &&
	     !is_word(&t[i - 1], ":"))))
		return policy_no_delay;
	if (is_word(&t[i], "history") && i >= 2 && is_word(&t[i - 1], ".") &&
	    t[i - 2].kind == LUA_NAME && map_get(own->first, t[i - 2].text) &&
	    (i == 2 || !is_word(&t[i - 3], ".")))
		return policy_no_history;
	return NULL;
}

int policy_refuse_later(const struct bundle_file *f, struct arena *a,
	struct err *e)
{
	size_t n;
	struct lua_token *t = lua_tokens(f->text, a, &n);
	struct own own = read_own(t, n, a);

	for (size_t i = 0; i < n; i++) {
		const char *why = refusal(t, i, &own);

		if (why)
			return err_set(e, ERR_PERMANENT, "%.*s:%u: %s",
				SPAN_FMT(f->name), t[i].line, why);
	}
	return 0;
}
