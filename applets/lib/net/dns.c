#include "net/dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>

#include "base/netaddr.h"
#include "base/question.h"

enum {
	NAME_LENGTH_MAX = 253,
	NAME_TEXT_MAX = 4 * NAME_LENGTH_MAX + 1,
	CLASS_IN = 1,
	RCODE_OK = 0,
	RCODE_NONE = 3,
};

/* One question on its way; freed by its answer. */
struct asked {
	void (*done)(void *context, const struct dns_answer *answer);
	void *context;
	struct asked *next, **back;
};

struct dns {
	struct ub_ctx *ub;
	struct asked *asked;
};

static const struct {
	const char *name, *value;
} options[] = {
	/* A resolver on this host is the usual one. */
	{ "do-not-query-localhost:", "no" },
	/* Networks without names of their own still ask the resolver. */
	{ "unblock-lan-zones:", "yes" },
	/* No trust anchors are installed: no validator. */
	{ "module-config:", "iterator" },
	/* A resolver answers at once what it knows and takes seconds for what
	   it must find out: nothing follows from one time for the next. An
	   answer to a question that was repeated meanwhile would be lost. */
	{ "unknown-server-time-limit:", "4000" },
	{ "infra-cache-min-rtt:", "4000" },
	/* A resolver that was away is asked again soon, not in 15 minutes. */
	{ "infra-host-ttl:", "30" },
	{ "infra-keep-probing:", "yes" },
	{ "msg-cache-size:", "4m" },
	{ "rrset-cache-size:", "8m" },
	{ "num-queries-per-thread:", "4096" },
	/* So many under way at once; by itself it is 16, the rest in line. */
	{ "outgoing-range:", "512" },
	{ "use-syslog:", "no" },
};

/* "ADDRESS:PORT" as libunbound wants it: "ADDRESS@PORT". */
static int forward_to(struct ub_ctx *ub, const char *resolver, struct err *e)
{
	char text[80];
	struct span host;
	struct netaddr addr;
	uint16_t port;
	int result;

	if (!netaddr_split_port(span_of(resolver), &host, &port) ||
	    !netaddr_parse(host, &addr) || host.n > 60)
		return err_set(e, ERR_PERMANENT, "resolver \"%s\": not "
			"ADDRESS:PORT", resolver);
	snprintf(text, sizeof(text), "%.*s@%u", SPAN_FMT(host), port);
	result = ub_ctx_set_fwd(ub, text);
	if (result)
		return err_set(e, ERR_PERMANENT, "resolver \"%s\": %s",
			resolver, ub_strerror(result));
	return 0;
}

static int configure(struct ub_ctx *ub, const char *resolver, struct err *e)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int result = ub_ctx_set_option(ub, options[i].name,
			options[i].value);

		if (result)
			return err_set(e, ERR_BUG, "libunbound: %s %s",
				options[i].name, ub_strerror(result));
	}
	if (resolver) {
		if (forward_to(ub, resolver, e) < 0)
			return -1;
	} else if (access("/etc/resolv.conf", R_OK) == 0) {
		ub_ctx_resolvconf(ub, "/etc/resolv.conf");
		ub_ctx_hosts(ub, "/etc/hosts");
	}
	/* A thread, not a process: it starts with the first question, inside
	   whatever sandbox its owner entered by then. */
	if (ub_ctx_async(ub, 1))
		return err_set(e, ERR_BUG, "libunbound: no threads");
	/* Private names of test and office networks: unbound knows "test."
	   to be empty, the resolver may know better. */
	ub_ctx_zone_remove(ub, "test.");
	return 0;
}

struct dns *dns_new(const char *resolver, struct err *e)
{
	struct dns *d = calloc(1, sizeof(*d));

	if (d)
		d->ub = ub_ctx_create();
	if (d == NULL || d->ub == NULL) {
		err_set(e, ERR_TEMPORARY, "libunbound: out of memory");
		free(d);
		return NULL;
	}
	if (configure(d->ub, resolver, e) < 0) {
		dns_free(&d);
		return NULL;
	}
	return d;
}

static void unlink_asked(struct asked *q)
{
	*q->back = q->next;
	if (q->next)
		q->next->back = q->back;
	free(q);
}

void dns_free(struct dns **d)
{
	if (*d == NULL)
		return;
	ub_ctx_delete((*d)->ub);
	while ((*d)->asked)
		unlink_asked((*d)->asked);
	free(*d);
	*d = NULL;
}

int dns_fd(const struct dns *d)
{
	return ub_fd(d->ub);
}

void dns_process(struct dns *d)
{
	ub_process(d->ub);
}

/* The rdata of an answer; how many. */
static size_t take_records(const struct ub_result *r,
	struct span records[ASK_RECORDS_MAX])
{
	size_t n = 0;

	for (; n < ASK_RECORDS_MAX && r->data[n]; n++)
		records[n] = span_from(r->data[n], (size_t)r->len[n]);
	return n;
}

/* libunbound's answer: only a clear one is a yes or a no. */
static void on_answer(void *context, int error, struct ub_result *r)
{
	struct asked *q = context;
	struct span records[ASK_RECORDS_MAX];
	struct dns_answer a = { .state = DNS_LATER, .records = records };

	if (error)
		a.why = ub_strerror(error);
	else if (r->bogus)
		a.why = "DNSSEC: bogus";
	else if (r->rcode == RCODE_OK && r->havedata)
		a.nrecords = take_records(r, records);
	else if (r->rcode != RCODE_OK && r->rcode != RCODE_NONE)
		a.why = r->rcode == 2 ? "SERVFAIL" : "the resolver refused";
	if (a.nrecords)
		a.state = DNS_FOUND;
	else if (a.why == NULL)
		a.state = DNS_NONE;
	q->done(q->context, &a);
	if (!error)
		ub_resolve_free(r);
	unlink_asked(q);
}

/* Labels of 1 to 63 bytes (RFC 1035 section 2.3.4). */
static bool labels_fit(struct span name)
{
	struct span label;

	if (name.n == 0 || name.p[name.n - 1] == '.')
		return false;
	while (span_cut(&name, '.', &label))
		if (label.n == 0 || label.n > 63)
			return false;
	return true;
}

/*
 * A name that can be asked for, as libunbound wants it: a byte that is no
 * letter, digit or mark of ASCII as \DDD (RFC 1035 section 5.1).
 */
static bool name_text(struct span name, char out[NAME_TEXT_MAX])
{
	char *p = out;

	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n > NAME_LENGTH_MAX || !labels_fit(name))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = name.p[i];

		if (c <= ' ' || c > '~' || c == '\\')
			p += snprintf(p, 5, "\\%03u", c);
		else
			*p++ = (char)c;
	}
	*p = 0;
	return true;
}

int dns_ask(struct dns *d, struct span name, uint16_t type,
	void (*done)(void *context, const struct dns_answer *answer),
	void *context, struct err *e)
{
	char text[NAME_TEXT_MAX];
	struct asked *q;
	int result;

	if (!name_text(name, text))
		return err_set(e, ERR_PERMANENT, "not a name");
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return err_set(e, ERR_TEMPORARY, "out of memory");
	*q = (struct asked){ .done = done, .context = context,
		.next = d->asked, .back = &d->asked };
	if (q->next)
		q->next->back = &q->next;
	d->asked = q;
	result = ub_resolve_async(d->ub, text, type, CLASS_IN, q, on_answer,
		NULL);
	if (result == 0)
		return 0;
	unlink_asked(q);
	return err_set(e, result == UB_SYNTAX ? ERR_PERMANENT : ERR_TEMPORARY,
		"%s", ub_strerror(result));
}
