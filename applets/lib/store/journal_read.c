#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/map.h"
#include "base/wire.h"
#include "store/commit.h"
#include "store/journal.h"

enum { HEAD = 4 + 4, CHUNK = 1 << 20 };

/* No protection against anybody. */
uint32_t journal_check(struct span record)
{
	static const uint64_t key[2] = { 0, 0 };

	return (uint32_t)map_hash(key, record);
}

void journal_frame(struct buf *b, struct span record)
{
	wire_put_u32(b, (uint32_t)record.n);
	wire_put_u32(b, journal_check(record));
	buf_span(b, record);
}

/* "20261122.3" */
static int is_journal(const struct dirent *d)
{
	struct span s = span_of(d->d_name);
	uint64_t v;

	return s.n > 9 && s.p[8] == '.' &&
	       span_u64(span_sub(s, 0, 8), 99991231, &v) &&
	       span_u64(span_after(s, 9), 1000000, &v);
}

/* Shorter numbers first, then as text. */
static int oldest_first(const struct dirent **a, const struct dirent **b)
{
	size_t na = span_of((*a)->d_name).n, nb = span_of((*b)->d_name).n;
	int day = strncmp((*a)->d_name, (*b)->d_name, 8);

	if (day || na == nb)
		return day ? day : strcmp((*a)->d_name, (*b)->d_name);
	return na < nb ? -1 : 1;
}

int journal_files(struct arena *a, const char ***names_r, size_t *n_r,
	struct err *e)
{
	struct dirent **found;
	int n = scandir(ROOT_JOURNAL, &found, is_journal, oldest_first);

	if (n < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot list",
			ROOT_JOURNAL);
	*names_r = arena_array(a, (size_t)n, sizeof(**names_r));
	*n_r = (size_t)n;
	for (int i = 0; i < n; i++) {
		(*names_r)[i] = arena_string(a, span_of(found[i]->d_name));
		free(found[i]);
	}
	free(found);
	return 0;
}

struct journal_reader {
	char path[COMMIT_PATH_MAX];
	int fd;
	uint64_t at;		/* of the first byte in buf that is not read */
	size_t used;		/* bytes of buf that are read */
	struct buf buf;
};

struct journal_reader *journal_read_from(const char *path, uint64_t at,
	struct err *e)
{
	struct journal_reader *r = calloc(1, sizeof(*r));
	struct stat st;

	if (r == NULL)
		log_fatal("no memory for the journal");
	snprintf(r->path, sizeof(r->path), "%s", path);
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) < 0) {
		err_errno(e, errno == ENOENT ? ERR_PERMANENT : ERR_TEMPORARY,
			"%s: cannot open", path);
		journal_read_end(&r);
		return NULL;
	}
	r->at = at <= (uint64_t)st.st_size ? at : 0;
	return r;
}

void journal_read_end(struct journal_reader **r)
{
	if (*r == NULL)
		return;
	if ((*r)->fd >= 0)
		close((*r)->fd);
	buf_free(&(*r)->buf);
	free(*r);
	*r = NULL;
}

uint64_t journal_read_at(const struct journal_reader *r)
{
	return r->at;
}

static struct span unread(const struct journal_reader *r)
{
	return span_after(buf_bytes(&r->buf), r->used);
}

/* Sees to n unread bytes, if the file has them. */
static int fill(struct journal_reader *r, size_t n, struct err *e)
{
	struct buf *b = &r->buf;

	if (b->n - r->used >= n)
		return 0;
	if (r->used)
		memmove(b->p, b->p + r->used, b->n - r->used);
	b->n -= r->used;
	r->used = 0;
	while (b->n < n) {
		unsigned char *p = buf_room(b, CHUNK);
		ssize_t got = pread(r->fd, p, CHUNK, (off_t)(r->at + b->n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(e, ERR_TEMPORARY, "%s: cannot read",
				r->path);
		if (got == 0)
			break;
		b->n += (size_t)got;
	}
	return 0;
}

int journal_read_next(struct journal_reader *r, enum journal_step *step_r,
	struct span *record_r, struct err *e)
{
	uint32_t n, check;
	struct wire w;

	if (fill(r, HEAD, e) < 0)
		return -1;
	*step_r = unread(r).n ? JOURNAL_TORN : JOURNAL_END;
	w = wire_open(unread(r));
	n = wire_u32(&w);
	check = wire_u32(&w);
	if (!w.bad && n <= JOURNAL_RECORD_MAX && fill(r, HEAD + n, e) < 0)
		return -1;
	*record_r = span_sub(unread(r), HEAD, n);
	if (w.bad || record_r->n < n || journal_check(*record_r) != check) {
		/* The next look is at the file again. */
		r->used = r->buf.n = 0;
		return 0;
	}
	*step_r = JOURNAL_RECORD;
	r->used += HEAD + n;
	r->at += HEAD + n;
	return 0;
}

bool journal_read_complete(struct journal_reader *r)
{
	enum journal_step step = JOURNAL_RECORD;
	struct span record;
	struct err e;
	uint64_t at = r->at;
	bool complete;

	if (flock(r->fd, LOCK_SH | LOCK_NB) < 0)
		return false;
	/* It may have written once more before it let go. */
	r->used = r->buf.n = 0;
	complete = journal_read_next(r, &step, &record, &e) == 0 &&
		step != JOURNAL_RECORD;
	r->used = r->buf.n = 0;
	r->at = at;
	if (!complete)
		flock(r->fd, LOCK_UN);
	return complete;
}
