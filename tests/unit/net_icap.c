/*
 * What an ICAP scanner answers: what is clean, found, or no answer; whole,
 * byte by byte, cut anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/icap.h"

#define MAIL "From: a\n\nhello\n"
#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n"
#define NO_PAGE "HTTP/1.1 403 Forbidden\r\n\r\n"
#define OK200 "ICAP/1.0 200 OK\r\nISTag: \"x\"\r\n"
#define BODY "Encapsulated: res-hdr=0, res-body=41\r\n\r\n"
#define GARBLED "icap: garbled answer"

static const struct {
	const char *answer;
	enum virus_says says;
	const char *text;
} rows[] = {
	{ "ICAP/1.0 204 No Content\r\n\r\n", VIRUS_SAYS_CLEAN, "" },
	{ "ICAP/1.0 204\r\nServer: x\r\n\r\n", VIRUS_SAYS_CLEAN, "" },
	{ OK200 BODY PAGE "f\r\n" MAIL "\r\n0\r\n\r\n", VIRUS_SAYS_CLEAN,
		"" },
	{ OK200 BODY PAGE "5\r\nFrom:\r\nA;x=y\r\n a\n\nhello\n\r\n0\r\n\r\n",
		VIRUS_SAYS_CLEAN, "" },
	{ "ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; "
		"Threat=EICAR Test String;\r\n" BODY NO_PAGE,
		VIRUS_SAYS_FOUND, "EICAR Test String" },
	{ "ICAP/1.0 204 No\r\nX-Virus-ID: Troj/Test-A\r\n\r\n",
		VIRUS_SAYS_FOUND, "Troj/Test-A" },
	{ "ICAP/1.0 403 Blocked\r\nx-virus-id: Troj/Test-B\r\n\r\n",
		VIRUS_SAYS_FOUND, "Troj/Test-B" },
	{ "ICAP/1.0 204 No\r\nX-Virus-ID: no threats\r\n\r\n",
		VIRUS_SAYS_CLEAN, "" },
	{ "ICAP/1.0 204 No\r\nX-Violations-Found: 0\r\n\r\n",
		VIRUS_SAYS_CLEAN, "" },
	{ "ICAP/1.0 200 OK\r\nX-Violations-Found: 2\r\n\ta.zip\r\n"
		"\tEicar\r\n\t0\r\n\t2\r\n\tb\r\n\tOther\r\n\t0\r\n\t2\r\n"
		BODY NO_PAGE, VIRUS_SAYS_FOUND, "Eicar" },
	{ "ICAP/1.0 200 OK\r\nX-Infection-Found: Type=2; Resolution=0; "
		"Threat=Encrypted Archive;\r\n" BODY NO_PAGE,
		VIRUS_SAYS_UNABLE, "Encrypted Archive" },
	{ "ICAP/1.0 200 OK\r\nX-Infection-Found: \r\n\r\n",
		VIRUS_SAYS_FOUND, "a threat without a name" },
	{ "ICAP/1.0 204 No\r\nX-Virus-ID: a\033[2Jb\r\n\r\n",
		VIRUS_SAYS_FOUND, "a?[2Jb" },
	{ OK200 BODY NO_PAGE "3\r\nno!\r\n0\r\n\r\n", VIRUS_SAYS_FOUND,
		"403 from the scanner" },
	{ OK200 BODY PAGE "3\r\nno!\r\n0\r\n\r\n", VIRUS_SAYS_UNABLE,
		"icap: the scanner changed the message and names no reason" },
	/* Less than we sent, and more. */
	{ OK200 BODY PAGE "5\r\nFrom:\r\n0\r\n\r\n", VIRUS_SAYS_UNABLE,
		"icap: the scanner changed the message and names no reason" },
	{ OK200 BODY PAGE "10\r\n" MAIL "!\r\n0\r\n\r\n", VIRUS_SAYS_UNABLE,
		"icap: the scanner changed the message and names no reason" },
	{ OK200 "\r\n", VIRUS_SAYS_LATER, GARBLED },
	{ OK200 BODY "HTTX/1.1 200 OK\r\n\r\n", VIRUS_SAYS_LATER, GARBLED },
	{ OK200 BODY PAGE "xyz\r\n", VIRUS_SAYS_LATER, GARBLED },
	{ OK200 BODY PAGE "123456789\r\n", VIRUS_SAYS_LATER, GARBLED },
	{ OK200 BODY PAGE "f\r\n" MAIL "no end\r\n", VIRUS_SAYS_LATER,
		GARBLED },
	{ "ICAP/1.0 404 Service not found\r\n\r\n", VIRUS_SAYS_LATER,
		"icap: answer 404 (no such service)" },
	{ "ICAP/1.0 403 Forbidden\r\n\r\n", VIRUS_SAYS_LATER,
		"icap: answer 403" },
	{ "ICAP/1.0 500 Oops\r\nX-Virus-ID: x\r\n\r\n", VIRUS_SAYS_LATER,
		"icap: answer 500" },
	{ "ICAP/1.0 100 Continue\r\n\r\n", VIRUS_SAYS_LATER,
		"icap: answer 100" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", VIRUS_SAYS_LATER, GARBLED },
	{ "ICAP/1.0 2040 No\r\n\r\n", VIRUS_SAYS_LATER, GARBLED },
	{ "ICAP/1.0 204 No\r\nno field\r\n\r\n", VIRUS_SAYS_LATER, GARBLED },
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

/* An answer that comes in pieces. */
struct piecewise {
	struct span rest;
	size_t piece;
};

static ssize_t read_piece(void *context, void *p, size_t n, struct err *e)
{
	struct piecewise *w = context;
	struct span s = span_sub(w->rest, 0, n < w->piece ? n : w->piece);

	(void)e;
	if (s.n)
		memcpy(p, s.p, s.n);
	w->rest = span_after(w->rest, s.n);
	return (ssize_t)s.n;
}

static void judge(struct span answer, size_t piece, struct virus_answer *a)
{
	struct piecewise w = { answer, piece };

	icap_read_answer(&(struct icap_source){ read_piece, &w },
		SPAN(MAIL), a);
}

static void test_golden(void **state)
{
	static const size_t pieces[] = { 1, 7, 100000 };

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t k = 0; k < 3; k++) {
			struct virus_answer a;

			judge(span_of(rows[i].answer), pieces[k], &a);
			assert_string_equal(a.text, rows[i].text);
			assert_int_equal(a.says, rows[i].says);
		}
}

/* Half an answer never makes a message clean. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		size_t n = strlen(rows[i].answer);

		for (size_t k = 0; k < n; k++) {
			struct virus_answer a;

			judge(span_from(rows[i].answer, k), 100, &a);
			/* The last line end of a body says nothing more. */
			if (k < n - 2 || rows[i].says != VIRUS_SAYS_CLEAN)
				assert_int_not_equal(a.says,
					VIRUS_SAYS_CLEAN);
		}
	}
}

static void test_endless(void **state)
{
	static char answer[ICAP_LINES_MAX * 8 + 8000];
	struct virus_answer a;
	size_t n;

	(void)state;
	n = (size_t)sprintf(answer, "ICAP/1.0 204 No\r\n");
	memset(answer + n, 'a', 6000);
	judge(span_from(answer, n + 6000), 5000, &a);
	assert_int_equal(a.says, VIRUS_SAYS_LATER);
	assert_string_equal(a.text, "icap: garbled answer: a line too long");
	for (int i = 0; i < ICAP_LINES_MAX + 5; i++)
		n += (size_t)sprintf(answer + n, "A: b\r\n");
	sprintf(answer + n, "\r\n");
	judge(span_of(answer), 5000, &a);
	assert_int_equal(a.says, VIRUS_SAYS_LATER);
	assert_string_equal(a.text, GARBLED);
}

static int options(const char *answer, char *version, struct err *e)
{
	struct piecewise w = { span_of(answer), 3 };

	return icap_read_options(&(struct icap_source){ read_piece, &w },
		version, e);
}

static void test_options(void **state)
{
	char version[VIRUS_VERSION_SIZE];
	struct err e;

	(void)state;
	assert_int_equal(options("ICAP/1.0 200 OK\r\nMethods: RESPMOD, "
		"REQMOD\r\nService: Scan 1\r\nISTag: \"a\001b\"\r\n\r\n",
		version, &e), 0);
	assert_string_equal(version, "Scan 1 \"a?b\"");
	assert_int_equal(options("ICAP/1.0 200 OK\r\nMethods: REQMOD\r\n\r\n",
		version, &e), -1);
	assert_string_equal(e.text, "the service takes no RESPMOD");
	assert_int_equal(options("ICAP/1.0 404 No\r\n\r\n", version, &e), -1);
	assert_string_equal(e.text, "answer 404 to OPTIONS (no such service)");
	assert_int_equal(options("ICAP/1.0 200", version, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_options),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
