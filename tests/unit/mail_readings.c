#include "mail/mime.h"

#include "mail_test.h"

#define CT "Content-Type: multipart/mixed; boundary=b\r\n"

static struct mime parse(struct arena *a, struct span raw)
{
	struct mime m;

	mime_parse(raw, LIMITS, a, &m);
	return m;
}

static size_t count(const struct mime *m, enum mime_origin origin)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->parts[i]->origin == origin;
	return n;
}

static void a_reading_stands_beside_its_part(void **state)
{
	struct mime m = parse(*state, SPAN(CT "\r\n--b\r\n"
		"Content-Transfer-Encoding: \"base64\"\r\n\r\naGVsbG8=\r\n"
		"--b--\r\n"));
	struct mime_part *strict = m.parts[1], *other = m.parts[2];

	assert_int_equal(m.n, 3);
	assert_int_equal(other->origin, MIME_READING);
	assert_ptr_equal(other->instead, strict);
	assert_ptr_equal(other->parent, m.root);
	assert_ptr_equal(strict->next, other);
	assert_int_equal(other->depth, strict->depth);
	expect_span(mime_decode(strict, LIMITS, *state), "hello");
	expect_span(mime_decode(other, LIMITS, *state), "aGVsbG8=");
	assert_int_equal(m.flags, MAIL_AMBIG_ENCODING);
}

static void readings_of_the_root_are_a_chain(void **state)
{
	struct mime m = parse(*state, SPAN("Content-Type: text/html\r\n"
		"Content-Type: text/plain\r\nContent-Type: a/b\r\n\r\nx"));

	assert_int_equal(m.n, 3);
	assert_ptr_equal(m.root->next, m.parts[1]);
	assert_ptr_equal(m.parts[1]->next, m.parts[2]);
	assert_null(m.parts[2]->parent);
	expect_span(m.root->type, "text/html");
	expect_span(m.parts[1]->type, "text/plain");
	expect_span(m.parts[2]->type, "a/b");
}

/* What no reader sees otherwise is there once. */
static void ordinary_mail_has_one_reading(void **state)
{
	static const char *const mails[] = {
		"Subject: x\r\n\r\nbody\r\n",
		CT "\r\nThis is a multi-part message.\r\n--b\r\n\r\nx\r\n"
		   "--b--\r\nlist footer\r\n",
		"Content-Type: multipart/mixed;\r\n boundary=\"=_b 1\"\r\n\r\n"
		"--=_b 1\r\n\r\nx -- \r\n-- \r\nsig\r\n--=_b 1--\r\n",
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8BIT\r\n\r\na\nb\r\n",
		"Content-Type: text/plain\r\n\r\na\rb\r\n",
	};

	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		struct mime m = parse(*state, span_of(mails[i]));

		if (m.flags || count(&m, MIME_READING))
			fail_msg("mail %zu: flags %x", i, m.flags);
	}
}

static void readings_are_bounded(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	struct mime m;

	buf_string(&b, CT "\r\n");
	buf_span(&b, repeat(a, "--b\r\nContent-Transfer-Encoding: (c) base64"
		"\r\n\r\naGVsbG8=\r\n", 300));
	buf_string(&b, "--b--\r\n");
	m = parse(a, buf_bytes(&b));
	assert_int_equal(count(&m, MIME_READING), LIMITS->readings);
	assert_int_equal(m.flags, MAIL_AMBIG_ENCODING | MAIL_OVER_READINGS);
	assert_int_equal(m.n, 301 + LIMITS->readings);
}

/* Ways to repeat something: what stands before it, and it. */
static const struct {
	const char *before, *text;
} shapes[] = {
	{ CT "\r\n", "--b\r" },
	{ CT "\r\n", "x--b\r\n" },
	{ CT "\r\n", "--b--\r\n" },
	{ CT "\r\n", "--bc\r\n" },
	{ CT "\r\n", "\r" },
	{ CT "\r\n--b\r\n", "\r\r\n" },
	{ CT "\r\n", "Content-Type: " },
	{ CT "\r\n", "--b\r\n--b--\r\n" CT "\r\n" },
	{ CT "Content-Transfer-Encoding: base64\r\n\r\n", "LS1i\r\n" },
	{ CT "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		"--b\r\n=2D-b\r\n" },
	{ CT "Content-Type: a/b\r\n\r\n", "--b\r\n\r\n" },
	{ "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n", "--\r\n" },
	{ "Content-Type: multipart/mixed\r\n\r\n", "--x\r\n" },
	{ "Content-Type: multipart/mixed; boundary=", "-" },
	{ "Content-Type: multipart/mixed; boundary=\"", "b\r\n " },
	{ "Content-Type: multipart/mixed; boundary=b", ";boundary=c" },
	{ "Content-Type: ", "(" },
	{ "Content-Type: ", "text/plain " },
	{ "Content-Type: a/b; name=\"", "\\\"" },
	{ "Content-Disposition: x; filename*0=a", "; filename*0=b" },
	{ "Content-Transfer-Encoding: ", "(" },
	{ "Content-Transfer-Encoding: x", ",base64" },
	{ "", "Content-Type: text/plain\r\n" },
	{ "", "Content-Type : text/html\r\n" },
	{ "", "no field\r\n" },
	{ "", "A: b\r" },
	{ "", "A: b\r\n \r\n" },
	{ "", "A\r\n : b\r\n" },
	{ "", "Content-Type: message/rfc822\r\n\r\n" },
	{ "Content-Type: message/delivery-status\r\n\r\n", "A: b\r\n\r\n" },
	{ "Content-Type: application/pkcs7-mime\r\n\r\n", "\x24\x80" },
};

static struct span shaped(struct arena *a, size_t i, size_t size)
{
	struct buf b = { .arena = a };

	buf_string(&b, shapes[i].before);
	buf_span(&b, repeat(a, shapes[i].text,
		size / span_of(shapes[i].text).n));
	return buf_bytes(&b);
}

/* CPU and memory that one parse takes. */
static long parse_cost(size_t i, size_t size, size_t *memory_r)
{
	struct arena *a = arena_new("cost", (size_t)1 << 30);
	struct span raw = shaped(a, i, size);
	size_t before = arena_used(a);
	long start = clock();

	parse(a, raw);
	start = clock() - start;
	*memory_r = arena_used(a) - before;
	arena_free(&a);
	return start;
}

/* Twice the size takes twice the time: what is quadratic takes four times. */
static void time_is_linear(void **state)
{
	enum { SIZE = 1 << 20, TINY = CLOCKS_PER_SEC / 25 };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		long once = 0, twice = 0;
		size_t memory;

		/* The machine may be busy: the best of three counts. */
		for (int k = 0; k < 3; k++) {
			once = parse_cost(i, SIZE, &memory);
			twice = parse_cost(i, 2 * SIZE, &memory);
			if (2 * twice <= 5 * once + TINY)
				break;
		}
		if (2 * twice > 5 * once + TINY)
			fail_msg("shape %zu: %ld us, of twice the size %ld",
				i, once, twice);
	}
	(void)state;
}

static void memory_is_bounded(void **state)
{
	enum { SIZE = 4 << 20 };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		size_t memory;

		parse_cost(i, SIZE, &memory);
		if (memory > 4u * SIZE + (1 << 20))
			fail_msg("shape %zu: %zu bytes", i, memory);
	}
	(void)state;
}

static void a_line_of_fifty_megabytes_is_read(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	long start = cpu_ms();
	struct mime m;

	buf_string(&b, CT "\r\n--b\r\n\r\n");
	buf_span(&b, repeat(a, "0123456789abcdef", 50 << 16));
	m = parse(a, buf_bytes(&b));
	assert_int_equal(m.n, 2);
	assert_int_equal(m.parts[1]->body.n, 50 << 20);
	assert_int_equal(m.flags, MAIL_UNCLOSED);
	m = parse(a, span_after(buf_bytes(&b), sizeof(CT) + 8));
	assert_int_equal(m.n, 1);
	expect_fast(start, 1500);
}

static void a_million_comments_are_read(void **state)
{
	static const char *const names[] = {
		"Content-Type", "Content-Disposition",
		"Content-Transfer-Encoding",
	};
	struct arena *a = *state;
	struct span open = repeat(a, "(", 1000000);
	long start = cpu_ms();

	for (size_t i = 0; i < 3; i++) {
		struct buf b = { .arena = a };

		buf_printf(&b, "%s: ", names[i]);
		buf_span(&b, open);
		buf_string(&b, "\r\n\r\nbody");
		expect_span(parse(a, buf_bytes(&b)).root->body, "body");
	}
	expect_fast(start, 1000);
}

static void a_boundary_of_a_megabyte_is_read(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	struct span boundary = repeat(a, "-", 1 << 20);
	long start = cpu_ms();
	struct mime m;

	buf_string(&b, "Content-Type: multipart/mixed; boundary=");
	buf_span(&b, boundary);
	buf_string(&b, "\r\n\r\n--");
	buf_span(&b, boundary);
	buf_string(&b, "\r\n\r\nhello\r\n--");
	buf_span(&b, boundary);
	buf_string(&b, "--\r\n");
	m = parse(a, buf_bytes(&b));
	expect_span(m.parts[1]->body, "hello");
	assert_true(m.flags & MAIL_AMBIG_BOUNDARY);
	expect_fast(start, 1500);
}

static void types(struct span s, struct arena *a)
{
	struct mime m = parse(a, s);

	for (size_t i = 0; i < m.n; i++) {
		struct mime_part *p = m.parts[i];

		mime_text(p, LIMITS, a);
		assert_int_equal(p->index, i);
		assert_true((p->origin == MIME_READING) ==
			    (p->instead != NULL));
		assert_true(p->parent == NULL ||
			    p->depth == p->parent->depth + 1);
	}
}

static void any_length_can_be_read(void **state)
{
	(void)state;
	cut_everywhere(SPAN(" From: a\r\nTo : b\r\nCon\0tent-Type: a/b\r\n"
		"Content-Type: x/y, multipart/mixed; boundary=\"b;c\r\n d"
		"Content-Transfer-Encoding: x, \"base\r\n 64\"\r\n \r\n\r\n"
		"--b\rA: b\r\r--b;c d\r\n\r\nLS1i--b\r\n--b--\n--b\n"),
		types);
	cut_everywhere(SPAN("Content-Type: application/pkcs7-mime\r\n\r\n"
		"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80"
		"\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86"
		"\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x04" "A: b"
		"\x04\x03\r\n\n" "\x04\x01x\x00\x00\x00\x00"), types);
}

static void content_in_pieces_is_joined(void **state)
{
	struct mime m = parse(*state, SPAN("Content-Type: "
		"application/x-pkcs7-mime\r\n\r\n"
		"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80"
		"\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86"
		"\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x04" "A: b"
		"\x04\x03\r\n\n" "\x24\x03\x04\x01x\x04\x01y\x00\x00"));

	assert_int_equal(m.n, 2);
	assert_ptr_equal(m.parts[1]->parent, m.root);
	expect_span(m.parts[1]->body, "xy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reading_stands_beside_its_part),
		TEST(readings_of_the_root_are_a_chain),
		TEST(ordinary_mail_has_one_reading),
		TEST(readings_are_bounded),
		TEST(time_is_linear),
		TEST(memory_is_bounded),
		TEST(a_line_of_fifty_megabytes_is_read),
		TEST(a_million_comments_are_read),
		TEST(a_boundary_of_a_megabyte_is_read),
		TEST(any_length_can_be_read),
		TEST(content_in_pieces_is_joined),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
