/* A list of phrases, one a line, a NUL, a text: what is found is one of the
 * list and stands in the text, and every phrase is found in itself. */
#include <stdint.h>

#include "detect/phrases.h"
#include "mail/casefold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FOUND_MAX = 50, ARENA = 64 << 20 };

/* The words of one text follow each other in another. */
static void check_found(struct span phrase, struct span text, struct arena *a)
{
	struct span words = casefold(phrase, a), word;

	while (casefold_word(&words, &word))
		if (span_find(text, word) == SIZE_MAX)
			__builtin_trap();
}

static void check_itself(const struct phrases *p, struct span phrase,
	struct arena *a)
{
	struct span found[FOUND_MAX], folded = casefold(phrase, a), word;
	struct span again = casefold(folded, a);

	if (!span_eq(again, folded))
		__builtin_trap();
	if (phrases_find(p, folded, FOUND_MAX, found) == 0 &&
	    casefold_word(&folded, &word))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_from(data, size), list, line, text;
	struct arena *a = arena_new("fuzz", ARENA);
	struct phrases *p = phrases_new(100, a);
	struct span found[FOUND_MAX], rest;
	size_t n;

	list = span_sub(all, 0, span_chr(all, 0));
	text = casefold(span_after(all, list.n), a);
	rest = list;
	while (span_line(&rest, &line))
		if (phrases_add(p, line))
			check_itself(p, line, a);
	n = phrases_find(p, text, FOUND_MAX, found);
	for (size_t i = 0; i < n; i++)
		check_found(found[i], text, a);
	arena_free(&a);
	return 0;
}
