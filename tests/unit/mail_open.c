#include "mail/mime.h"

#include "mail/charset.h"
#include "mail_test.h"

/* "index type name[content]" of each part behind the first `from`, with the
 * text of texts in braces. */
static struct span show(struct span raw, unsigned from, struct arena *a)
{
	struct buf b = { .arena = a };
	struct mime m;

	mime_parse(raw, LIMITS, a, &m);
	mime_open(&m);
	for (size_t i = from; i < m.n; i++) {
		struct mime_part *p = m.parts[i];
		struct span content = mime_decode(p, LIMITS, a);

		buf_printf(&b, "%*s%.*s", (int)p->depth, "",
			SPAN_FMT(p->type));
		if (p->name.n)
			buf_printf(&b, " %.*s", SPAN_FMT(p->name));
		if (mime_is_text(p))
			buf_printf(&b, " {%.*s}",
				SPAN_FMT(mime_text(p, LIMITS, a)));
		else if (p->origin == MIME_EMBEDDED && mime_is_leaf(p))
			buf_printf(&b, " [%.*s]", SPAN_FMT(content));
		if (p->flags & MAIL_BAD_ENCODING)
			buf_string(&b, " bad");
		if (p->flags & MAIL_PARTIAL)
			buf_string(&b, " partial");
		buf_byte(&b, '\n');
	}
	return buf_bytes(&b);
}

#define UU "begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"
#define YENC "=ybegin line=128 size=3 name=b.txt\r\nm\x8b\x9e\r\n" \
	"=yend size=3\r\n"
#define BINHEX "(This file must be converted with BinHex 4.0)\r\n" \
	":!@-!9%9B9(4dH(3!!!!!!!-!!!!\"%@T$BA4#pA*He3:\r\n"

static void files_in_a_text_are_parts(void **state)
{
	expect_span(show(SPAN("\r\nHi\r\n" UU "between\r\n" YENC "bye\r\n"),
		0, *state),
		"text/plain {Hi\r\nbetween\r\nbye\r\n}\n"
		" application/octet-stream a.txt [Cat]\n"
		" application/octet-stream b.txt [Cat]\n");
	/* In the order they stand in. */
	expect_span(show(SPAN("\r\n" YENC UU YENC), 0, *state),
		"text/plain {}\n"
		" application/octet-stream b.txt [Cat]\n"
		" application/octet-stream a.txt [Cat]\n"
		" application/octet-stream b.txt [Cat]\n");
	expect_span(show(SPAN("Content-Type: text/plain\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"YmVnaW4gNjQ0IGEKIzBWJVQKZW5kCg==\r\n"), 0, *state),
		"text/plain {}\n application/octet-stream a [Cat]\n");
	/* Both forks of a Macintosh file. */
	expect_span(show(SPAN("\r\n" BINHEX "x"), 0, *state),
		"text/plain {x}\n application/octet-stream c [Cat]\n"
		" application/octet-stream c [r]\n");
	expect_span(show(SPAN("Content-Type: application/mac-binhex40\r\n"
		"\r\n" BINHEX), 1, *state),
		" application/octet-stream c [Cat]\n"
		" application/octet-stream c [r]\n");
	expect_span(show(SPAN("\r\nbegin 644 a.txt\r\n#0V%T\r\n"), 0, *state),
		"text/plain {}\n"
		" application/octet-stream a.txt [Cat] bad\n");
	expect_span(show(SPAN("\r\n=ybegin part=1 line=9 size=9 name=b\r\n"
		"=ypart begin=1 end=3\r\nm\x8b\x9e\r\n=yend size=3\r\n"), 0,
		*state),
		"text/plain {}\n application/octet-stream b [Cat] partial\n");
}

static void prose_stays_as_it_is(void **state)
{
	static const char *const texts[] = {
		"plain\r\n", "begin with this\r\n", "begin 644 a\r\n",
		"=ybegin\r\nbegin\r\n", "(This file must be read)\r\n", "",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_span(show(span_of(arena_printf(*state, "\r\n%s",
			texts[i])), 0, *state),
			arena_printf(*state, "text/plain {%s}\n", texts[i]));
}

/* Encodings that are none of MIME's name the file that the body is. */
static void old_encodings_are_undone(void **state)
{
	expect_span(show(SPAN("Content-Type: application/zip\r\n"
		"Content-Transfer-Encoding: x-uuencode\r\n\r\n" UU), 1,
		*state), " application/octet-stream a.txt [Cat]\n");
	expect_span(show(SPAN("Content-Type: application/x\r\n"
		"Content-Transfer-Encoding: x-yencode\r\n\r\n" YENC), 1,
		*state), " application/octet-stream b.txt [Cat]\n");
}

/* A message in a file, with a file in its text. */
static void messages_in_files_are_trees(void **state)
{
	expect_span(show(SPAN("\r\nbegin 644 x.EML\r\n"
		"B1G)O;3H@80H*:&D*8F5G:6X@-C0T(&$*(S!6)50*96YD\"@``\r\n"
		"end\r\n"), 0, *state),
		"text/plain {}\n"
		" application/octet-stream x.EML [From: a\n\nhi\n"
		"begin 644 a\n#0V%T\nend\n]\n  text/plain {hi\n}\n"
		"   application/octet-stream a [Cat]\n");
}

/* --- containers ---------------------------------------------------------- */

static void put(struct buf *b, unsigned long v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buf_byte(b, (unsigned char)(i < 4 ? v >> (8 * i) : 0));
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

#define BYTES(s) span_from(s, sizeof(s) - 1)

/* A container of a text and a file whose content is another, and so on. */
static struct span nested(unsigned levels, struct arena *a)
{
	struct span inner = SPAN("Cat");

	while (levels--) {
		struct buf b = { .arena = a };

		put(&b, 0x223e9f78, 4);
		put(&b, 1, 2);
		attribute(&b, 1, 0x2800c, BYTES("text\0"));
		attribute(&b, 2, 0x69002, SPAN(""));
		attribute(&b, 2, 0x18010, BYTES("x.dat\0"));
		attribute(&b, 2, 0x6800f, inner);
		inner = buf_bytes(&b);
	}
	return inner;
}

static struct span with_header(const char *type, struct span body,
	struct arena *a)
{
	struct buf b = { .arena = a };

	buf_printf(&b, "Content-Type: %s\r\n"
		"Content-Transfer-Encoding: binary\r\n\r\n", type);
	buf_span(&b, body);
	return buf_bytes(&b);
}

static void containers_are_opened(void **state)
{
	expect_span(show(with_header("application/ms-tnef; name=winmail.dat",
		nested(1, *state), *state), 1, *state),
		" text/plain {text}\n"
		" application/octet-stream x.dat [Cat]\n");
	/* By its first bytes, whatever it says. */
	expect_span(show(with_header("image/gif", nested(1, *state), *state),
		1, *state), " text/plain {text}\n"
		" application/octet-stream x.dat [Cat]\n");
	expect_span(show(SPAN("Content-Type: image/gif\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"eJ8+IgEAAgKQBgAAAAAAAAACD4AGAAMAAABDYXQYAQ==\r\n"), 1,
		*state), " application/octet-stream [Cat]\n");
	expect_span(show(with_header("application/ms-tnef", SPAN("junk"),
		*state), 0, *state),
		"application/ms-tnef bad\n");
}

static void depth_is_bounded(void **state)
{
	struct mime m;

	mime_parse(with_header("application/ms-tnef", nested(40, *state),
		*state), LIMITS, *state, &m);
	mime_open(&m);
	assert_int_equal(m.n, 1 + 2 * LIMITS->depth);
	assert_true(m.flags & MAIL_OVER_DEPTH);
}

/* A text of lines that say they hold more than they do. */
static void bytes_are_bounded(void **state)
{
	struct mail_limits l = mail_default_limits;
	struct buf b = { .arena = *state };
	struct mime m;

	l.decoded_bytes = 1000;
	buf_string(&b, "\r\nbegin 644 a\r\n");
	for (int i = 0; i < 100; i++)
		buf_string(&b, "M\r\n");
	buf_string(&b, "end\r\n" UU);
	mime_parse(buf_bytes(&b), &l, *state, &m);
	mime_open(&m);
	assert_int_equal(m.n, 2);
	expect_span(m.parts[1]->content, "Cat");
	assert_true(m.flags & MAIL_OVER_DECODED);
}

static void parts_are_bounded(void **state)
{
	struct span text = repeat(*state, "begin 644 a\n#0V%T\nend\n", 5000);
	struct mime m;

	mime_parse(with_header("text/plain", text, *state), LIMITS, *state,
		&m);
	mime_open(&m);
	assert_int_equal(m.n, LIMITS->parts);
	assert_true(m.flags & MAIL_OVER_PARTS);
}

static void parse(struct span s, struct arena *a)
{
	show(s, 0, a);
}

static void any_length_can_be_opened(void **state)
{
	cut_everywhere(SPAN("\r\n" UU YENC BINHEX "x"), parse);
	cut_everywhere(with_header("application/ms-tnef", nested(3, *state),
		*state), parse);
}

static void hostile_texts_are_linear(void **state)
{
	static const char *const texts[] = {
		"begin 644 a\n", "=ybegin size=1 name=a\n",
		"(This file must be converted\n", "begin\n=ybegin \n",
		"begin 644 a\n#0V%T\nend\n=ybegin size=1 name=a\n=yend\n",
	};
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new("text", (size_t)1 << 30);
		struct mime m;

		mime_parse(with_header("text/plain", repeat(a, texts[i],
			1 << 17), a), LIMITS, a, &m);
		mime_open(&m);
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 3000);
}

/* For tests/mail/embedded.t: the files in a text, one behind another. */
static int print_files(const char *path)
{
	struct arena *a = arena_new("text", (size_t)1 << 30);
	struct buf text = { .arena = a };
	FILE *in = fopen(path, "rb");
	struct mime m;
	size_t n;

	if (in == NULL)
		return 2;
	buf_string(&text, "\r\n");
	while ((n = fread(buf_room(&text, 65536), 1, 65536, in)) > 0)
		text.n += n;
	fclose(in);
	mime_parse(buf_bytes(&text), LIMITS, a, &m);
	mime_open(&m);
	for (size_t i = 0; i < m.n; i++) {
		struct mime_part *p = m.parts[i];

		if (p->origin == MIME_EMBEDDED && p->depth == 1)
			fwrite(p->content.p, 1, p->content.n, stdout);
	}
	arena_free(&a);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(files_in_a_text_are_parts),
		TEST(prose_stays_as_it_is),
		TEST(old_encodings_are_undone),
		TEST(messages_in_files_are_trees),
		TEST(containers_are_opened),
		TEST(depth_is_bounded),
		TEST(bytes_are_bounded),
		TEST(parts_are_bounded),
		TEST(any_length_can_be_opened),
		TEST(hostile_texts_are_linear),
	};

	charset_open_all();
	if (argc > 1)
		return print_files(argv[1]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
