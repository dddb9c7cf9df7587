#include "tell.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "net/post.h"
#include "net/smtp.h"

enum { SEND_MS = 5000, PAUSE_LEAST_MS = 1000, PAUSE_MOST_MS = 300000,
	MEMORY = 1 << 20 };

unsigned tell_ways(const struct wiring *w)
{
	return (w->alarms.webhook ? ALARM_BY_WEBHOOK : 0) |
		(w->alarms.nmail && w->alarms.relay ? ALARM_BY_MAIL : 0);
}

/* What of it is to be told next by that way: 'r', 'c', or 0. */
static char next_of(const struct alarm_entry *a, unsigned way)
{
	if (!(a->raised_by & way))
		return 'r';
	return a->cleared_ms && !(a->cleared_by & way) ? 'c' : 0;
}

static void put_json(const struct wiring *w, const struct alarm_entry *a,
	bool cleared, struct buf *out)
{
	const struct alarm_kind *k = &alarm_kinds[a->alarm];
	struct json *j = json_new_object();
	char stamp[CLOCK_STAMP_SIZE];

	json_put_string(j, "event", cleared ? "cleared" : "raised");
	json_put_string(j, "appliance", w->name);
	json_put_string(j, "site", w->site);
	json_put_int(j, "number", (int64_t)a->number);
	json_put_string(j, "alarm", k->name);
	json_put_string(j, "subject", a->subject);
	json_put_string(j, "severity", alarm_severity_name(k->severity));
	json_put_string(j, "condition", k->condition);
	json_put_string(j, "text", a->text);
	json_put_string(j, "means", k->means);
	json_put_string(j, "remedy", k->remedy);
	clock_stamp(a->since_ms, stamp);
	json_put_string(j, "since", stamp);
	if (cleared) {
		clock_stamp(a->cleared_ms, stamp);
		json_put_string(j, "cleared", stamp);
	}
	json_write(j, out);
	json_free(&j);
}

static int by_webhook(const struct teller *t, const struct alarm_entry *a,
	bool cleared, struct err *e)
{
	struct buf b = { 0 };
	int result;

	put_json(t->w, a, cleared, &b);
	result = post_send(t->w->alarms.webhook, t->authorities,
		"application/json", buf_bytes(&b), clock_ms() + SEND_MS, e);
	buf_free(&b);
	return result;
}

/* RFC 5322 section 3.3. */
static void put_date(struct buf *b)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	char text[64];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %T +0000", &tm);
	buf_printf(b, "Date: %s\r\n", text);
}

/* Texts of ours are one line; bytes beyond ASCII are UTF-8. */
static void put_mail(const struct wiring *w, const struct alarm_entry *a,
	bool cleared, struct buf *b)
{
	const struct alarm_kind *k = &alarm_kinds[a->alarm];
	char since[CLOCK_STAMP_SIZE], over[CLOCK_STAMP_SIZE];

	clock_stamp(a->since_ms, since);
	clock_stamp(a->cleared_ms, over);
	put_date(b);
	buf_printf(b, "From: pm on %s <postmaster@%s>\r\nTo: ", w->name,
		w->site);
	for (size_t i = 0; i < w->alarms.nmail; i++)
		buf_printf(b, "%s%s", i ? ",\r\n\t" : "", w->alarms.mail[i]);
	buf_printf(b, "\r\nSubject: [pm %s] %s: %s\r\n"
		"Message-ID: <%s.alarm@%s>\r\n"
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n", w->name,
		cleared ? "over" : alarm_severity_name(k->severity),
		k->condition, id_new().text, w->name);
	buf_printf(b, "%s on %s:\r\n\r\n    %s\r\n\r\n", cleared ?
		"This is over" : "This is wrong", w->name, a->text);
	buf_printf(b, "What it means: %s\r\nWhat to do: %s\r\n\r\nSince: %s"
		"\r\n", k->means, k->remedy, since);
	if (cleared)
		buf_printf(b, "Until: %s\r\n", over);
	buf_printf(b, "Alarm: %s%s%s\r\n\r\npm alarm list shows all of them; "
		"pm alarm ack says that you know.\r\n", k->name,
		a->subject[0] ? " " : "", a->subject);
}

static int by_mail(const struct teller *t, const struct alarm_entry *a,
	bool cleared, struct err *e)
{
	const struct wiring *w = t->w;
	struct arena *arena;
	struct smtp_result result;
	struct buf b = { 0 };
	char where[80];

	if (post_resolve(span_of(w->alarms.relay), where, e) < 0)
		return -1;
	arena = arena_new("alarm mail", MEMORY);
	put_mail(w, a, cleared, &b);
	smtp_send(where, w->name, SPAN(""), arena_spans(arena, w->alarms.mail,
		w->alarms.nmail), w->alarms.nmail, buf_bytes(&b), SEND_MS,
		NULL, &result);
	buf_free(&b);
	arena_free(&arena);
	if (result.outcome == SMTP_DONE)
		return 0;
	return err_set(e, ERR_TEMPORARY, "%s: %s", w->alarms.relay,
		result.reply);
}

static const struct {
	unsigned bit;
	const char *name;
	int (*send)(const struct teller *t, const struct alarm_entry *a,
		bool cleared, struct err *e);
} ways[] = {
	{ ALARM_BY_WEBHOOK, "webhook", by_webhook },
	{ ALARM_BY_MAIL, "mail", by_mail },
};

static void note(struct teller *t, size_t i, const struct err *e)
{
	if (e == NULL) {
		if (t->way[i].why[0])
			log_info("alarms: the %s is reached again",
				ways[i].name);
		t->way[i].pause_ms = t->way[i].next_ms = 0;
		t->way[i].why[0] = 0;
		return;
	}
	if (strcmp(t->way[i].why, e->text) != 0)
		log_warn("alarms: the %s cannot be reached: %s; tried again",
			ways[i].name, e->text);
	snprintf(t->way[i].why, sizeof(t->way[i].why), "%s", e->text);
	t->way[i].pause_ms = t->way[i].pause_ms == 0 ? PAUSE_LEAST_MS :
		t->way[i].pause_ms * 2 < PAUSE_MOST_MS ?
		t->way[i].pause_ms * 2 : PAUSE_MOST_MS;
	t->way[i].next_ms = clock_ms() + t->way[i].pause_ms;
}

/* The first that is due by that way; NULL. */
static const struct alarm_entry *due(const struct teller *t,
	const struct alarm_book *b, size_t way)
{
	if (!(tell_ways(t->w) & ways[way].bit))
		return NULL;
	for (size_t i = 0; i < b->n; i++)
		if (next_of(&b->v[i], ways[way].bit))
			return &b->v[i];
	return NULL;
}

bool tell_is_due(const struct teller *t, const struct alarm_book *b)
{
	return due(t, b, 0) || due(t, b, 1);
}

bool tell_one(struct teller *t, const struct alarm_book *b,
	struct alarm_entry *entry_r)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const struct alarm_entry *a = due(t, b, i);
		struct err e;
		bool cleared;

		if (a == NULL || clock_ms() < t->way[i].next_ms)
			continue;
		*entry_r = *a;
		cleared = next_of(a, ways[i].bit) == 'c';
		if (ways[i].send(t, entry_r, cleared, &e) < 0) {
			note(t, i, &e);
			continue;
		}
		note(t, i, NULL);
		if (cleared)
			entry_r->cleared_by |= ways[i].bit;
		else
			entry_r->raised_by |= ways[i].bit;
		return true;
	}
	return false;
}
