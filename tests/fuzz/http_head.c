/* A head: found a byte at a time as all at once, and never half understood. */
#include "web/http_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct span part, struct span whole)
{
	if (part.p && (part.p < whole.p || part.p + part.n > whole.p +
	    whole.n))
		__builtin_trap();
}

static void check(struct span head)
{
	struct http_head h;
	unsigned status = http_head_parse(head, &h);

	if (status && (status < 400 || status > 505))
		__builtin_trap();
	if (status)
		return;
	inside(h.path, head);
	inside(h.query, head);
	inside(h.host, head);
	inside(h.cookie, head);
	inside(h.type, head);
	if (h.host.n == 0 || span_chr(h.host, '/') != SIZE_MAX)
		__builtin_trap();
	if (h.method != HTTP_OTHER && (h.path.n == 0 || h.path.p[0] != '/'))
		__builtin_trap();
	/* A good head ends where it is said to. */
	for (size_t n = 0; n < head.n; n++)
		if (http_head_parse(span_sub(head, 0, n), &h) == 0)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_from(data, size);
	size_t from = 0, at_once, bytewise = 0;

	at_once = http_head_end(s, &from);
	from = 0;
	for (size_t n = 0; n <= s.n && bytewise == 0; n++)
		bytewise = http_head_end(span_sub(s, 0, n), &from);
	if (at_once != bytewise)
		__builtin_trap();
	if (at_once && at_once < 2000)
		check(span_sub(s, 0, at_once));
	return 0;
}
