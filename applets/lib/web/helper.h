/*
 * What a web role's process asks of its helpers, over SOCK_SEQPACKET sockets
 * below ROOT_RUN/ROLE: the log-in helper, which alone sees passwords' hashes
 * and makes sessions; the viewer, which alone opens and parses bodies; and
 * the helper of links, which alone reads tickets and does what they say.
 * All answer within `deadline_ms`; -1 is temporary: nobody answers.
 */
#ifndef WEB_HELPER_H
#define WEB_HELPER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/span.h"
#include "crypto/ticket.h"

enum login_result {
	LOGIN_DONE, LOGIN_WRONG,
	LOGIN_WAIT,	/* too many wrong ones: wait_s */
	LOGIN_WEAK,	/* a new password that is too short or known */
};

struct login_answer {
	enum login_result result;
	bool must_change;
	unsigned wait_s;
	struct span cookie;	/* the new session's token */
	struct span text;	/* for the person, when it was not done */
};

/* "csm": the socket is ROOT_RUN/csm/login.sock. */
int helper_login(const char *role, struct span name, struct span password,
	struct span peer, int64_t deadline_ms, struct arena *a,
	struct login_answer *answer_r, struct err *e);
/* Sets a new password for the session's account. */
int helper_change(const char *role, struct span cookie, struct span old,
	struct span fresh, int64_t deadline_ms, struct arena *a,
	struct login_answer *answer_r, struct err *e);

enum link_result {
	LINK_OPEN,	/* it can be used */
	LINK_DONE,	/* it was used, just now */
	LINK_USED,	/* it was used before: done, at done_ms */
	LINK_CLOSED,	/* another way was faster: done, at done_ms */
	LINK_GONE,	/* the message is no longer kept */
	LINK_BARRED,	/* only administrators release it */
	LINK_ENDED,	/* it was good until done_ms */
	LINK_BAD,	/* no ticket of ours */
	LINK_WAIT,	/* the same, and too many of them came from there */
	LINK_RESULTS
};

/* What a ticket of a digest's link says, and how that stands. */
struct link_answer {
	enum link_result result;
	enum ticket_action action; /* 0 unless the ticket is ours */
	int64_t received_ms, done_ms;
	struct span sender, subject, reason; /* of a message */
	struct span allow;	/* … its sender, who could be allowed */
	struct span person, rule;
	struct span done;	/* "released", "deleted", "digests off" … */
	struct span again;	/* of digests: a ticket that turns it round */
};

/*
 * Shows what a ticket would do, or does it: once, whoever asks how often. A
 * temporary error after `use`: perhaps it was done; showing it says so.
 */
int helper_link(const char *role, bool use, struct span ticket,
	struct span peer, int64_t deadline_ms, struct arena *a,
	struct link_answer *answer_r, struct err *e);

struct preview_part {
	struct span type, true_type, name;
	uint64_t size;
	bool attachment;
};

/* A message for people to look at: texts only, safe UTF-8. */
struct preview {
	struct span headers;	/* as they came, made printable */
	struct span text;	/* its plain text, or its HTML as text */
	bool was_html, cut;	/* text ends at 256 KiB */
	struct preview_part *parts;
	size_t nparts;
	struct span *links;	/* where its links lead, each once */
	size_t nlinks;
	struct span *notes;	/* "it has two From fields" … */
	size_t nnotes;
};

/*
 * The sealed pieces of a body (store: quarantine_body), in order. Permanent:
 * it cannot be opened or read.
 */
int helper_preview(const char *role, const struct id *id,
	const struct span *sealed, size_t n, int64_t deadline_ms,
	struct arena *a, struct preview *preview_r, struct err *e);
/* The message's own bytes (a download). */
int helper_source(const char *role, const struct id *id,
	const struct span *sealed, size_t n, int64_t deadline_ms,
	struct arena *a, struct span *source_r, struct err *e);

#endif
