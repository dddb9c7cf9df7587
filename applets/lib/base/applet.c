#include "base/applet.h"

#include <string.h>

/* Is `name` one of the applet's names? */
static bool answers_to(const struct applet *a, const char *name)
{
	if (strcmp(a->name, name) == 0)
		return true;
	for (size_t i = 0; a->also && a->also[i]; i++)
		if (strcmp(a->also[i], name) == 0)
			return true;
	return false;
}

const struct applet *applet_find(const char *name)
{
	for (size_t i = 0; applets[i]; i++)
		if (answers_to(applets[i], name))
			return applets[i];
	return NULL;
}
