#include "deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/id.h"
#include "base/io.h"
#include "config.h"

enum { NAME_MAX_LENGTH = 255, ARENA_LIMIT = 1 << 20, BLOCK = 65536 };

/* Lower-case letters, digits and ._+=-, not beginning with a dot. */
static bool is_safe(const char *name)
{
	if (*name == 0 || *name == '.' || span_of(name).n > NAME_MAX_LENGTH)
		return false;
	for (; *name; name++)
		if (!((*name >= 'a' && *name <= 'z') ||
		      (*name >= '0' && *name <= '9') ||
		      strchr("._+=-", *name)))
			return false;
	return true;
}

/* Postfix's long queue ids: letters and digits. */
static bool is_queue_id(const char *name)
{
	size_t n = 0;

	for (; (name[n] >= '0' && name[n] <= '9') ||
	       (span_lower((unsigned char)name[n]) >= 'a' &&
		span_lower((unsigned char)name[n]) <= 'z'); n++)
		;
	return n > 0 && n < NAME_MAX_LENGTH - 3 && name[n] == 0;
}

/* Recipients are the same in any case of letters, as their domains are. */
static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)span_lower((unsigned char)*s);
}

static int copy_stdin(int fd)
{
	static char block[BLOCK];
	ssize_t n;

	while ((n = io_read_all(STDIN_FILENO, block, sizeof(block))) > 0)
		if (io_write_all(fd, span_from(block, (size_t)n)) < 0)
			return -1;
	return n < 0 || fsync(fd) < 0 ? -1 : 0;
}

/*
 * Written, fsynced, renamed, fsynced: then Postfix may forget it. The final
 * name is the queue's: when Postfix hands the same message over again, since
 * somebody died before it heard of our success, it replaces itself.
 */
static int store(struct arena *a, const char *maildir, const char *queue_id,
	struct err *e)
{
	struct id id = id_new();
	const char *name = arena_printf(a, "%s.pm", queue_id);
	const char *fresh = arena_printf(a, "%s/tmp/%s", maildir, id.text);
	const char *folder = arena_printf(a, "%s/new", maildir);
	const char *final = arena_printf(a, "%s/%s", folder, name);
	int fd, bad;

	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, ERR_TEMPORARY, "%s: cannot write", fresh);
	bad = copy_stdin(fd);
	if (close(fd) < 0 || bad || rename(fresh, final) < 0 ||
	    io_sync_dir(folder) < 0) {
		err_errno(e, ERR_TEMPORARY, "%s: cannot write", final);
		unlink(fresh);
		return -1;
	}
	return 0;
}

static int deliver(const char *user, const char *domain,
	const char *queue_id, struct err *e)
{
	static const char *const parts[] = { "tmp", "cur", "new" };
	struct arena *a = arena_new("deliver", ARENA_LIMIT);
	const char *maildir = arena_printf(a, MTA_MAIL "/%s/%s/Maildir",
		domain, user);
	int result = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *path = arena_printf(a, "%s/%s", maildir, parts[i]);

		if (result == 0 && access(path, F_OK) < 0)
			result = io_mkdirs(path, 0700, e);
	}
	if (result == 0)
		result = store(a, maildir, queue_id, e);
	arena_free(&a);
	return result;
}

int deliver_main(int argc, char **argv)
{
	struct err e;

	if (argc != 4 || !is_queue_id(argv[3])) {
		fputs("pm mta: usage: pm mta deliver USER DOMAIN QUEUE-ID "
			"<MESSAGE\n", stderr);
		return EX_USAGE;
	}
	lower(argv[1]);
	lower(argv[2]);
	if (!is_safe(argv[1]) || !is_safe(argv[2])) {
		fputs("5.1.1 no such user: the name cannot be a folder\n",
			stdout);
		return EX_NOUSER;
	}
	umask(077);
	if (deliver(argv[1], argv[2], argv[3], &e) < 0) {
		printf("4.3.0 %s\n", e.text);
		return EX_TEMPFAIL;
	}
	return EX_OK;
}
