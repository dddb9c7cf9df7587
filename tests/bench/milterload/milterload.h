/*
 * milterload: a bounded load generator and probe for milters. It plays the
 * MTA's side of the milter protocol, version 6 (libmilter's mfdef.h), or with
 * a socket smtp:HOST:PORT the client's side of SMTP (RFC 5321). One thread
 * drives all connections through epoll, so that it stays cheap next to what
 * is measured; a second one samples the measured processes' memory.
 *
 * All times are seconds of the monotonic clock unless a name says ms.
 * Nothing is freed before the end: the program lives for one run.
 */
#ifndef MILTERLOAD_H
#define MILTERLOAD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { MAX_RCPT = 64, MAX_PIDS = 32, BODY_CHUNK = 65535 };

/* How a message ended, and the command whose answer ended it. */
enum verdict {
	V_ACCEPT, V_REJECT, V_TEMPFAIL, V_DISCARD, V_SHUTDOWN, V_ERROR, V_N
};
enum stage {
	S_NEG, S_CONNECT, S_HELO, S_MAIL, S_RCPT, S_DATA, S_HEADER, S_EOH,
	S_BODY, S_EOB, S_N
};

/* ---- main.c: the command line, and what everything needs ---------------- */
struct options {
	const char *socket, *from, *rcpt[MAX_RCPT], *out, *helo, *client,
		*label;
	int nrcpt, conc, per_conn;
	long n, warm, max_errors;      /* n < 0: once over all messages */
	double seconds, timeout, wait;
	bool json, no_nr, quiet, vary_ip, shuffle;
	size_t chunk, max_size;        /* bytes of a body packet, of a file */
	pid_t pids[MAX_PIDS];
	int npids;
};
extern struct options opt;

/* One line on stderr, exit 2. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* p, or the end of the program when it is NULL. */
void *must(void *p);
double now(void);

/* ---- messages.c: the mail, read once ------------------------------------ */
struct header {
	char *name, *value;    /* value: all after the colon, folded with LF */
};
struct message {
	char *path;
	struct header *h;
	int nh;
	char *body;            /* with CRLF line ends; may hold NULs */
	size_t body_len, size; /* size: bytes of the file */
	char *sender;          /* of Return-Path or From, with <> */
};

/* Adds a file, or all files of a folder and the folders in it, in the order
 * of their names. Empty files and those over opt.max_size are left out. */
void messages_load(const char *path);
/* Adds what a list names, one path a line; "-" is standard input. */
void messages_load_list(const char *path);
/* After all loads: fixes the order. Ends the program if nothing was read. */
size_t messages_ready(void);
/* The message with this number of the run; the order repeats for ever. */
const struct message *message_at(long serial);

/* ---- measure.c: CPU and memory of opt.pids and all below them ----------- */
struct measured {
	double cpu_s;          /* since the last measure_reset() */
	long pss_kb, rss_kb, procs, threads;   /* the greatest sums seen */
};
/* All three do nothing without opt.pids. */
void measure_start(void);
void measure_reset(void);
struct measured measure_end(void);

/* ---- conn.c: sockets, buffers, the event loop --------------------------- */
struct buf {
	char *p;
	size_t len, cap, off;  /* off: already written or consumed */
};
void buf_add(struct buf *b, const void *p, size_t n);

struct conn {
	int fd;
	enum { C_IDLE, C_CONNECTING, C_OPEN } state;
	enum stage stage;      /* whose answer is awaited */
	int idx;               /* number of the recipient or header */
	size_t body_off;
	bool more;             /* body is left to queue once out is written */
	bool need_abort;       /* the message ended before end of body */
	bool skip_body, conn_accepted;
	int rcpt_ok, in_conn;  /* in_conn: messages done on this connection */
	uint32_t proto;        /* negotiated protocol options */
	const struct message *m;
	long serial;
	double t_msg, t_eob, t_op;
	uint32_t ev;
	struct buf out, in;
	struct buf headers;    /* added headers, for -o */
};

/* The address of -s; ends the program if it is none. */
void conn_set_address(const char *socket);
/* Waits until somebody accepts there, at most opt.wait. */
void conn_wait_address(void);
/* All messages through opt.conc connections; returns when it is over. */
void conn_run(void);
/* Asks conn_run() to start no further message; may be called by a signal. */
void conn_stop(void);
bool conn_more_work(void);
/* The next message for a connection that has none. */
void conn_take(struct conn *c);
/* The message's verdict; the connection stays as it is. */
void conn_finish(struct conn *c, enum verdict v, const char *detail);
/* Counts an error, gives up the message and closes; errno says why. */
void conn_fail(struct conn *c, long *counter, const char *why);
/* Sends last words, best effort, closes, and starts anew if there is work. */
void conn_quit(struct conn *c, const char *words, size_t n);

/* ---- protocol.c and smtp.c: the two languages --------------------------- */
/* Queues what opens a session. */
void milter_open(struct conn *c);
/* Queues commands until one waits for an answer or out is full (c->more). */
void milter_push(struct conn *c);
/* Takes all whole answers from c->in; may end the connection. */
void milter_input(struct conn *c);
void smtp_input(struct conn *c);

/* ---- report.c: counters and the result ---------------------------------- */
struct counters {
	long verdict[V_N], stage[S_N];
	long replycode, quarantine, addheader, insheader, chgheader, addrcpt,
		delrcpt, chgfrom, replbody, progress, skip, rcpt_refused;
	long connects, err_connect, err_timeout, err_closed, err_protocol;
	long started, finished, errors;
	long long bytes;
	uint32_t nego_version, nego_actions, nego_proto;
};
extern struct counters cnt;
const char *stage_name(enum stage s);

/* Opens opt.out, a line a message. */
void report_open(void);
/* Counts a message that ended (warm-up: only its line); detail may be NULL. */
void report_message(const struct conn *c, enum verdict v, const char *detail);
/* The result on stdout; start: when the run began. */
void report_print(double start, const struct measured *m);
#endif
