/*
 * pm quarantine: what people do with mail that was withheld.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/root.h"
#include "mail/header.h"
#include "show.h"
#include "store/held.h"

enum {
	WIDTH_ELSE = 160,	/* not a terminal */
	MESSAGE_MAX = 256 << 20,
	MESSAGE_ARENA = 1 << 30,
	RCPT_MAX = 1024,
	DAY_MS = 86400000,
	SINCE_MAX = 36500,
};

struct options {
	bool json, again, all, source;
	const char *reason, *sender, *subject;
	struct args_list rcpt;
	long long since;
	char who[64];
	int before;		/* the folder that the user is in */
	struct span *rcpts;
};

struct command {
	const char *name;
	bool ids;		/* takes ids, one at a time */
	int (*run)(const struct options *o, const char *operand,
		struct err *e);
	/* Which options it knows, blanks between. */
	const char *knows;
};

/* For the history: the one who typed it, behind sudo too. */
static void find_who(char *out, size_t size)
{
	const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *pw = getpwuid(getuid());

	if (name == NULL && pw)
		name = pw->pw_name;
	if (name)
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "uid%u", getuid());
}

static unsigned terminal_width(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return WIDTH_ELSE;
	return w.ws_col;
}

struct listing {
	bool json;
	unsigned width;
	size_t n;
};

static bool list_one(const struct held_entry *q, void *context)
{
	struct listing *l = context;

	if (l->json) {
		show_json(q);
	} else {
		if (l->n == 0)
			show_head(l->width);
		show_row(q, l->width);
	}
	l->n++;
	return !ferror(stdout);
}

static struct span text_or_empty(const char *s)
{
	return s ? span_of(s) : SPAN("");
}

static int run_list(const struct options *o, const char *operand,
	struct err *e)
{
	struct held_filter f = {
		.reason = text_or_empty(o->reason),
		.sender = text_or_empty(o->sender),
		.subject = text_or_empty(o->subject),
		.all_states = o->all,
	};
	struct listing l = { .json = o->json, .width = terminal_width() };
	size_t unreadable;

	(void)operand;
	if (o->rcpt.n > 1)
		return err_set(e, ERR_PERMANENT, "list takes one --rcpt");
	if (o->since > SINCE_MAX)
		return err_set(e, ERR_PERMANENT,
			"--since %lld: more than %d days", o->since,
			SINCE_MAX);
	if (o->rcpt.n)
		f.rcpt = o->rcpts[0];
	if (o->since)
		f.since_ms = clock_wall_ms() - o->since * DAY_MS;
	if (held_list(&f, list_one, &l, &unreadable, e) < 0)
		return -1;
	if (l.n == 0 && !l.json)
		puts("no such message is in the quarantine");
	if (unreadable)
		return err_set(e, ERR_TEMPORARY, "%zu entries could not be "
			"read: they are damaged or not yours to read",
			unreadable);
	return 0;
}

static int parse_id(const char *s, struct id *id_r, struct err *e)
{
	if (id_parse(span_of(s), id_r))
		return 0;
	return err_set(e, ERR_PERMANENT, "%s is not a message id: "
		"`pm quarantine list` shows them", s);
}

static int run_show(const struct options *o, const char *operand,
	struct err *e)
{
	struct arena *a = arena_new("quarantine show", MESSAGE_ARENA);
	struct held_entry q;
	struct id id;
	int result = parse_id(operand, &id, e);

	if (result == 0)
		result = held_get(&id, a, &q, e);
	if (result == 0 && o->source && q.state == QUARANTINE_DELETED)
		result = err_set(e, ERR_PERMANENT, "%s was deleted", id.text);
	else if (result == 0 && o->source)
		fwrite(q.record.body.p, 1, q.record.body.n, stdout);
	else if (result == 0)
		(o->json ? show_json : show_story)(&q);
	arena_free(&a);
	return result;
}

static int run_release(const struct options *o, const char *operand,
	struct err *e)
{
	struct id id;

	if (parse_id(operand, &id, e) < 0 ||
	    held_release(&id, o->rcpts, o->rcpt.n, o->again, o->who,
		e) < 0)
		return -1;
	printf("%s released\n", id.text);
	return 0;
}

static int run_forward(const struct options *o, const char *operand,
	struct err *e)
{
	struct id id;

	if (o->rcpt.n == 0)
		return err_set(e, ERR_PERMANENT,
			"forward to whom? give --rcpt ADDRESS");
	if (parse_id(operand, &id, e) < 0 ||
	    held_forward(&id, o->rcpts, o->rcpt.n, o->who, e) < 0)
		return -1;
	printf("%s forwarded\n", id.text);
	return 0;
}

static int run_delete(const struct options *o, const char *operand,
	struct err *e)
{
	struct id id;

	if (parse_id(operand, &id, e) < 0 ||
	    held_delete(&id, o->who, e) < 0)
		return -1;
	printf("%s deleted\n", id.text);
	return 0;
}

/* A message file as SMTP sends it: every line ends in CRLF. */
static int read_message(const struct options *o, const char *name,
	struct buf *b, struct err *e)
{
	bool in = strcmp(name, "-") == 0;
	int fd = in ? dup(STDIN_FILENO) :
		openat(o->before, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf raw = { 0 };
	int result;

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot open", name);
	result = io_slurp_fd(fd, name, MESSAGE_MAX, &raw, e);
	close(fd);
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\n' && (i == 0 || raw.p[i - 1] != '\r'))
			buf_byte(b, '\r');
		buf_byte(b, raw.p[i]);
	}
	if (result == 0 && raw.n == 0)
		result = err_set(e, ERR_PERMANENT, "%s: empty", name);
	buf_free(&raw);
	return result;
}

/* The text of a field as people read it; empty when there is none. */
static struct span field(const struct header *h, struct span name,
	struct arena *a)
{
	const struct header_field *f = header_find(h, name, 1);

	return f ? header_decode(f->value, a) : SPAN("");
}

static int add_message(const struct options *o, struct span body,
	struct arena *a, struct err *e)
{
	struct spool_item item = { .kind = SPOOL_QUARANTINE,
		.reason = span_of(o->reason), .rcpts = o->rcpts,
		.nrcpts = o->rcpt.n,
		.trace = span_of(arena_printf(a, "added by %s\n", o->who)) };
	struct spool_record r = { .id = id_new(),
		.received_ms = clock_wall_ms(), .items = &item, .nitems = 1,
		.mail_from = text_or_empty(o->sender), .body = body };
	struct header h;

	header_parse(body, &mail_default_limits, a, &h);
	r.subject = field(&h, SPAN("Subject"), a);
	r.header_from = field(&h, SPAN("From"), a);
	if (held_add(&r, e) < 0)
		return -1;
	puts(r.id.text);
	return 0;
}

static int run_add(const struct options *o, const char *operand,
	struct err *e)
{
	struct arena *a;
	struct buf b = { 0 };
	int result;

	if (o->rcpt.n == 0 || o->reason == NULL)
		return err_set(e, ERR_PERMANENT, "add needs --rcpt ADDRESS "
			"and --reason REASON");
	a = arena_new("quarantine add", MESSAGE_ARENA);
	result = read_message(o, operand, &b, e);
	if (result == 0)
		result = add_message(o, buf_bytes(&b), a, e);
	buf_free(&b);
	arena_free(&a);
	return result;
}

static const struct command commands[] = {
	{ "list", false, run_list,
		" json all reason rcpt sender subject since " },
	{ "show", true, run_show, " json source " },
	{ "release", true, run_release, " rcpt again " },
	{ "forward", true, run_forward, " rcpt " },
	{ "delete", true, run_delete, " " },
	{ "add", true, run_add, " rcpt sender reason " },
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static const struct command *find_command(const char *typed, struct err *e)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, typed) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	near = args_nearest(span_of(typed), names, COMMANDS);
	if (near)
		err_set(e, ERR_PERMANENT, "no command %s: did you mean %s?",
			typed, near);
	else
		err_set(e, ERR_PERMANENT, "no command %s: list, show, "
			"release, forward, delete or add", typed);
	return NULL;
}

/* An address that may stand in RCPT TO:<…>. */
static int check_rcpts(struct options *o, struct err *e)
{
	o->rcpts = calloc(o->rcpt.n + 1, sizeof(*o->rcpts));
	if (o->rcpts == NULL)
		return err_set(e, ERR_TEMPORARY, "no memory");
	for (size_t i = 0; i < o->rcpt.n; i++) {
		struct span s = span_of(o->rcpt.v[i]);
		bool bad = s.n == 0 || s.n > RCPT_MAX;

		for (size_t j = 0; j < s.n; j++)
			bad |= s.p[j] <= ' ' || s.p[j] == 0x7f ||
				s.p[j] == '<' || s.p[j] == '>';
		if (bad)
			return err_set(e, ERR_PERMANENT,
				"--rcpt %s: not an address", o->rcpt.v[i]);
		o->rcpts[i] = s;
	}
	return 0;
}

/* An option that this command does not know must not be ignored. */
static int check_options(const struct command *c, const struct options *o,
	struct err *e)
{
	const struct {
		const char *name;
		bool given;
	} given[] = {
		{ "json", o->json }, { "again", o->again }, { "all", o->all },
		{ "source", o->source }, { "reason", o->reason },
		{ "sender", o->sender }, { "subject", o->subject },
		{ "rcpt", o->rcpt.n }, { "since", o->since },
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
		char word[32];

		snprintf(word, sizeof(word), " %s ", given[i].name);
		if (given[i].given && strstr(c->knows, word) == NULL)
			return err_set(e, ERR_PERMANENT, "%s has no --%s",
				c->name, given[i].name);
	}
	return 0;
}

static int run(const struct command *c, const struct options *o,
	const struct args *args)
{
	int worst = EXIT_DONE, code;
	struct err e;

	for (size_t i = 1; i < (c->ids ? args->n : 2); i++) {
		if (c->run(o, c->ids ? args->rest[i] : NULL, &e) == 0)
			continue;
		code = err_report("quarantine", &e);
		worst = code > worst ? code : worst;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		err_errno(&e, ERR_TEMPORARY, "cannot write the answer");
		return err_report("quarantine", &e);
	}
	return worst;
}

static int prepare(const struct command *c, struct options *o,
	const struct args *args, struct err *e)
{
	if (check_options(c, o, e) < 0 || check_rcpts(o, e) < 0)
		return -1;
	if (c->ids && args->n < 2)
		return err_set(e, ERR_PERMANENT, "%s: which %s", c->name,
			c->run == run_add ? "file?" : "message? give its id: "
			"`pm quarantine list` shows them");
	if (!c->ids && args->n > 1)
		return err_set(e, ERR_PERMANENT, "%s: %s is too much",
			c->name, args->rest[1]);
	find_who(o->who, sizeof(o->who));
	return root_enter(args->root, &o->before, e);
}

static int quarantine_main(int argc, char **argv)
{
	struct options o = { .before = -1 };
	const struct args_option options[] = {
		{ "json", 0, ARGS_FLAG, &o.json },
		{ "all", 0, ARGS_FLAG, &o.all },
		{ "again", 0, ARGS_FLAG, &o.again },
		{ "source", 0, ARGS_FLAG, &o.source },
		{ "reason", 0, ARGS_TEXT, &o.reason },
		{ "sender", 0, ARGS_TEXT, &o.sender },
		{ "subject", 0, ARGS_TEXT, &o.subject },
		{ "rcpt", 0, ARGS_LIST, &o.rcpt },
		{ "since", 0, ARGS_NUMBER, &o.since },
		{ NULL, 0, ARGS_FLAG, NULL },
	};
	const struct command *c;
	struct args args;
	struct err e;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("quarantine", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "quarantine", NULL });
	c = find_command(args.n ? args.rest[0] : "list", &e);
	if (c == NULL || prepare(c, &o, &args, &e) < 0)
		return err_report("quarantine", &e);
	return run(c, &o, &args);
}

const struct applet quarantine_applet = {
	.name = "quarantine",
	.summary = "lists, shows, releases, deletes withheld mail",
	.help =
		"usage: pm quarantine list [--reason R] [--rcpt A] "
		"[--sender A]\n"
		"                     [--subject S] [--since DAYS] [--all] "
		"[--json]\n"
		"       pm quarantine show ID… [--json | --source]\n"
		"       pm quarantine release ID… [--rcpt A]… [--again]\n"
		"       pm quarantine forward ID… --rcpt A…\n"
		"       pm quarantine delete ID…\n"
		"       pm quarantine add FILE… --rcpt A… --reason R "
		"[--sender A]\n"
		"\n"
		"list     the newest first; the texts are parts of what they\n"
		"         look for, case ignored; --since DAYS goes back so\n"
		"         far; --all shows released and deleted ones too\n"
		"show     the story of a message; --source its bytes\n"
		"release  sends the message as it came to its recipients, or\n"
		"         to those of them in --rcpt; it is not judged again;\n"
		"         once only, unless --again\n"
		"forward  sends it to other addresses; it stays held\n"
		"delete   removes it for good; who and when is kept\n"
		"add      puts a message file (- is stdin) into the\n"
		"         quarantine and prints its id\n"
		"\n"
		"--json prints one object a line.\n",
	.main = quarantine_main,
};
