#include "logbatch.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "store/archive.h"
#include "store/archive_text.h"

enum {
	BATCH_ARENA = 256 << 20,
	BATCH_BYTES = 4 << 20,
	UUID_SIZE = ID_TEXT_SIZE,
	COLUMNS = 14,		/* texts of a row */
};

/* Columns that are texts, as the statement has them. */
enum column { C_ID, C_KIND, C_PROGRAM, C_QUEUE, C_NEXT, C_RELAY, C_NAME,
	C_HELO, C_SENDER, C_RCPT, C_MESSAGE, C_REMOTE, C_DSN, C_REPLY };

struct logbatch {
	struct db *db;
	struct span appliance;
	struct arena *arena;
	struct maillog log;
	size_t limit, n, bytes;
	uint64_t broken;
	struct span text[COLUMNS][LOGBATCH_ROWS], line[LOGBATCH_ROWS];
	int64_t at[LOGBATCH_ROWS], pid[LOGBATCH_ROWS], size[LOGBATCH_ROWS],
		delay[LOGBATCH_ROWS];
};

struct logbatch *logbatch_new(struct db *d, struct span appliance)
{
	struct logbatch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		log_fatal("no memory for the log");
	b->db = d;
	b->appliance = appliance;
	b->limit = LOGBATCH_ROWS;
	b->arena = arena_new("log batch", BATCH_ARENA);
	return b;
}

size_t logbatch_rows(const struct logbatch *b)
{
	return b->n;
}

uint64_t logbatch_broken(const struct logbatch *b)
{
	return b->broken;
}

void logbatch_limit(struct logbatch *b, size_t rows)
{
	b->limit = rows > LOGBATCH_ROWS ? LOGBATCH_ROWS : rows ? rows : 1;
}

void logbatch_forget(struct logbatch *b)
{
	arena_reset(b->arena);
	b->n = b->bytes = 0;
}

void logbatch_leave_out(struct logbatch *b)
{
	b->n = 0;
}

/* --- rows ----------------------------------------------------------------- */

/* "01234567-89ab-7…": time, place in the file, hash. */
static struct span row_id(struct logbatch *b, const struct logfile *f,
	uint64_t at, const struct maillog_event *ev, struct span line)
{
	uint64_t ms = ev->at_ms < 0 ? 0 : (uint64_t)ev->at_ms &
		0xffffffffffff;
	unsigned char h[HASH_SHA256_SIZE];
	struct hash hash;
	uint64_t tail;

	hash_begin(&hash);
	hash_add(&hash, b->appliance);
	hash_add(&hash, span_from(f->key, LOGFILE_KEY));
	hash_add(&hash, span_from(&at, sizeof(at)));
	hash_add(&hash, span_from(&ev->nmore, sizeof(ev->nmore)));
	hash_add(&hash, line);
	hash_end(&hash, h);
	memcpy(&tail, h, sizeof(tail));
	/* 12 and 28 bits of the place, in its order; then 34 of the hash. */
	tail = (at & 0xfffffff) << 34 | (tail & 0x3ffffffff);
	return span_of(arena_printf(b->arena, "%08llx-%04llx-7%03llx-%04llx-"
		"%012llx", (unsigned long long)(ms >> 16),
		(unsigned long long)(ms & 0xffff),
		(unsigned long long)(at >> 28 & 0xfff),
		(unsigned long long)(0x8000 | tail >> 48),
		(unsigned long long)(tail & 0xffffffffffff)));
}

/* p NULL is SQL's null. */
static struct span address(struct logbatch *b, const struct netaddr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (addr->n == 0 || inet_ntop(addr->n == 4 ? AF_INET : AF_INET6,
	    addr->b, text, sizeof(text)) == NULL)
		return (struct span){ NULL, 0 };
	return arena_span(b->arena, span_of(text));
}

/* Empty is not null. */
static struct span some(struct span s, size_t max)
{
	return s.n ? archive_cut(s, max) : SPAN("");
}

static struct span name(struct span s)
{
	return some(s, ARCHIVE_NAME_MAX);
}

static void add(struct logbatch *b, const struct logfile *f, uint64_t at,
	const struct maillog_event *ev, struct span line)
{
	size_t i = b->n++;

	b->text[C_ID][i] = row_id(b, f, at, ev, line);
	b->text[C_KIND][i] = span_of(maillog_kind_name(ev->kind));
	b->text[C_PROGRAM][i] = name(ev->program);
	b->text[C_QUEUE][i] = name(ev->queue_id);
	b->text[C_NEXT][i] = name(ev->next_id);
	b->text[C_RELAY][i] = address(b, &ev->relay);
	b->text[C_NAME][i] = name(ev->relay_name);
	b->text[C_HELO][i] = name(ev->helo);
	b->text[C_SENDER][i] = archive_address(ev->sender,
		b->arena);
	b->text[C_RCPT][i] = archive_address(ev->rcpt, b->arena);
	b->text[C_MESSAGE][i] = some(ev->message_id,
		ARCHIVE_ADDRESS_MAX);
	b->text[C_REMOTE][i] = name(ev->remote);
	b->text[C_DSN][i] = name(ev->dsn);
	b->text[C_REPLY][i] = some(ev->reply, MAILLOG_LINE_MAX);
	b->at[i] = ev->at_ms;
	b->pid[i] = ev->pid;
	b->size[i] = ev->size;
	b->delay[i] = ev->delay_ms;
	b->line[i] = line;
}

static bool has_room(const struct logbatch *b)
{
	return b->n < b->limit && b->bytes < BATCH_BYTES;
}

/*
 * One line. With more recipients than there is room for the rest is left
 * out: nobody's log has four thousand on a line.
 */
static void take_line(struct logbatch *b, const struct logfile *f,
	uint64_t at, struct span line)
{
	struct span kept = span_sub(line, 0, MAILLOG_LINE_MAX);
	struct maillog_event ev;
	enum maillog_step step = maillog_parse(&b->log, kept, &ev);

	b->broken += step == MAILLOG_BROKEN;
	if (step != MAILLOG_EVENT)
		return;
	/* The chunk is read over; spans of the event follow its line. */
	kept = arena_span(b->arena, kept);
	if (maillog_parse(&b->log, kept, &ev) != MAILLOG_EVENT)
		return;
	b->bytes += kept.n;
	do
		add(b, f, at, &ev, kept);
	while (b->n < LOGBATCH_ROWS && maillog_more(&ev));
}

void logbatch_take(struct logbatch *b, struct logfile *f, struct span lines,
	uint64_t *n_r)
{
	b->log.now_ms = clock_wall_ms();
	while (lines.n && has_room(b)) {
		size_t end = span_chr(lines, '\n');
		struct span line = span_sub(lines, 0, end);

		take_line(b, f, f->at, line);
		end = end == SIZE_MAX ? lines.n : end + 1;
		f->at += end;
		lines = span_after(lines, end);
		++*n_r;
	}
}

/* --- the database --------------------------------------------------------- */

static int write_rows(struct logbatch *b, struct err *e)
{
	struct db_value v[] = {
		DB_OF_TEXT(b->appliance),
		DB_OF_TEXTS(b->text[C_ID], b->n), DB_OF_INTS(b->at, b->n),
		DB_OF_TEXTS(b->text[C_KIND], b->n),
		DB_OF_TEXTS(b->text[C_PROGRAM], b->n),
		DB_OF_INTS(b->pid, b->n), DB_OF_TEXTS(b->text[C_QUEUE], b->n),
		DB_OF_TEXTS(b->text[C_NEXT], b->n),
		DB_OF_TEXTS(b->text[C_RELAY], b->n),
		DB_OF_TEXTS(b->text[C_NAME], b->n),
		DB_OF_TEXTS(b->text[C_HELO], b->n),
		DB_OF_TEXTS(b->text[C_SENDER], b->n),
		DB_OF_TEXTS(b->text[C_RCPT], b->n),
		DB_OF_TEXTS(b->text[C_MESSAGE], b->n),
		DB_OF_TEXTS(b->text[C_REMOTE], b->n),
		DB_OF_TEXTS(b->text[C_DSN], b->n),
		DB_OF_TEXTS(b->text[C_REPLY], b->n),
		DB_OF_INTS(b->size, b->n), DB_OF_INTS(b->delay, b->n),
		DB_OF_BYTESES(b->line, b->n),
	};

	return b->n ? db_call(b->db, "smtp_events", v,
		sizeof(v) / sizeof(*v), NULL, e) : 0;
}

static struct span uuid_text(const unsigned char key[LOGFILE_KEY],
	char out[UUID_SIZE])
{
	size_t at = 0;

	for (size_t i = 0; i < LOGFILE_KEY; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		at += (size_t)snprintf(out + at, UUID_SIZE - at, "%02x",
			key[i]);
	}
	return span_of(out);
}

static int write_place(struct logbatch *b, const struct logfile *f,
	struct err *e)
{
	unsigned char before[LOGFILE_HASH];
	char text[UUID_SIZE];
	struct db_value v[] = { DB_OF_TEXT(b->appliance),
		DB_OF_TEXT(uuid_text(f->key, text)),
		DB_OF_INT((int64_t)f->at), { DB_NULL } };

	logfile_before(f, f->at, before);
	v[3] = DB_OF_BYTES(span_from(before, sizeof(before)));
	return db_call(b->db, "smtp_place", v, 4, NULL, e);
}

int logbatch_write(struct logbatch *b, struct logfiles *l, struct err *e)
{
	int bad = db_begin(b->db, e) < 0 || write_rows(b, e) < 0;

	for (size_t i = 0; i < l->n && !bad; i++)
		bad = l->v[i].at != l->v[i].placed &&
			write_place(b, &l->v[i], e) < 0;
	if (bad) {
		db_rollback(b->db);
		return -1;
	}
	if (db_commit(b->db, e) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].at != l->v[i].placed)
			logfiles_placed(l, &l->v[i]);
	logbatch_forget(b);
	return 0;
}

static bool place_of_row(const struct db_rows *rows, size_t i,
	struct logplace *p)
{
	struct span text = db_span(rows, i, 0), before = db_span(rows, i, 2);
	size_t n = 0;

	for (size_t k = 0; k < text.n && n < 2 * LOGFILE_KEY; k++) {
		unsigned char c = text.p[k];

		if (c == '-')
			continue;
		c = (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
		p->key[n / 2] = (unsigned char)(p->key[n / 2] << 4 | c);
		n++;
	}
	p->at = (uint64_t)db_int(rows, i, 1);
	if (before.n == LOGFILE_HASH)
		memcpy(p->before, before.p, LOGFILE_HASH);
	return n == 2 * LOGFILE_KEY;
}

int logbatch_places(struct logbatch *b, struct logplace **places_r,
	size_t *n_r, struct err *e)
{
	struct db_value v = DB_OF_TEXT(b->appliance);
	struct db_rows *rows;
	struct logplace *p;
	size_t n = 0;

	if (db_call(b->db, "smtp_places", &v, 1, &rows, e) < 0)
		return -1;
	p = calloc(db_count(rows) + 1, sizeof(*p));
	if (p == NULL)
		log_fatal("no memory for the log");
	for (size_t i = 0; i < db_count(rows); i++)
		n += place_of_row(rows, i, &p[n]);
	db_rows_free(&rows);
	*places_r = p;
	*n_r = n;
	return 0;
}
