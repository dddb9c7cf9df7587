#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "base/embed.h"
#include "base/io.h"
#include "base/log.h"
#include "conf/tune.h"
#include "program.h"
#include "remote.h"
#include "role/life.h"

#define MAKING CLUSTER_FOLDER "/pg.new"
#define LOCK CLUSTER_FOLDER "/lock"
#define VERSION CLUSTER_DATA "/PG_VERSION"

enum { VERSION_SIZE = 16, CONF_MAX = 1 << 20 };

/* Ours, and nobody put a link in its place. */
static int give_folder(const char *path, uid_t uid, gid_t gid, mode_t mode,
	struct err *e)
{
	int fd, bad;

	if (io_mkdirs(path, 0755, e) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bad = fd < 0 || (geteuid() == 0 && fchown(fd, uid, gid) < 0) ||
		fchmod(fd, mode) < 0;
	if (bad)
		err_errno(e, ERR_PERMANENT, "%s: cannot give it to the "
			"database's user", path);
	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}

int cluster_folders(const struct process *p, struct err *e)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam(p->user) :
		getpwuid(geteuid());

	if (pw == NULL)
		return err_set(e, ERR_PERMANENT, "user %s does not exist: run "
			"pm setup as root", p->user);
	if (give_folder(CLUSTER_FOLDER, pw->pw_uid, pw->pw_gid, 0700, e) < 0)
		return -1;
	return give_folder(ROOT_DB, pw->pw_uid, pw->pw_gid, 0755, e);
}

int cluster_alone(struct err *e)
{
	int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, LOCK);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0; /* not closed: the lock is the process's */
	close(fd);
	return err_set(e, ERR_TEMPORARY, "the database of this root is "
		"running already (" LOCK " is held): pm stop db stops it");
}

/* All at once: initdb would do it file by file. */
static int sync_disk(struct err *e)
{
	int fd = open(CLUSTER_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int bad = fd < 0 || syncfs(fd) < 0;

	if (bad)
		err_errno(e, ERR_TEMPORARY, CLUSTER_FOLDER);
	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}

/* A whole cluster with an empty database, beside where it shall be. */
static int make_beside(struct arena *a, struct err *e)
{
	char *initdb[] = { "initdb", "-D", MAKING, "-U", CLUSTER_OWNER, "-A",
		"peer", "-k", "-N", "-E", "UTF8", "--no-locale",
		"--no-instructions", NULL };
	char *single[] = { "postgres", "--single", "-D", MAKING, "-c",
		"log_min_messages=fatal", "-c", "fsync=off", "postgres", NULL
	};
	const char *path;

	if (program_find(NULL, "initdb", a, &path, e) < 0 ||
	    program_run(path, initdb, SPAN(""), e) < 0 ||
	    program_find(NULL, "postgres", a, &path, e) < 0)
		return -1;
	if (program_run(path, single, embed_file("sql/cluster/create.sql"),
	    e) < 0)
		return -1;
	return sync_disk(e);
}

/* What a start that was interrupted has left. */
static int remove_half_made(struct err *e)
{
	char *argv[] = { "rm", "-rf", "--", MAKING, NULL };

	if (access(MAKING, F_OK) < 0)
		return 0;
	return program_run("/bin/rm", argv, SPAN(""), e);
}

int cluster_make(struct arena *a, struct err *e)
{
	if (access(CLUSTER_DATA, F_OK) == 0)
		return 0;
	log_info("making a new database cluster in " CLUSTER_DATA);
	if (remove_half_made(e) < 0 || make_beside(a, e) < 0)
		return -1;
	if (rename(MAKING, CLUSTER_DATA) < 0 ||
	    io_sync_dir(CLUSTER_FOLDER) < 0)
		return err_errno(e, ERR_TEMPORARY, CLUSTER_DATA);
	return 0;
}

/* Who runs what: PostgreSQL refuses another's folder, with fewer words. */
static int check(struct arena *a, const char **major_r, struct err *e)
{
	struct buf text = { .arena = a };
	struct stat st;

	if (stat(CLUSTER_DATA, &st) < 0)
		return err_errno(e, ERR_PERMANENT, CLUSTER_DATA);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_PERMANENT, CLUSTER_DATA " belongs to "
			"uid %u, but the database runs as uid %u: chown -R %u "
			"it", st.st_uid, geteuid(), geteuid());
	if (io_slurp(VERSION, VERSION_SIZE, &text, e) < 0)
		return -1;
	*major_r = arena_string(a, span_trim(buf_bytes(&text)));
	return 0;
}

#define HEAD "# Written by pm at every start: what is changed here is lost.\n"

/* PostgreSQL logs each time what it does not find. */
static void include(struct buf *b, const char *path, const char *from)
{
	if (access(path, F_OK) == 0)
		buf_printf(b, "include_if_exists '%s'\n", from);
}

static void say_conf(struct buf *b)
{
	buf_string(b, HEAD "# `pm db tune` writes tuned.conf; your own "
		"settings belong into\n# etc/pm/postgresql.conf below the "
		"root. pm.conf is what pm needs, and wins.\n");
	include(b, TUNE_CONF, "../tuned.conf");
	include(b, TUNE_SITE, "../../../../../" TUNE_SITE);
	buf_string(b, "include 'pm.conf'\n");
}

/*
 * The log is for everybody who may read pm.log: no values of rows, so no
 * DETAIL lines and no statements.
 */
static void say_pm_conf(struct buf *b, bool alone)
{
	buf_string(b, HEAD
		"port = 5432\n"
		"unix_socket_directories = '../../../../../" ROOT_DB "'\n"
		"log_destination = 'stderr'\n"
		"logging_collector = off\n"
		"log_line_prefix = ''\n"
		"log_error_verbosity = terse\n"
		"log_min_messages = warning\n"
		"log_min_error_statement = panic\n"
		"log_statement = none\n"
		"log_min_duration_statement = -1\n"
		"log_parameter_max_length = 0\n"
		"log_parameter_max_length_on_error = 0\n"
		"log_checkpoints = off\n"
		"timezone = 'UTC'\n"
		"log_timezone = 'UTC'\n"
		"fsync = on\n"
		"full_page_writes = on\n"
		"row_security = on\n");
	/* Every role's user is in the group; then peer and pg_ident judge. */
	buf_string(b, alone ? "unix_socket_permissions = 0700\n" :
		"unix_socket_permissions = 0770\n"
		"unix_socket_group = '" LIFE_GROUP "'\n");
}

static void say_hba(struct buf *b)
{
	buf_string(b, HEAD "# Who a process is says the kernel; which login "
		"that means, pg_ident.conf.\n"
		"local all all peer map=pm\n"
		"local replication all peer map=pm\n");
}

/* Which user of the system may use which login. */
static const struct ident {
	const char *user, *login;
} idents[] = {
	{ "pm-db", CLUSTER_OWNER }, { "pm-rec", "pm_recorder" },
	{ "pm-inj", "pm_injector" }, { "pm-csm", "pm_csm" },
	{ "pm-login", "pm_login" }, { "pm-eu", "pm_enduser" },
	{ "pm-link", "pm_link" },
	{ "pm-grp", "pm_groups" }, { "pm-agent", "pm_agent" },
	{ "root", "pm_admin" },
	{ "root", CLUSTER_OWNER },
};

/* A developer without root is everybody. */
static void say_ident(struct buf *b, const char *alone)
{
	buf_string(b, HEAD);
	for (size_t i = 0; i < sizeof(idents) / sizeof(*idents); i++) {
		buf_printf(b, "pm \"%s\" %s\n", idents[i].user,
			idents[i].login);
		if (alone)
			buf_printf(b, "pm \"%s\" %s\n", alone,
				idents[i].login);
	}
}

/* One that is right already is left: a full disk shall not keep us down. */
static int write_conf(const char *name, struct buf *b, struct err *e)
{
	struct buf now = { 0 };
	char path[128];
	bool same;

	snprintf(path, sizeof(path), CLUSTER_DATA "/%s", name);
	same = io_slurp(path, CONF_MAX, &now, NULL) == 0 &&
		span_eq(buf_bytes(&now), buf_bytes(b));
	buf_free(&now);
	if (!same && io_replace_file(path, 0600, buf_bytes(b), e) < 0)
		return -1;
	b->n = 0;
	return 0;
}

/*
 * alone: the name of whom everybody is; NULL: each role has a user. remote:
 * for whom it listens; NULL: for nobody.
 */
static int write_all(struct buf *b, const char *alone,
	const struct wiring *remote, struct err *e)
{
	say_conf(b);
	if (write_conf("postgresql.conf", b, e) < 0)
		return -1;
	say_pm_conf(b, alone != NULL);
	if (remote)
		remote_say_conf(remote, b);
	else
		buf_string(b, "listen_addresses = ''\n");
	if (archive_say_conf(b, e) < 0 || write_conf("pm.conf", b, e) < 0)
		return -1;
	say_hba(b);
	if (remote)
		remote_say_hba(b);
	if (write_conf("pg_hba.conf", b, e) < 0)
		return -1;
	say_ident(b, alone);
	if (remote)
		remote_say_ident(b);
	return write_conf("pg_ident.conf", b, e);
}

int cluster_configure(const struct process *p, const struct wiring *remote,
	struct arena *a, const char **postgres_r, struct err *e)
{
	const struct passwd *pw = getpwuid(geteuid());
	struct buf b = { .arena = a };
	const char *major = NULL, *name;

	if (pw == NULL)
		return err_set(e, ERR_PERMANENT, "uid %u has no name "
			"(/etc/passwd): the database knows people by theirs",
			geteuid());
	name = arena_string(a, span_of(pw->pw_name));
	if (check(a, &major, e) < 0 ||
	    program_find(major, "postgres", a, postgres_r, e) < 0)
		return -1;
	return write_all(&b, strcmp(name, p->user) ? name : NULL, remote, e);
}
