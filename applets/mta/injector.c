#include "injector.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "net/smtp.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "store/spool.h"

#define INJECT ROOT_SPOOL "/inject"
#define BAD ROOT_SPOOL "/bad"

enum {
	STEP_TIMEOUT_MS = 60000, RESCAN_MS = 30000, NAME_SIZE = 80,
	COPY_ARENA = 1 << 30, PATH_SIZE = 256,
	/* So many in a row: it is the MTA, not the messages. */
	FAILURES_IN_A_ROW = 3,
};

static const int64_t pauses_ms[] = { 1000, 2000, 5000, 10000, 30000, 60000 };

/* A file in spool/inject that we know. */
struct known {
	char name[NAME_SIZE];
	unsigned tries;		/* that failed */
	int64_t next_ms;	/* not before; monotonic */
	bool there;		/* seen by the last scan */
};

struct injector {
	const char *where, *helo;
	int signals, watch;
	struct known *known;
	size_t n, cap;
	unsigned failed_passes;
	int64_t pause_until_ms;
	int64_t failing_since_ms; /* wall clock; 0: all is well */
	char why[256];
	bool stop;
};

static int64_t pause_ms(unsigned tries)
{
	enum { N = sizeof(pauses_ms) / sizeof(pauses_ms[0]) };

	return pauses_ms[tries < N ? tries : N - 1];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->name,
		((const struct known *)b)->name);
}

/* The first `sorted` are known from before, in order. */
static void learn(struct injector *in, const char *name, size_t sorted)
{
	struct known fresh = { .there = true }, *k = NULL;

	memcpy(fresh.name, name, span_of(name).n);
	if (sorted)
		k = bsearch(&fresh, in->known, sorted, sizeof(fresh), by_name);
	if (k) {
		k->there = true;
		return;
	}
	if (in->n == in->cap) {
		in->cap = in->cap ? in->cap * 2 : 64;
		in->known = reallocarray(in->known, in->cap, sizeof(fresh));
		if (in->known == NULL)
			log_fatal("injector: out of memory");
	}
	in->known[in->n++] = fresh;
}

/* What lies there now, in the order it came: ids begin with the time. */
static void scan(struct injector *in)
{
	DIR *d = opendir(INJECT);
	size_t kept = 0, sorted = in->n;

	if (d == NULL)
		log_fatal(INJECT ": %s", strerror(errno));
	for (size_t i = 0; i < sorted; i++)
		in->known[i].there = false;
	for (struct dirent *f; (f = readdir(d)); )
		/* A dot: its writer has not committed it. */
		if (f->d_name[0] != '.' && span_of(f->d_name).n < NAME_SIZE)
			learn(in, f->d_name, sorted);
	closedir(d);
	for (size_t i = 0; i < in->n; i++)
		if (in->known[i].there)
			in->known[kept++] = in->known[i];
	in->n = kept;
	if (in->n)
		qsort(in->known, in->n, sizeof(*in->known), by_name);
}

static void tell_state(struct injector *in)
{
	char since[CLOCK_STAMP_SIZE], text[512];
	size_t waiting = 0;

	for (size_t i = 0; i < in->n; i++)
		waiting += in->known[i].there && in->known[i].tries;
	if (waiting == 0) {
		in->failing_since_ms = 0;
		life_trouble(ALARM_INJECTOR, NULL);
		return;
	}
	clock_stamp(in->failing_since_ms, since);
	snprintf(text, sizeof(text), "re-injection to %s fails since %s (%s): "
		"%zu %s", in->where, since, in->why, waiting,
		waiting == 1 ? "copy waits" : "copies wait");
	life_trouble(ALARM_INJECTOR, text);
}

/* 0, or -1 when the disk refuses: the copy stays and is tried again. */
static int move_to_bad(const char *from, const char *name)
{
	char target[PATH_SIZE];

	snprintf(target, sizeof(target), BAD "/%s", name);
	if (rename(from, target) < 0 || io_sync_dir(BAD) < 0 ||
	    io_sync_dir(INJECT) < 0) {
		log_error("injector: %s: cannot move to %s: %s", from, target,
			strerror(errno));
		return -1;
	}
	return 0;
}

static int finish(const char *path)
{
	if ((unlink(path) < 0 && errno != ENOENT) ||
	    io_sync_dir(INJECT) < 0) {
		log_error("injector: %s: sent, but cannot be removed: %s: it "
			"will be sent again", path, strerror(errno));
		return -1;
	}
	return 0;
}

/* The same copy for those recipients who fared thus. */
static size_t select_rcpts(const struct spool_copy *c,
	const struct smtp_result *each, enum smtp_outcome outcome,
	struct arena *a, struct spool_copy *part_r)
{
	*part_r = *c;
	part_r->rcpts = arena_array(a, c->nrcpts + 1, sizeof(*c->rcpts));
	part_r->nrcpts = 0;
	for (size_t i = 0; i < c->nrcpts; i++)
		if (each[i].outcome == outcome)
			part_r->rcpts[part_r->nrcpts++] = c->rcpts[i];
	return part_r->nrcpts;
}

/*
 * Some are refused and others not: the refused ones' part first becomes safe
 * in spool/bad. Its name in between ends in x, which nobody sends or owes.
 */
static int keep_refused(struct spool_copy *part)
{
	char path[PATH_SIZE], name[NAME_SIZE];
	struct err e;

	snprintf(name, sizeof(name), "%sx", part->name);
	if (span_of(name).n >= sizeof(part->name)) {
		log_error("injector: %s: name too long", name);
		return -1;
	}
	memcpy(part->name, name, span_of(name).n + 1);
	if (spool_copy_write(part, &e) < 0) {
		log_error("injector: %s", e.text);
		return -1;
	}
	snprintf(path, sizeof(path), INJECT "/.%s", name);
	return move_to_bad(path, name);
}

static void log_refused(const struct spool_copy *c,
	const struct smtp_result *each)
{
	for (size_t i = 0; i < c->nrcpts; i++)
		if (each[i].outcome == SMTP_REFUSED)
			log_error("injector: %s: the MTA refused <%.*s> for "
				"good: %s: kept in %s", c->name,
				SPAN_FMT(span_sub(c->rcpts[i], 0, 256)),
				each[i].reply, BAD);
}

/* Carries out what became of each recipient; 0 when nothing is left. */
static int settle(const char *path, const struct spool_copy *c,
	const struct smtp_result *each, struct arena *a)
{
	struct spool_copy refused, later;
	struct err e;

	select_rcpts(c, each, SMTP_REFUSED, a, &refused);
	select_rcpts(c, each, SMTP_LATER, a, &later);
	if (later.nrcpts == c->nrcpts)
		return -1;
	log_refused(c, each);
	if (refused.nrcpts == c->nrcpts)
		return move_to_bad(path, c->name);
	if (refused.nrcpts && keep_refused(&refused) < 0)
		return -1;
	if (later.nrcpts == 0)
		return finish(path);
	if (spool_copy_commit(&later, &e) < 0)
		log_error("injector: %s", e.text);
	return -1;
}

/* Why the next line of `pm status` will say that it fails. */
static void note_failure(struct injector *in, const struct spool_copy *c,
	const struct smtp_result *each)
{
	for (size_t i = 0; i < c->nrcpts; i++)
		if (each[i].outcome == SMTP_LATER)
			snprintf(in->why, sizeof(in->why), "%s",
				each[i].reply);
}

/* One copy; 0 when it is gone, -1 when it has to wait. */
static int send_copy(struct injector *in, const char *name)
{
	struct arena *a = arena_new("copy", COPY_ARENA);
	struct smtp_result *each, all;
	char path[PATH_SIZE];
	struct spool_copy c;
	struct err e;
	int result;

	snprintf(path, sizeof(path), INJECT "/%s", name);
	if (spool_copy_read(path, a, &c, &e) == 0 && c.nrcpts > 0) {
		each = arena_array(a, c.nrcpts, sizeof(*each));
		smtp_send(in->where, in->helo, c.mail_from, c.rcpts, c.nrcpts,
			c.body, STEP_TIMEOUT_MS, each, &all);
		note_failure(in, &c, each);
		result = settle(path, &c, each, a);
		if (result == 0 && all.outcome == SMTP_DONE)
			log_info("injector: %s: sent: %s", name, all.reply);
	} else if (access(path, F_OK) < 0) {
		result = 0; /* it was taken back */
	} else if (e.class == ERR_TEMPORARY) {
		snprintf(in->why, sizeof(in->why), "%.200s", e.text);
		result = -1;
	} else {
		log_error("injector: %s: cannot be read: kept in %s", name,
			BAD);
		result = move_to_bad(path, name);
	}
	arena_free(&a);
	return result;
}

static void hear_signals(struct injector *in)
{
	char c;

	while (read(in->signals, &c, 1) == 1)
		in->stop = in->stop || c == 'T';
}

/* Tries everything that is due. */
static void pass(struct injector *in)
{
	unsigned failures = 0, sent = 0;

	for (size_t i = 0; i < in->n && !in->stop; i++) {
		struct known *k = &in->known[i];

		if (k->next_ms > clock_ms())
			continue;
		if (send_copy(in, k->name) == 0) {
			k->there = false;
			failures = 0;
			sent++;
		} else {
			k->next_ms = clock_ms() + pause_ms(k->tries++);
			failures++;
			if (in->failing_since_ms == 0)
				in->failing_since_ms = clock_wall_ms();
		}
		if (failures >= FAILURES_IN_A_ROW)
			break;
		hear_signals(in);
	}
	if (failures >= FAILURES_IN_A_ROW) {
		in->pause_until_ms = clock_ms() + pause_ms(in->failed_passes++);
	} else if (sent) {
		in->failed_passes = 0;
	}
	tell_state(in);
}

/* Until the next copy is due. */
static int wait_ms(const struct injector *in)
{
	int64_t now = clock_ms(), next = now + RESCAN_MS;

	for (size_t i = 0; i < in->n; i++)
		if (in->known[i].there && in->known[i].next_ms < next)
			next = in->known[i].next_ms;
	if (next < in->pause_until_ms)
		next = in->pause_until_ms;
	return next > now ? (int)(next - now) : 0;
}

static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static int serve(struct injector *in)
{
	while (!in->stop) {
		/* While all fail, new copies are no reason to try again. */
		struct pollfd p[] = {
			{ in->signals, POLLIN, 0 }, { in->watch, POLLIN, 0 },
		};

		drain(in->watch);
		scan(in);
		if (clock_ms() >= in->pause_until_ms)
			pass(in);
		if (in->stop)
			break;
		if (clock_ms() < in->pause_until_ms)
			p[1].fd = -1;
		poll(p, 2, wait_ms(in));
		hear_signals(in);
	}
	return EXIT_DONE;
}

static int confine(const struct process *p, struct err *e)
{
	static const struct sandbox_path paths[] = {
		{ INJECT, SANDBOX_WRITE }, { BAD, SANDBOX_WRITE }, { 0 },
	};

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = 64,
		.as = UINT64_C(3) << 30 });
	return sandbox_confine(paths, SANDBOX_INJECTOR, e);
}

int injector_run(const struct process *p)
{
	struct arena *a = arena_new("injector wiring", 16 << 20);
	struct injector in = { 0 };
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("mta", &e);
	if (w.mta.reinject == NULL) {
		err_set(&e, ERR_PERMANENT, ROOT_WIRING ": mta.reinject is "
			"missing; give the loopback listener that is not "
			"filtered, as \"127.0.0.1:10026\"");
		return err_report("mta", &e);
	}
	in.where = w.mta.reinject;
	in.helo = w.name ? w.name : "localhost";
	in.signals = life_signals();
	if (confine(p, &e) < 0)
		return err_report("mta", &e);
	in.watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (in.watch < 0 || inotify_add_watch(in.watch, INJECT,
	    IN_MOVED_TO | IN_ONLYDIR) < 0) {
		err_errno(&e, ERR_TEMPORARY, INJECT ": cannot be watched");
		return err_report("mta", &e);
	}
	life_ready();
	return serve(&in);
}
