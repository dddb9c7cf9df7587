#include "dkim.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/wire.h"
#include "mailauth/dkim_key.h"
#include "mailauth/dkim_tags.h"
#include "mailauth/lookup.h"
#include "net/dns.h"
#include "role/sandbox.h"

enum { PATIENCE_MS = 10000, ANSWER_MAX = 1 << 20 };

/* The child's answer on its way to the pipe. */
struct telling {
	struct buf b;
	bool done;
};

static void on_answer(void *context, const struct dns_answer *answer)
{
	struct telling *t = context;

	t->b.n = 0;
	wire_put_u8(&t->b, (uint8_t)answer->state);
	wire_put_span(&t->b, span_of(answer->why ? answer->why : ""));
	wire_put_u32(&t->b, (uint32_t)answer->nrecords);
	for (size_t i = 0; i < answer->nrecords; i++)
		wire_put_span(&t->b, answer->records[i]);
	t->done = true;
}

static void tell_trouble(struct telling *t, const char *why, bool later)
{
	const struct dns_answer a = { .why = why,
		.state = later ? DNS_LATER : DNS_NONE };

	on_answer(t, &a);
}

static int enter_sandbox(struct err *e)
{
	static const struct sandbox_path paths[] = {
		{ "/etc/resolv.conf", SANDBOX_MAYBE },
		{ "/etc/hosts", SANDBOX_MAYBE },
		{ "/dev/urandom", SANDBOX_MAYBE },
		{ 0 },
	};

	return sandbox_paths(paths, e) < 0 ? -1 :
		sandbox_calls(SANDBOX_BROKER, e);
}

static void look_up(const struct dkim_job *j, struct span name,
	struct telling *t)
{
	int64_t deadline = clock_ms() + PATIENCE_MS;
	struct dns *d;
	struct err e;

	d = dns_new(j->resolver, &e);
	if (d == NULL || enter_sandbox(&e) < 0 ||
	    dns_ask(d, name, LOOKUP_TXT, on_answer, t, &e) < 0) {
		tell_trouble(t, e.text, true);
		return;
	}
	while (!t->done && clock_left_ms(deadline)) {
		struct pollfd p = { .fd = dns_fd(d), .events = POLLIN };

		if (poll(&p, 1, (int)clock_left_ms(deadline)) > 0)
			dns_process(d);
	}
	if (!t->done)
		tell_trouble(t, "no answer in time", true);
}

static _Noreturn void child(const struct dkim_job *j, struct span name,
	int parent, int fd)
{
	struct telling t = { 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_LATER);
	look_up(j, name, &t);
	_exit(io_write_all(fd, buf_bytes(&t.b)) < 0);
}

/* All that the child says. */
static int ask(const struct dkim_job *j, const char *name, struct buf *answer,
	struct err *e)
{
	int fds[2], parent = getpid(), pid, result;

	if (pipe(fds) < 0)
		return err_errno(e, ERR_TEMPORARY, "no pipe");
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child(j, span_of(name), parent, fds[1]);
	}
	close(fds[1]);
	result = pid < 0 ? err_errno(e, ERR_TEMPORARY, "cannot fork") :
		io_slurp_fd(fds[0], "the answer", ANSWER_MAX, answer, e);
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return result;
}

/* NULL: this record is the key's. */
static const char *compare(const struct dkim_job *j,
	const struct keyring_key *k, struct span rdata)
{
	struct span text, ours;
	struct dkim_key key;
	const char *problem;

	if (!lookup_txt(rdata, j->a, &text))
		return "the record is malformed";
	problem = dkim_key_read(text, j->a, &key);
	if (problem)
		return problem;
	if (!dkim_base64(span_of(k->public), j->a, &ours) ||
	    key.ed25519 != (k->kind == SIGN_ED25519) ||
	    !span_eq(key.bytes, ours))
		return "the record has another key";
	return NULL;
}

enum published dkim_published(const struct dkim_job *j,
	const struct keyring_key *k, const char **why_r)
{
	struct buf answer = { .arena = j->a };
	enum dns_state state;
	struct wire w;
	struct span why;
	struct err e;
	uint32_t n;

	*why_r = "the DNS did not answer";
	if (ask(j, dkim_record_name(j, k), &answer, &e) < 0)
		return PUBLISHED_LATER;
	w = wire_open(buf_bytes(&answer));
	state = (enum dns_state)wire_u8(&w);
	why = wire_span(&w);
	n = wire_count(&w, 4);
	if (w.bad || state == DNS_LATER) {
		if (why.n)
			*why_r = arena_printf(j->a, "the DNS did not answer: "
				"%.*s", SPAN_FMT(why));
		return PUBLISHED_LATER;
	}
	*why_r = n == 0 ? "there is no TXT record of that name" : n > 1 ?
		"there is more than one TXT record of that name" :
		compare(j, k, wire_span(&w));
	return *why_r ? PUBLISHED_NOT : PUBLISHED;
}
