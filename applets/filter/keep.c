#include "keep.h"

#include <string.h>

#include "store/spool.h"
#include "tags.h"

#define DKIM_FIELD "DKIM-Signature"
#define LATER_TEXT "mail filter: temporary failure, try again later"
#define REJECT_TEXT "mail filter: message refused"

/* Whole fields for the beginning of a copy; the last one first. */
static struct span signature_fields(struct arena *a, const struct group *g)
{
	struct buf b = { .arena = a };

	if (g->seal)
		buf_span(&b, g->seal->fields);
	for (size_t i = g->nsigns; i-- > 0;) {
		buf_string(&b, DKIM_FIELD ":");
		buf_span(&b, g->signs[i].value);
		buf_string(&b, "\r\n");
	}
	return buf_bytes(&b);
}

/* The same splices in the spool's words, the signatures before them. */
static void copy_splices(struct arena *a, const struct group *g,
	struct spool_item *item)
{
	size_t most = g->nsplices + 1;

	item->splices = arena_array(a, most, sizeof(*item->splices));
	if (g->nsigns || g->seal)
		item->splices[item->nsplices++].insert =
			signature_fields(a, g);
	for (size_t i = 0; i < g->nsplices; i++)
		item->splices[item->nsplices++] = (struct spool_splice){
			g->splices[i].at, g->splices[i].remove,
			g->splices[i].insert };
}

struct span keep_trace(struct arena *a, const struct group *g)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < g->ntrace; i++) {
		const struct trace_step *t = &g->trace[i];

		buf_span(&b, t->policy);
		buf_byte(&b, '/');
		buf_span(&b, t->rule);
		buf_byte(&b, ' ');
		buf_span(&b, t->where);
		if (t->said.n)
			buf_string(&b, ": ");
		buf_span(&b, t->said);
		buf_byte(&b, '\n');
	}
	return buf_bytes(&b);
}

/* The envelope's sender of what a group gets; false: as it came. */
static bool new_sender(struct session *s, const struct group *g,
	struct span *sender_r)
{
	struct span sender = g->new_sender ? g->mail_from : s->env.mail_from;

	*sender_r = g->batv ? tags_sign(s, sender) : sender;
	return !span_eq(*sender_r, s->env.mail_from);
}

/* A message of our own stands in the place of the whole one. */
static void make_notice(struct session *s, const struct notice *n,
	struct spool_item *item)
{
	item->kind = SPOOL_COPY;
	item->new_sender = true;
	item->nsplices = 1;
	item->splices = arena_alloc(s->message, sizeof(*item->splices));
	item->splices[0] = (struct spool_splice){ 0, s->content.n, n->body };
}

static void make_item(struct session *s, const struct keep *k,
	struct spool_item *item)
{
	static const enum spool_kind kinds[] = {
		[KEEP_QUARANTINE] = SPOOL_QUARANTINE,
		[KEEP_COPY] = SPOOL_COPY, [KEEP_ARCHIVE] = SPOOL_ARCHIVE,
		[KEEP_NOTICE] = SPOOL_COPY,
	};

	item->kind = kinds[k->kind];
	item->reason = k->reason;
	item->rcpts = k->rcpts;
	item->nrcpts = k->nrcpts;
	if (k->group == NULL)
		return;
	item->trace = keep_trace(s->message, k->group);
	if (k->kind == KEEP_NOTICE)
		make_notice(s, k->notice, item);
	if (k->kind != KEEP_COPY)
		return;
	copy_splices(s->message, k->group, item);
	item->new_sender = new_sender(s, k->group, &item->mail_from);
}

/* What every record of this message says. */
static bool begin_record(struct session *s, struct spool_record *r_r)
{
	const struct envelope *e = &s->env;

	*r_r = (struct spool_record){
		.id = s->id, .received_ms = e->received_ms,
		.relay_addr = e->relay_addr, .relay_name = e->relay_name,
		.helo = e->helo, .mail_from = e->mail_from,
		.queue_id = e->queue_id,
	};
	return content_view(&s->content, &r_r->body);
}

int keep_commit(struct session *s, const struct verdict *v,
	const struct resolution *r, struct err *e)
{
	struct spool_record record;

	if (r->nkeeps == 0)
		return 0;
	if (!begin_record(s, &record))
		return err_set(e, ERR_TEMPORARY, "the message's bytes cannot "
			"be read back");
	record.subject = v->subject;
	record.header_from = v->header_from;
	record.score = v->score;
	record.probability = v->probability;
	record.facts = v->facts;
	record.message_id = v->message_id;
	record.words = v->words;
	record.items = arena_array(s->message, r->nkeeps,
		sizeof(*record.items));
	record.nitems = r->nkeeps;
	for (size_t i = 0; i < r->nkeeps; i++)
		make_item(s, &r->keeps[i], &record.items[i]);
	return spool_commit(&record, e);
}

int keep_unscannable(struct session *s, const char *why, struct err *e)
{
	struct spool_item item = { .kind = SPOOL_QUARANTINE,
		.reason = SPAN("Unscannable"), .rcpts = s->env.rcpts,
		.nrcpts = s->env.nrcpts };
	struct spool_record record;

	if (!begin_record(s, &record))
		return err_set(e, ERR_TEMPORARY, "the message's bytes cannot "
			"be read back");
	item.trace = span_of(arena_printf(s->message, "poison ledger: %s\n",
		why));
	record.items = &item;
	record.nitems = 1;
	return spool_commit(&record, e);
}

/* As libmilter wants it: folds are LF, no blank when it adds one itself. */
static const char *value_text(struct session *s, struct span value)
{
	struct buf b = { .arena = s->message };

	if (!s->leading_space && value.n && value.p[0] == ' ')
		value = span_after(value, 1);
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] != '\r')
			buf_byte(&b, value.p[i]);
	return buf_c(&b);
}

static int edit_one(struct session *s, const struct edit *d,
	const struct milter_ops *ops)
{
	const char *name = arena_string(s->message, d->name);

	switch (d->kind) {
	case EDIT_ADD_HEADER:
		return ops->add_header(ops->to, name,
			value_text(s, d->value));
	case EDIT_PUT_HEADER:
		return ops->put_header(ops->to, name,
			value_text(s, d->value));
	case EDIT_CHANGE_HEADER:
		return ops->change_header(ops->to, name, d->nth,
			value_text(s, d->value));
	case EDIT_REMOVE_HEADER:
		return ops->change_header(ops->to, name, d->nth, NULL);
	}
	return -1;
}

/* RFC 6376 section 5.6: before other signatures. */
static int put_signatures(struct session *s, const struct group *own,
	const struct milter_ops *ops)
{
	for (size_t i = 0; own && i < own->nsigns; i++)
		if (ops->put_header(ops->to, DKIM_FIELD,
		    value_text(s, own->signs[i].value)) < 0)
			return -1;
	return 0;
}

/* Those splices that lie in the body, counted from its beginning. */
static size_t body_splices(struct session *s, const struct group *g,
	struct spool_splice *v)
{
	size_t n = 0;

	for (size_t i = 0; i < g->nsplices; i++)
		if (g->splices[i].at >= s->body_at)
			v[n++] = (struct spool_splice){
				g->splices[i].at - s->body_at,
				g->splices[i].remove, g->splices[i].insert };
	return n;
}

/* The MTA gets the whole new body: the protocol knows no less. */
static int replace_body(struct session *s, const struct group *g,
	const struct milter_ops *ops)
{
	struct spool_splice *v = arena_array(s->message, g->nsplices,
		sizeof(*v));
	struct buf b = { 0 };
	struct span all;
	int result = -1;

	if (content_view(&s->content, &all) &&
	    spool_splice(span_after(all, s->body_at), v,
		body_splices(s, g, v), &b))
		result = ops->replace_body(ops->to, buf_bytes(&b));
	buf_free(&b);
	return result;
}

static int change_recipients(struct session *s, const struct resolution *r,
	const struct milter_ops *ops)
{
	for (size_t i = 0; i < r->ndelete; i++) {
		uint32_t n = r->delete_rcpts[i];

		if (n >= s->env.nrcpts || ops->delete_rcpt(ops->to,
		    arena_string(s->message, s->env.given[n])) < 0)
			return -1;
	}
	/* After them: who goes for one may be added for another. */
	for (size_t i = 0; i < r->nadd; i++)
		if (ops->add_rcpt(ops->to, arena_string(s->message,
		    r->add_rcpts[i])) < 0)
			return -1;
	return 0;
}

int keep_edit(struct session *s, const struct resolution *r,
	const struct milter_ops *ops)
{
	struct span sender;

	for (size_t i = 0; i < r->nedits; i++)
		if (edit_one(s, &r->edits[i], ops) < 0)
			return -1;
	if (put_signatures(s, r->own, ops) < 0)
		return -1;
	if (r->own && r->own->new_body &&
	    replace_body(s, r->own, ops) < 0)
		return -1;
	if (r->own && new_sender(s, r->own, &sender) &&
	    ops->change_from(ops->to, arena_string(s->message, sender)) < 0)
		return -1;
	return change_recipients(s, r, ops);
}

struct span keep_reply(struct arena *a, enum reply_kind kind, struct span code,
	struct span text, const struct milter_ops *ops)
{
	bool reject = kind == REPLY_REJECT;
	const char *basic = reject ? "550" : "451";

	if (kind != REPLY_REJECT && kind != REPLY_TEMPFAIL)
		return SPAN("");
	if (code.n == 0)
		code = reject ? SPAN("5.7.1") : SPAN("4.7.1");
	if (text.n == 0)
		text = reject ? SPAN(REJECT_TEXT) : SPAN(LATER_TEXT);
	ops->set_reply(ops->to, basic, arena_string(a, code),
		arena_string(a, text));
	return span_of(arena_printf(a, "%s %.*s %.*s", basic, SPAN_FMT(code),
		SPAN_FMT(text)));
}
