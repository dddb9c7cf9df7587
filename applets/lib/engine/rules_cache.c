#include "engine/rules_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/wire.h"
#include "crypto/hash.h"

enum {
	KEPT = 8,	/* a power of two: files */
	PATH = 4096,
	HEAD = 8 + 2 * HASH_SHA256_SIZE,
	FILE_MAX = 64 << 20,
	MODE = 0644,
	MEMORY = 256 << 20,
};

static const char magic[8] = "pmrules1";

/* Another executable may read rules otherwise: its own differ then, too. */
static void make_key(const struct rule_file *files, size_t n,
	unsigned char key_r[HASH_SHA256_SIZE])
{
	struct buf b = { 0 };

	hash_sha256(rules_embedded(), key_r);
	buf_add(&b, key_r, HASH_SHA256_SIZE);
	wire_put_span(&b, span_of(patterns_version()));
	for (size_t i = 0; i < n; i++) {
		wire_put_span(&b, files[i].name);
		wire_put_span(&b, files[i].text);
	}
	hash_sha256(buf_bytes(&b), key_r);
	buf_free(&b);
}

/* The number of files is bounded without looking at any other. */
static bool path_of(const char *folder, const unsigned char *key,
	char out[PATH])
{
	return folder && snprintf(out, PATH, "%s/rules-%u", folder,
		key[0] & (unsigned)(KEPT - 1)) < PATH;
}

/* A compiled pattern is a program: not from just anybody. */
static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		(st.st_mode & 022) == 0 &&
		(st.st_uid == 0 || st.st_uid == geteuid());
}

static bool is_whole(struct span file, const unsigned char *key)
{
	unsigned char hash[HASH_SHA256_SIZE];

	if (file.n < HEAD || memcmp(file.p, magic, sizeof(magic)) != 0 ||
	    memcmp(file.p + sizeof(magic), key, HASH_SHA256_SIZE) != 0)
		return false;
	hash_sha256(span_after(file, HEAD), hash);
	return memcmp(file.p + sizeof(magic) + HASH_SHA256_SIZE, hash,
		sizeof(hash)) == 0;
}

static bool find_kept(const char *path, const unsigned char *key,
	struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct buf file = { 0 };
	bool found;

	if (fd < 0)
		return false;
	found = is_ours(fd) &&
		io_slurp_fd(fd, path, FILE_MAX, &file, NULL) == 0 &&
		is_whole(buf_bytes(&file), key);
	if (found)
		buf_span(b, span_after(buf_bytes(&file), HEAD));
	buf_free(&file);
	close(fd);
	return found;
}

/* It need not succeed: then it is compiled again the next time. */
static void keep(const char *path, const unsigned char *key,
	struct span record)
{
	unsigned char hash[HASH_SHA256_SIZE];
	struct buf file = { 0 };

	hash_sha256(record, hash);
	buf_add(&file, magic, sizeof(magic));
	buf_add(&file, key, HASH_SHA256_SIZE);
	buf_add(&file, hash, sizeof(hash));
	buf_span(&file, record);
	io_replace_file(path, MODE, buf_bytes(&file), NULL);
	buf_free(&file);
}

static int compile(const struct rule_file *files, size_t n, struct buf *b,
	struct err *e)
{
	struct arena *a = arena_new("compile rules", MEMORY);
	struct ruleset set;
	int result = rules_read(files, n, a, &set, e);

	if (result == 0)
		result = rules_put(&set, b, e);
	arena_free(&a);
	return result;
}

int rules_cache_put(const char *folder, const struct rule_file *files,
	size_t n, struct buf *b, struct err *e)
{
	unsigned char key[HASH_SHA256_SIZE];
	size_t start = b->n;
	char path[PATH];
	bool kept;

	make_key(files, n, key);
	kept = path_of(folder, key, path);
	if (kept && find_kept(path, key, b))
		return 0;
	if (compile(files, n, b, e) < 0)
		return -1;
	if (kept)
		keep(path, key, span_after(buf_bytes(b), start));
	return 0;
}
