#include "role/status.h"

#include <stdio.h>

#include "base/applet.h"
#include "role/control.h"

enum { REQUEST_MAX = 128 };

/* Title of the role and meaning of the process, from the role's record. */
static void look_up(struct status_row *r)
{
	size_t slash = span_chr(r->name, '/');
	struct span role = span_sub(r->name, 0, slash);
	struct span process = span_after(r->name, slash == SIZE_MAX ?
		r->name.n : slash + 1);

	for (size_t i = 0; applets[i]; i++) {
		const struct role *found = applets[i]->role;

		if (found == NULL || !span_is(role, applets[i]->name))
			continue;
		r->title = found->title;
		for (const struct process *p = found->processes; p && p->name;
		    p++)
			if (span_is(process, p->name))
				r->without = p->without;
	}
}

/*
 * Reads "ROLE/PROCESS STATE PID SINCE_MS RESTARTS GENERATION NOTE", a tab, and
 * what is degraded.
 */
static bool parse_row(struct span line, struct status_row *r)
{
	struct span pid, since, restarts, generation;

	*r = (struct status_row){ 0 };
	if (!span_cut(&line, ' ', &r->name) ||
	    !span_cut(&line, ' ', &r->state) || !span_cut(&line, ' ', &pid) ||
	    !span_cut(&line, ' ', &since) || !span_cut(&line, ' ', &restarts) ||
	    !span_u64(pid, UINT32_MAX, &r->pid) ||
	    !span_u64(since, UINT64_MAX, &r->since_ms) ||
	    !span_u64(restarts, UINT32_MAX, &r->restarts) ||
	    !span_cut(&line, ' ', &generation) ||
	    !span_u64(generation, UINT64_MAX, &r->generation))
		return false;
	span_cut(&line, '\t', &r->note);
	r->degraded = line;
	look_up(r);
	return true;
}

int status_ask(const char *verb, const char *what, struct buf *text,
	struct span *rest_r, struct err *e)
{
	char request[REQUEST_MAX];
	struct span line;

	if (snprintf(request, sizeof(request), "%s %s\n", verb, what) >=
	    (int)sizeof(request))
		return err_set(e, ERR_PERMANENT, "%s: no role has such a long "
			"name", what);
	text->n = 0;
	if (control_ask(request, text, e) < 0)
		return -1;
	*rest_r = buf_bytes(text);
	if (!span_line(rest_r, &line) || span_is(line, "ok"))
		return 0;
	if (span_starts(line, SPAN("no ")))
		line = span_after(line, 3);
	return err_set(e, ERR_PERMANENT, "%.*s", SPAN_FMT(line));
}

int status_fetch(const char *what, struct status *s, struct err *e)
{
	struct span rest, line;

	if (status_ask("status", what, &s->text, &rest, e) < 0)
		return -1;
	s->n = 0;
	while (s->n < STATUS_ROWS_MAX && span_line(&rest, &line))
		if (!parse_row(line, &s->rows[s->n++]))
			return err_set(e, ERR_BUG, "pm supervise said: %.*s",
				SPAN_FMT(line));
	return 0;
}

bool status_is_well(const struct status_row *r)
{
	return span_is(r->state, "ready") && r->degraded.n == 0;
}
