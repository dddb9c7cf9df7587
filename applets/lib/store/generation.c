#include "store/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/utf8.h"
#include "store/generation_text.h"

#define ACTIVE GENERATION_DIR "/active"
#define OBJECTS GENERATION_DIR "/objects"

enum { MANIFEST_MAX = 2 << 20, NUMBER_TEXT_MAX = 32 };

static void manifest_path(uint64_t number, const char *ending,
	char out[GENERATION_OBJECT_PATH])
{
	snprintf(out, GENERATION_OBJECT_PATH, GENERATION_DIR "/%06llu%s",
		(unsigned long long)number, ending);
}

void generation_object_path(const char *sha256,
	char out[GENERATION_OBJECT_PATH])
{
	snprintf(out, GENERATION_OBJECT_PATH, OBJECTS "/%s", sha256);
}

/* Whatever the umask says: front and pages read it. */
static int make_folder(const char *path, struct err *e)
{
	struct stat st;

	if (io_mkdirs(path, 0755, e) < 0)
		return -1;
	if (stat(path, &st) == 0 && ((st.st_mode & 07777) == 0755 ||
	    chmod(path, 0755) == 0))
		return 0;
	return err_errno(e, ERR_PERMANENT, "%s: cannot set its mode", path);
}

int generation_make(struct err *e)
{
	return make_folder(GENERATION_DIR, e) < 0 ? -1 :
		make_folder(OBJECTS, e);
}

int generation_lock(struct err *e)
{
	int fd;

	if (generation_make(e) < 0)
		return -1;
	fd = open(GENERATION_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	err_errno(e, ERR_TEMPORARY, GENERATION_DIR ": cannot lock it");
	if (fd >= 0)
		close(fd);
	return -1;
}

int generation_active(uint64_t *number_r, struct err *e)
{
	struct buf b = { 0 };
	int result;

	*number_r = 0;
	if (access(ACTIVE, F_OK) < 0 && errno == ENOENT)
		return 0;
	result = io_slurp(ACTIVE, NUMBER_TEXT_MAX, &b, e);
	if (result == 0 && (!span_u64(span_trim(buf_bytes(&b)), UINT32_MAX,
			number_r) || *number_r == 0))
		result = err_set(e, ERR_PERMANENT, ACTIVE ": is no number: "
			"pm policy rollback N puts one in force");
	buf_free(&b);
	return result;
}

int generation_load(uint64_t number, struct arena *a,
	struct generation *g_r, struct err *e)
{
	struct buf text = { .arena = a }, signature = { .arena = a };
	char path[GENERATION_OBJECT_PATH], sig[GENERATION_OBJECT_PATH];
	struct err why;

	manifest_path(number, "", path);
	manifest_path(number, ".sig", sig);
	if (io_slurp(path, MANIFEST_MAX, &text, e) < 0 ||
	    io_slurp(sig, PUBLISHER_SIGNATURE_SIZE, &signature, e) < 0)
		return -1;
	if (generation_text_read(buf_bytes(&text), a, g_r, &why) < 0)
		return err_set(e, ERR_PERMANENT, "%s:%s", path, why.text);
	if (g_r->number != number)
		return err_set(e, ERR_PERMANENT, "%s: is of generation %llu",
			path, (unsigned long long)g_r->number);
	if (publisher_verify(g_r->key, buf_bytes(&text),
		    buf_bytes(&signature), &why) < 0)
		return err_set(e, ERR_PERMANENT, "%s: %s", path, why.text);
	return 0;
}

const struct generation_file *generation_find(const struct generation *g,
	struct span path)
{
	for (size_t i = 0; i < g->n; i++)
		if (span_eq(g->files[i].path, path))
			return &g->files[i];
	return NULL;
}

size_t generation_changes(const struct generation *before,
	const struct generation *after)
{
	size_t n = 0;

	for (size_t i = 0; i < after->n; i++) {
		const struct generation_file *f = generation_find(before,
			after->files[i].path);

		n += f == NULL || strcmp(f->sha256, after->files[i].sha256);
	}
	for (size_t i = 0; i < before->n; i++)
		n += generation_find(after, before->files[i].path) == NULL;
	return n;
}

int generation_read(const struct generation_file *f, struct buf *b,
	struct err *e)
{
	char path[GENERATION_OBJECT_PATH], hex[HASH_SHA256_HEX_SIZE];
	size_t start = b->n;

	generation_object_path(f->sha256, path);
	if (io_slurp(path, GENERATION_OBJECT_MAX, b, e) < 0)
		return -1;
	hash_sha256_hex(span_after(buf_bytes(b), start), hex);
	if (strcmp(hex, f->sha256) == 0)
		return 0;
	return err_set(e, ERR_PERMANENT, "%s: is damaged: it is not what was "
		"published as %.*s", path, SPAN_FMT(f->path));
}

/* One that the disk damaged is written anew. */
static bool is_whole(const struct generation_file *f)
{
	struct buf b = { 0 };
	bool whole = generation_read(f, &b, NULL) == 0;

	buf_free(&b);
	return whole;
}

int generation_put(struct span path, struct span bytes,
	struct generation_file *f_r, struct err *e)
{
	char where[GENERATION_OBJECT_PATH];

	*f_r = (struct generation_file){ .path = path, .size = bytes.n };
	if (!generation_path_ok(path))
		return err_set(e, ERR_PERMANENT, "%.*s: such a name cannot be "
			"published: use letters, digits, - _ . @ + # and no "
			"blanks", SPAN_FMT(path));
	hash_sha256_hex(bytes, f_r->sha256);
	generation_object_path(f_r->sha256, where);
	return is_whole(f_r) ? 0 : io_replace_file(where, 0644, bytes, e);
}

static int by_path(const void *a, const void *b)
{
	return span_cmp(((const struct generation_file *)a)->path,
		((const struct generation_file *)b)->path);
}

/* One line that any terminal may show. */
static struct span shown(struct arena *a, struct span s)
{
	char out[GENERATION_TEXT_MAX + 1];

	utf8_printable(span_trim(s), out, sizeof(out));
	return arena_span(a, span_of(out));
}

/* Numbers are never used twice, whatever is in force. */
static int next_number(struct arena *a, uint64_t *number_r, struct err *e)
{
	uint64_t *v;
	size_t n;

	if (generation_numbers(a, &v, &n, e) < 0)
		return -1;
	*number_r = n ? v[n - 1] + 1 : 1;
	return 0;
}

int generation_write(struct generation *g, struct arena *a, struct err *e)
{
	unsigned char signature[PUBLISHER_SIGNATURE_SIZE];
	char path[GENERATION_OBJECT_PATH], sig[GENERATION_OBJECT_PATH];
	char *key = arena_alloc(a, PUBLISHER_ID_SIZE);
	struct buf text = { .arena = a };

	if (next_number(a, &g->number, e) < 0 ||
	    generation_active(&g->parent, e) < 0 ||
	    publisher_id(key, e) < 0)
		return -1;
	g->time_s = clock_wall_ms() / 1000;
	g->key = span_of(key);
	g->who = shown(a, g->who);
	g->message = shown(a, g->message);
	if (g->n)
		qsort(g->files, g->n, sizeof(*g->files), by_path);
	generation_text_write(g, &text);
	if (publisher_sign(buf_bytes(&text), signature, e) < 0)
		return -1;
	manifest_path(g->number, "", path);
	manifest_path(g->number, ".sig", sig);
	return io_replace_file(sig, 0644, span_from(signature,
		sizeof(signature)), e) < 0 ? -1 :
		io_replace_file(path, 0644, buf_bytes(&text), e);
}

int generation_activate(uint64_t number, struct err *e)
{
	char text[NUMBER_TEXT_MAX];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)number);
	return io_replace_file(ACTIVE, 0644, span_of(text), e);
}

void generation_drop(uint64_t number)
{
	char path[GENERATION_OBJECT_PATH];

	/* The manifest first: without it the other is nothing. */
	manifest_path(number, "", path);
	unlink(path);
	manifest_path(number, ".sig", path);
	unlink(path);
}
