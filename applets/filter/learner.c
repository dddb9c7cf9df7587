/*
 * The learner: what people say of withheld mail, on whatever appliance, comes
 * through the database and teaches the content classifier of this filter.
 * Nobody waits for it. A message is parsed in a worker that was forked before
 * the key was read and can do nothing but calculate (tool/keeper.h).
 *
 * Where it is, FEEDBACK_HEARD says, and says so before a message is looked
 * at: one that kills the worker ends us, and the next life goes on behind it.
 */
#include "filter.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "conf/wiring.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "store/quarantine.h"
#include "tool/feedback.h"
#include "tool/update.h"

#define HEARD FEEDBACK_DIR "/heard"

enum {
	LOOK_MS = 1000,
	DEADLINE_MS = 10000,
	WIRING_ARENA = 16 << 20,
	BITS = 8,		/* the trainer of examples is not used */
	NUMBER_MAX = 32,
	FILE_MODE = 0644,
};

#define PASS_ARENA ((size_t)1 << 30)

static struct {
	int signals;
	struct quarantine place;
	struct examples examples;
	int64_t version;
} self;

static bool stopped_within(int ms)
{
	struct pollfd p = { .fd = self.signals, .events = POLLIN };
	bool stop = false;
	char c;

	while (!stop && poll(&p, 1, ms) > 0) {
		if (read(self.signals, &c, 1) == 1)
			stop = c == 'T';
		ms = 0;
	}
	return stop;
}

/* --- where it is --------------------------------------------------------- */

static void read_version(void)
{
	struct buf b = { 0 };
	uint64_t n = 0;
	struct err e;

	if (access(HEARD, F_OK) == 0 && (io_slurp(HEARD, NUMBER_MAX, &b,
	    &e) < 0 || !span_u64(span_trim(buf_bytes(&b)), INT64_MAX, &n)))
		log_warn(HEARD ": is no number: all is learnt again");
	self.version = (int64_t)n;
	buf_free(&b);
}

static int write_version(int64_t version, struct err *e)
{
	char text[NUMBER_MAX];

	self.version = version;
	snprintf(text, sizeof(text), "%lld\n", (long long)version);
	return io_replace_file(HEARD, FILE_MODE, span_of(text), e);
}

/* --- what is learnt ------------------------------------------------------ */

/* One that is not there any more teaches nothing. */
static int learn_one(const struct quarantine_said *s, struct arena *a,
	struct err *e)
{
	struct quarantine_entry q;
	struct feedback_report r = {
		.user = s->who.n ? arena_string(a, s->who) : NULL,
		.spam = s->learn == QUARANTINE_LEARN_SPAM,
		.undo = s->learn == QUARANTINE_LEARN_UNDO };
	struct buf line = { .arena = a };
	bool found;

	if (quarantine_get(&self.place, &s->id, true, a, &q, e) < 0)
		return e->class == ERR_TEMPORARY ? -1 : 0;
	if (q.record.body.p == NULL)
		return 0;
	if (tool_look(&self.examples.keeper, s->id.text, q.record.body, &line,
			e) < 0)
		log_fatal("message %s cannot be learnt: %s", s->id.text,
			e->text);
	r.line = buf_bytes(&line);
	return feedback_keep(&r, &found, e);
}

static int hear(size_t *n_r, struct err *e)
{
	struct arena *a = arena_new("what was said", PASS_ARENA);
	struct arena *each = arena_new("message", PASS_ARENA);
	struct quarantine_said *v;
	size_t kept;
	int result = quarantine_heard(self.place.db, self.version, a, &v, n_r,
		e);

	for (size_t i = 0; result == 0 && i < *n_r; i++) {
		int64_t before = self.version;

		result = write_version(v[i].version, e);
		if (result == 0 && learn_one(&v[i], each, e) < 0) {
			result = -1;
			write_version(before, NULL);
		}
		arena_reset(each);
	}
	if (result == 0 && *n_r)
		result = feedback_learn(&kept, e);
	if (result == 0 && *n_r)
		log_info("feedback: %zu learnt, %zu in all", *n_r, kept);
	arena_free(&each);
	arena_free(&a);
	return result;
}

static void serve(void)
{
	char text[ERR_TEXT_MAX + 80];
	struct err e;
	size_t n;

	while (!stopped_within(LOOK_MS)) {
		do {
			n = 0;
			if (hear(&n, &e) == 0) {
				life_degraded(NULL);
				continue;
			}
			snprintf(text, sizeof(text), "%s: what people say of "
				"withheld mail waits in the database", e.text);
			life_degraded(text);
			n = 0;
		} while (n && !stopped_within(0));
	}
}

/* --- beginning ----------------------------------------------------------- */

static void confine(void)
{
	static const struct sandbox_path paths[] = {
		{ FEEDBACK_DIR, SANDBOX_WRITE },
		{ UPDATE_DIR, SANDBOX_MAYBE }, { UPDATE_KEYS, SANDBOX_MAYBE },
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

	if (sandbox_confine(paths, SANDBOX_LEARNER, &e) < 0)
		log_fatal("%s", e.text);
}

/* The worker first, while there is nothing that it could know. */
static void open_all(const char *conninfo)
{
	struct err e;

	examples_begin(&self.examples, "learner", ".", BITS);
	self.examples.tool.offline = true;
	self.examples.raw = true;
	if (tool_start(&self.examples.keeper, &e) < 0)
		log_fatal("%s", e.text);
	self.place.db = db_new(conninfo, "pm_recorder", DEADLINE_MS);
	self.place.key = seal_load(SEAL_KEY_FILE, &e);
	if (self.place.key == NULL)
		life_degraded(e.text);
	read_version();
}

int learner_run(const struct process *p)
{
	struct arena *a = arena_new("wiring", WIRING_ARENA);
	const char *conninfo;
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0 || feedback_make(&e) < 0)
		return err_report("filter", &e);
	conninfo = wiring_conninfo(&w);
	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = 128 });
	self.signals = life_signals();
	if (conninfo)
		open_all(conninfo);
	confine();
	life_ready();
	if (self.place.key)
		serve();
	else
		while (!stopped_within(-1))
			;
	return EXIT_DONE;
}
