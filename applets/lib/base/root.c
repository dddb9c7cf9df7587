#include "base/root.h"

#include <fcntl.h>
#include <unistd.h>

int root_enter(const char *dir, int *before_r, struct err *e)
{
	if (before_r) {
		*before_r = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*before_r < 0)
			return err_errno(e, ERR_PERMANENT,
				"the working folder cannot be opened");
	}
	if (chdir(dir) < 0)
		return err_errno(e, ERR_PERMANENT, "--root %s", dir);
	return 0;
}
