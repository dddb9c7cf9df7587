/*
 * Tells the message log, through the journal, what became of each message
 * (store/message.h). Thread-safe, apart from the session.
 */
#ifndef FILTER_MESSAGE_LOG_H
#define FILTER_MESSAGE_LOG_H

#include "base/err.h"
#include "engine/engine.h"
#include "session.h"

/* appliance: its name in the log. */
void message_log_start(const char *appliance);

/* How a message ended. */
struct message_end {
	enum reply_kind reply;
	const struct verdict *v;	/* without groups: there is none */
	struct span said;	/* to the sender: "451 4.7.1 …", or empty */
	const char *why;	/* trouble on our side, or NULL */
	bool unscannable;	/* the whole of it is in the quarantine */
	uint32_t took_ms;
};

/* One record; call it before the MTA hears its answer. */
void message_log_message(struct session *s, const struct message_end *end);
/*
 * A refusal before DATA: of the session, or at STAGE_RCPT of the last
 * recipient. The record has an id of its own and size 0.
 */
void message_log_refusal(struct session *s, enum engine_stage stage,
	const struct stage_answer *answer, const struct message_end *end);

/* Makes safe what was told; one caller at a time. */
int message_log_sync(struct err *e);

#endif
