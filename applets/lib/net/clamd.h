/*
 * A client of clamd's commands INSTREAM and FILDES (clamd(8)), never naming a
 * path.
 */
#ifndef NET_CLAMD_H
#define NET_CLAMD_H

#include "base/err.h"
#include "base/span.h"
#include "net/virus.h"

/*
 * Scans bytes; where: "unix:PATH" or "inet:ADDRESS:PORT". Waits until the
 * monotonic deadline at most. Anything but a well-formed answer is LATER.
 */
void clamd_scan(const char *where, struct span bytes, int64_t deadline_ms,
	struct virus_answer *answer_r);

/*
 * The same for a file that clamd gets itself, through a unix socket: nothing
 * is copied. The descriptor stays the caller's.
 */
void clamd_scan_fd(const char *where, int fd, int64_t deadline_ms,
	struct virus_answer *answer_r);

/*
 * Gives a command such as "PING", "VERSION" or "RELOAD", and keeps the answer,
 * printable ASCII. -1 and *e: none came in time.
 */
enum { CLAMD_REPLY_MAX = 256 };
int clamd_command(const char *where, const char *command,
	int64_t deadline_ms, char reply_r[CLAMD_REPLY_MAX], struct err *e);

/*
 * What an answer says that was read to its end: one line and its NUL, nothing
 * else. A limit that clamd reached is UNABLE.
 */
void clamd_parse_reply(struct span reply, struct virus_answer *answer_r);

#endif
