#include "net/clamd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "net/stream.h"

enum { CHUNK = 256 << 10, REPLY_MAX = 4096 };

static void garbled(struct virus_answer *a)
{
	virus_answer_set(a, VIRUS_SAYS_LATER, "clamd: garbled answer");
}

/* Content in chunks behind their lengths (clamd(8), INSTREAM). */
static int send_content(int fd, struct span bytes, int64_t deadline_ms,
	struct err *e)
{
	while (bytes.n) {
		struct span chunk = span_sub(bytes, 0, CHUNK);
		const unsigned char head[4] = {
			(unsigned char)(chunk.n >> 24),
			(unsigned char)(chunk.n >> 16),
			(unsigned char)(chunk.n >> 8),
			(unsigned char)chunk.n,
		};

		if (stream_send(fd, span_from(head, 4), deadline_ms, e) < 0 ||
		    stream_send(fd, chunk, deadline_ms, e) < 0)
			return -1;
		bytes = span_after(bytes, chunk.n);
	}
	return stream_send(fd, span_from("\0\0\0\0", 4), deadline_ms, e);
}

static bool printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* What it speaks of: "stream: ", or of a descriptor "fd[12]: ". */
static bool take_subject(struct span *line)
{
	size_t colon = span_find(*line, SPAN(": "));
	struct span who = span_sub(*line, 0, colon);
	uint64_t n;

	if (colon == SIZE_MAX || (!span_is(who, "stream") &&
	    !(span_starts(who, SPAN("fd[")) && span_ends(who, SPAN("]")) &&
	      span_u64(span_sub(who, 3, who.n - 4), INT32_MAX, &n))))
		return false;
	*line = span_after(*line, colon + 2);
	return true;
}

/*
 * One line and its NUL, nothing else: what was cut, or has more behind it, is
 * no answer, since half of "stream: OK" must not pass for clean.
 */
void clamd_parse_reply(struct span reply, struct virus_answer *a)
{
	struct span line = span_sub(reply, 0, reply.n - 1);

	if (reply.n < 2 || reply.p[reply.n - 1] != 0 || !printable(line)) {
		garbled(a);
		return;
	}
	if (span_ends(line, SPAN(" ERROR"))) {
		a->says = VIRUS_SAYS_UNABLE;
		snprintf(a->text, sizeof(a->text), "%.*s", SPAN_FMT(line));
		return;
	}
	if (!take_subject(&line)) {
		garbled(a);
		return;
	}
	if (span_is(line, "OK")) {
		virus_answer_set(a, VIRUS_SAYS_CLEAN, "");
		return;
	}
	if (line.n < 7 || !span_ends(line, SPAN(" FOUND"))) {
		garbled(a);
		return;
	}
	line = span_sub(line, 0, line.n - 6);
	if (span_starts(line, SPAN("Heuristics.Limits.Exceeded"))) {
		virus_answer_set(a, VIRUS_SAYS_UNABLE,
			"a limit of clamd is exceeded");
		return;
	}
	a->says = VIRUS_SAYS_FOUND;
	snprintf(a->text, sizeof(a->text), "%.*s", SPAN_FMT(line));
}

/* Reads up to the NUL that ends the answer, or as much as an answer has. */
static void read_reply(int fd, int64_t deadline_ms, struct virus_answer *a)
{
	unsigned char reply[REPLY_MAX];
	size_t n = 0;
	struct err e;

	while (n < sizeof(reply) &&
	       span_chr(span_from(reply, n), 0) == SIZE_MAX) {
		ssize_t got = stream_recv(fd, reply + n, sizeof(reply) - n,
			deadline_ms, &e);

		if (got < 0) {
			a->says = VIRUS_SAYS_LATER;
			snprintf(a->text, sizeof(a->text), "clamd: %.100s",
				e.text);
			return;
		}
		if (got == 0)
			break;
		n += (size_t)got;
	}
	clamd_parse_reply(span_from(reply, n), a);
}

int clamd_command(const char *where, const char *command,
	int64_t deadline_ms, char reply_r[CLAMD_REPLY_MAX], struct err *e)
{
	int fd = stream_connect(where, deadline_ms, e), size;
	char text[32];
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return -1;
	size = snprintf(text, sizeof(text), "z%s", command) + 1;
	got = stream_send(fd, span_from(text, (size_t)size), deadline_ms, e);
	while (got >= 0 && n < CLAMD_REPLY_MAX - 1) {
		got = stream_recv(fd, reply_r + n, CLAMD_REPLY_MAX - 1 - n,
			deadline_ms, e);
		n += got > 0 ? (size_t)got : 0;
		if (got == 0 || memchr(reply_r, 0, n))
			break;
	}
	close(fd);
	reply_r[n] = 0;
	for (char *c = reply_r; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return got < 0 ? -1 : 0;
}

void clamd_scan(const char *where, struct span bytes, int64_t deadline_ms,
	struct virus_answer *answer_r)
{
	struct err e;
	int fd = stream_connect(where, deadline_ms, &e);

	if (fd < 0) {
		answer_r->says = VIRUS_SAYS_LATER;
		snprintf(answer_r->text, sizeof(answer_r->text),
			"clamd: %.100s", e.text);
		return;
	}
	if (stream_send(fd, span_from("zINSTREAM", 10), deadline_ms, &e) == 0)
		/* A failure is told by the answer: clamd says that its size
		   limit is reached and closes while we still send. */
		send_content(fd, bytes, deadline_ms, &e);
	read_reply(fd, deadline_ms, answer_r);
	close(fd);
}

void clamd_scan_fd(const char *where, int file, int64_t deadline_ms,
	struct virus_answer *answer_r)
{
	struct err e;
	int fd = stream_connect(where, deadline_ms, &e);

	if (fd < 0) {
		answer_r->says = VIRUS_SAYS_LATER;
		snprintf(answer_r->text, sizeof(answer_r->text),
			"clamd: %.100s", e.text);
		return;
	}
	if (stream_send(fd, span_from("zFILDES", 8), deadline_ms, &e) == 0 &&
	    io_send(fd, span_from("", 1), &file, 1) == 0)
		read_reply(fd, deadline_ms, answer_r);
	else
		virus_answer_set(answer_r, VIRUS_SAYS_LATER,
			"clamd: takes no file");
	close(fd);
}
