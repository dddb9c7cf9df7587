/*
 * Banners: what is put where, in which charset and encoding; and that nothing
 * else changes. The edited message is read again by our own reader.
 */
#include "mail_test.h"

#include "mail/charset.h"
#include "mail/rewrite.h"

#define MIME "MIME-Version: 1.0\r\n"
#define GRUESS "Gr\xc3\xbc\xc3\x9f"

/* The message with its splices and fields; why not in *why_r. */
static struct span edited(struct span raw, const struct rewrite_banner *b,
	size_t n, struct arena *a, const char **why_r)
{
	struct edit_splice *s;
	struct rewrite_field *f;
	size_t ns, nf, from = 0;
	struct buf out = { .arena = a };
	struct rewrite *r;
	struct mime m;

	mime_parse(raw, LIMITS, a, &m);
	r = rewrite_new(&m, LIMITS, a);
	*why_r = NULL;
	for (size_t i = 0; i < n && *why_r == NULL; i++)
		*why_r = rewrite_banner(r, &b[i]);
	rewrite_finish(r, &s, &ns, &f, &nf);
	/* Fields of the message itself: in front, the old ones away. */
	for (size_t i = 0; i < nf; i++)
		buf_printf(&out, "%.*s: %.*s\r\n", SPAN_FMT(f[i].name),
			SPAN_FMT(f[i].value));
	for (size_t i = 0; i < m.root->header.n; i++) {
		const struct header_field *h = &m.root->header.fields[i];
		bool gone = false;

		for (size_t k = 0; k < nf; k++)
			gone |= span_caseeq(h->name, f[k].name);
		if (!gone)
			buf_span(&out, span_sub(raw, h->at, h->size));
	}
	from = m.root->header.end;
	for (size_t i = 0; i < ns; i++) {
		assert_true(s[i].at >= from);
		assert_true(s[i].at >= m.root->header.size);
		buf_span(&out, span_sub(raw, from, s[i].at - from));
		buf_span(&out, s[i].insert);
		from = s[i].at + s[i].remove;
	}
	assert_true(from <= raw.n);
	buf_span(&out, span_after(raw, from));
	return buf_bytes(&out);
}

/* The text of the first part of a type, as it is seen. */
static struct span text_of(struct span raw, const char *type, struct arena *a)
{
	struct mime m;

	mime_parse(raw, LIMITS, a, &m);
	for (size_t i = 0; i < m.n; i++)
		if (m.parts[i]->origin == MIME_ENTITY &&
		    span_is(m.parts[i]->type, type))
			return mime_text(m.parts[i], LIMITS, a);
	return SPAN("no such part");
}

struct row {
	const char *what, *raw, *text, *html;	/* html NULL: no page */
	const char *why;			/* then text is not asked */
	bool top;
};

static const struct row rows[] = {
	{ .what = "plain", MIME "\r\nhello\r\n", "hello\r\n" GRUESS "\r\n" },
	{ .what = "no header", "\r\nhello\r\n", "hello\r\n" GRUESS "\r\n" },
	{ .what = "no last line end",
		MIME "\r\nhello", "hello\r\n" GRUESS "\r\n" },
	{ .what = "empty", MIME "\r\n", GRUESS "\r\n" },
	{ .what = "on top", MIME "\r\nhello\r\n", GRUESS "\r\nhello\r\n",
		.top = true },
	{ .what = "utf-8, 8bit",
		MIME "Content-Type: text/plain; charset=UTF-8\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n",
		"\xc3\xa4\r\n" GRUESS "\r\n" },
	{ .what = "latin-1, 8bit", MIME
		"Content-Type: text/plain; charset=ISO-8859-1\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n\xe4\r\n",
		"\xc3\xa4\r\n" GRUESS "\r\n" },
	{ .what = "latin-1, quoted-printable", MIME
		"Content-Type: text/plain; charset=ISO-8859-1\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"=E4 =\r\nb =\r\n", "\xc3\xa4 b \r\n" GRUESS "\r\n" },
	{ .what = "utf-8, base64",
		MIME "Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6QK\r\n",
		"\xc3\xa4\n" GRUESS "\n" },
	{ .what = "koi8-r: has not all, becomes utf-8", MIME
		"Content-Type: text/plain; charset=koi8-r; format=fixed\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n\xc4\xc1\r\n",
		"\xd0\xb4\xd0\xb0\r\n" GRUESS "\r\n" },
	{ .what = "utf-16",
		MIME "Content-Type: text/plain; charset=utf-16le\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\naABpAA==\r\n",
		"hi\r\n" GRUESS "\r\n" },
	{ .what = "iso-2022-jp", MIME "Content-Type: text/plain; "
		"charset=iso-2022-jp\r\n\r\n\x1b$B$\"\r\n",
		"\xe3\x81\x82\r\n" GRUESS "\r\n" },
	{ .what = "flowed", MIME "Content-Type: text/plain; charset=utf-8; "
		"format=flowed\r\n\r\none \r\ntwo \r\n",
		"one two \n" GRUESS "\n" },
	{ .what = "page",
		MIME "Content-Type: text/html; charset=us-ascii\r\n\r\n"
		"<html><body class=\"</body>\">x<!-- </body> --></body>"
		"</html>\r\n", .html =
		"<html><body class=\"</body>\">x<!-- </body> -->"
		"<p>Gr&#xfc;&#xdf;</p>\r\n</body></html>\r\n" },
	{ .what = "page, on top", MIME "Content-Type: text/html\r\n\r\n"
		"<html><head><script>\"<body>\"</script></head>"
		"<BODY bgcolor='>'>x</BODY></html>\r\n", .html =
		"<html><head><script>\"<body>\"</script></head>"
		"<BODY bgcolor='>'><p>Gr&#xfc;&#xdf;</p>\r\nx</BODY></html>"
		"\r\n", .top = true },
	{ .what = "page without tags",
		MIME "Content-Type: text/html\r\n\r\nx", .html =
		"x<p>Gr&#xfc;&#xdf;</p>\r\n" },
	{ .what = "alternative", MIME
		"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
		"--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\n"
		"<body>one</body>\r\n--b--\r\n", "one\r\n" GRUESS "\r\n",
		"<body>one<p>Gr&#xfc;&#xdf;</p>\r\n</body>" },
	{ .what = "mixed",
		MIME "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\none\xc3\xa4\r\n"
		"--b\r\nContent-Type: text/csv\r\n\r\n1,2\r\n--b--\r\n",
		"one\xc3\xa4\r\n" GRUESS "\r\n" },
	{ .what = "only a file",
		MIME "Content-Type: application/pdf\r\n\r\n%PDF\r\n",
		.why = "no text" },
	{ .what = "a file first", MIME
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		"--b\r\nContent-Disposition: attachment\r\n\r\nfile\r\n"
		"--b\r\n\r\ntext\r\n--b--\r\n", .why = "no text" },
	{ .what = "signed", MIME "Content-Type: multipart/signed; boundary=b; "
		"protocol=\"application/pkcs7-signature\"\r\n\r\n"
		"--b\r\n\r\none\r\n--b\r\n"
		"Content-Type: application/pkcs7-signature\r\n\r\nx\r\n"
		"--b--\r\n", .why = "signed" },
	{ .what = "encrypted",
		MIME "Content-Type: multipart/encrypted; boundary=b"
		"\r\n\r\n--b\r\n\r\none\r\n--b--\r\n", .why = "encrypted" },
	{ .what = "PGP in the text",
		MIME "\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n"
		"one\r\n", .why = "signed" },
	{ .what = "ambiguous",
		MIME "Content-Type: multipart/mixed; boundary=b\r\n"
		"Content-Type: multipart/mixed; boundary=c\r\n\r\n"
		"--b\r\n\r\none\r\n--c\r\n\r\ntwo\r\n--c--\r\n--b--\r\n",
		.why = "ambiguous" },
	{ .what = "a boundary in the banner", MIME
		"Content-Type: multipart/mixed; boundary=Gr\r\n\r\n"
		"--Gr\r\n\r\none\r\n--Gr--\r\n", .why = "boundary" },
	{ .what = "an unknown charset", MIME "Content-Type: text/plain; "
		"charset=x-none\r\n\r\n\xe4\r\n", .why = "charset" },
	{ .what = "an unknown encoding",
		MIME "Content-Transfer-Encoding: x-none\r\n"
		"\r\nx\r\n", .why = "ambiguous" },
};

/* Charsets of East Asia: the bytes of the banner, or that it became UTF-8. */
static void banners_of_east_asia(void **state)
{
	static const struct {
		const char *charset, *body, *banner;
		const char *bytes;	/* NULL: has it not */
	} east[] = {
		{ "big5", "\xa7\x41\xa6n",
			"\xe5\xa4\x96\xe9\x83\xa8\xe9\x83\xb5\xe4\xbb\xb6",
			"\xa5~\xb3\xa1\xb6l\xa5\xf3" },
		{ "big5", "\xa7\x41\xa6n", GRUESS, NULL },
		/* Both only in Hong Kong's. */
		{ "big5", "\xa7\x41\xa6n", "\xc3\xbc", NULL },
		{ "big5-hkscs", "\xa7\x41\xa6n", "\xc3\xbc", "\x88\xa2" },
		{ "GB18030", "\xc4\xe3\xba\xc3", "\xe5\xa4\x96\xe9\x83\xa8\xe9"
			"\x82\xae\xe4\xbb\xb6",
			"\xcd\xe2\xb2\xbf\xd3\xca\xbc\xfe" },
		{ "gb18030", "\xc4\xe3\xba\xc3", GRUESS "e \xe2\x82\xac"
			"\xf0\x9f\x98\x80",
			"Gr\xa8\xb9\x81\x30\x89\x38" "e \xa2\xe3"
			"\x94\x39\xfc\x36" },
		{ "gb2312", "\xc4\xe3\xba\xc3", "\xe5\xa4\x96\xe9\x83\xa8\xe9"
			"\x82\xae\xe4\xbb\xb6",
			"\xcd\xe2\xb2\xbf\xd3\xca\xbc\xfe" },
		{ "gb2312", "\xc4\xe3\xba\xc3", GRUESS, NULL },
		{ "gbk", "\xc4\xe3\xba\xc3", "\xe9\x83\xb5", "\xe0]" },
		{ "gbk", "\xc4\xe3\xba\xc3", "\xf0\x9f\x98\x80", NULL },
		{ "euc-kr", "\xbe\xc8\xb3\xe7",
			"\xec\x99\xb8\xeb\xb6\x80 \xeb\xa9\x94\xec\x9d\xbc",
			"\xbf\xdc\xba\xce \xb8\xde\xc0\xcf" },
		{ "euc-kr", "\xbe\xc8\xb3\xe7", GRUESS, NULL },
		{ "shift_jis", "\x82\xa0",
			"\xe3\x83\xa1\xe3\x83\xbc\xe3\x83\xab",
			"\x83\x81\x81[\x83\x8b" },
		{ "euc-jp", "\xa4\xa2",
			"\xe3\x83\xa1\xe3\x83\xbc\xe3\x83\xab",
			"\xa5\xe1\xa1\xbc\xa5\xeb" },
	};
	struct arena *a = arena_new("test", 1 << 28);

	(void)state;
	charset_open_all();
	for (size_t i = 0; i < sizeof(east) / sizeof(*east); i++) {
		const struct rewrite_banner b = { .text =
			span_of(east[i].banner) };
		struct span raw = span_of(arena_printf(a, MIME
			"Content-Type: text/plain; charset=%s\r\n"
			"Content-Transfer-Encoding: 8bit\r\n\r\n%s\r\n",
			east[i].charset, east[i].body)), now;
		struct span seen = text_of(raw, "text/plain", a);
		const char *why;

		now = edited(raw, &b, 1, a, &why);
		print_message("# %s\n", east[i].charset);
		assert_null(why);
		/* Read: what was there, and the banner. */
		expect_span(text_of(now, "text/plain", a), arena_printf(a,
			"%.*s%s\r\n", SPAN_FMT(seen), east[i].banner));
		if (east[i].bytes)
			assert_true(span_ends(now, span_of(arena_printf(a,
				"charset=%s\r\nContent-Transfer-Encoding: "
				"8bit\r\n\r\n%s\r\n%s\r\n", east[i].charset,
				east[i].body, east[i].bytes))));
		else
			assert_true(span_find(now, SPAN("charset=utf-8")) !=
				SIZE_MAX);
	}
	arena_free(&a);
}

static void banners_are_read_as_they_were_written(void **state)
{
	struct arena *a = arena_new("test", 1 << 28);

	(void)state;
	charset_open_all();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		const struct rewrite_banner b = { .text = SPAN(GRUESS),
			.top = row->top };
		struct span raw = span_of(row->raw), now;
		const char *why;

		now = edited(raw, &b, 1, a, &why);
		print_message("# %s\n", row->what);
		if (row->why) {
			assert_non_null(why);
			assert_string_equal(why, row->why);
			continue;
		}
		assert_null(why);
		if (row->text)
			expect_span(text_of(now, "text/plain", a), row->text);
		if (row->html)
			expect_span(text_of(now, "text/html", a), row->html);
		arena_reset(a);
	}
	arena_free(&a);
}

/* All bytes, where little has to change. */
static void what_needs_no_change_stays(void **state)
{
	static const char head[] = MIME
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		"preamble\r\n--b\r\nContent-Type: text/plain; charset=utf-8"
		"\r\nContent-Transfer-Encoding: 8bit\r\nX-Odd:   1\r\n\r\n"
		"\xc3\xa4 \r\n", tail[] = "\r\n--b\r\n\r\n.\r\n--b--\r\nend";
	static const struct rewrite_banner two[] = {
		{ .text = SPAN("first\n") },
		{ .text = SPAN("second") },
	};
	struct arena *a = arena_new("test", 1 << 20);
	struct buf raw = { .arena = a }, want = { .arena = a };
	const char *why;

	(void)state;
	buf_printf(&raw, "%s%s", head, tail);
	buf_printf(&want, "%sfirst\r\nsecond\r\n%s", head, tail);
	expect_span(edited(buf_bytes(&raw), two, 2, a, &why), buf_c(&want));
	assert_null(why);
	arena_free(&a);
}

/* Seven-bit text that gets more is quoted-printable, and says so. */
static void new_encoding_is_declared(void **state)
{
	const struct rewrite_banner b = { .text = SPAN(GRUESS) };
	struct arena *a = arena_new("test", 1 << 20);
	const char *why;

	(void)state;
	expect_span(edited(SPAN("Subject: x\r\n\r\na=b \r\n"), &b, 1, a, &why),
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"MIME-Version: 1.0\r\nSubject: x\r\n\r\na=3Db=20\r\n"
		"Gr=C3=BC=C3=9F\r\n");
	expect_span(edited(SPAN(MIME "Content-Type: multipart/mixed; "
		"boundary=b\r\n\r\n--b\r\nContent-Type: text/plain;\r\n"
		" name=n; charset=us-ascii\r\n\r\nx\r\n--b--\r\n"), &b, 1, a,
		&why), MIME "Content-Type: multipart/mixed; boundary=b\r\n"
		"\r\n--b\r\nContent-Type: text/plain; charset=utf-8;\r\n"
		" name=n\r\nContent-Transfer-Encoding: quoted-printable\r\n"
		"\r\nx\r\nGr=C3=BC=C3=9F\r\n\r\n--b--\r\n");
	arena_free(&a);
}

static void cut(struct span raw, struct arena *a)
{
	const struct rewrite_banner b[] = {
		{ .text = SPAN(GRUESS) },
		{ .text = SPAN("top"), .html = SPAN("<i>top</i>"),
			.top = true },
	};
	const char *why;

	edited(raw, b, 2, a, &why);
}

static void any_cut_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cut_everywhere(span_of(rows[i].raw), cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(banners_are_read_as_they_were_written),
		cmocka_unit_test(banners_of_east_asia),
		cmocka_unit_test(what_needs_no_change_stays),
		cmocka_unit_test(new_encoding_is_declared),
		cmocka_unit_test(any_cut_is_survived),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
