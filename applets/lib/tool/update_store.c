#include "tool/update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/version.h"
#include "engine/rules.h"
#include "role/status.h"
#include "tool/feedback.h"
#include "tool/published.h"

#define ACTIVE UPDATE_DIR "/active"
#define FRONT "filter/front"

enum { PATH = 64, ACTIVE_MAX = 4096, PATIENCE_MS = 10000, POLL_MS = 10 };

static void path_of(uint64_t number, char out[PATH])
{
	snprintf(out, PATH, UPDATE_DIR "/%llu", (unsigned long long)number);
}

/* Whatever the umask says: front reads it. */
int update_prepare(struct err *e)
{
	if (io_mkdirs(UPDATE_DIR, 0755, e) < 0)
		return -1;
	return chmod(UPDATE_DIR, 0755) < 0 && errno != EPERM ?
		err_errno(e, ERR_PERMANENT, UPDATE_DIR) : 0;
}

static int lock(struct err *e)
{
	int fd;

	if (update_prepare(e) < 0)
		return -1;
	fd = open(UPDATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	err_errno(e, ERR_TEMPORARY, UPDATE_DIR ": cannot lock it");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* --- which --------------------------------------------------------------- */

/* The active one, then those before it. */
struct stack {
	uint64_t v[UPDATE_KEPT];
	size_t n;
};

static int read_stack(struct stack *s, struct err *e)
{
	struct buf b = { 0 };
	struct span rest, line;
	int result = 0;

	*s = (struct stack){ 0 };
	if (access(ACTIVE, F_OK) < 0 && errno == ENOENT)
		return 0;
	result = io_slurp(ACTIVE, ACTIVE_MAX, &b, e);
	rest = buf_bytes(&b);
	while (result == 0 && s->n < UPDATE_KEPT && span_line(&rest, &line)) {
		if (!span_u64(line, INT64_MAX, &s->v[s->n++]))
			result = err_set(e, ERR_PERMANENT, ACTIVE ": is no "
				"list of numbers: remove it and load an "
				"update again");
	}
	buf_free(&b);
	return result;
}

static bool holds(const struct stack *s, uint64_t number)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] == number)
			return true;
	return false;
}

/* What is no longer named goes, after what names it. */
static int write_stack(const struct stack *s, const struct stack *before,
	struct err *e)
{
	struct buf b = { 0 };
	char path[PATH];
	int result;

	for (size_t i = 0; i < s->n; i++)
		buf_printf(&b, "%llu\n", (unsigned long long)s->v[i]);
	result = io_replace_file(ACTIVE, 0644, buf_bytes(&b), e);
	buf_free(&b);
	for (size_t i = 0; result == 0 && i < before->n; i++) {
		if (holds(s, before->v[i]))
			continue;
		path_of(before->v[i], path);
		unlink(path);
	}
	return result;
}

static int read_number(uint64_t number, struct arena *a, struct update *u_r,
	struct err *e)
{
	struct buf b = { .arena = a };
	char path[PATH];

	path_of(number, path);
	if (io_slurp(path, UPDATE_FILE_MAX, &b, e) < 0 ||
	    update_read(buf_bytes(&b), path, a, u_r, e) < 0)
		return -1;
	return u_r->number == number ? 0 : err_set(e, ERR_PERMANENT,
		"%s: is another one, %llu", path,
		(unsigned long long)u_r->number);
}

int update_state(struct arena *a, struct update_state *s_r, struct err *e)
{
	struct stack stack;
	struct err why;

	*s_r = (struct update_state){ 0 };
	if (read_stack(&stack, e) < 0)
		return -1;
	for (size_t i = 1; i < stack.n; i++)
		s_r->before[s_r->nbefore++] = stack.v[i];
	if (stack.n == 0)
		return 0;
	s_r->number = stack.v[0];
	if (read_number(stack.v[0], a, &s_r->u, &why) < 0)
		s_r->why = arena_printf(a, "%s", why.text);
	else if (s_r->u.maker < version_own())
		s_r->passed = true;
	else
		s_r->active = true;
	return 0;
}

void update_settings(struct arena *a, struct bundle_settings *s,
	const char **why_r)
{
	struct update_state state;
	struct err e;

	*why_r = NULL;
	if (update_state(a, &state, &e) < 0)
		*why_r = arena_printf(a, "%s", e.text);
	else if (state.why)
		*why_r = arena_printf(a, "%s (the rules and the model of the "
			"executable judge)", state.why);
	else if (state.active) {
		s->rules = state.u.rules;
		s->model = state.u.model;
	}
}

/* --- in force ------------------------------------------------------------ */

/* Do the active generation's own rules go with them? */
static int try_rules(const struct update *u, struct arena *a, struct err *e)
{
	const struct bundle_settings none = { 0 };
	struct span records[2] = { u->rules };
	struct buf b = { .arena = a };
	struct bundle bundle;
	struct rules *r;
	uint64_t number;
	struct err why;

	/* Nothing published, or not to be read: no reason to refuse. */
	if (published_build(&none, a, &b, &number, &why) == 0 &&
	    bundle_open(buf_bytes(&b), a, &bundle, &why) == 0)
		records[1] = bundle.rules;
	r = rules_open(records, 2, &why);
	if (r == NULL)
		return err_set(e, why.class, "update %llu does not go with "
			"the rules of this site: %s",
			(unsigned long long)u->number, why.text);
	rules_free(&r);
	return 0;
}

static bool look(struct update_result *r, bool *moving_r, struct err *e)
{
	static struct status s;
	const struct status_row *row = &s.rows[0];

	if (status_fetch(FRONT, &s, e) < 0 || s.n == 0)
		return false;
	*moving_r = !span_is(row->state, "ready") &&
		!span_is(row->state, "down") &&
		!span_is(row->state, "failed");
	snprintf(r->why, sizeof(r->why), "%.*s", SPAN_FMT(row->degraded));
	if (span_is(row->state, "ready"))
		r->end = span_find(row->degraded, SPAN(UPDATE_TROUBLE_TEXT)) ==
			SIZE_MAX ? UPDATE_LIVE : UPDATE_TROUBLE;
	else
		snprintf(r->why, sizeof(r->why), FRONT " is %.*s",
			SPAN_FMT(row->state));
	return true;
}

/* Tells front, and waits until it has read it. */
static void make_live(struct update_result *r)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct buf text = { 0 };
	struct span rest;
	bool moving = true;
	struct err e;
	int result = status_ask("reload", FRONT, &text, &rest, &e);

	buf_free(&text);
	r->end = UPDATE_WAITING;
	while (result == 0 && moving && clock_ms() < end) {
		if (!look(r, &moving, &e))
			result = -1;
		else if (moving)
			clock_sleep_ms(POLL_MS);
	}
	if (result < 0)
		snprintf(r->why, sizeof(r->why), "%s", e.text);
}

static int replace(const struct stack *now, const struct stack *before,
	struct arena *a, struct update_result *r, struct err *e)
{
	size_t kept;
	struct err why;

	if (write_stack(now, before, e) < 0 || update_state(a, &r->now, e) < 0)
		return -1;
	/* Feedback corrects the model below it, which is another one now. */
	if (access(FEEDBACK_MODEL, F_OK) == 0 && feedback_learn(&kept,
	    &why) < 0)
		log_warn("%s: feedback corrects the model before", why.text);
	make_live(r);
	return 0;
}

static int check_newer(const struct update *u, const struct stack *s,
	const char *name, struct err *e)
{
	char maker[VERSION_SIZE];

	version_name(u->maker, maker);
	if (u->maker < version_own())
		return err_set(e, ERR_PERMANENT, "%s: was made with pm %s; "
			"this is " VERSION_TEXT ", whose own rules and model "
			"are newer", name, maker);
	if (s->n == 0 || u->number > s->v[0])
		return 0;
	return err_set(e, ERR_PERMANENT, "%s: is update %llu; %llu is in "
		"force%s", name, (unsigned long long)u->number,
		(unsigned long long)s->v[0], u->number < s->v[0] ?
		", which is newer: pm update undo goes back" : " already");
}

int update_load(struct span file, const char *name, struct arena *a,
	struct update_result *r, struct err *e)
{
	struct stack before, now = { .n = 1 };
	char path[PATH];
	struct update u;
	int fd = lock(e), result = -1;

	*r = (struct update_result){ 0 };
	if (fd >= 0 && read_stack(&before, e) == 0 &&
	    update_read(file, name, a, &u, e) == 0 &&
	    check_newer(&u, &before, name, e) == 0 &&
	    try_rules(&u, a, e) == 0) {
		now.v[0] = u.number;
		for (size_t i = 0; i < before.n && now.n < UPDATE_KEPT; i++)
			now.v[now.n++] = before.v[i];
		path_of(u.number, path);
		result = io_replace_file(path, 0644, file, e);
		if (result == 0)
			result = replace(&now, &before, a, r, e);
	}
	if (fd >= 0)
		close(fd);
	return result;
}

int update_undo(struct arena *a, struct update_result *r, struct err *e)
{
	struct stack before, now = { 0 };
	int fd = lock(e), result = -1;

	*r = (struct update_result){ 0 };
	if (fd >= 0 && read_stack(&before, e) == 0) {
		for (size_t i = 1; i < before.n; i++)
			now.v[now.n++] = before.v[i];
		result = before.n ? replace(&now, &before, a, r, e) :
			err_set(e, ERR_PERMANENT, "no update is in force: the "
				"rules and the model of the executable judge");
	}
	if (fd >= 0)
		close(fd);
	return result;
}
