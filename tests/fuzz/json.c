/* Any bytes as a text in JSON are one line of UTF-8 between its quotes. */
#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json *made = json_new_object();
	struct buf b = { 0 };
	struct span s;

	json_put_text(made, "text", span_from(data, size));
	json_write(made, &b);
	s = buf_bytes(&b);
	if (!utf8_valid(s) || !span_starts(s, SPAN("{\"text\":\"")) ||
	    !span_ends(s, SPAN("\"}")))
		__builtin_trap();
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ')
			__builtin_trap();
	buf_free(&b);
	json_free(&made);
	return 0;
}
