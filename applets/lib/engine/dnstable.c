#include "engine/dnstable.h"

#include "engine/dnslist.h"

static const char *const kinds[DNSTABLE_KINDS] = {
	[DNSTABLE_IP] = "ip", [DNSTABLE_DOMAIN] = "domain",
	[DNSTABLE_HASH] = "hash",
};

/* In the order of their bits. */
static const char *const ofs[] = { "relay", "hops", "sender", "from", "helo",
	"rdns", "url", "mail", "file", NULL };

const char *dnstable_kind_name(enum dnstable_kind kind)
{
	return kinds[kind];
}

const char *dnstable_of_name(size_t bit)
{
	return ofs[bit];
}

const struct dnstable_list *dnstable_find(const struct dnstable *t,
	struct span name)
{
	for (size_t i = 0; i < t->nlists; i++)
		if (span_eq(t->lists[i].name, name))
			return &t->lists[i];
	return NULL;
}

/* --- answers ------------------------------------------------------------- */

static bool parse_byte(struct span s, uint8_t *byte_r)
{
	uint64_t v;

	if (!span_u64(s, 255, &v))
		return false;
	*byte_r = (uint8_t)v;
	return true;
}

/* 4, 4-7, * or &8 */
static bool parse_number(struct span s, uint8_t *from_r, uint8_t *to_r,
	uint8_t *bits_r)
{
	size_t dash = span_chr(s, '-');

	*from_r = 0;
	*to_r = 255;
	*bits_r = 0;
	if (span_is(s, "*"))
		return true;
	if (span_starts(s, SPAN("&")))
		return parse_byte(span_after(s, 1), bits_r) && *bits_r;
	if (dash != SIZE_MAX)
		return parse_byte(span_sub(s, 0, dash), from_r) &&
			parse_byte(span_after(s, dash + 1), to_r) &&
			*from_r <= *to_r;
	if (!parse_byte(s, from_r))
		return false;
	*to_r = *from_r;
	return true;
}

bool dnstable_code_parse(struct span text, struct dnstable_code *c_r)
{
	struct span rest = text, piece;
	size_t n = 0;

	while (span_cut(&rest, '.', &piece)) {
		if (n == 4 || !parse_number(piece, &c_r->from[n],
				&c_r->to[n], &c_r->bits[n]))
			return false;
		n++;
	}
	return n == 4;
}

static bool code_matches(const struct dnstable_code *c,
	const unsigned char answer[4])
{
	for (size_t i = 0; i < 4; i++)
		if (answer[i] < c->from[i] || answer[i] > c->to[i] ||
		    (c->bits[i] && !(answer[i] & c->bits[i])))
			return false;
	return true;
}

bool dnstable_codes_match(const struct dnstable_codes *c,
	const unsigned char answer[4])
{
	for (size_t i = 0; i < c->n; i++)
		if (code_matches(&c->v[i], answer))
			return true;
	return false;
}

/* --- keys ---------------------------------------------------------------- */

bool dnstable_is_zone(struct span zone)
{
	return dnslist_is_zone(span_after(zone,
		span_starts(zone, SPAN("_"))));
}

struct span dnstable_key(struct span zone)
{
	size_t from = span_chr(zone, '{'), to = span_chr(zone, '}');

	if (from == SIZE_MAX || to == SIZE_MAX || to < from)
		return SPAN("");
	return span_sub(zone, from + 1, to - from - 1);
}

/* The word of a key; empty: it is not there. */
static struct span word_of(struct span keys, struct span key)
{
	struct span line;

	while (span_line(&keys, &line)) {
		line = span_trim(line);
		if (span_starts(line, key) && line.n > key.n + 1 &&
		    (line.p[key.n] == ' ' || line.p[key.n] == '\t'))
			return span_trim(span_after(line, key.n));
	}
	return SPAN("");
}

static struct span with_word(struct span zone, struct span key,
	struct span word, struct arena *a)
{
	size_t at = span_chr(zone, '{');
	struct buf b = { .arena = a };

	buf_span(&b, span_sub(zone, 0, at));
	buf_span(&b, word);
	buf_span(&b, span_after(zone, at + key.n + 2));
	return buf_bytes(&b);
}

void dnstable_set_keys(struct dnstable *t, struct span keys, struct arena *a)
{
	for (size_t i = 0; i < t->nlists; i++) {
		struct dnstable_list *l = &t->lists[i];
		struct span key = dnstable_key(l->zone), word;

		l->asked = l->zone;
		if (key.n == 0)
			continue;
		word = word_of(keys, key);
		l->asked = SPAN("");
		if (word.n)
			l->asked = with_word(l->zone, key, word, a);
		if (!dnstable_is_zone(l->asked))
			l->asked = SPAN("");
	}
}
