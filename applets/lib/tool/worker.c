#include "tool/worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "mail/archive.h"
#include "mail/charset.h"
#include "role/life.h"
#include "role/sandbox.h"

enum {
	MESSAGE_MEMORY = 1 << 30,
	NAME_MAX_BYTES = 1 << 16,
};

/* Gives up everything but calculating and its two sockets. */
static void enter_sandbox(void)
{
	struct life_rlimits limits = { .nofile = 64 };
	/* jansson takes its seed from a file at the first object. */
	struct json *first = json_new_object();
	struct err e;

#ifndef __SANITIZE_ADDRESS__
	limits.as = UINT64_C(1536) << 20;
#endif
	json_free(&first);
	charset_open_all();
	archive_prepare();
	life_rlimits(&limits);
	if (sandbox_paths(NULL, &e) < 0 ||
	    sandbox_calls(SANDBOX_SCANNER, &e) < 0)
		log_fatal("no sandbox: %s", e.text);
}

/* A line "From " of an mbox is no part of the message. */
static struct span without_mbox_line(struct span s)
{
	struct span line;

	if (span_starts(s, SPAN("From ")))
		span_line(&s, &line);
	return s;
}

/*
 * A message file with LF line ends becomes what it was on the wire. One
 * whose first line ends in CRLF is left alone: its bare LFs are its own.
 */
static struct span wire_form(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };
	struct span line;
	size_t lf;

	s = without_mbox_line(s);
	lf = span_chr(s, '\n');
	if (lf == SIZE_MAX || (lf > 0 && s.p[lf - 1] == '\r'))
		return s;
	buf_room(&b, s.n + s.n / 16 + 64);
	while ((lf = span_chr(s, '\n')) != SIZE_MAX) {
		line = span_sub(s, 0, lf);
		if (lf > 0 && s.p[lf - 1] == '\r')
			line.n--;
		buf_span(&b, line);
		buf_string(&b, "\r\n");
		s = span_after(s, lf + 1);
	}
	buf_span(&b, s);
	return buf_bytes(&b);
}

static bool read_exactly(int fd, void *p, size_t n)
{
	return io_read_all(fd, p, n) == (ssize_t)n;
}

/* One message. False: the keeper is gone. */
static bool serve(const struct tool *tool, int channel, int broker,
	struct arena *a)
{
	struct worker_request q;
	struct worker_reply r;
	struct buf line = { .arena = a };
	unsigned char *name, *message;

	if (!read_exactly(channel, &q, sizeof(q)))
		return false;
	if (q.name_bytes > NAME_MAX_BYTES || q.message_bytes > TOOL_FILE_MAX)
		log_panic("a request that no keeper makes");
	name = arena_alloc(a, q.name_bytes);
	message = malloc(q.message_bytes + 1);
	if (message == NULL)
		log_fatal("no memory for a message of %llu bytes",
			(unsigned long long)q.message_bytes);
	if (!read_exactly(channel, name, q.name_bytes) ||
	    !read_exactly(channel, message, q.message_bytes))
		return false;
	tool->run(tool->self, span_from(name, q.name_bytes), wire_form(
		span_from(message, q.message_bytes), a),
		ask_socket_new(broker, a), a, &line);
	r.text_bytes = (uint32_t)line.n;
	free(message);
	return io_write_all(channel, span_from(&r, sizeof(r))) == 0 &&
		io_write_all(channel, buf_bytes(&line)) == 0;
}

_Noreturn void worker_run(const struct tool *tool, int channel, int broker)
{
	struct arena *a = arena_new("message", MESSAGE_MEMORY);

	enter_sandbox();
	while (serve(tool, channel, broker, a))
		arena_reset(a);
	_exit(EXIT_DONE);
}
