/*
 * Asks the virus engine about the whole message. A finding is no evidence of
 * spam: its weight is 0, policy acts on m.virus.
 */
#include "engine/check.h"

static void virus_ask(struct facts *f, const struct ask *ask)
{
	struct question *q;

	if (!f->bundle->settings.virus)
		return;
	q = arena_alloc(f->arena, sizeof(*q));
	q->kind = ASK_VIRUS;
	q->bytes = f->raw;
	f->virus_question = q;
	ask->send(ask->self, q, f->arena);
}

static enum check_state virus_run(struct facts *f)
{
	const struct question *q = f->virus_question;

	if (q == NULL)
		return CHECK_NO;
	f->virus_name = q->text;
	switch (q->state) {
	case ASK_YES:
		f->virus = VIRUS_FOUND;
		facts_hit(f, "VIRUS", 0, q->text);
		return CHECK_HIT;
	case ASK_NO:
		f->virus = VIRUS_CLEAN;
		return CHECK_NO;
	case ASK_UNABLE:
		f->virus = VIRUS_UNSCANNABLE;
		facts_hit(f, "VIRUS_UNSCANNABLE", 0, q->text);
		return CHECK_HIT;
	case ASK_OFF:
	case ASK_PENDING:
	case ASK_LATER:
		break;
	}
	/* An engine is wired: "off" is a broker that does not know of it. */
	f->virus = VIRUS_LATER;
	return CHECK_LATER;
}

const struct check virus_check = {
	.name = "virus",
	.stage = CHECK_ANSWERED,
	.ask = virus_ask,
	.run = virus_run,
};
