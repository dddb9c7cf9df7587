/*
 * pm install: makes the links pm-APPLET, as busybox does.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"

/* One link to pm beside it; one that is already right is left alone. */
static int link_one(const char *dir, const char *name, struct err *e)
{
	char path[4096], target[8] = { 0 };
	int why;

	if (snprintf(path, sizeof(path), "%s/pm-%s", dir, name) >=
	    (int)sizeof(path))
		return err_set(e, ERR_PERMANENT, "%s: path too long", dir);
	if (symlink("pm", path) == 0)
		return 0;
	why = errno;
	if (why == EEXIST && readlink(path, target, sizeof(target)) == 2 &&
	    target[0] == 'p' && target[1] == 'm')
		return 0;
	errno = why;
	return err_errno(e, ERR_PERMANENT, "%s: cannot make the link", path);
}

static int link_applet(const char *dir, const struct applet *a, struct err *e)
{
	if (link_one(dir, a->name, e) < 0)
		return -1;
	for (size_t i = 0; a->also && a->also[i]; i++)
		if (link_one(dir, a->also[i], e) < 0)
			return -1;
	return 0;
}

static int install_main(int argc, char **argv)
{
	struct args args;
	struct err e;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("install", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "install", NULL });
	if (args.n != 1) {
		fputs("pm install: which folder? usage: pm install DIR\n",
			stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; applets[i]; i++)
		if (link_applet(args.rest[0], applets[i], &e) < 0)
			return err_report("install", &e);
	return EXIT_DONE;
}

const struct applet install_applet = {
	.name = "install",
	.summary = "makes the links pm-APPLET in a folder",
	.help =
		"usage: pm install DIR\n"
		"\n"
		"Makes DIR/pm-APPLET for every applet, symbolic links to\n"
		"`pm` in the same folder (copy pm there yourself, or use\n"
		"`make install`). Links that are right are left alone; a\n"
		"file of another kind at such a name is an error.\n",
	.main = install_main,
};
