#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/utf8.h"

/* Formats, escapes and writes one line. */
static void line(const char *level, const char *fmt, va_list ap)
{
	char raw[LOG_LINE_MAX], text[LOG_LINE_MAX];
	int saved = errno, n;
	ssize_t written;

	n = snprintf(raw, sizeof(raw), "%s: ", level);
	errno = saved;
	vsnprintf(raw + n, sizeof(raw) - (size_t)n, fmt, ap);
	utf8_printable(span_of(raw), text, sizeof(text) - 1);
	n = (int)span_of(text).n;
	text[n] = '\n';
	written = write(STDERR_FILENO, text, (size_t)n + 1);
	(void)written; /* there is nowhere to complain */
	errno = saved;
}

#define LOG_LINE(level) do { \
	va_list ap; \
	va_start(ap, fmt); \
	line(level, fmt, ap); \
	va_end(ap); \
} while (0)

void log_info(const char *fmt, ...)
{
	LOG_LINE("info");
}

void log_warn(const char *fmt, ...)
{
	LOG_LINE("warn");
}

void log_error(const char *fmt, ...)
{
	LOG_LINE("error");
}

void log_fatal(const char *fmt, ...)
{
	LOG_LINE("fatal");
	_Exit(EXIT_LATER);
}

void log_panic(const char *fmt, ...)
{
	LOG_LINE("panic");
	abort();
}
