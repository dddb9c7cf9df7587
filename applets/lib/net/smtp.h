/*
 * An SMTP client (RFC 5321) for the loopback re-injection listener: one
 * message, its recipients, what became of each.
 */
#ifndef NET_SMTP_H
#define NET_SMTP_H

#include "base/err.h"
#include "base/span.h"

enum smtp_outcome {
	SMTP_DONE,	/* 250 after the final dot */
	SMTP_LATER,	/* 4xx, or no connection: try again */
	SMTP_REFUSED,	/* 5xx */
};

struct smtp_result {
	enum smtp_outcome outcome;	/* of the message */
	char reply[256];		/* printable ASCII */
};

/*
 * Sends one message to "ADDRESS:PORT". The body goes out with CRLF line ends
 * and dot-stuffed; a bare CR or LF in it is sent as it is found except that
 * LF becomes CRLF. rcpt_results_r (nrcpts of them, may be NULL) says what
 * became of each recipient. timeout_ms bounds every step.
 */
void smtp_send(const char *where, const char *helo, struct span mail_from,
	const struct span *rcpts, size_t nrcpts, struct span body,
	int64_t timeout_ms, struct smtp_result *rcpt_results_r,
	struct smtp_result *result_r);

#endif
