#include "tool/published.h"

#include <stdlib.h>

#include "base/embed.h"
#include "base/io.h"

int published_sources(const struct generation *g, struct arena *a,
	struct bundle_sources *from_r, struct err *e)
{
	*from_r = (struct bundle_sources){ .generation = g->number,
		.v = arena_array(a, g->n, sizeof(*from_r->v)), .n = g->n };
	for (size_t i = 0; i < g->n; i++) {
		struct bundle_source *f = &from_r->v[i];
		char *path = arena_alloc(a, GENERATION_OBJECT_PATH);

		generation_object_path(g->files[i].sha256, path);
		*f = (struct bundle_source){ .name = g->files[i].path,
			.path = path, .sha256 = g->files[i].sha256 };
		if (!bundle_kind_of(f->name, &f->kind))
			return err_set(e, ERR_PERMANENT, "generation %llu: "
				"%.*s: this version does not know such files",
				(unsigned long long)g->number,
				SPAN_FMT(f->name));
	}
	return 0;
}

int published_active(struct arena *a, struct generation *g_r,
	struct bundle_sources *from_r, struct err *e)
{
	uint64_t number;

	if (generation_active(&number, e) < 0)
		return -1;
	if (number == 0)
		return err_set(e, ERR_PERMANENT, "no policy was published: pm "
			"policy publish");
	return generation_load(number, a, g_r, e) < 0 ? -1 :
		published_sources(g_r, a, from_r, e);
}

static int take(const struct bundle_source *f, bool keep,
	struct generation_file *file, struct err *e)
{
	struct buf b = { 0 };
	int result = 0;

	if (f->embedded)
		buf_span(&b, embed_file(f->path));
	else
		result = io_slurp(f->path, GENERATION_OBJECT_MAX, &b, e);
	*file = (struct generation_file){ .path = f->name, .size = b.n };
	if (result == 0 && keep)
		result = generation_put(f->name, buf_bytes(&b), file, e);
	else if (result == 0)
		hash_sha256_hex(buf_bytes(&b), file->sha256);
	buf_free(&b);
	return result;
}

static int by_path(const void *a, const void *b)
{
	return span_cmp(((const struct generation_file *)a)->path,
		((const struct generation_file *)b)->path);
}

int published_draft(const char *policy_dir, const char *lists_dir, bool keep,
	struct arena *a, struct generation *g_r, struct err *e)
{
	struct bundle_sources from;

	*g_r = (struct generation){ 0 };
	if (bundle_find_sources(policy_dir, lists_dir, a, &from, e) < 0)
		return -1;
	g_r->files = arena_array(a, from.n, sizeof(*g_r->files));
	for (; g_r->n < from.n; g_r->n++)
		if (take(&from.v[g_r->n], keep, &g_r->files[g_r->n], e) < 0)
			return -1;
	qsort(g_r->files, g_r->n, sizeof(*g_r->files), by_path);
	return 0;
}

int published_difference(struct arena *a, uint64_t *active_r,
	size_t *files_r, struct err *e)
{
	struct generation active = { 0 }, draft;

	*files_r = 0;
	if (generation_active(active_r, e) < 0 || (*active_r &&
	    generation_load(*active_r, a, &active, e) < 0) ||
	    published_draft(ROOT_POLICY, ROOT_LISTS, false, a, &draft, e) < 0)
		return -1;
	*files_r = generation_changes(&active, &draft);
	return 0;
}
