#include "store/state.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/utf8.h"

enum { STATE_MAX = 4 << 20 };

const char *quarantine_state_name(enum quarantine_state s)
{
	static const char *const names[] = { "held", "released", "deleted" };

	return names[s];
}

void state_paths_day(const struct id *id, char out[COMMIT_PATH_MAX])
{
	time_t t = (time_t)(id_time_ms(id) / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	snprintf(out, COMMIT_PATH_MAX, ROOT_QUARANTINE "/%04d%02d%02d",
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

void state_paths_file(const struct id *id, const char *dot,
	char out[COMMIT_PATH_MAX])
{
	char day[COMMIT_PATH_MAX];

	state_paths_day(id, day);
	snprintf(out, COMMIT_PATH_MAX, "%.64s/%s%s", day, dot, id->text);
}

void state_paths_state(const struct id *id, char out[COMMIT_PATH_MAX])
{
	char day[COMMIT_PATH_MAX];

	state_paths_day(id, day);
	snprintf(out, COMMIT_PATH_MAX, "%.64s/%s.state", day, id->text);
}

/* "released 2", "released 2 moving" */
static bool parse_first(struct span line, struct state *s)
{
	struct span word, number;
	uint64_t copies;

	if (!span_cut(&line, ' ', &word) || !span_cut(&line, ' ', &number) ||
	    !span_u64(number, 1000000, &copies) ||
	    (line.n && !span_is(line, "moving")))
		return false;
	s->moving = line.n > 0;
	s->copies = (unsigned)copies;
	for (unsigned i = QUARANTINE_HELD; i <= QUARANTINE_DELETED; i++)
		if (span_is(word, quarantine_state_name(i))) {
			s->state = (enum quarantine_state)i;
			return true;
		}
	return false;
}

int state_load(const struct id *id, struct arena *a, struct state *s_r,
	struct err *e)
{
	struct buf b = { .arena = a };
	char path[COMMIT_PATH_MAX];
	struct stat st;
	struct span line;

	*s_r = (struct state){ .state = QUARANTINE_HELD };
	state_paths_state(id, path);
	if (stat(path, &st) < 0 && errno == ENOENT)
		return 0;
	if (io_slurp(path, STATE_MAX, &b, e) < 0)
		return -1;
	s_r->history = buf_bytes(&b);
	if (!span_line(&s_r->history, &line) || !parse_first(line, s_r))
		return err_set(e, ERR_PERMANENT, "%s:1: not \"held|released|"
			"deleted COPIES\"", path);
	return 0;
}

int state_save(const struct id *id, const struct state *s, struct err *e)
{
	char path[COMMIT_PATH_MAX];
	struct buf b = { 0 };
	int result;

	state_paths_state(id, path);
	buf_printf(&b, "%s %u%s\n", quarantine_state_name(s->state),
		s->copies, s->moving ? " moving" : "");
	buf_span(&b, s->history);
	result = io_replace_file(path, 0660, buf_bytes(&b), e);
	buf_free(&b);
	return result;
}

void state_note(struct state *s, const char *who, struct span text,
	struct arena *a)
{
	struct buf b = { .arena = a };
	size_t size = text.n * 8 + 1;
	char *shown = arena_alloc(a, size), name[128];
	char stamp[CLOCK_STAMP_SIZE];

	utf8_printable(text, shown, size);
	utf8_printable(span_of(who), name, sizeof(name));
	for (char *c = name; *c; c++)
		if (*c == ' ')
			*c = '_';
	clock_stamp(clock_wall_ms(), stamp);
	buf_span(&b, s->history);
	buf_printf(&b, "%s %s %s\n", stamp, name, shown);
	s->history = buf_bytes(&b);
}

const char *state_last(const struct state *s, const char *verb,
	struct arena *a)
{
	struct span rest = s->history, line;
	const char *found = NULL;

	while (span_line(&rest, &line)) {
		struct span when, who, what;

		if (span_cut(&line, ' ', &when) && span_cut(&line, ' ', &who) &&
		    span_cut(&line, ' ', &what) && span_is(what, verb))
			found = arena_printf(a, "%.*s by %.*s",
				SPAN_FMT(when), SPAN_FMT(who));
	}
	return found;
}
