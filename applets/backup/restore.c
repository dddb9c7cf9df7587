/*
 * pm restore: everything is made beside where it shall be, the database
 * included, and takes its place when it is whole. Until then nothing of the
 * root has changed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup.h"
#include "base/clock.h"
#include "base/io.h"
#include "role/control.h"
#include "role/program.h"

/* Where it is made: on the disk of most of it. */
#define STAGE ROOT_STATE ".restoring"
#define STAGE_ETC ROOT_ETC ".restoring"

/* Is there anything in it, at any depth, but folders? */
static bool has_files(const char *path)
{
	struct dirent *f;
	bool found = false;
	DIR *d = opendir(path);
	char below[512];

	while (d && !found && (f = readdir(d)) != NULL) {
		if (f->d_name[0] == '.' && (f->d_name[1] == 0 ||
		    strcmp(f->d_name, "..") == 0))
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path,
		    f->d_name) >= (int)sizeof(below))
			found = true;
		else
			found = f->d_type != DT_DIR || has_files(below);
	}
	if (d)
		closedir(d);
	return found;
}

static int check_root(bool force, struct err *e)
{
	struct buf answer = { 0 };
	bool runs = control_ask("status\n", &answer, NULL) == 0;

	buf_free(&answer);
	if (runs)
		return err_set(e, ERR_PERMANENT, "this appliance is running: "
			"stop pm supervise first");
	if (!force && (has_files(ROOT_ETC) || has_files(ROOT_STATE)))
		return err_set(e, ERR_PERMANENT, ROOT_ETC " or " ROOT_STATE
			" is not empty: restore into an empty root, or with "
			"--force, which keeps what is there beside it");
	return 0;
}

static int remove_all(const char *path, struct err *e)
{
	char *argv[] = { "rm", "-rf", "--", (char *)(uintptr_t)path, NULL };

	return access(path, F_OK) < 0 ? 0 : program_run("/bin/rm", argv,
		SPAN(""), e);
}

/* The users of the roles, where we may make them. */
static int make_users(struct err *e)
{
	char *words[] = { "setup", "--users", NULL };

	return geteuid() == 0 ? backup_pm(words, -1, -1, e) : 0;
}

/* The cluster, made of the dump by those who know how. */
static int make_database(int stage, struct err *e)
{
	char *words[] = { "db", "--root", STAGE, "make", NULL };
	int dump = openat(stage, DUMP_NAME, O_RDONLY | O_CLOEXEC), result;

	if (dump < 0)
		return err_errno(e, ERR_TEMPORARY, "the dump");
	result = backup_pm(words, dump, -1, e);
	close(dump);
	if (result == 0 && unlinkat(stage, DUMP_NAME, 0) < 0)
		return err_errno(e, ERR_TEMPORARY, "the dump");
	return result;
}

static int fill(int file, const char *name, const struct vault_secret *s,
	struct arena *a, struct backup_totals *t, struct err *e)
{
	int stage = open(STAGE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct vault *v;
	int result = -1;

	if (stage < 0)
		return err_errno(e, ERR_TEMPORARY, STAGE);
	v = lseek(file, 0, SEEK_SET) < 0 ? NULL : vault_open(file, name, s, e);
	if (v && mkdirat(stage, "etc", 0755) == 0 &&
	    mkdirat(stage, "var", 0755) == 0 &&
	    mkdirat(stage, "var/lib", 0755) == 0)
		result = backup_read(v, name, stage, a, t, e);
	vault_free(&v);
	if (result == 0 && t->dump)
		result = make_database(stage, e);
	if (result == 0 && syncfs(stage) < 0)
		result = err_errno(e, ERR_TEMPORARY, STAGE);
	close(stage);
	return result;
}

/* What is there goes aside; nothing there: fine. */
static int set_aside(const char *path, const char *stamp, char out[200],
	struct err *e)
{
	snprintf(out, 200, "%s.before-%s", path, stamp);
	if (rename(path, out) == 0 || errno == ENOENT)
		return 0;
	return err_errno(e, ERR_TEMPORARY, "%s", path);
}

/* etc may be on another disk than the rest. */
static int bring_etc(struct err *e)
{
	char *argv[] = { "cp", "-a", "--", STAGE "/" ROOT_ETC, STAGE_ETC,
		NULL };

	if (remove_all(STAGE_ETC, e) < 0 ||
	    program_run("/bin/cp", argv, SPAN(""), e) < 0)
		return -1;
	sync();
	return 0;
}

/* Both take their place, or neither. */
static int swap(struct err *e)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	char stamp[32], etc[200], state[200];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	if (io_mkdirs("etc", 0755, e) < 0 || bring_etc(e) < 0 ||
	    set_aside(ROOT_ETC, stamp, etc, e) < 0)
		return -1;
	if (set_aside(ROOT_STATE, stamp, state, e) < 0) {
		rename(etc, ROOT_ETC);
		return -1;
	}
	if (rename(STAGE_ETC, ROOT_ETC) == 0 &&
	    rename(STAGE "/" ROOT_STATE, ROOT_STATE) == 0 &&
	    io_sync_dir("etc") == 0 && io_sync_dir("var/lib") == 0)
		return 0;
	err_errno(e, ERR_TEMPORARY, ROOT_STATE);
	rename(ROOT_ETC, STAGE_ETC);
	rename(etc, ROOT_ETC);
	rename(state, ROOT_STATE);
	return -1;
}

/* An old one that still has its links to nowhere is no reason to stop. */
static int judge(int file, const char *name, const struct vault_secret *s,
	struct arena *a, struct err *e)
{
	struct vault *v = vault_open(file, name, s, e);
	struct backup_totals t;
	int result = v ? backup_read(v, name, -1, a, &t, e) : -1;

	vault_free(&v);
	if (result == 0 && t.manifest.schema > form_schema())
		return err_set(e, ERR_PERMANENT, "%s: is of a later pm (%s, "
			"schema %llu; this one has %llu): install that first",
			name, t.manifest.version,
			(unsigned long long)t.manifest.schema,
			(unsigned long long)form_schema());
	return result;
}

int restore_run(int file, const char *name, const struct vault_secret *s,
	bool force, struct arena *a, struct err *e)
{
	struct backup_totals t;
	int result;

	if (check_root(force, e) < 0 || judge(file, name, s, a, e) < 0 ||
	    make_users(e) < 0 || io_mkdirs("var/lib", 0755, e) < 0 ||
	    remove_all(STAGE, e) < 0)
		return -1;
	if (mkdir(STAGE, 0755) < 0)
		return err_errno(e, ERR_TEMPORARY, STAGE);
	result = fill(file, name, s, a, &t, e);
	if (result == 0)
		result = swap(e);
	if (remove_all(STAGE, NULL) < 0 || remove_all(STAGE_ETC, NULL) < 0)
		fprintf(stderr, "pm restore: " STAGE " is left: remove it\n");
	if (result == 0)
		printf("%s restored: %llu files%s of %s; start it with pm "
			"supervise\n", name, (unsigned long long)t.files,
			t.dump ? " and the database" : "",
			t.manifest.appliance);
	return result;
}
