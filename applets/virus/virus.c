/*
 * pm virus: the virus engine and its signatures, for people.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "net/virus.h"
#include "tool/engines.h"
#include "tool/signatures.h"

enum { MEMORY = 16 << 20, ANSWER_MS = 5000 };

/* 0, or an exit code: one of them does not answer. */
static int show(const struct virus_set *set)
{
	char version[VIRUS_VERSION_SIZE];
	int code = EXIT_DONE;
	struct err e;

	for (size_t i = 0; i < set->n; i++) {
		const char *where = set->engines[i].where;

		if (virus_version(&set->engines[i], clock_ms() + ANSWER_MS,
		    version, &e) == 0) {
			printf("%s at %s\n", version, where);
			continue;
		}
		fprintf(stderr, "pm virus: no answer from %s: %s\n", where,
			e.text);
		code = EXIT_LATER;
	}
	return code;
}

/* An exit code; -1: *e. */
static int status(struct arena *a, struct err *e)
{
	struct signatures s = signatures_look();
	struct virus_set set;
	struct wiring w;

	if (wiring_load(a, &w, e) < 0)
		return -1;
	set = engines_wired(&w);
	if (set.n == 0)
		return err_set(e, ERR_PERMANENT, "no virus engine is wired: "
			"filter.clamd or filter.icap in " ROOT_WIRING);
	if (s.n)
		printf("%u files of signatures in " SIGNATURES_DIR "\n", s.n);
	return show(&set);
}

/* Files named from where the user stands. */
static int load(const struct args *args, int before, struct err *e)
{
	for (size_t i = 1; i < args->n; i++) {
		int fd = openat(before, args->rest[i], O_RDONLY | O_CLOEXEC);
		int result;

		if (fd < 0)
			return err_errno(e, ERR_PERMANENT, "%s",
				args->rest[i]);
		result = signatures_load(args->rest[i], fd, e);
		close(fd);
		if (result < 0)
			return -1;
		printf("%s: loaded\n", args->rest[i]);
	}
	return 0;
}

/* An exit code; -1: *e. */
static int run(const struct args *args, struct err *e)
{
	const char *verb = args->n ? args->rest[0] : "status";
	struct arena *a;
	int before, result;

	if (strcmp(verb, "status") != 0 && strcmp(verb, "load") != 0)
		return err_set(e, ERR_PERMANENT, "%s: no such command; status "
			"or load", verb);
	if ((*verb == 'l') != (args->n > 1))
		return err_set(e, ERR_PERMANENT, *verb == 'l' ? "load: which "
			"files?" : "status takes no files");
	if (root_enter(args->root, &before, e) < 0)
		return -1;
	a = arena_new("virus", MEMORY);
	result = *verb == 'l' ? load(args, before, e) : status(a, e);
	arena_free(&a);
	close(before);
	return result;
}

static int virus_main(int argc, char **argv)
{
	const struct args_option none[] = { { 0 } };
	struct args args;
	struct err e;
	int code;

	if (args_parse(argc, argv, none, &args, &e) < 0)
		return err_report("virus", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "virus", NULL });
	code = run(&args, &e);
	return code < 0 ? err_report("virus", &e) : code;
}

const struct applet virus_applet = {
	.name = "virus",
	.summary = "the virus engine and its signatures",
	.help =
		"usage: pm virus [status]\n"
		"       pm virus load FILE...\n"
		"\n"
		"status  what the engines of the wiring say of themselves\n"
		"load    puts files of ClamAV's signatures (daily.cvd,\n"
		"        site.ndb ...) in force, for appliances without a way\n"
		"        to a mirror; each is tried out before (clamscan)\n"
		"\n"
		"With clamd = \"own\" in the wiring (filter) the filter runs\n"
		"clamd and freshclam itself: filter/clamd and\n"
		"filter/freshclam in pm status, where engine, age of the\n"
		"signatures and troubles stand. mirror, proxy and signatures\n"
		"beside it say where they come from; pm reload\n"
		"filter/freshclam looks there at once. clamd takes about\n"
		"1.3 GB of memory with the official ones. While it does not\n"
		"answer, policy sees \"later\": by default the sender gets\n"
		"451. Signatures of more than 3 days (signature_days) are\n"
		"told as trouble.\n"
		"\n"
		"icap = \"icap://ADDRESS:PORT/SERVICE\" is another scanner,\n"
		"beside clamd or alone (RFC 3507, RESPMOD; in the clear: on\n"
		"a network of its own). What one of them finds is found;\n"
		"clean is what both call clean. optional = { \"icap\" }:\n"
		"while that one does not answer, mail is judged without it.\n"
		"What was clean or found is remembered for five minutes, and\n"
		"for none after signatures changed.\n"
		"\n"
		"Where AppArmor confines clamd and freshclam, their profiles\n"
		"must allow run/pm/clamd and var/lib/pm/clamav.\n"
		"Exit codes: 0 done; 2 wrong usage, no such engine or file;\n"
		"3 no answer.\n",
	.main = virus_main,
};
