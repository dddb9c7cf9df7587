/*
 * What sendmail says (8.17, LogLevel 9 and up; "Sendmail Installation and
 * Operation Guide" 2.1.1).
 */
#include "mail/maillog_words.h"

enum { ID_LEAST = 8, ID_MAX = 32 };

/* "5ANKH5aB012345": the first character stands for the year. */
static bool is_queue_id(struct span s)
{
	bool digit = false;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		digit |= c >= '0' && c <= '9';
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z'))
			return false;
	}
	return digit && s.n >= ID_LEAST && s.n <= ID_MAX;
}

static bool take_id(struct span *s, struct maillog_event *ev)
{
	size_t colon = span_find(*s, SPAN(": "));
	struct span id = span_sub(*s, 0, colon);

	if (colon == SIZE_MAX || !(span_is(id, "NOQUEUE") || is_queue_id(id)))
		return false;
	*s = span_after(*s, colon + 2);
	if (!span_is(id, "NOQUEUE"))
		ev->queue_id = id;
	return true;
}

/* "name [192.0.2.1]", "[192.0.2.1]", "[192.0.2.1] (may be forged)" */
static void client(struct span s, struct maillog_event *ev)
{
	maillog_client(maillog_value(s, ", relay=", ","), ev);
}

/* "<a@b>", or without <>. */
static bool take_address(struct span *s, struct span *address_r)
{
	size_t comma;

	if (maillog_address(s, address_r))
		return true;
	comma = span_chr(*s, ',');
	*address_r = span_sub(*s, 0, comma);
	*s = span_after(*s, address_r->n);
	return address_r->n > 0;
}

static enum maillog_step from(struct span s, struct maillog_event *ev)
{
	struct span id;

	if (!take_address(&s, &ev->sender))
		return MAILLOG_BROKEN;
	ev->kind = MAILLOG_QUEUED;
	ev->has_sender = true;
	ev->size = maillog_number(maillog_value(s, ", size=", ","));
	ev->nrcpts = maillog_number(maillog_value(s, ", nrcpts=", ","));
	id = maillog_value(s, ", msgid=", ",");
	if (!maillog_address(&id, &ev->message_id))
		ev->message_id = id;
	client(s, ev);
	return ev->size < 0 ? MAILLOG_BROKEN : MAILLOG_EVENT;
}

/* "00:00:01" or "1+02:03:04" */
static int64_t delay_of(struct span s)
{
	struct span days = SPAN("0"), part;
	int64_t seconds = 0;

	if (span_chr(s, '+') != SIZE_MAX)
		span_cut(&s, '+', &days);
	for (unsigned i = 0; i < 3; i++) {
		int64_t v = span_cut(&s, ':', &part) ? maillog_number(part) :
			-1;

		if (v < 0 || v > 59)
			return -1;
		seconds = seconds * 60 + v;
	}
	if (maillog_number(days) < 0 || maillog_number(days) > INT16_MAX)
		return -1;
	return (maillog_number(days) * 86400 + seconds) * 1000;
}

/* stat= ends the line, so its text may hold anything. */
static bool kind_of(struct span stat, struct span dsn,
	enum maillog_kind *kind_r)
{
	if (span_starts(stat, SPAN("Sent")))
		*kind_r = MAILLOG_DELIVERED;
	else if (span_starts(stat, SPAN("queued")))
		return false;
	else if (span_starts(stat, SPAN("Deferred")) ||
		 span_starts(dsn, SPAN("4.")))
		*kind_r = MAILLOG_DEFERRED;
	else
		*kind_r = MAILLOG_BOUNCED;
	return true;
}

static enum maillog_step to(struct span s, struct maillog_event *ev)
{
	struct span head;
	size_t at;

	if (!take_address(&s, &ev->rcpt))
		return MAILLOG_BROKEN;
	if (span_starts(s, SPAN(",<")))
		ev->more_rcpts = s;
	at = span_find(s, SPAN(", stat="));
	if (at == SIZE_MAX)
		return MAILLOG_BROKEN;
	head = span_sub(s, 0, at);
	ev->reply = span_after(s, at + 7);
	ev->remote = maillog_value(head, ", relay=", ",");
	ev->delay_ms = delay_of(maillog_value(head, ", delay=", ","));
	ev->dsn = maillog_value(head, ", dsn=", ",");
	return kind_of(ev->reply, ev->dsn, &ev->kind) ? MAILLOG_EVENT :
		MAILLOG_FOREIGN;
}

/* "ruleset=check_rcpt, arg1=<x>, relay=name [ip], reject=550 5.7.1 text" */
static enum maillog_step ruleset(struct span s, struct maillog_event *ev)
{
	size_t at = span_find(s, SPAN(", reject="));

	if (at == SIZE_MAX)
		return MAILLOG_FOREIGN;
	ev->kind = MAILLOG_REFUSED;
	ev->reply = span_after(s, at + 9);
	s = span_sub(s, 0, at);
	client(s, ev);
	if (span_starts(s, SPAN("check_rcpt")))
		maillog_address_of(s, ", arg1=<", &ev->rcpt);
	else if (span_starts(s, SPAN("check_mail")))
		ev->has_sender = maillog_address_of(s, ", arg1=<",
			&ev->sender);
	return MAILLOG_EVENT;
}

/* "Milter: to=<x>, reject=550 5.7.1 text"; "milter=pm, reject=…" */
static enum maillog_step milter(struct span s, struct maillog_event *ev)
{
	size_t at = span_find(s, SPAN("reject="));

	ev->has_sender = maillog_address_of(s, "from=<", &ev->sender);
	maillog_address_of(s, "to=<", &ev->rcpt);
	if (at != SIZE_MAX) {
		ev->kind = MAILLOG_ANSWERED;
		ev->reply = span_after(s, at + 7);
		return MAILLOG_EVENT;
	}
	if (!span_ends(s, SPAN("discard")))
		return MAILLOG_FOREIGN;
	ev->kind = MAILLOG_DISCARDED;
	return MAILLOG_EVENT;
}

/* "QID: QID2: DSN: User unknown"; "QID: clone: owner=…" is another word. */
static enum maillog_step notice(struct span s, struct maillog_event *ev)
{
	size_t colon = span_find(s, SPAN(": "));

	if (maillog_skip(&s, "clone ")) {
		ev->next_id = span_sub(s, 0, span_chr(s, ','));
		ev->reply = SPAN("a copy");
	} else if (colon != SIZE_MAX) {
		ev->next_id = span_sub(s, 0, colon);
		ev->reply = span_after(s, colon + 2);
	}
	ev->kind = MAILLOG_NOTIFIED;
	return is_queue_id(ev->next_id) ? MAILLOG_EVENT : MAILLOG_FOREIGN;
}

/* "name [ip] did not issue …", "lost input channel from name [ip] to …" */
static enum maillog_step session(struct span s, struct maillog_event *ev)
{
	size_t at = span_find(s, SPAN(" did not issue "));
	size_t to_at = span_find(s, SPAN("] to "));

	if (maillog_skip(&s, "connect from ")) {
		ev->kind = MAILLOG_CONNECT;
		maillog_client(s, ev);
		return MAILLOG_EVENT;
	}
	ev->kind = MAILLOG_LOST;
	if (at != SIZE_MAX) {
		ev->reply = span_after(s, at + 1);
		maillog_client(span_sub(s, 0, at), ev);
		return MAILLOG_EVENT;
	}
	if (to_at == SIZE_MAX ||
	    !span_starts(s, SPAN("lost input channel from ")))
		return MAILLOG_FOREIGN;
	ev->reply = SPAN("lost input channel");
	maillog_client(span_sub(s, 24, to_at + 1 - 24), ev);
	return MAILLOG_EVENT;
}

enum maillog_step maillog_sendmail(struct span s, struct maillog_event *ev)
{
	if (!take_id(&s, ev))
		return session(s, ev);
	if (maillog_skip(&s, "from="))
		return from(s, ev);
	if (maillog_skip(&s, "to="))
		return to(s, ev);
	if (maillog_skip(&s, "ruleset="))
		return ruleset(s, ev);
	if (maillog_skip(&s, "Milter") || maillog_skip(&s, "milter="))
		return milter(s, ev);
	if (span_starts(s, SPAN("connect from ")) ||
	    span_starts(s, SPAN("lost input channel from ")))
		return session(s, ev);
	return notice(s, ev);
}
