/* What clamd answers: only its one sentence is clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/clamd.h"

static const struct {
	struct span reply;	/* with the NUL that must end it */
	enum virus_says says;
	const char *text;
} rows[] = {
	{ SPAN("stream: OK\0"), VIRUS_SAYS_CLEAN, "" },
	{ SPAN("stream: Win.Test.EICAR_HDB-1 FOUND\0"), VIRUS_SAYS_FOUND,
		"Win.Test.EICAR_HDB-1" },
	{ SPAN("INSTREAM size limit exceeded. ERROR\0"), VIRUS_SAYS_UNABLE,
		"INSTREAM size limit exceeded. ERROR" },
	{ SPAN(""), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("\0"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("stream: OK"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("stream: OK\0x"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("stream: OK\0\0"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("stream: OK\n\0"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("stream:  FOUND\0"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("fd[12]: OK\0"), VIRUS_SAYS_CLEAN, "" },
	{ SPAN("fd[12]: Eicar FOUND\0"), VIRUS_SAYS_FOUND, "Eicar" },
	{ SPAN("fd[]: OK\0"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("fd[1: OK\0"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
	{ SPAN("stream: Heuristics.Limits.Exceeded.MaxFiles FOUND\0"),
		VIRUS_SAYS_UNABLE, "a limit of clamd is exceeded" },
	{ SPAN("other: X FOUND\0"), VIRUS_SAYS_LATER, "clamd: garbled answer" },
};

static void test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct virus_answer a = { 0 };

		clamd_parse_reply(rows[i].reply, &a);
		assert_int_equal(a.says, rows[i].says);
		assert_string_equal(a.text, rows[i].text);
	}
}

/* Half an answer is none, whatever the half says. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n < rows[i].reply.n; n++) {
			struct virus_answer a = { 0 };

			clamd_parse_reply(span_sub(rows[i].reply, 0, n), &a);
			assert_int_equal(a.says, VIRUS_SAYS_LATER);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
