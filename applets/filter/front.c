/*
 * Front: the MTA's partner. Collects envelope and content, has a scanner
 * judge, keeps what must be kept, answers. It parses nothing of a message.
 */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/root.h"
#include "engine/zone.h"
#include "conf/wiring.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "store/generation.h"
#include "store/keyring.h"
#include "store/spool.h"
#include "tool/feedback.h"
#include "tool/update.h"
#include "budget.h"
#include "dnswatch.h"
#include "filter.h"
#include "front_milter.h"
#include "health.h"
#include "link.h"
#include "notice_cap.h"
#include "outcome.h"
#include "poison.h"
#include "policy_source.h"
#include "pthread_guard.h"
#include "scanners.h"
#include "tags.h"
#include "userdata_share.h"

enum {
	WIRING_MEMORY = 16 << 20,
	TEND_MS = 1000,
	POLICY_WAIT_MS = 5000,
	ZYGOTE_WAIT_MS = 500,
	LAST_ANSWERS_MS = 26000, /* more than any deadline */
	LAST_BYTES_MS = 50,
};

static const struct link_hooks hooks = {
	policy_source_up, policy_source_down, policy_source_loaded,
};

/*
 * Answers that are under way are given; the rest the MTA repeats. libmilter's
 * own way out takes it up to five seconds more.
 */
static _Noreturn void finish(int code)
{
	int64_t deadline = clock_ms() + LAST_ANSWERS_MS;

	do
		clock_sleep_ms(LAST_BYTES_MS);
	while (outcome_pending() && clock_left_ms(deadline) > 0);
	clock_sleep_ms(LAST_BYTES_MS);
	outcome_sync();
	_exit(code);
}

/* TERM ends us, HUP means: the policy on the disk is another. */
static void *obey_signals(void *fd)
{
	struct pollfd p = { .fd = *(const int *)fd, .events = POLLIN };
	char c;

	for (;;) {
		poll(&p, 1, -1);
		while (read(p.fd, &c, 1) == 1) {
			if (c == 'H') {
				tags_load();
				policy_source_read();
				continue;
			}
			front_milter_stop();
			finish(EXIT_DONE);
		}
	}
	return NULL;
}

static void *tend(void *unused)
{
	(void)unused;
	for (;;) {
		clock_sleep_ms(TEND_MS);
		scanners_tend();
		userdata_tend();
		outcome_sync();
		health_tend();
		policy_source_tend();
		notice_cap_tend(clock_ms());
	}
	return NULL;
}

static void start_thread(void *(*run)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, run, arg) != 0)
		log_fatal("cannot start a thread");
	pthread_detach(t);
}

/* The first policy, or the news that it is bad. */
static void wait_for_policy(void)
{
	int64_t start = clock_ms();

	while (!policy_source_settled()) {
		int64_t waited = clock_ms() - start;

		/* Without a zygote the MTA shall hear 451 soon, not nothing. */
		if (waited > (link_is_up() ? POLICY_WAIT_MS : ZYGOTE_WAIT_MS))
			break;
		clock_sleep_ms(2);
	}
	scanners_tend();
}

/* Everything that needs the power of root, then none of it is left. */
static int open_all(const struct process *p, const struct wiring *w,
	struct err *e)
{
	const struct sandbox_path paths[] = {
		{ ROOT_ETC, SANDBOX_READ }, { KEYRING_DIR, SANDBOX_READ },
		{ GENERATION_DIR, SANDBOX_READ },
		{ FEEDBACK_DIR, SANDBOX_READ }, { UPDATE_DIR, SANDBOX_READ },
		{ ZONE_FOLDER, SANDBOX_MAYBE },
		{ ROOT_SPOOL "/tmp", SANDBOX_WRITE },
		{ ROOT_SPOOL "/new", SANDBOX_WRITE },
		{ ROOT_SPOOL "/poison", SANDBOX_WRITE },
		{ ROOT_COMPILED, SANDBOX_WRITE },
		{ ROOT_SPOOL "/journal", SANDBOX_WRITE }, { 0 },
	};
	const char *where = w->filter.nlisten ? w->filter.listen[0] :
		"unix:" ROOT_RUN "/milter.sock";

	if (spool_make(e) < 0 || keyring_make(e) < 0 ||
	    generation_make(e) < 0 || feedback_make(e) < 0 ||
	    update_prepare(e) < 0 ||
	    front_milter_open(where, p->user, e) < 0)
		return -1;
	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .nofile = 65536 });
	return sandbox_confine(paths, SANDBOX_FRONT, e);
}

/* The settings that hold for our whole life. */
static void configure(const struct wiring *w)
{
	if (w->filter.nlisten > 1)
		health_set(HEALTH_LISTEN, "filter.listen: this version serves "
			"the first address only");
	budget_start(w->filter.memory_mb);
	scanners_start((unsigned)w->filter.concurrency);
	outcome_start(w->name ? w->name : "", w->mta.kind && w->mta.reinject);
	poison_start();
	tags_load();
	spool_sweep();
}

int front_run(const struct process *p)
{
	struct arena *a = arena_new("wiring", WIRING_MEMORY);
	static int signals;
	struct wiring w;
	struct err e;

	/* Each malloc arena takes 64 MiB of addresses; two serve as well. */
	mallopt(M_ARENA_MAX, 2);
	pthread_guard();
	if (wiring_load(a, &w, &e) < 0)
		return err_report("filter", &e);
	signals = life_signals();
	if (open_all(p, &w, &e) < 0)
		return err_report("filter", &e);
	configure(&w);
	arena_free(&a);
	health_set(HEALTH_ZYGOTE, "no policy is loaded, the zygote does not "
		"answer: mail is answered 451");
	userdata_tend();
	link_start(&hooks);
	policy_source_read();
	start_thread(obey_signals, &signals);
	start_thread(tend, NULL);
	start_thread(dnswatch_run, NULL);
	wait_for_policy();
	life_ready();
	finish(front_milter_serve() < 0 ? EXIT_LATER : EXIT_DONE);
}
