/*
 * What the commands of pm quarantine share: the options as they were typed,
 * and the quarantine that they are about.
 */
#ifndef QUARANTINE_COMMAND_H
#define QUARANTINE_COMMAND_H

#include "base/args.h"
#include "store/quarantine.h"
#include "tool/learn.h"

struct options {
	bool json, again, all, source, approve, learn, undo;
	const char *reason, *sender, *subject, *words, *relay, *before;
	const char *state;
	const char *hit, *rule, *file, *hash, *virus, *mark;
	const char *user;	/* who says so; NULL: an administrator */
	struct args_list rcpt;
	long long since, until, score, limit, wait;
	char who[64];
	int folder;		/* that the user is in */
	struct span *rcpts;	/* of --rcpt, checked */
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
int parse_id(const char *s, struct id *id_r, struct err *e);

/* Puts a message file in and prints its id. */
int add_file(const struct options *o, const char *name, struct err *e);

#endif
