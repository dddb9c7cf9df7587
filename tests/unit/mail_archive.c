#include "mail/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "base/clock.h"
#include "mail/uu.h"
#include "mail_sandboxed.h"
#include "mail_test.h"

static const struct { unsigned flag; char letter; } letters[] = {
	{ MAIL_AMBIG_ARCHIVE, 'A' }, { MAIL_ENCRYPTED, 'E' },
	{ MAIL_OVER_ARCHIVE, 'O' }, { MAIL_UNSCAN_ARCHIVE, 'U' },
};

struct seen {
	struct buf text;	/* "path type size|" of each */
	size_t n;
	bool brief;
};

static bool visit(void *context, const struct archive_member *m)
{
	struct seen *s = context;

	s->n++;
	if (!s->brief)
		buf_printf(&s->text, "%.*s %.*s %zu|", SPAN_FMT(m->path),
			SPAN_FMT(type_word(m->type)), m->content.n);
	return true;
}

/* What the members are; the flags as letters at the end. */
static struct span walk(struct span s, struct seen *seen, struct arena *a,
	struct archive_budget *b)
{
	struct archive_visitor v = { visit, seen };
	unsigned flags;

	seen->text.arena = a;
	flags = archive_walk(s, type_of(s), SPAN("x"), b, a, &v);
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (flags & letters[i].flag)
			buf_byte(&seen->text, (unsigned char)letters[i].letter);
	return buf_bytes(&seen->text);
}

static void expect_walk(struct span s, const char *want, struct arena *a)
{
	struct archive_budget b;
	struct seen seen = { 0 };

	archive_budget_begin(&b, LIMITS);
	expect_span(walk(s, &seen, a, &b), want);
}

#define ANY SIZE_MAX	/* as many as the limit */

/* Only the number of members and the flags. */
static void expect_brief(struct span s, size_t n, const char *flags,
	struct arena *a)
{
	struct archive_budget b;
	struct seen seen = { .brief = true };
	long start = cpu_ms();

	archive_budget_begin(&b, LIMITS);
	expect_span(walk(s, &seen, a, &b), flags);
	if (n != ANY)
		assert_int_equal(seen.n, n);
	else
		assert_int_equal(b.entries, LIMITS->archive_entries);
	assert_true(b.bytes <= LIMITS->archive_bytes);
	assert_true(b.entries <= LIMITS->archive_entries);
	/* B's invariant: 2 s of CPU. */
	expect_fast(start, 2000);
}

struct file {
	const char *name;
	struct span content;
	const char *link;
};

typedef int (*format_fn)(struct archive *);

/* What libarchive writes of the files. */
static struct span made(format_fn format, const struct file *files, size_t n,
	struct arena *a)
{
	struct archive *w = archive_write_new();
	size_t most = 1 << 20, used = 0;
	unsigned char *out;

	for (size_t i = 0; i < n; i++)
		most += files[i].content.n * 2 + 2048;
	out = arena_alloc(a, most);
	assert_int_equal(format(w), ARCHIVE_OK);
	archive_write_set_bytes_per_block(w, 0);
	assert_int_equal(archive_write_open_memory(w, out, most, &used), 0);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, files[i].name);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_filetype(e, files[i].link ? AE_IFLNK :
			AE_IFREG);
		if (files[i].link)
			archive_entry_set_symlink(e, files[i].link);
		archive_entry_set_size(e, (la_int64_t)files[i].content.n);
		assert_true(archive_write_header(w, e) >= ARCHIVE_WARN);
		if (files[i].content.n)
			archive_write_data(w, files[i].content.p,
				files[i].content.n);
		archive_entry_free(e);
	}
	archive_write_close(w);
	archive_write_free(w);
	return span_from(out, used);
}

static struct span gzip(struct span s, struct arena *a)
{
	unsigned char *out = arena_alloc(a, s.n / 500 + 65536 + s.n % 65536);
	z_stream z = { .next_in = (unsigned char *)s.p,
		.avail_in = (uInt)s.n, .next_out = out,
		.avail_out = (uInt)(s.n / 500 + 65536 + s.n % 65536) };

	deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return span_from(out, z.total_out);
}

static const struct file two[] = {
	{ "a.txt", { (const unsigned char *)"hello", 5 }, NULL },
	{ "b.pdf", { (const unsigned char *)"%PDF-1.4", 8 }, NULL },
};

static void every_format(void **state)
{
	static const format_fn formats[] = {
		archive_write_set_format_zip, archive_write_set_format_7zip,
		archive_write_set_format_pax, archive_write_set_format_ustar,
		archive_write_set_format_gnutar,
		archive_write_set_format_v7tar,
		archive_write_set_format_cpio_newc,
		archive_write_set_format_cpio_odc,
		archive_write_set_format_ar_svr4,
		archive_write_set_format_iso9660,
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct span s = made(formats[i], two, 2, *state);
		bool iso = formats[i] == archive_write_set_format_iso9660;

		expect_walk(s, iso ? "x/.  0|x/a.txt text 5|x/b.pdf pdf 8|" :
			"x/a.txt text 5|x/b.pdf pdf 8|", *state);
	}
}

static void compressed_and_nested(void **state)
{
	struct arena *a = *state;
	struct span tar = made(archive_write_set_format_ustar, two, 2, a);
	struct span gz = gzip(tar, a);
	struct file zip[] = { { "t.tar.gz", gz, NULL } };
	struct buf want = { .arena = a };

	buf_printf(&want, "x/t.tar.gz gzip %zu|x/t.tar.gz/t.tar tar %zu|"
		"x/t.tar.gz/t.tar/a.txt text 5|x/t.tar.gz/t.tar/b.pdf pdf 8|",
		gz.n, tar.n);
	expect_walk(made(archive_write_set_format_zip, zip, 1, a),
		buf_c(&want), a);
}

/* B38 to B40: names and links are data. */
static void names_are_data(void **state)
{
	const struct file files[] = {
		{ "`id`.txt", SPAN("x"), NULL }, { "$(id);rm -rf '", SPAN("x"),
			NULL },
		{ "../../etc/x", SPAN("x"), NULL },
		{ "/abs", SPAN("x"), NULL },
		{ "C:\\x", SPAN("x"), NULL }, { "l", SPAN(""), "/etc" },
		{ "l/passwd", SPAN("x"), NULL },
	};

	expect_walk(made(archive_write_set_format_ustar, files, 7, *state),
		"x/`id`.txt text 1|x/$(id);rm -rf ' text 1|"
		"x/../../etc/x text 1|x//abs text 1|x/C:\\x text 1|"
		"x/l  0|x/l/passwd text 1|", *state);
}

/* --- our own ZIPs, as no library writes them ------------------------------ */

struct member {
	const char *name, *local;
	struct span content;
	size_t at;		/* SIZE_MAX: with a header of its own */
};

static void put16(struct buf *b, size_t v)
{
	buf_byte(b, (unsigned char)v);
	buf_byte(b, (unsigned char)(v >> 8));
}

static void put32(struct buf *b, size_t v)
{
	put16(b, v);
	put16(b, v >> 16);
}

static void put_sizes(struct buf *b, struct span content, const char *name)
{
	put32(b, crc32(0, content.p, (uInt)content.n));
	put32(b, content.n);
	put32(b, content.n);
	put16(b, strlen(name));
	put16(b, 0);
}

static void put_zip(struct buf *b, struct member *m, size_t n, size_t listed)
{
	size_t base = b->n, directory;

	for (size_t i = 0; i < n; i++) {
		if (m[i].at != SIZE_MAX)
			continue;
		m[i].at = b->n - base;
		buf_add(b, "PK\3\4\24\0\0\0\0\0\0\0\0\0", 14);
		put_sizes(b, m[i].content, m[i].local);
		buf_string(b, m[i].local);
		buf_span(b, m[i].content);
	}
	directory = b->n - base;
	for (size_t i = 0; i < listed; i++) {
		buf_add(b, "PK\1\2\24\0\24\0\0\0\0\0\0\0\0\0", 16);
		put_sizes(b, m[i].content, m[i].name);
		buf_add(b, "\0\0\0\0\0\0\0\0\0\0", 10);
		put32(b, m[i].at);
		buf_string(b, m[i].name);
	}
	put32(b, 0x06054b50);
	put32(b, 0);
	put16(b, listed);
	put16(b, listed);
	put32(b, b->n - base - 12 - directory);
	put32(b, directory);
	put16(b, 0);
}

/* B41, B42: all that can be read is read. */
static void zips_with_two_contents(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	struct member m[] = { { "a.txt", "a.exe", SPAN("MZ"), SIZE_MAX },
		{ "b.txt", "b.txt", SPAN("b"), SIZE_MAX } };

	put_zip(&b, m, 2, 2);
	expect_walk(buf_bytes(&b), "x/a.txt  0|x/a.exe exe 2|"
		"x/b.txt text 1|A", a);
	/* A member that the directory does not name. */
	b.n = 0;
	m[0].at = m[1].at = SIZE_MAX;
	m[0].local = "a.txt";
	put_zip(&b, m, 2, 1);
	expect_walk(buf_bytes(&b), "x/a.txt exe 2|x/b.txt text 1|A", a);
	/* Two archives in one file; and a picture before them. */
	b.n = 0;
	buf_string(&b, "GIF89a;");
	m[0].at = m[1].at = SIZE_MAX;
	put_zip(&b, m, 1, 1);
	put_zip(&b, m + 1, 1, 1);
	expect_walk(buf_bytes(&b), "x/b.txt text 1|x/a.txt exe 2|A", a);
}

/* B44: members that share their bytes. */
static void overlap_bomb(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	struct span big = repeat(a, "0123456789abcdef", 65536);
	struct member *m = arena_array(a, 1000, sizeof(*m));

	for (int i = 0; i < 1000; i++)
		m[i] = (struct member){ "a", "a", big, i ? 0 : SIZE_MAX };
	put_zip(&b, m, 1, 1);
	for (int i = 0; i < 1000; i++)
		m[i].at = i ? 0 : SIZE_MAX;
	b.n = 0;
	put_zip(&b, m, 1000, 1000);
	expect_brief(buf_bytes(&b), 1, "O", a);
}

/* B46, made of pieces that are equal: 10 GiB of zeros in 10 MB. */
static void gzip_of_ten_gib(void **state)
{
	struct arena *a = *state;
	struct span zeros = span_from(arena_alloc(a, 16 << 20), 16 << 20);
	struct span piece = gzip(zeros, a);
	struct buf b = { .arena = a };

	for (int i = 0; i < 640; i++)
		buf_span(&b, piece);
	assert_true(b.n < 12 << 20);
	expect_brief(buf_bytes(&b), 1, "O", a);
}

static void a_window_of_gigabytes(void **state)
{
	/* xz, zstd and lzma headers that ask for 4, 2 and 1 GiB. */
	expect_walk(SPAN("\xfd" "7zXZ\0\0\4\xe6\xd6\xb4\x46\2\0\x21\1\x28\0\0\0"
		"xxxxxxxxxxxx"), "O", *state);
	expect_walk(SPAN("\x28\xb5\x2f\xfd\0\xa8xxxxxxxxx"), "O", *state);
	expect_walk(SPAN("\x5d\0\0\0\x40\xff\xff\xff\xff\xff\xff\xff\xff"
		"xxxxxxx"), "O", *state);
}

/* B47. */
static void a_million_empty_members(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	struct member *m = arena_array(a, 1000000, sizeof(*m));

	for (int i = 0; i < 1000000; i++)
		m[i] = (struct member){ "a", "a", SPAN(""), SIZE_MAX };
	put_zip(&b, m, 1000000, 65535);
	expect_brief(buf_bytes(&b), ANY, "AO", a);
}

/* B48. */
static void twenty_levels(void **state)
{
	struct file f = { "n", SPAN("deep"), NULL };

	for (int i = 0; i < 20; i++)
		f.content = made(i % 2 ? archive_write_set_format_zip :
			archive_write_set_format_7zip, &f, 1, *state);
	expect_brief(f.content, LIMITS->archive_depth, "O", *state);
	f.content = SPAN("deep");
	for (size_t i = 0; i < LIMITS->archive_depth; i++)
		f.content = made(archive_write_set_format_zip, &f, 1, *state);
	expect_brief(f.content, LIMITS->archive_depth, "", *state);
}

/* B50, B56: never clean. */
static void truncated_or_unknown(void **state)
{
	struct arena *a = *state;
	static const format_fn formats[] = { archive_write_set_format_zip,
		archive_write_set_format_7zip, archive_write_set_format_ustar,
		archive_write_set_format_cpio_newc };
	struct buf b = { .arena = a };
	struct member m = { "a", "a", SPAN("abc"), SIZE_MAX };

	for (size_t i = 0; i < 4; i++) {
		struct span s = made(formats[i], two, 2, a);
		struct archive_budget budget;
		struct seen seen = { 0 };
		struct span got;

		if (formats[i] == archive_write_set_format_ustar)
			s.n = 1024 + 512 + 4;
		else
			s.n -= 40;
		if (formats[i] == archive_write_set_format_cpio_newc)
			s.n = 150;
		archive_budget_begin(&budget, LIMITS);
		got = walk(s, &seen, a, &budget);
		if (span_chr(got, 'U') == SIZE_MAX)
			fail_msg("format %zu: %.*s", i, SPAN_FMT(got));
	}
	expect_walk(span_sub(gzip(SPAN("abcdefghijkl"), a), 0, 25),
		"U", a);
	expect_walk(SPAN("MSWIM\0\0\0xxxxxxxxxxxx"), "U", a);
	expect_walk(SPAN("\x60\xea\x28\0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		"U", a);
	put_zip(&b, &m, 1, 1);
	/* A method that nobody knows. */
	b.p[8] = b.p[34 + 10] = 77;
	expect_walk(buf_bytes(&b), "x/a  0|U", a);
}

static void one_budget_for_all(void **state)
{
	struct arena *a = *state;
	struct mail_limits l = mail_default_limits;
	struct span s = made(archive_write_set_format_zip, two, 2, a);
	struct archive_budget b;
	struct seen seen = { 0 };

	l.archive_entries = 3;
	archive_budget_begin(&b, &l);
	expect_span(walk(s, &seen, a, &b), "x/a.txt text 5|x/b.pdf pdf 8|");
	seen.text.n = 0;
	expect_span(walk(s, &seen, a, &b), "x/a.txt text 5|O");
	l = mail_default_limits;
	l.archive_bytes = 7;
	archive_budget_begin(&b, &l);
	seen.text.n = 0;
	expect_span(walk(s, &seen, a, &b), "x/a.txt text 5|x/b.pdf  0|O");
	l.archive_ms = 0;
	archive_budget_begin(&b, &l);
	seen.text.n = 0;
	expect_span(walk(s, &seen, a, &b), "O");
	assert_false(archive_is(TYPE_PDF));
	expect_walk(SPAN("%PDF-1.4"), "", a);
}

static void walk_any(struct span s, struct arena *a)
{
	struct archive_budget b;
	struct seen seen = { .brief = true };

	archive_budget_begin(&b, LIMITS);
	walk(s, &seen, a, &b);
}

static void any_length(void **state)
{
	struct buf b = { .arena = *state };
	struct member m[] = { { "a.txt", "a.txt", SPAN("x"), SIZE_MAX } };

	put_zip(&b, m, 1, 1);
	cut_everywhere(buf_bytes(&b), walk_any);
	cut_everywhere(gzip(SPAN("some text"), *state), walk_any);
	cut_everywhere(made(archive_write_set_format_7zip, two, 2, *state),
		walk_any);
}

static void print_walk(struct span name, struct span s)
{
	struct arena *a = arena_new("test", (size_t)1 << 30);
	struct mail_limits patient = mail_default_limits;
	struct archive_budget b;
	struct seen seen = { .brief = true };
	struct span flags;

	/* What is in them does not depend on who else computes. */
	patient.archive_ms *= 20;
	archive_budget_begin(&b, &patient);
	flags = walk(s, &seen, a, &b);
	printf("%.*s %.*s %zu %.*s\n", SPAN_FMT(name),
		SPAN_FMT(type_word(type_of(s))), seen.n, SPAN_FMT(flags));
	arena_free(&a);
}

/* One line a file, uudecoded when it is so: "NAME TYPE MEMBERS FLAGS". */
static void print_file(const char *path)
{
	struct arena *a = arena_new("test", (size_t)1 << 30);
	struct buf text = { .arena = a };
	struct span s, name = span_of(path);
	struct uu_file f;
	FILE *in = fopen(path, "rb");
	size_t n;

	if (in == NULL)
		exit(2);
	while ((n = fread(buf_room(&text, 1 << 20), 1, 1 << 20, in)) > 0)
		text.n += n;
	fclose(in);
	s = buf_bytes(&text);
	if (span_ends(name, SPAN(".uu")) && uu_find(s, 0, &f)) {
		unsigned char *out = arena_alloc(a, uu_room(&f) + 1);

		s = span_from(out, uu_decode(&f, out));
	}
	run_sandboxed(print_walk, span_after(name, span_rchr(name, '/') + 1),
		s);
	arena_free(&a);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(every_format), TEST(compressed_and_nested),
		TEST(names_are_data), TEST(zips_with_two_contents),
		TEST(overlap_bomb), TEST(gzip_of_ten_gib),
		TEST(a_window_of_gigabytes), TEST(a_million_empty_members),
		TEST(twenty_levels), TEST(truncated_or_unknown),
		TEST(one_budget_for_all), TEST(any_length),
	};

	archive_prepare();
	for (int i = 1; i < argc; i++)
		print_file(argv[i]);
	if (argc > 1)
		return 0;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
