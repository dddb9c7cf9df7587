/*
 * The life of a role process: how it starts, gives up its power, says that
 * it is ready, tells its state, and ends.
 *
 * The fixed order (reference: security.md H1): open descriptors; groups, gid,
 * uid and the proof that there is no way back; bounding set; no_new_privs;
 * not dumpable; rlimits; Landlock; seccomp; then threads and the first
 * untrusted byte. A failing step ends the process.
 */
#ifndef ROLE_LIFE_H
#define ROLE_LIFE_H

#include <signal.h>

#include "base/applet.h"
#include "base/err.h"
#include "role/alarm.h"

/*
 * PM_STATUS_FD in the environment names the descriptor on which the
 * supervisor hears us, in lines: "ready", "reloaded", "generation N",
 * "note TEXT", "degraded TEXT", "well", "alarm NAME TEXT", "alarm NAME" (it
 * is over). None (a process started by hand) is fine: then nothing is told,
 * and the process does not die with its parent.
 */

/*
 * Common start of `pm ROLE PROCESS [--root DIR]`: parses the command line,
 * enters the root, sets PDEATHSIG and umask 027, ignores SIGPIPE, finds the
 * record. -1 and *exit_r when there is nothing to run (help, wrong usage,
 * role not in the wiring).
 */
int life_begin(const struct applet *a, int argc, char **argv,
	const struct process **process_r, int *exit_r);

/* Every role user is in this group: it may reach sockets in ROOT_RUN. */
#define LIFE_GROUP "pm"

/*
 * Becomes p->user with p->groups and cannot return; empty bounding set,
 * no_new_privs, not dumpable. Not root (a developer's run): stays who it is,
 * the rest applies. p->user NULL: nothing, since such a process starts
 * programs that need root. Ends the process when a step fails.
 */
void life_drop_power(const struct process *p);

struct life_rlimits {
	uint64_t as, cpu_s, fsize, nofile, nproc, stack; /* 0: left alone */
};
/* Never raises one; no core files in any case. */
void life_rlimits(const struct life_rlimits *l);

/* TERM, INT, HUP become bytes on a descriptor to poll: 'T', 'T', 'H'. */
int life_signals(void);

/* "ready": dependants may start. Say it once, when it is true. */
void life_ready(void);
/* "reloaded": what HUP asked for is done, its trouble told before this. */
void life_reloaded(void);
/* The number of the policy that is in force from now on; before reloaded. */
void life_generation(uint64_t number);
/*
 * What `pm status` shows beside the process, in one line, well or not:
 * "ClamAV 1.4.6, signatures of 2026-11-23". NULL or "": nothing.
 */
void life_note(const char *text);
/*
 * What is degraded and what that means for mail, in one line; NULL or "":
 * nothing is. Shown by `pm status`; repeated equal texts are not sent.
 */
void life_degraded(const char *text);
/*
 * What is wrong, by the table of role/alarm.h; NULL or "": it is not, or no
 * longer. A process that ends is not asked any more: its alarms are over.
 */
void life_alarm(enum alarm alarm, const char *text);
/* Both at once, where a process has one trouble at a time: others are over. */
void life_trouble(enum alarm alarm, const char *text);

#endif
