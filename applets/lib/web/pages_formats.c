#include "web/pages_host.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/utf8.h"

/*
 * Numbers and times as people read them. Times are UTC here: the page's
 * script rewrites them to the viewer's zone.
 */

enum { DAY_MS = 86400000, EXACT_MAX = 10000 };

static void give(struct script_call *c, const char *text)
{
	c->result = pages_text(span_of(text));
}

static struct arena *arena(void)
{
	const struct pages *p = pages_at_hand();

	return p->request ? p->request->arena : p->arena;
}

static void format_size(struct script_call *c)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	int64_t n;
	double v;
	size_t i = 0;

	if (!pages_arg_int(c, 0, "size(bytes)", &n))
		return;
	if (n < 1000) {
		give(c, arena_printf(arena(), "%" PRId64 " B", n));
		return;
	}
	for (v = (double)n / 1000; v >= 999.5 && i < 3; v /= 1000)
		i++;
	give(c, arena_printf(arena(), v < 9.95 ? "%.1f %s" : "%.0f %s", v,
		units[i]));
}

/* Thousands apart: "12,300". */
static const char *grouped(int64_t n)
{
	if (n < 1000)
		return arena_printf(arena(), "%" PRId64, n);
	if (n < 1000000)
		return arena_printf(arena(), "%" PRId64 ",%03" PRId64,
			n / 1000, n % 1000);
	return arena_printf(arena(), "%" PRId64 ",%03" PRId64 ",%03" PRId64,
		n / 1000000, n / 1000 % 1000, n % 1000);
}

/* Above 10,000 three digits are enough: "≈ 12,300". */
static void format_count(struct script_call *c)
{
	int64_t n, unit = 1;

	if (!pages_arg_int(c, 0, "count(number)", &n))
		return;
	if (n <= EXACT_MAX) {
		give(c, grouped(n));
		return;
	}
	while (n / unit >= 1000)
		unit *= 10;
	if (n % unit == 0)
		give(c, grouped(n));
	else
		give(c, arena_printf(arena(), "≈ %s",
			grouped((n + unit / 2) / unit * unit)));
}

static void format_percent(struct script_call *c)
{
	int64_t part, whole;

	if (!pages_arg_int(c, 0, "percent(part, whole)", &part) ||
	    !pages_arg_int(c, 1, "percent(part, whole)", &whole))
		return;
	if (whole <= 0)
		give(c, "–");
	else
		give(c, arena_printf(arena(), "%.1f %%",
			100.0 * (double)part / (double)whole));
}

static void format_stamp(struct script_call *c)
{
	char stamp[CLOCK_STAMP_SIZE];
	int64_t ms;

	if (!pages_arg_int(c, 0, "stamp(ms)", &ms))
		return;
	clock_stamp(ms, stamp);
	give(c, arena_printf(arena(), "%s", stamp));
}

static bool take_time(struct script_call *c, const char *usage, int64_t *ms_r,
	struct tm *tm_r)
{
	time_t t;

	if (!pages_arg_int(c, 0, usage, ms_r))
		return false;
	t = (time_t)(*ms_r / 1000);
	if (gmtime_r(&t, tm_r) == NULL) {
		err_set(&c->error, ERR_BUG, "%s: no time of our calendar",
			usage);
		return false;
	}
	return true;
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* "14:02", "yesterday 23:10", "12 Nov 14:02", "12 Nov 2025". */
static void format_moment(struct script_call *c)
{
	int64_t ms, today = clock_wall_ms() / DAY_MS;
	struct tm tm;

	if (!take_time(c, "moment(ms)", &ms, &tm))
		return;
	if (ms / DAY_MS == today)
		give(c, arena_printf(arena(), "%02d:%02d", tm.tm_hour,
			tm.tm_min));
	else if (ms / DAY_MS == today - 1)
		give(c, arena_printf(arena(), "yesterday %02d:%02d",
			tm.tm_hour, tm.tm_min));
	else if (llabs(ms / DAY_MS - today) < 300)
		give(c, arena_printf(arena(), "%d %s %02d:%02d", tm.tm_mday,
			months[tm.tm_mon], tm.tm_hour, tm.tm_min));
	else
		give(c, arena_printf(arena(), "%d %s %d", tm.tm_mday,
			months[tm.tm_mon], tm.tm_year + 1900));
}

/* "22 Nov 2026 14:02:05 UTC" */
static void format_exact(struct script_call *c)
{
	int64_t ms;
	struct tm tm;

	if (take_time(c, "exact(ms)", &ms, &tm))
		give(c, arena_printf(arena(), "%d %s %d %02d:%02d:%02d UTC",
			tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
			tm.tm_hour, tm.tm_min, tm.tm_sec));
}

/* "2026-11-22" */
static void format_day(struct script_call *c)
{
	int64_t ms;
	struct tm tm;

	if (take_time(c, "day(ms)", &ms, &tm))
		give(c, arena_printf(arena(), "%04d-%02d-%02d",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday));
}

static void format_day_ms(struct script_call *c)
{
	struct tm tm = { 0 };
	struct span s, piece;
	uint64_t v[3] = { 0 };
	size_t n = 0;

	if (!pages_arg_text(c, 0, "day_ms(\"2026-11-22\")", &s))
		return;
	while (n < 3 && span_cut(&s, '-', &piece) &&
	    span_u64(piece, 9999, &v[n]))
		n++;
	if (n < 3 || s.n || v[0] < 1970 || v[1] < 1 || v[1] > 12 ||
	    v[2] < 1 || v[2] > 31)
		return;
	tm.tm_year = (int)v[0] - 1900;
	tm.tm_mon = (int)v[1] - 1;
	tm.tm_mday = (int)v[2];
	c->result = pages_int((int64_t)timegm(&tm) * 1000);
}

/* At most n characters, the last one "…" when there were more. */
static void format_cut(struct script_call *c)
{
	struct span s;
	int64_t n;
	size_t at = 0;

	if (!pages_arg_text(c, 0, "cut(text, characters)", &s) ||
	    !pages_arg_int(c, 1, "cut(text, characters)", &n))
		return;
	for (int64_t i = 1; i < n && at < s.n; i++) {
		size_t step = utf8_next(span_after(s, at), NULL);

		at += step ? step : 1;
	}
	if (s.n - at <= 1 || utf8_next(span_after(s, at), NULL) == s.n - at)
		c->result = c->args[0];
	else
		give(c, arena_printf(arena(), "%.*s…",
			SPAN_FMT(span_sub(s, 0, at))));
}

const struct script_function pages_formats[] = {
	{ "size", format_size, "size(bytes): \"1.2 MB\"" },
	{ "count", format_count, "count(number): \"≈ 12,300\"" },
	{ "percent", format_percent, "percent(part, whole): \"4.2 %\"" },
	{ "stamp", format_stamp, "stamp(ms): for <time datetime>" },
	{ "moment", format_moment, "moment(ms): \"14:02\", short" },
	{ "exact", format_exact, "exact(ms): to the second" },
	{ "day", format_day, "day(ms): \"2026-11-22\"" },
	{ "day_ms", format_day_ms, "day_ms(day): its begin; or nil" },
	{ "cut", format_cut, "cut(text, characters): with an … at its end" },
	{ 0 },
};
