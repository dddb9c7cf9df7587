/*
 * DNS through libunbound: caching, asynchronous. No trust anchors yet.
 *
 * dns_new reads resolv.conf and hosts; libunbound's thread starts with the
 * first question, so enter the sandbox between the two.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

struct dns;

enum dns_state { DNS_FOUND, DNS_NONE, DNS_LATER };

struct dns_answer {
	enum dns_state state;
	const struct span *records;	/* raw rdata */
	size_t nrecords;
	const char *why;		/* for DNS_LATER */
};

/* resolver: "ADDRESS:PORT" to forward to, NULL: the host's resolv.conf. */
struct dns *dns_new(const char *resolver, struct err *e);
void dns_free(struct dns **d);
/* To poll for reading; then dns_process. */
int dns_fd(const struct dns *d);
void dns_process(struct dns *d);
/*
 * Asks; `done` is called from dns_process, its answer lives for that call.
 * -1: nobody will call; ERR_PERMANENT means that this is no name (so there
 * are no records of it). dns_free forgets what was not answered.
 */
int dns_ask(struct dns *d, struct span name, uint16_t type,
	void (*done)(void *context, const struct dns_answer *answer),
	void *context, struct err *e);

#endif
