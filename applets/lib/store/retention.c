#include "store/retention.h"

#include <time.h>

#include "base/clock.h"

enum { DAYS_MAX = 3650, NAME_MAX_ = 20, REASON_MAX = 100, AWAY_DAYS = 366,
	DAY_MS = 86400000 };

/* --- what there is -------------------------------------------------------- */

int retention_classes(struct db *db, struct arena *a,
	struct retention_class **v_r, size_t *n_r, struct err *e)
{
	struct db_rows *rows;

	if (db_call(db, "retention_list", NULL, 0, &rows, e) < 0)
		return -1;
	*n_r = db_count(rows);
	*v_r = arena_array(a, *n_r + 1, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		(*v_r)[i] = (struct retention_class){
			.name = arena_span(a, db_span(rows, i, 0)),
			.days = db_int(rows, i, 1),
			.reasons = arena_span(a, db_span(rows, i, 2)) };
	db_rows_free(&rows);
	return 0;
}

int retention_reasons(struct db *db, struct arena *a,
	struct retention_reason **v_r, size_t *n_r, struct err *e)
{
	struct db_rows *rows;

	if (db_call(db, "reason_list", NULL, 0, &rows, e) < 0)
		return -1;
	*n_r = db_count(rows);
	*v_r = arena_array(a, *n_r + 1, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		(*v_r)[i] = (struct retention_reason){
			.name = arena_span(a, db_span(rows, i, 0)),
			.class = arena_span(a, db_span(rows, i, 1)),
			.days = db_int(rows, i, 2),
			.release = arena_span(a, db_span(rows, i, 3)) };
	db_rows_free(&rows);
	return 0;
}

int retention_holds(struct db *db, struct arena *a,
	struct retention_hold **v_r, size_t *n_r, struct err *e)
{
	struct db_rows *rows;

	if (db_call(db, "hold_list", NULL, 0, &rows, e) < 0)
		return -1;
	*n_r = db_count(rows);
	*v_r = arena_array(a, *n_r + 1, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		(*v_r)[i] = (struct retention_hold){
			.rcpt = arena_span(a, db_span(rows, i, 0)),
			.until = arena_span(a, db_span(rows, i, 1)),
			.who = arena_span(a, db_span(rows, i, 2)) };
	db_rows_free(&rows);
	return 0;
}

/* --- changes ------------------------------------------------------------ */

/* As the table has it: a part of names of partitions. */
static int check_class(struct span s, struct err *e)
{
	bool good = s.n > 0 && s.n <= NAME_MAX_ && s.p[0] >= 'a' &&
		s.p[0] <= 'z';
	static const char *const taken[] = { "rcpt", "body", "held", "other" };

	for (size_t i = 0; i < s.n; i++)
		good &= (s.p[i] >= 'a' && s.p[i] <= 'z') ||
			(s.p[i] >= '0' && s.p[i] <= '9');
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		good &= !span_is(s, taken[i]);
	return good ? 0 : err_set(e, ERR_PERMANENT, "%.*s: a class is up to "
		"%d small letters and digits, a letter first, and not held, "
		"rcpt, body or other", SPAN_FMT(s), NAME_MAX_);
}

static int check_reason(struct span s, struct err *e)
{
	bool good = s.n > 0 && s.n <= REASON_MAX;

	for (size_t i = 0; i < s.n; i++)
		good &= s.p[i] > ' ' && s.p[i] < 0x7f;
	return good ? 0 : err_set(e, ERR_PERMANENT, "that is not a reason: one "
		"word, as `quarantine(\"Spam\")` of the policy has it");
}

int retention_set(struct db *db, struct span class, int64_t days,
	const char *who, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(class), DB_OF_INT(days),
		DB_OF_TEXT(span_of(who)) };

	if (check_class(class, e) < 0)
		return -1;
	if (days < 1 || days > DAYS_MAX)
		return err_set(e, ERR_PERMANENT, "%lld days: 1 to %d",
			(long long)days, DAYS_MAX);
	return db_call(db, "retention_put", v, 3, NULL, e);
}

/* A change that a row tells of; none: `otherwise`. */
static int change(struct db *db, const char *statement,
	const struct db_value *v, size_t n, const char *otherwise,
	struct err *e)
{
	struct db_rows *rows;
	bool done;

	if (db_call(db, statement, v, n, &rows, e) < 0)
		return -1;
	done = db_count(rows) > 0;
	db_rows_free(&rows);
	return done ? 0 : err_set(e, ERR_PERMANENT, "%.*s %s",
		SPAN_FMT(v[n > 2].span), otherwise);
}

int retention_assign(struct db *db, struct span reason, struct span class,
	const char *who, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(reason), DB_OF_TEXT(class),
		DB_OF_TEXT(span_of(who)) };

	if (check_reason(reason, e) < 0)
		return -1;
	return change(db, "reason_class", v, 3, "is no class: `pm quarantine "
		"retention` lists them, `pm quarantine retention CLASS DAYS` "
		"makes one", e);
}

int retention_rule(struct db *db, struct span reason, struct span rule,
	const char *who, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(reason), DB_OF_TEXT(rule),
		DB_OF_TEXT(span_of(who)) };

	if (check_reason(reason, e) < 0)
		return -1;
	if (!span_is(rule, "user") && !span_is(rule, "request") &&
	    !span_is(rule, "nobody"))
		return err_set(e, ERR_PERMANENT, "%.*s: user, request or "
			"nobody may release", SPAN_FMT(rule));
	return db_call(db, "reason_rule", v, 3, NULL, e);
}

/* "2026-12-31", a day that there is, not over, and not too far away. */
static int check_day(struct span s, struct err *e)
{
	struct tm tm = { 0 }, same;
	uint64_t y, m, d;
	int64_t away;
	time_t t;

	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    !span_u64(span_sub(s, 0, 4), 9999, &y) ||
	    !span_u64(span_sub(s, 5, 2), 12, &m) ||
	    !span_u64(span_sub(s, 8, 2), 31, &d) || y < 1970 || m < 1 || d < 1)
		return err_set(e, ERR_PERMANENT, "%.*s: give the last day, "
			"such as 2026-12-31", SPAN_FMT(s));
	tm.tm_year = (int)y - 1900;
	tm.tm_mon = (int)m - 1;
	tm.tm_mday = (int)d;
	same = tm;
	t = timegm(&same);
	if (same.tm_mday != tm.tm_mday)
		return err_set(e, ERR_PERMANENT, "%.*s: there is no such day",
			SPAN_FMT(s));
	away = (int64_t)t * 1000 - clock_wall_ms();
	if (away < -(int64_t)DAY_MS || away > (int64_t)AWAY_DAYS * DAY_MS)
		return err_set(e, ERR_PERMANENT, "%.*s: from today to a year "
			"from now", SPAN_FMT(s));
	return 0;
}

int retention_hold(struct db *db, struct span rcpt, struct span until,
	const char *who, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(rcpt), DB_OF_TEXT(until),
		DB_OF_TEXT(span_of(who)) };

	return check_day(until, e) < 0 ? -1 :
		db_call(db, "hold_put", v, 3, NULL, e);
}

int retention_back(struct db *db, struct span rcpt, const char *who,
	struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(rcpt),
		DB_OF_TEXT(span_of(who)) };

	return change(db, "hold_end", v, 2, "was not away", e);
}
