#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int io_write_all(int fd, struct span s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		s = span_after(s, (size_t)n);
	}
	return 0;
}

ssize_t io_read_all(int fd, void *p, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = read(fd, (char *)p + got, n - got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

int io_slurp_fd(int fd, const char *name, size_t max, struct buf *b,
	struct err *e)
{
	size_t start = b->n;

	for (;;) {
		ssize_t n = io_read_all(fd, buf_room(b, 65536), 65536);

		if (n < 0)
			return err_errno(e, errno == EISDIR ?
				ERR_PERMANENT : ERR_TEMPORARY,
				"%s: cannot read", name);
		b->n += (size_t)n;
		if (b->n - start > max)
			return err_set(e, ERR_PERMANENT,
				"%s: larger than %zu bytes", name, max);
		if (n < 65536)
			return 0;
	}
}

int io_slurp(const char *path, size_t max, struct buf *b, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), result;

	if (fd < 0)
		return err_errno(e, errno == ENOENT || errno == EACCES ?
			ERR_PERMANENT : ERR_TEMPORARY, "%s: cannot open", path);
	result = io_slurp_fd(fd, path, max, b, e);
	close(fd);
	return result;
}

int io_sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	if (fd < 0)
		return -1;
	result = fsync(fd);
	if (close(fd) < 0)
		result = -1;
	return result;
}

/* The folder part of a path: "." when there is none. */
static void folder_of(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		snprintf(out, size, ".");
	else if (slash == path)
		snprintf(out, size, "/");
	else
		snprintf(out, size, "%.*s", (int)(slash - path), path);
}

int io_replace_file(const char *path, mode_t mode, struct span s,
	struct err *e)
{
	char fresh[4096], folder[4096];
	int fd, bad;

	/* A name that was cut would be another file. */
	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >=
	    (int)sizeof(fresh))
		return err_set(e, ERR_PERMANENT, "%s: path too long", path);
	folder_of(path, folder, sizeof(folder));
	/*
	 * Root writes into folders of role users: a link that one of them
	 * left under this name must not lead elsewhere.
	 */
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		mode);
	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot write", fresh);
	bad = io_write_all(fd, s) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0;
	if (close(fd) < 0 || bad || rename(fresh, path) < 0 ||
	    io_sync_dir(folder) < 0) {
		err_errno(e, ERR_TEMPORARY, "%s: cannot write", path);
		unlink(fresh);
		return -1;
	}
	return 0;
}

/* Something is there already: is it a folder? */
static bool is_folder(const char *path)
{
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	errno = folder ? 0 : ENOTDIR;
	return folder;
}

int io_mkdirs(const char *path, mode_t mode, struct err *e)
{
	char part[4096];
	size_t n = span_of(path).n;

	if (n >= sizeof(part))
		return err_set(e, ERR_PERMANENT, "%s: path too long", path);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (mkdir(part, mode) < 0 &&
		    (errno != EEXIST || !is_folder(part)))
			return err_errno(e, ERR_PERMANENT,
				"%s: cannot make the folder", part);
	}
	return 0;
}

int io_keep_open(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags < 0 ? -1 : fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
}

/* Room for the descriptors of one message, aligned as the kernel wants it. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int) * IO_MAX_FDS)];
};

int io_send(int fd, struct span bytes, const int *fds, size_t nfds)
{
	union control control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)bytes.p, bytes.n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (nfds > IO_MAX_FDS) {
		errno = EINVAL;
		return -1;
	}
	if (nfds) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(&control.head), fds, sizeof(int) * nfds);
	}
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

/* Moves received descriptors out of the control block. */
static size_t take_fds(struct msghdr *m, int fds_r[IO_MAX_FDS])
{
	size_t total = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n && total < IO_MAX_FDS; i++)
			memcpy(&fds_r[total++], CMSG_DATA(c) + i * sizeof(int),
				sizeof(int));
	}
	return total;
}

ssize_t io_recv(int fd, void *p, size_t size, int fds_r[IO_MAX_FDS],
	size_t *nfds_r)
{
	union control control;
	int own[IO_MAX_FDS];
	int *fds = nfds_r ? fds_r : own;
	struct iovec iov = { p, size };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	size_t nfds;
	ssize_t n;

	if (nfds_r)
		*nfds_r = 0;
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	nfds = take_fds(&m, fds);
	if (nfds_r && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		*nfds_r = nfds;
		return n;
	}
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		errno = EMSGSIZE;
		return -1;
	}
	return n;
}

/* Fills an address; false when the path does not fit. */
static bool unix_address(const char *path, struct sockaddr_un *a)
{
	size_t n = span_of(path).n;

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n >= sizeof(a->sun_path))
		return false;
	memcpy(a->sun_path, path, n);
	return true;
}

int io_listen_unix(const char *path, int type, mode_t mode, struct err *e)
{
	struct sockaddr_un a;
	int fd;

	if (!unix_address(path, &a))
		return err_set(e, ERR_PERMANENT, "%s: path too long for a "
			"socket", path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "socket");
	unlink(path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    chmod(path, mode) < 0 || listen(fd, 512) < 0) {
		err_errno(e, ERR_TEMPORARY, "%s: cannot listen", path);
		close(fd);
		return -1;
	}
	return fd;
}

int io_connect_unix(const char *path, int type, struct err *e)
{
	struct sockaddr_un a;
	int fd;

	if (!unix_address(path, &a))
		return err_set(e, ERR_PERMANENT, "%s: path too long for a "
			"socket", path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "socket");
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		err_errno(e, ERR_TEMPORARY, "%s: cannot connect", path);
		close(fd);
		return -1;
	}
	return fd;
}
