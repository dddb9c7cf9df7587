#include "mail/tnef.h"

#include "mail/charset.h"
#include "mail/lzfu.h"
#include "mail_test.h"

static const char *const kinds[] = { "text", "html", "rtf", "file",
	"message" };
static const char *const flag_names[] = { "broken", "checksum", "more",
	"none" };

#define MAX 100

/* "kind name,name type charset[bytes]" of each item, then the flags. */
static struct span show(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };
	struct tnef t;

	tnef_read(s, MAX, a, &t);
	for (size_t i = 0; i < t.n; i++) {
		const struct tnef_item *v = &t.v[i];

		buf_string(&b, kinds[v->kind]);
		for (size_t k = 0; k < v->nnames; k++) {
			buf_byte(&b, k ? ',' : ' ');
			buf_span(&b, v->names[k]);
		}
		if (v->type.n)
			buf_printf(&b, " %.*s", SPAN_FMT(v->type));
		if (v->charset.n)
			buf_printf(&b, " %.*s", SPAN_FMT(v->charset));
		buf_byte(&b, '[');
		buf_span(&b, v->content);
		buf_string(&b, "];");
	}
	for (size_t i = 0; i < 4; i++)
		if (t.flags >> i & 1)
			buf_printf(&b, " %s", flag_names[i]);
	return buf_bytes(&b);
}

/* --- a writer ------------------------------------------------------------ */

static void put(struct buf *b, unsigned long v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buf_byte(b, (unsigned char)(i < 4 ? v >> (8 * i) : 0));
}

static void start(struct buf *b)
{
	put(b, 0x223e9f78, 4);
	put(b, 1, 2);
}

static void attribute(struct buf *b, unsigned level, unsigned long id,
	struct span s)
{
	unsigned sum = 0;

	put(b, level, 1);
	put(b, id, 4);
	put(b, s.n, 4);
	buf_span(b, s);
	for (size_t i = 0; i < s.n; i++)
		sum += s.p[i];
	put(b, sum, 2);
}

/* A property of one value that says its size. */
static void property(struct buf *b, unsigned type, unsigned id,
	struct span s)
{
	put(b, type, 2);
	put(b, id, 2);
	put(b, 1, 4);
	put(b, s.n, 4);
	buf_span(b, s);
	put(b, 0, (4 - s.n % 4) % 4);
}

#define BYTES(s) span_from(s, sizeof(s) - 1)

enum { REND = 0x69002, DATA = 0x6800f, TITLE = 0x18010, FILE_PROPS = 0x69005,
	PROPS = 0x69003, BODY = 0x2800c, CODEPAGE = 0x69007 };

static void expect_bytes(struct span got, struct span want)
{
	if (!span_eq(got, want))
		fail_msg("expected \"%.*s\", got \"%.*s\"", SPAN_FMT(want),
			SPAN_FMT(got));
}

static void files_are_found(void **state)
{
	struct buf b = { .arena = *state }, p = { .arena = *state };

	start(&b);
	attribute(&b, 1, CODEPAGE, BYTES("\xe3\x04\0\0\0\0\0\0"));
	attribute(&b, 2, REND, SPAN("renddata"));
	attribute(&b, 2, TITLE, BYTES("\xcf\xf0.txt\0"));
	attribute(&b, 2, DATA, SPAN("Cat"));
	/* Its data before its name, and one without data. */
	attribute(&b, 2, REND, SPAN("renddata"));
	attribute(&b, 2, DATA, SPAN("Dog"));
	attribute(&b, 2, TITLE, BYTES("SHORT~1.TXT\0"));
	put(&p, 3, 4);
	property(&p, 0x1f, 0x3707, BYTES("l\0o\0n\0g\0.\0t\0x\0t\0\0\0"));
	property(&p, 0x1e, 0x370e, BYTES("text/plain\0"));
	property(&p, 0x1e, 0x3001, BYTES("SHORT~1.TXT\0"));
	attribute(&b, 2, FILE_PROPS, buf_bytes(&p));
	attribute(&b, 2, REND, SPAN("renddata"));
	attribute(&b, 2, TITLE, BYTES("empty\0"));
	expect_span(show(buf_bytes(&b), *state),
		"file Пр.txt[Cat];"
		"file long.txt,SHORT~1.TXT text/plain[Dog];file empty[];");
}

static void bodies_are_found(void **state)
{
	struct buf b = { .arena = *state }, p = { .arena = *state };

	start(&b);
	attribute(&b, 1, CODEPAGE, BYTES("\xe4\x04\0\0\0\0\0\0"));
	attribute(&b, 1, BODY, BYTES("old text\0"));
	put(&p, 4, 4);
	property(&p, 0x1f, 0x1000, BYTES("n\0e\0w\0\0\0"));
	property(&p, 0x102, 0x1013, SPAN("<p>html"));
	property(&p, 0x102, 0x1009, SPAN("packed"));
	put(&p, 3, 2);
	put(&p, 0x3fde, 2);
	put(&p, 65001, 4);
	attribute(&b, 1, PROPS, buf_bytes(&p));
	expect_bytes(show(buf_bytes(&b), *state),
		BYTES("text cp1252[old text];text utf-16le[n\0e\0w\0];"
		"html cp65001[<p>html];rtf[packed];"));
}

/* Named properties, several values and every size are passed over. */
static void properties_are_passed_over(void **state)
{
	static const unsigned sizes[][2] = {
		{ 2, 4 }, { 3, 4 }, { 4, 4 }, { 5, 8 }, { 6, 8 }, { 7, 8 },
		{ 10, 4 }, { 11, 4 }, { 0x14, 8 }, { 0x40, 8 }, { 0x48, 16 },
	};
	struct buf b = { .arena = *state }, p = { .arena = *state };

	start(&b);
	put(&p, 11 + 3 + 1, 4);
	for (size_t i = 0; i < 11; i++) {
		put(&p, sizes[i][0], 2);
		put(&p, 0x1234, 2);
		put(&p, 0, sizes[i][1]);
	}
	/* Named by a number, then by a string. */
	put(&p, 3, 2);
	put(&p, 0x8001, 2);
	put(&p, 0, 16 + 4 + 4 + 4);
	put(&p, 3, 2);
	put(&p, 0x8002, 2);
	put(&p, 0, 16);
	put(&p, 1, 4);
	put(&p, 6, 4);
	buf_add(&p, "a\0b\0\0\0\0\0", 8);
	put(&p, 0, 4);
	/* Two strings. */
	put(&p, 0x101e, 2);
	put(&p, 0x1234, 2);
	put(&p, 2, 4);
	for (int i = 0; i < 2; i++) {
		put(&p, 3, 4);
		buf_add(&p, "ab\0\0", 4);
	}
	property(&p, 0x1e, 0x1000, BYTES("body\0"));
	attribute(&b, 1, PROPS, buf_bytes(&p));
	expect_span(show(buf_bytes(&b), *state), "text cp1252[body];");
}

/* A message, and the same content twice; another content beside it. */
static void objects_are_opened(void **state)
{
	struct buf b = { .arena = *state }, p = { .arena = *state };
	struct buf inner = { .arena = *state };

	buf_add(&inner, "0123456789abcdef", 16);
	start(&inner);
	start(&b);
	attribute(&b, 2, REND, SPAN(""));
	attribute(&b, 2, DATA, SPAN("Cat"));
	put(&p, 2, 4);
	property(&p, 0x102, 0x3701, SPAN("Cat"));
	property(&p, 0x0d, 0x3701, buf_bytes(&inner));
	attribute(&b, 2, FILE_PROPS, buf_bytes(&p));
	expect_bytes(show(buf_bytes(&b), *state),
		BYTES("file[Cat];message[\x78\x9f\x3e\x22\1\0];"));
}

static void broken_ones_are_flagged(void **state)
{
	struct buf b = { .arena = *state };

	expect_span(show(SPAN(""), *state), " none");
	expect_span(show(SPAN("\x78\x9f\x3e\x22"), *state), " none");
	expect_span(show(SPAN("no container"), *state), " none");
	start(&b);
	attribute(&b, 2, DATA, SPAN("Cat"));
	buf_string(&b, "junk");
	expect_span(show(buf_bytes(&b), *state), "file[Cat]; broken");
	b.n -= 5;
	b.p[b.n - 1] = 'x';
	expect_span(show(buf_bytes(&b), *state), "file[Cat]; broken");
	b.n = 0;
	start(&b);
	attribute(&b, 2, DATA, SPAN("Cat"));
	b.p[b.n - 1] ^= 1;
	expect_span(show(buf_bytes(&b), *state), "file[Cat]; checksum");
	b.n -= 3;
	expect_span(show(buf_bytes(&b), *state), "file[Ca]; broken");
	b.n = 0;
	start(&b);
	attribute(&b, 1, PROPS, BYTES("\xff\xff\xff\xff\x1f\x10\x01\x10"
		"\xff\xff\xff\xff\1\0\0\0a\0\0\0"));
	expect_span(show(buf_bytes(&b), *state), " broken");
}

static void never_more_items_than_wanted(void **state)
{
	struct buf b = { .arena = *state };
	struct tnef t;

	start(&b);
	for (int i = 0; i < MAX + 50; i++)
		attribute(&b, 2, REND, SPAN(""));
	tnef_read(buf_bytes(&b), MAX, *state, &t);
	assert_int_equal(t.n, MAX);
	assert_int_equal(t.flags, TNEF_MORE);
}

/* --- compressed rich text ------------------------------------------------ */

static struct span unpack(struct span s, struct arena *a)
{
	size_t room = lzfu_room(s), n;
	unsigned char *out = arena_alloc(a, room + 1);
	struct buf b = { .arena = a };
	bool clean = true;

	n = lzfu_decode(s, out, &clean);
	assert_true(n <= room);
	buf_add(&b, out, n);
	if (!clean)
		buf_string(&b, " broken");
	return buf_bytes(&b);
}

/* The two examples of MS-OXRTFCP section 3. */
static void rich_text_is_unpacked(void **state)
{
	static const unsigned char simple[] = {
		0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75,
		0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63,
		0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20,
		0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0,
		0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
	};
	static const unsigned char over[] = {
		0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75,
		0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00, 0x04, 0x20, 0x57, 0x58,
		0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
	};
	unsigned char wrong[sizeof(over)];

	expect_span(unpack(span_from(simple, sizeof(simple)), *state),
		"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
	expect_span(unpack(span_from(over, sizeof(over)), *state),
		"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
	memcpy(wrong, over, sizeof(over));
	wrong[12] ^= 1;
	expect_span(unpack(span_from(wrong, sizeof(wrong)), *state),
		"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ} broken");
	wrong[12] ^= 1;
	wrong[4] = 3;
	expect_span(unpack(span_from(wrong, sizeof(wrong)), *state),
		"{\\r broken");
	expect_span(unpack(span_sub(span_from(over, sizeof(over)), 0, 20),
		*state), "{\\rtf1  broken");
	expect_span(unpack(SPAN("abc"), *state), " broken");
	expect_span(unpack(BYTES("\x0f\0\0\0\3\0\0\0MELA\0\0\0\0Cat"),
		*state), "Cat");
}

static void parse(struct span s, struct arena *a)
{
	show(s, a);
	unpack(s, a);
}

static void any_length_can_be_read(void **state)
{
	struct buf b = { .arena = *state }, p = { .arena = *state };

	start(&b);
	attribute(&b, 2, REND, SPAN("x"));
	put(&p, 3, 4);
	property(&p, 0x1f, 0x3707, BYTES("l\0o\0\0\0"));
	property(&p, 0x102, 0x3701, SPAN("Cat"));
	property(&p, 0x0d, 0x3701, SPAN("0123456789abcdefx"));
	attribute(&b, 2, FILE_PROPS, buf_bytes(&p));
	attribute(&b, 1, PROPS, buf_bytes(&p));
	cut_everywhere(buf_bytes(&b), parse);
	cut_everywhere(BYTES("\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\3\0"
		"\x0a\0rcpg125B2\x0a\xf3 hel\x09\0 bw"), parse);
}

static void hostile_ones_are_linear(void **state)
{
	struct buf b = { .arena = *state }, p = { .arena = *state };
	long begin = cpu_ms();

	start(&b);
	for (int i = 0; i < 1 << 17; i++)
		attribute(&b, 2, DATA, SPAN("x"));
	put(&p, UINT32_MAX, 4);
	for (int i = 0; i < 1 << 17; i++)
		property(&p, 0x1e, 0x1000, SPAN("x"));
	attribute(&b, 1, PROPS, buf_bytes(&p));
	show(buf_bytes(&b), *state);
	unpack(repeat(*state, "LZFu", 1 << 18), *state);
	expect_fast(begin, 2000);
}

/* --- for tests/mail/embedded.t ------------------------------------------- */

/* Lists the items of a file, or writes the one of that number. */
static int print_items(const char *path, const char *which)
{
	struct arena *a = arena_new("text", (size_t)1 << 30);
	struct buf text = { .arena = a };
	FILE *in = fopen(path, "rb");
	struct tnef t;
	size_t n;

	if (in == NULL)
		return 2;
	while ((n = fread(buf_room(&text, 65536), 1, 65536, in)) > 0)
		text.n += n;
	fclose(in);
	tnef_read(buf_bytes(&text), MAX, a, &t);
	for (size_t i = 0; i < t.n; i++) {
		const struct tnef_item *v = &t.v[i];
		struct span s = v->kind == TNEF_RTF ? unpack(v->content, a) :
			v->content;

		if (which && i == strtoul(which, NULL, 10))
			fwrite(s.p, 1, s.n, stdout);
		else if (which == NULL)
			printf("%s\t%zu\t%.*s\n", kinds[v->kind], s.n,
				SPAN_FMT(v->nnames ? v->names[0] : SPAN("")));
	}
	if (which == NULL)
		printf("flags\t%u\n", t.flags);
	arena_free(&a);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_found),
		TEST(bodies_are_found),
		TEST(properties_are_passed_over),
		TEST(objects_are_opened),
		TEST(broken_ones_are_flagged),
		TEST(never_more_items_than_wanted),
		TEST(rich_text_is_unpacked),
		TEST(any_length_can_be_read),
		TEST(hostile_ones_are_linear),
	};

	charset_open_all();
	if (argc > 1)
		return print_items(argv[1], argc > 2 ? argv[2] : NULL);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
