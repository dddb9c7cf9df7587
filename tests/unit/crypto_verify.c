/* Hashes in pieces; keys from strangers: too large, too slow, no key. */
#include "crypto/verify.h"

#include "mail_test.h"

/* A DER element of n bytes: its head, then room to fill. */
static unsigned char *element(struct buf *b, unsigned char tag, size_t n)
{
	buf_byte(b, tag);
	buf_byte(b, 0x82);
	buf_byte(b, (unsigned char)(n >> 8));
	buf_byte(b, (unsigned char)n);
	return buf_room(b, n);
}

/* RFC 8017 A.1.1: a modulus and an exponent of so many bits, all ones. */
static struct span make_rsa(struct arena *a, size_t modulus, size_t exponent)
{
	struct buf b = { .arena = a };
	size_t sizes[2] = { modulus / 8 + 1, exponent / 8 + 1 };

	element(&b, 0x30, sizes[0] + sizes[1] + 8);
	for (size_t i = 0; i < 2; i++) {
		unsigned char *p = element(&b, 0x02, sizes[i]);

		memset(p, 0xff, sizes[i]);
		p[0] = (unsigned char)((1u << (i ? exponent : modulus) % 8) -
			1);
		b.n += sizes[i];
	}
	return buf_bytes(&b);
}

static void pieces_give_the_hash_of_all(void **state)
{
	struct span s = repeat(*state, "0123456789abcdef", 40);
	unsigned char once[HASH_SHA256_SIZE], pieces[HASH_SHA256_SIZE];

	hash_sha256(s, once);
	for (size_t step = 1; step < 200; step++) {
		struct hash h;

		hash_begin(&h);
		for (size_t i = 0; i < s.n; i += step)
			hash_add(&h, span_sub(s, i, step));
		hash_end(&h, pieces);
		assert_memory_equal(once, pieces, sizeof(once));
	}
}

static void expect_rsa(struct arena *a, size_t modulus, size_t exponent,
	enum verify_result result, unsigned bits)
{
	static const unsigned char hash[HASH_SHA256_SIZE];
	unsigned got;

	assert_int_equal(verify_rsa_sha256(make_rsa(a, modulus, exponent),
			1024, hash, repeat(a, "\x7f", modulus / 8), &got),
		result);
	assert_int_equal(got, bits);
}

static void slow_keys_are_refused(void **state)
{
	expect_rsa(*state, 512, 17, VERIFY_BAD, 512);
	expect_rsa(*state, 1024, 17, VERIFY_BAD, 1024);
	expect_rsa(*state, 8192, 64, VERIFY_BAD, 8192);
	expect_rsa(*state, 8200, 17, VERIFY_NO_KEY, 0);
	expect_rsa(*state, 4096, 65, VERIFY_NO_KEY, 0);
	expect_rsa(*state, 4096, 4000, VERIFY_NO_KEY, 0);
}

static void bytes_that_are_no_key_are_none(void **state)
{
	static const unsigned char hash[HASH_SHA256_SIZE];
	struct span der = make_rsa(*state, 1024, 17);
	unsigned bits;

	for (size_t n = 0; n < der.n; n++) {
		assert_int_equal(verify_rsa_sha256(span_sub(der, 0, n), 1024,
				hash, SPAN("x"), &bits), VERIFY_NO_KEY);
		assert_int_equal(bits, 0);
	}
	assert_int_equal(verify_ed25519(SPAN("short"), SPAN("x"), SPAN("y")),
		VERIFY_NO_KEY);
}

/* RFC 8032 section 7.1, test 2. */
static void ed25519_is_verified(void **state)
{
	static const unsigned char key[] =
		"\x3d\x40\x17\xc3\xe8\x43\x89\x5a\x92\xb7\x0a\xa7\x4d\x1b"
		"\x7e\xbc\x9c\x98\x2c\xcf\x2e\xc4\x96\x8c\xc0\xcd\x55\xf1"
		"\x2a\xf4\x66\x0c";
	unsigned char signature[] =
		"\x92\xa0\x09\xa9\xf0\xd4\xca\xb8\x72\x0e\x82\x0b\x5f\x64"
		"\x25\x40\xa2\xb2\x7b\x54\x16\x50\x3f\x8f\xb3\x76\x22\x23"
		"\xeb\xdb\x69\xda\x08\x5a\xc1\xe4\x3e\x15\x99\x6e\x45\x8f"
		"\x36\x13\xd0\xf1\x1d\x8c\x38\x7b\x2e\xae\xb4\x30\x2a\xee"
		"\xb0\x0d\x29\x16\x12\xbb\x0c\x00";

	(void)state;
	assert_int_equal(verify_ed25519(span_from(key, 32), SPAN("\x72"),
			span_from(signature, 64)), VERIFY_GOOD);
	assert_int_equal(verify_ed25519(span_from(key, 32), SPAN("\x73"),
			span_from(signature, 64)), VERIFY_BAD);
	assert_int_equal(verify_ed25519(span_from(key, 32), SPAN("\x72"),
			span_from(signature, 63)), VERIFY_BAD);
	signature[5] ^= 1;
	assert_int_equal(verify_ed25519(span_from(key, 32), SPAN("\x72"),
			span_from(signature, 64)), VERIFY_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_give_the_hash_of_all),
		TEST(slow_keys_are_refused),
		TEST(bytes_that_are_no_key_are_none),
		TEST(ed25519_is_verified),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
