/* Who pretends to be whom: by names, hosts and links of made-up messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/phishing.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new("test", 512 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static const char brands[] = "return { group = \"g\", about = \"x\", brands = {"
	"{ \"Mint Bank\", \"mintbank.example.com\", \"mintbank.com\" },"
	"{ \"Goldfinch\", \"goldfinch.com\", \"goldfinch.de\" },"
	"{ \"Larch\", \"larch.com\" } } }";

/* Names of the hits, blanks between, and their evidence in brackets. */
static const char *said(const char *message)
{
	static struct span ours[] = { SPAN("meadow-hospital.org") };
	static const struct bundle bundle = { .settings = { .domains = ours,
		.ndomains = 1 } };
	struct rule_file file = { SPAN("brands.lua"), span_of(brands) };
	struct envelope *env = arena_alloc(a, sizeof(*env));
	struct buf b = { .arena = a };
	struct ruleset set;
	struct facts *f;
	struct err e;

	if (rules_read(&file, 1, a, &set, &e) < 0)
		fail_msg("%s", e.text);
	f = facts_new(env, &bundle, span_of(message), a);
	phishing_look(f, set.brands, set.nbrands);
	for (size_t i = 0; i < f->nhits; i++)
		buf_printf(&b, "%s%.*s (%.*s)", i ? " " : "",
			SPAN_FMT(f->hits[i].name),
			SPAN_FMT(f->hits[i].evidence));
	return buf_c(&b);
}

static const char *of(const char *from, const char *subject, const char *text)
{
	return said(arena_printf(a, "From: %s\r\nSubject: %s\r\n\r\n%s\r\n",
		from, subject, text));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(of("Mint Bank <x@mintbank.com>", "Mint Bank", "."),
		"");
	assert_string_equal(of("Mint Bank Service <x@other.net>", "hello",
		"."), "BRAND_NAME (Mint Bank does not write from other.net)");
	assert_string_equal(of("\"M\xc4\xb1nt Bank\" <x@other.net>", "hello",
		"."), "BRAND_NAME (Mint Bank does not write from other.net)");
	assert_string_equal(of("Jo Bank <x@other.net>", "hello", "."), "");
	assert_string_equal(of("Larchmont News <x@other.net>", "hello", "."),
		"");
	assert_string_equal(of("Jo <x@other.net>", "Your LARCH account", "."),
		"BRAND_SUBJECT (Larch is the subject, the author is of "
		"other.net)");
}

static void test_hosts(void **state)
{
	static const struct {
		const char *url, *said;
	} rows[] = {
		{ "https://www.goldfinch.com/x", "" },
		{ "https://shop.goldfinch.de/x", "" },
		{ "https://goldfinch.co.uk/", "" },
		{ "https://goldfinch-login.example.org/", "BRAND_HOST "
			"(goldfinch-login.example.org is not of Goldfinch)" },
		{ "https://goldfinch.pay.net/", "BRAND_HOST "
			"(goldfinch.pay.net is not of Goldfinch)" },
		{ "https://goldfinches.net/", "" },
		{ "https://g0ldfinch.com/", "BRAND_LIKE (g0ldfinch.com looks "
			"like goldfinch.com)" },
		{ "https://goldfnich.com/", "BRAND_LIKE (goldfnich.com looks "
			"like goldfinch.com)" },
		{ "https://goldfinchh.com/", "BRAND_LIKE (goldfinchh.com "
			"looks like goldfinch.com)" },
		{ "https://lar\xd1\x81h.com/", "BRAND_LIKE "
			"(xn--larh-n6d.com looks like larch.com)" },
		/* A short name is not alike by another letter. */
		{ "https://march.com/", "" },
		{ "https://larrch.com/", "BRAND_LIKE (larrch.com looks like "
			"larch.com)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(of("Jo <x@other.net>", "hello",
			rows[i].url), rows[i].said);
}

static void test_ours(void **state)
{
	(void)state;
	assert_string_equal(of("Jo <jo@meadow-hospital.org>", "x", "."), "");
	assert_string_equal(of("Jo <jo@meadow-hospitals.org>", "x", "."),
		"OURS_LIKE (meadow-hospitals.org looks like "
		"meadow-hospital.org)");
	assert_string_equal(of("\"IT meadow-hospital.org\" <jo@other.net>",
		"x", "."), "OURS_NAME (meadow-hospital.org is in the name of "
		"jo@other.net)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hosts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ours, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
