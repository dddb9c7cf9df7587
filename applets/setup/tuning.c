#include <stdio.h>

#include "conf/tune.h"
#include "setup.h"

/* Does this appliance keep a database of its own? */
static bool has_database(const struct setup *s)
{
	return wiring_has_role(&s->plan, "db");
}

static int plan(struct setup *s, const char *where, struct tune_host *h_r,
	struct tune_plan *p_r, struct err *e)
{
	if (tune_look(&s->plan, where, 0, s->a, h_r, e) < 0)
		return -1;
	tune_plan(h_r, s->a, p_r);
	return 0;
}

size_t tuning_judge(struct setup *s, size_t *warnings_r)
{
	struct tune_host h;
	struct tune_plan p;
	struct err e;

	*warnings_r = 0;
	if (!has_database(s))
		return 0;
	if (plan(s, s->root_exists ? "." : s->root, &h, &p, &e) < 0)
		p = (struct tune_plan){ .below = e.text };
	if (p.below)
		fprintf(stderr, "pm setup: error: %s\n", p.below);
	else if (p.outside)
		fprintf(stderr, "pm setup: warning: %s\n", p.outside);
	*warnings_r = !p.below && p.outside;
	return p.below != NULL;
}

/* The settings that people ask for first, in one line. */
static void tell(const struct tune_plan *p, const struct tune_result *r)
{
	printf(TUNE_CONF " written: %zu settings", r->nchanges);
	for (size_t i = 0; i < p->n && i < 2; i++)
		printf(", %s %s", p->settings[i].name, p->settings[i].text);
	puts("");
}

int tuning_apply(struct setup *s, struct err *e)
{
	struct tune_result r;
	struct tune_host h;
	struct tune_plan p;

	if (!has_database(s))
		return 0;
	if (plan(s, ".", &h, &p, e) < 0 || tune_judge(&p, s->a, &r, e) < 0)
		return -1;
	switch (r.outcome) {
	case TUNE_BELOW:
		return err_set(e, ERR_PERMANENT, "%s", p.below);
	case TUNE_SAME:
		return 0;
	case TUNE_OUTSIDE:
		if (tune_recommend(&h, &p, s->a, e) < 0)
			return -1;
		puts(TUNE_RECOMMENDED " written: pm db tune shows why, and "
			"--accept takes it over");
		return 0;
	case TUNE_ADJUST:
		break;
	}
	if (tune_write(&h, &p, &r, false, s->a, e) < 0)
		return -1;
	tell(&p, &r);
	return 0;
}
