#include "detect/phrases.h"

#include <string.h>

#include "base/buf.h"
#include "mail/casefold.h"

enum { FIRSTS_BITS = 1 << 16 };

struct entry {
	uint64_t hash;		/* of all its words */
	struct span words;	/* folded, one blank between; n 0: free */
	struct span phrase;	/* as it was written */
};

struct phrases {
	struct arena *arena;
	struct entry *table;
	size_t slots, n, most;	/* slots: a power of two */
	unsigned longest;	/* words of the longest one */
	unsigned char firsts[FIRSTS_BITS / 8]; /* hashes of first words */
};

/* FNV-1a, which goes on word by word. */
static uint64_t hash_more(uint64_t hash, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		hash = (hash ^ s.p[i]) * 0x100000001b3ULL;
	return (hash ^ ' ') * 0x100000001b3ULL;
}

static uint64_t hash_begin(void)
{
	return 0xcbf29ce484222325ULL;
}

struct phrases *phrases_new(size_t n, struct arena *a)
{
	struct phrases *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	p->most = n;
	p->slots = 16;
	while (p->slots < n * 2)
		p->slots *= 2;
	p->table = arena_array(a, p->slots, sizeof(*p->table));
	return p;
}

/* The words of a phrase with one blank between; how many. */
static unsigned join(struct span phrase, struct arena *a, uint64_t *hash_r,
	uint64_t *first_r, struct span *words_r)
{
	struct span rest = casefold(phrase, a), word;
	struct buf b = { .arena = a };
	unsigned n = 0;

	*hash_r = hash_begin();
	while (casefold_word(&rest, &word)) {
		*hash_r = hash_more(*hash_r, word);
		if (n++ == 0)
			*first_r = *hash_r;
		else
			buf_byte(&b, ' ');
		buf_span(&b, word);
	}
	*words_r = buf_bytes(&b);
	return n;
}

/* Where it is, or the free place for it. */
static struct entry *place(const struct phrases *p, uint64_t hash,
	struct span words)
{
	size_t i = hash & (p->slots - 1);

	while (p->table[i].words.n && (p->table[i].hash != hash ||
				       !span_eq(p->table[i].words, words)))
		i = (i + 1) & (p->slots - 1);
	return &p->table[i];
}

bool phrases_add(struct phrases *p, struct span phrase)
{
	uint64_t hash, first = 0;
	struct span words;
	unsigned n = join(phrase, p->arena, &hash, &first, &words);
	struct entry *e;

	if (n == 0 || n > PHRASES_WORDS_MAX || p->n == p->most)
		return false;
	e = place(p, hash, words);
	if (e->words.n)
		return true;
	*e = (struct entry){ hash, words, phrase };
	p->n++;
	p->longest = n > p->longest ? n : p->longest;
	p->firsts[first % FIRSTS_BITS / 8] |=
		(unsigned char)(1u << first % 8);
	return true;
}

/* The words at hand, and what was found so far. */
struct search {
	const struct phrases *p;
	struct span words[PHRASES_WORDS_MAX];
	unsigned n;
	struct span *found;
	size_t nfound, max;
};

static bool is_words(const struct search *s, unsigned n, struct span joined)
{
	for (unsigned i = 0; i < n; i++) {
		struct span word = s->words[i];

		if (!span_starts(joined, word))
			return false;
		joined = span_after(joined, word.n + 1);
	}
	return joined.n == 0;
}

static void add_found(struct search *s, struct span phrase)
{
	for (size_t i = 0; i < s->nfound; i++)
		if (s->found[i].p == phrase.p)
			return;
	if (s->nfound < s->max)
		s->found[s->nfound++] = phrase;
}

/* The phrases that begin with the first of the words at hand. */
static void look(struct search *s)
{
	const struct phrases *p = s->p;
	uint64_t hash = hash_begin();

	for (unsigned n = 1; n <= s->n; n++) {
		hash = hash_more(hash, s->words[n - 1]);
		if (n == 1 && !(p->firsts[hash % FIRSTS_BITS / 8] &
				1u << hash % 8))
			return;
		for (size_t i = hash & (p->slots - 1); p->table[i].words.n;
		     i = (i + 1) & (p->slots - 1))
			if (p->table[i].hash == hash &&
			    is_words(s, n, p->table[i].words))
				add_found(s, p->table[i].phrase);
	}
}

size_t phrases_find(const struct phrases *p, struct span folded, size_t max,
	struct span *found_r)
{
	struct search s = { .p = p, .found = found_r, .max = max };
	struct span word;

	if (p->n == 0)
		return 0;
	while (s.nfound < max && casefold_word(&folded, &word)) {
		s.words[s.n++] = word;
		if (s.n < p->longest)
			continue;
		look(&s);
		memmove(s.words, s.words + 1, --s.n * sizeof(*s.words));
	}
	while (s.n && s.nfound < max) {
		look(&s);
		memmove(s.words, s.words + 1, --s.n * sizeof(*s.words));
	}
	return s.nfound;
}
