#include "command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/applet.h"
#include "base/json.h"
#include "base/root.h"
#include "engine/list.h"
#include "mail/casefold.h"

enum { NAMES_MAX = 4096, PATTERNS_MEMORY = 64 << 20 };

int list_text(const struct list_command *c, struct buf *text, struct err *e)
{
	bool there;

	if (listfile_read(c->name, c->o->draft, text, &there, e) < 0)
		return -1;
	if (there)
		return 0;
	return err_set(e, ERR_PERMANENT, "there is no list \"%s\"%s: pm list "
		"names tells which there are", c->name,
		c->o->draft ? " in the draft" : " in force");
}

/* --- names --------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t add_name(const char **v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i], name) == 0)
			return n;
	if (n < NAMES_MAX)
		v[n++] = name;
	return n;
}

/* Of the draft and of what is in force. */
static int find_names(const struct list_command *c, const char **v,
	size_t *n_r, struct err *e)
{
	struct bundle_sources from;
	struct generation g;
	size_t n = 0;

	if (bundle_find_sources(NULL, ROOT_LISTS, c->a, &from, e) < 0)
		return -1;
	for (size_t i = 0; i < from.n; i++)
		if (from.v[i].kind == BUNDLE_LIST)
			n = add_name(v, n, arena_string(c->a,
				span_after(from.v[i].name, 6)));
	if (published_active(c->a, &g, &from, e) < 0)
		return -1;
	for (size_t i = 0; i < from.n; i++)
		if (from.v[i].kind == BUNDLE_LIST)
			n = add_name(v, n, arena_string(c->a,
				span_after(from.v[i].name, 6)));
	qsort(v, n, sizeof(*v), by_name);
	*n_r = n;
	return 0;
}

struct summary {
	const char *name, *state;
	unsigned type;
	uint32_t entries;
};

static int summarise(const char *name, struct arena *a, struct summary *s,
	struct err *e)
{
	struct buf draft = { .arena = a }, active = { .arena = a };
	struct buf image = { .arena = a };
	bool in_draft, in_force;

	if (listfile_read(name, true, &draft, &in_draft, e) < 0 ||
	    listfile_read(name, false, &active, &in_force, e) < 0 ||
	    list_compile(buf_bytes(in_force ? &active : &draft), name, &image,
			e) < 0)
		return -1;
	s->name = name;
	s->type = list_type(buf_bytes(&image));
	s->entries = list_count(buf_bytes(&image));
	s->state = !in_force ? "not published" : !in_draft ?
		"in force, not in the draft" :
		span_eq(buf_bytes(&draft), buf_bytes(&active)) ? "" :
		"the draft differs";
	return 0;
}

static void print_summary(const struct summary *s, struct json *all)
{
	struct json *o;

	if (all == NULL) {
		printf("%-28s %-9s %8u%s%s\n", s->name,
			list_type_name(s->type), s->entries,
			*s->state ? "  " : "", s->state);
		return;
	}
	o = json_new_object();
	json_put_string(o, "name", s->name);
	json_put_string(o, "type", list_type_name(s->type));
	json_put_int(o, "entries", s->entries);
	json_put_string(o, "state", s->state);
	json_append(all, o);
}

static void print_json(struct json **all)
{
	struct buf b = { 0 };

	json_write(*all, &b);
	puts(buf_c(&b));
	buf_free(&b);
	json_free(all);
}

int list_names(const struct list_command *c, struct err *e)
{
	const char **v = arena_array(c->a, NAMES_MAX, sizeof(*v));
	struct json *all = c->o->json ? json_new_array() : NULL;
	size_t n = 0;
	int result = find_names(c, v, &n, e);

	for (size_t i = 0; result == 0 && i < n; i++) {
		struct summary s;

		result = summarise(v[i], c->a, &s, e);
		if (result == 0)
			print_summary(&s, all);
	}
	if (all && result == 0)
		print_json(&all);
	json_free(&all);
	return result;
}

/* --- items, export, describe --------------------------------------------- */

int list_items(const struct list_command *c, struct err *e)
{
	struct span match = casefold(span_of(c->o->match ? c->o->match : ""),
		c->a);
	struct json *all = c->o->json ? json_new_array() : NULL;
	struct buf text = { .arena = c->a };
	struct listfile_entry entry;
	struct span rest;
	uint32_t line = 0;

	if (list_text(c, &text, e) < 0) {
		json_free(&all);
		return -1;
	}
	rest = buf_bytes(&text);
	while (listfile_next(&rest, &line, &entry)) {
		if (span_find(casefold(entry.text, c->a), match) == SIZE_MAX)
			continue;
		if (all)
			json_append(all, json_new_text(entry.text));
		else
			printf("%.*s\n", SPAN_FMT(entry.text));
	}
	if (all)
		print_json(&all);
	return EXIT_DONE;
}

int list_export(const struct list_command *c, struct err *e)
{
	struct buf text = { .arena = c->a };

	if (list_text(c, &text, e) < 0)
		return -1;
	fwrite(text.p, 1, text.n, stdout);
	return EXIT_DONE;
}

/* The comment at the beginning of a text; *from, *to: where it stands. */
static struct span leading_comment(struct span text, size_t *from, size_t *to)
{
	struct span rest = text, line;
	bool first = true;

	*from = *to = 0;
	while (span_line(&rest, &line)) {
		bool type = first && span_starts(line, SPAN("#pm "));

		first = false;
		if (type) {
			*from = *to = (size_t)(rest.p - text.p);
			continue;
		}
		if (line.n == 0 || line.p[0] != '#')
			break;
		*to = rest.p ? (size_t)(rest.p - text.p) : text.n;
	}
	return span_sub(text, *from, *to - *from);
}

static int set_about(const struct list_command *c, struct span text,
	struct err *e)
{
	struct span about = span_of(c->o->about), line;
	struct buf b = { .arena = c->a };
	struct listfile_result r;
	size_t from, to;

	leading_comment(text, &from, &to);
	buf_span(&b, span_sub(text, 0, from));
	while (span_line(&about, &line))
		buf_printf(&b, "# %.*s\n", SPAN_FMT(line));
	buf_span(&b, span_after(text, to));
	if (listfile_replace(c->name, buf_bytes(&b), NULL, arena_printf(c->a,
			"list %s: described", c->name), &r, e) < 0)
		return -1;
	list_tell(c, &r);
	return EXIT_DONE;
}

int list_describe(const struct list_command *c, struct err *e)
{
	struct buf text = { .arena = c->a };
	size_t from, to;
	struct span about, line;

	if (list_text(c, &text, e) < 0)
		return -1;
	if (c->o->about)
		return set_about(c, buf_bytes(&text), e);
	about = leading_comment(buf_bytes(&text), &from, &to);
	while (span_line(&about, &line))
		printf("%.*s\n", SPAN_FMT(span_trim(span_after(line, 1))));
	return EXIT_DONE;
}

/* --- test ---------------------------------------------------------------- */

static int look(const struct list_command *c, struct span image,
	struct span subject, struct list_found *found, struct err *e)
{
	struct pattern_room *room = NULL;
	struct list_patterns *patterns = NULL;
	struct err why = { 0 };

	if (list_has_patterns(image)) {
		room = pattern_room_new(e);
		if (room == NULL)
			return -1;
		patterns = list_patterns_new(image, c->name, c->a, room,
			&why);
	}
	if (!list_look(image, patterns, subject, found) && found->entry.n == 0)
		found->line = 0;
	pattern_room_free(&room);
	return 0;
}

int list_test(const struct list_command *c, struct err *e)
{
	struct buf text = { .arena = c->a }, image = { .arena = c->a };
	struct span subject = span_of(c->args->rest[2]);
	struct list_found found = { 0 };
	bool on;

	if (list_text(c, &text, e) < 0 ||
	    listfile_compile(c->name, buf_bytes(&text), &image, e) < 0 ||
	    look(c, buf_bytes(&image), subject, &found, e) < 0)
		return -1;
	on = found.entry.n && found.entry.p[0] != '!';
	if (found.entry.n == 0)
		printf("not on %s\n", c->name);
	else if (on && list_is_map(buf_bytes(&image)))
		printf("%.*s\n", SPAN_FMT(list_value(found.entry)));
	else
		printf("%s %s by %.*s (line %u)\n", on ? "on" : "not on",
			c->name, SPAN_FMT(found.entry), found.line);
	return on ? EXIT_DONE : EXIT_NO;
}
