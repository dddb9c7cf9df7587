/*
 * The recorder: takes what front committed to spool/new and puts it where it
 * is wanted (store/retire.h). Woken by inotify; a look each second finds
 * what inotify did not tell.
 */
#include "filter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/root.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "store/held.h"
#include "store/recover.h"
#include "store/retire.h"
#include "store/spool.h"

#define NEW ROOT_SPOOL "/new"
#define BAD ROOT_SPOOL "/bad"

enum {
	RESCAN_MS = 1000,
	RECOVER_MS = 60000,
};

struct recorder {
	int signals, watch;
	DIR *inbox;
	bool stop;
	struct err trouble;	/* of the last pass; class ERR_NONE: none */
	char logged[ERR_TEXT_MAX];
};

/* Files that a person has to look at. */
static unsigned count_bad(void)
{
	DIR *d = opendir(BAD);
	unsigned n = 0;

	for (struct dirent *f; d && (f = readdir(d)); )
		n += f->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

/* Logs a trouble once, until another or none takes its place. */
static void tell(struct recorder *r)
{
	char text[ERR_TEXT_MAX + 80] = "";
	unsigned bad;

	if (r->trouble.class != ERR_NONE) {
		snprintf(text, sizeof(text), "%s: kept mail waits in the "
			"spool", r->trouble.text);
		if (strcmp(r->logged, r->trouble.text) != 0)
			log_error("%s", text);
		snprintf(r->logged, sizeof(r->logged), "%s", r->trouble.text);
	} else {
		r->logged[0] = 0;
		bad = count_bad();
		if (bad)
			snprintf(text, sizeof(text), "%u damaged files in "
				BAD ": mail in them is neither listed nor "
				"sent", bad);
	}
	life_trouble(ALARM_RECORDER, text);
}

/* Has TERM come? */
static void hear_signals(struct recorder *r)
{
	struct pollfd p = { .fd = r->signals, .events = POLLIN };
	char c;

	while (poll(&p, 1, 0) > 0 && read(r->signals, &c, 1) == 1)
		r->stop |= c == 'T';
}

static void take_one(struct recorder *r, const char *name)
{
	struct err e = { .class = ERR_NONE };

	if (retire_record(name, &e) == 0)
		return;
	if (e.class == ERR_PERMANENT)
		log_error("%s: moved to " BAD, e.text);
	else
		r->trouble = e;
}

/* One pass over spool/new. */
static void take_all(struct recorder *r)
{
	struct dirent *f;
	struct id id;

	r->trouble.class = ERR_NONE;
	rewinddir(r->inbox);
	while (!r->stop && (f = readdir(r->inbox))) {
		if (id_parse(span_of(f->d_name), &id))
			take_one(r, f->d_name);
		hear_signals(r);
	}
	tell(r);
}

static void drain_watch(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static void serve(struct recorder *r)
{
	int64_t recovered = INT64_MIN / 2;

	while (!r->stop) {
		struct pollfd p[2] = {
			{ .fd = r->signals, .events = POLLIN },
			{ .fd = r->watch, .events = POLLIN },
		};

		if (clock_ms() - recovered >= RECOVER_MS) {
			unsigned n = recover_copies();

			recovered = clock_ms();
			if (n)
				log_info("handed over %u copies that a crash "
					"had left", n);
		}
		take_all(r);
		if (r->stop)
			break;
		poll(p, 2, RESCAN_MS);
		drain_watch(r->watch);
		hear_signals(r);
	}
}

/* Everything that needs power or paths, before both go. */
static void open_all(struct recorder *r)
{
	struct err e;

	/* A root that an older version set up may lack one of the folders. */
	if (spool_make(&e) < 0)
		log_fatal("%s", e.text);
	r->signals = life_signals();
	r->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (r->watch < 0)
		log_fatal("inotify: %s", strerror(errno));
}

static void confine(const struct process *p)
{
	static const struct sandbox_path paths[] = {
		{ ROOT_SPOOL "/new", SANDBOX_WRITE },
		{ ROOT_SPOOL "/inject", SANDBOX_WRITE },
		{ ROOT_SPOOL "/bad", SANDBOX_WRITE },
		{ ROOT_QUARANTINE, SANDBOX_WRITE },
		{ ROOT_ARCHIVE, SANDBOX_WRITE },
		{ 0 },
	};
	struct err e;

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = 64 });
	if (sandbox_confine(paths, SANDBOX_RECORDER, &e) < 0)
		log_fatal("%s", e.text);
}

int recorder_run(const struct process *p)
{
	struct recorder r = { 0 };

	open_all(&r);
	confine(p);
	r.inbox = opendir(NEW);
	if (r.inbox == NULL || inotify_add_watch(r.watch, NEW,
		IN_MOVED_TO | IN_ONLYDIR) < 0)
		log_fatal(NEW ": %s; run pm setup", strerror(errno));
	life_ready();
	serve(&r);
	closedir(r.inbox);
	return EXIT_DONE;
}
