#include "store/quarantine_disk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/netaddr.h"
#include "mail/words.h"

static size_t count_rcpts(const struct spool_record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nitems; i++)
		n += r->items[i].nrcpts;
	return n;
}

static void take_rcpts(const struct held_entry *held, struct arena *a,
	struct quarantine_entry *entry)
{
	const struct spool_record *r = &held->record;

	entry->rcpts = arena_array(a, count_rcpts(r) + 1,
		sizeof(*entry->rcpts));
	for (size_t i = 0; i < r->nitems; i++)
		for (size_t j = 0; j < r->items[i].nrcpts; j++)
			entry->rcpts[entry->nrcpts++] =
				(struct quarantine_rcpt){
				.address = r->items[i].rcpts[j],
				.reason = r->items[i].reason,
				.state = held->state };
}

/* "2026-11-22T20:17:05.123Z" as clock_stamp wrote it; else 0. */
static int64_t stamp_ms(struct span s)
{
	char text[CLOCK_STAMP_SIZE] = "";
	struct tm tm = { 0 };
	unsigned ms;

	if (s.n != CLOCK_STAMP_SIZE - 1)
		return 0;
	memcpy(text, s.p, s.n);
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3uZ", &tm.tm_year,
	    &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
	    &ms) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000 + ms;
}

/* "TIME WHO released to a@example.org", a line each. */
static void take_events(const struct held_entry *held, struct arena *a,
	struct quarantine_entry *entry)
{
	struct span rest = held->history, line, when;
	size_t n = 0;

	while (span_line(&rest, &line))
		n++;
	entry->events = arena_array(a, n + 1, sizeof(*entry->events));
	for (rest = held->history; span_line(&rest, &line); ) {
		struct quarantine_event *event =
			&entry->events[entry->nevents];

		if (!span_cut(&line, ' ', &when) ||
		    !span_cut(&line, ' ', &event->who) ||
		    !span_cut(&line, ' ', &event->what))
			continue;
		event->at_ms = stamp_ms(when);
		event->detail = line;
		entry->nevents++;
	}
}

void quarantine_of_held(const struct held_entry *held, struct arena *a,
	struct quarantine_entry *entry_r)
{
	const struct spool_record *r = &held->record;

	*entry_r = (struct quarantine_entry){
		.id = r->id, .on_disk = true, .relay = r->relay_addr,
		.sender = r->mail_from, .header_from = r->header_from,
		.subject = r->subject, .size = r->body_bytes,
		.score = r->score, .probability = r->probability,
		.state = held->state, .record = *r,
	};
	if (r->nitems)
		entry_r->reason = r->items[0].reason;
	take_rcpts(held, a, entry_r);
	take_events(held, a, entry_r);
}

static bool has_line(struct span lines, struct span wanted)
{
	struct span line;

	while (span_line(&lines, &line))
		if (span_eq(line, wanted))
			return true;
	return false;
}

/* Are all the words of a text among those of the message? */
static bool has_words(struct span text, const struct spool_record *r)
{
	struct arena *a = arena_new("words", WORDS_BYTES_MAX * 4);
	struct span rest, word;
	struct words w;
	bool all = true;

	words_begin(&w, a);
	words_add(&w, text);
	for (rest = buf_bytes(&w.list); all && span_line(&rest, &word); )
		all = has_line(r->words, word);
	arena_free(&a);
	return all;
}

static bool has_marks(struct span marks, const struct spool_record *r)
{
	struct span mark;

	while (span_line(&marks, &mark))
		if (!has_line(r->words, mark))
			return false;
	return true;
}

static bool is_from(struct span network, struct span relay)
{
	struct netaddr addr;
	struct cidr cidr;

	return cidr_parse(network, &cidr) && netaddr_parse(relay, &addr) &&
	       cidr_contains(&cidr, &addr);
}

static bool is_for(const struct group_people *group,
	const struct spool_record *r)
{
	for (size_t i = 0; group && i < r->nitems; i++)
		for (size_t j = 0; j < r->items[i].nrcpts; j++)
			if (group_has(group, r->items[i].rcpts[j]))
				return true;
	return group == NULL;
}

bool quarantine_matches(const struct quarantine_filter *f,
	const struct held_entry *held)
{
	const struct spool_record *r = &held->record;

	if (f->before.text[0] &&
	    strcmp(r->id.text, f->before.text) >= 0)
		return false;
	if (held->state == QUARANTINE_DELETED)
		return f->score_least == INT32_MIN &&
			f->relay.n + f->words.n + f->marks.n == 0 &&
			f->group == NULL;
	return r->score >= f->score_least && is_for(f->group, r) &&
	       (f->relay.n == 0 || is_from(f->relay, r->relay_addr)) &&
	       (f->words.n == 0 || has_words(f->words, r)) &&
	       has_marks(f->marks, r);
}
