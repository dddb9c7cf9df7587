#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Formats and escapes into e->text. */
static void fill(struct err *e, const char *fmt, va_list ap, const char *tail)
{
	char raw[ERR_TEXT_MAX];
	int n = vsnprintf(raw, sizeof(raw), fmt, ap);

	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(raw))
		n = sizeof(raw) - 1;
	if (tail)
		snprintf(raw + n, sizeof(raw) - (size_t)n, ": %s", tail);
	utf8_printable(span_of(raw), e->text, sizeof(e->text));
}

int err_set(struct err *e, enum err_class class, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	e->class = class;
	va_start(ap, fmt);
	fill(e, fmt, ap, NULL);
	va_end(ap);
	return -1;
}

int err_errno(struct err *e, enum err_class class, const char *fmt, ...)
{
	const char *why = strerror(errno);
	va_list ap;

	if (e == NULL)
		return -1;
	e->class = class;
	va_start(ap, fmt);
	fill(e, fmt, ap, why);
	va_end(ap);
	return -1;
}

int err_report(const char *applet, const struct err *e)
{
	fprintf(stderr, "pm %s: %s\n", applet, e->text);
	return e->class == ERR_TEMPORARY ? EXIT_LATER : EXIT_USAGE;
}
