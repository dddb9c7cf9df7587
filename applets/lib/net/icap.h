/*
 * A client of ICAP (RFC 3507): one message to a virus scanner's RESPMOD
 * service, as if it were a page that a web server had sent.
 *
 * A virus is named by what scanners call X-Infection-Found, X-Virus-ID,
 * X-Violations-Found or X-FSecure-Infection-Name (the first of them is
 * draft-stecher-icap-subid-00; the others have no standard). Clean is what was
 * answered by 204, or sent back as it was. A scanner that puts another page in
 * its place, and names nothing, has found something ("403 from the scanner").
 *
 * One connection a scan, in the clear: the scanner belongs on a network of
 * its own. No names are looked up.
 */
#ifndef NET_ICAP_H
#define NET_ICAP_H

#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"
#include "net/virus.h"

enum {
	ICAP_PORT = 1344,
	ICAP_LINE_MAX = 4096,
	ICAP_LINES_MAX = 200,	/* of one head */
};

/*
 * where: "icap://ADDRESS[:PORT]/SERVICE" (netaddr_split_url). Waits until the
 * monotonic deadline at most. Anything but a well-formed answer is LATER. The
 * message is sent whole before the answer is read.
 */
void icap_scan(const char *where, struct span message, int64_t deadline_ms,
	struct virus_answer *answer_r);

/*
 * OPTIONS: who it is and its ISTag, printable ASCII; the tag changes with its
 * signatures. -1 and *e: no answer in time, or none that takes RESPMOD.
 */
int icap_options(const char *where, int64_t deadline_ms,
	char version_r[VIRUS_VERSION_SIZE], struct err *e);

/* Where the bytes of an answer come from: like read(2), errors told in *e. */
struct icap_source {
	ssize_t (*read)(void *context, void *p, size_t n, struct err *e);
	void *context;
};

/* What it says of a message. */
void icap_read_answer(const struct icap_source *s, struct span message,
	struct virus_answer *answer_r);
int icap_read_options(const struct icap_source *s,
	char version_r[VIRUS_VERSION_SIZE], struct err *e);

#endif
