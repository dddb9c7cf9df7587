#include "crypto/cert.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <mbedtls/asn1write.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include "base/io.h"
#include "crypto/secret.h"

enum {
	PEM_MAX = 4096,
	NAMES_MAX = 600,
	HOST_MAX = 253,
	COMMON_NAME_MAX = 64,	/* RFC 5280, upper bounds */
	SERIAL_SIZE = 16,
	DAY_S = 86400,
	TAG_DNS = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2,
	TAG_IP = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7,
};

static int random_bytes(void *context, unsigned char *p, size_t n)
{
	(void)context;
	secret_random(p, n);
	return 0;
}

static int trouble(struct err *e, const char *what, int code)
{
	char text[128];

	mbedtls_strerror(code, text, sizeof(text));
	return err_set(e, ERR_PERMANENT, "%s: %s", what, text);
}

static bool good_name(const char *host)
{
	struct span s = span_of(host);

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.')
			return false;
	}
	return s.n > 0 && s.n <= HOST_MAX;
}

/* DER is written from its end to its beginning; `result` counts or fails. */
static void put(int *result, unsigned char **at, unsigned char *start,
	unsigned char tag, const void *p, size_t n)
{
	int k;

	if (*result < 0)
		return;
	k = mbedtls_asn1_write_raw_buffer(at, start, p, n);
	if (k >= 0) {
		*result += k;
		k = mbedtls_asn1_write_len(at, start, n);
	}
	if (k >= 0) {
		*result += k;
		k = mbedtls_asn1_write_tag(at, start, tag);
	}
	*result = k < 0 ? k : *result + k;
}

/* The names and addresses (RFC 5280 section 4.2.1.6). */
static int add_names(mbedtls_x509write_cert *w, const char *host)
{
	unsigned char der[NAMES_MAX], *at = der + sizeof(der);
	struct span name = span_of(host);
	int n = 0, k;

	put(&n, &at, der, TAG_IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	put(&n, &at, der, TAG_IP, "\177\0\0\1", 4);
	put(&n, &at, der, TAG_DNS, "localhost", 9);
	if (!span_is(name, "localhost"))
		put(&n, &at, der, TAG_DNS, name.p, name.n);
	if (n < 0)
		return n;
	k = mbedtls_asn1_write_len(&at, der, (size_t)n);
	if (k >= 0) {
		n += k;
		k = mbedtls_asn1_write_tag(&at, der,
			MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
	}
	if (k < 0)
		return k;
	return mbedtls_x509write_crt_set_extension(w,
		MBEDTLS_OID_SUBJECT_ALT_NAME,
		MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, at,
		(size_t)(n + k));
}

/* For servers only (RFC 5280 section 4.2.1.12): some clients insist. */
static int add_purpose(mbedtls_x509write_cert *w)
{
	static const unsigned char der[] = { MBEDTLS_ASN1_CONSTRUCTED |
		MBEDTLS_ASN1_SEQUENCE, 10, MBEDTLS_ASN1_OID, 8,
		0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01 };

	return mbedtls_x509write_crt_set_extension(w,
		MBEDTLS_OID_EXTENDED_KEY_USAGE,
		MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), 0, der,
		sizeof(der));
}

/* 126 random bits; positive, and never with a zero in front. */
static int set_serial(mbedtls_x509write_cert *w)
{
	unsigned char serial[SERIAL_SIZE];
	int bad;

	secret_random(serial, sizeof(serial));
	serial[0] = (serial[0] & 0x7f) | 0x40;
#if MBEDTLS_VERSION_NUMBER >= 0x03040000
	bad = mbedtls_x509write_crt_set_serial_raw(w, serial, sizeof(serial));
#else
	mbedtls_mpi number;

	mbedtls_mpi_init(&number);
	bad = mbedtls_mpi_read_binary(&number, serial, sizeof(serial));
	if (bad == 0)
		bad = mbedtls_x509write_crt_set_serial(w, &number);
	mbedtls_mpi_free(&number);
#endif
	return bad;
}

/* "20261122235959", UTC. */
static void stamp(time_t t, char out[15])
{
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 15, "%Y%m%d%H%M%S", &tm);
}

static int set_validity(mbedtls_x509write_cert *w)
{
	time_t from = time(NULL) - DAY_S;
	char first[15], last[15];

	stamp(from, first);
	stamp(from + (time_t)CERT_DAYS * DAY_S - 1, last);
	return mbedtls_x509write_crt_set_validity(w, first, last);
}

/* A long name stands among the alternative ones only. */
static int set_name(mbedtls_x509write_cert *w, const char *host)
{
	char name[COMMON_NAME_MAX + 8] = "CN=pm";
	int bad;

	if (span_of(host).n <= COMMON_NAME_MAX)
		snprintf(name, sizeof(name), "CN=%s", host);
	bad = mbedtls_x509write_crt_set_subject_name(w, name);
	return bad ? bad : mbedtls_x509write_crt_set_issuer_name(w, name);
}

static int fill(mbedtls_x509write_cert *w, mbedtls_pk_context *key,
	const char *host)
{
	int bad = set_name(w, host);

	mbedtls_x509write_crt_set_version(w, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(w, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(w, key);
	mbedtls_x509write_crt_set_issuer_key(w, key);
	if (bad == 0)
		bad = set_serial(w);
	if (bad == 0)
		bad = set_validity(w);
	if (bad == 0)
		bad = mbedtls_x509write_crt_set_basic_constraints(w, 0, -1);
	if (bad == 0)
		bad = mbedtls_x509write_crt_set_key_usage(w,
			MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
	if (bad == 0)
		bad = add_purpose(w);
	return bad ? bad : add_names(w, host);
}

/* The PEM texts. */
static int write_pems(mbedtls_x509write_cert *w, mbedtls_pk_context *key,
	const char *host, unsigned char cert_r[PEM_MAX],
	unsigned char key_r[PEM_MAX])
{
	int bad = mbedtls_pk_setup(key,
		mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));

	if (bad == 0)
		bad = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1,
			mbedtls_pk_ec(*key), random_bytes, NULL);
	if (bad == 0)
		bad = fill(w, key, host);
	if (bad == 0)
		bad = mbedtls_x509write_crt_pem(w, cert_r, PEM_MAX,
			random_bytes, NULL);
	return bad ? bad : mbedtls_pk_write_key_pem(key, key_r, PEM_MAX);
}

static struct span text_of(const unsigned char *pem)
{
	return span_of((const char *)pem);
}

/* The umask does not matter for who has to read them. */
static int store(const char *path, mode_t mode, const unsigned char *pem,
	struct err *e)
{
	if (io_replace_file(path, mode, text_of(pem), e) < 0)
		return -1;
	return chmod(path, mode) == 0 ? 0 :
		err_errno(e, ERR_PERMANENT, "%s", path);
}

int cert_make(const char *cert_path, const char *key_path, const char *host,
	struct err *e)
{
	unsigned char cert[PEM_MAX] = "", secret[PEM_MAX] = "";
	mbedtls_x509write_cert w;
	mbedtls_pk_context key;
	int bad;

	if (!good_name(host))
		return err_set(e, ERR_PERMANENT, "\"%s\" is no host name: no "
			"certificate can be made for it", host);
	mbedtls_x509write_crt_init(&w);
	mbedtls_pk_init(&key);
	bad = write_pems(&w, &key, host, cert, secret);
	mbedtls_x509write_crt_free(&w);
	mbedtls_pk_free(&key);
	if (bad)
		return trouble(e, "a new certificate", bad);
	bad = store(key_path, 0640, secret, e);
	explicit_bzero(secret, sizeof(secret));
	return bad ? -1 : store(cert_path, 0644, cert, e);
}

static bool pair_good(mbedtls_x509_crt *cert, mbedtls_pk_context *key,
	const char *key_path)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_keyfile(key, key_path, NULL, random_bytes,
		NULL) == 0 && mbedtls_pk_check_pair(&cert->pk, key,
		random_bytes, NULL) == 0;
#else
	return mbedtls_pk_parse_keyfile(key, key_path, NULL) == 0 &&
		mbedtls_pk_check_pair(&cert->pk, key) == 0;
#endif
}

/* Is it valid then? Compared as text: "YYYYMMDDHHMMSS". */
static bool valid_at(const mbedtls_x509_crt *cert, time_t t)
{
	const mbedtls_x509_time *to = &cert->valid_to;
	char then[15], last[80];

	stamp(t, then);
	snprintf(last, sizeof(last), "%04d%02d%02d%02d%02d%02d", to->year,
		to->mon, to->day, to->hour, to->min, to->sec);
	return strcmp(then, last) <= 0;
}

bool cert_good(const char *cert_path, const char *key_path, unsigned days)
{
	mbedtls_x509_crt cert;
	mbedtls_pk_context key;
	bool good;

	mbedtls_x509_crt_init(&cert);
	mbedtls_pk_init(&key);
	good = mbedtls_x509_crt_parse_file(&cert, cert_path) == 0 &&
		pair_good(&cert, &key, key_path) &&
		valid_at(&cert, time(NULL) + (time_t)days * DAY_S);
	mbedtls_x509_crt_free(&cert);
	mbedtls_pk_free(&key);
	return good;
}
