/*
 * pm enduser: the End User web interface; in this version the pages that the
 * links of digests open. Its processes are in files of their own.
 */
#include "enduser.h"

#include "base/args.h"
#include "role/life.h"

static const struct process enduser_processes[] = {
	{
		.name = "links", .run = enduser_links_run,
		.user = "pm-link",
		.ready_ms = 15000, .stop_ms = 3000,
		.without = "the links of digests do nothing; mail is not "
			"affected",
	}, {
		.name = "web", .run = enduser_web_run,
		.user = "pm-eu",
		.ready_ms = 15000, .stop_ms = 5000,
		.without = "the links of digests cannot be opened; mail is "
			"not affected",
	},
	{ 0 },
};

static const struct listener enduser_listeners[] = {
	{ "web", "28443" },
	{ 0 },
};

static const struct constraint enduser_constraints[] = {
	{
		.row = 5, .kind = CONSTRAINT_TOGETHER, .other = "groups",
		.why = "the End User and Groups web interfaces come together",
		.remedy = "add \"groups\" to roles, or take out \"enduser\"",
	}, {
		.row = 10, .kind = CONSTRAINT_BESIDE, .warning = true,
		.other = "db", .mailboxes = 5000,
		.why = "the End User web interface of more than 5,000 "
			"mailboxes slows the Database Server beside it",
		.remedy = "put \"enduser\" and \"groups\" on another "
			"appliance",
	},
	{ 0 },
};

static const struct role enduser_role = {
	.title = "End User web interface",
	.built = true,
	.processes = enduser_processes,
	.listeners = enduser_listeners,
	.constraints = enduser_constraints,
	.restart = { .threshold_s = 2, .delay_s = 1, .retries = 10 },
};

extern const struct applet enduser_applet;

static int enduser_main(int argc, char **argv)
{
	const struct process *p;
	int code;

	if (life_begin(&enduser_applet, argc, argv, &p, &code) < 0)
		return code;
	return p->run(p);
}

const struct applet enduser_applet = {
	.name = "enduser",
	.summary = "pages for end users: what their digests' links open",
	.help =
		"usage: pm enduser PROCESS [--root DIR]\n"
		"\n"
		"The pages of end users, on port 28443 (enduser.listen in the\n"
		"wiring), always over TLS, with a self-signed certificate\n"
		"made at the first start in etc/pm/enduser (put one there\n"
		"that people's browsers trust). Normally `pm supervise`\n"
		"starts its processes:\n"
		"\n"
		"  web     answers browsers; has no key and no database\n"
		"  links   reads the links of digests and does what they say\n"
		"\n"
		"Digests (pm help digest) have links when enduser.url in the\n"
		"wiring says how people reach this port, on every appliance\n"
		"that makes digests. Opening a link shows a message and one\n"
		"button; only the button delivers or deletes it, or ends\n"
		"digests, and each link does so once. All appliances of a\n"
		"site need the same etc/pm/link.key: who can read it can\n"
		"make links.\n"
		"Mail never waits for any of this.\n",
	.main = enduser_main,
	.role = &enduser_role,
};
