/*
 * Judging plans: for every row of DESIGN 9 a plan that breaks it and one
 * that does not, with the words that users see. The records are the real
 * ones; only what they would run is missing.
 */
#include "role/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../applets/agent/agent.c"
#include "../../applets/csm/csm.c"
#include "../../applets/db/db.c"
#include "../../applets/enduser/enduser.c"
#include "../../applets/filter/filter.c"
#include "../../applets/groups/groups.c"
#include "../../applets/history/history.c"
#include "../../applets/mta/mta.c"

/* What the records would run. */
#define RUNS(name) int name(const struct process *p) { (void)p; return 0; }
#define SAYS(name) \
	int name(int argc, char **argv) { (void)argv; return argc; }

RUNS(front_run) RUNS(zygote_run) RUNS(broker_run) RUNS(recorder_run)
RUNS(archiver_run) RUNS(signer_run) RUNS(delay_run)
RUNS(learner_run)
RUNS(clamd_run) RUNS(freshclam_run)
RUNS(master_run) RUNS(injector_run) RUNS(jobs_run)
RUNS(logreader_run)
RUNS(postgres_run) RUNS(keeper_run)
RUNS(web_run) RUNS(login_run) RUNS(viewer_run) RUNS(watch_run)
RUNS(scheduler_run) RUNS(enduser_web_run) RUNS(enduser_links_run)
SAYS(command_psql) SAYS(command_dump) SAYS(command_load)
SAYS(command_make) SAYS(command_archive) SAYS(command_base)
SAYS(command_recover) SAYS(command_wal_keep) SAYS(command_wal_fetch)
 SAYS(command_migrate) SAYS(command_status)
SAYS(tune_main) SAYS(deliver_main)
bool tune_is_asked(int argc, char **argv) { (void)argv; return argc < 0; }
int check_run(void) { return 0; }

const struct applet *const applets[] = {
	&agent_applet, &csm_applet, &db_applet, &enduser_applet,
	&filter_applet, &groups_applet, &history_applet, &mta_applet, NULL
};

enum { ROLES_MAX = 8 };

/* One plan and everything that is said of it, "E1 text" or "W7 text". */
struct plan {
	const char *roles[ROLES_MAX];
	const char *kind, *listen, *csm, *database;
	uint64_t mailboxes;
	enum plan_csm answers;
	bool many;
	const char *said[ROLES_MAX];
};

#define CSM_DB "E1 the Centralized Server Manager keeps everything in the " \
	"Database Server: add \"db\" to roles, or name a database elsewhere " \
	"(db.connection), or take out \"csm\""
#define DB_CSM "E1 the Database Server is steered by the Centralized Server " \
	"Manager on its own appliance: add \"csm\" to roles, or take out " \
	"\"db\" (a second copy is the role \"standby\")"
#define SILENT2 "E2 the Centralized Server Manager must answer before " \
	"another appliance can be set up (csm.test:18080 does not answer): " \
	"set up and start the CSM's appliance first, or correct csm"
#define NONE2 "E2 the Centralized Server Manager must answer before " \
	"another appliance can be set up (csm is not set): " \
	"set up and start the CSM's appliance first, or correct csm"
#define ROW3(why) "E3 a Mail Filter takes its policy from the Centralized " \
	"Server Manager and its database, which must exist first (" why \
	"): set up and start the appliance with csm and db first"
#define ROW4 "W4 the Centralized Server Manager of many appliances sends " \
	"digests and notices itself: added \"mta\" to roles"
#define ROW6(kind) "E6 an appliance has exactly one kind of MTA (" kind \
	"): set mta.kind to \"postfix\", \"sendmail\" or \"external\""
#define ROW7 "W7 mail filtering and the database compete for the same " \
	"processors and disk: put \"filter\" and \"db\" on appliances of " \
	"their own when there is much mail"
#define ROW8 "W8 the Sender History works best on an appliance of its own: " \
	"put \"history\" on another appliance"
#define ROW8_DB "W8 the Sender History beside the Database Server: each " \
	"message asks and writes it, and both databases contend for disk " \
	"and memory: put \"history\" on another appliance"
#define ROW9 "W9 without an MTA beside it a Mail Filter cannot send copies " \
	"and released mail itself: add \"mta\" to roles, or wire an MTA " \
	"elsewhere to this filter"
#define ROW10 "W10 the End User web interface of more than 5,000 mailboxes " \
	"slows the Database Server beside it (mailboxes = 5001): put " \
	"\"enduser\" and \"groups\" on another appliance"
#define ROW11(listen) "E11 an MTA with no filter wired takes mail from this " \
	"appliance only (mta.listen has \"" listen "\"): add \"filter\" to " \
	"roles, or listen on loopback (mta.listen = { \"127.0.0.1:25\" })"
#define MONITOR "E1 the monitor decides which database is alive and must " \
	"not fall together with one: put \"monitor\" on an appliance " \
	"without a database"
#define CSM "csm.test:18080"

static const struct plan plans[] = {
	/* 0: the list itself */
	{ .said = { "E0 roles: the list is empty: name at least one role" } },
	{ .roles = { "filtre", "mta" }, .kind = "postfix", .said = {
		"E0 roles: \"filtre\" is not a role: did you mean "
		"\"filter\"?" } },
	{ .roles = { "x-y-z-u-v-w" }, .said = {
		"E0 roles: \"x-y-z-u-v-w\" is not a role: `pm help setup` "
		"lists them" } },
	{ .roles = { "mta", "mta" }, .kind = "postfix", .said = {
		"E0 roles: \"mta\" is there twice: take one out" } },
	{ .roles = { "mta", "agent" }, .kind = "postfix", .said = {
		"E0 roles: \"agent\" runs on every appliance by itself: "
		"take it out" } },
	/* 1 */
	{ .roles = { "csm" }, .said = { CSM_DB } },
	{ .roles = { "db" }, .said = { DB_CSM } },
	{ .roles = { "csm", "db" } },
	{ .roles = { "csm" }, .database = "host=db.test" },
	{ .roles = { "standby" }, .many = true, .csm = CSM,
		.answers = PLAN_CSM_ANSWERS },
	{ .roles = { "csm", "db", "standby" }, .said = {
		"E1 a standby on the Database Server's own appliance falls "
		"together with it: put \"standby\" on another appliance" } },
	{ .roles = { "csm", "db", "monitor" }, .said = { MONITOR } },
	{ .roles = { "standby", "monitor" }, .said = { MONITOR } },
	{ .roles = { "monitor" } },
	/* 2 and 3 */
	{ .roles = { "mta" }, .kind = "postfix", .many = true, .csm = CSM,
		.answers = PLAN_CSM_SILENT, .said = { SILENT2 } },
	{ .roles = { "mta" }, .kind = "postfix", .many = true,
		.said = { NONE2 } },
	{ .roles = { "mta" }, .kind = "postfix", .many = true, .csm = CSM,
		.answers = PLAN_CSM_ANSWERS },
	{ .roles = { "filter", "mta" }, .kind = "postfix", .many = true,
		.csm = CSM, .answers = PLAN_CSM_SILENT,
		.said = { SILENT2, ROW3(CSM " does not answer") } },
	{ .roles = { "filter", "mta" }, .kind = "postfix", .many = true,
		.said = { NONE2, ROW3("csm is not set") } },
	{ .roles = { "filter", "mta" }, .kind = "postfix", .many = true,
		.csm = CSM, .answers = PLAN_CSM_ANSWERS },
	{ .roles = { "csm", "db", "mta" }, .kind = "postfix", .many = true,
		.csm = CSM, .answers = PLAN_CSM_SILENT },
	/* 4 */
	{ .roles = { "csm", "db" }, .many = true, .csm = CSM,
		.answers = PLAN_CSM_SILENT, .said = { ROW4 } },
	/* 5 */
	/* The other way round when groups is built. */
	{ .roles = { "enduser" } },
	{ .roles = { "groups" }, .said = {
		"E5 the Groups and End User web interfaces come together: "
		"add \"enduser\" to roles, or take out \"groups\"" } },
	{ .roles = { "enduser", "groups" } },
	/* 6 */
	{ .roles = { "mta" }, .said = { ROW6("mta.kind is not set") } },
	{ .roles = { "mta" }, .kind = "exim",
		.said = { ROW6("mta.kind is \"exim\"") } },
	{ .roles = { "mta" }, .kind = "sendmail" },
	{ .roles = { "mta" }, .kind = "external" },
	/* 7 */
	{ .roles = { "csm", "db", "filter", "mta" }, .kind = "postfix",
		.said = { ROW7 } },
	/* 8 */
	{ .roles = { "history" } },
	{ .roles = { "history", "mta" }, .kind = "postfix",
		.said = { ROW8 } },
	{ .roles = { "csm", "db", "history" },
		.said = { ROW8, ROW8_DB } },
	/* 9 */
	{ .roles = { "filter" }, .said = { ROW9 } },
	{ .roles = { "filter", "mta" }, .kind = "postfix" },
	/* 10 */
	{ .roles = { "csm", "db", "enduser", "groups" }, .mailboxes = 5000 },
	{ .roles = { "csm", "db", "enduser", "groups" }, .mailboxes = 5001,
		.said = { ROW10 } },
	{ .roles = { "enduser", "groups" }, .mailboxes = 5001 },
	/* 11 */
	{ .roles = { "mta" }, .kind = "postfix", .listen = "0.0.0.0:25",
		.said = { ROW11("0.0.0.0:25") } },
	{ .roles = { "mta" }, .kind = "postfix", .listen = "[::]:25",
		.said = { ROW11("[::]:25") } },
	{ .roles = { "mta" }, .kind = "postfix", .listen = "[::1]:25" },
	{ .roles = { "mta" }, .kind = "postfix", .listen = "127.0.0.1:25" },
	{ .roles = { "filter", "mta" }, .kind = "postfix",
		.listen = "0.0.0.0:25" },
};

/* The wiring that a plan of the table stands for. */
static struct wiring wiring_of(const struct plan *p)
{
	struct wiring w = { .csm = p->csm, .database = p->database,
		.mailboxes = p->mailboxes, .mta.kind = p->kind };

	w.roles = (const char **)p->roles;
	while (w.nroles < ROLES_MAX && p->roles[w.nroles])
		w.nroles++;
	if (p->listen) {
		w.mta.listen = (const char **)&p->listen;
		w.mta.nlisten = 1;
	}
	return w;
}

static void check_plan(const struct plan *p)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct plan_site site = { .many = p->many, .csm = p->answers };
	struct wiring w = wiring_of(p);
	struct plan_finding *f;
	size_t n, errors, expected = 0;

	errors = plan_judge(&w, &site, a, &f, &n);
	for (size_t i = 0; i < n; i++) {
		assert_true(i < ROLES_MAX && p->said[i]);
		assert_string_equal(arena_printf(a, "%c%u %s",
			f[i].warning ? 'W' : 'E', f[i].row, f[i].text),
			p->said[i]);
		expected += p->said[i][0] == 'E';
	}
	assert_true(n == ROLES_MAX || p->said[n] == NULL);
	assert_int_equal(errors, expected);
	arena_free(&a);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		print_message("# plan %zu: %s …\n", i, plans[i].roles[0] ?
			plans[i].roles[0] : "(none)");
		check_plan(&plans[i]);
	}
}

/* Row 4 mends the plan: the MTA for the CSM's own mail, loopback only. */
static void test_brings(void **state)
{
	struct arena *a = arena_new("test", 1 << 20);
	struct plan_site site = { .many = true, .csm = PLAN_CSM_SILENT };
	const char *roles[] = { "csm", "db" };
	struct wiring w = { .roles = roles, .nroles = 2, .csm = CSM };
	struct plan_finding *f;
	size_t n;

	(void)state;
	assert_int_equal(plan_judge(&w, &site, a, &f, &n), 0);
	assert_int_equal(w.nroles, 3);
	assert_string_equal(w.roles[2], "mta");
	assert_string_equal(w.mta.kind, "postfix");
	assert_int_equal(w.mta.nlisten, 1);
	assert_string_equal(w.mta.listen[0], "127.0.0.1:25");
	assert_int_equal(plan_judge(&w, &site, a, &f, &n), 0);
	assert_int_equal(n, 0);
	arena_free(&a);
}

/* Each row of DESIGN 9 stands in some record, with its words. */
static void test_all_rows_exist(void **state)
{
	bool seen[12] = { true };

	(void)state;
	for (size_t i = 0; applets[i]; i++) {
		const struct constraint *c = applets[i]->role->constraints;

		for (; c->row; c++) {
			assert_in_range(c->row, 1, 11);
			assert_non_null(c->why);
			assert_non_null(c->remedy);
			seen[c->row] = true;
		}
	}
	for (size_t i = 0; i < 12; i++)
		assert_true(seen[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_brings),
		cmocka_unit_test(test_all_rows_exist),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
