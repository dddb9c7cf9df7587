/*
 * The spool: what is written is read, what is cut is refused, and dying or
 * failing at any step leaves nothing or everything.
 *
 * The system calls of the writer are our own below: they can stop the
 * process or fail at the Nth step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/root.h"
#include "base/wire.h"
#include "store/held.h"
#include "store/recover.h"
#include "store/retire.h"
#include "store/spool.h"
#include "store/state.h"

/* --- the disk that dies or fails at step `left` ----------------------- */

enum { DIED = 99, STEPS_MAX = 200 };
static enum { WORKS, DIES, FAILS } disk;
static int left, failure;

/* True: fail now. */
static bool step(void)
{
	if (disk == WORKS || --left != 0)
		return false;
	if (disk == DIES)
		_exit(DIED);
	errno = failure;
	return true;
}

ssize_t write(int fd, const void *p, size_t n)
{
	/* A torn write is worse than none. */
	if (disk == DIES && left == 1)
		syscall(SYS_write, fd, p, n / 2);
	return step() ? -1 : syscall(SYS_write, fd, p, n);
}

int fsync(int fd)
{
	return step() ? -1 : (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	return step() ? -1 : (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
	return step() ? -1 : (int)syscall(SYS_unlink, path);
}

int close(int fd)
{
	int result = (int)syscall(SYS_close, fd);

	return step() ? -1 : result;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return step() ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags,
		mode);
}

/* --- samples ------------------------------------------------------------ */

static struct span held_rcpts[] = {
	{ (const unsigned char *)"a@example.org", 13 },
	{ (const unsigned char *)"b@example.org", 13 },
};
static struct span copy_rcpts[] = {
	{ (const unsigned char *)"c@example.org", 13 },
};
static struct spool_splice splices[] = {
	{ 0, 0, SPAN("X-PM: 1\r\n") }, { 3, 2, SPAN("") },
};
static struct spool_item items[] = {
	{ .kind = SPOOL_QUARANTINE, .reason = SPAN("Spam"),
		.rcpts = held_rcpts, .nrcpts = 2,
		.trace = SPAN("inbound/spam 50-default.lua:12 quarantine\n") },
	{ .kind = SPOOL_COPY, .rcpts = copy_rcpts, .nrcpts = 1,
		.splices = splices, .nsplices = 2 },
	{ .kind = SPOOL_COPY, .rcpts = copy_rcpts, .nrcpts = 1,
		.new_sender = true, .mail_from = SPAN("new@example.net") },
	{ .kind = SPOOL_ARCHIVE, .reason = SPAN("legal-2"),
		.rcpts = held_rcpts, .nrcpts = 1 },
};

static struct spool_record sample(struct id id)
{
	return (struct spool_record){
		.id = id, .received_ms = 12345,
		.relay_addr = SPAN("192.0.2.1"), .relay_name = SPAN("mx"),
		.helo = SPAN("h"), .mail_from = SPAN("s@example.net"),
		.queue_id = SPAN("Q"), .subject = SPAN("sub\0ject\377"),
		.header_from = SPAN("f"), .message_id = SPAN("m@x"),
		.words = SPAN("sub\nject\n"), .score = -7, .probability = 99,
		.facts = SPAN("f\0"), .items = items, .nitems = 4,
		.body = SPAN("A: b\r\n\r\nbody\0\377\r\n"),
	};
}

static const char *path_of(const char *folder, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), ROOT_SPOOL "/%s/%s", folder, name);
	return path;
}

/* Files in a folder of the spool, hidden ones too. */
static unsigned count_files(const char *folder)
{
	DIR *d = opendir(path_of(folder, ""));
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *f; (f = readdir(d)); )
		n += strcmp(f->d_name, ".") && strcmp(f->d_name, "..");
	closedir(d);
	return n;
}

/* What the injector does: sends what has its name, and removes it. */
static unsigned inject_all(void)
{
	DIR *d = opendir(path_of("inject", ""));
	struct arena *a = arena_new("test", 1 << 20);
	struct spool_copy c;
	unsigned n = 0;
	struct err e;

	for (struct dirent *f; (f = readdir(d)); ) {
		if (f->d_name[0] == '.')
			continue;
		assert_int_equal(spool_copy_read(path_of("inject", f->d_name),
			a, &c, &e), 0);
		assert_true(c.body.n > 10);
		unlink(path_of("inject", f->d_name));
		n++;
	}
	closedir(d);
	arena_free(&a);
	return n;
}

/* Runs what() in a child that dies at the given step; its exit status. */
static int run_dying(int (*what)(const struct id *), const struct id *id,
	int at)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		disk = DIES;
		left = at;
		status = what(id);
		disk = WORKS;
		_exit(status < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int commit(const struct id *id)
{
	struct spool_record r = sample(*id);
	struct err e;

	return spool_commit(&r, &e);
}

static int retire(const struct id *id)
{
	struct err e;

	return retire_record(id->text, &e);
}

static int release(const struct id *id)
{
	struct err e;

	return held_release(id, NULL, 0, false, "test", &e);
}

static int delete(const struct id *id)
{
	struct err e;

	return held_delete(id, "test", &e);
}

/* --- tests -------------------------------------------------------------- */

static void all_fields_return(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct id id = id_new();
	struct spool_record r = sample(id), got;
	struct stat st;
	struct err e;

	(void)state;
	assert_int_equal(spool_commit(&r, &e), 0);
	assert_int_equal(stat(path_of("new", id.text), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(spool_read(path_of("new", id.text), a, &got, &e), 0);
	assert_string_equal(got.id.text, id.text);
	assert_int_equal(got.received_ms, 12345);
	assert_int_equal(got.score, -7);
	assert_int_equal(got.probability, 99);
	assert_true(span_eq(got.relay_addr, r.relay_addr));
	assert_true(span_eq(got.relay_name, r.relay_name));
	assert_true(span_eq(got.helo, r.helo));
	assert_true(span_eq(got.mail_from, r.mail_from));
	assert_true(span_eq(got.queue_id, r.queue_id));
	assert_true(span_eq(got.subject, r.subject));
	assert_true(span_eq(got.header_from, r.header_from));
	assert_true(span_eq(got.facts, r.facts));
	assert_true(span_eq(got.message_id, r.message_id));
	assert_true(span_eq(got.words, r.words));
	assert_true(span_eq(got.body, r.body));
	assert_int_equal(got.nitems, 4);
	assert_int_equal(got.items[0].kind, SPOOL_QUARANTINE);
	assert_true(span_eq(got.items[0].reason, items[0].reason));
	assert_true(span_eq(got.items[0].trace, items[0].trace));
	assert_true(span_eq(got.items[0].rcpts[1], held_rcpts[1]));
	assert_int_equal(got.items[1].nsplices, 2);
	assert_true(span_eq(got.items[1].splices[0].insert,
		splices[0].insert));
	assert_int_equal(got.items[1].splices[1].remove, 2);
	assert_false(got.items[1].new_sender);
	assert_true(got.items[2].new_sender);
	assert_true(span_is(got.items[2].mail_from, "new@example.net"));
	assert_int_equal(got.items[3].kind, SPOOL_ARCHIVE);
	assert_int_equal(spool_read_head(path_of("new", id.text), a, &got,
		&e), 0);
	assert_int_equal(got.body.n, 0);
	assert_int_equal(got.body_bytes, r.body.n);
	unlink(path_of("new", id.text));
	arena_free(&a);
}

/* An item as releases before this one wrote it. */
static void put_old_item(struct buf *b, const struct spool_item *item)
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
}

/* The record without message_id and words, or with them. */
static void put_old_record(struct buf *b, const struct spool_record *r,
	const char *magic)
{
	struct buf now = { 0 }, head = { 0 };
	size_t texts;

	spool_encode(r, &now);
	texts = span_find(buf_bytes(&now), SPAN("f\0")) + 2;
	buf_add(&head, now.p + 8, texts - 8);
	if (strcmp(magic, "pmS1") != 0) {
		wire_put_span(&head, r->message_id);
		wire_put_span(&head, r->words);
	}
	wire_put_u32(&head, 2);
	put_old_item(&head, &r->items[0]);
	put_old_item(&head, &r->items[1]);
	buf_string(b, magic);
	wire_put_span(b, buf_bytes(&head));
	wire_put_u64(b, r->body.n);
	buf_span(b, r->body);
	buf_span(b, SPOOL_END);
	buf_free(&now);
	buf_free(&head);
}

/* What filters of other releases left is read by this one. */
static void old_forms_are_read(void **state)
{
	static const char *const forms[] = { "pmS1", "pmS2" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct arena *a = arena_new("test", 1 << 20);
		struct id id = id_new();
		struct spool_record r = sample(id), got;
		struct buf then = { 0 };
		struct err e;

		put_old_record(&then, &r, forms[i]);
		assert_int_equal(io_replace_file(path_of("new", id.text), 0660,
			buf_bytes(&then), &e), 0);
		assert_int_equal(spool_read(path_of("new", id.text), a, &got,
			&e), 0);
		assert_true(span_eq(got.facts, r.facts));
		assert_int_equal(got.message_id.n, i ? r.message_id.n : 0);
		assert_int_equal(got.nitems, 2);
		assert_true(span_eq(got.items[0].trace, items[0].trace));
		assert_int_equal(got.items[1].nsplices, 2);
		assert_false(got.items[1].new_sender);
		assert_true(span_eq(got.body, r.body));
		unlink(path_of("new", id.text));
		buf_free(&then);
		arena_free(&a);
	}
}

/* An archive's name becomes a folder: only what policy may write. */
static void archive_elsewhere_is_refused(void **state)
{
	static const struct span names[] = { SPAN(""), SPAN(".."),
		SPAN("a/b"), SPAN("A"), SPAN("a\0"),
		SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct arena *a = arena_new("test", 1 << 20);
		struct spool_item item = { .kind = SPOOL_ARCHIVE,
			.reason = names[i] };
		struct spool_record r = sample(id_new()), got;
		struct buf b = { 0 };

		r.items = &item;
		r.nitems = 1;
		spool_encode(&r, &b);
		assert_false(spool_decode(buf_bytes(&b), a, &got));
		buf_free(&b);
		arena_free(&a);
	}
}

static void frame_returns(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct spool_record r = sample(id_new()), got;
	struct buf b = { 0 };

	(void)state;
	spool_encode(&r, &b);
	assert_true(spool_decode(buf_bytes(&b), a, &got));
	assert_true(span_eq(got.subject, r.subject));
	assert_int_equal(got.body.n, 0);
	assert_int_equal(got.body_bytes, r.body.n);
	for (size_t n = 0; n < b.n; n++)
		assert_false(spool_decode(span_sub(buf_bytes(&b), 0, n), a,
			&got));
	buf_free(&b);
	arena_free(&a);
}

static void cut_anywhere_is_refused(void **state)
{
	struct arena *a = arena_new("test", 1 << 24);
	struct id id = id_new();
	struct spool_record got;
	struct buf b = { 0 };
	struct err e;
	const char *path = path_of("new", id.text);

	(void)state;
	assert_int_equal(commit(&id), 0);
	assert_int_equal(io_slurp(path, 1 << 20, &b, &e), 0);
	for (size_t n = b.n; n-- > 0; ) {
		assert_int_equal(truncate(path, (off_t)n), 0);
		assert_int_equal(spool_read(path, a, &got, &e), -1);
		assert_int_equal(e.class, ERR_PERMANENT);
		assert_int_equal(spool_read_head(path, a, &got, &e), -1);
	}
	buf_byte(&b, 'x');
	assert_int_equal(io_replace_file(path, 0660, buf_bytes(&b), &e), 0);
	assert_int_equal(spool_read(path, a, &got, &e), -1);
	/* Any byte may rot: no crash, and never another length. */
	for (size_t n = 0; n + 1 < b.n; n++) {
		struct span s = span_sub(buf_bytes(&b), 0, b.n - 1);

		b.p[n] ^= 0xff;
		assert_int_equal(io_replace_file(path, 0660, s, &e), 0);
		spool_read(path, a, &got, &e);
		b.p[n] ^= 0xff;
	}
	unlink(path);
	buf_free(&b);
	arena_free(&a);
}

static void splices_give_the_copy(void **state)
{
	struct spool_splice outside = { 5, 2, SPAN("") };
	struct spool_splice backwards[] = { { 4, 0, SPAN("x") },
		{ 3, 0, SPAN("y") } };
	struct buf b = { 0 };

	(void)state;
	assert_true(spool_splice(SPAN("abcdef"), splices, 2, &b));
	assert_true(span_is(buf_bytes(&b), "X-PM: 1\r\nabcf"));
	assert_false(spool_splice(SPAN("abcdef"), &outside, 1, &b));
	assert_false(spool_splice(SPAN("abcdef"), backwards, 2, &b));
	buf_free(&b);
}

/* The state table of a commit: nothing, or the whole record. */
static void dying_in_commit_leaves_nothing_or_all(void **state)
{
	struct arena *a = arena_new("test", 1 << 24);
	struct spool_record got;
	int at, status = DIED;
	struct err e;

	(void)state;
	for (at = 1; status == DIED; at++) {
		struct id id = id_new();
		bool there;

		assert_true(at < STEPS_MAX);
		status = run_dying(commit, &id, at);
		spool_sweep();
		assert_int_equal(count_files("tmp"), 0);
		there = access(path_of("new", id.text), F_OK) == 0;
		assert_true(there || status == DIED);
		if (there)
			assert_int_equal(spool_read(path_of("new", id.text), a,
				&got, &e), 0);
		unlink(path_of("new", id.text));
	}
	assert_int_equal(status, 0);
	assert_true(at > 8);
	arena_free(&a);
}

/* An error of any step is told, and leaves nothing that would be sent. */
static void failing_in_commit_is_told(void **state)
{
	static const int failures[] = { ENOSPC, EIO, EDQUOT };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int at = 0, told = 0;

		do {
			struct id id = id_new();
			struct spool_record r = sample(id);
			struct err e;
			int result;

			failure = failures[i];
			left = ++at;
			disk = FAILS;
			result = spool_commit(&r, &e);
			disk = WORKS;
			told += result < 0;
			if (result < 0) {
				assert_int_equal(e.class, ERR_TEMPORARY);
				assert_int_equal(count_files("new"), 0);
				assert_int_equal(strncmp(e.text, i == 1 ?
					"spool: cannot write" :
					"spool: no space left on var/lib/pm/"
					"spool", 19), 0);
			}
			unlink(path_of("new", id.text));
		} while (left <= 0);
		spool_sweep();
		/* open, 3 writes, fsync, close, rename, open, fsync, close */
		assert_int_equal(told, 10);
	}
}

/* As it came, and nothing beside it; the file goes. */
static bool is_archived(const struct id *id)
{
	char path[256], bytes[100];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), ROOT_ARCHIVE "/legal-2/%s.eml", id->text);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = io_read_all(fd, bytes, sizeof(bytes));
	close(fd);
	if (n < 0 ||
	    !span_eq(span_from(bytes, (size_t)n), sample(*id).body))
		return false;
	unlink(path);
	return rmdir(ROOT_ARCHIVE "/legal-2") == 0;
}

/* Withheld, archived and each copy sent once, whenever the recorder dies. */
static void dying_in_retire_sends_once(void **state)
{
	int at, status = DIED;

	(void)state;
	for (at = 1; status == DIED; at++) {
		struct held_entry q;
		struct arena *a = arena_new("test", 1 << 20);
		struct id id = id_new();
		unsigned sent;
		struct err e;

		assert_true(at < STEPS_MAX);
		assert_int_equal(commit(&id), 0);
		status = run_dying(retire, &id, at);
		sent = inject_all();
		recover_copies();
		sent += inject_all();
		if (access(path_of("new", id.text), F_OK) == 0)
			assert_int_equal(retire(&id), 0);
		recover_copies();
		sent += inject_all();
		assert_int_equal(sent, 2);
		assert_int_equal(count_files("inject"), 0);
		assert_int_equal(count_files("new"), 0);
		assert_int_equal(count_files("bad"), 0);
		assert_int_equal(held_get(&id, a, &q, &e), 0);
		assert_int_equal(q.record.nitems, 1);
		assert_true(span_eq(q.record.body, sample(id).body));
		assert_true(is_archived(&id));
		arena_free(&a);
	}
	assert_int_equal(status, 0);
	assert_true(at > 20);
}

static void failing_in_retire_is_repeated(void **state)
{
	int at = 0;

	(void)state;
	do {
		struct id id = id_new();
		unsigned sent;
		int result;

		assert_int_equal(commit(&id), 0);
		failure = ENOSPC;
		left = ++at;
		disk = FAILS;
		result = retire(&id);
		disk = WORKS;
		assert_int_equal(count_files("bad"), 0);
		sent = inject_all();
		if (access(path_of("new", id.text), F_OK) == 0)
			result = retire(&id);
		recover_copies();
		sent += inject_all();
		assert_int_equal(sent, 2);
		(void)result;
	} while (left <= 0);
	assert_true(at > 20);
}

/* The message arrives once, whenever the one who releases it dies. */
static void dying_in_release_sends_once(void **state)
{
	int at, status = DIED;

	(void)state;
	for (at = 1; status == DIED; at++) {
		struct id id = id_new();
		unsigned sent;

		assert_true(at < STEPS_MAX);
		assert_int_equal(commit(&id), 0);
		assert_int_equal(retire(&id), 0);
		assert_int_equal(inject_all(), 2);
		status = run_dying(release, &id, at);
		sent = inject_all();
		recover_copies();
		sent += inject_all();
		/* Whoever does it again gets it only if it was not done. */
		assert_int_equal(release(&id), sent ? -1 : 0);
		sent += inject_all();
		recover_copies();
		sent += inject_all();
		assert_int_equal(sent, 1);
	}
	assert_int_equal(status, 0);
	assert_true(at > 10);
}

static void dying_in_delete_ends_deleted(void **state)
{
	int at, status = DIED;

	(void)state;
	for (at = 1; status == DIED; at++) {
		struct arena *a = arena_new("test", 1 << 20);
		struct held_entry q;
		struct id id = id_new();
		struct err e;

		assert_true(at < STEPS_MAX);
		assert_int_equal(commit(&id), 0);
		assert_int_equal(retire(&id), 0);
		status = run_dying(delete, &id, at);
		delete(&id);
		assert_int_equal(held_get(&id, a, &q, &e), 0);
		assert_int_equal(q.state, QUARANTINE_DELETED);
		assert_int_equal(q.record.body.n, 0);
		assert_int_equal(release(&id), -1);
		/* A record that comes again stays deleted. */
		assert_int_equal(commit(&id), 0);
		assert_int_equal(retire(&id), 0);
		assert_int_equal(held_get(&id, a, &q, &e), 0);
		assert_int_equal(q.state, QUARANTINE_DELETED);
		inject_all();
		arena_free(&a);
	}
	assert_true(at > 5);
}

/* A record that the quarantine alone wants; the inode of its file. */
static ino_t commit_held(const struct id *id)
{
	struct spool_record r = sample(*id);
	struct stat st;
	struct err e;

	r.nitems = 1;
	assert_int_equal(spool_commit(&r, &e), 0);
	assert_int_equal(stat(path_of("new", id->text), &st), 0);
	return st.st_ino;
}

/* The inode of its entry, whose content is right; its record is gone. */
static ino_t held_inode(const struct id *id)
{
	struct arena *a = arena_new("test", 1 << 20);
	char path[COMMIT_PATH_MAX];
	struct held_entry q;
	struct stat st;
	struct err e;

	assert_int_equal(count_files("new"), 0);
	assert_int_equal(held_get(id, a, &q, &e), 0);
	assert_true(span_eq(q.record.body, sample(*id).body));
	assert_int_equal(q.record.nitems, 1);
	state_paths_file(id, "", path);
	assert_int_equal(stat(path, &st), 0);
	arena_free(&a);
	return st.st_ino;
}

static void record_for_the_quarantine_is_moved(void **state)
{
	int at = 0, status;

	(void)state;
	do {
		struct id id = id_new();
		ino_t inode = commit_held(&id);

		status = run_dying(retire, &id, ++at);
		assert_true(status == DIED || status == 0);
		/* Dead behind the move: there is no record any more. */
		if (access(path_of("new", id.text), F_OK) == 0)
			assert_int_equal(retire(&id), 0);
		assert_int_equal(held_inode(&id), inode);
	} while (status == DIED);
	assert_true(at > 3);
}

/* The step that renames says EXDEV: the record is copied instead. */
static void quarantine_on_another_disk_gets_a_copy(void **state)
{
	unsigned copied = 0;

	(void)state;
	for (int at = 1; at < 12; at++) {
		struct id id = id_new();
		ino_t inode = commit_held(&id);

		disk = FAILS;
		failure = EXDEV;
		left = at;
		retire(&id);
		disk = WORKS;
		if (access(path_of("new", id.text), F_OK) == 0)
			assert_int_equal(retire(&id), 0);
		copied += held_inode(&id) != inode;
	}
	assert_true(copied > 0);
}

static void unreadable_record_is_put_aside(void **state)
{
	struct id id = id_new();
	struct spool_splice wrong = { 1000, 0, SPAN("") };
	struct spool_item item = { .kind = SPOOL_COPY, .rcpts = copy_rcpts,
		.nrcpts = 1, .splices = &wrong, .nsplices = 1 };
	struct spool_record r = sample(id);
	struct err e;

	(void)state;
	assert_int_equal(io_replace_file(path_of("new", id.text), 0660,
		SPAN("pmS2 nonsense"), &e), 0);
	assert_int_equal(retire_record(id.text, &e), -1);
	assert_int_equal(e.class, ERR_PERMANENT);
	assert_int_equal(count_files("new"), 0);
	assert_int_equal(access(path_of("bad", id.text), F_OK), 0);
	r.items = &item;
	r.nitems = 1;
	assert_int_equal(spool_commit(&r, &e), 0);
	assert_int_equal(retire_record(id.text, &e), -1);
	assert_int_equal(e.class, ERR_PERMANENT);
	assert_int_equal(count_files("bad"), 1);
	assert_int_equal(count_files("inject"), 0);
	unlink(path_of("bad", id.text));
}

static int make_root(void **state)
{
	static char root[] = "/tmp/pm-store-XXXXXX";
	struct err e;

	*state = mkdtemp(root);
	return *state == NULL || chdir(root) < 0 || spool_make(&e) < 0;
}

static int remove_root(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execve("/bin/rm", (char *[]){ "rm", "-rf", *state, NULL },
			(char *[]){ NULL });
		_exit(1);
	}
	return waitpid(pid, &status, 0) != pid || status != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields_return),
		cmocka_unit_test(old_forms_are_read),
		cmocka_unit_test(archive_elsewhere_is_refused),
		cmocka_unit_test(frame_returns),
		cmocka_unit_test(cut_anywhere_is_refused),
		cmocka_unit_test(splices_give_the_copy),
		cmocka_unit_test(dying_in_commit_leaves_nothing_or_all),
		cmocka_unit_test(failing_in_commit_is_told),
		cmocka_unit_test(dying_in_retire_sends_once),
		cmocka_unit_test(failing_in_retire_is_repeated),
		cmocka_unit_test(dying_in_release_sends_once),
		cmocka_unit_test(dying_in_delete_ends_deleted),
		cmocka_unit_test(record_for_the_quarantine_is_moved),
		cmocka_unit_test(quarantine_on_another_disk_gets_a_copy),
		cmocka_unit_test(unreadable_record_is_put_aside),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
