/*
 * The log-in helper: the only process that sees passwords' hashes and makes
 * sessions. It answers the web process one request at a time, so that
 * guessing costs no more than one processor.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "conf/wiring.h"
#include "csm.h"
#include "login.h"
#include "role/life.h"
#include "role/listen.h"
#include "role/sandbox.h"
#include "web/first_login.h"
#include "web/helper_wire.h"

enum {
	CLIENTS_MAX = 16,
	REQUEST_MS = 5000,
	LOOK_MS = 3000,		/* is the database there? */
	LOOK_AGAIN_MS = 500,	/* it was not */
	DB_MS = 5000,
	PATIENCE_MS = 10000,	/* the database may still be starting */
	MEMORY = 1 << 20,
	AS_BYTES = 512 << 20,	/* Argon2id takes 64 MiB of them */
	NOFILE = 64,
};

static struct {
	int listener, signals;
	const char *conninfo;
	struct db *db;
	bool away;
	int64_t patient_until;
	struct client {
		int fd;		/* -1: free */
		int64_t deadline_ms;
	} clients[CLIENTS_MAX];
} l;

static void end(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

/* An error is no answer: the other side says that nobody answered. */
static void carry_out(struct client *c, const struct helper_request *r)
{
	struct arena *a = arena_new("log-in", MEMORY);
	struct buf packet = { .arena = a };
	struct login_answer answer = { .result = LOGIN_WRONG };
	struct err e;
	int result = r->kind == HELPER_LOGIN ?
		login_new(l.db, r, a, &answer, &e) :
		login_change(l.db, r, a, &answer, &e);

	if (result < 0) {
		log_warn("log-in: %s", e.text);
	} else {
		helper_put_login(&packet, &answer);
		io_send(c->fd, buf_bytes(&packet), NULL, 0);
	}
	explicit_bzero(packet.p, packet.n);
	arena_free(&a);
}

static void hear(struct client *c)
{
	static unsigned char packet[HELPER_PACKET_MAX];
	struct helper_request r;
	ssize_t n = io_recv(c->fd, packet, sizeof(packet), NULL, NULL);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0 && helper_get_request(span_from(packet, (size_t)n), &r) &&
	    r.kind <= HELPER_CHANGE)
		carry_out(c, &r);
	explicit_bzero(packet, sizeof(packet));
	end(c);
}

static struct client *free_client(void)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (l.clients[i].fd < 0)
			return &l.clients[i];
	return NULL;
}

static void take_client(void)
{
	struct client *c = free_client();
	int fd = c ? accept4(l.listener, NULL, NULL, SOCK_CLOEXEC |
		SOCK_NONBLOCK) : -1;

	if (fd >= 0)
		*c = (struct client){ fd, clock_ms() + REQUEST_MS };
}

/* Did TERM come? */
static bool told_to_end(void)
{
	char c;

	while (read(l.signals, &c, 1) == 1)
		if (c == 'T')
			return true;
	return false;
}

/* Says whether anybody could log in now. */
static void look(void)
{
	struct err e;

	/* A new connection does not wait longer each time. */
	if (l.away)
		db_free(&l.db);
	if (l.db == NULL)
		l.db = db_new(l.conninfo, "pm_login", DB_MS);
	l.away = db_ready(l.db, &e) < 0;
	if (l.away && clock_ms() < l.patient_until)
		return;
	life_degraded(l.away ? "the database does not answer: nobody can log "
		"in; mail is not affected" : NULL);
}

static int serve(void)
{
	enum { SIGNALS, LISTENER, CLIENTS };
	int64_t looked = clock_ms();

	for (;;) {
		struct pollfd p[CLIENTS + CLIENTS_MAX] = {
			{ l.signals, POLLIN, 0 },
			{ free_client() ? l.listener : -1, POLLIN, 0 },
		};

		for (size_t i = 0; i < CLIENTS_MAX; i++)
			p[CLIENTS + i] = (struct pollfd){ l.clients[i].fd,
				POLLIN, 0 };
		if (poll(p, CLIENTS + CLIENTS_MAX, LOOK_AGAIN_MS) < 0 &&
		    errno != EINTR)
			log_fatal("log-in: poll: %s", strerror(errno));
		if (p[SIGNALS].revents && told_to_end())
			return EXIT_DONE;
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			if (p[CLIENTS + i].revents)
				hear(&l.clients[i]);
			else if (l.clients[i].fd >= 0 &&
				 clock_ms() > l.clients[i].deadline_ms)
				end(&l.clients[i]);
		if (p[LISTENER].revents)
			take_client();
		if (clock_ms() - looked >= (l.away ? LOOK_AGAIN_MS :
		    LOOK_MS)) {
			look();
			looked = clock_ms();
		}
	}
}

static void confine(const struct process *p)
{
	static const struct sandbox_path paths[] = {
		{ FIRST_LOGIN_FOLDER, SANDBOX_WRITE },
		{ ROOT_ETC "/db", SANDBOX_MAYBE }, /* our certificates */
		{ 0 },
	};
	struct err e;
	int landlock;

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .as = AS_BYTES,
		.fsize = 1 << 20, .nofile = NOFILE });
	landlock = sandbox_paths(paths, &e);
	if (landlock < 0)
		log_fatal("%s", e.text);
	if (landlock > 0)
		log_warn("%s", e.text);
	if (sandbox_calls(SANDBOX_LOGIN, &e) < 0)
		log_fatal("%s", e.text);
}

int login_run(const struct process *p)
{
	struct arena *a = arena_new("wiring", 16 << 20);
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("csm", &e);
	l.conninfo = wiring_conninfo(&w);
	if (l.conninfo == NULL)
		return err_report("csm", (err_set(&e, ERR_PERMANENT, "no "
			"database is wired: run pm setup"), &e));
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		l.clients[i].fd = -1;
	l.listener = listen_for(CSM_LOGIN_SOCKET, "pm-csm", &e);
	if (l.listener < 0 || first_login_folder(&e) < 0)
		return err_report("csm", &e);
	l.signals = life_signals();
	confine(p);
	login_begin();
	l.patient_until = clock_ms() + PATIENCE_MS;
	look();
	life_ready();
	return serve();
}
