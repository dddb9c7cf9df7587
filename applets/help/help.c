/*
 * pm help: lists the applets, or prints the manual of one.
 */
#include <stdio.h>
#include <string.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/err.h"

enum group { ROLES, TOOLS, LATER };

/* Where an applet stands in the list. */
static enum group group_of(const struct applet *a)
{
	if (a->role == NULL)
		return TOOLS;
	return a->role->built ? ROLES : LATER;
}

/* Prints the applets of one group, with their other names. */
static void list(const char *title, enum group group)
{
	printf("\n%s\n", title);
	for (size_t i = 0; applets[i]; i++) {
		const struct applet *a = applets[i];

		if (group_of(a) != group)
			continue;
		printf("  %-12s %s\n", a->name, a->summary);
		for (size_t j = 0; a->also && a->also[j]; j++)
			printf("  %-12s see pm help %s\n", a->also[j],
				a->name);
	}
}

static void overview(void)
{
	puts("pm: an e-mail security appliance in one executable");
	list("Roles:", ROLES);
	list("Tools:", TOOLS);
	list("Roles that are not in this version:", LATER);
	puts("\npm help APPLET is its manual.");
}

/* What the record of a role adds to the manual. */
static void role_manual(const struct role *r)
{
	printf("\nRole: %s%s\n", r->title,
		r->built ? "" : " (not in this version)");
	for (const struct process *p = r->processes; p && p->name; p++)
		printf("  process %-10s user %s\n    without it: %s\n",
			p->name, p->user ? p->user : "root", p->without);
	for (const struct listener *l = r->listeners; l && l->what; l++)
		printf("  listens: %s on %s\n", l->what, l->where);
}

static int help_main(int argc, char **argv)
{
	const struct applet *a;

	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		overview();
		return EXIT_DONE;
	}
	a = applet_find(argv[1]);
	if (a == NULL) {
		fprintf(stderr, "pm help: no applet %s: `pm` lists them\n",
			argv[1]);
		return EXIT_USAGE;
	}
	printf("pm %s: %s\n\n%s", a->name, a->summary, a->help);
	if (a->role)
		role_manual(a->role);
	if (a->more)
		a->more();
	return EXIT_DONE;
}

const struct applet help_applet = {
	.name = "help",
	.summary = "lists the applets, or prints the manual of one",
	.help =
		"usage: pm help [APPLET]\n"
		"\n"
		"Without an argument the applets are listed, roles first.\n"
		"Exit codes of every applet: 0 done, 1 the answer is no,\n"
		"2 wrong usage or bad input, 3 temporary trouble (retry).\n"
		"Every applet takes --root DIR (default /): the folder that\n"
		"holds etc/pm, var/lib/pm and run/pm of the appliance.\n",
	.main = help_main,
};
