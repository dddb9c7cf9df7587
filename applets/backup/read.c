#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "base/io.h"

/* What is being read; into -1: only judged. */
struct reader {
	struct vault *v;
	const char *name;
	int into;
	struct arena *a;
	struct backup_totals *t;
	struct err *e;
};

static int trouble(struct reader *r, const char *path)
{
	return err_errno(r->e, ERR_TEMPORARY, "%s cannot be written", path);
}

/* Whose it was, by name: numbers differ from machine to machine. */
static int give(struct reader *r, const struct record *one)
{
	const struct passwd *pw = getpwnam(one->user);
	const struct group *g = getgrnam(one->group);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = one->mtime_s } };

	if (geteuid() == 0 && (pw == NULL || g == NULL))
		return err_set(r->e, ERR_PERMANENT, "%s belongs to %s:%s, who "
			"%s not here: install what makes them, or add them",
			one->path, one->user, one->group, pw || g ? "is" :
			"are");
	if (geteuid() == 0 && fchownat(r->into, one->path, pw->pw_uid,
	    g->gr_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return trouble(r, one->path);
	if (one->type == 'L')
		return 0;
	if (fchmodat(r->into, one->path, one->mode, 0) < 0 ||
	    (one->type == 'F' && utimensat(r->into, one->path, times, 0) < 0))
		return trouble(r, one->path);
	return 0;
}

static int make_folder(struct reader *r, const struct record *one)
{
	if (r->into < 0)
		return 0;
	if (mkdirat(r->into, one->path, 0700) < 0 && errno != EEXIST)
		return trouble(r, one->path);
	return give(r, one);
}

static int make_link(struct reader *r, const struct record *one)
{
	if (r->into < 0)
		return 0;
	if (symlinkat(one->target, r->into, one->path) < 0)
		return trouble(r, one->path);
	return give(r, one);
}

static int create(struct reader *r, const char *path)
{
	int fd = openat(r->into, path, O_WRONLY | O_CREAT | O_EXCL |
		O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		trouble(r, path);
	return fd;
}

static int copy_content(struct reader *r, const struct record *one, int fd)
{
	unsigned char bytes[FORM_PIECE];
	uint64_t left = one->size;

	while (left) {
		size_t n = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);

		if (vault_get(r->v, bytes, n, r->e) < 0)
			return -1;
		if (fd >= 0 && io_write_all(fd, span_from(bytes, n)) < 0)
			return trouble(r, one->path);
		left -= n;
	}
	return 0;
}

static int make_file(struct reader *r, const struct record *one)
{
	int fd = -1, result;

	r->t->files++;
	r->t->bytes += one->size;
	if (r->into >= 0) {
		fd = create(r, one->path);
		if (fd < 0)
			return -1;
	}
	result = copy_content(r, one, fd);
	if (fd >= 0)
		close(fd);
	return result < 0 || r->into < 0 ? result : give(r, one);
}

static int make_dump(struct reader *r)
{
	unsigned char bytes[FORM_PIECE];
	int fd = -1, result = 0;
	ssize_t n;

	if (r->into >= 0) {
		fd = create(r, DUMP_NAME);
		if (fd < 0)
			return -1;
	}
	while ((n = form_piece(r->v, r->name, bytes, r->e)) > 0) {
		r->t->dump += (uint64_t)n;
		if (fd >= 0 && io_write_all(fd, span_from(bytes,
		    (size_t)n)) < 0) {
			result = trouble(r, "the dump");
			break;
		}
	}
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : result;
}

static int take(struct reader *r, const struct record *one)
{
	switch (one->type) {
	case 'D':
		return make_folder(r, one);
	case 'L':
		return make_link(r, one);
	case 'F':
		return make_file(r, one);
	case 'P':
		return make_dump(r);
	}
	return err_set(r->e, ERR_PERMANENT, "%s: is no backup of pm",
		r->name);
}

int backup_read(struct vault *v, const char *name, int into, struct arena *a,
	struct backup_totals *t, struct err *e)
{
	struct reader r = { v, name, into, a, t, e };
	struct record one;
	uint64_t count = 0;

	*t = (struct backup_totals){ 0 };
	if (form_get(v, name, a, &t->manifest, e) < 0)
		return -1;
	if (t->manifest.type != 'M')
		return err_set(e, ERR_PERMANENT, "%s: is no backup of pm",
			name);
	for (;; count++) {
		if (form_get(v, name, a, &one, e) < 0)
			return -1;
		if (one.type == 'E')
			break;
		if (take(&r, &one) < 0)
			return -1;
	}
	if (one.count != count)
		return err_set(e, ERR_PERMANENT, "%s: is damaged: records are "
			"missing", name);
	return vault_done(v, e);
}
