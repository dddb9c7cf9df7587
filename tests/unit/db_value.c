/* Values as the server gets and gives them back. */
#include "db_test.h"

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

static void test_texts(void **state)
{
	static const struct {
		struct span given, stored;
	} rows[] = {
		{ SPAN(""), SPAN("") },
		{ { NULL, 0 }, SPAN("") },
		{ SPAN("a\0b"), SPAN("a\xef\xbf\xbd" "b") },
		{ SPAN("\0"), SPAN("\xef\xbf\xbd") },
		{ SPAN("\xff\xc3"), SPAN("\xef\xbf\xbd\xef\xbf\xbd") },
		{ SPAN("\xed\xa0\x80"),
			SPAN("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") },
		{ SPAN("\xf0\x9f\x90\x98"), SPAN("\xf0\x9f\x90\x98") },
		{ SPAN("'); drop table try; --"),
			SPAN("'); drop table try; --") },
	};
	struct db *d = fresh(5000);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct db_value v[] = { DB_OF_TEXT(rows[i].given),
			DB_OF_TEXTS(&rows[i].given, 1), DB_OF_INT(0),
			DB_OF_INT(0), DB_OF_INT(0), { .type = DB_NULL } };
		struct db_rows *r = call(d, "scalars", v, 6);

		assert_true(span_eq(db_span(r, 0, 0), rows[i].stored));
		db_rows_free(&r);
	}
	db_free(&d);
}

static void test_arrays(void **state)
{
	static const struct span given[] = { SPAN("one"), { NULL, 0 },
		SPAN(""), SPAN("a\0\xff") };
	struct arena *a = arena_new("test", 1 << 20);
	struct db *d = fresh(5000);
	struct db_value v[] = { DB_OF_TEXTS(given, 4),
		DB_OF_BYTESES(given, 4) };
	struct db_rows *r = call(d, "arrays", v, 2);
	struct span *got;

	(void)state;
	assert_int_equal(db_type(r, 0), DB_TEXTS);
	assert_int_equal(db_type(r, 1), DB_BYTESES);
	for (size_t column = 0; column < 2; column++) {
		assert_int_equal(db_spans(r, 0, column, a, &got), 4);
		assert_true(span_is(got[0], "one"));
		assert_null(got[1].p);
		assert_int_equal(got[2].n, 0);
		assert_non_null(got[2].p);
		assert_true(span_eq(got[3], column ? given[3] :
			SPAN("a\xef\xbf\xbd\xef\xbf\xbd")));
	}
	db_rows_free(&r);
	v[0].n = v[1].n = 0;
	r = call(d, "arrays", v, 2);
	assert_int_equal(db_spans(r, 0, 0, a, &got), 0);
	assert_int_equal(db_spans(r, 0, 1, a, &got), 0);
	db_rows_free(&r);
	db_free(&d);
	arena_free(&a);
}

static void test_numbers(void **state)
{
	static const int64_t i[] = { 1, -3, INT64_C(1) << 40 };
	static const bool b[] = { true, false, true };
	struct db *d = fresh(5000);
	struct db_value v[] = { DB_OF_INTS(i, 3),
		{ DB_BOOLS, { .bools = b }, 3 } };
	struct db_rows *r = call(d, "numbers", v, 2);

	(void)state;
	assert_true(db_int(r, 0, 0) == (INT64_C(1) << 40) - 2);
	assert_int_equal(db_int(r, 0, 1), 3);
	assert_int_equal(db_int(r, 0, 2), 2);
	db_rows_free(&r);
	db_free(&d);
}

static void test_types(void **state)
{
	struct db *d = fresh(5000);
	struct db_rows *r = call(d, "types", NULL, 0);

	(void)state;
	assert_int_equal(db_int(r, 0, 0), -2);
	assert_int_equal(db_int(r, 0, 1), -3);
	assert_true(db_real(r, 0, 2) == 1.5);
	assert_true(span_is(db_span(r, 0, 3), "name"));
	assert_true(span_is(db_span(r, 0, 4),
		"01890a5d-ac96-774b-bcce-b302099a8057"));
	assert_true(span_is(db_span(r, 0, 5), "a"));
	assert_int_equal(db_type(r, 0), DB_INT);
	assert_int_equal(db_int(r, 0, 6), -1); /* not 0: it had begun */
	assert_true(db_int(r, 0, 7) == INT64_MAX);
	assert_int_equal(db_int(r, 0, 8), 0);
	assert_int_equal(db_span(r, 0, 9).n, 0);
	db_rows_free(&r);
	refuse(d, "number_type", NULL, 0, ERR_BUG,
		"number_type: cast column n, type 1700 is not read");
	db_free(&d);
}

static void test_big(void **state)
{
	size_t n = 5 << 20;
	unsigned char *p = malloc(n);
	struct span s = span_from(memset(p, 0xff, n), n), many[64];
	struct db *d = fresh(10000);
	struct db_value v[] = { DB_OF_TEXT(s), DB_OF_BYTES(s), DB_OF_INT(0),
		DB_OF_INT(0), DB_OF_INT(0), { .type = DB_NULL } };
	struct db_rows *r = call(d, "scalars", v, 6);

	(void)state;
	assert_int_equal(db_span(r, 0, 0).n, 3 * n);
	assert_true(span_eq(db_span(r, 0, 1), s));
	db_rows_free(&r);
	for (size_t i = 0; i < 64; i++)
		many[i] = s;
	v[0] = DB_OF_TEXTS(many, 64);
	refuse(d, "scalars", v, 6, ERR_PERMANENT,
		"$1: more than 256 MB in one call");
	assert_int_equal(db_ready(d, NULL), 0);
	db_free(&d);
	free(p);
}

/* The server must not mix up the types that one name was prepared with. */
static void test_choices(void **state)
{
	struct db *d = fresh(5000);
	pid_t first = backend(d);

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		const struct db_value kinds[] = { DB_OF_BOOL(true),
			DB_OF_INT(i), DB_OF_TEXT(SPAN("x")),
			DB_OF_BYTES(SPAN("y")) };
		struct db_value v[6];
		struct db_rows *r;

		for (size_t k = 0; k < 6; k++)
			v[k] = kinds[i >> 2 * k & 3];
		r = call(d, "scalars", v, 6);
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(db_type(r, k), v[k].type);
		db_rows_free(&r);
	}
	assert_true(backend(d) != first); /* too many: begun afresh */
	db_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_choices),
	};

	if (server() == NULL) {
		puts("1..0 # SKIP tests/sql/db.t starts the server");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
