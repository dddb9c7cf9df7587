/*
 * The table of pm supervise, with everything around it faked: starting a
 * process notes it, signals are noted, deaths are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "supervise.h"

#include "base/clock.h"

const struct applet *const applets[] = { NULL };

static struct super s;
static char notes[4096];
static pid_t last_pid;
static bool fork_fails;

static void note(const struct child *c, const char *what)
{
	size_t n = strlen(notes);

	snprintf(notes + n, sizeof(notes) - n, "%s %s, ", what,
		c->process->name);
}

int spawn_start(struct super *super, struct child *c)
{
	(void)super;
	note(c, fork_fails ? "fail" : "start");
	if (fork_fails)
		return -1;
	c->pid = ++last_pid;
	return 0;
}

void spawn_signal(const struct child *c, int signal)
{
	note(c, signal == SIGTERM ? "term" : signal == SIGKILL ? "kill" :
		"hup");
}

void super_say(struct super *super, const char *fmt, ...)
{
	(void)super;
	(void)fmt;
}

/* c needs b needs a; d needs nobody. */
static const struct process processes[] = {
	{ .name = "c", .needs = "b" }, { .name = "b", .needs = "a" },
	{ .name = "a" }, { .name = "d" }, { 0 },
};

static const struct role role = {
	.processes = processes, .restart = { 10, 5, 2 },
};

static const struct applet applet = { .name = "role", .role = &role };

static struct child *child(const char *name)
{
	for (size_t i = 0; i < 4; i++)
		if (strcmp(processes[i].name, name) == 0)
			return &s.children[i];
	return NULL;
}

/* What was noted since the last look. */
static void assert_notes(const char *want)
{
	assert_string_equal(notes, want);
	notes[0] = 0;
}

static void say_ready(const char *name)
{
	machine_event(&s, child(name), EVENT_READY);
	machine_settle(&s);
}

/* It ended with a wait status; code 3 is 3 << 8. */
static void ends(const char *name, int status)
{
	struct child *c = child(name);
	pid_t pid = c->pid;

	c->exit_status = status;
	machine_event(&s, c, EVENT_EXITED);
	if (c->pid == pid)
		c->pid = 0;
	machine_settle(&s);
}

static void timer(const char *name)
{
	child(name)->timer_ms = 1;
	machine_timers(&s, 2);
	machine_settle(&s);
}

static void want(bool wanted, bool again)
{
	for (size_t i = 0; i < 4; i++) {
		s.children[i].wanted = wanted;
		s.children[i].again = again;
	}
	machine_settle(&s);
}

/* Only a, b, c; all of them ready. */
static int all_up(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	fork_fails = false;
	for (size_t i = 0; i < 4; i++) {
		s.children[i].applet = &applet;
		s.children[i].process = &processes[i];
	}
	want(true, false);
	say_ready("a");
	say_ready("b");
	say_ready("c");
	say_ready("d");
	return 0;
}

static void test_start_order(void **state)
{
	(void)state;
	assert_notes("start a, start d, start b, start c, ");
	assert_true(child("c")->state == STATE_ready);
	assert_null(machine_missing(&s, child("c")));
}

static void test_stop_order(void **state)
{
	(void)state;
	notes[0] = 0;
	want(false, false);
	assert_notes("term c, term d, ");
	ends("d", 0);
	assert_notes("");
	ends("c", 0);
	assert_notes("term b, ");
	ends("b", SIGTERM);
	assert_notes("term a, ");
	assert_false(machine_all_down(&s));
	timer("a");
	assert_notes("kill a, ");
	assert_int_not_equal(child("a")->timer_ms, 0);
	ends("a", SIGKILL);
	assert_true(machine_all_down(&s));
}

/* All go down before the first comes back. */
static void test_restart(void **state)
{
	(void)state;
	notes[0] = 0;
	want(false, true);
	ends("c", 0);
	ends("b", 0);
	ends("d", 0);
	assert_notes("term c, term d, term b, term a, ");
	ends("a", 0);
	assert_notes("start a, start d, ");
	assert_false(child("c")->again);
}

/* A dead process does not take those along that need it. */
static void test_death(void **state)
{
	(void)state;
	notes[0] = 0;
	child("a")->started_ms = clock_ms() - 10000;
	ends("a", SIGKILL);
	assert_notes("start a, ");
	assert_true(child("b")->state == STATE_ready);
	assert_int_equal(child("a")->starts, 2);
}

static void test_damping(void **state)
{
	(void)state;
	notes[0] = 0;
	for (int i = 0; i < 2; i++) {
		ends("a", 3 << 8);
		assert_true(child("a")->state == STATE_paused);
		assert_int_equal((child("a")->timer_ms - clock_ms() + 500) /
			1000, 5);
		timer("a");
		assert_notes("start a, ");
	}
	snprintf(child("a")->last, TEXT_MAX, "last words");
	ends("a", 3 << 8);
	assert_true(child("a")->state == STATE_failed);
	assert_string_equal(child("a")->degraded,
		"it dies again and again: last words");
	/* It is tried again, and one more death is enough. */
	timer("a");
	assert_notes("start a, ");
	ends("a", 3 << 8);
	assert_true(child("a")->state == STATE_failed);
	/* A long life forgives. */
	timer("a");
	say_ready("a");
	child("a")->started_ms = clock_ms() - 10000;
	ends("a", SIGSEGV);
	assert_true(child("a")->state == STATE_starting);
	assert_int_equal(child("a")->quick, 0);
}

static void test_bad_configuration(void **state)
{
	(void)state;
	ends("a", EXIT_USAGE << 8);
	assert_true(child("a")->state == STATE_failed);
	assert_int_equal(child("a")->timer_ms, 0);
	machine_event(&s, child("a"), EVENT_START);
	machine_settle(&s);
	assert_true(child("a")->state == STATE_starting);
}

static void test_never_ready(void **state)
{
	(void)state;
	ends("a", 3 << 8);
	timer("a");
	notes[0] = 0;
	timer("a");
	assert_notes("kill a, ");
	assert_true(child("a")->state == STATE_starting);
	child("a")->started_ms = clock_ms() - 60000;
	ends("a", SIGKILL);
	/* However long it took: a life without "ready" is no life. */
	assert_true(child("a")->state == STATE_paused);
}

static void test_fork_fails(void **state)
{
	(void)state;
	ends("a", 3 << 8);
	fork_fails = true;
	for (int i = 0; i < 20; i++) {
		timer("a");
		assert_true(child("a")->state == STATE_paused);
	}
	fork_fails = false;
	timer("a");
	assert_true(child("a")->state == STATE_starting);
}

/* What waits, is paused or has failed stops without a process. */
static void test_stop_without_process(void **state)
{
	(void)state;
	ends("a", EXIT_USAGE << 8);
	ends("d", 3 << 8);
	notes[0] = 0;
	want(false, false);
	ends("c", 0);
	ends("b", 0);
	assert_notes("term c, term b, ");
	assert_true(machine_all_down(&s));
}

/* Death and order may cross: what is not wanted is not started again. */
static void test_death_while_stopping(void **state)
{
	(void)state;
	notes[0] = 0;
	want(false, false);
	ends("a", SIGKILL);
	assert_true(child("a")->state == STATE_down);
	assert_notes("term c, term d, ");
}

static void test_start_while_stopping(void **state)
{
	(void)state;
	want(false, false);
	child("d")->wanted = true;
	notes[0] = 0;
	machine_settle(&s);
	assert_notes("");
	ends("d", 0);
	assert_notes("start d, ");
}

static void test_reload_reaches_the_late(void **state)
{
	(void)state;
	ends("d", 3 << 8);
	timer("d");
	child("d")->hup = true;
	notes[0] = 0;
	say_ready("d");
	assert_notes("hup d, ");
	assert_false(child("d")->hup);
}

static void test_removed(void **state)
{
	(void)state;
	child("d")->removed = true;
	child("d")->wanted = false;
	machine_settle(&s);
	assert_non_null(child("d")->applet);
	ends("d", 0);
	assert_null(child("d")->applet);
	assert_int_equal(child("d")->status_fd, -1);
}

/* No event in any state may break the record. */
static void test_every_pair(void **state)
{
	(void)state;
	for (int st = 0; st < STATE_COUNT; st++)
		for (int ev = 0; ev < EVENT_COUNT; ev++) {
			child("d")->state = (enum state)st;
			machine_event(&s, child("d"), (enum event)ev);
			assert_true(child("d")->state < STATE_COUNT);
			assert_non_null(machine_state_name(
				child("d")->state));
		}
}

#define TEST(f) cmocka_unit_test_setup(f, all_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start_order), TEST(test_stop_order),
		TEST(test_restart), TEST(test_death), TEST(test_damping),
		TEST(test_bad_configuration), TEST(test_never_ready),
		TEST(test_fork_fails), TEST(test_stop_without_process),
		TEST(test_death_while_stopping),
		TEST(test_start_while_stopping),
		TEST(test_reload_reaches_the_late), TEST(test_removed),
		TEST(test_every_pair),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
