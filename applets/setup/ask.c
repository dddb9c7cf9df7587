#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/buf.h"
#include "role/plan.h"
#include "setup.h"

#define CLAMD_PROGRAM "/usr/sbin/clamd"
#define CLAMD_SOCKET "/run/clamav/clamd.ctl"
#define NONE "none"

enum { LINE_SIZE = 4096, LIST_MAX = 256 };

/* One line from stdin, trimmed; the end of the answers is an error. */
static int read_line(struct setup *s, const char **line_r, struct err *e)
{
	char line[LINE_SIZE];

	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return err_set(e, ERR_PERMANENT, "the answers ended before "
			"set-up was done: nothing was changed");
	*line_r = arena_string(s->a, span_trim(span_of(line)));
	return 0;
}

/* A question whose answer is text; *text_r is the default, NULL: none. */
static int ask_text(struct setup *s, const char *question,
	const char **text_r, struct err *e)
{
	const char *line;

	printf("%s [%s]: ", question, *text_r ? *text_r : NONE);
	if (read_line(s, &line, e) < 0)
		return -1;
	if (strcmp(line, NONE) == 0)
		*text_r = NULL;
	else if (*line)
		*text_r = line;
	return 0;
}

int ask_yes(struct setup *s, const char *question, bool *yes_r,
	struct err *e)
{
	const char *line;

	for (;;) {
		printf("%s? yes or no [%s]: ", question,
			*yes_r ? "yes" : "no");
		if (read_line(s, &line, e) < 0)
			return -1;
		if (*line == 0)
			return 0;
		if (strcmp(line, "yes") == 0 || strcmp(line, "y") == 0) {
			*yes_r = true;
			return 0;
		}
		if (strcmp(line, "no") == 0 || strcmp(line, "n") == 0) {
			*yes_r = false;
			return 0;
		}
		printf("\"%s\" is neither yes nor no.\n", line);
	}
}

/* The text, or the first word of it, that does not fit; empty: it does. */
static struct span misfit(const char *key, bool words, const char *text,
	const char **what_r)
{
	struct span rest = span_of(text ? text : ""), word;

	if (!words)
		return rest.n == 0 || wiring_fits(key, rest, what_r) ?
			SPAN("") : rest;
	while (span_cut(&rest, ' ', &word))
		if (word.n && !wiring_fits(key, word, what_r))
			return word;
	return SPAN("");
}

/* A text that fits a key of the wiring; asked again until it does. */
static int ask_fitting(struct setup *s, const char *question,
	const char *key, bool words, const char **text_r, struct err *e)
{
	const char *before = *text_r, *what;

	for (;;) {
		struct span bad;

		if (ask_text(s, question, text_r, e) < 0)
			return -1;
		bad = misfit(key, words, *text_r, &what);
		if (bad.n == 0)
			return 0;
		printf("\"%.*s\" is not %s.\n", SPAN_FMT(bad), what);
		*text_r = before;
	}
}

static int ask_key(struct setup *s, const char *question, const char *key,
	const char **text_r, struct err *e)
{
	return ask_fitting(s, question, key, false, text_r, e);
}

/* Words with blanks between, asked for and kept as a list. */
static int ask_list(struct setup *s, const char *question, const char *key,
	const char ***v_r, size_t *n_r, struct err *e)
{
	struct buf now = { .arena = s->a };
	const char *text, **v = arena_array(s->a, LIST_MAX, sizeof(*v));
	struct span rest, word;
	size_t n = 0;

	for (size_t i = 0; i < *n_r; i++)
		buf_printf(&now, "%s%s", i ? " " : "", (*v_r)[i]);
	text = *n_r ? buf_c(&now) : NULL;
	if (ask_fitting(s, question, key, true, &text, e) < 0)
		return -1;
	rest = span_of(text ? text : "");
	while (span_cut(&rest, ' ', &word) && n < LIST_MAX)
		if (word.n)
			v[n++] = arena_string(s->a, word);
	*v_r = v;
	*n_r = n;
	return 0;
}

static int ask_number(struct setup *s, const char *question, uint64_t *n_r,
	struct err *e)
{
	const char *text = arena_printf(s->a, "%llu",
		(unsigned long long)*n_r), *before = text;

	for (;;) {
		if (ask_text(s, question, &text, e) < 0)
			return -1;
		*n_r = 0;
		if (text == NULL ||
		    span_u64(span_of(text), UINT32_MAX, n_r))
			return 0;
		printf("\"%s\" is not a whole number.\n", text);
		text = before;
	}
}

/* One role, by name, with what it is for. */
static int ask_role(struct setup *s, const struct applet *a,
	const char *name, const struct wiring *before, struct err *e)
{
	bool yes = wiring_has_role(before, name);
	const char *question = arena_printf(s->a, "  %s (%s)%s",
		a->role->title, name, applet_is_built(a, name) ? "" :
		", not in this version");

	printf("%s: %s\n", name, strcmp(a->name, name) ?
		"part of a replicated one" : a->summary);
	if (ask_yes(s, question, &yes, e) < 0)
		return -1;
	if (yes)
		s->plan.roles[s->plan.nroles++] = name;
	return 0;
}

static int ask_roles(struct setup *s, struct err *e)
{
	struct wiring before = s->plan;

	s->plan.roles = arena_array(s->a, LIST_MAX, sizeof(char *));
	s->plan.nroles = 0;
	puts("\nThe roles of this appliance:");
	for (size_t i = 0; applets[i]; i++) {
		const struct applet *a = applets[i];

		if (a->role == NULL || a->role->everywhere)
			continue;
		if (ask_role(s, a, a->name, &before, e) < 0)
			return -1;
		for (size_t k = 0; s->plan.csm && a->also && a->also[k]; k++)
			if (ask_role(s, a, a->also[k], &before, e) < 0)
				return -1;
	}
	return 0;
}

static int ask_site(struct setup *s, struct err *e)
{
	bool many = s->plan.csm != NULL;

	if (ask_key(s, "Name of this appliance", "name", &s->plan.name,
	    e) < 0 ||
	    ask_key(s, "Site (the organisation's main domain)", "site",
	    &s->plan.site, e) < 0 ||
	    ask_yes(s, "Is it one of several appliances", &many, e) < 0)
		return -1;
	if (!many) {
		s->plan.csm = NULL;
		return 0;
	}
	return ask_key(s, "The Centralized Server Manager (host:port; "
		"this appliance itself, if it shall be that)", "csm",
		&s->plan.csm, e);
}

static int ask_mta(struct setup *s, struct err *e)
{
	static const char *loopback[] = { "127.0.0.1:25" };
	struct wiring_mta *m = &s->plan.mta;

	if (!wiring_has_role(&s->plan, "mta"))
		return 0;
	/* Without a filter nothing else would be allowed. */
	if (!wiring_has_role(&s->plan, "filter") && !s->have_now) {
		m->listen = loopback;
		m->nlisten = 1;
	}
	return ask_key(s, "Kind of MTA (postfix, sendmail, external)",
		"mta.kind", &m->kind, e) < 0 ||
	    ask_list(s, "It listens on (address:port)", "mta.listen",
		&m->listen, &m->nlisten, e) < 0 ||
	    ask_key(s, "Re-injection of released mail (loopback only)",
		"mta.reinject", &m->reinject, e) < 0 ||
	    ask_key(s, "Relay host for other domains (host:port, or "
		NONE ")", "mta.relay_host", &m->relay_host, e) < 0 ? -1 : 0;
}

static int ask_filter(struct setup *s, struct err *e)
{
	struct wiring_filter *f = &s->plan.filter;

	if (!wiring_has_role(&s->plan, "filter"))
		return 0;
	return ask_key(s, "Virus scanner clamd (own, unix:PATH, inet:A:P, or "
		NONE ")", "filter.clamd", &f->clamd, e);
}

static int ask_database(struct setup *s, struct err *e)
{
	if (wiring_has_role(&s->plan, "csm") &&
	    !wiring_has_role(&s->plan, "db") &&
	    ask_text(s, "Connection string of a database elsewhere",
		&s->plan.database, e) < 0)
		return -1;
	if (!wiring_has_role(&s->plan, "enduser"))
		return 0;
	if (ask_key(s, "How people reach their pages (https://HOST:28443, or "
	    NONE ")", "enduser.url", &s->plan.enduser_url, e) < 0)
		return -1;
	return ask_number(s, "How many mailboxes", &s->plan.mailboxes, e);
}

/* What is written must be readable: the reader has the last word. */
static int reread(struct setup *s, struct err *e)
{
	struct buf b = { .arena = s->a };

	wiring_write(&s->plan, &b);
	return wiring_parse("the answers", buf_bytes(&b), s->a, &s->plan, e);
}

int ask_plan(struct setup *s, struct err *e)
{
	puts("Enter takes what stands in [brackets].\n");
	if (ask_site(s, e) < 0 || ask_roles(s, e) < 0 ||
	    ask_database(s, e) < 0 ||
	    ask_list(s, "\nDomains whose mail ends here (blanks between)",
		"domains", &s->plan.domains, &s->plan.ndomains, e) < 0 ||
	    ask_list(s, "Internal networks (blanks between)", "networks",
		&s->plan.networks, &s->plan.nnetworks, e) < 0 ||
	    ask_mta(s, e) < 0 || ask_filter(s, e) < 0)
		return -1;
	return reread(s, e);
}

/* The reader's defaults, with what this host knows of itself. */
int ask_defaults(struct setup *s, struct err *e)
{
	char host[256] = { 0 };
	const char *name = host, *dot, *text;

	gethostname(host, sizeof(host) - 1);
	if (!wiring_fits("name", span_of(host), &text))
		name = "mx1";
	dot = strchr(name, '.');
	text = arena_printf(s->a, "return { name = \"%s\", site = \"%s\", "
		"roles = { \"filter\", \"mta\" }, mta = { kind = \"postfix\" "
		"} }", name, dot && dot[1] ? dot + 1 : "example.org");
	if (wiring_parse("defaults", span_of(text), s->a, &s->plan, e) < 0)
		return -1;
	if (access(CLAMD_SOCKET, R_OK | W_OK) == 0)
		s->plan.filter.clamd = "unix:" CLAMD_SOCKET;
	else if (access(CLAMD_PROGRAM, X_OK) == 0)
		s->plan.filter.clamd = WIRING_OWN;
	return 0;
}
