#include "mailauth/spf_term.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

enum { EXPANDED_MAX = 4096, NAME_OCTETS = 253, KEEP_ALL = 1000 };

/* One "%{...}", taken apart. */
struct macro {
	unsigned char letter;	/* small */
	bool escape, reverse;
	unsigned keep;		/* right-hand parts */
	struct span delimiters;	/* empty: "." */
};

static bool is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Of what stands in the braces. */
static bool parse_macro(struct span s, bool text, struct macro *m_r)
{
	const char *letters = text ? "slodiphvcrt" : "slodiphv";
	unsigned keep = 0;
	size_t i = 1;

	if (s.n == 0 || !is_alnum(s.p[0]) ||
	    !strchr(letters, span_lower(s.p[0])))
		return false;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		keep = keep >= KEEP_ALL ? keep : keep * 10 + s.p[i] - '0';
	if (i > 1 && keep == 0)
		return false;
	*m_r = (struct macro){ .letter = span_lower(s.p[0]),
		.escape = s.p[0] < 'a', .keep = keep };
	if (i < s.n && (s.p[i] | 32) == 'r') {
		m_r->reverse = true;
		i++;
	}
	m_r->delimiters = span_after(s, i);
	for (; i < s.n; i++)
		if (!memchr(".-+,/_=", s.p[i], 7))
			return false;
	return true;
}

/*
 * Takes a literal piece or a macro off the front; macro->letter is 0 for a
 * literal. False: a syntax error.
 */
static bool cut_piece(struct span *s, bool text, struct span *literal_r,
	struct macro *macro_r)
{
	struct span inside;
	size_t end;

	*macro_r = (struct macro){ 0 };
	if (s->p[0] != '%') {
		*literal_r = span_sub(*s, 0, span_chr(*s, '%'));
		*s = span_after(*s, literal_r->n);
		return true;
	}
	if (s->n < 2)
		return false;
	if (s->p[1] == '{') {
		end = span_chr(*s, '}');
		inside = span_sub(*s, 2, end == SIZE_MAX ? 0 : end - 2);
		*s = span_after(*s, end == SIZE_MAX ? s->n : end + 1);
		return end != SIZE_MAX && parse_macro(inside, text, macro_r);
	}
	*literal_r = s->p[1] == '%' ? SPAN("%") : s->p[1] == '_' ? SPAN(" ") :
		SPAN("%20");
	inside = span_sub(*s, 1, 1);
	*s = span_after(*s, 2);
	return inside.p[0] == '%' || inside.p[0] == '_' || inside.p[0] == '-';
}

bool spf_macro_valid(struct span s, bool text)
{
	struct macro m;
	struct span literal;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < (text ? 0x20 : 0x21) || s.p[i] > 0x7e)
			return false;
	while (s.n > 0)
		if (!cut_piece(&s, text, &literal, &m))
			return false;
	return true;
}

/* toplabel: letters, digits and inner hyphens, not digits alone. */
static bool is_toplabel(struct span s)
{
	bool alone = true;

	if (s.n == 0 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
		if (s.p[i] < '0' || s.p[i] > '9')
			alone = false;
	}
	return !alone;
}

bool spf_domain_valid(struct span s)
{
	struct span literal, last = { 0 };
	struct macro m = { 0 };
	bool percent = false;
	size_t dot;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	while (s.n > 0) {
		percent = s.p[0] == '%';
		if (!cut_piece(&s, false, &literal, &m))
			return false;
		last = literal;
	}
	if (percent)
		return true;
	if (last.n > 0 && last.p[last.n - 1] == '.')
		last.n--;
	dot = span_rchr(last, '.');
	return dot != SIZE_MAX && is_toplabel(span_after(last, dot + 1));
}

/* The address as the macros i and c write it. */
static struct span write_ip(struct arena *a, const struct netaddr *ip,
	bool dotted)
{
	char text[INET6_ADDRSTRLEN];
	struct buf b = { .arena = a };

	if (!dotted || ip->n == 4) {
		inet_ntop(ip->n == 4 ? AF_INET : AF_INET6, ip->b, text,
			sizeof(text));
		return span_of(arena_string(a, span_of(text)));
	}
	for (size_t i = 0; i < ip->n; i++)
		buf_printf(&b, "%s%X.%X", i ? "." : "", ip->b[i] >> 4,
			ip->b[i] & 15u);
	return buf_bytes(&b);
}

/* False: it is pending. */
static bool macro_value(const struct spf_scope *x, unsigned char letter,
	struct span *v_r)
{
	switch (letter) {
	case 's': *v_r = x->sender; break;
	case 'l': *v_r = x->local; break;
	case 'o': *v_r = x->from; break;
	case 'd': *v_r = x->domain; break;
	case 'h': *v_r = x->q->helo; break;
	case 'v': *v_r = x->q->ip.n == 4 ? SPAN("in-addr") : SPAN("ip6"); break;
	case 'i': *v_r = write_ip(x->a, &x->q->ip, true); break;
	case 'c': *v_r = write_ip(x->a, &x->q->ip, false); break;
	case 't':
		*v_r = span_of(arena_printf(x->a, "%lld",
			(long long)time(NULL)));
		break;
	case 'r':
		*v_r = x->q->receiver.n ? x->q->receiver : SPAN("unknown");
		break;
	default:
		if (!spf_host_name(x, x->domain, v_r))
			return false;
		if (v_r->n == 0)
			*v_r = SPAN("unknown");
	}
	return true;
}

/* Splits at the delimiters, turns around, keeps the right, joins by dots. */
static struct span transform(struct arena *a, const struct macro *m,
	struct span v)
{
	struct span *parts = arena_array(a, v.n + 1, sizeof(*parts));
	struct span by = m->delimiters.n ? m->delimiters : SPAN(".");
	struct buf b = { .arena = a };
	size_t n = 0, from = 0, first;

	for (size_t i = 0; i <= v.n; i++)
		if (i == v.n || memchr(by.p, v.p[i], by.n)) {
			parts[n++] = span_sub(v, from, i - from);
			from = i + 1;
		}
	first = m->keep && m->keep < n ? n - m->keep : 0;
	for (size_t i = first; i < n; i++) {
		if (i > first)
			buf_byte(&b, '.');
		buf_span(&b, parts[m->reverse ? n - 1 - i : i]);
	}
	return buf_bytes(&b);
}

static void add_escaped(struct buf *b, struct span v)
{
	for (size_t i = 0; i < v.n; i++)
		if (is_alnum(v.p[i]) || memchr("-._~", v.p[i], 4))
			buf_byte(b, v.p[i]);
		else
			buf_printf(b, "%%%02X", v.p[i]);
}

/* AUTH_PASS, AUTH_WAIT, AUTH_PERMERROR. */
static enum auth_result add_macro(const struct spf_scope *x,
	const struct macro *m, struct buf *b)
{
	struct span v;

	if (!macro_value(x, m->letter, &v))
		return AUTH_WAIT;
	if (v.n > EXPANDED_MAX)
		return AUTH_PERMERROR;
	if (m->keep || m->reverse || m->delimiters.n)
		v = transform(x->a, m, v);
	if (m->escape)
		add_escaped(b, v);
	else
		buf_span(b, v);
	return AUTH_PASS;
}

enum auth_result spf_macro_expand(const struct spf_scope *x, struct span s,
	struct span *out_r)
{
	struct buf b = { .arena = x->a };
	enum auth_result r = AUTH_PASS;
	struct span literal;
	struct macro m;

	while (s.n > 0 && r == AUTH_PASS) {
		cut_piece(&s, true, &literal, &m);
		if (m.letter)
			r = add_macro(x, &m, &b);
		else
			buf_span(&b, literal);
		if (b.n > EXPANDED_MAX)
			r = AUTH_PERMERROR;
	}
	*out_r = buf_bytes(&b);
	return r;
}

enum auth_result spf_domain_expand(const struct spf_scope *x, struct span s,
	struct span *out_r)
{
	enum auth_result r = spf_macro_expand(x, s, out_r);
	size_t dot;

	if (out_r->n > 0 && out_r->p[out_r->n - 1] == '.')
		out_r->n--;
	if (out_r->n > NAME_OCTETS) {
		struct span over = span_after(*out_r,
			out_r->n - NAME_OCTETS - 1);

		dot = span_chr(over, '.');
		*out_r = dot == SIZE_MAX ? *out_r : span_after(over, dot + 1);
	}
	return r;
}
