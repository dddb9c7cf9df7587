/*
 * pm csm: the Centralized Server Manager. Its processes are in files of their
 * own; this is the role's record, and `pm csm password`.
 */
#include <stdio.h>

#include "base/args.h"
#include "conf/wiring.h"
#include "csm.h"
#include "role/life.h"
#include "web/first_login.h"

enum { WIRING_MEMORY = 16 << 20, PASSWORD_WORDS = 2, NAME_MAX_BYTES = 63 };

static const struct process csm_processes[] = {
	{
		.name = "login", .run = login_run,
		.user = "pm-login",
		.ready_ms = 15000, .stop_ms = 3000,
		.without = "nobody can log in to the administrators' pages; "
			"mail is not affected",
	}, {
		.name = "viewer", .run = viewer_run,
		.user = "pm-view", .groups = "pm-body",
		.ready_ms = 5000, .stop_ms = 3000,
		.without = "pages cannot show what is in a message; mail is "
			"not affected",
	}, {
		.name = "web", .run = web_run,
		.user = "pm-csm",
		.ready_ms = 15000, .stop_ms = 5000,
		.without = "the administrators' pages are away; mail is not "
			"affected",
	},
	{ 0 },
};

extern const struct applet csm_applet;

static const struct listener csm_listeners[] = {
	{ "web", "18080" },
	{ 0 },
};

static const struct constraint csm_constraints[] = {
	{
		.row = 1, .kind = CONSTRAINT_TOGETHER, .other = "db",
		.why = "the Centralized Server Manager keeps everything in "
			"the Database Server",
		.remedy = "add \"db\" to roles, or name a database elsewhere "
			"(db.connection), or take out \"csm\"",
	}, {
		.row = 2, .kind = CONSTRAINT_BEFORE, .other = "*",
		.many_only = true,
		.why = "the Centralized Server Manager must answer before "
			"another appliance can be set up",
		.remedy = "set up and start the CSM's appliance first, or "
			"correct csm",
	}, {
		.row = 3, .kind = CONSTRAINT_BEFORE, .other = "filter",
		.many_only = true,
		.why = "a Mail Filter takes its policy from the Centralized "
			"Server Manager and its database, which must exist "
			"first",
		.remedy = "set up and start the appliance with csm and db "
			"first",
	}, {
		.row = 4, .kind = CONSTRAINT_BRINGS, .other = "mta",
		.many_only = true,
		.why = "the Centralized Server Manager of many appliances "
			"sends digests and notices itself",
		.remedy = "added \"mta\" to roles",
	},
	{ 0 },
};

static const struct role csm_role = {
	.title = "Centralized Server Manager",
	.built = true,
	.processes = csm_processes,
	.listeners = csm_listeners,
	.constraints = csm_constraints,
	.restart = { .threshold_s = 2, .delay_s = 1, .retries = 10 },
};

/* The form that table account has for names. */
static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!alnum && (i == 0 || (c != '.' && c != '_' && c != '-')))
			return false;
	}
	return s.n && s.n <= NAME_MAX_BYTES;
}

/* pm csm password [NAME] [--root DIR] */
static int csm_password(const struct args *args)
{
	const char *name = args->n == PASSWORD_WORDS ? args->rest[1] : "admin";
	struct arena *a;
	struct wiring w;
	struct err e;
	int code = EXIT_DONE;

	if (!is_name(span_of(name)))
		return err_report("csm", (err_set(&e, ERR_PERMANENT, "%s: a "
			"name has up to 63 small letters, digits, '.', '_' "
			"and '-', and begins with one of the first two",
			name), &e));
	a = arena_new("wiring", WIRING_MEMORY);
	if (root_enter(args->root, NULL, &e) < 0 ||
	    wiring_load(a, &w, &e) < 0 ||
	    first_login_offer(name, w.web_csm, &e) < 0)
		code = err_report("csm", &e);
	arena_free(&a);
	return code;
}

static int csm_main(int argc, char **argv)
{
	const struct process *p;
	struct args args;
	struct err e;
	int code;

	if (args_parse(argc, argv, NULL, &args, &e) < 0)
		return err_report("csm", &e);
	if (!args.help && args.n && args.n <= PASSWORD_WORDS &&
	    span_is(span_of(args.rest[0]), "password"))
		return csm_password(&args);
	if (life_begin(&csm_applet, argc, argv, &p, &code) < 0)
		return code;
	return p->run(p);
}

const struct applet csm_applet = {
	.name = "csm",
	.summary = "the administrators' pages",
	.help =
		"usage: pm csm password [NAME] [--root DIR]\n"
		"       pm csm PROCESS [--root DIR]\n"
		"\n"
		"The Centralized Server Manager: the administrators' pages on\n"
		"port 18080 (web.csm in the wiring), always over TLS, with a\n"
		"self-signed certificate made at the first start in\n"
		"etc/pm/web (put your own there instead). Mail never waits\n"
		"for it. Normally `pm supervise` starts its processes:\n"
		"\n"
		"  web     answers browsers; has no key and parses no mail\n"
		"  login   checks passwords and makes sessions\n"
		"  viewer  opens messages of the quarantine and has them\n"
		"          read in a sandbox, for previews\n"
		"\n"
		"The first administrator is \"admin\", with the one-time\n"
		"password that `pm setup` prints. password, for root, prints\n"
		"a new one for NAME (\"admin\"), good for one log-in within\n"
		"seven days, after which a password must be chosen; the old\n"
		"password holds until then.\n"
		"\n"
		"Five wrong passwords for a name, or twenty from one address,\n"
		"within ten minutes make both wait for the rest of them; who\n"
		"logged in from there before is not locked out by others.\n",
	.main = csm_main,
	.role = &csm_role,
};
