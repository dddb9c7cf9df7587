/*
 * pm auth: who sent it? Asks the DNS as the filter does, of one message.
 */
#include "auth.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/netaddr.h"
#include "base/root.h"
#include "conf/wiring.h"

enum { AUTH_ARENA = 64 << 20 };

struct options {
	const char *ip, *helo, *from, *resolver;
	long long time;
	bool json;
};

static const char *const method_names[] = { "spf", "dkim", "dmarc", "arc",
	NULL };

/* The method of argument one; 0 and *e. */
static unsigned method_of(const struct args *args, struct err *e)
{
	const char *near;

	if (args->n == 0) {
		err_set(e, ERR_PERMANENT, "what? usage: pm auth "
			"spf|dkim|dmarc|arc, see pm help auth");
		return 0;
	}
	for (unsigned i = 0; method_names[i]; i++)
		if (strcmp(args->rest[0], method_names[i]) == 0)
			return 1u << i;
	near = args_nearest(span_of(args->rest[0]), method_names, 2);
	err_set(e, ERR_PERMANENT, "\"%s\" is no method; %s%s%s",
		args->rest[0], near ? "did you mean \"" : "spf, dkim, dmarc "
		"or arc", near ? near : "", near ? "\"?" : "");
	return 0;
}

/* Which argument and options a method wants; one line when they are wrong. */
static int check_usage(unsigned method, const struct options *o,
	const struct args *args, struct err *e)
{
	const char *name = args->rest[0];

	if (method == AUTH_SPF && args->n > 1)
		return err_set(e, ERR_PERMANENT, "spf looks at no message: "
			"leave out %s", args->rest[1]);
	if (method != AUTH_SPF && args->n != 2)
		return err_set(e, ERR_PERMANENT, "%s wants one message: pm "
			"auth %s FILE", name, name);
	if (method & (AUTH_SPF | AUTH_DMARC) && o->ip == NULL)
		return err_set(e, ERR_PERMANENT, "%s wants the relay: --ip "
			"ADDRESS", name);
	return 0;
}

static int make_job(struct auth_job *job, const struct options *o,
	struct err *e)
{
	struct netaddr addr;

	job->json = o->json;
	job->env.relay_addr = span_of(o->ip ? o->ip : "");
	if (o->ip && !netaddr_parse(job->env.relay_addr, &addr))
		return err_set(e, ERR_PERMANENT, "--ip %s: is no IP address",
			o->ip);
	job->env.helo = span_of(o->helo ? o->helo : "");
	job->env.mail_from = span_of(o->from ? o->from : "");
	job->env.received_ms = o->time >= 0 ? o->time * 1000 :
		clock_wall_ms();
	job->receiver = SPAN("unknown");
	return 0;
}

/* Resolver and name of the root, where there is a wiring. */
static int read_site(struct auth_job *job, struct tool *tool,
	struct arena *a, struct err *e)
{
	struct wiring w = { 0 };
	int before;

	if (root_enter(tool->root, &before, e) < 0)
		return -1;
	if (access(ROOT_WIRING, F_OK) == 0) {
		if (wiring_load(a, &w, e) < 0)
			return -1;
		job->receiver = span_of(w.site);
	}
	if (fchdir(before) < 0)
		return err_errno(e, ERR_PERMANENT, "the working folder");
	close(before);
	if (tool->resolver == NULL)
		tool->resolver = w.resolver;
	return 0;
}

static int answer_file(const struct tool *tool, const char *file,
	struct err *e)
{
	struct keeper keeper = tool_keeper(tool);
	struct buf message = { 0 }, line = { 0 };
	int result = file ? tool_slurp(file, &message, e) : 0;

	signal(SIGPIPE, SIG_IGN);
	if (result == 0)
		result = tool_look(&keeper, file ? file : "",
			buf_bytes(&message), &line, e);
	if (result == 0)
		puts(buf_c(&line));
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
	struct auth_job job = { .method = method_of(args, e) };
	struct tool tool = { .name = "auth", .root = args->root,
		.resolver = o->resolver, .run = answer_run, .self = &job };

	if (job.method == 0 || check_usage(job.method, o, args, e) < 0 ||
	    make_job(&job, o, e) < 0 || read_site(&job, &tool, a, e) < 0)
		return -1;
	return answer_file(&tool, args->n > 1 ? args->rest[1] : NULL, e);
}

static int auth_main(int argc, char **argv)
{
	struct options o = { .time = -1 };
	const struct args_option options[] = {
		{ "ip", 0, ARGS_TEXT, &o.ip },
		{ "helo", 0, ARGS_TEXT, &o.helo },
		{ "from", 0, ARGS_TEXT, &o.from },
		{ "resolver", 0, ARGS_TEXT, &o.resolver },
		{ "time", 0, ARGS_NUMBER, &o.time },
		{ "json", 0, ARGS_FLAG, &o.json },
		{ 0 },
	};
	struct arena *a;
	struct args args;
	struct err e;
	int result;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("auth", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "auth", NULL });
	a = arena_new("auth", AUTH_ARENA);
	result = run(&o, &args, a, &e);
	arena_free(&a);
	return result < 0 ? err_report("auth", &e) : EXIT_DONE;
}

const struct applet auth_applet = {
	.name = "auth",
	.summary = "who sent it: SPF, DKIM, DMARC, ARC of one message",
	.help =
		"usage: pm auth spf --ip ADDRESS [--helo NAME]\n"
		"           [--from SENDER]\n"
		"       pm auth dkim FILE\n"
		"       pm auth dmarc FILE --ip ADDRESS [--helo NAME]\n"
		"           [--from SENDER]\n"
		"       pm auth arc FILE\n"
		"\n"
		"Finds out what the filter would, and prints a line with a\n"
		"tab between: result (RFC 8601: none, pass, fail, softfail,\n"
		"neutral, policy, temperror, permerror) and explanation. With\n"
		"--json one object: result, explanation, lookups (of SPF the\n"
		"terms that count, RFC 7208 section 4.6.4; else the questions\n"
		"put to the DNS) and what else is known.\n"
		"\n"
		"  --ip ADDRESS     the relay, taken as one from outside\n"
		"  --helo NAME      what it called itself\n"
		"  --from SENDER    envelope sender; default: the null sender\n"
		"  --resolver A:P   DNS server; default: of the wiring, the\n"
		"                   host's\n"
		"  --time SECONDS   since 1970: judge as of then; default now\n"
		"\n"
		"FILE - is standard input. A file with LF line ends is taken\n"
		"as its form on the wire (CRLF).\n"
		"Exit codes: 0 there is a result, whatever it is; 2 wrong\n"
		"usage, or no message; 3 try again.\n",
	.main = auth_main,
};
