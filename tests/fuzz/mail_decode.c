/* Decoders by themselves, into room of exactly the promised size. The first
 * byte chooses. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/flowed.h"
#include "mail/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const charsets[] = { "", "utf-8", "latin1", "x",
		"utf-16", "utf-32", "hz", "utf-7", "iso-2022-jp", "gb18030",
		"big5", "shift_jis", "iso-2022-kr", "tcvn", "windows-1255",
		"iso-2022-cn" };
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_after(span_from(data, size), 1), v;
	size_t room = DECODE_BASE64_ROOM(s.n);
	unsigned char *base64 = malloc(room), *qp = malloc(s.n + !s.n);
	struct charset_reading r;
	bool ok = true;
	struct param_found found;
	struct params ps;

	if (decode_base64(s, base64, &ok) > room ||
	    decode_qp(s, qp, &ok) > s.n)
		__builtin_trap();
	charset_open_all();
	v = span_of(charsets[size ? data[0] & 15 : 0]);
	charset_read(s, v, size && data[0] & 16, a, &r);
	v = charset_text(s, v, a, &ok);
	if (!utf8_valid(v) || !utf8_valid(r.text) || !utf8_valid(r.other))
		__builtin_trap();
	v = flowed_undo(s, size && data[0] & 16, a);
	if (v.n > 2 * s.n + 1)
		__builtin_trap();
	params_parse(s, &mail_default_limits, a, &ps);
	params_find(&ps, SPAN("n"), a, &found);
	free(base64);
	free(qp);
	arena_free(&a);
	return 0;
}
