/*
 * A template that somebody wrote: it does not compile, and why is said; or it
 * is a chunk whose lines are the template's. What a template shows is escaped
 * whatever the bytes are.
 */
#include "script/script.h"
#include "web/escape.h"
#include "web/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 1 << 26 };

static size_t count_lines(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

static void check_escape(struct span s, struct arena *a)
{
	struct buf html = { .arena = a }, url = { .arena = a };

	escape_html(&html, s);
	escape_url(&url, s);
	if (span_chr(buf_bytes(&html), '<') != SIZE_MAX ||
	    span_chr(buf_bytes(&html), '"') != SIZE_MAX ||
	    span_chr(buf_bytes(&html), '\'') != SIZE_MAX ||
	    span_chr(buf_bytes(&html), '\r') != SIZE_MAX)
		__builtin_trap();
	if (span_chr(buf_bytes(&url), '/') != SIZE_MAX ||
	    span_chr(buf_bytes(&url), '&') != SIZE_MAX)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", ARENA_MAX);
	struct template_literals literals = { .arena = a };
	struct buf chunk = { .arena = a };
	struct script *s;
	struct err e = { 0 };
	struct span text = span_from(data, size);

	check_escape(text, a);
	if (template_compile("x.html", text, &literals, &chunk, &e) < 0) {
		if (e.class == ERR_NONE || e.text[0] == 0)
			__builtin_trap();
		arena_free(&a);
		return 0;
	}
	if (count_lines(buf_bytes(&chunk)) > count_lines(text) + 1)
		__builtin_trap();
	s = script_new(NULL, &e);
	/* An expression may be no Lua; it may not be more than one. */
	if (script_run(s, "x.html", buf_bytes(&chunk), NULL, &e) < 0 &&
	    e.text[0] == 0)
		__builtin_trap();
	script_free(&s);
	arena_free(&a);
	return 0;
}
