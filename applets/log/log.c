/*
 * pm log: the message log and what the mail server's log says.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/root.h"
#include "command.h"
#include "conf/wiring.h"
#include "tool/admin.h"

enum { WIRING_ARENA = 16 << 20, DEADLINE_MS = 60000, LIMIT = 50,
	LIMIT_MAX = 1000000 };

extern const struct applet log_applet;

static int open_database(struct log_work *work, struct err *e)
{
	struct arena *a = arena_new("wiring", WIRING_ARENA);
	const char *conninfo;
	struct wiring w;
	int result = wiring_load(a, &w, e);

	conninfo = result == 0 ? wiring_conninfo(&w) : NULL;
	if (result == 0 && conninfo == NULL)
		result = err_set(e, ERR_PERMANENT, "there is no message log: "
			"no database is wired (db.connection in "
			"etc/pm/wiring.lua)");
	if (result == 0)
		result = admin_check("the log is", "pm log …", e);
	if (result == 0)
		work->db = db_new(conninfo, "pm_admin", DEADLINE_MS);
	arena_free(&a);
	return result;
}

static int usage(void)
{
	fputs("pm log: usage: pm log search [options], pm log show ID\n",
		stderr);
	return EXIT_USAGE;
}

/* What show has no use for must not be ignored. */
static int check(const struct args *args, const struct log_options *o,
	struct err *e)
{
	bool show = strcmp(args->rest[0], "show") == 0;

	if (show && (o->follow || o->from || o->to || o->subject || o->id ||
	    o->relay || o->outcome || o->rule || o->since || o->until ||
	    o->before || o->group || o->limit))
		return err_set(e, ERR_PERMANENT, "show takes an id and "
			"--json, nothing else");
	if (o->limit > LIMIT_MAX)
		return err_set(e, ERR_PERMANENT, "--limit %lld: at most %d",
			o->limit, LIMIT_MAX);
	return 0;
}

static int run(const struct args *args, struct log_options *o)
{
	struct log_work w = { .o = o };
	bool show = strcmp(args->rest[0], "show") == 0;
	struct err e;
	int result = check(args, o, &e);

	if (o->limit == 0)
		o->limit = LIMIT;
	if (result == 0)
		result = root_enter(args->root, NULL, &e);
	if (result == 0)
		result = open_database(&w, &e);
	if (result == 0)
		result = show ? log_show(&w, args->rest[1], &e) :
			log_search(&w, &e);
	db_free(&w.db);
	if (result < 0)
		return err_report("log", &e);
	return result == 0 ? EXIT_DONE : EXIT_NO;
}

static int log_main(int argc, char **argv)
{
	struct log_options o = { 0 };
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &o.json },
		{ "follow", 'f', ARGS_FLAG, &o.follow },
		{ "from", 0, ARGS_TEXT, &o.from },
		{ "to", 0, ARGS_TEXT, &o.to },
		{ "subject", 0, ARGS_TEXT, &o.subject },
		{ "id", 0, ARGS_TEXT, &o.id },
		{ "relay", 0, ARGS_TEXT, &o.relay },
		{ "outcome", 0, ARGS_TEXT, &o.outcome },
		{ "rule", 0, ARGS_TEXT, &o.rule },
		{ "since", 0, ARGS_TEXT, &o.since },
		{ "until", 0, ARGS_TEXT, &o.until },
		{ "before", 0, ARGS_TEXT, &o.before },
		{ "group", 0, ARGS_TEXT, &o.group },
		{ "limit", 0, ARGS_NUMBER, &o.limit },
		{ 0 },
	};
	struct args args;
	struct err e;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("log", &e);
	if (args.help) {
		fputs(log_applet.help, stdout);
		return EXIT_DONE;
	}
	if (args.n == 0)
		return usage();
	if (!(strcmp(args.rest[0], "search") == 0 && args.n == 1) &&
	    !(strcmp(args.rest[0], "show") == 0 && args.n == 2))
		return usage();
	return run(&args, &o);
}

const struct applet log_applet = {
	.name = "log",
	.summary = "finds messages, and says what became of them",
	.help =
		"usage: pm log search [options]\n"
		"       pm log show ID [--json]\n"
		"\n"
		"search lists the messages that filters judged and the SMTP\n"
		"sessions that were refused before there was a message, the\n"
		"newest first. With a whole address in --from or --to also\n"
		"mail that no filter judged (notices, digests, mail of the\n"
		"host itself), among the newest 1000 deliveries.\n"
		"\n"
		"  --from ADDRESS   envelope sender, or a part of it\n"
		"  --to ADDRESS     a recipient, or a part of it\n"
		"  --group NAME     from or to somebody of a group (pm\n"
		"                   group); judged mail only\n"
		"  --subject TEXT   is in the subject\n"
		"  --id ID          id, queue id or Message-ID\n"
		"  --relay ADDRESS  of the connecting host, or a network,\n"
		"                   198.51.100.0/24\n"
		"  --outcome WORD   delivered, tagged, redirected, discarded,\n"
		"                   delayed, quarantined, rejected, deferred\n"
		"  --rule NAME      a rule that acted: POLICY/RULE, or RULE\n"
		"  --since WHEN     30m, 12h, 7d ago, or a day and perhaps\n"
		"                   time, 2026-11-22T20:17 (UTC); without:\n"
		"                   31 days\n"
		"  --until WHEN     the same\n"
		"  --limit N        so many; without: 50\n"
		"  --before ID      older than this one: the next page\n"
		"  --json           one object a line\n"
		"  --follow, -f     goes on with what comes\n"
		"\n"
		"show says in plain words what became of one message, then\n"
		"its timeline: from the first connection, through the\n"
		"judgement, to each attempt to deliver it or what it was\n"
		"released as, with the remote hosts' replies; why it was\n"
		"judged so; and the lines of the mail server's log. ID is any\n"
		"of its names; with several of one name they are listed.\n"
		"\n"
		"Exit codes: 0 done; 1 nothing found; 2 wrong usage; 3 the\n"
		"database cannot be reached.\n",
	.main = log_main,
};
