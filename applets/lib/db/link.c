#include "db/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "db/fault.h"

/* Waits for the events or the end of time; errors are met by who reads. */
static bool await(PGconn *c, short events, int64_t until)
{
	struct pollfd p = { PQsocket(c), events, 0 };
	int n;

	do
		n = poll(&p, 1, (int)clock_left_ms(until));
	while (n < 0 && errno == EINTR);
	return n != 0;
}

/*
 * With a standby, a commit that is stopped while it waits is answered by a
 * warning and then by success: locally it is there, safe it is not.
 */
static void take_notice(void *context, const PGresult *r)
{
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	struct link *l = context;

	if (text && strstr(text, "synchronous replication"))
		l->doubt = true;
}

void link_close(struct link *l)
{
	if (l->conn)
		PQfinish(l->conn);
	l->conn = NULL;
}

void link_lost(struct link *l, const char *why)
{
	link_close(l);
	snprintf(l->why, sizeof(l->why), "%s", why);
	l->pause_ms = l->pause_ms ? l->pause_ms * 2 : LINK_PAUSE_MIN_MS;
	if (l->pause_ms > LINK_PAUSE_MAX_MS)
		l->pause_ms = LINK_PAUSE_MAX_MS;
	l->not_before = clock_ms() + l->pause_ms;
}

void link_answered(struct link *l)
{
	l->pause_ms = 0;
}

/* The settings of a session, as the server's command line takes them. */
static void say_options(const struct link *l, char *out, size_t size)
{
	/*
	 * The server gives up a little earlier: then we keep the link. A plan
	 * for any values would be far worse than one for those that came:
	 * most searches leave most of them out.
	 */
	snprintf(out, size, "-c search_path=pm,public "
		"-c statement_timeout=%u "
		"-c idle_in_transaction_session_timeout=%u "
		"-c client_connection_check_interval=1s "
		"-c plan_cache_mode=force_custom_plan "
		"-c timezone=UTC",
		l->deadline_ms - l->deadline_ms / 10,
		l->deadline_ms > 60000 ? l->deadline_ms : 60000);
}

/* What stands before dbname gives way to the connection string. */
static PGconn *start(const struct link *l)
{
	char options[320];
	const char *keys[] = { "user", "application_name", "gssencmode",
		"dbname", "client_encoding", "options", NULL };
	const char *values[] = { l->login, l->login, "disable",
		l->conninfo, "UTF8", options, NULL };

	say_options(l, options, sizeof(options));
	return PQconnectStartParams(keys, values, 1);
}

/* Carries the connecting to its end. */
static bool shake_hands(PGconn *c, int64_t until)
{
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;

	while (s != PGRES_POLLING_OK) {
		if (PQstatus(c) == CONNECTION_BAD ||
		    s == PGRES_POLLING_FAILED)
			return false;
		if (!await(c, s == PGRES_POLLING_READING ? POLLIN : POLLOUT,
		    until))
			return false;
		s = PQconnectPoll(c);
	}
	return PQsetnonblocking(c, 1) == 0;
}

static int refused(struct link *l, struct err *e)
{
	return err_set(e, ERR_TEMPORARY, "database: %s", l->why);
}

int link_open(struct link *l, int64_t until, bool *new_r, struct err *e)
{
	char why[ERR_TEXT_MAX] = "no memory";

	*new_r = false;
	/* A server that was restarted meanwhile has not had our question. */
	if (l->conn && link_look(l))
		return 0;
	if (clock_ms() < l->not_before)
		return refused(l, e);
	/* An answer may take long; that somebody is there does not. */
	if (clock_left_ms(until) > LINK_CONNECT_MS)
		until = clock_ms() + LINK_CONNECT_MS;
	l->conn = start(l);
	if (l->conn && shake_hands(l->conn, until)) {
		PQsetNoticeReceiver(l->conn, take_notice, l);
		*new_r = l->heard = true;
		return 0;
	}
	if (l->conn && PQstatus(l->conn) != CONNECTION_BAD)
		snprintf(why, sizeof(why), "no answer to a new connection "
			"within %u ms", l->deadline_ms < LINK_CONNECT_MS ?
			l->deadline_ms : LINK_CONNECT_MS);
	else if (l->conn)
		fault_line(PQerrorMessage(l->conn), why, sizeof(why));
	link_lost(l, why);
	return refused(l, e);
}

/* Sends everything; the server may talk meanwhile, and must be heard. */
static bool flush(PGconn *c, int64_t until)
{
	int left;

	while ((left = PQflush(c)) == 1) {
		if (!await(c, POLLIN | POLLOUT, until))
			return false;
		if (!PQconsumeInput(c))
			break;
	}
	return true;
}

/* The next result, or NULL after the last; false: the time is over. */
static bool next_result(PGconn *c, int64_t until, PGresult **r_r)
{
	/* When the connection broke, what it said last is still a result. */
	while (PQisBusy(c)) {
		if (!await(c, POLLIN, until))
			return false;
		if (!PQconsumeInput(c))
			break;
	}
	*r_r = PQgetResult(c);
	return true;
}

/* Keeps the worst: an error is not mended by what follows it. */
static PGresult *worse(PGresult *a, PGresult *b)
{
	if (a == NULL || !fault_is(a)) {
		PQclear(a);
		return b;
	}
	PQclear(b);
	return a;
}

/* All results up to ReadyForQuery; false: the time is over. */
static bool drain(PGconn *c, int64_t until, PGresult **all_r)
{
	PGresult *r;

	*all_r = NULL;
	if (!flush(c, until))
		return false;
	while (next_result(c, until, &r)) {
		ExecStatusType s = PQresultStatus(r);

		if (r)
			*all_r = worse(*all_r, r);
		/* Nobody copies here, and that would not end. */
		if (r == NULL || s == PGRES_COPY_IN || s == PGRES_COPY_OUT)
			return true;
	}
	PQclear(*all_r);
	*all_r = NULL;
	return false;
}

/* Says what is wrong with an answer, and whether the link goes with it. */
static int fail(struct link *l, const PGresult *r, const char *statement,
	bool known, struct err *e)
{
	enum fault_end end = FAULT_CLOSE;

	if (r == NULL || PQstatus(l->conn) == CONNECTION_BAD)
		fault_lost(r ? PQresultErrorMessage(r) :
			PQerrorMessage(l->conn), statement, e);
	else
		end = fault_set(r, statement, known, e);
	if (end == FAULT_CLOSE)
		link_lost(l, e->text);
	else if (end == FAULT_RENEW)
		link_close(l);
	return -1;
}

int link_finish(struct link *l, const char *statement, bool known,
	int64_t until, PGresult **result_r, struct err *e)
{
	PGresult *r;

	*result_r = NULL;
	if (!drain(l->conn, until, &r)) {
		err_set(e, ERR_TEMPORARY, "database: %s: no answer within "
			"%u ms", statement, l->deadline_ms);
		link_lost(l, e->text);
		return -1;
	}
	if (r == NULL || fault_is(r) || PQstatus(l->conn) == CONNECTION_BAD) {
		fail(l, r, statement, known, e);
		PQclear(r);
		return -1;
	}
	if (l->doubt) {
		PQclear(r);
		l->doubt = false;
		return err_set(e, ERR_TEMPORARY, "database: %s: no standby "
			"has confirmed it in time", statement);
	}
	*result_r = r;
	return 0;
}

static void take_notifies(struct link *l)
{
	PGnotify *n;

	while ((n = PQnotifies(l->conn))) {
		l->heard = true;
		PQfreemem(n);
	}
}

bool link_look(struct link *l)
{
	bool alive = true;

	while (alive && await(l->conn, POLLIN, 0))
		alive = PQconsumeInput(l->conn) &&
			PQstatus(l->conn) != CONNECTION_BAD;
	take_notifies(l);
	if (!alive)
		link_close(l);
	return alive;
}
