/*
 * Maps: lists whose entries stand for something (engine/list.h).
 */
#include "engine/list.h"
#include "engine/policy_list.h"
#include "engine/policy_where.h"

bool policy_map(struct policy_host *h, struct script_call *c, struct span map,
	struct span key, uint32_t rcpt, struct span *value_r)
{
	const struct bundle_list *list = policy_find_list(h, c, map);
	struct list_hit hit = { .rcpt = UINT32_MAX };
	bool found;

	*value_r = SPAN("");
	if (list == NULL)
		return false;
	if (!list_is_map(list->image)) {
		err_set(&c->error, ERR_PERMANENT, "the list \"%.*s\" is no "
			"map: its first line is to be #pm type=map",
			SPAN_FMT(span_sub(map, 0, POLICY_NAME_MAX)));
		return false;
	}
	/* What a recipient adds to a list has no values. */
	found = policy_look(h, list, key, &hit);
	hit.rcpt = rcpt;
	if (found && policy_note_list(h, hit))
		*value_r = list_value(hit.entry);
	return true;
}

void policy_call_map(struct script_call *c)
{
	static const char usage[] = "map(\"MAP\", KEY)";
	struct policy_host *h = c->context;
	struct span name, key, value;

	if (!policy_arg_count(c, 2, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &name) ||
	    !policy_arg_text(c, 1, usage, &key) ||
	    !policy_map(h, c, name, key, UINT32_MAX, &value))
		return;
	if (value.n)
		c->result = policy_text(value);
}

/* "@example.org": his local part there. */
static struct span whole_address(struct policy_host *h, struct span target)
{
	struct buf b = { .arena = h->scratch };

	if (target.p[0] != '@')
		return target;
	buf_span(&b, h->run.address.local);
	buf_span(&b, target);
	return buf_bytes(&b);
}

static bool bad_value(struct script_call *c, struct span map,
	struct span value, const char *what)
{
	err_set(&c->error, ERR_PERMANENT, "map \"%.*s\": \"%.*s\" %s",
		SPAN_FMT(map), SPAN_FMT(span_sub(value, 0, 80)), what);
	return false;
}

/* The addresses of a value, with blanks or commas between. */
static bool split(struct script_call *c, struct span map, struct span value,
	struct span to[POLICY_TARGETS_MAX], size_t *n_r)
{
	struct span rest = value, word;

	*n_r = 0;
	while (rest.n) {
		size_t n = 0;

		while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t' &&
		       rest.p[n] != ',')
			n++;
		word = span_sub(rest, 0, n);
		rest = span_after(rest, n < rest.n ? n + 1 : n);
		if (word.n == 0)
			continue;
		if (*n_r == POLICY_TARGETS_MAX)
			return bad_value(c, map, value, "are too many");
		word = whole_address(c->context, word);
		if (!policy_is_address(word))
			return bad_value(c, map, word, "is no address");
		to[(*n_r)++] = word;
	}
	return true;
}

void policy_plan_map(struct script_call *c)
{
	static const char usage[] = "plan:map_recipient(\"MAP\")";
	struct policy_host *h = c->context;
	struct span map, value, to[POLICY_TARGETS_MAX];
	size_t n;

	if (!policy_arg_count(c, 1, 1, usage) ||
	    !policy_arg_text(c, 0, usage, &map) ||
	    !policy_map(h, c, map, h->run.env->rcpts[h->run.rcpt],
		h->run.rcpt, &value) ||
	    !split(c, map, value, to, &n))
		return;
	/* Not where to: that would split a group by its recipients. */
	if (n && policy_plan_replace(c, to, n))
		policy_say(h, c, "map_recipient", map);
}
