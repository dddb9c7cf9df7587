/*
 * pm rules: the rules that look for signs of spam (engine/rules.h).
 */
#include "engine/rules.h"

#include <stdio.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/io.h"
#include "base/json.h"
#include "base/root.h"
#include "engine/bundle.h"
#include "tool/update.h"

enum { MEMORY = 512 << 20, FILE_MAX = 4 << 20, FILES_MAX = 200 };

struct options {
	const char *group;
	bool json;
};

/* --- compile, check ------------------------------------------------------ */

static int read_files(const struct args *args, struct arena *a,
	struct rule_file *files, struct err *e)
{
	if (args->n < 2 || args->n > FILES_MAX)
		return err_set(e, ERR_PERMANENT, "%s wants 1 to %d files",
			args->rest[0], FILES_MAX - 1);
	for (size_t i = 1; i < args->n; i++) {
		struct buf text = { .arena = a };

		if (io_slurp(args->rest[i], FILE_MAX, &text, e) < 0)
			return -1;
		files[i - 1] = (struct rule_file){ span_of(args->rest[i]),
			buf_bytes(&text) };
	}
	return 0;
}

/* Above the shipped ones, as they would be in force. */
static int check_files(const struct args *args, struct arena *a,
	struct err *e)
{
	struct rule_file files[FILES_MAX];
	struct ruleset set;
	struct buf record = { .arena = a };
	struct span records[2];
	struct rules *rules;

	if (read_files(args, a, files, e) < 0 ||
	    rules_read(files, args->n - 1, a, &set, e) < 0 ||
	    rules_put(&set, &record, e) < 0 ||
	    rules_shipped(a, &records[0], e) < 0)
		return -1;
	records[1] = buf_bytes(&record);
	rules = rules_open(records, 2, e);
	if (rules == NULL)
		return -1;
	rules_free(&rules);
	printf("%zu rules in %zu files: all of them can be used\n",
		set.nrules, args->n - 1);
	return 0;
}

/* The record of the shipped rules, for the build. */
static int compile_shipped(struct arena *a, struct err *e)
{
	struct span record;

	if (isatty(STDOUT_FILENO))
		return err_set(e, ERR_PERMANENT, "compile writes bytes: send "
			"them to a file");
	if (rules_shipped(a, &record, e) < 0)
		return -1;
	if (fwrite(record.p, 1, record.n, stdout) != record.n ||
	    fflush(stdout) != 0)
		return err_errno(e, ERR_PERMANENT, "standard output");
	return 0;
}

/* --- list, show ---------------------------------------------------------- */

/* Those of the root's draft above the shipped ones, or the update's. */
static int open_site(struct arena *a, struct rules **rules_r, struct err *e)
{
	struct bundle_settings s = { 0 };
	struct buf record = { .arena = a };
	struct bundle bundle;
	struct span records[2];
	bool wired = access(ROOT_POLICY, F_OK) == 0;
	const char *why;

	update_settings(a, &s, &why);
	if (why)
		fprintf(stderr, "pm rules: %s\n", why);
	if (bundle_build(&s, wired ? ROOT_POLICY : NULL, NULL, &record,
			e) < 0 ||
	    bundle_open(buf_bytes(&record), a, &bundle, e) < 0 ||
	    rules_shipped(a, &records[0], e) < 0)
		return -1;
	if (s.rules.n)
		records[0] = s.rules;
	records[1] = bundle.rules;
	*rules_r = rules_open(records, 2, e);
	return *rules_r ? 0 : -1;
}

static struct json *as_json(const struct rule *rule,
	const struct rule_group *group)
{
	struct json *o = json_new_object();

	json_put_text(o, "name", rule->name);
	json_put_text(o, "group", group->name);
	if (rule->weighed)
		json_put_int(o, "weight", rule->weight);
	json_put_text(o, "about", rule->about);
	return o;
}

static void print_line(const struct rule *rule)
{
	if (rule->weighed)
		printf("%-32.*s %6.2f  %.*s\n", SPAN_FMT(rule->name),
			rule->weight / 1000.0, SPAN_FMT(rule->about));
	else
		printf("%-32.*s      -  %.*s\n", SPAN_FMT(rule->name),
			SPAN_FMT(rule->about));
}

static void print_group(const struct rule_group *g)
{
	printf("\n%.*s: %.*s", SPAN_FMT(g->name), SPAN_FMT(g->about));
	if (g->cap)
		printf(" (counts %.1f at most)", g->cap / 1000.0);
	putchar('\n');
}

static bool is_shown(const struct options *o, const struct rule *rule,
	const struct rule_group *group)
{
	return !span_starts(rule->name, SPAN("__")) &&
		(o->group == NULL || span_is(group->name, o->group));
}

static void list_json(const struct rules *r, const struct options *o)
{
	struct json *all = json_new_array();
	const struct rule_group *group;
	const struct rule *rule;
	struct buf line = { 0 };

	for (size_t i = 0; rules_at(r, i, &rule, &group); i++)
		if (is_shown(o, rule, group))
			json_append(all, as_json(rule, group));
	json_write(all, &line);
	puts(buf_c(&line));
	buf_free(&line);
	json_free(&all);
}

static int list_rules(const struct options *o, struct arena *a,
	struct err *e)
{
	const struct rule_group *group, *last = NULL;
	const struct rule *rule;
	struct rules *r;

	if (open_site(a, &r, e) < 0)
		return -1;
	if (o->json)
		list_json(r, o);
	for (size_t i = 0; !o->json && rules_at(r, i, &rule, &group); i++) {
		if (!is_shown(o, rule, group))
			continue;
		if (group != last)
			print_group(group);
		last = group;
		print_line(rule);
	}
	rules_free(&r);
	return 0;
}

static void print_names(const char *what, const struct span *names,
	uint32_t n)
{
	if (n)
		printf("%s:", what);
	for (uint32_t i = 0; i < n; i++)
		printf(" %.*s", SPAN_FMT(names[i]));
	if (n)
		putchar('\n');
}

static void show_rule(const struct rule *rule, const struct rule_group *group)
{
	print_line(rule);
	print_group(group);
	if (rule->kind == RULE_FACT) {
		puts("a fact that pm's own checks state");
	} else if (rule->kind == RULE_META) {
		print_names("all of", rule->names, rule->nall);
		if (rule->nany)
			printf("at least %u of the next\n", rule->least);
		print_names("any of", rule->names + rule->nall, rule->nany);
		print_names("none of", rule->names + rule->nall + rule->nany,
			rule->nnone);
	} else {
		printf("looks into: %s%s%.*s; at least %u of %u patterns\n",
			rule_in_name(rule->in), rule->header.n ? " " : "",
			SPAN_FMT(rule->header), rule->least, rule->npatterns);
	}
}

static int show_one(const char *name, struct arena *a, struct err *e)
{
	const struct rule_group *group;
	const struct rule *rule;
	struct rules *r;
	bool found = false;

	if (open_site(a, &r, e) < 0)
		return -1;
	for (size_t i = 0; !found && rules_at(r, i, &rule, &group); i++) {
		found = span_is(rule->name, name);
		if (found)
			show_rule(rule, group);
	}
	rules_free(&r);
	return found ? 0 : err_set(e, ERR_PERMANENT, "there is no rule %s: "
		"pm rules list names all", name);
}

/* --- the command --------------------------------------------------------- */

static int run(const struct args *args, const struct options *o,
	struct arena *a, struct err *e)
{
	struct span verb = span_of(args->n ? args->rest[0] : "list");

	if (span_is(verb, "compile") && args->n == 1)
		return compile_shipped(a, e);
	if (span_is(verb, "check"))
		return check_files(args, a, e);
	if (root_enter(args->root, NULL, e) < 0)
		return -1;
	if (span_is(verb, "list") && args->n <= 1)
		return list_rules(o, a, e);
	if (span_is(verb, "show") && args->n == 2)
		return show_one(args->rest[1], a, e);
	return err_set(e, ERR_PERMANENT, "%.*s: there are list, show NAME, "
		"check FILE… and compile", SPAN_FMT(verb));
}

static int rules_main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "group", 'g', ARGS_TEXT, &o.group },
		{ "json", 0, ARGS_FLAG, &o.json },
		{ 0 },
	};
	struct args args;
	struct arena *a;
	struct err e;
	int result;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("rules", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "rules", NULL });
	a = arena_new("pm rules", MEMORY);
	result = run(&args, &o, a, &e);
	arena_free(&a);
	return result < 0 ? err_report("rules", &e) : EXIT_DONE;
}

const struct applet rules_applet = {
	.name = "rules",
	.summary = "the rules that look for signs of spam",
	.help =
"usage: pm rules [list] [--group GROUP] [--json]\n"
"       pm rules show NAME\n"
"       pm rules check FILE…\n"
"       pm rules compile > FILE\n"
"\n"
"list: every rule in force by the draft of this appliance, with its weight\n"
"and what it means. A weight of 1.00 makes mail 2.7 times as likely to be\n"
"spam; 6.00 is a probability of 50, 8.20 of 90. A group may count up to a\n"
"cap only: the hit CAP_GROUP takes the rest away.\n"
"\n"
"Rules of the site are files etc/pm/policy/rules/*.lua: each returns a table.\n"
"\n"
"	return {\n"
"		group = \"ours\", cap = 4000, about = \"what only we see\",\n"
"		{ \"OURS_PRIZE\", 1500, text = \"you have won a prize\",\n"
"			about = \"promises a prize\" },\n"
"		{ \"OURS_WORDS\", 800, least = 2, about = \"their words\",\n"
"			body = { \"lucky winner\", \"claim your\" } },\n"
"		{ \"__LIST\", header = { \"List-Id\", \".\" } },\n"
"		{ \"OURS_BOTH\", 1000, all = { \"OURS_PRIZE\" },\n"
"			none = { \"__LIST\" }, about = \"not both\" },\n"
"		{ \"SPF_FAIL\", 0 },\n"
"	}\n"
"\n"
"NAME, then the weight in thousandths, then one of: subject, body, text\n"
"(both), header = { NAME, PATTERN… }, url, file (names), raw; or all, any,\n"
"none of rules that stand before it; or nothing: that gives a shipped rule\n"
"another weight, and 0 switches it off. Patterns are regular expressions in\n"
"linear time; the text is in small letters with one blank between words.\n"
"\"__NAME\" only helps other rules. They are published with the policy.\n"
"\n"
"check: can these files be used above the shipped rules?\n"
"compile: the record of the shipped rules, as the build embeds it.\n",
	.main = rules_main,
};
