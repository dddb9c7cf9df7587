#include "antivirus.h"

#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "role/life.h"
#include "tool/signatures.h"

enum { NOFILE = 4096 };

bool antivirus_is_own(const struct wiring *w)
{
	return w->filter.clamd && strcmp(w->filter.clamd, WIRING_OWN) == 0;
}

/* As root: given to the user; the group is who may go through. */
static int make_folder(const char *path, const struct passwd *user,
	const struct group *group, mode_t mode, struct err *e)
{
	if (io_mkdirs(path, 0755, e) < 0)
		return -1;
	if (geteuid() == 0 && user && group &&
	    chown(path, user->pw_uid, group->gr_gid) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot give it away",
			path);
	if ((geteuid() == 0 || access(path, W_OK) == 0) &&
	    chmod(path, mode) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot set its mode",
			path);
	return 0;
}

int antivirus_begin(const struct process *p, struct err *e)
{
	const struct passwd *user = getpwnam(p->user);
	const struct group *group = getgrnam(LIFE_GROUP);

	if (make_folder(ANTIVIRUS_RUN, user, group, 0750, e) < 0 ||
	    make_folder(SIGNATURES_STATE, user, group, 0750, e) < 0 ||
	    make_folder(SIGNATURES_DIR, user, group, 0750, e) < 0 ||
	    make_folder(SIGNATURES_TMP, user, group, 0700, e) < 0)
		return -1;
	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = NOFILE });
	/* Not KILL, as other roles: the child has to be stopped. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return 0;
}

int antivirus_idle(const struct process *p, int signals, const char *note)
{
	struct pollfd wait = { .fd = signals, .events = POLLIN };
	char c = 0;

	life_drop_power(p);
	life_ready();
	life_note(note);
	while (c != 'T') {
		poll(&wait, 1, -1);
		if (read(signals, &c, 1) != 1)
			c = 0;
	}
	return EXIT_DONE;
}
