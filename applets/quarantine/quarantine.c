/*
 * pm quarantine: what people do with mail that was withheld.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/root.h"
#include "command.h"
#include "conf/wiring.h"
#include "show.h"
#include "tool/admin.h"
#include "tool/cells.h"

enum {
	MESSAGE_ARENA = 1 << 30,
	WIRING_ARENA = 16 << 20,
	DEADLINE_MS = 60000,
	RCPT_MAX = 1024,
	WAIT_MAX_S = 86400,
	TRIES = 4, PAUSE_MS = 300,
};

struct command {
	const char *name;
	enum takes {
		TAKES_NOTHING,
		TAKES_IDS,	/* one or more, one at a time */
		TAKES_WORDS,	/* o->args */
	} takes;
	int (*run)(const struct options *o, const char *operand,
		struct err *e);
	/* Which options it knows, blanks between; those of a search are not
	   among them. */
	const char *knows;
	enum quarantine_act act; /* with --found; 0: never */
};

struct listing {
	const struct options *o;
	unsigned width;
	long long n;
};

static bool list_one(const struct quarantine_entry *q, void *context)
{
	struct listing *l = context;

	if (l->o->state &&
	    strcmp(l->o->state, quarantine_state_name(q->state)) != 0)
		return true;
	if (l->o->json) {
		show_json(q);
	} else {
		if (l->n == 0)
			show_head(l->width);
		show_row(q, l->width);
	}
	l->n++;
	return !ferror(stdout) && (l->o->limit == 0 || l->n < l->o->limit);
}

/* What is missing from a list, and why. */
static int tell_trouble(const struct quarantine_trouble *t, struct err *e)
{
	if (t->unreadable)
		return err_set(e, ERR_TEMPORARY, "%zu entries could not be "
			"read: they are damaged or not yours to read",
			t->unreadable);
	if (t->no_database)
		return err_set(e, ERR_TEMPORARY, "only what is on disk is "
			"shown: %s", t->why);
	return 0;
}

static int run_list(const struct options *o, const char *operand,
	struct err *e)
{
	struct listing l = { .o = o, .width = cells_width() };
	struct arena *a = arena_new("quarantine list", MESSAGE_ARENA);
	struct quarantine_trouble trouble;
	struct quarantine_filter f;
	int result = make_filter(o, a, &f, e);

	(void)operand;
	if (result == 0)
		result = quarantine_list(&o->place, &f, list_one, &l, &trouble,
			e);
	arena_free(&a);
	if (result < 0)
		return -1;
	if (l.n == 0 && !o->json && !trouble.no_database)
		puts("no such message is in the quarantine");
	return tell_trouble(&trouble, e);
}

int parse_id(const char *s, struct id *id_r, struct err *e)
{
	if (id_parse(span_of(s), id_r))
		return 0;
	return err_set(e, ERR_PERMANENT, "%s is not a message id: "
		"`pm quarantine list` shows them", s);
}

static int run_show(const struct options *o, const char *operand,
	struct err *e)
{
	struct arena *a = arena_new("quarantine show", MESSAGE_ARENA);
	struct quarantine_entry q;
	struct id id;
	int result = parse_id(operand, &id, e);

	if (result == 0)
		result = quarantine_get(&o->place, &id, o->source, a, &q, e);
	if (result == 0 && o->source && q.record.body.p == NULL)
		result = err_set(e, ERR_PERMANENT, "%s was deleted", id.text);
	else if (result == 0 && o->source)
		fwrite(q.record.body.p, 1, q.record.body.n, stdout);
	else if (result == 0)
		(o->json ? show_json : show_story)(&q);
	arena_free(&a);
	return result;
}

/* An order is carried out, for some or all recipients of one message. */
int give_order(const struct options *o, const char *operand,
	int (*carry_out)(const struct quarantine *q, const struct id *id,
		const struct quarantine_order *order, struct err *e),
	const char *done, struct err *e)
{
	struct quarantine_order order = { .key = id_new(), .who = o->who,
		.via = "cli", .rcpts = o->rcpts, .nrcpts = o->rcpt.n,
		.again = o->again, .approve = o->approve,
		.learn = o->teach, .learner = o->user,
		.wait_s = (unsigned)o->wait };
	struct id id;
	int result = -1;

	if (parse_id(operand, &id, e) < 0)
		return -1;
	for (unsigned i = 0; i < TRIES; i++) {
		/* In doubt: asked again it is the same order. */
		if (i)
			clock_sleep_ms(PAUSE_MS);
		result = carry_out(&o->place, &id, &order, e);
		if (result >= 0 || e->class != ERR_TEMPORARY ||
		    o->place.db == NULL)
			break;
	}
	if (result < 0)
		return -1;
	printf("%s %s\n", id.text, done);
	return 0;
}

static int release(const struct options *o, const char *operand,
	struct err *e)
{
	return give_order(o, operand, quarantine_release, "released", e);
}

static int run_release(const struct options *o, const char *operand,
	struct err *e)
{
	return o->learn ? learn_message(o, operand, LEARN_HAM, release, e) :
		release(o, operand, e);
}

static int run_report(const struct options *o, const char *operand,
	struct err *e)
{
	return learn_message(o, operand, o->undo ? LEARN_UNDO : LEARN_SPAM,
		NULL, e);
}

static int run_forward(const struct options *o, const char *operand,
	struct err *e)
{
	if (o->rcpt.n == 0)
		return err_set(e, ERR_PERMANENT,
			"forward to whom? give --rcpt ADDRESS");
	return give_order(o, operand, quarantine_forward, "forwarded", e);
}

static int run_delete(const struct options *o, const char *operand,
	struct err *e)
{
	return give_order(o, operand, quarantine_delete, "deleted", e);
}

static int run_keep(const struct options *o, const char *operand,
	struct err *e)
{
	return give_order(o, operand, quarantine_keep, "is kept", e);
}

static int run_unkeep(const struct options *o, const char *operand,
	struct err *e)
{
	return give_order(o, operand, quarantine_unkeep,
		"goes when its time is over", e);
}

static int run_restore(const struct options *o, const char *operand,
	struct err *e)
{
	return give_order(o, operand, quarantine_restore, "held again", e);
}

static const struct command commands[] = {
	{ "list", TAKES_NOTHING, run_list, " all state before ",
		QUARANTINE_ACT_NONE },
	{ "show", TAKES_IDS, run_show, " json source ",
		QUARANTINE_ACT_NONE },
	{ "release", TAKES_IDS, run_release, " rcpt again approve wait "
		"learn user ", QUARANTINE_ACT_RELEASE },
	{ "forward", TAKES_IDS, run_forward, " rcpt ",
		QUARANTINE_ACT_NONE },
	{ "delete", TAKES_IDS, run_delete, " rcpt ", QUARANTINE_ACT_DELETE },
	{ "restore", TAKES_IDS, run_restore, " rcpt user ",
		QUARANTINE_ACT_NONE },
	{ "keep", TAKES_IDS, run_keep, " ", QUARANTINE_ACT_KEEP },
	{ "unkeep", TAKES_IDS, run_unkeep, " ", QUARANTINE_ACT_UNKEEP },
	{ "actions", TAKES_NOTHING, list_actions, " limit json ",
		QUARANTINE_ACT_NONE },
	{ "undo", TAKES_IDS, undo_action, " json ",
		QUARANTINE_ACT_NONE },
	{ "request", TAKES_IDS, request_message, " rcpt note user ",
		QUARANTINE_ACT_NONE },
	{ "requests", TAKES_NOTHING, list_requests, " all limit json ",
		QUARANTINE_ACT_NONE },
	{ "deny", TAKES_IDS, deny_request, " rcpt note ",
		QUARANTINE_ACT_NONE },
	{ "retention", TAKES_WORDS, run_retention, " json ",
		QUARANTINE_ACT_NONE },
	{ "reasons", TAKES_NOTHING, list_reasons, " json ",
		QUARANTINE_ACT_NONE },
	{ "reason", TAKES_IDS, change_reason, " class release ",
		QUARANTINE_ACT_NONE },
	{ "hold", TAKES_WORDS, run_hold, " json ",
		QUARANTINE_ACT_NONE },
	{ "back", TAKES_IDS, end_hold, " ",
		QUARANTINE_ACT_NONE },
	{ "report", TAKES_IDS, run_report, " undo user ",
		QUARANTINE_ACT_NONE },
	{ "add", TAKES_IDS, add_file, " rcpt sender reason ",
		QUARANTINE_ACT_NONE },
};

/* What list knows, and any command with --found. */
#define SEARCH " json reason rcpt sender subject words relay score since " \
	"until limit hit rule file hash virus mark group "

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static const struct command *find_command(const char *typed, struct err *e)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, typed) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	near = args_nearest(span_of(typed), names, COMMANDS);
	if (near)
		err_set(e, ERR_PERMANENT, "no command %s: did you mean %s?",
			typed, near);
	else
		err_set(e, ERR_PERMANENT, "no command %s: `pm help "
			"quarantine` names them", typed);
	return NULL;
}

/* An address that may stand in RCPT TO:<…>. */
static int check_rcpts(struct options *o, struct err *e)
{
	o->rcpts = calloc(o->rcpt.n + 1, sizeof(*o->rcpts));
	if (o->rcpts == NULL)
		return err_set(e, ERR_TEMPORARY, "no memory");
	for (size_t i = 0; i < o->rcpt.n; i++) {
		struct span s = span_of(o->rcpt.v[i]);
		bool bad = s.n == 0 || s.n > RCPT_MAX;

		for (size_t j = 0; j < s.n; j++)
			bad |= s.p[j] <= ' ' || s.p[j] == 0x7f ||
				s.p[j] == '<' || s.p[j] == '>';
		if (bad)
			return err_set(e, ERR_PERMANENT,
				"--rcpt %s: not an address", o->rcpt.v[i]);
		o->rcpts[i] = s;
	}
	return 0;
}

/* " word " */
static bool knows(const struct command *c, const struct options *o,
	const char *word)
{
	bool finds = c->run == run_list || (c->act && o->found);

	return strstr(c->knows, word) || (finds && strstr(SEARCH, word)) ||
		(c->act && strstr(o->found ? " found dry-run " : " found ",
		word));
}

/* An option that this command does not know must not be ignored. */
static int check_options(const struct command *c, const struct options *o,
	struct err *e)
{
	const struct {
		const char *name;
		bool given;
	} given[] = {
		{ "json", o->json }, { "again", o->again }, { "all", o->all },
		{ "source", o->source }, { "reason", o->reason },
		{ "sender", o->sender }, { "subject", o->subject },
		{ "rcpt", o->rcpt.n }, { "since", o->since },
		{ "until", o->until }, { "words", o->words },
		{ "relay", o->relay }, { "score", o->score },
		{ "before", o->before }, { "limit", o->limit },
		{ "approve", o->approve }, { "state", o->state },
		{ "wait", o->wait }, { "learn", o->learn },
		{ "undo", o->undo }, { "user", o->user },
		{ "hit", o->hit }, { "rule", o->rule }, { "file", o->file },
		{ "hash", o->hash }, { "virus", o->virus },
		{ "mark", o->mark }, { "found", o->found },
		{ "dry-run", o->dry }, { "note", o->note },
		{ "class", o->class }, { "release", o->may },
		{ "group", o->group },
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
		char word[32];

		snprintf(word, sizeof(word), " %s ", given[i].name);
		if (given[i].given && !knows(c, o, word))
			return err_set(e, ERR_PERMANENT, "%s has no --%s%s",
				c->name, given[i].name, c->act && !o->found &&
				strstr(SEARCH, word) ? " without --found" : "");
	}
	return 0;
}

static int run(const struct command *c, const struct options *o,
	const struct args *args)
{
	int worst = EXIT_DONE, code;
	struct err e;

	bool each = c->takes == TAKES_IDS && !o->found;

	for (size_t i = 1; i < (each ? args->n : 2); i++) {
		if ((o->found ? act_on_found(o, c->act, &e) : c->run(o, each ?
		    args->rest[i] : NULL, &e)) == 0)
			continue;
		code = err_report("quarantine", &e);
		worst = code > worst ? code : worst;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		err_errno(&e, ERR_TEMPORARY, "cannot write the answer");
		return err_report("quarantine", &e);
	}
	return worst;
}

/* The two places: this appliance's disk, the site's database. */
static int open_place(struct options *o, struct err *e)
{
	struct arena *a = arena_new("wiring", WIRING_ARENA);
	const char *conninfo = NULL;
	struct wiring w;
	int result = 0;

	o->place.disk = access(ROOT_SPOOL, F_OK) == 0;
	if (access(ROOT_WIRING, F_OK) == 0)
		result = wiring_load(a, &w, e);
	if (result == 0 && access(ROOT_WIRING, F_OK) == 0)
		conninfo = wiring_conninfo(&w);
	if (conninfo && admin_check("the quarantine is",
	    "pm quarantine …", e) < 0)
		result = -1;
	if (conninfo)
		o->place.db = db_new(conninfo, "pm_admin", DEADLINE_MS);
	if (conninfo && access(SEAL_KEY_FILE, R_OK) == 0)
		o->place.key = seal_load(SEAL_KEY_FILE, e);
	if (!conninfo)
		o->place.disk = true;
	arena_free(&a);
	return result;
}

static const char *which(const struct command *c)
{
	return c->run == add_file ? "file?" :
		c->run == change_reason ? "reason? `pm quarantine reasons` "
		"lists them" :
		c->run == end_hold ? "address? `pm quarantine hold` lists "
		"them" :
		c->run == undo_action ? "action? `pm quarantine actions` "
		"lists them" :
		"message? give its id: `pm quarantine list` shows them";
}

static int prepare(const struct command *c, struct options *o,
	const struct args *args, struct err *e)
{
	if (check_options(c, o, e) < 0 || check_rcpts(o, e) < 0)
		return -1;
	if (o->wait > WAIT_MAX_S)
		return err_set(e, ERR_PERMANENT, "--wait %lld: more than a "
			"day", o->wait);
	o->args = args;
	if (c->takes == TAKES_IDS && !o->found && args->n < 2)
		return err_set(e, ERR_PERMANENT, "%s: which %s", c->name,
			which(c));
	if ((c->takes == TAKES_NOTHING || o->found) && args->n > 1)
		return err_set(e, ERR_PERMANENT, "%s: %s is too much",
			c->name, args->rest[1]);
	admin_who(o->who, sizeof(o->who));
	if (root_enter(args->root, &o->folder, e) < 0)
		return -1;
	return open_place(o, e);
}

static int quarantine_main(int argc, char **argv)
{
	struct options o = { .folder = -1 };
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &o.json },
		{ "all", 0, ARGS_FLAG, &o.all },
		{ "again", 0, ARGS_FLAG, &o.again },
		{ "source", 0, ARGS_FLAG, &o.source },
		{ "reason", 0, ARGS_TEXT, &o.reason },
		{ "sender", 0, ARGS_TEXT, &o.sender },
		{ "subject", 0, ARGS_TEXT, &o.subject },
		{ "rcpt", 0, ARGS_LIST, &o.rcpt },
		{ "words", 0, ARGS_TEXT, &o.words },
		{ "relay", 0, ARGS_TEXT, &o.relay },
		{ "before", 0, ARGS_TEXT, &o.before },
		{ "since", 0, ARGS_NUMBER, &o.since },
		{ "until", 0, ARGS_NUMBER, &o.until },
		{ "score", 0, ARGS_NUMBER, &o.score },
		{ "limit", 0, ARGS_NUMBER, &o.limit },
		{ "approve", 0, ARGS_FLAG, &o.approve },
		{ "state", 0, ARGS_TEXT, &o.state },
		{ "wait", 0, ARGS_NUMBER, &o.wait },
		{ "learn", 0, ARGS_FLAG, &o.learn },
		{ "undo", 0, ARGS_FLAG, &o.undo },
		{ "user", 0, ARGS_TEXT, &o.user },
		{ "hit", 0, ARGS_TEXT, &o.hit },
		{ "rule", 0, ARGS_TEXT, &o.rule },
		{ "file", 0, ARGS_TEXT, &o.file },
		{ "hash", 0, ARGS_TEXT, &o.hash },
		{ "virus", 0, ARGS_TEXT, &o.virus },
		{ "mark", 0, ARGS_TEXT, &o.mark },
		{ "group", 0, ARGS_TEXT, &o.group },
		{ "found", 0, ARGS_FLAG, &o.found },
		{ "dry-run", 0, ARGS_FLAG, &o.dry },
		{ "note", 0, ARGS_TEXT, &o.note },
		{ "class", 0, ARGS_TEXT, &o.class },
		{ "release", 0, ARGS_TEXT, &o.may },
		{ NULL, 0, ARGS_FLAG, NULL },
	};
	const struct command *c;
	struct args args;
	struct err e;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("quarantine", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "quarantine", NULL });
	c = find_command(args.n ? args.rest[0] : "list", &e);
	if (c == NULL || prepare(c, &o, &args, &e) < 0)
		return err_report("quarantine", &e);
	return run(c, &o, &args);
}

const struct applet quarantine_applet = {
	.name = "quarantine",
	.summary = "lists, shows, releases, deletes withheld mail",
	.help =
		"usage: pm quarantine list [--reason R] [--rcpt A] "
		"[--sender A]\n"
		"             [--subject WORDS] [--words WORDS] [--relay NET]\n"
		"             [--score N] [--since DAYS] [--until DAYS] "
		"[--all | --state S]\n"
		"             [--hit NAME] [--rule POLICY/RULE] "
		"[--file NAME | .EXT]\n"
		"             [--hash SHA256] [--virus NAME] "
		"[--mark KEY[=VALUE]]\n"
		"             [--group NAME] [--limit N] [--before ID] "
		"[--json]\n"
		"       pm quarantine show ID… [--json | --source]\n"
		"       pm quarantine release ID… [--rcpt A]… [--again] "
		"[--approve]\n"
		"             [--wait SECONDS] [--learn] [--user NAME]\n"
		"       pm quarantine forward ID… --rcpt A…\n"
		"       pm quarantine delete ID… [--rcpt A]…\n"
		"       pm quarantine restore ID… [--rcpt A]… [--user NAME]\n"
		"       pm quarantine report ID… [--undo] [--user NAME]\n"
		"       pm quarantine add FILE… --rcpt A… --reason R "
		"[--sender A]\n"
		"       pm quarantine release|delete|keep|unkeep --found\n"
		"             (options of list) [--limit N] [--dry-run] "
		"[--json]\n"
		"       pm quarantine actions | undo ACTION…\n"
		"       pm quarantine request ID… --rcpt A [--note TEXT] "
		"[--user NAME]\n"
		"       pm quarantine requests [--all]\n"
		"       pm quarantine deny ID… --rcpt A [--note TEXT]\n"
		"       pm quarantine keep|unkeep ID…\n"
		"       pm quarantine retention [CLASS DAYS]\n"
		"       pm quarantine reasons\n"
		"       pm quarantine reason NAME… [--class CLASS] "
		"[--release WHO]\n"
		"       pm quarantine hold [ADDRESS DAY] | back ADDRESS…\n"
		"\n"
		"Withheld mail lies on the filter's disk until the archiver\n"
		"has moved it to the database; these commands see both.\n"
		"\n"
		"list     the newest first. --rcpt, --sender: an address, a\n"
		"         @domain or a part of one; --subject: words of the\n"
		"         subject; --words: words of the text (only in the\n"
		"         database); --relay: an address or a network;\n"
		"         --score: the least; --since, --until: so many days\n"
		"         ago; --hit, --rule, --mark: what was found, which\n"
		"         rule spoke, what it noted; --file, --hash: an\n"
		"         attachment or a file in an archive, by its whole\n"
		"         name, its kind (.pdf) or its content's SHA-256;\n"
		"         --group: for somebody of a group (pm group);\n"
		"         --state: held (without it), released or\n"
		"         deleted; --all: any; --limit and --before (the last\n"
		"         id of the page before) make pages\n"
		"show     the story of a message; --source its bytes\n"
		"release  sends the message as it came to its recipients, or\n"
		"         to those of them in --rcpt; it is not judged again;\n"
		"         once only, unless --again; --approve also lets the\n"
		"         sender's mail through to them from now on; --wait\n"
		"         leaves time to restore it (both in the database);\n"
		"         --learn: the content classifier takes it for wanted\n"
		"forward  sends it to other addresses; it stays held\n"
		"delete   takes it away: from disk for good, in the database\n"
		"         until its time is over\n"
		"restore  holds again what was deleted in the database, or\n"
		"         released and not yet sent; what was learnt of it is\n"
		"         taken back\n"
		"--found  instead of ids: all that list finds with the same\n"
		"         options in the database (with --rcpt, one whole\n"
		"         address: for that recipient alone; with --group:\n"
		"         for its people alone). It is one action, which\n"
		"         undo takes back for those who are still as it left\n"
		"         them; actions lists the last ones\n"
		"request  asks for a message in the name of a recipient, when\n"
		"         he may not release it himself; requests shows what\n"
		"         is asked. Releasing it to him says yes, deny says\n"
		"         no, each with what --note adds\n"
		"keep     an archive: no retention ends it, until unkeep\n"
		"retention  classes and their days; what is older goes\n"
		"         within the hour. --class of a reason: held means\n"
		"         that nothing ends such mail\n"
		"reasons  the class of each, and who may release its mail:\n"
		"         user (whoever it is for), request (he asks),\n"
		"         nobody (administrators only)\n"
		"hold     somebody is away: what is held for him stays until\n"
		"         a week after that day; back ends it\n"
		"report   the content classifier takes it for spam; --undo:\n"
		"         what was learnt of it is taken back\n"
		"add      puts a message file (- is stdin) into the\n"
		"         quarantine and prints its id\n"
		"\n"
		"--learn and report teach every filter of the site, of what\n"
		"is still on disk the one here; it counts within a minute.\n"
		"--user: who says so; all that one user says is worth 20\n"
		"messages at most, what administrators say one each.\n"
		"\n"
		"--json prints one object a line.\n",
	.main = quarantine_main,
};
