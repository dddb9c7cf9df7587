/*
 * How fast a message is read: tree, files in texts, decoded text, pages,
 * links and types of the files given, without archives and hashes; and how
 * much memory that takes beside the message's size.
 *
 *	speed_read SECONDS FILE...
 *
 * With 0 each file is read once, under its limits; who reaches one is named.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"
#include "mail/charset.h"
#include "mail/html.h"
#include "mail/mime.h"
#include "mail/type.h"

enum {
	MEMORY = 1 << 30, TEXT_MAX = 1 << 20, ALLOWANCE = 1 << 20,
	OVER = MAIL_OVER_HEADERS | MAIL_OVER_PARTS | MAIL_OVER_DEPTH |
		MAIL_OVER_PARAMS | MAIL_OVER_DECODED | MAIL_OVER_URLS |
		MAIL_OVER_READINGS,
};

static const struct mail_limits *limits = &mail_default_limits;
static size_t seen;		/* so that nothing is left out as unused */

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_text(struct mime_part *p, struct url_set *urls,
	struct arena *a)
{
	struct span text = mime_text(p, limits, a);
	struct html page;

	seen += text.n;
	if (!span_is(p->type, "text/html")) {
		url_find(text, URL_IN_TEXT, limits, a, urls);
		return;
	}
	html_read(text, TEXT_MAX, limits, a, &page);
	html_urls(&page, limits, a, urls);
}

/* flags_r: enum mail_flag, of everything that was done. */
static size_t read_message(struct span raw, struct arena *a,
	unsigned *flags_r)
{
	struct url_set urls = { 0 };
	struct mime m;

	arena_reset(a);
	mime_parse(raw, limits, a, &m);
	mime_open(&m);
	*flags_r = m.flags;
	for (size_t i = 0; i < m.n; i++) {
		struct mime_part *p = m.parts[i];

		if (!mime_is_leaf(p))
			continue;
		seen += type_of(mime_decode(p, limits, a));
		if (mime_is_text(p))
			read_text(p, &urls, a);
		*flags_r |= p->flags;
	}
	*flags_r |= urls.flags;
	seen += urls.n;
	return arena_used(a);
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new("message", MEMORY);
	size_t n = argc > 2 ? (size_t)argc - 2 : 0, bytes = 0, over = 0;
	struct buf *files = calloc(n + 1, sizeof(*files));
	double start, took = 0, worst = 0;
	unsigned rounds = 0, flags;
	struct err e;

	if (files == NULL || n == 0)
		return EXIT_FAILURE;
	charset_open_all();
	for (size_t i = 0; i < n; i++) {
		size_t used;

		if (io_slurp(argv[i + 2], 256 << 20, &files[i], &e) < 0)
			return EXIT_FAILURE;
		bytes += files[i].n;
		used = read_message(buf_bytes(&files[i]), a, &flags);
		if (flags & OVER)
			printf("%s: over a limit, flags %x\n", argv[i + 2],
				flags & OVER);
		if (used > 4 * files[i].n + ALLOWANCE) {
			printf("%s: takes %zu bytes\n", argv[i + 2], used);
			over++;
		}
		if ((double)used / (double)(files[i].n + ALLOWANCE / 4) >
		    worst)
			worst = (double)used / (double)(files[i].n +
				ALLOWANCE / 4);
	}
	start = cpu_seconds();
	while (took < atof(argv[1])) {
		for (size_t i = 0; i < n; i++)
			read_message(buf_bytes(&files[i]), a, &flags);
		rounds++;
		took = cpu_seconds() - start;
	}
	if (rounds == 0) {
		printf("%zu messages read; memory beyond 4 x size + 1 MB: "
			"%zu\n", n, over);
	} else {
		printf("%.0f MB/s, %zu messages of %.1f KB, %.3f ms each; "
			"memory beyond 4 x size + 1 MB: %zu (worst %.1f x)\n",
			(double)bytes * rounds / took / 1e6, n,
			(double)bytes / (double)n / 1e3,
			took * 1e3 / rounds / (double)n, over, worst);
	}
	for (size_t i = 0; i < n; i++)
		buf_free(&files[i]);
	free(files);
	arena_free(&a);
	return seen ? EXIT_SUCCESS : EXIT_FAILURE;
}
