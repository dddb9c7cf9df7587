#include "role/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "base/netaddr.h"

enum { NAMES_MAX = 64 };

/* A judgement under way. */
struct judge {
	struct wiring *w;
	const struct plan_site *site;
	struct arena *a;
	struct plan_finding *findings;
	size_t n, cap, errors;
};

const struct applet *plan_role(const char *name)
{
	const struct applet *a = applet_find(name);

	return a && a->role ? a : NULL;
}

int plan_main_not_built(int argc, char **argv)
{
	struct args args;
	struct err e;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report(argv[0], &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", argv[0], NULL });
	fprintf(stderr, "pm %s: not in this version\n", argv[0]);
	return EXIT_LATER;
}

static bool has(const struct judge *j, const char *role)
{
	for (size_t i = 0; i < j->w->nroles; i++)
		if (strcmp(j->w->roles[i], role) == 0)
			return true;
	return false;
}

static void add(struct judge *j, unsigned row, bool warning, const char *text)
{
	if (j->n == j->cap) {
		size_t cap = j->cap ? 2 * j->cap : 16;
		struct plan_finding *more = arena_array(j->a, cap,
			sizeof(*more));

		if (j->n)
			memcpy(more, j->findings, j->n * sizeof(*more));
		j->findings = more;
		j->cap = cap;
	}
	j->findings[j->n++] = (struct plan_finding){
		.row = row, .warning = warning, .text = text
	};
	j->errors += !warning;
}

/* A constraint that is broken; detail may be NULL. */
static void broken(struct judge *j, const struct constraint *c,
	const char *detail)
{
	add(j, c->row, c->warning, detail ?
		arena_printf(j->a, "%s (%s): %s", c->why, detail, c->remedy) :
		arena_printf(j->a, "%s: %s", c->why, c->remedy));
}

/* Is `role` what a BESIDE constraint of `self` speaks of? */
static bool beside(const struct role *r, const struct constraint *c,
	const char *self, const char *role)
{
	if (strcmp(c->other, "*") != 0)
		return strcmp(c->other, role) == 0;
	if (strcmp(self, role) == 0)
		return false;
	for (const struct constraint *o = r->constraints; o->row; o++)
		if (o->row == c->row && strcmp(o->other, role) == 0)
			return false;
	return true;
}

static void judge_beside(struct judge *j, const struct role *r,
	const struct constraint *c, const char *self)
{
	if (c->mailboxes && j->w->mailboxes <= c->mailboxes)
		return;
	for (size_t i = 0; i < j->w->nroles; i++)
		if (beside(r, c, self, j->w->roles[i])) {
			broken(j, c, c->mailboxes ? arena_printf(j->a,
				"mailboxes = %llu",
				(unsigned long long)j->w->mailboxes) : NULL);
			return;
		}
}

/* The CSM's constraints on the appliances that are not it. */
static void judge_before(struct judge *j, const struct constraint *c,
	const char *self)
{
	bool any = strcmp(c->other, "*") == 0;

	if (has(j, self) || !(any ? j->w->nroles > 0 : has(j, c->other)) ||
	    j->site->csm == PLAN_CSM_ANSWERS)
		return;
	broken(j, c, j->w->csm == NULL ? "csm is not set" :
		arena_printf(j->a, "%s does not answer", j->w->csm));
}

static void judge_kind(struct judge *j, const struct constraint *c)
{
	struct span rest = span_of(c->other), kind;

	if (j->w->mta.kind == NULL) {
		broken(j, c, "mta.kind is not set");
		return;
	}
	while (span_cut(&rest, ' ', &kind))
		if (span_is(kind, j->w->mta.kind))
			return;
	broken(j, c, arena_printf(j->a, "mta.kind is \"%s\"", j->w->mta.kind));
}

static bool is_loopback(const char *listen)
{
	struct netaddr addr;
	struct span host;
	uint16_t port;

	return netaddr_split_port(span_of(listen), &host, &port) &&
		netaddr_parse(host, &addr) && netaddr_is_loopback(&addr);
}

static void judge_loopback(struct judge *j, const struct constraint *c)
{
	if (has(j, c->other))
		return;
	for (size_t i = 0; i < j->w->mta.nlisten; i++)
		if (!is_loopback(j->w->mta.listen[i])) {
			broken(j, c, arena_printf(j->a,
				"mta.listen has \"%s\"",
				j->w->mta.listen[i]));
			return;
		}
}

/* Is the Database Server elsewhere? It counts as being here. */
static bool elsewhere(const struct judge *j, const char *role)
{
	return strcmp(role, "db") == 0 && j->w->database != NULL;
}

static void judge_one(struct judge *j, const struct applet *a,
	const struct constraint *c)
{
	const char *self = c->of ? c->of : a->name;

	if (c->many_only && !j->site->many)
		return;
	if (c->kind == CONSTRAINT_BEFORE) {
		judge_before(j, c, self);
		return;
	}
	if (!has(j, self))
		return;
	switch (c->kind) {
	case CONSTRAINT_TOGETHER:
		/* What cannot be had yet is not asked for. */
		if (!has(j, c->other) && !elsewhere(j, c->other) &&
		    applet_is_built(plan_role(c->other), c->other))
			broken(j, c, NULL);
		return;
	case CONSTRAINT_WITHOUT:
		if (!has(j, c->other))
			broken(j, c, NULL);
		return;
	case CONSTRAINT_BESIDE:
		judge_beside(j, a->role, c, self);
		return;
	case CONSTRAINT_ONE_KIND:
		judge_kind(j, c);
		return;
	case CONSTRAINT_LOOPBACK:
		judge_loopback(j, c);
		return;
	case CONSTRAINT_BEFORE:
	case CONSTRAINT_BRINGS:
		return;
	}
}

/* Adds a role that a rule brings; its MTA is for the appliance's own mail. */
static void bring(struct judge *j, const struct constraint *c)
{
	static const char *const loopback[] = { "127.0.0.1:25" };
	struct wiring *w = j->w;
	const char **roles = arena_array(j->a, w->nroles + 1, sizeof(*roles));

	memcpy(roles, w->roles, w->nroles * sizeof(*roles));
	roles[w->nroles++] = c->other;
	w->roles = roles;
	if (strcmp(c->other, "mta") == 0 && w->mta.kind == NULL) {
		w->mta.kind = "postfix";
		w->mta.listen = arena_array(j->a, 1, sizeof(char *));
		w->mta.listen[0] = loopback[0];
		w->mta.nlisten = 1;
	}
	add(j, c->row, true, arena_printf(j->a, "%s: %s", c->why, c->remedy));
	j->findings[j->n - 1].mended = true;
}

static void judge_brings(struct judge *j)
{
	for (size_t i = 0; applets[i]; i++) {
		const struct role *r = applets[i]->role;

		if (r == NULL)
			continue;
		for (const struct constraint *c = r->constraints; c->row; c++)
			if (c->kind == CONSTRAINT_BRINGS &&
			    (!c->many_only || j->site->many) &&
			    has(j, c->of ? c->of : applets[i]->name) &&
			    !has(j, c->other))
				bring(j, c);
	}
}

static void unknown_role(struct judge *j, const char *role)
{
	const char *names[NAMES_MAX], *near;
	size_t n = 0;

	for (size_t i = 0; applets[i] && n < NAMES_MAX; i++) {
		if (applets[i]->role == NULL || applets[i]->role->everywhere)
			continue;
		names[n++] = applets[i]->name;
		for (size_t k = 0; applets[i]->also && applets[i]->also[k] &&
				   n < NAMES_MAX; k++)
			names[n++] = applets[i]->also[k];
	}
	near = args_nearest(span_of(role), names, n);
	add(j, 0, false, near ? arena_printf(j->a,
		"roles: \"%s\" is not a role: did you mean \"%s\"?", role,
		near) : arena_printf(j->a,
		"roles: \"%s\" is not a role: `pm help setup` lists them",
		role));
}

/* The list of roles by itself: known, once each, not empty. */
static void judge_roles(struct judge *j)
{
	const struct wiring *w = j->w;

	if (w->nroles == 0)
		add(j, 0, false, "roles: the list is empty: name at least one "
			"role");
	for (size_t i = 0; i < w->nroles; i++) {
		const struct applet *a = plan_role(w->roles[i]);

		if (a == NULL)
			unknown_role(j, w->roles[i]);
		else if (a->role->everywhere)
			add(j, 0, false, arena_printf(j->a, "roles: \"%s\" "
				"runs on every appliance by itself: take it "
				"out", w->roles[i]));
		for (size_t k = 0; k < i; k++)
			if (strcmp(w->roles[k], w->roles[i]) == 0)
				add(j, 0, false, arena_printf(j->a, "roles: "
					"\"%s\" is there twice: take one out",
					w->roles[i]));
	}
}

static bool by_row(const struct plan_finding *a, const struct plan_finding *b)
{
	return a->row > b->row;
}

/* Few findings: insertion keeps those of one row in order. */
static void sort(struct judge *j)
{
	for (size_t i = 1; i < j->n; i++) {
		struct plan_finding f = j->findings[i];
		size_t k = i;

		for (; k > 0 && by_row(&j->findings[k - 1], &f); k--)
			j->findings[k] = j->findings[k - 1];
		j->findings[k] = f;
	}
}

size_t plan_judge(struct wiring *w, const struct plan_site *site,
	struct arena *a, struct plan_finding **findings_r, size_t *nfindings_r)
{
	struct judge j = { .w = w, .site = site, .a = a };

	judge_roles(&j);
	judge_brings(&j);
	for (size_t i = 0; applets[i]; i++) {
		const struct role *r = applets[i]->role;

		if (r == NULL)
			continue;
		for (const struct constraint *c = r->constraints; c->row; c++)
			judge_one(&j, applets[i], c);
	}
	sort(&j);
	*findings_r = j.findings;
	*nfindings_r = j.n;
	return j.errors;
}
