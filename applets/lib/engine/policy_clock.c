/* A time in parts, in the zones of the bundle (engine/zone.h). */
#include "engine/policy_view.h"

#include "engine/zone.h"

enum {
	HOUR = 3600,
	SECONDS_MAX = INT32_MAX, /* times 1000: far enough */
};

/* --- zones --------------------------------------------------------------- */

static bool read_zone(struct script_call *c, struct zone *z_r)
{
	struct policy_host *h = c->context;
	struct span name = SPAN("UTC");
	const char *near;

	policy_find_option(h, SPAN("timezone"), &name);
	if (c->nargs == 2 && c->args[1].type != SCRIPT_NIL &&
	    !policy_arg_text(c, 1, "clock(SECONDS, \"Europe/Berlin\")", &name))
		return false;
	if (zone_find(h->bundle->zones, name, z_r))
		return true;
	if (h->bundle->zones.n == 0) {
		err_set(&c->error, ERR_PERMANENT, "there are no time zones on "
			"this host, so no \"%.*s\": install the package "
			"tzdata, then pm reload filter", SPAN_FMT(
			span_sub(name, 0, POLICY_NAME_MAX)));
		return false;
	}
	near = zone_nearest(h->bundle->zones, name, h->scratch);
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
	struct zone z;

	policy_find_option(h, SPAN("timezone"), &name);
	return zone_find(h->bundle->zones, name, &z) ?
		(int)(zone_offset(&z, seconds) / 60) : 0;
}

/* --- the object ---------------------------------------------------------- */

struct moment {
	struct zone_time time;
	int64_t offset;
};

#define VIEW(name) static struct script_value name(void *self)
#define MOMENT ((const struct moment *)self)
VIEW(clock_year) { return policy_int(MOMENT->time.year); }
VIEW(clock_month) { return policy_int(MOMENT->time.month); }
VIEW(clock_day) { return policy_int(MOMENT->time.day); }
VIEW(clock_hour) { return policy_int(MOMENT->time.seconds / HOUR); }
VIEW(clock_minute) { return policy_int(MOMENT->time.seconds % HOUR / 60); }
VIEW(clock_second) { return policy_int(MOMENT->time.seconds % 60); }
VIEW(clock_offset) { return policy_int(MOMENT->offset / 60); }

VIEW(clock_weekday)
{
	int day = MOMENT->time.weekday;

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
	struct zone zone;

	if (!policy_arg_count(c, 1, 2, usage))
		return;
	if (c->args[0].type != SCRIPT_INT ||
	    c->args[0].integer / 1000 > SECONDS_MAX ||
	    c->args[0].integer / 1000 < -SECONDS_MAX) {
		err_set(&c->error, ERR_PERMANENT, "argument 1 is a time in "
			"seconds since 1970, a whole number: write %s", usage);
		return;
	}
	if (!read_zone(c, &zone))
		return;
	m = arena_alloc(h->scratch, sizeof(*m));
	m->offset = zone_offset(&zone, c->args[0].integer);
	m->time = zone_split(c->args[0].integer + m->offset);
	c->result = policy_object(&policy_clock_class, m);
}
