#include "db/rows.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "db/value.h"

enum { UUID_TEXT = 36, ROWS_LIMIT = 1 << 30 };

/* Microseconds from 1970 to 2000, where the server counts from. */
#define EPOCH_US INT64_C(946684800000000)

struct db_rows {
	PGresult *result;
	struct arena *arena;
	char **uuids;		/* of a column: texts, one after another */
};

static const struct {
	Oid oid;
	enum db_type type;
} types[] = {
	{ OID_BOOL, DB_BOOL }, { OID_INT2, DB_INT }, { OID_INT4, DB_INT },
	{ OID_INT8, DB_INT }, { OID_TIMESTAMPTZ, DB_INT },
	{ OID_FLOAT4, DB_REAL }, { OID_FLOAT8, DB_REAL },
	{ OID_TEXT, DB_TEXT }, { OID_VARCHAR, DB_TEXT },
	{ OID_NAME, DB_TEXT }, { OID_UUID, DB_TEXT },
	{ OID_BYTEA, DB_BYTES }, { OID_TEXTS, DB_TEXTS },
	{ OID_BYTEAS, DB_BYTESES }, { OID_VOID, DB_NULL },
};

static bool type_of(Oid oid, enum db_type *type_r)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].oid == oid) {
			*type_r = types[i].type;
			return true;
		}
	return false;
}

/* The bytes of a field as the server sent them. */
static struct span raw(const struct db_rows *rows, size_t row, size_t column)
{
	if (PQgetisnull(rows->result, (int)row, (int)column))
		return (struct span){ NULL, 0 };
	return span_from(PQgetvalue(rows->result, (int)row, (int)column),
		(size_t)PQgetlength(rows->result, (int)row, (int)column));
}

static uint64_t get_be(struct span s)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

static void write_uuid(struct span s, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 16 && s.n == 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[s.p[i] >> 4];
		*out++ = digits[s.p[i] & 15];
	}
}

/* Spans of texts must outlive the asking: all of a column at once. */
static void write_uuids(struct db_rows *rows, size_t column)
{
	size_t n = db_count(rows);
	char *texts = arena_array(rows->arena, n, UUID_TEXT);

	for (size_t row = 0; row < n; row++)
		write_uuid(raw(rows, row, column), texts + row * UUID_TEXT);
	rows->uuids[column] = texts;
}

int rows_new(PGresult *result, const char *statement, struct db_rows **rows_r,
	struct err *e)
{
	struct arena *a = arena_new("rows", ROWS_LIMIT);
	struct db_rows *rows = arena_alloc(a, sizeof(*rows));
	size_t columns = (size_t)PQnfields(result);
	enum db_type type;

	*rows = (struct db_rows){ result, a,
		arena_array(a, columns, sizeof(*rows->uuids)) };
	*rows_r = rows;
	for (size_t c = 0; c < columns; c++) {
		if (!type_of(PQftype(result, (int)c), &type)) {
			err_set(e, ERR_BUG, "database: %s: cast column %s, "
				"type %u is not read", statement,
				PQfname(result, (int)c),
				PQftype(result, (int)c));
			db_rows_free(rows_r);
			return -1;
		}
		if (PQftype(result, (int)c) == OID_UUID)
			write_uuids(rows, c);
	}
	return 0;
}

void db_rows_free(struct db_rows **rows)
{
	struct arena *a;

	if (*rows == NULL)
		return;
	PQclear((*rows)->result);
	a = (*rows)->arena;
	arena_free(&a);
	*rows = NULL;
}

size_t db_count(const struct db_rows *rows)
{
	return (size_t)PQntuples(rows->result);
}

size_t db_columns(const struct db_rows *rows)
{
	return (size_t)PQnfields(rows->result);
}

const char *db_column(const struct db_rows *rows, size_t column)
{
	return PQfname(rows->result, (int)column);
}

enum db_type db_type(const struct db_rows *rows, size_t column)
{
	enum db_type type = DB_NULL;

	type_of(PQftype(rows->result, (int)column), &type);
	return type;
}

bool db_is_null(const struct db_rows *rows, size_t row, size_t column)
{
	return PQgetisnull(rows->result, (int)row, (int)column);
}

/* Asking for what is not there is a bug of the caller. */
static void check(const struct db_rows *rows, size_t row, size_t column,
	enum db_type type)
{
	if (row >= db_count(rows) || column >= db_columns(rows))
		log_panic("row %zu, column %zu: there are %zu, %zu", row,
			column, db_count(rows), db_columns(rows));
	if (db_type(rows, column) != type)
		log_panic("column %s is not of the type that is asked for",
			db_column(rows, column));
}

bool db_bool(const struct db_rows *rows, size_t row, size_t column)
{
	check(rows, row, column, DB_BOOL);
	return get_be(raw(rows, row, column)) != 0;
}

/* Before 1970, too, the millisecond that has begun. */
static int64_t time_ms(int64_t us)
{
	if (us == INT64_MAX || us == INT64_MIN)
		return us; /* infinity */
	us += EPOCH_US;
	return us / 1000 - (us % 1000 < 0);
}

int64_t db_int(const struct db_rows *rows, size_t row, size_t column)
{
	struct span s;
	uint64_t v;

	check(rows, row, column, DB_INT);
	s = raw(rows, row, column);
	v = get_be(s);
	if (s.n == 2)
		return (int16_t)v;
	if (s.n == 4)
		return (int32_t)v;
	if (s.n == 8 && PQftype(rows->result, (int)column) == OID_TIMESTAMPTZ)
		return time_ms((int64_t)v);
	return (int64_t)v;
}

double db_real(const struct db_rows *rows, size_t row, size_t column)
{
	uint64_t bits;
	uint32_t half;
	struct span s;
	double wide;
	float narrow;

	check(rows, row, column, DB_REAL);
	s = raw(rows, row, column);
	bits = get_be(s);
	half = (uint32_t)bits;
	memcpy(&wide, &bits, sizeof(wide));
	memcpy(&narrow, &half, sizeof(narrow));
	return s.n == 4 ? (double)narrow : wide;
}

struct span db_span(const struct db_rows *rows, size_t row, size_t column)
{
	check(rows, row, column, db_type(rows, column) == DB_BYTES ?
		DB_BYTES : DB_TEXT);
	if (rows->uuids[column] && !db_is_null(rows, row, column))
		return span_from(rows->uuids[column] + row * UUID_TEXT,
			UUID_TEXT);
	return raw(rows, row, column);
}

/* Takes n bytes off the front, or all that is left. */
static struct span take(struct span *s, size_t n)
{
	struct span head = span_sub(*s, 0, n);

	*s = span_after(*s, head.n);
	return head;
}

static size_t take_u32(struct span *s)
{
	return (size_t)get_be(take(s, 4));
}

size_t db_spans(const struct db_rows *rows, size_t row, size_t column,
	struct arena *a, struct span **spans_r)
{
	struct span s;
	size_t dimensions, n = 0;

	check(rows, row, column, db_type(rows, column) == DB_BYTESES ?
		DB_BYTESES : DB_TEXTS);
	s = raw(rows, row, column);
	dimensions = take_u32(&s);
	take(&s, 8); /* flags, type */
	for (size_t i = 0; i < dimensions && s.n; i++) {
		n = (i ? n : 1) * take_u32(&s);
		take(&s, 4);
	}
	*spans_r = arena_array(a, n, sizeof(**spans_r));
	for (size_t i = 0; i < n; i++) {
		size_t length = take_u32(&s);

		if (length != UINT32_MAX)
			(*spans_r)[i] = take(&s, length);
	}
	return n;
}
