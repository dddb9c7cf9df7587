#include "web/pages_host.h"

#include <stdio.h>

#include "db/statement.h"

enum { PARAMETERS_MAX = 32, VALUES_MAX = 10000 };

/* The highest $N of a statement's text. */
static size_t count_parameters(struct span text)
{
	size_t most = 0;

	for (size_t i = 0; i + 1 < text.n; i++) {
		size_t n = 0;

		if (text.p[i] != '$')
			continue;
		for (i++; i < text.n && text.p[i] >= '0' &&
		    text.p[i] <= '9' && n < 1000; i++)
			n = n * 10 + (size_t)(text.p[i] - '0');
		if (n > most)
			most = n;
	}
	return most;
}

/* An array of Lua as an array of SQL: of texts or of whole numbers. */
static bool take_array(struct script_call *c, const struct script_value *t,
	struct arena *a, struct db_value *v_r)
{
	size_t n = script_table_count(c->script, t);
	struct span *texts = arena_array(a, n + 1, sizeof(*texts));
	int64_t *ints = arena_array(a, n + 1, sizeof(*ints));
	size_t ntexts = 0;

	if (n > VALUES_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct script_value v = script_table_at(c->script, t, i + 1);

		if (v.type == SCRIPT_TEXT)
			texts[ntexts++] = arena_span(a, v.text);
		else if (v.type == SCRIPT_INT)
			ints[i] = v.integer;
		else
			return false;
	}
	if (ntexts != 0 && ntexts != n)
		return false;
	*v_r = n && ntexts == 0 ? DB_OF_INTS(ints, n) : DB_OF_TEXTS(texts, n);
	return true;
}

static bool take_value(struct script_call *c, const struct script_value *v,
	struct arena *a, struct db_value *v_r)
{
	switch (v->type) {
	case SCRIPT_NIL:
		*v_r = (struct db_value){ .type = DB_NULL };
		return true;
	case SCRIPT_BOOL:
		*v_r = DB_OF_BOOL(v->boolean);
		return true;
	case SCRIPT_INT:
		*v_r = DB_OF_INT(v->integer);
		return true;
	case SCRIPT_REAL:
		*v_r = (struct db_value){ .type = DB_REAL, .real = v->real };
		return true;
	case SCRIPT_TEXT:
		*v_r = DB_OF_TEXT(arena_span(a, v->text));
		return true;
	case SCRIPT_TABLE:
		return take_array(c, v, a, v_r);
	default:
		return false;
	}
}

static struct script_value give_texts(const struct db_rows *rows, size_t row,
	size_t column, struct arena *a)
{
	struct span *s;
	size_t n = db_spans(rows, row, column, a, &s);
	struct script_value *v = arena_array(a, n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = pages_text(arena_span(a, s[i]));
	return pages_array(a, v, n);
}

static struct script_value give_value(const struct db_rows *rows, size_t row,
	size_t column, struct arena *a)
{
	if (db_is_null(rows, row, column))
		return (struct script_value){ .type = SCRIPT_NIL };
	switch (db_type(rows, column)) {
	case DB_BOOL:
		return pages_bool(db_bool(rows, row, column));
	case DB_INT:
		return pages_int(db_int(rows, row, column));
	case DB_REAL:
		return (struct script_value){ .type = SCRIPT_REAL,
			.real = db_real(rows, row, column) };
	case DB_TEXTS:
	case DB_BYTESES:
		return give_texts(rows, row, column, a);
	default:
		return pages_text(arena_span(a, db_span(rows, row, column)));
	}
}

static struct script_value give_rows(const struct db_rows *rows,
	struct arena *a)
{
	size_t n = db_count(rows), columns = db_columns(rows);
	struct script_value *v = arena_array(a, n + 1, sizeof(*v));
	const char **names = arena_array(a, columns + 1, sizeof(*names));

	for (size_t k = 0; k < columns; k++)
		names[k] = arena_string(a, span_of(db_column(rows, k)));
	for (size_t i = 0; i < n; i++) {
		v[i] = pages_map(a, columns);
		for (size_t k = 0; k < columns; k++)
			pages_put(&v[i], names[k], give_value(rows, i, k, a));
	}
	return pages_array(a, v, n);
}

/* Fills v from the Lua array; false: c fails. */
static bool take_parameters(struct script_call *c, struct span name, size_t n,
	struct arena *a, struct db_value *v)
{
	struct script_value none = { .type = SCRIPT_NIL };
	const struct script_value *t = c->nargs > 1 ? &c->args[1] : &none;

	if (n > PARAMETERS_MAX || script_table_count(c->script, t) > n) {
		err_set(&c->error, ERR_BUG, "%.*s takes %zu parameters",
			SPAN_FMT(name), n);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct script_value x = script_table_at(c->script, t, i + 1);

		if (!take_value(c, &x, a, &v[i])) {
			err_set(&c->error, ERR_BUG, "%.*s: parameter %zu is "
				"a %s: nil, boolean, number, text, or an "
				"array of texts or of whole numbers",
				SPAN_FMT(name), i + 1,
				script_type_name(x.type));
			return false;
		}
	}
	return true;
}

void pages_word_query(struct script_call *c)
{
	struct pages *p = pages_at_hand();
	struct db_value v[PARAMETERS_MAX];
	struct db_rows *rows = NULL;
	struct statement s;
	struct span name;
	char text[PAGES_WHERE_SIZE];
	size_t n;

	if (!pages_arg_text(c, 0, "query(statement, { … })", &name) ||
	    !pages_arg_request(c))
		return;
	snprintf(text, sizeof(text), "%.*s", SPAN_FMT(span_sub(name, 0,
		sizeof(text) - 1)));
	if (!statement_find(text, &s)) {
		err_set(&c->error, ERR_BUG, "there is no statement \"%s\"",
			text);
		return;
	}
	n = count_parameters(s.text);
	if (!take_parameters(c, name, n, p->request->arena, v))
		return;
	if (p->db == NULL)
		err_set(&c->error, ERR_TEMPORARY, "no database is wired");
	else if (db_call(p->db, text, v, n, &rows, &c->error) == 0)
		c->result = give_rows(rows, p->request->arena);
	if (c->error.class != ERR_NONE)
		p->query_error = c->error;
	db_rows_free(&rows);
}
