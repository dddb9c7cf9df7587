#include "logreader.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "config.h"
#include "logbatch.h"
#include "logfile.h"
#include "master.h"
#include "role/life.h"
#include "role/sandbox.h"

enum {
	LOOK_MS = 200,
	PAUSE_LEAST_MS = 100, PAUSE_MOST_MS = 5000,
	DEADLINE_MS = 20000,
	TELL_MS = 2000,
	WIRING_ARENA = 16 << 20,
	PATH_SIZE = 4096,
};

static struct logreader {
	int signals;
	bool stop;
	const char *conninfo;	/* NULL: no database */
	char folder[PATH_SIZE];	/* of the log */
	struct db *db;
	struct logfiles files;
	struct logbatch *batch;
	bool placed;		/* what the database has is known */
	size_t limit;		/* rows of a batch */
	uint64_t lines;		/* since the beginning */
	/* Telling. */
	int64_t told_ms;
	uint64_t told_lines;
	struct err trouble;	/* class ERR_NONE: none */
	int64_t since_ms, pause_ms;
} self;

/* Has TERM come? Waits for it so long. */
static bool stopped_within(int ms)
{
	struct pollfd p = { .fd = self.signals, .events = POLLIN };
	char c;

	while (!self.stop && poll(&p, 1, ms) > 0) {
		if (read(self.signals, &c, 1) == 1)
			self.stop |= c == 'T';
		ms = 0;
	}
	return self.stop;
}

/* --- telling ------------------------------------------------------------- */

static void tell_note(int64_t passed_ms)
{
	uint64_t left = logfiles_left(&self.files);
	uint64_t n = self.lines - self.told_lines;
	char text[200];

	if (left == 0)
		snprintf(text, sizeof(text), "%s: read to its end",
			self.files.name);
	else
		snprintf(text, sizeof(text), "%s: %llu bytes behind, %llu "
			"lines/s", self.files.name, (unsigned long long)left,
			(unsigned long long)(n * 1000 /
			(uint64_t)(passed_ms > 0 ? passed_ms : 1)));
	life_note(text);
}

static void tell(void)
{
	char text[ERR_TEXT_MAX + 300] = "", since[CLOCK_STAMP_SIZE];
	int64_t passed = clock_ms() - self.told_ms;

	if (passed < TELL_MS)
		return;
	if (self.trouble.class != ERR_NONE) {
		clock_stamp(self.since_ms, since);
		snprintf(text, sizeof(text), "%s: since %s; %llu bytes of the "
			"log wait; mail is not affected, what becomes of it "
			"is not seen in pages and pm log", self.trouble.text,
			since, (unsigned long long)
			logfiles_left(&self.files));
	}
	life_degraded(text);
	tell_note(passed);
	self.told_ms = clock_ms();
	self.told_lines = self.lines;
}

/* The first failure is logged, and its end. NULL: all is well. */
static void note(const struct err *e)
{
	if ((e != NULL) != (self.trouble.class != ERR_NONE))
		self.told_ms = INT64_MIN / 2;
	if (e && self.trouble.class == ERR_NONE) {
		log_warn("%s: the mail log is read on later", e->text);
		self.since_ms = clock_wall_ms();
	} else if (e == NULL && self.trouble.class != ERR_NONE) {
		log_info("the mail log is read on, after %lld s",
			(long long)(clock_wall_ms() - self.since_ms) / 1000);
	}
	self.pause_ms = e == NULL ? 0 : self.pause_ms == 0 ? PAUSE_LEAST_MS :
		self.pause_ms * 2 < PAUSE_MOST_MS ? self.pause_ms * 2 :
		PAUSE_MOST_MS;
	if (e)
		self.trouble = *e;
	else
		self.trouble.class = ERR_NONE;
}

/* --- work ---------------------------------------------------------------- */

/*
 * What is in memory is in doubt: the database says what it has. While it is
 * away files are looked for and held open: they may be removed meanwhile.
 */
static int place(struct err *e)
{
	struct logplace *places;
	size_t n;

	if (logfiles_look(&self.files, e) < 0)
		return -1;
	if (self.placed)
		return 0;
	logbatch_forget(self.batch);
	if (logbatch_places(self.batch, &places, &n, e) < 0)
		return -1;
	logfiles_place(&self.files, places, n);
	self.placed = true;
	return logfiles_look(&self.files, e);
}

static int write_out(struct err *e)
{
	if (logbatch_write(self.batch, &self.files, e) == 0) {
		self.limit = self.limit ? self.limit * 2 : 1;
		if (self.limit > LOGBATCH_ROWS)
			self.limit = LOGBATCH_ROWS;
		logbatch_limit(self.batch, self.limit);
		return 0;
	}
	if (e->class == ERR_PERMANENT && self.limit <= 1) {
		log_error("a line of the mail log is left out: %s", e->text);
		logbatch_leave_out(self.batch);
		return logbatch_write(self.batch, &self.files, e);
	}
	if (e->class == ERR_PERMANENT)
		self.limit = logbatch_rows(self.batch) / 2;
	logbatch_limit(self.batch, self.limit);
	return -1;
}

/* One file as far as it goes, or until the batch is full. */
static bool read_file(struct logfile *f)
{
	struct span lines = logfiles_read(&self.files, f);
	uint64_t before = f->at;

	if (lines.n)
		logbatch_take(self.batch, f, lines, &self.lines);
	return f->at != before;
}

/*
 * A full batch, or all that there is. True: there may be more. A batch is
 * full as soon as no line was taken though there are some.
 */
static bool fill(bool *any_r)
{
	for (size_t i = 0; i < self.files.n && !stopped_within(0); i++) {
		while (read_file(&self.files.v[i]))
			*any_r = true;
		if (logfiles_read(&self.files, &self.files.v[i]).n)
			return true;
	}
	return false;
}

static int work(struct err *e)
{
	bool more = true;

	if (place(e) < 0)
		return -1;
	while (more && !stopped_within(0)) {
		bool any = false;

		more = fill(&any);
		if (any && write_out(e) < 0)
			return -1;
		tell();
		if (!any)
			break;
	}
	return 0;
}

static void serve(void)
{
	while (!stopped_within(0)) {
		struct err e;

		if (work(&e) < 0) {
			self.placed = false;
			note(&e);
		} else {
			note(NULL);
		}
		tell();
		stopped_within((int)(self.pause_ms ? self.pause_ms :
			LOOK_MS));
	}
}

/* --- beginning ----------------------------------------------------------- */

/* The log's folder and name: of the wiring, or our own Postfix's. */
static const char *find_log(const struct wiring *w)
{
	const char *path = w->mta.log ? w->mta.log : MTA_LOG;
	size_t slash = span_rchr(span_of(path), '/');

	snprintf(self.folder, sizeof(self.folder), "%.*s",
		slash ? (int)slash : 1, path);
	return path + slash + 1;
}

static void confine(const struct process *p)
{
	const struct sandbox_path paths[] = {
		{ self.folder, SANDBOX_MAYBE },
		{ ROOT_ETC "/db", SANDBOX_MAYBE },
		{ "/etc/resolv.conf", SANDBOX_MAYBE },
		{ "/etc/hosts", SANDBOX_MAYBE },
		{ "/etc/nsswitch.conf", SANDBOX_MAYBE },
		{ "/etc/gai.conf", SANDBOX_MAYBE },
		{ "/etc/localtime", SANDBOX_MAYBE },
		{ "/usr/share/zoneinfo", SANDBOX_MAYBE },
		{ "/etc/ssl", SANDBOX_MAYBE },
		{ "/dev/urandom", SANDBOX_MAYBE },
		{ 0 },
	};
	struct err e;

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = 128 });
	if (sandbox_confine(paths, SANDBOX_LOGREADER, &e) < 0)
		log_fatal("%s", e.text);
}

int logreader_run(const struct process *p)
{
	struct arena *a = arena_new("logreader", WIRING_ARENA);
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0 ||
	    (w.mta.log == NULL && before_log(&e) < 0))
		return err_report("mta", &e);
	self.conninfo = wiring_conninfo(&w);
	self.signals = life_signals();
	logfiles_open(&self.files, self.folder, find_log(&w));
	if (self.conninfo) {
		self.db = db_new(self.conninfo, "pm_recorder", DEADLINE_MS);
		self.batch = logbatch_new(self.db, span_of(w.name ? w.name :
			""));
		self.limit = LOGBATCH_ROWS;
	}
	tzset();
	confine(p);
	life_ready();
	if (self.conninfo)
		serve();
	while (!stopped_within(-1))
		;
	return EXIT_DONE;
}
