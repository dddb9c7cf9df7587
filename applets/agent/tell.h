/*
 * Tells people of alarms: a webhook, and mail by another way than our own
 * MTA. Each alarm goes out once by each way when it is raised and once when
 * it is cleared; what cannot be told now is tried again, at longer and longer
 * intervals, in the order in which it happened.
 */
#ifndef AGENT_TELL_H
#define AGENT_TELL_H

#include "conf/wiring.h"
#include "role/alarm.h"

/* Of the site's own, for its webhook; read when the watch starts. */
#define TELL_AUTHORITIES "etc/pm/webhook-ca.pem"

struct teller {
	const struct wiring *w;
	const char *authorities;	/* who vouches for the webhook, PEM */
	struct {
		int64_t next_ms, pause_ms;	/* clock_ms */
		char why[ERR_TEXT_MAX];		/* it fails; "": it does not */
	} way[2];
};

/* The ways that are wired, ALARM_BY_… */
unsigned tell_ways(const struct wiring *w);
/*
 * One that is due: sends it. True: *entry_r (whose bits are set) was told,
 * and the book has to say so. b is not changed.
 */
bool tell_one(struct teller *t, const struct alarm_book *b,
	struct alarm_entry *entry_r);
/* Is anything not told yet that shall be? */
bool tell_is_due(const struct teller *t, const struct alarm_book *b);

#endif
