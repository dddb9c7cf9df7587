/*
 * The database's half of store/quarantine.h: rows as entries.
 */
#ifndef STORE_QUARANTINE_DB_H
#define STORE_QUARANTINE_DB_H

#include "store/quarantine.h"

/* What a filter asks of the database, made once for all of its pages. */
struct quarantine_query {
	struct id from, before;	/* from <= id < before */
	struct span rcpt, sender, subject, relay;
	int64_t score_least;
	bool any_state;
	int64_t *words;
	size_t nwords;
	int64_t *marks;
	size_t nmarks;
	struct span *reasons;
	size_t nreasons;
	bool grouped;		/* only a group's, by terms */
	struct group_terms terms;
};

/* Permanent error: it cannot be asked so. */
int quarantine_query(const struct quarantine *q,
	const struct quarantine_filter *f, struct arena *a,
	struct quarantine_query *query_r, struct err *e);

/* The next rows, at most n, and moves `before` behind them. */
int quarantine_page(struct db *d, struct quarantine_query *query, size_t n,
	struct db_rows **rows_r, struct err *e);

/* Row i of an answer; spans point into the rows and the arena. */
void quarantine_row(const struct db_rows *rows, size_t i, struct arena *a,
	struct quarantine_entry *entry_r);

/* As quarantine_get, all in the arena; *found_r: is it there? */
int quarantine_fetch(const struct quarantine *q, const struct id *id,
	bool with_body, struct arena *a, struct quarantine_entry *entry_r,
	bool *found_r, struct err *e);

enum quarantine_verb {
	QUARANTINE_RELEASE, QUARANTINE_FORWARD, QUARANTINE_DELETE,
	QUARANTINE_RESTORE, QUARANTINE_KEEP, QUARANTINE_UNKEEP,
	QUARANTINE_LEARN
};

/*
 * Carries out an order; the count, or -1. *found_r false: the database knows
 * no such entry, or did not answer (-1), and nothing was done.
 */
int quarantine_carry_out(const struct quarantine *q, enum quarantine_verb verb,
	const struct id *id, const struct quarantine_order *o, bool *found_r,
	struct err *e);

#endif
