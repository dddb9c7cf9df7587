/*
 * Lua text: quoting, lines, comments, patterns.
 */
#include "sieve_lua.h"

#include <stdio.h>
#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"

enum { COLUMNS = 79, TAB = 8, SHOWN_MAX = 400, PATTERN_MAX = 2000 };

/* Where a line may be broken: the last blank of its kind that fits. */
static size_t find_break(struct span s, size_t room)
{
	size_t best = 0;
	bool quoted = false;

	for (size_t i = 0; i < s.n && i < room; i++) {
		struct span here = span_after(s, i);

		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && i > 8 && (span_starts(here, SPAN(" or ")) ||
				span_starts(here, SPAN(" and "))))
			best = i + (s.p[i + 1] == 'o' ? 3 : 4);
		else if (!quoted && span_starts(here, SPAN(", ")))
			best = i + 1;
	}
	return best;
}

void lua_line(struct lua *l, const char *fmt, ...)
{
	struct buf b = { .arena = l->a };
	size_t indent = l->indent, cut;
	struct span s;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	vsnprintf((char *)buf_room(&b, (size_t)n + 1), (size_t)n + 1, fmt, ap);
	va_end(ap);
	s = span_from(b.p, (size_t)n);
	for (;;) {
		for (size_t i = 0; i < indent && s.n; i++)
			buf_byte(l->out, '\t');
		cut = indent * TAB + s.n > COLUMNS ? find_break(s,
			indent * TAB < COLUMNS ? COLUMNS - indent * TAB : 0) :
			0;
		if (cut == 0)
			break;
		buf_span(l->out, span_sub(s, 0, cut));
		buf_byte(l->out, '\n');
		s = span_trim(span_after(s, cut));
		indent = l->indent + 1;
	}
	buf_span(l->out, s);
	buf_byte(l->out, '\n');
}

void lua_comment(struct lua *l, struct span text)
{
	char shown[SHOWN_MAX];

	utf8_printable(text, shown, sizeof(shown));
	for (unsigned i = 0; i < l->indent; i++)
		buf_byte(l->out, '\t');
	buf_printf(l->out, "-- %s\n", shown);
}

/* One byte of a string in quotes. */
static void put_byte(struct buf *b, unsigned char c)
{
	if (c == '"' || c == '\\')
		buf_printf(b, "\\%c", c);
	else if (c == '\n')
		buf_string(b, "\\n");
	else if (c < ' ' || c >= 0x7f)
		buf_printf(b, "\\x%02x", c);
	else
		buf_byte(b, c);
}

struct span lua_quote(struct lua *l, struct span text)
{
	struct buf b = { .arena = l->a };
	size_t n;

	buf_byte(&b, '"');
	for (size_t i = 0; i < text.n; i += n) {
		n = utf8_next(span_after(text, i), NULL);
		if (n > 1)
			buf_span(&b, span_sub(text, i, n));
		else
			put_byte(&b, text.p[i]);
		n = n > 1 ? n : 1;
	}
	buf_byte(&b, '"');
	return buf_bytes(&b);
}

/* One line of printable ASCII: line ends and runs of blanks become a blank. */
static struct span plain_line(struct lua *l, struct span text, size_t max)
{
	struct buf b = { .arena = l->a };

	text = span_trim(text);
	for (size_t i = 0; i < text.n && b.n < max; i++) {
		unsigned char c = text.p[i];

		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			if (b.n && b.p[b.n - 1] != ' ')
				buf_byte(&b, ' ');
		} else if ((c & 0xc0) != 0x80) {
			buf_byte(&b, c > ' ' && c < 0x7f ? c : '?');
		}
	}
	return span_trim(buf_bytes(&b));
}

struct span lua_quote_ascii(struct lua *l, struct span text, size_t max)
{
	return lua_quote(l, plain_line(l, text, max));
}

/* %%SUBJECT:h_utf8%% is %%SUBJECT%%: texts are UTF-8 here. */
static struct span plain_variables(struct lua *l, struct span s)
{
	struct buf b = { .arena = l->a };
	size_t at, end, colon;

	while ((at = span_find(s, SPAN("%%"))) != SIZE_MAX) {
		struct span name = span_after(s, at + 2);

		end = span_find(name, SPAN("%%"));
		if (end == SIZE_MAX)
			break;
		name = span_sub(name, 0, end);
		colon = span_chr(name, ':');
		buf_span(&b, span_sub(s, 0, at + 2));
		buf_span(&b, span_sub(name, 0, colon));
		buf_string(&b, "%%");
		s = span_after(s, at + end + 4);
	}
	buf_span(&b, s);
	return buf_bytes(&b);
}

struct span lua_text(struct lua *l, struct span text, size_t max_ascii)
{
	if (max_ascii)
		text = plain_line(l, text, max_ascii);
	if (span_find(text, SPAN("%%")) == SIZE_MAX)
		return lua_quote(l, text);
	text = plain_variables(l, text);
	if (span_is(text, "%%SUBJECT%%") && !max_ascii)
		return SPAN("m.subject");
	return span_of(arena_printf(l->a, "expand(%.*s)",
		SPAN_FMT(lua_quote(l, text))));
}

/* What a linear-time engine cannot do. */
static bool is_linear(struct span s)
{
	static const char *const beyond[] = { "(?=", "(?!", "(?<", "(?>", "(?(",
		"(?R", "(?1", "(?&", "(?P>", "(?P=", "(*", "\\K", "\\G", "\\g",
		"\\k", "\\X", "\\C", "++", "*+", "?+" };

	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
		if (span_find(s, span_of(beyond[i])) != SIZE_MAX)
			return false;
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '\\')
			continue;
		if (s.p[i + 1] >= '1' && s.p[i + 1] <= '9')
			return false;
		i++;
	}
	return true;
}

/* A glob of Sieve (RFC 5228 2.7.1) as a regular expression. */
static struct span glob_pattern(struct lua *l, struct span s)
{
	struct buf b = { .arena = l->a };

	buf_byte(&b, '^');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (c == '*') {
			buf_string(&b, ".*");
		} else if (c == '?') {
			buf_byte(&b, '.');
		} else {
			if (c == '\\' && i + 1 < s.n)
				c = s.p[++i];
			if (c && strchr(".^$|()[]{}*+?\\", c))
				buf_byte(&b, '\\');
			buf_byte(&b, c);
		}
	}
	buf_byte(&b, '$');
	return buf_bytes(&b);
}

struct span lua_pattern(struct lua *l, struct span text, bool glob, bool octet,
	unsigned line)
{
	const char *local;
	struct span key;
	struct err e;

	if (glob)
		text = glob_pattern(l, text);
	if (text.n == 0 || text.n > PATTERN_MAX || !utf8_valid(text) ||
	    span_chr(text, 0) != SIZE_MAX || !is_linear(text)) {
		l->why = "a regular expression that no linear-time engine "
			"knows";
		return SPAN("");
	}
	if (l->help && !l->help->pattern(l->help->self, text, octet, &e)) {
		l->why = arena_printf(l->a, "a regular expression: %s",
			e.text);
		return SPAN("");
	}
	key = span_of(arena_printf(l->a, "regex%d%.*s", octet,
		SPAN_FMT(text)));
	local = map_get(l->known, key);
	if (local)
		return span_of(local);
	local = arena_printf(l->a, "patterns[%u]", ++l->npatterns);
	map_put(l->known, key, (void *)(uintptr_t)local);
	buf_printf(&l->patterns, "\tregex(%.*s%s), -- line %u\n",
		SPAN_FMT(lua_quote(l, text)), octet ? "" : ", \"i\"", line);
	return span_of(local);
}

struct span lua_long_text(struct lua *l, struct span text, unsigned line)
{
	struct buf b = { .arena = l->a };

	utf8_sanitise(&b, text);
	text = buf_bytes(&b);
	if (text.n == 0 || span_chr(text, '\r') != SIZE_MAX ||
	    span_find(text, SPAN("]==]")) != SIZE_MAX)
		buf_printf(&l->banners, "\t%.*s, -- line %u\n",
			SPAN_FMT(lua_quote(l, text)), line);
	else
		buf_printf(&l->banners, "-- line %u\n[==[\n%.*s]==],\n",
			line, SPAN_FMT(text));
	return span_of(arena_printf(l->a, "banners[%u]", ++l->nbanners));
}

bool lua_first(struct lua *l, const char *kind, struct span name)
{
	struct span key = span_of(arena_printf(l->a, "%s %.*s", kind,
		SPAN_FMT(name)));

	if (map_get(l->known, key))
		return false;
	map_put(l->known, key, l);
	return true;
}

static void add_name(struct lua *l, struct span name, struct span **v,
	size_t *n)
{
	/* At each power of two there is no more room. */
	if ((*n & (*n - 1)) == 0) {
		struct span *more = arena_array(l->a, *n ? *n * 2 : 1,
			sizeof(*more));

		for (size_t i = 0; i < *n; i++)
			more[i] = (*v)[i];
		*v = more;
	}
	(*v)[(*n)++] = name;
}

void lua_note(struct lua *l, const char *kind, struct span name)
{
	if (!lua_first(l, kind, name))
		return;
	if (strcmp(kind, "list") == 0)
		add_name(l, name, &l->r->lists, &l->r->nlists);
	else
		add_name(l, name, &l->r->templates, &l->r->ntemplates);
}

void lua_left(struct lua *l, unsigned line, struct span source)
{
	struct sieve_left *left = arena_alloc(l->a, sizeof(*left));
	struct span text;

	left->line = line;
	left->what = span_of(l->why ? l->why : "not known");
	*l->last_left = left;
	l->last_left = &left->next;
	l->r->nleft++;
	lua_comment(l, span_of(arena_printf(l->a, "NOT CONVERTED (line %u): "
		"%.*s", line, SPAN_FMT(left->what))));
	while (span_line(&source, &text))
		lua_comment(l, text);
	l->why = NULL;
}
