/*
 * Questions to the world, and their records between a scanner and a broker.
 *
 * A request is one SEQPACKET datagram: magic, id, kind, type, name, zone,
 * clean, patience; for a virus question the bytes travel as a sealed memfd
 * beside it. An answer is one datagram: magic, id, state, text, records. Both
 * sides check everything: a broker serves scanners that may have been taken
 * over.
 */
#ifndef BASE_QUESTION_H
#define BASE_QUESTION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

enum ask_kind {
	ASK_DNS,	/* name, type -> records */
	ASK_VIRUS,	/* bytes -> found (name), clean, or cannot scan */
	ASK_HISTORY,	/* name -> not available in this version: LATER */
	ASK_RATE,	/* name: a request -> one record (base/rate.h) */
	ASK_KINDS
};

enum ask_state {
	ASK_PENDING,	/* sent, no answer yet */
	ASK_YES,	/* DNS: records; virus: found */
	ASK_NO,		/* DNS: no such name or type; virus: clean */
	ASK_UNABLE,	/* virus: the engine cannot scan this (and says why) */
	ASK_LATER,	/* could not be known in time; why says what failed */
	ASK_OFF,	/* virus: no engine is wired */
};

enum {
	ASK_RECORDS_MAX = 64,
	ASK_PENDING_MAX = 256,
	ASK_DATAGRAM_MAX = 65536,
};

struct question {
	enum ask_kind kind;
	struct span name;	/* DNS: the name, dots, no final dot needed */
	uint16_t type;		/* DNS: RFC 1035 type number */
	/* DNS, of a list (RFC 5782); 0: of none. So many last bytes of the name
	   are its zone, which rests when it does not answer. */
	uint8_t zone;
	struct span clean;	/* … what it must not list, for its answer to
				   count; empty: it counts */
	uint16_t patience_ms;	/* DNS: then LATER; 0: the broker's own */
	struct span bytes;	/* virus: what to scan */

	enum ask_state state;	/* filled by send and collect */
	struct span *records;	/* DNS: rdata each, raw */
	size_t nrecords;
	struct span text;	/* virus name, or why LATER / UNABLE */
	struct question *next;	/* for the implementation's own list */
};

void question_put_request(struct buf *b, uint32_t id,
	const struct question *q);
/* False: malformed. name points into the record. */
bool question_get_request(struct span record, uint32_t *id_r,
	struct question *q_r);
/* state, records and text of q; cut to fit ASK_DATAGRAM_MAX. */
void question_put_answer(struct buf *b, uint32_t id,
	const struct question *q);
/* Fills state, records and text (in the arena) of *q_r. */
bool question_get_answer(struct span record, struct arena *a,
	uint32_t *id_r, struct question *q_r);

#endif
