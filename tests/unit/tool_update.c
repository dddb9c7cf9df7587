/* Updates of rules and model: what a good signature stands over is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/io.h"
#include "base/version.h"
#include "engine/content.h"
#include "engine/rules.h"
#include "store/trust.h"
#include "tool/update.h"

enum { ID = TRUST_ID_SIZE - 1, TRAILER = ID + TRUST_SIGNATURE_SIZE };

static struct arena *a;
static struct sign_key *key;
static char dir[64];

/* A root that believes the key. */
static int set_up(void **state)
{
	struct buf line = { 0 };
	struct err e;

	(void)state;
	a = arena_new("test", 64 << 20);
	snprintf(dir, sizeof(dir), "build/update-test-%d", (int)getpid());
	key = sign_generate(SIGN_ED25519, &e);
	if (key == NULL || io_mkdirs(dir, 0700, &e) < 0 || chdir(dir) < 0 ||
	    io_mkdirs(ROOT_ETC, 0700, &e) < 0 ||
	    trust_put_line(key, &line, &e) < 0 ||
	    io_replace_file(UPDATE_KEYS, 0600, buf_bytes(&line), &e) < 0)
		return -1;
	buf_free(&line);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(UPDATE_KEYS);
	rmdir(ROOT_ETC);
	rmdir("etc");
	sign_free(&key);
	arena_free(&a);
	return chdir("../..") < 0 ? -1 : rmdir(dir);
}

static struct span rules(void)
{
	const struct rule_file file = { SPAN("x.lua"), SPAN("return { group ="
		" 'g', about = 'g', { 'A', 1, text = 'ab', about = 'a' } }") };
	struct buf b = { .arena = a };
	struct ruleset set;
	struct err e;

	if (rules_read(&file, 1, a, &set, &e) < 0 ||
	    rules_put(&set, &b, &e) < 0)
		fail_msg("%s", e.text);
	return buf_bytes(&b);
}

static struct span file_of(uint32_t needs)
{
	struct update u = { .number = 7, .needs = needs,
		.about = SPAN("a\x1b[31mb"), .rules = rules(),
		.model = embed_file(CONTENT_SHIPPED) };
	struct buf b = { .arena = a };
	struct err e;

	if (update_make(&u, key, &b, &e) < 0)
		fail_msg("%s", e.text);
	return buf_bytes(&b);
}

/* These bytes as the key's owner would have signed them. */
static struct span signed_anew(struct span body)
{
	unsigned char signature[TRUST_SIGNATURE_SIZE];
	struct buf b = { .arena = a };
	char id[TRUST_ID_SIZE];
	struct err e;

	assert_int_equal(trust_id(key, id, &e), 0);
	assert_int_equal(trust_sign(key, body, signature, &e), 0);
	buf_span(&b, body);
	buf_add(&b, id, ID);
	buf_add(&b, signature, sizeof(signature));
	return buf_bytes(&b);
}

static void test_round(void **state)
{
	struct update u;
	struct err e;
	char id[TRUST_ID_SIZE];

	(void)state;
	assert_int_equal(update_read(file_of(0), "x", a, &u, &e), 0);
	assert_int_equal(u.number, 7);
	assert_int_equal(u.maker, version_own());
	assert_true(span_is(u.about, "a\\x1b[31mb"));
	assert_true(span_eq(u.rules, rules()));
	assert_int_equal(trust_id(key, id, &e), 0);
	assert_true(span_is(u.key, id));
}

static void test_wanted_version(void **state)
{
	struct update u;
	struct err e;

	(void)state;
	assert_int_equal(update_read(file_of(version_own()), "x", a, &u, &e),
		0);
	assert_int_equal(update_read(file_of(version_own() + 1), "x", a, &u,
		&e), -1);
	assert_non_null(strstr(e.text, "install that first"));
}

/* Cut anywhere without a signature of that, and with one. */
static void test_cut(void **state)
{
	struct span file = file_of(0), body = span_sub(file, 0,
		file.n - TRAILER);
	size_t step = file.n / 300 + 1;
	struct update u;
	struct err e;

	(void)state;
	for (size_t n = 0; n < file.n; n += n < 200 ? 1 : step)
		assert_int_equal(update_read(span_sub(file, 0, n), "x", a, &u,
			&e), -1);
	for (size_t n = 0; n < body.n; n += n < 200 ? 1 : step) {
		e.text[0] = 0;
		assert_int_equal(update_read(signed_anew(span_sub(body, 0,
			n)), "x", a, &u, &e), -1);
		assert_non_null(strstr(e.text, n < 12 ? "is no update" :
			"malformed"));
		arena_reset(a);
		file = file_of(0);
		body = span_sub(file, 0, file.n - TRAILER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wanted_version, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
