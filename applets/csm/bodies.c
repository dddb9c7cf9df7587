/*
 * Looking into a message: the web process only carries sealed bytes from the
 * database to the viewer. Who looks is noted first.
 */
#include "base/clock.h"
#include "call.h"
#include "show.h"
#include "web/helper.h"
#include "web/pages_host.h"

enum { VIEWER_MS = 15000 };

struct body {
	struct id id;
	struct db_rows *rows;
	struct span *pieces;
	size_t n;
};

static int note(struct script_call *c, const struct id *id, const char *what,
	struct err *e)
{
	const struct web_request *r = pages_request(c);
	struct id key = id_new();
	const char *via = arena_printf(call_arena(c), "page %.*s",
		SPAN_FMT(r->peer));
	const struct db_value v[] = {
		DB_OF_TEXT(span_of(id->text)), DB_OF_TEXT(span_of(key.text)),
		DB_OF_TEXT(r->session->who), DB_OF_TEXT(span_of(via)),
		DB_OF_TEXT(span_of(what)),
	};

	return db_call(call_worker(c)->db, "csm_viewed", v, 5, NULL, e);
}

/* The sealed pieces; false: there is trouble. */
static bool fetch(struct script_call *c, const char *what, struct body *b)
{
	struct csm_worker *w = call_worker(c);
	struct err e;

	*b = (struct body){ 0 };
	if (!call_may(c, "quarantine.body") || !call_id(c, 0, &b->id))
		return false;
	if (db_call(w->db, "csm_sealed", (const struct db_value[]){
	    DB_OF_TEXT(span_of(b->id.text)) }, 1, &b->rows, &e) < 0) {
		call_trouble(c, &e);
		return false;
	}
	b->n = db_count(b->rows);
	if (b->n && note(c, &b->id, what, &e) == 0) {
		b->pieces = arena_array(call_arena(c), b->n,
			sizeof(*b->pieces));
		for (size_t i = 0; i < b->n; i++)
			b->pieces[i] = db_span(b->rows, i, 0);
		return true;
	}
	if (b->n)
		call_trouble(c, &e);
	else
		call_missing(c, "This message is not in the quarantine, or "
			"its body is gone.");
	db_rows_free(&b->rows);
	return false;
}

void bodies_preview(struct script_call *c)
{
	struct preview *p = arena_alloc(call_arena(c), sizeof(*p));
	struct body b;
	struct err e;

	if (!fetch(c, "viewed", &b))
		return;
	if (helper_preview("csm", &b.id, b.pieces, b.n,
	    clock_ms() + VIEWER_MS, call_arena(c), p, &e) < 0)
		call_trouble(c, &e);
	else
		c->result = show_preview(call_arena(c), p);
	db_rows_free(&b.rows);
}

void bodies_source(struct script_call *c)
{
	struct web_reply *reply = pages_reply(c);
	struct span source;
	struct body b;
	struct err e;

	if (!fetch(c, "downloaded", &b))
		return;
	if (helper_source("csm", &b.id, b.pieces, b.n,
	    clock_ms() + VIEWER_MS, call_arena(c), &source, &e) < 0) {
		call_trouble(c, &e);
	} else {
		/* As it lies in the request's arena: it may be large. */
		reply->body.p = (unsigned char *)(uintptr_t)source.p;
		reply->body.n = reply->body.cap = source.n;
		c->result = call_map(c, 0);
	}
	db_rows_free(&b.rows);
}
