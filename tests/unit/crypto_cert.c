#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "base/io.h"
#include "crypto/cert.h"

static char folder[] = "/tmp/pm-cert-XXXXXX";

static void read_cert(mbedtls_x509_crt *c)
{
	mbedtls_x509_crt_init(c);
	assert_int_equal(mbedtls_x509_crt_parse_file(c, "cert.pem"), 0);
}

static void test_fields(void **state)
{
	static const char *const names[] = { "mx1.example.org", "localhost",
		"other.example.org" };
	char text[2000] = "";
	mbedtls_x509_crt c;
	uint32_t flags;
	struct err e;

	(void)state;
	assert_int_equal(cert_make("cert.pem", "key.pem", "mx1.example.org",
		&e), 0);
	read_cert(&c);
	mbedtls_x509_crt_info(text, sizeof(text), "", &c);
	assert_non_null(strstr(text, "subject name      : CN=mx1.example."));
	assert_non_null(strstr(text, "issuer name       : CN=mx1.example."));
	assert_non_null(strstr(text, "ECDSA with SHA256"));
	assert_non_null(strstr(text, "EC key size       : 256 bits"));
	assert_non_null(strstr(text, "Digital Signature"));
	assert_non_null(strstr(text, "TLS Web Server Authentication"));
	/* It is trusted for its names by who trusts it, and only for them. */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(mbedtls_x509_crt_verify(&c, &c, NULL,
			names[i], &flags, NULL, NULL) == 0, i < 2);
	mbedtls_x509_crt_free(&c);
}

static void test_files(void **state)
{
	struct stat st;
	struct err e;
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(cert_make("cert.pem", "key.pem", "a", &e), 0);
	assert_int_equal(stat("key.pem", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	umask(077);
	assert_int_equal(cert_make("cert.pem", "key.pem", "a", &e), 0);
	umask(before);
	assert_int_equal(stat("key.pem", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(stat("cert.pem", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(access("key.pem.new", F_OK), -1);
	assert_int_equal(cert_make("no/cert.pem", "no/key.pem", "a", &e), -1);
}

/* Two certificates have nothing in common. */
static void test_fresh(void **state)
{
	mbedtls_x509_crt one, two;
	struct err e;

	(void)state;
	assert_int_equal(cert_make("cert.pem", "key.pem", "a", &e), 0);
	read_cert(&one);
	assert_int_equal(cert_make("cert.pem", "key.pem", "a", &e), 0);
	read_cert(&two);
	assert_int_equal(one.serial.len, 16);
	assert_memory_not_equal(one.serial.p, two.serial.p, 16);
	assert_memory_not_equal(one.pk_raw.p, two.pk_raw.p, one.pk_raw.len);
	mbedtls_x509_crt_free(&one);
	mbedtls_x509_crt_free(&two);
}

static void test_names(void **state)
{
	char longest[256] = "";
	struct err e;

	(void)state;
	assert_int_equal(cert_make("cert.pem", "key.pem", "", &e), -1);
	assert_int_equal(cert_make("cert.pem", "key.pem", "a,CN=b", &e), -1);
	assert_string_equal(e.text, "\"a,CN=b\" is no host name: no "
		"certificate can be made for it");
	memset(longest, 'a', 253);
	assert_int_equal(cert_make("cert.pem", "key.pem", longest, &e), 0);
	longest[253] = 'a';
	assert_int_equal(cert_make("cert.pem", "key.pem", longest, &e), -1);
	assert_int_equal(cert_make("cert.pem", "key.pem", "localhost", &e), 0);
}

static void test_good(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(cert_make("cert.pem", "key.pem", "a", &e), 0);
	assert_true(cert_good("cert.pem", "key.pem", 30));
	assert_true(cert_good("cert.pem", "key.pem", CERT_DAYS - 2));
	assert_false(cert_good("cert.pem", "key.pem", CERT_DAYS));
	assert_int_equal(cert_make("other.pem", "other-key.pem", "a", &e), 0);
	assert_false(cert_good("cert.pem", "other-key.pem", 30));
	assert_false(cert_good("cert.pem", "none.pem", 30));
	assert_false(cert_good("none.pem", "key.pem", 30));
	assert_int_equal(io_replace_file("key.pem", 0600, SPAN("x"), &e), 0);
	assert_false(cert_good("cert.pem", "key.pem", 30));
}

int main(void)
{
	static const char *const files[] = { "cert.pem", "key.pem",
		"other.pem", "other-key.pem" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_good),
	};
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 3;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(files[i]);
	rmdir(folder);
	return failed;
}
