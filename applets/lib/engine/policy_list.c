/*
 * What is on a list: its shared entries, a recipient's own part of it, the
 * members of a group.
 */
#include "engine/policy_list.h"

#include "engine/list.h"
#include "engine/policy_view.h"
#include "engine/userdata.h"

#define GROUP_PREFIX "group-"

int policy_index_patterns(struct policy_host *h, struct err *e)
{
	const struct bundle *b = h->bundle;
	struct err why = { .class = ERR_NONE };

	h->list_patterns = arena_array(h->arena, b->nlists,
		sizeof(*h->list_patterns));
	for (size_t i = 0; i < b->nlists; i++) {
		struct span image = b->lists[i].image;
		const char *name = arena_printf(h->arena, "lists/%s",
			h->list_names[i]);

		h->own_parts |= span_chr(b->lists[i].name, '#') != SIZE_MAX;
		if (!list_has_patterns(image))
			continue;
		if (h->patterns == NULL)
			h->patterns = pattern_room_new(e);
		if (h->patterns == NULL)
			return -1;
		h->list_patterns[i] = list_patterns_new(image, name, h->arena,
			h->patterns, &why);
		if (why.class != ERR_NONE)
			return err_set(e, why.class, "%s", why.text);
	}
	return 0;
}

void policy_set_userdata(struct policy_host *h, struct span record)
{
	h->userdata = record;
}

/* Looks into one list of the bundle. */
static bool look(struct policy_host *h, const struct bundle_list *list,
	struct span subject, struct list_hit *hit)
{
	struct list_found found;
	bool yes = list_look(list->image,
		h->list_patterns[list - h->bundle->lists], subject, &found);

	hit->list = list->name;
	hit->entry = found.entry;
	return yes;
}

/* The same by name, then in the user data. Name: must live with the hit. */
static bool look_named(struct policy_host *h, struct span name,
	struct span subject, struct list_hit *hit)
{
	const struct bundle_list *list = bundle_find_list(h->bundle, name);
	struct list_found found;
	struct span image;
	bool yes;

	if (list) {
		yes = look(h, list, subject, hit);
		if (hit->entry.n)
			return yes;
	}
	if (!userdata_find(h->userdata, name, &image))
		return false;
	yes = list_look(image, NULL, subject, &found);
	hit->list = name;
	hit->entry = found.entry;
	return yes;
}

/* "LIST#ADDRESS", in lower case behind the #. */
static struct span own_name(struct policy_host *h, struct span list,
	uint32_t rcpt)
{
	struct span address = h->run.env->rcpts[rcpt];
	struct buf b = { .arena = h->run.arena };

	buf_span(&b, list);
	buf_byte(&b, '#');
	for (size_t i = 0; i < address.n; i++)
		buf_byte(&b, span_lower(address.p[i]));
	return buf_bytes(&b);
}

bool policy_look(struct policy_host *h, const struct bundle_list *list,
	struct span subject, struct list_hit *hit)
{
	if (hit->rcpt != UINT32_MAX && (h->own_parts || h->userdata.n)) {
		bool yes = look_named(h, own_name(h, list->name, hit->rcpt),
			subject, hit);

		/* His own entry decides, whatever the shared ones say. */
		if (hit->entry.n)
			return yes;
	}
	return look(h, list, subject, hit);
}

/* --- groups -------------------------------------------------------------- */

static bool is_member(struct policy_host *h, struct span group,
	struct span subject, uint32_t rcpt)
{
	struct list_hit hit = { .rcpt = rcpt };
	struct buf name = { .arena = h->run.arena };

	buf_string(&name, GROUP_PREFIX);
	buf_span(&name, group);
	return look_named(h, buf_bytes(&name), subject, &hit) &&
		policy_note_list(h, hit);
}

void policy_rcpt_member(struct script_call *c)
{
	static const char usage[] = "rcpt:member(\"GROUP\")";
	struct policy_host *h = c->context;
	struct span group;

	if (policy_arg_count(c, 1, 1, usage) &&
	    policy_arg_text(c, 0, usage, &group))
		c->result = policy_bool(is_member(h, group,
			h->run.env->rcpts[h->run.rcpt], h->run.rcpt));
}

/* Of the envelope; who the From line says is easily made up. */
void policy_sender_member(struct script_call *c)
{
	static const char usage[] = "m:sender_member(\"GROUP\")";
	struct policy_host *h = c->context;
	struct span group;

	if (policy_arg_count(c, 1, 1, usage) &&
	    policy_arg_text(c, 0, usage, &group))
		c->result = policy_bool(is_member(h, group,
			h->run.env->mail_from, UINT32_MAX));
}
