#include "store/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"

static unsigned long long megabytes(fsblkcnt_t blocks, unsigned long size)
{
	return (unsigned long long)blocks * size >> 20;
}

int commit_error(const char *folder, const char *path, struct err *e)
{
	struct statvfs fs;
	int saved = errno;

	if ((saved == ENOSPC || saved == EDQUOT) && statvfs(folder, &fs) == 0)
		err_set(e, ERR_TEMPORARY, "spool: no space left on %s "
			"(%llu of %llu MB free%s): delete what is not "
			"needed there or enlarge it", folder,
			megabytes(fs.f_bavail, fs.f_frsize),
			megabytes(fs.f_blocks, fs.f_frsize),
			fs.f_files && fs.f_favail == 0 ?
			", but no more files" : "");
	else
		err_errno(e, ERR_TEMPORARY, "spool: cannot write %s", path);
	errno = saved;
	return -1;
}

/* All parts, then down to the disk. */
static int write_parts(int fd, const struct span *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (io_write_all(fd, parts[i]) < 0)
			return -1;
	/* The umask must not decide whether the next stage can read. */
	return fchmod(fd, 0660) < 0 || fsync(fd) < 0 ? -1 : 0;
}

int commit_write(const char *folder, const char *tmp,
	const struct span *parts, size_t n, struct err *e)
{
	int fd, result;

	/* A new inode: one that failed an fsync is not to be trusted. */
	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
	if (fd < 0)
		return commit_error(folder, tmp, e);
	result = write_parts(fd, parts, n);
	if (result < 0)
		commit_error(folder, tmp, e);
	if (close(fd) < 0 && result == 0)
		result = commit_error(folder, tmp, e);
	if (result < 0)
		unlink(tmp);
	return result;
}

int commit_publish(const char *tmp, const char *path, const char *folder,
	struct err *e)
{
	if (rename(tmp, path) < 0 || io_sync_dir(folder) < 0)
		return commit_error(folder, path, e);
	return 0;
}
