/*
 * pm log search: messages, refused sessions and mail that no filter judged,
 * merged by their ids, which are times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/map.h"
#include "base/netaddr.h"
#include "command.h"
#include "store/group.h"
#include "store/message.h"
#include "tool/cells.h"

enum {
	PAGE = 200,
	DAYS = 31, DAY_MS = 86400000,
	FOLLOW_MS = 1000, FOLLOW_BACK_MS = 300000, FOLLOW_ROWS = 1000,
	SEEN_ARENA = 1 << 28,
	ARENA = 1 << 30,
	TIME_WIDTH = 19, OUTCOME_WIDTH = 11, ID_WIDTH = 36, ADDRESS_WIDTH = 28,
	SUBJECT_LEAST = 12,
};

/* What there is to find, each a stream of its own. */
enum kind { JUDGED, REFUSED, UNJUDGED, KINDS };

struct found {
	struct span id, outcome, reason, sender, subject, relay, queue_id,
		message_id, appliance, reply;
	struct span *rcpts;
	size_t nrcpts;
	int64_t at_ms, probability;
	enum kind kind;
};

/* One of the kinds, newest first, page by page. */
struct stream {
	enum kind kind;
	bool ended;
	char before[ID_TEXT_SIZE];
	struct found *v;
	size_t n, i;
};

struct search {
	const struct log_work *w;
	struct arena *a;
	int64_t since_ms, until_ms;
	struct group_people people;	/* of --group */
	struct group_terms terms;
	struct stream streams[KINDS];
};

static struct span text(const char *s)
{
	return s ? span_of(s) : SPAN("");
}

static struct span keep(struct search *s, const struct db_rows *rows, size_t i,
	size_t column)
{
	return arena_span(s->a, db_span(rows, i, column));
}

/* An address that can be looked up whole, and no part of one. */
static bool is_whole(struct span s)
{
	size_t at = span_rchr(s, '@');

	return at != SIZE_MAX && at > 0 &&
		span_chr(span_after(s, at), '.') != SIZE_MAX;
}

/* The statement that needs to look at the least, and its key. */
static const char *statement_of(const struct log_options *o,
	struct span *key_r)
{
	struct span from = text(o->from), to = text(o->to);
	struct netaddr one;

	*key_r = is_whole(to) ? to : is_whole(from) ? from : SPAN("");
	if (key_r->n)
		return "page_mail_of";
	if (o->group)
		return "page_mail";
	*key_r = text(o->relay);
	if (key_r->n)
		return netaddr_parse(*key_r, &one) ? "track_relay" :
			"track_network";
	*key_r = to.n ? to : from;
	return "page_mail";
}

/* Does a line "POLICY/RULE FILE:LINE: what it did" name it? */
static bool names_rule(struct span line, struct span rule)
{
	size_t slash;

	/* Without a colon it ran, and did nothing. */
	if (span_find(line, SPAN(": ")) == SIZE_MAX)
		return false;
	if (span_starts(line, rule) && line.n > rule.n &&
	    line.p[rule.n] == ' ')
		return true;
	slash = span_chr(line, '/');
	line = span_after(line, slash == SIZE_MAX ? line.n : slash + 1);
	return span_starts(line, rule) && line.n > rule.n &&
		line.p[rule.n] == ' ';
}

static bool has_rule(struct search *s, const struct message_record *m)
{
	struct span rule = text(s->w->o->rule), line;

	for (size_t i = 0; i < m->ngroups && rule.n; i++) {
		struct span trace = m->groups[i].trace;

		while (span_line(&trace, &line))
			if (names_rule(line, rule))
				return true;
	}
	return rule.n == 0;
}

static bool is_in(struct span address, struct span want)
{
	return is_whole(want) ? span_caseeq(address, want) :
		span_casefind(address, want) != SIZE_MAX;
}

static bool is_from(struct span relay, struct span want)
{
	struct netaddr addr;
	struct cidr network;

	return cidr_parse(want, &network) && netaddr_parse(relay, &addr) &&
		cidr_contains(&network, &addr);
}

static bool is_among(const struct search *s, const struct found *f)
{
	bool among = group_has(&s->people, f->sender);

	for (size_t i = 0; i < f->nrcpts && !among; i++)
		among = group_has(&s->people, f->rcpts[i]);
	return among;
}

/* What the statement does not ask for. */
static bool fits(struct search *s, const struct found *f,
	const struct message_record *m)
{
	const struct log_options *o = s->w->o;
	bool to = o->to == NULL;

	for (size_t i = 0; i < f->nrcpts && !to; i++)
		to = is_in(f->rcpts[i], text(o->to));
	if (o->group && !is_among(s, f))
		return false;
	return to && (o->from == NULL || is_in(f->sender, text(o->from))) &&
		(o->relay == NULL || is_from(f->relay, text(o->relay))) &&
		(m == NULL ? o->rule == NULL : has_rule(s, m));
}

/* From the record: all recipients, the trace. */
static void add_details(struct search *s, struct stream *st,
	const struct db_rows *rows, size_t i, struct found *f)
{
	struct message_record m;

	f->relay = keep(s, rows, i, 1);
	f->queue_id = keep(s, rows, i, 2);
	f->message_id = keep(s, rows, i, 3);
	f->appliance = keep(s, rows, i, 4);
	if (!message_get(keep(s, rows, i, 5), s->a, &m))
		return;
	f->rcpts = m.rcpts;
	f->nrcpts = m.nrcpts;
	if (fits(s, f, &m))
		st->v[st->n++] = *f;
}

/* Rows of page_mail: id, at, sender, from, subject, outcome, … */
static int take_messages(struct search *s, struct stream *st,
	const struct db_rows *rows, struct err *e)
{
	size_t n = db_count(rows);
	struct span *ids = arena_array(s->a, n + 1, sizeof(*ids));
	struct db_value v;
	struct db_rows *more;

	for (size_t i = 0; i < n; i++)
		ids[i] = db_span(rows, i, 0);
	v = DB_OF_TEXTS(ids, n);
	if (db_call(s->w->db, "track_details", &v, 1, &more, e) < 0)
		return -1;
	for (size_t i = 0, k = 0; i < n && k < db_count(more); i++) {
		struct found f = { .kind = JUDGED,
			.id = keep(s, rows, i, 0), .at_ms = db_int(rows, i, 1),
			.sender = keep(s, rows, i, 2),
			.subject = keep(s, rows, i, 4),
			.outcome = keep(s, rows, i, 5),
			.probability = db_int(rows, i, 7),
			.reason = keep(s, rows, i, 10) };

		/* One may have been dropped between the two. */
		if (span_eq(f.id, db_span(more, k, 0)))
			add_details(s, st, more, k++, &f);
	}
	db_rows_free(&more);
	return 0;
}

static int take_sessions(struct search *s, struct stream *st,
	const struct db_rows *rows)
{
	for (size_t i = 0; i < db_count(rows); i++) {
		struct found f = { .kind = REFUSED,
			.id = keep(s, rows, i, 0),
			.at_ms = db_int(rows, i, 1),
			.relay = keep(s, rows, i, 2),
			.sender = keep(s, rows, i, 5),
			.rcpts = arena_array(s->a, 1, sizeof(*f.rcpts)),
			.nrcpts = 1, .reply = keep(s, rows, i, 7),
			.appliance = keep(s, rows, i, 10),
			.outcome = SPAN("rejected") };

		f.rcpts[0] = keep(s, rows, i, 6);
		if (fits(s, &f, NULL))
			st->v[st->n++] = f;
	}
	return 0;
}

/* Rows of track_bare. */
static int take_unjudged(struct search *s, struct stream *st,
	const struct db_rows *rows)
{
	for (size_t i = 0; i < db_count(rows); i++) {
		struct found f = { .kind = UNJUDGED,
			.id = keep(s, rows, i, 0),
			.at_ms = db_int(rows, i, 1),
			.appliance = keep(s, rows, i, 2),
			.queue_id = keep(s, rows, i, 3),
			.sender = keep(s, rows, i, 4),
			.message_id = keep(s, rows, i, 6),
			.outcome = keep(s, rows, i, 7),
			.reply = keep(s, rows, i, 8) };

		f.nrcpts = db_spans(rows, i, 5, s->a, &f.rcpts);
		for (size_t k = 0; k < f.nrcpts; k++)
			f.rcpts[k] = arena_span(s->a, f.rcpts[k]);
		if (fits(s, &f, NULL))
			st->v[st->n++] = f;
	}
	return 0;
}

static int call(struct search *s, struct stream *st, struct db_rows **rows_r,
	struct err *e)
{
	const struct log_options *o = s->w->o;
	struct span from = text(o->from), to = text(o->to), key;
	const char *statement = statement_of(o, &key);
	const struct db_value none = { .type = DB_NULL };
	unsigned n = strcmp(statement, "page_mail") == 0 ? 9 : 7;
	struct db_value v[] = { DB_OF_INT(s->since_ms), DB_OF_INT(s->until_ms),
		DB_OF_TEXT(span_of(st->before)), DB_OF_TEXT(text(o->outcome)),
		DB_OF_TEXT(text(o->subject)), DB_OF_TEXT(key),
		DB_OF_INT(PAGE), none, none };

	if (o->group) {
		v[7] = DB_OF_TEXTS(s->terms.addresses, s->terms.naddresses);
		v[8] = DB_OF_TEXTS(s->terms.patterns, s->terms.npatterns);
	}
	if (st->kind != JUDGED) {
		v[3] = DB_OF_TEXT(is_whole(from) ? from : SPAN(""));
		v[4] = DB_OF_TEXT(is_whole(to) ? to : SPAN(""));
		v[5] = DB_OF_TEXT(text(o->relay));
		statement = "track_refused";
		n = 7;
	}
	if (st->kind == UNJUDGED) {
		v[5] = v[6];
		statement = "track_bare";
		n--;
	}
	return db_call(s->w->db, statement, v, n, rows_r, e);
}

static int take(struct search *s, struct stream *st,
	const struct db_rows *rows, struct err *e)
{
	if (st->kind == JUDGED)
		return take_messages(s, st, rows, e);
	return st->kind == REFUSED ? take_sessions(s, st, rows) :
		take_unjudged(s, st, rows);
}

/* Pages until one has something that fits. */
static int fill(struct search *s, struct stream *st, struct err *e)
{
	while (st->i == st->n && !st->ended) {
		struct db_rows *rows;
		int bad;

		if (call(s, st, &rows, e) < 0)
			return -1;
		st->i = st->n = 0;
		st->v = arena_array(s->a, PAGE, sizeof(*st->v));
		st->ended = db_count(rows) < PAGE;
		if (db_count(rows))
			snprintf(st->before, sizeof(st->before), "%.*s",
				SPAN_FMT(db_span(rows, db_count(rows) - 1,
				0)));
		bad = take(s, st, rows, e);
		db_rows_free(&rows);
		if (bad)
			return -1;
	}
	return 0;
}

/* The newest of all; NULL: no more. */
static int next(struct search *s, const struct found **f_r, struct err *e)
{
	struct stream *newest = NULL;

	for (struct stream *st = s->streams; st < s->streams + KINDS; st++) {
		if (fill(s, st, e) < 0)
			return -1;
		if (st->i < st->n && (newest == NULL || span_cmp(
		    st->v[st->i].id, newest->v[newest->i].id) > 0))
			newest = st;
	}
	*f_r = newest ? &newest->v[newest->i++] : NULL;
	return 0;
}

/* --- printing ------------------------------------------------------------- */

static void print_json(const struct found *f)
{
	static const char *const kinds[] = { "message", "refused",
		"unjudged" };
	struct json *o = json_new_object(), *rcpts = json_new_array();
	char when[CLOCK_STAMP_SIZE];
	struct buf b = { 0 };

	clock_stamp(f->at_ms, when);
	json_put_text(o, "id", f->id);
	json_put_string(o, "kind", kinds[f->kind]);
	json_put_string(o, "time", when);
	json_put_text(o, "appliance", f->appliance);
	json_put_text(o, "outcome", f->outcome);
	json_put_text(o, "relay", f->relay);
	json_put_text(o, "sender", f->sender);
	for (size_t i = 0; i < f->nrcpts; i++)
		json_append(rcpts, json_new_text(f->rcpts[i]));
	json_put(o, "recipients", rcpts);
	if (f->kind != REFUSED) {
		json_put_text(o, "queue_id", f->queue_id);
		json_put_text(o, "message_id", f->message_id);
	}
	if (f->kind == JUDGED) {
		json_put_text(o, "reason", f->reason);
		json_put_text(o, "subject", f->subject);
		json_put_int(o, "probability", f->probability);
	} else {
		json_put_text(o, "reply", f->reply);
	}
	json_write(o, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(&o);
}

static void print_row(const struct found *f)
{
	unsigned used = TIME_WIDTH + ID_WIDTH + OUTCOME_WIDTH +
		2 * ADDRESS_WIDTH + 10, width = cells_width();
	char when[CLOCK_STAMP_SIZE];

	clock_stamp(f->at_ms, when);
	when[10] = ' ';
	cells_put(span_sub(span_of(when), 0, TIME_WIDTH), TIME_WIDTH, false);
	cells_put(f->id, ID_WIDTH, false);
	cells_put(f->outcome, OUTCOME_WIDTH, false);
	cells_put(f->sender.n ? f->sender : SPAN("<>"), ADDRESS_WIDTH, false);
	cells_put(f->nrcpts ? f->rcpts[0] : SPAN(""), ADDRESS_WIDTH, false);
	cells_put(f->kind == JUDGED ? f->subject : f->reply, width > used +
		SUBJECT_LEAST ? width - used : SUBJECT_LEAST, true);
}

static void print(const struct log_options *o, const struct found *f)
{
	if (o->json)
		print_json(f);
	else
		print_row(f);
}

static void begin(struct search *s, struct arena *a)
{
	const struct log_options *o = s->w->o;

	s->a = a;
	s->streams[JUDGED] = (struct stream){ .kind = JUDGED };
	/* A refused session has no subject, and no rule of ours spoke. */
	s->streams[REFUSED] = (struct stream){ .kind = REFUSED,
		.ended = o->subject || o->rule || o->group ||
		(o->outcome && strcmp(o->outcome, "rejected") != 0) };
	/* Nearly all mail is judged: what is not is found by address only. */
	s->streams[UNJUDGED] = (struct stream){ .kind = UNJUDGED,
		.ended = o->subject || o->rule || o->outcome || o->relay ||
		o->group ||
		(!is_whole(text(o->from)) && !is_whole(text(o->to))) };
	for (size_t i = 0; i < KINDS && o->before; i++)
		snprintf(s->streams[i].before, ID_TEXT_SIZE, "%s", o->before);
}

/* --- following ------------------------------------------------------------ */

/* What was told: now, and in the stretch before, which a pass sees yet. */
struct seen {
	struct arena *a[2];
	struct map *ids[2];
	int64_t since_ms;
};

static void seen_turn(struct seen *k)
{
	int64_t now = clock_ms();

	if (k->a[0] && now - k->since_ms < 2 * FOLLOW_BACK_MS)
		return;
	arena_free(&k->a[1]);
	k->a[1] = k->a[0];
	k->ids[1] = k->ids[0];
	k->a[0] = arena_new("log seen", SEEN_ARENA);
	k->ids[0] = map_new(k->a[0]);
	k->since_ms = now;
}

static bool was_seen(const struct seen *k, struct span id)
{
	return map_get(k->ids[0], id) || (k->ids[1] && map_get(k->ids[1], id));
}

/* What is new among the last minutes, the oldest first. */
static int follow_pass(struct search *s, struct seen *seen, bool tell,
	struct err *e)
{
	struct arena *a = arena_new("log follow", ARENA);
	const struct found *f, **v = arena_array(a, FOLLOW_ROWS, sizeof(*v));
	int result;
	size_t n = 0;

	s->since_ms = clock_wall_ms() - FOLLOW_BACK_MS;
	begin(s, a);
	while ((result = next(s, &f, e)) == 0 && f && n < FOLLOW_ROWS)
		if (!was_seen(seen, f->id))
			v[n++] = f;
	while (result == 0 && n-- > 0) {
		map_put(seen->ids[0], arena_span(seen->a[0], v[n]->id), seen);
		if (tell)
			print(s->w->o, v[n]);
	}
	fflush(stdout);
	arena_free(&a);
	return result;
}

/* The log reader and the recorder come a moment later than mail. */
static int follow(struct search *s, struct err *e)
{
	struct seen seen = { 0 };
	bool tell = s->w->o->since != NULL;
	int result;

	do {
		seen_turn(&seen);
		result = follow_pass(s, &seen, tell, e);
		tell = true;
		clock_sleep_ms(FOLLOW_MS);
	} while (!ferror(stdout) && (result == 0 ||
		e->class == ERR_TEMPORARY));
	for (size_t i = 0; i < 2; i++)
		arena_free(&seen.a[i]);
	return result;
}

/* --- the command ---------------------------------------------------------- */

static int check_options(const struct log_options *o, struct err *e)
{
	struct cidr network;
	struct id id;

	if (o->relay && !cidr_parse(span_of(o->relay), &network))
		return err_set(e, ERR_PERMANENT, "--relay %s: is neither an "
			"address nor a network", o->relay);
	if (o->before && !id_parse(span_of(o->before), &id))
		return err_set(e, ERR_PERMANENT, "--before %s: is not an id",
			o->before);
	for (unsigned i = 0; o->outcome && i <= OUTCOME_N; i++) {
		if (i == OUTCOME_N)
			return err_set(e, ERR_PERMANENT, "--outcome %s: there "
				"is no such outcome", o->outcome);
		if (strcmp(outcome_name(i), o->outcome) == 0)
			break;
	}
	return 0;
}

/* Only what has this name. */
static int by_name(const struct log_work *w, struct err *e)
{
	struct search s = { .w = w, .a = arena_new("log", ARENA) };
	struct stream st = { .kind = JUDGED };
	struct db_value v[] = { DB_OF_TEXT(span_of(w->o->id)),
		DB_OF_INT(w->o->limit) };
	struct db_rows *rows;
	int found = 0;

	if (db_call(w->db, "track_find", v, 2, &rows, e) < 0)
		return -1;
	st.v = arena_array(s.a, 1, sizeof(*st.v));
	for (size_t i = 0; i < db_count(rows); i++) {
		struct message_record m;
		struct found f = {
			.kind = db_bool(rows, i, 8) ? JUDGED : UNJUDGED,
			.id = keep(&s, rows, i, 0),
			.at_ms = db_int(rows, i, 1),
			.appliance = keep(&s, rows, i, 2),
			.sender = keep(&s, rows, i, 3),
			.subject = keep(&s, rows, i, 4),
			.queue_id = keep(&s, rows, i, 5),
			.message_id = keep(&s, rows, i, 6),
			.relay = keep(&s, rows, i, 7) };

		if (f.kind == JUDGED &&
		    message_get(db_span(rows, i, 9), s.a, &m)) {
			f.rcpts = m.rcpts;
			f.nrcpts = m.nrcpts;
			f.probability = m.probability;
			f.outcome = span_of(outcome_name(message_outcome(&m)));
		}
		print(w->o, &f);
		found++;
	}
	db_rows_free(&rows);
	arena_free(&s.a);
	return found ? 0 : 1;
}

int log_search(const struct log_work *w, struct err *e)
{
	struct search s = { .w = w,
		.since_ms = clock_wall_ms() - (int64_t)DAYS * DAY_MS };
	struct arena *a = arena_new("log", ARENA);
	const struct log_options *o = w->o;
	const struct found *f = NULL;
	long long n = 0;
	int result = check_options(o, e);

	if (result == 0 && o->since)
		result = args_time("since", o->since, &s.since_ms, e);
	if (result == 0 && o->until)
		result = args_time("until", o->until, &s.until_ms, e);
	if (result == 0 && o->group)
		result = group_people(w->db, span_of(o->group), true, a,
			&s.people, e);
	if (result == 0 && o->group)
		group_terms(&s.people, a, &s.terms);
	if (result == 0 && o->id)
		result = by_name(w, e);
	else if (result == 0 && o->follow)
		result = follow(&s, e);
	else if (result == 0) {
		begin(&s, a);
		while (n < o->limit && (result = next(&s, &f, e)) == 0 && f) {
			print(o, f);
			n++;
		}
		if (result == 0)
			result = n ? 0 : 1;
	}
	if (result == 1 && !o->json)
		puts("nothing fits");
	arena_free(&a);
	return result;
}
