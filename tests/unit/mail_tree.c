/*
 * The tree of mails for other programs to read: a line of JSON with the number
 * of the file, then one for each of its parts, bytes as hexadecimal. Not a
 * test of its own: tests/mail/conform.t runs it.
 *   mail_tree FILE ...		the parts of each
 *   mail_tree --time FILE ...	nothing but how long each takes
 *   mail_tree --quiet FILE ...	nothing: only to see that it ends well
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "mail/mime.h"

#define LIMITS (&mail_default_limits)

static bool read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(buf_room(b, 65536), 1, 65536, f)) > 0)
		b->n += n;
	fclose(f);
	return true;
}

static void print_hex(const char *key, struct span s)
{
	printf(", \"%s\": \"", key);
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", s.p[i]);
	putchar('"');
}

static void print_part(struct mime_part *p, struct arena *a)
{
	bool leaf = p->child == NULL || mime_is_leaf(p) ||
		    !span_starts(p->type, SPAN("multipart/"));
	struct span content = leaf ? mime_decode(p, LIMITS, a) : SPAN("");

	printf("{\"index\": %u, \"parent\": %d, \"instead\": %d, "
		"\"origin\": %d, \"depth\": %u, \"encoding\": %d, "
		"\"flags\": %u, \"fields\": %zu", p->index,
		p->parent ? (int)p->parent->index : -1,
		p->instead ? (int)p->instead->index : -1, p->origin, p->depth,
		p->encoding, p->flags, p->header.n);
	print_hex("type", p->type);
	print_hex("charset", p->charset);
	print_hex("disposition", p->disposition);
	print_hex("name", p->name);
	print_hex("content", content);
	print_hex("raw", leaf ? p->body : SPAN(""));
	print_hex("text", mime_is_text(p) ? mime_text(p, LIMITS, a) :
					    SPAN(""));
	printf(", \"names\": [");
	for (size_t i = 0; i < p->nnames; i++) {
		printf("%s\"", i ? ", " : "");
		for (size_t k = 0; k < p->names[i].n; k++)
			printf("%02x", p->names[i].p[k]);
		putchar('"');
	}
	printf("]}\n");
}

/* Parts whose place in the tree is not what it must be. */
static bool is_sound(const struct mime *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mime_part *p = m->parts[i];

		if (p->index != i || p->depth > LIMITS->depth ||
		    (p->parent && p->depth != p->parent->depth + 1) ||
		    (p->origin == MIME_READING) != (p->instead != NULL))
			return false;
	}
	return m->n > 0 && m->n <= LIMITS->parts && m->root == m->parts[0];
}

static bool tree(const char *path, int number, const char *how)
{
	struct arena *a = arena_new("tree", (size_t)2 << 30);
	struct buf raw = { .arena = a };
	clock_t start = clock();
	bool ok = read_file(path, &raw);
	size_t before = arena_used(a);
	struct mime m;

	if (ok) {
		start = clock();
		mime_parse(buf_bytes(&raw), LIMITS, a, &m);
		mime_open(&m);
		ok = is_sound(&m);
		if (!ok)
			printf("not ok - %s: the tree is not sound\n", path);
	} else {
		printf("not ok - cannot read %s\n", path);
	}
	if (ok && how == NULL)
		printf("{\"file\": %d}\n", number);
	for (size_t i = 0; ok && i < m.n; i++) {
		if (how == NULL)
			print_part(m.parts[i], a);
		else if (mime_is_text(m.parts[i]))
			mime_text(m.parts[i], LIMITS, a);
		else
			mime_decode(m.parts[i], LIMITS, a);
	}
	if (ok && how && strcmp(how, "--time") == 0)
		printf("%s: %zu bytes %zu parts flags %x %ld us %zu memory\n",
			path, raw.n, m.n, m.flags,
			(long)((clock() - start) * 1000000 / CLOCKS_PER_SEC),
			arena_used(a) - before);
	arena_free(&a);
	return ok;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 && argv[1][0] == '-' ? argv[1] : NULL;
	bool ok = true;

	if (argc < 2)
		printf("1..0 # SKIP the names of mails are its arguments\n");
	for (int i = how ? 2 : 1; i < argc; i++)
		ok &= tree(argv[i], i, how);
	return !ok;
}
