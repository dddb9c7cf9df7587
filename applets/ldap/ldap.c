/*
 * pm ldap: lists, groups and aliases out of a directory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/applet.h"
#include "base/args.h"
#include "base/clock.h"
#include "conf/wiring.h"
#include "net/ldap.h"
#include "sync.h"
#include "tool/admin.h"
#include "tool/cells.h"

enum { MEMORY = 64 << 20, DEADLINE_MS = 120000, NAME_WIDTH = 20,
	TIME_WIDTH = 19, COUNT_WIDTH = 10 };

struct work {
	const struct args *args;
	struct ldap_sync sync;
	struct arena *a;
	struct ldap_source *v;
	size_t n;
};

static const struct ldap_source *find(const struct work *w, const char *name,
	struct err *e)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->v[i].name, name) == 0)
			return &w->v[i];
	err_set(e, ERR_PERMANENT, "%.64s: there is no such source in "
		LDAP_SOURCES, name);
	return NULL;
}

static int open_database(struct work *w, struct err *e)
{
	const char *conninfo;
	struct wiring wiring;

	if (wiring_load(w->a, &wiring, e) < 0)
		return -1;
	conninfo = wiring_conninfo(&wiring);
	if (conninfo == NULL)
		return err_set(e, ERR_PERMANENT, "no database is wired here: "
			"what a directory brought is remembered there");
	if (admin_check("directories are", "pm ldap …", e) < 0)
		return -1;
	w->sync.db = db_new(conninfo, "pm_admin", DEADLINE_MS);
	return 0;
}

static int lock(struct work *w, struct err *e)
{
	struct db_rows *rows;
	bool mine;

	if (db_call(w->sync.db, "ldap_lock", NULL, 0, &rows, e) < 0)
		return -1;
	mine = db_bool(rows, 0, 0);
	db_rows_free(&rows);
	return mine ? 0 : err_set(e, ERR_TEMPORARY, "another pm ldap sync is "
		"at work");
}

/* Does it for the sources named, or all; one that fails stops no other. */
static int each(struct work *w,
	int (*run)(struct work *w, const struct ldap_source *s, struct err *e),
	struct err *e)
{
	bool named = w->args->n > 1;
	size_t n = named ? w->args->n - 1 : w->n;
	int result = 0;

	if (n == 0)
		return err_set(e, ERR_PERMANENT, "there are no sources: "
			LDAP_SOURCES " has them (pm help ldap)");
	for (size_t i = 0; i < n; i++) {
		const struct ldap_source *s = named ? find(w,
			w->args->rest[i + 1], e) : &w->v[i];

		if (s && run(w, s, e) == 0)
			continue;
		if (i + 1 < n)
			err_report("ldap", e);
		result = -1;
	}
	return result;
}

static int sync_one(struct work *w, const struct ldap_source *s,
	struct err *e)
{
	return ldap_sync(&w->sync, s, e);
}

static int run_sync(struct work *w, struct err *e)
{
	if (open_database(w, e) < 0 || lock(w, e) < 0)
		return -1;
	return each(w, sync_one, e);
}

static int check_one(struct work *w, const struct ldap_source *s,
	struct err *e)
{
	struct ldap_answer r;

	if (ldap_answer(s, NULL, w->a, &r, e) < 0)
		return -1;
	printf("%s: %zu entries in the directory, %zu for %s\n", s->name,
		r.people, r.n, s->target);
	if (r.strange) {
		char *example = cells_printable(r.example);

		printf("%s: %zu values are no addresses, such as %s\n",
			s->name, r.strange, example);
		free(example);
	}
	return 0;
}

static int run_check(struct work *w, struct err *e)
{
	return each(w, check_one, e);
}

/* What the source has about one address. */
static int run_find(struct work *w, struct err *e)
{
	const struct ldap_source *s = find(w, w->args->rest[1], e);
	struct span address = span_of(w->args->rest[2]);
	struct buf filter = { .arena = w->a };
	struct ldap_answer r;

	if (s == NULL)
		return -1;
	buf_printf(&filter, "(&%s(|", s->filter);
	for (size_t i = 0; i < s->nattributes; i++) {
		buf_printf(&filter, "(%s=", s->attributes[i]);
		ldap_escape(&filter, address);
		buf_printf(&filter, ")(%s=smtp:", s->attributes[i]);
		ldap_escape(&filter, address);
		buf_byte(&filter, ')');
	}
	buf_string(&filter, "))");
	if (ldap_answer(s, buf_c(&filter), w->a, &r, e) < 0)
		return -1;
	for (size_t i = 0; i < r.n; i++)
		printf("%.*s\n", SPAN_FMT(r.v[i]));
	if (r.n == 0)
		printf("%s: nobody has that address\n", s->name);
	return 0;
}

static void print_status(const struct db_rows *rows, size_t i)
{
	char when[CLOCK_STAMP_SIZE] = "never", count[24];

	if (!db_is_null(rows, i, 2)) {
		clock_stamp(db_int(rows, i, 2), when);
		when[10] = ' ';
	}
	snprintf(count, sizeof(count), "%lld", (long long)db_int(rows, i, 3));
	cells_put(db_span(rows, i, 0), NAME_WIDTH, false);
	cells_put(span_sub(span_of(when), 0, TIME_WIDTH), TIME_WIDTH, false);
	cells_put(span_of(count), COUNT_WIDTH, false);
	cells_put(db_span(rows, i, 4), cells_width(), true);
}

static int run_status(struct work *w, struct err *e)
{
	struct db_rows *rows;

	if (open_database(w, e) < 0 ||
	    db_call(w->sync.db, "ldap_status", NULL, 0, &rows, e) < 0)
		return -1;
	if (db_count(rows) == 0)
		puts("nothing was synchronised yet: pm ldap sync");
	for (size_t i = 0; i < db_count(rows); i++) {
		if (i == 0) {
			cells_put(SPAN("SOURCE"), NAME_WIDTH, false);
			cells_put(SPAN("LAST DONE"), TIME_WIDTH, false);
			cells_put(SPAN("ENTRIES"), COUNT_WIDTH, false);
			cells_put(SPAN("TROUBLE SINCE"), COUNT_WIDTH, true);
		}
		print_status(rows, i);
	}
	db_rows_free(&rows);
	return 0;
}

static const struct verb {
	const char *name;
	size_t least, most;	/* operands behind it */
	int (*run)(struct work *w, struct err *e);
	const char *usage;
} verbs[] = {
	{ "sync", 0, 1000, run_sync, "sync [--dry-run] [--accept] [SOURCE…]" },
	{ "check", 0, 1000, run_check, "check [SOURCE…]" },
	{ "find", 2, 2, run_find, "find SOURCE ADDRESS" },
	{ "status", 0, 0, run_status, "status" },
};

enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

static const struct verb *find_verb(const struct args *args, struct err *e)
{
	const char *names[VERBS], *typed = args->n ? args->rest[0] : "";
	const char *near;

	for (size_t i = 0; i < VERBS; i++) {
		names[i] = verbs[i].name;
		if (strcmp(typed, names[i]) != 0)
			continue;
		if (args->n > verbs[i].least && args->n <= verbs[i].most + 1)
			return &verbs[i];
		err_set(e, ERR_PERMANENT, "usage: pm ldap %s",
			verbs[i].usage);
		return NULL;
	}
	near = args->n ? args_nearest(span_of(typed), names, VERBS) : NULL;
	err_set(e, ERR_PERMANENT, "%s%s%s%s%s: sync, check, find or status",
		args->n ? "no command " : "which command", typed,
		near ? ", did you mean " : "", near ? near : "",
		near ? "?" : "");
	return NULL;
}

static int ldap_main(int argc, char **argv)
{
	struct work w = { 0 };
	const struct args_option options[] = {
		{ "dry-run", 'n', ARGS_FLAG, &w.sync.dry_run },
		{ "accept", 0, ARGS_FLAG, &w.sync.accept },
		{ 0 },
	};
	const struct verb *v;
	struct args args;
	struct err e;
	int result;

	if (args_parse(argc, argv, options, &args, &e) < 0)
		return err_report("ldap", &e);
	if (args.help)
		return applet_find("help")->main(2,
			(char *[]){ "help", "ldap", NULL });
	v = find_verb(&args, &e);
	if (v && v->run != run_sync && (w.sync.dry_run || w.sync.accept)) {
		err_set(&e, ERR_PERMANENT, "%s has no --%s", v->name,
			w.sync.accept ? "accept" : "dry-run");
		v = NULL;
	}
	if (v == NULL)
		return err_report("ldap", &e);
	w.args = &args;
	w.a = arena_new("ldap", MEMORY);
	result = root_enter(args.root, NULL, &e);
	if (result == 0)
		result = ldap_sources(w.a, &w.v, &w.n, &e);
	if (result == 0)
		result = v->run(&w, &e);
	db_free(&w.sync.db);
	arena_free(&w.a);
	return result < 0 ? err_report("ldap", &e) : EXIT_DONE;
}

const struct applet ldap_applet = {
	.name = "ldap",
	.summary = "lists, groups and aliases out of a directory",
	.help =
		"usage: pm ldap sync [--dry-run] [--accept] [SOURCE…]\n"
		"       pm ldap check [SOURCE…]\n"
		"       pm ldap find SOURCE ADDRESS\n"
		"       pm ldap status\n"
		"\n"
		"sync    brings what the sources name up to date, all or\n"
		"        those given; --dry-run says what it would do\n"
		"check   asks the directories, and changes nothing\n"
		"find    what a source has about one address\n"
		"status  when each was last done, and what is wrong since\n"
		"\n"
		"Sources are data, etc/pm/ldap.lua:\n"
		"\n"
		"  return {\n"
		"    { name = \"staff\",\n"
		"      servers = { \"ldaps://ldap1.example.org\" },\n"
		"      bind = \"cn=pm,ou=services,dc=example,dc=org\",\n"
		"      password = \"etc/pm/ldap-staff.key\", -- a file, 0600\n"
		"      base = \"ou=people,dc=example,dc=org\",\n"
		"      filter = \"(&(objectClass=person)(mail=*))\",\n"
		"      attributes = { \"mail\", \"proxyAddresses\" },\n"
		"      into = \"group:staff\" },\n"
		"  }\n"
		"\n"
		"name, servers, base and into must be there. servers are\n"
		"tried in their order: ldaps://, ldap:// (always with\n"
		"StartTLS) or ldapi://; certificates are checked against the\n"
		"file `authorities` (the system's). Without bind nobody logs\n"
		"in. Without them filter is (mail=*), attributes are\n"
		"{ \"mail\" }, most (entries) 200000, seconds 60.\n"
		"\n"
		"into is \"list:NAME\" (of recipients, of approved senders\n"
		"…), \"group:NAME\" (pm group make it first): each address\n"
		"becomes an entry; or \"aliases\": the first address is the\n"
		"person, who gets one digest for all of his; `language` may\n"
		"name the attribute with his language. Of proxyAddresses\n"
		"those with smtp: count.\n"
		"\n"
		"What people put in by hand stays. An answer that is empty,\n"
		"breaks off or is a part only changes nothing; nor does one\n"
		"by which more than a quarter (and more than 20) of what the\n"
		"source brought would go, unless --accept. References to\n"
		"other servers are not followed. As a job: pm job enable\n"
		"ldap.\n"
		"\n"
		"Exit codes: 0 done; 2 wrong usage, or refused; 3 no answer,\n"
		"try again.\n",
	.main = ldap_main,
};
