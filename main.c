/*
 * pm: the multiplexer. Finds the applet by the name we were called by
 * (pm-filter) or by the first argument (pm filter), and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/err.h"

#define X(name) extern const struct applet name##_applet;
#include "applets.def"
#undef X

const struct applet *const applets[] = {
#define X(name) &name##_applet,
#include "applets.def"
#undef X
	NULL
};

enum { NAMES_MAX = 128 };

/* Says what was not understood, and what may have been meant. */
static int unknown(const char *name)
{
	const char *names[NAMES_MAX], *near;
	size_t n = 0;

	for (size_t i = 0; applets[i] && n < NAMES_MAX; i++) {
		names[n++] = applets[i]->name;
		for (size_t j = 0; applets[i]->also && applets[i]->also[j] &&
				   n < NAMES_MAX; j++)
			names[n++] = applets[i]->also[j];
	}
	near = args_nearest(span_of(name), names, n);
	if (near)
		fprintf(stderr, "pm: no applet %s: did you mean pm %s?\n",
			name, near);
	else
		fprintf(stderr, "pm: no applet %s: `pm` lists them\n", name);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc ? argv[0] : "pm";
	const struct applet *a;

	if (strncmp(name, "pm-", 3) == 0) {
		argv[0] += strlen(argv[0]) - strlen(name) + 3;
	} else if (argc < 2) {
		return applet_find("help")->main(1, argv);
	} else {
		argc--;
		argv++;
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
		argv[0] = "help";
	a = applet_find(argv[0]);
	return a ? a->main(argc, argv) : unknown(argv[0]);
}
