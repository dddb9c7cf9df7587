/*
 * pm quarantine release, delete, keep, unkeep --found; actions; undo.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "command.h"
#include "tool/cells.h"

enum { ARENA = 1 << 28, ACTIONS = 50, TIME_WIDTH = 19, ID_WIDTH = 36,
	WHO_WIDTH = 16, WHAT_WIDTH = 10, COUNT_WIDTH = 9 };

/* The options of the search, as they could be typed again. */
static const char *search_text(const struct options *o, struct arena *a)
{
	const struct { const char *name, *value; } texts[] = {
		{ "reason", o->reason }, { "sender", o->sender },
		{ "subject", o->subject }, { "words", o->words },
		{ "relay", o->relay }, { "hit", o->hit }, { "rule", o->rule },
		{ "file", o->file }, { "hash", o->hash },
		{ "virus", o->virus }, { "mark", o->mark },
		{ "group", o->group },
	};
	const struct { const char *name; long long value; } numbers[] = {
		{ "score", o->score }, { "since", o->since },
		{ "until", o->until }, { "limit", o->limit },
	};
	struct buf b = { .arena = a };

	for (size_t i = 0; i < o->rcpt.n; i++)
		buf_printf(&b, " --rcpt %s", o->rcpt.v[i]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].value)
			buf_printf(&b, " --%s %s", texts[i].name,
				texts[i].value);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].value)
			buf_printf(&b, " --%s %lld", numbers[i].name,
				numbers[i].value);
	return b.n ? buf_c(&b) + 1 : "";
}

static void put_tally(struct json *j, const struct quarantine_tally *t)
{
	json_put_string(j, "action", t->action.text);
	json_put_int(j, "found", (int64_t)t->found);
	json_put_int(j, "done", (int64_t)t->done);
	json_put_int(j, "recipients", (int64_t)t->recipients);
	json_put_int(j, "passed", (int64_t)t->passed);
	json_put_int(j, "sent", (int64_t)t->sent);
	json_put_int(j, "on_disk", (int64_t)t->on_disk);
}

static void print_json(struct json *j)
{
	struct buf b = { 0 };

	json_write(j, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&j);
}

static const char *messages(uint64_t n)
{
	return n == 1 ? "message" : "messages";
}

static void say(const struct options *o, enum quarantine_act act,
	const struct quarantine_tally *t)
{
	if (o->dry) {
		printf("%llu %s would be %s\n", (unsigned long long)t->found,
			messages(t->found), quarantine_act_done(act));
		return;
	}
	printf("%llu %s %s", (unsigned long long)t->done, messages(t->done),
		quarantine_act_done(act));
	if (t->passed)
		printf("; for %llu there was nothing to do",
			(unsigned long long)t->passed);
	if (t->on_disk)
		printf("; %llu are on disk yet: again in a moment",
			(unsigned long long)t->on_disk);
	puts("");
	if (t->done)
		printf("to take it back: pm quarantine undo %s\n",
			t->action.text);
}

/*
 * With --rcpt it is for him alone: who deletes what alice has must not delete
 * it for bob.
 */
static int make_order(const struct options *o, struct quarantine_order *order,
	struct err *e)
{
	*order = (struct quarantine_order){ .who = o->who, .via = "cli",
		.rcpts = o->rcpts, .nrcpts = o->rcpt.n,
		.approve = o->approve, .wait_s = (unsigned)o->wait,
		.learn = o->learn ? QUARANTINE_LEARN_WANTED :
			QUARANTINE_LEARN_NOTHING,
		.learner = o->user };
	if (o->rcpt.n && (span_chr(o->rcpts[0], '@') == SIZE_MAX ||
	    o->rcpts[0].p[0] == '@'))
		return err_set(e, ERR_PERMANENT, "--rcpt %s: with --found it "
			"is one whole address", o->rcpt.v[0]);
	return o->again ? err_set(e, ERR_PERMANENT, "--again is for single "
		"messages, not for all that is found") : 0;
}

int act_on_found(const struct options *o, enum quarantine_act act,
	struct err *e)
{
	struct arena *a = arena_new("quarantine found", ARENA);
	const char *search = search_text(o, a);
	struct quarantine_tally t = { 0 };
	struct quarantine_filter f;
	struct quarantine_order order;
	int result = make_filter(o, a, &f, e);

	if (result == 0 && search[0] == 0)
		result = err_set(e, ERR_PERMANENT, "--found: what? Give "
			"options of list, such as --reason Spam");
	/* What is kept may be deleted for its people already. */
	f.all_states = act == QUARANTINE_ACT_UNKEEP;
	if (result == 0)
		result = make_order(o, &order, e);
	if (result == 0)
		result = quarantine_act_on_found(&o->place, act, &f, &order,
			search, o->dry, &t, e);
	if (o->json && (result == 0 || t.done)) {
		struct json *j = json_new_object();

		put_tally(j, &t);
		print_json(j);
	} else if (result == 0 || t.done) {
		say(o, act, &t);
	}
	arena_free(&a);
	return result;
}

int undo_action(const struct options *o, const char *operand, struct err *e)
{
	const struct quarantine_order order = { .who = o->who, .via = "cli" };
	struct quarantine_tally t;
	struct id id;

	if (!id_parse(span_of(operand), &id))
		return err_set(e, ERR_PERMANENT, "%s is not an action: `pm "
			"quarantine actions` lists them", operand);
	if (quarantine_act_undo(&o->place, &id, &order, &t, e) < 0)
		return -1;
	if (o->json) {
		struct json *j = json_new_object();

		put_tally(j, &t);
		print_json(j);
		return 0;
	}
	printf("%llu of %llu %s as before", (unsigned long long)t.done,
		(unsigned long long)t.found, messages(t.found));
	if (t.sent)
		printf("; %llu had been sent already",
			(unsigned long long)t.sent);
	if (t.passed)
		printf("; %llu had been changed since, or taken back",
			(unsigned long long)t.passed);
	puts("");
	return 0;
}

static void print_action(const struct db_rows *rows, size_t i, bool as_json)
{
	char when[CLOCK_STAMP_SIZE], count[32];
	struct json *j;

	clock_stamp(db_int(rows, i, 1), when);
	if (as_json) {
		j = json_new_object();
		json_put_text(j, "action", db_span(rows, i, 0));
		json_put_string(j, "time", when);
		json_put_text(j, "who", db_span(rows, i, 2));
		json_put_text(j, "what", db_span(rows, i, 3));
		json_put_text(j, "search", db_span(rows, i, 4));
		json_put_bool(j, "undone", !db_is_null(rows, i, 5));
		json_put_int(j, "messages", db_int(rows, i, 6));
		print_json(j);
		return;
	}
	when[10] = ' ';
	snprintf(count, sizeof(count), "%lld", (long long)db_int(rows, i, 6));
	cells_put(span_sub(span_of(when), 0, TIME_WIDTH), TIME_WIDTH, false);
	cells_put(db_span(rows, i, 0), ID_WIDTH, false);
	cells_put(db_span(rows, i, 2), WHO_WIDTH, false);
	cells_put(db_is_null(rows, i, 5) ? db_span(rows, i, 3) :
		SPAN("undone"), WHAT_WIDTH, false);
	cells_put(span_of(count), COUNT_WIDTH, false);
	cells_put(db_span(rows, i, 4), cells_width(), true);
}

int list_actions(const struct options *o, const char *operand, struct err *e)
{
	const struct db_value v = DB_OF_INT(o->limit ? o->limit : ACTIONS);
	struct db_rows *rows;
	size_t n;

	(void)operand;
	if (o->place.db == NULL)
		return err_set(e, ERR_PERMANENT, "that needs the database, "
			"and none is wired");
	if (db_call(o->place.db, "action_list", &v, 1, &rows, e) < 0)
		return -1;
	n = db_count(rows);
	for (size_t i = 0; i < n; i++)
		print_action(rows, i, o->json);
	db_rows_free(&rows);
	if (n == 0 && !o->json)
		puts("nothing was done with all that a search found");
	return 0;
}
