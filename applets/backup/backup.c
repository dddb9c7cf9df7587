/*
 * pm backup and pm restore: a whole appliance in one file that only its key
 * opens.
 */
#include "backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/io.h"
#include "crypto/keyfile.h"
#include "role/program.h"

#define END ".pmbackup"

enum { ARENA_LIMIT = 512 << 20, SECRET_MAX = 4096, KEEP_MOST = 1000,
	LIST_MAX = 4096 };

static struct {
	const char *out, *key, *passphrase, *until;
	bool bodies, force;
	long long keep;
	struct args args;
	struct arena *a;
	int before;		/* the folder that the user is in */
	struct vault_secret secret;
	struct buf bytes;
} self;

/* --- pm, once more ---------------------------------------------- */

pid_t backup_pm_start(char *const words[], int in, int out, struct err *e)
{
	char *argv[16] = { "pm" };
	size_t n = 1;

	for (; words[n - 1] && n < 15; n++)
		argv[n] = words[n - 1];
	return program_start("/proc/self/exe", argv, (int[]){ in, out, -1 },
		SIGTERM, e);
}

int backup_pm_wait(pid_t pid, const char *what, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(e, WIFEXITED(status) && WEXITSTATUS(status) ==
		EXIT_LATER ? ERR_TEMPORARY : ERR_PERMANENT, "%s failed, and "
		"has said why above", what);
}

int backup_pm(char *const words[], int in, int out, struct err *e)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = nowhere < 0 ? -1 : backup_pm_start(words, in < 0 ?
		nowhere : in, out < 0 ? nowhere : out, e);
	char what[64];

	if (nowhere >= 0)
		close(nowhere);
	snprintf(what, sizeof(what), "pm %s", words[0]);
	return pid < 0 ? -1 : backup_pm_wait(pid, what, e);
}

/* --- what opens it ---------------------------------------------- */

static int slurp(int folder, const char *name, struct err *e)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s", name);
	result = io_slurp_fd(fd, name, SECRET_MAX, &self.bytes, e);
	close(fd);
	return result;
}

/* --passphrase, --key, or the appliance's own key. */
static int find_secret(struct err *e)
{
	struct span line, rest;

	if (self.passphrase && self.key)
		return err_set(e, ERR_PERMANENT, "--key or --passphrase, not "
			"both");
	if (self.passphrase) {
		if (slurp(self.before, self.passphrase, e) < 0)
			return -1;
		rest = buf_bytes(&self.bytes);
		if (!span_line(&rest, &line))
			line = SPAN("");
		self.secret = (struct vault_secret){ line, true };
		return 0;
	}
	if (self.key == NULL && access(BACKUP_KEY, F_OK) < 0)
		return err_set(e, ERR_PERMANENT, "no key: name one with --key "
			"FILE or --passphrase FILE, or make one with pm "
			"backup key");
	if (slurp(self.key ? self.before : AT_FDCWD, self.key ? self.key :
	    BACKUP_KEY, e) < 0)
		return -1;
	self.secret = (struct vault_secret){ span_trim(buf_bytes(
		&self.bytes)), false };
	return 0;
}

static int make_key(struct err *e)
{
	if (access(BACKUP_KEY, F_OK) == 0)
		return err_set(e, ERR_PERMANENT, BACKUP_KEY " is there "
			"already: backups made with it need it");
	if (keyfile_make(BACKUP_KEY, e) < 0 || chmod(BACKUP_KEY, 0600) < 0)
		return -1;
	puts(BACKUP_KEY " made: keep a copy of it away from this appliance, "
		"without it its backups are lost");
	return EXIT_DONE;
}

/* --- making ---------------------------------------------- */

static void print_totals(const char *name, const struct backup_totals *t)
{
	char made[CLOCK_STAMP_SIZE];

	clock_stamp(t->manifest.made_ms, made);
	printf("%s: %s of %s, made %s by pm %s: %llu files, %llu KB%s%s\n",
		name, t->manifest.appliance, t->manifest.site, made,
		t->manifest.version, (unsigned long long)t->files,
		(unsigned long long)(t->bytes + t->dump) >> 10, t->dump ?
		", the database" : ", no database", t->manifest.bodies ?
		", with bodies" : ", without bodies");
}

static int write_to(int fd, struct err *e)
{
	struct vault *v = vault_new(fd, &self.secret, e);
	struct backup_totals t;
	int result = v ? backup_write(v, self.bodies, self.a, &t, e) : -1;

	vault_free(&v);
	if (result == 0 && fsync(fd) < 0)
		result = err_errno(e, ERR_TEMPORARY, "the backup");
	if (result == 0)
		print_totals(self.out, &t);
	return result;
}

/* Whole or not at all: it has its name when it is on disk. */
static int write_file(int folder, const char *name, struct err *e)
{
	const char *part = arena_printf(self.a, "%s.part", name);
	int fd, got;

	unlinkat(folder, part, 0);
	fd = openat(folder, part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
		O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s", part);
	got = write_to(fd, e);
	close(fd);
	if (got == 0 && renameat(folder, part, folder, name) < 0)
		got = err_errno(e, ERR_PERMANENT, "%s", name);
	if (got < 0)
		unlinkat(folder, part, 0);
	return got;
}

static int newest_first(const void *a, const void *b)
{
	return -strcmp(*(char *const *)a, *(char *const *)b);
}

/* Those in our folder, the newest first. */
static size_t find_all(char *names[LIST_MAX])
{
	DIR *d = opendir(BACKUP_FOLDER);
	struct dirent *f;
	size_t n = 0;

	while (d && n < LIST_MAX && (f = readdir(d)) != NULL)
		if (span_ends(span_of(f->d_name), SPAN(END)))
			names[n++] = arena_string(self.a, span_of(f->d_name));
	if (d)
		closedir(d);
	qsort(names, n, sizeof(*names), newest_first);
	return n;
}

static int prune(struct err *e)
{
	static char *names[LIST_MAX];
	size_t n = find_all(names);

	for (size_t i = (size_t)self.keep; self.keep && i < n; i++)
		if (unlink(arena_printf(self.a, BACKUP_FOLDER "/%s",
		    names[i])) < 0)
			return err_errno(e, ERR_TEMPORARY, "%s", names[i]);
	return 0;
}

/* Into our folder, by time; the oldest go when there is a new one. */
static int write_named(struct err *e)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	self.out = arena_printf(self.a, BACKUP_FOLDER "/%s" END, stamp);
	if (io_mkdirs(BACKUP_FOLDER, 0700, e) < 0 ||
	    write_file(AT_FDCWD, self.out, e) < 0 ||
	    io_sync_dir(BACKUP_FOLDER) < 0)
		return -1;
	return prune(e);
}

static int make(struct err *e)
{
	if (self.args.n)
		return err_set(e, ERR_PERMANENT, "%s: no such command; pm "
			"backup --out FILE makes one", self.args.rest[0]);
	if (self.keep > KEEP_MOST || (self.keep && self.out))
		return err_set(e, ERR_PERMANENT, "--keep N (%d at most) is "
			"for backups without --out", KEEP_MOST);
	if (find_secret(e) < 0)
		return -1;
	return self.out ? write_file(self.before, self.out, e) :
		write_named(e);
}

/* --- looking, and bringing back ------------------------------------ */

static int open_file(struct err *e)
{
	int fd;

	if (self.args.n == 0)
		return err_set(e, ERR_PERMANENT, "name the FILE");
	fd = openat(self.before, self.args.rest[self.args.n - 1], O_RDONLY |
		O_CLOEXEC);
	if (fd < 0)
		err_errno(e, ERR_PERMANENT, "%s",
			self.args.rest[self.args.n - 1]);
	return fd;
}

static int verify(struct err *e)
{
	const char *name = self.args.n == 2 ? self.args.rest[1] : "";
	struct backup_totals t;
	struct vault *v;
	int fd, result = -1;

	if (self.args.n != 2)
		return err_set(e, ERR_PERMANENT, "name one: pm backup verify "
			"FILE");
	fd = find_secret(e) < 0 ? -1 : open_file(e);
	if (fd < 0)
		return -1;
	v = vault_open(fd, name, &self.secret, e);
	if (v)
		result = backup_read(v, name, -1, self.a, &t, e);
	vault_free(&v);
	close(fd);
	if (result == 0)
		print_totals(name, &t);
	return result;
}

static int list(struct err *e)
{
	static char *names[LIST_MAX];
	size_t n = find_all(names);
	struct stat st;

	(void)e;
	for (size_t i = 0; i < n; i++)
		if (stat(arena_printf(self.a, BACKUP_FOLDER "/%s", names[i]),
		    &st) == 0)
			printf("%10llu KB  " BACKUP_FOLDER "/%s\n",
				(unsigned long long)st.st_size >> 10,
				names[i]);
	if (n == 0)
		puts("no backups in " BACKUP_FOLDER);
	return EXIT_DONE;
}

/* The database alone, by those who know how. */
static int recover(struct err *e)
{
	char *words[] = { "db", "--root", ".", "recover", "--until",
		(char *)(uintptr_t)self.until, NULL };

	if (self.args.n)
		return err_set(e, ERR_PERMANENT, "a FILE or --until TIME, not "
			"both");
	return backup_pm(words, -1, STDOUT_FILENO, e);
}

static int restore(struct err *e)
{
	int fd, result;

	if (self.until)
		return recover(e);
	if (self.args.n != 1)
		return err_set(e, ERR_PERMANENT, "name one: pm restore FILE");
	fd = find_secret(e) < 0 ? -1 : open_file(e);
	if (fd < 0)
		return -1;
	result = restore_run(fd, self.args.rest[0], &self.secret, self.force,
		self.a, e);
	close(fd);
	return result;
}

static int choose(const char *applet, struct err *e)
{
	const char *word = self.args.n ? self.args.rest[0] : "";

	if (strcmp(applet, "restore") == 0)
		return restore(e);
	if (strcmp(word, "verify") == 0)
		return verify(e);
	if (strcmp(word, "list") == 0)
		return list(e);
	return strcmp(word, "key") == 0 ? make_key(e) : make(e);
}

static int backup_main(int argc, char **argv)
{
	bool restores = strcmp(argv[0], "restore") == 0;
	const struct args_option options[] = {
		{ "key", 0, ARGS_TEXT, &self.key },
		{ "passphrase", 0, ARGS_TEXT, &self.passphrase },
		{ restores ? "force" : "bodies", 0, ARGS_FLAG, restores ?
			&self.force : &self.bodies },
		{ restores ? "until" : "out", 0, ARGS_TEXT, restores ?
			&self.until : &self.out },
		/* The rest is for making one. */
		{ restores ? NULL : "keep", 0, ARGS_NUMBER, &self.keep },
		{ 0 },
	};
	struct err e;
	int code;

	if (args_parse(argc, argv, options, &self.args, &e) < 0)
		return err_report(argv[0], &e);
	if (self.args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "backup", NULL });
	umask(022);
	if ((restores && io_mkdirs(self.args.root, 0755, &e) < 0) ||
	    root_enter(self.args.root, &self.before, &e) < 0)
		return err_report(argv[0], &e);
	self.a = arena_new("backup", ARENA_LIMIT);
	code = choose(argv[0], &e);
	arena_free(&self.a);
	return code < 0 ? err_report(argv[0], &e) : code;
}

const struct applet backup_applet = {
	.name = "backup",
	.also = (const char *const[]){ "restore", NULL },
	.summary = "the whole appliance in one sealed file, and back",
	.help =
		"usage: pm backup [--out FILE | --keep N] [--bodies] [KEY]\n"
		"       pm backup verify FILE [KEY]\n"
		"       pm backup list\n"
		"       pm backup key\n"
		"       pm restore FILE [--force] [KEY]\n"
		"       pm restore --until TIME\n"
		"       KEY: --key FILE | --passphrase FILE\n"
		"       all with [--root DIR]\n"
		"\n"
		"A backup is one encrypted file: etc/pm (policy, lists,\n"
		"wiring, keys, certificates), what var/lib/pm alone has\n"
		"(generations, models learned, feedback, trust, history of\n"
		"jobs), and the database of this appliance. Without --bodies\n"
		"withheld messages are listed but cannot be read or\n"
		"delivered after a restore. Not in it: mail on its way (it\n"
		"would be sent twice), Postfix's queue, mailboxes, virus\n"
		"signatures, logs. A database elsewhere (db.connection) is\n"
		"backed up there.\n"
		"\n"
		"The key is the first line of a passphrase's file, or the\n"
		"content of any file of 8 bytes or more; without either it\n"
		"is etc/pm/backup.key, which `pm backup key` makes. Keep a\n"
		"copy of it elsewhere: nobody can open a backup without it.\n"
		"\n"
		"--out     writes FILE; it has its name when it is whole and\n"
		"          on disk. Without it the backup goes into\n"
		"          var/lib/pm/backups, named by the time, and with\n"
		"          --keep only the newest N stay\n"
		"verify    reads all of it; says what it is\n"
		"restore   into an empty root. Everything, the database\n"
		"          included, is made beside its place and put there\n"
		"          when it is whole; until then nothing changes. A\n"
		"          file that was cut or changed in any place, or is\n"
		"          of a later pm, is refused before that. --force: a\n"
		"          root that has files keeps them as\n"
		"          etc/pm.before-TIME and var/lib/pm.before-TIME.\n"
		"          As root it makes the users of the roles; then pm\n"
		"          supervise starts the appliance. Everybody has to\n"
		"          log in again, and what was to be sent when the\n"
		"          backup was made waits for people to say so.\n"
		"          --until \"2026-11-23 14:05\" (UTC) brings only the\n"
		"          database back to a moment: pm help db, archive\n",
	.main = backup_main,
};
