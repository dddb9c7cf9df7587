/*
 * pm log show: one message from the first connection to the last delivery.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "command.h"
#include "engine/explain.h"
#include "engine/facts_record.h"
#include "store/message.h"
#include "tool/cells.h"

enum { NAMES_MAX = 20, EVENTS_MAX = 2000, ARENA = 1 << 30 };

/* Columns of track_find and of track_timeline. */
enum { F_ID, F_AT, F_APPLIANCE, F_SENDER, F_SUBJECT, F_QUEUE, F_MESSAGE,
	F_RELAY, F_JUDGED, F_RECORD };
enum { T_AT, T_KIND, T_TEXT, T_WHO, T_QUEUE, T_LINE, T_FINAL };

struct story {
	struct arena *a;
	const struct db_rows *found, *events;
	struct message_record m;
	struct facts_record facts;
	bool judged;		/* m counts */
};

static void line(const char *before, struct span s)
{
	char *text = cells_printable(s);

	printf("%s%s\n", before, text);
	free(text);
}

/* "Quarantined for Spam because …." of the filter, or the bare outcome. */
static struct span sentence_of(struct story *s, const struct message_group *g)
{
	const struct why *why = g->nrcpts ? explain_find(&s->facts,
		g->rcpts[0]) : NULL;
	struct buf b = { .arena = s->a };

	if (why && why->sentence.n) {
		buf_span(&b, why->sentence);
		buf_string(&b, why->unless.n ? " " : "");
		buf_span(&b, why->unless);
	} else {
		buf_printf(&b, "The filter's outcome: %s",
			outcome_name(g->outcome));
		buf_string(&b, g->reason.n ? " as " : "");
		buf_span(&b, g->reason);
		buf_string(&b, g->reply.n ? "; the sender was told: " : "");
		buf_span(&b, g->reply);
		buf_byte(&b, '.');
	}
	if (s->m.ngroups > 1 && g->nrcpts)
		buf_printf(&b, " (%zu of %zu recipients, the first %.*s)",
			g->nrcpts, s->m.nrcpts,
			SPAN_FMT(s->m.rcpts[g->rcpts[0]]));
	return buf_bytes(&b);
}

/* Calls f with each sentence that says what became of it, in plain words. */
static void answer(struct story *s, void (*f)(void *context, struct span text),
	void *context)
{
	bool handed_on = !s->judged, told = false;

	for (size_t i = 0; s->judged && i < s->m.ngroups; i++) {
		enum outcome o = s->m.groups[i].outcome;

		f(context, sentence_of(s, &s->m.groups[i]));
		handed_on |= o == OUTCOME_DELIVERED || o == OUTCOME_TAGGED ||
			o == OUTCOME_REDIRECTED;
	}
	for (size_t i = 0; i < db_count(s->events); i++)
		if (db_bool(s->events, i, T_FINAL)) {
			struct buf b = { .arena = s->a };
			char when[CLOCK_STAMP_SIZE];

			clock_stamp(db_int(s->events, i, T_AT), when);
			buf_printf(&b, "%s: ", when);
			buf_span(&b, db_span(s->events, i, T_TEXT));
			f(context, buf_bytes(&b));
			told = true;
		}
	if (handed_on && !told)
		f(context, SPAN("The mail server's log says nothing of its "
			"delivery (yet)."));
}

static void say(void *context, struct span text)
{
	(void)context;
	line("", text);
}

static void say_names(const struct story *s)
{
	static const struct { const char *label; size_t column; } names[] = {
		{ "id          ", F_ID }, { "queue id    ", F_QUEUE },
		{ "Message-ID  ", F_MESSAGE }, { "from        ", F_SENDER },
		{ "subject     ", F_SUBJECT }, { "relay       ", F_RELAY },
		{ "appliance   ", F_APPLIANCE } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (db_span(s->found, 0, names[i].column).n)
			line(names[i].label, db_span(s->found, 0,
				names[i].column));
	for (size_t i = 0; s->judged && i < s->m.nrcpts; i++)
		line(i ? "            " : "to          ", s->m.rcpts[i]);
}

static void say_timeline(const struct story *s)
{
	puts("\nTimeline (UTC)");
	for (size_t i = 0; i < db_count(s->events); i++) {
		char when[CLOCK_STAMP_SIZE], before[CLOCK_STAMP_SIZE + 4];

		clock_stamp(db_int(s->events, i, T_AT), when);
		snprintf(before, sizeof(before), "%s  ", when);
		line(before, db_span(s->events, i, T_TEXT));
	}
}

static void say_why(const struct story *s)
{
	printf("\nWhy: spam with a probability of %u %% (score %.3f)\n",
		s->m.probability, s->m.score / 1000.0);
	for (size_t i = 0; i < s->facts.nhits; i++) {
		char *name = cells_printable(s->facts.hits[i].name);
		char *evidence = cells_printable(s->facts.hits[i].evidence);

		printf("%+9.3f %s: %s\n", s->facts.hits[i].weight / 1000.0,
			name, evidence);
		free(name);
		free(evidence);
	}
	for (size_t i = 0; i < s->m.ngroups; i++) {
		struct span rest = s->m.groups[i].trace, one;

		while (span_line(&rest, &one))
			line("because   ", one);
	}
}

static void say_lines(const struct story *s)
{
	puts("\nThe mail server's log");
	for (size_t i = 0; i < db_count(s->events); i++)
		if (db_span(s->events, i, T_LINE).n)
			line("", db_span(s->events, i, T_LINE));
}

static void say_json_answer(void *context, struct span text)
{
	json_append(context, json_new_text(text));
}

static struct json *json_events(const struct story *s)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < db_count(s->events); i++) {
		struct json *o = json_new_object();
		char when[CLOCK_STAMP_SIZE];

		clock_stamp(db_int(s->events, i, T_AT), when);
		json_put_string(o, "time", when);
		json_put_text(o, "kind", db_span(s->events, i, T_KIND));
		json_put_text(o, "text", db_span(s->events, i, T_TEXT));
		json_put_text(o, "who", db_span(s->events, i, T_WHO));
		json_put_text(o, "queue_id", db_span(s->events, i, T_QUEUE));
		json_put_text(o, "line", db_span(s->events, i, T_LINE));
		json_append(list, o);
	}
	return list;
}

static struct json *json_hits(const struct story *s)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < s->facts.nhits; i++) {
		struct json *o = json_new_object();

		json_put_text(o, "name", s->facts.hits[i].name);
		json_put_int(o, "weight", s->facts.hits[i].weight);
		json_put_text(o, "evidence", s->facts.hits[i].evidence);
		json_append(list, o);
	}
	return list;
}

static void print_json(struct story *s)
{
	static const struct { const char *name; size_t column; } names[] = {
		{ "id", F_ID }, { "appliance", F_APPLIANCE },
		{ "sender", F_SENDER }, { "subject", F_SUBJECT },
		{ "queue_id", F_QUEUE }, { "message_id", F_MESSAGE },
		{ "relay", F_RELAY } };
	struct json *o = json_new_object(), *list = json_new_array();
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		json_put_text(o, names[i].name, db_span(s->found, 0,
			names[i].column));
	answer(s, say_json_answer, list);
	json_put(o, "answer", list);
	json_put(o, "timeline", json_events(s));
	if (s->judged) {
		json_put_int(o, "score", s->m.score);
		json_put_int(o, "probability", s->m.probability);
		json_put(o, "hits", json_hits(s));
	}
	json_write(o, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&o);
}

static void print(struct story *s)
{
	answer(s, say, NULL);
	putchar('\n');
	say_names(s);
	say_timeline(s);
	if (s->judged)
		say_why(s);
	say_lines(s);
}

/* Several have this name. */
static int list_names(const struct db_rows *rows, const char *name,
	struct err *e)
{
	for (size_t i = 0; i < db_count(rows); i++) {
		char when[CLOCK_STAMP_SIZE];
		char *id = cells_printable(db_span(rows, i, F_ID));
		char *subject = cells_printable(db_span(rows, i, F_SUBJECT));

		clock_stamp(db_int(rows, i, F_AT), when);
		printf("%s  %s  %s\n", id, when, subject);
		free(id);
		free(subject);
	}
	return err_set(e, ERR_PERMANENT, "%s: %zu messages have this name; "
		"show one by its id", name, db_count(rows));
}

static int show(const struct log_work *w, const struct db_rows *found,
	struct err *e)
{
	struct story s = { .a = arena_new("log show", ARENA),
		.found = found };
	struct db_value v[] = {
		DB_OF_TEXT(db_span(found, 0, F_ID)),
		DB_OF_TEXT(db_span(found, 0, F_APPLIANCE)),
		DB_OF_TEXT(db_span(found, 0, F_QUEUE)),
		DB_OF_TEXT(db_span(found, 0, F_MESSAGE)),
		DB_OF_TEXT(db_span(found, 0, F_RELAY)),
		DB_OF_INT(db_int(found, 0, F_AT)), DB_OF_INT(EVENTS_MAX) };
	struct db_rows *events;

	s.judged = db_bool(found, 0, F_JUDGED) && message_get(db_span(found,
		0, F_RECORD), s.a, &s.m);
	if (s.judged && !facts_get(s.m.facts, s.a, &s.facts))
		s.facts = (struct facts_record){ 0 };
	if (db_call(w->db, "track_timeline", v, 7, &events, e) < 0) {
		arena_free(&s.a);
		return -1;
	}
	s.events = events;
	if (w->o->json)
		print_json(&s);
	else
		print(&s);
	db_rows_free(&events);
	arena_free(&s.a);
	return 0;
}

int log_show(const struct log_work *w, const char *name, struct err *e)
{
	struct span bare = span_of(name);
	struct db_value v[2];
	struct db_rows *rows;
	int result;

	if (bare.n > 2 && bare.p[0] == '<' && bare.p[bare.n - 1] == '>')
		bare = span_sub(bare, 1, bare.n - 2);
	v[0] = DB_OF_TEXT(bare);
	v[1] = DB_OF_INT(NAMES_MAX);
	if (db_call(w->db, "track_find", v, 2, &rows, e) < 0)
		return -1;
	if (db_count(rows) == 0) {
		if (!w->o->json)
			puts("no message has this name: pm log search finds "
				"messages");
		result = 1;
	} else if (db_count(rows) > 1) {
		result = list_names(rows, name, e);
	} else {
		result = show(w, rows, e);
	}
	db_rows_free(&rows);
	return result;
}
