/*
 * What people of a site say of messages: a file for each below FEEDBACK_DIR,
 * and the model that is made of all of them, which stands above the shipped
 * one (engine/checks/content.c) and may move a score by 4 at most.
 *
 * The files hold no text, only hashes of features. One user's reports count
 * no more than FEEDBACK_EACH messages in all; those of administrators
 * (without a user) one each.
 */
#ifndef TOOL_FEEDBACK_H
#define TOOL_FEEDBACK_H

#include "base/root.h"
#include "tool/examples.h"

#define FEEDBACK_DIR ROOT_STATE "/feedback"
#define FEEDBACK_MODEL FEEDBACK_DIR "/content.model"

enum {
	FEEDBACK_MOST = 5000,	/* reports kept; the oldest go first */
	FEEDBACK_EACH = 20,
};

/* Whose the folder is: the learner's (applets/filter/learner.c). */
#define FEEDBACK_USER "pm-rec"

/* The folder, as root, before the power to make it is given up. */
int feedback_make(struct err *e);
/*
 * The model's record, or empty where there is none. Of another version it is
 * as if there were none, which *why_r says (NULL: all is well).
 */
struct span feedback_read(struct arena *a, const char **why_r);

/*
 * Keeps a report of a message (a line of examples_describe) in place of an
 * earlier one by the same user, or takes it back (undo; false in *found_r:
 * there was none). Then makes the model anew. *kept_r: reports now.
 */
struct feedback_report {
	struct span line;
	const char *user;	/* NULL: an administrator */
	bool spam, undo;
};
int feedback_report(const struct feedback_report *r, bool *found_r,
	size_t *kept_r, struct err *e);
/* Its two halves: so that of many reports one model is made. */
int feedback_keep(const struct feedback_report *r, bool *found_r,
	struct err *e);
int feedback_learn(size_t *kept_r, struct err *e);

#endif
