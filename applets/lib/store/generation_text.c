#include "store/generation_text.h"

#include <string.h>

#define HEAD "pm generation 1"

static bool name_ok(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i], low = span_lower(c);

		if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') &&
		    memchr("-_.@+#=", c, 7) == NULL)
			return false;
	}
	return s.n && s.p[0] != '.';
}

bool generation_path_ok(struct span path)
{
	static const char *const folders[] = { "policy/templates/",
		"policy/rules/", "policy/dnslists/", "policy/", "lists/" };

	if (path.n > GENERATION_PATH_MAX)
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		struct span f = span_of(folders[i]);

		if (span_starts(path, f))
			return name_ok(span_after(path, f.n));
	}
	return false;
}

void generation_text_write(const struct generation *g, struct buf *b)
{
	buf_printf(b, HEAD "\nnumber %llu\nparent %llu\ntime %lld\n"
		"key %.*s\nwho %.*s\nmessage %.*s\n",
		(unsigned long long)g->number, (unsigned long long)g->parent,
		(long long)g->time_s, SPAN_FMT(g->key), SPAN_FMT(g->who),
		SPAN_FMT(g->message));
	for (size_t i = 0; i < g->n; i++)
		buf_printf(b, "file %s %llu %.*s\n", g->files[i].sha256,
			(unsigned long long)g->files[i].size,
			SPAN_FMT(g->files[i].path));
}

/* The lines, one after the other. */
struct reader {
	struct span rest;
	unsigned nth;
	struct err *e;
};

static int refuse(const struct reader *r, const char *what)
{
	return err_set(r->e, ERR_PERMANENT, "%u: %s", r->nth, what);
}

/* The next line must begin with this word; what follows it. */
static int take(struct reader *r, const char *word, struct span *value_r)
{
	struct span line, w = span_of(word);

	r->nth++;
	if (!span_line(&r->rest, &line) || !span_starts(line, w) ||
	    line.n <= w.n || line.p[w.n] != ' ')
		return err_set(r->e, ERR_PERMANENT, "%u: \"%s\" is missing",
			r->nth, word);
	*value_r = span_after(line, w.n + 1);
	return 0;
}

static int take_number(struct reader *r, const char *word, uint64_t *n_r)
{
	struct span value;

	if (take(r, word, &value) < 0)
		return -1;
	return span_u64(value, INT64_MAX, n_r) ? 0 :
		refuse(r, "is no number");
}

static bool is_hash(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return s.n == HASH_SHA256_HEX_SIZE - 1;
}

static int take_file(struct reader *r, const struct generation_file *before,
	struct generation_file *f)
{
	struct span line, hash, size;

	if (take(r, "file", &line) < 0)
		return -1;
	if (!span_cut(&line, ' ', &hash) || !is_hash(hash) ||
	    !span_cut(&line, ' ', &size) ||
	    !span_u64(size, GENERATION_OBJECT_MAX, &f->size) ||
	    !generation_path_ok(line))
		return refuse(r, "is no file");
	if (before && span_cmp(before->path, line) >= 0)
		return refuse(r, "is out of order");
	memcpy(f->sha256, hash.p, hash.n);
	f->path = line;
	return 0;
}

static int take_head(struct reader *r, struct generation *g)
{
	struct span line = { NULL, 0 };
	uint64_t time = 0;

	r->nth = 1;
	if (!span_line(&r->rest, &line) || !span_is(line, HEAD))
		return refuse(r, "is no generation that this version reads");
	if (take_number(r, "number", &g->number) < 0 ||
	    take_number(r, "parent", &g->parent) < 0 ||
	    take_number(r, "time", &time) < 0 ||
	    take(r, "key", &g->key) < 0 || take(r, "who", &g->who) < 0 ||
	    take(r, "message", &g->message) < 0)
		return -1;
	g->time_s = (int64_t)time;
	return 0;
}

int generation_text_read(struct span text, struct arena *a,
	struct generation *g_r, struct err *e)
{
	struct reader r = { .rest = text, .e = e };

	*g_r = (struct generation){ 0 };
	if (take_head(&r, g_r) < 0)
		return -1;
	g_r->files = arena_array(a, GENERATION_FILES_MAX,
		sizeof(*g_r->files));
	while (r.rest.n) {
		struct generation_file *f = &g_r->files[g_r->n];

		if (g_r->n == GENERATION_FILES_MAX)
			return refuse(&r, "too many files");
		if (take_file(&r, g_r->n ? f - 1 : NULL, f) < 0)
			return -1;
		g_r->n++;
	}
	return 0;
}
