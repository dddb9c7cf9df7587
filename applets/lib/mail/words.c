#include "mail/words.h"

void words_begin(struct words *w, struct arena *a)
{
	*w = (struct words){ .arena = a, .seen = map_new(a) };
	w->list.arena = a;
}

/* The byte in lower case, or 0 when it is part of no word. */
static unsigned char word_byte(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c | 0x20;
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ?
		c : 0;
}

static void add_line(struct words *w, struct span word)
{
	if (w->n == WORDS_MAX || map_get(w->seen, word))
		return;
	word = arena_span(w->arena, word);
	map_put(w->seen, word, w);
	buf_span(&w->list, word);
	buf_byte(&w->list, '\n');
	w->n++;
}

static void add_word(struct words *w, struct span word)
{
	if (word.n >= WORD_LEAST && word.n <= WORD_MOST)
		add_line(w, word);
}

static void split(struct words *w, struct span text, bool html)
{
	unsigned char word[WORD_MOST];
	size_t n = 0;
	bool tag = false;

	for (size_t i = 0; i <= text.n && w->n < WORDS_MAX; i++) {
		unsigned char c = i < text.n ? text.p[i] : 0;
		unsigned char kept = tag ? 0 : word_byte(c);

		tag = html && (tag ? c != '>' : c == '<');
		if (kept == 0) {
			add_word(w, span_from(word, n));
			n = 0;
			continue;
		}
		/* One that is too long is counted, not kept. */
		if (n < WORD_MOST)
			word[n] = kept;
		n++;
	}
}

void words_add(struct words *w, struct span text)
{
	split(w, text, false);
}

void words_add_html(struct words *w, struct span text)
{
	split(w, text, true);
}

void words_add_mark(struct words *w, const char *kind, struct span value)
{
	struct buf b = { .arena = w->arena };

	value = span_trim(value);
	if (value.n == 0 || w->nmarks == MARKS_MAX)
		return;
	w->nmarks++;
	buf_string(&b, kind);
	buf_byte(&b, ':');
	for (size_t i = 0; i < value.n && b.n < MARK_MOST; i++)
		buf_byte(&b, value.p[i] < ' ' || value.p[i] == 0x7f ? ' ' :
			span_lower(value.p[i]));
	add_line(w, buf_bytes(&b));
}

bool words_is_mark(struct span line)
{
	return span_chr(line, ':') != SIZE_MAX;
}

int64_t words_mark_number(struct span mark)
{
	static const uint64_t key[2] = { 5, 6 };

	return (int64_t)map_hash(key, mark);
}
