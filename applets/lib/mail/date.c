#include "mail/date.h"

enum {
	ZONE_MOST = 14 * 60,	/* Kiritimati */
	YEAR_LEAST = 1900,	/* RFC 5322 section 3.3 */
	YEAR_MOST = 9999,
	NUMBER_MOST = 99999,
	DAY_MS = 24 * 60 * 60 * 1000,
};

struct lexer {
	struct span rest;
	bool comment;		/* one was passed over */
};

/* What was read, before anybody asks whether it exists. */
struct fields {
	unsigned weekday;	/* from 1, Sunday; 0: not said */
	unsigned day, month, year, year_digits;
	unsigned hour, minute, second;
	unsigned flags;
	int zone;
};

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
	return span_lower(c) >= 'a' && span_lower(c) <= 'z';
}

/* A comment at the front, nested ones in it; one not closed takes all. */
static struct span after_comment(struct span s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return span_after(s, i + 1);
	}
	return SPAN("");
}

static void skip_blanks(struct lexer *l)
{
	while (l->rest.n) {
		unsigned char c = l->rest.p[0];

		if (c == '(') {
			l->rest = after_comment(l->rest);
			l->comment = true;
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			l->rest = span_after(l->rest, 1);
		} else {
			break;
		}
	}
}

static bool take_mark(struct lexer *l, unsigned char mark)
{
	skip_blanks(l);
	if (l->rest.n == 0 || l->rest.p[0] != mark)
		return false;
	l->rest = span_after(l->rest, 1);
	return true;
}

/* A run of what is() likes; empty: none. */
static struct span take_run(struct lexer *l, bool (*is)(unsigned char c))
{
	struct span run;
	size_t n = 0;

	skip_blanks(l);
	while (n < l->rest.n && is(l->rest.p[n]))
		n++;
	run = span_sub(l->rest, 0, n);
	l->rest = span_after(l->rest, n);
	return run;
}

/* Returns how many digits the number has; 0: there is none. */
static unsigned take_number(struct lexer *l, unsigned *value_r)
{
	struct span digits = take_run(l, is_digit);
	uint64_t value;

	if (digits.n == 0 || !span_u64(digits, NUMBER_MOST, &value))
		return 0;
	*value_r = (unsigned)value;
	return (unsigned)digits.n;
}

/* Which of the names, three letters each, the word begins with, from 1. */
static unsigned name_of(struct span word, const char *names, unsigned count)
{
	for (unsigned i = 0; i < count && word.n >= 3; i++)
		if (span_casestarts(word, span_from(names + 3 * i, 3)))
			return i + 1;
	return 0;
}

static unsigned month_of(struct span word)
{
	return name_of(word, "janfebmaraprmayjunjulaugsepoctnovdec", 12);
}

static unsigned weekday_of(struct span word)
{
	return name_of(word, "sunmontuewedthufrisat", 7);
}

/* Two-digit and three-digit years (RFC 5322 section 4.3). */
static bool take_year(struct lexer *l, struct fields *f)
{
	f->year_digits = take_number(l, &f->year);
	if (f->year_digits == 2)
		f->year += f->year < 50 ? 2000 : 1900;
	else if (f->year_digits == 3)
		f->year += 1900;
	if (f->year_digits == 2 || f->year_digits == 3)
		f->flags |= DATE_OBSOLETE;
	return f->year_digits > 1;
}

static bool take_time(struct lexer *l, struct fields *f)
{
	if (!take_number(l, &f->hour) || !take_mark(l, ':') ||
	    !take_number(l, &f->minute))
		return false;
	return !take_mark(l, ':') || take_number(l, &f->second);
}

/* hhmm, or hh:mm as ISO 8601 writes it. */
static bool take_offset(struct lexer *l, bool west, struct fields *f)
{
	unsigned value, minutes = 0, digits = take_number(l, &value);

	if (digits == 2 && take_mark(l, ':')) {
		if (take_number(l, &minutes) != 2)
			return false;
		f->flags |= DATE_FORM;
	} else if (digits == 4) {
		minutes = value % 100;
		value /= 100;
	} else {
		return false;
	}
	if (minutes > 59 || value * 60 + minutes > ZONE_MOST)
		f->flags |= DATE_IMPOSSIBLE;
	f->zone = (int)(value * 60 + minutes) * (west ? -1 : 1);
	if (west && f->zone == 0)
		f->flags |= DATE_NO_ZONE;
	return true;
}

/* A named zone; RFC 5322 takes those it does not list for -0000. */
static void read_zone_name(struct span word, struct fields *f)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {
		{ "UT", 0 }, { "GMT", 0 }, { "Z", 0 },
		{ "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },
		{ "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 },
	};

	f->flags |= DATE_OBSOLETE;
	if (span_caseeq(word, SPAN("UTC"))) {
		f->flags |= DATE_FORM;
		return;
	}
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (span_caseeq(word, span_of(zones[i].name))) {
			f->zone = zones[i].hours * 60;
			return;
		}
	f->flags |= DATE_NO_ZONE;
}

static void take_zone(struct lexer *l, struct fields *f)
{
	bool west = take_mark(l, '-');
	struct span word;

	if (west || take_mark(l, '+')) {
		if (!take_offset(l, west, f))
			f->flags |= DATE_FORM | DATE_NO_ZONE;
		return;
	}
	word = take_run(l, is_letter);
	if (word.n)
		read_zone_name(word, f);
	else
		f->flags |= DATE_FORM | DATE_NO_ZONE;
}

/* "Jun  4 05:20:37 [zone] 2002", as asctime() and Unix's date write it. */
static bool take_asctime(struct lexer *l, struct span month, struct fields *f)
{
	struct span word;

	f->flags |= DATE_FORM;
	f->month = month_of(month);
	if (f->month == 0 || !take_number(l, &f->day) || !take_time(l, f))
		return false;
	word = take_run(l, is_letter);
	if (!take_year(l, f))
		return false;
	if (word.n)
		read_zone_name(word, f);
	else
		take_zone(l, f);
	return true;
}

/* "4 Jun 2002 05:20:37 +0200"; the day's name was taken already. */
static bool take_plain(struct lexer *l, struct fields *f)
{
	unsigned digits = take_number(l, &f->day);

	if (digits == 0 || digits > 2)
		return false;
	if (take_mark(l, '-'))
		f->flags |= DATE_FORM;
	f->month = month_of(take_run(l, is_letter));
	if (take_mark(l, '-') || take_mark(l, '.') || take_mark(l, ','))
		f->flags |= DATE_FORM;
	if (f->month == 0 || !take_year(l, f) || !take_time(l, f))
		return false;
	if (l->comment)
		f->flags |= DATE_OBSOLETE;
	take_zone(l, f);
	return true;
}

static bool take_all(struct lexer *l, struct fields *f)
{
	struct span word = take_run(l, is_letter);

	if (word.n) {
		f->weekday = weekday_of(word);
		if (!take_mark(l, ','))
			f->flags |= DATE_FORM;
		if (f->weekday) {
			take_mark(l, '.');
			word = take_run(l, is_letter);
		}
	}
	return word.n ? take_asctime(l, word, f) : take_plain(l, f);
}

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(unsigned month, unsigned year)
{
	static const unsigned char days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

static bool exists(const struct fields *f)
{
	return f->year >= YEAR_LEAST && f->year <= YEAR_MOST &&
	       f->day >= 1 && f->day <= month_days(f->month, f->year) &&
	       f->hour < 24 && f->minute < 60 && f->second <= 60;
}

/* Days since 1970-01-01. */
static int64_t count_days(const struct fields *f)
{
	int64_t before = (int64_t)f->year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400;

	for (unsigned m = 1; m < f->month; m++)
		days += month_days(m, f->year);
	return days + f->day - 1 - 719162;
}

static void set_instant(const struct fields *f, struct date *d)
{
	int64_t days = count_days(f);
	int64_t seconds = (int64_t)f->hour * 3600 + f->minute * 60 + f->second;

	d->ms = days * DAY_MS + (seconds - (int64_t)d->zone * 60) * 1000;
	/* 1970-01-01 was a Thursday; 70000 keeps it positive. */
	if (f->weekday && (days + 70000 + 4) % 7 + 1 != f->weekday)
		d->flags |= DATE_WRONG_DAY;
}

bool date_parse(struct span value, struct date *d_r)
{
	struct lexer l = { .rest = value };
	struct fields f = { 0 };

	*d_r = (struct date){ 0 };
	if (!take_all(&l, &f))
		return false;
	skip_blanks(&l);
	/* "GMT+2", "GMT Daylight Time": not all of the zone was read. */
	d_r->flags = f.flags | (l.rest.n ? DATE_FORM | DATE_NO_ZONE : 0u);
	if (f.flags & DATE_IMPOSSIBLE || !exists(&f)) {
		d_r->flags |= DATE_IMPOSSIBLE;
		return true;
	}
	d_r->zone = f.zone;
	set_instant(&f, d_r);
	return true;
}

unsigned date_far(const struct date *d, int64_t now_ms, int64_t most_ms)
{
	if (d->flags & DATE_IMPOSSIBLE)
		return 0;
	if (d->flags & DATE_NO_ZONE)
		most_ms += (int64_t)ZONE_MOST * 60 * 1000;
	if (d->ms > now_ms && d->ms - now_ms > most_ms)
		return DATE_FUTURE;
	if (d->ms < now_ms && now_ms - d->ms > most_ms)
		return DATE_PAST;
	return 0;
}
