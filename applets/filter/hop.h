/*
 * What front, zygote and scanner say to each other: SEQPACKET datagrams of
 * fixed records, all on one machine and from one executable. Front trusts
 * neither of the others: it checks size, magic, id and every value.
 *
 * front → zygote: order (LOAD with the bundle's memfd; SPAWN with control
 *	socket, slot, and the broker's socket when there is one; KILL)
 * zygote → front: note (LOADED, SPAWNED, EXITED), LOADED with a text
 * front → scanner: job; envelope and message are in the slot, or each in a
 *	read-only descriptor beside it
 * scanner → front: parts of one reply, each a head and its bytes
 */
#ifndef FILTER_HOP_H
#define FILTER_HOP_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/engine.h"

enum {
	HOP_MAGIC = 0x706d6870,
	HOP_SLOT_SIZE = 256 << 10,
	HOP_PART_BYTES = 48 << 10,	/* of a reply, in one datagram */
	HOP_REPLY_MAX = 16 << 20,
	HOP_TEXT_MAX = 800,
};

enum hop_kind {
	HOP_LOAD = 1, HOP_SPAWN, HOP_KILL,
	HOP_LOADED, HOP_SPAWNED, HOP_EXITED,
	HOP_JUDGE, HOP_STAGE, HOP_REPLY,
};

/* id: the generation for LOAD, else the scanner, named by front. */
struct hop_order {
	uint32_t magic, kind;
	uint64_t id;
	uint32_t broker;	/* SPAWN: a broker's socket comes along */
	uint32_t unused;
};

struct hop_note {
	uint32_t magic, kind;
	uint64_t id;
	uint32_t good;		/* LOADED, SPAWNED: it worked */
	uint32_t stages;	/* LOADED: bit 1 << enum engine_stage */
	int32_t status;		/* EXITED: as wait(2) gives it */
	uint32_t cpu_ms;	/* EXITED: all CPU time it used */
	uint64_t generation;	/* SPAWNED: of the policy it has */
};

struct hop_job {
	uint32_t magic, kind;	/* HOP_JUDGE, HOP_STAGE */
	uint64_t id;
	uint32_t stage;		/* enum engine_stage */
	/* Comes as a descriptor, in this order; user data only when they are
	   others than with the job before. */
	uint32_t env_fd, msg_fd, users_fd;
	uint64_t env_bytes, msg_bytes, users_bytes;
	int64_t deadline_ms;	/* monotonic: questions are LATER then */
};

struct hop_part {
	uint32_t magic, kind;
	uint64_t id;
	uint32_t total, offset;	/* of the reply's bytes */
	uint32_t retire;	/* the scanner ends after this one */
	uint32_t unused;
};

/* Where the message starts in a slot whose envelope has env_bytes. */
size_t hop_message_at(size_t env_bytes);

/* Sends a reply in parts; blocks. 0, or -1 with errno. */
int hop_reply(int fd, uint64_t id, bool retire, struct span bytes);

/* A reply being put together; buf.arena is set by the caller. */
struct hop_reply {
	uint64_t id;
	struct buf bytes;
	bool started, retire;
	uint32_t total;
};
/* Adds a datagram: 1 complete, 0 more to come, -1 not what we asked for. */
int hop_reply_take(struct hop_reply *r, struct span datagram);

void hop_put_answer(struct buf *b, const struct stage_answer *a);
/* False: an action, code or text that the MTA must not see. */
bool hop_get_answer(struct span record, struct stage_answer *a_r);

#endif
