#include "mail/uu.h"

#include "golden_test.h"
#include "mail_test.h"

static const char *const flag_names[] = { "no-end", "count", "junk" };

/* "name size flags|", then each file's bytes in brackets. */
static struct span read_all(struct span text, struct arena *a)
{
	struct buf b = { .arena = a };
	struct uu_file f;
	size_t from = 0;

	while (uu_find(text, from, &f)) {
		unsigned char *out = arena_alloc(a, uu_room(&f) + 1);
		size_t n = uu_decode(&f, out);

		assert_true(n <= uu_room(&f));
		assert_true(f.at >= from && f.size <= text.n - f.at);
		assert_true(f.size != 0);
		buf_span(&b, f.name);
		buf_byte(&b, '[');
		buf_add(&b, out, n);
		buf_byte(&b, ']');
		for (size_t i = 0; i < 3; i++)
			if (f.flags >> i & 1)
				buf_printf(&b, " %s", flag_names[i]);
		buf_printf(&b, " %zu+%zu;", f.at, f.size);
		from = f.at + f.size;
	}
	return buf_bytes(&b);
}

/* "Cat" is what `printf Cat | uuencode x` says. */
static void files_are_found(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "begin 644 a.txt\n#0V%T\n`\nend\n", "a.txt[Cat] 0+28;" },
		{ "Hi\r\nbegin 0644 a b\r\n#0V%T\r\n`\r\nend \r\nBye\r\n",
			"a b[Cat] 4+32;" },
		{ "begin-base64 644 a\nQ2F0\n====\nx", "a[Cat] 0+29;" },
		{ "begin 644 a\n#0V%T\n \nend\nbegin 644 b\n#0V%T\nend",
			"a[Cat] 0+24;b[Cat] 24+21;" },
		{ "begin 644 e\n`\nend\n", "e[] 0+18;" },
		{ "begin 644 e\nend\n", "e[] 0+16;" },
		/* Broken. */
		{ "begin 644 a\n#0V%T\n", "a[Cat] no-end 0+18;" },
		{ "begin 644 a\n#0V%T\nbegin 644 b\n#0V%T\nend\n",
			"a[Cat] no-end 0+18;b[Cat] 18+22;" },
		{ "begin 644 a\n#0V%TX\nend\n", "a[Cat] count 0+23;" },
		{ "begin 644 a\n#0V%T\nlower case\n#0V%T\nend\n",
			"a[CatCat] junk 0+39;" },
		{ "begin-base64 644 a\nQ2F0\n*\n====\n", "a[Cat] junk 0+31;" },
		/* Prose. */
		{ "begin 644 a\n", "" },
		{ "begin 644 the day\nwith a coffee\n", "" },
		{ "begin 2024\n#0V%T\n", "" },
		{ "begin 9 a\n#0V%T\n", "" },
		{ "begin 64 a\n#0V%T\n", "" },
		{ "begin 00644 a\n#0V%T\n", "" },
		{ " begin 644 a\n#0V%T\nend\n", "" },
		{ "begin 644 \n#0V%T\nend\n", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span got = read_all(span_of(rows[i].in), *state);

		if (!span_is(got, rows[i].out))
			fail_msg("row %zu: expected \"%s\", got \"%.*s\"", i,
				rows[i].out, SPAN_FMT(got));
	}
}

static void lost_blanks_are_zeros(void **state)
{
	struct uu_file f;
	unsigned char out[64];

	(void)state;
	assert_true(uu_find(SPAN("begin 644 a\nM\nend\n"), 0, &f));
	assert_int_equal(uu_room(&f), 45);
	memset(out, 'x', sizeof(out));
	assert_int_equal(uu_decode(&f, out), 45);
	assert_int_equal(f.flags, UU_COUNT);
	for (size_t i = 0; i < 45; i++)
		assert_int_equal(out[i], 0);
	assert_int_equal(out[45], 'x');
	assert_true(uu_find(SPAN("begin 644 a\n#0V\nend\n"), 0, &f));
	assert_int_equal(uu_decode(&f, out), 3);
	assert_memory_equal(out, "C`", 3);
}

static void parse(struct span s, struct arena *a)
{
	read_all(s, a);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN("x\r\nbegin 644 a\r\nM0V%T\r\n"
		"#0V%T\xff\r\n`\r\n"
		"end\r\nbegin-base64 644 b\nQ2F0\n====\n"
		"begin 644 c\n_"), parse);
}

static void hostile_texts_are_linear(void **state)
{
	static const char *const texts[] = {
		"begin 644 a\n", "begin 644 a\n`\n", "_\n", "\n", "end\n",
		"begin 644 a\nend\n", "begin-base64 644 a\n====\n",
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

/* For tests/mail/uu.t: the first file in a text; 1: it is broken. */
static int print_first(const char *path)
{
	struct arena *a = arena_new("text", (size_t)1 << 30);
	struct buf text = { .arena = a };
	struct uu_file f;
	unsigned char *out;
	size_t n;

	if (!golden_read(path, &text))
		return 2;
	if (!uu_find(buf_bytes(&text), 0, &f))
		return 1;
	out = arena_alloc(a, uu_room(&f) + 1);
	n = uu_decode(&f, out);
	fwrite(out, 1, n, stdout);
	arena_free(&a);
	return f.flags != 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_found),
		TEST(lost_blanks_are_zeros),
		TEST(any_length_can_be_parsed),
		TEST(hostile_texts_are_linear),
	};

	if (argc > 1)
		return print_first(argv[1]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
