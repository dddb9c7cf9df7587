#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervise.h"

#include "base/utf8.h"

enum {
	READS_MAX = 8,		/* of one source in a turn: others come too */
	DATAGRAMS_MAX = 64,
	DRAIN_MAX = 4096,	/* reads; a pipe holds far less */
};

static const char *const marks[] = {
	[LINES_WHOLE] = "",
	[LINES_CUT] = " [the line goes on]",
	[LINES_UNFINISHED] = " [the line was not finished]",
};

/* The one logbook; the lines' callbacks reach it through their context. */
struct heard {
	struct super *s;
	struct source *from;
};

static void hear(void *context, struct span s, enum lines_mark mark)
{
	struct heard *h = context;

	logbook_add(h->s->logbook, h->from->label, s, marks[mark]);
	if (h->from->child && s.n)
		utf8_printable(s, h->from->child->last,
			sizeof(h->from->child->last));
}

/* One read. 1: there may be more, 0: nothing now, -1: the end. */
static int read_once(struct super *s, struct source *from)
{
	struct heard h = { s, from };
	size_t room;
	unsigned char *to = lines_room(&from->lines, &room);
	ssize_t n = read(from->fd, to, room);

	if (n > 0) {
		lines_came(&from->lines, (size_t)n, hear, &h);
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	lines_end(&from->lines, hear, &h);
	close(from->fd);
	from->fd = -1;
	from->child = NULL;
	return -1;
}

void sources_read(struct super *s, struct source *from)
{
	for (int i = 0; i < READS_MAX; i++)
		if (read_once(s, from) <= 0)
			return;
}

static void take_generation(struct child *c, struct span number)
{
	if (!span_u64(number, INT64_MAX, &c->generation))
		c->generation = 0;
}

/* "NAME TEXT" takes the place of what NAME said before; "NAME": over. */
static void take_alarm(struct child *c, struct span said)
{
	struct span name = span_sub(said, 0, span_chr(said, ' '));
	char *slot = NULL;

	for (size_t i = 0; i < ALARMS_MAX; i++) {
		struct span old = span_of(c->alarms[i]);

		if (span_eq(span_sub(old, 0, span_chr(old, ' ')), name) ||
		    (old.n == 0 && slot == NULL))
			slot = c->alarms[i];
		if (old.n && slot == c->alarms[i])
			break;
	}
	if (slot && name.n == said.n)
		slot[0] = 0;
	else if (slot)
		utf8_printable(said, slot, TEXT_MAX);
}

static void told(void *context, struct span line, enum lines_mark mark)
{
	struct heard *h = context;
	struct child *c = h->from->child;

	(void)mark;
	if (span_is(line, "ready"))
		machine_event(h->s, c, EVENT_READY);
	else if (span_is(line, "reloaded"))
		c->reload_ms = 0;
	else if (span_starts(line, SPAN("generation ")))
		take_generation(c, span_after(line, 11));
	else if (span_is(line, "note"))
		c->note[0] = 0;
	else if (span_starts(line, SPAN("note ")))
		utf8_printable(span_after(line, 5), c->note, sizeof(c->note));
	else if (span_starts(line, SPAN("alarm ")))
		take_alarm(c, span_after(line, 6));
	else if (span_is(line, "well"))
		c->degraded[0] = 0;
	else if (span_starts(line, SPAN("degraded ")))
		utf8_printable(span_after(line, 9), c->degraded,
			sizeof(c->degraded));
	else
		super_say(h->s, "warn: %s/%s said something that is no "
			"status", c->applet->name, c->process->name);
}

void sources_read_status(struct super *s, struct child *c)
{
	struct source about = { .fd = -1, .child = c };
	struct heard h = { s, &about };
	size_t room;
	unsigned char *to = lines_room(&c->status, &room);
	ssize_t n = read(c->status_fd, to, room);

	if (n > 0) {
		lines_came(&c->status, (size_t)n, told, &h);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(c->status_fd);
		c->status_fd = -1;
	}
}

void sources_drain(struct super *s, struct child *c)
{
	if (c->status_fd >= 0)
		sources_read_status(s, c);
	if (c->status_fd >= 0)
		close(c->status_fd);
	c->status_fd = -1;
	for (size_t i = 0; i < SOURCES_MAX; i++) {
		struct source *from = &s->sources[i];

		for (int n = 0; from->fd >= 0 && from->child == c &&
		     n < DRAIN_MAX; n++)
			if (read_once(s, from) <= 0)
				break;
	}
}

struct source *sources_free(struct super *s)
{
	for (size_t i = 0; i < SOURCES_MAX; i++)
		if (s->sources[i].fd < 0)
			return &s->sources[i];
	return NULL;
}

void sources_read_syslog(struct super *s)
{
	static char datagram[LINES_MAX];
	char pri[LINES_PRI_SIZE], label[LINES_PRI_SIZE + 8];

	for (int i = 0; i < DATAGRAMS_MAX; i++) {
		ssize_t n = recv(s->syslog_fd, datagram, sizeof(datagram),
			MSG_TRUNC);
		bool cut = n > (ssize_t)sizeof(datagram);
		struct span text;

		if (n < 0)
			return;
		text = lines_syslog(span_from(datagram, cut ?
			sizeof(datagram) : (size_t)n), pri);
		snprintf(label, sizeof(label), "syslog %s", pri);
		logbook_add(s->logbook, label, text,
			cut ? " [the rest is missing]" : "");
	}
}
