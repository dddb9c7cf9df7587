#include "lines.h"

#include <stdio.h>
#include <string.h>

unsigned char *lines_room(struct lines *l, size_t *room_r)
{
	*room_r = sizeof(l->bytes) - l->n;
	return l->bytes + l->n;
}

void lines_came(struct lines *l, size_t n,
	void (*line)(void *context, struct span s, enum lines_mark mark),
	void *context)
{
	struct span rest = { l->bytes, l->n + n };
	size_t at;

	while ((at = span_chr(rest, '\n')) != SIZE_MAX) {
		line(context, span_sub(rest, 0, at), LINES_WHOLE);
		rest = span_after(rest, at + 1);
	}
	if (rest.n == sizeof(l->bytes)) {
		line(context, rest, LINES_CUT);
		rest.n = 0;
	}
	memmove(l->bytes, rest.p, rest.n);
	l->n = rest.n;
}

void lines_end(struct lines *l,
	void (*line)(void *context, struct span s, enum lines_mark mark),
	void *context)
{
	if (l->n)
		line(context, span_from(l->bytes, l->n), LINES_UNFINISHED);
	l->n = 0;
}

/* "Nov 22 20:17:05 " is what glibc puts there; we stamp ourselves. */
static bool has_time(struct span s)
{
	static const char form[] = "Aaa _9 99:99:99 ";

	if (s.n < sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		unsigned char c = s.p[i];
		bool digit = c >= '0' && c <= '9';

		if (form[i] == '9' ? !digit :
		    form[i] == '_' ? !digit && c != ' ' :
		    form[i] == 'A' ? c < 'A' || c > 'Z' :
		    form[i] == 'a' ? c < 'a' || c > 'z' : c != form[i])
			return false;
	}
	return true;
}

/* "mail.info" for 22 (RFC 5424 section 6.2.1). */
static void name_priority(unsigned n, char pri[LINES_PRI_SIZE])
{
	static const char *const severities[] = { "emerg", "alert", "crit",
		"err", "warning", "notice", "info", "debug" };
	static const char *const facilities[] = { "kern", "user", "mail",
		"daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
		"authpriv", "ftp" };

	if (n / 8 < sizeof(facilities) / sizeof(*facilities))
		snprintf(pri, LINES_PRI_SIZE, "%s.%s", facilities[n / 8],
			severities[n % 8]);
	else
		snprintf(pri, LINES_PRI_SIZE, "facility%u.%s", n / 8,
			severities[n % 8]);
}

struct span lines_syslog(struct span s, char pri[LINES_PRI_SIZE])
{
	size_t close = span_chr(span_sub(s, 0, 5), '>');
	uint64_t n;

	name_priority(13, pri);
	if (s.n && s.p[0] == '<' && close != SIZE_MAX &&
	    span_u64(span_sub(s, 1, close - 1), 191, &n)) {
		name_priority((unsigned)n, pri);
		s = span_after(s, close + 1);
	}
	if (has_time(s))
		s = span_after(s, 16);
	while (s.n && (s.p[s.n - 1] == 0 || s.p[s.n - 1] == '\n'))
		s.n--;
	return s;
}
