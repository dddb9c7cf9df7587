#include "store/group.h"

#include <string.h>

#include "base/buf.h"

enum { NAME_BYTES = 64, MEMBER_BYTES = 320, ABOUT_BYTES = 400,
	WORK_ARENA = 64 << 20 };

int group_list(struct db *db, struct arena *a, struct mail_group **v_r,
	size_t *n_r, struct err *e)
{
	struct db_rows *rows;

	if (db_call(db, "group_list", NULL, 0, &rows, e) < 0)
		return -1;
	*n_r = db_count(rows);
	*v_r = arena_array(a, *n_r + 1, sizeof(**v_r));
	for (size_t i = 0; i < *n_r; i++)
		(*v_r)[i] = (struct mail_group){
			arena_span(a, db_span(rows, i, 0)),
			arena_span(a, db_span(rows, i, 1)),
			arena_span(a, db_span(rows, i, 2)),
			db_int(rows, i, 3) };
	db_rows_free(&rows);
	return 0;
}

static int none_such(struct span name, struct err *e)
{
	return err_set(e, ERR_PERMANENT, "there is no group %.*s: `pm group` "
		"lists them", SPAN_FMT(span_sub(name, 0, NAME_BYTES)));
}

int group_people(struct db *db, struct span name, bool deep, struct arena *a,
	struct group_people *people_r, struct err *e)
{
	struct db_value v = DB_OF_TEXT(name);
	struct db_rows *rows;
	size_t n;

	if (db_call(db, deep ? "group_everybody" : "group_own", &v, 1, &rows,
	    e) < 0)
		return -1;
	n = db_count(rows);
	*people_r = (struct group_people){ .set = map_new(a),
		.members = arena_array(a, n + 1, sizeof(struct span)) };
	for (size_t i = 0; i < n; i++) {
		struct span one = arena_span(a, db_span(rows, i, 0));

		if (one.n == 0)
			continue;
		people_r->members[people_r->n++] = one;
		map_put(people_r->set, one, people_r);
	}
	db_rows_free(&rows);
	return n ? 0 : none_such(name, e);
}

static size_t lowered(struct span s, unsigned char *out, size_t size)
{
	s = span_sub(s, 0, size);
	for (size_t i = 0; i < s.n; i++)
		out[i] = span_lower(s.p[i]);
	return s.n;
}

bool group_has(const struct group_people *people, struct span address)
{
	unsigned char text[MEMBER_BYTES];
	struct span s = { text, lowered(address, text, sizeof(text)) };
	size_t at = span_rchr(s, '@');

	if (address.n > sizeof(text) || at == SIZE_MAX)
		return false;
	if (map_get(people->set, s))
		return true;
	s = span_after(s, at + 1);
	if (map_get(people->set, s))
		return true;
	while ((at = span_chr(s, '.')) != SIZE_MAX) {
		if (map_get(people->set, span_after(s, at)))
			return true;
		s = span_after(s, at + 1);
	}
	return false;
}

/* "%@example.org", "%@%.example.org" */
static struct span pattern(struct span member, struct arena *a)
{
	struct buf b = { .arena = a };

	buf_span(&b, member.p[0] == '.' ? SPAN("%@%") : SPAN("%@"));
	for (size_t i = 0; i < member.n; i++) {
		if (member.p[i] == '_')
			buf_byte(&b, '\\');
		buf_byte(&b, member.p[i]);
	}
	return buf_bytes(&b);
}

void group_terms(const struct group_people *people, struct arena *a,
	struct group_terms *terms_r)
{
	size_t n = people->n + 1;

	*terms_r = (struct group_terms){
		.addresses = arena_array(a, n, sizeof(struct span)),
		.patterns = arena_array(a, n, sizeof(struct span)) };
	for (size_t i = 0; i < people->n; i++) {
		struct span one = people->members[i];

		if (span_chr(one, '@') != SIZE_MAX)
			terms_r->addresses[terms_r->naddresses++] = one;
		else
			terms_r->patterns[terms_r->npatterns++] =
				pattern(one, a);
	}
}

/* --- changes ------------------------------------------------------------ */

static int check_name(struct span s, struct err *e)
{
	bool good = s.n > 0 && s.n <= NAME_BYTES;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		good &= letter || (i && (c == '-' || c == '_' || c == '.'));
	}
	return good ? 0 : err_set(e, ERR_PERMANENT, "\"%.*s\" is no name of a "
		"group: small letters, digits and - _ . behind the first, at "
		"most %d", SPAN_FMT(span_sub(s, 0, NAME_BYTES)), NAME_BYTES);
}

/* example.org, .example.org; of LIKE's characters only _, which are none of
   a host's, but of some people's. */
static bool is_domain(struct span s)
{
	if (s.n && s.p[0] == '.')
		s = span_after(s, 1);
	if (s.n == 0 || s.p[0] == '.' || s.p[s.n - 1] == '.' ||
	    span_find(s, SPAN("..")) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '.' || c == '-' || c == '_' || c >= 0x80))
			return false;
	}
	return true;
}

static bool is_member(struct span s)
{
	size_t at = span_rchr(s, '@');

	if (at == SIZE_MAX)
		return is_domain(s);
	for (size_t i = 0; i < at; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f ||
		    memchr("<>@*?[]\\", s.p[i], 8))
			return false;
	return at > 0 && !memchr("!#/", s.p[0], 3) && at + 1 < s.n &&
		s.p[at + 1] != '.' && is_domain(span_after(s, at + 1));
}

bool group_as_member(struct span text, struct arena *a, struct span *member_r)
{
	unsigned char *copy;

	if (text.n > MEMBER_BYTES)
		return false;
	copy = arena_array(a, text.n + 1, 1);
	*member_r = (struct span){ copy, lowered(text, copy, text.n) };
	return is_member(*member_r);
}

/* In lower case, checked. */
static int take_members(const struct span *members, size_t n, struct arena *a,
	struct span *out, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!group_as_member(members[i], a, &out[i]))
			return err_set(e, ERR_PERMANENT, "%.*s: a member is an "
				"address, a domain, or .example.org for all "
				"below one; nobody was added or removed",
				SPAN_FMT(span_sub(members[i], 0,
				MEMBER_BYTES)));
	return 0;
}

static struct db_value text_or_null(const char *s)
{
	return s ? DB_OF_TEXT(span_of(s)) : (struct db_value){
		.type = DB_NULL };
}

int group_put(struct db *db, struct span name, const char *parent,
	const char *about, const char *who, struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(name), text_or_null(parent),
		text_or_null(about), DB_OF_TEXT(span_of(who)) };
	struct db_rows *rows;
	bool done;

	if (check_name(name, e) < 0)
		return -1;
	if (about && strlen(about) > ABOUT_BYTES)
		return err_set(e, ERR_PERMANENT, "what is said about %.*s is "
			"longer than %d bytes", SPAN_FMT(name), ABOUT_BYTES);
	if (db_call(db, "group_put", v, 4, &rows, e) < 0)
		return -1;
	done = db_count(rows) > 0;
	db_rows_free(&rows);
	return done ? 0 : err_set(e, ERR_PERMANENT, "%.*s cannot stand in "
		"%.64s: that group is not there, or is in %.*s itself",
		SPAN_FMT(name), parent, SPAN_FMT(name));
}

int group_drop(struct db *db, struct span name, const char *who,
	struct err *e)
{
	const struct db_value v[] = { DB_OF_TEXT(name),
		DB_OF_TEXT(span_of(who)) };
	struct db_rows *rows;
	int result = 0;

	if (db_call(db, "group_drop", v, 2, &rows, e) < 0)
		return -1;
	if (db_count(rows) == 0)
		result = none_such(name, e);
	else if (db_span(rows, 0, 0).n)
		result = err_set(e, ERR_PERMANENT, "%.*s has groups below it, "
			"%.*s for one: drop them first, or move them with "
			"make --in", SPAN_FMT(name),
			SPAN_FMT(db_span(rows, 0, 0)));
	db_rows_free(&rows);
	return result;
}

static int there_is(struct db *db, struct span name, struct arena *a,
	struct err *e)
{
	struct group_people people;

	return group_people(db, name, false, a, &people, e);
}

int group_add(struct db *db, struct span name, const struct span *members,
	size_t n, const char *who, struct err *e)
{
	struct arena *a = arena_new("group members", WORK_ARENA);
	struct span *clean = arena_array(a, n + 1, sizeof(*clean));
	const struct db_value v[] = { DB_OF_TEXT(name), DB_OF_TEXTS(clean, n),
		DB_OF_TEXT(span_of(who)) };
	int result = take_members(members, n, a, clean, e);

	if (result == 0)
		result = there_is(db, name, a, e);
	if (result == 0)
		result = db_call(db, "group_add", v, 3, NULL, e);
	arena_free(&a);
	return result;
}

int group_remove(struct db *db, struct span name, const struct span *members,
	size_t n, const char *who, size_t *gone_r, struct err *e)
{
	struct arena *a = arena_new("group members", WORK_ARENA);
	struct span *clean = arena_array(a, n + 1, sizeof(*clean));
	const struct db_value v[] = { DB_OF_TEXT(name), DB_OF_TEXTS(clean, n),
		DB_OF_TEXT(span_of(who)) };
	struct db_rows *rows;
	int result = take_members(members, n, a, clean, e);

	if (result == 0)
		result = there_is(db, name, a, e);
	if (result == 0)
		result = db_call(db, "group_remove", v, 3, &rows, e);
	if (result == 0) {
		*gone_r = db_count(rows);
		db_rows_free(&rows);
	}
	arena_free(&a);
	return result;
}
