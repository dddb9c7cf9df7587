/*
 * Golden headers: tests/mail/authors/NAME.eml (aNN: a case of the paper
 * "Composition Kills", USENIX Security 2020), and whom clients may show as
 * the author in NAME.ref. Run from the root of the tree; MAIL_GOLDEN_WRITE=1
 * writes the .ref files anew: then read the difference that git shows.
 */
#include <glob.h>

#include "base/utf8.h"
#include "mail/address.h"
#include "mail/mime.h"
#include "mail_test.h"

enum { MOST = 100 };

static bool read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(buf_room(b, 4096), 1, 4096, f)) > 0)
		b->n += n;
	fclose(f);
	return true;
}

static bool write_file(const char *path, struct span s)
{
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(s.p, 1, s.n, f) == s.n;

	return f && fclose(f) == 0 && ok;
}

static void print_name(struct buf *b, unsigned seen)
{
	static const char *const names[] = {
		"another address", "turned", "hidden", "control", "no text",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (seen >> i & 1)
			buf_printf(b, "\tname: %s\n", names[i]);
}

static struct span print_authors(struct span raw, struct arena *a)
{
	const struct header *headers[MOST];
	struct buf b = { .arena = a };
	struct address *list;
	struct mime m;
	unsigned flags;
	size_t n = 0;

	mime_parse(raw, LIMITS, a, &m);
	for (size_t i = 0; i < m.n && n < MOST; i++)
		if (m.parts[i]->parent == NULL)
			headers[n++] = &m.parts[i]->header;
	n = address_authors(headers, n, MOST, a, &list, &flags);
	for (size_t i = 0; i < n; i++) {
		buf_string(&b, "author: ");
		buf_span(&b, address_show(&list[i], a));
		buf_byte(&b, '\n');
		print_name(&b, address_name(&list[i], a));
	}
	if (flags & MAIL_AMBIG_FROM)
		buf_string(&b, "ambiguous\n");
	if ((flags | m.flags) & MAIL_BAD_UTF8)
		buf_string(&b, "no text\n");
	return buf_bytes(&b);
}

static bool check(const char *eml, size_t number)
{
	struct arena *a = arena_new("golden", (size_t)256 << 20);
	struct buf raw = { .arena = a }, want = { .arena = a };
	const char *ref = arena_printf(a, "%.*s.ref",
		(int)(span_of(eml).n - 4), eml);
	bool ok = read_file(eml, &raw);
	struct span got = print_authors(buf_bytes(&raw), a);

	if (ok && getenv("MAIL_GOLDEN_WRITE"))
		ok = write_file(ref, got);
	ok = ok && read_file(ref, &want) && span_eq(buf_bytes(&want), got);
	printf("%s %zu - %s\n", ok ? "ok" : "not ok", number, eml);
	if (!ok)
		printf("# expected:\n%.*s# got:\n%.*s",
			SPAN_FMT(buf_bytes(&want)), SPAN_FMT(got));
	arena_free(&a);
	return ok;
}

int main(void)
{
	unsigned bad = 0;
	glob_t g = { 0 };

	if (glob("tests/mail/authors/*.eml", 0, NULL, &g) != 0) {
		printf("1..1\nnot ok 1 - no tests/mail/authors/*.eml: run me "
			"from the root of the tree\n");
		return 1;
	}
	printf("1..%zu\n", g.gl_pathc);
	for (size_t i = 0; i < g.gl_pathc; i++)
		bad += !check(g.gl_pathv[i], i + 1);
	globfree(&g);
	return bad != 0;
}
