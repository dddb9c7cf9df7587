#include "scanner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "hop.h"

enum {
	MESSAGE_MEMORY = 384 << 20,	/* below RLIMIT_AS, so that it is told
					   which arena it was */
	CPU_RETIRE_MS = 2000,
	CRASH_HEADER_WITHIN = 4096,
	CRASH_WAIT_MS = 2000,
};

/* One job's bytes, wherever they lie. */
struct bytes {
	struct span env, msg;
	void *map[2];
	size_t size[2];
};

static bool map_fd(int fd, uint64_t n, struct bytes *b, struct span *s_r)
{
	unsigned i = b->map[0] != NULL;
	void *p;

	*s_r = (struct span){ 0 };
	if (n == 0)
		return true;
	p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	b->map[i] = p;
	b->size[i] = n;
	*s_r = span_from(p, n);
	return true;
}

/* Finds envelope and message, in the slot or in descriptors. */
static bool find_bytes(const struct scanner_place *p, const struct hop_job *j,
	const int *fds, struct bytes *b)
{
	size_t at = j->env_fd ? 0 : hop_message_at(j->env_bytes);

	if (j->env_fd) {
		if (!map_fd(fds[0], j->env_bytes, b, &b->env))
			return false;
	} else {
		b->env = span_from(p->slot, j->env_bytes);
	}
	if (j->msg_fd)
		return map_fd(fds[j->env_fd], j->msg_bytes, b, &b->msg);
	b->msg = span_from(p->slot + at, j->msg_bytes);
	return true;
}

static void release(struct bytes *b)
{
	for (unsigned i = 0; i < 2; i++)
		if (b->map[i])
			munmap(b->map[i], b->size[i]);
}

/*
 * For the tests of the poison ledger, the deadlines and the burst, and only
 * when the zygote was started with PM_TEST_CRASH in its environment: a
 * message with "X-PM-Test-Crash: WORD" in its first 4 KiB has the scanner do
 * what WORD says.
 */
static void obey_test(struct span msg)
{
	const struct span head = span_sub(msg, 0, CRASH_HEADER_WITHIN);
	size_t at = span_find(head, SPAN("X-PM-Test-Crash: "));
	struct span rest = span_after(head, at), word;
	char *volatile nowhere = NULL;

	if (at == SIZE_MAX || !span_line(&rest, &word))
		return;
	word = span_after(word, sizeof("X-PM-Test-Crash: ") - 1);
	if (span_is(word, "segv"))
		*(volatile char *)nowhere = 1;
	if (span_is(word, "abort"))
		abort();
	if (span_is(word, "syscall"))
		close(socket(AF_INET, SOCK_STREAM, 0));
	if (span_is(word, "wait"))
		clock_sleep_ms(CRASH_WAIT_MS);
	while (span_is(word, "alloc"))
		memset(buf_room(&(struct buf){ 0 }, 1 << 20), 1, 1 << 20);
	while (span_is(word, "loop"))
		__asm__ volatile("" ::: "memory");
}

/* Judges or answers; the encoded reply. True: time to retire. */
static bool work(const struct scanner_place *p, const struct hop_job *j,
	const struct bytes *b, struct arena *a, struct buf *reply)
{
	struct ask *ask = ask_socket_new(p->broker, a);
	struct stage_answer answer = { 0 };
	struct verdict v = { 0 };
	struct envelope env;

	if (!envelope_get(b->env, a, &env))
		log_panic("scanner: front's envelope is none");
	if (j->kind == HOP_STAGE) {
		engine_stage(p->engine, (enum engine_stage)j->stage, &env, ask,
			j->deadline_ms, a, &answer);
		hop_put_answer(reply, &answer);
		return answer.failed || ask_socket_lost(ask);
	}
	if (p->test_crash)
		obey_test(b->msg);
	engine_judge(p->engine, &env, b->msg, ask, j->deadline_ms, a, &v);
	verdict_put(reply, &v);
	return v.retire || v.failed || ask_socket_lost(ask);
}

/* From now on the policy sees these; the ones before are forgotten. */
static void take_users(const struct scanner_place *p, const struct hop_job *j,
	int fd)
{
	static struct span users;
	void *old = (void *)(uintptr_t)users.p;
	size_t n = users.n;
	void *map = MAP_FAILED;

	if (j->users_bytes)
		map = mmap(NULL, j->users_bytes, PROT_READ, MAP_PRIVATE, fd,
			0);
	if (map == MAP_FAILED)
		return;
	users = span_from(map, j->users_bytes);
	engine_set_userdata(p->engine, users);
	if (old)
		munmap(old, n);
}

/* The alarm on our CPU time is for the whole life: end well before it. */
static bool is_tired(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000 > CPU_RETIRE_MS;
}

static bool is_job(const struct hop_job *j, ssize_t n, size_t nfds)
{
	return n == (ssize_t)sizeof(*j) && j->magic == HOP_MAGIC &&
		j->env_fd <= 1 && j->msg_fd <= 1 && j->users_fd <= 1 &&
		nfds == (size_t)j->env_fd + j->msg_fd + j->users_fd;
}

/* One job. 1: it was the last; 0: go on; -1: front is gone. */
static int serve(const struct scanner_place *p, struct arena *a)
{
	struct buf reply = { .arena = a };
	struct bytes b = { 0 };
	int fds[IO_MAX_FDS];
	struct hop_job j;
	size_t nfds;
	ssize_t n = io_recv(p->control, &j, sizeof(j), fds, &nfds);
	bool retire;

	if (n <= 0)
		return -1;
	if (!is_job(&j, n, nfds) || !find_bytes(p, &j, fds, &b))
		log_panic("scanner: front's job is none");
	if (j.users_fd)
		take_users(p, &j, fds[nfds - 1]);
	retire = work(p, &j, &b, a, &reply) || is_tired();
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	if (hop_reply(p->control, j.id, retire, buf_bytes(&reply)) < 0)
		return -1;
	release(&b);
	arena_reset(a);
	return retire;
}

int scanner_run(const struct scanner_place *p)
{
	struct arena *a = arena_new("message", MESSAGE_MEMORY);

	while (serve(p, a) == 0)
		continue;
	return EXIT_DONE;
}
