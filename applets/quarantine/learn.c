/*
 * pm quarantine release --learn, report: what was decided teaches the content
 * classifier.
 */
#include <stdio.h>

#include "command.h"

enum { MESSAGE_ARENA = 1 << 30 };

/* The message as the classifier keeps it. */
static int describe(const struct options *o, const struct id *id,
	struct buf *line, struct err *e)
{
	struct arena *a = arena_new("learn", MESSAGE_ARENA);
	struct quarantine_entry q;
	int result = quarantine_get(&o->place, id, true, a, &q, e);

	if (result == 0 && q.record.body.p == NULL)
		result = err_set(e, ERR_PERMANENT, "%s was deleted: there is "
			"nothing to learn from", id->text);
	if (result == 0)
		result = learn_describe("quarantine", q.record.body, line, e);
	arena_free(&a);
	return result;
}

int learn_message(const struct options *o, const char *operand,
	enum learn_what what, int (*order)(const struct options *o,
		const char *operand, struct err *e), struct err *e)
{
	static const char *const done[] = { "learnt as wanted",
		"learnt as spam", "no longer counts" };
	struct buf line = { 0 };
	struct id id;
	bool changed = false;
	int result = parse_id(operand, &id, e);

	if (result == 0 && !o->place.disk)
		result = err_set(e, ERR_PERMANENT, "there is no mail filter "
			"on this appliance that could learn it: do that where "
			"one is");
	if (result == 0)
		result = describe(o, &id, &line, e);
	if (result == 0 && order)
		result = order(o, operand, e);
	if (result == 0)
		result = learn_line(buf_bytes(&line), NULL, what, &changed, e);
	buf_free(&line);
	if (result == 0 && !changed && !order)
		return err_set(e, ERR_PERMANENT, "%s: was not learnt",
			id.text);
	if (result == 0 && changed)
		printf("%s %s\n", id.text, done[what]);
	return result;
}
