/*
 * What the commands of pm quarantine share: the options as they were typed,
 * and the quarantine that they are about.
 */
#ifndef QUARANTINE_COMMAND_H
#define QUARANTINE_COMMAND_H

#include "base/args.h"
#include "store/quarantine_action.h"
#include "tool/learn.h"

struct options {
	bool json, again, all, source, approve, learn, undo;
	bool found, dry;
	const char *note, *class;
	const char *may;	/* who may release mail of a reason */
	const char *reason, *sender, *subject, *words, *relay, *before;
	const char *group;
	const char *state;
	const char *hit, *rule, *file, *hash, *virus, *mark;
	const char *user;	/* who says so; NULL: an administrator */
	struct args_list rcpt;
	long long since, until, score, limit, wait;
	char who[64];
	int folder;		/* that the user is in */
	struct span *rcpts;	/* of --rcpt, checked */
	const struct args *args; /* as typed; rest[0] is the command */
	struct quarantine place;
	enum quarantine_learn teach; /* with an order, in the database */
};

/*
 * Learns a message, or with undo takes back what was learnt. order: what else
 * is done with it, after its text was read and before that counts; NULL.
 */
int learn_message(const struct options *o, const char *operand,
	enum learn_what what, int (*order)(const struct options *o,
		const char *operand, struct err *e), struct err *e);
int give_order(const struct options *o, const char *operand,
	int (*carry_out)(const struct quarantine *q, const struct id *id,
		const struct quarantine_order *order, struct err *e),
	const char *done, struct err *e);
/* What to look for; spans are in the arena or the options'. */
int make_filter(const struct options *o, struct arena *a,
	struct quarantine_filter *f, struct err *e);

/* An order for all that the options find (store/quarantine_action.h). */
int act_on_found(const struct options *o, enum quarantine_act act,
	struct err *e);
int list_actions(const struct options *o, const char *operand, struct err *e);
int undo_action(const struct options *o, const char *operand, struct err *e);

/* store/quarantine_request.h */
int request_message(const struct options *o, const char *operand,
	struct err *e);
int list_requests(const struct options *o, const char *operand,
	struct err *e);
int deny_request(const struct options *o, const char *operand, struct err *e);

/* store/retention.h */
int run_retention(const struct options *o, const char *operand, struct err *e);
int list_reasons(const struct options *o, const char *operand, struct err *e);
int change_reason(const struct options *o, const char *operand, struct err *e);
int run_hold(const struct options *o, const char *operand, struct err *e);
int end_hold(const struct options *o, const char *operand, struct err *e);

int parse_id(const char *s, struct id *id_r, struct err *e);

/* Puts a message file in and prints its id. */
int add_file(const struct options *o, const char *name, struct err *e);

#endif
