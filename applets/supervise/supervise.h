/*
 * The supervisor's own shapes. It starts the processes of the wired roles and
 * keeps them up; while it runs it allocates nothing and waits for nobody:
 * everything lives in one static struct super, sized here.
 */
#ifndef SUPERVISE_SUPERVISE_H
#define SUPERVISE_SUPERVISE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/applet.h"
#include "base/err.h"
#include "base/span.h"

#include "logbook.h"
#include "lines.h"

enum {
	CHILDREN_MAX = 48,
	/* A dead process' pipe may outlive it: two for each. */
	SOURCES_MAX = 2 * CHILDREN_MAX,
	CLIENTS_MAX = 8,
	WATCHES_MAX = SOURCES_MAX + CHILDREN_MAX + CLIENTS_MAX + 4,
	TEXT_MAX = 240,		/* a degraded text, a reason */
	ALARMS_MAX = 8,		/* of one process */
	LABEL_MAX = 64,		/* "filter/front[123]" */
	ENV_MAX = 32,
	ALL_STOP_MS = 20000,	/* a clean stop of everything takes at most */
	RETRY_FAILED_MS = 60000,
	READY_MS = 10000,	/* where the record gives no deadline */
	STOP_MS = 5000,
};

/*
 * What a process can be in, and what happens in each state on each event
 * (machine.c). One list makes the enum, the names and the table.
 *
 *	    state     start    stop    needs   ready   exited  timer
 */
#define MACHINE(ROW) \
	ROW(down,     await,   ignore, ignore, ignore, ignore, ignore) \
	ROW(waiting,  ignore,  rest,   launch, ignore, ignore, ignore) \
	ROW(starting, ignore,  finish, ignore, serve,  crash,  too_late) \
	ROW(ready,    ignore,  finish, ignore, ignore, die,    ignore) \
	ROW(stopping, ignore,  ignore, ignore, ignore, gone,   force) \
	ROW(paused,   await,   rest,   ignore, ignore, ignore, launch) \
	ROW(failed,   await,   rest,   ignore, ignore, ignore, launch)

enum state {
#define ROW(state, ...) STATE_##state,
	MACHINE(ROW)
#undef ROW
	STATE_COUNT
};

enum event {
	EVENT_START, EVENT_STOP, EVENT_NEEDS, EVENT_READY, EVENT_EXITED,
	EVENT_TIMER, EVENT_COUNT
};

struct child {
	const struct applet *applet;	/* NULL: a free slot */
	const struct process *process;
	enum state state;
	bool wanted;		/* shall run */
	bool again;		/* restart: wanted once its set is down */
	bool removed;		/* no longer wired: slot is freed when down */
	bool hup;		/* reload was asked for before it was ready */
	bool was_ready;		/* this life of it */
	int64_t reload_ms;	/* after HUP: has until then to say reloaded */
	pid_t pid;		/* 0: none */
	int status_fd;		/* -1: none */
	int exit_status;	/* as waitpid gave it */
	int64_t since_ms;	/* in this state; monotonic */
	int64_t started_ms;
	int64_t timer_ms;	/* 0: none */
	unsigned starts;	/* in the life of the supervisor */
	unsigned quick;		/* deaths in a row that came too soon */
	uint64_t generation;	/* of the policy, as it says; 0: none */
	char note[TEXT_MAX];	/* as it says itself; of this life */
	char degraded[TEXT_MAX]; /* as it says itself, or why it failed */
	char last[TEXT_MAX];	/* its last log line */
	char alarms[ALARMS_MAX][TEXT_MAX]; /* "NAME TEXT"; "": free */
	struct lines status;
};

/* The log pipe of one life of a process; read until its end. */
struct source {
	int fd;			/* -1: free */
	struct child *child;	/* NULL when the slot was freed */
	char label[LABEL_MAX];
	struct lines lines;
};

struct client {
	int fd;			/* -1: free */
	int64_t until_ms;	/* dropped then */
	bool reloading;		/* is answered when the wiring was read */
	bool orders;		/* root, or who we are: may do more than ask */
};

/* The wiring is read by a short-lived process: no Lua in this one. */
struct reader {
	pid_t pid;		/* 0: none */
	int fd;			/* -1: none */
	size_t n;
	char text[4096];
};

struct super {
	struct logbook *logbook;
	struct child children[CHILDREN_MAX];
	struct source sources[SOURCES_MAX];
	struct client clients[CLIENTS_MAX];
	struct reader reader;
	int signal_fd, listen_fd, syslog_fd, lives_fd;
	bool first;		/* no wiring was read yet */
	bool reload_again;	/* asked for while the reader ran */
	bool ending;
	int ending_signal;
	int64_t ending_ms;	/* everything is killed then */
	int exit_code;
	char *env[ENV_MAX];
};

/* machine.c */
const char *machine_state_name(enum state state);
void machine_event(struct super *s, struct child *c, enum event event);
/* Brings what is nearer to what is wanted: needs, order of stopping. */
void machine_settle(struct super *s);
/* Fires timers that are due; the next one, or 0. */
int64_t machine_timers(struct super *s, int64_t now_ms);
bool machine_all_down(const struct super *s);
/* The first thing that c waits for; NULL. */
const struct child *machine_missing(const struct super *s,
	const struct child *c);

/* spawn.c */
int spawn_start(struct super *s, struct child *c);
void spawn_signal(const struct child *c, int signal);
/* Ends what a dead process left behind: its group, its orphans. */
void spawn_sweep(const struct super *s, pid_t group);
/* Writes down who runs, for a supervisor that comes after a kill -9. */
void spawn_note_lives(const struct super *s);
/* Ends what such a predecessor left; waits for it. Before the loop. */
int spawn_end_predecessor(struct super *s, struct err *e);

/* sources.c: what processes say */
void sources_read(struct super *s, struct source *from);
void sources_read_status(struct super *s, struct child *c);
/* Everything that a dead process wrote. */
void sources_drain(struct super *s, struct child *c);
struct source *sources_free(struct super *s);
void sources_read_syslog(struct super *s);

/* wired.c: from roles to processes */
int wired_read_start(struct super *s);
/* More of the reader's text; true when it is complete. */
bool wired_read_more(struct super *s);
/* Adds new roles, marks removed ones. -1: nothing was changed. */
int wired_apply(struct super *s, struct err *e);

/* server.c: the control socket */
void server_accept(struct super *s);
void server_read(struct super *s, struct client *c);
/* Answers those who asked for a reload; why NULL: it is done. */
void server_reloaded(struct super *s, const char *why);
int64_t server_timers(struct super *s, int64_t now_ms);
void server_reload(struct super *s);

/* One line of the supervisor itself in the log. */
void super_say(struct super *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
