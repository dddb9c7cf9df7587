/* The bundle: from folders and from the executable, cut at each length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/bundle.h"
#include "engine/list.h"

static char dir[64];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "build/bundle-test-%d", (int)getpid());
	return mkdir(dir, 0700);
}

static int tear_down(void **state)
{
	static const char *const names[] = { "b.lua", "a.lua", "ours", "x~",
		".hidden", "bad" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static void test_folders(void **state)
{
	struct span nets[] = { SPAN("10.0.0.0/8") };
	struct span domains[] = { SPAN("a.example"), SPAN("b.example") };
	struct bundle_key keys[] = {
		{ SPAN("a.example"), SPAN("one"), false },
		{ SPAN("a.example"), SPAN("two"), true },
	};
	struct bundle_settings s = { nets, 1, domains, 2, true, keys, 2,
		SPAN("site.example"), SPAN("release@a.example"),
		SPAN("taught"), SPAN("spamhaus w"), SPAN("rules"),
		SPAN("model"), NULL };
	struct arena *a = arena_new("test", 1 << 20);
	struct buf b = { 0 };
	struct err e = { 0 };
	struct bundle got;

	(void)state;
	put("b.lua", "-- b");
	put("a.lua", "-- a");
	assert_int_equal(bundle_build(&s, dir, NULL, &b, &e), 0);
	assert_int_equal(bundle_open(buf_bytes(&b), a, &got, &e), 0);
	assert_int_equal(got.npolicy, 2);
	assert_true(span_is(got.policy[0].name, "a.lua"));
	assert_true(span_is(got.policy[1].text, "-- b"));
	assert_int_equal(got.settings.ndomains, 2);
	assert_true(span_is(got.settings.networks[0], "10.0.0.0/8"));
	assert_true(got.settings.virus);
	assert_int_equal(got.settings.nkeys, 2);
	assert_true(span_is(got.settings.keys[0].domain, "a.example"));
	assert_false(got.settings.keys[0].ed25519);
	assert_true(span_is(got.settings.keys[1].selector, "two"));
	assert_true(got.settings.keys[1].ed25519);
	assert_true(span_is(got.settings.authserv, "site.example"));
	assert_true(span_is(got.settings.answers, "release@a.example"));
	assert_true(span_is(got.settings.feedback, "taught"));
	assert_true(span_is(got.settings.rules, "rules"));
	assert_true(span_is(got.settings.model, "model"));
	assert_non_null(bundle_find_list(&got, SPAN("valid-recipients")));
	for (size_t n = 0; n < b.n; n++) {
		arena_reset(a);
		assert_int_equal(bundle_open(span_sub(buf_bytes(&b), 0, n), a,
			&got, &e), -1);
	}
	buf_free(&b);
	arena_free(&a);
}

static void test_lists(void **state)
{
	struct bundle_settings s = { 0 };
	struct arena *a = arena_new("test", 1 << 20);
	struct buf b = { 0 };
	struct err e = { 0 };
	struct bundle got;

	(void)state;
	unlink("b.lua");
	put("ours", "a.example\n");
	put("x~", "not a list\n");
	put(".hidden", "not a list\n");
	assert_int_equal(bundle_build(&s, NULL, dir, &b, &e), -1);
	assert_string_equal(e.text, "lists/a.lua:1: \"-- a\" is not one "
		"entry; write one a line, comments after #");
	b.n = 0;
	put("a.lua", "");
	put("b.lua", "");
	assert_int_equal(bundle_build(&s, NULL, dir, &b, &e), 0);
	assert_int_equal(bundle_open(buf_bytes(&b), a, &got, &e), 0);
	assert_int_equal(got.nlists, 3);
	assert_int_equal(list_count(bundle_find_list(&got,
		SPAN("ours"))->image), 1);
	assert_null(bundle_find_list(&got, SPAN("our")));
	buf_free(&b);
	arena_free(&a);
}

/* Files with a number and hashes: what a generation is made of. */
static void test_generation(void **state)
{
	static const char *const names[] = { "policy/x.lua", "policy/options",
		"policy/templates/t.txt", "lists/ours", "policy/templates/t",
		"policy/.x.lua", "lists/a/b", "policy/t.txt", "lists/x~" };
	char path[512], name[BUNDLE_GENERATION_SIZE];
	struct bundle_settings s = { 0 };
	struct bundle_source v = { BUNDLE_POLICY, SPAN("policy/x.lua"), path,
		false, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db0225"
		"8717921a4881" };
	struct bundle_sources from = { &v, 1, 7 };
	struct arena *a = arena_new("test", 1 << 20);
	struct buf b = { 0 };
	struct err e = { 0 };
	struct bundle got;
	enum bundle_kind kind;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(bundle_kind_of(span_of(names[i]), &kind),
			i < 4);
		if (i < 4)
			assert_int_equal(kind, i);
	}
	snprintf(path, sizeof(path), "%s/x.lua", dir);
	put("x.lua", "x");
	assert_int_equal(bundle_build_from(&s, &from, &b, &e), 0);
	assert_int_equal(bundle_open(buf_bytes(&b), a, &got, &e), 0);
	assert_int_equal(got.generation, 7);
	assert_true(span_is(got.policy[0].name, "x.lua"));
	bundle_generation_name(got.generation, name);
	assert_string_equal(name, "generation 7");
	put("x.lua", "y");
	assert_int_equal(bundle_build_from(&s, &from, &b, &e), -1);
	assert_non_null(strstr(e.text, "x.lua: is damaged: it is not what "
		"was published as policy/x.lua"));
	unlink(path);
	buf_free(&b);
	arena_free(&a);
}

static void test_nothing_there(void **state)
{
	struct bundle_settings s = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(bundle_build(&s, "build/no-such", NULL, &b, &e), -1);
	assert_string_equal(e.text, "build/no-such: cannot be read: "
		"No such file or directory");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_generation),
		cmocka_unit_test(test_nothing_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
