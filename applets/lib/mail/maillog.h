/*
 * Lines of a mail server's log, as Postfix and sendmail write them, through
 * syslog (RFC 3164 or ISO 8601 time stamps) or into a file.
 *
 * A line holds bytes that other hosts chose: addresses, names, replies. Each
 * part is a span of the line and may be anything; where an address imitates
 * the log's own words it can mislead about its own line only.
 */
#ifndef MAIL_MAILLOG_H
#define MAIL_MAILLOG_H

#include "base/netaddr.h"
#include "base/span.h"

enum {
	MAILLOG_LINE_MAX = 8192,	/* what is behind is not looked at */
	MAILLOG_RCPTS_MAX = 1000,	/* of one line of sendmail */
};

enum maillog_step {
	MAILLOG_EVENT,		/* something that happened to mail */
	MAILLOG_FOREIGN,	/* of somebody else, or of no interest */
	MAILLOG_BROKEN,		/* a mail server's, but cut or garbled */
};

enum maillog_kind {
	MAILLOG_CONNECT,	/* a client came */
	MAILLOG_LOST,		/* it went away, or was cut off, half-way */
	MAILLOG_DISCONNECT,
	MAILLOG_REFUSED,	/* a command was answered 4xx or 5xx */
	MAILLOG_ANSWERED,	/* so, too, with a filter's answer */
	MAILLOG_DISCARDED, MAILLOG_HELD, /* taken, by a filter's wish not
					    delivered */
	MAILLOG_ACCEPTED,	/* it has a queue id now */
	MAILLOG_NAMED,		/* its Message-ID */
	MAILLOG_QUEUED,		/* sender, size, recipients */
	MAILLOG_DELIVERED, MAILLOG_DEFERRED, MAILLOG_BOUNCED,
	MAILLOG_EXPIRED,	/* given up after days */
	MAILLOG_NOTIFIED,	/* a notice about it has queue id next_id */
	MAILLOG_REMOVED,	/* nothing is left to do */
	MAILLOG_KINDS
};

struct maillog_event {
	enum maillog_kind kind;
	int64_t at_ms;		/* since 1970, as the log says */
	uint32_t pid;		/* of who wrote the line; 0: not said */
	struct span program;	/* "postfix/smtpd" */
	struct span queue_id;	/* empty: none yet */
	struct span next_id;
	struct span relay_name;	/* the client; "unknown" is empty */
	struct netaddr relay;	/* n 0: not known */
	struct span helo, sender, rcpt; /* addresses without <> */
	bool has_sender;	/* the empty one is a bounce */
	struct span message_id;	/* without <> */
	struct span remote;	/* "mx.example.org[192.0.2.1]:25" */
	struct span dsn;	/* "2.0.0" */
	struct span reply;	/* what it, or we, answered */
	int64_t size, nrcpts, delay_ms; /* -1: not said */
	struct span more_rcpts;	/* for maillog_more */
	unsigned nmore;
};

/* What one log needs from line to line; starts as { 0 }. */
struct maillog {
	int64_t now_ms;		/* the reader's clock: a stamp without a year
				   is of the last twelve months */
	/* The last full hour that was worked out. */
	int hour_of[4];
	int64_t hour_ms;
};

/* A line without its LF. Local time zone where the stamp has none. */
enum maillog_step maillog_parse(struct maillog *l, struct span line,
	struct maillog_event *ev_r);
/* The same event for the next recipient of the line; false: no more. */
bool maillog_more(struct maillog_event *ev);

/* "connect", "refused", "delivered", … */
const char *maillog_kind_name(enum maillog_kind k);

#endif
