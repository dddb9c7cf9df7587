#include "mail/mime.h"
#include "mail/param.h"
#include "mail/type.h"

#include "mail_test.h"

static struct mime parse(struct arena *a, struct span raw)
{
	struct mime m;

	mime_parse(raw, LIMITS, a, &m);
	return m;
}

static void a_message_without_mime_is_one_text(void **state)
{
	struct mime m = parse(*state, SPAN("Subject: x\r\n\r\nbody\r\n"));

	assert_int_equal(m.n, 1);
	assert_int_equal(m.flags, 0);
	expect_span(m.root->type, "text/plain");
	expect_span(m.root->body, "body\r\n");
	expect_span(m.root->raw, "Subject: x\r\n\r\nbody\r\n");
	assert_int_equal(m.root->encoding, MIME_7BIT);
}

static const char *const multi =
	"Content-Type: Multipart/Mixed; boundary=\"b\"\r\n\r\npreamble\r\n"
	"--b\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n<p>\r\n"
	"--b  \r\n"
	"Content-Type: application/pdf; name=\"=?UTF-8?Q?=C3=BC?=.pdf\"\r\n"
	"Content-Disposition: ATTACHMENT\r\n"
	"Content-Transfer-Encoding: Base64\r\n\r\naGVs\r\nbG8=\r\n"
	"--b--\r\nepilogue\r\n";

static void parts_are_found_in_order(void **state)
{
	struct mime m = parse(*state, span_of(multi));
	struct mime_part *html = m.parts[2], *pdf = m.parts[3];

	assert_int_equal(m.n, 5);
	assert_int_equal(m.flags, 0);
	expect_span(m.root->type, "multipart/mixed");
	assert_true(span_starts(m.root->body, SPAN("preamble")));
	assert_true(span_ends(m.root->body, SPAN("epilogue\r\n")));
	assert_int_equal(m.parts[1]->origin, MIME_PREAMBLE);
	expect_span(m.parts[1]->body, "preamble");
	assert_int_equal(m.parts[4]->origin, MIME_EPILOGUE);
	expect_span(m.parts[4]->body, "epilogue\r\n");
	assert_ptr_equal(m.root->child->next, html);
	assert_ptr_equal(html->next, pdf);
	assert_ptr_equal(pdf->parent, m.root);
	assert_int_equal(pdf->index, 3);
	assert_int_equal(pdf->depth, 1);
	expect_span(html->body, "<p>");
	expect_span(html->charset, "UTF-8");
	expect_span(pdf->type, "application/pdf");
	expect_span(pdf->name, "ü.pdf");
	expect_span(pdf->disposition, "attachment");
	assert_int_equal(pdf->encoding, MIME_BASE64);
	expect_span(mime_decode(pdf, LIMITS, *state), "hello");
	assert_int_equal(pdf->flags, 0);
}

/* Each row is a message and the flags that it must get. */
static void doubts_become_flags(void **state)
{
#define CT "Content-Type: multipart/mixed; boundary=b\r\n"
#define PART "\r\n--b\r\n\r\nx\r\n--b--\r\n"
	static const struct {
		struct span raw;
		unsigned flags;
	} rows[] = {
#define ROW(lit, f) { { (const unsigned char *)lit, sizeof(lit) - 1 }, f }
		ROW(CT PART, 0),
		ROW(CT "\r\n--b\r\n\r\nx\r\n", MAIL_UNCLOSED),
		ROW(CT CT PART, MAIL_AMBIG_FIELD | MAIL_AMBIG_BOUNDARY),
		ROW("Content-Type: multipart/mixed; boundary=b; boundary=c\r\n"
			PART, MAIL_AMBIG_BOUNDARY),
		ROW("Content-Type: multipart/mixed; boundary*0=b\r\n" PART,
			MAIL_AMBIG_BOUNDARY),
		ROW("Content-Type: multipart/mixed; boundary=b (c)\r\n" PART,
			MAIL_AMBIG_BOUNDARY),
		ROW("Content-Type: multipart/mixed; boundary=\"b \"\r\n" PART,
			MAIL_AMBIG_BOUNDARY),
		ROW("Content-Type: multipart/mixed; boundary=\"\"\r\n" PART,
			MAIL_AMBIG_BOUNDARY),
		ROW("Content-Type: multipart/mixed\r\n" PART,
			MAIL_AMBIG_BOUNDARY),
		ROW("Content-Type: a/b, multipart/mixed; boundary=b\r\n" PART,
			MAIL_AMBIG_FIELD),
		ROW(CT "Content-Transfer-Encoding: base64\r\n" PART,
			MAIL_AMBIG_ENCODING),
		ROW(CT "\r\n--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny\r\n--b--\r\n",
			MAIL_AMBIG_BOUNDARY | MAIL_OUTSIDE),
		ROW(CT "\r\n--b\r\n\r\nx\r\n--bc\r\n\r\ny\r\n--b--\r\n",
			MAIL_AMBIG_BOUNDARY),
		ROW(CT "\r\n--b\r\n" CT PART "--b--\r\n", MAIL_AMBIG_BOUNDARY),
		ROW(CT "\r\n--b\r\nno field\r\n--b--\r\n",
			MAIL_BAD_HEADER | MAIL_NO_BLANK_LINE),
		ROW("Content-Transfer-Encoding: base64\r\n"
			"Content-Transfer-Encoding: 7bit\r\n\r\n",
			MAIL_AMBIG_FIELD | MAIL_AMBIG_ENCODING),
		ROW("Content-Transfer-Encoding: base645\r\n\r\n",
			MAIL_AMBIG_ENCODING),
		ROW("Content-Transfer-Encoding: (c) base64\r\n\r\n",
			MAIL_AMBIG_ENCODING),
		ROW("Content-Transfer-Encoding: base64 \r\n\r\n", 0),
		ROW("Content-Type: message/partial; id=x\r\n\r\nA: b\r\n\r\n",
			MAIL_PARTIAL),
		ROW("Content-Type: message/external-body\r\n\r\nA: b\r\n\r\n",
			MAIL_PARTIAL),
		ROW("Content-Type: a/b; name=a.txt\r\n"
			"Content-Disposition: attachment; filename=a.exe\r\n"
			"\r\n", MAIL_AMBIG_NAME),
		ROW("A: b\r\n\r\nx\0y", MAIL_HAS_NUL),
		ROW("Content-Type: text\r\n\r\n", 0),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mime m = parse(*state, rows[i].raw);

		if (m.flags != rows[i].flags)
			fail_msg("row %zu: expected flags %x, got %x", i,
				rows[i].flags, m.flags);
	}
}

static void parts_after_the_last_boundary_are_kept(void **state)
{
	struct mime m = parse(*state, SPAN(CT "\r\n--b\r\n\r\nx\r\n--b--\r\n"
		"--b\r\n\r\ny\r\n--b--\r\n"));

	assert_int_equal(m.n, 3);
	expect_span(m.parts[2]->body, "y");
}

static void a_message_in_a_message_is_opened(void **state)
{
	struct mime m = parse(*state, SPAN(CT "\r\n"
		"--b\r\nContent-Type: message/rfc822\r\n\r\n"
		"Subject: in\r\nContent-Type: multipart/mixed; boundary=c\r\n"
		"\r\n--c\r\n\r\ndeep\r\n--b\r\n\r\nnext\r\n--b--\r\n"));

	assert_int_equal(m.n, 5);
	expect_span(m.parts[1]->type, "message/rfc822");
	expect_span(m.parts[2]->type, "multipart/mixed");
	assert_int_equal(m.parts[3]->depth, 3);
	expect_span(m.parts[3]->body, "deep");
	assert_ptr_equal(m.parts[4]->parent, m.root);
	expect_span(m.parts[4]->body, "next");
	assert_int_equal(m.flags, MAIL_UNCLOSED);
	assert_int_equal(m.parts[2]->flags, MAIL_UNCLOSED);
}

static void a_digest_holds_messages(void **state)
{
	struct mime m = parse(*state,
		SPAN("Content-Type: multipart/digest; boundary=b\r\n"
		"\r\n--b\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n"));

	assert_int_equal(m.n, 3);
	expect_span(m.parts[1]->type, "message/rfc822");
	expect_span(m.parts[2]->body, "x");
}

static void a_boundary_ends_a_header(void **state)
{
	struct mime m = parse(*state,
		SPAN("Content-Type: multipart/mixed; boundary=\"b:c\"\r\n\r\n"
		"--b:c\r\nX: y\r\n--b:c\r\n\r\nz\r\n--b:c--\r\n"));

	assert_int_equal(m.n, 3);
	expect_span(m.parts[1]->body, "");
	expect_span(m.parts[2]->body, "z");
	assert_int_equal(m.flags, MAIL_NO_BLANK_LINE);
}

static void lf_only_is_read_too(void **state)
{
	struct mime m = parse(*state,
		SPAN("Content-Type: multipart/mixed; boundary=b\n\n"
		"--b\n\none\ntwo\n--b--\n"));

	assert_int_equal(m.n, 2);
	assert_int_equal(m.flags, 0);
	expect_span(m.parts[1]->body, "one\ntwo");
}

static bool filename(struct span value, struct arena *a, struct span *v_r,
	unsigned *flags)
{
	struct params ps;
	struct param_found f;

	params_parse(value, LIMITS, a, &ps);
	*flags |= ps.flags;
	if (!params_find(&ps, SPAN("filename"), a, &f))
		return false;
	if (f.doubt)
		*flags |= MAIL_AMBIG_FIELD;
	*v_r = f.value;
	return true;
}

static void params_are_read(void **state)
{
	static const struct {
		const char *value, *out;
		unsigned flags;
	} rows[] = {
		{ "a/b; filename=x.txt", "x.txt", 0 },
		{ "a/b;FileName = \"x y.txt\" ; z=1", "x y.txt", 0 },
		{ "a/b; filename=my file (1).pdf; z=1", "my file (1).pdf",
			MAIL_AMBIG_FIELD },
		{ "a/b; filename=\"a\\\"b\"", "a\"b", MAIL_AMBIG_FIELD },
		{ "a/b; filename=\"a\r\n b\"", "a b", MAIL_AMBIG_FIELD },
		{ "a/b; filename=\"open", "open", MAIL_AMBIG_FIELD },
		{ "a/b; filename*=utf-8''%C3%BC.txt", "ü.txt", 0 },
		{ "a/b; filename*=iso-8859-1'de'%FC.txt", "ü.txt", 0 },
		{ "a/b; filename*1=b; filename*0=a; filename*2*=%63", "abc",
			0 },
		{ "a/b; filename*0*=utf-8''%C3; filename*1*=%BC", "ü", 0 },
		{ "a/b; filename=x.txt; filename*=utf-8''y.txt", "y.txt", 0 },
		{ "a/b; filename=x.txt; filename*=utf-8''y.exe", "y.exe",
			MAIL_AMBIG_FIELD },
		{ "a/b; filename=x; filename=y", "x", MAIL_AMBIG_FIELD },
		{ "a/b; filename*0=x; filename*0=y", "x", MAIL_AMBIG_FIELD },
		{ "a/b; filename*0=x; filename*2=y", "x", MAIL_AMBIG_FIELD },
		{ "a/b (;filename=n); filename=y", "y", 0 },
		{ "a/b; z=\"; filename=n\"; filename=y", "y", 0 },
		{ "a/b; ; filename=y", "y", 0 },
		{ "a/b; filename*=%41%4", "A%4", 0 },
		{ "a/b; xfilename=n", NULL, 0 },
		{ "", NULL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span v = SPAN("");
		unsigned flags = 0;
		bool found = filename(span_of(rows[i].value), *state, &v,
			&flags);

		if (found != (rows[i].out != NULL) || flags != rows[i].flags)
			fail_msg("%s: found %d, flags %x", rows[i].value,
				found, flags);
		if (found)
			expect_span(v, rows[i].out);
	}
}

static void too_many_params_are_flagged(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	unsigned flags = 0;
	struct span v;

	buf_string(&b, "a/b");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "; filename*%d=x", i);
	assert_true(filename(buf_bytes(&b), a, &v, &flags));
	assert_int_equal(v.n, LIMITS->params);
	assert_int_equal(flags, MAIL_OVER_PARAMS);
}

static struct span decode(struct arena *a, const char *encoding,
	struct span body, unsigned *flags_r)
{
	struct buf b = { .arena = a };
	struct mime m;
	struct span out;

	buf_printf(&b, "Content-Transfer-Encoding: %s\r\n\r\n", encoding);
	buf_span(&b, body);
	m = parse(a, buf_bytes(&b));
	out = mime_decode(m.root, LIMITS, a);
	assert_ptr_equal(out.p, mime_decode(m.root, LIMITS, a).p);
	*flags_r = m.root->flags;
	return out;
}

static void transfer_encodings_are_undone(void **state)
{
	static const struct {
		const char *encoding, *in, *out;
		unsigned flags;
	} rows[] = {
		{ "base64", "", "", 0 },
		{ "base64", "YQ==", "a", 0 },
		{ "base64", "YWI=\r\n", "ab", 0 },
		{ "base64", "Y W\r\nJ\tj", "abc", 0 },
		{ "base64", "YQ", "a", MAIL_BAD_ENCODING },
		{ "base64", "YQ=", "a", MAIL_BAD_ENCODING },
		{ "base64", "Y", "", MAIL_BAD_ENCODING },
		{ "base64", "YW*Jj", "abc", MAIL_BAD_ENCODING },
		{ "base64", "YQ==YQ==", "aa", MAIL_BAD_ENCODING },
		{ "base64", "====", "", MAIL_BAD_ENCODING },
		{ "quoted-printable", "a=3Db=\r\nc=20 \r\nd", "a=bc \r\nd", 0 },
		{ "quoted-printable", "a= \t\nb", "ab", 0 },
		{ "quoted-printable", "a=3db", "a=b", 0 },
		{ "quoted-printable", "a=xyb", "a=xyb", MAIL_BAD_ENCODING },
		{ "quoted-printable", "a=4", "a=4", MAIL_BAD_ENCODING },
		{ "quoted-printable", "a=", "a", 0 },
		{ "7bit", "a=3D", "a=3D", 0 },
		{ "x-new", "a=3D", "a=3D", MAIL_AMBIG_ENCODING },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned flags;

		expect_span(decode(*state, rows[i].encoding,
			span_of(rows[i].in), &flags), rows[i].out);
		if (flags != rows[i].flags)
			fail_msg("row %zu: expected flags %x, got %x", i,
				rows[i].flags, flags);
	}
}

static void decoded_bytes_are_bounded_over_all_parts(void **state)
{
	struct mail_limits l = *LIMITS;
	struct mime m;
	static const char *const part = "--b\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nYWJjZGVm\r\n";
	struct buf b = { .arena = *state };

	l.decoded_bytes = 9;
	buf_string(&b, CT "\r\n");
	buf_string(&b, part);
	buf_string(&b, part);
	buf_string(&b, "--b--\r\n");
	mime_parse(buf_bytes(&b), &l, *state, &m);
	assert_int_equal(m.n, 3);
	expect_span(mime_decode(m.parts[1], &l, *state), "abcdef");
	expect_span(mime_decode(m.parts[2], &l, *state), "abc");
	assert_int_equal(m.parts[1]->flags, 0);
	assert_int_equal(m.parts[2]->flags, MAIL_OVER_DECODED);
}

static void text_comes_as_utf8(void **state)
{
	static const struct {
		const char *charset, *in, *out;
		unsigned flags;
	} rows[] = {
		{ "utf-8", "\xc3\xbc", "ü", 0 },
		{ "utf-8", "a\xfc" "b", "a\xef\xbf\xbd" "b",
			MAIL_AMBIG_CHARSET },
		{ "ISO-8859-1", "\xfc\x80", "ü€", 0 },
		{ "windows-1252", "\x93x\x94", "“x”", 0 },
		{ "us-ascii", "abcdefghij\xfc", "abcdefghijü",
			MAIL_AMBIG_CHARSET },
		{ "us-ascii", "\xc3\xbc", "ü", MAIL_AMBIG_CHARSET },
		{ "x-martian", "\xc3", "Ã", MAIL_OTHER_CHARSET },
		{ "x-martian", "\xc3\xbc", "ü", MAIL_OTHER_CHARSET },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = { .arena = *state };
		struct mime m;

		buf_printf(&b, "Content-Type: text/plain; charset=%s\r\n\r\n%s",
			rows[i].charset, rows[i].in);
		m = parse(*state, buf_bytes(&b));
		expect_span(mime_text(m.root, LIMITS, *state), rows[i].out);
		assert_int_equal(m.root->flags, rows[i].flags);
	}
}

static void a_hundred_thousand_parts_are_cut_and_flagged(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	long start = cpu_ms();
	struct mime m;

	buf_string(&b, CT "\r\n");
	buf_span(&b, repeat(a, "--b\r\n\r\nx\r\n", 100000));
	m = parse(a, buf_bytes(&b));
	assert_int_equal(m.n, LIMITS->parts);
	assert_int_equal(m.flags, MAIL_OVER_PARTS);
	expect_fast(start, 500);
}

static void deep_messages_are_cut_and_flagged(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	long start = cpu_ms();
	struct mime m;

	m = parse(a, repeat(a, "Content-Type: message/rfc822\r\n\r\n", 10000));
	assert_int_equal(m.n, LIMITS->depth + 1);
	assert_int_equal(m.flags, MAIL_OVER_DEPTH);
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "Content-Type: multipart/mixed; boundary=%dx\r\n"
			"\r\n--%dx\r\n", i, i);
	m = parse(a, buf_bytes(&b));
	assert_int_equal(m.n, LIMITS->depth + 1);
	assert_int_equal(m.flags, MAIL_OVER_DEPTH | MAIL_UNCLOSED);
	expect_fast(start, 500);
}

static void hostile_messages_are_linear(void **state)
{
	static const char *const texts[] = {
		"\n", "--", "--\n", "--b\n", "a", "(", "a: (\n ", "-- b\r\n",
		"--b--\n", "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
	};
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new("hostile", (size_t)1 << 30);
		struct buf b = { .arena = a };

		buf_string(&b, CT "\r\n");
		buf_span(&b, repeat(a, texts[i], 2 << 20));
		parse(a, buf_bytes(&b));
		parse(a, span_after(buf_bytes(&b), sizeof(CT) + 1));
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 4000);
}

static void parse_all(struct span s, struct arena *a)
{
	struct mime m = parse(a, s);

	for (size_t i = 0; i < m.n; i++) {
		struct span content = mime_decode(m.parts[i], LIMITS, a);

		mime_text(m.parts[i], LIMITS, a);
		type_of(content);
		assert_true(m.parts[i]->raw.p >= s.p);
		assert_true(m.parts[i]->raw.p + m.parts[i]->raw.n <=
			    s.p + s.n);
	}
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(span_of(multi), parse_all);
	cut_everywhere(SPAN("Content-Type: multipart/digest; (c) boundary*0*="
		"utf-8''%62; boundary*1=\"\\b\"\n\n--bb\n\nContent-Type: "
		"text/plain; charset=\"iso-8859-1\nContent-Transfer-Encoding:"
		" quoted-printable\n\n=FC\xff=\n=4\r\n--bb--"), parse_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_without_mime_is_one_text),
		TEST(parts_are_found_in_order),
		TEST(doubts_become_flags),
		TEST(parts_after_the_last_boundary_are_kept),
		TEST(a_message_in_a_message_is_opened),
		TEST(a_digest_holds_messages),
		TEST(a_boundary_ends_a_header),
		TEST(lf_only_is_read_too),
		TEST(params_are_read),
		TEST(too_many_params_are_flagged),
		TEST(transfer_encodings_are_undone),
		TEST(decoded_bytes_are_bounded_over_all_parts),
		TEST(text_comes_as_utf8),
		TEST(a_hundred_thousand_parts_are_cut_and_flagged),
		TEST(deep_messages_are_cut_and_flagged),
		TEST(hostile_messages_are_linear),
		TEST(any_length_can_be_parsed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
