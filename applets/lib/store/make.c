/*
 * The folders of the spool and the quarantine, with their owners: each stage
 * may take away what the stage before it left, and nothing else.
 */
#include "store/spool.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/root.h"
#include "store/held.h"
#include "store/journal.h"
#include "store/retire.h"

static const struct folder {
	const char *path, *user, *group;
	mode_t mode;
} folders[] = {
	{ ROOT_SPOOL, NULL, NULL, 0755 },
	{ ROOT_SPOOL "/tmp", "pm-milt", "pm-rec", 02770 },
	{ ROOT_SPOOL "/new", "pm-milt", "pm-rec", 02770 },
	{ ROOT_SPOOL "/inject", "pm-rec", "pm-inj", 02770 },
	{ ROOT_SPOOL "/bad", "pm-rec", "pm-inj", 02770 },
	{ ROOT_SPOOL "/poison", "pm-milt", "pm-milt", 02770 },
	{ ROOT_JOURNAL, "pm-milt", "pm-rec", 02770 },
	{ ROOT_COMPILED, "pm-milt", "pm-milt", 0755 },
	{ ROOT_QUARANTINE, "pm-rec", "pm-rec", 02770 },
	{ ROOT_ARCHIVE, "pm-rec", "pm-rec", 02770 },
};

/* Only root gives folders away, and only to users that set-up has made. */
static int give_away(const struct folder *f, struct err *e)
{
	struct passwd *user;
	struct group *group;

	if (f->user == NULL || geteuid() != 0)
		return 0;
	user = getpwnam(f->user);
	group = getgrnam(f->group);
	if (user == NULL || group == NULL)
		return 0;
	if (chown(f->path, user->pw_uid, group->gr_gid) < 0)
		return err_errno(e, ERR_PERMANENT,
			"%s: cannot give it to %s", f->path, f->user);
	return 0;
}

int spool_make(struct err *e)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		const struct folder *f = &folders[i];

		if (io_mkdirs(f->path, 0755, e) < 0 || give_away(f, e) < 0)
			return -1;
		/* After chown, which may clear the set-group-ID bit. */
		if (chmod(f->path, f->mode) < 0)
			return err_errno(e, ERR_PERMANENT,
				"%s: cannot set its mode", f->path);
	}
	return 0;
}
