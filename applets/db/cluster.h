/*
 * The private cluster on disk: its folders, its making, its configuration,
 * and who is still at work in it.
 */
#ifndef DB_CLUSTER_H
#define DB_CLUSTER_H

#include <sys/types.h>

#include "base/applet.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/root.h"
#include "conf/wiring.h"

#define CLUSTER_FOLDER ROOT_STATE "/db"
#define CLUSTER_DATA CLUSTER_FOLDER "/pg"
#define CLUSTER_PID CLUSTER_DATA "/postmaster.pid"
/* The login that owns everything in the database. */
#define CLUSTER_OWNER "pm"

/* As root: the folders, given to the role's user. */
int cluster_folders(const struct process *p, struct err *e);
/* Only one of us at a time works here. Held until the process ends. */
int cluster_alone(struct err *e);
/* Makes the cluster where there is none; whole or not at all. */
int cluster_make(struct arena *a, struct err *e);
/*
 * Writes the configuration files. remote: it listens for other appliances
 * (remote.h); NULL: for nobody. *postgres_r: the server program of the
 * cluster's version.
 */
int cluster_configure(const struct process *p, const struct wiring *remote,
	struct arena *a, const char **postgres_r, struct err *e);
/*
 * Ends a server that an earlier start left behind, and takes away what it
 * left lying.
 */
int cluster_clear(struct err *e);
/* Does the server with this pid accept connections? (postmaster.pid) */
bool cluster_accepts(pid_t pid);

#endif
