#include "mail/html.h"

#include "base/utf8.h"
#include "mail_test.h"

enum { TEXT_MAX = 256 << 10 };

/* The text, and "|" and the links behind it. */
static struct span seen(struct arena *a, struct span s)
{
	struct buf b = { .arena = a };
	struct html h;

	html_read(s, TEXT_MAX, LIMITS, a, &h);
	buf_span(&b, h.text);
	for (size_t i = 0; i < h.nlinks; i++) {
		if (h.links[i].kind >= HTML_IMG)
			continue;
		buf_byte(&b, '|');
		buf_span(&b, h.links[i].target);
	}
	return buf_bytes(&b);
}

struct row {
	const char *in, *out;
};

static void check_rows(struct arena *a, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_span(seen(a, span_of(rows[i].in)), rows[i].out);
}

#define CHECK(rows) check_rows(*state, rows, sizeof(rows) / sizeof(rows[0]))

static void blocks_become_lines(void **state)
{
	static const struct row rows[] = {
		{ "a  b\n c", "a b c" },
		{ "<p>one</p><p>two</p>", "one\n\ntwo" },
		{ "<div>one<div>two</div></div>three", "one\ntwo\nthree" },
		{ "a<br>b<br/><BR >c", "a\nb\n\nc" },
		{ "<ul><li>x<li>y</ul>z", "* x\n* y\n\nz" },
		{ "<tr><td>a</td><td>b</td></tr><tr><td>c", "a b\nc" },
		{ "<h1>T</h1>x<hr>y", "T\n\nx\n---\ny" },
		{ "<pre>  a\n   b</pre>c", "  a\n   b\n\nc" },
		{ "x <b>bold</b>er", "x bolder" },
		{ "<img alt='a &lt;b&gt;'><img>", "[a <b>]" },
		{ "", "" },
	};

	CHECK(rows);
}

static void what_is_no_text_goes(void **state)
{
	static const struct row rows[] = {
		{ "a<!-- <b>x</b> -->b", "ab" },
		{ "a<!-->b<!--->c<!--d--!>e", "abce" },
		{ "a<!-- never closed <p>b", "a" },
		{ "<script>if (a<b) x('</p>')</script>t", "t" },
		{ "<SCRIPT>x</script x>t", "t" },
		{ "<style>p{}</styles></style>t", "t" },
		{ "<title>T</title>t", "t" },
		{ "<textarea>&lt;b><b></textarea>", "<b><b>" },
		{ "<xmp>&lt;<b></xmp>x", "&lt;<b>\nx" },
		{ "<plaintext><b></plaintext>", "<b></plaintext>" },
		/* no client of mail runs scripts */
		{ "<noscript>a</noscript><noframes>b</noframes>", "a" },
		{ "<!doctype html><?xml x?></ x>a", "a" },
		{ "1 < 2 <3 & 4", "1 < 2 <3 & 4" },
		{ "a<b", "a" }, { "a<", "a<" }, { "a</", "a<" "/" },
		{ "a<b c='>'>d", "ad" },
		{ "a<b c='> never closed", "a" },
	};

	CHECK(rows);
}

static void references_are_decoded(void **state)
{
	static const struct row rows[] = {
		{ "&amp;&lt;&#65;&#x41;&#X41;&#x1F600;",
			"&<AAA\xf0\x9f\x98\x80" },
		{ "&auml;&Auml;&eacute;&euro;",
			"\xc3\xa4\xc3\x84\xc3\xa9\xe2\x82\xac" },
		{ "&#128;&#x96;", "\xe2\x82\xac\xe2\x80\x93" },
		{ "&#0;&#xd800;&#99999999999;&#1;",
			"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "&ampx &copyright &hellip &hellip;",
			"&x \xc2\xa9right &hellip \xe2\x80\xa6" },
		{ "&nosuch; &; &#; &#x;", "&nosuch; &; &#; &#x;" },
		{ "a&nbsp;&nbsp;b", "a  b" },
	};

	CHECK(rows);
}

static void links_are_collected_once(void **state)
{
	static const struct row rows[] = {
		{ "<a href=http://a.example/>x</a><a href='http://a.example/'>"
			"x</a>", "xx|http://a.example/" },
		{ "<a href=\"?a=1&copy=2&amp;b\">", "|?a=1&copy=2&b" },
		{ "<a href=' java\nscript&#58;x '>", "|javascript:x" },
		{ "<a href=# ><a href><area href=b><base href=c>"
			"<form action=d>", "|b|c|d" },
		{ "<a href=x href=y>", "|x" },
		{ "<a title='>' HREF = \"u\" >t", "t|u" },
		{ "<link href=x><img src=y>", "" },
	};

	CHECK(rows);
}

static void limits_are_told(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	struct html h;

	html_read(repeat(a, "\xc3\xa4", 1000), 100, LIMITS, a, &h);
	assert_int_equal(h.flags, HTML_OVER_TEXT);
	assert_int_equal(h.text.n, 98);
	assert_true(utf8_valid(h.text));
	for (unsigned i = 0; i <= LIMITS->urls; i++)
		buf_printf(&b, "<a href=%u>", i);
	buf_string(&b, "t");
	html_read(buf_bytes(&b), 100, LIMITS, a, &h);
	assert_int_equal(h.flags, HTML_OVER_LINKS);
	assert_int_equal(h.links_over, 1);
	assert_int_equal(h.nlinks, LIMITS->urls);
	expect_span(h.text, "t");
}

/* Each of these would be quadratic if anything were looked at twice. */
static void time_is_linear(void **state)
{
	static const char *const pieces[] = { "<", "<!--", "<!-- -", "<a ",
		"<a b='", "&aaaaaaaa", "&#", "<script>", "</", "<p>", "<pre>",
		"<a href=&aaaaaaaa>", "<!--<script>", "<img alt='x'>", "<!-->",
		"<!--[if x]>", "<!--[if x]>-->", "<style>", "<style>a{", "<td>",
		"<table><td>", "<font><div></font>", "<b><div>", "<li><b>",
		"<a href=a.com>a.com", "<p style='a:b;c:d'>", "<!--[if>",
		"<a href=x>a.b</a>", "<img srcset='a,b,c'>", "</b></p></td>",
		"<i style=color:#fff><p hidden>x</i>", "<iframe srcdoc=a>",
		"<a href=data:text/html,a>", "&#8203;a", "<p class='a b c'>" };

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct arena *a = arena_new("big", (size_t)512 << 20);
		long start = cpu_ms();

		seen(a, repeat(a, pieces[i], 200000));
		arena_free(&a);
		if (cpu_ms() - start > 600)
			printf("# %s\n", pieces[i]);
		expect_fast(start, 1500);
	}
}

/* B61 */
static void depth_and_numbers_are_bounded(void **state)
{
	static const struct {
		const char *front, *piece, *end;
		unsigned flags;
	} rows[] = {
		{ "", "<div>", "x", HTML_OVER_DEPTH },
		{ "", "<div style='color:red'><b>", "x", HTML_OVER_DEPTH },
		{ "<a", " href=x", ">x</a>", 0 },
		{ "<a", " x=y", ">x</a>", 0 },
		{ "<style>p{", "/*x*/", "display:none}</style><p>y</p>x", 0 },
		{ "<style>", "/*x*/", "</style>x", 0 },
		{ "<style>", "p,", "q{color:red}</style>x", HTML_OVER_STYLE },
		{ "<style>", "p{color:red}", "</style>x", HTML_OVER_STYLE },
		{ "<style>", "@media x{", "</style>x", 0 },
		{ "<p style='", "color:red;", "'>x", 0 },
		{ "<p style='", "/*x*/", "'>x", 0 },
		{ "<p style='", "\\64", "'>x", 0 },
		{ "<p class='", "x ", "'>x", 0 },
		{ "<p style='color:", "rgb(", "'>x", 0 },
		{ "<p style='margin:", "1px ", "'>x", 0 },
		{ "<p style='font:", "1 ", "'>x", 0 },
		{ "<style>", "url(", "</style>x", HTML_CSS_URL },
		{ "<style>", "@import \"a\";", "</style>x", HTML_CSS_URL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *a = arena_new("big", (size_t)512 << 20);
		struct buf b = { .arena = a };
		long start = cpu_ms();
		struct html h;
		size_t used;

		buf_string(&b, rows[i].front);
		buf_span(&b, repeat(a, rows[i].piece, 1000000));
		buf_string(&b, rows[i].end);
		used = arena_used(a);
		html_read(buf_bytes(&b), TEXT_MAX, LIMITS, a, &h);
		if (h.flags != rows[i].flags || !span_is(h.text, "x"))
			fail_msg("%s%s…: flags %x, \"%.*s\"", rows[i].front,
				rows[i].piece, h.flags, SPAN_FMT(h.text));
		if (arena_used(a) - used > 4 * b.n + (1 << 20))
			fail_msg("%s%s…: %zu bytes", rows[i].front,
				rows[i].piece, arena_used(a) - used);
		arena_free(&a);
		expect_fast(start, 1500);
	}
}

static void a_nul_ends_no_name(void **state)
{
	struct html h;

	html_read(SPAN("<pre\0\0\0\0\0\0\0\0x>a  b<script\0>c"), 100, LIMITS,
		*state, &h);
	expect_span(h.text, "a bc");
}

static void parse(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };

	utf8_sanitise(&b, s);
	seen(a, buf_bytes(&b));
	seen(a, s);
}

static void truncated_everywhere(void **state)
{
	static const char page[] = "<!doctype html><html><head><title>T</title>"
		"<style>p{}</style></head><body bgcolor=red><!-- c --><p>"
		"a&auml;\xc3\xa4&#x20ac;<a href=\"http://a.example/?x&amp;y\">"
		"l</a><pre> x\n</pre><img alt='&lt;'><textarea>&#38;</textarea>"
		"<script>a</script></p></body></html>";

	(void)state;
	cut_everywhere(span_from(page, sizeof(page) - 1), parse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(blocks_become_lines), TEST(what_is_no_text_goes),
		TEST(references_are_decoded), TEST(links_are_collected_once),
		TEST(limits_are_told), TEST(time_is_linear),
		TEST(depth_and_numbers_are_bounded),
		TEST(truncated_everywhere),
		TEST(a_nul_ends_no_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
