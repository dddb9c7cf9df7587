/*
 * The processes of the mail filter (DESIGN 4). Each function is the whole
 * life of one: it opens what it needs, gives up its power (role/life.h,
 * role/sandbox.h), says ready, serves until TERM, returns an exit code.
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include "base/applet.h"

#define FILTER_ZYGOTE_SOCKET "run/pm/filter/zygote.sock"
#define FILTER_BROKER_SOCKET "run/pm/filter/broker.sock"

extern const struct applet filter_applet;

int front_run(const struct process *p);
int zygote_run(const struct process *p);
int broker_run(const struct process *p);
int recorder_run(const struct process *p);
int archiver_run(const struct process *p);
int learner_run(const struct process *p);
int signer_run(const struct process *p);
int delay_run(const struct process *p);
int clamd_run(const struct process *p);
int freshclam_run(const struct process *p);

#endif
