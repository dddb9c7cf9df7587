#include "mail/word.h"

#include <string.h>

#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/header.h"

/* An encoded word (RFC 2047 section 2), found in a text. */
struct word {
	struct span charset, text;
	bool base64;
	size_t size;		/* of all of it in the source */
};

/* Neighbours are joined as bytes: some mailers split a character. */
struct joiner {
	struct arena *arena;
	struct buf out, bytes;
	struct span charset;
	bool pending;
	unsigned flags;
};

/* Where a word stops that has no end. */
static bool ends_open(unsigned char c)
{
	return c <= ' ' || c == '"' || c == '<' || c == '>' || c == ',' ||
	       c == '(' || c == ')' || c == ';';
}

/*
 * How long the text of a word is, and its end: 2 for "?=", 0 when that is
 * missing. A '?' is part of it, as clients take it; so are blanks when there
 * is an end. It never goes past the start of another word.
 */
static size_t text_size(struct span s, size_t *end_r)
{
	size_t open = SIZE_MAX, i;

	*end_r = 0;
	for (i = 0; i + 1 < s.n; i++) {
		unsigned char c = s.p[i], next = s.p[i + 1];

		if (c == '?' && next == '=') {
			*end_r = 2;
			return i;
		}
		if (c == '=' && next == '?' && i + 2 < s.n &&
		    s.p[i + 2] != '=')
			break;
		if (open == SIZE_MAX && ends_open(c))
			open = i;
	}
	if (open != SIZE_MAX)
		return open;
	return i + 1 < s.n || (i < s.n && ends_open(s.p[i])) ? i : s.n;
}

/* Is there an encoded word at the front of s, which starts with "=?"? */
static bool read_word(struct span s, struct word *w_r)
{
	struct span rest = span_after(s, 2), head = span_sub(rest, 0, 64);
	size_t q = span_chr(head, '?'), star, text, end;
	unsigned char how;

	if (q == SIZE_MAX || q == 0 || rest.n < q + 3 || rest.p[q + 2] != '?')
		return false;
	how = span_lower(rest.p[q + 1]);
	if (how != 'b' && how != 'q')
		return false;
	w_r->base64 = how == 'b';
	w_r->charset = span_sub(rest, 0, q);
	star = span_chr(w_r->charset, '*');	/* RFC 2231 section 5 */
	w_r->charset = span_sub(w_r->charset, 0, star);
	rest = span_after(rest, q + 3);
	text = text_size(rest, &end);
	w_r->text = span_sub(rest, 0, text);
	w_r->size = 2 + q + 3 + text + end;
	return end || text;
}

size_t word_size(struct span s)
{
	struct word w;

	return span_starts(s, SPAN("=?")) && read_word(s, &w) ? w.size : 0;
}

/* Where the next "=?" is, or SIZE_MAX. */
static size_t find_start(struct span s, size_t from)
{
	while (from < s.n) {
		size_t at = span_chr(span_after(s, from), '=');

		if (at == SIZE_MAX)
			break;
		from += at + 1;
		if (from < s.n && s.p[from] == '?')
			return from - 1;
	}
	return SIZE_MAX;
}

/* Adds text that a reader sees on one line. */
static void add_shown(struct joiner *j, struct span text, struct span charset)
{
	static const struct span bad = { (const unsigned char *)"\xef\xbf\xbd",
		3 };
	size_t from = j->out.n;

	if (!charset_add(text, charset, &j->out))
		j->flags |= MAIL_OTHER_CHARSET;
	if (span_find(text, bad) == SIZE_MAX &&
	    span_find(span_after(buf_bytes(&j->out), from), bad) != SIZE_MAX)
		j->flags |= MAIL_BAD_UTF8;
	for (size_t i = from; i < j->out.n; i++)
		if (j->out.p[i] == '\r' || j->out.p[i] == '\n')
			j->out.p[i] = ' ';
}

static void flush_words(struct joiner *j)
{
	if (j->pending)
		add_shown(j, buf_bytes(&j->bytes), j->charset);
	j->pending = false;
	j->bytes.n = 0;
}

/* RFC 2047 section 4.2: quoted-printable, and '_' for a blank. */
static size_t decode_q(struct span s, unsigned char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int hi = -1, lo = -1;

		if (s.p[i] == '=' && i + 2 < s.n) {
			hi = decode_hex(s.p[i + 1]);
			lo = decode_hex(s.p[i + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			out[n++] = (unsigned char)(hi << 4 | lo);
			i += 2;
		} else {
			out[n++] = s.p[i] == '_' ? ' ' : s.p[i];
		}
	}
	return n;
}

static void add_word(struct joiner *j, const struct word *w)
{
	bool clean = true;
	unsigned char *out;

	if (j->pending && !span_caseeq(j->charset, w->charset))
		flush_words(j);
	out = buf_room(&j->bytes, DECODE_BASE64_ROOM(w->text.n) + w->text.n);
	j->bytes.n += w->base64 ? decode_base64(w->text, out, &clean) :
				  decode_q(w->text, out);
	j->charset = w->charset;
	j->pending = true;
}

/* Text between encoded words; blanks alone are not shown. */
static void add_plain(struct joiner *j, struct span text, bool before_word)
{
	if (text.n == 0 ||
	    (j->pending && before_word && span_trim(text).n == 0))
		return;
	flush_words(j);
	add_shown(j, text, SPAN(""));
}

struct span word_decode(struct span value, struct arena *a, unsigned *flags)
{
	struct joiner j = { .arena = a, .out.arena = a, .bytes.arena = a };
	struct span rest = header_unfold(value, a);
	size_t from = find_start(rest, 0);
	struct word w;

	if (from == SIZE_MAX && charset_ascii_run(rest) == rest.n)
		return rest;
	while (from != SIZE_MAX) {
		if (!read_word(span_after(rest, from), &w)) {
			from = find_start(rest, from + 2);
			continue;
		}
		add_plain(&j, span_sub(rest, 0, from), true);
		add_word(&j, &w);
		rest = span_after(rest, from + w.size);
		from = find_start(rest, 0);
	}
	add_plain(&j, rest, false);
	flush_words(&j);
	*flags |= j.flags;
	return buf_bytes(&j.out);
}

struct span header_decode(struct span value, struct arena *a)
{
	unsigned flags = 0;

	return word_decode(value, a, &flags);
}
