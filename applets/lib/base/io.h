/*
 * Files, descriptors and the order that makes a file safe.
 *
 * Paths are relative to the root that main.c entered (base/root.h).
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* Everything or -1 with errno; EINTR is retried. */
int io_write_all(int fd, struct span s);
/* Reads up to n bytes until the end; the count, or -1 with errno. */
ssize_t io_read_all(int fd, void *p, size_t n);
/* Appends a whole file of at most max bytes. A larger one is an error. */
int io_slurp(const char *path, size_t max, struct buf *b, struct err *e);
int io_slurp_fd(int fd, const char *name, size_t max, struct buf *b,
	struct err *e);

/* fsyncs a folder, so that a rename in it survives a power cut. */
int io_sync_dir(const char *path);
/*
 * Replaces a small file safely: PATH.new written, fsynced, renamed, folder
 * fsynced. Readers see the old or the new content, never half.
 */
int io_replace_file(const char *path, mode_t mode, struct span s,
	struct err *e);
/* mkdir -p below the root; existing folders are fine. */
int io_mkdirs(const char *path, mode_t mode, struct err *e);

/* Sets O_CLOEXEC off, for a descriptor that a child shall have. */
int io_keep_open(int fd);

enum { IO_MAX_FDS = 8 };
/*
 * One SEQPACKET or DGRAM message with descriptors. Send: 0, or -1 with
 * errno. The descriptors stay the caller's.
 */
int io_send(int fd, struct span bytes, const int *fds, size_t nfds);
/*
 * Receives one message: its length, 0 at end of file, -1 with errno (EMSGSIZE
 * when it was longer than size). Received descriptors are O_CLOEXEC and the
 * caller's; *nfds_r says how many. nfds_r NULL: unexpected ones are closed.
 */
ssize_t io_recv(int fd, void *p, size_t size, int fds_r[IO_MAX_FDS],
	size_t *nfds_r);

/*
 * A listening unix socket (SOCK_SEQPACKET or SOCK_STREAM, with SOCK_NONBLOCK
 * if wanted) at a path below the root; a stale one is replaced. -1 and *e.
 */
int io_listen_unix(const char *path, int type, mode_t mode, struct err *e);
int io_connect_unix(const char *path, int type, struct err *e);

#endif
