/*
 * pm alarm: what is wrong on this appliance, from the book that agent/watch
 * keeps (role/alarm.h).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "role/alarm.h"

enum { TEST_MS = 30000, POLL_MS = 100, ARENA_LIMIT = 16 << 20 };

static bool json, all;

/* "2026-11-23 14:05", in the zone of who asks. */
static void print_time(int64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(text, sizeof(text), "%F %H:%M", &tm);
	fputs(text, stdout);
}

static const char *state_of(const struct alarm_entry *a)
{
	return a->cleared_ms ? "over" : a->acked_ms ? "known" : "raised";
}

static struct json *entry_json(const struct alarm_entry *a)
{
	const struct alarm_kind *k = &alarm_kinds[a->alarm];
	struct json *j = json_new_object();

	json_put_int(j, "number", (int64_t)a->number);
	json_put_string(j, "alarm", k->name);
	json_put_string(j, "subject", a->subject);
	json_put_string(j, "severity", alarm_severity_name(k->severity));
	json_put_string(j, "state", state_of(a));
	json_put_bool(j, "now", a->cleared_ms == 0 && a->gone_ms == 0);
	json_put_int(j, "since_ms", a->since_ms);
	json_put_int(j, "cleared_ms", a->cleared_ms);
	json_put_int(j, "acked_ms", a->acked_ms);
	json_put_bool(j, "webhook", a->raised_by & ALARM_BY_WEBHOOK);
	json_put_bool(j, "mail", a->raised_by & ALARM_BY_MAIL);
	json_put_string(j, "from", a->from);
	json_put_string(j, "text", a->text);
	json_put_string(j, "means", k->means);
	json_put_string(j, "remedy", k->remedy);
	return j;
}

static void print_json(const struct alarm_entry *a)
{
	struct json *j = entry_json(a);
	struct buf out = { 0 };

	json_write(j, &out);
	puts(buf_c(&out));
	buf_free(&out);
	json_free(&j);
}

static void print_line(const struct alarm_entry *a)
{
	const struct alarm_kind *k = &alarm_kinds[a->alarm];

	printf("%-5llu %-7s %-7s ", (unsigned long long)a->number,
		state_of(a), alarm_severity_name(k->severity));
	print_time(a->since_ms);
	printf("  %s%s%s: %s\n", k->name, a->subject[0] ? " " : "",
		a->subject, a->text);
	if (a->cleared_ms)
		return;
	printf("      %s\n      %s\n", k->means, k->remedy);
}

/* The exit code says whether something is wrong that nobody knows of. */
static int list(const struct args *args, struct err *e)
{
	struct alarm_book b;
	size_t shown = 0, open;

	(void)args;
	if (alarm_read(&b, e) < 0)
		return err_report("alarm", e);
	for (size_t i = 0; i < b.n; i++) {
		if (b.v[i].cleared_ms && !all)
			continue;
		shown++;
		if (json)
			print_json(&b.v[i]);
		else
			print_line(&b.v[i]);
	}
	if (shown == 0 && !json)
		puts("no alarms");
	open = alarm_open_count(&b);
	alarm_close(&b);
	return open ? EXIT_NO : EXIT_DONE;
}

/* Is it the one of that number, or one of that name? */
static bool is_meant(const struct alarm_entry *a, const char *word)
{
	uint64_t number;

	if (span_u64(span_of(word), UINT64_MAX, &number))
		return a->number == number;
	return strcmp(alarm_kinds[a->alarm].name, word) == 0;
}

static int no_such(const char *word)
{
	const char *names[ALARM_COUNT], *near;

	for (enum alarm i = 0; i < ALARM_COUNT; i++)
		names[i] = alarm_kinds[i].name;
	near = args_nearest(span_of(word), names, ALARM_COUNT);
	fprintf(stderr, "pm alarm: there is no alarm %s%s%s%s\n", word,
		near ? ": did you mean " : ": pm alarm list --all shows them",
		near ? near : "", near ? "?" : "");
	return EXIT_USAGE;
}

static void print_one(const struct alarm_entry *a)
{
	const struct alarm_kind *k = &alarm_kinds[a->alarm];

	printf("%-10s%s%s%s (%llu)\n", "alarm", k->name, a->subject[0] ? " " :
		"", a->subject, (unsigned long long)a->number);
	printf("%-10s%s, %s\n", "state", state_of(a),
		alarm_severity_name(k->severity));
	printf("%-10s", "since");
	print_time(a->since_ms);
	if (a->cleared_ms) {
		printf("\n%-10s", "until");
		print_time(a->cleared_ms);
	}
	printf("\n%-10s%s\n%-10s%s\n%-10s%s\n%-10s%s\n%-10s%s\n", "condition",
		k->condition, "now", a->text, "means", k->means, "remedy",
		k->remedy, "from", a->from);
	printf("%-10slog%s%s\n", "told", a->raised_by & ALARM_BY_WEBHOOK ?
		", webhook" : "", a->raised_by & ALARM_BY_MAIL ? ", mail" :
		"");
}

static int show(const struct args *args, struct err *e)
{
	struct alarm_book b;
	size_t found = 0;

	if (args->n != 2) {
		fputs("pm alarm: name one: pm alarm show NUMBER|NAME\n",
			stderr);
		return EXIT_USAGE;
	}
	if (alarm_read(&b, e) < 0)
		return err_report("alarm", e);
	for (size_t i = b.n; i > 0; i--) {
		if (!is_meant(&b.v[i - 1], args->rest[1]))
			continue;
		if (json)
			print_json(&b.v[i - 1]);
		else
			print_one(&b.v[i - 1]);
		found++;
		break;
	}
	alarm_close(&b);
	return found ? EXIT_DONE : no_such(args->rest[1]);
}

/* Says of those that are meant that somebody knows. */
static size_t mark(struct alarm_book *b, const struct args *args)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		bool meant = all;

		for (size_t j = 1; j < args->n; j++)
			meant |= is_meant(&b->v[i], args->rest[j]);
		if (!meant || b->v[i].cleared_ms || b->v[i].acked_ms)
			continue;
		b->v[i].acked_ms = clock_wall_ms();
		n++;
	}
	return n;
}

static int ack(const struct args *args, struct err *e)
{
	struct alarm_book b;
	size_t n;

	if (args->n < 2 && !all) {
		fputs("pm alarm: name some: pm alarm ack NUMBER|NAME…, or "
			"--all\n", stderr);
		return EXIT_USAGE;
	}
	if (alarm_open(&b, e) < 0)
		return err_report("alarm", e);
	n = mark(&b, args);
	if (n && alarm_save(&b, e) < 0) {
		alarm_close(&b);
		return err_report("alarm", e);
	}
	alarm_close(&b);
	printf("%zu alarm%s acknowledged\n", n, n == 1 ? "" : "s");
	return n || all ? EXIT_DONE : EXIT_NO;
}

/* Raises the test alarm; its number, or 0. */
static uint64_t raise_test(struct err *e)
{
	struct alarm_book b;
	struct alarm_entry *a;
	uint64_t number = 0;

	if (alarm_open(&b, e) < 0)
		return 0;
	a = alarm_raised(&b, ALARM_TEST, SPAN(""));
	if (a == NULL)
		a = alarm_add(&b, ALARM_TEST, SPAN(""));
	snprintf(a->text, sizeof(a->text), "somebody ran pm alarm test");
	snprintf(a->from, sizeof(a->from), "pm alarm");
	number = a->number;
	if (alarm_save(&b, e) < 0)
		number = 0;
	alarm_close(&b);
	return number;
}

/* What became of it; false: it is not over yet. */
static bool look(uint64_t number, unsigned *by_r, struct err *e)
{
	struct alarm_book b;
	bool over = false;

	if (alarm_read(&b, e) < 0)
		return false;
	for (size_t i = 0; i < b.n; i++)
		if (b.v[i].number == number) {
			*by_r = b.v[i].raised_by;
			over = b.v[i].cleared_ms != 0;
		}
	alarm_close(&b);
	return over;
}

static int say_told(const struct wiring *w, unsigned by, bool over)
{
	bool mail = w->alarms.nmail && w->alarms.relay;

	if (w->alarms.webhook)
		printf("webhook: %s\n", by & ALARM_BY_WEBHOOK ? "told" :
			"not reached; the log says why");
	if (mail)
		printf("mail: %s\n", by & ALARM_BY_MAIL ? "told" :
			"not taken; the log says why");
	if (!w->alarms.webhook && !mail)
		puts("neither alarms.webhook nor alarms.mail with "
			"alarms.relay is wired: only the log and the pages "
			"tell");
	if (!over && !w->alarms.webhook && !mail)
		fputs("pm alarm: agent/watch does not take it: run pm "
			"status\n", stderr);
	return over ? EXIT_DONE : EXIT_NO;
}

static int test(const struct args *args, struct err *e)
{
	int64_t until = clock_ms() + TEST_MS;
	struct arena *a = arena_new("alarm", ARENA_LIMIT);
	struct wiring w;
	uint64_t number;
	unsigned by = 0;
	bool over = false;
	int code;

	(void)args;
	number = wiring_load(a, &w, e) < 0 ? 0 : raise_test(e);
	if (number == 0) {
		arena_free(&a);
		return err_report("alarm", e);
	}
	while (!over && clock_left_ms(until)) {
		clock_sleep_ms(POLL_MS);
		over = look(number, &by, e);
	}
	code = say_told(&w, by, over);
	arena_free(&a);
	return code;
}

/* The table itself. */
static int conditions(const struct args *args, struct err *e)
{
	(void)args;
	(void)e;
	for (enum alarm i = 0; i < ALARM_COUNT; i++) {
		const struct alarm_kind *k = &alarm_kinds[i];

		printf("%-20s%-8s%s\n    %s\n    %s\n", k->name,
			alarm_severity_name(k->severity), k->condition,
			k->means, k->remedy);
	}
	return EXIT_DONE;
}

static const struct {
	const char *name;
	int (*run)(const struct args *args, struct err *e);
} commands[] = {
	{ "list", list }, { "show", show }, { "ack", ack }, { "test", test },
	{ "conditions", conditions },
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static int unknown(const char *word)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	near = args_nearest(span_of(word), names, COMMANDS);
	fprintf(stderr, "pm alarm: no command \"%s\"%s%s%s\n", word,
		near ? ": did you mean \"" : ": see pm help alarm",
		near ? near : "", near ? "\"?" : "");
	return EXIT_USAGE;
}

static int alarm_main(int argc, char **argv)
{
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &json }, { "all", 0, ARGS_FLAG, &all },
		{ 0 },
	};
	const char *word;
	struct args args;
	struct err e;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("alarm", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "alarm", NULL });
	word = args.n ? args.rest[0] : "list";
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(word, commands[i].name) != 0)
			continue;
		if (root_enter(args.root, NULL, &e) < 0)
			return err_report("alarm", &e);
		return commands[i].run(&args, &e);
	}
	return unknown(word);
}

const struct applet alarm_applet = {
	.name = "alarm",
	.summary = "what is wrong, what it means for mail, what to do",
	.help =
		"usage: pm alarm [list [--all] [--json]]\n"
		"       pm alarm show NUMBER|NAME [--json]\n"
		"       pm alarm ack NUMBER|NAME… | --all\n"
		"       pm alarm test\n"
		"       pm alarm conditions\n"
		"       all with [--root DIR]\n"
		"\n"
		"What is wrong on this appliance: raised once when it has\n"
		"been wrong for some seconds, cleared once when it has been\n"
		"well for a minute. agent/watch keeps it, with or without a\n"
		"database, and tells the log, the pages, and whom the wiring\n"
		"names:\n"
		"\n"
		"    alarms = {\n"
		"        webhook = \"https://hooks.example.org/pm\",\n"
		"        mail = { \"ops@example.net\" },\n"
		"        relay = \"192.0.2.9:25\",\n"
		"    },\n"
		"\n"
		"The webhook gets a JSON object by POST (event \"raised\" or\n"
		"\"cleared\"); a PEM file etc/pm/webhook-ca.pem says who may\n"
		"sign its certificate, when it is not one that the host\n"
		"trusts. The mail goes to relay, which should not be our own\n"
		"MTA. What cannot be told is tried again.\n"
		"\n"
		"list        what is wrong; --all: also what is over. Exits 1\n"
		"            when something is that nobody has acknowledged\n"
		"show        one with all that is known, the newest of a name\n"
		"ack         says that somebody knows; it stays until it is\n"
		"            over\n"
		"test        raises one, waits up to 30 s and says who was\n"
		"            told; exits 1 when somebody was not\n"
		"conditions  the table of everything that can be wrong\n",
	.main = alarm_main,
};
