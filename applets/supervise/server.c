#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervise.h"

#include "base/clock.h"
#include "role/control.h"

enum { CLIENT_MS = 5000, RELOADING_MS = 15000, REQUEST_MAX = 160 };

/* An answer on its way: sent when a packet is full and at the end. */
struct answer {
	struct client *to;
	size_t n;
	char text[CONTROL_PACKET_MAX];
};

static struct answer answer; /* one client is answered at a time */

static void drop(struct client *c)
{
	close(c->fd);
	*c = (struct client){ .fd = -1 };
}

/* A client that does not take its answer loses it: nobody waits for him. */
static void send_answer(void)
{
	if (answer.to->fd >= 0 && answer.n &&
	    send(answer.to->fd, answer.text, answer.n,
		 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		drop(answer.to);
	answer.n = 0;
}

__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	va_list ap;
	int n;

	if (sizeof(answer.text) - answer.n < 2 * TEXT_MAX + REQUEST_MAX)
		send_answer();
	va_start(ap, fmt);
	n = vsnprintf(answer.text + answer.n, sizeof(answer.text) - answer.n,
		fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(answer.text) - answer.n)
		answer.n += (size_t)n;
}

static void answer_begin(struct client *c)
{
	answer.to = c;
	answer.n = 0;
}

static void answer_end(void)
{
	send_answer();
	if (answer.to->fd >= 0)
		drop(answer.to);
}

/* Is c meant by "", "ROLE" or "ROLE/PROCESS"? */
static bool is_meant(const struct child *c, struct span what)
{
	size_t slash = span_chr(what, '/');

	if (c->applet == NULL)
		return false;
	if (what.n == 0)
		return true;
	return span_is(span_sub(what, 0, slash), c->applet->name) &&
	       (slash == SIZE_MAX ||
		span_is(span_after(what, slash + 1), c->process->name));
}

/* What it says of itself may still be of before. */
static bool is_reloading(const struct child *c)
{
	return c->state == STATE_ready && c->reload_ms > clock_ms();
}

static void verb_status(struct super *s, struct child *c)
{
	const struct child *missing = c->state == STATE_waiting ?
		machine_missing(s, c) : NULL;

	say("%s/%s %s %d %lld %u %llu ", c->applet->name, c->process->name,
		is_reloading(c) ? "reloading" : machine_state_name(c->state),
		c->pid,
		(long long)(clock_ms() - c->since_ms),
		c->starts ? c->starts - 1 : 0,
		(unsigned long long)c->generation);
	say("%s\t", c->state == STATE_ready ? c->note : "");
	if (missing)
		say("waits for %s/%s\n", missing->applet->name,
			missing->process->name);
	else
		say("%s\n", c->degraded);
}

/* What is wrong, as its processes say. */
static void verb_alarms(struct super *s, struct child *c)
{
	(void)s;
	for (size_t i = 0; i < ALARMS_MAX; i++)
		if (c->alarms[i][0] && c->state == STATE_ready)
			say("%s/%s %s\n", c->applet->name, c->process->name,
				c->alarms[i]);
}

static void verb_start(struct super *s, struct child *c)
{
	c->wanted = true;
	c->again = false;
	if (c->state == STATE_failed || c->state == STATE_paused)
		machine_event(s, c, EVENT_START);
}

static void verb_stop(struct super *s, struct child *c)
{
	(void)s;
	c->wanted = c->again = false;
}

static void verb_restart(struct super *s, struct child *c)
{
	(void)s;
	c->wanted = false;
	c->again = true;
}

static void verb_reload(struct super *s, struct child *c)
{
	if (c->state == STATE_failed)
		machine_event(s, c, EVENT_START);
	else if (c->state != STATE_ready)
		c->hup = c->state == STATE_starting;
	else {
		c->reload_ms = c->process->reload_ms ?
			clock_ms() + c->process->reload_ms : 0;
		spawn_signal(c, SIGHUP);
	}
}

static const struct {
	const char *name;
	void (*act)(struct super *s, struct child *c);
	bool orders; /* refused while everything stops */
} verbs[] = {
	{ "status", verb_status, false },
	{ "alarms", verb_alarms, false },
	{ "start", verb_start, true },
	{ "stop", verb_stop, true },
	{ "restart", verb_restart, true },
	{ "reload", verb_reload, true },
};

enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

/* Nobody is meant: which roles are there? */
static void say_unknown(const struct super *s, struct span what)
{
	const struct applet *before = NULL;

	say("no %.*s runs nothing on this appliance; its roles:",
		SPAN_FMT(what));
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		const struct applet *a = s->children[i].applet;

		if (a && a != before)
			say(" %s", a->name);
		before = a ? a : before;
	}
	say("\n");
}

/* Carries a verb out for all that are meant, and answers. */
static void carry_out(struct super *s, size_t verb, struct span what)
{
	bool any = what.n == 0;

	for (size_t i = 0; i < CHILDREN_MAX; i++)
		any = any || is_meant(&s->children[i], what);
	if (!any) {
		say_unknown(s, what);
		return;
	}
	say("ok\n");
	if (verbs[verb].orders)
		super_say(s, "asked to %s %.*s", verbs[verb].name,
			what.n ? (int)what.n : 10, what.n ?
			(const char *)what.p : "everything");
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (is_meant(&s->children[i], what))
			verbs[verb].act(s, &s->children[i]);
}

/* Names are ours: nothing else goes into an answer or the log. */
static bool is_plain(struct span what)
{
	for (size_t i = 0; i < what.n; i++)
		if (what.p[i] <= ' ' || what.p[i] > '~')
			return false;
	return true;
}

static void serve_request(struct super *s, struct client *c,
	struct span request)
{
	struct span verb = { NULL, 0 }, what = request;
	size_t v = 0;

	answer_begin(c);
	if (request.n && request.p[request.n - 1] == '\n')
		what.n--;
	span_cut(&what, ' ', &verb);
	while (v < VERBS && !span_is(verb, verbs[v].name))
		v++;
	if (v == VERBS || !is_plain(what)) {
		say("no such request: status alarms start stop restart "
			"reload\n");
	} else if (verbs[v].orders && !c->orders) {
		say("no only root may order\n");
	} else if (verbs[v].orders && s->ending) {
		say("no pm supervise is stopping\n");
	} else if (verbs[v].act == verb_reload && what.n == 0) {
		c->reloading = true;
		c->until_ms = clock_ms() + RELOADING_MS;
		server_reload(s);
		return;
	} else {
		carry_out(s, v, what);
	}
	answer_end();
}

/*
 * Root, or who we are ourselves. Others get here only when they are in the
 * group that the socket belongs to; they may ask for the status.
 */
static bool may_order(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

void server_accept(struct super *s)
{
	struct client *slot = &s->clients[0];
	int fd = accept4(s->listen_fd, NULL, NULL,
		SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	/* A free slot, or that of who has been here longest. */
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (slot->fd >= 0 && (c->fd < 0 ||
				      c->until_ms < slot->until_ms))
			slot = c;
	}
	if (slot->fd >= 0)
		drop(slot);
	*slot = (struct client){ .fd = fd, .until_ms = clock_ms() + CLIENT_MS,
		.orders = may_order(fd) };
}

void server_read(struct super *s, struct client *c)
{
	char request[REQUEST_MAX];
	ssize_t n = recv(c->fd, request, sizeof(request), MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || c->reloading)
		drop(c);
	else
		serve_request(s, c, span_from(request,
			n > (ssize_t)sizeof(request) ? 0 : (size_t)n));
}

void server_reloaded(struct super *s, const char *why)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (s->clients[i].fd < 0 || !s->clients[i].reloading)
			continue;
		answer_begin(&s->clients[i]);
		if (why)
			say("no %s\n", why);
		else
			say("ok\n");
		answer_end();
	}
	for (size_t i = 0; why == NULL && i < CHILDREN_MAX; i++)
		if (s->children[i].applet && s->children[i].wanted)
			verb_reload(s, &s->children[i]);
}

int64_t server_timers(struct super *s, int64_t now_ms)
{
	int64_t next = 0;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->fd >= 0 && c->until_ms <= now_ms)
			drop(c);
		if (c->fd >= 0 && (next == 0 || c->until_ms < next))
			next = c->until_ms;
	}
	return next;
}
