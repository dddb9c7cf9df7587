#include "web/helper_wire.h"

#include <stdio.h>

#include "base/root.h"
#include "base/utf8.h"
#include "base/wire.h"

enum {
	MAGIC = 0x706d7731,
	PART_LEAST = 3 * 4 + 8 + 1,	/* bytes of the smallest part */
	TEXTS = 3,
};

void helper_path(const char *role, const char *helper,
	char out[HELPER_PATH_SIZE])
{
	snprintf(out, HELPER_PATH_SIZE, ROOT_RUN "/%s/%s.sock", role, helper);
}

void helper_put_request(struct buf *b, const struct helper_request *r)
{
	wire_put_u32(b, MAGIC);
	wire_put_u8(b, (uint8_t)r->kind);
	for (size_t i = 0; i < TEXTS; i++)
		wire_put_span(b, r->text[i]);
}

bool helper_get_request(struct span packet, struct helper_request *r_r)
{
	struct wire w = wire_open(packet);
	bool ours = wire_u32(&w) == MAGIC;

	r_r->kind = (enum helper_kind)wire_u8(&w);
	for (size_t i = 0; i < TEXTS; i++)
		r_r->text[i] = wire_span(&w);
	return wire_done(&w) && ours && r_r->kind >= HELPER_LOGIN &&
		r_r->kind <= HELPER_LINK_USE;
}

void helper_put_login(struct buf *b, const struct login_answer *l)
{
	wire_put_u32(b, MAGIC);
	wire_put_u8(b, (uint8_t)l->result);
	wire_put_u8(b, l->must_change);
	wire_put_u32(b, l->wait_s);
	wire_put_span(b, l->cookie);
	wire_put_span(b, l->text);
}

bool helper_get_login(struct span packet, struct login_answer *l_r)
{
	struct wire w = wire_open(packet);
	bool ours = wire_u32(&w) == MAGIC;

	l_r->result = (enum login_result)wire_u8(&w);
	l_r->must_change = wire_u8(&w) != 0;
	l_r->wait_s = wire_u32(&w);
	l_r->cookie = wire_span(&w);
	l_r->text = wire_span(&w);
	return wire_done(&w) && ours && l_r->result <= LOGIN_WEAK &&
		utf8_valid(l_r->text) &&
		(l_r->result == LOGIN_DONE) == (l_r->cookie.n != 0);
}

void helper_put_error(struct buf *b, const struct err *e)
{
	wire_put_u32(b, MAGIC);
	wire_put_u8(b, (uint8_t)e->class);
	wire_put_span(b, e->class == ERR_NONE ? SPAN("") : span_of(e->text));
}

bool helper_get_error(struct span packet, struct err *e_r)
{
	struct wire w = wire_open(packet);
	bool ours = wire_u32(&w) == MAGIC;
	enum err_class class = (enum err_class)wire_u8(&w);
	struct span text = wire_span(&w);

	if (!wire_done(&w) || !ours || class > ERR_PERMANENT)
		return false;
	*e_r = (struct err){ .class = ERR_NONE };
	if (class != ERR_NONE)
		err_set(e_r, class, "%.*s", SPAN_FMT(text));
	return true;
}

void helper_put_link(struct buf *b, const struct link_answer *l)
{
	wire_put_u32(b, MAGIC);
	wire_put_u8(b, (uint8_t)l->result);
	wire_put_u8(b, (uint8_t)l->action);
	wire_put_u64(b, (uint64_t)l->received_ms);
	wire_put_u64(b, (uint64_t)l->done_ms);
	wire_put_span(b, l->sender);
	wire_put_span(b, l->subject);
	wire_put_span(b, l->reason);
	wire_put_span(b, l->allow);
	wire_put_span(b, l->person);
	wire_put_span(b, l->rule);
	wire_put_span(b, l->done);
	wire_put_span(b, l->again);
}

static void put_texts(struct buf *b, const struct span *v, size_t n)
{
	wire_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_span(b, v[i]);
}

void preview_put(struct buf *b, const struct preview *p)
{
	wire_put_u32(b, MAGIC);
	wire_put_span(b, p->headers);
	wire_put_span(b, p->text);
	wire_put_u8(b, p->was_html);
	wire_put_u8(b, p->cut);
	wire_put_u32(b, (uint32_t)p->nparts);
	for (size_t i = 0; i < p->nparts; i++) {
		wire_put_span(b, p->parts[i].type);
		wire_put_span(b, p->parts[i].true_type);
		wire_put_span(b, p->parts[i].name);
		wire_put_u64(b, p->parts[i].size);
		wire_put_u8(b, p->parts[i].attachment);
	}
	put_texts(b, p->links, p->nlinks);
	put_texts(b, p->notes, p->nnotes);
}

/* Text for a page: UTF-8, no control characters but, in lines, LF. */
static struct span get_text(struct wire *w, bool lines)
{
	struct span s = wire_span(w);

	w->bad = w->bad || !utf8_valid(s);
	for (size_t i = 0; i < s.n && !w->bad; i++)
		w->bad = (s.p[i] < ' ' && !(lines && s.p[i] == '\n')) ||
			s.p[i] == 127;
	return s;
}

bool helper_get_link(struct span packet, struct link_answer *l_r)
{
	struct wire w = wire_open(packet);
	bool ours = wire_u32(&w) == MAGIC;

	l_r->result = (enum link_result)wire_u8(&w);
	l_r->action = (enum ticket_action)wire_u8(&w);
	l_r->received_ms = (int64_t)wire_u64(&w);
	l_r->done_ms = (int64_t)wire_u64(&w);
	l_r->sender = get_text(&w, false);
	l_r->subject = get_text(&w, false);
	l_r->reason = get_text(&w, false);
	l_r->allow = get_text(&w, false);
	l_r->person = get_text(&w, false);
	l_r->rule = get_text(&w, false);
	l_r->done = get_text(&w, false);
	l_r->again = get_text(&w, false);
	return wire_done(&w) && ours && l_r->result < LINK_RESULTS &&
		l_r->action < TICKET_ACTION_N;
}

static struct span *get_texts(struct wire *w, struct arena *a, size_t *n_r)
{
	size_t n = wire_count(w, 4);
	struct span *v = arena_array(a, n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = get_text(w, false);
	*n_r = n;
	return v;
}

bool preview_get(struct span record, struct arena *a, struct preview *p_r)
{
	struct wire w = wire_open(record);
	bool ours = wire_u32(&w) == MAGIC;

	p_r->headers = get_text(&w, true);
	p_r->text = get_text(&w, true);
	p_r->was_html = wire_u8(&w) != 0;
	p_r->cut = wire_u8(&w) != 0;
	p_r->nparts = wire_count(&w, PART_LEAST);
	p_r->parts = arena_array(a, p_r->nparts + 1, sizeof(*p_r->parts));
	for (size_t i = 0; i < p_r->nparts; i++) {
		p_r->parts[i].type = get_text(&w, false);
		p_r->parts[i].true_type = get_text(&w, false);
		p_r->parts[i].name = get_text(&w, false);
		p_r->parts[i].size = wire_u64(&w);
		p_r->parts[i].attachment = wire_u8(&w) != 0;
	}
	p_r->links = get_texts(&w, a, &p_r->nlinks);
	p_r->notes = get_texts(&w, a, &p_r->nnotes);
	return wire_done(&w) && ours;
}
