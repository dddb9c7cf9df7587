/*
 * TLS (RFC 5246; RFC 8446 where mbedtls is new enough) on a non-blocking
 * descriptor, either side: 1.2 or newer, ephemeral ECDH with an AEAD only,
 * ALPN "http/1.1" (RFC 7301), no renegotiation, nothing to resume.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <sys/types.h>

#include "base/err.h"

/* A certificate and its key, shared by connections of one thread. */
struct tls_server;
/* Whom a client trusts. */
struct tls_client;
/* One connection. */
struct tls;

/* PEM files. NULL and *e: permanent. */
struct tls_server *tls_server_new(const char *cert, const char *key,
	struct err *e);
void tls_server_free(struct tls_server **s);

/*
 * The client's side: the server must have a certificate of `host` that is
 * signed by one of the PEM file `authorities`. NULL and *e: permanent.
 */
struct tls_client *tls_client_new(const char *authorities, struct err *e);
void tls_client_free(struct tls_client **c);
/* A connection to `host`, whose handshake comes next; as tls_new. */
struct tls *tls_connect(struct tls_client *c, int fd, const char *host);
/* After a handshake that was TLS_BROKEN: why the certificate is not good. */
const char *tls_why(const struct tls *t, char out[256]);

enum {
	TLS_END = 0,		/* the peer has said its last byte */
	TLS_WANT_READ = -1,	/* call again when the descriptor is ready */
	TLS_WANT_WRITE = -2,
	TLS_BROKEN = -3,	/* close it */
};

/* fd stays the caller's. NULL: no memory. */
struct tls *tls_new(struct tls_server *s, int fd);
void tls_free(struct tls **t);

/* 1 when it is done, or TLS_…; a refused peer was sent an alert. */
int tls_handshake(struct tls *t);
/* Bytes, at least one, or TLS_…. */
ssize_t tls_read(struct tls *t, void *p, size_t n);
/* Bytes taken, or TLS_…; after TLS_WANT_… the same bytes must come again. */
ssize_t tls_write(struct tls *t, const void *p, size_t n);
/* Says goodbye (close_notify): 1, TLS_WANT_WRITE or TLS_BROKEN. */
int tls_bye(struct tls *t);

#endif
