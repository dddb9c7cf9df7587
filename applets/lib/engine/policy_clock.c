/*
 * A time in parts. Zones are rules in this executable: where mail is judged
 * there are no files.
 */
#include "engine/policy_view.h"

#include "base/args.h"

enum {
	DAY = 86400, HOUR = 3600,
	ZONE_NAMES_MAX = 600,
	OFFSET_HOURS_MAX = 14,
	SECONDS_MAX = INT32_MAX, /* times 1000: far enough */
};

static const struct zone {
	const char *rule, *names;
} zones[] = {
#define ZONE(rule, names) { rule, names },
#include "engine/policy_zones.def"
#undef ZONE
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

/* --- rules --------------------------------------------------------------- */

/* Month, week (5: the last), weekday, and seconds of that day. */
struct change {
	int64_t month, week, weekday, seconds;
};

struct rule_of_zone {
	int64_t offset, summer_offset;	/* seconds east of UTC */
	bool has_summer;
	struct change start, end;	/* of summer time */
};

static bool take(struct span *s, char c)
{
	if (s->n == 0 || s->p[0] != (unsigned char)c)
		return false;
	*s = span_after(*s, 1);
	return true;
}

static int64_t take_number(struct span *s)
{
	int64_t n = 0;

	while (s->n && s->p[0] >= '0' && s->p[0] <= '9' && n < 1000) {
		n = n * 10 + s->p[0] - '0';
		*s = span_after(*s, 1);
	}
	return n;
}

/* [+-]H[:M[:S]] in seconds. */
static int64_t take_time(struct span *s)
{
	int64_t sign = take(s, '-') ? -1 : 1, t;

	take(s, '+');
	t = take_number(s) * HOUR;
	if (take(s, ':'))
		t += take_number(s) * 60;
	if (take(s, ':'))
		t += take_number(s);
	return sign * t;
}

/* The name of a zone: letters, or anything in < >. */
static void take_name(struct span *s)
{
	if (take(s, '<')) {
		*s = span_after(*s, span_chr(*s, '>'));
		take(s, '>');
		return;
	}
	while (s->n && span_lower(s->p[0]) >= 'a' &&
	       span_lower(s->p[0]) <= 'z')
		*s = span_after(*s, 1);
}

/* ",M3.5.0/2" */
static struct change take_change(struct span *s)
{
	struct change c = { .seconds = 2 * (int64_t)HOUR };

	take(s, ',');
	take(s, 'M');
	c.month = take_number(s);
	take(s, '.');
	c.week = take_number(s);
	take(s, '.');
	c.weekday = take_number(s);
	if (take(s, '/'))
		c.seconds = take_time(s);
	return c;
}

/* POSIX.1-2017, 8.3: "CET-1CEST,M3.5.0,M10.5.0/3"; offsets count west. */
static struct rule_of_zone read_rule(struct span s)
{
	struct rule_of_zone r = { 0 };

	take_name(&s);
	r.offset = -take_time(&s);
	r.has_summer = s.n > 0;
	if (!r.has_summer)
		return r;
	take_name(&s);
	r.summer_offset = s.n && s.p[0] != ',' ? -take_time(&s) :
		r.offset + HOUR;
	r.start = take_change(&s);
	r.end = take_change(&s);
	return r;
}

/* When in a year, as if its clock were UTC. */
static int64_t change_at(const struct change *c, int64_t year)
{
	int64_t first = days_of(year, (int)c->month, 1);
	int64_t day = (c->weekday - weekday_of(first) + 7) % 7 +
		7 * (c->week - 1);
	int64_t next = c->month == 12 ? days_of(year + 1, 1, 1) :
		days_of(year, (int)c->month + 1, 1);

	while (first + day >= next)
		day -= 7;
	return (first + day) * DAY + c->seconds;
}

static int64_t offset_at(const struct rule_of_zone *r, int64_t t)
{
	int64_t year, start, end;
	bool summer;

	if (!r->has_summer)
		return r->offset;
	year = day_of(floor_div(t + r->offset, DAY)).year;
	start = change_at(&r->start, year) - r->offset;
	end = change_at(&r->end, year) - r->summer_offset;
	summer = start < end ? t >= start && t < end :
		t >= start || t < end;
	return summer ? r->summer_offset : r->offset;
}

/* --- zones by name ------------------------------------------------------- */

/* "+02:00", "-0530", "+2" */
static bool read_offset(struct span s, struct rule_of_zone *r_r)
{
	int64_t sign = 1, hours, minutes = 0;
	size_t digits;

	if (take(&s, '-'))
		sign = -1;
	else if (!take(&s, '+'))
		return false;
	digits = s.n;
	hours = take_number(&s);
	if (digits == 4 && s.n == 0) {
		minutes = hours % 100;
		hours /= 100;
	} else if (take(&s, ':')) {
		minutes = take_number(&s);
	}
	*r_r = (struct rule_of_zone){ .offset = sign * (hours * HOUR +
		minutes * 60) };
	return s.n == 0 && digits && hours <= OFFSET_HOURS_MAX && minutes < 60;
}

static bool find_zone(struct span name, struct rule_of_zone *r_r)
{
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		struct span rest = span_of(zones[i].names), one;

		while (span_cut(&rest, ' ', &one))
			if (span_caseeq(one, name)) {
				*r_r = read_rule(span_of(zones[i].rule));
				return true;
			}
	}
	return read_offset(name, r_r);
}

/* For a name that is none: the nearest one, or NULL. */
static const char *nearest_zone(struct span name, struct arena *a)
{
	const char *names[ZONE_NAMES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		struct span rest = span_of(zones[i].names), one;

		while (n < ZONE_NAMES_MAX && span_cut(&rest, ' ', &one))
			names[n++] = arena_string(a, one);
	}
	return args_nearest(name, names, n);
}

static bool read_zone(struct script_call *c, struct rule_of_zone *r_r)
{
	struct policy_host *h = c->context;
	struct span name = SPAN("UTC");
	const char *near;

	policy_find_option(h, SPAN("timezone"), &name);
	if (c->nargs == 2 && c->args[1].type != SCRIPT_NIL &&
	    !policy_arg_text(c, 1, "clock(SECONDS, \"Europe/Berlin\")", &name))
		return false;
	if (find_zone(name, r_r))
		return true;
	near = nearest_zone(name, h->scratch);
	err_set(&c->error, ERR_PERMANENT, "there is no time zone \"%.*s\"%s%s"
		"%s", SPAN_FMT(span_sub(name, 0, POLICY_NAME_MAX)),
		near ? "; did you mean \"" : ": write \"UTC\", \"+02:00\" or "
		"a name like \"Europe/Berlin", near ? near : "", near ?
		"\"?" : "\"");
	return false;
}

int policy_local_offset(const struct policy_host *h, int64_t seconds)
{
	struct span name = SPAN("UTC");
	struct rule_of_zone r;

	policy_find_option(h, SPAN("timezone"), &name);
	return find_zone(name, &r) ? (int)(offset_at(&r, seconds) / 60) : 0;
}

/* --- the object ---------------------------------------------------------- */

struct moment {
	struct day day;
	int64_t days, seconds;	/* of that day */
	int64_t offset;
};

#define VIEW(name) static struct script_value name(void *self)
#define MOMENT ((const struct moment *)self)
VIEW(clock_year) { return policy_int(MOMENT->day.year); }
VIEW(clock_month) { return policy_int(MOMENT->day.month); }
VIEW(clock_day) { return policy_int(MOMENT->day.day); }
VIEW(clock_hour) { return policy_int(MOMENT->seconds / HOUR); }
VIEW(clock_minute) { return policy_int(MOMENT->seconds % HOUR / 60); }
VIEW(clock_second) { return policy_int(MOMENT->seconds % 60); }
VIEW(clock_offset) { return policy_int(MOMENT->offset / 60); }

VIEW(clock_weekday)
{
	int day = weekday_of(MOMENT->days);

	return policy_int(day ? day : 7);
}

const struct script_class policy_clock_class = {
	.name = "clock",
	.fields = (const struct script_field[]){
		{ "year", clock_year, "2026: number" },
		{ "month", clock_month, "1 to 12: number" },
		{ "day", clock_day, "of the month, 1 to 31: number" },
		{ "hour", clock_hour, "0 to 23: number" },
		{ "minute", clock_minute, "0 to 59: number" },
		{ "second", clock_second, "0 to 59: number" },
		{ "weekday", clock_weekday,
			"1 Monday to 7 Sunday: number\n"
			"if clock(m.time).weekday >= 6 then "
			"plan:mark(\"weekend\", \"yes\") end" },
		{ "offset", clock_offset,
			"minutes east of UTC: number" },
		{ 0 },
	},
};

void policy_clock(struct script_call *c)
{
	static const char usage[] = "clock(m.time)";
	struct policy_host *h = c->context;
	struct moment *m;
	struct rule_of_zone rule;
	int64_t t;

	if (!policy_arg_count(c, 1, 2, usage))
		return;
	if (c->args[0].type != SCRIPT_INT ||
	    c->args[0].integer / 1000 > SECONDS_MAX ||
	    c->args[0].integer / 1000 < -SECONDS_MAX) {
		err_set(&c->error, ERR_PERMANENT, "argument 1 is a time in "
			"seconds since 1970, a whole number: write %s", usage);
		return;
	}
	if (!read_zone(c, &rule))
		return;
	m = arena_alloc(h->scratch, sizeof(*m));
	m->offset = offset_at(&rule, c->args[0].integer);
	t = c->args[0].integer + m->offset;
	m->days = floor_div(t, DAY);
	m->seconds = t - m->days * DAY;
	m->day = day_of(m->days);
	c->result = policy_object(&policy_clock_class, m);
}
