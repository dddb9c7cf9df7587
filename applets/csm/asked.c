/*
 * What people ask for and may not release themselves: the open requests, and
 * the answers to them.
 */
#include "call.h"
#include "show.h"
#include "store/quarantine_request.h"
#include "web/pages_host.h"

enum { SHOWN = 200, WAIT_S = 30 };

static struct script_value show_one(struct arena *a,
	const struct quarantine_asked *r)
{
	struct script_value v = pages_map(a, 12);

	pages_put(&v, "id", pages_text(arena_span(a, span_of(r->id.text))));
	pages_put(&v, "rcpt", show_text(a, r->rcpt));
	pages_put(&v, "who", show_text(a, r->who));
	pages_put(&v, "note", show_text(a, r->note));
	pages_put(&v, "asked_ms", pages_int(r->asked_ms));
	pages_put(&v, "decided_ms", pages_int(r->decided_ms));
	pages_put(&v, "state", show_text(a, r->state));
	pages_put(&v, "decided_by", show_text(a, r->decided_by));
	pages_put(&v, "answer", show_text(a, r->answer));
	pages_put(&v, "sender", show_text(a, r->sender));
	pages_put(&v, "subject", show_text(a, r->subject));
	pages_put(&v, "reason", show_text(a, r->reason));
	return v;
}

void asked_list(struct script_call *c)
{
	bool all = c->nargs && c->args[0].type == SCRIPT_BOOL &&
		c->args[0].boolean;
	struct arena *a = call_arena(c);
	struct script_value m = call_map(c, 1), *v;
	struct quarantine_asked *asked;
	struct err e;
	size_t n;

	if (!call_may(c, "quarantine"))
		return;
	if (quarantine_requests(call_worker(c)->db, all, SHOWN, a, &asked, &n,
	    &e) < 0) {
		call_trouble(c, &e);
		return;
	}
	v = arena_array(a, n + 1, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i] = show_one(a, &asked[i]);
	pages_put(&m, "rows", pages_array(a, v, n));
	c->result = m;
}

void asked_count(struct script_call *c)
{
	struct err e;
	size_t n;

	if (!call_may(c, "quarantine"))
		return;
	if (quarantine_requests_open(call_worker(c)->db, &n, &e) < 0)
		call_trouble(c, &e);
	else
		c->result = pages_int((int64_t)n);
}

/* Yes is a release to him, which can be undone for a moment, as any. */
void asked_answer(struct script_call *c)
{
	const struct web_request *request = pages_request(c);
	struct arena *a = call_arena(c);
	struct quarantine_order o = { .nrcpts = 1, .wait_s = WAIT_S };
	const struct script_value *t;
	struct span rcpt;
	struct id id;
	struct err e;
	int result;

	if (!call_may(c, "quarantine") || !call_id(c, 0, &id))
		return;
	call_table(c, 1, &t);
	rcpt = call_field(c, t, "rcpt");
	if (!id_parse(call_field(c, t, "key"), &o.key))
		o.key = id_new();
	o.who = arena_string(a, request->session->who);
	o.via = arena_printf(a, "page %.*s", SPAN_FMT(request->peer));
	o.rcpts = &rcpt;
	if (c->error.class != ERR_NONE)
		return;
	result = call_flag(c, t, "yes") ?
		quarantine_release(&call_worker(c)->quarantine, &id, &o, &e) :
		quarantine_deny(&call_worker(c)->quarantine, &id, &o,
			call_field(c, t, "note"), &e);
	if (result < 0) {
		call_trouble(c, &e);
		return;
	}
	c->result = call_map(c, 1);
}
