#include "mail/casefold.h"

#include <unicode/uchar.h>

#include "base/buf.h"
#include "base/utf8.h"

enum { REPLACEMENT = 0xfffd };

static bool is_unseen(uint32_t c)
{
	return u_hasBinaryProperty((UChar32)c,
		UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/* Adds a character beyond ASCII; false: it is white space. */
static bool add_wide(struct buf *b, struct span sequence, uint32_t code)
{
	uint32_t folded;

	if (u_isUWhiteSpace((UChar32)code))
		return false;
	if (is_unseen(code))
		return true;
	folded = (uint32_t)u_foldCase((UChar32)code, U_FOLD_CASE_DEFAULT);
	if (folded == code)
		buf_span(b, sequence);
	else
		utf8_put(b, folded);
	return true;
}

/* White space: one blank, and none in front. */
static void add_blank(struct buf *b)
{
	if (b->n && b->p[b->n - 1] != ' ')
		buf_byte(b, ' ');
}

struct span casefold(struct span text, struct arena *a)
{
	struct buf b = { .arena = a };

	buf_room(&b, text.n);
	for (size_t i = 0; i < text.n;) {
		unsigned char c = text.p[i];
		uint32_t code;
		size_t n;

		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			add_blank(&b);
			i++;
			continue;
		}
		n = utf8_next(span_after(text, i), &code);
		if (n == 0)
			utf8_put(&b, REPLACEMENT);
		else if (n == 1)
			buf_byte(&b, span_lower(c));
		else if (!add_wide(&b, span_sub(text, i, n), code))
			add_blank(&b);
		i += n ? n : 1;
	}
	if (b.n && b.p[b.n - 1] == ' ')
		b.n--;
	return b.p ? buf_bytes(&b) : SPAN("");
}

enum kind { GAP, LETTER, SIGN };

/* What stands at the front of s, and how long it is. */
static enum kind kind_at(struct span s, size_t *n_r)
{
	unsigned char c = s.p[0];
	uint32_t code;

	*n_r = 1;
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			(c >= 'A' && c <= 'Z') ? LETTER : GAP;
	*n_r = utf8_next(s, &code);
	if (*n_r == 0) {
		*n_r = 1;
		return GAP;
	}
	if (u_hasBinaryProperty((UChar32)code, UCHAR_IDEOGRAPHIC) ||
	    ublock_getCode((UChar32)code) == UBLOCK_HIRAGANA ||
	    ublock_getCode((UChar32)code) == UBLOCK_KATAKANA ||
	    ublock_getCode((UChar32)code) == UBLOCK_THAI)
		return SIGN;
	return u_isalnum((UChar32)code) ||
		(U_GET_GC_MASK((UChar32)code) & U_GC_M_MASK) ? LETTER : GAP;
}

bool casefold_word(struct span *rest, struct span *word_r)
{
	size_t at = 0, n = 0, end;
	enum kind kind = GAP;

	while (at < rest->n &&
	       (kind = kind_at(span_after(*rest, at), &n)) == GAP)
		at += n;
	if (at >= rest->n)
		return false;
	end = at + n;
	while (kind == LETTER && end < rest->n &&
	       kind_at(span_after(*rest, end), &n) == LETTER)
		end += n;
	*word_r = span_sub(*rest, at, end - at);
	*rest = span_after(*rest, end);
	return true;
}
