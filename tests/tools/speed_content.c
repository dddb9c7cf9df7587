/*
 * What the content classifier costs beside reading a message: features and
 * their weights, after text, page and links were made for others.
 *
 *	speed_content SECONDS FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/io.h"
#include "engine/content.h"
#include "engine/features.h"
#include "mail/charset.h"

enum { MEMORY = 1 << 30 };

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Adds the seconds of one message to *took; its features. */
static size_t weigh(struct span message, const struct classifier *c,
	struct arena *a, double *took)
{
	static const struct envelope env = { 0 };
	static const struct bundle bundle = { 0 };
	struct classifier_score score;
	struct features found;
	struct facts *f;
	double start;

	arena_reset(a);
	f = facts_new(&env, &bundle, message, a);
	facts_urls(f);
	start = cpu_seconds();
	features_find(f, &found);
	classifier_score(c, found.v, found.n, &score);
	*took += cpu_seconds() - start;
	return found.n;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new("message", MEMORY);
	size_t n = argc > 2 ? (size_t)argc - 2 : 0, rounds = 0, features = 0;
	struct buf *files = calloc(n + 1, sizeof(*files));
	struct classifier c;
	double took = 0;
	struct err e;

	if (files == NULL || n == 0 || content_shipped(&c, &e) < 0)
		return EXIT_FAILURE;
	charset_open_all();
	for (size_t i = 0; i < n; i++)
		if (io_slurp(argv[i + 2], 256 << 20, &files[i], &e) < 0)
			return EXIT_FAILURE;
	for (; took < atof(argv[1]); rounds++)
		for (size_t i = 0; i < n; i++)
			features += weigh(buf_bytes(&files[i]), &c, a, &took);
	printf("%zu messages, %.0f features each: %.3f ms each\n", n,
		rounds ? (double)features / (double)(rounds * n) : 0.0,
		rounds ? took * 1e3 / (double)(rounds * n) : 0.0);
	for (size_t i = 0; i < n; i++)
		buf_free(&files[i]);
	free(files);
	arena_free(&a);
	return EXIT_SUCCESS;
}
