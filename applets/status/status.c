/*
 * pm status, start, stop, restart, reload: what runs here and what that
 * means for mail; and orders to pm supervise, awaited until carried out.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/root.h"
#include "role/status.h"
#include "tool/published.h"
#include "tool/update.h"

enum { PATIENCE_MS = 30000, POLL_MS = 50, POLICY_ARENA = 64 << 20 };

/* "3 d 4 h", "12 min", "9 s": two units at most. */
static void human_time(uint64_t ms, char out[24])
{
	uint64_t s = ms / 1000;

	if (s < 60)
		snprintf(out, 24, "%u s", (unsigned)s);
	else if (s < 3600)
		snprintf(out, 24, "%u min", (unsigned)(s / 60));
	else if (s < 86400)
		snprintf(out, 24, "%u h %u min", (unsigned)(s / 3600),
			(unsigned)(s / 60 % 60));
	else
		snprintf(out, 24, "%u d %u h", (unsigned)(s / 86400),
			(unsigned)(s / 3600 % 24));
}

/* "degraded: filter/broker is failed; filter/delay is down". */
static void print_summary(const struct status *t)
{
	const char *between = "degraded: ";

	for (size_t i = 0; i < t->n; i++) {
		const struct status_row *r = &t->rows[i];

		if (status_is_well(r))
			continue;
		printf("%s%.*s is %.*s", between, SPAN_FMT(r->name),
			SPAN_FMT(r->state));
		if (span_is(r->state, "ready"))
			printf(", with trouble");
		between = "; ";
	}
	puts(between[0] == ';' ? "" : t->n ? "all well" :
		"all well: no role is wired");
}

static void print_row(const struct status_row *r)
{
	char since[24], pid[24] = "-";

	human_time(r->since_ms, since);
	if (r->pid)
		snprintf(pid, sizeof(pid), "%u", (unsigned)r->pid);
	printf("%-22.*s %-9.*s %-12s %8u %8s\n", SPAN_FMT(r->name),
		SPAN_FMT(r->state), since, (unsigned)r->restarts, pid);
	if (r->note.n)
		printf("    %.*s\n", SPAN_FMT(r->note));
	if (r->degraded.n)
		printf("    %.*s\n", SPAN_FMT(r->degraded));
	if (!span_is(r->state, "ready") && r->without)
		printf("    meanwhile: %s\n", r->without);
}

/* What the filter judges by; nothing where there is no filter. */
struct policy_state {
	uint64_t live;
	struct published_changes draft;
	bool known;
};

static struct policy_state look_at_policy(const struct status *t,
	struct arena *a)
{
	struct policy_state p = { 0 };
	struct err e;

	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].generation)
			p.live = t->rows[i].generation;
	p.known = p.live && published_changes(a, &p.draft, &e) == 0;
	return p;
}

/* "; 2 files of the draft are not published, changed since …" */
static void print_draft(const struct published_changes *c)
{
	time_t since = (time_t)c->since_s;
	char when[32];
	struct tm tm;

	localtime_r(&since, &tm);
	strftime(when, sizeof(when), "%F %H:%M", &tm);
	printf("; %zu file%s of the draft %s not published, changed since %s "
		"(pm policy status)", c->n, c->n == 1 ? "" : "s",
		c->n == 1 ? "is" : "are", when);
}

static void print_policy(const struct status *t)
{
	struct arena *a = arena_new("status", POLICY_ARENA);
	struct policy_state p = look_at_policy(t, a);

	if (p.live)
		printf("policy: generation %llu is live",
			(unsigned long long)p.live);
	if (p.known && p.draft.active != p.live)
		printf(", but %llu is active: pm reload filter",
			(unsigned long long)p.draft.active);
	if (p.known && p.draft.n)
		print_draft(&p.draft);
	if (p.live)
		puts("");
	arena_free(&a);
}

/* "rules: update 202611231200, made 3 d 4 h ago". */
static void print_update(void)
{
	struct arena *a = arena_new("status", POLICY_ARENA);
	struct update_state s;
	char age[24];
	struct err e;

	if (update_state(a, &s, &e) == 0 && s.active) {
		int64_t ms = clock_wall_ms() - s.u.made_s * 1000;

		human_time(ms > 0 ? (uint64_t)ms : 0, age);
		printf("rules: update %llu, made %s ago\n",
			(unsigned long long)s.number, age);
	}
	arena_free(&a);
}

static void print_table(const struct status *t)
{
	print_summary(t);
	if (t->n)
		printf("%-22s %-9s %-12s %8s %8s\n", "PROCESS", "STATE",
			"SINCE", "RESTARTS", "PID");
	for (size_t i = 0; i < t->n; i++)
		print_row(&t->rows[i]);
	print_policy(t);
	print_update();
}

static struct json *row_json(const struct status_row *r)
{
	struct json *j = json_new_object();
	size_t slash = span_chr(r->name, '/');

	json_put_text(j, "role", span_sub(r->name, 0, slash));
	json_put_text(j, "process", span_after(r->name, slash + 1));
	json_put_text(j, "state", r->state);
	json_put_bool(j, "well", status_is_well(r));
	json_put_int(j, "since_ms", (int64_t)r->since_ms);
	json_put_int(j, "restarts", (int64_t)r->restarts);
	json_put_int(j, "pid", (int64_t)r->pid);
	json_put_int(j, "generation", (int64_t)r->generation);
	json_put_text(j, "note", r->note);
	json_put_text(j, "degraded", r->degraded);
	json_put_string(j, "without", r->without);
	return j;
}

static bool all_well(const struct status *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (!status_is_well(&t->rows[i]))
			return false;
	return true;
}

static struct json *draft_json(const struct published_changes *c)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < c->n; i++) {
		struct json *o = json_new_object();

		json_put_text(o, "path", c->v[i].path);
		json_put_string(o, "what", c->v[i].what);
		json_put_int(o, "at_ms", c->v[i].at_s * 1000);
		json_append(list, o);
	}
	return list;
}

static void put_policy_json(struct json *j, const struct status *t)
{
	struct arena *a = arena_new("status", POLICY_ARENA);
	struct policy_state p = look_at_policy(t, a);
	struct json *o;

	if (p.known) {
		o = json_new_object();
		json_put_int(o, "live", (int64_t)p.live);
		json_put_int(o, "active", (int64_t)p.draft.active);
		json_put_int(o, "unpublished", (int64_t)p.draft.n);
		json_put(o, "draft", draft_json(&p.draft));
		json_put(j, "policy", o);
	}
	arena_free(&a);
}

static void put_update_json(struct json *j)
{
	struct arena *a = arena_new("status", POLICY_ARENA);
	struct update_state s;
	struct json *o;
	struct err e;

	if (update_state(a, &s, &e) == 0 && s.active) {
		o = json_new_object();
		json_put_int(o, "number", (int64_t)s.number);
		json_put_int(o, "made_ms", s.u.made_s * 1000);
		json_put(j, "update", o);
	}
	arena_free(&a);
}

static void print_json(const struct status *t)
{
	struct json *j = json_new_object(), *list = json_new_array();
	struct buf out = { 0 };

	for (size_t i = 0; i < t->n; i++)
		json_append(list, row_json(&t->rows[i]));
	json_put_bool(j, "well", all_well(t));
	json_put(j, "processes", list);
	put_policy_json(j, t);
	put_update_json(j);
	json_write(j, &out);
	puts(buf_c(&out));
	buf_free(&out);
	json_free(&j);
}

/* The pid that a process had before the order; 0: none. */
static uint64_t pid_before(const struct status *before, struct span name)
{
	for (size_t i = 0; i < before->n; i++)
		if (span_eq(before->rows[i].name, name))
			return before->rows[i].pid;
	return 0;
}

/* Is the order carried out for this process, as far as it will be? */
static bool is_done(const char *verb, const struct status *before,
	const struct status_row *r)
{
	if (strcmp(verb, "stop") == 0)
		return span_is(r->state, "down");
	if (span_is(r->state, "failed"))
		return true;
	if (strcmp(verb, "reload") == 0 && span_is(r->state, "down"))
		return true;
	return span_is(r->state, "ready") &&
	       (strcmp(verb, "restart") != 0 ||
		r->pid != pid_before(before, r->name));
}

/*
 * Is the state that was reached the one that was asked for? A reload that
 * left the old policy in force is none.
 */
static bool is_good(const char *verb, const struct status_row *r)
{
	if (strcmp(verb, "reload") == 0 && r->degraded.n)
		return false;
	return span_is(r->state, strcmp(verb, "stop") == 0 ? "down" : "ready");
}

/* Is `name` meant by "", "ROLE" or "ROLE/PROCESS"? */
static bool is_meant(struct span name, const char *what)
{
	struct span s = span_of(what);

	return s.n == 0 || span_eq(name, s) ||
	       (span_starts(name, s) && name.p[s.n] == '/');
}

/* Keeps the rows that are meant; true when the order is done for them. */
static bool settle(const char *verb, const char *what,
	const struct status *before, struct status *t)
{
	bool moving = false, done = true;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		moving = moving || span_is(t->rows[i].state, "starting") ||
			 span_is(t->rows[i].state, "stopping") ||
			 span_is(t->rows[i].state, "paused");
	for (size_t i = 0; i < t->n; i++) {
		const struct status_row *r = &t->rows[i];

		if (!is_meant(r->name, what))
			continue;
		/* What waits while nothing moves would wait for ever. */
		done = done && (is_done(verb, before, r) ||
				(!moving && span_is(r->state, "waiting")));
		t->rows[n++] = *r;
	}
	t->n = n;
	return done;
}

/* Waits until the order is carried out, or patience ends. */
static int await_done(const char *verb, const char *what,
	const struct status *before, struct status *t, struct err *e)
{
	int64_t deadline = clock_ms() + PATIENCE_MS;

	for (;;) {
		if (status_fetch("", t, e) < 0)
			return -1;
		if (settle(verb, what, before, t) || clock_ms() > deadline)
			return 0;
		clock_sleep_ms(POLL_MS);
	}
}

/* Says what became of the order. */
static int tell(const char *verb, const struct status *t)
{
	size_t good = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct status_row *r = &t->rows[i];

		good += is_good(verb, r);
		printf("%.*s is %.*s%s%.*s\n", SPAN_FMT(r->name),
			SPAN_FMT(r->state), r->degraded.n ? ": " : "",
			SPAN_FMT(r->degraded));
	}
	if (t->n == 0)
		puts("no role is wired");
	return good == t->n ? EXIT_DONE : EXIT_NO;
}

static int order(const char *verb, const char *what, struct err *e)
{
	static struct status before, after;
	struct span rest;

	/* Before a reload a role may not be there yet. */
	if (status_fetch(strcmp(verb, "reload") ? what : "", &before, e) < 0 ||
	    status_ask(verb, what, &after.text, &rest, e) < 0 ||
	    await_done(verb, what, &before, &after, e) < 0)
		return err_report(verb, e);
	return tell(verb, &after);
}

static int report(const char *what, bool json, struct err *e)
{
	static struct status t;

	if (status_fetch(what, &t, e) < 0)
		return err_report("status", e);
	if (json)
		print_json(&t);
	else
		print_table(&t);
	return all_well(&t) ? EXIT_DONE : EXIT_NO;
}

static int status_main(int argc, char **argv)
{
	bool json = false, asks = strcmp(argv[0], "status") == 0;
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &json },
		{ 0 },
	};
	struct args args;
	struct err e;

	if (args_parse(argc, argv, asks ? options : NULL, &args, &e) < 0)
		return err_report(argv[0], &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "status", NULL });
	if (args.n > 1) {
		fprintf(stderr, "pm %s: one role at a time: pm %s [ROLE]\n",
			argv[0], argv[0]);
		return EXIT_USAGE;
	}
	if (root_enter(args.root, NULL, &e) < 0)
		return err_report(argv[0], &e);
	if (asks)
		return report(args.n ? args.rest[0] : "", json, &e);
	return order(argv[0], args.n ? args.rest[0] : "", &e);
}

const struct applet status_applet = {
	.name = "status",
	.also = (const char *const[]){ "start", "stop", "restart", "reload",
		NULL },
	.summary = "what runs, what is degraded, what that means for mail",
	.help =
		"usage: pm status [--json] [ROLE[/PROCESS]]\n"
		"       pm start|stop|restart|reload [ROLE[/PROCESS]]\n"
		"\n"
		"status prints one line that says how it stands, then each\n"
		"process; below one that is not well, why, and what that\n"
		"means for mail; then the generation of the policy that\n"
		"the filter judges by, and whether the draft has changes.\n"
		"It exits 0 when all is well, 1 when\n"
		"something is degraded, 3 when pm supervise does not run.\n"
		"\n"
		"The orders wait up to 30 s until they are carried out, say\n"
		"what became of each process, and exit 0 when all went as\n"
		"asked, 1 when not. Without a role they mean all roles: pm\n"
		"stop leaves pm supervise itself running, for pm start; it\n"
		"ends when it gets a TERM signal. reload without a role also\n"
		"reads the wiring again, starting new roles and stopping\n"
		"removed ones; start and reload also wake what has failed.\n",
	.main = status_main,
};
