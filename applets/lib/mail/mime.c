#include "mail/mime.h"

#include "mail/decode.h"
#include "mail/mime_tree.h"

enum {
	FIELDS_FACTOR = 16,	/* fields of all parts: 16 blocks full */
	TRIES_FACTOR = 4,	/* readings looked at for one that is kept */
	REREAD_FACTOR = 16,	/* bytes that readings look at, by its size */
	REREAD_LEAST = 1 << 20,
};

void mime_parse(struct span raw, const struct mail_limits *l, struct arena *a,
	struct mime *m_r)
{
	struct mime_tree *t = arena_alloc(a, sizeof(*t));

	t->limits = *l;
	t->arena = a;
	t->fields = l->headers * FIELDS_FACTOR;
	t->readings = l->readings;
	t->tries = l->readings * TRIES_FACTOR;
	t->reread = raw.n * REREAD_FACTOR + REREAD_LEAST;
	*m_r = (struct mime){ .tree = t };
	m_r->root = mime_add_entity(m_r, NULL, MIME_ENTITY, raw);
}

/* Runs a decoder into the arena, within what the message may still have. */
static struct span run_decoder(struct mime_part *p,
	const struct mail_limits *l, struct arena *a)
{
	size_t left = l->decoded_bytes > *p->decoded ?
		l->decoded_bytes - *p->decoded : 0;
	bool base64 = p->encoding == MIME_BASE64, clean = true;
	struct span in = p->body;
	unsigned char *out;
	size_t n;

	/* Never more bytes go in than may come out in the worst case. */
	if (base64 ? in.n / 4 * 3 > left : in.n > left) {
		in.n = base64 ? left / 3 * 4 : left;
		p->flags |= MAIL_OVER_DECODED;
	}
	out = arena_alloc(a, base64 ? DECODE_BASE64_ROOM(in.n) : in.n);
	n = base64 ? decode_base64(in, out, &clean) :
		     decode_qp(in, out, &clean);
	if (!clean)
		p->flags |= MAIL_BAD_ENCODING;
	*p->decoded += n;
	return span_from(out, n);
}

struct span mime_decode(struct mime_part *p, const struct mail_limits *l,
	struct arena *a)
{
	if (p->content.p)
		return p->content;
	if (p->encoding == MIME_BASE64 || p->encoding == MIME_QP)
		p->content = run_decoder(p, l, a);
	else
		p->content = p->body;
	return p->content;
}
