#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/pack.h"
#include "mail/words.h"
#include "store/archive.h"
#include "store/archive_text.h"

enum {
	ENTRY_ARENA = 256 << 20,
	PARTS_A_CALL = 4,
};

/* An entry on its way. */
struct passage {
	struct db *d;
	const struct seal_key *key;
	const struct held_entry *q;
	struct span id, appliance;
	struct span class;
	struct arena *a;
	int64_t *words, *marks;	/* numbers of them */
	size_t nwords, nmarks;
};

/* --- a message row for whom the log does not know ------------------------- */

static size_t count_rcpts(const struct spool_record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nitems; i++)
		n += r->items[i].nrcpts;
	return n;
}

/* What the entry still says of its message: whom it was withheld from. */
static struct archive_message message_of(const struct passage *p)
{
	const struct spool_record *s = &p->q->record;
	size_t n = count_rcpts(s), at = 0;
	struct buf b = { .arena = p->a };
	struct archive_message m = { .record = {
		.id = s->id, .received_ms = s->received_ms,
		.appliance = p->appliance, .relay_addr = s->relay_addr,
		.relay_name = s->relay_name, .helo = s->helo,
		.mail_from = s->mail_from, .queue_id = s->queue_id,
		.subject = s->subject, .header_from = s->header_from,
		.message_id = s->message_id, .size = s->body_bytes,
		.score = s->score, .probability = s->probability,
		.why = SPAN("written from the quarantine: the journal did "
			"not have it"),
		.facts = s->facts, .nrcpts = n, .ngroups = s->nitems,
	} };

	m.record.rcpts = arena_array(p->a, n, sizeof(*m.record.rcpts));
	m.record.groups = arena_array(p->a, s->nitems,
		sizeof(*m.record.groups));
	for (size_t i = 0; i < s->nitems; i++) {
		struct message_group *g = &m.record.groups[i];

		g->outcome = OUTCOME_QUARANTINED;
		g->reason = s->items[i].reason;
		g->trace = s->items[i].trace;
		g->nrcpts = s->items[i].nrcpts;
		g->rcpts = arena_array(p->a, g->nrcpts, sizeof(*g->rcpts));
		for (size_t j = 0; j < g->nrcpts; j++, at++) {
			g->rcpts[j] = (uint32_t)at;
			m.record.rcpts[at] = s->items[i].rcpts[j];
		}
	}
	message_put(&b, &m.record);
	m.bytes = buf_bytes(&b);
	return m;
}

int archive_knows(struct db *d, const struct id *id, bool *known_r,
	struct err *e)
{
	const struct span text = span_of(id->text);
	struct db_rows *rows;

	if (db_call(d, "archive_known", (struct db_value[]){
		DB_OF_TEXTS(&text, 1), DB_OF_TEXT(text), DB_OF_TEXT(text) },
		3, &rows, e) < 0)
		return -1;
	*known_r = db_count(rows) > 0;
	db_rows_free(&rows);
	return 0;
}

/* --- the entry ------------------------------------------------------------ */

/* Which reason is told of all: the order of their gravity. */
static struct span gravest(const struct spool_record *r)
{
	static const char *const order[] = { "Virus", "Unscannable",
		"Blocked", "Blacklisted", "Rejected", "Offensive", "Spam",
		"Suspect" };

	for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++)
		for (size_t i = 0; i < r->nitems; i++)
			if (span_is(r->items[i].reason, order[k]))
				return r->items[i].reason;
	return r->nitems ? r->items[0].reason : SPAN("");
}

static int find_class(struct passage *p, struct err *e)
{
	struct db_rows *rows;

	if (db_call(p->d, "archive_class", (struct db_value[]){
		DB_OF_TEXT(p->id), DB_OF_TEXT(archive_cut(
			gravest(&p->q->record), ARCHIVE_NAME_MAX)) },
		2, &rows, e) < 0)
		return -1;
	p->class = arena_span(p->a, db_span(rows, 0, 0));
	db_rows_free(&rows);
	return 0;
}

/*
 * A release on disk names its recipients: "… released to a@x b@y". One that
 * names none of ours was for all.
 */
static bool is_released(const struct passage *p, struct span rcpt)
{
	struct span rest = p->q->history, line;
	bool named = false;

	if (p->q->state != QUARANTINE_RELEASED)
		return false;
	while (span_line(&rest, &line)) {
		size_t at = span_find(line, SPAN(" released to "));
		struct span word;

		if (at == SIZE_MAX)
			continue;
		line = span_after(line, at + sizeof(" released to ") - 1);
		while (span_cut(&line, ' ', &word)) {
			named = true;
			if (span_caseeq(word, rcpt))
				return true;
		}
	}
	return !named;
}

static int put_rcpts(const struct passage *p, size_t *open_r, struct err *e)
{
	const struct spool_record *r = &p->q->record;
	size_t n = count_rcpts(r), k = 0, size = sizeof(struct span);
	struct span *rcpt = arena_array(p->a, n, size);
	struct span *address = arena_array(p->a, n, size);
	struct span *reason = arena_array(p->a, n, size);
	struct span *state = arena_array(p->a, n, size);
	int64_t *place = arena_array(p->a, n, sizeof(*place));

	*open_r = 0;
	for (size_t i = 0; i < r->nitems; i++)
		for (size_t j = 0; j < r->items[i].nrcpts; j++, k++) {
			struct span who = r->items[i].rcpts[j];
			bool gone = is_released(p, who);

			place[k] = (int64_t)k;
			rcpt[k] = archive_address(who, p->a);
			address[k] = who.p ? who : SPAN("");
			reason[k] = archive_cut(r->items[i].reason,
				ARCHIVE_NAME_MAX);
			state[k] = span_of(quarantine_state_name(gone ?
				QUARANTINE_RELEASED : QUARANTINE_HELD));
			*open_r += !gone;
		}
	return db_call(p->d, "archive_entry_rcpts", (struct db_value[]){
		DB_OF_TEXT(p->class), DB_OF_TEXT(p->id),
		DB_OF_INTS(place, n), DB_OF_TEXTS(rcpt, n),
		DB_OF_BYTESES(address, n), DB_OF_TEXTS(reason, n),
		DB_OF_TEXTS(state, n) }, 7, NULL, e);
}

/* Words are secret, and numbered with the key; marks are not. */
static void number_words(struct passage *p)
{
	struct span rest = p->q->record.words, line;

	p->words = arena_array(p->a, WORDS_MAX, sizeof(*p->words));
	p->marks = arena_array(p->a, MARKS_MAX, sizeof(*p->marks));
	while (span_cut(&rest, '\n', &line)) {
		if (words_is_mark(line) && p->nmarks < MARKS_MAX)
			p->marks[p->nmarks++] = words_mark_number(line);
		else if (line.n && !words_is_mark(line) &&
			 p->nwords < WORDS_MAX)
			p->words[p->nwords++] = seal_word(p->key, line);
	}
}

static int put_row(struct passage *p, size_t open, struct err *e)
{
	const struct spool_record *r = &p->q->record;
	struct spool_record kept = *r;
	struct buf frame = { .arena = p->a };
	struct span relay = archive_relay(r->relay_addr);

	number_words(p);
	/* The words themselves stay with the body: sealed. */
	kept.words = (struct span){ 0 };
	spool_encode(&kept, &frame);
	return db_call(p->d, "archive_entry", (struct db_value[]){
		DB_OF_TEXT(p->class), DB_OF_TEXT(p->id),
		DB_OF_TEXT(p->appliance),
		DB_OF_INT(archive_time(r->received_ms)),
		relay.p ? DB_OF_TEXT(relay) : (struct db_value){ DB_NULL },
		DB_OF_TEXT(archive_address(r->mail_from, p->a)),
		DB_OF_TEXT(archive_cut(r->header_from, ARCHIVE_ADDRESS_MAX)),
		DB_OF_TEXT(archive_cut(r->subject, ARCHIVE_SUBJECT_MAX)),
		DB_OF_TEXT(archive_cut(gravest(r), ARCHIVE_NAME_MAX)),
		DB_OF_INT((int64_t)r->body_bytes), DB_OF_INT(r->score),
		DB_OF_INT(r->probability), DB_OF_INT((int64_t)open),
		DB_OF_INTS(p->words, p->nwords),
		DB_OF_BYTES(buf_bytes(&frame)),
		DB_OF_INTS(p->marks, p->nmarks) }, 16, NULL, e);
}

static int put_parts(const struct passage *p, struct span sealed,
	struct err *e)
{
	struct span part[PARTS_A_CALL];
	int64_t place[PARTS_A_CALL];
	int64_t next = 0;

	while (sealed.n) {
		size_t n = 0;

		for (; n < PARTS_A_CALL && sealed.n; n++) {
			place[n] = next++;
			part[n] = span_sub(sealed, 0, ARCHIVE_PART);
			sealed = span_after(sealed, part[n].n);
		}
		if (db_call(p->d, "archive_entry_body", (struct db_value[]){
			DB_OF_TEXT(p->class), DB_OF_TEXT(p->id),
			DB_OF_INTS(place, n), DB_OF_BYTESES(part, n) },
			4, NULL, e) < 0)
			return -1;
	}
	return 0;
}

static int put_body(const struct passage *p, struct err *e)
{
	struct buf packed = { 0 }, sealed = { 0 };
	int result;

	pack(p->q->record.body, &packed);
	seal_close(p->key, p->id, buf_bytes(&packed), &sealed);
	buf_free(&packed);
	result = put_parts(p, buf_bytes(&sealed), e);
	buf_free(&sealed);
	return result;
}

/* --- what people did on disk ---------------------------------------------- */

struct deeds {
	struct span *key, *who, *what, *detail;
	int64_t *at;
	size_t n;
};

/* "2026-11-22T20:17:05.123Z", as clock_stamp writes it; else 0. */
static int64_t stamp_ms(struct span s)
{
	char text[CLOCK_STAMP_SIZE];
	struct tm tm = { 0 };
	unsigned ms;

	if (s.n != CLOCK_STAMP_SIZE - 1)
		return 0;
	snprintf(text, sizeof(text), "%.*s", SPAN_FMT(s));
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3uZ", &tm.tm_year,
	    &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
	    &ms) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return archive_time((int64_t)timegm(&tm) * 1000 + ms);
}

/* "TIME WHO released to a@x" */
static void take_deed(const struct passage *p, struct span line,
	struct deeds *s)
{
	struct span when, who, what;

	if (!span_cut(&line, ' ', &when) || !span_cut(&line, ' ', &who) ||
	    !span_cut(&line, ' ', &what))
		return;
	s->key[s->n] = span_of(arena_printf(p->a, "disk %zu", s->n));
	s->at[s->n] = stamp_ms(when);
	s->who[s->n] = archive_cut(who, ARCHIVE_NAME_MAX);
	s->what[s->n] = archive_cut(what, ARCHIVE_NAME_MAX);
	s->detail[s->n] = line.p ? archive_cut(line, ARCHIVE_SUBJECT_MAX) :
		SPAN("");
	s->n++;
}

static int put_deeds(const struct passage *p, struct err *e)
{
	struct span rest = p->q->history, line;
	size_t room = 0, size = sizeof(struct span);
	struct deeds s;

	while (span_line(&rest, &line))
		room++;
	s = (struct deeds){
		arena_array(p->a, room, size), arena_array(p->a, room, size),
		arena_array(p->a, room, size), arena_array(p->a, room, size),
		arena_array(p->a, room, sizeof(*s.at)), 0
	};
	for (rest = p->q->history; span_line(&rest, &line); )
		take_deed(p, line, &s);
	if (s.n == 0)
		return 0;
	return db_call(p->d, "archive_entry_events", (struct db_value[]){
		DB_OF_TEXT(p->id), DB_OF_TEXTS(s.key, s.n),
		DB_OF_INTS(s.at, s.n), DB_OF_TEXTS(s.who, s.n),
		DB_OF_TEXTS(s.what, s.n), DB_OF_TEXTS(s.detail, s.n) },
		6, NULL, e);
}

/* Everything of it, in an open transaction. */
static int put_entry(struct passage *p, struct err *e)
{
	bool known;
	size_t open;

	if (archive_knows(p->d, &p->q->record.id, &known, e) < 0)
		return -1;
	if (!known) {
		struct archive_message m = message_of(p);

		if (archive_messages_within(p->d, &m, 1, e) < 0)
			return -1;
	}
	return find_class(p, e) < 0 || put_rcpts(p, &open, e) < 0 ||
		put_row(p, open, e) < 0 || put_body(p, e) < 0 ||
		put_deeds(p, e) < 0 ? -1 : 0;
}

int archive_entry(struct db *d, const struct seal_key *k,
	const struct held_entry *q, struct span appliance, bool *doubt_r,
	struct err *e)
{
	struct passage p = { .d = d, .key = k, .q = q,
		.id = span_of(q->record.id.text), .appliance = appliance,
		.a = arena_new("archive entry", ENTRY_ARENA) };
	int result = -1;

	*doubt_r = false;
	if (db_begin(d, e) == 0) {
		result = put_entry(&p, e);
		if (result < 0) {
			db_rollback(d);
		} else {
			result = db_commit(d, e);
			*doubt_r = result < 0 && e->class == ERR_TEMPORARY;
		}
	}
	arena_free(&p.a);
	return result;
}
