/*
 * The processes of the agent in this version.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "base/applet.h"

/* Finds what is wrong and tells people. */
int watch_run(const struct process *self);

/* Starts jobs at their time. */
int scheduler_run(const struct process *self);

/*
 * Where the pages' server orders: one packet "run NAME WHO", "enable NAME
 * WHO" or "disable NAME WHO", answered by "ok" or "no WHY". Members of
 * AGENT_JOBS_GROUP may.
 */
#define AGENT_JOBS_SOCKET "run/pm/agent/jobs.sock"
#define AGENT_JOBS_GROUP "pm-csm"

#endif
