/*
 * What an applet is: one folder, ending in one record. Everything else (the
 * table, `pm help`, set-up's constraints, the supervisor's processes, users)
 * is derived from these records.
 */
#ifndef BASE_APPLET_H
#define BASE_APPLET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One process of a role. The supervisor starts it as `pm ROLE NAME --root .`
 * in the root folder, as root; it gives up its power itself (role/life.h).
 */
struct process {
	const char *name;	/* "front" */
	const char *user;	/* "pm-milt"; NULL: stays root */
	const char *groups;	/* further groups, blanks between; NULL: none */
	const char *needs;	/* "zygote broker": must be ready before */
	unsigned ready_ms;	/* must say ready by then */
	unsigned stop_ms;	/* killed when not gone by then after TERM */
	unsigned reload_ms;	/* must say reloaded by then; 0: never does */
	const char *without;	/* what its absence means for mail */
	/* Its life, from life_begin to an exit code. */
	int (*run)(const struct process *self);
};

/* A socket of a role, as set-up and status tell it. */
struct listener {
	const char *what;	/* "milter" */
	const char *where;	/* "run/pm/milter.sock" or "25" */
};

enum constraint_kind {
	/* E: `other` is a role that must be on the same appliance. */
	CONSTRAINT_TOGETHER,
	/* E: this role must be set up and answering before `other`, which is
	   on another appliance ("*": before any other appliance). */
	CONSTRAINT_BEFORE,
	/* E, mended by set-up: this role's appliance also gets `other`. */
	CONSTRAINT_BRINGS,
	/* `other` is on the same appliance ("*": any role that no other
	   constraint of the same row names). */
	CONSTRAINT_BESIDE,
	/* `other` is missing on this appliance. */
	CONSTRAINT_WITHOUT,
	/* E: exactly one of a choice (`other`, blanks between) that the
	   wiring names. */
	CONSTRAINT_ONE_KIND,
	/* E: listens on loopback only while `other` is not wired. */
	CONSTRAINT_LOOPBACK,
};

/* One row of DESIGN 9, kept in the record of the role that it speaks of. */
struct constraint {
	unsigned row;		/* of DESIGN 9 */
	enum constraint_kind kind;
	bool warning;		/* W; else E */
	const char *of;		/* which of the applet's names it speaks of;
				   NULL: the first */
	const char *other;
	bool many_only;		/* only in a site of many appliances */
	unsigned long mailboxes; /* only above this many; 0: always */
	const char *why, *remedy;
};

struct role {
	const char *title;	/* "Mail Filter" */
	bool built;		/* false: plans are judged, start refused */
	const char *later;	/* names of it that are not built yet, blanks
				   between; NULL: none */
	bool everywhere;	/* on every appliance, never chosen */
	const char *data;	/* what would be lost with the role; NULL */
	const char *users;	/* besides the processes' own, blanks between;
				   NULL: none */
	const struct process *processes; /* ends with a NULL name */
	const struct listener *listeners; /* ends with a NULL what */
	const struct constraint *constraints; /* ends with row 0 */
	/* Dies within threshold_s more than `retries` times: failed. */
	struct {
		unsigned threshold_s, delay_s, retries;
	} restart;
};

struct applet {
	const char *name;	/* "filter": what is typed after pm */
	const char *const *also; /* other names of it, NULL at the end */
	const char *summary;	/* one line for `pm` */
	const char *help;	/* the manual, plain text */
	void (*more)(void);	/* prints what is generated; NULL: nothing */
	/* argv[0] is the name it was called by. Returns an exit code. */
	int (*main)(int argc, char **argv);
	const struct role *role; /* NULL for a tool */
};

/* The table, in alphabetical order, NULL at the end (main.c). */
extern const struct applet *const applets[];

/* By its name or another name of it; NULL. */
const struct applet *applet_find(const char *name);

/* Can the role be started under this name? */
bool applet_is_built(const struct applet *a, const char *name);

#endif
