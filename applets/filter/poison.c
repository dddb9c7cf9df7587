#include "poison.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/root.h"
#include "crypto/hash.h"

#define FOLDER ROOT_SPOOL "/poison"

enum { KEEP_S = 7 * 86400, PATH_ROOM = 256 };

static atomic_uint entries;

void poison_start(void)
{
	DIR *dir = opendir(FOLDER);
	time_t old = time(NULL) - KEEP_S;
	struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL) {
		char path[PATH_ROOM + sizeof(FOLDER)];
		struct stat st;

		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), FOLDER "/%s", d->d_name);
		if (stat(path, &st) == 0 && st.st_mtime < old &&
		    unlink(path) == 0)
			continue;
		atomic_fetch_add(&entries, 1);
	}
	if (dir)
		closedir(dir);
}

/* RFC 5321 section 4.4: what each hop adds. */
static bool is_trace(struct span line)
{
	return span_casestarts(line, SPAN("Received:")) ||
		span_casestarts(line, SPAN("Return-Path:"));
}

/* SHA-256 of the header without trace fields and the body's SHA-256. */
static void key_path(struct span message, char path[PATH_ROOM])
{
	unsigned char body[HASH_SHA256_SIZE];
	char hex[HASH_SHA256_HEX_SIZE];
	struct span rest = message, line;
	struct buf header = { 0 };
	bool skip = false;

	while (span_line(&rest, &line) && line.n) {
		if (line.p[0] != ' ' && line.p[0] != '\t')
			skip = is_trace(line);
		if (skip)
			continue;
		buf_span(&header, line);
		buf_byte(&header, '\n');
	}
	hash_sha256(rest, body);
	buf_add(&header, body, sizeof(body));
	hash_sha256_hex(buf_bytes(&header), hex);
	buf_free(&header);
	snprintf(path, PATH_ROOM, FOLDER "/%s", hex);
}

unsigned poison_times(struct span message)
{
	char path[PATH_ROOM];
	struct stat st;

	if (atomic_load(&entries) == 0)
		return 0;
	key_path(message, path);
	return stat(path, &st) == 0 ? (unsigned)st.st_size : 0;
}

unsigned poison_add(struct span message)
{
	char path[PATH_ROOM];
	struct stat st = { 0 };
	int fd;

	key_path(message, path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || io_write_all(fd, SPAN("x")) < 0 || fsync(fd) < 0 ||
	    fstat(fd, &st) < 0)
		log_error("%s: cannot write: a message that ends scanners is "
			"not counted", path);
	if (fd >= 0)
		close(fd);
	if (st.st_size == 1)
		atomic_fetch_add(&entries, 1);
	return (unsigned)st.st_size;
}
