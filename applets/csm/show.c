#include "show.h"

#include "base/utf8.h"
#include "engine/facts.h"
#include "web/pages_host.h"

/* Of a row in a list: there are hundreds. */
enum { ROW_TEXT_MAX = 2000, ROW_RCPTS_MAX = 8 };

/* A copy: what is shown outlives the entry that it is from. */
struct script_value show_text(struct arena *a, struct span s)
{
	struct buf b = { .arena = a };

	/* Rows of a list are gone when their page is made. */
	if (utf8_valid(s))
		return pages_text(arena_span(a, s));
	utf8_sanitise(&b, s);
	return pages_text(buf_bytes(&b));
}

struct script_value show_texts(struct arena *a, const struct span *v,
	size_t n)
{
	struct script_value *out = arena_array(a, n + 1, sizeof(*out));

	for (size_t i = 0; i < n; i++)
		out[i] = show_text(a, v[i]);
	return pages_array(a, out, n);
}

/* The lines of a text, each a text. */
static struct script_value show_lines(struct arena *a, struct span s)
{
	struct script_value *out;
	struct span rest = s, line;
	size_t n = 0;

	while (span_line(&rest, &line))
		n++;
	out = arena_array(a, n + 1, sizeof(*out));
	n = 0;
	while (span_line(&s, &line))
		out[n++] = show_text(a, line);
	return pages_array(a, out, n);
}

static struct script_value show_rcpts(struct arena *a,
	const struct quarantine_entry *e, size_t n)
{
	struct script_value *out = arena_array(a, n + 1, sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		const struct quarantine_rcpt *r = &e->rcpts[i];

		out[i] = pages_map(a, 4);
		pages_put(&out[i], "n", pages_int((int64_t)i + 1));
		pages_put(&out[i], "address", show_text(a, r->address));
		pages_put(&out[i], "reason", show_text(a, r->reason));
		pages_put(&out[i], "state", pages_text(span_of(
			quarantine_state_name(r->state))));
	}
	return pages_array(a, out, n);
}

static struct script_value show_events(struct arena *a,
	const struct quarantine_event *v, size_t n)
{
	struct script_value *out = arena_array(a, n + 1, sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		out[i] = pages_map(a, 4);
		pages_put(&out[i], "at_ms", pages_int(v[i].at_ms));
		pages_put(&out[i], "who", show_text(a, v[i].who));
		pages_put(&out[i], "what", show_text(a, v[i].what));
		pages_put(&out[i], "detail", show_text(a, v[i].detail));
	}
	return pages_array(a, out, n);
}

/* How it was decided, for whom. */
static struct script_value show_traces(struct arena *a,
	const struct spool_record *r)
{
	struct script_value *out = arena_array(a, r->nitems + 1, sizeof(*out));

	for (size_t i = 0; i < r->nitems; i++) {
		const struct spool_item *item = &r->items[i];

		out[i] = pages_map(a, 3);
		pages_put(&out[i], "reason", show_text(a, item->reason));
		pages_put(&out[i], "rcpts", show_texts(a, item->rcpts,
			item->nrcpts));
		pages_put(&out[i], "lines", show_lines(a, item->trace));
	}
	return pages_array(a, out, r->nitems);
}

/* What only the entry itself shows, not a list. */
static void put_record(struct arena *a, const struct quarantine_entry *e,
	struct script_value *m)
{
	const struct spool_record *r = &e->record;
	struct span *rcpts = arena_array(a, e->nrcpts + 1, sizeof(*rcpts));

	for (size_t i = 0; i < e->nrcpts; i++)
		rcpts[i] = e->rcpts[i].address;
	pages_put(m, "events", show_events(a, e->events, e->nevents));
	pages_put(m, "relay_name", show_text(a, r->relay_name));
	pages_put(m, "helo", show_text(a, r->helo));
	pages_put(m, "queue_id", show_text(a, r->queue_id));
	pages_put(m, "traces", show_traces(a, r));
	pages_put(m, "facts", show_facts(a, r->facts, rcpts, e->nrcpts));
}

struct script_value show_entry(struct arena *a,
	const struct quarantine_entry *e, bool with_all)
{
	struct script_value m = pages_map(a, 21);
	size_t most = with_all ? SIZE_MAX : ROW_TEXT_MAX;
	size_t n = with_all || e->nrcpts < ROW_RCPTS_MAX ? e->nrcpts :
		ROW_RCPTS_MAX;

	pages_put(&m, "id", show_text(a, span_of(e->id.text)));
	pages_put(&m, "at_ms", pages_int(id_time_ms(&e->id)));
	pages_put(&m, "appliance", show_text(a, e->appliance));
	pages_put(&m, "relay", show_text(a, e->relay));
	pages_put(&m, "sender", show_text(a,
		span_sub(e->sender, 0, most)));
	pages_put(&m, "header_from", show_text(a,
		span_sub(e->header_from, 0, most)));
	pages_put(&m, "subject", show_text(a,
		span_sub(e->subject, 0, most)));
	pages_put(&m, "reason", show_text(a, e->reason));
	pages_put(&m, "size", pages_int((int64_t)e->size));
	pages_put(&m, "score", pages_int(e->score));
	pages_put(&m, "probability", pages_int(e->probability));
	pages_put(&m, "state", pages_text(span_of(
		quarantine_state_name(e->state))));
	pages_put(&m, "on_disk", pages_bool(e->on_disk));
	pages_put(&m, "nrcpts", pages_int((int64_t)e->nrcpts));
	pages_put(&m, "rcpts", show_rcpts(a, e, n));
	if (with_all)
		put_record(a, e, &m);
	return m;
}

static struct script_value show_group(struct arena *a,
	const struct message_record *m, const struct message_group *g)
{
	struct span *rcpts = arena_array(a, g->nrcpts + 1, sizeof(*rcpts));
	struct script_value v = pages_map(a, 5);
	size_t n = 0;

	for (size_t i = 0; i < g->nrcpts; i++)
		if (g->rcpts[i] < m->nrcpts)
			rcpts[n++] = m->rcpts[g->rcpts[i]];
	pages_put(&v, "outcome", pages_text(span_of(
		outcome_name(g->outcome))));
	pages_put(&v, "reason", show_text(a, g->reason));
	pages_put(&v, "reply", show_text(a, g->reply));
	pages_put(&v, "rcpts", show_texts(a, rcpts, n));
	pages_put(&v, "lines", show_lines(a, g->trace));
	return v;
}

static struct script_value show_groups(struct arena *a,
	const struct message_record *m)
{
	struct script_value *out = arena_array(a, m->ngroups + 1,
		sizeof(*out));

	for (size_t i = 0; i < m->ngroups; i++)
		out[i] = show_group(a, m, &m->groups[i]);
	return pages_array(a, out, m->ngroups);
}

struct script_value show_message(struct arena *a,
	const struct message_record *m, struct script_value events)
{
	struct script_value v = pages_map(a, 24);

	pages_put(&v, "id", show_text(a, arena_span(a, span_of(m->id.text))));
	pages_put(&v, "at_ms", pages_int(m->received_ms));
	pages_put(&v, "appliance", show_text(a, m->appliance));
	pages_put(&v, "relay", show_text(a, m->relay_addr));
	pages_put(&v, "relay_name", show_text(a, m->relay_name));
	pages_put(&v, "helo", show_text(a, m->helo));
	pages_put(&v, "sender", show_text(a, m->mail_from));
	pages_put(&v, "queue_id", show_text(a, m->queue_id));
	pages_put(&v, "rcpts", show_texts(a, m->rcpts, m->nrcpts));
	pages_put(&v, "subject", show_text(a, m->subject));
	pages_put(&v, "header_from", show_text(a, m->header_from));
	pages_put(&v, "message_id", show_text(a, m->message_id));
	pages_put(&v, "size", pages_int((int64_t)m->size));
	pages_put(&v, "score", pages_int(m->score));
	pages_put(&v, "probability", pages_int(m->probability));
	pages_put(&v, "outcome", pages_text(span_of(
		outcome_name(message_outcome(m)))));
	pages_put(&v, "took_ms", pages_int(m->took_ms));
	pages_put(&v, "why", show_text(a, m->why));
	pages_put(&v, "groups", show_groups(a, m));
	pages_put(&v, "events", events);
	pages_put(&v, "facts", show_facts(a, m->facts, m->rcpts, m->nrcpts));
	return v;
}

static struct script_value show_part(struct arena *a,
	const struct preview_part *p)
{
	struct script_value v = pages_map(a, 5);

	pages_put(&v, "type", show_text(a, p->type));
	pages_put(&v, "true_type", show_text(a, p->true_type));
	pages_put(&v, "name", show_text(a, p->name));
	pages_put(&v, "size", pages_int((int64_t)p->size));
	pages_put(&v, "attachment", pages_bool(p->attachment));
	return v;
}

struct script_value show_preview(struct arena *a, const struct preview *p)
{
	struct script_value *parts = arena_array(a, p->nparts + 1,
		sizeof(*parts));
	struct script_value v = pages_map(a, 8);

	for (size_t i = 0; i < p->nparts; i++)
		parts[i] = show_part(a, &p->parts[i]);
	pages_put(&v, "headers", show_text(a, p->headers));
	pages_put(&v, "text", show_text(a, p->text));
	pages_put(&v, "was_html", pages_bool(p->was_html));
	pages_put(&v, "cut", pages_bool(p->cut));
	pages_put(&v, "parts", pages_array(a, parts, p->nparts));
	pages_put(&v, "links", show_texts(a, p->links, p->nlinks));
	pages_put(&v, "notes", show_texts(a, p->notes, p->nnotes));
	return v;
}
