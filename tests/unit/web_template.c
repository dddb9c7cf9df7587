#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "web/escape.h"
#include "web/template.h"

static struct arena *a;
static struct template_literals literals;

static int set_up(void **state)
{
	(void)state;
	a = arena_new("test", 1 << 24);
	literals = (struct template_literals){ .arena = a };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

/* What the template becomes; "!" and the error when it does not compile. */
static const char *compile(const char *text)
{
	struct buf chunk = { .arena = a };
	struct err e;

	if (template_compile("x.html", span_of(text), &literals, &chunk, &e))
		return arena_printf(a, "!%s", e.text);
	return buf_c(&chunk);
}

static void compiles(const char *text, const char *chunk)
{
	literals.n = 0;
	assert_string_equal(compile(text), chunk);
}

static void refused(const char *text, const char *why)
{
	const char *got = compile(text);

	if (got[0] != '!')
		fail_msg("compiled: %s", text);
	assert_string_equal(got + 1, arena_printf(a, "x.html:%s", why));
}

static void literal_is(size_t i, const char *text)
{
	assert_true(i < literals.n);
	if (!span_is(literals.v[i], text))
		fail_msg("literal %zu: %.*s", i, SPAN_FMT(literals.v[i]));
}

static void test_text_and_expressions(void **state)
{
	(void)state;
	compiles("", "return function(v, r) end\n");
	compiles("<p>a</p>", "return function(v, r) put_literal(1) end\n");
	literal_is(0, "<p>a</p>");
	compiles("<p>{{ v.x }}</p>", "return function(v, r) put_literal(1) "
		"put_text(( v.x )) put_literal(2) end\n");
	literal_is(0, "<p>");
	literal_is(1, "</p>");
	compiles("<a href=\"/m/{{v.id}}?{{v.q}}\" title='{{v.t}}'>x</a>",
		"return function(v, r) put_literal(1) put_url((v.id)) "
		"put_literal(2) put_url((v.q)) put_literal(3) "
		"put_text((v.t)) put_literal(4) end\n");
	compiles("<title>{{v.t}}</title><textarea>{{v.x}}</textarea>",
		"return function(v, r) put_literal(1) put_text((v.t)) "
		"put_literal(2) put_text((v.x)) put_literal(3) end\n");
	compiles("{{ f{ a = \"}}\" }[1] }}", "return function(v, r) "
		"put_text(( f{ a = \"}}\" }[1] )) end\n");
	compiles("a {> frame } b", "return function(v, r) put_literal(1) "
		"include(\"frame\")(v, r) put_literal(2) end\n");
}

/* Lines of the chunk are lines of the template. */
static void test_lines(void **state)
{
	(void)state;
	compiles("<p>\n\n{{v.x}}\n{% if a then %}\nb\n{% end %}\n{{v.y}}",
		"return function(v, r) put_literal(1) \n\nput_text((v.x)) "
		"put_literal(2) \n if a then  put_literal(3) \n\n end  \n"
		"put_text((v.y)) end\n");
	literal_is(0, "<p>\n\n");
	literal_is(1, "\n");
	literal_is(2, "b\n");
}

static void test_statements(void **state)
{
	(void)state;
	compiles("{%for i=1,2 do%}x{%end%}", "return function(v, r) "
		"for i=1,2 do put_literal(1) end end\n");
	compiles("{% if a then %}{% elseif b then %}{% else %}{% end %}",
		"return function(v, r)  if a then   elseif b then   else   "
		"end  end\n");
	compiles("{% local s = \"end\" %}", "return function(v, r)  "
		"local s = \"end\"  end\n");
	compiles("<option {% if x then %}selected {% end %}value=\"1\">a"
		"</option>", "return function(v, r) put_literal(1)  "
		"if x then  put_literal(2)  end  put_literal(3) end\n");
	refused("{% end %}", "1: end: there is no block to which it belongs");
	refused("a\n{% if x then %}\nb", "2: this block has no end");
	refused("{% if x %}", "1: this ends with \"then\"");
	refused("{% for x %}", "1: this ends with \"do\"");
	refused("{% if x then y() end if z then %}",
		"1: then: cannot stand here");
	refused("{% end if x then %}", "1: end: stands alone");
	refused("{% x = 1 %}", "1: x: a statement begins with for, while, "
		"if, elseif, else, end or local");
	refused("{% local f = function() return 1 end %}",
		"1: function: cannot stand here");
	refused("{% if x then -- why %}{% end %}", "1: no comments, labels "
		"and long strings in here");
	refused("{% if x then", "1: %} is missing");
	refused("<a {% if x then %}href=\"/{% end %}a\">", "1: the block of "
		"line 1 ends at another place of the HTML than it began");
	refused("{% if x then %}<p{% else %}<b{% end %}>", "1: no statement "
		"can stand here");
	refused("{% if x then %}<title>{% end %}", "1: the block of line 1 "
		"ends at another place of the HTML than it began");
	/* The slash before would be the first of two. */
	refused("<a href=\"/{% if x then %}m{% end %}/evil\">", "1: the block "
		"of line 1 ends at another place of the HTML than it began");
}

static void test_expressions_refused(void **state)
{
	static const char where[] = "1: no expression can stand here: only in "
		"text and in attributes with quotes";

	(void)state;
	refused("<p {{v.x}}>", where);
	refused("<{{v.x}}>", where);
	refused("<p>x</{{v.x}}>", where);
	refused("<p class{{v.x}}=\"\">", where);
	refused("<p class={{v.x}}>", where);
	refused("<!-- {{v.x}} -->", where);
	refused("<!doctype {{v.x}}>", where);
	refused("<script src=\"/a.js\">{{v.x}}</script>", where);
	refused("<meta content=\"{{v.x}}\">", where);
	refused("<a href=\"{{v.x}}\">", "1: before an expression a URL begins "
		"with / or ? or #");
	refused("<form action='{{v.x}}'>", "1: before an expression a URL "
		"begins with / or ? or #");
	refused("{{}}", "1: an empty expression");
	refused("{{ v.x", "1: }} is missing");
	refused("{{ v.x) put_literal(1) (v.y }}",
		"1: a bracket that was not opened");
	refused("{{ v.x -- }}", "1: no comments, labels and long strings in "
		"here");
	refused("{{ [[x]] }}", "1: no comments, labels and long strings in "
		"here");
	refused("{{ \"x }}", "1: a string without its end");
}

static void test_html_refused(void **state)
{
	(void)state;
	refused("<p onclick=\"x\">", "1: no event handlers: pm.js finds "
		"elements by itself");
	refused("<p OnClick='x'>", "1: no event handlers: pm.js finds "
		"elements by itself");
	refused("<p style=\"color:red\">",
		"1: an attribute that pages do not use");
	refused("<img srcset=\"/a\">", "1: an attribute that pages do not use");
	refused("<style>", "1: an element that pages do not use");
	refused("<IFRAME src=\"/\">", "1: an element that pages do not use");
	refused("<svg><use href=\"#a\"/></svg>",
		"1: an element that pages do not use");
	refused("<script>x", "1: a script has no text of its own, only a src");
	refused("<script src=\"/a.js\"/>", "1: this element has an end tag");
	refused("<a href=\"javascript:x\">",
		"1: a URL begins with / or ? or #");
	refused("<img srcset=\"/a\">",
		"1: an attribute that pages do not use");
	refused("<a href=\"//evil.example\">",
		"1: this URL leads to another host");
	refused("<a href=\"/\\evil.example\">",
		"1: this URL leads to another host");
	refused("<a href=\"/{{v.x}}/evil.example\">",
		"1: this URL leads to another host");
	refused("<p class=a>", "1: a value stands in quotes");
	refused("<p class=\"a\"id=\"b\">", "1: a blank is missing in a tag, "
		"or a value has no quotes");
	refused("a < b", "1: write &lt; for a < that opens no tag");
	refused("<title><b>", "1: no tag can stand in title, textarea and "
		"script");
	refused("<title>{> x}</title>", "1: another template can stand in "
		"text only");
	refused("<!-->", "1: no <, ! and > in a comment");
	refused("<!--\n\n", "3: the template ends inside a tag, a comment, a "
		"title or a script");
	refused("<p", "1: the template ends inside a tag, a comment, a title "
		"or a script");
}

static void test_comments_stay_here(void **state)
{
	(void)state;
	compiles("a<!-- for us -->b", "return function(v, r) put_literal(1) "
		"put_literal(2) end\n");
	literal_is(0, "a");
	literal_is(1, "b");
}

static void escaped(struct span s, const char *html)
{
	struct buf b = { .arena = a };

	escape_html(&b, s);
	assert_string_equal(buf_c(&b), html);
}

static void test_escape(void **state)
{
	struct buf b = { .arena = a };

	(void)state;
	escaped(SPAN("<a href=\"x\" id='y'>&amp;"), "&lt;a href=&quot;x&quot; "
		"id=&#39;y&#39;&gt;&amp;amp;");
	escaped(SPAN("a\tb\r\nc\nd\re"), "a\tb\nc\nd\xef\xbf\xbd" "e");
	escaped(SPAN("\0\x01\x1b\x7f"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		"\xef\xbf\xbd");
	/* C1, the override of direction, a byte that is no UTF-8, overlong. */
	escaped(SPAN("\xc2\x85"), "\xef\xbf\xbd");
	escaped(SPAN("\xe2\x80\xae"), "\xef\xbf\xbd");
	escaped(SPAN("\xe2\x81\xa6"), "\xef\xbf\xbd");
	escaped(SPAN("\xff<"), "\xef\xbf\xbd&lt;");
	escaped(SPAN("\xc0\xbc"), "\xef\xbf\xbd\xef\xbf\xbd");
	escaped(SPAN("gr\xc3\xbc\xc3\x9f \xf0\x9f\x93\xac"),
		"gr\xc3\xbc\xc3\x9f \xf0\x9f\x93\xac");
	escape_url(&b, SPAN("a b&c=d/../?#%\"'<\0\xc3\xbc~-._"));
	assert_string_equal(buf_c(&b), "a%20b%26c%3Dd%2F..%2F%3F%23%25%22%27"
		"%3C%00%C3%BC~-._");
}

/* Every byte either passes as itself or is gone: never half a character. */
static void test_escape_every_byte(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		unsigned char byte = (unsigned char)c;
		struct buf b = { .arena = a };

		escape_html(&b, span_from(&byte, 1));
		for (size_t i = 0; i < b.n; i++) {
			assert_null(memchr("<>\"'", b.p[i], 4));
			assert_true(b.p[i] >= ' ' || b.p[i] == '\n' ||
				b.p[i] == '\t');
		}
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_text_and_expressions), T(test_lines),
		T(test_statements), T(test_expressions_refused),
		T(test_html_refused), T(test_comments_stay_here),
		T(test_escape), T(test_escape_every_byte),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
