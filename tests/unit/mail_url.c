#include "mail/url.h"

#include "mail_test.h"

/* "raw host" of each URL, one a line. */
static struct span found(struct arena *a, const char *text, bool html)
{
	struct url_set set = { 0 };
	struct buf b = { .arena = a };

	url_find(span_of(text), html, LIMITS, a, &set);
	for (size_t i = 0; i < set.n; i++) {
		if (i)
			buf_byte(&b, '\n');
		buf_span(&b, set.v[i].raw);
		buf_byte(&b, ' ');
		buf_span(&b, set.v[i].host);
	}
	return buf_bytes(&b);
}

static void urls_in_text_are_found(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "see http://example.org/a?b=c.",
			"http://example.org/a?b=c example.org" },
		{ "(https://Example.ORG)", "https://Example.ORG example.org" },
		{ "http://u:p@example.org:80/",
			"http://u:p@example.org:80/ example.org" },
		{ "http://a@b@example.org",
			"http://a@b@example.org example.org" },
		{ "http:\\\\example.org\\x",
			"http:\\\\example.org\\x example.org" },
		{ "http://[2001:db8::1]:80/x",
			"http://[2001:db8::1]:80/x [2001:db8::1]" },
		{ "<http://a.example> <http://a.example>",
			"http://a.example a.example" },
		{ "FTP://a.example", "FTP://a.example a.example" },
		{ "go to www.a.example, now",
			"www.a.example www.a.example" },
		{ "xhttp://a.example mailto:a@b http:// http://?x", "" },
		{ "http://www.a.example/www.b.example",
			"http://www.a.example/www.b.example www.a.example" },
		{ "http://a.example.", "http://a.example a.example" },
		{ "", "" },
		{ "http:", "" },
		{ "//a.example", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_span(found(*state, rows[i].in, false), rows[i].out);
}

static void urls_in_html_are_found(void **state)
{
	expect_span(found(*state, "<a href='http://a.example/x'>y</a>"
		"<img src=\"//b.example/c\"><p>http://c.example<br>"
		"<script>// \"///x\"</script>", true),
		"http://a.example/x a.example\nhttp://c.example c.example\n"
		"//b.example/c b.example");
}

static void the_set_is_bounded(void **state)
{
	struct arena *a = *state;
	struct url_set set = { 0 };
	struct buf b = { .arena = a };

	for (int i = 0; i < 50000; i++)
		buf_printf(&b, "http://h%d.example\n", i);
	url_find(buf_bytes(&b), false, LIMITS, a, &set);
	assert_int_equal(set.n, LIMITS->urls);
	assert_int_equal(set.flags, MAIL_OVER_URLS);
	expect_span(set.v[999].host, "h999.example");
}

static void an_endless_url_is_cut_and_flagged(void **state)
{
	struct arena *a = *state;
	struct url_set set = { 0 };
	struct span s = repeat(a, "http://a.example/?u=", 1 << 20);
	long start = cpu_ms();

	url_find(s, true, LIMITS, a, &set);
	assert_true(set.n > 0);
	assert_int_equal(set.flags, MAIL_OVER_URLS);
	expect_fast(start, 2000);
}

static void parse(struct span s, struct arena *a)
{
	struct url_set set = { 0 };

	url_find(s, true, LIMITS, a, &set);
	url_find(s, false, LIMITS, a, &set);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN("http://u@[::1]:8/ ftp:\\\\a =//b www.c.d "
		"\"//x\" https://\0"), parse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(urls_in_text_are_found),
		TEST(urls_in_html_are_found),
		TEST(the_set_is_bounded),
		TEST(an_endless_url_is_cut_and_flagged),
		TEST(any_length_can_be_parsed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
