/*
 * A certificate for a host that has none from elsewhere: self-signed, ECDSA
 * P-256 (RFC 5280, RFC 5480), valid for 825 days from yesterday, for the
 * host's name, localhost, 127.0.0.1 and ::1.
 */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "base/err.h"

enum { CERT_DAYS = 825 };

/*
 * Makes both PEM files, each replaced safely, the key first; the folder is
 * there. The key's mode is 0640, the certificate's 0644, whatever the umask;
 * the owner is who calls. host: letters, digits, '-' and '.'; at most 253.
 */
int cert_make(const char *cert_path, const char *key_path, const char *host,
	struct err *e);

/*
 * Do the two files belong together, and is the certificate valid for another
 * `days` at least? False: make new ones.
 */
bool cert_good(const char *cert_path, const char *key_path, unsigned days);

#endif
