/*
 * The web process: serves the pages. It has neither a key nor a log-in to the
 * database; what a link means and does it asks the helper.
 */
#include "enduser.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "role/life.h"
#include "tool/frontdoor.h"
#include "web/helper.h"
#include "web/pages_host.h"

#define FOLDER ROOT_ETC "/enduser"
#define GROUP "pm-eu"

enum {
	WIRING_MEMORY = 16 << 20,
	BODY_MAX = 16384,	/* of a form: a ticket and a word */
	HELPER_MS = 15000,
};

static const char *const results[LINK_RESULTS] = {
	[LINK_OPEN] = "open", [LINK_DONE] = "done", [LINK_USED] = "used",
	[LINK_CLOSED] = "closed", [LINK_GONE] = "gone",
	[LINK_BARRED] = "barred",
	[LINK_ENDED] = "ended", [LINK_BAD] = "bad", [LINK_WAIT] = "wait",
};

static const char *const actions[TICKET_ACTION_N] = {
	[0] = "", [TICKET_RELEASE] = "release", [TICKET_ALLOW] = "allow",
	[TICKET_DELETE] = "delete", [TICKET_OPT_OUT] = "opt_out",
	[TICKET_OPT_IN] = "opt_in",
};

static struct script_value show(struct arena *a, const struct link_answer *l)
{
	const struct {
		const char *name;
		struct span text;
	} texts[] = {
		{ "result", span_of(results[l->result]) },
		{ "action", span_of(actions[l->action]) },
		{ "sender", l->sender }, { "subject", l->subject },
		{ "reason", l->reason }, { "person", l->person },
		{ "rule", l->rule }, { "done", l->done },
		{ "again", l->again }, { "allow", l->allow },
	};
	struct script_value m = pages_map(a, 12);

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		pages_put(&m, texts[i].name, pages_text(texts[i].text));
	pages_put(&m, "received_ms", pages_int(l->received_ms));
	pages_put(&m, "done_ms", pages_int(l->done_ms));
	return m;
}

/* link(ticket, use) */
static void link_word(struct script_call *c)
{
	static const char usage[] = "link(ticket, use)";
	struct arena *a = pages_request(c)->arena;
	bool use = c->nargs > 1 && c->args[1].type == SCRIPT_BOOL &&
		c->args[1].boolean;
	struct link_answer answer;
	struct script_value m;
	struct span ticket;
	struct err e;

	if (!pages_arg_text(c, 0, usage, &ticket))
		return;
	/* A longer one is no ticket, and no helper need be asked. */
	if (ticket.n > TICKET_TEXT_MAX)
		ticket = SPAN("");
	/* Only a form does something, whatever the page's code says. */
	if (helper_link("enduser", use && pages_request(c)->post, ticket,
	    pages_request(c)->peer, clock_ms() + HELPER_MS, a, &answer,
	    &e) == 0) {
		c->result = show(a, &answer);
		return;
	}
	log_warn("links: %s", e.text);
	m = pages_map(a, 1);
	pages_put(&m, "result", pages_text(SPAN("away")));
	c->result = m;
}

static const struct script_function functions[] = {
	{ "link", link_word, "link(ticket, use): what it says, or does it" },
	{ 0 },
};

static void *start(void *context, struct err *e)
{
	static const char *const folders[] = { "lua/web/all/",
		"lua/web/enduser/", NULL };

	(void)context;
	if (sandbox_calls(SANDBOX_WEB_ALONE, e) < 0)
		return NULL;
	return pages_new(folders, NULL, functions, NULL, e);
}

static void handle(void *context, const struct web_request *r,
	struct web_reply *reply)
{
	pages_handle(context, r, reply);
}

int enduser_web_run(const struct process *p)
{
	static const struct sandbox_path paths[] = {
		{ FOLDER, SANDBOX_READ }, { 0 },
	};
	struct arena *a = arena_new("wiring", WIRING_MEMORY);
	struct web_config c = { .cert = FOLDER "/cert.pem",
		.key = FOLDER "/key.pem", .cookie = "pm-eu",
		.scope = "enduser", .workers = frontdoor_workers(),
		.body_max = BODY_MAX, .start = start, .handle = handle };
	int listener, signals;
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("enduser", &e);
	listener = web_bind(w.enduser_listen, &e);
	if (listener < 0 ||
	    frontdoor_certificate(FOLDER, GROUP, w.name, &e) < 0)
		return err_report("enduser", &e);
	signals = life_signals();
	frontdoor_confine(p, paths);
	return web_serve(&c, listener, signals, life_ready, life_degraded);
}
