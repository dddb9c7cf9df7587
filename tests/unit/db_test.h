/*
 * What the tests of lib/db share: a server, which tests/sql/db.t starts and
 * names in PM_TEST_DB, and statements of their own in place of the product's.
 */
#ifndef DB_TEST_H
#define DB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/embed.h"
#include "db/db.h"

/* Statements of this test, in place of those of the product. */
static const char statements[] =
	"-- name: scalars\n"
	"select $1 as b, $2 as i, $3 as r, $4 as t, $5 as y, $6::text as z;\n"
	"-- name: arrays\n"
	"select $1 as t, $2 as y;\n"
	"-- name: numbers\n"
	"select coalesce(sum(i), 0)::int8, count(*), count(*) filter\n"
	"	(where b) from unnest($1, $2) u (i, b);\n"
	"-- name: types\n"
	"select -2::int2, -3::int4, 1.5::float4, 'name'::name, u.id,\n"
	"	'a'::varchar, timestamptz '1969-12-31 23:59:59.9995+00',\n"
	"	timestamptz 'infinity', null::timestamptz, null::uuid from\n"
	"	(select '01890a5d-ac96-774b-bcce-b302099a8057'::uuid id) u;\n"
	"-- name: number_type\n"
	"select 1.5::numeric as n;\n"
	"-- name: length\n"
	"select length($1), octet_length($1);\n"
	"-- name: sleep\n"
	"select pg_sleep($1);\n"
	"-- name: pid\n"
	"select pg_backend_pid();\n"
	"-- name: leave\n"
	"select pg_terminate_backend(pg_backend_pid());\n"
	"-- name: wrong\n"
	"select from nowhere;\n"
	"-- name: copy\n"
	"copy try to stdout;\n"
	"-- name: try_put\n"
	"insert into try (n, v) values ($1, $2);\n"
	"-- name: try_count\n"
	"select count(*) from try where n = $1;\n"
	"-- name: try_many\n"
	"insert into try select n, '' from unnest($1::int4[]) n;\n"
	"-- name: try_lock\n"
	"select 1 from try where n = $1 for update nowait;\n"
	"-- name: try_star\n"
	"select * from try limit 0;\n"
	"-- name: try_widen\n"
	"alter table try add column w text;\n"
	"-- name: fill\n"
	"do $$ begin raise 'disk' using errcode = '53100'; end $$;\n"
	"-- name: raise\n"
	"do $$ begin raise 'no'; end $$;\n"
	"-- name: setting\n"
	"select current_setting($1);\n"
	"-- name: forbidden\n"
	"select pg_read_file('/etc/passwd');\n"
	"-- name: nobody_confirms\n"
	"alter system set synchronous_standby_names = 'nobody';\n"
	"-- name: nobody_need_confirm\n"
	"alter system set synchronous_standby_names = '';\n"
	"-- name: reload\n"
	"select pg_reload_conf();\n"
	"-- name: listen_other\n"
	"listen other;\n";

extern const unsigned char own[], own_end[];
__asm__(".section .rodata\nown:\n.incbin \"sql/query/db.sql\"\n"
	"own_end:\n.byte 0\n.previous");

const struct embedded embedded[] = {
	{ "sql/query/db.sql", own, own_end },
	{ "sql/query/test.sql", (const unsigned char *)statements,
		(const unsigned char *)statements + sizeof(statements) - 1 },
	{ NULL, NULL, NULL },
};

/* libpq's words for it; NULL: there is none. */
static inline const char *server(void)
{
	return getenv("PM_TEST_DB");
}

static inline struct db *fresh(unsigned deadline_ms)
{
	return db_new(server(), "pm", deadline_ms);
}

static inline struct db_rows *call(struct db *d, const char *statement,
	const struct db_value *v, size_t n)
{
	struct db_rows *rows;
	struct err e;

	if (db_call(d, statement, v, n, &rows, &e) < 0)
		fail_msg("%s: %s", statement, e.text);
	return rows;
}

/* The call fails as it should, and says so. */
static inline void refuse(struct db *d, const char *statement,
	const struct db_value *v, size_t n, enum err_class class,
	const char *text)
{
	struct db_rows *rows;
	struct err e;

	assert_int_equal(db_call(d, statement, v, n, &rows, &e), -1);
	assert_null(rows);
	if (span_find(span_of(e.text), span_of(text)) == SIZE_MAX)
		fail_msg("%s, not %s", e.text, text);
	assert_int_equal(e.class, class);
}

static inline int64_t number(struct db *d, const char *statement,
	const struct db_value *v, size_t n)
{
	struct db_rows *rows = call(d, statement, v, n);
	int64_t i = db_int(rows, 0, 0);

	db_rows_free(&rows);
	return i;
}

/* The pid of the server's process for this connection. */
static inline pid_t backend(struct db *d)
{
	return (pid_t)number(d, "pid", NULL, 0);
}

#endif
