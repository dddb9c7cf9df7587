/* The reference of the language: every word is told, every example is Lua. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/policy.h"
#include "script/script.h"

enum { COLUMNS = 80 };

static unsigned words, examples;

/* What a kind ends with, so that a reader knows what he gets. */
static bool has_kind(const char *doc)
{
	static const char *const kinds[] = { "text", "texts", "number",
		"boolean", "address", "addresses", "relay", "dns", "auth",
		"spf", "dkim", "dmarc", "arc", "spam", "virus", "hits",
		"signatures", "attachments", "urls", "history" };
	size_t n = strcspn(doc, "\n");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t k = strlen(kinds[i]);

		if (n > k && strncmp(doc + n - k, kinds[i], k) == 0 &&
		    doc[n - k - 1] == ' ')
			return true;
	}
	return false;
}

static void check_word(void *context, const struct policy_word *w)
{
	size_t n = strlen(w->name);

	(void)context;
	words++;
	if (w->doc == NULL || w->doc[0] == 0)
		fail_msg("%s.%s has no text", w->object, w->name);
	if (w->call && (strncmp(w->doc, w->name, n) || w->doc[n] != '('))
		fail_msg("the text of %s:%s begins with how it is called, "
			"not \"%s\"", w->object, w->name, w->doc);
	if (!w->call && !has_kind(w->doc))
		fail_msg("the text of %s.%s does not end with its kind: "
			"\"%s\"", w->object, w->name, w->doc);
}

static void test_every_word(void **state)
{
	(void)state;
	words = 0;
	policy_each_word(check_word, NULL);
	assert_true(words > 100);
}

/* As the body of a function: nothing of it runs. */
static void check_example(void *script, const struct policy_word *w)
{
	const char *example = strchr(w->doc, '\n');
	char chunk[2000];
	struct err e;

	if (example == NULL)
		return;
	examples++;
	snprintf(chunk, sizeof(chunk), "return function(m, s, rcpt, plan, att,"
		" url)\n%s\nend\n", example);
	if (script_run(script, "example", span_of(chunk), NULL, &e) < 0)
		fail_msg("%s.%s: %s in:%s", w->object, w->name, e.text,
			example);
}

static void test_every_example(void **state)
{
	struct err e;
	struct script *script = script_new(NULL, &e);

	(void)state;
	examples = 0;
	policy_each_word(check_example, script);
	assert_true(examples > 40);
	script_free(&script);
}

static void test_columns(void **state)
{
	struct buf b = { 0 };
	struct span rest, line;

	(void)state;
	policy_put_reference(&b);
	rest = buf_bytes(&b);
	while (span_line(&rest, &line)) {
		size_t n = 0;

		for (size_t i = 0; i < line.n; i++)
			n += (line.p[i] & 0xc0) != 0x80;
		if (n > COLUMNS)
			fail_msg("wider than %d: %.*s", COLUMNS,
				SPAN_FMT(line));
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word),
		cmocka_unit_test(test_every_example),
		cmocka_unit_test(test_columns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
