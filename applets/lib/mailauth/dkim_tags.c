#include "mailauth/dkim_tags.h"

#include "base/utf8.h"
#include "mail/decode.h"

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_alpha(unsigned char c)
{
	return span_lower(c) >= 'a' && span_lower(c) <= 'z';
}

/* Line ends only where a fold has them: before a blank. */
static bool folds_right(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n'))
			return false;
		if (s.p[i] == '\n' && i + 1 < s.n && s.p[i + 1] != ' ' &&
		    s.p[i + 1] != '\t')
			return false;
	}
	return true;
}

static bool name_right(struct span s)
{
	if (!s.n || !is_alpha(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!is_alpha(s.p[i]) && s.p[i] != '_' &&
		    (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	return true;
}

static bool value_right(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_blank(s.p[i]) && (s.p[i] < 0x21 || s.p[i] == 0x7f))
			return false;
	return true;
}

/* NULL: it is a tag, and now the last of the list. */
static const char *add_tag(struct dkim_tags *t, struct span piece)
{
	size_t eq = span_chr(piece, '=');
	struct span name;

	if (eq == SIZE_MAX)
		return "a tag has no \"=\"";
	name = span_trim(span_sub(piece, 0, eq));
	if (!name_right(name))
		return "a tag has no proper name";
	for (size_t i = 0; i < t->n; i++)
		if (span_eq(t->tag[i].name, name))
			return "a tag is there twice";
	if (t->n == DKIM_TAGS_MAX)
		return "there are too many tags";
	t->tag[t->n].name = name;
	t->tag[t->n].raw = span_after(piece, eq + 1);
	t->tag[t->n].value = span_trim(t->tag[t->n].raw);
	if (!value_right(t->tag[t->n].value))
		return "a tag's value has control characters";
	t->n++;
	return NULL;
}

const char *dkim_tags_parse(struct span s, struct dkim_tags *tags_r)
{
	struct span rest = s, piece;
	const char *problem;

	tags_r->n = 0;
	if (!folds_right(s))
		return "a line end is out of place";
	if (!utf8_valid(s))
		return "it is not UTF-8";
	while (span_cut(&rest, ';', &piece)) {
		/* Only the last may be empty: the list ended with ";". */
		if (!rest.n && tags_r->n && !span_trim(piece).n)
			break;
		problem = add_tag(tags_r, piece);
		if (problem)
			return problem;
	}
	return tags_r->n ? NULL : "there are no tags";
}

const struct dkim_tag *dkim_tags_find(const struct dkim_tags *t,
	const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (span_is(t->tag[i].name, name))
			return &t->tag[i];
	return NULL;
}

struct span dkim_tags_value(const struct dkim_tags *t, const char *name)
{
	const struct dkim_tag *tag = dkim_tags_find(t, name);

	return tag ? tag->value : (struct span){ 0 };
}

bool dkim_list_next(struct span *rest, struct span *word_r)
{
	if (!span_cut(rest, ':', word_r))
		return false;
	*word_r = span_trim(*word_r);
	return true;
}

bool dkim_list_has(struct span list, const char *word)
{
	struct span one;

	while (dkim_list_next(&list, &one))
		if (span_is(one, word))
			return true;
	return false;
}

/* Padded or not; bits beyond the last byte are not looked at. */
static bool base64_right(struct span s)
{
	size_t n = s.n;

	while (n && s.n - n < 2 && s.p[n - 1] == '=')
		n--;
	return n && n % 4 != 1 && (n == s.n || s.n % 4 == 0);
}

bool dkim_base64(struct span s, struct arena *a, struct span *bytes_r)
{
	unsigned char *text = arena_alloc(a, s.n + 1);
	unsigned char *out;
	bool clean = true;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (!is_blank(s.p[i]))
			text[n++] = s.p[i];
	if (!base64_right(span_from(text, n)))
		return false;
	out = arena_alloc(a, DECODE_BASE64_ROOM(n));
	bytes_r->n = decode_base64(span_from(text, n), out, &clean);
	bytes_r->p = out;
	return clean && bytes_r->n;
}
