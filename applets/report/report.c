/*
 * pm report: what the site's mail was, as table, CSV, JSON or picture.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "send.h"
#include "tool/admin.h"


static void list(void)
{
	const struct report *r;

	for (size_t i = 0; (r = report_at(i)); i++)
		printf("%-14s %s\n", r->name, r->about);
}

enum { MEMORY = 256 << 20, DEADLINE_MS = 120000, DAY_MS = 86400000 };

struct db *report_database(struct arena *a, struct wiring *w, struct err *e)
{
	const char *conninfo;

	if (wiring_load(a, w, e) < 0)
		return NULL;
	conninfo = wiring_conninfo(w);
	if (conninfo == NULL) {
		err_set(e, ERR_PERMANENT, "no database is wired here: reports "
			"are made where one is");
		return NULL;
	}
	if (admin_check("reports are", "pm report …", e) < 0)
		return NULL;
	return db_new(conninfo, "pm_admin", DEADLINE_MS);
}

/* The days that are over, when so many are asked for. */
static int read_days(const struct report_options *o,
	struct report_ask *ask, struct err *e)
{
	int64_t now = clock_wall_ms();
	struct report_ask last;

	if (o->days == 0)
		return report_days(o->since, o->until, now, ask, e);
	if (o->since || o->until)
		return err_set(e, ERR_PERMANENT, "--days %lld are those that "
			"are over: without --since and --until", o->days);
	if (o->days > REPORT_DAYS_MAX)
		return err_set(e, ERR_PERMANENT, "--days %lld: at most %d",
			o->days, REPORT_DAYS_MAX);
	if (report_days(NULL, NULL, now - DAY_MS, &last, e) < 0 ||
	    report_days(NULL, NULL, now - o->days * DAY_MS, ask, e) < 0)
		return -1;
	snprintf(ask->since, sizeof(ask->since), "%s", ask->until);
	snprintf(ask->until, sizeof(ask->until), "%s", last.until);
	return 0;
}

static int check(const struct report_options *o, const struct args *args,
	struct report_ask *ask, struct err *e)
{
	if (!o->send && args->n > 1)
		return err_set(e, ERR_PERMANENT, "%s is too much: one report "
			"at a time", args->rest[1]);
	if (o->csv + o->json + o->svg > 1)
		return err_set(e, ERR_PERMANENT, "--csv, --json and --svg: "
			"only one of them");
	if (o->limit > REPORT_LIMIT_MAX)
		return err_set(e, ERR_PERMANENT, "--limit %lld: at most %d",
			o->limit, REPORT_LIMIT_MAX);
	ask->host = span_of(o->host ? o->host : "");
	ask->group = span_of(o->group ? o->group : "");
	ask->limit = (size_t)o->limit;
	return read_days(o, ask, e);
}

static int make(const struct report *r, const struct report_options *o,
	const struct report_ask *ask, struct arena *a, struct err *e)
{
	struct wiring w;
	struct db *d = report_database(a, &w, e);
	struct report_rows rows;
	struct buf b = { .arena = a };
	int result = d ? report_run(d, r, ask, a, &rows, e) : -1;

	db_free(&d);
	if (result < 0)
		return -1;
	if (o->csv)
		report_csv(r, &rows, &b);
	else if (o->json)
		report_json(r, ask, &rows, &b);
	else if (o->svg)
		report_svg(r, ask, &rows, &b);
	else
		report_table(r, ask, &rows, &b);
	fwrite(b.p, 1, b.n, stdout);
	return fflush(stdout) == 0 ? 0 : err_errno(e, ERR_TEMPORARY,
		"standard output");
}

/* What only one of the two commands knows must not be ignored. */
static int check_send(const struct report_options *o, struct err *e)
{
	const char *odd = o->send ? o->csv ? "csv" : o->json ? "json" :
		o->svg ? "svg" : NULL : o->to.n ? "to" : o->from ? "from" :
		o->again ? "again" : o->dry_run ? "dry-run" : NULL;

	return odd == NULL ? 0 : err_set(e, ERR_PERMANENT, o->send ?
		"send has no --%s" : "--%s is for pm report send", odd);
}

static int run_send(const struct report_options *o, const struct args *args,
	struct err *e)
{
	struct report_ask ask = { .limit = 0 };
	struct arena *a;
	int result;

	if (check(o, args, &ask, e) < 0 ||
	    root_enter(args->root, NULL, e) < 0)
		return -1;
	a = arena_new("report", MEMORY);
	result = report_send(o, args, &ask, a, e);
	arena_free(&a);
	return result;
}

static int run(struct report_options *o, const struct args *args,
	struct err *e)
{
	const struct report *r;
	struct report_ask ask = { .limit = 0 };
	struct arena *a;
	int result;

	if (args->n == 0 || strcmp(args->rest[0], "list") == 0) {
		list();
		return 0;
	}
	o->send = strcmp(args->rest[0], "send") == 0;
	if (check_send(o, e) < 0)
		return -1;
	if (o->send)
		return run_send(o, args, e);
	r = report_find(args->rest[0], e);
	if (r == NULL || check(o, args, &ask, e) < 0 ||
	    root_enter(args->root, NULL, e) < 0)
		return -1;
	a = arena_new("report", MEMORY);
	result = make(r, o, &ask, a, e);
	arena_free(&a);
	return result;
}

static int report_main(int argc, char **argv)
{
	struct report_options o = { .limit = 0 };
	const struct args_option options[] = {
		{ "since", 0, ARGS_TEXT, &o.since },
		{ "until", 0, ARGS_TEXT, &o.until },
		{ "host", 0, ARGS_TEXT, &o.host },
		{ "group", 0, ARGS_TEXT, &o.group },
		{ "limit", 0, ARGS_NUMBER, &o.limit },
		{ "days", 0, ARGS_NUMBER, &o.days },
		{ "to", 0, ARGS_LIST, &o.to },
		{ "from", 0, ARGS_TEXT, &o.from },
		{ "again", 0, ARGS_FLAG, &o.again },
		{ "dry-run", 'n', ARGS_FLAG, &o.dry_run },
		{ "csv", 0, ARGS_FLAG, &o.csv },
		{ "json", 0, ARGS_FLAG, &o.json },
		{ "svg", 0, ARGS_FLAG, &o.svg },
		{ 0 },
	};
	struct args args;
	struct err e;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("report", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "report", NULL });
	return run(&o, &args, &e) < 0 ? err_report("report", &e) : EXIT_DONE;
}

const struct applet report_applet = {
	.name = "report",
	.summary = "what the site's mail was: outcomes, senders, viruses ...",
	.help =
		"usage: pm report [list]\n"
		"       pm report NAME [--since DAY] [--until DAY] | "
		"[--days N]\n"
		"             [--host APPLIANCE] [--group NAME] [--limit N]\n"
		"             "
		"[--csv | --json | --svg]\n"
		"\n"
		"       pm report send [NAME…] [--to ADDRESS]… "
		"[--from ADDRESS]\n"
		"             (the days, host, group and limit as above) "
		"[--again]\n"
		"             [--dry-run]\n"
		"\n"
		"list    the reports there are, with what they count\n"
		"NAME    makes one: by default of the last 31 days, all\n"
		"        appliances, the first 50 rows, as a table. Days are\n"
		"        2026-11-23, in UTC; --days 7: the last seven that\n"
		"        are over; --svg is a picture of bars\n"
		"send    mails some (without a name those that most people\n"
		"        want) with their pictures and tables, signed by\n"
		"        DKIM, to the postmaster of the site or to --to. The\n"
		"        same for the same days goes to the same people\n"
		"        once, unless --again; --dry-run prints the mail. As\n"
		"        a job: pm job enable report, and etc/pm/jobs.lua\n"
		"        for other words. Pictures need the package\n"
		"        librsvg2-bin.\n"
		"\n"
		"Outcomes, hits, rules, marks (plan:mark) and files are\n"
		"counted as mail comes, and kept two years. Of relays,\n"
		"senders and recipients each day that is over keeps the\n"
		"first 500; of the day that is not over those up to some\n"
		"minutes ago, and what came since. What a filter brought\n"
		"late counts when its day is over. \"quarantine\" of more\n"
		"than 20,000 messages is an estimate, marked so.\n"
		"--group: recipients who are of a group (pm group), for what\n"
		"is known of each recipient: outcomes, days, relays, senders.\n"
		"That is counted from the message log, and takes its time.\n"
		"Exit codes: 0 done; 2 wrong usage; 3 the database does not\n"
		"answer.\n",
	.main = report_main,
};
