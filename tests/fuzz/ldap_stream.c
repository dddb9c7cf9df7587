/*
 * What the process that asks a directory tells: no value stands before an
 * entry, none is of an attribute that was not asked for.
 */
#include "net/ldap_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void next(void *context)
{
	*(bool *)context = true;
}

static void value(unsigned attribute, struct span s, void *context)
{
	if (!*(bool *)context || attribute >= 3 || s.n > 4096)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool entry = false;
	const struct ldap_sink sink = { next, value, &entry };
	struct buf b = { 0 };
	struct err e;

	ldap_stream_read(span_from(data, size), 3, &sink, &e);
	ldap_escape(&b, span_from(data, size));
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '*' || b.p[i] == '(' || b.p[i] == ')' ||
		    b.p[i] == 0)
			__builtin_trap();
	buf_free(&b);
	return 0;
}
