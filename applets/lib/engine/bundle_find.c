#include "engine/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embed.h"

#define EMBEDDED "lua/"
#define EMBEDDED_LISTS "lua/policy/"

enum { SOURCES_MAX = 4096 };

/* Editors leave their own files beside the one edited. */
static bool is_ours(struct span name)
{
	return name.n && name.p[0] != '.' && name.p[0] != '#' &&
		!span_ends(name, SPAN("~"));
}

/* Is name PREFIX and then a name without a folder and with that ending? */
static bool is_in(struct span name, const char *prefix, const char *ending)
{
	struct span p = span_of(prefix), own = span_after(name, p.n);

	return span_starts(name, p) && is_ours(own) &&
		span_chr(own, '/') == SIZE_MAX &&
		span_ends(own, span_of(ending));
}

bool bundle_kind_of(struct span name, enum bundle_kind *kind_r)
{
	if (is_in(name, "policy/", ".lua"))
		*kind_r = BUNDLE_POLICY;
	else if (span_is(name, "policy/options"))
		*kind_r = BUNDLE_OPTIONS;
	else if (is_in(name, "policy/templates/", ".txt") ||
		 is_in(name, "policy/templates/", ".html"))
		*kind_r = BUNDLE_TEMPLATE;
	else if (is_in(name, "policy/rules/", ".lua"))
		*kind_r = BUNDLE_RULES;
	else if (is_in(name, "policy/dnslists/", ".lua"))
		*kind_r = BUNDLE_DNSLISTS;
	else if (is_in(name, "lists/", ""))
		*kind_r = BUNDLE_LIST;
	else
		return false;
	return true;
}

static int add(struct bundle_sources *all, const char *name,
	const char *path, bool shipped, struct err *e)
{
	struct bundle_source f = { .name = span_of(name), .path = path,
		.embedded = shipped };

	if (!bundle_kind_of(f.name, &f.kind))
		return 0;
	if (all->n == SOURCES_MAX)
		return err_set(e, ERR_PERMANENT, "more than %d files",
			SOURCES_MAX);
	all->v[all->n++] = f;
	return 0;
}

/* Folders that a site need not have are empty. */
static int add_folder(struct bundle_sources *all, const char *dir,
	const char *prefix, bool must, struct arena *a, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *f;
	int result = 0;

	if (d == NULL && errno == ENOENT && !must)
		return 0;
	if (d == NULL)
		return err_errno(e, ERR_PERMANENT, "%s: cannot be read", dir);
	while (result == 0 && (f = readdir(d)))
		result = add(all, arena_printf(a, "%s%s", prefix, f->d_name),
			arena_printf(a, "%s/%s", dir, f->d_name), false, e);
	closedir(d);
	return result;
}

/* Shipped: lua/policy/NAME, lua/policy/templates/NAME. */
static int add_shipped_policy(struct bundle_sources *all, struct err *e)
{
	const char *path;
	int result = 0;

	for (size_t i = 0; result == 0 &&
	     (path = embed_name(EMBEDDED "policy/", i)); i++)
		result = add(all, path + strlen(EMBEDDED), path, true, e);
	return result;
}

/* Shipped: lua/policy/lists/NAME. */
static int add_shipped_lists(struct bundle_sources *all, struct err *e)
{
	const char *path;
	int result = 0;

	for (size_t i = 0; result == 0 &&
	     (path = embed_name(EMBEDDED_LISTS "lists/", i)); i++)
		result = add(all, path + strlen(EMBEDDED_LISTS), path, true,
			e);
	return result;
}

static int by_name(const void *a, const void *b)
{
	return span_cmp(((const struct bundle_source *)a)->name,
		((const struct bundle_source *)b)->name);
}

static bool has_policy(const struct bundle_sources *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].kind == BUNDLE_POLICY)
			return true;
	return false;
}

static int find_policy(const char *dir, struct arena *a,
	struct bundle_sources *all, struct err *e)
{
	if (dir == NULL)
		return add_shipped_policy(all, e);
	if (add_folder(all, dir, "policy/", true, a, e) < 0 ||
	    add_folder(all, arena_printf(a, "%s/templates", dir),
			"policy/templates/", false, a, e) < 0)
		return -1;
	if (add_folder(all, arena_printf(a, "%s/rules", dir),
			"policy/rules/", false, a, e) < 0)
		return -1;
	return add_folder(all, arena_printf(a, "%s/dnslists", dir),
		"policy/dnslists/", false, a, e);
}

int bundle_find_sources(const char *policy_dir, const char *lists_dir,
	struct arena *a, struct bundle_sources *sources_r, struct err *e)
{
	struct bundle_sources *all = sources_r;

	*all = (struct bundle_sources){ .v = arena_array(a, SOURCES_MAX,
		sizeof(*all->v)) };
	if (find_policy(policy_dir, a, all, e) < 0)
		return -1;
	if (!has_policy(all))
		return err_set(e, ERR_PERMANENT, "%s: no policy: there is "
			"no file *.lua in it", policy_dir ? policy_dir :
			"the executable");
	if ((lists_dir ? add_folder(all, lists_dir, "lists/", true, a, e) :
	     add_shipped_lists(all, e)) < 0)
		return -1;
	qsort(all->v, all->n, sizeof(*all->v), by_name);
	return 0;
}
