#include "engine/list.h"

#include "engine/list_image.h"

/* --- the image ----------------------------------------------------------- */

uint32_t list_hash(enum list_kind kind, struct span key)
{
	uint64_t h = 0xcbf29ce484222325u ^ (unsigned)kind;

	/* FNV-1a; its upper half is stirred, which choses the slot. */
	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (kind == KIND_NETWORK ? key.p[i] :
			span_lower(key.p[i]))) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return (uint32_t)(h >> 32);
}

bool list_same(enum list_kind kind, struct span a, struct span b)
{
	/* Only case is ignored in a pattern: \d and \D differ. */
	return kind == KIND_NETWORK || kind == KIND_RE ? span_eq(a, b) :
		span_caseeq(a, b);
}

void list_network_key(const struct netaddr *a, unsigned bits,
	unsigned char key[LIST_NETWORK_KEY])
{
	unsigned shift = a->n == 4 ? 96 : 0;

	key[0] = (unsigned char)(bits + shift);
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
		key[1 + i] = byte;
	}
}

/* As base/wire.h writes them; a look-up has no time for its reader. */
static uint32_t u16_of(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32_of(const unsigned char *p)
{
	return u16_of(p) | u16_of(p + 2) << 16;
}

struct list_entry list_entry_at(struct span image, uint32_t at)
{
	struct list_entry entry = { 0 };
	const unsigned char *p;
	size_t text_n, key_at, key_n;

	if (at > image.n || image.n - at < LIST_RECORD)
		return entry;
	p = image.p + at;
	entry.kind = (enum list_kind)p[0];
	entry.flags = p[1];
	entry.line = u32_of(p + 2);
	text_n = u16_of(p + 6);
	key_at = p[8];
	key_n = u16_of(p + 9);
	image = span_after(image, (size_t)at + LIST_RECORD);
	entry.text = span_sub(image, 0, text_n);
	entry.key = entry.kind == KIND_NETWORK ?
		span_sub(image, text_n, key_n) :
		span_sub(entry.text, key_at, key_n);
	return entry;
}

/* A look-up going on. */
struct query {
	struct span image;
	unsigned type;
	uint32_t count, nscan, nslots, kinds;
	const struct list_patterns *patterns;
	bool ip;			/* the subject has no parents */
	struct list_entry found;	/* kind 0: nothing yet */
};

static bool open_image(struct span image, struct query *q_r)
{
	const unsigned char *p = image.p;

	*q_r = (struct query){ .image = image };
	if (image.n < LIST_HEADER || u32_of(p) != LIST_MAGIC)
		return false;
	q_r->type = u32_of(p + 4);
	q_r->count = u32_of(p + 8);
	q_r->nscan = u32_of(p + 12);
	q_r->nslots = u32_of(p + 16);
	q_r->kinds = u32_of(p + 20);
	return q_r->nslots &&
		((uint64_t)q_r->nslots + q_r->nscan) * 4 <=
			image.n - LIST_HEADER;
}

/* open_image() has seen that all of them are there. */
static uint32_t number_at(const struct query *q, size_t i)
{
	return u32_of(q->image.p + LIST_HEADER + 4 * i);
}

static struct list_entry scan_entry(const struct query *q, uint32_t i)
{
	return list_entry_at(q->image, number_at(q, (size_t)q->nslots + i));
}

unsigned list_type(struct span image)
{
	struct query q;

	return open_image(image, &q) ? q.type : (unsigned)LIST_MIXED;
}

uint32_t list_count(struct span image)
{
	struct query q;

	return open_image(image, &q) ? q.count : 0;
}

bool list_is_phrases(struct span image)
{
	return list_type(image) == LIST_PHRASE;
}

bool list_is_map(struct span image)
{
	return list_type(image) & LIST_MAP;
}

bool list_entry(struct span image, uint32_t i, struct span *entry_r)
{
	struct query q;

	if (!open_image(image, &q) || i >= q.nscan)
		return false;
	*entry_r = scan_entry(&q, i).text;
	return true;
}

/* --- regular expressions ------------------------------------------------- */

struct list_patterns {
	uint32_t n;
	const struct pattern *v[];	/* NULL: that entry is none */
};

bool list_has_patterns(struct span image)
{
	struct query q;

	return open_image(image, &q) && q.kinds & 1u << KIND_RE;
}

struct list_patterns *list_patterns_new(struct span image, const char *name,
	struct arena *a, struct pattern_room *room, struct err *e)
{
	struct list_patterns *p;
	struct err why = { 0 };
	struct query q;

	if (!open_image(image, &q) || !list_has_patterns(image))
		return NULL;
	p = arena_alloc(a, sizeof(*p) + q.nscan * sizeof(*p->v));
	for (; p->n < q.nscan; p->n++) {
		struct list_entry entry = scan_entry(&q, p->n);

		p->v[p->n] = pattern_compile(room, entry.key,
			PATTERN_CASELESS, &why);
		if (p->v[p->n])
			continue;
		err_set(e, why.class, "%s:%u: %s", name, (unsigned)entry.line,
			why.text);
		return NULL;
	}
	return p;
}

/* --- looking up ---------------------------------------------------------- */

/*
 * An entry matches. In a map the first of the file counts, in a list a
 * negative one wins.
 */
static void note(struct query *q, struct list_entry entry)
{
	if (q->found.kind == 0 ||
	    (q->type & LIST_MAP ? entry.line < q->found.line :
	     entry.flags & LIST_NEGATIVE &&
	     !(q->found.flags & LIST_NEGATIVE)))
		q->found = entry;
}

static void look_up(struct query *q, enum list_kind kind, struct span key)
{
	uint32_t i, at;

	if (!(q->kinds >> kind & 1))
		return;
	i = (uint32_t)((uint64_t)list_hash(kind, key) * q->nslots >> 32);
	for (uint32_t tries = 0; tries < q->nslots; tries++) {
		struct list_entry entry;

		at = number_at(q, i);
		if (at == 0)
			return;
		entry = list_entry_at(q->image, at);
		if (entry.kind == kind && list_same(kind, entry.key, key)) {
			note(q, entry);
			return;
		}
		i = i + 1 == q->nslots ? 0 : i + 1;
	}
}

/* The host, or a domain that it is in. */
static bool hosts_match(const struct query *q, struct span pattern,
	struct span host)
{
	if (list_hosts_glob(pattern, host))
		return true;
	for (size_t i = 0; i < host.n && !q->ip; i++)
		if (host.p[i] == '.' &&
		    list_hosts_glob(pattern, span_after(host, i + 1)))
			return true;
	return false;
}

static bool fits(const struct query *q, uint32_t i,
	const struct list_entry *entry, struct span whole, struct span domain)
{
	switch (entry->kind) {
	case KIND_GLOB:
		return list_glob(entry->key, whole,
			entry->flags & LIST_MARKS);
	case KIND_GLOB_DOMAIN:
		return list_glob(entry->key, domain,
			entry->flags & LIST_MARKS);
	case KIND_HOSTS:
		return hosts_match(q, entry->key, domain);
	case KIND_HOSTS_ANCHORED:
		return list_hosts_glob(entry->key, domain);
	case KIND_CONTAINS:
		return span_casefind(whole, entry->key) != SIZE_MAX;
	case KIND_RE:
		return q->patterns && i < q->patterns->n &&
			q->patterns->v[i] &&
			pattern_match(q->patterns->v[i], whole);
	default:
		return false;
	}
}

static void scan(struct query *q, struct span whole, struct span domain)
{
	for (uint32_t i = 0; i < q->nscan; i++) {
		struct list_entry entry = scan_entry(q, i);

		if (fits(q, i, &entry, whole, domain))
			note(q, entry);
	}
}

static void look_up_name(struct query *q, struct span domain)
{
	look_up(q, KIND_DOMAIN, domain);
	look_up(q, KIND_TREE, domain);
	if (!(q->kinds & (1u << KIND_SUB | 1u << KIND_TREE)))
		return;
	for (size_t i = 1; i < domain.n; i++) {
		if (domain.p[i] != '.')
			continue;
		look_up(q, KIND_SUB, span_after(domain, i));
		look_up(q, KIND_TREE, span_after(domain, i + 1));
	}
}

/* Each prefix length in use, the longest first. */
static void look_up_networks(struct query *q, const struct netaddr *addr)
{
	unsigned char key[LIST_NETWORK_KEY];
	int shift = addr->n == 4 ? 96 : 0;

	for (int bits = 128; bits >= shift; bits--) {
		if (!(q->image.p[LIST_MASK_AT + bits / 8] & 1u << bits % 8))
			continue;
		list_network_key(addr, (unsigned)(bits - shift), key);
		look_up(q, KIND_NETWORK, span_from(key, LIST_NETWORK_KEY));
	}
}

static void look_up_text(struct query *q, struct span subject)
{
	look_up(q, KIND_WHOLE, subject);
	scan(q, subject, subject);
}

/* An address, a name or an IP address. */
static void look_up_address(struct query *q, struct span subject)
{
	size_t at = span_rchr(subject, '@');
	struct span domain = subject;
	struct netaddr addr;

	if (netaddr_parse(subject, &addr)) {
		look_up_networks(q, &addr);
		q->ip = true;
		if (q->kinds & (1u << KIND_HOSTS | 1u << KIND_HOSTS_ANCHORED))
			scan(q, subject, subject);
		return;
	}
	if (at != SIZE_MAX) {
		look_up(q, KIND_WHOLE, subject);
		look_up(q, KIND_LOCAL, span_sub(subject, 0, at + 1));
		domain = span_after(subject, at + 1);
	}
	scan(q, subject, domain);
	look_up_name(q, domain);
}

/* Is what it is compared with the text as it is? */
static bool is_of_texts(unsigned type)
{
	type &= ~(unsigned)LIST_MAP;
	return type == LIST_IS || type == LIST_CONTAINS ||
		type == LIST_MATCHES || type == LIST_RE;
}

bool list_look(struct span image, const struct list_patterns *patterns,
	struct span subject, struct list_found *found_r)
{
	struct query q;

	*found_r = (struct list_found){ { NULL, 0 }, 0 };
	if (!open_image(image, &q) || q.count == 0)
		return false;
	q.patterns = patterns;
	/* "user@example.com." is the same to an MTA. */
	if (subject.n > 1 && subject.p[subject.n - 1] == '.' &&
	    !is_of_texts(q.type))
		subject.n--;
	if (subject.n == 0 || span_is(subject, "<>"))
		look_up(&q, KIND_WHOLE, span_sub(subject, 0, 0));
	else if (is_of_texts(q.type))
		look_up_text(&q, subject);
	else
		look_up_address(&q, subject);
	if (q.found.kind == 0)
		return false;
	*found_r = (struct list_found){ q.found.text, q.found.line };
	return !(q.found.flags & LIST_NEGATIVE);
}

bool list_match(struct span image, struct span subject, struct span *entry_r)
{
	struct list_found found;
	bool yes = list_look(image, NULL, subject, &found);

	if (entry_r)
		*entry_r = found.entry;
	return yes;
}
