#include "role/listen.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

enum { FOLDER_SIZE = 128 };

/* The umask has taken others' way in; sockets have their own mode. */
static int make_folder(const char *path, struct err *e)
{
	char folder[FOLDER_SIZE];

	struct stat st;

	snprintf(folder, sizeof(folder), "%.*s",
		(int)span_rchr(span_of(path), '/'), path);
	if (io_mkdirs(folder, 0755, e) < 0)
		return -1;
	/* Role users may make folders beside it: trust only our own. */
	if (lstat(folder, &st) < 0 || st.st_uid != geteuid())
		return err_set(e, ERR_PERMANENT, "%s belongs to somebody else: "
			"remove it", folder);
	if (geteuid() == 0 && chmod(folder, 0755) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot set its mode",
			folder);
	return 0;
}

int listen_for(const char *path, const char *group, struct err *e)
{
	const struct group *g = getgrnam(group);
	int fd;

	if (make_folder(path, e) < 0)
		return -1;
	fd = io_listen_unix(path, SOCK_SEQPACKET | SOCK_NONBLOCK, 0660, e);
	if (fd < 0 || geteuid() != 0)
		return fd;
	if (g && chown(path, 0, g->gr_gid) == 0)
		return fd;
	if (g)
		err_errno(e, ERR_PERMANENT, "%s: cannot give it to group %s",
			path, group);
	else
		err_set(e, ERR_PERMANENT, "group %s: no such group; run pm "
			"setup as root to make it", group);
	close(fd);
	return -1;
}
