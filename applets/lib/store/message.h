/*
 * What the message log keeps of one message: the record that the filter's
 * front writes to the journal and the archiver puts into the database.
 */
#ifndef STORE_MESSAGE_H
#define STORE_MESSAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"

/* What became of a recipient at the filter, the gravest last (DESIGN 11). */
enum outcome {
	OUTCOME_DELIVERED, OUTCOME_TAGGED, OUTCOME_REDIRECTED,
	OUTCOME_DISCARDED, OUTCOME_DELAYED, OUTCOME_QUARANTINED,
	OUTCOME_REJECTED, OUTCOME_DEFERRED,
	OUTCOME_N
};

/* "delivered", … */
const char *outcome_name(enum outcome o);

#define MESSAGE_BREAKS "breaks-dkim("

/* Recipients with one outcome. */
struct message_group {
	enum outcome outcome;
	struct span reason;	/* "Spam", or empty */
	struct span reply;	/* what the sender was told, or empty */
	struct span trace;	/* lines: "POLICY/RULE FILE:LINE: what"; what
				   begins with MESSAGE_BREAKS when the rule
				   broke a good signature */
	uint32_t *rcpts;	/* indices, ascending */
	size_t nrcpts;
};

struct message_record {
	struct id id;
	int64_t received_ms;
	struct span appliance;
	struct span relay_addr, relay_name, helo, mail_from, queue_id;
	struct span *rcpts;	/* as they stood in the envelope */
	size_t nrcpts;
	struct span subject, header_from; /* decoded, cut for display */
	struct span message_id;
	uint64_t size;
	int32_t score;
	uint8_t probability;
	uint32_t took_ms;
	struct span why;	/* trouble on our side, or empty */
	struct message_group *groups;
	size_t ngroups;
	struct span facts;	/* engine/facts.h */
};

void message_put(struct buf *b, const struct message_record *r);
/*
 * Spans point into the record. False: malformed, or a recipient is not in
 * exactly one group. (A refused session has a group of nobody.)
 */
bool message_get(struct span record, struct arena *a,
	struct message_record *r_r);

/*
 * "POLICY/RULE" of a line of a trace whose rule broke a good signature; false
 * for any other line.
 */
bool message_breaks(struct span line, struct span *rule_r);

/* The gravest outcome of all groups. */
enum outcome message_outcome(const struct message_record *r);

#endif
