/*
 * The verdict: for each recipient a plan, equal plans grouped (DESIGN 5).
 *
 * The scanner makes and encodes a verdict, front decodes it (trusting
 * nothing) and resolves it (engine/resolve.h). Pure: no I/O.
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
	VERDICT_COPIES_MAX = 16, /* of a group: reasons, archives */
	VERDICT_NOTICES_MAX = 16, /* of a group */
	VERDICT_NOTICE_MAX = 1 << 20, /* bytes of a notice */
	VERDICT_TARGETS_MAX = 1000, /* where one recipient's mail goes */
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
/*
 * How it begins of a rule that broke a good signature: "breaks-dkim(DOMAIN)",
 * once a domain, then what the rule said. Nothing of a message can stand
 * there; store/message.h counts them.
 */
#define TRACE_BREAKS "breaks-dkim("

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

/*
 * Where the mail of one recipient goes instead of to him: nowhere (n 0), or
 * to these. What his copy holds is his group's.
 */
struct destination {
	uint32_t rcpt;		/* index into the envelope */
	struct span *to;
	size_t n;
};

/* A message that tells somebody what was done; its sender is the null one. */
struct notice {
	struct span *to;
	size_t nto;
	struct span body;	/* header and body, CRLF */
};

/* Recipients whose plans are equal, but for their destinations. */
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
	struct span *copies;	/* reasons: a copy of the original goes to the
				   quarantine beside what else happens */
	size_t ncopies;
	struct span *archives;	/* "legal": the original goes there, too */
	size_t narchives;
	struct notice *notices;
	size_t nnotices;
	struct destination *elsewhere; /* in the order of rcpts */
	size_t nelsewhere;
	bool new_sender;	/* the envelope's sender becomes mail_from */
	struct span mail_from;	/* empty: the null sender */
	bool batv;		/* front signs the envelope's sender */
	bool new_body;		/* splices reach behind the header */
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

#endif
