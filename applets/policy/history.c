/*
 * pm policy export --git: every generation that is kept as a commit, in the
 * form that git fast-import reads (git-fast-import(1), "Input Format").
 */
#include "publish.h"

#include <stdio.h>

#include "base/map.h"

struct history {
	struct arena *arena;
	struct map *blobs;	/* of content that was written: hash, mark */
	unsigned marks;
	size_t commits;
};

/* A name without what git's own marks around it are. */
static void put_name(struct span s)
{
	size_t written = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '<' && s.p[i] != '>' && s.p[i] >= ' ') {
			putchar(s.p[i]);
			written++;
		}
	if (written == 0)
		fputs("somebody", stdout);
}

/* Only a path that begins with a quote must stand in quotes. */
static void put_path(struct span s)
{
	bool quoted = s.n && s.p[0] == '"';

	if (quoted)
		putchar('"');
	for (size_t i = 0; i < s.n; i++) {
		if (quoted && (s.p[i] == '"' || s.p[i] == '\\'))
			putchar('\\');
		putchar(s.p[i]);
	}
	if (quoted)
		putchar('"');
	putchar('\n');
}

static void put_data(struct span s)
{
	printf("data %zu\n", s.n);
	fwrite(s.p, 1, s.n, stdout);
	putchar('\n');
}

/* Content once, whoever has it. */
static int put_blob(struct history *h, const struct generation_file *f,
	struct err *e)
{
	struct span key = span_of(f->sha256);
	struct buf b = { 0 };
	unsigned *mark;

	if (map_get(h->blobs, key))
		return 0;
	if (generation_read(f, &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	mark = arena_alloc(h->arena, sizeof(*mark));
	*mark = ++h->marks;
	map_put(h->blobs, arena_span(h->arena, key), mark);
	printf("blob\nmark :%u\n", *mark);
	put_data(buf_bytes(&b));
	buf_free(&b);
	return 0;
}

static void put_who(const char *what, const struct generation *g)
{
	printf("%s ", what);
	put_name(g->who);
	printf(" <> %lld +0000\n", (long long)g->time_s);
}

static void put_commit(struct history *h, const struct generation *g)
{
	struct buf text = { .arena = h->arena };

	if (g->message.n)
		buf_span(&text, g->message);
	else
		buf_printf(&text, "generation %llu",
			(unsigned long long)g->number);
	buf_printf(&text, "\n\nGeneration: %llu\nKey: %.*s\n",
		(unsigned long long)g->number, SPAN_FMT(g->key));
	fputs("commit refs/heads/main\n", stdout);
	put_who("author", g);
	put_who("committer", g);
	put_data(buf_bytes(&text));
	fputs("deleteall\n", stdout);
	for (size_t i = 0; i < g->n; i++) {
		const unsigned *mark = map_get(h->blobs,
			span_of(g->files[i].sha256));

		printf("M 100644 :%u ", *mark);
		put_path(g->files[i].path);
	}
	h->commits++;
}

static int put_generation(struct history *h, uint64_t number, struct err *e)
{
	struct generation g;

	if (generation_load(number, h->arena, &g, e) < 0)
		return -1;
	for (size_t i = 0; i < g.n; i++)
		if (put_blob(h, &g.files[i], e) < 0)
			return -1;
	put_commit(h, &g);
	return 0;
}

int publish_write_history(struct arena *a, size_t *n_r, struct err *e)
{
	struct history h = { .arena = a, .blobs = map_new(a) };
	uint64_t *v;
	size_t n;

	if (generation_numbers(a, &v, &n, e) < 0)
		return -1;
	/* Cut short, it is not taken for the whole. */
	fputs("feature done\n", stdout);
	for (size_t i = 0; i < n; i++)
		if (put_generation(&h, v[i], e) < 0)
			return -1;
	fputs("done\n", stdout);
	*n_r = h.commits;
	return fflush(stdout) == 0 ? 0 :
		err_errno(e, ERR_TEMPORARY, "standard output");
}
