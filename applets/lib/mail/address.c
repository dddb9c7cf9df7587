#include "mail/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/buf.h"
#include "mail/header.h"

enum { LIST_FIRST = 4, LABEL_MAX = 63, DOMAIN_MAX = 253 };

/* One mailbox while it is read. */
struct mailbox {
	struct buf phrase;	/* words, quotes undone, comments left out */
	struct buf raw;		/* the same with quotes as written */
	struct buf comment;	/* what the last comment held */
	struct buf angle;	/* what stood in < > */
	bool has_angle, has_at;
};

struct reader {
	const unsigned char *p, *end;
	struct mailbox box;
	struct arena *arena;
	struct address *list;
	size_t n, cap, max;
};

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A comment that starts here; nested ones are counted. */
static void read_comment(struct reader *r)
{
	struct buf *b = &r->box.comment;
	size_t depth = 0;

	b->n = 0;
	for (; r->p < r->end; r->p++) {
		if (*r->p == '\\' && r->end - r->p > 1) {
			r->p++;
		} else if (*r->p == '(') {
			if (depth++ == 0)
				continue;
		} else if (*r->p == ')' && --depth == 0) {
			r->p++;
			return;
		}
		buf_byte(b, *r->p);
	}
}

/* A quoted string that starts here, to both buffers. */
static void read_quoted(struct reader *r, struct buf *plain, struct buf *raw)
{
	buf_byte(raw, *r->p++);
	while (r->p < r->end) {
		unsigned char c = *r->p++;

		buf_byte(raw, c);
		if (c == '"')
			return;
		if (c == '\\' && r->p < r->end) {
			c = *r->p++;
			buf_byte(raw, c);
		}
		if (plain && c != '\r' && c != '\n')
			buf_byte(plain, c);
	}
}

/* <...>, with its route left out (RFC 5322 section 4.4); '>' may be missing */
static void read_angle(struct reader *r)
{
	struct buf *b = &r->box.angle;
	bool route;

	b->n = 0;
	r->box.has_angle = true;
	r->p++;
	while (r->p < r->end && is_blank(*r->p))
		r->p++;
	route = r->p < r->end && *r->p == '@';
	while (r->p < r->end && *r->p != '>') {
		if (*r->p == ',' && !route)
			return;
		if (*r->p == '"') {
			read_quoted(r, NULL, b);
			continue;
		}
		if (*r->p == ':' && route) {
			b->n = 0;
			route = false;
		} else if (!is_blank(*r->p)) {
			buf_byte(b, *r->p);
		}
		r->p++;
	}
	if (r->p < r->end)
		r->p++;
}

/* The @ that parts local part and domain: the last outside quotes. */
static size_t find_at(struct span s)
{
	size_t at = SIZE_MAX;
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && quoted)
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '@' && !quoted)
			at = i;
	}
	return at;
}

/* Adds a local part with its quotes undone. */
static void add_local(struct span s, struct buf *out)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"') {
			quoted = !quoted;
			continue;
		}
		if (s.p[i] == '\\' && quoted && i + 1 < s.n)
			i++;
		buf_byte(out, s.p[i]);
	}
}

/* Fills local, domain and full from an addr-spec as written. */
static void set_spec(struct address *ad, struct span spec, struct arena *a)
{
	struct buf full = { .arena = a };
	size_t at = find_at(spec), local;

	buf_room(&full, spec.n);
	add_local(span_sub(spec, 0, at), &full);
	local = full.n;
	if (at != SIZE_MAX) {
		buf_byte(&full, '@');
		buf_span(&full, span_after(spec, at + 1));
	}
	ad->full = buf_bytes(&full);
	ad->local = span_sub(ad->full, 0, local);
	ad->domain = span_after(ad->full, at == SIZE_MAX ? local : local + 1);
}

/* Without < >: the last word that holds an @ is the address, the rest name */
static struct span bare_spec(struct span raw, struct span *rest_r)
{
	size_t at = find_at(raw), from = at, to = at;

	*rest_r = SPAN("");
	if (at == SIZE_MAX)
		return raw;
	while (from > 0 && raw.p[from - 1] != ' ')
		from--;
	if (at > 1 && raw.p[at - 1] == '"') {
		size_t quote = span_rchr(span_sub(raw, 0, at - 1), '"');

		from = quote == SIZE_MAX ? from : quote;
	}
	while (to < raw.n && raw.p[to] != ' ')
		to++;
	*rest_r = span_trim(span_sub(raw, 0, from));
	return span_sub(raw, from, to - from);
}

static struct address *new_address(struct reader *r)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : LIST_FIRST;
		struct address *v = arena_array(r->arena, cap, sizeof(*v));

		if (r->n)
			memcpy(v, r->list, r->n * sizeof(*v));
		r->list = v;
		r->cap = cap;
	}
	return &r->list[r->n++];
}

/* The mailbox that was read, if there is one, goes to the list. */
static void end_mailbox(struct reader *r)
{
	struct mailbox *b = &r->box;
	struct span shown = span_trim(buf_bytes(&b->phrase)), spec;
	struct address *ad;

	if (b->has_angle)
		spec = buf_bytes(&b->angle);
	else
		spec = bare_spec(span_trim(buf_bytes(&b->raw)), &shown);
	if (spec.n || shown.n) {
		ad = new_address(r);
		set_spec(ad, spec, r->arena);
		if (shown.n == 0)
			shown = span_trim(buf_bytes(&b->comment));
		ad->display = header_decode(arena_span(r->arena, shown),
			r->arena);
	}
	b->phrase.n = b->raw.n = b->comment.n = b->angle.n = 0;
	b->has_angle = b->has_at = false;
}

/* A byte of the phrase; blanks and folds become one blank. */
static void add_byte(struct mailbox *b, unsigned char c)
{
	if (is_blank(c)) {
		if (b->raw.n == 0 || b->raw.p[b->raw.n - 1] == ' ')
			return;
		c = ' ';
	}
	b->has_at |= c == '@';
	buf_byte(&b->phrase, c);
	buf_byte(&b->raw, c);
}

static void read_next(struct reader *r)
{
	struct mailbox *b = &r->box;
	unsigned char c = *r->p;

	if (c == '(') {
		read_comment(r);
		return;
	}
	if (c == '"') {
		read_quoted(r, &b->phrase, &b->raw);
		return;
	}
	if (c == '<' && !b->has_angle) {
		read_angle(r);
		return;
	}
	r->p++;
	if (c == ',' || c == ';')
		end_mailbox(r);
	else if (c == ':' && !b->has_angle && !b->has_at)
		b->phrase.n = b->raw.n = 0;	/* the name of a group */
	else
		add_byte(b, c);
}

size_t address_list(struct span value, size_t max, struct arena *a,
	struct address **list_r)
{
	struct reader r = {
		.p = value.p,
		.end = value.p ? value.p + value.n : value.p,
		.arena = a,
		.max = max,
		.box = {
			.phrase.arena = a,
			.raw.arena = a,
			.comment.arena = a,
			.angle.arena = a,
		},
	};

	while (r.p < r.end && r.n < max)
		read_next(&r);
	if (r.n < max)
		end_mailbox(&r);
	*list_r = r.list;
	return r.n;
}

struct address address_split(struct span addr)
{
	struct address ad = { .full = addr };
	size_t at = span_rchr(addr, '@');

	ad.local = span_sub(addr, 0, at);
	ad.domain = span_after(addr, at == SIZE_MAX ? addr.n : at + 1);
	if (ad.domain.n > 1 && ad.domain.p[ad.domain.n - 1] == '.')
		ad.domain.n--;
	return ad;
}

/* [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 section 4.1.3). */
static bool literal_ok(struct span s)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char addr[sizeof(struct in6_addr)];
	int family = AF_INET;

	if (s.n < 2 || s.p[s.n - 1] != ']')
		return false;
	s = span_sub(s, 1, s.n - 2);
	if (span_casestarts(s, SPAN("IPv6:"))) {
		family = AF_INET6;
		s = span_after(s, 5);
	}
	if (s.n >= sizeof(text) || span_chr(s, 0) != SIZE_MAX)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return inet_pton(family, text, addr) == 1;
}

static bool label_ok(struct span label)
{
	if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' ||
	    label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++) {
		unsigned char c = span_lower(label.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return true;
}

bool address_domain_ok(struct span domain)
{
	struct span label;

	if (domain.n == 0 || domain.n > DOMAIN_MAX)
		return false;
	if (domain.p[0] == '[')
		return literal_ok(domain);
	if (domain.p[domain.n - 1] == '.')
		return false;
	while (span_cut(&domain, '.', &label))
		if (!label_ok(label))
			return false;
	return true;
}
