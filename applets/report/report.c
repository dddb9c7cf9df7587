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
#include "store/report.h"
#include "tool/admin.h"

enum { MEMORY = 256 << 20, DEADLINE_MS = 120000 };

struct options {
	const char *since, *until, *host, *group;
	long long limit;
	bool csv, json, svg;
};

static void list(void)
{
	const struct report *r;

	for (size_t i = 0; (r = report_at(i)); i++)
		printf("%-14s %s\n", r->name, r->about);
}

static struct db *open_db(struct arena *a, struct err *e)
{
	const char *conninfo;
	struct wiring w;

	if (wiring_load(a, &w, e) < 0)
		return NULL;
	conninfo = wiring_conninfo(&w);
	if (conninfo == NULL) {
		err_set(e, ERR_PERMANENT, "no database is wired here: reports "
			"are made where one is");
		return NULL;
	}
	if (admin_check("reports are", "pm report …", e) < 0)
		return NULL;
	return db_new(conninfo, "pm_admin", DEADLINE_MS);
}

static int check(const struct options *o, const struct args *args,
	struct report_ask *ask, struct err *e)
{
	if (args->n > 1)
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
	return report_days(o->since, o->until, clock_wall_ms(), ask, e);
}

static int make(const struct report *r, const struct options *o,
	const struct report_ask *ask, struct arena *a, struct err *e)
{
	struct db *d = open_db(a, e);
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

static int run(const struct options *o, const struct args *args,
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
	struct options o = { .limit = 0 };
	const struct args_option options[] = {
		{ "since", 0, ARGS_TEXT, &o.since },
		{ "until", 0, ARGS_TEXT, &o.until },
		{ "host", 0, ARGS_TEXT, &o.host },
		{ "group", 0, ARGS_TEXT, &o.group },
		{ "limit", 0, ARGS_NUMBER, &o.limit },
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
		"       pm report NAME [--since DAY] [--until DAY]\n"
		"             [--host APPLIANCE] [--group NAME] [--limit N]\n"
		"             "
		"[--csv | --json | --svg]\n"
		"\n"
		"list    the reports there are, with what they count\n"
		"NAME    makes one: by default of the last 31 days, all\n"
		"        appliances, the first 50 rows, as a table. Days are\n"
		"        2026-11-23, in UTC; --svg is a picture of bars.\n"
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
