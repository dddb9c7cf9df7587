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
#include "engine/list_image.h"

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
		{ "#pm type=host\na", "lists/x:1: \"host\" is not known; did "
			"you mean \"hosts\"?" },
		{ "#pm type=mail\n1.2.3.4", "lists/x:2: \"1.2.3.4\" is an IP "
			"address: in a list of this type are names" },
		{ "#pm type=map\na.example", "lists/x:2: \"a.example\" has no "
			"value; write KEY VALUE" },
		{ "#pm type=hosts\n@mx*.example\nu@*.example", "lists/x:3: "
			"\"u@*.example\" is no host; addresses have lists of "
			"their own" },
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

/* At every length, the ones around the room for folding too. */
static void test_long_subjects(void **state)
{
	struct buf image = compiled(golden);
	char subject[1100];

	(void)state;
	for (size_t n = 1; n < 1000; n++) {
		struct span entry;

		memset(subject, 'A', n);
		snprintf(subject + n, sizeof(subject) - n,
			"@X.Sub.EXAMPLE");
		assert_true(list_match(buf_bytes(&image), span_of(subject),
			&entry));
		assert_true(span_is(entry, ".sub.example"));
		snprintf(subject + n, sizeof(subject) - n, "@Dyn.EXAMPLE");
		assert_false(list_match(buf_bytes(&image), span_of(subject),
			&entry));
	}
	buf_free(&image);
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

/* Each type: lines after the first, subject, the entry that decides. */
static void test_types(void **state)
{
	static const struct {
		const char *text, *subject, *entry;
		bool yes;
	} cases[] = {
		{ "#pm type=is\nHello World\n", "hello world",
			"Hello World", true },
		{ "#pm type=is\nHello World\n", "hello", "", false },
		{ "#pm type=contains\nfree money\n", "Get FREE money now",
			"free money", true },
		{ "#pm type=contains\nmoney\n!free money\n", "free money",
			"!free money", false },
		{ "#pm type=matches\n*.ex?\n", "a.EXE", "*.ex?", true },
		{ "#pm type=matches\n*.ex?\n", "a.ex", "", false },
		{ "#pm type=nmatches\n*\n! *.txt\n", "a.txt", "! *.txt",
			false },
		{ "#pm type=hosts\nexample.com\n", "example.com",
			"example.com", true },
		{ "#pm type=hosts\nexample.com\n", "a.b.example.com",
			"example.com", true },
		{ "#pm type=hosts\nexample.com\n", "u@b.example.com",
			"example.com", true },
		{ "#pm type=hosts\nexample.com\n", "badexample.com", "",
			false },
		{ "#pm type=hosts\n@example.com\n", "example.com",
			"@example.com", true },
		{ "#pm type=hosts\n@example.com\n", "a.example.com", "",
			false },
		{ "#pm type=hosts\n.example.com\n", "example.com", "",
			false },
		{ "#pm type=hosts\nmx*.example.com\n", "mx1.example.com",
			"mx*.example.com", true },
		{ "#pm type=hosts\nmx*.example.com\n", "a.mx1.example.com",
			"mx*.example.com", true },
		{ "#pm type=hosts\n@mx*.example.com\n", "a.mx1.example.com",
			"", false },
		{ "#pm type=hosts\nmx*.example.com\n", "mx1.b.example.com",
			"", false },
		{ "#pm type=hosts\nmx**.example.com\n", "mx1.b.example.com",
			"mx**.example.com", true },
		{ "#pm type=hosts\nmx?.example.com\n", "mx.example.com", "",
			false },
		{ "#pm type=hosts\n10.0.0.0/255.0.0.0\n", "10.1.2.3",
			"10.0.0.0/255.0.0.0", true },
		{ "#pm type=hosts\n10.0.0.0/8\n!@10.1.2.3\n", "10.1.2.3",
			"!@10.1.2.3", false },
		{ "#pm type=hosts\n192.168.*.1\n", "192.168.7.1",
			"192.168.*.1", true },
		{ "#pm type=hosts\n2.3.*\n", "1.2.3.4", "", false },
		{ "#pm type=domain\nexample.com\n", "u@x.example.com",
			"example.com", true },
		{ "#pm type=mail\nuser@\n", "User@any.example", "user@",
			true },
		{ "#pm type=mail\nexample.com\n", "u@x.example.com", "",
			false },
		{ "#pm type=email\nuser?@*.example.com\n",
			"user1@a.example.com", "user?@*.example.com", true },
		{ "#pm type=glob\n*.example.com\n", "u@a.example.com",
			"*.example.com", true },
		{ "#pm type=map\nu@a.example x@b.example, y@c.example\n",
			"U@a.example", "u@a.example x@b.example, y@c.example",
			true },
		/* The first line of a map counts. */
		{ "#pm type=map\n*@a.example one\nu@a.example two\n",
			"u@a.example", "*@a.example one", true },
		{ "#pm type=map\nu@a.example one\nu@a.example two\n",
			"u@a.example", "u@a.example one", true },
		{ "#pm type=map\n!u@a.example\n*@a.example one\n",
			"u@a.example", "!u@a.example", false },
		{ "#pm type=map keys=hosts\na.example one\n", "x.a.example",
			"a.example one", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf b = compiled(cases[i].text);
		struct span entry;
		bool yes = list_match(buf_bytes(&b), span_of(cases[i].subject),
			&entry);

		if (yes != cases[i].yes || !span_is(entry, cases[i].entry))
			fail_msg("%s with %s: got %d by \"%.*s\"",
				cases[i].text, cases[i].subject, yes,
				SPAN_FMT(entry));
		buf_free(&b);
	}
}

static void test_patterns(void **state)
{
	struct buf b = compiled("#pm type=re\n^free\\b.*money$\n"
		"!^free no money$\n[0-9]{4}\n");
	struct arena *a = arena_new("test", 1 << 20);
	struct err e = { 0 };
	struct pattern_room *room = pattern_room_new(&e);
	struct list_patterns *p = list_patterns_new(buf_bytes(&b), "lists/x",
		a, room, &e);
	struct list_found found;

	(void)state;
	assert_non_null(p);
	assert_true(list_look(buf_bytes(&b), p, SPAN("FREE money"), &found));
	assert_int_equal(found.line, 2);
	assert_false(list_look(buf_bytes(&b), p, SPAN("free no money"),
		&found));
	assert_int_equal(found.line, 3);
	assert_true(list_look(buf_bytes(&b), p, SPAN("in 2026"), &found));
	assert_false(list_look(buf_bytes(&b), p, SPAN("freemoney"), &found));
	buf_free(&b);
	b = compiled("#pm type=re\nfine\n(a\n");
	assert_null(list_patterns_new(buf_bytes(&b), "lists/x", a, room, &e));
	if (!span_starts(span_of(e.text), SPAN("lists/x:3: ")))
		fail_msg("%s", e.text);
	buf_free(&b);
	pattern_room_free(&room);
	arena_free(&a);
}

/* Slow and plain: tries every split at the star. */
static bool slow_glob(const char *p, const char *s)
{
	while (*p && *p != '*')
		if (*s == '\0' || (*p != '?' && *p != *s) ||
		    (*p == '?' && *s == '.'))
			return false;
		else
			p++, s++;
	if (*p == '\0')
		return *s == '\0';
	for (bool far = p[1] == '*';; s++) {
		if (slow_glob(p + 1 + far, s))
			return true;
		if (*s == '\0' || (*s == '.' && !far))
			return false;
	}
}

static void test_hosts_against_slow(void **state)
{
	static const char letters[] = "ab.*?**";
	unsigned long long seed = 42;

	(void)state;
	for (unsigned n = 0; n < 200000; n++) {
		char p[9], s[9];
		size_t i;

		for (i = 0; i < 8; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963u;
			p[i] = letters[(seed >> 33) % 7];
			s[i] = letters[(seed >> 40) % 3];
		}
		p[seed >> 50 & 7] = '\0';
		s[seed >> 53 & 7] = '\0';
		p[8] = s[8] = '\0';
		if (list_hosts_glob(span_of(p), span_of(s)) !=
		    slow_glob(p, s))
			fail_msg("%s with %s", p, s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_wrong_entries),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_long_subjects),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_hosts_against_slow),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
