/*
 * Who may open a socket of ours. Apart from the other files because grp.h and
 * engine/verdict.h both know a struct group.
 */
#ifndef FILTER_OWNER_H
#define FILTER_OWNER_H

#include "base/err.h"

/*
 * Mode 0660 and, as root, owner and group; names that do not exist are left
 * out. user NULL: stays the owner's.
 */
int owner_give(const char *path, const char *user, const char *group,
	struct err *e);

#endif
