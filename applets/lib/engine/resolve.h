/*
 * From a verdict to what the MTA, the spool and the injector have to do so
 * that each recipient gets exactly his plan (DESIGN 5). Pure: no I/O.
 */
#ifndef ENGINE_RESOLVE_H
#define ENGINE_RESOLVE_H

#include "engine/verdict.h"

/* What the MTA at hand can do for us; from its negotiation. */
struct mta_can {
	bool add_header, change_header, delete_rcpt, add_rcpt, change_body,
	     change_from, reinject;
};

enum reply_kind { REPLY_ACCEPT, REPLY_DISCARD, REPLY_TEMPFAIL, REPLY_REJECT };

/* Recipients that the spool must keep something for. */
struct keep {
	enum keep_kind {
		KEEP_QUARANTINE,	/* the original, for the quarantine */
		KEEP_COPY,		/* a copy with splices, to re-inject */
		KEEP_ARCHIVE,		/* the original, for an archive */
		KEEP_NOTICE,		/* a message of our own, to inject */
	} kind;
	struct span reason;	/* KEEP_ARCHIVE: its name */
	const struct group *group;
	const struct notice *notice; /* KEEP_NOTICE */
	struct span *rcpts;	/* where the copy goes (redirect included) */
	size_t nrcpts;
};

struct resolution {
	enum reply_kind reply;
	struct span code, text;	/* for TEMPFAIL and REJECT */
	const struct edit *edits; /* for the MTA's own copy */
	size_t nedits;
	const struct group *own; /* whose content, and whose sender, that copy
				   has; or NULL */
	struct span *add_rcpts;	/* addresses, when REPLY_ACCEPT */
	size_t nadd;
	uint32_t *delete_rcpts;	/* indices, when REPLY_ACCEPT */
	size_t ndelete;
	struct keep *keeps;	/* one spool file holds them all */
	size_t nkeeps;
};

/*
 * DESIGN 5: any tempfail → 451 for all and nothing kept; all reject → 5xx;
 * reject beside others → that recipient's copy is quarantined as "Rejected".
 * The largest delivering group takes the MTA's own copy, further ones become
 * re-injected copies; where the MTA lacks an action that it needs, it becomes
 * a copy, too; where there is no re-injection either, tempfail says so. Delay
 * is "not available" (tempfail) in this version. Nobody gets one content
 * twice, whatever the destinations say.
 */
void verdict_resolve(const struct verdict *v, const struct envelope *env,
	const struct mta_can *can, struct arena *a,
	struct resolution *r_r);

#endif
