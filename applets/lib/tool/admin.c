#include "tool/admin.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/root.h"

int admin_check(const char *what, const char *command, struct err *e)
{
	struct stat st;

	if (geteuid() == 0 || (stat(ROOT_ETC, &st) == 0 &&
	    st.st_uid == geteuid()))
		return 0;
	return err_set(e, ERR_PERMANENT, "%s for root and for whom " ROOT_ETC
		" belongs to: sudo %s", what, command);
}

void admin_who(char *out, size_t size)
{
	const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *pw = getpwuid(getuid());

	if (name == NULL && pw)
		name = pw->pw_name;
	if (name)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "uid%u", getuid());
}
