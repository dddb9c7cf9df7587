#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/version.h"
#include "base/wire.h"
#include "conf/wiring.h"

enum { DEPTH_MAX = 24, NAMES_MAX = 100000 };

/* What is being written. */
struct writer {
	struct vault *v;
	struct arena *a;
	bool bodies;
	uint64_t count;
	struct backup_totals *t;
	struct err *e;
};

/*
 * What is not copied: what is made anew by itself, what belongs to others,
 * and mail that is on its way: it would be sent a second time. Of those
 * marked only the files are left out, their folders are there.
 */
static const struct {
	const char *path;
	bool folders, bodies;	/* bodies: unless they are asked for */
} left_out[] = {
	{ ROOT_STATE "/db", false, false },
	{ ROOT_STATE "/clamav", true, false },
	{ ROOT_STATE "/compiled", true, false },
	{ ROOT_STATE "/mta", false, false },
	{ ROOT_STATE "/mail", true, false },
	{ ROOT_STATE "/backups", false, false },
	{ ROOT_STATE "/alarms", true, false },
	{ ROOT_STATE "/spool", true, false },
	{ ROOT_STATE "/quarantine", true, true },
	{ ROOT_STATE "/archive", true, true },
};

/* Is it, or is it below, one of those? */
static bool is_left_out(const struct writer *w, const char *path, bool folder)
{
	struct span s = span_of(path);

	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++) {
		struct span out = span_of(left_out[i].path);

		if (left_out[i].bodies && w->bodies)
			continue;
		if (span_eq(s, out) || (span_starts(s, out) &&
		    s.p[out.n] == '/'))
			return !folder || !left_out[i].folders;
	}
	return false;
}

static int put(struct writer *w, struct record *r, const struct stat *st)
{
	const struct passwd *pw = getpwuid(st->st_uid);
	const struct group *g = getgrgid(st->st_gid);

	r->user = pw ? arena_string(w->a, span_of(pw->pw_name)) :
		arena_printf(w->a, "#%u", st->st_uid);
	r->group = g ? arena_string(w->a, span_of(g->gr_name)) :
		arena_printf(w->a, "#%u", st->st_gid);
	r->mode = st->st_mode & 07777;
	r->mtime_s = st->st_mtim.tv_sec;
	w->count++;
	return form_put(w->v, r, w->e);
}

/* So many bytes as its head says, even when it shrinks meanwhile. */
static int put_content(struct writer *w, int fd, const char *path,
	uint64_t size)
{
	unsigned char bytes[FORM_PIECE];

	while (size) {
		size_t n = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);

		if (io_read_all(fd, bytes, n) != (ssize_t)n)
			return err_set(w->e, ERR_TEMPORARY, "%s became "
				"shorter while it was read: try again", path);
		if (vault_put(w->v, span_from(bytes, n), w->e) < 0)
			return -1;
		size -= n;
		w->t->bytes += n;
	}
	return 0;
}

static int put_file(struct writer *w, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct record r = { .type = 'F', .path = path };
	struct stat st;
	int result;

	/* It may have gone since its folder was read. */
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_errno(w->e, ERR_PERMANENT, "%s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return 0;
	}
	r.size = (uint64_t)st.st_size;
	w->t->files++;
	result = put(w, &r, &st);
	if (result == 0)
		result = put_content(w, fd, path, r.size);
	close(fd);
	return result;
}

static int put_link(struct writer *w, const char *path,
	const struct stat *st)
{
	char target[FORM_PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	struct record r = { .type = 'L', .path = path };

	if (n < 0)
		return 0;
	r.target = arena_string(w->a, span_from(target, (size_t)n));
	return put(w, &r, st);
}

static int put_folder(struct writer *w, const char *path, unsigned depth);

static int put_any(struct writer *w, const char *path, unsigned depth)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(w->e, ERR_PERMANENT,
			"%s", path);
	if (is_left_out(w, path, S_ISDIR(st.st_mode)))
		return 0;
	if (S_ISDIR(st.st_mode))
		return put_folder(w, path, depth);
	if (S_ISLNK(st.st_mode))
		return put_link(w, path, &st);
	/* Sockets and pipes are made by who serves them. */
	return S_ISREG(st.st_mode) ? put_file(w, path) : 0;
}

static int put_folder(struct writer *w, const char *path, unsigned depth)
{
	struct record r = { .type = 'D', .path = path };
	struct dirent *f;
	struct stat st;
	int result;
	DIR *d;

	if (depth > DEPTH_MAX)
		return err_set(w->e, ERR_PERMANENT, "%s: folders in folders, "
			"more than %d deep", path, DEPTH_MAX);
	d = opendir(path);
	if (d == NULL || fstat(dirfd(d), &st) < 0) {
		if (d)
			closedir(d);
		return err_errno(w->e, ERR_PERMANENT, "%s", path);
	}
	result = put(w, &r, &st);
	while (result == 0 && (f = readdir(d)) != NULL)
		if (strcmp(f->d_name, ".") != 0 &&
		    strcmp(f->d_name, "..") != 0)
			result = put_any(w, arena_printf(w->a, "%s/%s", path,
				f->d_name), depth + 1);
	closedir(d);
	return result;
}

/* --- the database -------------------------------------------------------- */

static int copy_dump(struct writer *w, int fd)
{
	unsigned char bytes[FORM_PIECE];
	struct buf head = { 0 };
	ssize_t n;
	int result = 0;

	do {
		n = io_read_all(fd, bytes, sizeof(bytes));
		head.n = 0;
		wire_put_u32(&head, n > 0 ? (uint32_t)n : 0);
		if (n < 0)
			result = err_errno(w->e, ERR_TEMPORARY, "the dump");
		else if (vault_put(w->v, buf_bytes(&head), w->e) < 0 ||
		    vault_put(w->v, span_from(bytes, (size_t)n), w->e) < 0)
			result = -1;
		else
			w->t->dump += (uint64_t)n;
	} while (result == 0 && n > 0);
	buf_free(&head);
	return result;
}

/* pm db dump, into the same file: nothing of it lies about. */
static int put_database(struct writer *w)
{
	char *words[] = { "db", "--root", ".", "dump", "-",
		w->bodies ? NULL : "--no-bodies", NULL };
	struct record r = { .type = 'P' };
	int pipes[2], result;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_errno(w->e, ERR_TEMPORARY, "pm db dump");
	pid = backup_pm_start(words, -1, pipes[1], w->e);
	close(pipes[1]);
	w->count++;
	result = pid < 0 || form_put(w->v, &r, w->e) < 0 ? -1 :
		copy_dump(w, pipes[0]);
	/* Whoever writes on hears that nobody reads. */
	close(pipes[0]);
	if (pid > 0 && backup_pm_wait(pid, "pm db dump", result == 0 ? w->e :
	    NULL) < 0)
		return -1;
	return result;
}

int backup_write(struct vault *v, bool bodies, struct arena *a,
	struct backup_totals *t, struct err *e)
{
	struct writer w = { .v = v, .a = a, .bodies = bodies, .t = t, .e = e };
	struct record end = { .type = 'E' };
	struct wiring wiring;

	*t = (struct backup_totals){ 0 };
	if (wiring_load(a, &wiring, e) < 0)
		return -1;
	t->manifest = (struct record){ .type = 'M',
		.version = VERSION_TEXT, .schema = form_schema(),
		.appliance = wiring.name, .site = wiring.site,
		.made_ms = clock_wall_ms(), .bodies = bodies };
	if (form_put(v, &t->manifest, e) < 0 ||
	    put_any(&w, ROOT_ETC, 0) < 0 || put_any(&w, ROOT_STATE, 0) < 0)
		return -1;
	if (wiring_has_role(&wiring, "db") && wiring.database == NULL &&
	    put_database(&w) < 0)
		return -1;
	end.count = w.count;
	return form_put(v, &end, e) < 0 ? -1 : vault_end(v, e);
}
