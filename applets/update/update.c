/*
 * pm update: rules and model that came after the executable, as one signed
 * file (tool/update.h).
 */
#include "tool/update.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/embed.h"
#include "base/io.h"
#include "base/json.h"
#include "base/version.h"
#include "engine/content.h"
#include "engine/rules.h"
#include "store/trust.h"

enum {
	MEMORY = 512 << 20, SOURCE_MAX = 4 << 20, FILES_MAX = 200,
	DAY_S = 86400, KEY_MODE = 0600, FILE_MODE = 0644,
};

struct options {
	const char *key, *out, *model, *about, *needs;
	struct args_list rules;
	long long number;
	bool json;
};

/* --- key ----------------------------------------------------------------- */

/* Never over a key that is there. */
static int write_key(const char *path, struct span pem, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, KEY_MODE);
	int result = fd < 0 ? -1 : io_write_all(fd, pem);

	if (fd >= 0)
		result = fsync(fd) < 0 || close(fd) < 0 ? -1 : result;
	return result < 0 ? err_errno(e, ERR_PERMANENT, "%s", path) : 0;
}

static int make_key(const char *path, struct err *e)
{
	struct sign_key *k = sign_generate(SIGN_ED25519, e);
	struct buf pem = { 0 }, line = { 0 };
	int result;

	if (k == NULL)
		return -1;
	buf_room(&pem, SIGN_PEM_MAX);
	result = sign_put_private(k, &pem, e);
	if (result == 0)
		result = trust_put_line(k, &line, e);
	if (result == 0)
		result = write_key(path, buf_bytes(&pem), e);
	if (result == 0)
		printf("%s", buf_c(&line));
	explicit_bzero(pem.p, pem.cap);
	buf_free(&pem);
	buf_free(&line);
	sign_free(&k);
	return result;
}

/* --- make ---------------------------------------------------------------- */

/* Of the files given, or the executable's own. */
static int put_rules(const struct options *o, struct arena *a,
	struct update *u, struct err *e)
{
	struct rule_file files[FILES_MAX];
	struct buf record = { .arena = a };
	struct ruleset set;

	if (o->rules.n == 0)
		return rules_shipped(a, &u->rules, e);
	if (o->rules.n > FILES_MAX)
		return err_set(e, ERR_PERMANENT, "--rules: more than %d",
			FILES_MAX);
	for (size_t i = 0; i < o->rules.n; i++) {
		struct buf text = { .arena = a };

		if (io_slurp(o->rules.v[i], SOURCE_MAX, &text, e) < 0)
			return -1;
		files[i] = (struct rule_file){ span_of(o->rules.v[i]),
			buf_bytes(&text) };
	}
	if (rules_read(files, o->rules.n, a, &set, e) < 0 ||
	    rules_put(&set, &record, e) < 0)
		return -1;
	u->rules = buf_bytes(&record);
	return 0;
}

static int put_model(const struct options *o, struct arena *a,
	struct update *u, struct err *e)
{
	struct buf image = { .arena = a };
	struct classifier c;

	u->model = embed_file(CONTENT_SHIPPED);
	if (o->model == NULL)
		return 0;
	if (io_slurp(o->model, UPDATE_FILE_MAX, &image, e) < 0)
		return -1;
	u->model = buf_bytes(&image);
	return content_open(u->model, o->model, &c, e);
}

/* 202611231200, in UTC. */
static uint64_t number_now(void)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;

	gmtime_r(&now, &tm);
	return (uint64_t)(tm.tm_year + 1900) * 100000000 +
		(uint64_t)(tm.tm_mon + 1) * 1000000 +
		(uint64_t)tm.tm_mday * 10000 + (uint64_t)tm.tm_hour * 100 +
		(uint64_t)tm.tm_min;
}

static int describe(const struct options *o, struct update *u, struct err *e)
{
	u->number = o->number ? (uint64_t)o->number : number_now();
	u->about = span_of(o->about ? o->about : "");
	if (u->about.n > UPDATE_ABOUT_MAX)
		return err_set(e, ERR_PERMANENT, "--about: is longer than %d "
			"bytes", UPDATE_ABOUT_MAX);
	u->needs = version_own();
	if (o->needs && !version_read(span_of(o->needs), &u->needs))
		return err_set(e, ERR_PERMANENT, "--needs %s: is no version "
			"like " VERSION_TEXT, o->needs);
	return 0;
}

static int make(const struct options *o, struct arena *a, struct err *e)
{
	struct update u = { 0 };
	struct buf b = { .arena = a };
	struct sign_key *k;
	int result;

	if (o->key == NULL || o->out == NULL)
		return err_set(e, ERR_PERMANENT, "make wants --key FILE and "
			"--out FILE");
	if (describe(o, &u, e) < 0 || put_rules(o, a, &u, e) < 0 ||
	    put_model(o, a, &u, e) < 0)
		return -1;
	k = sign_load(o->key, e);
	if (k == NULL)
		return -1;
	result = update_make(&u, k, &b, e);
	sign_free(&k);
	if (result == 0 && b.n > UPDATE_FILE_MAX)
		result = err_set(e, ERR_PERMANENT, "it would be larger than "
			"%d bytes", UPDATE_FILE_MAX);
	if (result == 0)
		result = io_replace_file(o->out, FILE_MODE, buf_bytes(&b), e);
	if (result == 0)
		printf("%s: update %llu, %zu bytes\n", o->out,
			(unsigned long long)u.number, b.n);
	return result;
}

/* --- what is told -------------------------------------------------------- */

static void age_text(int64_t made_s, char out[48])
{
	int64_t s = clock_wall_ms() / 1000 - made_s;

	if (s >= 2 * DAY_S)
		snprintf(out, 48, "%lld days", (long long)(s / DAY_S));
	else
		snprintf(out, 48, "%lld h", (long long)(s < 0 ? 0 : s / 3600));
}

static void print_update(const struct update *u, const char *what)
{
	char age[48];

	age_text(u->made_s, age);
	printf("update %llu %s: made %s ago, signed by key %.*s%s%.*s\n",
		(unsigned long long)u->number, what, age, SPAN_FMT(u->key),
		u->about.n ? "; " : "", SPAN_FMT(u->about));
}

static void print_state(const struct update_state *s)
{
	if (s->active)
		print_update(&s->u, "is in force");
	else if (s->why)
		printf("%s\nthe rules and the model of the executable judge "
			"instead\n", s->why);
	else if (s->passed)
		printf("update %llu is passed over: this pm ("
			VERSION_TEXT ") has newer rules and a newer model\n",
			(unsigned long long)s->number);
	else
		puts("no update is in force: the rules and the model of the "
			"executable judge");
	for (size_t i = 0; i < s->nbefore; i++)
		printf("  before it: %llu\n",
			(unsigned long long)s->before[i]);
}

static void print_json(const struct update_state *s)
{
	struct json *o = json_new_object();
	struct buf line = { 0 };

	json_put_bool(o, "active", s->active);
	json_put_int(o, "number", (int64_t)s->number);
	if (s->active) {
		json_put_int(o, "made_ms", s->u.made_s * 1000);
		json_put_text(o, "key", s->u.key);
		json_put_text(o, "about", s->u.about);
	}
	json_put_bool(o, "passed_over", s->passed);
	json_put_string(o, "trouble", s->why);
	json_write(o, &line);
	puts(buf_c(&line));
	buf_free(&line);
	json_free(&o);
}

static int tell(const struct update_result *r)
{
	print_state(&r->now);
	switch (r->end) {
	case UPDATE_LIVE:
		puts("the filter judges by it");
		return EXIT_DONE;
	case UPDATE_WAITING:
		printf("the filter takes it at its start (%s)\n", r->why);
		return EXIT_DONE;
	case UPDATE_TROUBLE:
		break;
	}
	printf("the filter does not judge by it: %s\n", r->why);
	return EXIT_NO;
}

/* --- the command --------------------------------------------------------- */

static int show_state(const struct options *o, struct arena *a,
	struct err *e)
{
	struct update_state s;

	if (update_state(a, &s, e) < 0)
		return -1;
	if (o->json)
		print_json(&s);
	else
		print_state(&s);
	return s.why ? EXIT_NO : EXIT_DONE;
}

/* verify or load; the file is named from where we were. */
static int use_file(const struct args *args, bool load, struct arena *a,
	struct err *e)
{
	struct buf b = { .arena = a };
	struct update_result r;
	struct update u;

	if (io_slurp(args->rest[1], UPDATE_FILE_MAX, &b, e) < 0 ||
	    root_enter(args->root, NULL, e) < 0)
		return -1;
	if (load)
		return update_load(buf_bytes(&b), args->rest[1], a, &r,
			e) < 0 ? -1 : tell(&r);
	if (update_read(buf_bytes(&b), args->rest[1], a, &u, e) < 0)
		return -1;
	print_update(&u, "is good");
	return EXIT_DONE;
}

static int undo(const struct args *args, struct arena *a, struct err *e)
{
	struct update_result r;

	return root_enter(args->root, NULL, e) < 0 ||
		update_undo(a, &r, e) < 0 ? -1 : tell(&r);
}

static int run(const struct args *args, const struct options *o,
	struct arena *a, struct err *e)
{
	struct span verb = span_of(args->n ? args->rest[0] : "status");

	if (span_is(verb, "key") && args->n == 2)
		return make_key(args->rest[1], e);
	if (span_is(verb, "make") && args->n == 1)
		return make(o, a, e);
	if ((span_is(verb, "load") || span_is(verb, "verify")) && args->n == 2)
		return use_file(args, span_is(verb, "load"), a, e);
	if (span_is(verb, "undo") && args->n == 1)
		return undo(args, a, e);
	if (span_is(verb, "status") && args->n <= 1)
		return root_enter(args->root, NULL, e) < 0 ? -1 :
			show_state(o, a, e);
	return err_set(e, ERR_PERMANENT, "%.*s: there are status, verify "
		"FILE, load FILE, undo, key FILE and make", SPAN_FMT(verb));
}

static int update_main(int argc, char **argv)
{
	struct options o = { 0 };
	const struct args_option options[] = {
		{ "key", 'k', ARGS_TEXT, &o.key },
		{ "out", 'o', ARGS_TEXT, &o.out },
		{ "rules", 0, ARGS_LIST, &o.rules },
		{ "model", 0, ARGS_TEXT, &o.model },
		{ "about", 0, ARGS_TEXT, &o.about },
		{ "needs", 0, ARGS_TEXT, &o.needs },
		{ "number", 0, ARGS_NUMBER, &o.number },
		{ "json", 0, ARGS_FLAG, &o.json },
		{ 0 },
	};
	struct args args;
	struct arena *a;
	struct err e;
	int code;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("update", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "update", NULL });
	a = arena_new("pm update", MEMORY);
	code = run(&args, &o, a, &e);
	arena_free(&a);
	return code < 0 ? err_report("update", &e) : code;
}

const struct applet update_applet = {
	.name = "update",
	.summary = "newer rules and a newer model, as one signed file",
	.help =
"usage: pm update [status] [--json]\n"
"       pm update verify FILE\n"
"       pm update load FILE\n"
"       pm update undo\n"
"       pm update key FILE\n"
"       pm update make --key FILE --out FILE [--rules FILE]… [--model FILE]\n"
"              [--about TEXT] [--number N] [--needs VERSION]\n"
"\n"
"An update brings rules that look for spam and a content model newer than\n"
"those in the executable, without a new one. The site's own rules, weights\n"
"and feedback stand above it as before.\n"
"\n"
"load: proves the signature, tries it with the site's rules and puts it in\n"
"force; a running filter judges by it at once, without a restart. Refused:\n"
"one that is not newer than the present one, that needs a newer pm, or that\n"
"no believed key has signed. Nothing of a file is read before its signature\n"
"is good; trouble with one leaves what judged before. The last 4 are kept:\n"
"undo goes back by one, at last to the executable's own. A pm newer than the\n"
"one that made it passes it over.\n"
"\n"
"Believed are the keys of the executable and those in etc/pm/update.pub,\n"
"a line \"ID BASE64\" each. To replace a key, believe the new one beside the\n"
"old one first, and remove the old one when all updates come from the new.\n"
"\n"
"For who makes updates:\n"
"key: makes a private key and prints the line for etc/pm/update.pub.\n"
"make: signs one. Without --rules (again for each file, in the order that\n"
"counts) and --model it has the executable's. --number: what counts as newer;\n"
"the time in UTC without it. --needs: the least pm that may load it; this\n"
"one without it.\n",
	.main = update_main,
};
