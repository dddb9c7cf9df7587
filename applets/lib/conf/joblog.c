#include "conf/joblog.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/wire.h"

#define GROUP "pm"

enum { FORM = 1, FILE_MAX = 256 << 10, RUN_LEAST = 36, PATH_SIZE = 120 };

int joblog_make(struct err *e)
{
	const struct group *g = geteuid() == 0 ? getgrnam(GROUP) : NULL;

	if (io_mkdirs(JOBLOG_FOLDER, 0755, e) < 0)
		return -1;
	if (g && (chown(JOBLOG_FOLDER, 0, g->gr_gid) < 0 ||
	    chmod(JOBLOG_FOLDER, 0750) < 0))
		return err_errno(e, ERR_PERMANENT, JOBLOG_FOLDER);
	return 0;
}

static const char *path_of(const char *job, const char *end,
	char out[PATH_SIZE])
{
	snprintf(out, PATH_SIZE, JOBLOG_FOLDER "/%s%s", job, end);
	return out;
}

static void get_text(struct wire *w, char *out, size_t size)
{
	struct span s = wire_span(w);

	snprintf(out, size, "%.*s", SPAN_FMT(s));
}

static bool get(struct span bytes, struct joblog *l)
{
	struct wire w = wire_open(bytes);
	bool good = wire_u8(&w) == FORM;
	uint32_t n;

	l->last_ms = (int64_t)wire_u64(&w);
	l->switched = wire_u8(&w) % 3;
	n = wire_count(&w, RUN_LEAST);
	for (uint32_t i = 0; good && i < n && !w.bad; i++) {
		struct joblog_run *r = joblog_add(l);

		r->due_ms = (int64_t)wire_u64(&w);
		r->start_ms = (int64_t)wire_u64(&w);
		r->end_ms = (int64_t)wire_u64(&w);
		r->code = (int)wire_u32(&w);
		get_text(&w, r->by, sizeof(r->by));
		get_text(&w, r->output, sizeof(r->output));
	}
	return good && wire_done(&w);
}

static void put(const struct joblog *l, struct buf *b)
{
	wire_put_u8(b, FORM);
	wire_put_u64(b, (uint64_t)l->last_ms);
	wire_put_u8(b, (uint8_t)l->switched);
	wire_put_u32(b, (uint32_t)l->n);
	for (size_t i = 0; i < l->n; i++) {
		const struct joblog_run *r = &l->v[i];

		wire_put_u64(b, (uint64_t)r->due_ms);
		wire_put_u64(b, (uint64_t)r->start_ms);
		wire_put_u64(b, (uint64_t)r->end_ms);
		wire_put_u32(b, (uint32_t)r->code);
		wire_put_span(b, span_of(r->by));
		wire_put_span(b, span_of(r->output));
	}
}

int joblog_read(const char *job, struct joblog *l_r, struct err *e)
{
	struct buf b = { 0 };
	char path[PATH_SIZE];
	int result = 0;

	memset(l_r, 0, sizeof(*l_r));
	if (access(path_of(job, ".log", path), F_OK) < 0 && errno == ENOENT)
		return 0;
	if (io_slurp(path, FILE_MAX, &b, e) < 0) {
		result = -1;
	} else if (!get(buf_bytes(&b), l_r)) {
		log_warn("%s is damaged: the job's history begins anew", path);
		memset(l_r, 0, sizeof(*l_r));
		l_r->last_ms = clock_wall_ms();
	}
	buf_free(&b);
	return result;
}

uint64_t joblog_stamp(const char *job)
{
	char path[PATH_SIZE];
	struct stat st;

	if (stat(path_of(job, ".log", path), &st) < 0)
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000000000 +
		(uint64_t)st.st_mtim.tv_nsec + (uint64_t)st.st_ino;
}

static int write_log(const char *job, const struct joblog *l, struct err *e)
{
	const struct group *g = geteuid() == 0 ? getgrnam(GROUP) : NULL;
	struct buf b = { 0 };
	char path[PATH_SIZE];
	int result;

	put(l, &b);
	path_of(job, ".log", path);
	result = io_replace_file(path, 0640, buf_bytes(&b), e);
	buf_free(&b);
	if (result == 0 && g && chown(path, 0, g->gr_gid) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s", path);
	return result;
}

int joblog_change(const char *job,
	void (*change)(struct joblog *l, void *context), void *context,
	struct err *e)
{
	static struct joblog l;
	int lock, result;

	if (joblog_make(e) < 0)
		return -1;
	lock = open(JOBLOG_FOLDER "/lock", O_RDWR | O_CREAT | O_CLOEXEC |
		O_NOFOLLOW, 0600);
	if (lock < 0 || flock(lock, LOCK_EX) < 0) {
		err_errno(e, ERR_TEMPORARY, JOBLOG_FOLDER "/lock");
		if (lock >= 0)
			close(lock);
		return -1;
	}
	result = joblog_read(job, &l, e);
	if (result == 0) {
		change(&l, context);
		result = write_log(job, &l, e);
	}
	close(lock);
	return result;
}

struct joblog_run *joblog_add(struct joblog *l)
{
	if (l->n == JOBLOG_RUNS) {
		memmove(l->v, l->v + 1, sizeof(*l->v) * (JOBLOG_RUNS - 1));
		l->n--;
	}
	l->v[l->n] = (struct joblog_run){ 0 };
	return &l->v[l->n++];
}

/* What was missed while it was off is not made up for. */
static void set_switch(struct joblog *l, void *context)
{
	bool on = *(bool *)context;

	l->switched = on ? JOBLOG_ON : JOBLOG_OFF;
	if (on)
		l->last_ms = clock_wall_ms();
}

int joblog_switch(const char *job, bool on, struct err *e)
{
	return joblog_change(job, set_switch, &on, e);
}

bool joblog_enabled(const struct job *j, const struct joblog *l)
{
	return l->switched == JOBLOG_AS_FILE ? j->enabled :
		l->switched == JOBLOG_ON;
}

int64_t joblog_next_ms(const struct job *j, const struct joblog *l)
{
	int64_t now = clock_wall_ms();
	/* One from the future: the clock was set back since. */
	int64_t from = l->last_ms && l->last_ms < now ? l->last_ms : now;
	int64_t next;

	if (!joblog_enabled(j, l))
		return 0;
	next = when_next(&j->when, j->zone, from / 1000);
	return next < 0 ? 0 : next * 1000;
}

int joblog_lock(const char *job, struct err *e)
{
	char path[PATH_SIZE];
	int fd = open(path_of(job, ".running", path), O_RDWR | O_CREAT |
		O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "%s", path);
	/* Whatever the umask: the pages look whether it runs. */
	if (fchmod(fd, 0644) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return err_set(e, ERR_TEMPORARY, "%s is running already", job);
}

bool joblog_is_running(const char *job)
{
	char path[PATH_SIZE];
	int fd = open(path_of(job, ".running", path), O_RDONLY | O_CLOEXEC |
		O_NOFOLLOW);
	bool running;

	if (fd < 0)
		return false;
	/* Shared: two who look do not see each other. */
	running = flock(fd, LOCK_SH | LOCK_NB) < 0;
	close(fd);
	return running;
}
