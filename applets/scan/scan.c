/*
 * pm scan: the whole judgement of message files, without an MTA.
 */
#include "tool/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/io.h"
#include "base/json.h"
#include "base/netaddr.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "engine/engine.h"
#include "tool/dnskeys.h"
#include "tool/engines.h"
#include "tool/feedback.h"
#include "tool/update.h"
#include "tool/published.h"

enum { SITE_ARENA = 512 << 20, SITE_PATH = 4096 };

/* An address that nobody has (RFC 5737): outside of every network. */
#define SOME_RELAY "203.0.113.1"

struct options {
	const char *ip, *helo, *from, *resolver, *dir, *policy, *clamd;
	struct args_list rcpts;
	bool json, active, draft;
};

/* What the worker judges with. */
struct scan {
	struct engine *engine;
	const char *root;
	const char *resolver;		/* NULL: the host's */
	struct virus_set virus;
	bool json;
	struct envelope env;		/* without what is new each time */
};

/* A run over all files. */
struct job {
	struct keeper keeper;
	bool json, bad;
};

/* --- the site ------------------------------------------------------------ */

/* The root's wiring, and what is in force there. */
struct site {
	struct wiring w;
	struct bundle_settings settings;
	struct buf active;	/* empty: a draft judges */
	uint64_t generation;	/* of that */
	struct buf users;	/* what users have set; empty: nothing */
	bool wired;
};

static void read_settings(const struct wiring *w, struct arena *a,
	struct bundle_settings *s)
{
	const char *why;

	s->networks = arena_spans(a, w->networks, w->nnetworks);
	s->nnetworks = w->nnetworks;
	s->domains = arena_spans(a, w->domains, w->ndomains);
	s->ndomains = w->ndomains;
	s->authserv = arena_span(a, span_of(w->site ? w->site : "localhost"));
	s->answers = arena_span(a, span_of(w->enduser_reply));
	s->feedback = feedback_read(a, &why);
	if (why)
		fprintf(stderr, "pm scan: %s\n", why);
	s->dns_keys = dnskeys_read(a, &why);
	if (why)
		fprintf(stderr, "pm scan: %s\n", why);
	update_settings(a, s, &why);
	if (why)
		fprintf(stderr, "pm scan: %s\n", why);
}

/* Drafts: of the option, of the root, of the executable. */
static int build_draft(const struct scan *scan, const struct options *o,
	const struct site *site, struct arena *a, struct buf *record,
	struct err *e)
{
	const char *policy = arena_printf(a, "%s/%s", scan->root,
		ROOT_POLICY);
	const char *lists = arena_printf(a, "%s/%s", scan->root, ROOT_LISTS);

	if (o->policy)
		policy = o->policy;
	else if (!site->wired)
		policy = NULL;
	return bundle_build(&site->settings, policy,
		site->wired ? lists : NULL, record, e);
}

/* The filter judges by generations; where there is none, by what would be. */
static int load_engine(struct scan *scan, const struct options *o,
	const struct site *site, struct arena *a, struct err *e)
{
	struct bundle *bundle = arena_alloc(a, sizeof(*bundle));
	struct buf *record = arena_alloc(a, sizeof(*record));

	if (site->active.n)
		*record = site->active;
	else if (build_draft(scan, o, site, a, record, e) < 0)
		return -1;
	if (bundle_open(buf_bytes(record), a, bundle, e) < 0)
		return -1;
	scan->engine = engine_new(bundle, e);
	if (scan->engine == NULL)
		return -1;
	engine_set_detail(scan->engine, o->json);
	if (site->users.n)
		engine_set_userdata(scan->engine, buf_bytes(&site->users));
	return 0;
}

/* Of a root without a wiring (a developer's) nothing. */
static int read_site(struct scan *scan, const struct options *o,
	struct arena *a, struct site *site, struct err *e)
{
	struct wiring *w = &site->w;

	site->wired = access(ROOT_WIRING, F_OK) == 0;
	if (site->wired && wiring_load(a, w, e) < 0)
		return -1;
	scan->resolver = o->resolver ? o->resolver : w->resolver;
	scan->virus = o->clamd ? virus_set_of(o->clamd) : engines_wired(w);
	read_settings(w, a, &site->settings);
	site->users.arena = a;
	if (published_users(&site->users, e) < 0)
		return -1;
	site->settings.virus = scan->virus.n > 0;
	if (!o->active && (o->draft || o->policy || !site->wired))
		return 0;
	if (!o->active && (generation_active(&site->generation, e) < 0 ||
	    site->generation == 0))
		return site->generation == 0 ? 0 : -1;
	return published_build(&site->settings, a, &site->active,
		&site->generation, e);
}

/* What judges: an answer is worth nothing without it. */
static void tell_policy(const struct scan *scan, const struct options *o,
	const struct site *site)
{
	/* With --json each object says it. */
	if (site->wired && o->json)
		return;
	if (site->active.n)
		fprintf(stderr, "pm scan: judging by generation %llu, which is "
			"active\n", (unsigned long long)site->generation);
	else if (o->policy == NULL && site->wired)
		fprintf(stderr, "pm scan: judging by the draft%s\n",
			o->draft ? "" : ": nothing is published");
	else if (o->policy == NULL)
		fprintf(stderr, "pm scan: no %s below %s: judging with the "
			"policy that is in this executable\n", ROOT_WIRING,
			scan->root);
}

/* The session that the MTA would have told of. */
static int make_envelope(struct envelope *env, const struct options *o,
	const struct wiring *w, struct arena *a, struct err *e)
{
	struct netaddr addr;

	env->relay_addr = span_of(o->ip ? o->ip : SOME_RELAY);
	if (!netaddr_parse(env->relay_addr, &addr))
		return err_set(e, ERR_PERMANENT, "--ip %s: is no IP address",
			o->ip);
	env->helo = span_of(o->helo ? o->helo : "");
	env->mail_from = span_of(o->from ? o->from : "");
	env->nrcpts = o->rcpts.n;
	env->rcpts = arena_spans(a, o->rcpts.v, o->rcpts.n);
	if (env->nrcpts)
		return 0;
	env->nrcpts = 1;
	env->rcpts = arena_array(a, 1, sizeof(*env->rcpts));
	env->rcpts[0] = span_of(arena_printf(a, "postmaster@%s",
		w->ndomains ? w->domains[0] : "localhost"));
	return 0;
}

/* Comes back to the folder we were called in. */
static int prepare(struct scan *scan, const struct options *o,
	struct arena *a, struct err *e)
{
	struct site site = { .wired = false };
	int before;

	if (o->active + o->draft + (o->policy != NULL) > 1)
		return err_set(e, ERR_PERMANENT, "--active, --draft or "
			"--policy: which of them?");
	if (root_enter(scan->root, &before, e) < 0 ||
	    read_site(scan, o, a, &site, e) < 0)
		return -1;
	if (fchdir(before) < 0)
		return err_errno(e, ERR_PERMANENT, "the working folder");
	close(before);
	scan->json = o->json;
	if (make_envelope(&scan->env, o, &site.w, a, e) < 0 ||
	    load_engine(scan, o, &site, a, e) < 0)
		return -1;
	tell_policy(scan, o, &site);
	return 0;
}

/* --- the files ----------------------------------------------------------- */

/* A file without a judgement: told, and the others go on. */
static void fail(struct job *job, const char *name, const char *why)
{
	struct json *o;
	struct buf line = { 0 };

	job->bad = true;
	fflush(stdout);
	fprintf(stderr, "pm scan: %s\n", why);
	if (!job->json)
		return;
	o = json_new_object();
	json_put_text(o, "file", span_of(name));
	json_put_text(o, "error", span_of(why));
	json_write(o, &line);
	json_free(&o);
	puts(buf_c(&line));
	buf_free(&line);
}

static void scan_file(struct job *job, const char *name)
{
	struct buf message = { 0 }, line = { 0 };
	struct err e, told;

	if (tool_slurp(name, &message, &e) < 0) {
		fail(job, name, e.text);
	} else if (tool_look(&job->keeper, name, buf_bytes(&message),
			&line, &e) < 0) {
		err_set(&told, ERR_PERMANENT, "%s: %s", name, e.text);
		fail(job, name, told.text);
	} else {
		puts(buf_c(&line));
	}
	buf_free(&message);
	buf_free(&line);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Every regular file below a folder, in name order. */
static void scan_folder(struct job *job, const char *dir)
{
	char *roots[] = { (char *)(uintptr_t)dir, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	struct err e;
	FTSENT *f;

	while (tree && (f = fts_read(tree))) {
		if (f->fts_info == FTS_F) {
			scan_file(job, f->fts_path);
		} else if (f->fts_info == FTS_DNR || f->fts_info == FTS_NS ||
			   f->fts_info == FTS_ERR) {
			errno = f->fts_errno;
			err_errno(&e, ERR_PERMANENT, "%s", f->fts_path);
			fail(job, f->fts_path, e.text);
		}
	}
	if (tree)
		fts_close(tree);
}

/* In the worker. */
static void judge(const void *self, struct span name, struct span message,
	struct ask *ask, struct arena *a, struct buf *line)
{
	const struct scan *scan = self;
	struct envelope env = scan->env;
	struct id id = id_new();
	struct verdict v;

	env.id = span_of(id.text);
	env.received_ms = clock_wall_ms();
	engine_rehearse(scan->engine, &env, message, ask,
		clock_ms() + TOOL_DEADLINE_MS, a, &v);
	if (scan->json)
		engine_explain_json(&v, &env, name, line);
	else
		engine_explain_line(&v, name, line);
}

static int scan_all(const struct scan *scan, const struct args *args,
	const struct options *o)
{
	const struct tool tool = { .name = "scan", .root = scan->root,
		.resolver = scan->resolver, .virus = scan->virus,
		.run = judge, .self = scan };
	struct job job = { .keeper = tool_keeper(&tool), .json = o->json };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < args->n; i++)
		scan_file(&job, args->rest[i]);
	if (o->dir)
		scan_folder(&job, o->dir);
	tool_end(&job.keeper);
	if (fflush(stdout) != 0) {
		perror("pm scan: standard output");
		return EXIT_LATER;
	}
	return job.bad ? EXIT_USAGE : EXIT_DONE;
}

static int scan_main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &o.json },
		{ "active", 0, ARGS_FLAG, &o.active },
		{ "draft", 0, ARGS_FLAG, &o.draft },
		{ "ip", 0, ARGS_TEXT, &o.ip },
		{ "helo", 0, ARGS_TEXT, &o.helo },
		{ "from", 0, ARGS_TEXT, &o.from },
		{ "rcpt", 0, ARGS_LIST, &o.rcpts },
		{ "resolver", 0, ARGS_TEXT, &o.resolver },
		{ "dir", 0, ARGS_TEXT, &o.dir },
		{ "policy", 0, ARGS_TEXT, &o.policy },
		{ "clamd", 0, ARGS_TEXT, &o.clamd },
		{ 0 },
	};
	struct scan scan = { 0 };
	struct arena *a;
	struct args args;
	struct err e;
	int code;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("scan", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "scan", NULL });
	if (args.n == 0 && o.dir == NULL) {
		fputs("pm scan: which message? usage: pm scan FILE...\n",
			stderr);
		return EXIT_USAGE;
	}
	a = arena_new("scan", SITE_ARENA);
	scan.root = args.root;
	if (prepare(&scan, &o, a, &e) < 0)
		code = err_report("scan", &e);
	else
		code = scan_all(&scan, &args, &o);
	engine_free(&scan.engine);
	arena_free(&a);
	return code;
}

const struct applet scan_applet = {
	.name = "scan",
	.summary = "judges message files as the filter would",
	.help =
		"usage: pm scan FILE... [--dir FOLDER] [--json] [options]\n"
		"\n"
		"Judges each message as the mail filter would, and prints a\n"
		"line with tabs between: file, action, reason, spam\n"
		"probability, hits. With --json one JSON object a line:\n"
		"file, action, reason, trace (of the most severe recipient),\n"
		"score (1/1000 logit), probability, hits, auth, parts, urls,\n"
		"flags, lists, recipients. Nothing is delivered or kept.\n"
		"\n"
		"  --dir FOLDER     also every file below it\n"
		"  --ip ADDRESS     the relay; default 203.0.113.1 (outside)\n"
		"  --helo NAME      what it called itself\n"
		"  --from ADDRESS   envelope sender; default: the null sender\n"
		"  --rcpt ADDRESS   a recipient, may be given again; default\n"
		"                   postmaster of the first domain\n"
		"  --active         by the generation that is in force\n"
		"  --draft          by the draft in etc/pm of the root\n"
		"  --policy FOLDER  by drafts that are somewhere else\n"
		"  --resolver A:P   DNS server; default: of the wiring, the\n"
		"                   host's\n"
		"  --clamd WHERE    virus engine, unix:PATH (below the root\n"
		"                   unless absolute) or inet:ADDRESS:PORT;\n"
		"                   default: of the wiring\n"
		"\n"
		"FILE - is standard input. A file with LF line ends is taken\n"
		"as its form on the wire (CRLF); a first line \"From \" of an\n"
		"mbox is passed over.\n"
		"Without --active, --draft and --policy what is in force\n"
		"judges; where nothing is published, the draft; without a\n"
		"wiring file below the root, the policy of the executable.\n"
		"It is told on stderr which one, and in the JSON (policy).\n"
		"Exit codes: 0 all judged, whatever the answer; 2 wrong\n"
		"usage, or a file could not be judged (told on stderr, and\n"
		"with --json as {\"file\", \"error\"}); 3 try again.\n",
	.main = scan_main,
};
