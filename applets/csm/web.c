/*
 * The web process: serves the pages. It has neither key nor passwords, and
 * mail is bytes that it carries from the database to the viewer.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/root.h"
#include "conf/joblog.h"
#include "conf/wiring.h"
#include "csm.h"
#include "functions.h"
#include "role/alarm.h"
#include "role/life.h"
#include "store/generation.h"
#include "tool/frontdoor.h"
#include "tool/update.h"
#include "worker.h"

#define FOLDER ROOT_ETC "/web"
#define CERT FOLDER "/cert.pem"
#define KEY FOLDER "/key.pem"
#define GROUP "pm-csm"

enum {
	WIRING_MEMORY = 16 << 20,
	BODY_MAX = 1 << 20,
	DB_MS = 10000,
	PATIENCE_MS = 10000,	/* the database may still be starting */
	LOOK_MS = 3000,		/* is the database there? */
	LOOK_AGAIN_MS = 500,	/* it was not */
};

static void confine(const struct process *p)
{
	static const struct sandbox_path paths[] = {
		{ FOLDER, SANDBOX_READ },
		{ ROOT_ETC "/db", SANDBOX_MAYBE }, /* our certificates */
		/* The draft beside what is in force. */
		{ ROOT_POLICY, SANDBOX_MAYBE },
		{ ROOT_LISTS, SANDBOX_MAYBE },
		{ PUBLISHER_TRUSTED, SANDBOX_MAYBE },
		{ GENERATION_DIR, SANDBOX_MAYBE },
		{ ALARM_FOLDER, SANDBOX_MAYBE },
		{ JOBLOG_FOLDER, SANDBOX_MAYBE }, { JOBS_FILE, SANDBOX_MAYBE },
		{ UPDATE_DIR, SANDBOX_MAYBE }, { UPDATE_KEYS, SANDBOX_MAYBE },
		{ 0 },
	};

	frontdoor_confine(p, paths);
}

static const char *appliance; /* its name; before the workers are made */

/* In each worker: the pages, over a connection of its own. */
static void *start(void *conninfo, struct err *e)
{
	static const char *const folders[] = { "lua/web/all/",
		"lua/web/staff/", "lua/web/csm/", NULL };
	struct csm_worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		log_fatal("web: no memory");
	if (sandbox_calls(SANDBOX_WEB_WORKER, e) < 0)
		return NULL;
	w->db = db_new(conninfo, "pm_csm", DB_MS);
	w->quarantine.db = w->db;
	w->appliance = appliance;
	w->pages = pages_new(folders, w->db, csm_functions, w, e);
	return w->pages ? w : NULL;
}

static void handle(void *context, const struct web_request *r,
	struct web_reply *reply)
{
	struct csm_worker *w = context;

	pages_handle(w->pages, r, reply);
}

/*
 * A process beside the workers that tells the supervisor whether the database
 * is there: workers only notice when somebody asks them for a page.
 */
static void start_watcher(const char *conninfo)
{
	int64_t patient_until = clock_ms() + PATIENCE_MS;
	struct err e;
	struct db *db;
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		log_fatal("web: fork: %s", strerror(errno));
	if (pid > 0)
		return;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    sandbox_calls(SANDBOX_WEB_WORKER, &e) < 0)
		_exit(EXIT_LATER);
	for (;;) {
		db = db_new(conninfo, "pm_csm", DB_MS);
		while (db_ready(db, &e) == 0) {
			life_trouble(ALARM_DATABASE, NULL);
			clock_sleep_ms(LOOK_MS);
		}
		if (clock_ms() >= patient_until)
			life_trouble(ALARM_DATABASE, "the database does not "
				"answer: pages can show nothing, and nobody "
				"can log in; mail is not affected");
		/* A new one does not wait longer each time. */
		db_free(&db);
		clock_sleep_ms(LOOK_AGAIN_MS);
	}
}

int web_run(const struct process *p)
{
	struct arena *a = arena_new("wiring", WIRING_MEMORY);
	struct web_config c = { .cert = CERT, .key = KEY, .cookie = "pm-csm",
		.scope = "csm", .login = "pm_csm",
		.workers = frontdoor_workers(),
		.body_max = BODY_MAX, .start = start, .handle = handle };
	int listener, signals;
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("csm", &e);
	c.conninfo = wiring_conninfo(&w);
	appliance = w.name;
	c.start_context = (void *)(uintptr_t)c.conninfo;
	if (c.conninfo == NULL)
		return err_report("csm", (err_set(&e, ERR_PERMANENT, "no "
			"database is wired: run pm setup"), &e));
	listener = web_bind(w.web_csm, &e);
	/* The agent, which owns it, may come later than we. */
	if (listener < 0 || io_mkdirs(ALARM_FOLDER, 0755, &e) < 0 ||
	    joblog_make(&e) < 0 ||
	    frontdoor_certificate(FOLDER, GROUP, w.name, &e) < 0)
		return err_report("csm", &e);
	signals = life_signals();
	confine(p);
	start_watcher(c.conninfo);
	return web_serve(&c, listener, signals, life_ready, life_degraded);
}
