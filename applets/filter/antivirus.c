#include "antivirus.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "tool/signatures.h"

enum {
	NOFILE = 4096,
	/* No temporary file may grow beyond what clamd may unpack of one. */
	FILE_BYTES = 512 << 20,
};

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

/*
 * What hostile bytes may reach when they take the engine over: its own
 * folders, what programs need to start and to find names, nothing of ours.
 */
static int enter_cage(struct err *e)
{
	static const struct sandbox_path paths[] = {
		{ "/usr", SANDBOX_RUN },
		{ "/etc/ld.so.cache", SANDBOX_MAYBE },
		{ "/etc/ssl", SANDBOX_MAYBE },
		{ "/etc/passwd", SANDBOX_MAYBE },
		{ "/etc/group", SANDBOX_MAYBE },
		{ "/etc/localtime", SANDBOX_MAYBE },
		{ "/etc/nsswitch.conf", SANDBOX_MAYBE },
		{ "/etc/resolv.conf", SANDBOX_MAYBE },
		{ "/etc/host.conf", SANDBOX_MAYBE },
		{ "/etc/hosts", SANDBOX_MAYBE },
		{ "/etc/services", SANDBOX_MAYBE },
		{ "/etc/gai.conf", SANDBOX_MAYBE },
		{ "/dev/urandom", SANDBOX_MAYBE },
		{ "/dev/null", SANDBOX_WRITE },
		{ ANTIVIRUS_RUN, SANDBOX_WRITE },
		{ SIGNATURES_STATE, SANDBOX_WRITE },
		{ 0 },
	};
	int result = sandbox_paths(paths, e);

	if (result > 0)
		log_warn("%s", e->text);
	return result < 0 ? -1 : 0;
}

void antivirus_leave_network(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNET) < 0)
		log_warn("clamd keeps the network: %s", strerror(errno));
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
	life_rlimits(&(struct life_rlimits){ .nofile = NOFILE,
		.fsize = FILE_BYTES });
	/* Not KILL, as other roles: the child has to be stopped. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return enter_cage(e);
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
		if (c == 'H')
			life_reloaded();
	}
	return EXIT_DONE;
}
