/*
 * Keys and signatures that OpenSSL made, byte for byte: both schemes are
 * deterministic. The Ed25519 key is of RFC 8463 appendix A.2, the others are
 * nobody's.
 */
#include "crypto/sign.h"

#include "base/io.h"
#include "crypto/verify.h"

#include <unistd.h>

#include "mail_test.h"

static const char pkcs1[] =
	"-----BEGIN RSA PRIVATE KEY-----\n"
	"MIICXgIBAAKBgQDq2YirUV3n4sK0icw2UM5aP6xmYKzUAIMaBcicJUZePb3Xb3m6\n"
	"gwgUnoLACycZpONcVB1QFXoTgFb305ci4Pk+Dk4AlunVhBvodoVWuz72gnjBttGQ\n"
	"AD3glnugq/wEAxmzBFhxxqflT2rFb/nwLzZGbRZ/DJX57EcbHu7tQpgBAQIDAQAB\n"
	"AoGBAKjp91vJNTKQrZwutFuouRK+U2B7TjNZfvIbkNOGF9u2qrGmMzaMAibab45z\n"
	"NxdBumnw8fhkyh32pBax8DWc/IZd7V+qNhqR2ugYt+eLCCyEIieA/F8OX36zEtRH\n"
	"5MEZU9rUb7UZ2F9laUxfP90PI9+OOWjpcsXghy2AsIQy2p7FAkEA+2726wmlG9KR\n"
	"LNVv3HTK6mXUnn9ODbU4+EyqGIjVW7OGIjIkgHUezohAzieybHdB/QvkhKprboAC\n"
	"TU/cxmku5wJBAO8ddrHxgnmgANsZ/pwDD+6xwzMeUikGdoTOmtfEGTIXGth1NKLk\n"
	"RlVjyZNNj4/lctaKWxTjaIsfD/TJbTeO29cCQQCWIGRoZGLkYO7z4SEgdc/u8wxn\n"
	"8sVNJAa3Izdw3MrgLSoK4vuug7/4O5zOOx+q6e5JxD8XA5aP7Pjy5puBEK7DAkEA\n"
	"iLcA6Ybbgezg8GUxdUQu9NwAbpbUhQ5j71UtpVZCzaf2OnLxEH2SVTpDw4wiHDUl\n"
	"btMWdp/7Yyf0eJI+dvigawJAa+NQmMU3h3MR878u9tnm6hWTyV3SO6OgqiMWc9qd\n"
	"3f8t+8fJCWQlOYe+rRQuYI4JLyj7dLcUSqq0L5hFP83iMQ==\n"
	"-----END RSA PRIVATE KEY-----\n";

static const char pkcs8[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAOrZiKtRXefiwrSJ\n"
	"zDZQzlo/rGZgrNQAgxoFyJwlRl49vddvebqDCBSegsALJxmk41xUHVAVehOAVvfT\n"
	"lyLg+T4OTgCW6dWEG+h2hVa7PvaCeMG20ZAAPeCWe6Cr/AQDGbMEWHHGp+VPasVv\n"
	"+fAvNkZtFn8MlfnsRxse7u1CmAEBAgMBAAECgYEAqOn3W8k1MpCtnC60W6i5Er5T\n"
	"YHtOM1l+8huQ04YX27aqsaYzNowCJtpvjnM3F0G6afDx+GTKHfakFrHwNZz8hl3t\n"
	"X6o2GpHa6Bi354sILIQiJ4D8Xw5ffrMS1EfkwRlT2tRvtRnYX2VpTF8/3Q8j3445\n"
	"aOlyxeCHLYCwhDLansUCQQD7bvbrCaUb0pEs1W/cdMrqZdSef04NtTj4TKoYiNVb\n"
	"s4YiMiSAdR7OiEDOJ7Jsd0H9C+SEqmtugAJNT9zGaS7nAkEA7x12sfGCeaAA2xn+\n"
	"nAMP7rHDMx5SKQZ2hM6a18QZMhca2HU0ouRGVWPJk02Pj+Vy1opbFONoix8P9Mlt\n"
	"N47b1wJBAJYgZGhkYuRg7vPhISB1z+7zDGfyxU0kBrcjN3DcyuAtKgri+66Dv/g7\n"
	"nM47H6rp7knEPxcDlo/s+PLmm4EQrsMCQQCItwDphtuB7ODwZTF1RC703ABultSF\n"
	"DmPvVS2lVkLNp/Y6cvEQfZJVOkPDjCIcNSVu0xZ2n/tjJ/R4kj52+KBrAkBr41CY\n"
	"xTeHcxHzvy722ebqFZPJXdI7o6CqIxZz2p3d/y37x8kJZCU5h76tFC5gjgkvKPt0\n"
	"txRKqrQvmEU/zeIx\n"
	"-----END PRIVATE KEY-----\n";

static const char short_rsa[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIIB4wIBADANBgkqhkiG9w0BAQEFAASCAc0wggHJAgEAAmEAoFEY5C9zLkmaSbMw\n"
	"FrKuulitRkQomk+8zHprtI5nL/1QI5grsLxJA7j5Yit96Vw8pWNP5R4a4BEZFDD8\n"
	"3x9YmFUXlTjgLgd2/txjYeBS2jaXFIs443eA7OLTfbLiy3SNAgMBAAECYFbBLBAn\n"
	"oVP2Hpktb6OI1EchP7tbnQFMjyW0Rd6yhSKSGTD54wLEEVsDWWkHkh6be5bas8h7\n"
	"th1dD6Bx8BFpLxLJzcGUXNsSI6HfdkvoXsfO6IFomi/cjC8vWyyd03PboQIxAMzA\n"
	"8sOQXc6QTQxABsrRloaOVJ+7eqNCQRIyvW+qxRa5JWRQQ55u0tcd0IA7N8KkKQIx\n"
	"AMhw+JPf91AfD2WELS6Tq/7uGuP6J/OhwY6Kn1TX9mK3I2ykz7deKOhkEsqVxoY5\n"
	"xQIwIF+ZgqY+zrwuEnPFHyhIPnoekyrXVxzQoQn4vcEobFFVwiiWqGQpXe3O25eB\n"
	"V3sRAjAxVfUpWLAj7XE5uH3yf/CO0AaYZKNeyUq+DgrHtFx10cQLYsmpxahmAvPJ\n"
	"H3J86U0CMAk96csS9+JfHA7zoVOPgNWUjo/b6tRDPHRIfFEAFXfJ70biTEDh8Tmg\n"
	"jdCtWb82ag==\n"
	"-----END PRIVATE KEY-----\n";

static const char elliptic[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaILoZ0QRbXBcNMXp\n"
	"7JUQ9PBjXMq6PpUhEMCmQgygeXihRANCAAQynp67TOTWVRYbjADPhDkY9sr5VXeH\n"
	"sopxkw0055cETHnJ99anDrHDJyDzIugyoeRQt5fszpSotm/6Iut52CS0\n"
	"-----END PRIVATE KEY-----\n";

static const char ed25519[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";

/* Of the SHA-256 of "what we sign". */
static const char rsa_signature[] =
	"932d1af753d015a0fcbf8f42b980861602daebca4e3ef568071d6a5e1c54"
	"2b6dc8ce41e335024bf2504f905759cfe1daa3bd507408061abb3fff8f52"
	"385f605b417d55001e1a7a1b5a2de0c6ffb9548ae1d2fc9733b2304f661f"
	"6d85de063f63f202a8cf4ea8770a83f24722d135387d522cf6ee6506c603"
	"88f640f2b9c49f5e";

static const char ed25519_signature[] =
	"5e92d9ee1d8c49de9b07bc3787fa33b5b6eb7e4f29069d09dd7a66f023c8"
	"47c778e10d54d692877ee8e2ee5987db3bbb7cc9e010014308ea88cf0643"
	"1668bc00";

static const char rsa_public[] =
	"30819f300d06092a864886f70d010101050003818d0030818902818100ea"
	"d988ab515de7e2c2b489cc3650ce5a3fac6660acd400831a05c89c25465e"
	"3dbdd76f79ba8308149e82c00b2719a4e35c541d50157a138056f7d39722"
	"e0f93e0e4e0096e9d5841be8768556bb3ef68278c1b6d190003de0967ba0"
	"abfc040319b3045871c6a7e54f6ac56ff9f02f36466d167f0c95f9ec471b"
	"1eeeed429801010203010001";

static const char ed25519_public[] =
	"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707"
	"511a";

static struct span bytes_of(struct arena *a, const char *hex)
{
	struct buf b = { .arena = a };

	for (unsigned v; sscanf(hex, "%2x", &v) == 1; hex += 2)
		buf_byte(&b, (unsigned char)v);
	return buf_bytes(&b);
}

static struct sign_key *read_key(const char *pem)
{
	struct err e = { 0 };
	struct sign_key *k = sign_read(span_of(pem), "test.pem", &e);

	if (k == NULL)
		fail_msg("%s", e.text);
	return k;
}

static void expect_signature(struct arena *a, const char *pem,
	enum sign_kind kind, const char *signature, const char *public)
{
	unsigned char hash[HASH_SHA256_SIZE], got[SIGN_MOST];
	struct sign_key *k = read_key(pem);
	struct buf b = { .arena = a };
	struct err e;
	size_t n;

	hash_sha256(SPAN("what we sign"), hash);
	assert_int_equal(sign_kind(k), kind);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sign_hash(k, hash, got, &n, &e), 0);
		assert_true(span_eq(span_from(got, n),
			bytes_of(a, signature)));
	}
	assert_int_equal(sign_put_public(k, &b, &e), 0);
	assert_true(span_eq(buf_bytes(&b), bytes_of(a, public)));
	sign_free(&k);
	assert_null(k);
}

static void signatures_are_those_of_openssl(void **state)
{
	expect_signature(*state, pkcs1, SIGN_RSA, rsa_signature, rsa_public);
	expect_signature(*state, pkcs8, SIGN_RSA, rsa_signature, rsa_public);
	expect_signature(*state, ed25519, SIGN_ED25519, ed25519_signature,
		ed25519_public);
}

/* Written, read again, and its signature is verified. */
static void expect_new_key(struct arena *a, enum sign_kind kind, unsigned bits)
{
	unsigned char hash[HASH_SHA256_SIZE], got[SIGN_MOST];
	struct buf public = { .arena = a }, pem = { .arena = a };
	struct sign_key *made, *k;
	struct err e;
	unsigned seen;
	size_t n;

	made = sign_generate(kind, &e);
	assert_non_null(made);
	assert_int_equal(sign_bits(made), bits);
	assert_int_equal(sign_put_private(made, &pem, &e), 0);
	assert_int_equal(sign_put_public(made, &public, &e), 0);
	k = read_key(buf_c(&pem));
	hash_sha256(SPAN("another"), hash);
	assert_int_equal(sign_hash(k, hash, got, &n, &e), 0);
	if (kind == SIGN_RSA)
		assert_int_equal(verify_rsa_sha256(buf_bytes(&public), bits,
			hash, span_from(got, n), &seen), VERIFY_GOOD);
	else
		assert_int_equal(verify_ed25519(buf_bytes(&public),
			span_from(hash, sizeof(hash)), span_from(got, n)),
			VERIFY_GOOD);
	sign_free(&made);
	sign_free(&k);
}

static void new_keys_sign(void **state)
{
	expect_new_key(*state, SIGN_RSA, SIGN_RSA_BITS);
	expect_new_key(*state, SIGN_ED25519, 256);
}

static void expect_refused(struct span pem, const char *why)
{
	struct err e = { 0 };

	assert_null(sign_read(pem, "test.pem", &e));
	assert_int_equal(e.class, ERR_PERMANENT);
	if (!span_starts(span_of(e.text), span_of(why)))
		fail_msg("expected \"%s\", got \"%s\"", why, e.text);
}

static void keys_that_are_none_say_why(void **state)
{
	expect_refused(SPAN(""), "test.pem: is no PEM file of a private key");
	expect_refused(SPAN("-----BEGIN\0"),
		"test.pem: is no PEM file of a private key");
	expect_refused(SPAN("hello\n"), "test.pem: ");
	expect_refused(repeat(*state, "x", SIGN_PEM_MAX + 1),
		"test.pem: is no PEM file of a private key");
	expect_refused(span_of(short_rsa), "test.pem: an RSA key of 768 bits: "
		"use one of 1024 to 4096");
	expect_refused(span_of(elliptic), "test.pem: is neither an RSA nor an "
		"Ed25519 key");
}

static void a_cut_key_is_none(void **state)
{
	struct span whole[] = { span_of(ed25519), span_of(pkcs1) };
	struct err e;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t n = 0; n + 27 < whole[i].n; n += 1 + i * 13)
			assert_null(sign_read(span_sub(whole[i], 0, n), "x",
				&e));
}

static void a_file_is_loaded(void **state)
{
	char path[] = "/tmp/pm-sign-XXXXXX";
	struct sign_key *k;
	struct err e;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(io_write_all(fd, span_of(ed25519)), 0);
	close(fd);
	k = sign_load(path, &e);
	assert_non_null(k);
	sign_free(&k);
	unlink(path);
	assert_null(sign_load(path, &e));
	assert_true(span_starts(span_of(e.text), span_of(path)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signatures_are_those_of_openssl),
		TEST(new_keys_sign),
		TEST(keys_that_are_none_say_why),
		TEST(a_cut_key_is_none),
		TEST(a_file_is_loaded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
