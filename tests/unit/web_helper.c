/* What helpers and web processes say to each other, cut at each length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/helper_wire.h"

static struct arena *a;

static int set_up(void **state)
{
	(void)state;
	a = arena_new("test", 64 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void requests(void **state)
{
	const struct helper_request r = { HELPER_CHANGE, { SPAN("cookie"),
		SPAN("\0old"), SPAN("") } };
	struct helper_request got;
	struct buf b = { .arena = a };

	(void)state;
	helper_put_request(&b, &r);
	assert_true(helper_get_request(buf_bytes(&b), &got));
	assert_int_equal(got.kind, HELPER_CHANGE);
	assert_true(span_eq(got.text[1], r.text[1]));
	for (size_t n = 0; n < b.n; n++)
		assert_false(helper_get_request(span_from(b.p, n), &got));
	b.p[4] = HELPER_LINK_USE + 1;
	assert_false(helper_get_request(buf_bytes(&b), &got));
	b.p[4] = HELPER_LOGIN;
	buf_byte(&b, 0);
	assert_false(helper_get_request(buf_bytes(&b), &got));
}

static bool passes(const struct login_answer *l)
{
	struct login_answer got;
	struct buf b = { .arena = a };

	helper_put_login(&b, l);
	for (size_t n = 0; n < b.n; n++)
		assert_false(helper_get_login(span_from(b.p, n), &got));
	return helper_get_login(buf_bytes(&b), &got) &&
		got.result == l->result && got.wait_s == l->wait_s &&
		got.must_change == l->must_change &&
		span_eq(got.cookie, l->cookie) && span_eq(got.text, l->text);
}

static void answers_of_the_login(void **state)
{
	(void)state;
	assert_true(passes(&(struct login_answer){ LOGIN_DONE, true, 0,
		SPAN("token"), SPAN("") }));
	assert_true(passes(&(struct login_answer){ LOGIN_WAIT, false, 600,
		SPAN(""), SPAN("wait") }));
	/* Done without a session, a session although it was wrong. */
	assert_false(passes(&(struct login_answer){ LOGIN_DONE, false, 0,
		SPAN(""), SPAN("") }));
	assert_false(passes(&(struct login_answer){ LOGIN_WRONG, false, 0,
		SPAN("token"), SPAN("") }));
	assert_false(passes(&(struct login_answer){ LOGIN_WRONG, false, 0,
		SPAN(""), SPAN("\xff") }));
}

static void errors(void **state)
{
	struct err e = { ERR_TEMPORARY, "later" }, got;
	struct buf b = { .arena = a };

	(void)state;
	helper_put_error(&b, &e);
	assert_true(helper_get_error(buf_bytes(&b), &got));
	assert_int_equal(got.class, ERR_TEMPORARY);
	assert_string_equal(got.text, "later");
	for (size_t n = 0; n < b.n; n++)
		assert_false(helper_get_error(span_from(b.p, n), &got));
}

static struct preview sample(void)
{
	static struct preview_part parts[1];
	static struct span links[1], notes[1];

	parts[0] = (struct preview_part){ SPAN("text/plain"), SPAN("exe"),
		SPAN("a.exe"), 4, true };
	links[0] = SPAN("http://a.example/");
	notes[0] = SPAN("It has no From field.");
	return (struct preview){ .headers = SPAN("Subject: x\n"),
		.text = SPAN("a\nb"), .was_html = true, .parts = parts,
		.nparts = 1, .links = links, .nlinks = 1, .notes = notes,
		.nnotes = 1 };
}

static bool preview_passes(const struct preview *p)
{
	struct preview got;
	struct buf b = { .arena = a };

	preview_put(&b, p);
	for (size_t n = 0; n < b.n; n++)
		assert_false(preview_get(span_from(b.p, n), a, &got));
	return preview_get(buf_bytes(&b), a, &got) &&
		span_eq(got.text, p->text) && got.nlinks == p->nlinks &&
		got.parts[0].size == 4 && got.was_html && !got.cut;
}

static void previews(void **state)
{
	static const struct span bad[] = { { (const unsigned char *)"\xff", 1 },
		{ (const unsigned char *)"a\0b", 3 },
		{ (const unsigned char *)"\x1b[2J", 4 },
		{ (const unsigned char *)"a\r\n", 3 } };
	struct preview p = sample();

	(void)state;
	assert_true(preview_passes(&p));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = sample();
		p.text = bad[i];
		assert_false(preview_passes(&p));
		p = sample();
		p.links[0] = bad[i];
		assert_false(preview_passes(&p));
	}
	p = sample();
	p.parts[0].name = SPAN("two\nlines");
	assert_false(preview_passes(&p));
}

static void answers_about_links(void **state)
{
	struct link_answer l = { .result = LINK_USED,
		.action = TICKET_ALLOW, .received_ms = 5, .done_ms = -6,
		.sender = SPAN("s"), .subject = SPAN("\xc3\xa4"),
		.reason = SPAN("Spam"), .person = SPAN("p"),
		.rule = SPAN("r"), .allow = SPAN("x@y"), .done = SPAN("d"),
		.again = SPAN("a") };
	struct link_answer got;
	struct buf b = { .arena = a };

	(void)state;
	helper_put_link(&b, &l);
	for (size_t n = 0; n < b.n; n++)
		assert_false(helper_get_link(span_from(b.p, n), &got));
	assert_true(helper_get_link(buf_bytes(&b), &got));
	assert_int_equal(got.result, LINK_USED);
	assert_int_equal(got.action, TICKET_ALLOW);
	assert_true(span_is(got.allow, "x@y") && got.received_ms == 5 &&
		got.done_ms == -6 && span_eq(got.subject, l.subject) &&
		span_eq(got.again, l.again));
	b.p[4] = LINK_RESULTS;
	assert_false(helper_get_link(buf_bytes(&b), &got));
	b.n = 0;
	l.subject = SPAN("two\nlines");
	helper_put_link(&b, &l);
	assert_false(helper_get_link(buf_bytes(&b), &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(answers_of_the_login),
		cmocka_unit_test(answers_about_links),
		cmocka_unit_test(errors), cmocka_unit_test(previews),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
