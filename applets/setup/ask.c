#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/applet.h"
#include "base/buf.h"
#include "base/netaddr.h"
#include "role/plan.h"
#include "setup.h"

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

/* What one word of a list must be. */
typedef bool check_word(struct span word);

static bool is_network(struct span word)
{
	struct cidr c;

	return cidr_parse(word, &c);
}

static bool is_listener(struct span word)
{
	struct span host;
	struct netaddr addr;
	uint16_t port;

	return netaddr_split_port(word, &host, &port) &&
		netaddr_parse(host, &addr);
}

static bool is_host_port(struct span word)
{
	struct span host;
	uint16_t port;

	return netaddr_split_port(word, &host, &port);
}

/* Letters, digits, dots and hyphens: a name of the DNS. */
static bool is_domain(struct span word)
{
	for (size_t i = 0; i < word.n; i++) {
		unsigned char c = span_lower(word.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '-'))
			return false;
	}
	return word.n > 0 && word.n < 254;
}

/* A text of which each word passes a check; asked again until it does. */
static int ask_checked(struct setup *s, const char *question,
	check_word *check, const char *what, const char **text_r,
	struct err *e)
{
	const char *before = *text_r;

	for (;;) {
		struct span rest, word, bad = { NULL, 0 };

		if (ask_text(s, question, text_r, e) < 0)
			return -1;
		rest = span_of(*text_r ? *text_r : "");
		while (span_cut(&rest, ' ', &word))
			if (word.n && bad.n == 0 && !check(word))
				bad = word;
		if (bad.n == 0)
			return 0;
		printf("\"%.*s\" is not %s.\n", SPAN_FMT(bad), what);
		*text_r = before;
	}
}

/* Words with blanks between, asked for and kept as a list. */
static int ask_list(struct setup *s, const char *question, check_word *check,
	const char *what, const char ***v_r, size_t *n_r, struct err *e)
{
	struct buf now = { .arena = s->a };
	const char *text, **v = arena_array(s->a, LIST_MAX, sizeof(*v));
	struct span rest, word;
	size_t n = 0;

	for (size_t i = 0; i < *n_r; i++)
		buf_printf(&now, "%s%s", i ? " " : "", (*v_r)[i]);
	text = *n_r ? buf_c(&now) : NULL;
	if (ask_checked(s, question, check, what, &text, e) < 0)
		return -1;
	rest = span_of(text ? text : "");
	while (span_cut(&rest, ' ', &word) && n < LIST_MAX)
		if (word.n)
			v[n++] = arena_string(s->a, word);
	*v_r = v;
	*n_r = n;
	return 0;
}

static bool is_number(struct span word)
{
	uint64_t n;

	return span_u64(word, UINT32_MAX, &n);
}

static int ask_number(struct setup *s, const char *question, uint64_t *n_r,
	struct err *e)
{
	const char *text = arena_printf(s->a, "%llu",
		(unsigned long long)*n_r);

	if (ask_checked(s, question, is_number, "a whole number", &text, e) <
	    0)
		return -1;
	if (text == NULL || !span_u64(span_of(text), UINT32_MAX, n_r))
		*n_r = 0;
	return 0;
}

/* One role, by name, with what it is for. */
static int ask_role(struct setup *s, const struct applet *a,
	const char *name, const struct wiring *before, struct err *e)
{
	bool yes = wiring_has_role(before, name);
	const char *question = arena_printf(s->a, "%s (%s): %s%s",
		a->role->title, name, strcmp(a->name, name) ?
		"part of a replicated one" : a->summary,
		a->role->built ? "" : "; not in this version");

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

	if (ask_checked(s, "Name of this appliance", is_domain,
	    "a host name", &s->plan.name, e) < 0 ||
	    ask_checked(s, "Site (the organisation's main domain)", is_domain,
	    "a domain", &s->plan.site, e) < 0 ||
	    ask_yes(s, "Is it one of several appliances", &many, e) < 0)
		return -1;
	if (!many) {
		s->plan.csm = NULL;
		return 0;
	}
	return ask_checked(s, "The Centralized Server Manager (host:port; "
		"this appliance itself, if it shall be that)", is_host_port,
		"host:port", &s->plan.csm, e);
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
	return ask_text(s, "Kind of MTA (postfix, sendmail, external)",
		&m->kind, e) < 0 ||
	    ask_list(s, "It listens on (address:port)", is_listener,
		"address:port", &m->listen, &m->nlisten, e) < 0 ||
	    ask_checked(s, "Re-injection of released mail (loopback only)",
		is_listener, "address:port", &m->reinject, e) < 0 ||
	    ask_checked(s, "Relay host for other domains (host:port, or "
		NONE ")", is_host_port, "host:port", &m->relay_host, e) < 0 ?
		-1 : 0;
}

static int ask_filter(struct setup *s, struct err *e)
{
	struct wiring_filter *f = &s->plan.filter;

	if (!wiring_has_role(&s->plan, "filter"))
		return 0;
	return ask_text(s, "Virus scanner clamd (unix:PATH, inet:A:P, or "
		NONE ")", &f->clamd, e);
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
		is_domain, "a domain", &s->plan.domains, &s->plan.ndomains,
		e) < 0 ||
	    ask_list(s, "Internal networks (blanks between)", is_network,
		"a network", &s->plan.networks, &s->plan.nnetworks, e) < 0 ||
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
	if (!is_domain(span_of(host)))
		name = "mx1";
	dot = strchr(name, '.');
	text = arena_printf(s->a, "return { name = \"%s\", site = \"%s\", "
		"roles = { \"filter\", \"mta\" }, mta = { kind = \"postfix\" "
		"} }", name, dot && dot[1] ? dot + 1 : "example.org");
	if (wiring_parse("defaults", span_of(text), s->a, &s->plan, e) < 0)
		return -1;
	if (access(CLAMD_SOCKET, R_OK | W_OK) == 0)
		s->plan.filter.clamd = "unix:" CLAMD_SOCKET;
	return 0;
}
