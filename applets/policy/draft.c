#include "publish.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

const char *publish_files(size_t n, struct arena *a)
{
	return arena_printf(a, "%zu file%s", n, n == 1 ? "" : "s");
}

int publish_load(const char *name, struct arena *a, struct generation *g_r,
	struct err *e)
{
	struct bundle_sources unused;
	uint64_t number, *v;
	size_t n, i = 0;

	if (name == NULL || strcmp(name, "active") == 0)
		return published_active(a, g_r, &unused, e);
	if (!span_u64(span_of(name), UINT32_MAX, &number))
		return err_set(e, ERR_PERMANENT, "%s: is no generation: a "
			"number of pm policy log, or active", name);
	if (generation_numbers(a, &v, &n, e) < 0)
		return -1;
	while (i < n && v[i] != number)
		i++;
	if (i == n)
		return err_set(e, ERR_PERMANENT, "generation %s is not kept: "
			"pm policy log shows those that are", name);
	return generation_load(number, a, g_r, e);
}

int publish_load_draft(struct arena *a, struct generation *g_r,
	struct err *e)
{
	return published_draft(ROOT_POLICY, ROOT_LISTS, false, a, g_r, e);
}

int publish_guard_draft(struct arena *a, struct err *e)
{
	struct published_changes c;

	if (published_changes(a, &c, e) < 0)
		return -1;
	if (c.n == 0)
		return 0;
	return err_set(e, ERR_PERMANENT, "%s of the draft would be lost: "
		"publish or undo the changes (pm policy diff), or give "
		"--force", publish_files(c.n, a));
}

static const char *path_in(const char *folder, struct span path,
	struct arena *a)
{
	return arena_printf(a, "%s/%.*s", folder, SPAN_FMT(path));
}

static int write_file(const struct generation_file *f, const char *folder,
	struct arena *a, struct err *e)
{
	struct span in = span_sub(f->path, 0, span_rchr(f->path, '/'));
	struct buf b = { 0 };
	int result = io_mkdirs(path_in(folder, in, a), 0755, e);

	if (result == 0)
		result = generation_read(f, &b, e);
	if (result == 0)
		result = io_replace_file(path_in(folder, f->path, a), 0644,
			buf_bytes(&b), e);
	buf_free(&b);
	return result;
}

int publish_write_tree(const struct generation *g, const char *folder,
	struct arena *a, struct err *e)
{
	struct generation there;

	/* What cannot be read is written over. */
	if (published_draft(path_in(folder, SPAN("policy"), a),
		    path_in(folder, SPAN("lists"), a), false, a, &there,
		    NULL) < 0)
		there = (struct generation){ 0 };
	for (size_t i = 0; i < g->n; i++) {
		const struct generation_file *f = generation_find(&there,
			g->files[i].path);

		if ((f == NULL || strcmp(f->sha256, g->files[i].sha256)) &&
		    write_file(&g->files[i], folder, a, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < there.n; i++)
		if (generation_find(g, there.files[i].path) == NULL)
			unlink(path_in(folder, there.files[i].path, a));
	return 0;
}
