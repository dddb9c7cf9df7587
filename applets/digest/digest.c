/*
 * pm digest: mail that tells people what is held back for them.
 */
#include "digest.h"

#include <stdio.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/root.h"
#include "tool/admin.h"
#include "tool/publish.h"

enum { MEMORY = 1 << 30, DEADLINE_MS = 120000 };

struct options {
	const char *rule, *at, *user, *since;
	bool dry_run, now;
};

static int verb_run(struct digest *d, const struct options *o,
	const char *operand, struct err *e)
{
	(void)operand;
	if (o->since && args_time("since", o->since, &d->since_ms, e) < 0)
		return -1;
	return o->user ? digest_run_for(d, o->rule, o->user, e) :
		digest_run(d, o->rule, e);
}

static int verb_preview(struct digest *d, const struct options *o,
	const char *operand, struct err *e)
{
	return digest_preview(d, o->rule, operand, e);
}

static int verb_send(struct digest *d, const struct options *o,
	const char *operand, struct err *e)
{
	return digest_send(d, o->rule, operand, e);
}

static int verb_out(struct digest *d, const struct options *o,
	const char *operand, struct err *e)
{
	return digest_opt(d, o->rule, operand, false, e);
}

static int verb_in(struct digest *d, const struct options *o,
	const char *operand, struct err *e)
{
	return digest_opt(d, o->rule, operand, true, e);
}

static void put_texts(const char *what, const struct span *v, size_t n)
{
	printf("  %-9s", what);
	for (size_t i = 0; i < n; i++)
		printf("%s%.*s", i ? ", " : "", SPAN_FMT(v[i]));
	putchar('\n');
}

/* Why a digest has no links, where it has none. */
static void put_links(const struct digest *d, const struct digest_rule *r)
{
	if (r->links == 0)
		puts("  links    none: links = 0");
	else if (d->w.enduser_url == NULL)
		puts("  links    none: the wiring has no enduser.url");
	else
		printf("  links    %s, good for %llu days\n",
			d->w.enduser_url, (unsigned long long)r->links);
	if (d->w.enduser_reply && r->links)
		printf("  answers  to %s\n", d->w.enduser_reply);
}

static int verb_rules(struct digest *d, const struct options *o,
	const char *operand, struct err *e)
{
	(void)o, (void)operand, (void)e;
	for (size_t i = 0; i < d->rules.n; i++) {
		const struct digest_rule *r = &d->rules.v[i];

		printf("%s\n", r->name);
		put_texts("who", r->who, r->nwho);
		put_texts("reasons", r->reasons, r->nreasons);
		put_texts("times", r->times, r->ntimes);
		printf("  zone     %s\n  from     %s\n  language %s\n", r->zone,
			r->from, r->language);
		put_links(d, r);
	}
	if (d->rules.n == 0)
		puts("there are no rules: " DIGEST_RULES " (pm help digest)");
	return EXIT_DONE;
}

/* The rules were read; what they name is read now. */
static int verb_check(struct digest *d, const struct options *o,
	const char *operand, struct err *e)
{
	(void)o, (void)operand;
	for (size_t i = 0; i < d->rules.n; i++) {
		const struct digest_rule *r = &d->rules.v[i];
		const struct db_value v[] = { DB_OF_TEXTS(r->times, r->ntimes),
			DB_OF_INTS(r->days, r->ndays),
			DB_OF_TEXT(span_of(r->zone)), DB_OF_INT(d->now_ms) };
		struct digest_who w;
		int result = digest_who_load(d, r, &w, e);

		digest_who_free(&w);
		if (result < 0 || db_call(d->db, "digest_slot", v, 4, NULL,
		    e) < 0)
			return -1;
	}
	printf("%zu rules are good\n", d->rules.n);
	if (d->w.enduser_url == NULL && d->rules.n)
		puts("digests have no links: the wiring has no enduser.url "
			"(pm help enduser)");
	return EXIT_DONE;
}

static int verb_answers(struct digest *d, const struct options *o,
	const char *operand, struct err *e)
{
	(void)o, (void)operand;
	return digest_answers(d, e);
}

static const struct verb {
	const char *name;
	bool address;		/* wants one */
	bool database, key;	/* what it works with */
	int (*run)(struct digest *d, const struct options *o,
		const char *operand, struct err *e);
} verbs[] = {
	{ "run", false, true, true, verb_run },
	{ "preview", true, true, false, verb_preview },
	{ "send", true, true, true, verb_send },
	{ "answers", false, true, true, verb_answers },
	{ "rules", false, false, false, verb_rules },
	{ "check", false, true, false, verb_check },
	{ "opt-out", true, true, false, verb_out },
	{ "opt-in", true, true, false, verb_in },
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const struct verb *find_verb(const struct args *args, struct err *e)
{
	const char *names[VERBS], *near;
	const char *typed = args->n ? args->rest[0] : "";

	for (size_t i = 0; i < VERBS; i++) {
		names[i] = verbs[i].name;
		if (strcmp(typed, verbs[i].name) == 0)
			return &verbs[i];
	}
	near = args_nearest(span_of(typed), names, VERBS);
	err_set(e, ERR_PERMANENT, "\"%s\" is none of run, preview, send, "
		"answers, rules, check, opt-out, opt-in%s%s%s", typed, near ?
		": did you mean " : "", near ? near : "", near ? "?" : "");
	return NULL;
}

static int prepare(struct digest *d, const struct verb *v, struct err *e)
{
	const char *conninfo;

	if (admin_check("digests are", "pm digest …", e) < 0 ||
	    wiring_load(d->a, &d->w, e) < 0 ||
	    digest_rules_load(d, e) < 0)
		return -1;
	conninfo = wiring_conninfo(&d->w);
	if (v->database && conninfo == NULL)
		return err_set(e, ERR_PERMANENT, ROOT_WIRING ": no database is "
			"wired: digests are made from it");
	if (digest_links_load(d, e) < 0)
		return -1;
	if (v->database)
		d->db = db_new(conninfo, "pm_admin", DEADLINE_MS);
	if (v->key && (d->key = seal_load(SEAL_KEY_FILE, e)) == NULL)
		return -1;
	return 0;
}

/* --at: seconds since 1970, for tests of times. */
static int read_now(struct digest *d, const struct options *o, struct err *e)
{
	uint64_t s;

	d->now_ms = clock_wall_ms();
	if (o->at == NULL)
		return 0;
	if (!span_u64(span_of(o->at), UINT64_C(9999999999), &s))
		return err_set(e, ERR_PERMANENT, "--at %s: must be seconds "
			"since 1970", o->at);
	d->now_ms = (int64_t)s * 1000;
	return 0;
}

static int run(const struct args *args, const struct options *o,
	struct digest *d, struct err *e)
{
	const struct verb *v = find_verb(args, e);

	if (v == NULL)
		return -1;
	if (args->n != (v->address ? 2 : 1))
		return err_set(e, ERR_PERMANENT, "usage: pm digest %s%s",
			v->name, v->address ? " ADDRESS" : "");
	if (read_now(d, o, e) < 0 || root_enter(args->root, NULL, e) < 0 ||
	    prepare(d, v, e) < 0)
		return -1;
	return v->run(d, o, v->address ? args->rest[1] : NULL, e);
}

static int digest_main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "rule", 'r', ARGS_TEXT, &o.rule },
		{ "dry-run", 'n', ARGS_FLAG, &o.dry_run },
		{ "now", 0, ARGS_FLAG, &o.now },
		{ "at", 0, ARGS_TEXT, &o.at },
		{ "user", 'u', ARGS_TEXT, &o.user },
		{ "since", 0, ARGS_TEXT, &o.since },
		{ 0 },
	};
	struct digest d = { 0 };
	struct args args;
	struct err e;
	int code;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("digest", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "digest", NULL });
	d.a = arena_new("pm digest", MEMORY);
	d.who = (const char *)publish_who(d.a).p;
	d.dry_run = o.dry_run;
	d.now = o.now;
	code = run(&args, &o, &d, &e);
	db_free(&d.db);
	seal_free(&d.key);
	ticket_free(&d.tickets);
	arena_free(&d.a);
	return code < 0 ? err_report("digest", &e) : code;
}

const struct applet digest_applet = {
	.name = "digest",
	.summary = "mail that tells people what is held back for them",
	.help =
"usage: pm digest run [--rule NAME] [--now] [--dry-run]\n"
"       pm digest run [--user ADDRESS] [--since WHEN] [--rule NAME]\n"
"       pm digest preview ADDRESS [--rule NAME]\n"
"       pm digest send ADDRESS [--rule NAME] [--dry-run]\n"
"       pm digest answers\n"
"       pm digest rules\n"
"       pm digest check\n"
"       pm digest opt-out ADDRESS [--rule NAME]\n"
"       pm digest opt-in ADDRESS [--rule NAME]\n"
"\n"
"run sends what is due: to each person one mail about what is new since the\n"
"rule's last run. It is for the clock: call it every few minutes. A time that\n"
"was missed by more than six hours is left out; what is new then comes with\n"
"the next. A run that was cut off goes on when this is called again, and\n"
"nobody gets it twice.\n"
"\n"
"With --user or --since it sends at once, whatever the times are: to that\n"
"person alone, and what was kept since then, not what is new since the last\n"
"run. What is new stays new for the next one of the clock.\n"
"\n"
"preview prints the mail with all that is held for a person; send sends it,\n"
"and what is new stays new for the next run.\n"
"\n"
"  --rule NAME  this rule only; of preview and send: else the first; of\n"
"               opt-out and opt-in: else all\n"
"  --user ADDRESS  only for whom this address belongs to\n"
"  --since WHEN 30m, 12h, 7d ago, or a day and perhaps time,\n"
"               2026-11-22T20:17 (UTC)\n"
"  --now        whatever the rule's times are\n"
"  --dry-run    says who would get how many, and changes nothing\n"
"  --at SECONDS as if it were then (since 1970)\n"
"\n"
"Rules are in etc/pm/digests.lua below the root:\n"
"\n"
"  return {\n"
"    { name = \"spam\", who = { \"example.org\", \"list:digest-users\",\n"
"        \"group:staff\", \"!boss@example.org\" },\n"
"      reasons = { \"Spam\", \"Blacklisted\" },\n"
"      times = { \"07:00\", \"15:00\" }, days = { 1, 2, 3, 4, 5 },\n"
"      zone = \"Europe/Berlin\", language = \"de\",\n"
"      from = \"quarantine@example.org\", most = 25,\n"
"      map = \"notifications-map\", template = \"digest\", links = 5 },\n"
"  }\n"
"\n"
"answers carries out what people answered. Where the wiring has\n"
"enduser.reply, an address of our domains, digests ask to be answered there\n"
"and have a code for each message: an answer that quotes all of it delivers\n"
"all, one that keeps some codes delivers those. The filter keeps such mail\n"
"whatever the policy says, for the reason \"Answer\"; a process in a sandbox\n"
"reads it; and only codes of the very person who wrote it count, when DMARC\n"
"passes for his domain, or it comes from the site's own networks. It is\n"
"consumed; others are told nothing. For the clock: pm job enable answers.\n"
"\n"
"name and who must be there. who has entries as lists have them; map is a\n"
"list of type map that says to whom an address's digest goes. The aliases and\n"
"the mailboxes of a person are one. A person's own language goes before the\n"
"rule's. Where the wiring has enduser.url (pm help enduser), each message\n"
"has links that are good for `links` days (0: none) and work once: a page\n"
"asks before it delivers or deletes a message, or ends the digests of a rule\n"
"for a person. A line of a template with %%RELEASE%%, %%ALLOW%%, %%DELETE%%,\n"
"%%OPTOUT%%, %%ANSWER%%, %%ANSWERMAIL%% or %%ANSWERTO%% is left out where\n"
"there is nothing for it. Templates\n"
"TEMPLATE.LANGUAGE.txt and .html in etc/pm/digests stand\n"
"before ours, which are digest in en and de. The mail is signed (pm dkim)\n"
"where this appliance has active keys for the domain of from; it is sent by\n"
"an injector, each once, and nobody is told when it cannot be delivered.\n",
	.main = digest_main,
};
