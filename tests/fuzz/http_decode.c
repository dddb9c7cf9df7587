/* What is decoded is text, leads nowhere else, and is never longer. */
#include "base/utf8.h"
#include "web/http_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct span s, struct span raw)
{
	if (s.n > raw.n || !utf8_valid(s) || span_chr(s, 0) != SIZE_MAX)
		__builtin_trap();
}

static void check_path(struct span path, struct span raw)
{
	check_text(path, raw);
	if (path.n == 0 || path.p[0] != '/' ||
	    span_find(path, SPAN("//")) != SIZE_MAX ||
	    span_find(path, SPAN("/../")) != SIZE_MAX ||
	    span_ends(path, SPAN("/..")) ||
	    span_chr(path, '\n') != SIZE_MAX ||
	    span_chr(path, '\r') != SIZE_MAX)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", 16 << 20);
	struct span raw = span_from(data, size), path;
	struct web_pair *pairs;
	size_t n;

	if (http_decode_path(raw, a, &path))
		check_path(path, raw);
	if (http_decode_form(raw, a, &pairs, &n)) {
		if (n > HTTP_FIELDS_MAX)
			__builtin_trap();
		for (size_t i = 0; i < n; i++) {
			check_text(pairs[i].name, raw);
			check_text(pairs[i].value, raw);
		}
	}
	arena_free(&a);
	return 0;
}
