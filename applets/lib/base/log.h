/*
 * One line to stderr, in one write: the supervisor stamps and keeps it.
 *
 * Bytes from outside must come through "%s" of an escaped text or SPAN_FMT:
 * control bytes are escaped here in any case, so a line stays a line.
 * A line is cut at LOG_LINE_MAX bytes. Thread-safe.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum { LOG_LINE_MAX = 4000 };

/* warn: go on; error: something is broken and mail may feel it. */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The world is broken: says so and exits 3 (temporary, start me again). */
_Noreturn void log_fatal(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
/* We are broken: says so and aborts. */
_Noreturn void log_panic(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif
