#include "digest.h"

#include "engine/list.h"
#include "store/group.h"
#include "tool/listfile.h"

static int add_list(struct digest *d, struct span name, struct buf *text,
	struct err *e)
{
	struct buf one = { 0 };
	bool there = false;
	int result = listfile_read(arena_string(d->a, name), false, &one,
		&there, e);

	if (result == 0 && !there)
		result = err_set(e, ERR_PERMANENT, DIGEST_RULES ": there is no "
			"list %.*s in force", SPAN_FMT(name));
	buf_span(text, buf_bytes(&one));
	buf_byte(text, '\n');
	buf_free(&one);
	return result;
}

static int add_group(struct digest *d, struct span name, struct buf *text,
	struct err *e)
{
	struct group_people people;

	if (group_people(d->db, name, true, d->a, &people, e) < 0)
		return -1;
	for (size_t i = 0; i < people.n; i++) {
		buf_span(text, people.members[i]);
		buf_byte(text, '\n');
	}
	return 0;
}

static int gather(struct digest *d, const struct digest_rule *r,
	struct buf *text, struct err *e)
{
	for (size_t i = 0; i < r->nwho; i++) {
		struct span one = r->who[i];
		int result = 0;

		if (span_starts(one, SPAN("list:"))) {
			result = add_list(d, span_after(one, 5), text, e);
		} else if (span_starts(one, SPAN("group:"))) {
			result = add_group(d, span_after(one, 6), text, e);
		} else {
			buf_span(text, one);
			buf_byte(text, '\n');
		}
		if (result < 0)
			return -1;
	}
	return 0;
}

int digest_who_load(struct digest *d, const struct digest_rule *r,
	struct digest_who *w, struct err *e)
{
	struct buf text = { 0 }, map = { 0 };
	int result = gather(d, r, &text, e);

	*w = (struct digest_who){ 0 };
	if (result == 0)
		result = list_compile(buf_bytes(&text), DIGEST_RULES ": who",
			&w->image, e);
	if (result == 0 && r->map) {
		result = add_list(d, span_of(r->map), &map, e);
		if (result == 0)
			result = list_compile(buf_bytes(&map), r->map, &w->map,
				e);
		if (result == 0 && !list_is_map(buf_bytes(&w->map)))
			result = err_set(e, ERR_PERMANENT, DIGEST_RULES ": "
				"list %s is no map: its first line has to be "
				"\"#pm type=map\"", r->map);
	}
	buf_free(&text);
	buf_free(&map);
	return result;
}

bool digest_who_has(const struct digest_who *w, struct span address)
{
	return list_match(buf_bytes(&w->image), address, NULL);
}

struct span digest_who_to(const struct digest_who *w, struct span address)
{
	struct span entry;

	if (w->map.n == 0 || !list_match(buf_bytes(&w->map), address, &entry))
		return address;
	return list_value(entry);
}

void digest_who_free(struct digest_who *w)
{
	buf_free(&w->image);
	buf_free(&w->map);
}
