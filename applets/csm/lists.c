/*
 * The quarantine as lists and single entries.
 */
#include "call.h"
#include "mail/words.h"
#include "show.h"
#include "web/pages_host.h"

enum { LIST_DEFAULT = 50, LIST_MAX = 500 };

struct rows {
	struct arena *a;
	struct script_value *v;
	size_t n, limit;
	bool more;
};

static bool take_row(const struct quarantine_entry *entry, void *context)
{
	struct rows *r = context;

	r->more = r->n == r->limit;
	if (r->more)
		return false;
	r->v[r->n++] = show_entry(r->a, entry, false);
	return true;
}

/* "hit" and what it is called; a kind that there is none of: nothing. */
static struct span mark_of(struct script_call *c, const struct script_value *t)
{
	static const char *const kinds[] = { "hit", "rule", "mark", "file",
		"ext", "sha256", "virus" };
	struct span kind = call_field(c, t, "kind");
	struct words w;

	words_begin(&w, call_arena(c));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (span_is(kind, kinds[i]))
			words_add_mark(&w, kinds[i],
				call_field(c, t, "found"));
	return buf_bytes(&w.list);
}

static struct quarantine_filter filter_of(struct script_call *c,
	const struct script_value *t)
{
	int64_t score = call_number(c, t, "score", INT32_MIN);
	struct quarantine_filter f = {
		.reason = call_field(c, t, "reason"),
		.rcpt = call_field(c, t, "rcpt"),
		.sender = call_field(c, t, "sender"),
		.subject = call_field(c, t, "subject"),
		.relay = call_field(c, t, "relay"),
		.marks = mark_of(c, t),
		.score_least = score < INT32_MIN ? INT32_MIN :
			score > INT32_MAX ? INT32_MAX : (int32_t)score,
		.since_ms = call_number(c, t, "since_ms", 0),
		.until_ms = call_number(c, t, "until_ms", 0),
		.all_states = call_flag(c, t, "all"),
	};

	id_parse(call_field(c, t, "before"), &f.before);
	return f;
}

/* The group that is asked for; false: trouble is set. */
static bool add_group(struct script_call *c, const struct script_value *t,
	struct quarantine_filter *f)
{
	struct group_people *people = arena_array(call_arena(c), 1,
		sizeof(*people));
	struct db *db = call_worker(c)->quarantine.db;
	struct span name = call_field(c, t, "group");
	struct err e;

	if (name.n == 0)
		return true;
	f->group = people;
	if (db && group_people(db, name, true, call_arena(c), people,
	    &e) == 0)
		return true;
	if (db == NULL)
		err_set(&e, ERR_TEMPORARY, "no database is wired");
	call_trouble(c, &e);
	return false;
}

void lists_held(struct script_call *c)
{
	struct rows r = { .a = call_arena(c) };
	struct script_value m = call_map(c, 4);
	struct quarantine_trouble trouble = { 0 };
	const struct script_value *t;
	struct quarantine_filter f;
	struct err e;
	int64_t limit;

	call_table(c, 0, &t);
	f = filter_of(c, t);
	limit = call_number(c, t, "limit", LIST_DEFAULT);
	r.limit = limit < 1 ? 1 : limit > LIST_MAX ? LIST_MAX : (size_t)limit;
	r.v = arena_array(r.a, r.limit + 1, sizeof(*r.v));
	f.limit = r.limit + 1; /* one more says that there are more */
	if (c->error.class != ERR_NONE || !call_may(c, "quarantine") ||
	    !add_group(c, t, &f))
		return;
	if (quarantine_list(&call_worker(c)->quarantine, &f, take_row, &r,
	    &trouble, &e) < 0) {
		call_trouble(c, &e);
		return;
	}
	pages_put(&m, "rows", pages_array(r.a, r.v, r.n));
	pages_put(&m, "more", pages_bool(r.more));
	if (trouble.no_database) {
		pages_put(&m, "trouble", show_text(r.a, arena_span(r.a,
			span_of(trouble.why))));
		pages_put(&m, "temporary", pages_bool(true));
	}
	c->result = m;
}

void lists_groups(struct script_call *c)
{
	struct arena *a = call_arena(c);
	struct db *db = call_worker(c)->quarantine.db;
	struct mail_group *groups;
	struct script_value *v;
	struct err e;
	size_t n;

	if (call_session(c) == NULL)
		return;
	if (db == NULL)
		err_set(&e, ERR_TEMPORARY, "no database is wired");
	if (db == NULL || group_list(db, a, &groups, &n, &e) < 0) {
		call_trouble(c, &e);
		return;
	}
	v = arena_array(a, n + 1, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i] = pages_text(groups[i].name);
	c->result = pages_array(a, v, n);
}

void lists_group(struct script_call *c)
{
	struct group_people people;
	struct group_terms terms;
	struct arena *a = call_arena(c);
	struct db *db = call_worker(c)->quarantine.db;
	struct script_value m = call_map(c, 2), *v;
	struct span name;
	struct err e;

	if (!call_may(c, "log") || !call_text(c, 0, &name))
		return;
	if (db == NULL)
		err_set(&e, ERR_TEMPORARY, "no database is wired");
	if (db == NULL || group_people(db, name, true, a, &people, &e) < 0) {
		call_trouble(c, &e);
		return;
	}
	group_terms(&people, a, &terms);
	v = arena_array(a, people.n + 1, sizeof(*v));
	for (size_t i = 0; i < terms.naddresses; i++)
		v[i] = pages_text(terms.addresses[i]);
	pages_put(&m, "addresses", pages_array(a, v, terms.naddresses));
	for (size_t i = 0; i < terms.npatterns; i++)
		v[i] = pages_text(terms.patterns[i]);
	pages_put(&m, "patterns", pages_array(a, v, terms.npatterns));
	c->result = m;
}

void lists_get(struct script_call *c)
{
	struct quarantine_entry entry;
	struct arena *a = call_arena(c);
	struct id id;
	struct err e;

	if (!call_may(c, "quarantine") || !call_id(c, 0, &id))
		return;
	if (quarantine_get(&call_worker(c)->quarantine, &id, false, a, &entry,
	    &e) == 0)
		c->result = show_entry(a, &entry, true);
	else if (e.class == ERR_PERMANENT)
		call_missing(c, "There is no such message in the quarantine.");
	else
		call_trouble(c, &e);
}
