/*
 * pm policy: looks at drafts of rules without touching live mail.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "base/applet.h"
#include "base/args.h"
#include "engine/policy.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "check", policy_check_command },
	{ "diff", policy_diff_command },
	{ "export", policy_export_command },
	{ "import-sieve", policy_import_sieve_command },
	{ "library", policy_library_command },
	{ "log", policy_log_command },
	{ "option", policy_option_command },
	{ "publish", policy_publish_command },
	{ "rollback", policy_rollback_command },
	{ "show", policy_show_command },
	{ "status", policy_status_command },
	{ "test", policy_test_command },
	{ "words", policy_words_command },
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

int policy_words_command(int argc, char **argv)
{
	struct args args;
	struct buf b = { 0 };
	struct err e;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("policy", &e);
	policy_put_words(&b);
	fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
	return EXIT_DONE;
}

/* The language, behind the manual. */
static void print_reference(void)
{
	struct buf b = { 0 };

	policy_put_reference(&b);
	putchar('\n');
	fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
}

/* No verb, or a wrong one. */
static int refuse(const char *typed)
{
	const char *names[VERBS], *near = NULL;

	for (size_t i = 0; i < VERBS; i++)
		names[i] = verbs[i].name;
	if (typed)
		near = args_nearest(span_of(typed), names, VERBS);
	fprintf(stderr, "pm policy: %s%s: pm help policy tells all verbs\n",
		near ? "did you mean " : "what shall be done",
		near ? near : "");
	return EXIT_USAGE;
}

/* "--root DIR" may stand before the verb, too: the verb comes first. */
static void put_verb_first(int argc, char **argv)
{
	int at = argc > 3 && strcmp(argv[1], "--root") == 0 ? 3 :
		argc > 2 && strncmp(argv[1], "--root=", 7) == 0 ? 2 : 1;
	char *verb = argv[at];

	for (; at > 1; at--)
		argv[at] = argv[at - 1];
	argv[1] = verb;
}

static int policy_main(int argc, char **argv)
{
	struct args args;
	struct err e;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return applet_find("help")->main(2,
				(char *[]){ "help", "policy", NULL });
	put_verb_first(argc, argv);
	for (size_t i = 0; argc > 1 && i < VERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("policy", &e);
	return refuse(args.n ? args.rest[0] : NULL);
}

const struct applet policy_applet = {
	.name = "policy",
	.summary = "the site's rules: drafts, and what is in force",
	.help =
		"usage: pm policy check [FOLDER] [--verbose]\n"
		"       pm policy test FILE [options]\n"
		"       pm policy words\n"
		"       pm policy import-sieve FILE [--out FILE.lua]\n"
		"       pm policy library [show NAME | add NAME | test [NAME]]"
		"\n"
		"       pm policy publish [-m TEXT] [--dry-run]\n"
		"                 [--from FOLDER [--force]] [--unchecked]\n"
		"       pm policy log [--json]\n"
		"       pm policy status\n"
		"       pm policy show [N [PATH]]\n"
		"       pm policy diff [A [B]]\n"
		"       pm policy rollback [N] [-m TEXT] [--force]\n"
		"       pm policy export [N] FOLDER\n"
		"       pm policy export --git | git -C FOLDER fast-import\n"
		"       pm policy option [NAME [VALUE]]\n"
		"\n"
		"check  reads every *.lua of FOLDER (default: etc/pm/policy\n"
		"       below the root), loads them as the filter would, and\n"
		"       asks the rules about sample mail: spam, a virus,\n"
		"       attachments, a bounce, from outside, from inside. All\n"
		"       mistakes are told with file and line: names that do\n"
		"       not exist, lists and DNS lists that nobody made,\n"
		"       endless loops, templates that are not there, what\n"
		"       failed. A warning is a rule that is never asked, an\n"
		"       option that no rule reads, a group without a list.\n"
		"       Lists are those of the root. No mail is touched. Exit\n"
		"       codes: 0 good, warnings too; 2 not. --verbose tells\n"
		"       which branches nothing has tried: neither the sample\n"
		"       mail, nor the library's test messages, nor yours, in\n"
		"       files *.test of FOLDER (in the form that pm policy\n"
		"       library show NAME.test prints).\n"
		"words  prints everything that a rule may read and call; with\n"
		"       examples the same stands below.\n"
		"import-sieve\n"
		"       writes PureMessage's policy.siv as rules. What it\n"
		"       cannot say stays in it as a comment, NOT CONVERTED,\n"
		"       and is told with its line; then the exit code is 1.\n"
		"       The texts of banners are read from files beside FILE.\n"
		"library\n"
		"       lists ready-made rules, one a line. show prints one,\n"
		"       or (NAME.test) the messages that come with it;\n"
		"       add copies it, and the lists and templates it needs,\n"
		"       into the root's policy; test runs the messages that\n"
		"       come with one, or with all, through it.\n"
		"\n"
		"publish\n"
		"       etc/pm/policy and etc/pm/lists are the draft; the\n"
		"       filter judges by a generation: a numbered, signed\n"
		"       copy of them. publish checks the draft, makes the\n"
		"       next one, puts it in force and waits until the filter\n"
		"       judges every new message by it. One that does not\n"
		"       load leaves the one before it active. --dry-run\n"
		"       only checks and counts; --from takes policy/ and\n"
		"       lists/ of a folder, which replace the draft, too;\n"
		"       --unchecked leaves the check out, the filter still\n"
		"       refuses what it cannot load. Exit codes: 0 done; 2\n"
		"       nothing was published; 3 active, but the filter does\n"
		"       not say that it is live.\n"
		"log    lists the generations that are kept, the last 50, the\n"
		"       newest first: number (* active), time, who, how many\n"
		"       files changed, message.\n"
		"status tells the active generation, and whether the draft is\n"
		"       the same (exit code 0) or not (1): which files are\n"
		"       not, and since when.\n"
		"show   lists a generation's files (default: the active\n"
		"       one's), or prints one of them.\n"
		"diff   shows what B has and A has not: numbers of\n"
		"       generations, active (A, unless given) or draft (B).\n"
		"       Of long lists only counts and the first 20 lines.\n"
		"       Exit codes: 0 no difference; 1 there are some.\n"
		"rollback\n"
		"       publishes generation N (default: the one before the\n"
		"       active one) again, under a new number; the draft\n"
		"       becomes the same. With changes in the draft that are\n"
		"       published nowhere it refuses, unless --force lets go\n"
		"       of them.\n"
		"export writes a generation (default: the active one) into a\n"
		"       folder, as policy/ and lists/: to be kept in git, and\n"
		"       brought back with publish --from. --git writes all\n"
		"       that are kept as a stream of commits, with author,\n"
		"       time and message, for a new repository (git init).\n"
		"option shows the switches of the rules in the draft's file\n"
		"       policy/options, or one, or sets one.\n"
		"\n"
		"test tells what would become of a message (- is standard\n"
		"input): for each group of recipients with one outcome a\n"
		"sentence why, what would have had it delivered, the lists\n"
		"that it is on, the changes and the rules asked; then the\n"
		"contributions to the score, DNS answers, what the MTA gets.\n"
		"Nothing is delivered or kept.\n"
		"\n"
		"  --from ADDRESS   envelope sender; default: the null sender\n"
		"  --to ADDRESS     a recipient, may be given again; default\n"
		"                   postmaster of the first domain\n"
		"  --relay ADDRESS  default: 203.0.113.1, which is outside\n"
		"  --helo NAME      what the relay called itself\n"
		"  --auth USER      who logged in\n"
		"  --direction D    inbound (default), outbound or internal:\n"
		"                   other defaults of relay and recipient\n"
		"  --active         by what is in force, not by the draft\n"
		"  --policy FOLDER  by drafts that are somewhere else\n"
		"  --resolver A:P   DNS server; default: of the wiring, the\n"
		"                   host's\n"
		"  --clamd WHERE    virus engine; default: of the wiring\n"
		"  --json           one object, as pm scan --json prints it\n"
		"\n"
		"Many messages at once: pm scan.\n",
	.more = print_reference,
	.main = policy_main,
};
