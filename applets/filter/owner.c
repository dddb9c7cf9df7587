#include "owner.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

int owner_give(const char *path, const char *user, const char *group,
	struct err *e)
{
	const struct passwd *pw = user ? getpwnam(user) : NULL;
	const struct group *g = getgrnam(group);

	if (chmod(path, 0660) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot set its mode",
			path);
	if (geteuid() == 0 && chown(path, pw ? pw->pw_uid : (uid_t)-1,
	    g ? g->gr_gid : pw ? pw->pw_gid : (gid_t)-1) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot be given away",
			path);
	return 0;
}
