/*
 * What Postfix's programs say (Debian's 3.7; the words have been the same
 * since 2.x).
 */
#include "mail/maillog_words.h"

enum { ID_LEAST = 5, ID_MAX = 32, LONG_LEAST = 12 };

/*
 * Short ids are upper-case hex; long ones (enable_long_queue_ids) have
 * neither vowels nor anything but digits and letters.
 */
static bool is_queue_id(struct span s)
{
	bool hex = s.n >= ID_LEAST, dense = s.n >= LONG_LEAST;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];
		bool digit = c >= '0' && c <= '9';
		bool letter = span_lower(c) >= 'a' && span_lower(c) <= 'z';

		hex = hex && (digit || (c >= 'A' && c <= 'F'));
		dense = dense && (digit || (letter &&
			strchr("aeiou", span_lower(c)) == NULL));
	}
	return s.n <= ID_MAX && (hex || dense);
}

/* "QUEUEID: "; NOQUEUE is an empty one. */
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

/* Up to the first " <word>=" that closes the list of a refusal. */
static void envelope(struct span s, struct maillog_event *ev)
{
	ev->has_sender = maillog_address_of(s, "from=<", &ev->sender);
	maillog_address_of(s, " to=<", &ev->rcpt);
	maillog_address_of(s, " helo=<", &ev->helo);
}

/* "5.7.1" at the front of an answer, behind "550 ". */
static struct span dsn_of(struct span reply)
{
	struct span s = reply, word;

	if (s.n > 4 && s.p[3] == ' ')
		s = span_after(s, 4);
	if (!span_cut(&s, ' ', &word) || word.n < 5 || word.n > 11 ||
	    word.p[1] != '.' || strchr("245", word.p[0]) == NULL)
		return SPAN("");
	return word;
}

/* "RCPT from name[ip]: 550 5.1.1 text; from=<a> to=<b> proto=… helo=<c>" */
static enum maillog_step refusal(struct span s, enum maillog_kind kind,
	struct maillog_event *ev)
{
	size_t from = span_find(s, SPAN(" from ")), end, semi;

	if (from == SIZE_MAX)
		return MAILLOG_BROKEN;
	s = span_after(s, from + 6);
	end = span_find(s, SPAN("]: "));
	if (end == SIZE_MAX) {
		/* postscreen names the port. */
		end = span_find(s, SPAN(": "));
		if (end == SIZE_MAX)
			return MAILLOG_BROKEN;
		maillog_client(span_sub(s, 0, end), ev);
		s = span_after(s, end + 2);
	} else {
		maillog_client(span_sub(s, 0, end + 1), ev);
		s = span_after(s, end + 3);
	}
	semi = span_find(s, SPAN("; from=<"));
	if (semi == SIZE_MAX)
		semi = span_find(s, SPAN("; proto="));
	ev->kind = kind;
	ev->reply = span_sub(s, 0, semi);
	ev->dsn = dsn_of(ev->reply);
	if (semi != SIZE_MAX)
		envelope(span_after(s, semi + 2), ev);
	return MAILLOG_EVENT;
}

static const struct { const char *word; enum maillog_kind kind; }
refusals[] = {
	{ "reject: ", MAILLOG_REFUSED },
	{ "milter-reject: ", MAILLOG_ANSWERED },
	{ "discard: ", MAILLOG_DISCARDED },
	{ "milter-discard: ", MAILLOG_DISCARDED },
	{ "hold: ", MAILLOG_HELD }, { "milter-hold: ", MAILLOG_HELD },
};

/* smtpd, postscreen and cleanup refuse in the same words. */
static bool is_refusal(struct span *s, enum maillog_kind *kind_r)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (maillog_skip(s, refusals[i].word)) {
			*kind_r = refusals[i].kind;
			return true;
		}
	return false;
}

/* Lines without a queue id. */
static enum maillog_step session(struct span s, struct maillog_event *ev)
{
	size_t from;

	if (maillog_skip(&s, "connect from ") ||
	    maillog_skip(&s, "CONNECT from ")) {
		ev->kind = MAILLOG_CONNECT;
		maillog_client(span_sub(s, 0, span_chr(s, ' ')), ev);
		return MAILLOG_EVENT;
	}
	if (maillog_skip(&s, "disconnect from ") ||
	    maillog_skip(&s, "DISCONNECT ")) {
		size_t blank = span_chr(s, ' ');

		ev->kind = MAILLOG_DISCONNECT;
		maillog_client(span_sub(s, 0, blank), ev);
		ev->reply = blank == SIZE_MAX ? SPAN("") :
			span_after(s, blank + 1);
		return MAILLOG_EVENT;
	}
	from = span_find(s, SPAN(" from "));
	if (from == SIZE_MAX || !(span_starts(s, SPAN("lost connection")) ||
	    span_starts(s, SPAN("timeout after ")) ||
	    span_starts(s, SPAN("too many errors after "))))
		return MAILLOG_FOREIGN;
	ev->kind = MAILLOG_LOST;
	ev->reply = span_sub(s, 0, from);
	maillog_client(span_after(s, from + 6), ev);
	return MAILLOG_EVENT;
}

static enum maillog_step smtpd(struct span s, struct maillog_event *ev)
{
	enum maillog_kind kind;

	if (!take_id(&s, ev))
		return session(s, ev);
	if (is_refusal(&s, &kind))
		return refusal(s, kind, ev);
	if (!maillog_skip(&s, "client="))
		return MAILLOG_FOREIGN;
	ev->kind = MAILLOG_ACCEPTED;
	maillog_client(span_sub(s, 0, span_chr(s, ',')), ev);
	/* From a front door of the same site (XFORWARD). */
	ev->next_id = maillog_value(s, ", orig_queue_id=", ",");
	return MAILLOG_EVENT;
}

static enum maillog_step cleanup(struct span s, struct maillog_event *ev)
{
	enum maillog_kind kind;

	if (!take_id(&s, ev))
		return MAILLOG_FOREIGN;
	if (is_refusal(&s, &kind))
		return refusal(s, kind, ev);
	if (!maillog_skip(&s, "message-id="))
		return MAILLOG_FOREIGN;
	ev->kind = MAILLOG_NAMED;
	/* Without <> it is whatever the header had. */
	if (!maillog_address(&s, &ev->message_id))
		ev->message_id = s;
	return MAILLOG_EVENT;
}

static enum maillog_step qmgr(struct span s, struct maillog_event *ev)
{
	if (!take_id(&s, ev))
		return MAILLOG_FOREIGN;
	if (span_is(s, "removed")) {
		ev->kind = MAILLOG_REMOVED;
		return MAILLOG_EVENT;
	}
	if (!maillog_skip(&s, "from="))
		return MAILLOG_FOREIGN;
	if (!maillog_address(&s, &ev->sender))
		return MAILLOG_BROKEN;
	ev->has_sender = true;
	if (maillog_skip(&s, ", status=expired")) {
		ev->kind = MAILLOG_EXPIRED;
		ev->reply = SPAN("returned to sender");
		return MAILLOG_EVENT;
	}
	ev->size = maillog_number(maillog_value(s, ", size=", ","));
	ev->nrcpts = maillog_number(maillog_value(s, ", nrcpt=", " ,"));
	ev->kind = MAILLOG_QUEUED;
	return ev->size < 0 || ev->nrcpts < 0 ? MAILLOG_BROKEN :
		MAILLOG_EVENT;
}

/* "0.35" or "1200" seconds. */
static int64_t delay_of(struct span s)
{
	size_t dot = span_chr(s, '.'), digits = 0;
	int64_t whole = maillog_number(span_sub(s, 0, dot)), ms = 0;

	if (whole < 0 || whole > INT32_MAX)
		return -1;
	for (size_t i = dot; dot != SIZE_MAX && ++i < s.n && digits < 3;
	     digits++)
		ms = ms * 10 + (s.p[i] >= '0' && s.p[i] <= '9' ?
			s.p[i] - '0' : 0);
	for (; digits < 3; digits++)
		ms *= 10;
	return whole * 1000 + ms;
}

static bool kind_of(struct span status, enum maillog_kind *kind_r)
{
	if (span_is(status, "sent"))
		*kind_r = MAILLOG_DELIVERED;
	else if (span_is(status, "deferred"))
		*kind_r = MAILLOG_DEFERRED;
	else if (span_is(status, "bounced"))
		*kind_r = MAILLOG_BOUNCED;
	else if (span_is(status, "expired"))
		*kind_r = MAILLOG_EXPIRED;
	else
		return false;
	return true;
}

/* smtp, lmtp, pipe, local, virtual, error, discard. */
static enum maillog_step agent(struct span s, struct maillog_event *ev)
{
	struct span rest, status;
	size_t at;

	if (!take_id(&s, ev) || !maillog_skip(&s, "to="))
		return MAILLOG_FOREIGN;
	if (!maillog_address(&s, &ev->rcpt))
		return MAILLOG_BROKEN;
	at = span_find(s, SPAN(", status="));
	if (at == SIZE_MAX)
		return MAILLOG_BROKEN;
	rest = span_after(s, at + 9);
	s = span_sub(s, 0, at);
	ev->remote = maillog_value(s, ", relay=", ",");
	ev->delay_ms = delay_of(maillog_value(s, ", delay=", ","));
	ev->dsn = maillog_value(s, ", dsn=", ",");
	at = span_chr(rest, ' ');
	status = span_sub(rest, 0, at);
	if (!kind_of(status, &ev->kind))
		return MAILLOG_FOREIGN;
	rest = at == SIZE_MAX ? SPAN("") : span_after(rest, at + 1);
	if (maillog_skip(&rest, "(") && rest.n && rest.p[rest.n - 1] == ')')
		rest.n--;
	ev->reply = rest;
	return MAILLOG_EVENT;
}

/* "QID: sender non-delivery notification: QID2" */
static enum maillog_step bounce(struct span s, struct maillog_event *ev)
{
	size_t at;

	if (!take_id(&s, ev))
		return MAILLOG_FOREIGN;
	at = span_find(s, SPAN(" notification: "));
	if (at == SIZE_MAX)
		return MAILLOG_FOREIGN;
	ev->kind = MAILLOG_NOTIFIED;
	ev->reply = span_sub(s, 0, at + 13);
	ev->next_id = span_after(s, at + 15);
	return is_queue_id(ev->next_id) ? MAILLOG_EVENT : MAILLOG_BROKEN;
}

/* "QID: uid=0 from=<root>": handed in by sendmail(1). */
static enum maillog_step pickup(struct span s, struct maillog_event *ev)
{
	if (!take_id(&s, ev) || !span_starts(s, SPAN("uid=")))
		return MAILLOG_FOREIGN;
	ev->kind = MAILLOG_ACCEPTED;
	ev->has_sender = maillog_address_of(s, " from=<", &ev->sender);
	return MAILLOG_EVENT;
}

enum maillog_step maillog_postfix(struct span service, struct span s,
	struct maillog_event *ev)
{
	static const struct {
		const char *service;
		enum maillog_step (*read)(struct span s,
			struct maillog_event *ev);
	} readers[] = {
		{ "smtpd", smtpd }, { "postscreen", smtpd },
		{ "cleanup", cleanup }, { "qmgr", qmgr }, { "nqmgr", qmgr },
		{ "smtp", agent }, { "lmtp", agent }, { "relay", agent },
		{ "pipe", agent }, { "local", agent }, { "virtual", agent },
		{ "error", agent }, { "retry", agent }, { "discard", agent },
		{ "bounce", bounce }, { "defer", bounce }, { "trace", bounce },
		{ "pickup", pickup },
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (span_is(service, readers[i].service))
			return readers[i].read(s, ev);
	return MAILLOG_FOREIGN;
}
