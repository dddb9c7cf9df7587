/*
 * pm job: the jobs of this appliance. agent/scheduler starts them at their
 * time by `pm job run`, which is the same for people.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/json.h"
#include "run.h"

enum { ARENA_LIMIT = 32 << 20 };

static struct {
	bool json;
	const char *due, *by;
	struct args args;
	struct arena *a;
	struct wiring w;
	struct jobs jobs;
} self;

/* "2026-11-23 14:05", in the zone of who asks; "-": never. */
static const char *show_time(int64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (ms == 0)
		return "-";
	localtime_r(&s, &tm);
	strftime(text, sizeof(text), "%F %H:%M", &tm);
	return arena_string(self.a, span_of(text));
}

/* "done", "code 2", "signal 9", "runs", "cut off", "elsewhere". */
static const char *show_end(const char *job, const struct joblog_run *r,
	bool newest)
{
	if (r->end_ms == 0)
		return newest && joblog_is_running(job) ? "runs" : "cut off";
	if (r->code == 0)
		return "done";
	if (r->code == JOBLOG_ELSEWHERE)
		return "elsewhere";
	return arena_printf(self.a, r->code > 128 ? "signal %d" : "code %d",
		r->code > 128 ? r->code - 128 : r->code);
}

static void put_run(struct json *j, const struct joblog_run *r,
	const char *state)
{
	json_put_string(j, "state", state);
	json_put_int(j, "due_ms", r->due_ms);
	json_put_int(j, "start_ms", r->start_ms);
	json_put_int(j, "end_ms", r->end_ms);
	json_put_int(j, "code", r->code);
	json_put_string(j, "by", r->by);
	json_put_string(j, "output", r->output);
}

static void print_json(struct json *j)
{
	struct buf out = { 0 };

	json_write(j, &out);
	puts(buf_c(&out));
	buf_free(&out);
	json_free(&j);
}

static struct json *job_json(const struct job *j, const struct joblog *l)
{
	struct json *o = json_new_object(), *last;

	json_put_string(o, "name", j->name);
	json_put_string(o, "about", j->about);
	json_put_string(o, "when", j->when_text);
	json_put_string(o, "zone", j->zone ? j->zone : "");
	json_put_string(o, "command", job_command_text(j, self.a));
	json_put_string(o, "user", j->user);
	json_put_bool(o, "site", j->site);
	json_put_bool(o, "shipped", j->shipped);
	json_put_bool(o, "enabled", joblog_enabled(j, l));
	json_put_bool(o, "notify", j->notify);
	json_put_int(o, "timeout_s", (int64_t)j->timeout_s);
	json_put_int(o, "next_ms", joblog_next_ms(j, l));
	json_put_bool(o, "running", joblog_is_running(j->name));
	if (l->n) {
		last = json_new_object();
		put_run(last, &l->v[l->n - 1], show_end(j->name,
			&l->v[l->n - 1], true));
		json_put(o, "last", last);
	}
	return o;
}

static void print_line(const struct job *j, const struct joblog *l)
{
	const struct joblog_run *r = l->n ? &l->v[l->n - 1] : NULL;

	printf("%-16s %-4s %-18s %-17s %-17s %s\n", j->name,
		joblog_enabled(j, l) ? "on" : "off", j->when_text,
		show_time(joblog_next_ms(j, l)), show_time(r ? r->start_ms :
		0), r ? show_end(j->name, r, true) : "");
}

static int list(struct err *e)
{
	static struct joblog l;

	if (!self.json)
		printf("%-16s %-4s %-18s %-17s %-17s %s\n", "JOB", "", "WHEN",
			"NEXT", "LAST", "");
	for (size_t i = 0; i < self.jobs.n; i++) {
		if (joblog_read(self.jobs.v[i].name, &l, e) < 0)
			return -1;
		if (self.json)
			print_json(job_json(&self.jobs.v[i], &l));
		else
			print_line(&self.jobs.v[i], &l);
	}
	return EXIT_DONE;
}

/* The job that was named, and its log. */
static const struct job *named(struct joblog *l, struct err *e)
{
	const struct job *j;

	if (self.args.n != 2) {
		err_set(e, ERR_PERMANENT, "name one job: pm job %s NAME",
			self.args.rest[0]);
		return NULL;
	}
	j = jobs_find(&self.jobs, span_of(self.args.rest[1]), e);
	return j && joblog_read(j->name, l, e) == 0 ? j : NULL;
}

static int show(struct err *e)
{
	static struct joblog l;
	const struct job *j = named(&l, e);
	int64_t next;

	if (j == NULL)
		return -1;
	if (self.json) {
		print_json(job_json(j, &l));
		return EXIT_DONE;
	}
	next = joblog_next_ms(j, &l);
	printf("job      %s%s%s\nwhen     %s%s%s\ncommand  pm %s\n"
		"user     %s\nruns     on %s, for %llu s at most\n"
		"state    %s\nnext     %s\nfailure  %s\n", j->name,
		j->about[0] ? ": " : "", j->about, j->when_text, j->zone ?
		", " : "", j->zone ? j->zone : "",
		job_command_text(j, self.a), j->user, j->site ?
		"one appliance of the site" : "this appliance",
		(unsigned long long)j->timeout_s, joblog_enabled(j, &l) ?
		"enabled" : "not enabled: pm job enable NAME",
		show_time(next), j->notify ? "is an alarm" : "is not told");
	return EXIT_DONE;
}

static int history(struct err *e)
{
	static struct joblog l;
	const struct job *j = named(&l, e);

	if (j == NULL)
		return -1;
	for (size_t i = l.n; i > 0; i--) {
		const struct joblog_run *r = &l.v[i - 1];
		const char *state = show_end(j->name, r, i == l.n);
		struct span rest = span_of(r->output), line;

		if (self.json) {
			struct json *o = json_new_object();

			put_run(o, r, state);
			print_json(o);
			continue;
		}
		printf("%s  %-9s %6lld s  by %s\n", show_time(r->start_ms),
			state, r->end_ms ? (long long)(r->end_ms -
			r->start_ms) / 1000 : 0, r->by);
		while (span_line(&rest, &line))
			printf("    %.*s\n", SPAN_FMT(line));
	}
	if (l.n == 0 && !self.json)
		printf("%s has not run yet\n", j->name);
	return EXIT_DONE;
}

static const char *who(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw ? pw->pw_name : "somebody";
}

static int run(struct err *e)
{
	static struct joblog l;
	struct run r = { .job = named(&l, e), .w = &self.w,
		.due_ms = clock_wall_ms(), .by = self.by ? self.by : who(),
		.echo = self.due == NULL };
	uint64_t due;

	if (r.job == NULL)
		return -1;
	if (self.due) {
		if (!span_u64(span_of(self.due), INT64_MAX, &due))
			return err_set(e, ERR_PERMANENT, "--due %s: must be "
				"milliseconds since 1970", self.due);
		r.due_ms = (int64_t)due;
	}
	if (wiring_load(self.a, &self.w, e) < 0)
		return -1;
	return run_job(&r, e);
}

static int turn(bool on, struct err *e)
{
	static struct joblog l;
	const struct job *j = named(&l, e);

	if (j == NULL || joblog_switch(j->name, on, e) < 0 ||
	    joblog_read(j->name, &l, e) < 0)
		return -1;
	if (on)
		printf("%s is enabled; next %s\n", j->name,
			show_time(joblog_next_ms(j, &l)));
	else
		printf("%s is disabled\n", j->name);
	return EXIT_DONE;
}

static int enable(struct err *e)
{
	return turn(true, e);
}

static int disable(struct err *e)
{
	return turn(false, e);
}

/* Loading was the check. */
static int check(struct err *e)
{
	(void)e;
	printf("%zu jobs, all well\n", self.jobs.n);
	return EXIT_DONE;
}

static const struct {
	const char *name;
	int (*run)(struct err *e);
} commands[] = {
	{ "list", list }, { "show", show }, { "run", run },
	{ "enable", enable }, { "disable", disable },
	{ "history", history }, { "check", check },
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static int unknown(const char *word)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	near = args_nearest(span_of(word), names, COMMANDS);
	fprintf(stderr, "pm job: no command \"%s\"%s%s%s\n", word,
		near ? ": did you mean \"" : ": see pm help job",
		near ? near : "", near ? "\"?" : "");
	return EXIT_USAGE;
}

static int carry_out(size_t i, struct err *e)
{
	if (root_enter(self.args.root, NULL, e) < 0 ||
	    jobs_load(self.a, &self.jobs, e) < 0)
		return -1;
	return commands[i].run(e);
}

static int job_main(int argc, char **argv)
{
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &self.json },
		{ "due", 0, ARGS_TEXT, &self.due },
		{ "by", 0, ARGS_TEXT, &self.by },
		{ 0 },
	};
	const char *word;
	struct err e;
	int code;

	if (args_parse(argc, argv, options, &self.args, &e) < 0)
		return err_report("job", &e);
	if (self.args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "job", NULL });
	word = self.args.n ? self.args.rest[0] : "list";
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(word, commands[i].name) != 0)
			continue;
		self.a = arena_new("job", ARENA_LIMIT);
		code = carry_out(i, &e);
		arena_free(&self.a);
		return code < 0 ? err_report("job", &e) : code;
	}
	return unknown(word);
}

const struct applet job_applet = {
	.name = "job",
	.summary = "what is done at its time: list, run now, switch, history",
	.help =
		"usage: pm job [list [--json]]\n"
		"       pm job show NAME | history NAME [--json]\n"
		"       pm job run NAME\n"
		"       pm job enable NAME | disable NAME\n"
		"       pm job check\n"
		"       all with [--root DIR]\n"
		"\n"
		"Jobs are pm's own commands, done at their time by\n"
		"agent/scheduler: the shipped ones (none is enabled at\n"
		"first), and the site's in etc/pm/jobs.lua, which may also\n"
		"change a shipped one:\n"
		"\n"
		"    return {\n"
		"        backup = { when = \"weekly sun 04:00\" },\n"
		"        [\"list-import\"] = {\n"
		"            when = \"every 30 min\", user = \"root\",\n"
		"            command = { \"list\", \"import\", \"a\",\n"
		"                \"/srv/a\" },\n"
		"            enabled = true,\n"
		"        },\n"
		"    }\n"
		"\n"
		"when     \"daily 03:30\", \"weekdays 03:30\", \"weekly sun\n"
		"         03:30\", \"monthly 1 03:30\", \"hourly :15\",\n"
		"         \"every 10 min\", or five fields as in crontab(5)\n"
		"zone     \"Europe/Berlin\"; the host's, if absent\n"
		"command  an applet and its words; there is no shell\n"
		"user     \"root\" or a user \"pm-...\"; pm-agent, if absent\n"
		"site     true: one appliance of the site runs it, the first\n"
		"         that takes it in the database\n"
		"enabled, notify (a failure is an alarm; true), timeout\n"
		"(\"2 h\"), about\n"
		"\n"
		"A job never runs twice at once. What was missed while the\n"
		"appliance was down is done once when it is back. Where the\n"
		"clocks are set forward, a time that is skipped is due then;\n"
		"where they are set back, the first of two.\n"
		"\n"
		"run      now, and waits; its output and exit code are the\n"
		"         job's. 3: it runs already, or the database that\n"
		"         says who runs it does not answer\n"
		"enable, disable  before what the files say\n"
		"history  the last 30 runs with the end of what they said\n"
		"check    reads etc/pm/jobs.lua and says what is wrong\n",
	.main = job_main,
};
