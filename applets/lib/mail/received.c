#include "mail/received.h"

enum part {
	PART_NONE, PART_FROM, PART_BY, PART_WITH, PART_ID, PART_FOR, PART_VIA,
	PART_COUNT
};

struct reader {
	struct span rest;
	struct received *r;
	enum part part;		/* whose word or comment comes */
	bool filled;		/* its word was read */
	bool named;		/* the word behind "from" is the rdns name */
	bool exim;		/* "from [ip] (helo=...)": the word is seen */
	unsigned seen;		/* parts, as bits */
	struct span word;	/* behind "from" */
};

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The inside of the comment at the front; nested ones stay in it. */
static struct span take_comment(struct span *rest)
{
	struct span inside = span_after(*rest, 1);
	size_t depth = 0;

	for (size_t i = 0; i < rest->n; i++) {
		unsigned char c = rest->p[i];

		if (c == '\\') {
			i++;
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && --depth == 0) {
			inside = span_sub(*rest, 1, i - 1);
			*rest = span_after(*rest, i + 1);
			return inside;
		}
	}
	*rest = SPAN("");
	return inside;
}

/* Up to a blank, a comment or the ';' before the date. */
static struct span take_word(struct span *rest)
{
	struct span word;
	size_t n = 0;

	while (n < rest->n && !is_blank(rest->p[n]) && rest->p[n] != '(' &&
	       rest->p[n] != ';')
		n++;
	word = span_sub(*rest, 0, n);
	*rest = span_after(*rest, n);
	return word;
}

/* With or without brackets, the tag "IPv6:", and a port behind them. */
static bool read_ip(struct span s, struct netaddr *ip_r)
{
	size_t close;

	if (span_starts(s, SPAN("["))) {
		close = span_chr(s, ']');
		if (close == SIZE_MAX)
			return false;
		s = span_sub(s, 1, close - 1);
	}
	if (span_casestarts(s, SPAN("IPv6:")))
		s = span_after(s, 5);
	return netaddr_parse(s, ip_r);
}

static bool same_ip(const struct netaddr *a, const struct netaddr *b)
{
	return span_eq(span_from(a->b, a->n), span_from(b->b, b->n));
}

/* A HELO name may look like an address: two that differ are none. */
static void add_ip(struct received *r, const struct netaddr *ip)
{
	if (r->ip.n && !same_ip(&r->ip, ip))
		r->flags |= RECEIVED_AMBIG;
	r->ip = *ip;
}

/* "rdns", "ident@rdns", "unknown". */
static void add_rdns(struct received *r, struct span name)
{
	size_t at = span_rchr(name, '@');

	if (at != SIZE_MAX)
		name = span_after(name, at + 1);
	if (span_ends(name, SPAN(".")))
		name.n--;
	if (!span_caseeq(name, SPAN("unknown")))
		r->rdns = name;
}

/* One word of a comment behind "from": "[ip]", "helo=x", "rdns". */
static void read_from_word(struct reader *rd, struct span word, bool first)
{
	struct netaddr ip;
	size_t at = span_rchr(word, '@');

	if (span_casestarts(word, SPAN("helo="))) {
		rd->r->helo = span_after(word, 5);
		rd->named = rd->exim = true;
	} else if (span_casestarts(word, SPAN("port="))) {
		rd->named = rd->exim = true;
	} else if (read_ip(word, &ip) || (at != SIZE_MAX &&
			   read_ip(span_after(word, at + 1), &ip))) {
		add_ip(rd->r, &ip);
	} else if (first && rd->rest.n >= 1 && rd->rest.p[0] == '[') {
		add_rdns(rd->r, word);
	}
}

/* "(rdns [ip])", "([ip] helo=x)", "(HELO x)", "(ip)"; others say nothing. */
static void read_from_comment(struct reader *rd, struct span comment)
{
	struct span outer = rd->rest, word;
	bool first = true;

	if (span_casestarts(comment, SPAN("HELO ")) ||
	    span_casestarts(comment, SPAN("EHLO "))) {
		rd->r->helo = span_trim(span_after(comment, 5));
		rd->named = true;
		return;
	}
	rd->rest = comment;
	for (;;) {
		rd->rest = span_trim(rd->rest);
		if (rd->rest.n == 0)
			break;
		if (rd->rest.p[0] == '(') {
			if (span_is(take_comment(&rd->rest),
				    "may be forged"))
				rd->r->flags |= RECEIVED_FORGED;
			continue;
		}
		word = take_word(&rd->rest);
		if (word.n == 0)
			rd->rest = span_after(rd->rest, 1);
		rd->rest = span_trim(rd->rest);
		read_from_word(rd, word, first);
		first = false;
	}
	rd->rest = outer;
}

/* "(qmail 42 invoked from network)", "(qmail 42 invoked by uid 0)". */
static void read_qmail(struct received *r, struct span comment)
{
	if (!span_starts(comment, SPAN("qmail ")))
		return;
	if (span_ends(comment, SPAN(" invoked from network")))
		r->flags |= RECEIVED_NETWORK;
	else if (span_find(comment, SPAN(" invoked ")) != SIZE_MAX)
		r->flags |= RECEIVED_LOCAL;
}

static enum part keyword(struct span word)
{
	static const char *const names[PART_COUNT] = {
		"", "from", "by", "with", "id", "for", "via",
	};

	for (unsigned i = PART_FROM; i < PART_COUNT; i++)
		if (span_caseeq(word, span_of(names[i])))
			return (enum part)i;
	return PART_NONE;
}

static struct span strip_angles(struct span s)
{
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return span_sub(s, 1, s.n - 2);
	return s;
}

/*
 * The first word behind a keyword is its value. "from" and "by" come once and
 * one behind the other, or a HELO name with blanks may have brought them.
 */
static void fill_part(struct reader *rd, struct span word)
{
	struct received *r = rd->r;

	rd->filled = true;
	if (rd->part <= PART_BY ? rd->seen >> rd->part != 0 :
	    rd->seen == 1u << PART_FROM)
		r->flags |= RECEIVED_AMBIG;
	rd->seen |= 1u << rd->part;
	if (rd->part == PART_FROM)
		rd->word = word;
	else if (rd->part == PART_BY)
		r->by = word;
	else if (rd->part == PART_WITH)
		r->with = word;
	else if (rd->part == PART_ID)
		r->id = word;
	else if (rd->part == PART_FOR)
		r->rcpt = strip_angles(word);
}

static void read_word(struct reader *rd, struct span word)
{
	enum part next = keyword(word);

	if (rd->part != PART_NONE && !rd->filled) {
		fill_part(rd, word);
	} else if (next != PART_NONE) {
		rd->part = next;
		rd->filled = false;
	}
}

static void read_comment(struct reader *rd, struct span comment)
{
	if (rd->part == PART_FROM && rd->filled)
		read_from_comment(rd, comment);
	else if (rd->part == PART_NONE)
		read_qmail(rd->r, comment);
}

/* ESMTPA, ESMTPS, LMTPSA, UTF8SMTPSA … (RFC 3848, RFC 6531). */
static void read_protocol(struct received *r)
{
	size_t at = span_casefind(r->with, SPAN("MTP"));
	struct span how = SPAN("");

	if (at != SIZE_MAX && span_caseeq(span_sub(r->with, at + 3, 1),
				     SPAN("P")))
		how = span_after(r->with, at + 4);
	else if (at != SIZE_MAX)
		how = span_after(r->with, at + 3);
	if (span_caseeq(how, SPAN("S")) || span_caseeq(how, SPAN("SA")))
		r->flags |= RECEIVED_TLS;
	if (span_caseeq(how, SPAN("A")) || span_caseeq(how, SPAN("SA")))
		r->flags |= RECEIVED_AUTH;
}

/* Whose name the word behind "from" is, and what is missing. */
static void settle(struct reader *rd)
{
	struct received *r = rd->r;
	struct netaddr ip;
	bool literal = read_ip(rd->word, &ip);

	if (rd->exim && literal)
		add_ip(r, &ip);
	else if (rd->named && !literal)
		add_rdns(r, rd->word);
	if (r->helo.n == 0)
		r->helo = rd->word;
	if (r->flags & RECEIVED_AMBIG)
		r->ip = (struct netaddr){ 0 };
	if (rd->word.n == 0)
		r->flags |= RECEIVED_NO_FROM;
	if (r->by.n == 0)
		r->flags |= RECEIVED_NO_BY;
	if (r->ip.n == 0)
		r->flags |= RECEIVED_NO_IP;
	if (rd->word.n == 0 && r->by.n == 0 &&
	    !(r->flags & (RECEIVED_NETWORK | RECEIVED_LOCAL)))
		r->flags |= RECEIVED_ODD;
	read_protocol(r);
}

void received_parse(struct span value, struct arena *a, struct received *r_r)
{
	struct reader rd = { .rest = header_unfold(value, a), .r = r_r };
	bool dated = false;

	*r_r = (struct received){ 0 };
	while (rd.rest.n) {
		unsigned char c = rd.rest.p[0];

		if (c == ';') {
			dated = date_parse(span_after(rd.rest, 1),
				&r_r->date);
			break;
		} else if (c == '(') {
			read_comment(&rd, take_comment(&rd.rest));
		} else if (is_blank(c)) {
			rd.rest = span_after(rd.rest, 1);
		} else {
			read_word(&rd, take_word(&rd.rest));
		}
	}
	settle(&rd);
	if (!dated || r_r->date.flags & DATE_IMPOSSIBLE)
		r_r->flags |= RECEIVED_NO_DATE;
}

static void read_fields(const struct header *h, struct arena *a,
	struct received_chain *c)
{
	c->v = arena_array(a, header_count(h, SPAN("received")) + 1,
		sizeof(*c->v));
	for (size_t i = 0; i < h->n; i++)
		if (span_caseeq(h->fields[i].name, SPAN("received")))
			received_parse(h->fields[i].value, a, &c->v[c->n++]);
}

void received_walk(const struct header *h, const struct netaddr *peer,
	bool (*trusted)(const void *self, const struct netaddr *ip),
	const void *self, struct arena *a, struct received_chain *c_r)
{
	struct netaddr at = *peer;

	*c_r = (struct received_chain){ .end = RECEIVED_END_TRUSTED };
	read_fields(h, a, c_r);
	while (trusted(self, &at)) {
		const struct received *r = &c_r->v[c_r->believed];

		if (c_r->believed == c_r->n)
			return;
		c_r->believed++;
		if (r->flags & RECEIVED_NETWORK)
			continue;
		if (r->ip.n == 0 || r->flags & RECEIVED_NO_BY) {
			c_r->end = r->flags & RECEIVED_LOCAL ?
				RECEIVED_END_LOCAL : RECEIVED_END_BROKEN;
			return;
		}
		at = r->ip;
		c_r->helo = r->helo;
		c_r->rdns = r->rdns;
	}
	c_r->relay = at;
	c_r->end = RECEIVED_END_RELAY;
}
