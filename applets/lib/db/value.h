/*
 * Parameters as PQsendQueryPrepared takes them, in binary.
 */
#ifndef DB_VALUE_H
#define DB_VALUE_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "db/db.h"

/* Type numbers that every PostgreSQL has (its catalog/pg_type.dat). */
enum {
	OID_BOOL = 16, OID_BYTEA = 17, OID_NAME = 19, OID_INT8 = 20,
	OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25, OID_FLOAT4 = 700,
	OID_FLOAT8 = 701, OID_BOOLS = 1000, OID_BYTEAS = 1001,
	OID_TEXTS = 1009, OID_INT8S = 1016, OID_VARCHAR = 1043,
	OID_TIMESTAMPTZ = 1184, OID_VOID = 2278, OID_UUID = 2950,
};

enum {
	VALUE_COUNT_MAX = 64,
	VALUE_BYTES_MAX = 256 << 20,	/* all of one call */
};

struct values {
	struct buf bytes;
	Oid types[VALUE_COUNT_MAX];
	const char *at[VALUE_COUNT_MAX];
	int lengths[VALUE_COUNT_MAX];
	int formats[VALUE_COUNT_MAX];
};

/* Permanent error: too big. values_free in any case. */
int values_put(struct values *p, const struct db_value *v, size_t n,
	struct err *e);
void values_free(struct values *p);

#endif
