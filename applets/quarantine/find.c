/*
 * What to look for in the quarantine, from the options.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/netaddr.h"
#include "command.h"
#include "mail/words.h"

enum { DAY_MS = 86400000, SINCE_MAX = 36500, SCORE_MAX = 1000 };

static struct span text_or_empty(const char *s)
{
	return s ? span_of(s) : SPAN("");
}

/* A number of days that the clock can go back. */
static int days_ago(const char *option, long long days, int64_t *ms_r,
	struct err *e)
{
	if (days > SINCE_MAX)
		return err_set(e, ERR_PERMANENT, "--%s %lld: more than %d "
			"days", option, days, SINCE_MAX);
	*ms_r = days ? clock_wall_ms() - days * DAY_MS : 0;
	return 0;
}

static int check_state(const char *state, struct err *e)
{
	for (unsigned i = QUARANTINE_HELD; i <= QUARANTINE_DELETED; i++)
		if (strcmp(state, quarantine_state_name(i)) == 0)
			return 0;
	return err_set(e, ERR_PERMANENT, "--state %s: held, released or "
		"deleted", state);
}

static struct span marks_of(const struct options *o, struct arena *a)
{
	const struct {
		const char *kind, *value;
	} rows[] = {
		{ "hit", o->hit }, { "rule", o->rule },
		{ "sha256", o->hash }, { "virus", o->virus },
		{ "mark", o->mark },
	};
	struct words w;

	words_begin(&w, a);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		words_add_mark(&w, rows[i].kind, text_or_empty(rows[i].value));
	/* ".pdf", "*.pdf": files of that kind. */
	if (o->file && o->file[o->file[0] == '*'] == '.')
		words_add_mark(&w, "ext", span_of(strchr(o->file, '.') + 1));
	else
		words_add_mark(&w, "file", text_or_empty(o->file));
	return buf_bytes(&w.list);
}

static int find_group(const struct options *o, struct arena *a,
	struct quarantine_filter *f, struct err *e)
{
	struct group_people *people = arena_array(a, 1, sizeof(*people));

	if (o->place.db == NULL)
		return err_set(e, ERR_PERMANENT, "--group %s: groups are in "
			"the database, and none is wired", o->group);
	f->group = people;
	return group_people(o->place.db, span_of(o->group), true, a, people,
		e);
}

int make_filter(const struct options *o, struct arena *a,
	struct quarantine_filter *f, struct err *e)
{
	struct cidr network;

	*f = (struct quarantine_filter){
		.reason = text_or_empty(o->reason),
		.sender = text_or_empty(o->sender),
		.subject = text_or_empty(o->subject),
		.words = text_or_empty(o->words),
		.marks = marks_of(o, a),
		.relay = text_or_empty(o->relay),
		.score_least = o->score ? (int32_t)o->score * 1000 :
			INT32_MIN,
		.all_states = o->all || o->state,
		/* Who looks for a state counts what he sees of it. */
		.limit = o->state ? 0 : (size_t)o->limit,
	};
	if (o->rcpt.n > 1)
		return err_set(e, ERR_PERMANENT, "one --rcpt can be looked "
			"for");
	if (o->rcpt.n)
		f->rcpt = o->rcpts[0];
	if (o->score > SCORE_MAX)
		return err_set(e, ERR_PERMANENT, "--score %lld: at most %d",
			o->score, SCORE_MAX);
	if (o->relay && !cidr_parse(f->relay, &network))
		return err_set(e, ERR_PERMANENT, "--relay %s: must be an "
			"address or a network such as 192.0.2.0/24",
			o->relay);
	if (o->before && !id_parse(span_of(o->before), &f->before))
		return err_set(e, ERR_PERMANENT, "--before %s: is not a "
			"message id", o->before);
	if ((o->state && check_state(o->state, e) < 0) ||
	    (o->group && find_group(o, a, f, e) < 0))
		return -1;
	if (days_ago("since", o->since, &f->since_ms, e) < 0)
		return -1;
	return days_ago("until", o->until, &f->until_ms, e);
}
