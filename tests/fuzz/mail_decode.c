/* Decoders by themselves, into room of exactly the promised size. The first
 * byte chooses. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const charsets[] = { "", "utf-8", "latin1", "x" };
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_after(span_from(data, size), 1), v;
	size_t room = DECODE_BASE64_ROOM(s.n);
	unsigned char *base64 = malloc(room), *qp = malloc(s.n + !s.n);
	bool ok = true;
	struct param_found found;
	struct params ps;

	if (decode_base64(s, base64, &ok) > room ||
	    decode_qp(s, qp, &ok) > s.n)
		__builtin_trap();
	v = charset_text(s, span_of(charsets[size ? data[0] & 3 : 0]), a, &ok);
	if (!utf8_valid(v))
		__builtin_trap();
	params_parse(s, &mail_default_limits, a, &ps);
	params_find(&ps, SPAN("n"), a, &found);
	free(base64);
	free(qp);
	arena_free(&a);
	return 0;
}
