#include "program.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define PACKAGES "/usr/lib/postgresql"

enum { VERSION_LEAST = 15, VERSION_MAX = 999 };

/* The newest version whose server is installed; 0: none. */
static unsigned newest(void)
{
	DIR *d = opendir(PACKAGES);
	struct dirent *f;
	unsigned best = 0;
	char path[128];
	uint64_t n;

	while (d && (f = readdir(d))) {
		if (!span_u64(span_of(f->d_name), VERSION_MAX, &n) ||
		    n < VERSION_LEAST || n <= best)
			continue;
		snprintf(path, sizeof(path), PACKAGES "/%u/bin/psql",
			(unsigned)n);
		if (access(path, X_OK) == 0)
			best = (unsigned)n;
	}
	if (d)
		closedir(d);
	return best;
}

int program_find(const char *major, const char *name, struct arena *a,
	const char **path_r, struct err *e)
{
	unsigned best = newest();

	if (major == NULL && best == 0)
		return err_set(e, ERR_PERMANENT, "PostgreSQL %d or newer is "
			"not installed: apt-get install postgresql",
			VERSION_LEAST);
	*path_r = major ? arena_printf(a, PACKAGES "/%s/bin/%s", major, name) :
		arena_printf(a, PACKAGES "/%u/bin/%s", best, name);
	if (access(*path_r, X_OK) == 0)
		return 0;
	if (major == NULL)
		return err_set(e, ERR_PERMANENT, "%s is missing: apt-get "
			"install postgresql-%u", *path_r, best);
	return err_set(e, ERR_PERMANENT, "the cluster is of PostgreSQL %s, "
		"which is not installed%s: apt-get install postgresql-%s",
		major, best ? arena_printf(a, " (%u is)", best) : "", major);
}
