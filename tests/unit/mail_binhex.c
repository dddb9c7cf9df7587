#include "mail/binhex.h"

#include "golden_test.h"
#include "mail_test.h"

static const char *const flag_names[] = {
	"no-end", "short", "crc", "junk", "more",
};

/* "name/type/creator[data][resource] flags at+size;" of each file. */
static struct span read_all(struct span text, bool bare, struct arena *a)
{
	struct buf b = { .arena = a };
	struct binhex_file f;
	size_t from = 0;

	while (binhex_find(text, from, bare, &f)) {
		size_t room = binhex_room(&f);
		unsigned char *out = arena_alloc(a, room + 1);
		struct span data, resource;

		binhex_decode(&f, out, &data, &resource);
		assert_true(data.n + resource.n <= room);
		assert_true(f.at >= from && f.size <= text.n - f.at);
		assert_true(f.size != 0);
		buf_add(&b, f.name, f.name_n);
		buf_printf(&b, "/%.4s/%.4s[", (char *)f.type,
			(char *)f.creator);
		buf_span(&b, data);
		buf_string(&b, "][");
		buf_span(&b, resource);
		buf_byte(&b, ']');
		for (size_t i = 0; i < 5; i++)
			if (f.flags >> i & 1)
				buf_printf(&b, " %s", flag_names[i]);
		buf_printf(&b, " %zu+%zu;", f.at, f.size);
		from = f.at + f.size;
	}
	return buf_bytes(&b);
}

/* CRC-16 bit by bit, as the RFC's own program does. */
static unsigned crc_of(struct span s)
{
	unsigned crc = 0;

	for (size_t i = 0; i < s.n + 2; i++)
		for (int bit = 7; bit >= 0; bit--) {
			unsigned in = i < s.n ? s.p[i] >> bit & 1u : 0;
			bool out = crc & 0x8000u;

			crc = (crc << 1 | in) & 0xffffu;
			crc ^= out ? 0x1021u : 0;
		}
	return crc;
}

static void put(struct buf *b, struct span s, bool crc)
{
	unsigned c = crc_of(s);

	buf_span(b, s);
	if (crc) {
		buf_byte(b, (unsigned char)(c >> 8));
		buf_byte(b, (unsigned char)c);
	}
}

static void put_six(struct buf *b, unsigned v)
{
	static const char digits[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLM"
		"NPQRSTUVXYZ[`abcdefhijklmpqr";

	buf_byte(b, (unsigned char)digits[v & 63]);
	if (b->n % 65 == 64)
		buf_byte(b, '\n');
}

/* Bytes, runs done by hand, as the characters between the colons. */
static struct span characters(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };
	unsigned bits = 0, n = 0;

	for (size_t i = 0; i < s.n; i++) {
		bits = bits << 8 | s.p[i];
		for (n += 8; n >= 6; n -= 6)
			put_six(&b, bits >> (n - 6));
	}
	if (n)
		put_six(&b, bits << (6 - n));
	return buf_bytes(&b);
}

/* A whole file: name "a", type TEXT, creator ttxt. */
static struct span file(struct span data, struct span resource,
	struct span packed, struct arena *a)
{
	struct buf h = { .arena = a }, b = { .arena = a };

	buf_add(&h, "\1a\0TEXTttxt\0\0\0\0\0", 16);
	buf_byte(&h, (unsigned char)data.n);
	buf_add(&h, "\0\0\0", 3);
	buf_byte(&h, (unsigned char)resource.n);
	put(&b, buf_bytes(&h), true);
	if (packed.n) {
		unsigned crc = crc_of(data);

		buf_span(&b, packed);
		buf_byte(&b, (unsigned char)(crc >> 8));
		buf_byte(&b, (unsigned char)crc);
	} else {
		put(&b, data, true);
	}
	put(&b, resource, true);
	return characters(buf_bytes(&b), a);
}

#define FIRST "(This file must be converted with BinHex 4.0)\n"

static struct span text_of(struct span chars, const char *before,
	const char *after, struct arena *a)
{
	struct buf b = { .arena = a };

	buf_string(&b, before);
	buf_span(&b, chars);
	buf_string(&b, after);
	return buf_bytes(&b);
}

static void files_are_found(void **state)
{
	struct span cat = file(SPAN("Cat"), SPAN("r"), SPAN(""), *state);
	struct span t;

	t = text_of(cat, "Hi\n" FIRST "\n:", ":\nBye\n", *state);
	expect_span(read_all(t, false, *state),
		"a/TEXT/ttxt[Cat][r] 3+92;");
	t = text_of(cat, ":", ":\n", *state);
	expect_span(read_all(t, false, *state), "");
	expect_span(read_all(t, true, *state), "a/TEXT/ttxt[Cat][r] 0+45;");
	t = text_of(cat, FIRST ":", "", *state);
	expect_span(read_all(t, false, *state),
		"a/TEXT/ttxt[Cat][r] no-end 0+89;");
	t = text_of(cat, FIRST ":", "*~*****:\n", *state);
	expect_span(read_all(t, false, *state),
		"a/TEXT/ttxt[Cat][r] junk more 0+98;");
}

static void prose_is_no_file(void **state)
{
	static const char *const texts[] = {
		FIRST, FIRST "and so on\n", FIRST ":\n", FIRST ":!!!!:\n",
		"(This file is big)\n:$'*XG@9LB@aX,R:\n",
		" " FIRST ":abc:\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_span(read_all(span_of(texts[i]), false, *state), "");
}

static void runs_are_undone(void **state)
{
	struct span t = file(SPAN("Caaaaaab"), SPAN(""),
		SPAN("Ca\x90\6b"), *state);

	expect_span(read_all(text_of(t, FIRST ":", ":", *state), false,
		*state), "a/TEXT/ttxt[Caaaaaab][] 0+91;");
	/* The mark itself, and a run of it. */
	t = file(SPAN("\x90+\x90\x90\x90"), SPAN(""),
		span_from("\x90\0+\x90\0\x90\3", 7), *state);
	expect_span(read_all(text_of(t, FIRST ":", ":", *state), false,
		*state), "a/TEXT/ttxt[\x90+\x90\x90\x90][] 0+94;");
}

static void broken_ones_are_flagged(void **state)
{
	struct span cat = file(SPAN("Cat"), SPAN("r"), SPAN(""), *state);
	struct span wrong = file(SPAN("Cat"), SPAN(""), SPAN("Dog"), *state);
	struct span t;

	t = text_of(wrong, FIRST ":", ":", *state);
	expect_span(read_all(t, false, *state),
		"a/TEXT/ttxt[Dog][] crc 0+88;");
	t = text_of(span_sub(cat, 0, cat.n - 6), FIRST ":", ":", *state);
	expect_span(read_all(t, false, *state),
		"a/TEXT/ttxt[Cat][] short 0+84;");
	t = text_of(span_sub(cat, 0, cat.n - 9), FIRST ":", ":", *state);
	expect_span(read_all(t, false, *state),
		"a/TEXT/ttxt[C][] short 0+81;");
}

static void parse(struct span s, struct arena *a)
{
	read_all(s, false, a);
	read_all(s, true, a);
}

static void any_length_can_be_parsed(void **state)
{
	struct span t = file(SPAN("Caaaaaab\x90"), SPAN("rsrc"),
		SPAN("Ca\x90\6b\x90\0"), *state);

	cut_everywhere(text_of(t, "x\r\n" FIRST ":", ":\r\n", *state), parse);
}

static void hostile_texts_are_linear(void **state)
{
	static const char *const texts[] = {
		FIRST, FIRST ":\n", ":", ":\n", "(\n", "\n",
		FIRST ":\"F%!49K&6(4dG(3!!!!!!!!",
	};
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new("text", (size_t)1 << 30);

		parse(repeat(a, texts[i], 1 << 17), a);
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 3000);
}

/* A megabyte that says it is 90 of them. */
static void runs_cost_little(void **state)
{
	struct buf b = { .arena = *state };
	struct binhex_file f;
	long start = cpu_ms();

	buf_add(&b, "\1a\0TEXTttxt\0\0\xff\xff\xff\xff\0\0\0\0\0\0x", 24);
	for (size_t i = 0; i < 393216; i++)
		buf_add(&b, "\x90\xff", 2);
	assert_true(binhex_find(text_of(characters(buf_bytes(&b), *state),
		FIRST ":", ":", *state), 0, false, &f));
	assert_int_equal(binhex_room(&f), 24 + 254 * 393216);
	expect_fast(start, 1000);
}

/* For tests/mail/embedded.t: the data of the first file; 1: it is broken. */
static int print_first(const char *path)
{
	struct arena *a = arena_new("text", (size_t)1 << 30);
	struct buf text = { .arena = a };
	struct span data, resource;
	struct binhex_file f;

	if (!golden_read(path, &text))
		return 2;
	if (!binhex_find(buf_bytes(&text), 0, false, &f))
		return 1;
	binhex_decode(&f, arena_alloc(a, binhex_room(&f) + 1), &data,
		&resource);
	fwrite(data.p, 1, data.n, stdout);
	arena_free(&a);
	return f.flags != 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_found),
		TEST(prose_is_no_file),
		TEST(runs_are_undone),
		TEST(broken_ones_are_flagged),
		TEST(any_length_can_be_parsed),
		TEST(hostile_texts_are_linear),
		TEST(runs_cost_little),
	};

	if (argc > 1)
		return print_first(argv[1]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
