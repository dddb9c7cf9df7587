#include "functions.h"

#include "base/clock.h"
#include "base/id.h"
#include "call.h"
#include "role/alarm.h"
#include "role/status.h"
#include "show.h"
#include "tool/published.h"
#include "web/helper.h"
#include "web/pages_host.h"
#include "web/session.h"
#include "worker.h"

enum { LOGIN_MS = 20000 /* others may be hashed before */ };

/* --- the message log ------------------------------------------------------ */

static struct script_value show_event(struct arena *a,
	const struct db_rows *rows, size_t row)
{
	static const char *const names[] = { "who", "what", "detail" };
	struct script_value v = pages_map(a, 4);

	pages_put(&v, "at_ms", pages_int(db_int(rows, row, 0)));
	for (size_t i = 0; i < 3; i++)
		pages_put(&v, names[i], show_text(a, arena_span(a,
			db_span(rows, row, i + 1))));
	return v;
}

static int find_events(struct script_call *c, const struct id *id,
	struct script_value *events_r, struct err *e)
{
	struct arena *a = call_arena(c);
	struct script_value *v;
	struct db_rows *rows;

	if (db_call(call_worker(c)->db, "csm_events",
	    (const struct db_value[]){ DB_OF_TEXT(span_of(id->text)) }, 1,
	    &rows, e) < 0)
		return -1;
	v = arena_array(a, db_count(rows) + 1, sizeof(*v));
	for (size_t i = 0; i < db_count(rows); i++)
		v[i] = show_event(a, rows, i);
	*events_r = pages_array(a, v, db_count(rows));
	db_rows_free(&rows);
	return 0;
}

static int find_message(struct script_call *c, const struct id *id,
	struct message_record *m_r, struct err *e)
{
	struct arena *a = call_arena(c);
	struct db_rows *rows;
	struct span record = { 0 };

	if (db_call(call_worker(c)->db, "csm_message",
	    (const struct db_value[]){ DB_OF_TEXT(span_of(id->text)) }, 1,
	    &rows, e) < 0)
		return -1;
	if (db_count(rows))
		record = arena_span(a, db_span(rows, 0, 0));
	db_rows_free(&rows);
	if (record.n == 0)
		return err_set(e, ERR_PERMANENT, "There is no such message in "
			"the log.");
	return message_get(record, a, m_r) ? 0 : err_set(e, ERR_BUG, "The "
		"log's record of this message is damaged.");
}

static void message(struct script_call *c)
{
	struct message_record *m = arena_alloc(call_arena(c), sizeof(*m));
	struct script_value events;
	struct id id;
	struct err e;

	if (!call_may(c, "log") || !call_id(c, 0, &id))
		return;
	if (find_message(c, &id, m, &e) == 0 &&
	    find_events(c, &id, &events, &e) == 0)
		c->result = show_message(call_arena(c), m, events);
	else if (e.class == ERR_PERMANENT)
		call_missing(c, e.text);
	else
		call_trouble(c, &e);
}

/* --- log-in --------------------------------------------------------------- */

/* The answer of the helper, and its cookie into the reply. */
static void show_login(struct script_call *c, const struct login_answer *l)
{
	struct arena *a = call_arena(c);
	struct script_value m = call_map(c, 4);

	if (l->result == LOGIN_DONE) {
		pages_reply(c)->set_cookie = arena_string(a, l->cookie);
		pages_put(&m, "must_change", pages_bool(l->must_change));
	} else {
		pages_put(&m, "trouble", show_text(a, l->text));
		pages_put(&m, "wrong", pages_bool(true));
	}
	if (l->result == LOGIN_WAIT)
		pages_put(&m, "wait_s", pages_int(l->wait_s));
	c->result = m;
}

static void log_in(struct script_call *c)
{
	struct login_answer answer;
	struct span name, password;
	struct err e;

	if (!call_text(c, 0, &name) || !call_text(c, 1, &password))
		return;
	if (helper_login("csm", name, password, pages_request(c)->peer,
	    clock_ms() + LOGIN_MS, call_arena(c), &answer, &e) < 0)
		call_trouble(c, &e);
	else
		show_login(c, &answer);
}

static void set_password(struct script_call *c)
{
	const struct web_session *s = call_session(c);
	struct login_answer answer;
	struct span old, fresh;
	struct err e;

	if (s == NULL || !call_text(c, 0, &old) || !call_text(c, 1, &fresh))
		return;
	if (helper_change("csm", s->cookie, old, fresh, clock_ms() + LOGIN_MS,
	    call_arena(c), &answer, &e) < 0)
		call_trouble(c, &e);
	else
		show_login(c, &answer);
}

static void log_out(struct script_call *c)
{
	const struct web_session *s = pages_request(c)->session;
	struct err e;

	pages_reply(c)->set_cookie = "";
	c->result = call_map(c, 0);
	if (s && session_end(call_worker(c)->db, "csm", s->cookie, &e) < 0)
		call_trouble(c, &e);
}

/* --- how it stands -------------------------------------------------------- */

static struct script_value show_process(struct arena *a,
	const struct status_row *r, int64_t now_ms)
{
	struct script_value v = pages_map(a, 12);
	size_t slash = span_chr(r->name, '/');

	pages_put(&v, "role", show_text(a, span_sub(r->name, 0, slash)));
	pages_put(&v, "process", show_text(a, slash == SIZE_MAX ? SPAN("") :
		span_after(r->name, slash + 1)));
	if (r->title)
		pages_put(&v, "title", pages_text(span_of(r->title)));
	pages_put(&v, "state", show_text(a, r->state));
	pages_put(&v, "well", pages_bool(status_is_well(r)));
	pages_put(&v, "since_ms", pages_int(now_ms - (int64_t)r->since_ms));
	pages_put(&v, "restarts", pages_int((int64_t)r->restarts));
	pages_put(&v, "note", show_text(a, r->note));
	pages_put(&v, "degraded", show_text(a, r->degraded));
	if (r->generation)
		pages_put(&v, "generation", pages_int((int64_t)r->generation));
	if (r->without && !span_is(r->state, "ready"))
		pages_put(&v, "without", pages_text(span_of(r->without)));
	return v;
}

static void status(struct script_call *c)
{
	struct arena *a = call_arena(c);
	struct status *s = arena_alloc(a, sizeof(*s));
	struct script_value m = call_map(c, 2), *v;
	bool well = true;
	struct err e;

	s->text.arena = a;
	if (call_session(c) == NULL)
		return;
	if (status_fetch("", s, &e) < 0) {
		call_trouble(c, &e);
		return;
	}
	v = arena_array(a, s->n + 1, sizeof(*v));
	for (size_t i = 0; i < s->n; i++) {
		v[i] = show_process(a, &s->rows[i], clock_wall_ms());
		well = well && status_is_well(&s->rows[i]);
	}
	pages_put(&m, "well", pages_bool(well));
	pages_put(&m, "processes", pages_array(a, v, s->n));
	c->result = m;
}

static struct script_value show_alarm(struct arena *a,
	const struct alarm_entry *one)
{
	const struct alarm_kind *k = &alarm_kinds[one->alarm];
	struct script_value v = pages_map(a, 9);

	pages_put(&v, "name", pages_text(span_of(k->name)));
	pages_put(&v, "from", show_text(a, arena_span(a,
		span_of(one->from))));
	pages_put(&v, "subject", show_text(a, arena_span(a,
		span_of(one->subject))));
	pages_put(&v, "text", show_text(a, arena_span(a,
		span_of(one->text))));
	pages_put(&v, "means", pages_text(span_of(k->means)));
	pages_put(&v, "remedy", pages_text(span_of(k->remedy)));
	pages_put(&v, "since_ms", pages_int(one->since_ms));
	pages_put(&v, "severity", pages_text(span_of(
		alarm_severity_name(k->severity))));
	pages_put(&v, "acked", pages_bool(one->acked_ms != 0));
	return v;
}

static void alarms(struct script_call *c)
{
	struct arena *a = call_arena(c);
	struct script_value m = call_map(c, 2), *v;
	struct alarm_book b;
	struct err e;
	size_t n = 0;

	if (call_session(c) == NULL)
		return;
	if (alarm_read(&b, &e) < 0) {
		call_trouble(c, &e);
		return;
	}
	v = arena_array(a, b.n + 1, sizeof(*v));
	for (size_t i = 0; i < b.n; i++)
		if (b.v[i].cleared_ms == 0 && b.v[i].gone_ms == 0)
			v[n++] = show_alarm(a, &b.v[i]);
	alarm_close(&b);
	pages_put(&m, "appliance", pages_text(span_of(
		call_worker(c)->appliance)));
	pages_put(&m, "alarms", pages_array(a, v, n));
	c->result = m;
}

static struct script_value show_change(struct arena *a,
	const struct published_change *one)
{
	struct script_value v = pages_map(a, 3);

	pages_put(&v, "path", show_text(a, one->path));
	pages_put(&v, "what", pages_text(span_of(one->what)));
	pages_put(&v, "at_ms", pages_int(one->at_s * 1000));
	return v;
}

static void draft(struct script_call *c)
{
	struct arena *a = call_arena(c);
	struct published_changes changes;
	struct script_value m = call_map(c, 3), *v;
	struct err e;

	if (call_session(c) == NULL)
		return;
	if (published_changes(a, &changes, &e) < 0) {
		call_trouble(c, &e);
		return;
	}
	v = arena_array(a, changes.n + 1, sizeof(*v));
	for (size_t i = 0; i < changes.n; i++)
		v[i] = show_change(a, &changes.v[i]);
	pages_put(&m, "active", pages_int((int64_t)changes.active));
	pages_put(&m, "since_ms", pages_int(changes.since_s * 1000));
	pages_put(&m, "changes", pages_array(a, v, changes.n));
	c->result = m;
}

static void new_key(struct script_call *c)
{
	struct id key = id_new();

	c->result = pages_text(arena_span(call_arena(c), span_of(key.text)));
}

const struct script_function csm_functions[] = {
	{ "held_list", lists_held, "held_list{ … }: rows of the quarantine" },
	{ "held_get", lists_get, "held_get(id): one with all that is known" },
	{ "groups", lists_groups, "groups(): their names" },
	{ "group_terms", lists_group, "group_terms(name): who that is" },
	{ "message", message, "message(id): of the message log" },
	{ "release", orders_release, "release(id, { … })" },
	{ "forget", orders_forget, "forget(id, { … }): deletes" },
	{ "restore", orders_restore, "restore(id, { … })" },
	{ "forward", orders_forward, "forward(id, { to = text })" },
	{ "requests", asked_list, "requests(all): who asks for held mail" },
	{ "requests_open", asked_count, "requests_open(): how many" },
	{ "request_answer", asked_answer,
		"request_answer(id, { rcpt, yes, note, key })" },
	{ "new_key", new_key, "new_key(): names an order" },
	{ "preview", bodies_preview, "preview(id): the message as text" },
	{ "source", bodies_source, "source(id): its bytes, for file()" },
	{ "log_in", log_in, "log_in(name, password)" },
	{ "set_password", set_password, "set_password(old, new)" },
	{ "log_out", log_out, "log_out()" },
	{ "status", status, "status(): what runs" },
	{ "alarms", alarms, "alarms(): what is wrong here" },
	{ "jobs", joblist_all, "jobs(): what is done at its time" },
	{ "job_run", joblist_run, "job_run(name): now" },
	{ "job_enable", joblist_enable, "job_enable(name, on)" },
	{ "report_names", reports_names, "report_names(): name and title" },
	{ "report", reports_make,
		"report{ name, since, until, host, group }" },
	{ "report_file", reports_file, "the same as CSV, or picture" },
	{ "draft", draft, "draft(): what of the policy is not published" },
	{ 0 },
};
