/*
 * The processes of the agent in this version.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "base/applet.h"

/* Finds what is wrong and tells people. */
int watch_run(const struct process *self);

#endif
