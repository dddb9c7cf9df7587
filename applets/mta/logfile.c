#include "logfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/hash.h"

enum { HEAD_MAX = 1024, BEFORE_MAX = 256 };

/* Zero bytes where it is shorter. */
static size_t read_at(int fd, uint64_t at, void *p, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, (char *)p + got, n - got,
			(off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return got;
}

static void hash_16(struct span s, unsigned char out[16])
{
	unsigned char all[HASH_SHA256_SIZE];

	hash_sha256(s, all);
	memcpy(out, all, 16);
}

/* False: it has no whole line yet. */
static bool key_of(int fd, unsigned char key[LOGFILE_KEY])
{
	unsigned char head[HEAD_MAX];
	struct span s = span_from(head, read_at(fd, 0, head, sizeof(head)));
	size_t end = span_chr(s, '\n');

	if (end == SIZE_MAX && s.n < sizeof(head))
		return false;
	hash_16(span_sub(s, 0, end), key);
	return true;
}

void logfile_before(const struct logfile *f, uint64_t at,
	unsigned char out[LOGFILE_HASH])
{
	unsigned char tail[BEFORE_MAX];
	uint64_t from = at > sizeof(tail) ? at - sizeof(tail) : 0;

	hash_16(span_from(tail, read_at(f->fd, from, tail,
		(size_t)(at - from))), out);
}

/* NAME, NAME.1, NAME-20261123; what is packed cannot be read. */
static bool is_ours(const struct logfiles *l, struct span s)
{
	static const char *const packed[] = { ".gz", ".xz", ".bz2", ".zst",
		".lz4", ".tmp" };
	struct span name = span_of(l->name);

	for (size_t i = 0; i < sizeof(packed) / sizeof(*packed); i++)
		if (span_ends(s, span_of(packed[i])))
			return false;
	return span_starts(s, name) && (s.n == name.n || s.p[name.n] == '.' ||
		s.p[name.n] == '-');
}

static const struct logplace *place_of(const struct logfiles *l,
	const unsigned char key[LOGFILE_KEY])
{
	for (size_t i = 0; i < l->nplaces; i++)
		if (memcmp(l->places[i].key, key, LOGFILE_KEY) == 0)
			return &l->places[i];
	return NULL;
}

/* Where to go on in a file that is new to us. */
static void find_place(const struct logfiles *l, struct logfile *f)
{
	const struct logplace *p = place_of(l, f->key);
	unsigned char before[LOGFILE_HASH];

	f->at = f->placed = 0;
	if (p == NULL) {
		/* From before pm came: of no interest. */
		if (l->fresh && !f->current)
			f->at = f->size;
		return;
	}
	if (p->at <= f->size) {
		logfile_before(f, p->at, before);
		if (memcmp(before, p->before, sizeof(before)) == 0) {
			f->at = f->placed = p->at;
			return;
		}
	}
	log_warn("%s: is not what it was: read from its beginning", l->name);
}

static void drop(struct logfiles *l, size_t i)
{
	close(l->v[i].fd);
	l->n--;
	memmove(&l->v[i], &l->v[i + 1], (l->n - i) * sizeof(l->v[0]));
}

static struct logfile *with_key(struct logfiles *l,
	const unsigned char key[LOGFILE_KEY])
{
	for (size_t i = 0; i < l->n; i++)
		if (memcmp(l->v[i].key, key, LOGFILE_KEY) == 0)
			return &l->v[i];
	return NULL;
}

/* A file that another name or inode had before goes on where that was. */
static void inherit(struct logfiles *l, struct logfile *f)
{
	struct logfile *was = with_key(l, f->key);

	if (was == NULL) {
		find_place(l, f);
		return;
	}
	f->at = was->at;
	f->placed = was->placed;
	if (f->at > f->size)
		f->at = f->placed = 0;
	drop(l, (size_t)(was - l->v));
}

/* By inode; NULL: a new one, or one that was cut down and begun anew. */
static struct logfile *known(struct logfiles *l, const struct stat *st)
{
	unsigned char key[LOGFILE_KEY];

	for (size_t i = 0; i < l->n; i++) {
		struct logfile *f = &l->v[i];

		if (f->dev != st->st_dev || f->ino != st->st_ino)
			continue;
		if ((uint64_t)st->st_size >= f->at && key_of(f->fd, key) &&
		    memcmp(key, f->key, sizeof(key)) == 0)
			return f;
		/* Its copy, if there is one, is found by its first line: it
		   goes on from the place in the database. */
		drop(l, i);
		return NULL;
	}
	return NULL;
}

static int64_t mtime_ms(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 +
		st->st_mtim.tv_nsec / 1000000;
}

static void add(struct logfiles *l, int fd, const struct stat *st,
	bool current)
{
	struct logfile f = { .fd = fd, .dev = st->st_dev, .ino = st->st_ino,
		.current = current, .listed = true,
		.mtime_ms = mtime_ms(st), .size = (uint64_t)st->st_size };
	struct logfile *twin;

	if (!key_of(fd, f.key)) {
		close(fd);
		return;
	}
	twin = with_key(l, f.key);
	/* Two copies while it is rotated: the longer one has all. */
	if (l->n == LOGFILE_MAX || (twin && twin->listed &&
	    twin->size >= f.size)) {
		close(fd);
		return;
	}
	inherit(l, &f);
	l->v[l->n++] = f;
}

static void look_at(struct logfiles *l, int folder, const char *name)
{
	bool current = strcmp(name, l->name) == 0;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
		O_NOCTTY);
	struct logfile *f;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	f = known(l, &st);
	if (f) {
		f->size = (uint64_t)st.st_size;
		f->mtime_ms = mtime_ms(&st);
		f->listed = true;
		f->current = current;
		close(fd);
	} else {
		add(l, fd, &st, current);
	}
}

/* Removed, or packed: what is open can still be read to its end. */
static void look_at_rest(struct logfiles *l)
{
	for (size_t i = l->n; i-- > 0; ) {
		struct logfile *f = &l->v[i];
		struct stat st;

		if (f->listed)
			continue;
		f->current = false;
		if (fstat(f->fd, &st) == 0)
			f->size = (uint64_t)st.st_size;
		if (f->at >= f->size && f->placed == f->at)
			drop(l, i);
	}
}

static int by_age(const void *a, const void *b)
{
	const struct logfile *x = a, *y = b;

	if (x->current != y->current)
		return x->current ? 1 : -1;
	return x->mtime_ms < y->mtime_ms ? -1 : x->mtime_ms > y->mtime_ms;
}

int logfiles_look(struct logfiles *l, struct err *e)
{
	DIR *d = opendir(l->folder);

	if (d == NULL)
		return err_errno(e, ERR_TEMPORARY, "%s", l->folder);
	for (size_t i = 0; i < l->n; i++)
		l->v[i].listed = false;
	for (struct dirent *f; (f = readdir(d)); )
		if (is_ours(l, span_of(f->d_name)))
			look_at(l, dirfd(d), f->d_name);
	closedir(d);
	look_at_rest(l);
	qsort(l->v, l->n, sizeof(l->v[0]), by_age);
	l->fresh = false;
	return 0;
}

void logfiles_open(struct logfiles *l, const char *folder, const char *name)
{
	*l = (struct logfiles){ .folder = folder, .name = name,
		.chunk = malloc(LOGFILE_CHUNK) };
	if (l->chunk == NULL)
		log_fatal("no memory for the log");
}

void logfiles_place(struct logfiles *l, struct logplace *places, size_t n)
{
	free(l->places);
	l->places = places;
	l->nplaces = n;
	l->fresh = false;
	for (size_t i = l->n; i-- > 0; )
		/* Who is gone from the folder would not be found again. */
		if (l->v[i].listed)
			drop(l, i);
		else
			find_place(l, &l->v[i]);
	l->fresh = n == 0;
}

void logfiles_placed(struct logfiles *l, struct logfile *f)
{
	struct logplace *p = l->places;
	size_t i = 0;

	while (i < l->nplaces && memcmp(p[i].key, f->key, LOGFILE_KEY) != 0)
		i++;
	if (i == l->nplaces) {
		p = reallocarray(p, i + 1, sizeof(*p));
		if (p == NULL)
			log_fatal("no memory for the log");
		l->places = p;
		l->nplaces++;
		memcpy(p[i].key, f->key, LOGFILE_KEY);
	}
	p[i].at = f->placed = f->at;
	logfile_before(f, f->at, p[i].before);
}

struct span logfiles_read(struct logfiles *l, const struct logfile *f)
{
	size_t n = f->size > f->at ? read_at(f->fd, f->at, l->chunk,
		LOGFILE_CHUNK) : 0;
	size_t end = span_rchr(span_from(l->chunk, n), '\n');

	if (end != SIZE_MAX)
		return span_from(l->chunk, end + 1);
	/* No line is that long: it is passed over. */
	return span_from(l->chunk, n == LOGFILE_CHUNK ? n : 0);
}

uint64_t logfiles_left(const struct logfiles *l)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].size > l->v[i].at ? l->v[i].size - l->v[i].at : 0;
	return n;
}
