#include "tool/published.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/io.h"
#include "store/journal.h"

enum { USERS_MAX = 256 << 20 };

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

int published_build(const struct bundle_settings *s, struct arena *a,
	struct buf *b, uint64_t *number_r, struct err *e)
{
	struct bundle_sources from;
	struct generation g;

	if (published_active(a, &g, &from, e) < 0)
		return -1;
	*number_r = g.number;
	return bundle_build_from(s, &from, b, e);
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

/* Times are of the disk: whoever set the clock back sees what it says. */
static int64_t written_s(struct span path, struct arena *a)
{
	const char *at = arena_printf(a, ROOT_ETC "/%.*s", SPAN_FMT(path));
	struct stat st;

	if (stat(at, &st) < 0 && stat(arena_string(a, span_sub(span_of(at), 0,
			span_rchr(span_of(at), '/'))), &st) < 0)
		return 0;
	return st.st_mtime;
}

static void note(struct published_changes *c, struct span path,
	const char *what, struct arena *a)
{
	struct published_change *one = &c->v[c->n++];

	*one = (struct published_change){ path, what, written_s(path, a) };
	if (one->at_s && (c->since_s == 0 || one->at_s < c->since_s))
		c->since_s = one->at_s;
}

/* Both are in path order. */
static void compare(const struct generation *active,
	const struct generation *draft, struct arena *a,
	struct published_changes *c)
{
	size_t i = 0, k = 0;

	while (i < active->n || k < draft->n) {
		const struct generation_file *f = &active->files[i];
		const struct generation_file *g = &draft->files[k];
		int order = i == active->n ? 1 : k == draft->n ? -1 :
			span_cmp(f->path, g->path);

		if (order < 0)
			note(c, f->path, "gone", a);
		else if (order > 0)
			note(c, g->path, "new", a);
		else if (strcmp(f->sha256, g->sha256) != 0)
			note(c, f->path, "changed", a);
		i += order <= 0;
		k += order >= 0;
	}
}

int published_changes(struct arena *a, struct published_changes *c_r,
	struct err *e)
{
	struct generation active = { 0 }, draft;

	*c_r = (struct published_changes){ 0 };
	if (generation_active(&c_r->active, e) < 0 || (c_r->active &&
	    generation_load(c_r->active, a, &active, e) < 0) ||
	    published_draft(ROOT_POLICY, ROOT_LISTS, false, a, &draft, e) < 0)
		return -1;
	c_r->v = arena_array(a, active.n + draft.n, sizeof(*c_r->v));
	compare(&active, &draft, a, c_r);
	return 0;
}

int published_users(struct buf *b, struct err *e)
{
	if (access(JOURNAL_USERDATA, R_OK) < 0)
		return 0;
	return io_slurp(JOURNAL_USERDATA, USERS_MAX, b, e);
}
