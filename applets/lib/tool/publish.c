#include "tool/publish.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "role/status.h"

#define FRONT "filter/front"

enum { POLL_MS = 10, MEMORY = 64 << 20 };

struct span publish_who(struct arena *a)
{
	const struct passwd *p = getpwuid(getuid());
	const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;

	return span_of(arena_printf(a, "%s%s", sudo ? sudo : p ? p->pw_name :
		"somebody", sudo ? " (sudo)" : ""));
}

/* What front is and says at this moment. */
struct front {
	bool there, moving;
	uint64_t generation;
	char state[32], says[ERR_TEXT_MAX];
};

static int look(struct front *f, struct err *e)
{
	static struct status s;
	const struct status_row *r = &s.rows[0];

	*f = (struct front){ 0 };
	if (status_fetch(FRONT, &s, e) < 0 || s.n == 0)
		return -1;
	f->there = true;
	f->generation = r->generation;
	f->moving = !span_is(r->state, "ready");
	snprintf(f->state, sizeof(f->state), "%.*s", SPAN_FMT(r->state));
	snprintf(f->says, sizeof(f->says), "%.*s", SPAN_FMT(r->degraded));
	return 0;
}

/* It will say something of itself: an order or a start is under way. */
static bool is_waited_for(const struct front *f)
{
	static const char *const words[] = { "reloading", "starting",
		"waiting", "paused" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(f->state, words[i]) == 0)
			return true;
	return false;
}

/* Tells front and waits; *refused_r: it has another one, and why. */
static void make_live(struct publish_result *r, struct front *f,
	bool *refused_r)
{
	int64_t start = clock_ms(), end = start + PUBLISH_PATIENCE_MS;
	struct buf text = { 0 };
	struct span rest;
	struct err e;
	int result = status_ask("reload", FRONT, &text, &rest, &e);

	buf_free(&text);
	*refused_r = false;
	while (result == 0 && (result = look(f, &e)) == 0 &&
	       f->generation != r->number && is_waited_for(f) &&
	       clock_ms() < end)
		clock_sleep_ms(POLL_MS);
	r->took_ms = clock_ms() - start;
	if (result < 0)
		snprintf(r->why, sizeof(r->why), "%s", e.text);
	else if (f->generation != r->number && f->moving)
		snprintf(r->why, sizeof(r->why), FRONT " is %s", f->state);
	r->end = result < 0 ? PUBLISH_WAITING :
		f->generation == r->number ? PUBLISH_LIVE :
		is_waited_for(f) ? PUBLISH_SILENT : PUBLISH_WAITING;
	*refused_r = result == 0 && f->generation != r->number && !f->moving;
}

/* The filter does not take it: as if it had not been. */
static int take_back(const struct generation *g, const struct front *f,
	struct err *e)
{
	struct publish_result before = { .number = g->parent };
	struct front now;
	bool refused;

	if (g->parent == 0)
		return err_set(e, ERR_PERMANENT, "the filter refuses it: %s",
			f->says);
	if (generation_activate(g->parent, e) < 0)
		return -1;
	generation_drop(g->number);
	make_live(&before, &now, &refused);
	return err_set(e, ERR_PERMANENT, "the filter refuses it: %s; "
		"generation %llu is active again", f->says,
		(unsigned long long)g->parent);
}

int publish_generation(struct generation *g, struct arena *a,
	struct publish_result *r, struct err *e)
{
	struct generation before = { 0 };
	struct front front;
	bool refused;

	*r = (struct publish_result){ 0 };
	if (generation_write(g, a, e) < 0)
		return -1;
	/* What was active may be damaged: that is why one publishes. */
	if (g->parent && generation_load(g->parent, a, &before, e) < 0)
		before.n = 0;
	r->number = g->number;
	r->changed = generation_changes(&before, g);
	if (generation_activate(g->number, e) < 0)
		return -1;
	make_live(r, &front, &refused);
	if (refused)
		return take_back(g, &front, e);
	/* Room on the disk is no reason to fail now. */
	generation_prune(NULL);
	return 0;
}

/* The files without that one, and with it as it shall be. */
static int replace(struct generation *g, struct span path, struct span text,
	struct arena *a, struct err *e)
{
	struct generation_file *v = arena_array(a, g->n + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (!span_eq(g->files[i].path, path))
			v[n++] = g->files[i];
	g->files = v;
	g->n = n;
	return text.p ? generation_put(path, text, &v[g->n++], e) : 0;
}

static struct span list_path(const char *name, struct arena *a)
{
	return span_of(arena_printf(a, "lists/%s", name));
}

int publish_list(const char *name, const char *who, const char *message,
	struct span text, struct publish_result *r, struct err *e)
{
	struct arena *a = arena_new("publish", MEMORY);
	struct bundle_sources unused;
	struct generation g;
	int lock = generation_lock(e);
	int result = lock < 0 ? -1 : published_active(a, &g, &unused, e);

	if (result == 0)
		result = replace(&g, list_path(name, a), text, a, e);
	if (result == 0) {
		g.who = who ? span_of(who) : publish_who(a);
		g.message = span_of(message);
		result = publish_generation(&g, a, r, e);
	}
	if (lock >= 0)
		close(lock);
	arena_free(&a);
	return result;
}

int publish_read_list(const char *name, struct buf *text, bool *there_r,
	struct err *e)
{
	struct arena *a = arena_new("publish", MEMORY);
	const struct generation_file *f;
	struct bundle_sources unused;
	struct generation g;
	int result = published_active(a, &g, &unused, e);

	*there_r = false;
	if (result == 0) {
		f = generation_find(&g, list_path(name, a));
		*there_r = f != NULL;
		if (f)
			result = generation_read(f, text, e);
	}
	arena_free(&a);
	return result;
}

void publish_tell(const struct publish_result *r, struct buf *b)
{
	buf_printf(b, "generation %llu is ", (unsigned long long)r->number);
	switch (r->end) {
	case PUBLISH_LIVE:
		buf_printf(b, "live (%.2f s)", (double)r->took_ms / 1000);
		break;
	case PUBLISH_WAITING:
		buf_printf(b, "active, the filter takes it at its start (%s)",
			r->why);
		break;
	case PUBLISH_SILENT:
		buf_printf(b, "active, but the filter did not say within "
			"%d s that it is live (pm status filter)",
			PUBLISH_PATIENCE_MS / 1000);
		break;
	}
	buf_printf(b, ": %zu file%s changed", r->changed,
		r->changed == 1 ? "" : "s");
}
