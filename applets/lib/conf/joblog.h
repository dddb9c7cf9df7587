/*
 * What became of a job: its runs, and whether people switched it. One small
 * file a job below JOBLOG_FOLDER, replaced as a whole.
 */
#ifndef CONF_JOBLOG_H
#define CONF_JOBLOG_H

#include "conf/jobs.h"

#define JOBLOG_FOLDER ROOT_STATE "/jobs"

enum {
	JOBLOG_RUNS = 30,		/* kept of each job */
	JOBLOG_OUTPUT_MAX = 2000,	/* the last bytes of what it said */
	JOBLOG_BY_MAX = 64,
	JOBLOG_ELSEWHERE = -2,		/* a code: another appliance ran it */
	JOBLOG_CUT_OFF = -1,		/* it did not come to its end */
};

struct joblog_run {
	/* Wall clock; end 0: it runs, or was cut off. */
	int64_t due_ms, start_ms, end_ms;
	int code;			/* exit code; 128 + signal */
	char by[JOBLOG_BY_MAX];		/* "schedule", or who asked */
	char output[JOBLOG_OUTPUT_MAX + 1]; /* printable lines */
};

struct joblog {
	int64_t last_ms;	/* the moment up to which nothing is due */
	enum { JOBLOG_AS_FILE, JOBLOG_ON, JOBLOG_OFF } switched;
	struct joblog_run v[JOBLOG_RUNS]; /* the oldest first */
	size_t n;
};

/* Root's; role users of the group pm may read. */
int joblog_make(struct err *e);
/* None yet: all is zero. A damaged one is told, and begins anew. */
int joblog_read(const char *job, struct joblog *l_r, struct err *e);
/* Another number when it was changed since; 0: there is none. */
uint64_t joblog_stamp(const char *job);
/* Changes it by `change`, while nobody else does. */
int joblog_change(const char *job,
	void (*change)(struct joblog *l, void *context), void *context,
	struct err *e);
/* Adds a run; the oldest goes. For a change. */
struct joblog_run *joblog_add(struct joblog *l);
/* pm job enable, disable: the same for page and command. */
int joblog_switch(const char *job, bool on, struct err *e);

/* Does it run by itself? */
bool joblog_enabled(const struct job *j, const struct joblog *l);
/* The next moment in ms; 0: it is switched off, or never. */
int64_t joblog_next_ms(const struct job *j, const struct joblog *l);

/*
 * The lock of its run: a descriptor, or -1 and *e (temporary: it runs
 * already). It ends with the process that has it.
 */
int joblog_lock(const char *job, struct err *e);
/* Does it run on this appliance? */
bool joblog_is_running(const char *job);

#endif
