/*
 * What the tests of the mail layer share. Each input is parsed from a block
 * of exactly its size, so that a sanitizer sees a read past its end.
 */
#ifndef MAIL_TEST_H
#define MAIL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include "mail/limits.h"

#define LIMITS (&mail_default_limits)

/* Fails with both texts when s is not the C string. */
static inline void expect_span(struct span s, const char *want)
{
	if (span_is(s, want))
		return;
	fail_msg("expected \"%s\", got \"%.*s\"", want, SPAN_FMT(s));
}

/* Calls parse() with s cut to each length, and with all of it. */
static inline void cut_everywhere(struct span s,
	void (*parse)(struct span s, struct arena *a))
{
	struct arena *a = arena_new("test", (size_t)256 << 20);

	for (size_t n = 0; n <= s.n; n++) {
		unsigned char *p = malloc(n ? n : 1);

		memcpy(p, s.p, n);
		parse(span_from(p, n), a);
		free(p);
		arena_reset(a);
	}
	arena_free(&a);
}

/* n times the text. */
static inline struct span repeat(struct arena *a, const char *text, size_t n)
{
	struct buf b = { .arena = a };
	struct span s = span_of(text);

	buf_room(&b, s.n * n);
	for (size_t i = 0; i < n; i++)
		buf_span(&b, s);
	return buf_bytes(&b);
}

/* Milliseconds of CPU of this process. */
static inline long cpu_ms(void)
{
	return (long)(clock() / (CLOCKS_PER_SEC / 1000));
}

/* Fails when more than `most` ms went since `start`; sanitizers may take 10
 * times that. What is not linear takes minutes. */
static inline void expect_fast(long start, long most)
{
	long ms = cpu_ms() - start;

#ifdef __SANITIZE_ADDRESS__
	most *= 10;
#endif
	if (ms > most)
		fail_msg("took %ld ms of CPU, more than %ld", ms, most);
}

/* Every test gets an arena of its own as its state. */
static inline int arena_setup(void **state)
{
	*state = arena_new("test", (size_t)1 << 30);
	return 0;
}

static inline int arena_teardown(void **state)
{
	struct arena *a = *state;

	arena_free(&a);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)

#endif
