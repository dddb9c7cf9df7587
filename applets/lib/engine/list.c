#include "engine/list.h"

#include <stdlib.h>

#include "base/netaddr.h"
#include "base/wire.h"
#include "mail/casefold.h"
#include "detect/phrases.h"

/*
 * The image: magic, count, number of globs, a mask of the prefix lengths in
 * use; then `count` offsets of entries, sorted by key (globs, which cannot be
 * looked up, first); then the entries: negative, key, text.
 */
enum {
	MAGIC = 0x74736c70,
	MASK_AT = 12, MASK_BYTES = 17,
	TABLE_AT = MASK_AT + MASK_BYTES,
	/* Kinds: the first byte of a key. The glob sorts first. */
	KIND_GLOB = 'A', KIND_ADDRESS, KIND_DOMAIN, KIND_NETWORK, KIND_SUB,
	KIND_PHRASE,
	PHRASES_BIT = 1 << 7,	/* of the mask's last byte, which has room */
	NETWORK_KEY = 2 + 16,
};

struct entry {
	struct span key, text;
	bool negative;
};

struct compiler {
	const char *name;
	unsigned line;
	struct arena *arena;
	struct entry *v;
	size_t n, cap;
	uint32_t globs;
	unsigned char mask[MASK_BYTES];
	bool phrases;
	struct err *e;
};

static int complain(struct compiler *c, struct span entry, const char *why)
{
	return err_set(c->e, ERR_PERMANENT, "%s:%u: \"%.*s\" %s", c->name,
		c->line, SPAN_FMT(span_sub(entry, 0, 80)), why);
}

/* Bytes that no address, name or network has. */
static bool legible(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == ',' ||
		    s.p[i] == ';')
			return false;
	return true;
}

static bool domain_like(struct span s)
{
	if (s.n == 0 || s.p[0] == '.' || s.p[0] == '-' ||
	    s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-' && c != '_' && c < 0x80)
			return false;
	}
	return true;
}

/* An IPv6 address and an IPv4 one never meet: their prefixes differ. */
static void network_key(const struct netaddr *a, unsigned bits,
	unsigned char key[NETWORK_KEY])
{
	unsigned shift = a->n == 4 ? 96 : 0;

	key[0] = KIND_NETWORK;
	key[1] = (unsigned char)(bits + shift);
	for (unsigned i = 0; i < 16; i++) {
		unsigned char byte = 0;

		if (a->n == 16)
			byte = a->b[i];
		else if (i >= 12)
			byte = a->b[i - 12];
		else if (i >= 10)
			byte = 0xff;
		if (i * 8 >= bits + shift)
			byte = 0;
		else if (i * 8 + 8 > bits + shift)
			byte &= (unsigned char)
				(0xff << (8 - (bits + shift) % 8));
		key[2 + i] = byte;
	}
}

static struct span text_key(struct compiler *c, unsigned char kind,
	struct span s)
{
	unsigned char *p = arena_alloc(c->arena, s.n + 1);

	p[0] = kind;
	for (size_t i = 0; i < s.n; i++)
		p[i + 1] = span_lower(s.p[i]);
	return span_from(p, s.n + 1);
}

/* What an entry that is a network becomes; false: it is none. */
static bool network(struct compiler *c, struct span s, struct span *key_r)
{
	struct cidr net;
	unsigned char *key;
	unsigned bits;

	if (!cidr_parse(s, &net))
		return false;
	key = arena_alloc(c->arena, NETWORK_KEY);
	network_key(&net.net, net.bits, key);
	bits = key[1];
	c->mask[bits / 8] |= (unsigned char)(1u << bits % 8);
	*key_r = span_from(key, NETWORK_KEY);
	return true;
}

/* The key of one entry. */
static int key_of(struct compiler *c, struct span s, struct span *key_r)
{
	size_t at = span_rchr(s, '@');

	if (span_is(s, "<>")) {
		*key_r = text_key(c, KIND_ADDRESS, span_sub(s, 0, 0));
		return 0;
	}
	if (network(c, s, key_r))
		return 0;
	if (span_chr(s, '/') != SIZE_MAX && at == SIZE_MAX)
		return complain(c, s, "is not a network; write ADDRESS/BITS");
	if (span_chr(s, '*') != SIZE_MAX) {
		*key_r = text_key(c, KIND_GLOB, s);
		c->globs++;
		return 0;
	}
	if (at != SIZE_MAX && !domain_like(span_after(s, at + 1)))
		return complain(c, s, "has no domain behind its @");
	if (at != SIZE_MAX && at > 0) {
		*key_r = text_key(c, KIND_ADDRESS, s);
		return 0;
	}
	if (at == 0)
		s = span_after(s, 1);
	*key_r = text_key(c, s.n && s.p[0] == '.' ? KIND_SUB : KIND_DOMAIN, s);
	if (s.n && s.p[0] == '.')
		s = span_after(s, 1);
	return domain_like(s) ? 0 :
		complain(c, s, "is no address, domain or network");
}

static void keep(struct compiler *c, struct entry entry)
{
	if (c->n == c->cap) {
		struct entry *more;

		c->cap = c->cap ? c->cap * 2 : 256;
		more = arena_array(c->arena, c->cap, sizeof(*more));
		for (size_t i = 0; i < c->n; i++)
			more[i] = c->v[i];
		c->v = more;
	}
	c->v[c->n++] = entry;
}

/* Without its comment: a # at the start or behind a blank. */
static struct span uncomment(struct span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || line.p[i - 1] == ' ' ||
					 line.p[i - 1] == '\t'))
			return span_sub(line, 0, i);
	return line;
}

/* Words with anything between them. */
static int compile_phrase(struct compiler *c, struct entry entry)
{
	struct span rest = casefold(entry.text, c->arena), word;
	size_t n = 0;

	entry.key = text_key(c, KIND_PHRASE, entry.text);
	while (casefold_word(&rest, &word))
		n++;
	if (n == 0 || n > PHRASES_WORDS_MAX)
		return complain(c, entry.text, n ? "has more than 16 words" :
			"has no word");
	keep(c, entry);
	return 0;
}

static int compile_line(struct compiler *c, struct span line)
{
	struct entry entry = { 0 };

	entry.text = span_trim(uncomment(line));
	if (entry.text.n == 0)
		return 0;
	if (c->phrases && entry.text.n <= LIST_ENTRY_MAX)
		return compile_phrase(c, entry);
	line = entry.text;
	if (line.p[0] == '!') {
		entry.negative = true;
		line = span_trim(span_after(line, 1));
	}
	if (entry.text.n > LIST_ENTRY_MAX)
		return complain(c, line, "is longer than 512 bytes");
	if (line.n == 0 || !legible(line))
		return complain(c, entry.text, "is not one entry; write one "
			"a line, comments after #");
	if (key_of(c, line, &entry.key) < 0)
		return -1;
	keep(c, entry);
	return 0;
}

/* By key; of equal keys the negative first, so that it is the one kept. */
static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = span_cmp(x->key, y->key);

	return order ? order : (int)y->negative - (int)x->negative;
}

static void drop_doubles(struct compiler *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (n && span_eq(c->v[n - 1].key, c->v[i].key)) {
			if (c->v[i].key.p[0] == KIND_GLOB)
				c->globs--;
			continue;
		}
		c->v[n++] = c->v[i];
	}
	c->n = n;
}

static void write_image(struct compiler *c, struct buf *b)
{
	uint32_t at = (uint32_t)(TABLE_AT + 4 * c->n);

	wire_put_u32(b, MAGIC);
	wire_put_u32(b, (uint32_t)c->n);
	wire_put_u32(b, c->globs);
	buf_add(b, c->mask, MASK_BYTES);
	for (size_t i = 0; i < c->n; i++) {
		wire_put_u32(b, at);
		at += (uint32_t)(9 + c->v[i].key.n + c->v[i].text.n);
	}
	for (size_t i = 0; i < c->n; i++) {
		wire_put_u8(b, c->v[i].negative);
		wire_put_span(b, c->v[i].key);
		wire_put_span(b, c->v[i].text);
	}
}

/* Does the first line say that these are phrases? */
static bool begins_phrases(struct span text)
{
	struct span line;

	return span_line(&text, &line) &&
		span_is(span_trim(line), "#pm type=phrase");
}

int list_compile(struct span text, const char *name, struct buf *b,
	struct err *e)
{
	struct compiler c = { .name = name, .e = e };
	struct span line;
	int result = 0;

	/* Some editors begin a file with it; it shows nowhere. */
	if (span_starts(text, SPAN("\xef\xbb\xbf")))
		text = span_after(text, 3);
	c.phrases = begins_phrases(text);
	if (c.phrases)
		c.mask[MASK_BYTES - 1] |= PHRASES_BIT;
	c.arena = arena_new("list", BUF_MAX);
	while (result == 0 && span_line(&text, &line)) {
		c.line++;
		result = compile_line(&c, line);
	}
	if (result == 0) {
		if (c.n)
			qsort(c.v, c.n, sizeof(*c.v), by_key);
		drop_doubles(&c);
		write_image(&c, b);
	}
	arena_free(&c.arena);
	return result;
}

/* A look-up going on. */
struct query {
	struct span image;
	uint32_t count, globs;
	struct entry found;	/* text NULL: nothing yet */
};

static bool open_image(struct span image, struct query *q_r)
{
	struct wire w = wire_open(image);

	*q_r = (struct query){ .image = image };
	if (wire_u32(&w) != MAGIC)
		return false;
	q_r->count = wire_u32(&w);
	q_r->globs = wire_u32(&w);
	return !w.bad && image.n >= TABLE_AT &&
		q_r->count <= (image.n - TABLE_AT) / 4 &&
		q_r->globs <= q_r->count;
}

uint32_t list_count(struct span image)
{
	struct query q;

	return open_image(image, &q) ? q.count : 0;
}

bool list_is_phrases(struct span image)
{
	struct query q;

	return open_image(image, &q) &&
		image.p[MASK_AT + MASK_BYTES - 1] & PHRASES_BIT;
}

static struct entry entry_at(const struct query *q, uint32_t i)
{
	struct wire w = wire_open(span_sub(q->image, TABLE_AT + 4 * (size_t)i,
		4));
	struct entry entry;

	w = wire_open(span_after(q->image, wire_u32(&w)));
	entry.negative = wire_u8(&w);
	entry.key = wire_span(&w);
	entry.text = wire_span(&w);
	return entry;
}

bool list_entry(struct span image, uint32_t i, struct span *entry_r)
{
	struct query q;

	if (!open_image(image, &q) || i >= q.count)
		return false;
	*entry_r = entry_at(&q, i).text;
	return true;
}

/* An entry matches: the first one counts, a negative one wins. */
static void note(struct query *q, struct entry entry)
{
	if (q->found.text.p == NULL || (entry.negative && !q->found.negative))
		q->found = entry;
}

/* Compares an entry's key with a kind and bytes of any case. */
static int compare(struct span key, unsigned char kind, struct span s,
	bool fold)
{
	if (key.n == 0 || key.p[0] != kind)
		return key.n == 0 || key.p[0] < kind ? -1 : 1;
	key = span_after(key, 1);
	for (size_t i = 0; i < key.n && i < s.n; i++) {
		unsigned char c = fold ? span_lower(s.p[i]) : s.p[i];

		if (key.p[i] != c)
			return key.p[i] < c ? -1 : 1;
	}
	return key.n == s.n ? 0 : key.n < s.n ? -1 : 1;
}

static void look_up(struct query *q, unsigned char kind, struct span s)
{
	uint32_t low = q->globs, high = q->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct entry entry = entry_at(q, middle);
		int order = compare(entry.key, kind, s, kind != KIND_NETWORK);

		if (order == 0) {
			note(q, entry);
			return;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
}

/* Does the lower-case pattern with * match s, case ignored? */
static bool glob(struct span pattern, struct span s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, retry = 0;

	while (i < s.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			retry = i;
		} else if (p < pattern.n &&
			   pattern.p[p] == span_lower(s.p[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++retry;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static void look_up_globs(struct query *q, struct span whole,
	struct span domain)
{
	for (uint32_t i = 0; i < q->globs; i++) {
		struct entry entry = entry_at(q, i);
		struct span pattern = span_after(entry.key, 1);
		bool address = span_chr(pattern, '@') != SIZE_MAX;

		if (glob(pattern, address ? whole : domain))
			note(q, entry);
	}
}

static void look_up_name(struct query *q, struct span domain)
{
	look_up(q, KIND_DOMAIN, domain);
	for (size_t i = 1; i < domain.n; i++)
		if (domain.p[i] == '.')
			look_up(q, KIND_SUB, span_after(domain, i));
}

/* Each prefix length in use, the longest first. */
static void look_up_networks(struct query *q, const struct netaddr *addr)
{
	unsigned char key[NETWORK_KEY];
	int shift = addr->n == 4 ? 96 : 0;

	for (int bits = 128; bits >= shift; bits--) {
		if (!(q->image.p[MASK_AT + bits / 8] & 1u << bits % 8))
			continue;
		network_key(addr, (unsigned)(bits - shift), key);
		look_up(q, KIND_NETWORK, span_from(key + 1, NETWORK_KEY - 1));
	}
}

bool list_match(struct span image, struct span subject, struct span *entry_r)
{
	struct query q;
	struct netaddr addr;
	size_t at = span_rchr(subject, '@');
	struct span domain;

	/* "user@example.com." is the same to an MTA. */
	if (subject.n > 1 && subject.p[subject.n - 1] == '.')
		subject.n--;
	domain = subject;
	if (entry_r)
		*entry_r = (struct span){ NULL, 0 };
	if (!open_image(image, &q) || q.count == 0)
		return false;
	if (subject.n == 0 || span_is(subject, "<>")) {
		look_up(&q, KIND_ADDRESS, span_sub(subject, 0, 0));
	} else if (netaddr_parse(subject, &addr)) {
		look_up_networks(&q, &addr);
	} else {
		if (at != SIZE_MAX) {
			look_up(&q, KIND_ADDRESS, subject);
			domain = span_after(subject, at + 1);
		}
		look_up_globs(&q, subject, domain);
		look_up_name(&q, domain);
	}
	if (entry_r)
		*entry_r = q.found.text;
	return q.found.text.p && !q.found.negative;
}
