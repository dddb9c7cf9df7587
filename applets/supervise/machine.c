#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "supervise.h"

#include "base/clock.h"

/* Goes into a state; a timer of 0 ms is none. */
static void enter(struct child *c, enum state state, int64_t timer_ms)
{
	int64_t now = clock_ms();

	c->state = state;
	c->since_ms = now;
	c->timer_ms = timer_ms ? now + timer_ms : 0;
}

/* A record that leaves the three numbers out gets these. */
static int64_t delay_ms(const struct child *c)
{
	unsigned s = c->applet->role->restart.delay_s;

	return s ? (int64_t)s * 1000 : 1000;
}

static int64_t threshold_ms(const struct child *c)
{
	unsigned s = c->applet->role->restart.threshold_s;

	return s ? (int64_t)s * 1000 : 1000;
}

static unsigned retries(const struct child *c)
{
	unsigned n = c->applet->role->restart.retries;

	return n ? n : 10;
}

static void ignore(struct super *s, struct child *c)
{
	(void)s;
	(void)c;
}

static void await(struct super *s, struct child *c)
{
	(void)s;
	c->quick = 0;
	c->degraded[0] = 0;
	enter(c, STATE_waiting, 0);
}

static void rest(struct super *s, struct child *c)
{
	(void)s;
	c->degraded[0] = 0;
	enter(c, STATE_down, 0);
}

/* Whatever goes wrong in starting is tried again: nobody is given up on. */
static void launch(struct super *s, struct child *c)
{
	unsigned ms = c->process->ready_ms;

	c->degraded[0] = 0;
	c->note[0] = 0;
	memset(c->alarms, 0, sizeof(c->alarms));
	c->generation = 0;
	c->was_ready = false;
	c->started_ms = clock_ms();
	if (spawn_start(s, c) < 0) {
		snprintf(c->degraded, sizeof(c->degraded), "cannot be "
			"started: the log says why");
		enter(c, STATE_paused, delay_ms(c));
		return;
	}
	c->starts++;
	enter(c, STATE_starting, ms ? ms : READY_MS);
}

static void serve(struct super *s, struct child *c)
{
	c->was_ready = true;
	enter(c, STATE_ready, 0);
	super_say(s, "%s/%s is ready after %lld ms", c->applet->name,
		c->process->name, (long long)(c->since_ms - c->started_ms));
	if (c->hup)
		spawn_signal(c, SIGHUP);
	c->hup = false;
}

static void finish(struct super *s, struct child *c)
{
	unsigned ms = c->process->stop_ms;

	(void)s;
	spawn_signal(c, SIGTERM);
	enter(c, STATE_stopping, ms ? ms : STOP_MS);
}

/* A group that survives KILL for a moment is sent another one. */
static void kill_group(struct child *c)
{
	spawn_signal(c, SIGKILL);
	c->timer_ms = clock_ms() + 1000;
}

static void force(struct super *s, struct child *c)
{
	super_say(s, "warn: %s/%s did not stop in time: killed",
		c->applet->name, c->process->name);
	kill_group(c);
}

static void too_late(struct super *s, struct child *c)
{
	super_say(s, "error: %s/%s was not ready in time: killed",
		c->applet->name, c->process->name);
	snprintf(c->last, sizeof(c->last), "was not ready in time");
	kill_group(c);
}

static void gone(struct super *s, struct child *c)
{
	super_say(s, "%s/%s stopped", c->applet->name, c->process->name);
	rest(s, c);
}

/* How it ended, for the log. */
static void say_death(struct super *s, const struct child *c)
{
	int status = c->exit_status;

	if (WIFEXITED(status))
		super_say(s, "error: %s/%s[%d] exited with code %d",
			c->applet->name, c->process->name, c->pid,
			WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGSYS)
		super_say(s, "error: %s/%s[%d] was ended by the sandbox: "
			"it used a forbidden system call", c->applet->name,
			c->process->name, c->pid);
	else
		super_say(s, "error: %s/%s[%d] was killed by signal %d",
			c->applet->name, c->process->name, c->pid,
			WTERMSIG(status));
}

/* Failed, because of `why`: its last words if it had any. */
static void fail(struct super *s, struct child *c, const char *why,
	int64_t timer_ms)
{
	snprintf(c->degraded, sizeof(c->degraded), "%s%s%.200s", why,
		c->last[0] ? ": " : "", c->last);
	super_say(s, "error: %s/%s failed: %s", c->applet->name,
		c->process->name, c->degraded);
	enter(c, STATE_failed, timer_ms);
}

/* It died although it was wanted: what now? */
static void judge(struct super *s, struct child *c, bool lived)
{
	say_death(s, c);
	if (!c->wanted) {
		rest(s, c);
	} else if (WIFEXITED(c->exit_status) &&
		   WEXITSTATUS(c->exit_status) == EXIT_USAGE) {
		fail(s, c, "its configuration is wrong", 0);
	} else if (lived) {
		c->quick = 0;
		launch(s, c);
	} else if (++c->quick > retries(c)) {
		fail(s, c, "it dies again and again", RETRY_FAILED_MS);
	} else {
		snprintf(c->degraded, sizeof(c->degraded), "died, comes back "
			"in %lld s%s%.180s", (long long)delay_ms(c) / 1000,
			c->last[0] ? "; its last words: " : "", c->last);
		enter(c, STATE_paused, delay_ms(c));
	}
}

static void crash(struct super *s, struct child *c)
{
	judge(s, c, false);
}

static void die(struct super *s, struct child *c)
{
	judge(s, c, clock_ms() - c->started_ms >= threshold_ms(c));
}

typedef void action(struct super *s, struct child *c);

static action *const table[][EVENT_COUNT] = {
#define ROW(state, ...) [STATE_##state] = { __VA_ARGS__ },
	MACHINE(ROW)
#undef ROW
};

/* Each row names exactly one action for each event. */
#define ROW(state, ...) static_assert(sizeof((action *[]){ __VA_ARGS__ }) == \
	EVENT_COUNT * sizeof(action *), "row " #state);
MACHINE(ROW)
#undef ROW
static_assert(sizeof(table) / sizeof(*table) == STATE_COUNT, "states");

const char *machine_state_name(enum state state)
{
	static const char *const names[] = {
#define ROW(state, ...) #state,
		MACHINE(ROW)
#undef ROW
	};

	return names[state];
}

void machine_event(struct super *s, struct child *c, enum event event)
{
	table[c->state][event](s, c);
}

/* Does process d need process c to be ready before it starts? */
static bool needs(const struct child *d, const struct child *c)
{
	struct span rest = span_of(d->process->needs), word;
	const char *role = c->applet->name;

	while (span_cut(&rest, ' ', &word)) {
		size_t slash = span_chr(word, '/');

		if (slash == SIZE_MAX ? d->applet == c->applet &&
		    span_is(word, c->process->name) :
		    span_is(span_sub(word, 0, slash), role) &&
		    span_is(span_after(word, slash + 1), c->process->name))
			return true;
	}
	return false;
}

const struct child *machine_missing(const struct super *s,
	const struct child *c)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		const struct child *o = &s->children[i];

		if (o->applet && o->state != STATE_ready && needs(c, o))
			return o;
	}
	return NULL;
}

/* Is somebody who needs c on the way down too, and still there? */
static bool has_dependants(const struct super *s, const struct child *c)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		const struct child *o = &s->children[i];

		if (o->applet && o != c && !o->wanted && o->pid && needs(o, c))
			return true;
	}
	return false;
}

/* A restarted set comes back when all of it is down. */
static bool revive(struct super *s)
{
	bool any = false;

	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &s->children[i];

		if (c->applet && c->again && c->state != STATE_down)
			return false;
		any = any || (c->applet && c->again);
	}
	for (size_t i = 0; any && i < CHILDREN_MAX; i++) {
		struct child *c = &s->children[i];

		if (c->applet && c->again)
			c->wanted = true;
		c->again = false;
	}
	return any;
}

/* The event that brings c nearer to what is wanted; EVENT_COUNT: none. */
static enum event due(const struct super *s, const struct child *c)
{
	if (c->wanted && c->state == STATE_down)
		return EVENT_START;
	if (c->state == STATE_waiting && c->wanted &&
	    machine_missing(s, c) == NULL)
		return EVENT_NEEDS;
	if (!c->wanted && c->state != STATE_down &&
	    c->state != STATE_stopping && !has_dependants(s, c))
		return EVENT_STOP;
	return EVENT_COUNT;
}

/* A role that is no longer wired leaves its slot. */
static void release(struct super *s, struct child *c)
{
	for (size_t i = 0; i < SOURCES_MAX; i++)
		if (s->sources[i].child == c)
			s->sources[i].child = NULL;
	*c = (struct child){ .status_fd = -1 };
}

void machine_settle(struct super *s)
{
	bool moved;

	do {
		moved = revive(s);
		for (size_t i = 0; i < CHILDREN_MAX; i++) {
			struct child *c = &s->children[i];
			enum event event;

			if (c->applet == NULL)
				continue;
			event = due(s, c);
			if (event != EVENT_COUNT) {
				machine_event(s, c, event);
				moved = true;
			} else if (c->removed && c->state == STATE_down) {
				release(s, c);
			}
		}
	} while (moved);
}

int64_t machine_timers(struct super *s, int64_t now_ms)
{
	int64_t next = 0;

	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &s->children[i];

		if (c->applet == NULL || c->timer_ms == 0)
			continue;
		if (c->timer_ms <= now_ms) {
			c->timer_ms = 0;
			machine_event(s, c, EVENT_TIMER);
		}
		if (c->timer_ms && (next == 0 || c->timer_ms < next))
			next = c->timer_ms;
	}
	return next;
}

bool machine_all_down(const struct super *s)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (s->children[i].applet &&
		    s->children[i].state != STATE_down)
			return false;
	return true;
}
