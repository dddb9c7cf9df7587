#include "tool/examples.h"

#include <fts.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "engine/features.h"
#include "mail/date.h"

enum {
	KEY_DIGITS = 16, DATE_DIGITS = 16, REST_DIGITS = 8, HASH_DIGITS = 8,
	HEAD_DIGITS = KEY_DIGITS + DATE_DIGITS + REST_DIGITS,
	ITEM_DIGITS = HASH_DIGITS + 1, FEATURES_MEMORY = 16 << 20,
};

#define EXAMPLES_MEMORY ((size_t)4 << 30)

/* --- in the worker ------------------------------------------------------- */

static bool date_of(const struct facts *f, struct span name, struct date *d_r)
{
	const struct header_field *field = header_find(
		&f->mime.root->header, name, 1);
	struct span value;
	size_t semicolon;

	if (field == NULL)
		return false;
	value = header_unfold(field->value, f->arena);
	semicolon = span_rchr(value, ';');
	if (semicolon != SIZE_MAX)
		value = span_after(value, semicolon + 1);
	return date_parse(value, d_r);
}

/*
 * By rules and structure, without the network, as if it came when it says:
 * the age of a collection says nothing.
 */
static int32_t judged(struct engine *en, const struct facts *f,
	struct span message, int64_t date_ms)
{
	struct span rcpt = SPAN("somebody@site.example");
	const struct envelope env = { .received_ms = date_ms ? date_ms :
		clock_wall_ms(), .relay_addr = SPAN("203.0.113.1"),
		.mail_from = f->from.full, .rcpts = &rcpt, .nrcpts = 1 };
	struct verdict v;

	engine_set_content(en, false);
	engine_judge(en, &env, message, ask_socket_new(-1, f->arena),
		clock_ms() + TOOL_DEADLINE_MS, f->arena, &v);
	return v.score;
}

static void put_features(struct buf *line, const struct features *found)
{
	for (size_t i = 0; i < found->n; i++)
		buf_printf(line, "%u%08x", found->v[i].group,
			found->v[i].hash);
}

static void describe(const void *self, struct span file_name,
	struct span message, struct ask *ask, struct arena *a,
	struct buf *line)
{
	const uint64_t key[2] = { 1, 2 };
	const struct envelope env = { 0 };
	const struct bundle bundle = { 0 };
	struct facts *f = facts_new(&env, &bundle, message, a);
	struct features found;
	const struct examples *x = self;
	struct date d = { 0 };
	int32_t rest = 0;

	(void)file_name;
	(void)ask;
	features_find(f, &found);
	if (!date_of(f, SPAN("Received"), &d))
		date_of(f, SPAN("Date"), &d);
	if (x->engine)
		rest = judged(x->engine, f, message, d.ms);
	buf_printf(line, "%016llx%016llx%08x",
		(unsigned long long)map_hash(key, message),
		(unsigned long long)d.ms, (unsigned)rest);
	put_features(line, &found);
	if (!x->raw)
		return;
	features_raw(message, a, &found);
	put_features(line, &found);
}

/* --- in the keeper ------------------------------------------------------- */

/* Hex digits; what is no digit is 0: the worker is not believed. */
static uint64_t number(struct span s)
{
	uint64_t x = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		x = x << 4 | (c >= '0' && c <= '9' ? c - '0' + 0u :
			c >= 'a' && c <= 'f' ? c - 'a' + 10u : 0u);
	}
	return x;
}

static void grow(struct examples *x)
{
	struct example_seen *v;

	if (x->n < x->cap)
		return;
	x->cap = x->cap ? x->cap * 2 : 1024;
	v = arena_array(x->arena, x->cap, sizeof(*v));
	if (x->n)
		memcpy(v, x->v, x->n * sizeof(*v));
	x->v = v;
}

void described_read(struct span line, struct arena *a,
	struct described *d_r)
{
	struct span items = span_after(line, HEAD_DIGITS);
	size_t n = items.n / ITEM_DIGITS;

	*d_r = (struct described){ .v = arena_array(a, n + 1,
		sizeof(*d_r->v)), .n = n };
	d_r->key = number(span_sub(line, 0, KEY_DIGITS));
	d_r->date_ms = (int64_t)number(span_sub(line, KEY_DIGITS,
		DATE_DIGITS));
	d_r->rest = (int32_t)number(span_sub(line, KEY_DIGITS + DATE_DIGITS,
		REST_DIGITS));
	for (size_t i = 0; i < n; i++) {
		uint64_t item = number(span_sub(items, i * ITEM_DIGITS,
			ITEM_DIGITS));

		d_r->v[i].hash = (uint32_t)item;
		d_r->v[i].group = (uint8_t)(item >> 32) % FEATURE_GROUPS;
	}
}

static void add_line(struct examples *x, struct span line,
	struct example_seen seen)
{
	struct arena *a = arena_new("features", FEATURES_MEMORY);
	struct described d;

	described_read(line, a, &d);
	seen.date_ms = d.date_ms;
	seen.rest = d.rest;
	if (trainer_add(x->trainer, seen.source, seen.spam, d.key, d.v,
			d.n)) {
		grow(x);
		x->v[x->n++] = seen;
	} else {
		x->twice++;
	}
	arena_free(&a);
}

int examples_describe(struct examples *x, const char *path, struct buf *line,
	struct err *e)
{
	struct buf message = { 0 };
	int result = tool_slurp(path, &message, e);

	if (result == 0)
		result = tool_look(&x->keeper, path, buf_bytes(&message),
			line, e);
	buf_free(&message);
	return result;
}

static void fail(struct examples *x, const char *path, const char *why)
{
	fprintf(stderr, "pm %s: %s: %s: left out\n", x->tool.name, path, why);
	x->failed++;
}

static void add_file(struct examples *x, const char *path,
	struct example_seen seen)
{
	struct buf line = { 0 };
	struct err e;

	seen.path = arena_string(x->arena, span_of(path));
	if (examples_describe(x, path, &line, &e) < 0)
		fail(x, path, e.text);
	else
		add_line(x, buf_bytes(&line), seen);
	buf_free(&line);
}

/* Its source's number; UINT_MAX: there are too many. */
static unsigned source_of(struct examples *x, const char *dir)
{
	struct span s = span_of(dir);
	const char *name;

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	if (span_ends(s, SPAN("/ham")))
		s.n -= 4;
	else if (span_ends(s, SPAN("/spam")))
		s.n -= 5;
	for (unsigned i = 0; i < x->sources; i++)
		if (span_is(s, x->names[i]))
			return i;
	name = arena_string(x->arena, s);
	if (x->sources == TRAINER_SOURCES)
		return UINT32_MAX;
	x->names[x->sources] = name;
	return x->sources++;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

int examples_add(struct examples *x, const char *dir, bool spam,
	struct err *e)
{
	char *roots[] = { (char *)(uintptr_t)dir, NULL };
	struct example_seen seen = { .source = source_of(x, dir),
		.spam = spam };
	size_t before = x->n + x->twice;
	FTS *tree;
	FTSENT *f;

	if (seen.source == UINT32_MAX)
		return err_set(e, ERR_PERMANENT, "%s: more than %d sources",
			dir, TRAINER_SOURCES);
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	while (tree && (f = fts_read(tree))) {
		if (f->fts_info == FTS_F)
			add_file(x, f->fts_path, seen);
		else if (f->fts_info == FTS_DNR || f->fts_info == FTS_NS ||
			 f->fts_info == FTS_ERR)
			fail(x, f->fts_path, strerror(f->fts_errno));
	}
	if (tree)
		fts_close(tree);
	if (x->n + x->twice == before)
		return err_set(e, ERR_PERMANENT, "%s: there is no message in "
			"it", dir);
	return 0;
}

void examples_begin(struct examples *x, const char *name, const char *root,
	unsigned bits)
{
	*x = (struct examples){ .root = root };
	x->arena = arena_new("examples", EXAMPLES_MEMORY);
	x->trainer = trainer_new(bits);
	x->tool = (struct tool){ .name = name, .root = root,
		.run = describe, .self = x };
	x->keeper = tool_keeper(&x->tool);
}

void examples_end(struct examples *x)
{
	tool_end(&x->keeper);
	trainer_free(&x->trainer);
	arena_free(&x->arena);
}
