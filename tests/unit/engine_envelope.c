/* The envelope's record: golden, cut at each length, over its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/wire.h"
#include "engine/envelope.h"

static struct span rcpts[] = {
	{ (const unsigned char *)"a@example.org", 13 },
	{ (const unsigned char *)"", 0 },
	{ (const unsigned char *)"c\0d@example.org", 15 },
};

static struct envelope sample(void)
{
	return (struct envelope){
		.id = SPAN("0193"), .received_ms = -5,
		.relay_name = SPAN("mx.example.net"),
		.relay_addr = SPAN("2001:db8::1"), .relay_port = 65535,
		.helo = SPAN("helo\377"), .mail_from = SPAN(""),
		.mail_params = SPAN("SIZE=10 BODY=8BITMIME"),
		.auth_user = SPAN("u"), .queue_id = SPAN("4Q"),
		.mta_name = SPAN("mta"), .tls = SPAN("TLSv1.3 X"),
		.rcpts = rcpts, .nrcpts = 3,
	};
}

static void all_fields_return(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct envelope env = sample(), got;
	struct buf b = { 0 };

	(void)state;
	envelope_put(&b, &env);
	assert_true(envelope_get(buf_bytes(&b), a, &got));
	assert_true(span_eq(got.id, env.id));
	assert_int_equal(got.received_ms, -5);
	assert_int_equal(got.relay_port, 65535);
	assert_true(span_eq(got.relay_name, env.relay_name));
	assert_true(span_eq(got.relay_addr, env.relay_addr));
	assert_true(span_eq(got.helo, env.helo));
	assert_true(span_eq(got.mail_from, env.mail_from));
	assert_true(span_eq(got.mail_params, env.mail_params));
	assert_true(span_eq(got.auth_user, env.auth_user));
	assert_true(span_eq(got.queue_id, env.queue_id));
	assert_true(span_eq(got.mta_name, env.mta_name));
	assert_true(span_eq(got.tls, env.tls));
	assert_int_equal(got.nrcpts, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(span_eq(got.rcpts[i], rcpts[i]));
	buf_free(&b);
	arena_free(&a);
}

static void cut_anywhere_is_refused(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct envelope env = sample(), got;
	struct buf b = { 0 };

	(void)state;
	envelope_put(&b, &env);
	for (size_t n = 0; n < b.n; n++)
		assert_false(envelope_get(span_sub(buf_bytes(&b), 0, n), a,
			&got));
	buf_byte(&b, 0);
	assert_false(envelope_get(buf_bytes(&b), a, &got));
	buf_free(&b);
	arena_free(&a);
}

static void limits_hold(void **state)
{
	struct arena *a = arena_new("test", 1 << 23);
	struct envelope env = { 0 }, got;
	struct buf b = { 0 };

	(void)state;
	env.nrcpts = ENVELOPE_RCPTS_MAX + 1;
	env.rcpts = arena_array(a, env.nrcpts, sizeof(*env.rcpts));
	envelope_put(&b, &env);
	assert_false(envelope_get(buf_bytes(&b), a, &got));
	env.nrcpts--;
	b.n = 0;
	envelope_put(&b, &env);
	assert_true(envelope_get(buf_bytes(&b), a, &got));
	env.helo = span_from(arena_alloc(a, ENVELOPE_BYTES_MAX),
		ENVELOPE_BYTES_MAX);
	b.n = 0;
	envelope_put(&b, &env);
	assert_false(envelope_get(buf_bytes(&b), a, &got));
	buf_free(&b);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields_return),
		cmocka_unit_test(cut_anywhere_is_refused),
		cmocka_unit_test(limits_hold),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
