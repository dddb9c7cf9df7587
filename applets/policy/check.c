/*
 * pm policy check: reads a draft, loads it as the filter would, and asks its
 * rules; tells all that is wrong with it at once.
 */
#include "check.h"
#include "command.h"

#include <stdio.h>
#include <unistd.h>

#include "base/args.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "tool/engines.h"
#include "tool/published.h"
#include "tool/update.h"

enum { POLICY_ARENA = 512 << 20 };

/* The settings and lists of the root; the working folder stays. */
int policy_read_root(const char *root, struct arena *a,
	struct policy_site *site_r, struct err *e)
{
	struct bundle_settings *s = &site_r->settings;
	struct wiring w = { 0 };
	const char *why;
	int before, result = 0;

	*site_r = (struct policy_site){ 0 };
	if (root_enter(root, &before, e) < 0)
		return -1;
	site_r->wired = access(ROOT_WIRING, F_OK) == 0;
	if (site_r->wired)
		result = wiring_load(a, &w, e);
	if (access(ROOT_LISTS, F_OK) == 0)
		site_r->lists = arena_printf(a, "%s/%s", root, ROOT_LISTS);
	site_r->resolver = w.resolver;
	site_r->virus = engines_wired(&w);
	s->networks = arena_spans(a, w.networks, w.nnetworks);
	s->nnetworks = w.nnetworks;
	s->domains = arena_spans(a, w.domains, w.ndomains);
	s->ndomains = w.ndomains;
	s->authserv = arena_span(a, span_of(w.site ? w.site : "localhost"));
	s->answers = arena_span(a, span_of(w.enduser_reply));
	s->virus = site_r->virus.n > 0;
	update_settings(a, s, &why);
	if (why)
		fprintf(stderr, "pm policy: %s\n", why);
	site_r->users.arena = a;
	if (result == 0)
		result = published_users(&site_r->users, e);
	if (fchdir(before) < 0)
		result = err_errno(e, ERR_PERMANENT, "the working folder");
	close(before);
	return result;
}

/* A file that is no Lua at all: reading it would only guess. */
static bool is_broken(const char *said)
{
	struct span s = span_of(said);

	return span_find(s, SPAN(" near ")) != SIZE_MAX ||
		span_find(s, SPAN("overflow")) != SIZE_MAX ||
		span_find(s, SPAN("compiled Lua")) != SIZE_MAX;
}

/* One file: reads it, and loads it alone. False: it does not load. */
static bool check_file(const struct bundle *all,
	const struct bundle_file *file, const struct vocabulary *v,
	struct seen *seen, struct findings *f)
{
	struct bundle one = *all;
	struct bundle_file copy = *file;
	struct engine *en;
	struct err e;
	bool loads;

	one.policy = &copy;
	one.npolicy = 1;
	en = engine_new(&one, &e);
	loads = en != NULL;
	engine_free(&en);
	if (loads || !is_broken(e.text))
		check_read(all, file, v, seen, f);
	if (!loads)
		findings_add_said(f, e.text);
	return loads;
}

/* The files that load, together, and asked about sample mail. */
static void check_together(const struct bundle *good,
	const struct bundle_settings *s, struct arena *a, struct findings *f,
	size_t *policies_r, size_t *rules_r)
{
	struct err e;
	struct engine *en = engine_new(good, &e);

	if (en == NULL) {
		findings_add_said(f, e.text);
		return;
	}
	engine_count(en, policies_r, rules_r);
	check_rehearse(en, s, a, f);
	engine_free(&en);
}

static struct seen new_seen(struct arena *a)
{
	struct seen s = { .arena = a };

	s.policies = arena_array(a, SEEN_MAX, sizeof(*s.policies));
	s.rules = arena_array(a, SEEN_MAX, sizeof(*s.rules));
	s.declared = arena_array(a, SEEN_MAX, sizeof(*s.declared));
	s.asked = arena_array(a, SEEN_MAX, sizeof(*s.asked));
	s.options = arena_array(a, SEEN_MAX, sizeof(*s.options));
	return s;
}

/* All that is wrong or odd with the files of a bundle. */
static int check_bundle(const struct bundle *bundle,
	const struct bundle_settings *s, struct arena *a, struct findings *f,
	size_t *policies_r, size_t *rules_r, struct err *e)
{
	struct bundle good = *bundle;
	struct seen seen = new_seen(a);
	struct vocabulary v;

	if (vocabulary_make(a, &v, e) < 0)
		return -1;
	good.policy = arena_array(a, bundle->npolicy, sizeof(*good.policy));
	good.npolicy = 0;
	for (size_t i = 0; i < bundle->npolicy; i++)
		if (check_file(bundle, &bundle->policy[i], &v, &seen, f))
			good.policy[good.npolicy++] = bundle->policy[i];
	check_order(&seen, f);
	/* A file that was not read may be the one that reads it. */
	if (good.npolicy == bundle->npolicy)
		check_options(bundle, &seen, f);
	check_together(&good, s, a, f, policies_r, rules_r);
	return 0;
}

int policy_check_sources(const struct bundle_settings *s,
	const struct bundle_sources *from, struct arena *a, size_t *errors_r,
	struct err *e)
{
	struct bundle_settings with_virus = *s;
	struct findings f = { .arena = a };
	struct buf record = { .arena = a };
	struct bundle bundle;
	size_t policies, rules;

	with_virus.virus = true;
	if (bundle_build_from(&with_virus, from, &record, e) < 0 ||
	    bundle_open(buf_bytes(&record), a, &bundle, e) < 0 ||
	    check_bundle(&bundle, &with_virus, a, &f, &policies, &rules,
			e) < 0)
		return -1;
	findings_print(&f);
	*errors_r = f.errors;
	return 0;
}

static int check(const char *root, const char *dir, bool verbose,
	struct arena *a, struct findings *f, struct err *e)
{
	struct policy_site site;
	struct buf record = { .arena = a };
	struct bundle bundle;
	size_t policies = 0, rules = 0;

	if (policy_read_root(root, a, &site, e) < 0)
		return -1;
	if (dir == NULL)
		dir = arena_printf(a, "%s/%s", root, ROOT_POLICY);
	/* The rehearsal has an engine, so that rules about it are asked. */
	site.settings.virus = true;
	if (bundle_build(&site.settings, dir, site.lists, &record, e) < 0 ||
	    bundle_open(buf_bytes(&record), a, &bundle, e) < 0 ||
	    check_bundle(&bundle, &site.settings, a, f, &policies, &rules,
			e) < 0)
		return -1;
	findings_print(f);
	if (f->errors == 0)
		printf("ok: %zu %s, %zu %s\n", policies,
			policies == 1 ? "policy" : "policies", rules,
			rules == 1 ? "rule" : "rules");
	return verbose && f->errors == 0 ? check_cover(&bundle,
		&site.settings, dir, a, e) : 0;
}

int policy_check_command(int argc, char **argv)
{
	bool verbose = false;
	const struct args_option options[] = {
		{ "verbose", 'v', ARGS_FLAG, &verbose },
		{ 0 },
	};
	struct findings f = { 0 };
	struct args args;
	struct arena *a;
	struct err e;
	int code = EXIT_DONE;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n > 1) {
		fprintf(stderr, "pm policy: usage: pm policy check "
			"[FOLDER] [--verbose]\n");
		return EXIT_USAGE;
	}
	a = arena_new("policy", POLICY_ARENA);
	f.arena = a;
	if (check(args.root, args.n ? args.rest[0] : NULL, verbose, a, &f,
		&e) < 0)
		code = err_report("policy", &e);
	else if (f.errors)
		code = EXIT_USAGE;
	arena_free(&a);
	return code;
}
