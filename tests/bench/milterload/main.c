/* milterload: the command line. Exit: 0 all messages got a verdict, 1 some
 * errors, 2 usage or set-up. */
#include "milterload.h"
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

struct options opt = {
	.helo = "client.example.net", .client = "192.0.2.10", .label = "",
	.conc = 1, .per_conn = 1, .n = -1, .max_errors = 100,
	.seconds = 60, .timeout = 60, .chunk = BODY_CHUNK,
	.max_size = 4u << 20
};

/* Paths in the order given: read when all options are known. */
static struct input {
	const char *path;
	bool list;
} *inputs;
static size_t ninputs;

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("milterload: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

void *must(void *p)
{
	if (!p)
		die("out of memory");
	return p;
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static _Noreturn void usage(void)
{
	fputs("usage: milterload -s SOCKET -d PATH [options]\n"
	"  -s SOCKET   unix:/path, inet:PORT@HOST or HOST:PORT;\n"
	"              smtp:HOST:PORT for SMTP\n"
	"  -d PATH     message file or folder (repeatable)\n"
	"  -L FILE     list of message files, one a line (-: standard input)\n"
	"  -Z BYTES    leave out files over this size (4194304)\n"
	"  -c N        connections at once (1)\n"
	"  -n N        messages in total (default: one pass over the files)\n"
	"  -t SEC      stop starting new messages after SEC seconds (60)\n"
	"  -m N        messages per connection (1)\n"
	"  -w N        warm-up messages, not counted (0)\n"
	"  -W SEC      wait at most SEC seconds for the socket (0)\n"
	"  -T SEC      time limit on one operation (60)\n"
	"  -E N        give up after N errors (100)\n"
	"  -f ADDR     envelope sender (default: Return-Path or From)\n"
	"  -r ADDR     recipient (repeatable; <user@example.org>)\n"
	"  -H NAME     HELO and client name   -C IP  client address\n"
	"  -V          vary the client address per connection (198.51.x.y)\n"
	"  -x          shuffle the messages (fixed seed)\n"
	"  -k BYTES    body chunk size (65535)\n"
	"  -N          do not offer the no-reply options\n"
	"  -p PID      measure this process and its children (repeatable)\n"
	"  -o FILE     one line a message: path, verdict, stage, ms, reply,\n"
	"              headers\n"
	"  -l LABEL    label in the report   -j  JSON   -q  quiet\n", stderr);
	exit(2);
}

static long number(int option, long min, long max)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(optarg, &end, 10);
	if (errno || end == optarg || *end || v < min || v > max)
		die("-%c %s: a number from %ld to %ld is wanted", option,
			optarg, min, max);
	return v;
}

static double duration(int option)
{
	char *end;
	double v = strtod(optarg, &end);

	if (end == optarg || *end || !(v >= 0 && v < 1e9))
		die("-%c %s: seconds are wanted", option, optarg);
	return v;
}

static void add_input(bool list)
{
	inputs = must(realloc(inputs, (ninputs + 1) * sizeof *inputs));
	inputs[ninputs++] = (struct input){ optarg, list };
}

static void add_rcpt(void)
{
	if (opt.nrcpt == MAX_RCPT)
		die("-r %s: at most %d recipients", optarg, MAX_RCPT);
	opt.rcpt[opt.nrcpt++] = optarg;
}

static void add_pid(void)
{
	if (opt.npids == MAX_PIDS)
		die("-p %s: at most %d processes", optarg, MAX_PIDS);
	opt.pids[opt.npids++] = (pid_t)number('p', 1, INT_MAX);
}

static void set_option(int o)
{
	switch (o) {
	case 's': opt.socket = optarg; break;
	case 'd': add_input(false); break;
	case 'L': add_input(true); break;
	case 'Z': opt.max_size = (size_t)number(o, 1, 1L << 31); break;
	case 'c': opt.conc = (int)number(o, 1, 10000); break;
	case 'n': opt.n = number(o, 0, LONG_MAX / 2); break;
	case 't': opt.seconds = duration(o); break;
	case 'm': opt.per_conn = (int)number(o, 1, INT_MAX); break;
	case 'w': opt.warm = number(o, 0, LONG_MAX / 2); break;
	case 'W': opt.wait = duration(o); break;
	case 'T': opt.timeout = duration(o); break;
	case 'E': opt.max_errors = number(o, 0, LONG_MAX); break;
	case 'f': opt.from = optarg; break;
	case 'r': add_rcpt(); break;
	case 'H': opt.helo = optarg; break;
	case 'C': opt.client = optarg; break;
	case 'V': opt.vary_ip = true; break;
	case 'x': opt.shuffle = true; break;
	case 'k': opt.chunk = (size_t)number(o, 1, BODY_CHUNK); break;
	case 'N': opt.no_nr = true; break;
	case 'p': add_pid(); break;
	case 'o': opt.out = optarg; break;
	case 'l': opt.label = optarg; break;
	case 'j': opt.json = true; break;
	case 'q': opt.quiet = true; break;
	default: usage();
	}
}

static void read_messages(void)
{
	size_t n;

	for (size_t i = 0; i < ninputs; i++) {
		if (inputs[i].list)
			messages_load_list(inputs[i].path);
		else
			messages_load(inputs[i].path);
	}
	n = messages_ready();
	if (opt.n < 0)
		opt.n = (long)n;
}

static void on_signal(int s)
{
	(void)s;
	conn_stop();
}

int main(int argc, char **argv)
{
	struct measured m;
	double start;
	int o;

	while ((o = getopt(argc, argv,
		"s:d:L:Z:c:n:t:m:w:W:T:E:f:r:H:C:Vxk:Np:o:l:jq")) != -1)
		set_option(o);
	if (!opt.socket || optind != argc || opt.seconds <= 0)
		usage();
	if (!opt.nrcpt)
		opt.rcpt[opt.nrcpt++] = "<user@example.org>";
	read_messages();
	conn_set_address(opt.socket);
	report_open();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (opt.wait > 0)
		conn_wait_address();
	measure_start();
	start = now();
	conn_run();
	m = measure_end();
	report_print(start, &m);
	return cnt.errors ? 1 : 0;
}
