/*
 * The Postfix of this appliance as one process of the role: what must be
 * right before it starts, its start, its end.
 */
#ifndef MTA_MASTER_H
#define MTA_MASTER_H

#include "base/applet.h"
#include "base/err.h"
#include "conf/wiring.h"

/* Debian's group of those who read logs. */
#define LOG_GROUP "adm"

/* Runs Postfix until TERM; an exit code. */
int master_run(const struct process *p);

/*
 * What must be right before Postfix starts, in one line each: Postfix is
 * installed, its users can reach the root and our executable, nobody else
 * has the ports. -1 and what to do.
 */
int before_installed(struct err *e);
int before_reachable(const char *path, struct err *e);
int before_ports(const struct wiring *w, struct err *e);
/* The folders of the queue and of the mail, as Postfix wants them. */
int before_folders(struct err *e);
/* Its log, for LOG_GROUP to read: Postfix itself would make it for root. */
int before_log(struct err *e);
/*
 * Puts the log aside when it is large; true: it did, Postfix must be told
 * (HUP), for its log daemon keeps the old file open.
 */
bool log_rotate(void);
/* One pm mta a root: holds a lock until the process ends. */
int before_alone(struct err *e);
/* Ends a Postfix of this root that outlived its pm mta. */
int before_stale(struct err *e);

#endif
