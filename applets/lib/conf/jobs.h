/*
 * Jobs of the scheduler: which there are. The shipped ones
 * (lua/jobs/shipped.lua, which also says what can be written) and the site's
 * in JOBS_FILE, a file and not a table of the database: root runs what stands
 * there, so no login of the database may write it; an appliance without a
 * database has jobs, too; and it goes into every backup.
 */
#ifndef CONF_JOBS_H
#define CONF_JOBS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/root.h"
#include "conf/when.h"

#define JOBS_FILE ROOT_ETC "/jobs.lua"

enum { JOBS_MAX = 64, JOB_NAME_MAX = 40, JOB_WORDS_MAX = 30 };

struct job {
	const char *name;	/* a to z, 0 to 9, "-" */
	const char *about;	/* one line */
	const char *when_text;
	struct when when;
	const char *zone;	/* NULL: the host's */
	const char **command;	/* an applet and its words; NULL at the end */
	const char *user;	/* "root" or "pm-…" */
	bool site;		/* one for the whole site */
	bool enabled;		/* as the files say; conf/joblog.h overrules */
	bool notify;
	uint64_t timeout_s;
	bool shipped;
};

struct jobs {
	struct job v[JOBS_MAX];	/* by name */
	size_t n;
};

/*
 * Everything in the arena. -1 and one line: "etc/pm/jobs.lua: backup.wen:
 * unknown key; did you mean \"when\"?".
 */
int jobs_load(struct arena *a, struct jobs *jobs_r, struct err *e);
/* The same of texts: site may be empty. For tests. */
int jobs_parse(struct span shipped, struct span site, struct arena *a,
	struct jobs *jobs_r, struct err *e);
/* NULL and *e, which names the nearest. */
const struct job *jobs_find(const struct jobs *jobs, struct span name,
	struct err *e);
/* "digest run --site x", in the arena. */
const char *job_command_text(const struct job *j, struct arena *a);

#endif
