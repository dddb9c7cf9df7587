#include "net/smtp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/stream.h"

enum {
	REPLY_LINE_MAX = 2048,	/* RFC 5321 section 4.5.3.1.5 says 512 */
	REPLY_LINES_MAX = 128,
	ADDRESS_MAX = 1000,
	FLUSH_BYTES = 64 << 10,
};

struct session {
	int fd;
	int64_t timeout_ms;
	bool eightbit, utf8;	/* what the server said it can */
	bool lost;		/* no more commands make sense */
	unsigned char in[REPLY_LINE_MAX];
	size_t nin;
};

static void set(struct smtp_result *r, enum smtp_outcome outcome,
	struct span text)
{
	size_t n = 0;

	r->outcome = outcome;
	for (size_t i = 0; i < text.n && n < sizeof(r->reply) - 1; i++)
		r->reply[n++] = text.p[i] >= ' ' && text.p[i] <= '~' ?
			(char)text.p[i] : '?';
	r->reply[n] = 0;
}

static void lose(struct session *s, struct smtp_result *r, const char *why)
{
	s->lost = true;
	set(r, SMTP_LATER, span_of(why));
}

/* One line of a reply, without its end, in s->in; false: none came. */
static bool read_line(struct session *s, int64_t deadline_ms, size_t *used,
	struct span *line_r, struct smtp_result *r)
{
	struct err e;

	memmove(s->in, s->in + *used, s->nin - *used);
	s->nin -= *used;
	*used = 0;
	for (;;) {
		size_t end = span_chr(span_from(s->in, s->nin), '\n');
		ssize_t got;

		if (end != SIZE_MAX) {
			*line_r = span_trim(span_from(s->in, end));
			*used = end + 1;
			return true;
		}
		if (s->nin == sizeof(s->in)) {
			lose(s, r, "garbled answer: line too long");
			return false;
		}
		got = stream_recv(s->fd, s->in + s->nin,
			sizeof(s->in) - s->nin, deadline_ms, &e);
		if (got <= 0) {
			lose(s, r, got < 0 ? e.text : "connection closed");
			return false;
		}
		s->nin += (size_t)got;
	}
}

/* The three digits in front of a line; 0: it is no reply. */
static unsigned reply_code(struct span line, bool *more_r)
{
	unsigned code = 0;

	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5')
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return 0;
		code = code * 10 + line.p[i] - '0';
	}
	*more_r = line.n > 3 && line.p[3] == '-';
	return line.n == 3 || *more_r || line.p[3] == ' ' ? code : 0;
}

static void note_extension(struct session *s, struct span word)
{
	if (span_caseeq(word, SPAN("8BITMIME")))
		s->eightbit = true;
	else if (span_caseeq(word, SPAN("SMTPUTF8")))
		s->utf8 = true;
}

/* A whole reply; its code's first digit decides. */
static unsigned read_reply(struct session *s, struct smtp_result *r)
{
	int64_t deadline = clock_ms() + s->timeout_ms;
	unsigned code = 0;
	size_t used = 0;
	bool more = true;
	struct span line;

	for (int i = 0; more && i < REPLY_LINES_MAX; i++) {
		if (!read_line(s, deadline, &used, &line, r))
			return 0;
		code = reply_code(line, &more);
		if (code == 0)
			break;
		note_extension(s, span_after(line, 4));
	}
	if (code == 0 || more) {
		lose(s, r, "garbled answer");
		return 0;
	}
	set(r, code < 400 ? SMTP_DONE : code < 500 ? SMTP_LATER :
		SMTP_REFUSED, line);
	memmove(s->in, s->in + used, s->nin - used);
	s->nin -= used;
	if (code == 421)
		s->lost = true;
	return code;
}

/* Sends one command line and reads what is said to it. */
static bool command(struct session *s, unsigned wanted, struct smtp_result *r,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static bool command(struct session *s, unsigned wanted, struct smtp_result *r,
	const char *fmt, ...)
{
	char line[ADDRESS_MAX + 128];
	struct err e;
	unsigned code;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 2, fmt, ap);
	va_end(ap);
	memcpy(line + n, "\r\n", 2);
	if (stream_send(s->fd, span_from(line, (size_t)n + 2),
	    clock_ms() + s->timeout_ms, &e) < 0) {
		lose(s, r, e.text);
		return false;
	}
	code = read_reply(s, r);
	/* Another positive answer than the one that belongs here. */
	if (code && code < 400 && code / 100 != wanted)
		lose(s, r, "garbled answer");
	return code / 100 == wanted;
}

/* Nothing that could end the command line and start another one. */
static bool address_fits(struct span a)
{
	if (a.n > ADDRESS_MAX)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] < ' ' || a.p[i] == 0x7f)
			return false;
	return true;
}

static bool has_eightbit(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] & 0x80)
			return true;
	return false;
}

/* A server that takes no session at all says nothing about the message. */
static bool greet(struct session *s, const char *helo, struct smtp_result *r)
{
	bool greeted = read_reply(s, r) / 100 == 2;

	s->eightbit = s->utf8 = false;
	greeted = greeted && (command(s, 2, r, "EHLO %s", helo) ||
		(!s->lost && command(s, 2, r, "HELO %s", helo)));
	if (!greeted)
		r->outcome = SMTP_LATER;
	return greeted;
}

static bool send_mail_from(struct session *s, struct span from,
	const struct span *rcpts, size_t nrcpts, struct span body,
	struct smtp_result *r)
{
	bool utf8 = has_eightbit(from);

	for (size_t i = 0; i < nrcpts; i++)
		utf8 = utf8 || has_eightbit(rcpts[i]);
	if (!address_fits(from)) {
		set(r, SMTP_REFUSED, SPAN("sender address cannot be sent"));
		return false;
	}
	return command(s, 2, r, "MAIL FROM:<%.*s>%s%s", SPAN_FMT(from),
		s->eightbit && has_eightbit(body) ? " BODY=8BITMIME" : "",
		s->utf8 && utf8 ? " SMTPUTF8" : "");
}

/* How many recipients were taken. */
static size_t send_rcpts(struct session *s, const struct span *rcpts,
	size_t nrcpts, struct smtp_result *each, struct smtp_result *r)
{
	size_t taken = 0;

	for (size_t i = 0; i < nrcpts; i++) {
		if (s->lost)
			set(&each[i], SMTP_LATER, span_of(r->reply));
		else if (!address_fits(rcpts[i]) || rcpts[i].n == 0)
			set(&each[i], SMTP_REFUSED, SPAN("recipient address "
				"cannot be sent"));
		else if (command(s, 2, &each[i], "RCPT TO:<%.*s>",
		    SPAN_FMT(rcpts[i])))
			taken++;
		if (each[i].outcome != SMTP_DONE)
			*r = each[i];
	}
	return taken;
}

/* Bytes on their way out, and where on the line they ended. */
struct content {
	struct session *s;
	struct buf out;
	bool cr, line_start;
};

static bool flush(struct content *c, struct err *e)
{
	int result = stream_send(c->s->fd, buf_bytes(&c->out),
		clock_ms() + c->s->timeout_ms, e);

	c->out.n = 0;
	return result == 0;
}

/* RFC 5321 section 4.5.2: a dot in front of a line's dot. */
static void put_byte(struct content *c, unsigned char byte)
{
	if (byte == '\n' && !c->cr)
		buf_byte(&c->out, '\r');
	else if (byte == '.' && c->line_start)
		buf_byte(&c->out, '.');
	buf_byte(&c->out, byte);
	c->cr = byte == '\r';
	c->line_start = byte == '\n';
}

static bool send_body(struct session *s, struct span body, struct err *e)
{
	struct content c = { .s = s, .line_start = true };
	bool good = true;

	for (size_t i = 0; i < body.n && good; i++) {
		put_byte(&c, body.p[i]);
		if (c.out.n >= FLUSH_BYTES)
			good = flush(&c, e);
	}
	buf_string(&c.out, c.line_start ? ".\r\n" : "\r\n.\r\n");
	good = good && flush(&c, e);
	buf_free(&c.out);
	return good;
}

static void send_data(struct session *s, struct span body,
	struct smtp_result *r)
{
	struct err e;

	if (!command(s, 3, r, "DATA"))
		return;
	if (!send_body(s, body, &e)) {
		lose(s, r, e.text);
		return;
	}
	read_reply(s, r);
	/* Only a 2xx takes the responsibility over. */
	if (r->outcome == SMTP_DONE && r->reply[0] != '2')
		lose(s, r, "garbled answer");
}

static void converse(struct session *s, const char *helo, struct span from,
	const struct span *rcpts, size_t nrcpts, struct span body,
	struct smtp_result *each, struct smtp_result *r)
{

	if (!greet(s, helo, r) ||
	    !send_mail_from(s, from, rcpts, nrcpts, body, r)) {
		for (size_t i = 0; i < nrcpts; i++)
			each[i] = *r;
	} else if (send_rcpts(s, rcpts, nrcpts, each, r) > 0) {
		if (s->lost)
			set(r, SMTP_LATER, span_of(r->reply));
		else
			send_data(s, body, r);
		for (size_t i = 0; i < nrcpts; i++)
			if (each[i].outcome == SMTP_DONE)
				each[i] = *r;
	}
	/*
	 * Nobody waits for the answer: until our caller knows that the message
	 * is sent, a kill makes it be sent again.
	 */
	if (!s->lost)
		stream_send(s->fd, SPAN("QUIT\r\n"), clock_ms(), NULL);
}

void smtp_send(const char *where, const char *helo, struct span mail_from,
	const struct span *rcpts, size_t nrcpts, struct span body,
	int64_t timeout_ms, struct smtp_result *rcpt_results_r,
	struct smtp_result *result_r)
{
	struct session s = { .timeout_ms = timeout_ms };
	struct buf own = { 0 };
	struct smtp_result *each = rcpt_results_r;
	struct err e;

	if (nrcpts == 0) {
		set(result_r, SMTP_REFUSED, SPAN("no recipient"));
		return;
	}
	if (each == NULL)
		each = (void *)buf_room(&own, nrcpts * sizeof(*each));
	s.fd = stream_connect(where, clock_ms() + timeout_ms, &e);
	if (s.fd < 0) {
		set(result_r, SMTP_LATER, span_of(e.text));
		for (size_t i = 0; i < nrcpts; i++)
			each[i] = *result_r;
	} else {
		converse(&s, helo, mail_from, rcpts, nrcpts, body, each,
			result_r);
		close(s.fd);
	}
	buf_free(&own);
}
