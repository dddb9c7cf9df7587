#include "conf/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo/"

enum { FIELDS = 5, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400,
	QUARTER_S = 900, YEARS_DAYS = 8 * 366 + 2, ZONE_MAX = 64 };

/* One of the five: its range, and the names that it knows. */
static const struct field {
	const char *name;
	unsigned least, most;
	const char *names;	/* of three letters each; from least */
} fields[FIELDS] = {
	{ "minute", 0, 59, "" }, { "hour", 0, 23, "" }, { "day", 1, 31, "" },
	{ "month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec" },
	{ "weekday", 0, 7, "sunmontuewedthufrisat" },
};

static bool value_of(const struct field *f, struct span s, unsigned *v_r)
{
	uint64_t n;

	if (s.n == 3)
		for (size_t i = 0; f->names[i]; i += 3)
			if (span_caseeq(s, span_from(f->names + i, 3))) {
				*v_r = f->least + (unsigned)i / 3;
				return true;
			}
	if (!span_u64(s, f->most, &n) || n < f->least)
		return false;
	*v_r = (unsigned)n;
	return true;
}

/* "*", "5", "mon-fri", each with "/2" behind it. */
static bool read_range(const struct field *f, struct span s, uint64_t *bits)
{
	struct span step = { 0 }, range, last;
	unsigned from = f->least, to = f->most;
	uint64_t by = 1;
	bool steps = span_chr(s, '/') != SIZE_MAX;

	span_cut(&s, '/', &range);
	step = s;
	if (steps && (!span_u64(step, f->most, &by) || by == 0))
		return false;
	if (!span_is(range, "*")) {
		bool ranges = span_chr(range, '-') != SIZE_MAX;
		struct span first;

		last = range;
		span_cut(&last, '-', &first);
		if (!value_of(f, first, &from) ||
		    (ranges && !value_of(f, last, &to)) || to < from)
			return false;
		if (!ranges && !steps)
			to = from;
	}
	for (unsigned v = from; v <= to; v += (unsigned)by)
		*bits |= (uint64_t)1 << v;
	return true;
}

static bool read_field(const struct field *f, struct span s, uint64_t *bits_r)
{
	struct span piece;

	*bits_r = 0;
	if (s.n == 0 || s.p[s.n - 1] == ',')
		return false;
	while (span_cut(&s, ',', &piece))
		if (!read_range(f, piece, bits_r))
			return false;
	return true;
}

/* The next word; empty at the end. */
static struct span word(struct span *rest)
{
	struct span w;
	size_t end;

	*rest = span_trim(*rest);
	for (end = 0; end < rest->n && rest->p[end] > ' '; end++)
		;
	w = span_sub(*rest, 0, end);
	*rest = span_after(*rest, end);
	return w;
}

static int read_fields(struct span text, struct when *w, struct err *e)
{
	uint64_t bits[FIELDS];
	bool any[FIELDS];

	for (size_t i = 0; i < FIELDS; i++) {
		struct span one = word(&text);

		any[i] = span_is(one, "*");
		if (!read_field(&fields[i], one, &bits[i]))
			return err_set(e, ERR_PERMANENT, "\"%.*s\" is no %s: "
				"%u to %u, lists, ranges, steps",
				SPAN_FMT(one), fields[i].name, fields[i].least,
				fields[i].most);
	}
	if (span_trim(text).n)
		return err_set(e, ERR_PERMANENT, "more than five fields");
	*w = (struct when){ .minutes = bits[0], .hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[2], .months = (uint16_t)bits[3],
		.weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & 127),
		.any_hour = any[1], .any_day = any[2], .any_weekday = any[4] };
	return 0;
}

/* "03:30", and ":15" where the hour is not asked for. */
static bool read_time(struct span s, bool hour, unsigned *h_r, unsigned *m_r)
{
	struct span first;
	uint64_t h = 0, m;

	if (span_chr(s, ':') == SIZE_MAX)
		return false;
	span_cut(&s, ':', &first);
	if (s.n != 2 || !span_u64(s, 59, &m) || hour != (first.n > 0) ||
	    (hour && (first.n > 2 || !span_u64(first, 23, &h))))
		return false;
	*h_r = (unsigned)h;
	*m_r = (unsigned)m;
	return true;
}

/* "every 10 min", "every 6 hours": what divides an hour or a day. */
static bool read_every(struct span rest, char out[64])
{
	uint64_t n;
	struct span count = word(&rest), unit = word(&rest);

	if (!span_u64(count, 59, &n) || n == 0 || rest.n)
		return false;
	if ((span_is(unit, "min") || span_is(unit, "minutes")) && 60 % n == 0)
		return snprintf(out, 64, "*/%u * * * *", (unsigned)n) > 0;
	if ((span_is(unit, "hour") || span_is(unit, "hours")) && n < 24 &&
	    24 % n == 0)
		return snprintf(out, 64, n == 1 ? "0 * * * *" :
			"0 */%u * * *", (unsigned)n) > 0;
	return false;
}

/* Plain words as five fields; false: they are none. */
static bool read_words(struct span text, char out[64])
{
	struct span first = word(&text), day = { 0 };
	bool weekly = span_is(first, "weekly");
	bool monthly = span_is(first, "monthly");
	const char *days = span_is(first, "weekdays") ? "1-5" : "*";
	unsigned h, m;

	if (span_is(first, "every"))
		return read_every(text, out);
	if (span_is(first, "hourly")) {
		struct span at = word(&text);

		if (at.n == 0)
			at = SPAN(":00");
		return read_time(at, false, &h, &m) && text.n == 0 &&
			snprintf(out, 64, "%u * * * *", m) > 0;
	}
	if (weekly || monthly)
		day = word(&text);
	else if (!span_is(first, "daily") && days[0] == '*')
		return false;
	if (!read_time(word(&text), true, &h, &m) || text.n || day.n > 3 ||
	    ((weekly || monthly) && day.n == 0))
		return false;
	snprintf(out, 64, "%u %u %.*s * %.*s", m, h, monthly ? (int)day.n : 1,
		monthly ? (const char *)day.p : "*", weekly ? (int)day.n : 3,
		weekly ? (const char *)day.p : days);
	return true;
}

int when_parse(struct span text, struct when *w_r, struct err *e)
{
	struct span rest = text, first = word(&rest);
	char five[64];

	if (first.n && first.p[0] >= 'a' && first.p[0] <= 'z') {
		if (read_words(text, five))
			return read_fields(span_of(five), w_r, e);
		return err_set(e, ERR_PERMANENT, "\"%.*s\" is not understood: "
			"\"daily 03:30\", \"weekly sun 03:30\", \"monthly 1 "
			"03:30\", \"hourly :15\", \"every 10 min\", or five "
			"fields", text.n > 80 ? 80 : (int)text.n,
			(const char *)text.p);
	}
	return read_fields(text, w_r, e);
}

bool when_zone(const char *zone)
{
	struct span s = span_of(zone), rest = s, part;
	char path[sizeof(ZONES) + ZONE_MAX];

	if (s.n == 0 || s.n >= ZONE_MAX || s.p[0] == '/')
		return false;
	while (span_cut(&rest, '/', &part))
		if (part.n == 0 || part.p[0] == '.')
			return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	snprintf(path, sizeof(path), ZONES "%s", zone);
	return strcmp(zone, "UTC") == 0 || access(path, R_OK) == 0;
}

/* --- the next moment ----------------------------------------------------- */

static bool has(uint64_t bits, int n)
{
	return bits >> n & 1;
}

static bool is_day(const struct when *w, const struct tm *t)
{
	bool day = has(w->days, t->tm_mday);
	bool weekday = has(w->weekdays, t->tm_wday);

	if (!has(w->months, t->tm_mon + 1))
		return false;
	return w->any_day || w->any_weekday ? day && weekday : day || weekday;
}

/* Each real hour counts: minute by minute. */
static int64_t next_of_any_hour(const struct when *w, int64_t after)
{
	int64_t t = after - after % MINUTE_S + MINUTE_S;
	int64_t end = t + (int64_t)YEARS_DAYS * DAY_S;
	struct tm tm;

	while (t < end) {
		time_t now = (time_t)t;

		localtime_r(&now, &tm);
		if (!is_day(w, &tm))
			t += QUARTER_S - t % QUARTER_S;
		else if (has(w->minutes, tm.tm_min))
			return t;
		else
			t += MINUTE_S;
	}
	return -1;
}

/*
 * The instant of a local time: the first of two, and where there is none the
 * one that the clock would have had without being set forward.
 */
static int64_t instant(const struct tm *day, int hour, int minute)
{
	static const int back[] = { HOUR_S, HOUR_S / 2 };
	struct tm asked = *day, seen;
	time_t t;

	asked.tm_hour = hour;
	asked.tm_min = minute;
	asked.tm_sec = 0;
	asked.tm_isdst = -1;
	seen = asked;
	t = mktime(&seen);
	if (seen.tm_hour != hour || seen.tm_min != minute) {
		asked.tm_isdst = 0;
		return mktime(&asked);
	}
	for (size_t i = 0; i < sizeof(back) / sizeof(*back); i++) {
		time_t before = t - back[i];

		localtime_r(&before, &seen);
		if (seen.tm_hour == hour && seen.tm_min == minute)
			return before;
	}
	return t;
}

/* The first of a day's moments that is after; -1. */
static int64_t first_of_day(const struct when *w, const struct tm *day,
	int64_t after)
{
	int64_t best = -1;

	for (int h = 0; h < 24; h++)
		for (int m = 0; has(w->hours, h) && m < 60; m++) {
			int64_t t;

			if (!has(w->minutes, m))
				continue;
			t = instant(day, h, m);
			if (t > after && (best < 0 || t < best))
				best = t;
		}
	return best;
}

static int64_t next_of_hours(const struct when *w, int64_t after)
{
	time_t start = (time_t)after;
	struct tm first;

	localtime_r(&start, &first);
	for (int i = 0; i < YEARS_DAYS; i++) {
		struct tm day = { .tm_year = first.tm_year,
			.tm_mon = first.tm_mon, .tm_mday = first.tm_mday + i,
			.tm_hour = 12, .tm_isdst = -1 };
		int64_t t;

		mktime(&day);
		if (!is_day(w, &day))
			continue;
		t = first_of_day(w, &day, after);
		if (t >= 0)
			return t;
	}
	return -1;
}

int64_t when_next(const struct when *w, const char *zone, int64_t after_s)
{
	char text[ZONE_MAX + 4], *alone[] = { text, NULL };
	char **kept = environ;
	int64_t result;

	/* An environment of nothing else, for this moment. */
	snprintf(text, sizeof(text), "TZ=%s", zone ? zone : "");
	if (zone)
		environ = alone;
	tzset();
	result = w->any_hour ? next_of_any_hour(w, after_s) :
		next_of_hours(w, after_s);
	environ = kept;
	tzset();
	return result;
}
