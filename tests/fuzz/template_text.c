/* A template of any bytes, and a value of any bytes in each place. */
#include "engine/template_text.h"

#include "base/utf8.h"
#include "engine/notice_mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span value(void *self, struct span name)
{
	(void)name;
	return *(const struct span *)self;
}

static bool known(const void *self, struct span name)
{
	(void)self;
	return name.n % 2;
}

/* Nothing of a value ends a header line or opens a tag. */
static void check_value(struct span s, enum template_place place)
{
	struct buf b = { 0 };

	template_expand(SPAN("%%RULE%%"), place, value, &s, &b);
	if (!utf8_valid(buf_bytes(&b)))
		__builtin_trap();
	for (size_t i = 0; i < b.n; i++) {
		unsigned char c = b.p[i];
		bool end = c == '\n' || c == '\r';

		if (c < ' ' && (!end || place == TEMPLATE_HEADER))
			__builtin_trap();
		if (place == TEMPLATE_HTML && c == '<' &&
		    !span_starts(span_after(buf_bytes(&b), i), SPAN("<br>")))
			__builtin_trap();
	}
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_from(data, size);
	struct template_file t;
	struct buf b = { 0 };
	struct err e;

	for (int i = TEMPLATE_TEXT; i <= TEMPLATE_HTML; i++)
		check_value(s, (enum template_place)i);
	template_split(s, &t);
	if (t.text.n && (t.text.p < s.p ||
	    t.text.p + t.text.n > s.p + s.n))
		__builtin_trap();
	template_check(t.text, "x", t.line, known, NULL, &e);
	template_expand(t.text, TEMPLATE_TEXT, value, &s, &b);
	b.n = 0;
	notice_quote_printable(s, &b);
	buf_free(&b);
	return 0;
}
