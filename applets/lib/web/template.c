#include "web/template.h"

#include <string.h>

#include "web/html.h"

enum { BLOCKS_MAX = 32 };

struct compiler {
	const char *name;
	struct span text;
	size_t at;		/* the byte at hand */
	size_t from;		/* where the literal at hand begins */
	unsigned line, written;	/* of the template, of the chunk */
	struct html html;
	struct {
		struct html before;
		unsigned line;
	} block[BLOCKS_MAX];
	size_t nblocks;
	struct template_literals *literals;
	struct buf *chunk;
	struct err *e;
};

static int fail(const struct compiler *c, const char *what)
{
	return err_set(c->e, ERR_BUG, "%s:%u: %s", c->name, c->line, what);
}

static int fail_at(const struct compiler *c, struct span at, const char *what)
{
	return err_set(c->e, ERR_BUG, "%s:%u: %.*s: %s", c->name, c->line,
		SPAN_FMT(span_sub(at, 0, 60)), what);
}

/* Lines that gave no code are lines of the chunk, too. */
static void keep_up(struct compiler *c)
{
	for (; c->written < c->line; c->written++)
		buf_byte(c->chunk, '\n');
}

/* Ends the literal at hand before offset `end`. */
static void end_literal(struct compiler *c, size_t end)
{
	struct template_literals *l = c->literals;

	if (end <= c->from)
		return;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		struct span *v = arena_array(l->arena, cap, sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = span_sub(c->text, c->from, end - c->from);
	buf_printf(c->chunk, "put_literal(%zu) ", l->n);
}

static bool is_word(unsigned char ch)
{
	return (span_lower(ch) >= 'a' && span_lower(ch) <= 'z') || ch == '_' ||
		(ch >= '0' && ch <= '9');
}

/* Skips a Lua string at offset i of s; SIZE_MAX: it does not end. */
static size_t skip_string(struct span s, size_t i)
{
	unsigned char quote = s.p[i++];

	for (; i < s.n && s.p[i] != '\n'; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == quote)
			return i + 1;
	}
	return SIZE_MAX;
}

/* What would let a piece of Lua reach beyond its own end. */
static bool is_open_ended(struct span s, size_t i)
{
	struct span two = span_sub(s, i, 2);

	return span_is(two, "--") || span_is(two, "[[") || span_is(two, "[=") ||
		span_is(two, "::");
}

/*
 * The Lua from c->at up to `end` ("}}" or "%}") outside of strings and
 * brackets; *lua_r is without it, c->at stands behind it.
 */
static int take_lua(struct compiler *c, const char *end, struct span *lua_r)
{
	struct span s = c->text;
	size_t i = c->at, depth = 0;

	while (i < s.n) {
		if (depth == 0 && span_is(span_sub(s, i, 2), end)) {
			*lua_r = span_sub(s, c->at, i - c->at);
			c->at = i + 2;
			return 0;
		}
		if (is_open_ended(s, i))
			return fail(c, "no comments, labels and long strings "
				"in here");
		if (s.p[i] == '"' || s.p[i] == '\'') {
			i = skip_string(s, i);
			if (i == SIZE_MAX)
				return fail(c, "a string without its end");
			continue;
		}
		if (strchr("([{", s.p[i]) && s.p[i])
			depth++;
		else if (strchr(")]}", s.p[i]) && s.p[i] && depth-- == 0)
			return fail(c, "a bracket that was not opened");
		i++;
	}
	return err_set(c->e, ERR_BUG, "%s:%u: %s is missing", c->name,
		c->line, end);
}

/* The next word of Lua outside of strings, from offset *i on. */
static bool next_word(struct span s, size_t *i, struct span *word_r)
{
	size_t from;

	while (*i < s.n && !is_word(s.p[*i])) {
		if (s.p[*i] == '"' || s.p[*i] == '\'')
			*i = skip_string(s, *i);
		else
			(*i)++;
	}
	if (*i >= s.n)
		return false;
	for (from = *i; *i < s.n && is_word(s.p[*i]); (*i)++)
		;
	*word_r = span_sub(s, from, *i - from);
	return true;
}

static bool is_one_of(struct span word, const char *const *words)
{
	for (; *words; words++)
		if (span_is(word, *words))
			return true;
	return false;
}

static const char *const reserved[] = { "break", "do", "else", "elseif",
	"end", "for", "function", "goto", "if", "local", "repeat", "return",
	"then", "until", "while", NULL };

/* No word of s from offset i on may be one that makes structure. */
static int refuse_reserved(struct compiler *c, struct span s, size_t i)
{
	struct span word;

	while (next_word(s, &i, &word))
		if (is_one_of(word, reserved))
			return fail_at(c, word, "cannot stand here");
	return 0;
}

static void add_lua(struct compiler *c, struct span lua)
{
	buf_span(c->chunk, lua);
	for (size_t i = 0; i < lua.n; i++)
		if (lua.p[i] == '\n') {
			c->line++;
			c->written++;
		}
}

static int expression(struct compiler *c)
{
	struct span lua;
	enum html_place place = html_place(&c->html);

	if (place == HTML_REFUSED)
		return fail(c, "no expression can stand here: only in text "
			"and in attributes with quotes");
	if (place == HTML_URL_START)
		return fail(c, "before an expression a URL begins with / or "
			"? or #");
	c->at += 2;
	if (take_lua(c, "}}", &lua) < 0 || refuse_reserved(c, lua, 0) < 0)
		return -1;
	if (span_trim(lua).n == 0)
		return fail(c, "an empty expression");
	buf_string(c->chunk, place == HTML_URL ? "put_url((" : "put_text((");
	add_lua(c, lua);
	buf_string(c->chunk, ")) ");
	return 0;
}

static int open_block(struct compiler *c)
{
	if (c->nblocks == BLOCKS_MAX)
		return fail(c, "too many blocks in each other");
	c->block[c->nblocks].before = c->html;
	c->block[c->nblocks++].line = c->line;
	return 0;
}

/* else, elseif, end: the HTML must be where it was when the block began. */
static int check_block(struct compiler *c, struct span word)
{
	if (c->nblocks == 0)
		return fail_at(c, word, "there is no block to which it "
			"belongs");
	if (!html_same(&c->html, &c->block[c->nblocks - 1].before))
		return err_set(c->e, ERR_BUG, "%s:%u: the block of line %u "
			"ends at another place of the HTML than it began",
			c->name, c->line, c->block[c->nblocks - 1].line);
	return 0;
}

/* "if a then": the body of a statement that must end with this word. */
static int check_closing(struct compiler *c, struct span s, size_t i,
	const char *closing)
{
	struct span last = span_of(closing);
	size_t n = s.n - last.n;

	if (s.n < i + last.n || !span_ends(s, last) || is_word(s.p[n - 1]))
		return err_set(c->e, ERR_BUG, "%s:%u: this ends with \"%s\"",
			c->name, c->line, closing);
	return refuse_reserved(c, span_sub(s, 0, n), i);
}

/* Checks one statement, s trimmed, and keeps the books of its block. */
static int check_statement(struct compiler *c, struct span s)
{
	struct span word = { 0 };
	size_t i = 0;

	if (s.n == 0 || !is_word(s.p[0]) || !next_word(s, &i, &word))
		return fail(c, "a statement begins with for, while, if, "
			"elseif, else, end or local");
	if (span_is(word, "local"))
		return refuse_reserved(c, s, i);
	if (span_is(word, "for") || span_is(word, "while"))
		return check_closing(c, s, i, "do") < 0 ? -1 : open_block(c);
	if (span_is(word, "if"))
		return check_closing(c, s, i, "then") < 0 ? -1 : open_block(c);
	if (span_is(word, "elseif") && check_closing(c, s, i, "then") < 0)
		return -1;
	if (!span_is(word, "elseif") && !span_is(word, "else") &&
	    !span_is(word, "end"))
		return fail_at(c, word, "a statement begins with for, while, "
			"if, elseif, else, end or local");
	if (!span_is(word, "elseif") && i != s.n)
		return fail_at(c, word, "stands alone");
	if (check_block(c, word) < 0)
		return -1;
	if (span_is(word, "end"))
		c->nblocks--;
	return 0;
}

/* A line that holds nothing but a statement leaves no empty line. */
static size_t blanks_before(const struct compiler *c)
{
	size_t i = c->at;

	while (i > c->from && (c->text.p[i - 1] == ' ' ||
	    c->text.p[i - 1] == '\t'))
		i--;
	return i > 0 && c->text.p[i - 1] != '\n' ? c->at : i;
}

static int statement(struct compiler *c)
{
	struct span lua;
	size_t start = blanks_before(c);
	bool alone = start < c->at || c->at == 0 ||
		c->text.p[c->at - 1] == '\n';

	if (html_place(&c->html) == HTML_REFUSED && !html_in_tag(&c->html))
		return fail(c, "no statement can stand here");
	end_literal(c, start);
	keep_up(c);
	c->at += 2;
	if (take_lua(c, "%}", &lua) < 0 ||
	    check_statement(c, span_trim(lua)) < 0)
		return -1;
	add_lua(c, lua);
	buf_byte(c->chunk, ' ');
	c->from = c->at;
	if (alone && c->at < c->text.n && c->text.p[c->at] == '\n') {
		c->from = ++c->at;
		c->line++;
	}
	return 0;
}

static int include(struct compiler *c)
{
	size_t n = span_chr(span_after(c->text, c->at), '}');
	struct span name;

	if (!html_in_text(&c->html))
		return fail(c, "another template can stand in text only");
	if (n == SIZE_MAX)
		return fail(c, "} is missing");
	name = span_trim(span_sub(c->text, c->at + 2, n - 2));
	for (size_t i = 0; i < name.n; i++)
		if (!is_word(name.p[i]) && name.p[i] != '-')
			return fail(c, "a template's name has letters, "
				"digits and dashes");
	if (name.n == 0)
		return fail(c, "which template?");
	buf_printf(c->chunk, "include(\"%.*s\")(v, r) ", SPAN_FMT(name));
	c->at += n + 1;
	return 0;
}

/* {{ … }} and {> … }: the literal before it ends. */
static int insert(struct compiler *c, int (*what)(struct compiler *c))
{
	end_literal(c, c->at);
	keep_up(c);
	if (what(c) < 0)
		return -1;
	c->from = c->at;
	return 0;
}

/* What stands in a comment is for us, not for the browser. */
static void drop_comment(struct compiler *c, enum html_state before)
{
	if (c->html.state == HTML_COMMENT && before != HTML_COMMENT)
		end_literal(c, c->at - strlen("<!--"));
	else if (before == HTML_COMMENT && c->html.state == HTML_TEXT)
		c->from = c->at;
}

/* One step; a byte of HTML goes through the state machine. */
static int step(struct compiler *c)
{
	struct span two = span_sub(c->text, c->at, 2);
	enum html_state before = c->html.state;
	const char *trouble;

	if (span_is(two, "{{"))
		return insert(c, expression);
	if (span_is(two, "{>"))
		return insert(c, include);
	if (span_is(two, "{%"))
		return statement(c);
	trouble = html_feed(&c->html, c->text.p[c->at]);
	if (trouble)
		return fail(c, trouble);
	if (c->text.p[c->at++] == '\n')
		c->line++;
	drop_comment(c, before);
	return 0;
}

int template_compile(const char *name, struct span text,
	struct template_literals *literals, struct buf *chunk, struct err *e)
{
	struct compiler c = { .name = name, .text = text, .line = 1,
		.written = 1, .literals = literals, .chunk = chunk, .e = e };

	if (text.n && memchr(text.p, 0, text.n))
		return fail(&c, "a NUL byte");
	buf_string(chunk, "return function(v, r) ");
	while (c.at < text.n)
		if (step(&c) < 0)
			return -1;
	if (c.nblocks)
		return err_set(e, ERR_BUG, "%s:%u: this block has no end",
			name, c.block[c.nblocks - 1].line);
	if (!html_in_text(&c.html))
		return fail(&c, "the template ends inside a tag, a comment, "
			"a title or a script");
	end_literal(&c, text.n);
	buf_string(chunk, "end\n");
	return 0;
}
