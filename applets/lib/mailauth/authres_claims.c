#include "mailauth/authres.h"

#include <string.h>

#include "base/utf8.h"
#include "mail/domain.h"

enum { ID_MAX = 1024 };

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A comment at *i, others within it. False: it does not end. */
static bool skip_comment(struct span s, size_t *i)
{
	size_t depth = 0;

	for (; *i < s.n; ++*i) {
		if (s.p[*i] == '\\')
			++*i;
		else if (s.p[*i] == '(')
			depth++;
		else if (s.p[*i] == ')' && --depth == 0)
			break;
	}
	if (*i >= s.n)
		return false;
	++*i;
	return true;
}

static bool skip_cfws(struct span s, size_t *i)
{
	while (*i < s.n)
		if (is_blank(s.p[*i]))
			++*i;
		else if (s.p[*i] != '(')
			break;
		else if (!skip_comment(s, i))
			return false;
	return true;
}

/* RFC 2045's token, with UTF-8 (RFC 6532). */
static bool is_token_byte(unsigned char c)
{
	return c > 0x20 && c != 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool read_token(struct span s, size_t *i, char *id)
{
	size_t n = 0;

	for (; *i < s.n && is_token_byte(s.p[*i]); ++*i) {
		if (n == ID_MAX)
			return false;
		id[n++] = (char)s.p[*i];
	}
	id[n] = '\0';
	return n > 0;
}

static bool read_quoted(struct span s, size_t *i, char *id)
{
	size_t n = 0;

	for (++*i; *i < s.n && s.p[*i] != '"'; ++*i) {
		if (s.p[*i] == '\r' || s.p[*i] == '\n')
			continue;
		if (s.p[*i] == '\\')
			++*i;
		if (*i >= s.n || n == ID_MAX || s.p[*i] == '\0')
			return false;
		id[n++] = (char)s.p[*i];
	}
	id[n] = '\0';
	return (*i)++ < s.n;
}

/* What may stand behind the id: a version, then a semicolon or the end. */
static bool read_rest(struct span s, size_t *i)
{
	bool blank = *i < s.n && s.p[*i] != ';';

	if (!skip_cfws(s, i))
		return false;
	while (blank && *i < s.n && s.p[*i] >= '0' && s.p[*i] <= '9')
		++*i;
	return skip_cfws(s, i) && (*i == s.n || s.p[*i] == ';');
}

/* The same name, as it stands or as A-labels. */
static bool is_same(struct span id, struct span ours)
{
	struct arena *a = arena_new("authserv-id", (size_t)64 << 10);
	struct span x, y;
	bool same;

	id = span_trim(id);
	same = span_caseeq(id, ours) || (domain_ascii(id, a, &x) &&
		domain_ascii(ours, a, &y) && span_eq(x, y));
	arena_free(&a);
	return same;
}

bool authres_claims(struct span value, struct span authserv_id)
{
	char id[ID_MAX + 1];
	size_t i = 0;

	if (!skip_cfws(value, &i) || i == value.n)
		return true;
	if (value.p[i] == '"' ? !read_quoted(value, &i, id) :
	    !read_token(value, &i, id))
		return true;
	return !read_rest(value, &i) || !utf8_valid(span_of(id)) ||
		is_same(span_of(id), authserv_id);
}
