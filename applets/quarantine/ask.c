/*
 * pm quarantine request, requests, deny.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "command.h"
#include "store/quarantine_request.h"
#include "tool/cells.h"

enum { ARENA = 1 << 24, TIME_WIDTH = 16, ID_WIDTH = 36, STATE_WIDTH = 8,
	RCPT_WIDTH = 28, REASON_WIDTH = 12, SENDER_WIDTH = 28 };

static int one_recipient(const struct options *o, const char *operand,
	struct id *id_r, struct quarantine_order *order_r, struct err *e)
{
	if (parse_id(operand, id_r, e) < 0)
		return -1;
	*order_r = (struct quarantine_order){ .key = id_new(),
		.who = o->user ? o->user : o->who, .via = "cli",
		.rcpts = o->rcpts, .nrcpts = o->rcpt.n };
	return o->rcpt.n == 1 ? 0 : err_set(e, ERR_PERMANENT, "for whom? Give "
		"one --rcpt ADDRESS");
}

static struct span note_of(const struct options *o)
{
	return o->note ? span_of(o->note) : SPAN("");
}

int request_message(const struct options *o, const char *operand,
	struct err *e)
{
	struct quarantine_order order;
	struct id id;

	if (one_recipient(o, operand, &id, &order, e) < 0 ||
	    quarantine_request(&o->place, &id, &order, note_of(o), e) < 0)
		return -1;
	printf("%s is asked for; `pm quarantine requests` shows it to "
		"administrators\n", id.text);
	return 0;
}

int deny_request(const struct options *o, const char *operand, struct err *e)
{
	struct quarantine_order order;
	struct id id;

	if (one_recipient(o, operand, &id, &order, e) < 0 ||
	    quarantine_deny(&o->place, &id, &order, note_of(o), e) < 0)
		return -1;
	printf("%s stays held for %s\n", id.text, o->rcpt.v[0]);
	return 0;
}

static void print_json(const struct quarantine_asked *r)
{
	struct json *j = json_new_object();
	char when[CLOCK_STAMP_SIZE];
	struct buf b = { 0 };

	json_put_string(j, "id", r->id.text);
	json_put_text(j, "recipient", r->rcpt);
	clock_stamp(r->asked_ms, when);
	json_put_string(j, "asked", when);
	json_put_text(j, "asked_by", r->who);
	json_put_text(j, "note", r->note);
	json_put_text(j, "state", r->state);
	if (r->decided_ms) {
		clock_stamp(r->decided_ms, when);
		json_put_string(j, "decided", when);
		json_put_text(j, "decided_by", r->decided_by);
		json_put_text(j, "answer", r->answer);
	}
	json_put_text(j, "sender", r->sender);
	json_put_text(j, "subject", r->subject);
	json_put_text(j, "reason", r->reason);
	json_write(j, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&j);
}

static void print_row(const struct quarantine_asked *r)
{
	char when[CLOCK_STAMP_SIZE];

	clock_stamp(r->asked_ms, when);
	when[10] = ' ';
	cells_put(span_sub(span_of(when), 0, TIME_WIDTH), TIME_WIDTH, false);
	cells_put(span_of(r->id.text), ID_WIDTH, false);
	cells_put(r->state, STATE_WIDTH, false);
	cells_put(r->rcpt, RCPT_WIDTH, false);
	cells_put(r->reason, REASON_WIDTH, false);
	cells_put(r->sender, SENDER_WIDTH, false);
	cells_put(r->note.n ? r->note : r->subject, cells_width(), true);
}

int list_requests(const struct options *o, const char *operand, struct err *e)
{
	size_t limit = o->limit && o->limit < REQUEST_LIST_MAX ?
		(size_t)o->limit : REQUEST_LIST_MAX, n = 0;
	struct arena *a = arena_new("requests", ARENA);
	struct quarantine_asked *v = NULL;
	int result;

	(void)operand;
	result = o->place.db ? quarantine_requests(o->place.db, o->all, limit,
		a, &v, &n, e) : err_set(e, ERR_PERMANENT, "that needs the "
		"database, and none is wired");
	for (size_t i = 0; i < n && result == 0; i++)
		(o->json ? print_json : print_row)(&v[i]);
	arena_free(&a);
	if (result == 0 && n == 0 && !o->json)
		puts(o->all ? "nobody has asked" : "no request is open");
	return result;
}
