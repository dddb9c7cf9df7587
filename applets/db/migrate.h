/*
 * Brings a database's schema up to this version: sql/schema/NNNN_name.sql,
 * each in a transaction of its own, recorded with its hash.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "crypto/hash.h"
#include "db/db.h"

enum { MIGRATE_DEADLINE_MS = 3600000 };

struct migration {
	uint64_t number;
	const char *name;	/* "0001_ground.sql" */
	struct span text;
	char sha256[HASH_SHA256_HEX_SIZE];
};

struct migrations {
	struct migration *v;	/* in order */
	size_t n;
};

/* Those that are embedded. */
int migrate_ours(struct arena *a, struct migrations *m_r, struct err *e);
/* Those of a folder, for who writes one. */
int migrate_folder(int folder, const char *name, struct arena *a,
	struct migrations *m_r, struct err *e);

/*
 * Applies what is missing, in order; *done_r counts it. Two at once: one
 * waits. Permanent: an applied file was changed since, or the database is
 * newer than we are; nothing is touched then.
 */
int migrate_run(struct db *d, const struct migrations *m, unsigned *done_r,
	struct err *e);

#endif
