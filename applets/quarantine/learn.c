/*
 * pm quarantine release --learn, report: what was decided teaches the content
 * classifier. What is in the database is learnt by the filters, who hear of
 * it there; what is on this appliance's disk, by the filter here.
 */
#include <stdio.h>

#include "command.h"

enum { MESSAGE_ARENA = 1 << 30 };

static const char *const done[] = {
	[LEARN_HAM] = "learnt as wanted", [LEARN_SPAM] = "learnt as spam",
	[LEARN_UNDO] = "no longer counts",
};

/* The message as the classifier keeps it; nothing of one in the database. */
static int describe(const struct options *o, const struct id *id,
	bool *here_r, struct buf *line, struct err *e)
{
	struct arena *a = arena_new("learn", MESSAGE_ARENA);
	struct quarantine_entry q;
	int result = quarantine_get(&o->place, id, false, a, &q, e);

	*here_r = result == 0 && q.on_disk;
	if (*here_r && q.record.body.p == NULL)
		result = err_set(e, ERR_PERMANENT, "%s was deleted: there is "
			"nothing to learn from", id->text);
	else if (*here_r)
		result = learn_describe("quarantine", q.record.body, line, e);
	arena_free(&a);
	return result;
}

/* The filter here. */
static int learn_here(const struct options *o, const char *operand,
	struct span line, enum learn_what what, int (*order)(
		const struct options *o, const char *operand, struct err *e),
	struct err *e)
{
	bool changed = false;

	if ((order && order(o, operand, e) < 0) ||
	    learn_line(line, o->user, what, &changed, e) < 0)
		return -1;
	if (!changed && !order)
		return err_set(e, ERR_PERMANENT, "%s: was not learnt",
			operand);
	if (changed)
		printf("%s %s\n", operand, done[what]);
	return 0;
}

/* Every filter of the site. */
static int learn_there(const struct options *o, const char *operand,
	enum learn_what what, int (*order)(const struct options *o,
		const char *operand, struct err *e), struct err *e)
{
	static const enum quarantine_learn learns[] = {
		[LEARN_HAM] = QUARANTINE_LEARN_WANTED,
		[LEARN_SPAM] = QUARANTINE_LEARN_SPAM,
		[LEARN_UNDO] = QUARANTINE_LEARN_UNDO,
	};
	struct options with = *o;

	with.teach = learns[what];
	if (order == NULL)
		return give_order(&with, operand, quarantine_learn,
			done[what], e);
	if (order(&with, operand, e) < 0)
		return -1;
	printf("%s %s\n", operand, done[what]);
	return 0;
}

int learn_message(const struct options *o, const char *operand,
	enum learn_what what, int (*order)(const struct options *o,
		const char *operand, struct err *e), struct err *e)
{
	struct buf line = { 0 };
	bool here;
	struct id id;
	int result = parse_id(operand, &id, e);

	if (result == 0)
		result = describe(o, &id, &here, &line, e);
	if (result == 0 && here)
		result = learn_here(o, id.text, buf_bytes(&line), what, order,
			e);
	else if (result == 0)
		result = learn_there(o, id.text, what, order, e);
	buf_free(&line);
	return result;
}
