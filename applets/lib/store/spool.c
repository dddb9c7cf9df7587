#include "store/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/root.h"
#include "base/wire.h"
#include "store/commit.h"

enum {
	RECORD_MAGIC = 0x33536d70,	/* "pmS3" */
	RECORD_MAGIC_2 = 0x32536d70,	/* no sender of its own in an item */
	RECORD_MAGIC_1 = 0x31536d70,	/* without message_id and words */
	COPY_MAGIC = 0x31436d70,	/* "pmC1" */
	HEAD_MAX = 256 << 20,
	ITEM_LEAST = 1 + 4 + 4 + 4 + 4,
	SPLICE_LEAST = 8 + 8 + 4,
};

/* Texts of a record, in the order of the file. */
#define TEXTS(X) X(relay_addr) X(relay_name) X(helo) X(mail_from) \
	X(queue_id) X(subject) X(header_from) X(facts)

static void put_item(struct buf *b, const struct spool_item *item)
{
	wire_put_u8(b, (uint8_t)item->kind);
	wire_put_span(b, item->reason);
	wire_put_span(b, item->trace);
	wire_put_u32(b, (uint32_t)item->nrcpts);
	for (size_t i = 0; i < item->nrcpts; i++)
		wire_put_span(b, item->rcpts[i]);
	wire_put_u32(b, (uint32_t)item->nsplices);
	for (size_t i = 0; i < item->nsplices; i++) {
		wire_put_u64(b, item->splices[i].at);
		wire_put_u64(b, item->splices[i].remove);
		wire_put_span(b, item->splices[i].insert);
	}
	wire_put_u8(b, item->new_sender);
	wire_put_span(b, item->mail_from);
}

/* Magic, the head as one span, the length of what follows it. */
static void put_frame(struct buf *b, uint32_t magic, const struct buf *head,
	size_t body)
{
	wire_put_u32(b, magic);
	wire_put_span(b, buf_bytes(head));
	wire_put_u64(b, body);
}

void spool_encode(const struct spool_record *r, struct buf *frame)
{
	struct buf b = { 0 };

	wire_put_span(&b, span_of(r->id.text));
	wire_put_u64(&b, (uint64_t)r->received_ms);
	wire_put_u32(&b, (uint32_t)r->score);
	wire_put_u8(&b, r->probability);
#define X(name) wire_put_span(&b, r->name);
	TEXTS(X)
#undef X
	wire_put_span(&b, r->message_id);
	wire_put_span(&b, r->words);
	wire_put_u32(&b, (uint32_t)r->nitems);
	for (size_t i = 0; i < r->nitems; i++)
		put_item(&b, &r->items[i]);
	put_frame(frame, RECORD_MAGIC, &b, r->body.n);
	buf_free(&b);
}

int spool_commit(const struct spool_record *r, struct err *e)
{
	char tmp[COMMIT_PATH_MAX], path[COMMIT_PATH_MAX];
	struct buf frame = { 0 };
	struct span parts[3];
	int result;

	snprintf(tmp, sizeof(tmp), ROOT_SPOOL "/tmp/%s", r->id.text);
	snprintf(path, sizeof(path), ROOT_SPOOL "/new/%s", r->id.text);
	spool_encode(r, &frame);
	parts[0] = buf_bytes(&frame);
	parts[1] = r->body;
	parts[2] = SPOOL_END;
	result = commit_write(ROOT_SPOOL, tmp, parts, 3, e);
	buf_free(&frame);
	if (result < 0)
		return -1;
	if (commit_publish(tmp, path, ROOT_SPOOL "/new", e) == 0)
		return 0;
	/*
	 * The sender will be told to try again. If the name is there but not
	 * safe, taking it back spares the recipients a duplicate.
	 */
	unlink(tmp);
	unlink(path);
	return -1;
}

int spool_sweep(void)
{
	DIR *d = opendir(ROOT_SPOOL "/tmp");
	char path[COMMIT_PATH_MAX];
	int n = 0;

	for (struct dirent *f; d && (f = readdir(d)); ) {
		if (f->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), ROOT_SPOOL "/tmp/%s",
			f->d_name) >= (int)sizeof(path))
			continue;
		n += unlink(path) == 0;
	}
	if (d)
		closedir(d);
	return n;
}

/* A file of ours, taken apart. */
struct frame {
	uint32_t magic;
	struct span head, body;
	uint64_t body_bytes;
};

/* An archive's name is a folder: the recorder makes it. */
static bool is_archive_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
			return false;
	return s.n > 0 && s.n <= SPOOL_ARCHIVE_MAX;
}

static void get_item(struct wire *w, uint32_t magic, struct arena *a,
	struct spool_item *item)
{
	item->kind = (enum spool_kind)wire_u8(w);
	w->bad |= item->kind < SPOOL_QUARANTINE || item->kind > SPOOL_ARCHIVE;
	item->reason = wire_span(w);
	w->bad |= item->kind == SPOOL_ARCHIVE &&
		!is_archive_name(item->reason);
	item->trace = wire_span(w);
	item->nrcpts = wire_count(w, 4);
	item->rcpts = arena_array(a, item->nrcpts, sizeof(*item->rcpts));
	for (size_t i = 0; i < item->nrcpts; i++)
		item->rcpts[i] = wire_span(w);
	item->nsplices = wire_count(w, SPLICE_LEAST);
	item->splices = arena_array(a, item->nsplices,
		sizeof(*item->splices));
	for (size_t i = 0; i < item->nsplices; i++) {
		item->splices[i].at = wire_u64(w);
		item->splices[i].remove = wire_u64(w);
		item->splices[i].insert = wire_span(w);
	}
	if (magic != RECORD_MAGIC)
		return;
	item->new_sender = wire_u8(w) != 0;
	item->mail_from = wire_span(w);
}

static bool get_record(const struct frame *f, struct arena *a,
	struct spool_record *r)
{
	struct wire w = wire_open(f->head);

	w.bad = !id_parse(wire_span(&w), &r->id);
	r->received_ms = (int64_t)wire_u64(&w);
	r->score = (int32_t)wire_u32(&w);
	r->probability = wire_u8(&w);
#define X(name) r->name = wire_span(&w);
	TEXTS(X)
#undef X
	if (f->magic != RECORD_MAGIC_1) {
		r->message_id = wire_span(&w);
		r->words = wire_span(&w);
	}
	r->nitems = wire_count(&w, ITEM_LEAST);
	r->items = arena_array(a, r->nitems, sizeof(*r->items));
	for (size_t i = 0; i < r->nitems; i++)
		get_item(&w, f->magic, a, &r->items[i]);
	return wire_done(&w);
}

/* n bytes from the file into the arena; false when it has fewer. */
static bool take(int fd, size_t n, struct arena *a, struct span *s_r)
{
	unsigned char *p = arena_alloc(a, n);

	*s_r = span_from(p, n);
	return io_read_all(fd, p, n) == (ssize_t)n;
}

/* Reads a frame whose lengths must add up to the file; no body: skipped. */
static bool get_frame(int fd, uint32_t magic, bool body, struct arena *a,
	struct frame *f)
{
	struct stat st;
	struct span s;
	struct wire w;
	uint64_t head;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !take(fd, 8, a, &s))
		return false;
	w = wire_open(s);
	f->magic = wire_u32(&w);
	if (f->magic != magic && (magic != RECORD_MAGIC ||
	    (f->magic != RECORD_MAGIC_1 && f->magic != RECORD_MAGIC_2)))
		return false;
	head = wire_u32(&w);
	if (head > HEAD_MAX || (uint64_t)st.st_size < 8 + head + 8 + 4 ||
	    !take(fd, head, a, &f->head) || !take(fd, 8, a, &s))
		return false;
	w = wire_open(s);
	f->body_bytes = wire_u64(&w);
	if (f->body_bytes != (uint64_t)st.st_size - (8 + head + 8 + 4))
		return false;
	if (body ? !take(fd, f->body_bytes, a, &f->body) :
	    lseek(fd, (off_t)f->body_bytes, SEEK_CUR) < 0)
		return false;
	return take(fd, 4, a, &s) && span_eq(s, SPOOL_END);
}

static int read_frame(const char *path, uint32_t magic, bool body,
	struct arena *a, struct frame *f, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool good;

	*f = (struct frame){ 0 };
	if (fd < 0)
		return err_errno(e, errno == ENOENT ? ERR_PERMANENT :
			ERR_TEMPORARY, "%s: cannot open", path);
	errno = 0;
	good = get_frame(fd, magic, body, a, f);
	if (!good && errno)
		err_errno(e, ERR_TEMPORARY, "%s: cannot read", path);
	else if (!good)
		err_set(e, ERR_PERMANENT, "%s: damaged or not a spool file",
			path);
	close(fd);
	return good ? 0 : -1;
}

static int read_record(const char *path, bool body, struct arena *a,
	struct spool_record *r_r, struct err *e)
{
	struct frame f;

	*r_r = (struct spool_record){ 0 };
	if (read_frame(path, RECORD_MAGIC, body, a, &f, e) < 0)
		return -1;
	if (!get_record(&f, a, r_r))
		return err_set(e, ERR_PERMANENT,
			"%s: damaged or not a spool file", path);
	r_r->body = f.body;
	r_r->body_bytes = f.body_bytes;
	return 0;
}

bool spool_decode(struct span frame, struct arena *a,
	struct spool_record *r_r)
{
	struct wire w = wire_open(frame);
	struct frame f = { .magic = wire_u32(&w), .head = wire_span(&w),
		.body_bytes = wire_u64(&w) };

	*r_r = (struct spool_record){ 0 };
	if (!wire_done(&w) || (f.magic != RECORD_MAGIC &&
	    f.magic != RECORD_MAGIC_1 && f.magic != RECORD_MAGIC_2) ||
	    !get_record(&f, a, r_r))
		return false;
	r_r->body_bytes = f.body_bytes;
	return true;
}

int spool_read(const char *path, struct arena *a, struct spool_record *r_r,
	struct err *e)
{
	return read_record(path, true, a, r_r, e);
}

int spool_read_head(const char *path, struct arena *a,
	struct spool_record *r_r, struct err *e)
{
	return read_record(path, false, a, r_r, e);
}

/* A name of ours is made of id, dash, letters and digits. */
static bool is_copy_name(const char *name)
{
	struct span s = span_of(name);

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return s.n > 0;
}

/* inject/NAME, or inject/.NAME while it is not committed. */
static void copy_path(const char *dot, const char *name,
	char out[COMMIT_PATH_MAX])
{
	snprintf(out, COMMIT_PATH_MAX, ROOT_SPOOL "/inject/%s%s", dot, name);
}

int spool_copy_write(const struct spool_copy *c, struct err *e)
{
	char tmp[COMMIT_PATH_MAX];
	struct buf head = { 0 }, frame = { 0 };
	struct span parts[3];
	int result;

	if (!is_copy_name(c->name))
		return err_set(e, ERR_BUG, "spool: %s is no name for a copy",
			c->name);
	/*
	 * Not in spool/tmp: the injector's group must own the file, and only
	 * the set-group-ID bit of inject/ can give it away.
	 */
	copy_path(".", c->name, tmp);
	wire_put_span(&head, c->mail_from);
	wire_put_u32(&head, (uint32_t)c->nrcpts);
	for (size_t i = 0; i < c->nrcpts; i++)
		wire_put_span(&head, c->rcpts[i]);
	put_frame(&frame, COPY_MAGIC, &head, c->body.n);
	parts[0] = buf_bytes(&frame);
	parts[1] = c->body;
	parts[2] = SPOOL_END;
	result = commit_write(ROOT_SPOOL, tmp, parts, 3, e);
	if (result == 0 && io_sync_dir(ROOT_SPOOL "/inject") < 0)
		result = commit_error(ROOT_SPOOL, tmp, e);
	buf_free(&head);
	buf_free(&frame);
	return result;
}

int spool_copy_publish(const char *name, struct err *e)
{
	char tmp[COMMIT_PATH_MAX], path[COMMIT_PATH_MAX];

	copy_path(".", name, tmp);
	copy_path("", name, path);
	return commit_publish(tmp, path, ROOT_SPOOL "/inject", e);
}

int spool_copy_commit(const struct spool_copy *c, struct err *e)
{
	return spool_copy_write(c, e) < 0 ? -1 :
		spool_copy_publish(c->name, e);
}

int spool_copy_read(const char *path, struct arena *a, struct spool_copy *c_r,
	struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct frame f;
	struct wire w;

	*c_r = (struct spool_copy){ 0 };
	if (read_frame(path, COPY_MAGIC, true, a, &f, e) < 0)
		return -1;
	snprintf(c_r->name, sizeof(c_r->name), "%s", slash ? slash + 1 : path);
	w = wire_open(f.head);
	c_r->mail_from = wire_span(&w);
	c_r->nrcpts = wire_count(&w, 4);
	c_r->rcpts = arena_array(a, c_r->nrcpts, sizeof(*c_r->rcpts));
	for (size_t i = 0; i < c_r->nrcpts; i++)
		c_r->rcpts[i] = wire_span(&w);
	c_r->body = f.body;
	if (!wire_done(&w))
		return err_set(e, ERR_PERMANENT,
			"%s: damaged or not a spool file", path);
	return 0;
}

bool spool_splice(struct span body, const struct spool_splice *s, size_t n,
	struct buf *b)
{
	uint64_t from = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i].at < from || s[i].at > body.n ||
		    s[i].remove > body.n - s[i].at)
			return false;
		buf_span(b, span_sub(body, from, s[i].at - from));
		buf_span(b, s[i].insert);
		from = s[i].at + s[i].remove;
	}
	buf_span(b, span_after(body, from));
	return true;
}
