/*
 * The helper of links: the only process of this role that has the key of the
 * tickets and a log-in to the database. Whoever holds a ticket may have done
 * what it says, once; the web process holds none of its own.
 */
#include "enduser.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/netaddr.h"
#include "base/rate.h"
#include "base/utf8.h"
#include "conf/wiring.h"
#include "crypto/secret.h"
#include "role/life.h"
#include "role/listen.h"
#include "role/sandbox.h"
#include "store/personal.h"
#include "web/attendant.h"

enum {
	DB_MS = 5000,
	AS_BYTES = 256 << 20,
	NOFILE = 64,
	LINE_MAX_BYTES = 500,	/* of a subject that is shown */
	WRONG_MOST = 20,	/* forged tickets of one peer … */
	WRONG_S = 600,		/* … in so long */
	AGAIN_S = 30 * 86400,	/* how long one can turn back */
};

static struct ticket_keys *keys;
static struct rate_table *wrong;

/* An IPv4 address, an IPv6 network of 64 bits. */
static struct span key_of_peer(struct span peer, struct netaddr *addr)
{
	if (!netaddr_parse(peer, addr))
		return span_sub(peer, 0, RATE_KEY_MAX);
	return span_from(addr->b, addr->n == 16 ? 8 : addr->n);
}

/* Forged ones are counted; a good one works however many came before. */
static enum link_result refuse(struct span peer)
{
	const struct rate_counts one = { .messages = 1 };
	struct rate_counts c;
	struct netaddr addr;
	struct span key = key_of_peer(peer, &addr);

	rate_get(wrong, key, WRONG_S, clock_ms(), &c);
	if (c.messages >= WRONG_MOST)
		return LINK_WAIT;
	rate_add(wrong, key, &one, clock_ms());
	if (c.messages + 1 == WRONG_MOST)
		log_warn("links: %d forged tickets from %.*s in %d s",
			WRONG_MOST, (int)(peer.n < 64 ? peer.n : 64),
			(const char *)peer.p, WRONG_S);
	return LINK_BAD;
}

/* For a page: one line, nothing that turns or hides it. */
static struct span line_of(struct span s, struct arena *a)
{
	char text[LINE_MAX_BYTES];

	utf8_printable(s, text, sizeof(text));
	return arena_span(a, span_of(text));
}

static void show_ticket(const struct ticket *t, struct arena *a,
	struct link_answer *l)
{
	l->action = t->action;
	l->person = line_of(t->person, a);
	l->rule = line_of(t->rule, a);
}

static void show_state(const struct personal *p, struct arena *a,
	struct link_answer *l)
{
	static const enum link_result results[PERSONAL_STATES] = {
		[PERSONAL_OPEN] = LINK_OPEN, [PERSONAL_USED] = LINK_USED,
		[PERSONAL_CLOSED] = LINK_CLOSED, [PERSONAL_GONE] = LINK_GONE,
		[PERSONAL_BARRED] = LINK_BARRED,
	};

	l->result = results[p->state];
	l->sender = line_of(p->sender, a);
	l->subject = line_of(p->subject, a);
	l->reason = line_of(p->reason, a);
	l->received_ms = p->received_ms;
	l->allow = line_of(p->allow, a);
	l->done = p->done;
	l->done_ms = p->done_ms;
}

/* Who took digests off may want them after all, and the other way round. */
static void show_way_back(const struct ticket *t, struct arena *a,
	struct link_answer *l)
{
	struct ticket back = { .purpose = TICKET_LINK, .rule = t->rule,
		.person = t->person, .item = id_new(),
		.end_s = clock_wall_ms() / 1000 + AGAIN_S,
		.action = t->action == TICKET_OPT_OUT ? TICKET_OPT_IN :
			TICKET_OPT_OUT };
	struct buf b = { .arena = a };

	if (t->action != TICKET_OPT_OUT && t->action != TICKET_OPT_IN)
		return;
	ticket_put(keys, &back, &b);
	l->again = buf_bytes(&b);
}

static int use(struct db *db, const struct ticket *t, struct span peer,
	struct arena *a, struct link_answer *l, struct err *e)
{
	struct netaddr addr;
	const char *via = arena_printf(a, "link %.*s", netaddr_parse(peer,
		&addr) ? (int)peer.n : 0, (const char *)peer.p);
	struct personal p;
	int n = personal_act(db, t, via, a, &p, e);

	if (n < 0)
		return -1;
	show_state(&p, a, l);
	if (n > 0) {
		l->result = LINK_DONE;
		show_way_back(t, a, l);
	}
	return 0;
}

static int answer(struct db *db, const struct helper_request *r,
	struct arena *a, struct buf *packet, struct err *e)
{
	struct link_answer l = { 0 };
	struct personal p;
	struct ticket t;
	enum ticket_result result = ticket_read(keys, r->text[0], TICKET_LINK,
		SPAN(""), clock_wall_ms() / 1000, a, &t);
	int done = 0;

	if (result == TICKET_BAD) {
		l.result = refuse(r->text[1]);
	} else {
		show_ticket(&t, a, &l);
		if (result == TICKET_ENDED) {
			l.result = LINK_ENDED;
			l.done_ms = t.end_s * 1000;
		} else if (r->kind == HELPER_LINK_USE) {
			done = use(db, &t, r->text[1], a, &l, e);
		} else {
			done = personal_look(db, &t, a, &p, e);
			if (done == 0)
				show_state(&p, a, &l);
		}
	}
	if (done == 0)
		helper_put_link(packet, &l);
	return done;
}

static void confine(const struct process *p)
{
	static const struct sandbox_path paths[] = {
		{ ROOT_ETC "/db", SANDBOX_MAYBE }, /* our certificates */
		{ 0 },
	};
	struct err e;

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .as = AS_BYTES,
		.fsize = 1 << 20, .nofile = NOFILE });
	if (sandbox_confine(paths, SANDBOX_LOGIN, &e) < 0)
		log_fatal("%s", e.text);
}

int enduser_links_run(const struct process *p)
{
	struct arena *a = arena_new("wiring", 16 << 20);
	struct attendant t = { .login = "pm_link", .db_ms = DB_MS,
		.name = "links",
		.away = "the database does not answer: links of digests do "
			"nothing until it does; mail is not affected",
		.first = HELPER_LINK_SHOW, .last = HELPER_LINK_USE,
		.answer = answer };
	int listener, signals;
	struct wiring w;
	struct err e;

	if (wiring_load(a, &w, &e) < 0)
		return err_report("enduser", &e);
	t.conninfo = wiring_conninfo(&w);
	if (t.conninfo == NULL)
		return err_report("enduser", (err_set(&e, ERR_PERMANENT, "no "
			"database is wired: run pm setup"), &e));
	/* Read before power is given up: the key is root's and our group's. */
	keys = ticket_load(TICKET_KEY_FILE, &e);
	listener = keys ? listen_for(ENDUSER_LINKS_SOCKET, "pm-eu", &e) : -1;
	if (listener < 0)
		return err_report("enduser", &e);
	signals = life_signals();
	wrong = rate_new();
	confine(p);
	return attendant_serve(&t, listener, signals, life_ready,
		life_degraded);
}
