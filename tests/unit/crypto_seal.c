#include "crypto/keyfile.h"
#include "crypto/seal.h"
#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/pm-seal-XXXXXX";

static struct seal_key *key(const char *name)
{
	struct seal_key *k;
	struct err e;

	assert_int_equal(keyfile_make(name, &e), 0);
	k = seal_load(name, &e);
	assert_non_null(k);
	return k;
}

static void a_body_comes_back(void **state)
{
	struct seal_key *k = key("a.key");
	unsigned char *big = calloc(1, 30 << 20);
	const size_t sizes[] = { 0, 1, 15, 16, 17, 1000, 30 << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf sealed = { 0 }, plain = { 0 };

		seal_close(k, SPAN("id"), span_from(big, sizes[i]), &sealed);
		assert_int_equal(sealed.n, sizes[i] + SEAL_OVERHEAD);
		assert_true(seal_open(k, SPAN("id"), buf_bytes(&sealed),
			&plain));
		assert_true(span_eq(buf_bytes(&plain),
			span_from(big, sizes[i])));
		buf_free(&sealed);
		buf_free(&plain);
	}
	free(big);
	seal_free(&k);
	assert_null(k);
}

static void what_was_touched_stays_closed(void **state)
{
	struct seal_key *k = key("a.key"), *other = key("b.key");
	struct span text = SPAN("a message"), id = SPAN("id");
	struct buf sealed = { 0 }, plain = { 0 };

	(void)state;
	seal_close(k, id, text, &sealed);
	for (size_t n = 0; n < sealed.n; n++)
		assert_false(seal_open(k, id, span_sub(buf_bytes(&sealed), 0,
			n), &plain));
	for (size_t i = 0; i < sealed.n; i++) {
		sealed.p[i] ^= 1;
		assert_false(seal_open(k, id, buf_bytes(&sealed), &plain));
		sealed.p[i] ^= 1;
	}
	assert_false(seal_open(k, SPAN("ie"), buf_bytes(&sealed), &plain));
	assert_false(seal_open(other, id, buf_bytes(&sealed), &plain));
	assert_int_equal(plain.n, 0);
	assert_true(seal_open(k, id, buf_bytes(&sealed), &plain));
	buf_free(&sealed);
	buf_free(&plain);
	seal_free(&k);
	seal_free(&other);
}

static void words_are_found_by_the_same_key(void **state)
{
	struct seal_key *k = key("a.key"), *again = key("a.key");
	struct seal_key *other = key("b.key");

	(void)state;
	assert_int_equal(seal_word(k, SPAN("invoice")),
		seal_word(again, SPAN("invoice")));
	assert_int_not_equal(seal_word(k, SPAN("invoice")),
		seal_word(k, SPAN("invoices")));
	assert_int_not_equal(seal_word(k, SPAN("invoice")),
		seal_word(other, SPAN("invoice")));
	seal_free(&k);
	seal_free(&again);
	seal_free(&other);
}

static void a_key_file_is_made_once(void **state)
{
	struct stat st;
	struct err e;
	FILE *f;

	(void)state;
	seal_free(&(struct seal_key *){ key("a.key") });
	assert_int_equal(stat("a.key", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(st.st_size, 65);
	f = fopen("bad.key", "w");
	fputs("00ff\n", f);
	fclose(f);
	assert_null(seal_load("bad.key", &e));
	assert_string_equal(e.text, "bad.key: must be 64 hexadecimal digits: "
		"restore it from the backup");
	assert_null(seal_load("none.key", &e));
}

static void passwords(void **state)
{
	char hash[SECRET_HASH_SIZE], again[SECRET_HASH_SIZE];

	(void)state;
	assert_true(secret_hash(SPAN("correct horse"), hash));
	assert_true(secret_hash(SPAN("correct horse"), again));
	assert_string_not_equal(hash, again);
	assert_true(strncmp(hash, "$argon2id$", 10) == 0);
	assert_true(secret_verify(hash, SPAN("correct horse")));
	assert_false(secret_verify(hash, SPAN("correct horsf")));
	assert_false(secret_verify(hash, SPAN("")));
	assert_false(secret_verify("rubbish", SPAN("rubbish")));
	/* Another cost than ours, rightly made: it could be any cost. */
	assert_false(secret_verify("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQxMjM"
		"0NTY$6VY3xBzCjL0Zs0uVnGxQ1A", SPAN("x")));
}

static void tokens_and_words(void **state)
{
	char a[SECRET_TOKEN_SIZE], b[SECRET_TOKEN_SIZE], w[SECRET_WORD_SIZE];

	(void)state;
	secret_token(a);
	secret_token(b);
	assert_int_equal(strlen(a), 43);
	assert_string_not_equal(a, b);
	assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
	secret_password(w);
	assert_int_equal(strlen(w), 19);
	for (size_t i = 0; i < 19; i++)
		assert_true(i % 5 == 4 ? w[i] == '-' :
			strchr("ABCDEFGHJKMNPQRSTVWXYZ23456789", w[i]) != 0);
	assert_true(secret_equal(SPAN("abc"), SPAN("abc")));
	assert_false(secret_equal(SPAN("abc"), SPAN("abd")));
	assert_false(secret_equal(SPAN("abc"), SPAN("ab")));
	assert_true(secret_equal(SPAN(""), (struct span){ NULL, 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_comes_back),
		cmocka_unit_test(what_was_touched_stays_closed),
		cmocka_unit_test(words_are_found_by_the_same_key),
		cmocka_unit_test(a_key_file_is_made_once),
		cmocka_unit_test(passwords),
		cmocka_unit_test(tokens_and_words),
	};
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink("a.key");
	unlink("b.key");
	unlink("bad.key");
	rmdir(folder);
	return failed;
}
