#include "engine/explain.h"

#include "base/utf8.h"
#include "engine/facts_record.h"

enum { SHOWN_MAX = 400 };

static void put_shown(struct buf *b, struct span s)
{
	char shown[SHOWN_MAX * 4];

	utf8_printable(span_sub(s, 0, SHOWN_MAX), shown, sizeof(shown));
	buf_string(b, shown);
}

/* "with 5.1.1 no such user" */
static void put_answer(struct buf *b, const struct group *g)
{
	if (g->code.n == 0 && g->text.n == 0)
		return;
	buf_string(b, " with");
	if (g->code.n) {
		buf_byte(b, ' ');
		put_shown(b, g->code);
	}
	if (g->text.n) {
		buf_byte(b, ' ');
		put_shown(b, g->text);
	}
}

static void put_outcome(struct buf *b, const struct group *g)
{
	switch (g->action) {
	case ACTION_TEMPFAIL:
		buf_string(b, "Put off");
		put_answer(b, g);
		break;
	case ACTION_REJECT:
		buf_string(b, "Refused");
		put_answer(b, g);
		break;
	case ACTION_QUARANTINE:
		buf_string(b, "Quarantined for ");
		put_shown(b, g->reason);
		break;
	case ACTION_DELAY:
		buf_printf(b, "Delayed for %u minutes", g->delay_minutes);
		break;
	case ACTION_DISCARD:
		buf_string(b, "Dropped");
		break;
	case ACTION_REDIRECT:
		buf_string(b, "Redirected to");
		for (size_t i = 0; i < g->nredirect; i++) {
			buf_string(b, i ? ", " : " ");
			put_shown(b, g->redirect[i]);
		}
		break;
	case ACTION_DELIVER:
	case ACTION_N:
		buf_string(b, "Delivered");
	}
}

/* Which rule ended it; none did when the last had no ending action. */
static const struct trace_step *ending(const struct group *g)
{
	const struct trace_step *t = g->ntrace ? &g->trace[g->ntrace - 1] :
		NULL;

	if (t && g->action == ACTION_DELIVER && span_find(t->said,
			SPAN("deliver(")) == SIZE_MAX)
		return NULL;
	return t;
}

void explain_sentence(const struct verdict *v, const struct group *g,
	struct span because, struct buf *b)
{
	const struct trace_step *t = ending(g);

	if (v->failed && g->action == ACTION_TEMPFAIL) {
		buf_string(b, "Put off because the policy failed: ");
		put_shown(b, v->failure);
		buf_byte(b, '.');
		return;
	}
	put_outcome(b, g);
	if (because.n) {
		buf_string(b, " because ");
		buf_span(b, because);
	}
	if (t) {
		buf_string(b, "; rule ");
		put_shown(b, t->policy);
		buf_byte(b, '/');
		put_shown(b, t->rule);
		buf_string(b, ", ");
		put_shown(b, t->where);
	} else if (g->action == ACTION_DELIVER) {
		buf_string(b, ": no rule decided otherwise");
	}
	buf_byte(b, '.');
}

const struct why *explain_find(const struct facts_record *f, uint32_t rcpt)
{
	for (size_t i = 0; i < f->nwhys; i++)
		if (f->whys[i].rcpt == rcpt)
			return &f->whys[i];
	return NULL;
}
