#include "mail/param.h"

#include <string.h>

#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/header.h"

enum { PARAMS_FIRST = 8 };

struct cursor {
	const unsigned char *p, *end;
};

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Over a comment that starts here; nested ones are counted. */
static void skip_comment(struct cursor *c)
{
	size_t depth = 0;

	for (; c->p < c->end; c->p++) {
		if (*c->p == '\\' && c->end - c->p > 1) {
			c->p++;
		} else if (*c->p == '(') {
			depth++;
		} else if (*c->p == ')' && --depth == 0) {
			c->p++;
			return;
		}
	}
}

/* Over blanks and comments; true when there was a comment. */
static bool skip_cfws(struct cursor *c)
{
	bool comment = false;

	while (c->p < c->end) {
		if (*c->p == '(') {
			skip_comment(c);
			comment = true;
		} else if (is_blank(*c->p)) {
			c->p++;
		} else {
			break;
		}
	}
	return comment;
}

/* To the next ';' or the end. */
static struct span take_piece(struct cursor *c)
{
	size_t n = (size_t)(c->end - c->p);
	const unsigned char *from = c->p;
	const unsigned char *semi = n ? memchr(from, ';', n) : NULL;

	c->p = semi ? semi : c->end;
	return span_from(from, (size_t)(c->p - from));
}

/* A word without blanks, comments and ';'. */
static struct span take_word(struct cursor *c)
{
	const unsigned char *from = c->p;

	while (c->p < c->end && !is_blank(*c->p) && *c->p != ';' &&
	       *c->p != '(')
		c->p++;
	return span_from(from, (size_t)(c->p - from));
}

/* "..." with its quoted pairs and folds undone. */
static struct span take_quoted(struct cursor *c, struct arena *a, bool *doubt)
{
	const unsigned char *from = ++c->p;
	bool plain = true;
	unsigned char *out;
	size_t n = 0, raw;

	for (; c->p < c->end && *c->p != '"'; c->p++) {
		if (*c->p == '\\' && c->end - c->p > 1)
			c->p++;
		else if (*c->p != '\r' && *c->p != '\n')
			continue;
		plain = false;
	}
	raw = (size_t)(c->p - from);
	*doubt |= !plain || c->p == c->end;
	if (c->p < c->end)
		c->p++;
	if (plain)
		return span_from(from, raw);
	out = arena_alloc(a, raw);
	for (size_t i = 0; i < raw; i++) {
		if (from[i] == '\r' || from[i] == '\n')
			continue;
		if (from[i] == '\\' && i + 1 < raw)
			i++;
		out[n++] = from[i];
	}
	return span_from(out, n);
}

/* The value behind '=', and on to the next ';'. */
static void take_value(struct cursor *c, struct arena *a, struct param *p)
{
	const unsigned char *from;

	if (skip_cfws(c))
		p->doubt = true;
	from = c->p;
	if (c->p < c->end && *c->p == '"') {
		p->value = take_quoted(c, a, &p->doubt);
		p->doubt |= skip_cfws(c);
		if (c->p < c->end && *c->p != ';')
			p->doubt = true;
		take_piece(c);
		return;
	}
	p->value = take_word(c);
	p->doubt |= skip_cfws(c);
	if (c->p < c->end && *c->p != ';') {
		/* An unquoted file name with blanks: clients take it all. */
		take_piece(c);
		p->value = header_unfold(span_from(from,
			(size_t)(c->p - from)), a);
		p->doubt = true;
	}
}

static void add_param(struct params *ps, const struct param *p, size_t *cap,
	struct arena *a)
{
	if (ps->n == *cap) {
		struct param *v;

		*cap = *cap ? *cap * 2 : PARAMS_FIRST;
		v = arena_array(a, *cap, sizeof(*v));
		if (ps->n)
			memcpy(v, ps->v, ps->n * sizeof(*v));
		ps->v = v;
	}
	ps->v[ps->n++] = *p;
}

void params_parse(struct span value, const struct mail_limits *l,
	struct arena *a, struct params *ps_r)
{
	struct cursor c = { value.p, value.p ? value.p + value.n : value.p };
	size_t cap = 0;

	*ps_r = (struct params){ 0 };
	skip_cfws(&c);
	ps_r->head = take_word(&c);
	skip_cfws(&c);
	ps_r->head_doubt = c.p < c.end && *c.p != ';';
	take_piece(&c);
	while (c.p < c.end) {
		struct param p = { 0 };
		const unsigned char *from;

		c.p++;
		p.doubt = skip_cfws(&c);
		from = c.p;
		while (c.p < c.end && *c.p != '=' && *c.p != ';')
			c.p++;
		p.name = span_trim(span_from(from, (size_t)(c.p - from)));
		if (c.p == c.end || *c.p == ';' || p.name.n == 0)
			continue;
		if (ps_r->n == l->params) {
			ps_r->flags |= MAIL_OVER_PARAMS;
			return;
		}
		c.p++;
		from = c.p;
		take_value(&c, a, &p);
		p.raw = span_trim(span_from(from, (size_t)(c.p - from)));
		add_param(ps_r, &p, &cap, a);
	}
}

/* How a parameter's name relates to the one wanted. */
struct form {
	bool match, plain, extended;
	size_t section;		/* SIZE_MAX: not in sections */
};

/* "name", "name*", "name*0" or "name*0*"? */
static struct form form_of(struct span written, struct span name)
{
	struct form f = { .section = SIZE_MAX };
	struct span rest;
	uint64_t section;

	if (written.n < name.n || !span_casestarts(written, name))
		return f;
	rest = span_after(written, name.n);
	f.match = f.plain = rest.n == 0;
	if (rest.n == 0 || rest.p[0] != '*')
		return f;
	rest = span_after(rest, 1);
	f.match = f.extended = rest.n == 0;
	if (rest.n == 0)
		return f;
	f.extended = rest.p[rest.n - 1] == '*';
	if (f.extended)
		rest.n--;
	f.match = span_u64(rest, UINT32_MAX, &section);
	if (f.match)
		f.section = section;
	return f;
}

/* Adds the bytes of %xx text; takes charset'language' off the first. */
static void add_percent(struct span s, bool first, struct span *charset,
	struct buf *b)
{
	size_t q = first ? span_chr(s, '\'') : SIZE_MAX;

	if (q != SIZE_MAX) {
		size_t q2 = span_chr(span_after(s, q + 1), '\'');

		*charset = span_sub(s, 0, q);
		if (q2 != SIZE_MAX)
			s = span_after(s, q + 1 + q2 + 1);
	}
	buf_room(b, s.n);
	for (size_t i = 0; i < s.n; i++) {
		int hi = -1, lo = -1;

		if (s.p[i] == '%' && i + 2 < s.n) {
			hi = decode_hex(s.p[i + 1]);
			lo = decode_hex(s.p[i + 2]);
		}
		if (hi < 0 || lo < 0) {
			buf_byte(b, s.p[i]);
		} else {
			buf_byte(b, (unsigned char)(hi << 4 | lo));
			i += 2;
		}
	}
}

/* Which section goes next, where readers differ. */
enum join { JOIN_FIRST, JOIN_LAST, JOIN_SEEN };

/* The one in the form that carries on: the given section, or "name*". */
static const struct param *find_section(const struct params *ps,
	struct span name, size_t section, enum join how, struct form *form_r)
{
	const struct param *found = NULL;
	size_t seen = 0;

	for (size_t i = 0; i < ps->n; i++) {
		struct form f = form_of(ps->v[i].name, name);

		if (!f.match || f.plain)
			continue;
		if (how == JOIN_SEEN ? seen++ != section :
				       f.section != section)
			continue;
		*form_r = f;
		found = &ps->v[i];
		if (how != JOIN_LAST)
			break;
	}
	return found;
}

/* The value in RFC 2231 forms; returns how many parameters it took. */
static size_t join_sections(const struct params *ps, struct span name,
	enum join how, struct arena *a, struct span *value_r)
{
	struct span charset = SPAN("");
	struct buf raw = { .arena = a }, text = { .arena = a };
	const struct param *p = NULL;
	struct form f = { 0 };
	size_t used = 0;

	if (how != JOIN_SEEN)
		p = find_section(ps, name, SIZE_MAX, how, &f);
	if (p) {
		add_percent(p->value, true, &charset, &raw);
		used = 1;
	}
	while (f.section != SIZE_MAX || how == JOIN_SEEN) {
		p = find_section(ps, name, used, how, &f);
		if (p == NULL)
			break;
		if (f.extended)
			add_percent(p->value, used == 0, &charset, &raw);
		else
			buf_span(&raw, p->value);
		used++;
	}
	charset_add(buf_bytes(&raw), charset, &text);
	*value_r = buf_bytes(&text);
	return used;
}

bool params_find(const struct params *ps, struct span name, struct arena *a,
	struct param_found *found_r)
{
	const struct param *plain = NULL;
	size_t plains = 0, others = 0, used;
	bool doubt = false;

	for (size_t i = 0; i < ps->n; i++) {
		struct form f = form_of(ps->v[i].name, name);

		if (!f.match)
			continue;
		doubt |= ps->v[i].doubt;
		if (!f.plain) {
			others++;
		} else if (plains++ == 0) {
			plain = &ps->v[i];
		}
	}
	*found_r = (struct param_found){ .doubt = doubt || plains > 1 };
	if (plain)
		found_r->value = plain->value;
	if (others == 0)
		return plain != NULL;
	used = join_sections(ps, name, JOIN_FIRST, a, &found_r->value);
	found_r->extended = used > 0;
	found_r->doubt |= used != others;
	if (used == 0 && plain)
		found_r->value = plain->value;
	if (used && plain && !span_caseeq(param_extension(plain->value),
		    param_extension(found_r->value)))
		found_r->doubt = true;
	return used || plain;
}

/* Values without repetition. */
struct values {
	struct span *v;
	size_t n, max;
};

static void add_new(struct values *l, struct span s)
{
	for (size_t i = 0; i < l->n; i++)
		if (span_eq(l->v[i], s))
			return;
	if (s.n && l->n < l->max)
		l->v[l->n++] = s;
}

/* Without any '"': how readers that take quotes for nothing see it. */
static struct span drop_quotes(struct span s, struct arena *a)
{
	unsigned char *out = arena_alloc(a, s.n);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '"')
			out[n++] = s.p[i];
	return span_from(out, n);
}

static void add_doubtful(const struct param *p, struct arena *a,
	struct values *l)
{
	struct cursor c = { p->raw.p, p->raw.p + p->raw.n };

	add_new(l, header_unfold(drop_quotes(p->raw, a), a));
	if (p->raw.n && p->raw.p[0] != '"')
		add_new(l, take_word(&c));
}

/* What readers that know no RFC 2231, or not all of it, see. */
static void add_each(const struct params *ps, struct span name,
	struct arena *a, struct values *l)
{
	for (size_t i = 0; i < ps->n; i++) {
		const struct param *p = &ps->v[i];
		struct form f = form_of(p->name, name);
		struct buf raw = { .arena = a }, text = { .arena = a };
		struct span charset = SPAN("");

		if (!f.match)
			continue;
		if (f.extended && f.section == SIZE_MAX) {
			add_percent(p->value, true, &charset, &raw);
			charset_add(buf_bytes(&raw), charset, &text);
			add_new(l, buf_bytes(&text));
		} else if (f.plain) {
			add_new(l, p->value);
			if (p->doubt)
				add_doubtful(p, a, l);
		}
	}
}

size_t params_all(const struct params *ps, struct span name, struct arena *a,
	size_t max, struct span *v)
{
	struct values l = { v, 0, max };
	struct param_found f;
	size_t forms = 0;

	if (!params_find(ps, name, a, &f))
		return 0;
	add_new(&l, f.value);
	for (size_t i = 0; i < ps->n; i++)
		forms += form_of(ps->v[i].name, name).match;
	if (forms == 1 && !f.doubt)
		return l.n;
	add_each(ps, name, a, &l);
	for (enum join how = JOIN_FIRST; f.doubt && how <= JOIN_SEEN; how++) {
		struct span joined = SPAN("");

		join_sections(ps, name, how, a, &joined);
		add_new(&l, joined);
	}
	return l.n;
}

struct span param_extension(struct span file_name)
{
	size_t dot = span_rchr(file_name, '.');

	return span_after(file_name, dot == SIZE_MAX ? file_name.n : dot + 1);
}
