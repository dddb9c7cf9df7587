/*
 * What the MTA is answered, and everything that happens before the answer.
 * Thread-safe, apart from the session.
 */
#ifndef FILTER_OUTCOME_H
#define FILTER_OUTCOME_H

#include "engine/engine.h"
#include "keep.h"

/*
 * appliance: its name in the log. reinject: is there a way to send copies
 * (the wiring's mta.reinject)?
 */
void outcome_start(const char *appliance, bool reinject);

/* CONNECT, MAIL, RCPT: ACCEPT is "go on". */
enum reply_kind outcome_stage(struct session *s, enum engine_stage stage,
	const struct milter_ops *ops);
/* End of message. */
enum reply_kind outcome_message(struct session *s,
	const struct milter_ops *ops);

/* Callbacks that wait for something at this moment. */
unsigned outcome_pending(void);
/* Makes what was told to the journal safe; each second. */
void outcome_sync(void);

#endif
