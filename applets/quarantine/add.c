#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "mail/header.h"
#include "mail/words.h"

enum { MESSAGE_MAX = 256 << 20, MESSAGE_ARENA = 1 << 30 };

/* A message file as SMTP sends it: every line ends in CRLF. */
static int read_message(const struct options *o, const char *name,
	struct buf *b, struct err *e)
{
	bool in = strcmp(name, "-") == 0;
	int fd = in ? dup(STDIN_FILENO) :
		openat(o->folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf raw = { 0 };
	int result;

	if (fd < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot open", name);
	result = io_slurp_fd(fd, name, MESSAGE_MAX, &raw, e);
	close(fd);
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\n' && (i == 0 || raw.p[i - 1] != '\r'))
			buf_byte(b, '\r');
		buf_byte(b, raw.p[i]);
	}
	if (result == 0 && raw.n == 0)
		result = err_set(e, ERR_PERMANENT, "%s: empty", name);
	buf_free(&raw);
	return result;
}

/* The text of a field as people read it; empty when there is none. */
static struct span field(const struct header *h, struct span name,
	struct arena *a)
{
	const struct header_field *f = header_find(h, name, 1);

	return f ? header_decode(f->value, a) : SPAN("");
}

/* The words of what follows the header, as they stand there. */
static struct span words_of(const struct header *h, struct span body,
	struct arena *a)
{
	struct words w;

	words_begin(&w, a);
	words_add(&w, field(h, SPAN("Subject"), a));
	words_add(&w, span_after(body, h->size));
	return buf_bytes(&w.list);
}

static int add_message(const struct options *o, struct span body,
	struct arena *a, struct err *e)
{
	struct spool_item item = { .kind = SPOOL_QUARANTINE,
		.reason = span_of(o->reason), .rcpts = o->rcpts,
		.nrcpts = o->rcpt.n,
		.trace = span_of(arena_printf(a, "added by %s\n", o->who)) };
	struct spool_record r = { .id = id_new(),
		.received_ms = clock_wall_ms(), .items = &item, .nitems = 1,
		.mail_from = o->sender ? span_of(o->sender) : SPAN(""),
		.body = body };
	struct header h;

	header_parse(body, &mail_default_limits, a, &h);
	r.subject = field(&h, SPAN("Subject"), a);
	r.header_from = field(&h, SPAN("From"), a);
	r.words = words_of(&h, body, a);
	if (quarantine_add(&o->place, &r, e) < 0)
		return -1;
	puts(r.id.text);
	return 0;
}

int add_file(const struct options *o, const char *operand,
	struct err *e)
{
	struct arena *a;
	struct buf b = { 0 };
	int result;

	if (o->rcpt.n == 0 || o->reason == NULL)
		return err_set(e, ERR_PERMANENT, "add needs --rcpt ADDRESS "
			"and --reason REASON");
	a = arena_new("quarantine add", MESSAGE_ARENA);
	result = read_message(o, operand, &b, e);
	if (result == 0)
		result = add_message(o, buf_bytes(&b), a, e);
	buf_free(&b);
	arena_free(&a);
	return result;
}
