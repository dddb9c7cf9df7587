#include "mailauth/spf_term.h"

static const struct {
	const char *name;
	enum spf_kind kind;
} mechanisms[] = {
	{ "all", SPF_ALL }, { "include", SPF_INCLUDE }, { "a", SPF_A },
	{ "mx", SPF_MX }, { "ptr", SPF_PTR }, { "ip4", SPF_IP4 },
	{ "ip6", SPF_IP6 }, { "exists", SPF_EXISTS },
};

bool spf_record_is(struct span text, struct span *terms_r)
{
	struct span version = SPAN("v=spf1");

	if (!span_casestarts(text, version))
		return false;
	*terms_r = span_after(text, version.n);
	return terms_r->n == 0 || terms_r->p[0] == ' ';
}

static bool is_alpha(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
static size_t name_length(struct span s)
{
	size_t n = 0;

	if (s.n == 0 || !is_alpha(s.p[0]))
		return 0;
	while (n < s.n && (is_alpha(s.p[n]) || is_digit(s.p[n]) ||
	    s.p[n] == '-' || s.p[n] == '_' || s.p[n] == '.'))
		n++;
	return n;
}

/* A prefix length without leading zeros. */
static bool parse_bits(struct span s, unsigned most, uint8_t *bits_r)
{
	uint64_t bits;

	if (s.n == 0 || s.n > 3 || (s.n > 1 && s.p[0] == '0') ||
	    !span_u64(s, most, &bits))
		return false;
	*bits_r = (uint8_t)bits;
	return true;
}

/* Where the digits at the end of s begin. */
static size_t digits_at(struct span s)
{
	size_t n = s.n;

	while (n > 0 && is_digit(s.p[n - 1]))
		n--;
	return n;
}

/* Takes "/24", "//64" or "/24//64" off the end. */
static bool cut_dual_cidr(struct span *s, struct spf_term *t)
{
	size_t at = digits_at(*s);

	t->bits4 = 32;
	t->bits6 = 128;
	if (at == s->n || at < 1 || s->p[at - 1] != '/')
		return true;
	if (at >= 2 && s->p[at - 2] == '/') {
		if (!parse_bits(span_after(*s, at), 128, &t->bits6))
			return false;
		s->n = at - 2;
		at = digits_at(*s);
		if (at == s->n || at < 1 || s->p[at - 1] != '/')
			return true;
	}
	if (!parse_bits(span_after(*s, at), 32, &t->bits4))
		return false;
	s->n = at - 1;
	return true;
}

/* ":" domain-spec; with its colon or equals sign. */
static bool parse_domain(struct span rest, struct spf_term *t)
{
	t->domain = span_after(rest, 1);
	return rest.n > 1 && spf_domain_valid(t->domain);
}

static bool parse_network(struct span rest, struct spf_term *t)
{
	unsigned n = t->kind == SPF_IP4 ? 4 : 16;
	struct span text = span_after(rest, 1);
	size_t slash = span_chr(text, '/');
	bool colon = span_chr(text, ':') != SIZE_MAX;
	uint8_t bits;

	if (rest.n < 2 || rest.p[0] != ':' || colon != (n == 16))
		return false;
	if (slash != SIZE_MAX &&
	    !parse_bits(span_after(text, slash + 1), 8 * n, &bits))
		return false;
	return cidr_parse(text, &t->net);
}

static bool parse_arguments(struct span rest, struct spf_term *t)
{
	switch (t->kind) {
	case SPF_ALL:
		return rest.n == 0;
	case SPF_IP4:
	case SPF_IP6:
		return parse_network(rest, t);
	case SPF_A:
	case SPF_MX:
		if (!cut_dual_cidr(&rest, t))
			return false;
		break;
	case SPF_PTR:
		break;
	default:
		if (rest.n == 0)
			return false;
	}
	return rest.n == 0 || (rest.p[0] == ':' && parse_domain(rest, t));
}

static bool parse_modifier(struct span name, struct span rest,
	struct spf_term *t)
{
	t->name = name;
	t->kind = span_caseeq(name, SPAN("redirect")) ? SPF_REDIRECT :
		span_caseeq(name, SPAN("exp")) ? SPF_EXP : SPF_OTHER;
	if (t->kind == SPF_OTHER)
		return spf_macro_valid(span_after(rest, 1), false);
	return parse_domain(rest, t);
}

bool spf_term_parse(struct span word, struct spf_term *term_r)
{
	struct span s = word, name;
	size_t n = name_length(s);

	*term_r = (struct spf_term){ .qualifier = '+', .name = word };
	if (n > 0 && n < s.n && s.p[n] == '=')
		return parse_modifier(span_sub(s, 0, n), span_after(s, n),
			term_r);
	if (s.n > 0 && (s.p[0] == '+' || s.p[0] == '-' || s.p[0] == '?' ||
	    s.p[0] == '~')) {
		term_r->qualifier = s.p[0];
		s = span_after(s, 1);
		n = name_length(s);
	}
	name = span_sub(s, 0, n);
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(*mechanisms); i++)
		if (span_caseeq(name, span_of(mechanisms[i].name))) {
			term_r->kind = mechanisms[i].kind;
			return parse_arguments(span_after(s, n), term_r);
		}
	return false;
}
