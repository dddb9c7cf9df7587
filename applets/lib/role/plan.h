/*
 * Judges what set-up was asked to do: the constraints of DESIGN 9, which are
 * data in the role records. One function for a plan and for the live site.
 */
#ifndef ROLE_PLAN_H
#define ROLE_PLAN_H

#include "base/applet.h"
#include "base/arena.h"
#include "base/err.h"
#include "conf/wiring.h"

/* What is known of the rest of the site. */
struct plan_site {
	bool many;		/* more than this appliance */
	enum plan_csm {
		PLAN_CSM_NONE,		/* none is wired */
		PLAN_CSM_ANSWERS,
		PLAN_CSM_SILENT,
	} csm;
};

struct plan_finding {
	unsigned row;		/* of DESIGN 9; 0: the list of roles itself */
	bool warning;
	bool mended;		/* a warning that tells what was added */
	const char *text;	/* reason and remedy, one line */
};

/*
 * Judges w; may add roles that a rule brings (row 4), and says so in a
 * finding. Returns the number of errors; findings are in the arena.
 */
size_t plan_judge(struct wiring *w, const struct plan_site *site,
	struct arena *a, struct plan_finding **findings_r,
	size_t *nfindings_r);

/* The role's applet by the name that roles = { … } uses; NULL. */
const struct applet *plan_role(const char *name);

/* The main of a role that is a record only: "not in this version", 3. */
int plan_main_not_built(int argc, char **argv);

#endif
