/*
 * A list as somebody wrote it, without negative entries: each plain entry of
 * it, and each glob, is on it. And an image of any bytes is looked up unharmed.
 */
#include "engine/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A network or a sub-domain is no subject, and a final dot is passed over;
 * "<>" asks for the null sender, which no list of texts has.
 */
static bool plain(struct span line, bool texts, struct span *subject_r)
{
	line = span_trim(line);
	*subject_r = line;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] <= ' ' || line.p[i] == '/' || line.p[i] == '#')
			return false;
	return line.n && line.p[0] != '.' && line.p[line.n - 1] != '.' &&
		!(texts && span_is(line, "<>"));
}

static void look_up_all(struct span text, struct span image)
{
	struct span line, subject, entry;
	unsigned type = list_type(image);
	bool texts = type == LIST_IS || type == LIST_CONTAINS ||
		type == LIST_MATCHES;

	while (span_line(&text, &line)) {
		if (!plain(line, texts, &subject))
			continue;
		/* Of "@192.0.2.1" the host is looked up, which has no @. */
		if (type == LIST_HOSTS && subject.p[0] == '@')
			subject = span_after(subject, 1);
		if (subject.n &&
		    (!list_match(image, subject, &entry) || entry.n == 0))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_from(data, size), entry;
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct buf b = { .arena = a };
	struct err e;

	list_match(s, SPAN("a@b.example"), &entry);
	list_match(s, SPAN("192.0.2.1"), &entry);
	if (span_chr(s, '!') == SIZE_MAX &&
	    !span_starts(s, SPAN("\xef\xbb\xbf")) &&
	    list_compile(s, "list", &b, &e) == 0 &&
	    !list_has_patterns(buf_bytes(&b)) &&
	    !list_is_phrases(buf_bytes(&b)))
		look_up_all(s, buf_bytes(&b));
	arena_free(&a);
	return 0;
}
