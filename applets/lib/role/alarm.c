#include "role/alarm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/root.h"
#include "base/utf8.h"
#include "base/wire.h"

#define BOOK ALARM_FOLDER "/book"
#define LOCK ALARM_FOLDER "/lock"

enum { FORM = 1, FILE_MAX = 4 << 20, ENTRY_LEAST = 58 };

const struct alarm_kind alarm_kinds[ALARM_COUNT] = {
#define ALARM(ident, name, severity, condition, means, remedy) \
	[ALARM_##ident] = { name, ALARM_##severity, condition, means, remedy },
#include "role/alarms.def"
#undef ALARM
};

bool alarm_find(struct span name, enum alarm *alarm_r)
{
	for (enum alarm i = 0; i < ALARM_COUNT; i++)
		if (span_is(name, alarm_kinds[i].name)) {
			*alarm_r = i;
			return true;
		}
	return false;
}

const char *alarm_severity_name(enum alarm_severity s)
{
	return s == ALARM_ERROR ? "error" : "warning";
}

/* The next entry; its memory may have moved. */
static struct alarm_entry *room(struct alarm_book *b)
{
	if (b->n == b->room) {
		b->room += ALARM_ENTRIES_MAX;
		b->v = reallocarray(b->v, b->room, sizeof(*b->v));
		if (b->v == NULL)
			log_fatal("alarms: no memory");
	}
	b->v[b->n] = (struct alarm_entry){ 0 };
	return &b->v[b->n++];
}

static void get_text(struct wire *w, char *out, size_t size)
{
	utf8_printable(wire_span(w), out, size);
}

static void get_entry(struct wire *w, struct alarm_entry *a)
{
	struct span name;
	unsigned flags;

	a->number = wire_u64(w);
	name = wire_span(w);
	get_text(w, a->subject, sizeof(a->subject));
	get_text(w, a->text, sizeof(a->text));
	get_text(w, a->from, sizeof(a->from));
	a->since_ms = (int64_t)wire_u64(w);
	a->cleared_ms = (int64_t)wire_u64(w);
	a->acked_ms = (int64_t)wire_u64(w);
	a->gone_ms = (int64_t)wire_u64(w);
	flags = wire_u16(w);
	a->raised_by = flags & 3;
	a->cleared_by = flags >> 2 & 3;
	/* One of another version, which this one does not know. */
	w->bad |= !alarm_find(name, &a->alarm);
}

static bool get_book(struct span bytes, struct alarm_book *b)
{
	struct wire w = wire_open(bytes);
	bool good = wire_u8(&w) == FORM;
	uint32_t n;

	b->last = wire_u64(&w);
	n = wire_count(&w, ENTRY_LEAST);
	for (uint32_t i = 0; good && i < n && !w.bad; i++)
		get_entry(&w, room(b));
	return good && wire_done(&w);
}

static void put_entry(struct buf *out, const struct alarm_entry *a)
{
	wire_put_u64(out, a->number);
	wire_put_span(out, span_of(alarm_kinds[a->alarm].name));
	wire_put_span(out, span_of(a->subject));
	wire_put_span(out, span_of(a->text));
	wire_put_span(out, span_of(a->from));
	wire_put_u64(out, (uint64_t)a->since_ms);
	wire_put_u64(out, (uint64_t)a->cleared_ms);
	wire_put_u64(out, (uint64_t)a->acked_ms);
	wire_put_u64(out, (uint64_t)a->gone_ms);
	wire_put_u16(out, (uint16_t)(a->raised_by | a->cleared_by << 2));
}

int alarm_read(struct alarm_book *b, struct err *e)
{
	struct buf bytes = { 0 };
	int result = 0;

	*b = (struct alarm_book){ .lock = -1 };
	if (access(BOOK, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (io_slurp(BOOK, FILE_MAX, &bytes, e) < 0)
		result = -1;
	else if (!get_book(buf_bytes(&bytes), b)) {
		/* What is wrong now is found again; a book is no treasure. */
		log_warn(BOOK " is damaged, or of another version: it begins "
			"anew");
		b->n = 0;
		b->last = (uint64_t)clock_wall_ms();
	}
	buf_free(&bytes);
	return result;
}

int alarm_open(struct alarm_book *b, struct err *e)
{
	int lock = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		0640);

	*b = (struct alarm_book){ .lock = -1 };
	if (lock < 0)
		return err_errno(e, ERR_PERMANENT, LOCK);
	if (flock(lock, LOCK_EX) < 0 || alarm_read(b, e) < 0) {
		close(lock);
		return -1;
	}
	b->lock = lock;
	return 0;
}

/* The oldest cleared ones go when there are too many. */
static void forget_old(struct alarm_book *b)
{
	size_t over = b->n > ALARM_ENTRIES_MAX ? b->n - ALARM_ENTRIES_MAX : 0;
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (over && b->v[i].cleared_ms)
			over--;
		else
			b->v[n++] = b->v[i];
	b->n = n;
}

/* Root may change it, too; the file stays its owner's. */
static int keep_owner(struct err *e)
{
	struct stat st;

	if (geteuid() != 0 || stat(ALARM_FOLDER, &st) < 0)
		return 0;
	if (chown(BOOK, st.st_uid, st.st_gid) < 0)
		return err_errno(e, ERR_TEMPORARY, BOOK);
	return 0;
}

int alarm_save(struct alarm_book *b, struct err *e)
{
	struct buf out = { 0 };
	int result;

	forget_old(b);
	wire_put_u8(&out, FORM);
	wire_put_u64(&out, b->last);
	wire_put_u32(&out, (uint32_t)b->n);
	for (size_t i = 0; i < b->n; i++)
		put_entry(&out, &b->v[i]);
	result = io_replace_file(BOOK, 0644, buf_bytes(&out), e);
	buf_free(&out);
	return result < 0 ? -1 : keep_owner(e);
}

void alarm_close(struct alarm_book *b)
{
	if (b->lock >= 0)
		close(b->lock);
	free(b->v);
	*b = (struct alarm_book){ .lock = -1 };
}

struct alarm_entry *alarm_raised(struct alarm_book *b, enum alarm alarm,
	struct span subject)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].alarm == alarm && b->v[i].cleared_ms == 0 &&
		    span_is(subject, b->v[i].subject))
			return &b->v[i];
	return NULL;
}

struct alarm_entry *alarm_add(struct alarm_book *b, enum alarm alarm,
	struct span subject)
{
	struct alarm_entry *a = room(b);

	a->number = ++b->last;
	a->alarm = alarm;
	utf8_printable(subject, a->subject, sizeof(a->subject));
	a->since_ms = clock_wall_ms();
	return a;
}

size_t alarm_open_count(const struct alarm_book *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->v[i].cleared_ms == 0 && b->v[i].acked_ms == 0;
	return n;
}
