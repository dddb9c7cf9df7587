/*
 * clamd: the virus engine as our child, when the wiring says clamd = "own";
 * and for `pm status` what it, or another's, is and how old its signatures
 * are.
 */
#include "filter.h"

#include <grp.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "antivirus.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "child.h"
#include "net/clamd.h"
#include "role/life.h"
#include "tool/signatures.h"

#define PROGRAM "/usr/sbin/clamd"
#define CONFIGURATION ANTIVIRUS_RUN "/clamd.conf"

enum {
	MEMORY = 16 << 20,
	WAIT_MS = 500,
	PROBE_MS = 5000, PROBE_STARTING_MS = 500, ANSWER_MS = 2000,
	SILENT_MS = 60000,	/* while it loads anew, it may not answer */
	STOP_MS = 5000,
	DAY_S = 86400,
};

struct guard {
	const char *where;	/* NULL: there is none */
	bool own, stop, up;
	int signals;
	int64_t old_days;
	struct child child;
	struct signatures loaded;
	uint64_t nloaded;	/* so many of them, when it is our own */
	int64_t probed, answered; /* monotonic */
	char version[CLAMD_REPLY_MAX];
};

/*
 * Limits as the broker's: what is larger, or takes longer, was not looked at,
 * and clamd has to say so. The rest of its judgements (macros, links) is ours.
 */
static int configure(struct err *e)
{
	static const char text[] =
		"# Written by pm at each start.\n"
		"LocalSocket " WIRING_OWN_CLAMD "\n"
		"LocalSocketMode 660\n"
		"FixStaleSocket yes\n"
		"DatabaseDirectory " SIGNATURES_DIR "\n"
		"TemporaryDirectory " SIGNATURES_TMP "\n"
		"LogTime no\n"
		"MaxThreads 16\n"
		"MaxQueue 256\n"
		"StreamMaxLength 100M\n"
		"MaxScanTime 20000\n"
		"MaxScanSize 400M\n"
		"MaxFileSize 100M\n"
		"MaxRecursion 30\n"
		"MaxFiles 10000\n"
		"AlertExceedsMax yes\n"
		"CommandReadTimeout 30\n"
		"ReadTimeout 60\n"
		"SelfCheck 3600\n"
		"ExitOnOOM yes\n";

	return io_replace_file(CONFIGURATION, 0640,
		span_from(text, sizeof(text) - 1), e);
}

/* The group of all roles may connect. */
static void open_socket(void)
{
	const struct group *all = getgrnam(LIFE_GROUP);

	if (all && chown(WIRING_OWN_CLAMD, (uid_t)-1, all->gr_gid) < 0)
		log_warn(WIRING_OWN_CLAMD ": cannot give it to group "
			LIFE_GROUP);
}

/*
 * "ClamAV 1.4.6/27500/Mon Nov 23 08:25:12 2026": when the official ones were
 * made. 0: it does not say.
 */
static int64_t made_at(const char *version)
{
	const char *slash = strrchr(version, '/');
	struct tm t = { 0 };

	if (slash == NULL || strptime(slash + 1, "%a %b %d %T %Y", &t) == NULL)
		return 0;
	return timegm(&t);
}

/* What `pm status` shows; old signatures are a trouble. */
static void tell(const struct guard *g)
{
	const char *slash = strchr(g->version, '/');
	int64_t made = made_at(g->version), now = clock_wall_ms() / 1000;
	char text[200], day[32] = "", count[32] = "";
	time_t t = made ? made : g->own ? g->loaded.newest_s : 0;
	struct tm tm;

	if (t && gmtime_r(&t, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	if (g->own)
		snprintf(count, sizeof(count), "%" PRIu64 " ", g->nloaded);
	snprintf(text, sizeof(text), "%.*s at %s%s%s%s%s", slash ?
		(int)(slash - g->version) : 60, g->version, g->own ? "pm" :
		g->where, *day ? ", " : "", count, *day ? "signatures of " :
		"", day);
	life_note(text);
	if (g->own && strstr(g->child.trouble, "ERROR")) {
		snprintf(text, sizeof(text), "clamd has trouble, perhaps with "
			"new signatures, and goes on with what it has: %.100s",
			g->child.trouble);
		life_trouble(ALARM_SIGNATURES, text);
		return;
	}
	if (t == 0 || now - t < g->old_days * DAY_S) {
		life_trouble(ALARM_CLAMD, NULL);
		return;
	}
	snprintf(text, sizeof(text), "the virus signatures are %d days old: "
		"new viruses are not found; look at filter/freshclam",
		(int)((now - t) / DAY_S));
	life_trouble(ALARM_SIGNATURES, text);
}

static void tell_silence(const struct guard *g, const char *why)
{
	char text[200];

	if (g->own && !g->up)
		snprintf(text, sizeof(text), "the virus engine loads its "
			"signatures: meanwhile policy sees \"later\"");
	else
		snprintf(text, sizeof(text), "the virus engine does not "
			"answer (%.100s): policy sees \"later\"", why);
	life_trouble(ALARM_CLAMD, text);
}

static void probe(struct guard *g)
{
	struct err e;

	g->probed = clock_ms();
	if (clamd_command(g->where, "VERSION", g->probed + ANSWER_MS,
	    g->version, &e) < 0 || !span_starts(span_of(g->version),
	    SPAN("ClamAV "))) {
		if (!g->up || clock_ms() - g->answered > SILENT_MS || !g->own)
			tell_silence(g, e.text);
		return;
	}
	if (!g->up && g->own)
		open_socket();
	g->up = true;
	g->answered = clock_ms();
	tell(g);
}

/* New signatures are taken at once, and old answers are worth nothing. */
static void look_at_signatures(struct guard *g)
{
	struct signatures now = signatures_look();
	char reply[CLAMD_REPLY_MAX];
	struct err e;

	if (now.print == g->loaded.print || !g->up)
		return;
	if (clamd_command(g->where, "RELOAD", clock_ms() + ANSWER_MS, reply,
	    &e) < 0) {
		log_warn("clamd takes no new signatures: %s", e.text);
		return;
	}
	log_info("clamd loads new signatures");
	g->child.trouble[0] = 0;
	g->nloaded = signatures_count();
	g->loaded = now;
}

/* Without signatures clamd does not start. */
static int start(struct guard *g, struct err *e)
{
	char *argv[] = { "clamd", "--foreground", "--config-file="
		CONFIGURATION, NULL };

	g->loaded = signatures_look();
	if (g->loaded.n == 0) {
		life_trouble(ALARM_SIGNATURES, "there are no virus signatures "
			"yet: policy sees \"later\"; filter/freshclam fetches "
			"them, or pm virus load FILE...");
		return 0;
	}
	g->nloaded = signatures_count();
	tell_silence(g, "");
	return child_start(&g->child, PROGRAM, argv, e);
}

static void hear_signals(struct guard *g)
{
	char c;

	while (read(g->signals, &c, 1) == 1)
		g->stop |= c == 'T';
}

/* -1: the engine ended by itself, which the supervisor shall see. */
static int watch(struct guard *g, struct err *e)
{
	while (!g->stop) {
		struct pollfd p[] = {
			{ .fd = g->signals, .events = POLLIN },
			{ .fd = g->child.log, .events = POLLIN },
		};

		if (g->own && g->child.pid == 0 && start(g, e) < 0)
			return -1;
		p[1].fd = g->child.log;
		poll(p, g->child.pid ? 2 : 1, WAIT_MS);
		hear_signals(g);
		child_hear(&g->child);
		if (g->child.pid && child_ended(&g->child))
			return err_set(e, ERR_TEMPORARY, "clamd ended: %s",
				*g->child.trouble ? g->child.trouble :
				"it does not say why");
		if (g->child.pid || !g->own) {
			if (clock_ms() - g->probed >= (g->up ? PROBE_MS :
			    PROBE_STARTING_MS))
				probe(g);
			if (g->own)
				look_at_signatures(g);
		}
	}
	child_stop(&g->child, STOP_MS);
	return 0;
}

int clamd_run(const struct process *p)
{
	struct arena *a = arena_new("clamd wiring", MEMORY);
	struct guard g = { .signals = life_signals(), .child.log = -1 };
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("filter", &e);
	g.where = wiring_clamd(&w);
	g.old_days = (int64_t)w.filter.signature_days;
	g.own = antivirus_is_own(&w);
	if (g.where == NULL)
		return antivirus_idle(p, g.signals, w.filter.icap ? NULL :
			"no virus engine is wired: mail is not looked at for "
			"viruses");
	if (g.own)
		antivirus_leave_network();
	if (g.own && (antivirus_begin(p, &e) < 0 || configure(&e) < 0))
		return err_report("filter", &e);
	if (!g.own)
		life_drop_power(p);
	life_ready();
	if (watch(&g, &e) < 0)
		return err_report("filter", &e);
	arena_free(&a);
	return EXIT_DONE;
}
