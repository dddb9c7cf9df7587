#include "net/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03060000
#include <psa/crypto.h>
#endif

#include "crypto/secret.h"

/* Forward secret and authenticated; the CBC suites are not. */
static const int suites[] = {
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
	MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	0
};

struct tls_server {
	mbedtls_ssl_config config;
	mbedtls_x509_crt cert;
	mbedtls_pk_context key;
	const char *protocols[2];
};

struct tls_client {
	mbedtls_ssl_config config;
	mbedtls_x509_crt authorities;
	const char *protocols[2];
};

struct tls {
	mbedtls_ssl_context ssl;
	int fd;
};

/* The system's generator: right after a fork, too. */
static int random_bytes(void *context, unsigned char *p, size_t n)
{
	(void)context;
	secret_random(p, n);
	return 0;
}

static int send_bytes(void *context, const unsigned char *p, size_t n)
{
	struct tls *t = context;
	ssize_t sent;

	do
		sent = send(t->fd, p, n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return (int)sent;
	return errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE :
		MBEDTLS_ERR_NET_SEND_FAILED;
}

static int recv_bytes(void *context, unsigned char *p, size_t n)
{
	struct tls *t = context;
	ssize_t got;

	do
		got = recv(t->fd, p, n, 0);
	while (got < 0 && errno == EINTR);
	if (got >= 0)
		return (int)got;
	return errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_READ :
		MBEDTLS_ERR_NET_RECV_FAILED;
}

static int trouble(struct err *e, const char *what, int code)
{
	char text[128];

	mbedtls_strerror(code, text, sizeof(text));
	return err_set(e, ERR_PERMANENT, "%s: %s", what, text);
}

static int load_key(struct tls_server *s, const char *path)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_keyfile(&s->key, path, NULL, random_bytes,
		NULL);
#else
	return mbedtls_pk_parse_keyfile(&s->key, path, NULL);
#endif
}

static int check_pair(struct tls_server *s)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_check_pair(&s->cert.pk, &s->key, random_bytes, NULL);
#else
	return mbedtls_pk_check_pair(&s->cert.pk, &s->key);
#endif
}

static int load(struct tls_server *s, const char *cert, const char *key,
	struct err *e)
{
	int bad = mbedtls_x509_crt_parse_file(&s->cert, cert);

	if (bad)
		return trouble(e, cert, bad);
	bad = load_key(s, key);
	if (bad)
		return trouble(e, key, bad);
	if (check_pair(s))
		return err_set(e, ERR_PERMANENT, "%s is not the key of %s",
			key, cert);
	return 0;
}

/* Nothing older than 1.2, in the words of either mbedtls. */
static void set_versions(mbedtls_ssl_config *config)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3,
		MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

/* What both sides have in common. */
static int configure(mbedtls_ssl_config *config, int side,
	const char **protocols, struct err *e)
{
	int bad = mbedtls_ssl_config_defaults(config, side,
		MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

#if MBEDTLS_VERSION_NUMBER >= 0x03060000
	if (bad == 0 && psa_crypto_init() != PSA_SUCCESS)
		return err_set(e, ERR_PERMANENT, "TLS: no PSA crypto");
#endif
	if (bad)
		return trouble(e, "TLS", bad);
	set_versions(config);
	mbedtls_ssl_conf_rng(config, random_bytes, NULL);
	mbedtls_ssl_conf_ciphersuites(config, suites);
#ifdef MBEDTLS_SSL_RENEGOTIATION
	mbedtls_ssl_conf_renegotiation(config,
		MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
	bad = mbedtls_ssl_conf_alpn_protocols(config, protocols);
	return bad ? trouble(e, "TLS", bad) : 0;
}

static int configure_server(struct tls_server *s, struct err *e)
{
	int bad;

	if (configure(&s->config, MBEDTLS_SSL_IS_SERVER, s->protocols, e) < 0)
		return -1;
	bad = mbedtls_ssl_conf_own_cert(&s->config, &s->cert, &s->key);
	return bad ? trouble(e, "TLS", bad) : 0;
}

struct tls_server *tls_server_new(const char *cert, const char *key,
	struct err *e)
{
	struct tls_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_errno(e, ERR_TEMPORARY, "TLS");
		return NULL;
	}
	s->protocols[0] = "http/1.1";
	mbedtls_ssl_config_init(&s->config);
	mbedtls_x509_crt_init(&s->cert);
	mbedtls_pk_init(&s->key);
	if (load(s, cert, key, e) < 0 || configure_server(s, e) < 0)
		tls_server_free(&s);
	return s;
}

void tls_server_free(struct tls_server **s)
{
	if (*s == NULL)
		return;
	mbedtls_ssl_config_free(&(*s)->config);
	mbedtls_x509_crt_free(&(*s)->cert);
	mbedtls_pk_free(&(*s)->key);
	free(*s);
	*s = NULL;
}

struct tls_client *tls_client_new(const char *authorities, struct err *e)
{
	struct tls_client *c = calloc(1, sizeof(*c));
	int bad;

	if (c == NULL) {
		err_errno(e, ERR_TEMPORARY, "TLS");
		return NULL;
	}
	c->protocols[0] = "http/1.1";
	mbedtls_ssl_config_init(&c->config);
	mbedtls_x509_crt_init(&c->authorities);
	/* Above 0: so many in the file were of no use, the others are. */
	bad = mbedtls_x509_crt_parse_file(&c->authorities, authorities);
	if (bad < 0)
		trouble(e, authorities, bad);
	if (bad < 0 || configure(&c->config, MBEDTLS_SSL_IS_CLIENT,
	    c->protocols, e) < 0) {
		tls_client_free(&c);
		return NULL;
	}
	mbedtls_ssl_conf_ca_chain(&c->config, &c->authorities, NULL);
	mbedtls_ssl_conf_authmode(&c->config, MBEDTLS_SSL_VERIFY_REQUIRED);
	return c;
}

void tls_client_free(struct tls_client **c)
{
	if (*c == NULL)
		return;
	mbedtls_ssl_config_free(&(*c)->config);
	mbedtls_x509_crt_free(&(*c)->authorities);
	free(*c);
	*c = NULL;
}

static struct tls *connection(const mbedtls_ssl_config *config, int fd)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->fd = fd;
	mbedtls_ssl_init(&t->ssl);
	mbedtls_ssl_set_bio(&t->ssl, t, send_bytes, recv_bytes, NULL);
	if (mbedtls_ssl_setup(&t->ssl, config) != 0)
		tls_free(&t);
	return t;
}

struct tls *tls_new(struct tls_server *s, int fd)
{
	return connection(&s->config, fd);
}

struct tls *tls_connect(struct tls_client *c, int fd, const char *host)
{
	struct tls *t = connection(&c->config, fd);

	if (t && mbedtls_ssl_set_hostname(&t->ssl, host) != 0)
		tls_free(&t);
	return t;
}

const char *tls_why(const struct tls *t, char out[256])
{
	uint32_t flags = mbedtls_ssl_get_verify_result(&t->ssl);

	if (flags == 0 || flags == UINT32_MAX ||
	    mbedtls_x509_crt_verify_info(out, 256, "", flags) <= 0)
		return "the TLS handshake failed";
	for (char *c = out; *c; c++)
		if (*c == '\n')
			*c = c[1] ? ';' : 0;
	return out;
}

void tls_free(struct tls **t)
{
	if (*t == NULL)
		return;
	mbedtls_ssl_free(&(*t)->ssl);
	free(*t);
	*t = NULL;
}

/* What a code of mbedtls means for the caller. */
static int meaning(int code)
{
	switch (code) {
	case MBEDTLS_ERR_SSL_WANT_READ:
		return TLS_WANT_READ;
	case MBEDTLS_ERR_SSL_WANT_WRITE:
		return TLS_WANT_WRITE;
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
	case MBEDTLS_ERR_SSL_CONN_EOF:
		return TLS_END;
	default:
		return TLS_BROKEN;
	}
}

int tls_handshake(struct tls *t)
{
	int result = mbedtls_ssl_handshake(&t->ssl);

	return result ? meaning(result) : 1;
}

ssize_t tls_read(struct tls *t, void *p, size_t n)
{
	int result = mbedtls_ssl_read(&t->ssl, p, n);

	return result > 0 ? result : result == 0 ? TLS_END : meaning(result);
}

ssize_t tls_write(struct tls *t, const void *p, size_t n)
{
	int result = mbedtls_ssl_write(&t->ssl, p, n);

	return result >= 0 ? result : meaning(result);
}

int tls_bye(struct tls *t)
{
	int result = mbedtls_ssl_close_notify(&t->ssl);

	return result ? meaning(result) : 1;
}
