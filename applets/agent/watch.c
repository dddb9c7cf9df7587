/*
 * agent/watch: each second what is wrong becomes what people are told. It is
 * said once when it has been wrong for a moment, and once when it has been
 * well for a minute: what comes and goes is one alarm.
 */
#include "agent.h"

#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "conf/wiring.h"
#include "look.h"
#include "mirror.h"
#include "net/post.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "tell.h"
#include "use.h"

enum {
	ROUND_MS = 1000,
	RAISE_MS = 4000,
	ARENA_LIMIT = 16 << 20,
};

/* What has not been wrong for long enough. */
struct young {
	enum alarm alarm;
	char subject[ALARM_SUBJECT_MAX];
	int64_t first_ms;
	bool there;
};

static struct watch {
	struct wiring w;
	struct teller teller;
	struct mirror *mirror;
	struct findings findings;
	struct young young[LOOK_MAX];
	size_t nyoung;
	int64_t raise_ms, hold_ms, round_ms;
	int signals;
} self;

/* A test does not wait a minute. */
static int64_t setting(const char *name, int64_t normally)
{
	const char *text = getenv(name);
	uint64_t ms;

	return text && span_u64(span_of(text), 3600000, &ms) ? (int64_t)ms :
		normally;
}

/* Has it been there for long enough? */
static bool is_of_age(const struct finding *f)
{
	struct young *y = self.young;

	while (y < self.young + self.nyoung && (y->alarm != f->alarm ||
	    strcmp(y->subject, f->subject) != 0))
		y++;
	if (y == self.young + self.nyoung) {
		if (self.nyoung == LOOK_MAX)
			return true;
		*y = (struct young){ .alarm = f->alarm,
			.first_ms = clock_ms() };
		memcpy(y->subject, f->subject, sizeof(y->subject));
		self.nyoung++;
	}
	y->there = true;
	return clock_ms() - y->first_ms >= self.raise_ms;
}

static void forget_young(void)
{
	size_t n = 0;

	for (size_t i = 0; i < self.nyoung; i++)
		if (self.young[i].there) {
			self.young[n] = self.young[i];
			self.young[n++].there = false;
		}
	self.nyoung = n;
}

static const char *full_name(const struct alarm_entry *a, char out[128])
{
	snprintf(out, 128, "%s%s%s", alarm_kinds[a->alarm].name,
		a->subject[0] ? " " : "", a->subject);
	return out;
}

static void raise_one(struct alarm_book *b, const struct finding *f)
{
	const struct alarm_kind *k = &alarm_kinds[f->alarm];
	struct alarm_entry *a = alarm_add(b, f->alarm, span_of(f->subject));
	char name[128];

	memcpy(a->text, f->text, sizeof(a->text));
	memcpy(a->from, f->from, sizeof(a->from));
	log_warn("alarm %s: %s. %s %s", full_name(a, name), f->text, k->means,
		k->remedy);
}

/* What is found is raised, or still is. True: the book has changed. */
static bool take(struct alarm_book *b, const struct finding *f)
{
	struct alarm_entry *a = alarm_raised(b, f->alarm,
		span_of(f->subject));
	bool changed;

	if (a == NULL) {
		if (!is_of_age(f))
			return false;
		raise_one(b, f);
		return true;
	}
	changed = a->gone_ms != 0 || strcmp(a->text, f->text) != 0;
	a->gone_ms = 0;
	memcpy(a->text, f->text, sizeof(a->text));
	memcpy(a->from, f->from, sizeof(a->from));
	return changed;
}

static bool is_found(const struct alarm_entry *a)
{
	for (size_t i = 0; i < self.findings.n; i++)
		if (self.findings.v[i].alarm == a->alarm &&
		    strcmp(self.findings.v[i].subject, a->subject) == 0)
			return true;
	return false;
}

/* One that is not found any more: gone, and after a while over. */
static bool let_go(struct alarm_entry *a)
{
	int64_t now = clock_wall_ms();
	char name[128];

	/* A clock that was set back must not hold it for ever. */
	if (a->gone_ms == 0 || a->gone_ms > now) {
		a->gone_ms = now;
		return true;
	}
	if (now - a->gone_ms < self.hold_ms)
		return false;
	a->cleared_ms = now;
	log_info("alarm %s is over", full_name(a, name));
	return true;
}

/* pm alarm test makes its own; it is over when it was told. */
static bool is_over(const struct alarm_entry *a)
{
	unsigned ways = tell_ways(&self.w);

	return a->alarm != ALARM_TEST ? !is_found(a) :
		(a->raised_by & ways) == ways;
}

static bool settle(struct alarm_book *b)
{
	bool changed = false;

	for (size_t i = 0; i < self.findings.n; i++)
		changed |= take(b, &self.findings.v[i]);
	forget_young();
	for (size_t i = 0; i < b->n; i++) {
		struct alarm_entry *a = &b->v[i];

		if (a->cleared_ms || !is_over(a))
			continue;
		if (a->alarm == ALARM_TEST)
			a->gone_ms = 1;
		changed |= let_go(a);
	}
	return changed;
}

/* Telling takes its time, and others may want the book meanwhile. */
static int tell(struct alarm_book *b, struct err *e)
{
	struct alarm_entry told;

	alarm_close(b);
	if (alarm_read(b, e) < 0)
		return -1;
	while (tell_one(&self.teller, b, &told)) {
		alarm_close(b);
		if (alarm_open(b, e) < 0)
			return -1;
		for (size_t i = 0; i < b->n; i++)
			if (b->v[i].number == told.number) {
				b->v[i].raised_by |= told.raised_by;
				b->v[i].cleared_by |= told.cleared_by;
			}
		if (alarm_save(b, e) < 0)
			return -1;
		close(b->lock);
		b->lock = -1;
	}
	return 0;
}

static int round_once(struct err *e)
{
	static struct alarm_book book;
	int result;

	self.findings.n = 0;
	if (look_around(&self.findings, e) < 0)
		return -1;
	if (alarm_read(&book, e) < 0)
		return -1;
	mirror_round(self.mirror, &book, &self.findings);
	alarm_close(&book);
	if (alarm_open(&book, e) < 0)
		return -1;
	result = settle(&book) ? alarm_save(&book, e) : 0;
	if (result == 0 && tell_is_due(&self.teller, &book))
		result = tell(&book, e);
	alarm_close(&book);
	return result;
}

/* Has TERM come? */
static bool stopped_within(int ms)
{
	struct pollfd p = { .fd = self.signals, .events = POLLIN };
	char c;

	return poll(&p, 1, ms) > 0 && read(self.signals, &c, 1) == 1 &&
		c == 'T';
}

/* The book's folder, before root is given up. */
static int make_folder(const struct process *p, struct err *e)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam(p->user) : NULL;

	if (io_mkdirs(ALARM_FOLDER, 0755, e) < 0)
		return -1;
	if (pw && (chown(ALARM_FOLDER, pw->pw_uid, pw->pw_gid) < 0 ||
	    chmod(ALARM_FOLDER, 0755) < 0))
		return err_errno(e, ERR_PERMANENT, ALARM_FOLDER);
	return 0;
}

/* A finding is text of others, and webhooks answer what they like. */
static void confine(const struct process *p)
{
	static const struct sandbox_path paths[] = {
		{ ALARM_FOLDER, SANDBOX_WRITE },
		{ ROOT_ETC "/db", SANDBOX_MAYBE },
		{ TELL_AUTHORITIES, SANDBOX_MAYBE },
		{ "/etc/resolv.conf", SANDBOX_MAYBE },
		{ "/etc/hosts", SANDBOX_MAYBE },
		{ "/etc/nsswitch.conf", SANDBOX_MAYBE },
		{ "/etc/gai.conf", SANDBOX_MAYBE },
		{ "/etc/services", SANDBOX_MAYBE },
		{ "/etc/localtime", SANDBOX_MAYBE },
		{ "/usr/share/zoneinfo", SANDBOX_MAYBE },
		{ "/etc/ssl", SANDBOX_MAYBE },
		{ "/usr/share/ca-certificates", SANDBOX_MAYBE },
		{ "/usr/local/share/ca-certificates", SANDBOX_MAYBE },
		{ "/dev/urandom", SANDBOX_MAYBE },
		{ 0 },
	};
	struct err e;

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = 64 });
	if (sandbox_confine(paths, SANDBOX_WATCH, &e) < 0)
		log_fatal("%s", e.text);
}

static void serve(void)
{
	char last[ERR_TEXT_MAX] = "";
	bool ready = false;
	struct err e;

	do {
		if (round_once(&e) == 0) {
			last[0] = 0;
			life_degraded(NULL);
			if (!ready)
				life_ready();
			ready = true;
			continue;
		}
		if (strcmp(last, e.text) != 0)
			log_warn("%s", e.text);
		snprintf(last, sizeof(last), "%s", e.text);
		life_degraded(e.text);
	} while (!stopped_within((int)self.round_ms));
}

int watch_run(const struct process *p)
{
	struct arena *a = arena_new("watch", ARENA_LIMIT);
	struct err e;

	umask(022);
	if (wiring_load(a, &self.w, &e) < 0 || make_folder(p, &e) < 0)
		return err_report("agent", &e);
	self.signals = life_signals();
	self.raise_ms = setting("PM_TEST_ALARM_RAISE_MS", RAISE_MS);
	self.hold_ms = setting("PM_TEST_ALARM_HOLD_MS", ALARM_HOLD_MS);
	self.round_ms = setting("PM_TEST_ALARM_ROUND_MS", ROUND_MS);
	use_open();
	confine(p);
	self.teller = (struct teller){ .w = &self.w,
		.authorities = access(TELL_AUTHORITIES, R_OK) == 0 ?
		TELL_AUTHORITIES : POST_AUTHORITIES };
	self.mirror = mirror_new(wiring_conninfo(&self.w), self.w.name);
	serve();
	arena_free(&a);
	return EXIT_DONE;
}
