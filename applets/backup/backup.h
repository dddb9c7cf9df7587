/*
 * Making, judging and bringing back a backup. Each enters the root of the
 * arguments itself; FILE is looked for from where the user is.
 */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include "form.h"

/* Where backups without --out go, named by time. */
#define BACKUP_FOLDER ROOT_STATE "/backups"
#define BACKUP_KEY ROOT_ETC "/backup.key"

struct backup_totals {
	struct record manifest;
	uint64_t files, bytes, dump;	/* dump: its bytes; 0: none */
};

/*
 * Writes all records to v: root entered. Files that come and go meanwhile
 * are left out when they have gone.
 */
int backup_write(struct vault *v, bool bodies, struct arena *a,
	struct backup_totals *t, struct err *e);

/*
 * Reads all of it, authenticated to the end; with `into` (a folder's
 * descriptor) it is also written there, and the dump as DUMP_NAME in it.
 */
#define DUMP_NAME "dump"
int backup_read(struct vault *v, const char *name, int into, struct arena *a,
	struct backup_totals *t, struct err *e);

/* pm restore: file is open, and stays so. */
int restore_run(int file, const char *name, const struct vault_secret *s,
	bool force, struct arena *a, struct err *e);

/* Runs pm itself below the root `root`; in is its standard input. */
int backup_pm(char *const words[], int in, int out, struct err *e);
pid_t backup_pm_start(char *const words[], int in, int out, struct err *e);
int backup_pm_wait(pid_t pid, const char *what, struct err *e);

#endif
