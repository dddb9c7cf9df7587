/* The MTA's side of the milter protocol, as libmilter's mfdef.h names it. */
#include "milterload.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum command {
	CMD_ABORT = 'A', CMD_BODY = 'B', CMD_CONNECT = 'C', CMD_MACRO = 'D',
	CMD_EOB = 'E', CMD_HELO = 'H', CMD_HEADER = 'L', CMD_MAIL = 'M',
	CMD_EOH = 'N', CMD_OPTNEG = 'O', CMD_QUIT = 'Q', CMD_RCPT = 'R',
	CMD_DATA = 'T'
};
enum answer {
	REP_ADDRCPT = '+', REP_DELRCPT = '-', REP_ADDRCPT_PAR = '2',
	REP_SHUTDOWN = '4', REP_ACCEPT = 'a', REP_REPLBODY = 'b',
	REP_CONTINUE = 'c', REP_DISCARD = 'd', REP_CHGFROM = 'e',
	REP_CONNFAIL = 'f', REP_ADDHEADER = 'h', REP_INSHEADER = 'i',
	REP_CHGHEADER = 'm', REP_PROGRESS = 'p', REP_QUARANTINE = 'q',
	REP_REJECT = 'r', REP_SKIP = 's', REP_TEMPFAIL = 't', REP_CODE = 'y'
};
/* Protocol options: "do not send this", and "you get no answer to this". */
enum {
	P_NOCONNECT = 0x1, P_NOHELO = 0x2, P_NOMAIL = 0x4, P_NORCPT = 0x8,
	P_NOBODY = 0x10, P_NOHDRS = 0x20, P_NOEOH = 0x40, P_NR_HDR = 0x80,
	P_NODATA = 0x200, P_NR_CONN = 0x1000, P_NR_HELO = 0x2000,
	P_NR_MAIL = 0x4000, P_NR_RCPT = 0x8000, P_NR_DATA = 0x10000,
	P_NR_UNKN = 0x20000, P_NR_EOH = 0x40000, P_NR_BODY = 0x80000,
	P_LEADSPC = 0x100000,
	ALL_NR = P_NR_HDR | P_NR_CONN | P_NR_HELO | P_NR_MAIL | P_NR_RCPT |
		P_NR_DATA | P_NR_UNKN | P_NR_EOH | P_NR_BODY,
	ALL_PROTO = 0x1fffff, ALL_ACTIONS = 0x1ff
};
enum { MAX_PACKET = 1 << 20, OUT_FULL = 1 << 20 };

/* ---- packets ------------------------------------------------------------ */

static void put_u32(struct buf *b, uint32_t v)
{
	v = htonl(v);
	buf_add(b, &v, 4);
}

static void put_str0(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s) + 1);
}

static uint32_t get_u32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

/* A packet is built in place: packet_end() fills in its length. */
static size_t packet_begin(struct buf *b, enum command cmd)
{
	size_t at = b->len;
	char c = (char)cmd;

	put_u32(b, 0);
	buf_add(b, &c, 1);
	return at;
}

static void packet_end(struct buf *b, size_t at)
{
	uint32_t n = htonl((uint32_t)(b->len - at - 4));

	memcpy(b->p + at, &n, 4);
}

/* A command and its strings, ended by NULL. */
static void put_command(struct buf *b, enum command cmd, ...)
{
	size_t at = packet_begin(b, cmd);
	const char *s;
	va_list ap;

	va_start(ap, cmd);
	while ((s = va_arg(ap, const char *)))
		put_str0(b, s);
	va_end(ap);
	packet_end(b, at);
}

/* The macros of a command: names and values in turn, ended by NULL. */
static void put_macros(struct buf *b, enum command cmd, ...)
{
	size_t at = packet_begin(b, CMD_MACRO);
	char of = (char)cmd;
	const char *s;
	va_list ap;

	buf_add(b, &of, 1);
	va_start(ap, cmd);
	while ((s = va_arg(ap, const char *)))
		put_str0(b, s);
	va_end(ap);
	packet_end(b, at);
}

/* The address without its angle brackets. */
static void strip_address(const char *s, char *to, size_t size)
{
	if (*s == '<')
		s++;
	snprintf(to, size, "%.*s", (int)strcspn(s, ">"), s);
}

/* ---- one function a stage: true when an answer is awaited --------------- */

static bool send_connect(struct conn *c)
{
	struct buf *b = &c->out;
	uint16_t port = htons(34567);
	char ip[64];
	size_t at;

	snprintf(ip, sizeof ip, "%s", opt.client);
	if (opt.vary_ip)
		snprintf(ip, sizeof ip, "198.51.%ld.%ld",
			100 + (c->serial >> 8) % 100, c->serial & 255);
	put_macros(b, CMD_CONNECT, "j", "mx.example.org",
		"{daemon_name}", "mx.example.org", "{client_addr}", ip,
		"{client_name}", opt.helo, "v", "Postfix 3.7.11",
		"{daemon_addr}", "127.0.0.1", NULL);
	if (!(c->proto & P_NOCONNECT)) {
		at = packet_begin(b, CMD_CONNECT);
		put_str0(b, opt.helo);
		buf_add(b, strchr(ip, ':') ? "6" : "4", 1);
		buf_add(b, &port, 2);
		put_str0(b, ip);
		packet_end(b, at);
		if (!(c->proto & P_NR_CONN))
			return true;
	}
	c->stage = S_HELO;
	return false;
}

static bool send_helo(struct conn *c)
{
	if (!(c->proto & P_NOHELO)) {
		put_command(&c->out, CMD_HELO, opt.helo, NULL);
		if (!(c->proto & P_NR_HELO))
			return true;
	}
	c->stage = S_MAIL;
	return false;
}

static bool send_mail(struct conn *c)
{
	const char *from = opt.from ? opt.from : c->m->sender;
	char addr[256];

	strip_address(from, addr, sizeof addr);
	put_macros(&c->out, CMD_MAIL, "i", "4BENCH", "{mail_addr}", addr,
		"{mail_host}", "example.org", "{mail_mailer}", "smtp", NULL);
	if (!(c->proto & P_NOMAIL)) {
		put_command(&c->out, CMD_MAIL, from, NULL);
		if (!(c->proto & P_NR_MAIL))
			return true;
	}
	c->stage = S_RCPT;
	c->idx = 0;
	return false;
}

static bool send_rcpt(struct conn *c)
{
	char addr[256];

	if (c->proto & P_NORCPT)
		c->rcpt_ok = opt.nrcpt;
	if (c->idx >= opt.nrcpt || (c->proto & P_NORCPT)) {
		c->stage = S_DATA;
		return false;
	}
	strip_address(opt.rcpt[c->idx], addr, sizeof addr);
	put_macros(&c->out, CMD_RCPT, "{rcpt_addr}", addr,
		"{rcpt_host}", "example.org", "{rcpt_mailer}", "smtp", NULL);
	put_command(&c->out, CMD_RCPT, opt.rcpt[c->idx], NULL);
	if (!(c->proto & P_NR_RCPT))
		return true;
	c->idx++;
	c->rcpt_ok++;
	return false;
}

static bool send_data(struct conn *c)
{
	c->idx = 0;
	put_macros(&c->out, CMD_DATA, "i", "4BENCH", NULL);
	if (!(c->proto & P_NODATA)) {
		put_command(&c->out, CMD_DATA, NULL);
		if (!(c->proto & P_NR_DATA))
			return true;
	}
	c->stage = S_HEADER;
	return false;
}

static bool send_header(struct conn *c)
{
	const struct header *h;
	const char *v;

	if (c->idx >= c->m->nh || (c->proto & P_NOHDRS)) {
		c->stage = S_EOH;
		return false;
	}
	h = &c->m->h[c->idx];
	v = h->value;
	if (!(c->proto & P_LEADSPC) && (*v == ' ' || *v == '\t'))
		v++;
	put_command(&c->out, CMD_HEADER, h->name, v, NULL);
	if (!(c->proto & P_NR_HDR))
		return true;
	c->idx++;
	return false;
}

static bool send_eoh(struct conn *c)
{
	if (!(c->proto & P_NOEOH)) {
		put_command(&c->out, CMD_EOH, NULL);
		if (!(c->proto & P_NR_EOH))
			return true;
	}
	c->stage = S_BODY;
	return false;
}

static bool send_body(struct conn *c)
{
	size_t left = c->m->body_len - c->body_off, at;

	if (left == 0 || c->skip_body || (c->proto & P_NOBODY)) {
		c->stage = S_EOB;
		return false;
	}
	/* a great message is not copied whole */
	if (c->out.len >= OUT_FULL) {
		c->more = true;
		return true;
	}
	if (left > opt.chunk)
		left = opt.chunk;
	at = packet_begin(&c->out, CMD_BODY);
	buf_add(&c->out, c->m->body + c->body_off, left);
	packet_end(&c->out, at);
	c->body_off += left;
	return !(c->proto & P_NR_BODY);
}

static bool send_eob(struct conn *c)
{
	put_macros(&c->out, CMD_EOB, "i", "4BENCH", NULL);
	put_command(&c->out, CMD_EOB, NULL);
	c->t_eob = now();
	return true;
}

void milter_push(struct conn *c)
{
	static bool (*const send_stage[S_N])(struct conn *) = {
		[S_CONNECT] = send_connect, [S_HELO] = send_helo,
		[S_MAIL] = send_mail, [S_RCPT] = send_rcpt,
		[S_DATA] = send_data, [S_HEADER] = send_header,
		[S_EOH] = send_eoh, [S_BODY] = send_body, [S_EOB] = send_eob
	};

	c->more = false;
	while (!send_stage[c->stage](c))
		;
}

void milter_open(struct conn *c)
{
	size_t at = packet_begin(&c->out, CMD_OPTNEG);

	put_u32(&c->out, 6);
	put_u32(&c->out, ALL_ACTIONS);
	put_u32(&c->out, opt.no_nr ? ALL_PROTO & ~ALL_NR : ALL_PROTO);
	packet_end(&c->out, at);
}

/* ---- answers: functions return false when the connection is gone -------- */

static bool protocol_error(struct conn *c, const char *why)
{
	errno = EPROTO;
	conn_fail(c, &cnt.err_protocol, why);
	return false;
}

static bool negotiated(struct conn *c, char code, const char *p, size_t n)
{
	if (code != CMD_OPTNEG || n < 12)
		return protocol_error(c, "bad negotiation");
	cnt.nego_version = get_u32(p);
	cnt.nego_actions = get_u32(p + 4);
	cnt.nego_proto = c->proto = get_u32(p + 8);
	c->stage = S_CONNECT;
	milter_push(c);
	return true;
}

/* Keeps an added header for -o, as NAME=VALUE and a tab. */
static void note_header(struct conn *c, const char *p, size_t n)
{
	size_t name = strnlen(p, n), i;

	if (!opt.out)
		return;
	buf_add(&c->headers, p, name);
	buf_add(&c->headers, "=", 1);
	for (i = name + 1; i < n && p[i]; i++)
		buf_add(&c->headers, (unsigned char)p[i] < ' ' ? " " : p + i,
			1);
	buf_add(&c->headers, "\t", 1);
}

/* The counter of an answer that is not the last word; else NULL. */
static long *change_counter(char code)
{
	switch (code) {
	case REP_ADDHEADER: return &cnt.addheader;
	case REP_INSHEADER: return &cnt.insheader;
	case REP_CHGHEADER: return &cnt.chgheader;
	case REP_ADDRCPT:
	case REP_ADDRCPT_PAR: return &cnt.addrcpt;
	case REP_DELRCPT: return &cnt.delrcpt;
	case REP_CHGFROM: return &cnt.chgfrom;
	case REP_REPLBODY: return &cnt.replbody;
	case REP_QUARANTINE: return &cnt.quarantine;
	default: return NULL;
	}
}

static bool take_change(struct conn *c, char code, const char *p, size_t n)
{
	long *counter = change_counter(code);

	if (code == REP_PROGRESS) {
		cnt.progress++;
		return true;
	}
	if (!counter)
		return false;
	*counter += c->serial >= opt.warm;
	if (code == REP_ADDHEADER)
		note_header(c, p, n);
	else if ((code == REP_INSHEADER || code == REP_CHGHEADER) && n > 4)
		note_header(c, p + 4, n - 4);
	return true;
}

/* What a last word means: a verdict, V_N to go on, V_ERROR if unknown. */
static enum verdict judge(struct conn *c, char code, const char *p, size_t n)
{
	switch (code) {
	case REP_CONTINUE: return V_N;
	case REP_SKIP:
		c->skip_body = true;
		cnt.skip += c->serial >= opt.warm;
		return V_N;
	case REP_ACCEPT: return V_ACCEPT;
	case REP_REJECT: return V_REJECT;
	case REP_TEMPFAIL: return V_TEMPFAIL;
	case REP_DISCARD: return V_DISCARD;
	case REP_SHUTDOWN:
	case REP_CONNFAIL: return V_SHUTDOWN;
	case REP_CODE:
		cnt.replycode += c->serial >= opt.warm;
		return n > 0 && p[0] == '4' ? V_TEMPFAIL : V_REJECT;
	default: return V_ERROR;
	}
}

/* The message is over: the next one on this connection, or the end of it. */
static bool end_message(struct conn *c, enum verdict v, const char *detail)
{
	static const char quit[5] = { 0, 0, 0, 1, CMD_QUIT };

	if (c->stage == S_CONNECT || c->stage == S_HELO)
		c->conn_accepted = true;
	c->need_abort = c->stage != S_EOB;
	conn_finish(c, v, *detail ? detail : NULL);
	c->in_conn++;
	if (c->in_conn >= opt.per_conn || c->conn_accepted ||
			!conn_more_work()) {
		conn_quit(c, quit, sizeof quit);
		return false;
	}
	if (c->need_abort)
		put_command(&c->out, CMD_ABORT, NULL);
	c->need_abort = false;
	conn_take(c);
	c->stage = S_MAIL;
	milter_push(c);
	return true;
}

/* A milter may refuse one recipient and take the others. */
static bool rcpt_refused(struct conn *c)
{
	cnt.rcpt_refused += c->serial >= opt.warm;
	return ++c->idx < opt.nrcpt || c->rcpt_ok > 0;
}

static void advance(struct conn *c)
{
	switch (c->stage) {
	case S_CONNECT: c->stage = S_HELO; break;
	case S_HELO: c->stage = S_MAIL; break;
	case S_MAIL: c->stage = S_RCPT; c->idx = 0; break;
	case S_RCPT: c->idx++; c->rcpt_ok++; break;
	case S_DATA: c->stage = S_HEADER; c->idx = 0; break;
	case S_HEADER: c->idx++; break;
	case S_EOH: c->stage = S_BODY; break;
	default: break;
	}
}

static bool take_answer(struct conn *c, char code, const char *p, size_t n)
{
	char detail[160] = "";
	enum verdict v;

	c->t_op = now();
	if (c->stage == S_NEG)
		return negotiated(c, code, p, n);
	if (take_change(c, code, p, n))
		return true;
	v = judge(c, code, p, n);
	if (v == V_ERROR)
		return protocol_error(c, "unknown reply");
	if (code == REP_CODE)
		snprintf(detail, sizeof detail, "%.*s", (int)strnlen(p, n), p);
	for (char *q = detail; *q; q++)
		if ((unsigned char)*q < ' ')
			*q = ' ';
	if (c->stage == S_RCPT && (v == V_REJECT || v == V_TEMPFAIL) &&
			rcpt_refused(c)) {
		milter_push(c);
		return true;
	}
	if (v == V_N && c->stage == S_EOB)
		v = V_ACCEPT;
	if (v != V_N)
		return end_message(c, v, detail);
	advance(c);
	milter_push(c);
	return true;
}

void milter_input(struct conn *c)
{
	struct buf *b = &c->in;
	const char *p;
	uint32_t len;

	while (b->len - b->off >= 5) {
		p = b->p + b->off;
		len = get_u32(p);
		if (len == 0 || len > MAX_PACKET) {
			protocol_error(c, "bad packet length");
			return;
		}
		if (b->len - b->off < len + 4)
			break;
		b->off += len + 4;
		if (!take_answer(c, p[4], p + 5, len - 1))
			return;
	}
	if (b->off == b->len) {
		b->off = b->len = 0;
	} else if (b->off > 65536) {
		memmove(b->p, b->p + b->off, b->len - b->off);
		b->len -= b->off;
		b->off = 0;
	}
}
