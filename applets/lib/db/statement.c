#include "db/statement.h"

#include "base/embed.h"

#define FOLDER "sql/query/"

/* "-- KEY: VALUE" */
static bool is_key(struct span line, struct span key, struct span *value_r)
{
	if (!span_starts(line, key))
		return false;
	*value_r = span_trim(span_after(line, key.n));
	return true;
}

/* From where a starts to where b starts; both are of one file. */
static struct span between(struct span a, struct span b)
{
	return span_from(a.p, (size_t)(b.p - a.p));
}

/* Without blanks and the ";" at its end. */
static struct span bare(struct span text)
{
	text = span_trim(text);
	if (span_ends(text, SPAN(";")))
		text.n--;
	return text;
}

/* Everything between the name and the next name: comments, then SQL. */
static void read_block(struct span block, struct statement *s)
{
	struct span rest = block, line;

	while (span_starts(rest, SPAN("--")) && span_line(&rest, &line))
		is_key(line, SPAN("-- plan:"), &s->plan);
	s->about = span_trim(between(block, rest));
	s->text = bare(rest);
}

/* The next block of a file, taken off *rest. */
static bool next(struct span *rest, struct statement *s_r)
{
	struct span line, block, before;

	*s_r = (struct statement){ .file = s_r->file };
	while (span_line(rest, &line))
		if (is_key(line, SPAN("-- name:"), &s_r->name))
			break;
	if (s_r->name.n == 0)
		return false;
	for (block = before = *rest; span_line(rest, &line); before = *rest)
		if (span_starts(line, SPAN("-- name:")))
			break;
	if (before.n == 0)
		before.p = block.p + block.n;
	*rest = before;
	read_block(between(block, before), s_r);
	return true;
}

/* Calls `is` for each until it says yes. */
static bool search(bool (*is)(const struct statement *s, void *context),
	void *context, struct statement *s_r)
{
	for (size_t i = 0; (s_r->file = embed_name(FOLDER, i)); i++) {
		struct span rest = embed_file(s_r->file);

		while (next(&rest, s_r))
			if (is(s_r, context))
				return true;
	}
	return false;
}

static bool has_name(const struct statement *s, void *context)
{
	return span_is(s->name, context);
}

static bool counted(const struct statement *s, void *context)
{
	size_t *left = context;

	(void)s;
	return (*left)-- == 0;
}

bool statement_find(const char *name, struct statement *s_r)
{
	return search(has_name, (void *)(uintptr_t)name, s_r);
}

bool statement_at(size_t i, struct statement *s_r)
{
	return search(counted, &i, s_r);
}
