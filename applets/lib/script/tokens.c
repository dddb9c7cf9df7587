#include "script/tokens.h"

#include <string.h>

struct lexer {
	struct span text;
	size_t at;
	unsigned line;
};

static bool is_name(unsigned char c, bool first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(!first && c >= '0' && c <= '9');
}

static unsigned char peek(const struct lexer *l, size_t ahead)
{
	return l->at + ahead < l->text.n ? l->text.p[l->at + ahead] : 0;
}

static void skip(struct lexer *l)
{
	if (l->text.p[l->at++] == '\n')
		l->line++;
}

/* "[==[": how many "="; SIZE_MAX: it is no long bracket. */
static size_t long_level(const struct lexer *l)
{
	size_t n = 1;

	if (peek(l, 0) != '[')
		return SIZE_MAX;
	while (peek(l, n) == '=')
		n++;
	return peek(l, n) == '[' ? n - 1 : SIZE_MAX;
}

static bool closes(const struct lexer *l, size_t level)
{
	for (size_t i = 1; i <= level; i++)
		if (peek(l, i) != '=')
			return false;
	return peek(l, 0) == ']' && peek(l, level + 1) == ']';
}

static struct span long_text(struct lexer *l, size_t level)
{
	size_t from, end;

	l->at += level + 2;
	from = l->at;
	while (l->at < l->text.n && !closes(l, level))
		skip(l);
	end = l->at;
	if (l->at < l->text.n)
		l->at += level + 2;
	return span_sub(l->text, from, end - from);
}

static struct span quoted(struct lexer *l)
{
	unsigned char quote = l->text.p[l->at++];
	size_t from = l->at, end;

	while (l->at < l->text.n && l->text.p[l->at] != quote &&
	       l->text.p[l->at] != '\n') {
		if (l->text.p[l->at] == '\\' && l->at + 1 < l->text.n)
			skip(l);
		skip(l);
	}
	end = l->at;
	if (peek(l, 0) == quote)
		l->at++;
	return span_sub(l->text, from, end - from);
}

static void skip_comment(struct lexer *l)
{
	size_t level;

	l->at += 2;
	level = long_level(l);
	if (level != SIZE_MAX) {
		long_text(l, level);
		return;
	}
	while (l->at < l->text.n && l->text.p[l->at] != '\n')
		l->at++;
}

static void skip_blanks(struct lexer *l)
{
	while (l->at < l->text.n) {
		unsigned char c = peek(l, 0);

		if (c == '-' && peek(l, 1) == '-')
			skip_comment(l);
		else if (c == ' ' || (c >= '\t' && c <= '\r'))
			skip(l);
		else
			return;
	}
}

static size_t sign_size(const struct lexer *l)
{
	static const char *const signs[] = { "...", "..", "==", "~=", "<=",
		">=", "::", "//", "<<", ">>" };
	struct span rest = span_after(l->text, l->at);

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (span_starts(rest, span_of(signs[i])))
			return strlen(signs[i]);
	return 1;
}

/* "0x1F", "1e-5", "3.5": as much as could belong to it. */
static size_t number_size(const struct lexer *l)
{
	size_t n = 0;

	while (is_name(peek(l, n), false) || (peek(l, n) == '.' &&
			peek(l, n + 1) != '.') ||
	       ((peek(l, n) == '-' || peek(l, n) == '+') && n &&
		(peek(l, n - 1) | 0x20) == 'e' && peek(l, 1) != 'x'))
		n++;
	return n;
}

static struct lua_token next(struct lexer *l)
{
	struct lua_token t = { LUA_NOTHING, { NULL, 0 }, l->line };
	unsigned char c = peek(l, 0);
	size_t from = l->at, level = long_level(l);

	if (l->at == l->text.n)
		return t;
	if (level != SIZE_MAX || c == '"' || c == '\'') {
		t.kind = LUA_TEXT;
		t.text = level != SIZE_MAX ? long_text(l, level) : quoted(l);
		return t;
	}
	if (is_name(c, true)) {
		t.kind = LUA_NAME;
		while (is_name(peek(l, 0), false))
			l->at++;
	} else if (c >= '0' && c <= '9') {
		t.kind = LUA_NUMBER;
		l->at += number_size(l);
	} else {
		t.kind = LUA_SIGN;
		l->at += sign_size(l);
	}
	t.text = span_sub(l->text, from, l->at - from);
	return t;
}

struct lua_token *lua_tokens(struct span text, struct arena *a, size_t *n_r)
{
	struct lexer l = { text, 0, 1 };
	struct lua_token *v = NULL;
	size_t n = 0, cap = 0;

	do {
		if (n == cap) {
			struct lua_token *more;

			cap = cap ? cap * 2 : 256;
			more = arena_array(a, cap, sizeof(*more));
			if (n)
				memcpy(more, v, n * sizeof(*more));
			v = more;
		}
		skip_blanks(&l);
		v[n++] = next(&l);
	} while (v[n - 1].kind != LUA_NOTHING);
	*n_r = n - 1;
	return v;
}
