/*
 * m:phrases(list): words and phrases of a list in subject and text.
 */
#include "engine/policy_view.h"

#include "detect/phrases.h"
#include "engine/list.h"

enum { FOUND_MAX = 50, BYTES_A_STEP = 64 };

static struct phrases *index_list(struct policy_host *h,
	const struct bundle_list *list)
{
	uint32_t n = list_count(list->image);
	struct phrases *p = phrases_new(n, h->arena);
	struct span entry;

	for (uint32_t i = 0; i < n; i++)
		if (list_entry(list->image, i, &entry))
			phrases_add(p, entry);
	return p;
}

void policy_index_phrases(struct policy_host *h)
{
	const struct bundle *b = h->bundle;

	h->phrases = arena_array(h->arena, b->nlists, sizeof(*h->phrases));
	for (size_t i = 0; i < b->nlists; i++)
		if (list_is_phrases(b->lists[i].image))
			h->phrases[i] = index_list(h, &b->lists[i]);
}

/* Which list it is; false and c->error set. */
static bool find_list(struct script_call *c, size_t *i_r)
{
	static const char usage[] = "m:phrases(\"LIST\")";
	struct policy_host *h = c->context;
	const struct bundle_list *list;
	struct span name;

	if (!policy_arg_count(c, 1, 1, usage) ||
	    !policy_arg_text(c, 0, usage, &name))
		return false;
	list = policy_find_list(h, c, name);
	if (list == NULL)
		return false;
	*i_r = (size_t)(list - h->bundle->lists);
	if (h->phrases[*i_r])
		return true;
	err_set(&c->error, ERR_PERMANENT, "the list \"%.*s\" is not one of "
		"phrases: its first line is to be #pm type=phrase",
		SPAN_FMT(span_sub(name, 0, POLICY_NAME_MAX)));
	return false;
}

/* Subject, then text; each phrase once. */
static size_t find_all(struct policy_host *h, const struct phrases *p,
	struct span *found_r)
{
	struct span text = policy_what_folded(h, WHAT_BODY, SPAN(""));
	struct buf both = { .arena = h->run.arena };

	buf_span(&both, policy_what_folded(h, WHAT_SUBJECT, SPAN("")));
	buf_byte(&both, '\n');
	buf_span(&both, text);
	return phrases_find(p, buf_bytes(&both), FOUND_MAX, found_r);
}

void policy_phrases(struct script_call *c)
{
	struct policy_host *h = c->context;
	struct policy_view *view = policy_view(h);
	struct span found[FOUND_MAX];
	struct script_value *v;
	size_t at, n, kept = 0;

	if (!find_list(c, &at))
		return;
	if (view->phrases == NULL)
		view->phrases = arena_array(h->run.arena, h->bundle->nlists,
			sizeof(*view->phrases));
	if (view->phrases[at].type == SCRIPT_LIST) {
		c->result = view->phrases[at];
		return;
	}
	n = find_all(h, h->phrases[at], found);
	script_spend(c, (h->run.facts->subject.n +
		facts_body_folded(h->run.facts).n) / BYTES_A_STEP);
	v = arena_array(h->run.arena, n, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		if (policy_note_list(h, (struct list_hit){ UINT32_MAX,
				h->bundle->lists[at].name, found[i] }))
			v[kept++] = policy_text(found[i]);
	view->phrases[at].type = SCRIPT_LIST;
	view->phrases[at].list.v = v;
	view->phrases[at].list.n = kept;
	c->result = view->phrases[at];
}
