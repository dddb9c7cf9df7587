/*
 * Carries out a resolution (engine/resolve.h): first what must be kept goes
 * to the spool, then the MTA is told its edits and its answer.
 */
#ifndef FILTER_KEEP_H
#define FILTER_KEEP_H

#include "base/err.h"
#include "engine/resolve.h"
#include "session.h"

/* What can be said to the MTA. Each returns 0, or -1. Texts are C strings. */
struct milter_ops {
	void *to;
	int (*add_header)(void *to, const char *name, const char *value);
	/* before all others */
	int (*put_header)(void *to, const char *name, const char *value);
	/* value NULL: the header goes */
	int (*change_header)(void *to, const char *name, unsigned nth,
		const char *value);
	/* address without its brackets */
	int (*delete_rcpt)(void *to, const char *address);
	int (*add_rcpt)(void *to, const char *address);
	/* "": the null sender */
	int (*change_from)(void *to, const char *address);
	int (*replace_body)(void *to, struct span body);
	/* "550", "5.7.1", text without any '%' to be doubled yet */
	int (*set_reply)(void *to, const char *code, const char *enhanced,
		const char *text);
};

/* Commits what r keeps of the message; nothing to keep is fine. */
int keep_commit(struct session *s, const struct verdict *v,
	const struct resolution *r, struct err *e);
/* The whole message for all recipients, as unscannable. */
int keep_unscannable(struct session *s, const char *why, struct err *e);

/*
 * How it was decided for a group, in lines: "inbound/spam 50-default.lua:12:
 * quarantine(Spam)"; a rule that had nothing to say ends after its place.
 */
struct span keep_trace(struct arena *a, const struct group *g);

/* Edits, sender and recipients of the MTA's copy. -1: it took one not. */
int keep_edit(struct session *s, const struct resolution *r,
	const struct milter_ops *ops);
/*
 * The words for a REJECT or TEMPFAIL; empty ones get ours. What the sender
 * is told: "550 5.7.1 …", else empty; in the arena.
 */
struct span keep_reply(struct arena *a, enum reply_kind kind, struct span code,
	struct span text, const struct milter_ops *ops);

#endif
