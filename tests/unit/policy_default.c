/* The shipped policy, by the messages of policy_default.cases: every rule and
   every switch of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../applets/policy/library_case.c"
#include "../../applets/policy/library_test.c"
#include "base/embed.h"

#define POLICY "lua/policy/50-default.lua"
#define LISTS "lua/policy/lists/"

/* What the applet finds in the library, of the shipped policy. */
struct span library_file(struct arena *a, const char *name, const char *suffix)
{
	(void)a;
	(void)name;
	(void)suffix;
	return embed_file(POLICY);
}

bool library_needs(struct span lua, const char *key, size_t nth,
	struct span *name_r)
{
	const char *path = embed_name(LISTS, nth);

	(void)lua;
	if (path == NULL || strcmp(key, "Lists") != 0)
		return false;
	*name_r = span_of(path + strlen(LISTS));
	return true;
}

struct span library_needed(struct arena *a, const char *key, struct span name)
{
	(void)key;
	return embed_file(arena_printf(a, LISTS "%.*s", SPAN_FMT(name)));
}

static void test_cases(void **state)
{
	struct arena *a = arena_new("test", 256 << 20);
	struct buf text = { .arena = a };
	struct library_case c;
	struct span rest;
	const char *why;
	size_t n = 0, failed = 0;
	struct err e;
	bool more;

	(void)state;
	if (io_slurp("tests/unit/policy_default.cases", 1 << 20, &text, &e) <
	    0)
		fail_msg("%s", e.text);
	rest = buf_bytes(&text);
	for (;;) {
		if (library_next_case(&rest, "policy_default", a, &c, &more,
				&e) < 0)
			fail_msg("%s", e.text);
		if (!more)
			break;
		n++;
		if (library_run_case("50-default", &c, a, &why, &e) < 0)
			why = e.text;
		failed += why != NULL;
		if (why)
			print_message("# %.*s: %s\n", SPAN_FMT(c.title), why);
	}
	assert_int_equal(failed, 0);
	assert_true(n > 25);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
