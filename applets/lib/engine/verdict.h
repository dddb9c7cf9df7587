/*
 * The verdict: for each recipient a plan, equal plans grouped; and what the
 * MTA, the spool and the injector have to do so that each recipient gets
 * exactly his plan (DESIGN 5).
 *
 * The scanner makes and encodes a verdict, front decodes it (trusting
 * nothing) and resolves it. Pure: no I/O.
 */
#ifndef ENGINE_VERDICT_H
#define ENGINE_VERDICT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include "crypto/hash.h"
#include "engine/envelope.h"
#include "mailauth/arc_seal.h"

enum {
	VERDICT_BYTES_MAX = 16 << 20,	/* of an encoded verdict */
	VERDICT_HEADER_MAX = 64 << 10,	/* of the value of one edit */
	VERDICT_TEXT_MAX = 400,
	VERDICT_ID_MAX = 998,	/* of a Message-ID */
	VERDICT_SIGNS_MAX = 2,	/* one for each algorithm */
};

/* What policy chose, the most severe first (DESIGN 11). */
enum action {
	ACTION_TEMPFAIL,
	ACTION_REJECT,
	ACTION_QUARANTINE,
	ACTION_DELAY,
	ACTION_DISCARD,
	ACTION_REDIRECT,
	ACTION_DELIVER,
	ACTION_N
};

/* "tempfail", "reject", … */
const char *action_name(enum action a);

enum edit_kind {
	EDIT_ADD_HEADER,	/* at the end of the header */
	EDIT_PUT_HEADER,	/* in front of it, as trace fields are */
	EDIT_CHANGE_HEADER,	/* the nth (from 1) header of that name */
	EDIT_REMOVE_HEADER,	/* the nth header of that name */
};

/* A header edit, as the milter protocol can say it. */
struct edit {
	enum edit_kind kind;
	unsigned nth;
	struct span name;	/* printable ASCII without ':' */
	struct span value;	/* with its leading blank; folds are CRLF + WSP;
				   no NUL, no other CR or LF */
};

/* The same edits as bytes: at `at`, `remove` bytes give way to `insert`. */
struct splice {
	uint64_t at, remove;
	struct span insert;
};

/* How `said` begins of a rule that failed and was passed over. */
#define TRACE_SKIPPED "skipped: "

/* One rule that ran for a recipient, in order. */
struct trace_step {
	struct span policy, rule; /* "inbound", "spam" */
	struct span where;	/* "50-default.lua:12" */
	struct span said;	/* "quarantine(Spam)", "prefix_subject(…)", or
				   empty: the rule had nothing to say */
};

/*
 * A DKIM signature that the signer has to make of what a group gets, after
 * its edits (mailauth/dkim_sign.h).
 */
struct sign {
	struct span domain, selector;
	struct span field;	/* the value of DKIM-Signature up to "b=" */
	unsigned char hash[HASH_SHA256_SIZE];
	struct span value;	/* the whole value, once it is signed; never
				   part of the record */
};

/* An ARC set that the signer has to seal (mailauth/arc_seal.h). */
struct seal {
	struct span domain, selector;
	struct arc_parts parts;
	struct span fields;	/* the whole fields, once they are sealed;
				   never part of the record */
};

/* Recipients whose plans are equal. */
struct group {
	enum action action;
	struct span reason;	/* "Spam", "Virus", …; empty for deliver */
	struct span code;	/* reject: "5.1.1"; tempfail: "4.7.1"; empty:
				   verdict_resolve chooses */
	struct span text;	/* reject, tempfail: what the sender is told;
				   printable ASCII, at most 400 bytes */
	uint32_t delay_minutes;
	struct span notify;	/* template name, or empty */
	struct span *redirect;	/* addresses */
	size_t nredirect;
	struct edit *edits;
	size_t nedits;
	struct splice *splices;	/* ascending, not overlapping */
	size_t nsplices;
	struct sign *signs;	/* of outgoing mail */
	size_t nsigns;
	struct seal *seal;	/* of what is forwarded; NULL: none */
	struct trace_step *trace;
	size_t ntrace;
	uint32_t *rcpts;	/* indices into the envelope, ascending */
	size_t nrcpts;
};

struct verdict {
	struct group *groups;
	size_t ngroups;
	int32_t score;		/* 1/1000 logit; the sum of all hits */
	uint8_t probability;	/* 0 to 100 */
	bool failed;		/* the policy itself failed: all is tempfail */
	struct span failure;	/* "50-default.lua:7: rule \"x\": …" */
	bool retire;		/* the scanner wants to end after this one */
	struct span facts;	/* message facts (engine/facts.h), encoded */
	struct span subject;	/* decoded UTF-8, cut for display */
	struct span header_from;
	struct span message_id;	/* without < >, printable UTF-8 */
	struct span words;	/* mail/words.h, when somebody's plan
				   quarantines or delays; else empty */
};

void verdict_put(struct buf *b, const struct verdict *v);
/*
 * Decodes and checks everything above for an envelope of nrcpts recipients
 * and a message of msg_bytes: every recipient is in exactly one group, header
 * names and values are legal, splices lie inside. False: not a verdict. Takes
 * at most six times the record from the arena.
 */
bool verdict_get(struct span record, size_t nrcpts, uint64_t msg_bytes,
	struct arena *a, struct verdict *v_r);

/* What the MTA at hand can do for us; from its negotiation. */
struct mta_can {
	bool add_header, change_header, delete_rcpt, reinject;
};

enum reply_kind { REPLY_ACCEPT, REPLY_DISCARD, REPLY_TEMPFAIL, REPLY_REJECT };

/* Recipients that the spool must keep something for. */
struct keep {
	enum keep_kind {
		KEEP_QUARANTINE,	/* the original, for the quarantine */
		KEEP_COPY,		/* a copy with splices, to re-inject */
	} kind;
	struct span reason;
	const struct group *group;
	struct span *rcpts;	/* where the copy goes (redirect included) */
	size_t nrcpts;
};

struct resolution {
	enum reply_kind reply;
	struct span code, text;	/* for TEMPFAIL and REJECT */
	const struct edit *edits; /* for the MTA's own copy */
	size_t nedits;
	const struct group *own; /* whose content that copy is, or NULL */
	uint32_t *delete_rcpts;	/* indices, when REPLY_ACCEPT */
	size_t ndelete;
	struct keep *keeps;	/* one spool file holds them all */
	size_t nkeeps;
};

/*
 * DESIGN 5: any tempfail → 451 for all and nothing kept; all reject → 5xx;
 * reject beside others → that recipient's copy is quarantined as "Rejected".
 * The largest delivering group takes the MTA's own copy, further ones become
 * re-injected copies; where the MTA lacks an edit all become copies; where
 * there is no re-injection either, tempfail says so. Delay is "not
 * available" (tempfail) in this version.
 */
void verdict_resolve(const struct verdict *v, const struct envelope *env,
	const struct mta_can *can, struct arena *a,
	struct resolution *r_r);

#endif
