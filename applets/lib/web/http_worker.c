#include "web/http_worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "web/http_conn.h"

enum {
	ACCEPT_AT_ONCE = 16,
	ROOM_MS = 500,		/* full: time for others to take them */
	ROOM_MAKES = HTTP_CONNECTIONS_MAX / 8,
	SESSION_MS = 3000,	/* to find a session */
};

static void after(struct event *timer, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_add(timer, &tv);
}

/* Takes what waits at the door, a few at a time; full: closes the door. */
static void on_accept(evutil_socket_t fd, short what, void *context)
{
	struct http_worker *w = context;

	(void)what;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage peer;
		socklen_t n = sizeof(peer);
		int new;

		if (w->nconns >= HTTP_CONNECTIONS_MAX) {
			event_del(w->accepting);
			after(w->room_timer, ROOM_MS);
			return;
		}
		new = accept4(fd, (struct sockaddr *)&peer, &n,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (new < 0)
			return;
		http_conn_start(w, new, &peer);
	}
}

/* Does anybody wait whom no other worker has taken meanwhile? */
static bool somebody_waits(const struct http_worker *w)
{
	struct pollfd p = { .fd = w->listener, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* Still full: a flood. Whoever has the most makes room. */
static void on_room(evutil_socket_t fd, short what, void *context)
{
	struct http_worker *w = context;

	(void)fd;
	(void)what;
	if (w->ending)
		return;
	if (w->nconns >= HTTP_CONNECTIONS_MAX && somebody_waits(w))
		http_conn_make_room(w, ROOM_MAKES);
	event_add(w->accepting, NULL);
}

static void on_ending_over(evutil_socket_t fd, short what, void *context)
{
	struct http_worker *w = context;

	(void)fd;
	(void)what;
	event_base_loopbreak(w->base);
}

static void on_term(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	http_worker_end(context);
}

void http_worker_end(struct http_worker *w)
{
	if (w->ending)
		return;
	w->ending = true;
	event_del(w->accepting);
	event_del(w->room_timer);
	after(w->ending_timer, HTTP_ENDING_MS);
	http_conn_end_idle(w);
	if (w->nconns == 0)
		event_base_loopbreak(w->base);
}

void http_worker_closed(struct http_worker *w)
{
	w->nconns--;
	if (w->ending && w->nconns == 0)
		event_base_loopbreak(w->base);
}

/* The loop and its events; false: no memory. */
static bool set_up(struct http_worker *w)
{
	w->base = event_base_new();
	if (w->base == NULL)
		return false;
	w->accepting = event_new(w->base, w->listener, EV_READ | EV_PERSIST,
		on_accept, w);
	w->term = evsignal_new(w->base, SIGTERM, on_term, w);
	w->ending_timer = evtimer_new(w->base, on_ending_over, w);
	w->room_timer = evtimer_new(w->base, on_room, w);
	return w->accepting && w->term && w->ending_timer && w->room_timer &&
		event_add(w->accepting, NULL) == 0 &&
		event_add(w->term, NULL) == 0;
}

static void tear_down(struct http_worker *w)
{
	struct event *const events[] = { w->accepting, w->term,
		w->ending_timer, w->room_timer };

	http_conn_drop_all(w);
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (events[i])
			event_free(events[i]);
	if (w->base)
		event_base_free(w->base);
	db_free(&w->site.db);
}

static int start_site(struct http_site *site)
{
	const struct web_config *c = site->config;
	struct err e = { .class = ERR_NONE };

	if (c->conninfo)
		site->db = db_new(c->conninfo, c->login, SESSION_MS);
	if (c->start)
		site->context = c->start(c->start_context, &e);
	if (e.class == ERR_NONE)
		return 0;
	log_error("web: %s", e.text);
	return -1;
}

int http_worker_run(const struct web_config *c, struct tls_server *tls,
	int listener, int tell)
{
	struct http_worker w = { .site.config = c, .tls = tls,
		.listener = listener, .conns = LIST_HEAD_INITIALIZER() };
	int result = EXIT_LATER;

	if (start_site(&w.site) < 0 || !set_up(&w)) {
		tear_down(&w);
		return result;
	}
	if (io_write_all(tell, SPAN("r")) == 0) {
		event_base_dispatch(w.base);
		result = EXIT_DONE;
	}
	tear_down(&w);
	return result;
}
