#include "content.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/id.h"
#include "base/io.h"
#include "base/root.h"
#include "budget.h"

enum {
	MEMORY_MAX = 192 << 10,	/* larger ones do not fit a slot */
	KEEP_MAX = 64 << 10,	/* what a session holds between messages */
	CHECK_EVERY = 1 << 20,
};

static void fail(struct content *c, enum content_trouble why)
{
	if (c->trouble == CONTENT_FINE)
		c->trouble = why;
}

/* Has the spool's file system a tenth free? */
static bool has_space(int fd)
{
	struct statvfs v;

	return fstatvfs(fd, &v) == 0 && v.f_bavail >= v.f_blocks / 10;
}

/*
 * Unlinked at once. It has a name for a moment because a second, read-only
 * descriptor is needed for the scanner, which must not write.
 */
static bool open_file(struct content *c)
{
	struct id id = id_new();
	char path[128];

	snprintf(path, sizeof(path), ROOT_SPOOL "/tmp/%s.content", id.text);
	c->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (c->fd < 0)
		return false;
	c->reader = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	c->in_file = true;
	return c->reader >= 0;
}

/* Writes s behind what the descriptor holds. */
static void put(struct content *c, struct span s)
{
	if (c->in_file && c->n / CHECK_EVERY != (c->n + s.n) / CHECK_EVERY &&
	    !has_space(c->fd))
		fail(c, CONTENT_NO_SPACE);
	else if (io_write_all(c->fd, s) < 0)
		fail(c, c->in_file ? CONTENT_NO_SPACE : CONTENT_BROKEN);
}

/* What memory held goes to the file. */
static void move_to_file(struct content *c)
{
	int old = c->fd;
	void *p = old < 0 || c->n == 0 ? NULL :
		mmap(NULL, c->n, PROT_READ, MAP_PRIVATE, old, 0);

	if (p == MAP_FAILED || !open_file(c) || !has_space(c->fd))
		fail(c, CONTENT_NO_SPACE);
	else if (io_write_all(c->fd, old < 0 ? buf_bytes(&c->mem) :
		 span_from(p, c->n)) < 0)
		fail(c, CONTENT_NO_SPACE);
	if (p && p != MAP_FAILED)
		munmap(p, c->n);
	if (old >= 0)
		close(old);
	budget_give(c->budgeted);
	c->budgeted = 0;
	buf_free(&c->mem);
}

/* What the small buffer held goes to a memfd, with n more bytes in view. */
static void move_to_memfd(struct content *c, size_t n)
{
	size_t wanted = c->mem.n + n;

	budget_give(c->budgeted);
	c->budgeted = 0;
	if (!budget_take(wanted)) {
		move_to_file(c);
		return;
	}
	c->budgeted = wanted;
	c->fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->fd < 0 || io_write_all(c->fd, buf_bytes(&c->mem)) < 0)
		fail(c, CONTENT_BROKEN);
	buf_free(&c->mem);
}

/* Room in memory for n more bytes, within the budget. */
static bool fits_memory(struct content *c, size_t n)
{
	size_t before = c->mem.cap, more;

	if (n > MEMORY_MAX || c->mem.n + n > MEMORY_MAX)
		return false;
	if (c->mem.n + n <= before)
		return true;
	buf_room(&c->mem, n);
	more = c->mem.cap - before;
	if (!budget_take(more))
		return false;
	c->budgeted += more;
	return true;
}

void content_add(struct content *c, struct span s)
{
	if (c->trouble || s.n == 0)
		return;
	if (c->fd < 0 && fits_memory(c, s.n)) {
		buf_span(&c->mem, s);
		c->n += s.n;
		return;
	}
	if (c->fd < 0) {
		move_to_memfd(c, s.n);
	} else if (!c->in_file) {
		if (budget_take(s.n))
			c->budgeted += s.n;
		else
			move_to_file(c);
	}
	if (c->trouble == CONTENT_FINE)
		put(c, s);
	c->n += s.n;
}

bool content_view(struct content *c, struct span *s_r)
{
	*s_r = (struct span){ 0 };
	if (c->trouble)
		return false;
	if (c->fd < 0) {
		*s_r = buf_bytes(&c->mem);
		return true;
	}
	if (c->map == NULL) {
		c->map = mmap(NULL, c->n, PROT_READ, MAP_PRIVATE, c->fd, 0);
		if (c->map == MAP_FAILED) {
			c->map = NULL;
			fail(c, CONTENT_BROKEN);
			return false;
		}
	}
	*s_r = span_from(c->map, c->n);
	return true;
}

int content_share(struct content *c)
{
	if (c->trouble == CONTENT_FINE && c->fd < 0)
		move_to_memfd(c, 0);
	if (c->trouble)
		return -1;
	if (c->in_file)
		return c->reader;
	if (fcntl(c->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
		  F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
		fail(c, CONTENT_BROKEN);
		return -1;
	}
	return c->fd;
}

void content_reset(struct content *c)
{
	if (c->map)
		munmap(c->map, c->n);
	if (c->fd >= 0)
		close(c->fd);
	if (c->reader >= 0)
		close(c->reader);
	if (c->mem.cap > KEEP_MAX)
		buf_free(&c->mem);
	c->mem.n = 0;
	if (c->mem.cap == 0) {
		budget_give(c->budgeted);
		c->budgeted = 0;
	}
	*c = (struct content){ .mem = c->mem, .fd = -1, .reader = -1,
		.budgeted = c->budgeted };
}

void content_free(struct content *c)
{
	content_reset(c);
	budget_give(c->budgeted);
	c->budgeted = 0;
	buf_free(&c->mem);
}
