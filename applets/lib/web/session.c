#include "web/session.h"

#include "crypto/hash.h"

/* A list of texts, copied. */
static size_t texts(const struct db_rows *rows, size_t column, struct arena *a,
	struct span **spans_r)
{
	size_t n = db_spans(rows, 0, column, a, spans_r);

	for (size_t i = 0; i < n; i++)
		(*spans_r)[i] = arena_span(a, (*spans_r)[i]);
	return n;
}

static const struct web_session *read_row(const struct db_rows *rows,
	struct span cookie, struct arena *a)
{
	struct web_session *s = arena_alloc(a, sizeof(*s));

	s->who = arena_span(a, db_span(rows, 0, 0));
	s->naddresses = texts(rows, 1, a, &s->addresses);
	s->nrights = texts(rows, 2, a, &s->rights);
	s->must_change = db_bool(rows, 0, 3);
	s->csrf = arena_span(a, db_span(rows, 0, 4));
	s->cookie = arena_span(a, cookie);
	return s;
}

int session_find(struct db *db, const char *scope, struct span cookie,
	struct arena *a, const struct web_session **session_r, struct err *e)
{
	unsigned char hash[HASH_SHA256_SIZE] = { 0 };
	struct db_value v[] = { DB_OF_BYTES(span_from(hash, sizeof(hash))),
		DB_OF_TEXT(span_of(scope)) };
	struct db_rows *rows;

	*session_r = NULL;
	hash_sha256(cookie, hash);
	if (db_call(db, "session_find", v, 2, &rows, e) < 0)
		return -1;
	if (db_count(rows) == 1)
		*session_r = read_row(rows, cookie, a);
	db_rows_free(&rows);
	return 0;
}

int session_end(struct db *db, const char *scope, struct span cookie,
	struct err *e)
{
	unsigned char hash[HASH_SHA256_SIZE] = { 0 };
	struct db_value v[] = { DB_OF_BYTES(span_from(hash, sizeof(hash))),
		DB_OF_TEXT(span_of(scope)) };

	hash_sha256(cookie, hash);
	return db_call(db, "session_end", v, 2, NULL, e);
}
