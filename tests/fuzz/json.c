/* JSON from outside: what is read and written reads the same again. And any
 * bytes as a text in it are JSON. */
#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct json *j)
{
	struct buf first = { 0 }, second = { 0 };
	struct json *again;
	struct err e;

	json_write(j, &first);
	again = json_parse(buf_bytes(&first), &e);
	if (again == NULL || !utf8_valid(buf_bytes(&first)) ||
	    span_chr(buf_bytes(&first), '\n') != SIZE_MAX)
		__builtin_trap();
	json_write(again, &second);
	if (!span_eq(buf_bytes(&first), buf_bytes(&second)))
		__builtin_trap();
	json_free(&again);
	buf_free(&first);
	buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_from(data, size);
	struct err e = { 0 };
	struct json *j = json_parse(s, &e), *made = json_new_object();

	if (j) {
		write_again(j);
		json_free(&j);
	} else if (e.class == ERR_NONE || e.text[0] == 0) {
		__builtin_trap();
	}
	json_put_text(made, "text", s);
	write_again(made);
	json_free(&made);
	return 0;
}
