/* The client's side of SMTP, so that the same mail goes through an MTA. */
#include "milterload.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static __attribute__((format(printf, 2, 3)))
void smtp_line(struct conn *c, const char *fmt, ...)
{
	char tmp[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(tmp, sizeof tmp, fmt, ap);
	va_end(ap);
	if (n > 0)
		buf_add(&c->out, tmp, (size_t)n < sizeof tmp ? (size_t)n :
			sizeof tmp - 1);
}

static void put_header(struct conn *c, const struct header *h)
{
	smtp_line(c, "%.500s:", h->name);
	for (const char *v = h->value; *v; v++) {
		if (*v == '\n')
			buf_add(&c->out, "\r", 1);
		buf_add(&c->out, v, 1);
	}
	buf_add(&c->out, "\r\n", 2);
}

/* Header and body, dots doubled (RFC 5321, 4.5.2), and the end. */
static void put_content(struct conn *c)
{
	const struct message *m = c->m;
	const char *p = m->body, *end = m->body + m->body_len, *e;

	for (int i = 0; i < m->nh; i++)
		put_header(c, &m->h[i]);
	buf_add(&c->out, "\r\n", 2);
	while (p < end) {
		e = memchr(p, '\n', (size_t)(end - p));
		e = e ? e + 1 : end;
		if (*p == '.')
			buf_add(&c->out, ".", 1);
		buf_add(&c->out, p, (size_t)(e - p));
		p = e;
	}
	if (m->body_len == 0 || end[-1] != '\n')
		buf_add(&c->out, "\r\n", 2);
	buf_add(&c->out, ".\r\n", 3);
	c->t_eob = now();
}

static void put_mail_from(struct conn *c)
{
	smtp_line(c, "MAIL FROM:%s\r\n", opt.from ? opt.from : c->m->sender);
	c->stage = S_MAIL;
}

/* The message has its verdict: another one, or QUIT. */
static bool end_message(struct conn *c, enum verdict v, const char *text)
{
	bool at_end = c->stage == S_EOB;

	conn_finish(c, v, text);
	if (++c->in_conn < opt.per_conn && conn_more_work() &&
			v != V_SHUTDOWN) {
		conn_take(c);
		if (at_end) {
			put_mail_from(c);
		} else {
			smtp_line(c, "RSET\r\n");
			c->stage = S_HELO;  /* RSET answers as EHLO does */
		}
		return true;
	}
	conn_quit(c, "QUIT\r\n", 6);
	return false;
}

/* What the answer means for the message; V_N: it goes on. */
static enum verdict judge(struct conn *c, long code)
{
	if (code < 400) {
		if (c->stage == S_RCPT) {
			c->idx++;
			c->rcpt_ok++;
		}
		return c->stage == S_EOB ? V_ACCEPT : V_N;
	}
	if (c->stage == S_NEG)
		return V_SHUTDOWN;
	if (c->stage == S_RCPT) {
		cnt.rcpt_refused++;
		if (++c->idx < opt.nrcpt || c->rcpt_ok > 0)
			return V_N;
	}
	return code >= 500 ? V_REJECT : V_TEMPFAIL;
}

static void put_rcpt_or_data(struct conn *c)
{
	if (c->idx < opt.nrcpt) {
		smtp_line(c, "RCPT TO:%s\r\n", opt.rcpt[c->idx]);
		c->stage = S_RCPT;
	} else {
		smtp_line(c, "DATA\r\n");
		c->stage = S_DATA;
	}
}

/* Takes one whole answer; false when the connection is gone. */
static bool smtp_reply(struct conn *c, long code, const char *text)
{
	enum verdict v;

	c->t_op = now();
	v = judge(c, code);
	if (v != V_N)
		return end_message(c, v, code >= 400 ? text : NULL);
	switch (c->stage) {
	case S_NEG:
		smtp_line(c, "EHLO %s\r\n", opt.helo);
		c->stage = S_HELO;
		break;
	case S_HELO:
		put_mail_from(c);
		break;
	case S_MAIL:
		c->idx = 0;
		put_rcpt_or_data(c);
		break;
	case S_RCPT:
		put_rcpt_or_data(c);
		break;
	case S_DATA:
		put_content(c);
		c->stage = S_EOB;
		break;
	default:
		die("internal: stage %d", (int)c->stage);
	}
	return true;
}

void smtp_input(struct conn *c)
{
	char *l, *nl;
	size_t n;

	while ((nl = memchr(c->in.p + c->in.off, '\n',
			c->in.len - c->in.off))) {
		l = c->in.p + c->in.off;
		n = (size_t)(nl - l);
		c->in.off += n + 1;
		if (n > 0 && l[n - 1] == '\r')
			n--;
		l[n] = '\0';
		if (n < 3 || !isdigit((unsigned char)l[0])) {
			errno = EPROTO;
			conn_fail(c, &cnt.err_protocol, "bad SMTP reply");
			return;
		}
		if (l[3] != '-' && !smtp_reply(c, strtol(l, NULL, 10), l))
			return;
	}
	if (c->in.off == c->in.len)
		c->in.off = c->in.len = 0;
}
