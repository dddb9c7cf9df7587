/* What counts as content, and for how long an answer about it is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/virus_cache.h"

static bool same(const char *a, const char *b)
{
	unsigned char x[VIRUS_KEY_SIZE], y[VIRUS_KEY_SIZE];

	virus_cache_key(span_of(a), x);
	virus_cache_key(span_of(b), y);
	return memcmp(x, y, sizeof(x)) == 0;
}

/* Another way, another reader: the same content. */
static void way_is_no_content(void **state)
{
	(void)state;
	assert_true(same("To: a@b\nSubject: x\n\nhello",
		"To: c@d,\r\n\te@f\r\nSubject: x\n\nhello"));
	assert_true(same("Received: from a\r\n\tby b\r\nDate: now\r\n"
		"From: x\r\n\r\nhello", "From: x\r\nMESSAGE-ID: <1@x>\r\n\r\n"
		"hello"));
	assert_true(same("\nhello", "To: x\n\nhello"));
	assert_true(same("", "To: x\n"));
	assert_true(same("To: x", "Cc: y"));
}

static void all_else_is(void **state)
{
	static const char *const mails[] = {
		"Subject: x\nFrom: a\n\nhello",
		"Subject: y\nFrom: a\n\nhello",
		"Subject: x\nFrom: b\n\nhello",
		"Subject: x\nFrom: a\n\nhello!",
		"Subject: x\nFrom: a\n\nTo: hello",
		"Content-Type: text/html\nSubject: x\nFrom: a\n\nhello",
		/* Odd in itself: a reader may see more in it. */
		"To: a\rX: y\nSubject: x\nFrom: a\n\nhello",
		"To: \303\244\nSubject: x\nFrom: a\n\nhello",
		"To: a\001\nSubject: x\nFrom: a\n\nhello",
		"To : a\nSubject: x\nFrom: a\n\nhello",
		" To: a\nSubject: x\nFrom: a\n\nhello",
		"\rTo: a\nSubject: x\nFrom: a\n\nhello",
		"To\nSubject: x\nFrom: a\n\nhello",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(*mails); i++)
		for (size_t k = 0; k < i; k++)
			assert_false(same(mails[i], mails[k]));
}

static void long_field_counts(void **state)
{
	static char a[6000], b[6000];

	(void)state;
	memset(a, 'x', 5000);
	memcpy(a, "To: ", 4);
	memcpy(b, a, 5000);
	b[2000] = 'y';
	assert_false(same(a, b));
	a[3000] = b[3000] = 0;
	assert_true(same(a, b));
}

static void key_of(unsigned char key[VIRUS_KEY_SIZE], uint32_t i)
{
	memset(key, 0, VIRUS_KEY_SIZE);
	memcpy(key + 4, &i, sizeof(i));
}

static void is_kept_for_a_while(void **state)
{
	struct virus_cache *c = virus_cache_new();
	struct virus_answer a, found = { VIRUS_SAYS_FOUND, "Eicar" };
	unsigned char key[VIRUS_KEY_SIZE];

	(void)state;
	key_of(key, 1);
	assert_false(virus_cache_get(c, key, 1000, &a));
	virus_cache_put(c, key, 1000, &found);
	assert_true(virus_cache_get(c, key, 1000 + VIRUS_CACHE_KEPT_MS - 1,
		&a));
	assert_int_equal(a.says, VIRUS_SAYS_FOUND);
	assert_string_equal(a.text, "Eicar");
	assert_false(virus_cache_get(c, key, 1000 + VIRUS_CACHE_KEPT_MS, &a));
	virus_cache_free(&c);
}

static void no_answer_is_not_kept(void **state)
{
	static const enum virus_says says[] = { VIRUS_SAYS_LATER,
		VIRUS_SAYS_UNABLE };
	struct virus_cache *c = virus_cache_new();
	unsigned char key[VIRUS_KEY_SIZE];
	struct virus_answer a = { .text = "" };

	(void)state;
	key_of(key, 1);
	for (size_t i = 0; i < 2; i++) {
		a.says = says[i];
		virus_cache_put(c, key, 1000, &a);
		assert_false(virus_cache_get(c, key, 1000, &a));
	}
	virus_cache_free(&c);
}

/* New signatures: what was clean may be none now, and still seem so. */
static void change_forgets(void **state)
{
	struct virus_cache *c = virus_cache_new();
	struct virus_answer a, clean = { .says = VIRUS_SAYS_CLEAN };
	unsigned char key[VIRUS_KEY_SIZE];

	(void)state;
	key_of(key, 1);
	virus_cache_put(c, key, 1000, &clean);
	virus_cache_changed(c, 2000);
	assert_false(virus_cache_get(c, key, 2000, &a));
	virus_cache_put(c, key, 2000 + VIRUS_CACHE_QUIET_MS - 1, &clean);
	assert_false(virus_cache_get(c, key, 2000 + VIRUS_CACHE_QUIET_MS,
		&a));
	virus_cache_put(c, key, 2000 + VIRUS_CACHE_QUIET_MS, &clean);
	assert_true(virus_cache_get(c, key, 2000 + VIRUS_CACHE_QUIET_MS, &a));
	virus_cache_free(&c);
}

/* A full place drops its oldest; the newest is always there. */
static void is_bounded(void **state)
{
	struct virus_cache *c = virus_cache_new();
	struct virus_answer a, clean = { .says = VIRUS_SAYS_CLEAN };
	unsigned char key[VIRUS_KEY_SIZE];
	size_t kept = 0;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		key_of(key, i);	/* all in one place */
		virus_cache_put(c, key, 1000 + i, &clean);
		assert_true(virus_cache_get(c, key, 2000, &a));
	}
	for (uint32_t i = 0; i < 100; i++) {
		key_of(key, i);
		kept += virus_cache_get(c, key, 2000, &a);
		assert_int_equal(virus_cache_get(c, key, 2000, &a), i >= 96);
	}
	assert_int_equal(kept, 4);
	virus_cache_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(way_is_no_content),
		cmocka_unit_test(all_else_is),
		cmocka_unit_test(long_field_counts),
		cmocka_unit_test(is_kept_for_a_while),
		cmocka_unit_test(no_answer_is_not_kept),
		cmocka_unit_test(change_forgets),
		cmocka_unit_test(is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
