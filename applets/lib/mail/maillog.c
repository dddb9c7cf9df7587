#include "mail/maillog.h"

#include <time.h>

#include "mail/maillog_words.h"

enum { DAY_MS = 86400000, HOUR_MS = 3600000, STAMP_SIZE = 15,
	PROGRAM_MAX = 64, NUMBER_MAX = 18 };

const char *maillog_kind_name(enum maillog_kind k)
{
	static const char *const names[] = { "connect", "lost", "disconnect",
		"refused", "answered", "discarded", "held", "accepted",
		"named", "queued",
		"delivered", "deferred", "bounced", "expired", "notified",
		"removed" };

	_Static_assert(sizeof(names) / sizeof(*names) == MAILLOG_KINDS,
		"each kind has a name");
	return names[k];
}

/* --- words ---------------------------------------------------------------- */

bool maillog_skip(struct span *s, const char *word)
{
	struct span w = span_of(word);

	if (!span_starts(*s, w))
		return false;
	*s = span_after(*s, w.n);
	return true;
}

struct span maillog_value(struct span s, const char *name, const char *ends)
{
	struct span n = span_of(name);
	size_t at = span_find(s, n), len = 0;

	/* The first of them has nothing before it. */
	if (n.n > 2 && n.p[0] == ',' && span_starts(s, span_after(n, 2)))
		s = span_after(s, n.n - 2);
	else if (at == SIZE_MAX)
		return SPAN("");
	else
		s = span_after(s, at + n.n);
	while (len < s.n && strchr(ends, s.p[len]) == NULL)
		len++;
	return span_sub(s, 0, len);
}

/* A ">" counts outside of quotes, and before what follows an address. */
static size_t address_end(struct span s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char next = i + 1 < s.n ? s.p[i + 1] : ' ';

		if (s.p[i] == '\\' && quoted)
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '>' && !quoted &&
			 (next == ',' || next == ' ' || next == ';'))
			return i;
	}
	return span_chr(s, '>');
}

bool maillog_address(struct span *s, struct span *address_r)
{
	struct span inner = *s;
	size_t end;

	if (!maillog_skip(&inner, "<"))
		return false;
	end = address_end(inner);
	if (end == SIZE_MAX)
		return false;
	*address_r = span_sub(inner, 0, end);
	*s = span_after(inner, end + 1);
	return true;
}

bool maillog_address_of(struct span s, const char *name,
	struct span *address_r)
{
	struct span n = span_of(name);
	size_t at = span_find(s, n);

	if (at == SIZE_MAX)
		return false;
	/* The name ends in "<". */
	s = span_after(s, at + n.n - 1);
	return maillog_address(&s, address_r);
}

void maillog_client(struct span s, struct maillog_event *ev)
{
	size_t open = span_chr(s, '['), close;
	struct span name = span_trim(span_sub(s, 0, open)), addr;

	if (open == SIZE_MAX) {
		ev->relay_name = span_trim(s);
		return;
	}
	addr = span_after(s, open + 1);
	close = span_chr(addr, ']');
	addr = span_sub(addr, 0, close);
	maillog_skip(&addr, "IPv6:");
	if (!netaddr_parse(addr, &ev->relay))
		ev->relay.n = 0;
	if (!span_is(name, "unknown"))
		ev->relay_name = name;
}

int64_t maillog_number(struct span s)
{
	uint64_t v;

	return s.n <= NUMBER_MAX && span_u64(s, INT64_MAX, &v) ?
		(int64_t)v : -1;
}

/* --- the head of a line --------------------------------------------------- */

/* Exactly `n` digits at `at`; -1. */
static int digits(struct span s, size_t at, size_t n)
{
	struct span d = span_sub(s, at, n);
	uint64_t v;

	/* "Nov  2": a day may be padded. */
	if (d.n == 2 && d.p[0] == ' ')
		d = span_after(d, 1);
	return d.n && span_sub(s, at, n).n == n && span_u64(d, 9999, &v) ?
		(int)v : -1;
}

static int month_of(struct span s)
{
	size_t at = s.n == 3 ? span_find(SPAN("JanFebMarAprMayJunJulAugSepOct"
		"NovDec"), s) : SIZE_MAX;

	return at == SIZE_MAX || at % 3 ? -1 : (int)(at / 3);
}

/* The start of an hour in local time; kept until the next hour is asked. */
static int64_t local_hour(struct maillog *l, int year, int month, int day,
	int hour)
{
	int of[4] = { year, month, day, hour };
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month,
		.tm_mday = day, .tm_hour = hour, .tm_isdst = -1 };

	if (memcmp(of, l->hour_of, sizeof(of)) != 0) {
		memcpy(l->hour_of, of, sizeof(of));
		l->hour_ms = (int64_t)mktime(&tm) * 1000;
	}
	return l->hour_ms;
}

/* "Nov 22 20:17:05 ": of this year, or of the last if that were to come. */
static bool old_stamp(struct maillog *l, struct span *s, int64_t *ms_r)
{
	int month = month_of(span_sub(*s, 0, 3)), day = digits(*s, 4, 2);
	int h = digits(*s, 7, 2), m = digits(*s, 10, 2);
	int sec = digits(*s, 13, 2);
	time_t now = (time_t)(l->now_ms / 1000);
	struct tm tm;

	if (month < 0 || day < 1 || day > 31 || h < 0 || h > 23 || m < 0 ||
	    m > 59 || sec < 0 || sec > 60 || s->n <= STAMP_SIZE ||
	    s->p[STAMP_SIZE] != ' ')
		return false;
	gmtime_r(&now, &tm);
	*ms_r = local_hour(l, tm.tm_year + 1900, month, day, h);
	if (*ms_r > l->now_ms + DAY_MS)
		*ms_r = local_hour(l, tm.tm_year + 1899, month, day, h);
	*ms_r += (m * 60 + sec) * 1000;
	*s = span_after(*s, STAMP_SIZE + 1);
	return true;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days_of(int y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* "Z", "+01:00", "-0500" in front of the blank: minutes east; false: else. */
static bool zone_of(struct span z, int *minutes_r)
{
	int h, m;

	*minutes_r = 0;
	if (span_is(z, "Z"))
		return true;
	if (z.n < 5 || z.n > 6 || (z.p[0] != '+' && z.p[0] != '-') ||
	    (z.n == 6 && z.p[3] != ':'))
		return false;
	h = digits(z, 1, 2);
	m = digits(z, z.n - 2, 2);
	*minutes_r = (h * 60 + m) * (z.p[0] == '-' ? -1 : 1);
	return h >= 0 && h <= 14 && m >= 0 && m <= 59;
}

/* "2026-11-22T20:17:05.123456+01:00 " */
static bool iso_stamp(struct span *s, int64_t *ms_r)
{
	int y = digits(*s, 0, 4), mo = digits(*s, 5, 2), d = digits(*s, 8, 2);
	int h = digits(*s, 11, 2), m = digits(*s, 14, 2);
	int sec = digits(*s, 17, 2), east, scale = 100;
	size_t blank = span_chr(*s, ' '), at = 19;
	int64_t ms = 0;

	if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > 31 || h < 0 ||
	    h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60 ||
	    s->p[10] != 'T' || blank == SIZE_MAX)
		return false;
	if (at < blank && s->p[at] == '.')
		for (at++; at < blank && s->p[at] >= '0' && s->p[at] <= '9';
		     at++, scale /= 10)
			ms += (s->p[at] - '0') * scale;
	if (!zone_of(span_sub(*s, at, blank - at), &east))
		return false;
	*ms_r = ((days_of(y, mo, d) * 24 + h) * 60 + m - east) * 60000 +
		sec * 1000 + ms;
	*s = span_after(*s, blank + 1);
	return true;
}

/* "PROGRAM[PID]: "; false: not such a line. */
static bool take_program(struct span *s, struct maillog_event *ev)
{
	size_t colon = span_find(*s, SPAN(": "));
	struct span tag = span_sub(*s, 0, colon), pid;
	size_t open = span_chr(tag, '[');

	if (colon == SIZE_MAX || span_chr(tag, ' ') != SIZE_MAX)
		return false;
	*s = span_after(*s, colon + 2);
	ev->program = span_sub(tag, 0, open);
	if (open != SIZE_MAX && tag.p[tag.n - 1] == ']') {
		int64_t n;

		pid = span_sub(tag, open + 1, tag.n - open - 2);
		n = maillog_number(pid);
		ev->pid = n > 0 && n <= INT32_MAX ? (uint32_t)n : 0;
	}
	return ev->program.n > 0 && ev->program.n <= PROGRAM_MAX;
}

static bool is_sendmail(struct span program)
{
	return span_is(program, "sm-mta") || span_is(program, "sm-msp-queue") ||
		span_starts(program, SPAN("sendmail"));
}

enum maillog_step maillog_parse(struct maillog *l, struct span line,
	struct maillog_event *ev)
{
	struct span s = span_sub(line, 0, MAILLOG_LINE_MAX);
	size_t slash, blank;

	*ev = (struct maillog_event){ .size = -1, .nrcpts = -1,
		.delay_ms = -1 };
	if (!old_stamp(l, &s, &ev->at_ms) && !iso_stamp(&s, &ev->at_ms))
		return MAILLOG_FOREIGN;
	blank = span_chr(s, ' ');
	if (blank == SIZE_MAX)
		return MAILLOG_FOREIGN;
	s = span_after(s, blank + 1);
	if (!take_program(&s, ev))
		return MAILLOG_FOREIGN;
	if (is_sendmail(ev->program))
		return maillog_sendmail(s, ev);
	/* "postfix/smtpd", "postfix-out/smtp", "postfix/submission/smtpd" */
	slash = span_rchr(ev->program, '/');
	if (!span_starts(ev->program, SPAN("postfix")) || slash == SIZE_MAX)
		return MAILLOG_FOREIGN;
	return maillog_postfix(span_after(ev->program, slash + 1), s, ev);
}

bool maillog_more(struct maillog_event *ev)
{
	if (ev->nmore >= MAILLOG_RCPTS_MAX ||
	    !maillog_skip(&ev->more_rcpts, ","))
		return false;
	ev->nmore++;
	return maillog_address(&ev->more_rcpts, &ev->rcpt);
}
