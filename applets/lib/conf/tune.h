/*
 * Tuning of the private PostgreSQL: what the host has, what follows from it,
 * and the files that say so (`pm db tune`, and `pm setup` when the role db is
 * in the plan). The rules are those of the table in postgres.md, part 7.
 *
 * The cluster's postgresql.conf includes TUNE_CONF if it is there, and then
 * TUNE_SITE, the administrator's own settings, which win. Both are optional:
 * with neither, PostgreSQL's own defaults hold.
 */
#ifndef CONF_TUNE_H
#define CONF_TUNE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/root.h"
#include "conf/wiring.h"

#define TUNE_FOLDER ROOT_STATE "/db"
#define TUNE_CONF TUNE_FOLDER "/tuned.conf"
#define TUNE_BEFORE TUNE_CONF ".before"
#define TUNE_RECOMMENDED TUNE_FOLDER "/postgresql.conf.recommended"
#define TUNE_SITE ROOT_ETC "/postgresql.conf"

/* What the host has for the database. Sizes in bytes. */
struct tune_host {
	uint64_t ram;		/* of the machine */
	uint64_t memory_limit;	/* of our control group; 0: none */
	bool beside_filter;	/* a mail filter takes half of the memory */
	unsigned cores;		/* that we may use, at least 1 */
	uint64_t shm;		/* size of /dev/shm; 0: none */
	uint64_t shmmax, shmall; /* kernel limits of one segment, of all */
	uint64_t huge_page;	/* size of one; 0: none */
	uint64_t huge_pages;	/* how many are reserved */
	uint64_t disk, disk_free; /* of the data folder's file system */
	bool rotating;		/* that file system is on a turning disk */
	bool fresh;		/* there is no cluster yet */
	uint64_t filters;	/* appliances with a mail filter */
	uint64_t web_workers;	/* processes that serve pages */
};

enum tune_kind { TUNE_BYTES, TUNE_MS, TUNE_NUMBER, TUNE_WORD };

/* One setting: a value with the range around it that is recommended. */
struct tune_setting {
	const char *name;
	enum tune_kind kind;
	double unit;		/* bytes or ms of a number without a unit */
	bool restart;		/* a reload is not enough */
	const char *usual;	/* PostgreSQL's own value */
	double value, low, high;
	const char *words;	/* TUNE_WORD: good ones, the value first */
	const char *text;	/* the value as a configuration has it */
	const char *why;
};

enum { TUNE_SETTINGS = 40 };

struct tune_plan {
	uint64_t memory;	/* the database's share */
	/* Too little of something: what is needed, one sentence; or NULL. */
	const char *below;
	/* Possible, but not advised: why, one sentence; or NULL. */
	const char *outside;
	const char *note;	/* what the host could still do; or NULL */
	struct tune_setting settings[TUNE_SETTINGS];
	size_t n;
};

/* The plan for a host. No I/O. Texts are in the arena. */
void tune_plan(const struct tune_host *h, struct arena *a,
	struct tune_plan *p_r);
/* A value of a configuration file in the setting's unit; false: none. */
bool tune_value(const struct tune_setting *s, struct span text,
	double *value_r);

/*
 * Looks at the host. `where` is the root, which need not exist yet, for the
 * disk; filters 0: as many as the last tuning was told, else one.
 */
int tune_look(const struct wiring *w, const char *where, uint64_t filters,
	struct arena *a, struct tune_host *h_r, struct err *e);

/* A setting that differs, or that somebody else decides. */
struct tune_change {
	const struct tune_setting *setting;
	const char *old;	/* in force now, as it is written there */
	const char *file;	/* the administrator's that has it; or NULL */
	unsigned line;
};

enum tune_outcome {
	TUNE_SAME,		/* nothing would change */
	TUNE_ADJUST,
	TUNE_OUTSIDE,		/* the plan, or a value somebody chose */
	TUNE_BELOW,
};

struct tune_result {
	enum tune_outcome outcome;
	bool restart;		/* some change needs one */
	struct tune_change *changes; /* what tuning changes */
	size_t nchanges;
	struct tune_change *own; /* chosen by somebody, outside the range */
	size_t nown;
};

/* Compares a plan with the files in the root. */
int tune_judge(const struct tune_plan *p, struct arena *a,
	struct tune_result *r_r, struct err *e);

/*
 * Writes TUNE_CONF and keeps the one before; `accept` also comments out
 * what somebody chose outside the range. Each file whole or not at all.
 */
int tune_write(const struct tune_host *h, const struct tune_plan *p,
	const struct tune_result *r, bool accept, struct arena *a,
	struct err *e);
/* Writes TUNE_RECOMMENDED and nothing else. */
int tune_recommend(const struct tune_host *h, const struct tune_plan *p,
	struct arena *a, struct err *e);
/* Puts back what was before the last tune_write. 1: there is nothing. */
int tune_undo(struct arena *a, struct err *e);

#endif
