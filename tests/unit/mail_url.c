#include "mail/url.h"

#include "mail_test.h"

/* In order of enum url_flag. */
static const char *const flag_names[] = {
	"bare", "user", "password", "many-at", "ip", "odd-ip", "encoded",
	"port", "idn", "mixed", "backslash", "blank", "nul", "cut", "bad",
	"wrapped", "nested", "nests", "like-ascii",
};

static void put_flags(struct buf *b, unsigned flags)
{
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++)
		if (flags >> i & 1)
			buf_printf(b, " %s", flag_names[i]);
}

/* "raw host" of each URL, one a line. */
static struct span found(struct arena *a, struct span text)
{
	struct url_set set = { 0 };
	struct buf b = { .arena = a };

	url_find(text, URL_IN_TEXT, LIMITS, a, &set);
	for (size_t i = 0; i < set.n; i++) {
		if (i)
			buf_byte(&b, '\n');
		buf_span(&b, set.v[i].raw);
		buf_byte(&b, ' ');
		buf_span(&b, set.v[i].host);
	}
	return buf_bytes(&b);
}

struct row {
	const char *in, *out;
};

#define FIND(rows) do { \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof(rows[0]); i_++) \
		expect_span(found(*state, span_of(rows[i_].in)), \
			rows[i_].out); \
} while (0)

static void schemes_are_found(void **state)
{
	static const struct row rows[] = {
		{ "see http://example.org/a?b=c.",
			"http://example.org/a?b=c example.org" },
		{ "(https://Example.ORG)", "https://Example.ORG example.org" },
		{ "http:\\\\example.org\\x",
			"http:\\\\example.org\\x example.org" },
		{ "<http://a.example> <http://a.example>",
			"http://a.example a.example" },
		{ "FTP://a.example", "FTP://a.example a.example" },
		{ "xhttp://a.example http:// http://?x http:", "" },
		{ "http://www.a.example/www.b.example",
			"http://www.a.example/www.b.example www.a.example" },
		{ "mailto:a@b.example, tel:+1-555-0100; hotel:5 tomato:x",
			"mailto:a@b.example b.example\ntel:+1-555-0100 " },
		{ "http://a.example/x_(y) (http://b.example/z)",
			"http://a.example/x_(y) a.example\n"
			"http://b.example/z b.example" },
		{ "http://a.example/\xe3\x80\x82next",
			"http://a.example/ a.example" },
		{ "http://a\xe3\x80\x82" "example/x",
			"http://a\xe3\x80\x82" "example/x a.example" },
		{ "\xe2\x80\x9chttp://a.example\xe2\x80\x9d",
			"http://a.example a.example" },
		{ "http://a.example\xc2\xa0x", "http://a.example a.example" },
		{ "//a.example", "" },
		{ "", "" },
	};

	FIND(rows);
}

static void bare_names_are_found(void **state)
{
	static const struct row rows[] = {
		{ "go to www.a.example, now",
			"www.a.example www.a.example" },
		{ "try example.com/x or example.co.uk.",
			"example.com/x example.com\n"
			"example.co.uk example.co.uk" },
		{ "mail jim.x@example.net, (bob@example.net)",
			"jim.x@example.net example.net\n"
			"bob@example.net example.net" },
		{ "example.com:8080/x?y", "example.com:8080/x?y example.com" },
		{ "readme.md run.sh a.zip index.html x.c node.js 1.2.3.4 3.14",
			"" },
		{ "example.sh/x sub.example.sh",
			"example.sh/x example.sh\n"
			"sub.example.sh sub.example.sh" },
		{ "Yes.So is it.The end...more e.g. U.S.A. Ph.D. a.b", "" },
		{ "/usr/lib/example.com a=example.com #example.com", "" },
		{ "nowhere.invalid x.nosuchtld", "" },
		{ "\xd0\xbc\xd0\xbe\xd0\xb9\xd1\x81\xd0\xb0\xd0\xb9\xd1\x82."
			"\xd1\x80\xd1\x84!", "\xd0\xbc\xd0\xbe\xd0\xb9\xd1\x81"
			"\xd0\xb0\xd0\xb9\xd1\x82.\xd1\x80\xd1\x84 "
			"xn--80arbjktj.xn--p1ai" },
		{ "xhttp://a.example see.http://b.example",
			"http://b.example b.example" },
		{ "-example.com- _x.example.com.",
			"example.com example.com\n"
			"x.example.com x.example.com" },
	};

	FIND(rows);
}

/* The normal form and the flags of one URL. */
static void urls_are_read(void **state)
{
	static const struct row rows[] = {
		{ "http://A.Example", "http://a.example/" },
		{ "https://a.example:443/", "https://a.example/" },
		{ "https://a.example:80/", "https://a.example:80/ port" },
		{ "http://u:p@a.example/", "http://u:p@a.example/ user "
			"password" },
		{ "http://a@b@a.example/", "http://a@b@a.example/ user "
			"many-at" },
		{ "http:\\\\a.example\\b", "http://a.example/b backslash" },
		{ "http:/a.example/", "http://a.example/" },
		{ "http:a.example/", "http://a.example/" },
		{ "//a.example/x", "https://a.example/x bare" },
		{ " ht\ntp://a.exa\tmple/ ", "http://a.example/ blank" },
		{ "http://a%2eexample/", "http://a.example/ encoded" },
		{ "http://a%00.example/", "http://a%00.example/ encoded nul "
			"bad" },
		{ "http://a.example/%00", "http://a.example/%00 nul" },
		{ "http://127.1/", "http://127.0.0.1/ ip odd-ip" },
		{ "http://2130706433/", "http://127.0.0.1/ ip odd-ip" },
		{ "http://0x7f.0.0.01/", "http://127.0.0.1/ ip odd-ip" },
		{ "http://0x7f000001/", "http://127.0.0.1/ ip odd-ip" },
		{ "http://017700000001/", "http://127.0.0.1/ ip odd-ip" },
		{ "http://192.0.2.1:8/", "http://192.0.2.1:8/ ip port" },
		{ "http://256.0.2.1/", "http://256.0.2.1/ bad" },
		{ "http://1.2.3.4.5/", "http://1.2.3.4.5/ bad" },
		{ "http://[2001:DB8:0:0::1]/x", "http://[2001:db8::1]/x ip" },
		{ "http://[::1%25en0]:9", "http://[::1]:9/ ip port" },
		{ "http://[zz]/", "http://zz/ bad" },
		{ "http://b\xc3\xbc" "cher.example/",
			"http://xn--bcher-kva.example/ idn" },
		{ "http://xn--bcher-kva.example/",
			"http://xn--bcher-kva.example/ idn" },
		{ "http://xn--80ak6aa92e.com/",
			"http://xn--80ak6aa92e.com/ idn like-ascii" },
		{ "http://p\xd0\xb0ypal.example/",
			"http://xn--pypal-4ve.example/ idn mixed like-ascii" },
		{ "http://b\xc3\xbc\xe2\x81\xa0" "cher.example/",
			"http://xn--bcher-kva.example/ idn mixed" },
		{ "http://a b.example/", "http://a%20b.example/ bad" },
		{ "http://a..example/", "http://a..example/ bad" },
		{ "http://a.example.", "http://a.example/" },
		{ "http://a.example/b/../c/./%2E%2e/d?e/..#f",
			"http://a.example/d?e/..#f" },
		{ "http://a.example/..", "http://a.example/" },
		{ "http://a.example/a/.", "http://a.example/a/" },
		{ "http://a.example?x", "http://a.example/?x" },
		{ "http://a.example/ \"<\xc3\xa4>",
			"http://a.example/%20%22%3C%C3%A4%3E" },
		{ "mailto:a@B.example?subject=x",
			"mailto:a@b.example?subject=x" },
		{ "a.b@c.example", "mailto:a.b@c.example bare" },
		{ "tel:+1 2", "tel:+1%202" },
		{ "www.a.example/x", "http://www.a.example/x bare" },
		{ "http://", "" }, { "http://@/", "" }, { "javascript:x", "" },
		{ "index.html", "" }, { "#a", "" }, { "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = { .arena = *state };
		struct url u;

		if (url_read(span_of(rows[i].in), *state, &u)) {
			buf_span(&b, u.url);
			put_flags(&b, u.flags);
		}
		expect_span(buf_bytes(&b), rows[i].out);
	}
}

static void parts_are_told(void **state)
{
	struct url u;

	assert_true(url_read(SPAN("https://me@www.Example.co.uk:8443/a?b#c"),
		*state, &u));
	expect_span(u.scheme, "https");
	expect_span(u.user, "me");
	expect_span(u.host, "www.example.co.uk");
	expect_span(u.organisation, "example.co.uk");
	expect_span(u.path, "/a?b#c");
	assert_int_equal(u.port, 8443);
	assert_true(url_read(SPAN("mailto:a@b.example"), *state, &u));
	expect_span(u.host, "b.example");
	expect_span(u.path, "a@b.example");
}

static void nested_urls_are_added(void **state)
{
	static const struct row rows[] = {
		{ "http://a.example/?u=http%3A%2F%2Fb.example%2F%3Fv%3D"
			"http%253A%252F%252Fc.example%252F&w=ftp://d.example",
			"a.example nests|b.example nested|d.example nested|"
			"c.example nested|" },
		{ "http://a.example/go/https://b.example/",
			"a.example nests|b.example nested|" },
		{ "http://a.example/?x=b:c&y=%3a//", "a.example|" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = { .arena = *state };
		struct url_set set = { 0 };

		url_add(span_of(rows[i].in), URL_IN_LINK, LIMITS, *state,
			&set);
		for (size_t k = 0; k < set.n; k++) {
			buf_span(&b, set.v[k].host);
			put_flags(&b, set.v[k].flags);
			buf_byte(&b, '|');
		}
		expect_span(buf_bytes(&b), rows[i].out);
	}
}

static void places_are_gathered(void **state)
{
	struct url_set set = { 0 };

	url_find(SPAN("http://a.example/ http://A.example"), URL_IN_TEXT,
		LIMITS, *state, &set);
	url_add(SPAN("http://a.example"), URL_IN_LINK, LIMITS, *state, &set);
	assert_int_equal(set.n, 1);
	assert_int_equal(set.v[0].flags, URL_IN_TEXT | URL_IN_LINK);
}

static void lines_in_angle_brackets_are_joined(void **state)
{
	static const struct row rows[] = {
		{ "<http://a.example/b/\r\nc>", "http://a.example/b/ a.example"
			"\nhttp://a.example/b/\r\nc a.example" },
		{ "<http://a.example/b\nc d>", "http://a.example/b a.example" },
		{ "http://a.example/b\nc>", "http://a.example/b a.example" },
	};

	FIND(rows);
}

static void references_are_joined(void **state)
{
	static const struct {
		const char *base, *reference, *out;
	} rows[] = {
		{ "http://a.example/b/c?d#e", "f", "http://a.example/b/f" },
		{ "http://a.example/b/c?d#e", "/f", "http://a.example/f" },
		{ "http://a.example/b/c?d#e", "?f", "http://a.example/b/c?f" },
		{ "http://a.example/b/c?d#e", "#f",
			"http://a.example/b/c?d#f" },
		{ "http://a.example/b/c?d#e", "//g.example",
			"http://g.example" },
		{ "http://a.example", "f", "http://a.example/f" },
		{ "http://a.example?x", "f", "http://a.example/f" },
		{ "http://a.example", "https://b.example/",
			"https://b.example/" },
		{ "about:blank", "f", "f" }, { "", "f", "f" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_span(url_join(span_of(rows[i].base),
			span_of(rows[i].reference), *state), rows[i].out);
}

/* B85 */
static void the_set_is_bounded(void **state)
{
	struct arena *a = *state;
	struct url_set set = { 0 };
	struct buf b = { .arena = a };

	for (int i = 0; i < 50000; i++)
		buf_printf(&b, "http://h%d.example\n", i);
	url_find(buf_bytes(&b), URL_IN_TEXT, LIMITS, a, &set);
	assert_int_equal(set.n, LIMITS->urls);
	assert_int_equal(set.over, 50000 - LIMITS->urls);
	assert_int_equal(set.flags, MAIL_OVER_URLS);
	expect_span(set.v[999].host, "h999.example");
}

/* B61 */
static void nesting_is_bounded(void **state)
{
	struct arena *a = *state;
	struct buf b = { .arena = a };
	struct url_set set = { 0 };
	long start = cpu_ms();
	size_t used;

	for (unsigned i = 0; i < 1000; i++) {
		buf_printf(&b, "http://h%u.example/", i);
		buf_span(&b, repeat(a, "?u=http://a.example/", 400));
		buf_byte(&b, '\n');
	}
	used = arena_used(a);
	url_find(buf_bytes(&b), URL_IN_TEXT, LIMITS, a, &set);
	assert_int_equal(set.n, LIMITS->urls);
	assert_int_equal(set.flags, MAIL_OVER_URLS);
	assert_true(arena_used(a) - used < 6 * b.n + (1 << 20));
	expect_fast(start, 2000);
}

static void time_is_linear(void **state)
{
	static const char *const pieces[] = { "http://a.example/?u=", "a.b.",
		"a.b@", "http:", "www.", "://", "<http://a\n", "a.com\n", "(",
		"http://a.example/)))", "\xd1\x8f.", "\xd1\x8f.com ", "..",
		"https://%3a%25", "tel:", "1.", "@a.", "http://a@" };
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct arena *a = arena_new("big", (size_t)512 << 20);

		found(a, repeat(a, pieces[i], 200000));
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 4000);
}

static void parse(struct span s, struct arena *a)
{
	struct url_set set = { 0 };
	struct url u;

	url_find(s, URL_IN_TEXT, LIMITS, a, &set);
	url_read(s, a, &u);
	url_join(s, span_after(s, s.n / 2), a);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN("http://u@[::1]:8/%2e?u=http%3a%2f%2fx.com ftp:"
		"\\\\a =//b www.c.d \xd1\x8f.\xd1\x80\xd1\x84 a.b@c.com "
		"mailto:x@y tel:1 <http://a\nb> \"//x\" https://\0"), parse);
	cut_everywhere(SPAN("http://u:p@0x7f.1:80/%00/..\\?http://b.com#c"),
		parse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(schemes_are_found), TEST(bare_names_are_found),
		TEST(urls_are_read), TEST(parts_are_told),
		TEST(nested_urls_are_added), TEST(places_are_gathered),
		TEST(lines_in_angle_brackets_are_joined),
		TEST(references_are_joined), TEST(the_set_is_bounded),
		TEST(nesting_is_bounded), TEST(time_is_linear),
		TEST(any_length_can_be_parsed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
