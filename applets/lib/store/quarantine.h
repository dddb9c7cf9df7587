/*
 * The quarantine: withheld mail, and what people do with it. One interface
 * for CLI, API and pages, over two places:
 *
 * disk		quarantine/DAY/ID on the filter's own appliance
 *		(store/held.h): where an entry begins, and where it stays
 *		while no database is wired or none answers
 * database	where the archiver moves it; only then do pages see it
 *
 * An entry is acted upon where it is. While it is being moved nobody acts on
 * it but through the database. What is released goes to an injector: from
 * disk through spool/inject, from the database through the job table. Either
 * way it is never judged again and, without `again`, never sent twice.
 */
#ifndef STORE_QUARANTINE_H
#define STORE_QUARANTINE_H

#include "crypto/seal.h"
#include "db/db.h"
#include "store/group.h"
#include "store/spool.h"

/* Where to look. Owned by the caller. */
struct quarantine {
	struct db *db;		/* NULL: none is wired */
	const struct seal_key *key; /* NULL: bodies stay closed */
	bool disk;		/* this appliance has a spool */
};

enum quarantine_state {
	QUARANTINE_HELD, QUARANTINE_RELEASED, QUARANTINE_DELETED
};

/* "held", "released", "deleted" */
const char *quarantine_state_name(enum quarantine_state s);

struct quarantine_rcpt {
	struct span address;	/* as it stood in the envelope */
	struct span reason;
	enum quarantine_state state;
};

struct quarantine_event {
	int64_t at_ms;
	struct span who, what, detail;	/* "alice", "released", "to …" */
};

struct quarantine_entry {
	struct id id;
	bool on_disk;
	struct span appliance;
	struct span relay, sender, header_from, subject;
	struct span reason;	/* the gravest */
	uint64_t size;
	int32_t score;
	uint8_t probability;
	enum quarantine_state state; /* held while it is for anybody */
	struct quarantine_rcpt *rcpts;
	size_t nrcpts;
	struct spool_record record; /* trace, facts, envelope; of a deleted one
				   on disk only the id */
	/* Of quarantine_get only, where the record has the body, too, when it
	   was asked for: */
	struct quarantine_event *events;
	size_t nevents;
};

struct quarantine_filter {
	struct span reason;	/* whole, case ignored; on disk a part */
	struct span rcpt, sender; /* address, @domain, or a part without @ */
	struct span subject;	/* words, all of them */
	struct span words;	/* of the text, all of them; needs the key */
	/* What else is known of it, all of them: lines KIND:VALUE, as
	   words_add_mark (mail/words.h) makes them; engine/findable.h. */
	struct span marks;
	/* A recipient is one of them; NULL: anybody. */
	const struct group_people *group;
	struct span relay;	/* address or CIDR */
	int32_t score_least;	/* INT32_MIN: any */
	int64_t since_ms, until_ms; /* 0: any */
	bool all_states;	/* else held ones only */
	struct id before;	/* empty: from the newest; else the page that
				   follows this id */
	size_t limit;		/* 0: no end */
};

struct quarantine_trouble {
	size_t unreadable;	/* damaged entries on disk */
	bool no_database;	/* it did not answer: the list is of disk */
	char why[ERR_TEXT_MAX];
};

/*
 * Calls `each` for every matching entry, the newest first, until it returns
 * false. The entry lives for the call.
 */
int quarantine_list(const struct quarantine *q,
	const struct quarantine_filter *f,
	bool (*each)(const struct quarantine_entry *entry, void *context),
	void *context, struct quarantine_trouble *trouble_r, struct err *e);

/* Spans are in the arena. Permanent error: there is no such message. */
int quarantine_get(const struct quarantine *q, const struct id *id,
	bool with_body, struct arena *a, struct quarantine_entry *entry_r,
	struct err *e);

/*
 * The sealed pieces of a body in the database, for a process that has not the
 * key to hand to one that has (web/helper.h). None: it is not there. They
 * live in the arena.
 */
int quarantine_sealed(const struct quarantine *q, const struct id *id,
	struct arena *a, struct span **pieces_r, size_t *n_r, struct err *e);

/* What the filters learn of a message, once for each who. */
enum quarantine_learn {
	QUARANTINE_LEARN_NOTHING, QUARANTINE_LEARN_WANTED,
	QUARANTINE_LEARN_SPAM, QUARANTINE_LEARN_UNDO
};

/* Who orders what, and how. */
struct quarantine_order {
	struct id key;		/* names the order: repeated, it is one */
	const char *who;	/* "alice" */
	const char *via;	/* "cli", "page 192.0.2.1" */
	const struct span *rcpts; /* of the message; n 0: all of them */
	size_t nrcpts;
	bool again;		/* release: what was released before, too */
	bool approve;		/* release: and always allow the sender for
				   these recipients (database only) */
	bool once;		/* the key is a ticket's (crypto/ticket.h): it
				   is noted as used with the order; an error
				   if it was (database only) */
	unsigned wait_s;	/* so long it can be undone (database only) */
	const struct id *action; /* that it is a part of, or NULL (database
				   only: store/quarantine_action.h) */
	enum quarantine_learn learn; /* with it, or of quarantine_learn
				   (database only: a filter there learns) */
	const char *learner;	/* whose say that is; NULL: an administrator's,
				   which is not bounded */
};

/*
 * How many recipients it had an effect for; -1 and *e. None is an error. Two
 * orders at once follow each other. After a temporary error it may have been
 * carried out: the same order again, with the same key, is done once and
 * answers the same.
 */
int quarantine_release(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);
/* To other addresses (o->rcpts); it stays as it is. */
int quarantine_forward(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);
/*
 * What is held: from disk for good; in the database nobody sees it any more,
 * and its retention ends it.
 */
int quarantine_delete(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);
/*
 * Deleted, or released and not yet sent (the order is undone): held again,
 * and what o->learner said of it is taken back.
 */
int quarantine_restore(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);

/*
 * Keeps it beyond its retention, until it is let go: the class "held"
 * (database only). Whoever it is for may still release or delete it.
 */
int quarantine_keep(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);
/* Its reason's retention counts again, from when it came. */
int quarantine_unkeep(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);

/* Nothing but o->learn. */
int quarantine_learn(const struct quarantine *q, const struct id *id,
	const struct quarantine_order *o, struct err *e);

/* A row of what was said, for who learns it. */
struct quarantine_said {
	struct id id;
	struct span who;	/* empty: an administrator */
	enum quarantine_learn learn;
	int64_t version;	/* to ask with the next time */
};
/* What was said after that version, a few at a time, in its order. */
int quarantine_heard(struct db *db, int64_t version, struct arena *a,
	struct quarantine_said **v_r, size_t *n_r, struct err *e);

/*
 * Puts a message in: to disk, from where the archiver moves it. Permanent
 * error: this appliance has no spool.
 */
int quarantine_add(const struct quarantine *q, const struct spool_record *r,
	struct err *e);

#endif
