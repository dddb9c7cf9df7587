#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Above the limits of an envelope, so that these are told, not fatal. */
enum { CONNECTION_MAX = 4 << 20, MESSAGE_MAX = 256 << 20, TEXT_MAX = 65536 };

/* A copy of a text of the MTA's; a missing one is empty. */
static struct span keep(struct arena *a, const char *text)
{
	struct span s = span_of(text ? text : "");

	return arena_span(a, span_sub(s, 0, TEXT_MAX));
}

struct session *session_new(void)
{
	struct arena *a = arena_new("connection", CONNECTION_MAX);
	struct session *s = arena_alloc(a, sizeof(*s));

	s->connection = a;
	s->message = arena_new("envelope", MESSAGE_MAX);
	s->stage = arena_new("stage", MESSAGE_MAX);
	s->content.fd = s->content.reader = -1;
	return s;
}

void session_free(struct session **s)
{
	struct arena *a;

	if (*s == NULL)
		return;
	a = (*s)->connection;
	content_free(&(*s)->content);
	arena_free(&(*s)->message);
	arena_free(&(*s)->stage);
	arena_free(&a);
	*s = NULL;
}

void session_connect(struct session *s, const char *name, const char *addr,
	uint16_t port, const char *mta_name)
{
	/* The MTAs' ways to say that the name is not verified. */
	if (name == NULL || *name == '[' || strcmp(name, "unknown") == 0)
		name = "";
	s->env.relay_name = keep(s->connection, name);
	s->env.relay_addr = keep(s->connection, addr);
	s->env.relay_port = port;
	s->env.mta_name = keep(s->connection, mta_name);
}

void session_helo(struct session *s, const char *helo)
{
	/* A client may say it again without end: no more than a few copies. */
	if (!span_is(s->env.helo, helo) &&
	    arena_used(s->connection) < CONNECTION_MAX / 2)
		s->env.helo = keep(s->connection, helo);
}

/* "<a@b>" without its brackets. */
static struct span address(struct arena *a, const char *text)
{
	struct span s = span_of(text ? text : "");

	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = span_sub(s, 1, s.n - 2);
	return arena_span(a, s);
}

static struct span join(struct arena *a, char **words, size_t max)
{
	struct buf b = { .arena = a };

	for (; *words && b.n < max; words++)
		buf_printf(&b, "%s%s", b.n ? " " : "", *words);
	return buf_bytes(&b);
}

void session_mail(struct session *s, char **argv, const char *auth_user,
	const char *tls_version, const char *tls_cipher)
{
	struct arena *a = s->message;

	session_reset(s);
	s->mail_seen = true;
	s->id = id_new();
	s->env.id = span_of(s->id.text);
	s->env.received_ms = clock_wall_ms();
	s->env.mail_from = address(a, argv[0]);
	s->env.mail_params = join(a, argv + 1, TEXT_MAX);
	s->env.auth_user = keep(a, auth_user);
	if (tls_version && *tls_version)
		s->env.tls = span_of(arena_printf(a, "%s %s", tls_version,
			tls_cipher ? tls_cipher : ""));
}

/* Room for one more recipient; what it outgrew ends with the arena. */
static void *grow(struct arena *a, const void *old, size_t n, size_t room,
	size_t size)
{
	void *more = arena_array(a, room, size);

	if (n)
		memcpy(more, old, n * size);
	return more;
}

static void grow_rcpts(struct session *s)
{
	size_t room = s->rcpts_room ? s->rcpts_room * 2 : 8;
	struct envelope *e = &s->env;

	e->rcpts = grow(s->message, e->rcpts, e->nrcpts, room,
		sizeof(*e->rcpts));
	e->given = grow(s->message, e->given, e->nrcpts, room,
		sizeof(*e->given));
	e->tags = grow(s->message, e->tags, e->nrcpts, room,
		sizeof(*e->tags));
	s->rcpts_room = room;
}

void session_rcpt(struct session *s, char **argv)
{
	size_t n = span_of(argv[0]).n + 16;

	if (s->env.nrcpts >= ENVELOPE_RCPTS_MAX ||
	    s->env_bytes + n > ENVELOPE_BYTES_MAX / 2) {
		s->over_limits = true;
		return;
	}
	if (s->env.nrcpts == s->rcpts_room)
		grow_rcpts(s);
	s->env.rcpts[s->env.nrcpts] = address(s->message, argv[0]);
	s->env.given[s->env.nrcpts] = s->env.rcpts[s->env.nrcpts];
	s->env.nrcpts++;
	s->env_bytes += n;
}

/*
 * As it came over the wire: libmilter gives folds as a bare LF and, with
 * SMFIP_HDR_LEADSPC, the value with the blanks after the colon.
 */
void session_header(struct session *s, const char *name, const char *value)
{
	struct content *c = &s->content;
	struct span rest = span_of(value);
	size_t lf;

	content_add(c, span_of(name));
	content_add(c, s->leading_space ? SPAN(":") : SPAN(": "));
	while ((lf = span_chr(rest, '\n')) != SIZE_MAX) {
		struct span line = span_sub(rest, 0, lf);

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		content_add(c, line);
		content_add(c, SPAN("\r\n"));
		rest = span_after(rest, lf + 1);
	}
	content_add(c, rest);
	content_add(c, SPAN("\r\n"));
}

void session_end_header(struct session *s)
{
	content_add(&s->content, SPAN("\r\n"));
	s->body_at = s->content.n;
}

void session_body(struct session *s, const unsigned char *p, size_t n)
{
	content_add(&s->content, span_from(p, n));
}

void session_queue_id(struct session *s, const char *queue_id)
{
	s->env.queue_id = keep(s->message, queue_id);
}

void session_reset(struct session *s)
{
	struct envelope *e = &s->env;

	content_reset(&s->content);
	arena_reset(s->message);
	*e = (struct envelope){
		.relay_name = e->relay_name, .relay_addr = e->relay_addr,
		.relay_port = e->relay_port, .helo = e->helo,
		.mta_name = e->mta_name,
	};
	s->id = (struct id){ { 0 } };
	s->rcpts_room = s->env_bytes = 0;
	s->mail_seen = s->over_limits = false;
}
