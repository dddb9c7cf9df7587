/*
 * The database layer over a real server. tests/sql/db.t starts one and says
 * where (PM_TEST_DB); without it only what needs none is tried.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
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
	"-- name: listen_none\n"
	"listen none;\n";

extern const unsigned char own[], own_end[];
__asm__(".section .rodata\nown:\n.incbin \"sql/query/db.sql\"\n"
	"own_end:\n.byte 0\n.previous");

const struct embedded embedded[] = {
	{ "sql/query/db.sql", own, own_end },
	{ "sql/query/test.sql", (const unsigned char *)statements,
		(const unsigned char *)statements + sizeof(statements) - 1 },
	{ NULL, NULL, NULL },
};

static const char *server;

static struct db *fresh(unsigned deadline_ms)
{
	return db_new(server, "pm", deadline_ms);
}

static struct db_rows *call(struct db *d, const char *statement,
	const struct db_value *v, size_t n)
{
	struct db_rows *rows;
	struct err e;

	if (db_call(d, statement, v, n, &rows, &e) < 0)
		fail_msg("%s: %s", statement, e.text);
	return rows;
}

/* The call fails as it should, and says so. */
static void refuse(struct db *d, const char *statement,
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

static int64_t number(struct db *d, const char *statement,
	const struct db_value *v, size_t n)
{
	struct db_rows *rows = call(d, statement, v, n);
	int64_t i = db_int(rows, 0, 0);

	db_rows_free(&rows);
	return i;
}

static void test_scalars(void **state)
{
	struct db *d = fresh(5000);
	struct span bytes = SPAN("\0\xff\x80" "abc");
	struct db_value v[] = { DB_OF_BOOL(true), DB_OF_INT(INT64_MIN),
		{ DB_REAL, { .real = -0.125 }, 0 }, DB_OF_TEXT(SPAN("é")),
		DB_OF_BYTES(bytes), { .type = DB_NULL } };
	struct db_rows *rows = call(d, "scalars", v, 6);

	(void)state;
	assert_int_equal(db_count(rows), 1);
	assert_int_equal(db_columns(rows), 6);
	assert_string_equal(db_column(rows, 5), "z");
	assert_true(db_bool(rows, 0, 0));
	assert_true(db_int(rows, 0, 1) == INT64_MIN);
	assert_true(db_real(rows, 0, 2) == -0.125);
	assert_true(span_eq(db_span(rows, 0, 3), SPAN("é")));
	assert_true(span_eq(db_span(rows, 0, 4), bytes));
	assert_true(db_is_null(rows, 0, 5));
	assert_int_equal(db_span(rows, 0, 5).n, 0);
	assert_int_equal(db_type(rows, 0), DB_BOOL);
	assert_int_equal(db_type(rows, 4), DB_BYTES);
	db_rows_free(&rows);
	assert_null(rows);
	db_free(&d);
	assert_null(d);
}

/* Nobody there: said at once, and again without asking until the pause ends. */
static void test_refused(void **state)
{
	struct db *d = db_new("host=/nowhere", "pm", 5000);
	int64_t from = clock_ms();

	(void)state;
	refuse(d, "ready", NULL, 0, ERR_TEMPORARY, "database: connection to "
		"server on socket \"/nowhere/.s.PGSQL.5432\" failed: No such "
		"file or directory");
	refuse(d, "ready", NULL, 0, ERR_TEMPORARY, "No such file");
	assert_int_equal(db_fd(d), -1);
	assert_true(clock_ms() - from < 1000);
	db_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
	};

	const struct CMUnitTest alone[] = {
		cmocka_unit_test(test_refused),
	};

	(void)number;
	server = getenv("PM_TEST_DB");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (server == NULL)
		return cmocka_run_group_tests(alone, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
