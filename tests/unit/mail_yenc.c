#include "mail/yenc.h"

#include "golden_test.h"
#include "mail_test.h"

static const char *const flag_names[] = {
	"no-end", "size", "crc", "part", "junk",
};

/* "name[bytes] flags part@begin at+size;" of each file. */
static struct span read_all(struct span text, struct arena *a)
{
	struct buf b = { .arena = a };
	struct yenc_file f;
	size_t from = 0;

	while (yenc_find(text, from, &f)) {
		unsigned char *out = arena_alloc(a, yenc_room(&f) + 1);
		size_t n = yenc_decode(&f, out);

		assert_true(n <= yenc_room(&f));
		assert_true(f.at >= from && f.size <= text.n - f.at);
		assert_true(f.size != 0);
		buf_span(&b, f.name);
		buf_byte(&b, '[');
		buf_add(&b, out, n);
		buf_byte(&b, ']');
		for (size_t i = 0; i < 5; i++)
			if (f.flags >> i & 1)
				buf_printf(&b, " %s", flag_names[i]);
		if (f.part)
			buf_printf(&b, " %u@%u", (unsigned)f.part,
				(unsigned)f.begin);
		buf_printf(&b, " %zu+%zu;", f.at, f.size);
		from = f.at + f.size;
	}
	return buf_bytes(&b);
}

/* "m" is "C" plus 42; a6130548 is the CRC-32 of "Cat". */
#define CAT "m\x8b\x9e"
#define BEGIN "=ybegin line=128 size=3 name="

static void files_are_found(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ BEGIN "a b.txt \n" CAT "\n=yend size=3 crc32=A6130548\n",
			"a b.txt[Cat] 0+70;" },
		{ "Hi\r\n" BEGIN "a\r\n" CAT "\r\n=yend size=3\r\nBye\r\n",
			"a[Cat] 4+51;" },
		/* Escapes: NUL, LF, CR, "=" and one that need not be. */
		{ "=ybegin line=128 size=5 name=a\n=@=J=M=}=I\n"
		  "=yend size=5\n", "a[\xd6\xe0\xe3\x13\xdf] 0+55;" },
		{ "=ybegin part=2 total=2 line=128 size=6 name=a\n"
		  "=ypart begin=4 end=6\n" CAT "\n"
		  "=yend size=3 part=2 pcrc32=a6130548\n",
			"a[Cat] part 2@4 0+107;" },
		{ BEGIN "a\n" CAT "\n=yend size=3\n" BEGIN "b\n" CAT
		  "\n=yend size=3\n", "a[Cat] 0+48;b[Cat] 48+48;" },
		{ "=ybegin line=128 size=0 name=a\n=yend size=0\n",
			"a[] 0+44;" },
		/* Broken. */
		{ BEGIN "a\n" CAT "\n", "a[Cat] no-end 0+35;" },
		{ BEGIN "a\n" CAT "\n" BEGIN "b\n" CAT "\n=yend size=3\n",
			"a[Cat] no-end 0+35;b[Cat] 35+48;" },
		{ BEGIN "a\n" CAT "\n=yend size=4\n",
			"a[Cat] size 0+48;" },
		{ BEGIN "a\n" CAT CAT "\n=yend size=6\n",
			"a[CatCat] size 0+51;" },
		{ BEGIN "a\n" CAT "\n=yend size=3 crc32=a6130549\n",
			"a[Cat] crc 0+63;" },
		{ BEGIN "a\nm=\n\x8b\x9e\n=yend size=3\n",
			"a[Cat] junk 0+50;" },
		{ BEGIN "a\n" CAT "\n=yend\n", "a[Cat] size 0+41;" },
		{ BEGIN "a", "a[] no-end size 0+30;" },
		/* Prose. */
		{ "=ybegin\n", "" },
		{ "=ybegin line=128 size=3\n" CAT "\n", "" },
		{ "=ybegin line=128 name=a\n" CAT "\n", "" },
		{ "=ybegin line=128 size=x name=a\n" CAT "\n", "" },
		{ "=ybeginx line=128 size=3 name=a\n", "" },
		{ " " BEGIN "a\n" CAT "\n=yend size=3\n", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span got = read_all(span_of(rows[i].in), *state);

		if (!span_is(got, rows[i].out))
			fail_msg("row %zu: expected \"%s\", got \"%.*s\"", i,
				rows[i].out, SPAN_FMT(got));
	}
}

static void parse(struct span s, struct arena *a)
{
	read_all(s, a);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN("x\r\n=ybegin part=1 line=9 size=3 name=a\r\n"
		"=ypart begin=1 end=3\r\n=}==" CAT "\r\n"
		"=yend size=3 pcrc32=a6130548\r\n" BEGIN "b\n=J="), parse);
}

static void hostile_texts_are_linear(void **state)
{
	static const char *const texts[] = {
		"=ybegin size=1 name=a\n", "=ybegin \n", "=", "\n", "=y\n",
		"=ypart \n", "=ybegin size=1 name=a\n=yend\n",
		"=ybegin line=1 size=",
	};
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new("text", (size_t)1 << 30);

		read_all(repeat(a, texts[i], 1 << 17), a);
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 3000);
}

/* For tests/mail/embedded.t: the first file in a text; 1: it is broken. */
static int print_first(const char *path)
{
	struct arena *a = arena_new("text", (size_t)1 << 30);
	struct buf text = { .arena = a };
	struct yenc_file f;
	unsigned char *out;
	size_t n;

	if (!golden_read(path, &text))
		return 2;
	if (!yenc_find(buf_bytes(&text), 0, &f))
		return 1;
	out = arena_alloc(a, yenc_room(&f) + 1);
	n = yenc_decode(&f, out);
	fwrite(out, 1, n, stdout);
	arena_free(&a);
	return (f.flags & ~(unsigned)YENC_PART) != 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_found),
		TEST(any_length_can_be_parsed),
		TEST(hostile_texts_are_linear),
	};

	if (argc > 1)
		return print_first(argv[1]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
