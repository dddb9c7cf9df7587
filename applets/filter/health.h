/*
 * What is degraded in front, by cause; told to the supervisor as one line.
 * Thread-safe.
 */
#ifndef FILTER_HEALTH_H
#define FILTER_HEALTH_H

enum { HEALTH_FADE_MS = 600000 };

enum health_cause {
	HEALTH_POLICY,	/* the policy on disk cannot be used */
	HEALTH_UPDATE,	/* an update of rules and model cannot be used */
	HEALTH_RULE,	/* a rule of the policy fails */
	HEALTH_ZYGOTE,
	HEALTH_SCANNERS,
	HEALTH_SPOOL,
	HEALTH_JOURNAL,
	HEALTH_LISTEN,
	HEALTH_SIGNER,	/* outgoing mail cannot be signed */
	HEALTH_DNSLISTS, /* lists that are alarms, not scores */
	HEALTH_N
};

/* text NULL: well again. */
void health_set(enum health_cause cause, const char *text);
/*
 * Each second: RULE, SPOOL and SIGNER, which single messages tell, are
 * forgotten when no message has told them for HEALTH_FADE_MS.
 */
void health_tend(void);

#endif
