#include "store/quarantine_db.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/netaddr.h"
#include "base/pack.h"
#include "mail/words.h"

enum {
	BODY_MAX = 512 << 20,
	NAME_MAX_BYTES = 512,
	PRESENT_MAX = 5000,
};

/* The columns of quarantine_list. */
enum column {
	C_ID, C_APPLIANCE, C_SENDER, C_FROM, C_SUBJECT, C_REASON, C_RELAY,
	C_SIZE, C_SCORE, C_PROBABILITY, C_OPEN, C_RECORD, C_ADDRESSES,
	C_REASONS, C_STATES
};

/* The least id of a millisecond. */
static void floor_id(int64_t ms, struct id *id_r)
{
	uint64_t v = ms < 0 ? 0 : (uint64_t)ms & 0xffffffffffff;

	snprintf(id_r->text, sizeof(id_r->text),
		"%08" PRIx64 "-%04" PRIx64 "-0000-0000-000000000000",
		v >> 16, v & 0xffff);
}

/* For like and ilike: what may stand around s, in which nothing is special. */
enum around { NOTHING, BEFORE, BEFORE_AND_BEHIND };

static struct span pattern(struct span s, enum around around, bool lower,
	struct arena *a)
{
	struct buf b = { .arena = a };

	if (around != NOTHING)
		buf_byte(&b, '%');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' || s.p[i] == '_' || s.p[i] == '\\')
			buf_byte(&b, '\\');
		buf_byte(&b, lower ? span_lower(s.p[i]) : s.p[i]);
	}
	if (around == BEFORE_AND_BEHIND)
		buf_byte(&b, '%');
	return buf_bytes(&b);
}

static struct span lowered(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };

	s = span_sub(s, 0, NAME_MAX_BYTES);
	for (size_t i = 0; i < s.n; i++)
		buf_byte(&b, span_lower(s.p[i]));
	return buf_bytes(&b);
}

/* A whole address, "@domain", or a part. */
static void ask_rcpt(struct span rcpt, struct arena *a,
	struct quarantine_query *query)
{
	size_t at = span_chr(rcpt, '@');

	if (rcpt.n == 0)
		return;
	query->rcpt = pattern(rcpt, at == SIZE_MAX ? BEFORE_AND_BEHIND :
		at == 0 ? BEFORE : NOTHING, true, a);
}

/* Who of a group has anything held at all. */
static int find_present(const struct quarantine *q, struct arena *a,
	struct quarantine_query *query, struct err *e)
{
	const struct db_value v[] = {
		DB_OF_TEXT(span_of(query->from.text)),
		DB_OF_TEXT(span_of(query->before.text)),
		DB_OF_TEXTS(query->terms.addresses, query->terms.naddresses) };
	struct db_rows *rows;

	if (db_call(q->db, "quarantine_present", v, 3, &rows, e) < 0)
		return -1;
	query->terms.naddresses = db_count(rows);
	for (size_t i = 0; i < db_count(rows); i++)
		query->terms.addresses[i] = arena_span(a,
			db_span(rows, i, 0));
	db_rows_free(&rows);
	return 0;
}

/* Without the database the list is of disk. */
static int ask_group(const struct quarantine *q,
	const struct group_people *group, struct arena *a,
	struct quarantine_query *query, struct err *e)
{
	if (group == NULL)
		return 0;
	query->grouped = true;
	group_terms(group, a, &query->terms);
	if (q->db == NULL || query->terms.naddresses > PRESENT_MAX ||
	    find_present(q, a, query, e) == 0)
		return 0;
	return e->class == ERR_TEMPORARY ? 0 : -1;
}

/* As typed, "spam", "Spam" and "SPAM": reasons are words of policy. */
static void ask_reason(struct span reason, struct arena *a,
	struct quarantine_query *query)
{
	struct span lower = lowered(reason, a);
	struct buf first = { .arena = a }, all = { .arena = a };

	if (reason.n == 0)
		return;
	for (size_t i = 0; i < lower.n; i++) {
		bool letter = lower.p[i] >= 'a' && lower.p[i] <= 'z';
		unsigned char big = (unsigned char)(lower.p[i] -
			(letter ? 'a' - 'A' : 0));

		buf_byte(&all, big);
		buf_byte(&first, i ? lower.p[i] : big);
	}
	query->reasons = arena_array(a, 4, sizeof(*query->reasons));
	query->reasons[query->nreasons++] = reason;
	query->reasons[query->nreasons++] = lower;
	query->reasons[query->nreasons++] = buf_bytes(&first);
	query->reasons[query->nreasons++] = buf_bytes(&all);
}

static int ask_words(const struct seal_key *key, struct span text,
	struct arena *a, struct quarantine_query *query, struct err *e)
{
	struct span rest, word;
	struct words w;

	if (text.n == 0)
		return 0;
	if (key == NULL)
		return err_set(e, ERR_PERMANENT, "words of the text are found "
			"only by who may read " SEAL_KEY_FILE);
	words_begin(&w, a);
	words_add(&w, text);
	if (w.n == 0)
		return err_set(e, ERR_PERMANENT, "no word of %d to %d letters "
			"or digits to look for", WORD_LEAST, WORD_MOST);
	query->words = arena_array(a, w.n, sizeof(*query->words));
	for (rest = buf_bytes(&w.list); query->nwords < w.n &&
	     span_line(&rest, &word); )
		query->words[query->nwords++] = seal_word(key, word);
	return 0;
}

static void ask_marks(struct span lines, struct arena *a,
	struct quarantine_query *query)
{
	struct span line;

	query->marks = arena_array(a, MARKS_MAX, sizeof(*query->marks));
	while (query->nmarks < MARKS_MAX && span_line(&lines, &line))
		query->marks[query->nmarks++] = words_mark_number(line);
}

int quarantine_query(const struct quarantine *q,
	const struct quarantine_filter *f, struct arena *a,
	struct quarantine_query *query_r, struct err *e)
{
	struct cidr cidr;
	struct id until;

	*query_r = (struct quarantine_query){
		.before = f->before,
		.subject = f->subject, .relay = f->relay,
		.score_least = f->score_least, .any_state = f->all_states,
	};
	if (f->relay.n && !cidr_parse(f->relay, &cidr))
		return err_set(e, ERR_PERMANENT, "%.*s: not an address or a "
			"network like 192.0.2.0/24",
			SPAN_FMT(span_sub(f->relay, 0, 64)));
	floor_id(f->since_ms, &query_r->from);
	if (query_r->before.text[0] == '\0')
		snprintf(query_r->before.text, ID_TEXT_SIZE, "%s",
			"ffffffff-ffff-ffff-ffff-ffffffffffff");
	floor_id(f->until_ms + 1, &until);
	if (f->until_ms && strcmp(until.text, query_r->before.text) < 0)
		query_r->before = until;
	ask_rcpt(f->rcpt, a, query_r);
	if (f->sender.n)
		query_r->sender = pattern(f->sender, BEFORE_AND_BEHIND,
			false, a);
	ask_reason(f->reason, a, query_r);
	ask_marks(f->marks, a, query_r);
	if (ask_group(q, f->group, a, query_r, e) < 0)
		return -1;
	return ask_words(q->key, f->words, a, query_r, e);
}

static struct db_value text_or_null(struct span s)
{
	return s.n ? DB_OF_TEXT(s) : (struct db_value){ .type = DB_NULL };
}

int quarantine_page(struct db *d, struct quarantine_query *query, size_t n,
	struct db_rows **rows_r, struct err *e)
{
	const struct db_value none = { .type = DB_NULL };
	const struct db_value v[] = {
		DB_OF_TEXT(span_of(query->from.text)),
		DB_OF_TEXT(span_of(query->before.text)),
		DB_OF_INT((int64_t)n),
		query->any_state ? none : DB_OF_BOOL(true),
		text_or_null(query->rcpt), text_or_null(query->sender),
		text_or_null(query->subject),
		query->nwords ? DB_OF_INTS(query->words, query->nwords) : none,
		text_or_null(query->relay),
		query->score_least == INT32_MIN ? none :
			DB_OF_INT(query->score_least),
		query->nreasons ? DB_OF_TEXTS(query->reasons,
			query->nreasons) : none,
		query->nmarks ? DB_OF_INTS(query->marks, query->nmarks) : none,
		query->grouped ? DB_OF_TEXTS(query->terms.addresses,
			query->terms.naddresses) : none,
		query->grouped ? DB_OF_TEXTS(query->terms.patterns,
			query->terms.npatterns) : none,
	};
	size_t count;

	if (db_call(d, "quarantine_list", v, sizeof(v) / sizeof(*v), rows_r,
	    e) < 0)
		return -1;
	count = db_count(*rows_r);
	if (count)
		id_parse(db_span(*rows_r, count - 1, C_ID), &query->before);
	return 0;
}

static enum quarantine_state state_of(struct span s)
{
	if (span_is(s, "released"))
		return QUARANTINE_RELEASED;
	return span_is(s, "deleted") ? QUARANTINE_DELETED : QUARANTINE_HELD;
}

/* Held while it is for anybody; deleted when it is for all. */
static enum quarantine_state state_of_all(const struct quarantine_entry *entry,
	bool open)
{
	for (size_t i = 0; !open && i < entry->nrcpts; i++)
		if (entry->rcpts[i].state == QUARANTINE_RELEASED)
			return QUARANTINE_RELEASED;
	return open ? QUARANTINE_HELD : QUARANTINE_DELETED;
}

static void take_rcpts(const struct db_rows *rows, size_t i, struct arena *a,
	struct quarantine_entry *entry)
{
	struct span *addresses, *reasons, *states;
	size_t n = db_spans(rows, i, C_ADDRESSES, a, &addresses);

	if (db_spans(rows, i, C_REASONS, a, &reasons) != n ||
	    db_spans(rows, i, C_STATES, a, &states) != n)
		n = 0;
	entry->rcpts = arena_array(a, n + 1, sizeof(*entry->rcpts));
	for (size_t j = 0; j < n; j++)
		entry->rcpts[entry->nrcpts++] = (struct quarantine_rcpt){
			addresses[j], reasons[j], state_of(states[j]) };
}

/* Of one that is damaged the columns are still shown. */
static void take_record(struct span frame, struct arena *a,
	struct quarantine_entry *entry)
{
	if (!spool_decode(frame, a, &entry->record))
		entry->record = (struct spool_record){ 0 };
	entry->record.id = entry->id;
	entry->record.body_bytes = entry->size;
}

void quarantine_row(const struct db_rows *rows, size_t i, struct arena *a,
	struct quarantine_entry *entry_r)
{
	*entry_r = (struct quarantine_entry){
		.appliance = db_span(rows, i, C_APPLIANCE),
		.relay = db_span(rows, i, C_RELAY),
		.sender = db_span(rows, i, C_SENDER),
		.header_from = db_span(rows, i, C_FROM),
		.subject = db_span(rows, i, C_SUBJECT),
		.reason = db_span(rows, i, C_REASON),
		.size = (uint64_t)db_int(rows, i, C_SIZE),
		.score = (int32_t)db_int(rows, i, C_SCORE),
		.probability = (uint8_t)db_int(rows, i, C_PROBABILITY),
	};
	id_parse(db_span(rows, i, C_ID), &entry_r->id);
	take_rcpts(rows, i, a, entry_r);
	entry_r->state = state_of_all(entry_r, db_int(rows, i, C_OPEN) > 0);
	take_record(db_span(rows, i, C_RECORD), a, entry_r);
}

static int fetch_events(struct db *d, const struct id *id, struct arena *a,
	struct quarantine_entry *entry, struct err *e)
{
	struct db_value v = DB_OF_TEXT(span_of(id->text));
	struct db_rows *rows;

	if (db_call(d, "quarantine_events", &v, 1, &rows, e) < 0)
		return -1;
	entry->nevents = db_count(rows);
	entry->events = arena_array(a, entry->nevents + 1,
		sizeof(*entry->events));
	for (size_t i = 0; i < entry->nevents; i++)
		entry->events[i] = (struct quarantine_event){
			db_int(rows, i, 0),
			arena_span(a, db_span(rows, i, 1)),
			arena_span(a, db_span(rows, i, 2)),
			arena_span(a, db_span(rows, i, 3)) };
	db_rows_free(&rows);
	return 0;
}

int quarantine_sealed(const struct quarantine *q, const struct id *id,
	struct arena *a, struct span **pieces_r, size_t *n_r, struct err *e)
{
	struct db_value v = DB_OF_TEXT(span_of(id->text));
	struct db_rows *rows;

	*n_r = 0;
	if (q->db == NULL)
		return 0;
	if (db_call(q->db, "quarantine_sealed", &v, 1, &rows, e) < 0)
		return -1;
	*pieces_r = arena_array(a, db_count(rows) + 1, sizeof(**pieces_r));
	for (; *n_r < db_count(rows); ++*n_r)
		(*pieces_r)[*n_r] = arena_span(a, db_span(rows, *n_r, 0));
	db_rows_free(&rows);
	return 0;
}

static int open_body(const struct quarantine *q, struct id *id,
	struct arena *a, struct span *body_r, struct err *e)
{
	struct buf sealed = { 0 }, packed = { 0 }, body = { .arena = a };
	struct arena *pieces = arena_new("sealed body", (size_t)1 << 30);
	struct span *piece;
	size_t n;
	int result;

	if (q->key == NULL)
		result = err_set(e, ERR_PERMANENT, "%s: who may read "
			SEAL_KEY_FILE " can see its body", id->text);
	else
		result = quarantine_sealed(q, id, pieces, &piece, &n, e);
	for (size_t i = 0; result == 0 && i < n; i++)
		buf_span(&sealed, piece[i]);
	arena_free(&pieces);
	if (result == 0 && (!seal_open(q->key, span_of(id->text),
	    buf_bytes(&sealed), &packed) ||
	    !unpack(buf_bytes(&packed), BODY_MAX, &body)))
		result = err_set(e, ERR_PERMANENT, "%s: its body does not "
			"open with " SEAL_KEY_FILE, id->text);
	*body_r = buf_bytes(&body);
	buf_free(&sealed);
	buf_free(&packed);
	return result;
}

/* The texts of a row, to outlive it. */
static void keep(struct quarantine_entry *entry, struct arena *a)
{
	struct span *texts[] = { &entry->appliance, &entry->relay,
		&entry->sender, &entry->header_from, &entry->subject,
		&entry->reason };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = arena_span(a, *texts[i]);
	for (size_t i = 0; i < entry->nrcpts; i++) {
		entry->rcpts[i].address = arena_span(a,
			entry->rcpts[i].address);
		entry->rcpts[i].reason = arena_span(a,
			entry->rcpts[i].reason);
	}
}

int quarantine_fetch(const struct quarantine *q, const struct id *id,
	bool with_body, struct arena *a, struct quarantine_entry *entry_r,
	bool *found_r, struct err *e)
{
	struct db_value v = DB_OF_TEXT(span_of(id->text));
	struct db_rows *rows;

	*found_r = false;
	if (db_call(q->db, "quarantine_get", &v, 1, &rows, e) < 0)
		return -1;
	*found_r = db_count(rows) > 0;
	if (*found_r) {
		quarantine_row(rows, 0, a, entry_r);
		keep(entry_r, a);
		take_record(arena_span(a, db_span(rows, 0, C_RECORD)), a,
			entry_r);
	}
	db_rows_free(&rows);
	if (!*found_r)
		return 0;
	if (fetch_events(q->db, id, a, entry_r, e) < 0)
		return -1;
	return with_body ? open_body(q, &entry_r->id, a,
		&entry_r->record.body, e) : 0;
}

int quarantine_heard(struct db *db, int64_t version, struct arena *a,
	struct quarantine_said **v_r, size_t *n_r, struct err *e)
{
	struct db_value v = DB_OF_INT(version);
	struct db_rows *rows;
	size_t n;

	*n_r = 0;
	if (db_call(db, "feedback_rows", &v, 1, &rows, e) < 0)
		return -1;
	n = db_count(rows);
	*v_r = arena_array(a, n + 1, sizeof(**v_r));
	for (size_t i = 0; i < n; i++) {
		struct quarantine_said *s = &(*v_r)[*n_r];

		if (!id_parse(db_span(rows, i, 0), &s->id))
			continue;
		s->who = arena_span(a, db_span(rows, i, 1));
		s->learn = db_is_null(rows, i, 2) ? QUARANTINE_LEARN_UNDO :
			db_bool(rows, i, 2) ? QUARANTINE_LEARN_SPAM :
			QUARANTINE_LEARN_WANTED;
		s->version = db_int(rows, i, 3);
		(*n_r)++;
	}
	db_rows_free(&rows);
	return 0;
}
