#include "userdata_share.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "store/journal.h"

enum { USERDATA_MAX = 256 << 20 };	/* what a scanner has room to map */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int shared = -1;
static uint64_t number, bytes;
/* The file that was read last; only userdata_tend's. */
static struct stat seen;

/* Is it the file that was read? */
static bool is_seen(const struct stat *st)
{
	return st->st_ino == seen.st_ino && st->st_size == seen.st_size &&
		st->st_mtim.tv_sec == seen.st_mtim.tv_sec &&
		st->st_mtim.tv_nsec == seen.st_mtim.tv_nsec;
}

/* Nobody can change it any more. */
static int seal(struct span s)
{
	int fd = memfd_create("userdata", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (io_write_all(fd, s) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
		  F_SEAL_SHRINK | F_SEAL_SEAL) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

void userdata_tend(void)
{
	struct buf b = { 0 };
	struct stat st;
	struct err e;
	int fd = -1, old;

	if (stat(JOURNAL_USERDATA, &st) < 0 || is_seen(&st))
		return;
	seen = st;
	if (io_slurp(JOURNAL_USERDATA, USERDATA_MAX, &b, &e) < 0)
		log_error("user data: %s; what was there before stays",
			e.text);
	else
		fd = seal(buf_bytes(&b));
	if (fd >= 0) {
		pthread_mutex_lock(&lock);
		old = shared;
		shared = fd;
		bytes = b.n;
		number++;
		pthread_mutex_unlock(&lock);
		if (old >= 0)
			close(old);
	}
	buf_free(&b);
}

int userdata_share(uint64_t known, uint64_t *number_r, uint64_t *bytes_r)
{
	int fd = -1;

	pthread_mutex_lock(&lock);
	if (shared >= 0 && known != number)
		fd = fcntl(shared, F_DUPFD_CLOEXEC, 0);
	*number_r = number;
	*bytes_r = bytes;
	pthread_mutex_unlock(&lock);
	return fd;
}
