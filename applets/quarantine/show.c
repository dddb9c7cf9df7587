#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "base/utf8.h"
#include "engine/facts.h"

enum {
	ID_WIDTH = ID_TEXT_SIZE - 1,
	TIME_WIDTH = 16,	/* "2026-11-22 20:17" */
	REASON_WIDTH = 11,
	ADDRESS_WIDTH = 28,
	SUBJECT_LEAST = 12,
	FACTS_ARENA = 64 << 20,
};

/* Printable text; malloc'd. */
static char *printable(struct span s)
{
	size_t size = s.n * 4 + 16;
	char *text = malloc(size);

	if (text == NULL)
		abort();
	utf8_printable(s, text, size);
	return text;
}

/* Prints s in exactly `width` columns, or without padding when last. */
static void cell(struct span s, unsigned width, bool last)
{
	char *text = printable(s);
	struct span rest = span_of(text);
	size_t columns = 0;

	for (struct span r = rest; r.n; r = span_after(r, utf8_next(r, NULL)))
		columns++;
	for (size_t i = 0; i < width && rest.n; i++) {
		size_t n = utf8_next(rest, NULL);

		if (columns > width && i == width - 1)
			fputs("…", stdout);
		else
			fwrite(rest.p, 1, n, stdout);
		rest = span_after(rest, n);
	}
	for (size_t i = columns; i < width && !last; i++)
		putchar(' ');
	fputs(last ? "\n" : "  ", stdout);
	free(text);
}

static unsigned subject_width(unsigned width)
{
	unsigned used = ID_WIDTH + 2 + TIME_WIDTH + 2 + REASON_WIDTH + 2 +
		2 * (ADDRESS_WIDTH + 2);

	return width > used + SUBJECT_LEAST ? width - used : SUBJECT_LEAST;
}

void show_head(unsigned width)
{
	cell(SPAN("ID"), ID_WIDTH, false);
	cell(SPAN("TIME (UTC)"), TIME_WIDTH, false);
	cell(SPAN("REASON"), REASON_WIDTH, false);
	cell(SPAN("SENDER"), ADDRESS_WIDTH, false);
	cell(SPAN("RECIPIENTS"), ADDRESS_WIDTH, false);
	cell(SPAN("SUBJECT"), subject_width(width), true);
}

/* "2026-11-22 20:17:05" */
static void stamp(int64_t ms, char out[20])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 20, "%Y-%m-%d %H:%M:%S", &tm);
}

/* All recipients, or all reasons, with commas; each reason once. */
static void join(const struct spool_record *r, bool reasons, struct buf *b)
{
	for (size_t i = 0; i < r->nitems; i++) {
		const struct spool_item *item = &r->items[i];

		if (reasons) {
			if (i && span_eq(item->reason, r->items[0].reason))
				continue;
			buf_string(b, b->n ? "," : "");
			buf_span(b, item->reason);
		}
		for (size_t j = 0; j < item->nrcpts && !reasons; j++) {
			buf_string(b, b->n ? "," : "");
			buf_span(b, item->rcpts[j]);
		}
	}
}

static struct span sender_of(const struct spool_record *r)
{
	return r->mail_from.n ? r->mail_from : SPAN("<>");
}

void show_row(const struct held_entry *q, unsigned width)
{
	const struct spool_record *r = &q->record;
	bool gone = q->state == QUARANTINE_DELETED;
	struct buf reasons = { 0 }, rcpts = { 0 };
	char when[20];

	stamp(id_time_ms(&r->id), when);
	if (q->state != QUARANTINE_HELD)
		buf_string(&reasons, quarantine_state_name(q->state));
	else
		join(r, true, &reasons);
	join(r, false, &rcpts);
	cell(span_of(r->id.text), ID_WIDTH, false);
	cell(span_sub(span_of(when), 0, TIME_WIDTH), TIME_WIDTH, false);
	cell(buf_bytes(&reasons), REASON_WIDTH, false);
	cell(gone ? SPAN("") : sender_of(r), ADDRESS_WIDTH, false);
	cell(buf_bytes(&rcpts), ADDRESS_WIDTH, false);
	cell(r->subject, subject_width(width), true);
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

static struct json *json_rcpts(const struct spool_record *r)
{
	struct json *a = json_new_array();

	for (size_t i = 0; i < r->nitems; i++)
		for (size_t j = 0; j < r->items[i].nrcpts; j++) {
			struct json *o = json_new_object();

			json_put_text(o, "rcpt", r->items[i].rcpts[j]);
			json_put_text(o, "reason", r->items[i].reason);
			json_put(o, "trace", json_lines(r->items[i].trace));
			json_append(a, o);
		}
	return a;
}

/* What was found, as the scanner told it; nothing when that is unreadable. */
static void read_facts(const struct spool_record *r, struct arena *a,
	struct facts_record *f_r)
{
	if (!facts_get(r->facts, a, f_r))
		*f_r = (struct facts_record){ 0 };
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
		json_append(list, o);
	}
	arena_free(&a);
	return list;
}

static void json_details(struct json *o, const struct spool_record *r)
{
	json_put_text(o, "sender", r->mail_from);
	json_put_text(o, "from", r->header_from);
	json_put_text(o, "subject", r->subject);
	json_put_text(o, "reason", r->nitems ? r->items[0].reason :
		SPAN(""));
	json_put(o, "recipients", json_rcpts(r));
	json_put_int(o, "size", (int64_t)r->body_bytes);
	json_put_int(o, "score", r->score);
	json_put_int(o, "probability", r->probability);
	json_put(o, "hits", json_hits(r));
	json_put_text(o, "relay_addr", r->relay_addr);
	json_put_text(o, "relay_name", r->relay_name);
	json_put_text(o, "helo", r->helo);
	json_put_text(o, "queue_id", r->queue_id);
}

void show_json(const struct held_entry *q)
{
	struct json *o = json_new_object();
	struct buf b = { 0 };
	char when[20];

	stamp(id_time_ms(&q->record.id), when);
	when[10] = 'T';
	json_put_string(o, "id", q->record.id.text);
	json_put_string(o, "state", quarantine_state_name(q->state));
	buf_printf(&b, "%sZ", when);
	json_put_text(o, "time", buf_bytes(&b));
	b.n = 0;
	if (q->state != QUARANTINE_DELETED)
		json_details(o, &q->record);
	json_put(o, "history", json_lines(q->history));
	json_write(o, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&o);
}

static void line(const char *label, const char *before, struct span s,
	const char *after)
{
	char *text = printable(s);

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
		char *name = printable(f.hits[i].name);
		char *evidence = printable(f.hits[i].evidence);

		printf("%-10s %+8.3f %s: %s\n", "", f.hits[i].weight / 1000.0,
			name, evidence);
		free(name);
		free(evidence);
	}
	arena_free(&a);
}

static void story_relay(const struct spool_record *r)
{
	char *name = printable(r->relay_name), *addr = printable(r->relay_addr);

	if (r->relay_addr.n)
		printf("%-10s %s%s[%s]\n", "relay", name, *name ? " " : "",
			addr);
	free(name);
	free(addr);
}

static void story_items(const struct spool_record *r)
{
	for (size_t i = 0; i < r->nitems; i++) {
		const struct spool_item *item = &r->items[i];

		line("reason", "", item->reason, "");
		for (size_t j = 0; j < item->nrcpts; j++)
			line(j ? "" : "recipient", "", item->rcpts[j], "");
		lines("because", item->trace);
	}
}

static void story_envelope(const struct spool_record *r)
{
	line("subject", "", r->subject, "");
	line("from", "", r->header_from, "");
	line("sender", "<", r->mail_from, ">");
	story_relay(r);
	if (r->helo.n)
		line("helo", "", r->helo, "");
	if (r->queue_id.n)
		line("queue id", "", r->queue_id, "");
	printf("%-10s %llu bytes\n", "size",
		(unsigned long long)r->body_bytes);
	story_hits(r);
}

void show_story(const struct held_entry *q)
{
	char when[20];

	stamp(id_time_ms(&q->record.id), when);
	printf("%-10s %s\n", "id", q->record.id.text);
	printf("%-10s %s\n", "state", quarantine_state_name(q->state));
	printf("%-10s %s UTC\n", "received", when);
	if (q->state != QUARANTINE_DELETED) {
		story_envelope(&q->record);
		story_items(&q->record);
	}
	lines("history", q->history);
}
