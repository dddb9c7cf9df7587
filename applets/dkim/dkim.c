/*
 * pm dkim: the keys that sign outgoing mail, from their making to their end.
 */
#include "dkim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "conf/wiring.h"
#include "mail/domain.h"
#include "role/status.h"

enum { MEMORY = 64 << 20 };

/* Signer and front read the keys again: the signer first. */
static void tell_filter(void)
{
	static const char *const who[] = { "filter/signer", "filter/front" };
	struct buf text = { 0 };
	struct span rest;
	struct err e;

	for (size_t i = 0; i < 2; i++)
		if (status_ask("reload", who[i], &text, &rest, &e) < 0) {
			fprintf(stderr, "pm dkim: the filter was not told "
				"(%s): it takes this up at its next start or "
				"pm reload filter\n", e.text);
			break;
		}
	buf_free(&text);
}

static int save(struct dkim_job *j, struct err *e)
{
	if (keyring_save(j->domain, j->keys, e) < 0)
		return -1;
	tell_filter();
	return 0;
}

/* The one that was named. */
static struct keyring_key *find(struct dkim_job *j, struct err *e)
{
	struct keyring_key *k = j->selector ?
		keyring_find(j->keys, j->selector) : NULL;

	if (k == NULL && j->selector == NULL)
		err_set(e, ERR_PERMANENT, "which key of %s? give its selector "
			"(pm dkim list %s)", j->domain, j->domain);
	else if (k == NULL)
		err_set(e, ERR_PERMANENT, "%s has no key %s (pm dkim list %s)",
			j->domain, j->selector, j->domain);
	return k;
}

/* It signs from now on, in the place of the one of its kind before it. */
static void make_active(struct dkim_job *j, struct keyring_key *k)
{
	for (size_t i = 0; i < j->keys->n; i++) {
		struct keyring_key *old = &j->keys->keys[i];

		if (old == k || old->kind != k->kind ||
		    old->state != KEYRING_ACTIVE)
			continue;
		old->state = KEYRING_RETIRING;
		old->since_s = j->now_s;
		printf("%s: signs no more; its record has to stay for %d "
			"days\n", old->selector, KEYRING_OVERLAP_S / 86400);
	}
	k->state = KEYRING_ACTIVE;
	k->since_s = j->now_s;
	printf("%s: signs mail of %s\n", k->selector, j->domain);
}

static int run_keygen(struct dkim_job *j, struct err *e)
{
	return dkim_keygen(j, e) < 0 ? -1 : EXIT_DONE;
}

static int run_activate(struct dkim_job *j, struct err *e)
{
	struct keyring_key *k = find(j, e);
	enum published found = PUBLISHED;
	const char *why;

	if (k == NULL)
		return -1;
	if (!j->unchecked)
		found = dkim_published(j, k, &why);
	if (found != PUBLISHED)
		return err_set(e, found == PUBLISHED_LATER ? ERR_TEMPORARY :
			ERR_PERMANENT, "%s is not published: %s: it would "
			"make bad signatures", dkim_record_name(j, k), why);
	if (k->state == KEYRING_ACTIVE) {
		printf("%s: signs already\n", k->selector);
		return EXIT_DONE;
	}
	make_active(j, k);
	return save(j, e) < 0 ? -1 : EXIT_DONE;
}

/* One key; *worst_r is the exit code so far. */
static bool check_one(struct dkim_job *j, struct keyring_key *k,
	int *worst_r)
{
	const char *why;
	enum published found = dkim_published(j, k, &why);

	if (found == PUBLISHED) {
		printf("%s: published\n", k->selector);
		return true;
	}
	printf("%s: not published: %s\n", k->selector, why);
	if (*worst_r != EXIT_LATER)
		*worst_r = found == PUBLISHED_LATER ? EXIT_LATER : EXIT_NO;
	return false;
}

static int run_check(struct dkim_job *j, struct err *e)
{
	int worst = EXIT_DONE;
	bool changed = false;

	if (j->selector && find(j, e) == NULL)
		return -1;
	for (size_t i = 0; i < j->keys->n; i++) {
		struct keyring_key *k = &j->keys->keys[i];

		if (j->selector && strcmp(k->selector, j->selector) != 0)
			continue;
		if (check_one(j, k, &worst) && j->activate &&
		    k->state == KEYRING_NEW) {
			make_active(j, k);
			changed = true;
		}
	}
	return changed && save(j, e) < 0 ? -1 : worst;
}

/* First off the list: what is on it is there. */
static int forget(struct dkim_job *j, struct keyring_key *k, struct err *e)
{
	char path[KEYRING_PATH_SIZE];

	size_t after = --j->keys->n - (size_t)(k - j->keys->keys);

	keyring_path(j->domain, k->selector, path);
	memmove(k, k + 1, after * sizeof(*k));
	if (keyring_save(j->domain, j->keys, e) < 0)
		return -1;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, ERR_PERMANENT, "%s", path);
	printf("%s: removed\n", j->selector);
	tell_filter();
	return 0;
}

static int run_retire(struct dkim_job *j, struct err *e)
{
	struct keyring_key *k = find(j, e);

	if (k == NULL)
		return -1;
	if (k->state == KEYRING_ACTIVE) {
		k->state = KEYRING_RETIRING;
		k->since_s = j->now_s;
		printf("%s: signs no more; its record has to stay for %d "
			"days\n", k->selector, KEYRING_OVERLAP_S / 86400);
		return save(j, e) < 0 ? -1 : EXIT_DONE;
	}
	if (k->state == KEYRING_RETIRING && !j->now &&
	    !keyring_may_go(k, j->now_s))
		return err_set(e, ERR_PERMANENT, "%s %s: mail that it signed "
			"may still be on its way (pm dkim list %s says until "
			"when); --now removes it all the same", j->domain,
			k->selector, j->domain);
	return forget(j, k, e) < 0 ? -1 : EXIT_DONE;
}

static int run_list(struct dkim_job *j, struct err *e)
{
	return dkim_list(j, e) < 0 ? -1 : EXIT_DONE;
}

static const struct verb {
	const char *name;
	bool domain;		/* needs one; then it is locked and loaded */
	bool first;		/* the domain may have no keys yet */
	/* The exit code, or -1 with *e. */
	int (*run)(struct dkim_job *j, struct err *e);
} verbs[] = {
	{ "keygen", true, true, run_keygen },
	{ "rotate", true, true, run_keygen },
	{ "check", true, false, run_check },
	{ "activate", true, false, run_activate },
	{ "retire", true, false, run_retire },
	{ "list", false, false, run_list },
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const struct verb *find_verb(const char *word, struct err *e)
{
	const char *names[VERBS], *near;

	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, word) == 0)
			return &verbs[i];
		names[i] = verbs[i].name;
	}
	near = args_nearest(span_of(word), names, VERBS);
	err_set(e, ERR_PERMANENT, "\"%s\" is none of keygen, rotate, check, "
		"activate, retire, list%s%s%s", word, near ? ": did you mean "
		: "", near ? near : "", near ? "?" : "");
	return NULL;
}

/* Only what is checked here becomes a path. */
static int take_names(struct dkim_job *j, const struct args *args,
	const struct verb *v, struct err *e)
{
	struct span ascii;

	if (v->domain && args->n < 2)
		return err_set(e, ERR_PERMANENT, "which domain? usage: pm "
			"dkim %s DOMAIN", v->name);
	if (args->n > 3)
		return err_set(e, ERR_PERMANENT, "%s: one domain and one "
			"selector at a time", args->rest[3]);
	if (args->n > 1) {
		if (!domain_ascii(span_of(args->rest[1]), j->a, &ascii) ||
		    !keyring_domain_ok(ascii))
			return err_set(e, ERR_PERMANENT, "\"%s\" is no domain",
				args->rest[1]);
		j->domain = arena_string(j->a, ascii);
	}
	if (args->n > 2) {
		if (j->selector)
			return err_set(e, ERR_PERMANENT, "two selectors");
		j->selector = args->rest[2];
	}
	if (j->selector && !keyring_selector_ok(span_of(j->selector)))
		return err_set(e, ERR_PERMANENT, "selector \"%s\": is none: "
			"up to %d lower-case letters, digits and hyphens",
			j->selector, KEYRING_SELECTOR_MAX);
	return 0;
}

/* The wiring's resolver, when none was given. */
static void take_resolver(struct dkim_job *j)
{
	struct wiring w;

	if (j->resolver == NULL && access(ROOT_WIRING, R_OK) == 0 &&
	    wiring_load(j->a, &w, NULL) == 0)
		j->resolver = w.resolver;
}

static int run(struct dkim_job *j, const struct args *args, struct err *e)
{
	const struct verb *v = find_verb(args->n ? args->rest[0] : "", e);
	int lock, result;

	if (v == NULL || take_names(j, args, v, e) < 0)
		return -1;
	if (root_enter(args->root, NULL, e) < 0)
		return -1;
	take_resolver(j);
	if (!v->domain)
		return v->run(j, e);
	if (keyring_load(j->domain, j->keys, e) < 0)
		return -1;
	if (j->keys->n == 0 && !v->first)
		return err_set(e, ERR_PERMANENT, "%s has no keys: pm dkim "
			"keygen %s", j->domain, j->domain);
	lock = keyring_lock(j->domain, e);
	if (lock < 0)
		return -1;
	/* Another one may have written meanwhile. */
	result = keyring_load(j->domain, j->keys, e);
	if (result == 0)
		result = v->run(j, e);
	close(lock);
	return result;
}

static int dkim_main(int argc, char **argv)
{
	struct dkim_job j = { .now_s = clock_wall_ms() / 1000 };
	const struct args_option options[] = {
		{ "selector", 0, ARGS_TEXT, &j.selector },
		{ "algorithm", 0, ARGS_TEXT, &j.algorithm },
		{ "resolver", 0, ARGS_TEXT, &j.resolver },
		{ "activate", 0, ARGS_FLAG, &j.activate },
		{ "unchecked", 0, ARGS_FLAG, &j.unchecked },
		{ "now", 0, ARGS_FLAG, &j.now },
		{ "json", 0, ARGS_FLAG, &j.json },
		{ 0 },
	};
	struct args args;
	struct err e;
	int code;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("dkim", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "dkim", NULL });
	j.a = arena_new("dkim", MEMORY);
	j.keys = arena_alloc(j.a, sizeof(*j.keys));
	code = run(&j, &args, &e);
	if (code < 0)
		code = err_report("dkim", &e);
	arena_free(&j.a);
	return code;
}

const struct applet dkim_applet = {
	.name = "dkim",
	.summary = "the keys that sign outgoing mail",
	.help =
		"usage: pm dkim keygen DOMAIN [--selector S]\n"
		"               [--algorithm rsa|ed25519|both]\n"
		"       pm dkim check DOMAIN [SELECTOR] [--activate]\n"
		"       pm dkim activate DOMAIN SELECTOR [--unchecked]\n"
		"       pm dkim rotate DOMAIN [--selector S]\n"
		"       pm dkim retire DOMAIN SELECTOR [--now]\n"
		"       pm dkim list [DOMAIN] [--json]\n"
		"\n"
		"Signs outgoing mail with DKIM (RFC 6376, RFC 8463). Outgoing\n"
		"is what comes from this host, from one of the wiring's\n"
		"networks, or from somebody who logged in at the MTA. It is\n"
		"signed when the domain of its only author (From), or else\n"
		"that domain's organisation, has an active key; after all\n"
		"changes that the policy makes, redirected copies included.\n"
		"Mail from outside that the policy redirects gets an ARC set\n"
		"(RFC 8617) by the key of the domain that it came to.\n"
		"Do not list a relay in networks that passes on mail from\n"
		"outside: what it says to be yours would be signed.\n"
		"\n"
		"keygen makes a key and prints the TXT record to publish, as\n"
		"lines of a zone file. The key signs nothing yet.\n"
		"check says of each key whether its record is published;\n"
		"with --activate the new ones that are begin to sign.\n"
		"activate does it for one, --unchecked without asking the\n"
		"DNS. The key of the same algorithm before it retires: it\n"
		"signs no more, but its record has to stay for 7 days, since\n"
		"mail is on its way; then `pm dkim list` says that it may go.\n"
		"rotate is keygen with the algorithms that sign now.\n"
		"retire takes a key out of use; one that is out of use, and\n"
		"new ones, are removed for good.\n"
		"\n"
		"  --selector S     of the new key; default: of the month, as\n"
		"                   pm202611. With both algorithms the second\n"
		"                   is S-ed\n"
		"  --resolver A:P   DNS server; default: of the wiring, the\n"
		"                   host's\n"
		"\n"
		"Private keys are in var/lib/pm/dkim/DOMAIN/SELECTOR.pem, for\n"
		"the user pm-key alone: only the process filter/signer reads\n"
		"them. When it does not answer within 2 s, mail of a domain\n"
		"with an active key is answered 451, so that the sender tries\n"
		"again: it never goes out unsigned; `pm status` says why.\n"
		"Mail that was held and is released is not signed.\n"
		"Exit codes: 0 done; 1 a record is not published; 2 wrong\n"
		"usage; 3 the DNS did not answer, try again.\n",
	.main = dkim_main,
};
