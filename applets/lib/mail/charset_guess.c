/*
 * Which charset a text is in: its label, and what speaks against it.
 */
#include "mail/charset.h"

#include <string.h>

#include "mail/charset_code.h"

enum {
	META_WITHIN = 1024,	/* browsers look no further */
	OTHERS_MAX = 4,
	ESCAPE = 0x1b,
};

/* One text and the charsets that it may be in. */
struct guess {
	struct span s;
	struct arena *arena;
	enum charset_code label, meta;
	enum charset_code first;
	enum charset_code others[OTHERS_MAX];
	size_t nothers;
	bool doubt;
};

static void other(struct guess *g, enum charset_code code)
{
	if (g->nothers < OTHERS_MAX)
		g->others[g->nothers++] = code;
}

/* What a byte order mark at the front says. */
static enum charset_code marked(struct span s)
{
	if (span_starts(s, SPAN("\xef\xbb\xbf")))
		return CHARSET_UTF8;
	if (span_starts(s, SPAN("\xff\xfe")))
		return CHARSET_UTF16LE;
	if (span_starts(s, SPAN("\xfe\xff")))
		return CHARSET_UTF16BE;
	return CHARSET_NONE;
}

/* The charset whose escapes are in a text (ISO 2022). */
static enum charset_code escaped(struct span s)
{
	static const struct {
		const char *escape;
		enum charset_code code;
	} escapes[] = {
		{ "$@", CHARSET_2022_JP }, { "$B", CHARSET_2022_JP },
		{ "(I", CHARSET_2022_JP }, { "$(D", CHARSET_2022_JP },
		{ "$(O", CHARSET_2022_JP }, { "$(Q", CHARSET_2022_JP },
		{ "$)C", CHARSET_2022_KR }, { "$)A", CHARSET_2022_CN },
		{ "$)G", CHARSET_2022_CN }, { "$)E", CHARSET_2022_CN },
	};
	size_t at;

	while ((at = span_chr(s, ESCAPE)) != SIZE_MAX) {
		s = span_after(s, at + 1);
		for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes); i++)
			if (span_starts(s, span_of(escapes[i].escape)))
				return escapes[i].code;
	}
	return CHARSET_NONE;
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* The value behind "charset" in a tag, or empty. */
static struct span value_of(struct span tag)
{
	size_t at = span_casefind(tag, SPAN("charset")), n = 0;

	if (at == SIZE_MAX)
		return SPAN("");
	tag = span_after(tag, at + 7);
	while (tag.n && is_blank(tag.p[0]))
		tag = span_after(tag, 1);
	if (tag.n == 0 || tag.p[0] != '=')
		return SPAN("");
	tag = span_after(tag, 1);
	while (tag.n && (is_blank(tag.p[0]) || tag.p[0] == '"' ||
			 tag.p[0] == '\''))
		tag = span_after(tag, 1);
	while (n < tag.n && !is_blank(tag.p[n]) &&
	       memchr("\"';/", tag.p[n], 4) == NULL)
		n++;
	return span_sub(tag, 0, n);
}

/* What a page says of itself in a meta tag. */
static enum charset_code page_charset(struct span s)
{
	enum charset_code code = CHARSET_NONE;
	size_t at;

	s = span_sub(s, 0, META_WITHIN);
	while (code == CHARSET_NONE &&
	       (at = span_casefind(s, SPAN("<meta"))) != SIZE_MAX) {
		s = span_after(s, at + 5);
		code = charset_code_of(value_of(
			span_sub(s, 0, span_chr(s, '>'))));
	}
	/* A page that can say so is in none of the wide ones. */
	if (code >= CHARSET_UTF16 && code <= CHARSET_UTF32BE)
		return CHARSET_UTF8;
	return code == CHARSET_OTHER ? CHARSET_NONE : code;
}

static bool is_wide(enum charset_code code)
{
	return code >= CHARSET_UTF16 && code <= CHARSET_UTF32BE;
}

/* A mark at the front wins over everything (WHATWG Encoding, "decode"). */
static void judge_mark(struct guess *g, enum charset_code mark)
{
	g->first = mark;
	if (is_wide(g->label) && is_wide(mark)) {
		g->first = g->label;
	} else if (mark != g->label && g->label != CHARSET_NONE &&
		   (is_wide(mark) || g->label != CHARSET_ASCII)) {
		other(g, g->label);
		g->doubt = true;
	} else if (is_wide(mark)) {
		other(g, CHARSET_1252);
		g->doubt = true;
	}
}

/* No label, or one that says ASCII. */
static void judge_plain(struct guess *g, bool ascii, bool utf8)
{
	enum charset_code escapes = escaped(g->s);

	if (g->label == CHARSET_NONE && g->meta != CHARSET_NONE) {
		g->first = g->meta;
		other(g, CHARSET_NONE);
	} else if (escapes != CHARSET_NONE) {
		g->first = escapes;
		other(g, CHARSET_ASCII);
	} else if (!ascii && !(utf8 && g->label == CHARSET_NONE)) {
		/* UTF-8 needs no label any more. */
		g->doubt = true;
		if (utf8)
			other(g, CHARSET_1252);
	}
}

static void judge_label(struct guess *g, bool ascii, bool utf8)
{
	enum charset_code label = g->label;

	if (label == CHARSET_UTF8) {
		if (!utf8)
			other(g, CHARSET_1252);
	} else if (label == CHARSET_UTF16) {
		other(g, CHARSET_UTF16LE);
		other(g, CHARSET_UTF16BE);
	} else if (label == CHARSET_UTF7) {
		other(g, CHARSET_ASCII);
	} else if (!ascii && (utf8 || (!is_wide(label) &&
			!charset_has_ascii(label)))) {
		other(g, utf8 ? CHARSET_UTF8 : CHARSET_1252);
	}
	if (ascii && is_wide(label))
		other(g, CHARSET_ASCII);
	if (charset_has_ascii(label) && escaped(g->s) != CHARSET_NONE)
		other(g, escaped(g->s));
}

/* The texts that are unlike the first one, and unlike each other. */
static void read_others(struct guess *g, struct charset_reading *r)
{
	struct span seen[OTHERS_MAX];
	struct buf b = { .arena = g->arena };
	size_t n = 0;

	for (size_t i = 0; i < g->nothers; i++) {
		struct span t = charset_text_code(g->s, g->others[i],
			g->arena);
		bool had = span_eq(t, r->text);

		for (size_t k = 0; k < n && !had; k++)
			had = span_eq(t, seen[k]);
		if (!had)
			seen[n++] = t;
	}
	r->other = n ? seen[0] : SPAN("");
	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++) {
		buf_span(&b, seen[i]);
		buf_byte(&b, '\n');
	}
	r->other = buf_bytes(&b);
}

static bool is_simple(const struct guess *g)
{
	return charset_has_ascii(g->label) && charset_has_ascii(g->meta) &&
	       charset_ascii_run(g->s) == g->s.n &&
	       span_chr(g->s, ESCAPE) == SIZE_MAX;
}

void charset_read(struct span s, struct span charset, bool html,
	struct arena *a, struct charset_reading *r_r)
{
	struct guess g = { .s = s, .arena = a,
		.label = charset_code_of(charset),
		.meta = html ? page_charset(s) : CHARSET_NONE };
	enum charset_code mark = marked(s);
	bool ascii, utf8;

	*r_r = (struct charset_reading){ .text = s, .other = SPAN(""),
		.known = charset_is_known(g.label) };
	if (is_simple(&g))
		return;
	if (mark == CHARSET_UTF8)
		g.s = span_after(s, 3);
	ascii = charset_ascii_run(g.s) == g.s.n;
	utf8 = charset_utf8_run(g.s) == g.s.n;
	g.first = g.label;
	if (mark != CHARSET_NONE)
		judge_mark(&g, mark);
	else if (g.label == CHARSET_NONE || g.label == CHARSET_ASCII)
		judge_plain(&g, ascii, utf8);
	else
		judge_label(&g, ascii, utf8);
	if (g.meta != CHARSET_NONE && g.meta != g.first)
		other(&g, g.meta);
	r_r->text = charset_text_code(g.s, g.first, a);
	read_others(&g, r_r);
	r_r->doubt = g.doubt || r_r->other.n != 0;
}
