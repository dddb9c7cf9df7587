#include "judge.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "kick.h"
#include "link.h"
#include "policy_source.h"
#include "scanners.h"
#include "userdata_share.h"

enum {
	SPARE_MS = 2000,	/* questions are LATER so long before the end */
	LEAST_MS = 1000,	/* with less left nobody need begin */
	GRACE_MS = 200,		/* after the deadline, then it is killed */
	FATE_MS = 1000,
	BUSY_CPU_MS = 5000,	/* killed after so much: it was not waiting */
};

/* One job on its way. */
struct work {
	struct session *s;
	struct arena *arena;	/* of the reply */
	struct hop_job job;
	struct span env;	/* encoded */
	int64_t deadline_ms;
	struct scanner *scanner;
	struct hop_reply reply;
	const char *why;
};

/* A sealed memfd with these bytes, for an envelope larger than a slot. */
static int share(struct span s)
{
	int fd = memfd_create("envelope", MFD_CLOEXEC);

	if (fd >= 0 && io_write_all(fd, s) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Puts the job's bytes where the scanner will find them; descriptors in fds. */
static int load_slot(struct work *w, int fds[3], size_t *nfds)
{
	struct scanner *sc = w->scanner;
	struct hop_job *j = &w->job;
	size_t at = hop_message_at(w->env.n);
	struct span msg = { 0 };

	*nfds = 0;
	j->env_fd = at > HOP_SLOT_SIZE / 4;
	if (j->env_fd) {
		fds[(*nfds)++] = share(w->env);
		at = 0;
	} else {
		memcpy(sc->slot, w->env.p, w->env.n);
		sc->used = w->env.n;
	}
	j->msg_fd = w->s->content.fd >= 0 ||
		j->msg_bytes > HOP_SLOT_SIZE - at;
	if (j->msg_fd) {
		fds[(*nfds)++] = content_share(&w->s->content);
	} else if (j->msg_bytes) {
		if (!content_view(&w->s->content, &msg))
			return -1;
		memcpy(sc->slot + at, msg.p, msg.n);
		sc->used = at + msg.n;
	}
	for (size_t i = 0; i < *nfds; i++)
		if (fds[i] < 0)
			return -1;
	fds[*nfds] = userdata_share(sc->users, &sc->users, &j->users_bytes);
	j->users_fd = fds[*nfds] >= 0;
	*nfds += j->users_fd;
	return 0;
}

/* Sends the job. False: this scanner was dead before it saw the message. */
static bool hand_over(struct work *w)
{
	int fds[3], result;
	size_t nfds;

	w->job.id = w->scanner->id;
	w->job.users_fd = 0;
	result = load_slot(w, fds, &nfds);
	if (result < 0)
		w->why = "no memory to hand the message over";
	else
		result = io_send(w->scanner->fd, span_from(&w->job,
			sizeof(w->job)), fds, nfds);
	if (w->job.env_fd && fds[0] >= 0)
		close(fds[0]);
	if (w->job.users_fd)
		close(fds[nfds - 1]);
	return result == 0 || w->why;
}

/* Finds a scanner that takes the job; false: *why says why not. */
static bool find_scanner(struct work *w)
{
	for (;;) {
		if (policy_source_hopeless()) {
			w->why = "no usable policy";
			return false;
		}
		w->scanner = scanners_take(w->deadline_ms - LEAST_MS);
		if (w->scanner == NULL) {
			w->why = "no scanner became free in time";
			return false;
		}
		if (!hand_over(w)) {
			scanners_give(&w->scanner, true);
			continue;
		}
		if (w->why)
			scanners_give(&w->scanner, true);
		return w->why == NULL;
	}
}

/* Waits until the scanner says something; 0 when time is over. */
static int wait_for(int fd, int64_t deadline_ms, bool *kicked)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left = clock_left_ms(deadline_ms);
	int n;

	if (!*kicked && left > KICK_GRACE_MS) {
		n = poll(&p, 1, KICK_GRACE_MS);
		if (n != 0)
			return n;
		*kicked = true;
		kick();
		left = clock_left_ms(deadline_ms);
	}
	do
		n = poll(&p, 1, (int)left);
	while (n < 0 && errno == EINTR);
	return n;
}

/*
 * Somebody's kill(1), or the kernel's when the host has no memory left: a
 * message cannot have these sent, but by calculating without end (RLIMIT_CPU).
 */
static bool is_from_outside(const struct hop_note *n)
{
	int signo = WIFSIGNALED(n->status) ? WTERMSIG(n->status) : 0;

	return n->cpu_ms < BUSY_CPU_MS &&
		(signo == SIGKILL || signo == SIGTERM || signo == SIGINT);
}

/* Was it the message's doing? */
static enum judge_end guilt(struct work *w, const struct hop_note *n)
{
	if (is_from_outside(n)) {
		w->why = "somebody killed the scanner";
		return JUDGE_LATER;
	}
	if (WIFSIGNALED(n->status)) {
		w->why = strsignal(WTERMSIG(n->status));
		return JUDGE_CRASHED;
	}
	switch (WEXITSTATUS(n->status)) {
	case EXIT_DONE:
	case EXIT_LATER:
		w->why = "the scanner ended";
		return JUDGE_LATER;
	case ARENA_EXIT:
		w->why = "the scanner reached its memory limit";
		return JUDGE_CRASHED;
	default:
		w->why = "the scanner ended with an error";
		return JUDGE_CRASHED;
	}
}

/* The scanner died with our message. */
static enum judge_end died(struct work *w)
{
	uint64_t id = w->scanner->id;
	struct hop_note n;

	scanners_give(&w->scanner, true);
	kick();
	if (link_fate(id, FATE_MS, &n))
		return guilt(w, &n);
	w->why = "the scanner and its zygote are gone";
	return JUDGE_LATER;
}

/* It is late. Only one that calculated all the time is to blame. */
static enum judge_end late(struct work *w)
{
	uint64_t id = w->scanner->id;
	struct hop_note n;

	scanners_kill(&w->scanner);
	w->why = "no verdict in time";
	if (!link_fate(id, FATE_MS, &n) || n.cpu_ms < BUSY_CPU_MS)
		return JUDGE_LATER;
	w->why = "no verdict in time, calculating";
	return JUDGE_CRASHED;
}

/* Collects the reply's parts. */
static enum judge_end collect(struct work *w)
{
	unsigned char part[sizeof(struct hop_part) + HOP_PART_BYTES];
	int64_t end = w->deadline_ms + GRACE_MS;
	bool kicked = false;

	for (;;) {
		ssize_t n;
		int done;

		if (wait_for(w->scanner->fd, end, &kicked) == 0)
			return late(w);
		n = io_recv(w->scanner->fd, part, sizeof(part), NULL, NULL);
		if (n == 0 || (n < 0 && errno != EMSGSIZE))
			return died(w);
		done = n < 0 ? -1 : hop_reply_take(&w->reply,
			span_from(part, (size_t)n));
		if (done < 0) {
			scanners_kill(&w->scanner);
			w->why = "the scanner's reply is none";
			return JUDGE_CRASHED;
		}
		if (done)
			return JUDGE_DONE;
	}
}

/* Envelope and message to a scanner, its reply into w->reply. */
static enum judge_end run(struct work *w, const struct envelope *envelope)
{
	struct buf env = { .arena = w->arena };
	enum judge_end end;

	envelope_put(&env, envelope);
	w->env = buf_bytes(&env);
	w->job.magic = HOP_MAGIC;
	w->job.env_bytes = w->env.n;
	w->job.deadline_ms = w->deadline_ms - SPARE_MS;
	if (!find_scanner(w))
		return JUDGE_LATER;
	w->reply = (struct hop_reply){ .id = w->scanner->id,
		.bytes.arena = w->arena };
	end = collect(w);
	if (end == JUDGE_DONE)
		scanners_give(&w->scanner, w->reply.retire);
	return end;
}

enum judge_end judge_message(struct session *s, int64_t deadline_ms,
	struct verdict *v_r, const char **why_r)
{
	struct work w = { .s = s, .deadline_ms = deadline_ms };
	enum judge_end end;

	w.arena = s->message;
	w.job.kind = HOP_JUDGE;
	w.job.msg_bytes = s->content.n;
	end = run(&w, &s->env);
	if (end == JUDGE_DONE && !verdict_get(buf_bytes(&w.reply.bytes),
	    s->env.nrcpts, s->content.n, s->message, v_r)) {
		w.why = "the scanner's verdict is none";
		end = JUDGE_CRASHED;
	}
	*why_r = w.why;
	return end;
}

enum judge_end judge_stage(struct session *s, enum engine_stage stage,
	int64_t deadline_ms, struct stage_answer *a_r, const char **why_r)
{
	struct work w = { .s = s, .deadline_ms = deadline_ms };
	struct envelope env = s->env;
	enum judge_end end;

	/* Only the recipient in question: thousands would cost squares. */
	if (env.nrcpts) {
		env.rcpts += env.nrcpts - 1;
		env.nrcpts = 1;
	}
	arena_reset(s->stage);
	w.arena = s->stage;
	w.job.kind = HOP_STAGE;
	w.job.stage = stage;
	end = run(&w, &env);
	if (end == JUDGE_DONE &&
	    !hop_get_answer(buf_bytes(&w.reply.bytes), a_r)) {
		w.why = "the scanner's answer is none";
		end = JUDGE_CRASHED;
	}
	*why_r = w.why;
	return end;
}
