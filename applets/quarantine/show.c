#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "engine/facts_record.h"
#include "tool/abouts.h"
#include "tool/cells.h"

enum {
	ID_WIDTH = ID_TEXT_SIZE - 1,
	TIME_WIDTH = 16,	/* "2026-11-22 20:17" */
	REASON_WIDTH = 11,
	ADDRESS_WIDTH = 28,
	SUBJECT_LEAST = 12,
	FACTS_ARENA = 64 << 20, ABOUTS_ARENA = 128 << 20,
};

static unsigned subject_width(unsigned width)
{
	unsigned used = ID_WIDTH + 2 + TIME_WIDTH + 2 + REASON_WIDTH + 2 +
		2 * (ADDRESS_WIDTH + 2);

	return width > used + SUBJECT_LEAST ? width - used : SUBJECT_LEAST;
}

void show_head(unsigned width)
{
	cells_put(SPAN("ID"), ID_WIDTH, false);
	cells_put(SPAN("TIME (UTC)"), TIME_WIDTH, false);
	cells_put(SPAN("REASON"), REASON_WIDTH, false);
	cells_put(SPAN("SENDER"), ADDRESS_WIDTH, false);
	cells_put(SPAN("RECIPIENTS"), ADDRESS_WIDTH, false);
	cells_put(SPAN("SUBJECT"), subject_width(width), true);
}

/* "2026-11-22 20:17:05" */
static void stamp(int64_t ms, char out[20])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 20, "%Y-%m-%d %H:%M:%S", &tm);
}

/* The same text once only. */
static void add_once(struct buf *b, struct span text)
{
	if (span_find(buf_bytes(b), text) != SIZE_MAX)
		return;
	buf_string(b, b->n ? "," : "");
	buf_span(b, text);
}

/* All recipients, or all reasons, with commas. */
static void join(const struct quarantine_entry *q, bool reasons,
	struct buf *b)
{
	for (size_t i = 0; i < q->nrcpts; i++) {
		if (reasons) {
			add_once(b, q->rcpts[i].reason);
			continue;
		}
		buf_string(b, i ? "," : "");
		buf_span(b, q->rcpts[i].address);
	}
}

/* Deleted from disk: nothing is known of it any more but that. */
static bool is_bare(const struct quarantine_entry *q)
{
	return q->nrcpts == 0;
}

/* As it stood in the envelope; the database has it in lower case besides. */
static struct span sender_of(const struct quarantine_entry *q)
{
	return q->record.nitems ? q->record.mail_from : q->sender;
}

void show_row(const struct quarantine_entry *q, unsigned width)
{
	struct buf reasons = { 0 }, rcpts = { 0 };
	struct span sender = sender_of(q);
	char when[20];

	stamp(id_time_ms(&q->id), when);
	if (q->state != QUARANTINE_HELD)
		buf_string(&reasons, quarantine_state_name(q->state));
	else
		join(q, true, &reasons);
	join(q, false, &rcpts);
	cells_put(span_of(q->id.text), ID_WIDTH, false);
	cells_put(span_sub(span_of(when), 0, TIME_WIDTH), TIME_WIDTH, false);
	cells_put(buf_bytes(&reasons), REASON_WIDTH, false);
	cells_put(is_bare(q) ? SPAN("") : sender.n ? sender : SPAN("<>"),
		ADDRESS_WIDTH, false);
	cells_put(buf_bytes(&rcpts), ADDRESS_WIDTH, false);
	cells_put(q->subject, subject_width(width), true);
	buf_free(&reasons);
	buf_free(&rcpts);
}

/* The lines of a text as an array. */
static struct json *json_lines(struct span text)
{
	struct json *a = json_new_array();
	struct span line;

	while (span_line(&text, &line))
		json_append(a, json_new_text(line));
	return a;
}

/* How it was decided for an address. */
static struct span trace_of(const struct spool_record *r, struct span address)
{
	for (size_t i = 0; i < r->nitems; i++)
		for (size_t k = 0; k < r->items[i].nrcpts; k++)
			if (span_eq(r->items[i].rcpts[k], address))
				return r->items[i].trace;
	return SPAN("");
}

static struct json *json_rcpts(const struct quarantine_entry *q)
{
	struct json *a = json_new_array();

	for (size_t i = 0; i < q->nrcpts; i++) {
		const struct quarantine_rcpt *r = &q->rcpts[i];
		struct json *o = json_new_object();

		json_put_text(o, "rcpt", r->address);
		json_put_text(o, "reason", r->reason);
		json_put_string(o, "state", quarantine_state_name(r->state));
		json_put(o, "trace", json_lines(trace_of(&q->record,
			r->address)));
		json_append(a, o);
	}
	return a;
}

/* "2026-11-22T20:17:05.123Z alice released to a@example.org" */
static void event_text(const struct quarantine_event *v, struct buf *b)
{
	char when[CLOCK_STAMP_SIZE];

	clock_stamp(v->at_ms, when);
	buf_printf(b, "%s ", when);
	buf_span(b, v->who);
	buf_byte(b, ' ');
	buf_span(b, v->what);
	buf_string(b, v->detail.n ? " " : "");
	buf_span(b, v->detail);
}

static struct json *json_events(const struct quarantine_entry *q)
{
	struct json *a = json_new_array();
	struct buf b = { 0 };

	for (size_t i = 0; i < q->nevents; i++) {
		b.n = 0;
		event_text(&q->events[i], &b);
		json_append(a, json_new_text(buf_bytes(&b)));
	}
	buf_free(&b);
	return a;
}

/* What was found, as the scanner told it; nothing when that is unreadable. */
static void read_facts(const struct spool_record *r, struct arena *a,
	struct facts_record *f_r)
{
	if (!facts_get(r->facts, a, f_r))
		*f_r = (struct facts_record){ 0 };
}

/* What it means; read once, however many messages are shown. */
static struct span about_of(struct span name)
{
	static struct abouts all;
	static bool loaded;

	if (!loaded)
		abouts_load(arena_new("abouts", ABOUTS_ARENA), &all);
	loaded = true;
	return abouts_find(&all, name);
}

/* Weights are thousandths; they add up to the score. */
static struct json *json_hits(const struct spool_record *r)
{
	struct arena *a = arena_new("hits", FACTS_ARENA);
	struct json *list = json_new_array();
	struct facts_record f;

	read_facts(r, a, &f);
	for (size_t i = 0; i < f.nhits; i++) {
		struct json *o = json_new_object();

		json_put_text(o, "name", f.hits[i].name);
		json_put_int(o, "weight", f.hits[i].weight);
		json_put_text(o, "evidence", f.hits[i].evidence);
		json_put_text(o, "about", about_of(f.hits[i].name));
		json_append(list, o);
	}
	arena_free(&a);
	return list;
}

static void json_details(struct json *o, const struct quarantine_entry *q)
{
	const struct spool_record *r = &q->record;

	json_put_text(o, "appliance", q->appliance);
	json_put_text(o, "sender", sender_of(q));
	json_put_text(o, "from", q->header_from);
	json_put_text(o, "subject", q->subject);
	json_put_text(o, "reason", q->reason);
	json_put(o, "recipients", json_rcpts(q));
	json_put_int(o, "size", (int64_t)q->size);
	json_put_int(o, "score", q->score);
	json_put_int(o, "probability", q->probability);
	json_put(o, "hits", json_hits(r));
	json_put_text(o, "relay_addr", r->relay_addr);
	json_put_text(o, "relay_name", r->relay_name);
	json_put_text(o, "helo", r->helo);
	json_put_text(o, "queue_id", r->queue_id);
}

void show_json(const struct quarantine_entry *q)
{
	struct json *o = json_new_object();
	struct buf b = { 0 };
	char when[20];

	stamp(id_time_ms(&q->id), when);
	when[10] = 'T';
	json_put_string(o, "id", q->id.text);
	json_put_string(o, "state", quarantine_state_name(q->state));
	json_put_string(o, "place", q->on_disk ? "disk" : "database");
	buf_printf(&b, "%sZ", when);
	json_put_text(o, "time", buf_bytes(&b));
	b.n = 0;
	if (!is_bare(q))
		json_details(o, q);
	json_put(o, "history", json_events(q));
	json_write(o, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&o);
}

static void line(const char *label, const char *before, struct span s,
	const char *after)
{
	char *text = cells_printable(s);

	printf("%-10s %s%s%s\n", label, before, text, after);
	free(text);
}

static void lines(const char *label, struct span text)
{
	struct span one;

	for (; span_line(&text, &one); label = "")
		line(label, "", one, "");
}

/* The contributions, one a line, as they add up to the score. */
static void story_hits(const struct spool_record *r)
{
	struct arena *a = arena_new("hits", FACTS_ARENA);
	struct facts_record f;

	read_facts(r, a, &f);
	printf("%-10s %u %% (score %.3f)\n", "spam", r->probability,
		r->score / 1000.0);
	for (size_t i = 0; i < f.nhits; i++) {
		char *name = cells_printable(f.hits[i].name);
		char *evidence = cells_printable(f.hits[i].evidence);
		char *about = cells_printable(about_of(f.hits[i].name));

		printf("%-10s %+8.3f %s: %s%s%s%s\n", "",
			f.hits[i].weight / 1000.0, name, evidence,
			*about ? " (" : "", about, *about ? ")" : "");
		free(name);
		free(evidence);
		free(about);
	}
	arena_free(&a);
}

static void story_relay(const struct spool_record *r)
{
	char *name = cells_printable(r->relay_name);
	char *addr = cells_printable(r->relay_addr);

	if (r->relay_addr.n)
		printf("%-10s %s%s[%s]\n", "relay", name, *name ? " " : "",
			addr);
	free(name);
	free(addr);
}

/* What is different for recipient i from what the message's state says. */
static const char *state_of(const struct quarantine_entry *q, size_t i)
{
	static const char *const texts[] = { " (held)", " (released)",
		" (deleted)" };

	return i >= q->nrcpts || q->rcpts[i].state == q->state ? "" :
		texts[q->rcpts[i].state];
}

/* Each reason with its recipients and how it came to it. */
static void story_items(const struct quarantine_entry *q)
{
	const struct spool_record *r = &q->record;
	size_t n = 0;

	for (size_t i = 0; i < r->nitems; i++) {
		const struct spool_item *item = &r->items[i];

		line("reason", "", item->reason, "");
		for (size_t j = 0; j < item->nrcpts; j++)
			line(j ? "" : "recipient", "", item->rcpts[j],
				state_of(q, n++));
		lines("because", item->trace);
	}
}

static void story_events(const struct quarantine_entry *q)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < q->nevents; i++) {
		b.n = 0;
		event_text(&q->events[i], &b);
		line(i ? "" : "history", "", buf_bytes(&b), "");
	}
	buf_free(&b);
}

static void story_envelope(const struct quarantine_entry *q)
{
	const struct spool_record *r = &q->record;

	line("subject", "", q->subject, "");
	line("from", "", q->header_from, "");
	line("sender", "<", sender_of(q), ">");
	story_relay(r);
	if (r->helo.n)
		line("helo", "", r->helo, "");
	if (r->queue_id.n)
		line("queue id", "", r->queue_id, "");
	printf("%-10s %llu bytes\n", "size", (unsigned long long)q->size);
	story_hits(r);
}

void show_story(const struct quarantine_entry *q)
{
	char when[20];

	stamp(id_time_ms(&q->id), when);
	printf("%-10s %s\n", "id", q->id.text);
	printf("%-10s %s\n", "state", quarantine_state_name(q->state));
	printf("%-10s %s\n", "place", q->on_disk ? "disk" : "database");
	printf("%-10s %s UTC\n", "received", when);
	if (!is_bare(q)) {
		story_envelope(q);
		story_items(q);
	}
	story_events(q);
}
