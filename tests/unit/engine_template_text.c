/* Templates: how they are read, and that values stay data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/notice_mail.h"
#include "engine/template_text.h"

static struct span hostile = SPAN("a\r\nBcc: x@y\n\x1b[2J<b>&\"'"
	"\xe2\x80\xae" "evil\xff\0z");

static struct span value(void *self, struct span name)
{
	(void)self;
	if (span_is(name, "SUBJECT"))
		return hostile;
	return span_is(name, "RULE") ? SPAN("%%SUBJECT%%") : SPAN("");
}

static bool known(const void *self, struct span name)
{
	(void)self;
	return span_is(name, "TICKET");
}

static void expand(const char *text, enum template_place place,
	const char *want)
{
	struct buf b = { 0 };

	template_expand(span_of(text), place, value, NULL, &b);
	assert_string_equal(buf_c(&b), want);
	buf_free(&b);
}

static void test_form(void **state)
{
	(void)state;
	expand("", TEMPLATE_TEXT, "");
	expand("100%% sure, %%%, %%lower%%, %%A B%%, %%", TEMPLATE_TEXT,
		"100%% sure, %%%, %%lower%%, %%A B%%, %%");
	expand("<%%UNSET%%>", TEMPLATE_TEXT, "<>");
	/* What a value holds is not read again. */
	expand("%%RULE%% %%PMX_RULE%%", TEMPLATE_TEXT,
		"%%SUBJECT%% %%SUBJECT%%");
	expand("5%%%RULE%%", TEMPLATE_TEXT, "5%%%SUBJECT%%");
}

static void test_hostile(void **state)
{
	(void)state;
	expand("[%%SUBJECT%%]", TEMPLATE_HEADER,
		"[a Bcc: x@y [2J<b>&\"'evil\xef\xbf\xbdz]");
	expand("[%%SUBJECT%%]", TEMPLATE_TEXT,
		"[a\nBcc: x@y\n[2J<b>&\"'evil\xef\xbf\xbdz]");
	expand("[%%SUBJECT%%]", TEMPLATE_HTML, "[a<br>\r\nBcc: x@y<br>\r\n"
		"[2J&lt;b&gt;&amp;&quot;&#39;evil\xef\xbf\xbdz]");
}

static void test_cut(void **state)
{
	static unsigned char bytes[TEMPLATE_VALUE_MAX * 2];
	struct span old = hostile;
	struct buf b = { 0 };

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	hostile = span_from(bytes, sizeof(bytes));
	template_expand(SPAN("%%SUBJECT%%"), TEMPLATE_HEADER, value, NULL,
		&b);
	assert_int_equal(b.n, TEMPLATE_LINE_MAX + 3);
	b.n = 0;
	template_expand(SPAN("%%SUBJECT%%"), TEMPLATE_TEXT, value, NULL, &b);
	assert_int_equal(b.n, TEMPLATE_VALUE_MAX + 3);
	buf_free(&b);
	hostile = old;
}

static void test_check(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(template_check(SPAN("%%SUBJECT%% %%PMX_HITS%% "
		"%%TICKET%%"), "x.txt", 1, known, NULL, &e), 0);
	assert_int_equal(template_check(SPAN("a\nb\n%%SUBJCT%%"), "x.txt", 3,
		known, NULL, &e), -1);
	assert_string_equal(e.text, "x.txt:5: unknown variable %%SUBJCT%%: "
		"did you mean %%SUBJECT%%?");
	assert_int_equal(template_check(SPAN("%%QQQQQQQQQQQQ%%"), "x.txt", 1,
		known, NULL, &e), -1);
	assert_string_equal(e.text, "x.txt:1: unknown variable "
		"%%QQQQQQQQQQQQ%%: rules make one with plan:set(\"NAME\", "
		"value)");
}

static void split(const char *file, const char *subject, const char *text,
	size_t line)
{
	struct template_file t;

	template_split(span_of(file), &t);
	assert_true(subject ? span_is(t.subject, subject) :
		t.subject.p == NULL);
	assert_true(span_is(t.text, text));
	assert_int_equal(t.line, line);
}

static void test_split(void **state)
{
	(void)state;
	split("", NULL, "", 1);
	split("Subject: a\nFrom: b@c\n\ntext\n", "a", "text\n", 4);
	split("Subject: a\r\n\r\n\r\ntext", "a", "\r\ntext", 3);
	split("\xef\xbb\xbfsubject: a\n\nx", "a", "x", 3);
	split("Hello\nSubject: no\n", NULL, "Hello\nSubject: no\n", 1);
	split("\n\ntext", NULL, "\n\ntext", 1);
	split("Subject: a\ntext", "a", "text", 2);
	split("Subject: a", "a", "", 1);
}

static const char plain_notice[] =
	"From: <postmaster@ours.example>\r\n"
	"To: <b@ours.example>\r\n"
	"Subject: =?UTF-8?B?Z3LDvMOfZQ==?=\r\n"
	"Date: Mon, 23 Nov 2026 09:13:20 +0000\r\n"
	"Message-ID: <1.notice@ours.example>\r\n"
	"In-Reply-To: <x@y>\r\n"
	"References: <x@y>\r\n"
	"Auto-Submitted: auto-replied\r\n"
	"Precedence: bulk\r\n"
	"X-Auto-Response-Suppress: All\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: text/plain; charset=UTF-8\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"=C3=BC=3D=20\r\n"
	"b\r\n";

static void test_mail(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct buf b = { .arena = a };
	struct notice_mail m = { .from = SPAN("postmaster@ours.example"),
		.to = SPAN("b@ours.example"), .subject = SPAN("grüße"),
		.text = SPAN("ü= \nb"), .id = SPAN("1.notice"),
		.references = SPAN("x@y"), .ms = 1795425200000 };

	(void)state;
	notice_mail_put(&m, a, &b);
	assert_string_equal(buf_c(&b), plain_notice);
	b.n = 0;
	m.to = SPAN("");
	m.references = SPAN("x\r\ny");
	m.html = SPAN("<p>h</p>");
	m.excerpt = SPAN("A: 1\r\n=_mixed: 2\r\n");
	notice_mail_put(&m, a, &b);
	buf_c(&b);
	assert_true(span_find(buf_bytes(&b), SPAN(
		"\r\nTo: undisclosed-recipients:;\r\n")) != SIZE_MAX);
	assert_true(span_find(buf_bytes(&b), SPAN("References"))
		== SIZE_MAX);
	assert_true(span_find(buf_bytes(&b), SPAN("\r\nA: 1\r\n=3D_mixed: "
		"2\r\n\r\n--=_mixed--\r\n")) != SIZE_MAX);
	arena_free(&a);
}

static void test_long_lines(void **state)
{
	struct buf b = { 0 };
	unsigned char long_line[500];
	struct span rest, line;

	(void)state;
	memset(long_line, 0xfc, sizeof(long_line));
	notice_quote_printable(span_from(long_line, sizeof(long_line)), &b);
	rest = buf_bytes(&b);
	while (span_line(&rest, &line))
		assert_true(line.n <= NOTICE_LINE);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_long_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
