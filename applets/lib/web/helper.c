#include "web/helper.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "web/helper_wire.h"

struct exchange {
	const char *role, *helper;
	int64_t deadline_ms;
	unsigned char answer[HELPER_PACKET_MAX];
	size_t n;
	int fd;		/* that came with the answer; -1: none */
};

static int nobody(const struct exchange *x, struct err *e)
{
	return err_set(e, ERR_TEMPORARY, "%s/%s does not answer: see pm "
		"status", x->role, x->helper);
}

/* The answer's packet; at most one descriptor is kept. */
static int receive(struct exchange *x, int fd, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int fds[IO_MAX_FDS];
	size_t nfds = 0;
	ssize_t n;

	if (poll(&p, 1, (int)clock_left_ms(x->deadline_ms)) <= 0)
		return nobody(x, e);
	n = io_recv(fd, x->answer, sizeof(x->answer), fds, &nfds);
	for (size_t i = 1; i < nfds; i++)
		close(fds[i]);
	x->fd = nfds ? fds[0] : -1;
	if (n <= 0)
		return nobody(x, e);
	x->n = (size_t)n;
	return 0;
}

/* One request, with a descriptor (-1: none), and its answer. */
static int exchange(struct exchange *x, const struct helper_request *r,
	int with, struct err *e)
{
	char path[HELPER_PATH_SIZE];
	struct buf packet = { 0 };
	int fd, result = -1;

	x->fd = -1;
	helper_path(x->role, x->helper, path);
	fd = io_connect_unix(path, SOCK_SEQPACKET | SOCK_NONBLOCK, e);
	if (fd < 0)
		return nobody(x, e);
	helper_put_request(&packet, r);
	if (packet.n > HELPER_PACKET_MAX)
		err_set(e, ERR_PERMANENT, "too long");
	else if (io_send(fd, buf_bytes(&packet), &with, with >= 0) < 0)
		nobody(x, e);
	else
		result = receive(x, fd, e);
	explicit_bzero(packet.p, packet.n);
	buf_free(&packet);
	close(fd);
	return result;
}

/* Asks the log-in helper. */
static int ask_login(struct exchange *x, const struct helper_request *r,
	struct arena *a, struct login_answer *answer_r, struct err *e)
{
	x->helper = "login";
	if (exchange(x, r, -1, e) < 0)
		return -1;
	if (x->fd >= 0)
		close(x->fd);
	if (!helper_get_login(arena_span(a, span_from(x->answer, x->n)),
	    answer_r))
		return nobody(x, e);
	return 0;
}

int helper_login(const char *role, struct span name, struct span password,
	struct span peer, int64_t deadline_ms, struct arena *a,
	struct login_answer *answer_r, struct err *e)
{
	struct exchange x = { .role = role, .deadline_ms = deadline_ms };
	struct helper_request r = { HELPER_LOGIN, { name, password, peer } };

	return ask_login(&x, &r, a, answer_r, e);
}

int helper_change(const char *role, struct span cookie, struct span old,
	struct span fresh, int64_t deadline_ms, struct arena *a,
	struct login_answer *answer_r, struct err *e)
{
	struct exchange x = { .role = role, .deadline_ms = deadline_ms };
	struct helper_request r = { HELPER_CHANGE, { cookie, old, fresh } };

	return ask_login(&x, &r, a, answer_r, e);
}

int helper_link(const char *role, bool use, struct span ticket,
	struct span peer, int64_t deadline_ms, struct arena *a,
	struct link_answer *answer_r, struct err *e)
{
	struct exchange x = { .role = role, .helper = "links",
		.deadline_ms = deadline_ms };
	struct helper_request r = { use ? HELPER_LINK_USE : HELPER_LINK_SHOW,
		{ ticket, peer } };

	if (exchange(&x, &r, -1, e) < 0)
		return -1;
	if (x.fd >= 0)
		close(x.fd);
	if (!helper_get_link(arena_span(a, span_from(x.answer, x.n)),
	    answer_r))
		return nobody(&x, e);
	return 0;
}

/* The pieces one after the other, in memory that can be handed over. */
static int gather(const struct span *sealed, size_t n, struct err *e)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC);
	size_t total = 0;

	for (size_t i = 0; i < n && fd >= 0; i++) {
		total += sealed[i].n;
		if (total <= HELPER_SEALED_MAX &&
		    io_write_all(fd, sealed[i]) == 0)
			continue;
		close(fd);
		return total > HELPER_SEALED_MAX ?
			err_set(e, ERR_PERMANENT, "the message is too large "
				"to be shown") :
			err_errno(e, ERR_TEMPORARY, "memory for the message");
	}
	if (fd < 0)
		err_errno(e, ERR_TEMPORARY, "memory for the message");
	return fd;
}

/*
 * What a descriptor holds. It is read, not mapped: who made it could make it
 * shorter meanwhile.
 */
static int take(struct exchange *x, size_t max, struct arena *a,
	struct span *s_r, struct err *e)
{
	struct stat st;
	unsigned char *p;
	size_t n, at = 0;

	if (x->fd < 0 || fstat(x->fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < 0 || (uint64_t)st.st_size > max)
		return nobody(x, e);
	n = (size_t)st.st_size;
	p = arena_alloc(a, n + 1);
	while (at < n) {
		ssize_t got = pread(x->fd, p + at, n - at, (off_t)at);

		if (got <= 0)
			return nobody(x, e);
		at += (size_t)got;
	}
	*s_r = span_from(p, n);
	return 0;
}

/* Asks the viewer; what it gives is at most max bytes. */
static int ask_viewer(struct exchange *x, enum helper_kind kind,
	const struct id *id, int sealed, size_t max, struct arena *a,
	struct span *s_r, struct err *e)
{
	struct helper_request r = { kind, { span_of(id->text) } };
	struct err told;
	int result = -1;

	x->helper = "viewer";
	if (exchange(x, &r, sealed, e) < 0)
		return -1;
	if (!helper_get_error(span_from(x->answer, x->n), &told))
		nobody(x, e);
	else if (told.class != ERR_NONE)
		err_set(e, told.class, "%s", told.text);
	else
		result = take(x, max, a, s_r, e);
	if (x->fd >= 0)
		close(x->fd);
	return result;
}

/* Hands the pieces over and gets what the viewer made of them. */
static int view(const char *role, enum helper_kind kind, const struct id *id,
	const struct span *sealed, size_t n, int64_t deadline_ms, size_t max,
	struct arena *a, struct span *s_r, struct err *e)
{
	struct exchange x = { .role = role, .deadline_ms = deadline_ms };
	int fd = gather(sealed, n, e), result;

	if (fd < 0)
		return -1;
	result = ask_viewer(&x, kind, id, fd, max, a, s_r, e);
	close(fd);
	return result;
}

int helper_preview(const char *role, const struct id *id,
	const struct span *sealed, size_t n, int64_t deadline_ms,
	struct arena *a, struct preview *preview_r, struct err *e)
{
	struct span record;

	if (view(role, HELPER_PREVIEW, id, sealed, n, deadline_ms,
	    HELPER_PREVIEW_MAX, a, &record, e) < 0)
		return -1;
	if (!preview_get(record, a, preview_r))
		return err_set(e, ERR_PERMANENT, "the message made the viewer "
			"answer nonsense: do not open it elsewhere");
	return 0;
}

int helper_source(const char *role, const struct id *id,
	const struct span *sealed, size_t n, int64_t deadline_ms,
	struct arena *a, struct span *source_r, struct err *e)
{
	return view(role, HELPER_SOURCE, id, sealed, n, deadline_ms,
		HELPER_SOURCE_MAX, a, source_r, e);
}
