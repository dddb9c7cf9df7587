/*
 * freshclam: fetches the signatures of our own clamd, by the mirror, proxy
 * and URLs of the wiring. clamd's process sees new files by itself.
 */
#include "filter.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "antivirus.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "child.h"
#include "role/life.h"
#include "tool/signatures.h"

#define PROGRAM "/usr/bin/freshclam"
#define CONFIGURATION SIGNATURES_STATE "/freshclam.conf"

enum {
	MEMORY = 16 << 20,
	WAIT_MS = 500,
	EVERY_MS = 2 * 3600 * 1000,
	AGAIN_MS = 15 * 60 * 1000, /* after a failure */
	SPREAD_MS = 10 * 60 * 1000, /* not all appliances at once */
	RUN_MS = 30 * 60 * 1000,
	STOP_MS = 3000,
};

struct fetcher {
	const char *from;
	bool stop, late;
	int signals;
	struct child child;
	int64_t started, next;	/* monotonic */
};

static bool has_mirror(const struct wiring *w)
{
	return strcmp(w->filter.mirror, "none") != 0;
}

static void put_mirror(const struct wiring *w, struct buf *b)
{
	if (!has_mirror(w))
		buf_string(b, "ExcludeDatabase main\nExcludeDatabase daily\n"
			"ExcludeDatabase bytecode\n"
			"DatabaseMirror 127.0.0.1\n");
	else
		buf_printf(b, "%s %s\n", strstr(w->filter.mirror, "://") ?
			"PrivateMirror" : "DatabaseMirror", w->filter.mirror);
}

static void put_proxy(const char *proxy, struct buf *b)
{
	size_t colon = span_rchr(span_of(proxy), ':');

	buf_printf(b, "HTTPProxyServer %.*s\nHTTPProxyPort %s\n", (int)colon,
		proxy, proxy + colon + 1);
}

/* What the wiring admits needs no quotes here. */
static int configure(const struct wiring *w, struct err *e)
{
	struct buf b = { 0 };
	int result;

	buf_string(&b, "# Written by pm at each start.\n"
		"DatabaseDirectory .\n"
		"LogTime no\nForeground yes\nMaxAttempts 3\n"
		"ConnectTimeout 30\nReceiveTimeout 300\nTestDatabases yes\n");
	put_mirror(w, &b);
	if (w->filter.proxy)
		put_proxy(w->filter.proxy, &b);
	for (size_t i = 0; i < w->filter.nsignatures; i++)
		buf_printf(&b, "DatabaseCustomURL %s\n",
			w->filter.signatures[i]);
	result = io_replace_file(CONFIGURATION, 0640, buf_bytes(&b), e);
	buf_free(&b);
	return result;
}

static void tell_done(struct fetcher *f)
{
	char text[200], at[32];
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(at, sizeof(at), "%Y-%m-%d %H:%M UTC", &tm);
	snprintf(text, sizeof(text), "signatures are as those of %.100s, %s",
		f->from, at);
	life_note(text);
	life_trouble(ALARM_SIGNATURES, NULL);
	f->next = clock_ms() + EVERY_MS + getpid() * 997 % SPREAD_MS;
}

static void tell_failure(struct fetcher *f)
{
	char text[240];

	snprintf(text, sizeof(text), "virus signatures cannot be fetched from "
		"%.60s: %.120s", f->from, f->late ? "it takes too long" :
		*f->child.trouble ? f->child.trouble : "no reason is given");
	life_trouble(ALARM_SIGNATURES, text);
	f->next = clock_ms() + AGAIN_MS;
}

static void run(struct fetcher *f)
{
	char *argv[] = { "freshclam", "--config-file=../freshclam.conf",
		"--stdout", NULL };
	struct err e;

	f->started = clock_ms();
	f->late = false;
	if (child_start(&f->child, PROGRAM, argv, &e) == 0)
		return;
	snprintf(f->child.trouble, sizeof(f->child.trouble), "%.500s",
		e.text);
	tell_failure(f);
}

static void look(struct fetcher *f)
{
	child_hear(&f->child);
	if (!f->late && clock_ms() - f->started > RUN_MS) {
		f->late = true;
		child_stop(&f->child, STOP_MS);
		tell_failure(f);
	} else if (child_ended(&f->child)) {
		if (WIFEXITED(f->child.status) &&
		    WEXITSTATUS(f->child.status) == 0)
			tell_done(f);
		else
			tell_failure(f);
	}
}

/* HUP: at once. */
static void hear_signals(struct fetcher *f)
{
	char c;

	while (read(f->signals, &c, 1) == 1) {
		f->stop |= c == 'T';
		if (c == 'H') {
			f->next = 0;
			life_reloaded();
		}
	}
}

static void serve(struct fetcher *f)
{
	while (!f->stop) {
		struct pollfd p = { .fd = f->signals, .events = POLLIN };

		if (f->child.pid)
			look(f);
		else if (clock_ms() >= f->next)
			run(f);
		poll(&p, 1, WAIT_MS);
		hear_signals(f);
	}
	child_stop(&f->child, STOP_MS);
}

int freshclam_run(const struct process *p)
{
	struct arena *a = arena_new("freshclam wiring", MEMORY);
	struct fetcher f = { .signals = life_signals(), .child.log = -1 };
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("filter", &e);
	if (!antivirus_is_own(&w))
		return antivirus_idle(p, f.signals, NULL);
	if (!has_mirror(&w) && w.filter.nsignatures == 0)
		return antivirus_idle(p, f.signals, "signatures come by pm "
			"virus load only");
	f.from = has_mirror(&w) ? w.filter.mirror : w.filter.signatures[0];
	if (antivirus_begin(p, &e) < 0 || configure(&w, &e) < 0)
		return err_report("filter", &e);
	/* It changes to this folder: no other relative path would be found,
	   and there may be no way to it from above the root. */
	if (chdir(SIGNATURES_DIR) < 0) {
		err_errno(&e, ERR_PERMANENT, SIGNATURES_DIR);
		return err_report("filter", &e);
	}
	life_ready();
	serve(&f);
	arena_free(&a);
	return EXIT_DONE;
}
