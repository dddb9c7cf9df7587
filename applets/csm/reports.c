/*
 * Reports for pages.
 */
#include "base/clock.h"
#include "call.h"
#include "show.h"
#include "store/report.h"
#include "web/pages_host.h"

void reports_names(struct script_call *c)
{
	struct arena *a = call_arena(c);
	const struct report *r;
	struct script_value *v;
	size_t n = 0;

	if (!call_may(c, "log"))
		return;
	while (report_at(n))
		n++;
	v = arena_array(a, n + 1, sizeof(*v));
	for (size_t i = 0; (r = report_at(i)); i++) {
		v[i] = call_map(c, 2);
		pages_put(&v[i], "name", pages_text(span_of(r->name)));
		pages_put(&v[i], "title", pages_text(span_of(r->title)));
	}
	c->result = pages_array(a, v, n);
}

/* The report that { name, since, until, host } is; NULL: trouble is set. */
static const struct report *ask(struct script_call *c,
	struct report_ask *ask_r, struct report_rows *rows_r)
{
	struct arena *a = call_arena(c);
	const struct script_value *t;
	const struct report *r;
	struct err e;

	if (!call_may(c, "log"))
		return NULL;
	call_table(c, 0, &t);
	*ask_r = (struct report_ask){ .host = call_field(c, t, "host"),
		.group = call_field(c, t, "group") };
	r = report_find(arena_string(a, call_field(c, t, "name")), &e);
	if (r && report_days(arena_string(a, call_field(c, t, "since")),
	    arena_string(a, call_field(c, t, "until")), clock_wall_ms(),
	    ask_r, &e) == 0 && report_run(call_worker(c)->quarantine.db, r,
	    ask_r, a, rows_r, &e) == 0)
		return r;
	call_trouble(c, &e);
	return NULL;
}

void reports_make(struct script_call *c)
{
	struct arena *a = call_arena(c);
	struct script_value m, *v;
	struct report_rows rows;
	struct report_ask q;
	const struct report *r = ask(c, &q, &rows);

	if (r == NULL)
		return;
	m = call_map(c, 9);
	v = arena_array(a, rows.n + 1, sizeof(*v));
	for (size_t i = 0; i < rows.n; i++) {
		v[i] = call_map(c, 3);
		pages_put(&v[i], "name", show_text(a, rows.v[i].name));
		pages_put(&v[i], "n", pages_int(rows.v[i].n));
		pages_put(&v[i], "bytes", pages_int(rows.v[i].bytes));
	}
	pages_put(&m, "title", pages_text(span_of(r->title)));
	pages_put(&m, "about", pages_text(span_of(r->about)));
	pages_put(&m, "what", pages_text(span_of(r->what)));
	pages_put(&m, "unit", pages_text(span_of(r->unit)));
	pages_put(&m, "since", show_text(a, span_of(q.since)));
	pages_put(&m, "until", show_text(a, span_of(q.until)));
	pages_put(&m, "estimated", pages_bool(rows.estimated));
	pages_put(&m, "rows", pages_array(a, v, rows.n));
	c->result = m;
}

/* The same as { text = CSV or a picture }, by the form that is asked for. */
void reports_file(struct script_call *c)
{
	struct buf b = { .arena = call_arena(c) };
	const struct script_value *t;
	struct report_rows rows;
	struct script_value m;
	struct report_ask q;
	const struct report *r = ask(c, &q, &rows);

	if (r == NULL)
		return;
	call_table(c, 0, &t);
	if (call_flag(c, t, "picture"))
		report_svg(r, &q, &rows, &b);
	else
		report_csv(r, &rows, &b);
	m = call_map(c, 1);
	pages_put(&m, "text", pages_text(buf_bytes(&b)));
	c->result = m;
}
