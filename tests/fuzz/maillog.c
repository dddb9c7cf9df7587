/* Lines of a mail log: every part lies in the line, the end is found. */
#include "mail/maillog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct span s, struct span line)
{
	/* Some words are our own. */
	if (s.n > line.n && s.n > 32)
		__builtin_trap();
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == 0 && span_chr(line, 0) == SIZE_MAX)
			__builtin_trap();
}

static void check(const struct maillog_event *ev, struct span line)
{
	const struct span parts[] = { ev->program, ev->queue_id, ev->next_id,
		ev->relay_name, ev->helo, ev->sender, ev->rcpt,
		ev->message_id, ev->remote, ev->dsn, ev->reply };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		inside(parts[i], line);
	if (ev->kind >= MAILLOG_KINDS || ev->size < -1 || ev->delay_ms < -1 ||
	    ev->pid > INT32_MAX || ev->at_ms > 253402300800000 + 86400000)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct maillog l = { .now_ms = 1795000000000 };
	struct span rest = span_from(data, size), line;

	while (span_cut(&rest, '\n', &line)) {
		struct maillog_event ev;
		unsigned n = 0;

		if (maillog_parse(&l, line, &ev) != MAILLOG_EVENT)
			continue;
		do
			check(&ev, line);
		while (n++ <= MAILLOG_RCPTS_MAX && maillog_more(&ev));
		if (n > MAILLOG_RCPTS_MAX + 1)
			__builtin_trap();
	}
	return 0;
}
