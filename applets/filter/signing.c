#include "signing.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "engine/signing.h"
#include "mailauth/dkim_sign.h"
#include "kick.h"
#include "listen.h"
#include "signer.h"

enum { RETRY_MS = 50 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cidr *networks;
static size_t nnetworks;

void signing_networks(const struct wiring *w)
{
	struct cidr *fresh = calloc(w->nnetworks + 1, sizeof(*fresh)), *old;
	size_t n = 0;

	for (size_t i = 0; fresh && i < w->nnetworks; i++)
		n += cidr_parse(span_of(w->networks[i]), &fresh[n]);
	pthread_mutex_lock(&lock);
	old = networks;
	networks = fresh;
	nnetworks = n;
	pthread_mutex_unlock(&lock);
	free(old);
}

void signing_check(const struct session *s, struct verdict *v)
{
	bool outgoing;

	pthread_mutex_lock(&lock);
	outgoing = signing_is_outgoing(&s->env, networks, nnetworks);
	pthread_mutex_unlock(&lock);
	for (size_t i = 0; !outgoing && i < v->ngroups; i++)
		v->groups[i].nsigns = 0;
}

/* One question under way. */
struct asking {
	int fd;			/* -1: not connected */
	int64_t deadline_ms;
	bool kicked;
};

/* A callback that waits holds up others: libmilter is told first. */
static bool wait_answer(struct asking *a)
{
	struct pollfd p = { .fd = a->fd, .events = POLLIN };
	int n = 0;

	if (!a->kicked) {
		n = poll(&p, 1, KICK_GRACE_MS);
		if (n == 0)
			kick();
		a->kicked = n == 0;
	}
	while (n == 0 || (n < 0 && errno == EINTR)) {
		int64_t left = clock_left_ms(a->deadline_ms);

		if (left == 0)
			return false;
		n = poll(&p, 1, (int)left);
	}
	return n > 0;
}

/* Sends the question and takes the answer; false: the signer is away. */
static bool ask_once(struct asking *a, const struct signer_request *q,
	struct signer_reply *r)
{
	ssize_t n;

	if (a->fd < 0)
		a->fd = io_connect_unix(FILTER_SIGNER_SOCKET, SOCK_SEQPACKET,
			NULL);
	if (a->fd < 0 || io_send(a->fd, span_from(q, sizeof(*q)), NULL, 0) < 0
	    || !wait_answer(a))
		return false;
	n = io_recv(a->fd, r, sizeof(*r), NULL, NULL);
	return n == (ssize_t)sizeof(*r) && r->magic == SIGNER_MAGIC &&
		r->n <= SIGN_MOST;
}

/* Until it answers or the time is over: it may be starting anew. */
static bool ask(struct asking *a, const struct signer_request *q,
	struct signer_reply *r)
{
	while (!ask_once(a, q, r)) {
		if (a->fd >= 0)
			close(a->fd);
		a->fd = -1;
		if (clock_left_ms(a->deadline_ms) <= RETRY_MS)
			return false;
		if (!a->kicked)
			kick();
		a->kicked = true;
		clock_sleep_ms(RETRY_MS);
	}
	return true;
}

/* The signature of a hash, in the reply. */
static int get_signature(struct asking *a, struct span domain,
	struct span selector, const unsigned char hash[HASH_SHA256_SIZE],
	struct signer_reply *r, struct err *e)
{
	struct signer_request q = { .magic = SIGNER_MAGIC };

	if (domain.n >= sizeof(q.domain) || selector.n >= sizeof(q.selector))
		return err_set(e, ERR_BUG, "a name that is too long");
	memcpy(q.domain, domain.p, domain.n);
	memcpy(q.selector, selector.p, selector.n);
	memcpy(q.hash, hash, sizeof(q.hash));
	if (!ask(a, &q, r))
		return err_set(e, ERR_TEMPORARY, "the signer does not answer: "
			"outgoing mail of %s is answered 451", q.domain);
	if (r->n == 0)
		return err_set(e, ERR_TEMPORARY, "the signer has no key %s "
			"of %s: outgoing mail of that domain is answered 451",
			q.selector, q.domain);
	return 0;
}

static int sign_one(struct asking *a, struct sign *sign, struct arena *arena,
	struct err *e)
{
	struct signer_reply r;

	if (get_signature(a, sign->domain, sign->selector, sign->hash, &r,
		e) < 0)
		return -1;
	sign->value = dkim_sign_join(sign->field,
		span_from(r.signature, r.n), arena);
	return 0;
}

/* The signature of a text in two parts, in base64. */
static int sign_text(struct asking *a, const struct seal *s,
	const struct span text[3], struct buf *base64, struct err *e)
{
	unsigned char hash[HASH_SHA256_SIZE];
	struct signer_reply r;
	struct hash h;

	hash_begin(&h);
	for (size_t i = 0; i < 3; i++)
		hash_add(&h, text[i]);
	hash_end(&h, hash);
	if (get_signature(a, s->domain, s->selector, hash, &r, e) < 0)
		return -1;
	buf_base64(base64, span_from(r.signature, r.n));
	return 0;
}

static void put_field(struct buf *b, const char *name,
	const struct span value[2], struct span between)
{
	buf_printf(b, "%s:", name);
	buf_span(b, value[0]);
	buf_span(b, between);
	buf_span(b, value[1]);
	buf_string(b, "\r\n");
}

/* The seal is over the message's signature, so it comes second. */
static int seal_one(struct asking *a, struct seal *s, struct arena *arena,
	struct err *e)
{
	const struct arc_parts *p = &s->parts;
	struct buf first = { .arena = arena }, second = { .arena = arena };
	struct buf fields = { .arena = arena };
	struct span results[2] = { p->results, { NULL, 0 } };
	struct span none = { 0 };

	if (sign_text(a, s, (struct span[3]){ p->text, none, none }, &first,
		e) < 0 ||
	    sign_text(a, s, (struct span[3]){ p->over[0], buf_bytes(&first),
		p->over[1] }, &second, e) < 0)
		return -1;
	put_field(&fields, "ARC-Seal", p->seal, buf_bytes(&second));
	put_field(&fields, "ARC-Message-Signature", p->message,
		buf_bytes(&first));
	put_field(&fields, "ARC-Authentication-Results", results, none);
	s->fields = buf_bytes(&fields);
	return 0;
}

static int sign_group(struct asking *a, const struct group *g,
	struct verdict *v, struct arena *arena, struct err *e)
{
	struct group *ours = &v->groups[g - v->groups];

	for (size_t i = 0; i < ours->nsigns; i++)
		if (sign_one(a, &ours->signs[i], arena, e) < 0)
			return -1;
	return ours->seal ? seal_one(a, ours->seal, arena, e) : 0;
}

int signing_sign(struct session *s, struct verdict *v,
	const struct resolution *r, struct err *e)
{
	struct asking a = { .fd = -1,
		.deadline_ms = clock_ms() + SIGNING_MS };
	int result = 0;

	if (r->own)
		result = sign_group(&a, r->own, v, s->message, e);
	for (size_t i = 0; result == 0 && i < r->nkeeps; i++)
		if (r->keeps[i].kind == KEEP_COPY)
			result = sign_group(&a, r->keeps[i].group, v,
				s->message, e);
	if (a.fd >= 0)
		close(a.fd);
	return result;
}
