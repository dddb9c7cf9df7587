#include "mail/html_token.h"

#include <string.h>

#include "mail/html.h"

/* In order of enum html_attr. */
static const struct {
	const char *name;
	unsigned char n;
} attrs[ATTRS] = {
	{ "action", 6 }, { "alt", 3 }, { "background", 10 }, { "bgcolor", 7 },
	{ "class", 5 }, { "color", 5 }, { "content", 7 }, { "data", 4 },
	{ "formaction", 10 }, { "height", 6 }, { "hidden", 6 }, { "href", 4 },
	{ "http-equiv", 10 }, { "id", 2 }, { "open", 4 }, { "poster", 6 },
	{ "size", 4 }, { "src", 3 }, { "srcdoc", 6 }, { "srcset", 6 },
	{ "style", 5 }, { "text", 4 }, { "type", 4 }, { "width", 5 },
	{ "xlink:href", 10 },
};

/* Where those with each letter begin. */
static const uint8_t attr_first[27] = {
	0, 2, 4, 7, 8, 8, 9, 9, 13, 14, 14, 14, 14, 14, 14, 15, 16, 16, 16, 21,
	23, 23, 23, 24, 25, 25, 25,
};

_Static_assert(ATTRS == 25, "the index above is of these");

/* What ends a name, and what may stand between attributes. */
enum { BLANK = 1, END = 2, EQUALS = 4 };

static const unsigned char classes[256] = {
	[' '] = BLANK, ['\t'] = BLANK, ['\n'] = BLANK, ['\f'] = BLANK,
	['\r'] = BLANK, ['/'] = END, ['>'] = END, ['='] = EQUALS,
};

static bool is_blank(unsigned char c)
{
	return classes[c] & BLANK;
}

static bool is_letter(unsigned char c)
{
	return span_lower(c) >= 'a' && span_lower(c) <= 'z';
}

static inline void skip(struct html_tokens *t, size_t n)
{
	n = n < t->in.n ? n : t->in.n;
	t->in.p = n ? t->in.p + n : t->in.p;
	t->in.n -= n;
}

/* Passes over everything up to and including the byte; false: none is. */
static bool skip_past(struct html_tokens *t, unsigned char c)
{
	size_t at = span_chr(t->in, c);

	skip(t, at == SIZE_MAX ? t->in.n : at + 1);
	return at != SIZE_MAX;
}

static size_t run_until(struct span s, size_t from, unsigned stops)
{
	while (from < s.n && !(classes[s.p[from]] & stops))
		from++;
	return from < s.n ? from : s.n;
}

static void skip_blanks(struct html_tokens *t)
{
	size_t n = 0;

	while (n < t->in.n && is_blank(t->in.p[n]))
		n++;
	skip(t, n);
}

/* The value after "="; an unclosed quote takes everything, as in browsers. */
static struct span read_value(struct html_tokens *t)
{
	struct span s;
	size_t n = 0;

	skip_blanks(t);
	if (t->in.n && (t->in.p[0] == '"' || t->in.p[0] == '\'')) {
		unsigned char quote = t->in.p[0];

		s = span_after(t->in, 1);
		s = span_sub(s, 0, span_chr(s, quote));
		skip(t, s.n + 2);
		return s;
	}
	while (n < t->in.n && !is_blank(t->in.p[n]) && t->in.p[n] != '>')
		n++;
	s = span_sub(t->in, 0, n);
	skip(t, n);
	return s;
}

static enum html_attr find_attr(struct span name)
{
	unsigned char first = span_lower(name.p[0]);

	if (!is_letter(first))
		return ATTRS;
	for (unsigned i = attr_first[first - 'a'];
	     i < attr_first[first - 'a' + 1]; i++)
		if (attrs[i].n == name.n &&
		    span_caseeq(name, span_of(attrs[i].name)))
			return i;
	return ATTRS;
}

/* The first of several with one name counts. */
static void keep_attribute(struct html_tag *tag, struct span name,
	struct span value)
{
	enum html_attr i = find_attr(name);

	if (i < ATTRS && !(tag->has & 1u << i)) {
		tag->has |= 1u << i;
		tag->value[i] = value;
	} else if (name.n > 4 && span_lower(name.p[0]) == 'o' &&
	    span_lower(name.p[1]) == 'n' && is_letter(name.p[2])) {
		tag->event = true;
	}
}

static void read_attribute(struct html_tokens *t)
{
	struct span name, value = { 0 };

	/* a "=" in front is part of the name */
	name = span_sub(t->in, 0, run_until(t->in, 1, BLANK | END | EQUALS));
	skip(t, name.n);
	if (t->in.n && is_blank(t->in.p[0]))
		skip_blanks(t);
	if (t->in.n && t->in.p[0] == '=') {
		skip(t, 1);
		value = read_value(t);
	}
	keep_attribute(&t->tag, name, value);
}

static void skip_between(struct html_tokens *t)
{
	size_t n = 0;

	while (n < t->in.n && (is_blank(t->in.p[n]) || t->in.p[n] == '/'))
		n++;
	skip(t, n);
}

/* A tag, of which "<" or "</" is gone; false: the page ends in it. */
static bool read_tag(struct html_tokens *t, bool end)
{
	struct html_tag *tag = &t->tag;

	tag->end = end;
	tag->event = false;
	tag->has = 0;
	tag->name = span_sub(t->in, 0, run_until(t->in, 0, BLANK | END));
	skip(t, tag->name.n);
	for (;;) {
		skip_between(t);
		if (t->in.n == 0)
			return false;
		if (t->in.p[0] == '>')
			break;
		read_attribute(t);
	}
	skip(t, 1);
	tag->element = html_element(tag->name);
	return true;
}

/* Where the "-->" or "--!>" of a comment begins, and behind it; false: none. */
static bool find_comment_end(struct span s, size_t *at_r, size_t *after_r)
{
	size_t at = 0, n;

	while (at < s.n) {
		n = span_chr(span_after(s, at), '>');
		if (n == SIZE_MAX)
			return false;
		at += n;
		n = at > 2 && s.p[at - 1] == '!' ? 3 : 2;
		if (at >= n && s.p[at - n] == '-' && s.p[at - n + 1] == '-') {
			*at_r = at - n;
			*after_r = at + 1;
			return true;
		}
		at++;
	}
	return false;
}

/* "[if mso]>" at the front of a comment: its length, or 0. */
static size_t condition_length(struct span s)
{
	size_t n = 0, end;

	while (n < s.n && is_blank(s.p[n]))
		n++;
	if (!span_casestarts(span_after(s, n), SPAN("[if")))
		return 0;
	end = span_chr(s, '>');
	return end != SIZE_MAX && s.p[end - 1] == ']' ? end + 1 : 0;
}

/*
 * Behind "<!--". Some clients show what stands in a conditional comment, and
 * some what follows a comment that is never closed.
 */
static bool begin_comment(struct html_tokens *t)
{
	struct span all = t->in;
	size_t at = all.n, after = all.n, n;
	bool open;

	if (span_starts(all, SPAN(">")) || span_starts(all, SPAN("->"))) {
		skip_past(t, '>');
		return false;
	}
	open = !find_comment_end(all, &at, &after);
	skip(t, after);
	n = condition_length(span_sub(all, 0, at));
	if (n)
		t->flags |= HTML_CONDITIONAL;
	if (t->inside || (n == 0 && !open))
		return false;
	if (open)
		t->flags |= HTML_UNCLOSED;
	t->inside = true;
	t->after = t->in;
	t->in = span_sub(all, n, at - n);
	return true;
}

static void note_declaration(struct html_tokens *t)
{
	if (span_starts(t->in, SPAN("<![CDATA[")))
		t->flags |= HTML_CDATA;
	if (!skip_past(t, '>') && !t->inside)
		t->flags |= HTML_UNCLOSED;
}

static enum html_token take_text(struct html_tokens *t, size_t from)
{
	const unsigned char *p = t->in.n > from ? memchr(t->in.p + from, '<',
		t->in.n - from) : NULL;
	size_t n = p ? (size_t)(p - t->in.p) : t->in.n;

	t->text = span_sub(t->in, 0, n);
	skip(t, n);
	return HTML_TOKEN_TEXT;
}

static enum html_token take_tag(struct html_tokens *t, bool end)
{
	struct span rest;

	skip(t, end ? 2 : 1);
	rest = t->in;
	if (read_tag(t, end))
		return HTML_TOKEN_TAG;
	if (t->inside)
		return HTML_TOKEN_TEXT;
	t->flags |= HTML_UNCLOSED;
	t->text = rest;
	return HTML_TOKEN_REST;
}

enum html_token html_next(struct html_tokens *t)
{
	t->text = (struct span){ 0 };
	while (t->in.n) {
		unsigned char next = t->in.n > 1 ? t->in.p[1] : 0;
		bool end = next == '/';
		unsigned char letter = end && t->in.n > 2 ? t->in.p[2] : next;

		if (t->in.p[0] != '<')
			return take_text(t, 0);
		if (is_letter(letter))
			return take_tag(t, end);
		if (next == '!' && span_starts(t->in, SPAN("<!--"))) {
			skip(t, 4);
			if (begin_comment(t))
				return HTML_TOKEN_IF;
		} else if (next == '!' || next == '?' || (end && t->in.n > 2)) {
			note_declaration(t);
		} else {
			return take_text(t, 1);
		}
	}
	if (!t->inside)
		return HTML_TOKEN_END;
	t->inside = false;
	t->in = t->after;
	return HTML_TOKEN_ENDIF;
}

struct span html_take_raw(struct html_tokens *t, struct span name)
{
	struct span all = t->in;

	while (t->in.n) {
		size_t at = span_chr(t->in, '<');
		struct span s;

		skip(t, at == SIZE_MAX ? t->in.n : at);
		s = span_after(t->in, 2);
		if (t->in.n > 2 && t->in.p[1] == '/' &&
		    span_casestarts(s, name) && s.n > name.n &&
		    (is_blank(s.p[name.n]) || s.p[name.n] == '/' ||
		     s.p[name.n] == '>'))
			break;
		if (t->in.n)
			skip(t, 1);
	}
	if (t->in.n == 0 && !t->inside)
		t->flags |= HTML_UNCLOSED;
	return span_sub(all, 0, all.n - t->in.n);
}
