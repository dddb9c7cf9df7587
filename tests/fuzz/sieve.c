/*
 * A policy.siv of any bytes: it is refused with a line, or becomes Lua that
 * Lua can read.
 */
#include "../../applets/policy/sieve_lua.c"
#include "../../applets/policy/sieve_lua_actions.c"
#include "../../applets/policy/sieve_lua_tests.c"
#include "../../applets/policy/sieve_lua_text.c"
#include "../../applets/policy/sieve_read.c"
#include "../../applets/policy/sieve_tree.c"

#include "script/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads the rules without running them: what they call may not be there. */
static void read_lua(struct span lua, struct arena *a)
{
	struct buf wrapped = { .arena = a };
	struct err e = { 0 };
	struct script *s = script_new(&script_default_limits, &e);

	buf_string(&wrapped, "return function()\n");
	buf_span(&wrapped, lua);
	buf_string(&wrapped, "\nend\n");
	if (s == NULL ||
	    script_run(s, "sieve.lua", buf_bytes(&wrapped), NULL, &e) < 0) {
		fprintf(stderr, "%s\n%.*s", e.text, SPAN_FMT(lua));
		__builtin_trap();
	}
	script_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct sieve_node *first;
	struct sieve_result r;
	struct err e;

	if (sieve_read(span_from(data, size), "policy.siv", a, &first, &e) <
	    0) {
		if (strstr(e.text, "policy.siv:") != e.text)
			__builtin_trap();
	} else {
		sieve_to_lua(first, "policy.siv", NULL, a, &r);
		read_lua(buf_bytes(&r.lua), a);
	}
	arena_free(&a);
	return 0;
}
