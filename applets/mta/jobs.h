/*
 * jobs: fetches what people asked for (the job table of the database) and
 * puts it into this appliance's spool, for the injector.
 *
 * A job is leased, its copy is written to inject/.ID-jKEY (a name that the
 * injector does not look at), the job is marked "handed" in one commit, and
 * the copy gets its name. Dying before the commit leaves a file that is
 * swept, dying after it a copy that is owed and handed over at the next
 * start: it is sent once. Several appliances may compete for jobs.
 *
 * Without a database in the wiring there is nothing to do, and it waits for
 * its end.
 */
#ifndef MTA_JOBS_H
#define MTA_JOBS_H

#include "base/applet.h"

int jobs_run(const struct process *p);

#endif
