/*
 * Point-in-time recovery: PostgreSQL's log kept in a folder elsewhere, a copy
 * of the cluster to begin with, and the way back to a moment.
 *
 * The folder is ARCHIVE, a link beside the cluster; PostgreSQL works inside
 * the cluster and calls ../pm, a link to ourselves. So no name from outside
 * stands in its archive_command, which a shell reads.
 */
#include "archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/root.h"
#include "cluster.h"
#include "command.h"
#include "db/db.h"
#include "program.h"

#define ARCHIVE CLUSTER_FOLDER "/archive"
#define PM CLUSTER_FOLDER "/pm"
#define NEW CLUSTER_FOLDER "/pg.recovering"
#define USER "pm-db"
#define BASE "base-"

enum { CALL_MS = 30000, PIECE = 64 << 10, STAMP_N = 16 };

bool archive_is_on(void)
{
	return access(ARCHIVE "/.", F_OK) == 0;
}

/* At each start: where we are may have changed. */
static int link_ourselves(struct err *e)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		return err_errno(e, ERR_PERMANENT, "/proc/self/exe");
	exe[n] = 0;
	unlink(PM);
	if (symlink(exe, PM) < 0)
		return err_errno(e, ERR_PERMANENT, PM);
	return 0;
}

int archive_say_conf(struct buf *b, struct err *e)
{
	if (!archive_is_on())
		return 0;
	buf_string(b, "archive_mode = on\n"
		"archive_command = '../pm db wal-keep \"%p\" \"%f\"'\n"
		"archive_timeout = 300\n"
		"restore_command = '../pm db wal-fetch \"%f\" \"%p\"'\n");
	return link_ourselves(e);
}

/* --- one file of the log, as PostgreSQL asks ----------------------------- */

static bool is_name(const char *s)
{
	size_t n = span_of(s).n;

	return n > 0 && n < 100 && s[0] != '.' && strspn(s, "0123456789"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-") ==
		n;
}

static int copy(int from, int to, struct err *e)
{
	unsigned char bytes[PIECE];
	ssize_t n;

	while ((n = io_read_all(from, bytes, sizeof(bytes))) > 0)
		if (io_write_all(to, span_from(bytes, (size_t)n)) < 0)
			return err_errno(e, ERR_TEMPORARY, "cannot write");
	if (n < 0 || fsync(to) < 0)
		return err_errno(e, ERR_TEMPORARY, "cannot copy");
	return 0;
}

/* It has its name when all of it is on disk. */
static int copy_file(const char *from, const char *to, struct err *e)
{
	char part[PATH_MAX];
	int in = open(from, O_RDONLY | O_CLOEXEC), out, got;

	if (in < 0)
		return err_errno(e, ERR_PERMANENT, "%s", from);
	snprintf(part, sizeof(part), "%s.part", to);
	out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		O_NOFOLLOW, 0600);
	if (out < 0)
		err_errno(e, ERR_PERMANENT, "%s", part);
	got = out < 0 ? -1 : copy(in, out, e);
	close(in);
	if (out >= 0)
		close(out);
	if (got == 0 && rename(part, to) < 0)
		got = err_errno(e, ERR_TEMPORARY, "%s", to);
	if (got < 0)
		unlink(part);
	return got;
}

/* Kept already, before an answer was lost? */
static bool is_same(const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same = io_slurp(a, BUF_MAX, &x, NULL) == 0 &&
		io_slurp(b, BUF_MAX, &y, NULL) == 0 &&
		span_eq(buf_bytes(&x), buf_bytes(&y));

	buf_free(&x);
	buf_free(&y);
	return same;
}

static int keep(const char *path, const char *name, struct err *e)
{
	char to[200];

	snprintf(to, sizeof(to), "../archive/%s", name);
	if (access(to, F_OK) == 0)
		return is_same(path, to) ? 0 : err_set(e, ERR_PERMANENT,
			"%s is in the archive already, with other content: "
			"another cluster's?", name);
	if (copy_file(path, to, e) < 0)
		return -1;
	return io_sync_dir("../archive") < 0 ? err_errno(e, ERR_TEMPORARY,
		"the archive") : 0;
}

/* Called by PostgreSQL in the cluster's folder: no root, no wiring. */
static int wal(int argc, char **argv, bool keeps)
{
	const char *name = argc == 4 ? argv[keeps ? 3 : 2] : "";
	char from[200];
	struct err e;
	int got;

	if (!is_name(name) || access("PG_VERSION", F_OK) < 0)
		got = err_set(&e, ERR_PERMANENT, "is for PostgreSQL's "
			"archive_command and restore_command");
	else if (keeps)
		got = keep(argv[2], name, &e);
	else {
		snprintf(from, sizeof(from), "../archive/%s", name);
		/* The end of the log is found by asking for more of it. */
		if (access(from, F_OK) < 0)
			return EXIT_NO;
		got = copy_file(from, argv[3], &e);
	}
	return got < 0 ? (err_report(keeps ? "db wal-keep" : "db wal-fetch",
		&e), EXIT_NO) : EXIT_DONE;
}

int command_wal_keep(int argc, char **argv)
{
	return wal(argc, argv, true);
}

int command_wal_fetch(int argc, char **argv)
{
	return wal(argc, argv, false);
}

/* --- on, off, status ----------------------------- */

static int give_to_user(const char *path, struct err *e)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam(USER) : NULL;

	if (geteuid() == 0 && (pw == NULL ||
	    chown(path, pw->pw_uid, pw->pw_gid) < 0))
		return err_errno(e, ERR_PERMANENT, "%s: cannot give it to "
			USER, path);
	return 0;
}

static int turn_on(const char *dir, struct err *e)
{
	char real[PATH_MAX];

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_errno(e, ERR_PERMANENT, "%s", dir);
	if (realpath(dir, real) == NULL)
		return err_errno(e, ERR_PERMANENT, "%s", dir);
	return give_to_user(real, e) < 0 ? -1 : 0;
}

static int link_archive(const char *real, struct err *e)
{
	unlink(ARCHIVE);
	if (symlink(real, ARCHIVE) < 0)
		return err_errno(e, ERR_PERMANENT, ARCHIVE);
	puts("on: pm restart db puts it in force; then pm db base makes the "
		"copy to begin with");
	return 0;
}

static int show_archiver(struct command *c, struct err *e)
{
	struct db *d = db_new(c->conninfo, CLUSTER_OWNER, CALL_MS);
	struct db_rows *rows;
	int got = db_call(d, "db_archiver", NULL, 0, &rows, e);

	if (got == 0) {
		printf("mode    %.*s\nlast    %.*s\nfailed  %lld times\n",
			SPAN_FMT(db_span(rows, 0, 0)),
			SPAN_FMT(db_span(rows, 0, 1)),
			(long long)db_int(rows, 0, 2));
		db_rows_free(&rows);
	}
	db_free(&d);
	return got;
}

static int archive(struct command *c, struct err *e)
{
	const char *verb = c->args.n > 1 ? c->args.rest[1] : "status";
	const char *dir = c->args.n > 2 ? c->args.rest[2] : NULL;
	bool on = strcmp(verb, "on") == 0;
	char real[PATH_MAX];

	if (on && (dir == NULL || turn_on(dir, e) < 0 ||
	    realpath(dir, real) == NULL))
		return dir ? -1 : err_set(e, ERR_PERMANENT, "name the folder: "
			"pm db archive on DIR");
	if (root_enter(c->args.root, NULL, e) < 0)
		return -1;
	if (on)
		return link_archive(real, e);
	if (strcmp(verb, "off") == 0) {
		unlink(ARCHIVE);
		puts("off: pm restart db puts it in force");
		return 0;
	}
	if (strcmp(verb, "status") != 0)
		return err_set(e, ERR_PERMANENT, "on DIR, off or status");
	if (!archive_is_on()) {
		puts("off");
		return 0;
	}
	return show_archiver(c, e);
}

/* --- the copy to begin with, and the way back ----------------------------- */

static int base(struct command *c, struct err *e)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	char *argv[] = { "pg_basebackup", "-X", "stream", "--checkpoint=fast",
		"-D", NULL, "-d", NULL, NULL };
	char stamp[STAMP_N + 1];
	const char *path, *name;
	struct tm tm;

	if (root_enter(c->args.root, NULL, e) < 0)
		return -1;
	if (!archive_is_on())
		return err_set(e, ERR_PERMANENT, "the archive is off: pm db "
			"archive on DIR");
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	name = arena_printf(c->a, ARCHIVE "/" BASE "%s", stamp);
	argv[5] = arena_printf(c->a, "%s.part", name);
	argv[7] = (char *)(uintptr_t)c->conninfo;
	if (program_find(NULL, "pg_basebackup", c->a, &path, e) < 0 ||
	    program_run(path, argv, SPAN(""), e) < 0)
		return -1;
	if (rename(argv[5], name) < 0 || io_sync_dir(ARCHIVE) < 0)
		return err_errno(e, ERR_TEMPORARY, "%s", name);
	printf(BASE "%s made\n", stamp);
	return 0;
}

/* "2026-11-23 14:05[:06]" in UTC; its stamp is for comparing names. */
static int read_time(const char *text, char stamp[STAMP_N + 1], char sql[40],
	struct err *e)
{
	struct tm tm = { 0 };
	const char *end = text ? strptime(text, "%Y-%m-%d %H:%M:%S", &tm) :
		NULL;

	if (end == NULL || *end) {
		tm = (struct tm){ 0 };
		end = text ? strptime(text, "%Y-%m-%d %H:%M", &tm) : NULL;
	}
	if (end == NULL || *end)
		return err_set(e, ERR_PERMANENT, "--until must be a time in "
			"UTC, as \"2026-11-23 14:05\"");
	strftime(stamp, STAMP_N + 1, "%Y%m%dT%H%M%SZ", &tm);
	strftime(sql, 40, "%F %T+00", &tm);
	return 0;
}

/* The newest copy that was made before; NULL and *e. */
static const char *choose_base(const char *until, struct arena *a,
	struct err *e)
{
	const char *best = NULL;
	struct dirent *f;
	DIR *d = opendir(ARCHIVE "/.");

	while (d && (f = readdir(d)) != NULL) {
		struct span s = span_of(f->d_name);

		if (s.n == sizeof(BASE) - 1 + STAMP_N &&
		    span_starts(s, SPAN(BASE)) &&
		    strcmp(f->d_name + sizeof(BASE) - 1, until) < 0 &&
		    (best == NULL || strcmp(f->d_name, best) > 0))
			best = arena_string(a, s);
	}
	if (d)
		closedir(d);
	if (best == NULL)
		err_set(e, ERR_PERMANENT, "the archive has no copy from before "
			"that (pm db base makes them)");
	return best;
}

static int run(const char *path, char **argv, struct err *e)
{
	return program_run(path, argv, SPAN(""), e);
}

/* Beside its place: the copy, and what PostgreSQL shall do with it. */
static int prepare(struct command *c, const char *name, const char *until,
	struct err *e)
{
	char *rm[] = { "rm", "-rf", "--", NEW, NULL };
	char *cp[] = { "cp", "-a", "--", arena_printf(c->a, ARCHIVE "/%s",
		name), NEW, NULL };
	char *chown[] = { "chown", "-R", USER ":" USER, "--", NEW, NULL };
	const char *conf = arena_printf(c->a, "recovery_target_time = '%s'\n"
		"recovery_target_action = 'promote'\n", until);

	if (run("/bin/rm", rm, e) < 0 || run("/bin/cp", cp, e) < 0 ||
	    io_replace_file(NEW "/postgresql.auto.conf", 0600, span_of(conf),
		e) < 0 ||
	    io_replace_file(NEW "/recovery.signal", 0600, SPAN(""), e) < 0)
		return -1;
	if (chmod(NEW, 0700) < 0)
		return err_errno(e, ERR_TEMPORARY, NEW);
	return geteuid() == 0 ? run("/bin/chown", chown, e) : 0;
}

static int recover(struct command *c, const char *text, struct err *e)
{
	char stamp[STAMP_N + 1], until[40], now[STAMP_N + 1];
	const char *name, *old;
	time_t t = time(NULL);
	struct tm tm;

	if (root_enter(c->args.root, NULL, e) < 0 || cluster_alone(e) < 0 ||
	    read_time(text, stamp, until, e) < 0)
		return -1;
	name = choose_base(stamp, c->a, e);
	if (name == NULL || prepare(c, name, until, e) < 0)
		return -1;
	strftime(now, sizeof(now), "%Y%m%dT%H%M%SZ", gmtime_r(&t, &tm));
	old = arena_printf(c->a, CLUSTER_DATA ".before-%s", now);
	sync();
	if (rename(CLUSTER_DATA, old) < 0 && errno != ENOENT)
		return err_errno(e, ERR_TEMPORARY, CLUSTER_DATA);
	if (rename(NEW, CLUSTER_DATA) < 0) {
		err_errno(e, ERR_TEMPORARY, CLUSTER_DATA);
		rename(old, CLUSTER_DATA);
		return -1;
	}
	printf("%s is in place: at its start the database goes on to %s\n"
		"what it was is kept as %s\n", name, until, old);
	return 0;
}

/* --- as commands ----------------------------- */

enum { ANY = 1000 };

static int carry_out(int argc, char **argv, size_t operands,
	int (*work)(struct command *c, struct err *e))
{
	struct command c;
	struct err e;
	int code;

	if (command_begin(&c, argc, argv, NULL, operands, &code) < 0)
		return code;
	code = work(&c, &e) < 0 ? command_failed(&c, &e) : EXIT_DONE;
	arena_free(&c.a);
	return code;
}

int command_archive(int argc, char **argv)
{
	return carry_out(argc, argv, ANY, archive);
}

int command_base(int argc, char **argv)
{
	return carry_out(argc, argv, 0, base);
}

int command_recover(int argc, char **argv)
{
	const char *until = NULL;
	const struct args_option options[] = {
		{ "until", 0, ARGS_TEXT, &until }, { 0 },
	};
	struct command c;
	struct err e;
	int code;

	if (command_begin(&c, argc, argv, options, 0, &code) < 0)
		return code;
	code = recover(&c, until, &e) < 0 ? command_failed(&c, &e) :
		EXIT_DONE;
	arena_free(&c.a);
	return code;
}
