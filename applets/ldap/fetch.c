#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/map.h"
#include "crypto/secret.h"
#include "net/ldap_stream.h"
#include "role/life.h"
#include "role/sandbox.h"
#include "store/group.h"

enum { PASSWORD_MAX = 1024, STREAM_MAX = 1 << 29, PART = 1 << 16,
	LANGUAGE_MAX = 8 };

/* --- the child: asks, and tells what it hears ----------------------------- */

struct teller {
	struct buf b;
	int fd;
};

static void flush(struct teller *t)
{
	if (io_write_all(t->fd, buf_bytes(&t->b)) < 0)
		_exit(EXIT_FAILURE);
	t->b.n = 0;
}

static void tell(struct teller *t, char kind, unsigned attribute,
	struct span bytes)
{
	ldap_stream_put(&t->b, kind, attribute, bytes);
	if (t->b.n >= PART)
		flush(t);
}

static void tell_next(void *context)
{
	tell(context, 'N', 0, SPAN(""));
}

static void tell_value(unsigned attribute, struct span value, void *context)
{
	tell(context, 'V', attribute, value);
}

/*
 * It keeps what names and certificates are looked up by, and the network. No
 * libraries: plugins of SASL and of name services are not found, and not used.
 */
static int confine(const struct ldap_source *s, struct err *e)
{
	const struct sandbox_path paths[] = {
		{ s->authorities, SANDBOX_MAYBE },
		{ "/etc/resolv.conf", SANDBOX_MAYBE },
		{ "/etc/hosts", SANDBOX_MAYBE },
		{ "/etc/nsswitch.conf", SANDBOX_MAYBE },
		{ "/etc/gai.conf", SANDBOX_MAYBE },
		{ "/etc/services", SANDBOX_MAYBE },
		{ "/etc/host.conf", SANDBOX_MAYBE },
		{ "/etc/gnutls", SANDBOX_MAYBE },
		{ "/etc/localtime", SANDBOX_MAYBE },
		{ "/usr/share/zoneinfo", SANDBOX_MAYBE },
		{ NULL, SANDBOX_READ },
	};
	struct life_rlimits limits = { .nofile = 64 };

#ifndef __SANITIZE_ADDRESS__
	limits.as = UINT64_C(1) << 30;
#endif
	life_rlimits(&limits);
	return sandbox_confine(paths, SANDBOX_DIRECTORY, e);
}

_Noreturn static void child(const struct ldap_source *s, const char *filter,
	const char *password, int fd)
{
	const struct ldap_ask ask = { .servers = s->servers,
		.authorities = s->authorities, .bind = s->bind,
		.password = password, .base = s->base, .filter = filter,
		.attributes = (const char **)s->attributes, .most = s->most,
		.seconds = (unsigned)s->seconds };
	struct teller t = { .fd = fd };
	const struct ldap_sink sink = { tell_next, tell_value, &t };
	struct err e;

	if (confine(s, &e) == 0 && ldap_fetch(&ask, &sink, &e) == 0)
		tell(&t, 'E', 0, SPAN(""));
	else
		tell(&t, 'X', e.class == ERR_PERMANENT, span_of(e.text));
	flush(&t);
	_exit(EXIT_SUCCESS);
}

/* --- the parent ----------------------------------------------------------- */

static int read_password(const struct ldap_source *s, struct buf *b,
	struct err *e)
{
	struct stat st;

	if (stat(s->password, &st) == 0 && (st.st_mode & 007))
		return err_set(e, ERR_PERMANENT, "%s: everybody may read it: "
			"chmod 0600", s->password);
	if (io_slurp(s->password, PASSWORD_MAX, b, e) < 0)
		return -1;
	while (b->n && (b->p[b->n - 1] == '\n' || b->p[b->n - 1] == '\r'))
		b->n--;
	if (b->n == 0 || memchr(b->p, 0, b->n))
		return err_set(e, ERR_PERMANENT, "%s: there must be a "
			"password in it", s->password);
	return 0;
}

static int start_child(const struct ldap_source *s, const char *filter,
	const char *password, int *fd_r, struct err *e)
{
	int pipe_fd[2], parent = getpid(), pid;

	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return err_errno(e, ERR_TEMPORARY, "no pipe");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(pipe_fd[0]);
		signal(SIGPIPE, SIG_IGN);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		    getppid() != parent)
			_exit(EXIT_FAILURE);
		child(s, filter, password, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	if (pid < 0) {
		close(pipe_fd[0]);
		return err_errno(e, ERR_TEMPORARY, "cannot fork");
	}
	*fd_r = pipe_fd[0];
	return pid;
}

/* Until the child ends what it says. */
static int collect(const struct ldap_source *s, int fd, struct buf *b,
	struct err *e)
{
	int64_t deadline_ms = clock_ms() + (int64_t)s->seconds * 1000;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int ready = poll(&p, 1, (int)clock_left_ms(deadline_ms));
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return err_set(e, ERR_TEMPORARY, "%.200s: no whole "
				"answer in %d s", s->servers,
				(int)s->seconds);
		n = read(fd, buf_room(b, PART), PART);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, ERR_TEMPORARY, "no answer");
		b->n += (size_t)n;
		if (n == 0)
			return 0;
		if (b->n > STREAM_MAX)
			return err_set(e, ERR_PERMANENT, "%.200s: the answer "
				"is too large", s->servers);
	}
}

static int ask(const struct ldap_source *s, const char *filter,
	struct buf *stream, struct err *e)
{
	struct buf password = { 0 };
	int fd = -1, pid, result = 0;

	if (s->password)
		result = read_password(s, &password, e);
	pid = result == 0 ? start_child(s, filter, s->password ?
		buf_c(&password) : NULL, &fd, e) : -1;
	if (password.p)
		secret_wipe(password.p, password.cap);
	buf_free(&password);
	if (pid < 0)
		return -1;
	result = collect(s, fd, stream, e);
	close(fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return result;
}

/* --- values into entries -------------------------------------------------- */

struct taker {
	const struct ldap_source *s;
	struct arena *a;
	struct ldap_answer *r;
	size_t room;
	struct map *seen;
	/* Of the directory's entry at hand. */
	struct span person, language;
	struct span *addresses;
	size_t n, cap;
};

static void keep(struct taker *t, struct span entry)
{
	struct ldap_answer *r = t->r;

	if (map_put(t->seen, entry, t))
		return;
	if (r->n == t->room) {
		struct span *more = arena_array(t->a, 2 * t->room + 256,
			sizeof(*more));

		if (r->n)
			memcpy(more, r->v, r->n * sizeof(*more));
		t->room = 2 * t->room + 256;
		r->v = more;
	}
	r->v[r->n++] = entry;
}

/* The entry is whole: with aliases every address says whose it is. */
static void end_entry(struct taker *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct span one = t->addresses[i];

		keep(t, t->s->into != LDAP_INTO_ALIASES ? one :
			span_of(arena_printf(t->a, "%.*s %.*s %.*s",
			SPAN_FMT(one), SPAN_FMT(t->person),
			SPAN_FMT(t->language))));
	}
	t->n = 0;
	t->person = t->language = SPAN("");
}

static void take_next(void *context)
{
	struct taker *t = context;

	end_entry(t);
	t->r->people++;
}

/* "smtp:a@example.org" is one, "X500:/o=…" is something else. */
static bool strip_kind(struct span *s)
{
	size_t colon = span_chr(*s, ':');

	if (colon == SIZE_MAX || colon > span_chr(*s, '@'))
		return true;
	if (!span_caseeq(span_sub(*s, 0, colon), SPAN("smtp")))
		return false;
	*s = span_after(*s, colon + 1);
	return true;
}

/* "de", "de-CH, en;q=0.5" (RFC 2798): the first word. */
static void take_language(struct taker *t, struct span s)
{
	size_t n = 0;
	unsigned char *text;

	while (n < s.n && n < LANGUAGE_MAX &&
	       ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'z'))
		n++;
	text = arena_array(t->a, n + 1, 1);
	for (size_t i = 0; i < n; i++)
		text[i] = span_lower(s.p[i]);
	t->language = (struct span){ text, n };
}

static void take_value(unsigned attribute, struct span value, void *context)
{
	struct taker *t = context;
	struct span s = span_trim(value), member;

	if (attribute == t->s->nattributes) {
		take_language(t, s);
		return;
	}
	if (!strip_kind(&s))
		return;
	if (!group_as_member(s, t->a, &member) ||
	    span_chr(member, '@') == SIZE_MAX) {
		t->r->strange++;
		if (t->r->example.n == 0)
			t->r->example = arena_span(t->a, value);
		return;
	}
	if (t->n == t->cap) {
		struct span *more = arena_array(t->a, 2 * t->cap + 8,
			sizeof(*more));

		if (t->n)
			memcpy(more, t->addresses, t->n * sizeof(*more));
		t->cap = 2 * t->cap + 8;
		t->addresses = more;
	}
	if (t->person.n == 0)
		t->person = member;
	t->addresses[t->n++] = member;
}

static int by_text(const void *a, const void *b)
{
	return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

int ldap_answer(const struct ldap_source *s, const char *filter,
	struct arena *a, struct ldap_answer *r, struct err *e)
{
	struct taker t = { .s = s, .a = a, .r = r, .seen = map_new(a) };
	const struct ldap_sink sink = { take_next, take_value, &t };
	struct buf stream = { 0 };
	int result;

	*r = (struct ldap_answer){ 0 };
	result = ask(s, filter ? filter : s->filter, &stream, e);
	if (result == 0)
		result = ldap_stream_read(buf_bytes(&stream),
			(unsigned)s->nattributes + (s->language != NULL),
			&sink, e);
	end_entry(&t);
	buf_free(&stream);
	if (result == 0 && r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_text);
	return result;
}
