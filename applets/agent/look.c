#include "look.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/root.h"
#include "base/utf8.h"
#include "role/status.h"

enum { LOW_MB = 256, LOW_PERCENT = 3 };

void look_add(struct findings *f, enum alarm alarm, struct span subject,
	struct span text, struct span from)
{
	struct finding *one = &f->v[f->n];

	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].alarm == alarm &&
		    span_is(subject, f->v[i].subject))
			return;
	if (f->n == LOOK_MAX)
		return;
	one->alarm = alarm;
	utf8_printable(subject, one->subject, sizeof(one->subject));
	utf8_printable(text, one->text, sizeof(one->text));
	utf8_printable(from, one->from, sizeof(one->from));
	f->n++;
}

/* "ROLE/PROCESS NAME TEXT"; a name of another version is told in general. */
static void take_alarm(struct findings *f, struct span line)
{
	struct span from, name;
	enum alarm alarm;

	if (!span_cut(&line, ' ', &from) || !span_cut(&line, ' ', &name))
		return;
	if (alarm_find(name, &alarm))
		look_add(f, alarm, SPAN(""), line, from);
	else
		look_add(f, ALARM_DEGRADED, from, line, from);
}

static bool has_own(const struct findings *f, struct span from)
{
	for (size_t i = 0; i < f->n; i++)
		if (span_is(from, f->v[i].from))
			return true;
	return false;
}

/* A process that does not run, or one that is in a trouble without a row. */
static void take_process(struct findings *f, const struct status_row *r)
{
	bool down = span_is(r->state, "down") || span_is(r->state, "paused");
	char text[ALARM_TEXT_MAX];

	if (down || span_is(r->state, "failed")) {
		snprintf(text, sizeof(text), "%.*s is %.*s%s%.*s%s%s",
			SPAN_FMT(r->name), SPAN_FMT(r->state),
			r->degraded.n ? ": " : "", SPAN_FMT(r->degraded),
			r->without ? "; meanwhile " : "",
			r->without ? r->without : "");
		look_add(f, ALARM_PROCESS, r->name, span_of(text), r->name);
	} else if (span_is(r->state, "ready") && r->degraded.n &&
	    !has_own(f, r->name)) {
		look_add(f, ALARM_DEGRADED, r->name, r->degraded, r->name);
	}
}

static void look_at_disk(struct findings *f)
{
	struct statvfs v;
	char text[120];
	uint64_t mb;

	if (statvfs(ROOT_STATE, &v) < 0)
		return;
	mb = (uint64_t)v.f_bavail * v.f_frsize >> 20;
	if (mb >= LOW_MB && v.f_bavail * 100 >= v.f_blocks * LOW_PERCENT)
		return;
	snprintf(text, sizeof(text), "the disk of " ROOT_STATE " has %llu MB "
		"left", (unsigned long long)mb);
	look_add(f, ALARM_DISK, SPAN(""), span_of(text), SPAN("agent/watch"));
}

int look_around(struct findings *f, struct err *e)
{
	static struct status status;
	static struct buf text;
	struct span rest, line;

	if (status_ask("alarms", "", &text, &rest, e) < 0 ||
	    status_fetch("", &status, e) < 0)
		return -1;
	while (span_line(&rest, &line))
		take_alarm(f, line);
	for (size_t i = 0; i < status.n; i++)
		take_process(f, &status.rows[i]);
	look_at_disk(f);
	return 0;
}
