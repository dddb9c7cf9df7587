#include "store/generation.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define OBJECTS GENERATION_DIR "/objects"

enum {
	NUMBERS_MAX = 10000,
	PRUNE_MEMORY = 512 << 20,
};

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int generation_numbers(struct arena *a, uint64_t **v_r, size_t *n_r,
	struct err *e)
{
	DIR *d = opendir(GENERATION_DIR);
	struct dirent *f;
	uint64_t number;

	*n_r = 0;
	*v_r = arena_array(a, NUMBERS_MAX, sizeof(**v_r));
	if (d == NULL)
		return errno == ENOENT ? 0 : err_errno(e, ERR_PERMANENT,
			GENERATION_DIR ": cannot be read");
	while ((f = readdir(d)) && *n_r < NUMBERS_MAX)
		if (span_u64(span_of(f->d_name), UINT32_MAX, &number))
			(*v_r)[(*n_r)++] = number;
	closedir(d);
	if (*n_r)
		qsort(*v_r, *n_r, sizeof(**v_r), by_number);
	return 0;
}

/* The names of objects that stay, sorted. */
struct named {
	const char **v;
	size_t n, cap;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void note(struct named *names, const struct generation *g,
	struct arena *a)
{
	for (size_t i = 0; i < g->n; i++) {
		if (names->n == names->cap) {
			const char **v;

			names->cap = names->cap ? 2 * names->cap : 1024;
			v = arena_array(a, names->cap, sizeof(*v));
			if (names->n)
				memcpy(v, names->v, names->n * sizeof(*v));
			names->v = v;
		}
		names->v[names->n++] = g->files[i].sha256;
	}
}

static bool is_named(const struct named *names, const char *name)
{
	return names->n && bsearch(&name, names->v, names->n,
		sizeof(*names->v), by_name) != NULL;
}

/* What a crash left half written is under no name that anyone has. */
static int sweep(const struct named *names, struct err *e)
{
	DIR *d = opendir(OBJECTS);
	struct dirent *f;

	if (d == NULL)
		return err_errno(e, ERR_TEMPORARY, OBJECTS);
	while ((f = readdir(d)))
		if (f->d_name[0] != '.' && !is_named(names, f->d_name))
			unlinkat(dirfd(d), f->d_name, 0);
	closedir(d);
	return 0;
}

int generation_prune(struct err *e)
{
	struct arena *a = arena_new("generations", PRUNE_MEMORY);
	struct named names = { 0 };
	uint64_t active, *v;
	size_t n;
	int result = generation_active(&active, e);

	if (result == 0)
		result = generation_numbers(a, &v, &n, e);
	for (size_t i = 0; result == 0 && i < n; i++) {
		struct generation *g = arena_alloc(a, sizeof(*g));

		if (i + GENERATION_KEPT < n && v[i] != active)
			generation_drop(v[i]);
		/* What cannot be read may name anything: nothing goes. */
		else
			result = generation_load(v[i], a, g, e);
		if (result == 0 && g->n)
			note(&names, g, a);
	}
	if (result == 0 && names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	if (result == 0)
		result = sweep(&names, e);
	arena_free(&a);
	return result;
}
