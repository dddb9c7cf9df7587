/*
 * pm policy check: loads a draft as the filter would, and asks its rules.
 */
#include "command.h"

#include <stdio.h>
#include <unistd.h>

#include "base/args.h"
#include "base/clock.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "engine/engine.h"

enum { POLICY_ARENA = 64 << 20, REHEARSAL_MS = 5000 };

/* The settings and lists of the root; the working folder stays. */
int policy_read_root(const char *root, struct arena *a,
	struct policy_site *site_r, struct err *e)
{
	struct bundle_settings *s = &site_r->settings;
	struct wiring w = { 0 };
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
	site_r->clamd = w.filter.clamd;
	s->networks = arena_spans(a, w.networks, w.nnetworks);
	s->nnetworks = w.nnetworks;
	s->domains = arena_spans(a, w.domains, w.ndomains);
	s->ndomains = w.ndomains;
	s->authserv = arena_span(a, span_of(w.site ? w.site : "localhost"));
	s->virus = w.filter.clamd != NULL;
	if (fchdir(before) < 0)
		result = err_errno(e, ERR_PERMANENT, "the working folder");
	close(before);
	return result;
}

/* A world that knows no records and no viruses. */
static void send_no(void *self, struct question *q, struct arena *a)
{
	(void)self;
	(void)a;
	q->state = ASK_NO;
}

static void collect_nothing(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
}

static bool wait_for_nothing(void *self, int64_t deadline_ms)
{
	(void)self;
	(void)deadline_ms;
	return false;
}

static const struct ask quiet_world = { NULL, send_no, collect_nothing,
	wait_for_nothing };

/*
 * Runs every rule that an ordinary mail meets, from outside and from inside:
 * a misspelt word shows here and not at the first mail.
 */
static int rehearse(struct engine *en, const struct bundle_settings *s,
	const char *relay, struct arena *a, struct err *e)
{
	struct span rcpt = span_of(arena_printf(a, "user@%.*s",
		SPAN_FMT(s->ndomains ? s->domains[0] : SPAN("example.org"))));
	struct envelope env = {
		.relay_addr = span_of(relay), .helo = SPAN("client.example"),
		.mail_from = SPAN("sender@example.net"),
		.rcpts = &rcpt, .nrcpts = 1,
	};
	int64_t deadline = clock_ms() + REHEARSAL_MS;
	struct stage_answer answer;
	struct verdict v;

	for (unsigned stage = 0; stage < STAGE_N; stage++) {
		engine_stage(en, (enum engine_stage)stage, &env, &quiet_world,
			deadline, a, &answer);
		if (answer.failed)
			return err_set(e, ERR_PERMANENT, "%.*s",
				SPAN_FMT(answer.rule));
	}
	engine_judge(en, &env, SPAN("From: <sender@example.net>\r\n"
		"Subject: rehearsal\r\n\r\nHello.\r\n"), &quiet_world,
		deadline, a, &v);
	return v.failed ? err_set(e, ERR_PERMANENT, "%.*s",
		SPAN_FMT(v.failure)) : 0;
}

static int check(const char *root, const char *dir, struct arena *a,
	struct err *e)
{
	struct policy_site site;
	const struct bundle_settings *s = &site.settings;
	struct buf record = { .arena = a };
	struct bundle bundle;
	struct engine *engine;
	size_t policies, rules;

	if (policy_read_root(root, a, &site, e) < 0)
		return -1;
	if (dir == NULL)
		dir = arena_printf(a, "%s/%s", root, ROOT_POLICY);
	if (bundle_build(s, dir, site.lists, &record, e) < 0 ||
	    bundle_open(buf_bytes(&record), a, &bundle, e) < 0)
		return -1;
	engine = engine_new(&bundle, e);
	if (engine == NULL)
		return -1;
	if (rehearse(engine, s, "203.0.113.1", a, e) < 0 ||
	    rehearse(engine, s, "127.0.0.1", a, e) < 0) {
		engine_free(&engine);
		return -1;
	}
	engine_count(engine, &policies, &rules);
	printf("ok: %zu %s, %zu %s\n", policies,
		policies == 1 ? "policy" : "policies", rules,
		rules == 1 ? "rule" : "rules");
	engine_free(&engine);
	return 0;
}

int policy_check_command(int argc, char **argv)
{
	struct args args;
	struct arena *a;
	struct err e;
	int code = EXIT_DONE;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n > 1) {
		fprintf(stderr, "pm policy: usage: pm policy check "
			"[FOLDER]\n");
		return EXIT_USAGE;
	}
	a = arena_new("policy", POLICY_ARENA);
	if (check(args.root, args.n ? args.rest[0] : NULL, a, &e) < 0)
		code = err_report("policy", &e);
	arena_free(&a);
	return code;
}
