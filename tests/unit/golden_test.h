/*
 * Golden files: real input, real output. Each input has a .ref of its name
 * beside it; MAIL_GOLDEN_WRITE=1 accepts what comes out.
 */
#ifndef GOLDEN_TEST_H
#define GOLDEN_TEST_H

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

static inline bool golden_read(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	size_t n = 1;

	while (f && n > 0) {
		n = fread(buf_room(b, 4096), 1, 4096, f);
		b->n += n;
	}
	return f && fclose(f) == 0;
}

static inline bool golden_write(const char *path, struct span s)
{
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(s.p, 1, s.n, f) == s.n;

	return f && fclose(f) == 0 && ok;
}

/* Shows the first line where the two differ. */
static inline void golden_difference(struct span want, struct span got)
{
	struct span w = SPAN(""), g = SPAN("");

	for (int line = 1; want.n || got.n; line++) {
		if (!span_line(&want, &w))
			w = SPAN("(end)");
		if (!span_line(&got, &g))
			g = SPAN("(end)");
		if (span_eq(w, g))
			continue;
		printf("# line %d: expected \"%.*s\"\n", line, SPAN_FMT(w));
		printf("# line %d:      got \"%.*s\"\n", line, SPAN_FMT(g));
		return;
	}
}

/* Judges one file; false: it reads otherwise than before. */
static inline bool golden_check(const char *program, const char *in,
	unsigned number, struct span (*print)(struct span, struct arena *))
{
	struct arena *a = arena_new("golden", (size_t)256 << 20);
	struct buf raw = { .arena = a }, want = { .arena = a };
	size_t dot = span_rchr(span_of(in), '.');
	const char *ref = arena_printf(a, "%.*s.ref", (int)dot, in);
	bool ok = golden_read(in, &raw);
	struct span got = print(buf_bytes(&raw), a);

	if (ok && getenv("MAIL_GOLDEN_WRITE"))
		ok = golden_write(ref, got);
	ok = ok && golden_read(ref, &want) && span_eq(buf_bytes(&want), got);
	printf("%s %u - %s\n", ok ? "ok" : "not ok", number, in);
	if (!ok) {
		golden_difference(buf_bytes(&want), got);
		printf("# again: %s %s\n# accept: MAIL_GOLDEN_WRITE=1 %s %s\n",
			program, in, program, in);
	}
	arena_free(&a);
	return ok;
}

/* Judges the files that are named, or all of the pattern: the exit code. */
static inline int golden_main(int argc, char **argv, const char *pattern,
	struct span (*print)(struct span, struct arena *))
{
	unsigned bad = 0;
	glob_t g = { .gl_pathc = (size_t)argc - 1, .gl_pathv = argv + 1 };

	if (argc < 2 && glob(pattern, 0, NULL, &g) != 0) {
		printf("1..1\nnot ok 1 - no %s: run me from the root of the "
			"tree\n", pattern);
		return 1;
	}
	printf("1..%zu\n", g.gl_pathc);
	for (size_t i = 0; i < g.gl_pathc; i++)
		bad += !golden_check(argv[0], g.gl_pathv[i], (unsigned)i + 1,
			print);
	if (argc < 2)
		globfree(&g);
	return bad != 0;
}

#endif
