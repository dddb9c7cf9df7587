/*
 * Reports: what the site's mail was over days, as rows of a name, a number
 * and bytes. The one way for CLI and pages.
 */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H

#include "base/buf.h"
#include "db/db.h"

struct report {
	const char *name;	/* "spam-relays" */
	const char *title;	/* "Relays that sent spam" */
	const char *about;	/* one sentence: what is counted */
	const char *what;	/* heading of the names: "relay" */
	const char *unit;	/* heading of the numbers: "messages" */
	const char *statement;	/* of sql/query/report.sql */
	const char *adds;	/* its $5 */
	bool over_time;		/* the rows are days, oldest first */
	const char *by_group;	/* key of report_group; NULL: it cannot be
				   made of a group */
};

/* The i-th; NULL after the last. */
const struct report *report_at(size_t i);
/* NULL and *e: there is none, which is near. */
const struct report *report_find(const char *name, struct err *e);

struct report_ask {
	/* "YYYY-MM-DD", UTC, both ends included; checked by report_days. */
	char since[11], until[11];
	struct span host;	/* an appliance; empty: all */
	struct span group;	/* whose recipients (store/group.h); empty:
				   everybody */
	size_t limit;
};

enum { REPORT_LIMIT = 50, REPORT_LIMIT_MAX = 10000, REPORT_DAYS_MAX = 731 };

/*
 * The days of a report: since and until as "YYYY-MM-DD", each NULL or empty
 * for 30 days before until, and today. -1: not a day, or the wrong order.
 */
int report_days(const char *since, const char *until, int64_t now_ms,
	struct report_ask *ask_r, struct err *e);

struct report_row {
	struct span name;
	int64_t n, bytes;
};

struct report_rows {
	struct report_row *v;
	size_t n;
	bool estimated;		/* from a part: shown as "≈ 12,300" */
};

/*
 * Rows in the arena. Errors are those of db/db.h; permanent: there is no such
 * group, or the report cannot be made of one.
 */
int report_run(struct db *d, const struct report *r,
	const struct report_ask *ask, struct arena *a,
	struct report_rows *rows_r, struct err *e);

/* For people, spreadsheets (no formula), programs. */
void report_table(const struct report *r, const struct report_ask *ask,
	const struct report_rows *rows, struct buf *b);
void report_csv(const struct report *r, const struct report_rows *rows,
	struct buf *b);
void report_json(const struct report *r, const struct report_ask *ask,
	const struct report_rows *rows, struct buf *b);
/*
 * For a mail's HTML: a heading, a picture cid:ID, the table; cid NULL: without
 * one.
 */
void report_html(const struct report *r, const struct report_ask *ask,
	const struct report_rows *rows, const char *cid, struct buf *b);
/* A picture of bars, alone in a file: no script, no style from outside. */
void report_svg(const struct report *r, const struct report_ask *ask,
	const struct report_rows *rows, struct buf *b);

#endif
