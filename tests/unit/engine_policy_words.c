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

static void check_word(const struct policy_word *w)
{
	const char *class = w->class ? w->class : "";
	size_t n = strlen(w->name);

	if (w->doc == NULL || w->doc[0] == 0)
		fail_msg("%s.%s has no text", class, w->name);
	if (w->class && !w->method && !has_kind(w->doc))
		fail_msg("the text of %s.%s does not end with its kind: "
			"\"%s\"", class, w->name, w->doc);
	if (w->class && !w->method)
		return;
	if (strncmp(w->doc, w->name, n) || w->doc[n] != '(')
		fail_msg("the text of %s:%s begins with how it is called, "
			"not \"%s\"", class, w->name, w->doc);
}

static void test_every_word(void **state)
{
	struct policy_word w;
	size_t n = 0;

	(void)state;
	for (; policy_word_at(n, &w); n++)
		check_word(&w);
	assert_true(n > 100);
}

/* As the body of a function: nothing of it runs. */
static void check_example(struct script *script, const struct policy_word *w,
	const char *example)
{
	char chunk[2000];
	struct err e;

	snprintf(chunk, sizeof(chunk), "return function(m, s, rcpt, plan, att,"
		" url)\n%s\nend\n", example);
	if (script_run(script, "example", span_of(chunk), NULL, &e) < 0)
		fail_msg("%s: %s in:%s", w->name, e.text, example);
}

static void test_every_example(void **state)
{
	struct err e;
	struct script *script = script_new(NULL, &e);
	struct policy_word w;
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; policy_word_at(i, &w); i++) {
		const char *example = strchr(w.doc, '\n');

		if (example == NULL)
			continue;
		check_example(script, &w, example);
		n++;
	}
	assert_true(n > 40);
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
