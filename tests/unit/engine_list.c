/* Lists: what matches, what a wrong entry says, and cut images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/netaddr.h"
#include "engine/list.h"

static const char golden[] =
	"\xef\xbb\xbf# a comment\n"
	"  User@Example.COM   # with a comment\r\n"
	"plain.example\n"
	"@at.example\n"
	".sub.example\n"
	"spam-*@globs.example\n"
	"*.dyn.example\n"
	"192.0.2.1\n"
	"10.0.0.0/8\n"
	"!10.1.0.0/16\n"
	"2001:db8::/32\n"
	"!not@plain.example\n"
	"<>\n";

static struct buf compiled(const char *text)
{
	struct buf b = { 0 };
	struct err e = { 0 };

	if (list_compile(span_of(text), "lists/x", &b, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

static void test_golden(void **state)
{
	static const struct {
		const char *subject, *entry;
		bool yes;
	} cases[] = {
		{ "user@example.com", "User@Example.COM", true },
		{ "USER@EXAMPLE.com", "User@Example.COM", true },
		{ "user@example.com.", "User@Example.COM", true },
		{ "a@x.y.sub.example.", ".sub.example", true },
		{ "user2@example.com", "", false },
		{ "ser@example.com", "", false },
		{ "a@plain.example", "plain.example", true },
		{ "plain.EXAMPLE", "plain.example", true },
		{ "a@x.plain.example", "", false },
		{ "not@plain.example", "!not@plain.example", false },
		{ "a@at.example", "@at.example", true },
		{ "a@sub.example", "", false },
		{ "a@x.y.sub.example", ".sub.example", true },
		{ "xsub.example", "", false },
		{ "Spam-1@globs.example", "spam-*@globs.example", true },
		{ "ham-1@globs.example", "", false },
		{ "host-7.dyn.example", "*.dyn.example", true },
		{ "u@host-7.dyn.example", "*.dyn.example", true },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.2", "", false },
		{ "10.200.0.1", "10.0.0.0/8", true },
		{ "::ffff:10.200.0.1", "10.0.0.0/8", true },
		{ "10.1.0.1", "!10.1.0.0/16", false },
		{ "2001:db8:7::1", "2001:db8::/32", true },
		{ "2001:db9::1", "", false },
		{ "", "<>", true },
		{ "<>", "<>", true },
	};
	struct buf b = compiled(golden);

	(void)state;
	assert_int_equal(list_count(buf_bytes(&b)), 12);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span entry;
		bool yes = list_match(buf_bytes(&b), span_of(cases[i].subject),
			&entry);

		if (yes != cases[i].yes || !span_is(entry, cases[i].entry))
			fail_msg("%s: got %d by \"%.*s\"", cases[i].subject,
				yes, SPAN_FMT(entry));
	}
	buf_free(&b);
}

static void test_wrong_entries(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "a.example\nb c\n", "lists/x:2: \"b c\" is not one entry; "
			"write one a line, comments after #" },
		{ "10.0.0.0/33", "lists/x:1: \"10.0.0.0/33\" is not a network;"
			" write ADDRESS/BITS" },
		{ "u@", "lists/x:1: \"u@\" has no domain behind its @" },
		{ "!", "lists/x:1: \"!\" is not one entry; write one a line, "
			"comments after #" },
		{ "..", "lists/x:1: \".\" is no address, domain or network" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf b = { 0 };
		struct err e = { 0 };

		assert_int_equal(list_compile(span_of(cases[i].text),
			"lists/x", &b, &e), -1);
		assert_string_equal(e.text, cases[i].says);
		buf_free(&b);
	}
}

static void test_large(void **state)
{
	struct buf text = { 0 }, b;

	(void)state;
	for (unsigned i = 0; i < 50000; i++)
		buf_printf(&text, "user%u@big.example\n", i * 7919 % 50000);
	b = compiled(buf_c(&text));
	assert_int_equal(list_count(buf_bytes(&b)), 50000);
	for (unsigned i = 0; i < 50000; i += 617) {
		char who[64];

		snprintf(who, sizeof(who), "user%u@big.example", i);
		assert_true(list_match(buf_bytes(&b), span_of(who), NULL));
	}
	assert_false(list_match(buf_bytes(&b),
		SPAN("user50000@big.example"), NULL));
	buf_free(&text);
	buf_free(&b);
}

static void test_truncated(void **state)
{
	struct buf b = compiled(golden);

	(void)state;
	for (size_t n = 0; n < b.n; n++) {
		unsigned char *p = malloc(n + 1);
		struct span cut;

		memcpy(p, b.p, n);
		cut = span_from(p, n);
		list_match(cut, SPAN("a@x.sub.example"), NULL);
		list_match(cut, SPAN("10.1.2.3"), NULL);
		free(p);
	}
	assert_false(list_match(SPAN(""), SPAN("a@b"), NULL));
	buf_free(&b);
}

static void test_doubles(void **state)
{
	struct buf b = compiled("a.example\n!A.example\na.example\n*x\n*x\n");
	struct span entry;

	(void)state;
	assert_int_equal(list_count(buf_bytes(&b)), 2);
	assert_false(list_match(buf_bytes(&b), SPAN("a.example"), &entry));
	assert_true(span_is(entry, "!A.example"));
	assert_true(list_match(buf_bytes(&b), SPAN("axx"), NULL));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_wrong_entries),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_doubles),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
