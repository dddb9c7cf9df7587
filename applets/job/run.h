/*
 * One run of a job: alone on this appliance, alone in the site where it is
 * one of the site, as its user, not longer than it may, and written down.
 */
#ifndef JOB_RUN_H
#define JOB_RUN_H

#include "conf/joblog.h"
#include "conf/wiring.h"

struct run {
	const struct job *job;
	const struct wiring *w;
	int64_t due_ms;
	const char *by;		/* "schedule", or who asked */
	bool echo;		/* what it says goes to our output, too */
};

/*
 * Its exit code (128 + a signal), 0 when another appliance has done it; -1
 * and *e when it was not started: temporary, and the moment is not used up.
 */
int run_job(const struct run *r, struct err *e);

#endif
