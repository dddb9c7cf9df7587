#include "db/db.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "db/link.h"
#include "db/rows.h"
#include "db/statement.h"
#include "db/value.h"

enum {
	DB_LIMIT = 1 << 20,	/* of the arenas: names and numbers */
	CHANNEL_MAX = 8,
	PREPARED_MAX = 256,	/* each choice of nulls is one more */
};

/* A statement with one choice of types, as the server knows it. */
struct prepared {
	char name[16];
};

struct db {
	struct link link;
	struct arena *arena;
	struct arena *session;	/* as old as the connection */
	struct map *prepared;
	const char *channels[CHANNEL_MAX];
	size_t nchannels;
	bool open;		/* a transaction */
	struct err failed;	/* why it cannot be committed any more */
};

/* "{login}" in it becomes the login. */
static const char *say_conninfo(struct arena *a, const char *conninfo,
	const char *login)
{
	struct span rest = span_of(conninfo), mark = SPAN("{login}");
	struct buf b = { .arena = a };
	size_t at;

	while ((at = span_find(rest, mark)) != SIZE_MAX) {
		buf_span(&b, span_sub(rest, 0, at));
		buf_string(&b, login);
		rest = span_after(rest, at + mark.n);
	}
	buf_span(&b, rest);
	return buf_c(&b);
}

struct db *db_new(const char *conninfo, const char *login,
	unsigned deadline_ms)
{
	struct arena *a = arena_new("db", DB_LIMIT);
	struct db *d = arena_alloc(a, sizeof(*d));

	d->arena = a;
	d->session = arena_new("db session", DB_LIMIT);
	d->link.conninfo = say_conninfo(a, conninfo, login);
	d->link.login = arena_string(a, span_of(login));
	d->link.deadline_ms = deadline_ms;
	return d;
}

void db_free(struct db **d)
{
	struct arena *a;

	if (*d == NULL)
		return;
	link_close(&(*d)->link);
	arena_free(&(*d)->session);
	a = (*d)->arena;
	arena_free(&a);
	*d = NULL;
}

void db_forget(struct db *d)
{
	link_close(&d->link);
}

int db_fd(const struct db *d)
{
	return d->link.conn ? PQsocket(d->link.conn) : -1;
}

/* Which types the values have, one letter each, behind the name. */
static struct span say_key(const char *statement, const struct db_value *v,
	size_t n, struct buf *b)
{
	buf_string(b, statement);
	buf_byte(b, '/');
	for (size_t i = 0; i < n; i++)
		buf_byte(b, (unsigned char)('a' + v[i].type));
	return buf_bytes(b);
}

/* Has the server prepare it under the next free name. */
static struct prepared *prepare(struct db *d, const char *statement,
	struct span key, const struct values *p, size_t n, int64_t until,
	struct err *e)
{
	struct buf text = { 0 };
	struct prepared *made;
	struct statement s;
	PGresult *r;

	if (!statement_find(statement, &s)) {
		err_set(e, ERR_BUG, "database: no statement %s in sql/query",
			statement);
		return NULL;
	}
	made = arena_alloc(d->session, sizeof(*made));
	snprintf(made->name, sizeof(made->name), "s%zu",
		map_count(d->prepared));
	buf_span(&text, s.text);
	/* A failed sending is met again, and told, when we read. */
	PQsendPrepare(d->link.conn, made->name, buf_c(&text), (int)n,
		p->types);
	buf_free(&text);
	if (link_finish(&d->link, statement, false, until, &r, e) < 0)
		return NULL;
	PQclear(r);
	map_put(d->prepared, arena_span(d->session, key), made);
	return made;
}

/* One statement over an open link. */
static int carry_out(struct db *d, const char *statement,
	const struct db_value *v, size_t n, int64_t until,
	PGresult **result_r, struct err *e)
{
	struct buf name = { 0 };
	struct span key = say_key(statement, v, n, &name);
	struct prepared *known = map_get(d->prepared, key), *s;
	struct values p = { 0 };
	int got = values_put(&p, v, n, e);

	if (got == 0) {
		s = known ? known : prepare(d, statement, key, &p, n, until,
			e);
		got = s ? 0 : -1;
	}
	if (got == 0) {
		PQsendQueryPrepared(d->link.conn, s->name, (int)n, p.at,
			p.lengths, p.formats, 1);
		got = link_finish(&d->link, statement, known != NULL, until,
			result_r, e);
	}
	values_free(&p);
	buf_free(&name);
	if (got == 0)
		link_answered(&d->link);
	return got;
}

static int listen_to(struct db *d, const char *channel, int64_t until,
	struct err *e)
{
	char name[64];
	PGresult *r;

	snprintf(name, sizeof(name), "listen_%s", channel);
	if (carry_out(d, name, NULL, 0, until, &r, e) < 0)
		return -1;
	PQclear(r);
	return 0;
}

/* Connects if need be; a new connection listens again. */
static int open_link(struct db *d, int64_t until, struct err *e)
{
	bool new;

	if (d->link.conn && map_count(d->prepared) >= PREPARED_MAX)
		link_close(&d->link);
	if (link_open(&d->link, until, &new, e) < 0)
		return -1;
	if (!new)
		return 0;
	arena_reset(d->session);
	d->prepared = map_new(d->session);
	for (size_t i = 0; i < d->nchannels; i++)
		if (listen_to(d, d->channels[i], until, e) < 0) {
			link_close(&d->link);
			return -1;
		}
	return 0;
}

/* A transaction lives in one connection only. */
static int still_open(struct db *d, struct err *e)
{
	if (d->failed.class != ERR_NONE) {
		*e = d->failed;
		return -1;
	}
	if (d->link.conn == NULL || !link_look(&d->link))
		return err_set(e, ERR_TEMPORARY, "database: connection lost "
			"in the middle of a transaction");
	return 0;
}

static int run(struct db *d, const char *statement, const struct db_value *v,
	size_t n, PGresult **result_r, struct err *e)
{
	int64_t until = clock_ms() + d->link.deadline_ms;

	if ((d->open ? still_open(d, e) : open_link(d, until, e)) < 0)
		return -1;
	return carry_out(d, statement, v, n, until, result_r, e);
}

int db_call(struct db *d, const char *statement, const struct db_value *v,
	size_t n, struct db_rows **rows_r, struct err *e)
{
	struct err why;
	PGresult *result;
	int got;

	if (rows_r)
		*rows_r = NULL;
	got = run(d, statement, v, n, &result, &why);
	if (got == 0 && rows_r)
		got = rows_new(result, statement, rows_r, &why);
	else if (got == 0)
		PQclear(result);
	if (got < 0 && d->open)
		d->failed = why;
	if (got < 0 && e)
		*e = why;
	return got;
}

int db_script(struct db *d, const char *name, struct span text, struct err *e)
{
	int64_t until = clock_ms() + d->link.deadline_ms;
	struct buf b = { 0 };
	PGresult *result;
	struct err why;
	int got;

	got = d->open ? still_open(d, &why) : open_link(d, until, &why);
	if (got == 0) {
		buf_span(&b, text);
		PQsendQuery(d->link.conn, buf_c(&b));
		buf_free(&b);
		got = link_finish(&d->link, name, false, until, &result,
			&why);
	}
	if (got == 0)
		PQclear(result);
	if (got < 0 && d->open)
		d->failed = why;
	if (got < 0 && e)
		*e = why;
	return got;
}

int db_ready(struct db *d, struct err *e)
{
	return db_call(d, "ready", NULL, 0, NULL, e);
}

int db_begin(struct db *d, struct err *e)
{
	if (d->open)
		return err_set(e, ERR_BUG, "database: a transaction is open");
	if (db_call(d, "begin", NULL, 0, NULL, e) < 0)
		return -1;
	d->failed.class = ERR_NONE;
	d->open = true;
	return 0;
}

void db_rollback(struct db *d)
{
	int64_t until = clock_ms() + d->link.deadline_ms;
	struct err why;
	PGresult *r;

	if (!d->open)
		return;
	d->open = false;
	/* A broken connection has rolled back; one that will not must go. */
	if (d->link.conn == NULL)
		return;
	if (carry_out(d, "rollback", NULL, 0, until, &r, &why) < 0)
		link_close(&d->link);
	else
		PQclear(r);
}

int db_commit(struct db *d, struct err *e)
{
	struct err why;
	PGresult *r;

	if (!d->open)
		return err_set(e, ERR_BUG, "database: no transaction is open");
	if (run(d, "commit", NULL, 0, &r, &why) == 0) {
		bool done = strcmp(PQcmdStatus(r), "COMMIT") == 0;

		PQclear(r);
		d->open = false;
		return done ? 0 : err_set(e, ERR_BUG, "database: the "
			"transaction had failed, and nobody saw it");
	}
	if (e)
		*e = why;
	db_rollback(d);
	return -1;
}

int db_notify(struct db *d, const char *channel, struct err *e)
{
	struct db_value v = DB_OF_TEXT(span_of(channel));

	return db_call(d, "notify", &v, 1, NULL, e);
}

int db_listen(struct db *d, const char *channel, struct err *e)
{
	if (d->nchannels == CHANNEL_MAX)
		return err_set(e, ERR_BUG, "database: more than %d channels",
			CHANNEL_MAX);
	d->channels[d->nchannels++] = arena_string(d->arena,
		span_of(channel));
	if (d->link.conn == NULL)
		return db_ready(d, e);
	return listen_to(d, channel, clock_ms() + d->link.deadline_ms, e);
}

bool db_heard(struct db *d)
{
	bool heard;

	if (d->link.conn)
		link_look(&d->link);
	heard = d->link.heard;
	d->link.heard = false;
	return heard;
}
