/*
 * The viewer's parent (viewer.h): takes sealed bodies from the web process,
 * opens them, and hands them to a child to be parsed, or back as they are.
 * What the child made goes back unread, in the memfd it was written to.
 */
#include "viewer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pack.h"
#include "crypto/seal.h"
#include "csm.h"
#include "role/life.h"
#include "role/listen.h"
#include "role/sandbox.h"
#include "web/helper_wire.h"

enum {
	REQUEST_MS = 5000,	/* to send the request after connecting */
	AS_BYTES = 1 << 30,
	FSIZE = HELPER_SOURCE_MAX + (1 << 20),
	NOFILE = 64,
};

static struct {
	struct seal_key *key;
	int listener, signals, zygote;
	uint64_t number;
	struct slot {
		int client;	/* -1: free */
		int out;	/* -1: the request has not come */
		uint64_t number;
		int64_t deadline_ms;
	} slots[VIEWER_JOBS_MAX];
} v;

static void end(struct slot *s)
{
	close(s->client);
	if (s->out >= 0)
		close(s->out);
	s->client = s->out = -1;
}

/* Answers and ends the connection; fd -1: *e says what went wrong. */
static void answer(struct slot *s, int fd, const struct err *e)
{
	const struct err none = { .class = ERR_NONE };
	struct buf packet = { 0 };

	helper_put_error(&packet, fd >= 0 ? &none : e);
	io_send(s->client, buf_bytes(&packet), &fd, fd >= 0);
	buf_free(&packet);
	end(s);
}

/* The sealed bytes behind a descriptor, copied: it is the other's, too. */
static int read_sealed(int fd, struct buf *b, struct err *e)
{
	struct stat st;
	size_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0 ||
	    st.st_size > HELPER_SEALED_MAX)
		return err_set(e, ERR_PERMANENT, "the message is too large to "
			"be shown");
	n = (size_t)st.st_size;
	buf_room(b, n);
	while (b->n < n) {
		ssize_t got = pread(fd, b->p + b->n, n - b->n, (off_t)b->n);

		if (got <= 0)
			return err_set(e, ERR_PERMANENT, "the message is "
				"shorter than it was");
		b->n += (size_t)got;
	}
	return 0;
}

static int unseal(struct span id, int fd, struct buf *plain, struct err *e)
{
	struct buf sealed = { 0 }, packed = { 0 };
	int result = read_sealed(fd, &sealed, e);

	if (result == 0 &&
	    !seal_open(v.key, id, buf_bytes(&sealed), &packed))
		result = err_set(e, ERR_PERMANENT, "the message cannot be "
			"opened: it was sealed with another key than "
			SEAL_KEY_FILE ", or is damaged");
	else if (result == 0 &&
		 !unpack(buf_bytes(&packed), HELPER_SOURCE_MAX, plain))
		result = err_set(e, ERR_PERMANENT, "the message is damaged, "
			"or larger than %u MiB unpacked", HELPER_SOURCE_MAX
			>> 20);
	buf_free(&sealed);
	buf_free(&packed);
	return result;
}

/* A memfd with these bytes that nobody can change any more. */
static int keep(struct span s, struct err *e)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && io_write_all(fd, s) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
		F_SEAL_SEAL) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_errno(e, ERR_TEMPORARY, "no memory for the message");
}

/* Hands a message to a child, which answers later. */
static int begin(struct slot *s, int message, size_t size, struct err *e)
{
	struct viewer_job j = { ++v.number, size };
	int fds[2] = { message, memfd_create("preview", MFD_CLOEXEC) };

	if (fds[1] < 0)
		return err_errno(e, ERR_TEMPORARY, "no memory for the preview");
	if (io_send(v.zygote, span_from(&j, sizeof(j)), fds, 2) < 0)
		log_fatal("viewer: the zygote is gone: %s", strerror(errno));
	s->out = fds[1];
	s->number = j.number;
	return 0;
}

static int carry_out(struct slot *s, const struct helper_request *r, int fd,
	struct err *e)
{
	struct buf plain = { 0 };
	int message = -1, result = -1;

	if (unseal(r->text[0], fd, &plain, e) == 0)
		message = keep(buf_bytes(&plain), e);
	if (message >= 0 && r->kind == HELPER_SOURCE)
		answer(s, message, NULL);
	if (message >= 0)
		result = r->kind == HELPER_SOURCE ? 0 :
			begin(s, message, plain.n, e);
	if (message >= 0)
		close(message);
	buf_free(&plain);
	return result;
}

static void hear(struct slot *s)
{
	static unsigned char packet[HELPER_PACKET_MAX];
	struct helper_request r;
	int fds[IO_MAX_FDS];
	size_t nfds;
	struct err e;
	ssize_t n = io_recv(s->client, packet, sizeof(packet), fds, &nfds);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || nfds != 1 || s->out >= 0 ||
	    !helper_get_request(span_from(packet, (size_t)n), &r) ||
	    r.kind < HELPER_PREVIEW || r.kind > HELPER_SOURCE)
		end(s);
	else if (carry_out(s, &r, fds[0], &e) < 0)
		answer(s, -1, &e);
	for (size_t i = 0; n > 0 && i < nfds; i++)
		close(fds[i]);
}

/* A child ended: its slot gets its answer. */
static void finish(const struct viewer_done *d)
{
	struct err e;

	for (size_t i = 0; i < VIEWER_JOBS_MAX; i++) {
		struct slot *s = &v.slots[i];

		if (s->client < 0 || s->out < 0 || s->number != d->number)
			continue;
		if (d->status == 0) {
			answer(s, s->out, NULL);
			return;
		}
		if (WIFEXITED(d->status) &&
		    WEXITSTATUS(d->status) == EXIT_LATER)
			err_set(&e, ERR_TEMPORARY, "the viewer has no room: "
				"try again");
		else
			err_set(&e, ERR_PERMANENT, d->late ? "the message "
				"cannot be shown: reading it takes too long" :
				"the message cannot be shown: it breaks the "
				"program that reads it");
		answer(s, -1, &e);
	}
}

static void hear_zygote(void)
{
	struct viewer_done d;

	if (io_recv(v.zygote, &d, sizeof(d), NULL, NULL) != sizeof(d))
		log_fatal("viewer: the zygote is gone");
	finish(&d);
}

static struct slot *free_slot(void)
{
	for (size_t i = 0; i < VIEWER_JOBS_MAX; i++)
		if (v.slots[i].client < 0)
			return &v.slots[i];
	return NULL;
}

static void take_client(void)
{
	struct slot *s = free_slot();
	int fd = s ? accept4(v.listener, NULL, NULL, SOCK_CLOEXEC |
		SOCK_NONBLOCK) : -1;

	if (fd >= 0)
		*s = (struct slot){ fd, -1, 0, clock_ms() + REQUEST_MS };
}

/* Did TERM come? */
static bool told_to_end(void)
{
	char c;

	while (read(v.signals, &c, 1) == 1)
		if (c == 'T')
			return true;
	return false;
}

/* Who connected and says nothing goes. */
static void drop_silent(void)
{
	for (size_t i = 0; i < VIEWER_JOBS_MAX; i++)
		if (v.slots[i].client >= 0 && v.slots[i].out < 0 &&
		    clock_ms() > v.slots[i].deadline_ms)
			end(&v.slots[i]);
}

static int serve(void)
{
	enum { SIGNALS, ZYGOTE, LISTENER, CLIENTS };

	for (;;) {
		struct pollfd p[CLIENTS + VIEWER_JOBS_MAX] = {
			{ v.signals, POLLIN, 0 }, { v.zygote, POLLIN, 0 },
			{ free_slot() ? v.listener : -1, POLLIN, 0 },
		};

		for (size_t i = 0; i < VIEWER_JOBS_MAX; i++)
			p[CLIENTS + i] = (struct pollfd){
				v.slots[i].client, POLLIN, 0 };
		if (poll(p, CLIENTS + VIEWER_JOBS_MAX, 1000) < 0 &&
		    errno != EINTR)
			log_fatal("viewer: poll: %s", strerror(errno));
		if (p[SIGNALS].revents && told_to_end())
			return EXIT_DONE;
		for (size_t i = 0; i < VIEWER_JOBS_MAX; i++)
			if (p[CLIENTS + i].revents)
				hear(&v.slots[i]);
		if (p[ZYGOTE].revents)
			hear_zygote();
		if (p[LISTENER].revents)
			take_client();
		drop_silent();
	}
}

int viewer_run(const struct process *p)
{
	struct err e;

	for (size_t i = 0; i < VIEWER_JOBS_MAX; i++)
		v.slots[i].client = v.slots[i].out = -1;
	v.listener = listen_for(CSM_VIEWER_SOCKET, "pm-csm", &e);
	if (v.listener < 0)
		return err_report("csm", &e);
	v.zygote = viewer_zygote(p);
	v.signals = life_signals();
	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .as = AS_BYTES, .fsize = FSIZE,
		.nofile = NOFILE });
	v.key = seal_load(SEAL_KEY_FILE, &e);
	if (v.key == NULL)
		return err_report("csm", &e);
	if (sandbox_confine(NULL, SANDBOX_VIEWER, &e) < 0)
		return err_report("csm", &e);
	life_ready();
	return serve();
}
