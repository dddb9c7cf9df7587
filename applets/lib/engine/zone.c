#include "engine/zone.h"

#include "base/args.h"

enum {
	DAY = 86400, HOUR = 3600,
	NAMES_MAX = 2000,
	OFFSET_HOURS_MAX = 14,
	RULE_HOURS_MAX = 167,	/* RFC 9636, 3.3.1 */
};

/* --- the calendar -------------------------------------------------------- */

struct day {
	int64_t year;
	int month, day;		/* from 1 */
};

/* Days since 1970 and back, in the Gregorian calendar, by eras of 400 years
   that begin in March. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
		day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
		of_year - 719468;
}

static struct day day_of(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 -
		of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;
	struct day d = { y + era * 400, (int)(m < 10 ? m + 3 : m - 9),
		(int)(of_year - (153 * m + 2) / 5 + 1) };

	d.year += d.month <= 2;
	return d;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* 0: Sunday, as POSIX counts. */
static int weekday_of(int64_t days)
{
	return (int)((days % 7 + 11) % 7);
}

struct zone_time zone_split(int64_t t)
{
	int64_t days = floor_div(t, DAY);
	struct day d = day_of(days);

	return (struct zone_time){ d.year, d.month, d.day, weekday_of(days),
		t - days * DAY };
}

/* --- rules --------------------------------------------------------------- */

static bool take(struct span *s, char c)
{
	if (s->n == 0 || s->p[0] != (unsigned char)c)
		return false;
	*s = span_after(*s, 1);
	return true;
}

/* Digits, at most that. */
static bool take_number(struct span *s, int64_t most, int64_t *n_r)
{
	size_t n = 0;
	uint64_t number;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	if (!span_u64(span_sub(*s, 0, n), (uint64_t)most, &number))
		return false;
	*s = span_after(*s, n);
	*n_r = (int64_t)number;
	return true;
}

/* [+-]H[:M[:S]] in seconds. */
static bool take_time(struct span *s, int64_t *t_r)
{
	int64_t sign = take(s, '-') ? -1 : 1, h, m = 0, sec = 0;

	if (sign > 0)
		take(s, '+');
	if (!take_number(s, RULE_HOURS_MAX, &h) ||
	    (take(s, ':') && (!take_number(s, 59, &m) ||
	     (take(s, ':') && !take_number(s, 59, &sec)))))
		return false;
	*t_r = sign * (h * HOUR + m * 60 + sec);
	return true;
}

/* The name of a zone: three letters or more, or anything in < >. */
static bool take_name(struct span *s)
{
	bool quoted = take(s, '<');
	size_t n = 0;

	while (n < s->n && (quoted ? s->p[n] != '>' :
	       span_lower(s->p[n]) >= 'a' && span_lower(s->p[n]) <= 'z'))
		n++;
	*s = span_after(*s, n);
	return n >= 3 && (!quoted || take(s, '>'));
}

/* ",M3.5.0/2", ",J60", ",0/-1" */
static bool take_change(struct span *s, struct zone_change *c)
{
	bool good;

	*c = (struct zone_change){ .kind = ZONE_DAY,
		.seconds = 2 * (int64_t)HOUR };
	if (!take(s, ','))
		return false;
	if (take(s, 'M')) {
		c->kind = ZONE_MONTH_WEEK;
		good = take_number(s, 12, &c->month) && take(s, '.') &&
			take_number(s, 5, &c->week) && take(s, '.') &&
			take_number(s, 6, &c->weekday) && c->month && c->week;
	} else if (take(s, 'J')) {
		c->kind = ZONE_DAY_NO_LEAP;
		good = take_number(s, 365, &c->day) && c->day;
	} else {
		good = take_number(s, 365, &c->day);
	}
	return good && (!take(s, '/') || take_time(s, &c->seconds));
}

bool zone_read_rule(struct span s, struct zone *z_r)
{
	int64_t west, summer;

	*z_r = (struct zone){ 0 };
	if (!take_name(&s) || !take_time(&s, &west))
		return false;
	z_r->offset = -west;
	if (s.n == 0)
		return true;
	z_r->has_summer = true;
	z_r->summer_offset = z_r->offset + HOUR;
	if (!take_name(&s))
		return false;
	if (s.n && s.p[0] != ',') {
		if (!take_time(&s, &summer))
			return false;
		z_r->summer_offset = -summer;
	}
	return take_change(&s, &z_r->start) && take_change(&s, &z_r->end) &&
		s.n == 0;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100) || year % 400 == 0;
}

/* When in a year, as if its clock were UTC. */
static int64_t change_at(const struct zone_change *c, int64_t year)
{
	int64_t first, day, next;

	if (c->kind != ZONE_MONTH_WEEK) {
		/* J60 is the first of March in every year. */
		day = c->kind == ZONE_DAY ? c->day :
			c->day - 1 + (c->day >= 60 && is_leap(year));
		return (days_of(year, 1, 1) + day) * DAY + c->seconds;
	}
	first = days_of(year, (int)c->month, 1);
	day = (c->weekday - weekday_of(first) + 7) % 7 + 7 * (c->week - 1);
	next = c->month == 12 ? days_of(year + 1, 1, 1) :
		days_of(year, (int)c->month + 1, 1);
	while (first + day >= next)
		day -= 7;
	return (first + day) * DAY + c->seconds;
}

static int64_t offset_by_rule(const struct zone *z, int64_t t)
{
	int64_t year, start, end;
	bool summer;

	if (!z->has_summer)
		return z->offset;
	year = day_of(floor_div(t + z->offset, DAY)).year;
	start = change_at(&z->start, year) - z->offset;
	end = change_at(&z->end, year) - z->summer_offset;
	summer = start < end ? t >= start && t < end :
		t >= start || t < end;
	return summer ? z->summer_offset : z->offset;
}

/* "1771322400:0" or with a minus. */
static bool read_pair(struct span one, int64_t *at_r, int64_t *offset_r)
{
	struct span at = span_sub(one, 0, span_chr(one, ':'));
	struct span offset = span_after(one, at.n + 1);
	bool minus = take(&offset, '-');
	uint64_t a, o;

	if (!span_u64(at, INT64_MAX, &a) || !span_u64(offset, DAY, &o))
		return false;
	*at_r = (int64_t)a;
	*offset_r = minus ? -(int64_t)o : (int64_t)o;
	return true;
}

int64_t zone_offset(const struct zone *z, int64_t t)
{
	struct span rest = span_trim(z->changes), one;
	int64_t at, offset = 0, found = 0;
	bool first = true;

	while (span_cut(&rest, ' ', &one)) {
		if (!read_pair(one, &at, &offset))
			break;
		if (first || t >= at)
			found = offset;
		first = false;
		if (t < at)
			return found;
	}
	return offset_by_rule(z, t);
}

/* --- zones by name ------------------------------------------------------- */

/* "+02:00", "-0530", "+2" */
static bool read_offset(struct span s, struct zone *z_r)
{
	int64_t sign = 1, hours, minutes = 0;
	size_t digits;

	if (take(&s, '-'))
		sign = -1;
	else if (!take(&s, '+'))
		return false;
	digits = s.n;
	if (!take_number(&s, 9999, &hours))
		return false;
	if (digits == 4 && s.n == 0) {
		minutes = hours % 100;
		hours /= 100;
	} else if (take(&s, ':') && !take_number(&s, 59, &minutes)) {
		return false;
	}
	*z_r = (struct zone){ .offset = sign * (hours * HOUR +
		minutes * 60) };
	return s.n == 0 && hours <= OFFSET_HOURS_MAX && minutes < 60;
}

bool zone_find(struct span zones, struct span name, struct zone *z_r)
{
	struct span line, one;

	while (span_line(&zones, &line)) {
		if (!span_cut(&line, ' ', &one) || !span_caseeq(one, name))
			continue;
		return span_cut(&line, ' ', &one) &&
			zone_read_rule(one, z_r) &&
			(z_r->changes = line, true);
	}
	*z_r = (struct zone){ 0 };
	return span_caseeq(name, SPAN("UTC")) ||
		span_caseeq(name, SPAN("GMT")) || read_offset(name, z_r);
}

const char *zone_nearest(struct span zones, struct span name, struct arena *a)
{
	const char **names = arena_array(a, NAMES_MAX, sizeof(*names));
	struct span line, one;
	size_t n = 0;

	while (n < NAMES_MAX && span_line(&zones, &line))
		if (span_cut(&line, ' ', &one))
			names[n++] = arena_string(a, one);
	return args_nearest(name, names, n);
}
