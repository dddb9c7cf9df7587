#include "tool/signatures.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "role/program.h"

#define CLAMSCAN "/usr/bin/clamscan"

enum { PATH_SIZE = 256, NAME_MAX_BYTES = 100 };

/* What clamd reads of a folder (its manual, "signature formats"). */
static const char *const forms[] = { "cvd", "cld", "cud", "hdb", "hdu", "hsb",
	"hsu", "mdb", "mdu", "msb", "msu", "ndb", "ndu", "ldb", "ldu", "fp",
	"sfp", "ign", "ign2", "cdb", "crb", "cbc", "gdb", "pdb", "wdb", "idb",
	"ftm", "pwdb", "yar", "yara", NULL };

/* "ndb" of "site.ndb"; NULL: not one of them. */
static const char *form_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && dot > name && forms[i]; i++)
		if (strcmp(dot + 1, forms[i]) == 0)
			return forms[i];
	return NULL;
}

/* The next file of signatures in the folder; NULL: there is none. */
static const char *next_file(DIR *d, struct stat *st)
{
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.' && form_of(entry->d_name) &&
		    fstatat(dirfd(d), entry->d_name, st, 0) == 0 &&
		    S_ISREG(st->st_mode))
			return entry->d_name;
	return NULL;
}

struct signatures signatures_look(void)
{
	struct signatures f = { 0 };
	DIR *d = opendir(SIGNATURES_DIR);
	struct stat st;

	while (next_file(d, &st)) {
		f.n++;
		if (st.st_mtime > f.newest_s)
			f.newest_s = st.st_mtime;
		f.print += (uint64_t)st.st_ino * 31 + (uint64_t)st.st_size +
			(uint64_t)st.st_mtim.tv_nsec +
			(uint64_t)st.st_mtime * 7;
	}
	if (d)
		closedir(d);
	return f;
}

/* "ClamAV-VDB:DATE:VERSION:COUNT:…", the head of a container. */
static uint64_t count_of_head(struct span head)
{
	struct span field = SPAN("");
	uint64_t n = 0;

	for (int i = 0; i < 4; i++)
		if (!span_cut(&head, ':', &field))
			return 0;
	span_u64(field, UINT32_MAX, &n);
	return n;
}

static uint64_t count_file(int fd)
{
	unsigned char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	uint64_t count = 0;

	if (n > 0 && span_starts(span_from(bytes, (size_t)n),
	    SPAN("ClamAV-VDB:")))
		return count_of_head(span_from(bytes, (size_t)n));
	for (; n > 0; n = read(fd, bytes, sizeof(bytes)))
		for (ssize_t i = 0; i < n; i++)
			count += bytes[i] == '\n';
	return count;
}

uint64_t signatures_count(void)
{
	DIR *d = opendir(SIGNATURES_DIR);
	uint64_t count = 0;
	const char *name;
	struct stat st;

	while ((name = next_file(d, &st))) {
		int fd = openat(dirfd(d), name, O_RDONLY | O_CLOEXEC |
			O_NOFOLLOW);

		if (fd < 0)
			continue;
		count += count_file(fd);
		close(fd);
	}
	if (d)
		closedir(d);
	return count;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int copy(int from, int to)
{
	unsigned char bytes[65536];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (io_write_all(to, span_from(bytes, (size_t)n)) < 0)
			return -1;
	return n < 0 || fsync(to) < 0 ? -1 : 0;
}

/* A copy that clamd may read, as the folder's owner. */
static int take_copy(int from, const char *tmp, struct err *e)
{
	struct stat owner;
	int to, result = -1;

	unlink(tmp);
	to = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (to >= 0 && copy(from, to) == 0 && fchmod(to, 0640) == 0 &&
	    (geteuid() != 0 || (stat(SIGNATURES_DIR, &owner) == 0 &&
	      fchown(to, owner.st_uid, owner.st_gid) == 0)))
		result = 0;
	else
		err_errno(e, ERR_TEMPORARY, "%s: cannot be written", tmp);
	if (to >= 0)
		close(to);
	return result;
}

/* ClamAV looks at nothing, with these signatures alone. */
static int try_out(const char *path, const char *tmp, struct err *e)
{
	char option[PATH_SIZE + 16];
	char *argv[] = { "clamscan", option, "--no-summary", "--quiet", "-",
		NULL };

	snprintf(option, sizeof(option), "--database=%s", tmp);
	if (access(CLAMSCAN, X_OK) < 0)
		return err_errno(e, ERR_PERMANENT, CLAMSCAN " (apt-get install "
			"clamav)");
	if (program_run(CLAMSCAN, argv, SPAN("nothing"), e) == 0)
		return 0;
	return err_set(e, ERR_PERMANENT, "%s: ClamAV cannot use it; what it "
		"said stands before this", path);
}

int signatures_load(const char *path, int fd, struct err *e)
{
	const char *name = name_of(path), *form = form_of(name);
	char tmp[PATH_SIZE], place[PATH_SIZE];
	int result;

	if (form == NULL || name[0] == '.' || span_of(name).n > NAME_MAX_BYTES)
		return err_set(e, ERR_PERMANENT, "%s: its name is not one of "
			"a file of signatures, such as daily.cvd or site.ndb",
			path);
	snprintf(tmp, sizeof(tmp), SIGNATURES_TMP "/check.%s", form);
	snprintf(place, sizeof(place), SIGNATURES_DIR "/%s", name);
	if (take_copy(fd, tmp, e) < 0)
		return -1;
	result = try_out(path, tmp, e);
	if (result == 0 && (rename(tmp, place) < 0 ||
	    io_sync_dir(SIGNATURES_DIR) < 0))
		result = err_errno(e, ERR_TEMPORARY, "%s: cannot be written",
			place);
	unlink(tmp);
	return result;
}
