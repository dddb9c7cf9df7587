/*
 * The archiver: takes what front and recorder left on disk (journal and
 * quarantine) into the database. While that is away it waits, and says so;
 * nobody waits for it. Without a database it has nothing to do.
 */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "archive_log.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "store/held.h"
#include "store/journal.h"
#include "store/move.h"
#include "userdata_pull.h"

enum {
	BATCH_MS = 100,		/* so long a message waits for company */
	MOVES = 50,		/* entries between two looks at the journal */
	MOVE_MS = 300,		/* between looks at an idle quarantine */
	PAUSE_LEAST_MS = 100,
	PAUSE_MOST_MS = 5000,
	DEADLINE_MS = 10000,
	TELL_MS = 2000,
	LOOK_MS = 5000,
	WIRING_ARENA = 16 << 20,
};

static struct archiver {
	int signals;
	bool stop;
	const char *conninfo;	/* NULL: no database */
	struct db *db;
	struct archive_log *log;
	struct move move;
	struct err no_key;	/* why bodies cannot be sealed */
	int64_t moved_ms, told_ms, heard_ms;
	/* An outage. */
	struct err trouble;
	int64_t since_ms;	/* wall clock */
	int64_t pause_ms;
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

static bool stop_now(void)
{
	return stopped_within(0);
}

/* --- telling ------------------------------------------------------------- */

static void tell_outage(void)
{
	char text[ERR_TEXT_MAX + 400], since[CLOCK_STAMP_SIZE];
	char oldest[CLOCK_STAMP_SIZE] = "";
	int64_t oldest_ms;
	uint64_t n;

	archive_log_waiting(self.log, &n, &oldest_ms);
	if (n == 0 || (self.move.oldest_ms && self.move.oldest_ms < oldest_ms))
		oldest_ms = self.move.oldest_ms;
	clock_stamp(self.since_ms, since);
	if (oldest_ms)
		clock_stamp(oldest_ms, oldest);
	snprintf(text, sizeof(text), "%s: since %s; %llu messages and %zu "
		"quarantine entries wait for it%s%s; mail is not affected, "
		"pages and reports are behind", self.trouble.text, since,
		(unsigned long long)n, self.move.waiting,
		oldest_ms ? ", the oldest from " : "", oldest);
	life_trouble(ALARM_RECORDER, text);
}

static void tell_well(void)
{
	size_t bad = archive_log_bad(), left = map_count(self.move.refused);
	char text[ERR_TEXT_MAX + 200] = "";
	enum alarm alarm = bad ? ALARM_LOG_RECORD : ALARM_QUARANTINE_ENTRY;

	if (bad)
		snprintf(text, sizeof(text), "%zu records that the message log "
			"does not take are in " ROOT_SPOOL "/bad: messages "
			"are missing in pages and reports", bad);
	else if (self.no_key.class != ERR_NONE)
		snprintf(text, sizeof(text), "%s: withheld mail stays on "
			"disk, pages do not show it", self.no_key.text);
	else if (left)
		snprintf(text, sizeof(text), "%zu quarantine entries that the "
			"database does not take stay on disk: pages do not "
			"show them, pm quarantine does", left);
	life_trouble(alarm, text);
}

static void tell(void)
{
	if (clock_ms() - self.told_ms < TELL_MS)
		return;
	self.told_ms = clock_ms();
	if (self.trouble.class != ERR_NONE)
		tell_outage();
	else
		tell_well();
}

/* The first failure of an outage is logged, the last one is its end. */
static void note(const struct err *e)
{
	int64_t now = clock_wall_ms();

	if (e && self.trouble.class == ERR_NONE) {
		log_warn("%s: what is to be written waits on disk", e->text);
		self.since_ms = now;
		self.told_ms = INT64_MIN / 2;
	} else if (e == NULL && self.trouble.class != ERR_NONE) {
		log_info("database: takes what waited again, after %lld s",
			(long long)(now - self.since_ms) / 1000);
		self.told_ms = INT64_MIN / 2;
	}
	if (e)
		self.trouble = *e;
	else
		self.trouble.class = ERR_NONE;
	self.pause_ms = e == NULL ? 0 : self.pause_ms == 0 ? PAUSE_LEAST_MS :
		self.pause_ms * 2 < PAUSE_MOST_MS ? self.pause_ms * 2 :
		PAUSE_MOST_MS;
}

/* --- work ---------------------------------------------------------------- */

static void refused(const char *id, const char *why)
{
	log_error("message %s: stays in the quarantine on disk: %s", id, why);
}

/* At an outage the entries are only counted. */
static int move(struct err *e)
{
	bool well = self.trouble.class == ERR_NONE;

	if (self.move.key == NULL ||
	    (self.move.moved == 0 && clock_ms() - self.moved_ms < MOVE_MS))
		return 0;
	self.moved_ms = clock_ms();
	return move_pass(&self.move, well ? MOVES : 0, refused, e);
}

/* Is the database there, though there is nothing to write? */
static int look(struct err *e)
{
	if (self.trouble.class == ERR_NONE &&
	    clock_ms() - self.heard_ms < LOOK_MS)
		return 0;
	self.heard_ms = clock_ms();
	return db_ready(self.db, e);
}

/* Is there more than was done? Then there is no need to wait. */
static bool work(void)
{
	struct err e, late;
	size_t n = 0;

	if (archive_log_pass(self.log, stop_now, &n, &e) < 0 ||
	    (n == 0 && look(&e) < 0)) {
		note(&e);
		move(&late);
		return false;
	}
	if (userdata_pull(self.db, &e) < 0) {
		note(&e);
		return false;
	}
	if (n)
		self.heard_ms = clock_ms();
	note(NULL);
	self.move.journal_done = archive_log_done(self.log);
	if (move(&e) < 0) {
		note(&e);
		return false;
	}
	return self.move.moved == MOVES;
}

static void serve(void)
{
	while (!stop_now()) {
		bool more = work();

		tell();
		if (!more)
			stopped_within((int)(self.pause_ms ? self.pause_ms :
				BATCH_MS));
	}
}

/* --- beginning ----------------------------------------------------------- */

/* Two of us would count twice. */
static void be_alone(void)
{
	int fd = open(ROOT_JOURNAL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		log_fatal(ROOT_JOURNAL ": %s; run pm setup", strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		log_fatal(ROOT_JOURNAL ": another archiver is at work");
}

/* A database elsewhere has a name, and perhaps certificates. */
static void confine(const struct process *p)
{
	static const struct sandbox_path paths[] = {
		{ ROOT_JOURNAL, SANDBOX_WRITE },
		{ ROOT_SPOOL "/bad", SANDBOX_WRITE },
		{ ROOT_SPOOL "/inject", SANDBOX_WRITE },
		{ ROOT_QUARANTINE, SANDBOX_WRITE },
		{ ROOT_ETC "/db", SANDBOX_MAYBE },
		{ "/etc/resolv.conf", SANDBOX_MAYBE },
		{ "/etc/hosts", SANDBOX_MAYBE },
		{ "/etc/nsswitch.conf", SANDBOX_MAYBE },
		{ "/etc/gai.conf", SANDBOX_MAYBE },
		{ "/etc/ssl", SANDBOX_MAYBE },
		{ "/dev/urandom", SANDBOX_MAYBE },
		{ 0 },
	};
	struct err e;

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = 128 });
	if (sandbox_confine(paths, SANDBOX_ARCHIVER, &e) < 0)
		log_fatal("%s", e.text);
}

static void open_all(const struct wiring *w, struct arena *a)
{
	self.db = db_new(self.conninfo, "pm_recorder", DEADLINE_MS);
	self.log = archive_log_new(self.db);
	self.move = (struct move){ .db = self.db, .arena = a,
		.appliance = span_of(w->name ? w->name : "") };
	self.move.refused = map_new(a);
	self.moved_ms = self.told_ms = self.heard_ms = INT64_MIN / 2;
}

int archiver_run(const struct process *p)
{
	struct arena *a = arena_new("archiver", WIRING_ARENA);
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("filter", &e);
	self.conninfo = wiring_conninfo(&w);
	self.signals = life_signals();
	be_alone();
	if (self.conninfo) {
		open_all(&w, a);
		self.move.key = seal_load(SEAL_KEY_FILE, &self.no_key);
	}
	confine(p);
	life_ready();
	if (self.conninfo)
		serve();
	while (!stopped_within(-1))
		;
	return EXIT_DONE;
}
