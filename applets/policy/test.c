/*
 * pm policy test: what would become of one message, told in full.
 */
#include "command.h"

#include "tool/keeper.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/args.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/netaddr.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "engine/engine.h"
#include "engine/explain.h"
#include "tool/published.h"

enum { TEST_ARENA = 512 << 20 };

/* An address that nobody has (RFC 5737): outside of every network. */
#define SOME_RELAY "203.0.113.1"

struct options {
	const char *from, *relay, *helo, *auth, *direction, *policy, *resolver,
		*clamd;
	struct args_list to;
	bool json, active;
};

/* What the worker judges with. */
struct policy_test {
	struct engine *engine;
	struct envelope env;
	bool json, active;
};

/* Whose mail goes where, when the options leave it open. */
static const struct direction {
	const char *name;
	bool relay_inside, to_inside;
} directions[] = {
	{ "inbound", false, true }, { "outbound", true, false },
	{ "internal", true, true },
};

static int find_direction(const char *name, const struct direction **d_r,
	struct err *e)
{
	for (size_t i = 0; i < 3; i++)
		if (name == NULL || strcmp(name, directions[i].name) == 0) {
			*d_r = &directions[i];
			return 0;
		}
	return err_set(e, ERR_PERMANENT, "--direction %s: is none; inbound, "
		"outbound or internal", name);
}

/* The session that the MTA would have told of. */
static int make_envelope(struct policy_test *t, const struct options *o,
	const struct bundle_settings *s, struct arena *a, struct err *e)
{
	const struct direction *d = NULL;
	struct envelope *env = &t->env;
	struct netaddr addr;

	if (find_direction(o->direction, &d, e) < 0)
		return -1;
	/* Without an address it is this host itself. */
	env->relay_addr = span_of(o->relay ? o->relay :
		d->relay_inside ? "" : SOME_RELAY);
	if (o->relay && !netaddr_parse(env->relay_addr, &addr))
		return err_set(e, ERR_PERMANENT, "--relay %s: is no IP "
			"address", o->relay);
	env->helo = span_of(o->helo ? o->helo : "");
	env->mail_from = span_of(o->from ? o->from : "");
	env->auth_user = span_of(o->auth ? o->auth : "");
	env->nrcpts = o->to.n;
	env->rcpts = arena_spans(a, o->to.v, o->to.n);
	if (env->nrcpts)
		return 0;
	env->nrcpts = 1;
	env->rcpts = arena_array(a, 1, sizeof(*env->rcpts));
	env->rcpts[0] = span_of(arena_printf(a, "postmaster@%.*s", SPAN_FMT(
		!d->to_inside ? SPAN("example.net") : s->ndomains ?
		s->domains[0] : SPAN("localhost"))));
	return 0;
}

/* What the filter judges by; the working folder stays. */
static int build_active(const struct bundle_settings *s, const char *root,
	struct arena *a, struct buf *record, struct err *e)
{
	uint64_t number;
	int before, result;

	if (root_enter(root, &before, e) < 0)
		return -1;
	result = published_build(s, a, record, &number, e);
	if (fchdir(before) < 0)
		result = err_errno(e, ERR_PERMANENT, "the working folder");
	close(before);
	return result;
}

/* dir: of the draft, or what the options say. */
static int load(struct policy_test *t, const char *dir, const char *root,
	const struct policy_site *site, struct arena *a, struct err *e)
{
	const struct bundle_settings *s = &site->settings;
	struct bundle *bundle = arena_alloc(a, sizeof(*bundle));
	struct buf *record = arena_alloc(a, sizeof(*record));

	if ((t->active ? build_active(s, root, a, record, e) :
	     bundle_build(s, dir, site->lists, record, e)) < 0 ||
	    bundle_open(buf_bytes(record), a, bundle, e) < 0)
		return -1;
	t->engine = engine_new(bundle, e);
	if (t->engine == NULL)
		return -1;
	engine_set_detail(t->engine, true);
	if (site->users.n)
		engine_set_userdata(t->engine, buf_bytes(&site->users));
	return 0;
}

/* The keeper lets one line through: tabs stand for its ends. */
static void put_lines(struct buf *line, struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		buf_byte(line, text.p[i] == '\n' ? '\t' : text.p[i]);
}

/* In the worker. */
static void judge(const void *self, struct span name, struct span message,
	struct ask *ask, struct arena *a, struct buf *line)
{
	const struct policy_test *t = self;
	struct buf text = { .arena = a };
	struct envelope env = t->env;
	struct id id = id_new();
	struct verdict v;

	env.id = span_of(id.text);
	env.received_ms = clock_wall_ms();
	engine_rehearse(t->engine, &env, message, ask,
		clock_ms() + TOOL_DEADLINE_MS, a, &v);
	if (t->json) {
		engine_explain_json(&v, &env, name, line);
		return;
	}
	explain_text(&v, &env, message, &text);
	put_lines(line, buf_bytes(&text));
}

static void print(struct buf *line, bool json)
{
	for (size_t i = 0; i < line->n && !json; i++)
		if (line->p[i] == '\t')
			line->p[i] = '\n';
	fwrite(line->p, 1, line->n, stdout);
	if (json)
		putchar('\n');
}

static int look(const struct policy_test *t, const struct tool *tool,
	const char *file, struct err *e)
{
	struct keeper keeper = tool_keeper(tool);
	struct buf message = { 0 }, line = { 0 };
	struct err why;
	int result = tool_slurp(file, &message, e);

	signal(SIGPIPE, SIG_IGN);
	if (result == 0 && tool_look(&keeper, file, buf_bytes(&message),
			&line, &why) < 0)
		result = err_set(e, why.class, "%s: %s", file, why.text);
	if (result == 0)
		print(&line, t->json);
	tool_end(&keeper);
	buf_free(&message);
	buf_free(&line);
	if (result == 0 && fflush(stdout) != 0)
		return err_errno(e, ERR_TEMPORARY, "standard output");
	return result;
}

static int run(const struct options *o, const struct args *args,
	struct arena *a, struct err *e)
{
	struct policy_test t = { .json = o->json, .active = o->active };
	struct tool tool = { .name = "policy", .root = args->root,
		.resolver = o->resolver, .virus = virus_set_of(o->clamd),
		.run = judge, .self = &t };
	struct policy_site site;
	const char *dir = o->policy;
	int result;

	if (o->active && o->policy)
		return err_set(e, ERR_PERMANENT, "--active or --policy: which "
			"of them?");
	if (policy_read_root(args->root, a, &site, e) < 0)
		return -1;
	if (o->resolver == NULL)
		tool.resolver = site.resolver;
	if (o->clamd == NULL)
		tool.virus = site.virus;
	if (dir == NULL && site.wired)
		dir = arena_printf(a, "%s/%s", args->root, ROOT_POLICY);
	site.settings.virus = tool.virus.n > 0;
	if (make_envelope(&t, o, &site.settings, a, e) < 0 ||
	    load(&t, dir, args->root, &site, a, e) < 0)
		return -1;
	result = look(&t, &tool, args->rest[0], e);
	engine_free(&t.engine);
	return result;
}

int policy_test_command(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "from", 0, ARGS_TEXT, &o.from },
		{ "to", 0, ARGS_LIST, &o.to },
		{ "relay", 0, ARGS_TEXT, &o.relay },
		{ "helo", 0, ARGS_TEXT, &o.helo },
		{ "auth", 0, ARGS_TEXT, &o.auth },
		{ "direction", 0, ARGS_TEXT, &o.direction },
		{ "policy", 0, ARGS_TEXT, &o.policy },
		{ "resolver", 0, ARGS_TEXT, &o.resolver },
		{ "clamd", 0, ARGS_TEXT, &o.clamd },
		{ "json", 0, ARGS_FLAG, &o.json },
		{ "active", 0, ARGS_FLAG, &o.active },
		{ 0 },
	};
	struct arena *a;
	struct args args;
	struct err e;
	int result;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("policy", &e);
	if (args.n != 1) {
		fputs("pm policy: which message? usage: pm policy test FILE "
			"(- is standard input)\n", stderr);
		return EXIT_USAGE;
	}
	a = arena_new("policy", TEST_ARENA);
	result = run(&o, &args, a, &e);
	arena_free(&a);
	return result < 0 ? err_report("policy", &e) : EXIT_DONE;
}
