/*
 * One milter connection: what the MTA said so far. It gathers, it decides
 * nothing. A session is not bound to a thread; libmilter calls for one
 * session at a time.
 */
#ifndef FILTER_SESSION_H
#define FILTER_SESSION_H

#include "base/arena.h"
#include "base/id.h"
#include "content.h"
#include "engine/envelope.h"
#include "engine/resolve.h"

struct session {
	struct arena *connection, *message;
	struct arena *stage;	/* for the question of one early stage */
	struct envelope env;
	struct id id;		/* of the message */
	size_t rcpts_room, env_bytes;
	struct content content;
	uint64_t body_at;	/* where the body begins in it */
	struct mta_can can;
	bool no_reply_rcpt;	/* negotiated: RCPT has no answer */
	bool leading_space;	/* values come with their blanks */
	bool mail_seen;		/* a transaction is open */
	bool over_limits;	/* the envelope is too large to be judged */
};

struct session *session_new(void);
void session_free(struct session **s);

/* addr "" for a local submission; name "" when it was not verified. */
void session_connect(struct session *s, const char *name, const char *addr,
	uint16_t port, const char *mta_name);
void session_helo(struct session *s, const char *helo);
/* argv: the address with its brackets, then ESMTP parameters; NULL ends. */
void session_mail(struct session *s, char **argv, const char *auth_user,
	const char *tls_version, const char *tls_cipher);
void session_rcpt(struct session *s, char **argv);
void session_header(struct session *s, const char *name, const char *value);
void session_end_header(struct session *s);
void session_body(struct session *s, const unsigned char *p, size_t n);
void session_queue_id(struct session *s, const char *queue_id);
/* Forgets the transaction: after its end, at ABORT and at the next MAIL. */
void session_reset(struct session *s);

#endif
