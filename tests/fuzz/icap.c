/* What an ICAP scanner says: clean is only 204, or the very bytes we sent. */
#include <string.h>

#include "net/icap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t read_rest(void *context, void *p, size_t n, struct err *e)
{
	struct span *rest = context, s = span_sub(*rest, 0, n < 5 ? n : 5);

	(void)e;
	if (s.n)
		memcpy(p, s.p, s.n);
	*rest = span_after(*rest, s.n);
	return (ssize_t)s.n;
}

static void check_text(const char *p)
{
	for (; *p; p++)
		if (*p < ' ' || *p > '~')
			__builtin_trap();
}

/* The first line of an answer that may leave a message clean. */
static bool may_be_clean(struct span answer)
{
	return span_starts(answer, SPAN("ICAP/1.")) &&
		(span_find(answer, SPAN(" 204")) != SIZE_MAX ||
		 (span_find(answer, SPAN(" 200")) != SIZE_MAX &&
		  span_find(answer, SPAN("h")) != SIZE_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_from(data, size), rest = all;
	struct icap_source s = { read_rest, &rest };
	char version[VIRUS_VERSION_SIZE] = "";
	struct virus_answer a;
	struct err e;

	icap_read_answer(&s, SPAN("hi\n"), &a);
	check_text(a.text);
	if (a.says == VIRUS_SAYS_CLEAN && !may_be_clean(all))
		__builtin_trap();
	if (a.says != VIRUS_SAYS_CLEAN && a.text[0] == 0)
		__builtin_trap();
	rest = all;
	if (icap_read_options(&s, version, &e) == 0)
		check_text(version);
	return 0;
}
