#include "check.h"

#include <stdarg.h>
#include <stdio.h>

static void add(struct findings *f, bool warning, struct span file,
	unsigned line, struct span text)
{
	struct finding *x = arena_alloc(f->arena, sizeof(*x)), **at;

	if (warning)
		f->warnings++;
	else
		f->errors++;
	*x = (struct finding){ file, line, warning, text, NULL };
	for (at = &f->first; *at; at = &(*at)->next) {
		int order = span_cmp((*at)->file, file);

		if (order > 0 || (order == 0 && (*at)->line > line))
			break;
	}
	x->next = *at;
	*at = x;
}

void findings_add(struct findings *f, bool warning, struct span file,
	unsigned line, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add(f, warning, file, line, arena_span(f->arena, span_of(text)));
}

void findings_add_said(struct findings *f, const char *said)
{
	struct span text = span_of(said), file, number;
	size_t colon = span_chr(text, ':');
	uint64_t line = 0;

	file = span_sub(text, 0, colon == SIZE_MAX ? 0 : colon);
	number = span_after(text, file.n + 1);
	number = span_sub(number, 0, span_chr(number, ':') == SIZE_MAX ? 0 :
		span_chr(number, ':'));
	if (!span_u64(number, UINT32_MAX, &line))
		file = SPAN("");
	else
		text = span_trim(span_after(text, file.n + number.n + 2));
	for (const struct finding *x = f->first; x; x = x->next)
		if (span_eq(x->file, file) && x->line == line &&
		    ((file.n && !x->warning) || span_eq(x->text, text)))
			return;
	add(f, false, arena_span(f->arena, file), (unsigned)line,
		arena_span(f->arena, text));
}

void findings_print(struct findings *f)
{
	for (const struct finding *x = f->first; x; x = x->next) {
		if (x->file.n)
			fprintf(stderr, "pm policy: %.*s:%u: ",
				SPAN_FMT(x->file), x->line);
		else
			fputs("pm policy: ", stderr);
		fprintf(stderr, "%s%.*s\n", x->warning ? "warning: " : "",
			SPAN_FMT(x->text));
	}
}
