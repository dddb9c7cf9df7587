#include "base/applet.h"

#include <string.h>

#include "base/span.h"

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

bool applet_is_built(const struct applet *a, const char *name)
{
	struct span rest, word;

	if (a->role == NULL || !a->role->built)
		return false;
	rest = span_of(a->role->later ? a->role->later : "");
	while (span_cut(&rest, ' ', &word))
		if (span_is(word, name))
			return false;
	return true;
}
