#include "mailauth/authres.h"

#include <string.h>

#include "mail/domain.h"

enum {
	COLUMNS = 78,
	NAME_COLUMNS = 24,	/* "Authentication-Results: " */
	TAB = 8,
	LOCAL_MAX = 64,
	REASON_MAX = 60,	/* fits a line */
	B_CHARS = 8,		/* of header.b, RFC 6008 section 4 */
};

struct writer {
	struct buf b;
	struct arena *a;
	size_t column;
	bool any;		/* a result stands there */
};

static void put(struct writer *w, struct span s)
{
	buf_span(&w->b, s);
	w->column += s.n;
}

static void fold(struct writer *w)
{
	buf_string(&w->b, "\r\n\t");
	w->column = TAB;
}

/* A word behind a blank, on the next line when this one is full. */
static void put_word(struct writer *w, struct span word)
{
	/* one column is kept for the semicolon */
	if (w->column + 1 + word.n + 1 > COLUMNS)
		fold(w);
	else
		put(w, SPAN(" "));
	put(w, word);
}

static bool is_alnum(unsigned char c)
{
	c = span_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Each byte a letter, a digit or one of those. */
static bool consists_of(struct span s, const char *others)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && (!s.p[i] ||
		    !strchr(others, s.p[i])))
			return false;
	return s.n > 0;
}

static void put_property(struct writer *w, const char *name,
	struct span value)
{
	struct buf b = { .arena = w->a };

	if (value.n == 0)
		return;
	buf_printf(&b, "%s=%.*s", name, SPAN_FMT(value));
	put_word(w, buf_bytes(&b));
}

/* A-labels, or nothing. */
static struct span safe_domain(struct writer *w, struct span s)
{
	struct span ascii;

	return domain_ascii(s, w->a, &ascii) ? ascii : (struct span){ 0 };
}

/* A dot-atom without "=". */
static bool is_safe_local(struct span s)
{
	return s.n <= LOCAL_MAX && consists_of(s, "!#$%&'*+-/?^_`{|}~.") &&
		s.p[0] != '.' && s.p[s.n - 1] != '.' &&
		span_find(s, SPAN("..")) == SIZE_MAX;
}

/* The address; or its domain; or nothing. */
static struct span safe_address(struct writer *w, struct span s)
{
	size_t at = span_rchr(s, '@');
	struct buf b = { .arena = w->a };
	struct span domain = safe_domain(w, at == SIZE_MAX ? s :
		span_after(s, at + 1));

	if (domain.n == 0)
		return domain;
	if (at != SIZE_MAX && is_safe_local(span_sub(s, 0, at)))
		buf_span(&b, span_sub(s, 0, at + 1));
	buf_span(&b, domain);
	return buf_bytes(&b);
}

/* A quoted-string of our own words; what is odd in it is changed. */
static void put_reason(struct writer *w, struct span reason)
{
	struct buf b = { .arena = w->a };

	if (reason.n == 0)
		return;
	buf_string(&b, "reason=\"");
	for (size_t i = 0; i < reason.n && i < REASON_MAX; i++) {
		unsigned char c = reason.p[i];

		buf_byte(&b, c == ';' ? ',' : c < 0x20 || c > 0x7e ||
			c == '"' || c == '\\' ? '?' : c);
	}
	buf_byte(&b, '"');
	put_word(w, buf_bytes(&b));
}

/* Opens a resinfo: "; method=result" and why. */
static void put_result(struct writer *w, const char *method,
	enum auth_result result, const char *comment, struct span reason)
{
	put(w, SPAN(";"));
	fold(w);
	put(w, span_of(method));
	put(w, SPAN("="));
	put(w, span_of(auth_result_name(result == AUTH_WAIT ?
			AUTH_TEMPERROR : result)));
	if (comment[0])
		put_word(w, span_of(comment));
	put_reason(w, reason);
	w->any = true;
}

/* A user's name alone is a token: it has no "/" or "?". */
static void put_auth(struct writer *w, struct span user)
{
	bool token = user.n <= LOCAL_MAX &&
		consists_of(user, "!#$%&'*+-^_`{|}~.");

	put_result(w, "auth", AUTH_PASS, "", SPAN(""));
	put_property(w, "smtp.auth", token ? user : safe_address(w, user));
}

static void put_spf(struct writer *w, const struct spf_query *q,
	const struct spf_answer *spf)
{
	put_result(w, "spf", spf->result, "", spf->problem);
	if (spf->helo)
		put_property(w, "smtp.helo", safe_domain(w, spf->domain));
	else
		put_property(w, "smtp.mailfrom", safe_address(w, q ?
			q->mail_from : spf->domain));
}

/* What is true of the signature, as a comment. */
static const char *describe(struct writer *w, const struct dkim_signature *s)
{
	struct buf b = { .arena = w->a };
	const char *sep = "";

	if (s->key_bits > 0) {
		buf_printf(&b, "%u-bit key", s->key_bits);
		sep = ", ";
	}
	if (s->flags & DKIM_PARTIAL) {
		buf_printf(&b, "%snot all of the body", sep);
		sep = ", ";
	}
	if (s->flags & DKIM_TESTING)
		buf_printf(&b, "%stest mode", sep);
	return b.n ? arena_printf(w->a, "(%s)", buf_c(&b)) : "";
}

static void put_algorithm(struct writer *w, struct span s)
{
	if (s.n < LOCAL_MAX && consists_of(s, "-"))
		put_property(w, "header.a", s);
}

/* The first characters of b=, which tell two signatures of a domain apart. */
static void put_b(struct writer *w, struct span s)
{
	struct buf b = { .arena = w->a };

	buf_byte(&b, '"');
	for (size_t i = 0; i < s.n && b.n <= B_CHARS; i++)
		if (is_alnum(s.p[i]) || s.p[i] == '+' || s.p[i] == '/')
			buf_byte(&b, s.p[i]);
	if (b.n <= B_CHARS)
		return;
	buf_byte(&b, '"');
	s = buf_bytes(&b);
	put_property(w, "header.b", span_chr(s, '/') != SIZE_MAX ? s :
		span_sub(s, 1, B_CHARS));
}

static void put_signature(struct writer *w, const struct dkim_signature *s)
{
	struct span selector = safe_domain(w, s->selector);
	bool plain = s->identity.n > 0 && s->identity.p[0] == '@' &&
		span_caseeq(span_after(s->identity, 1), s->domain);

	put_result(w, "dkim", s->result, describe(w, s), s->problem);
	put_property(w, "header.d", safe_domain(w, s->domain));
	if (!plain)
		put_property(w, "header.i", safe_address(w, s->identity));
	put_property(w, "header.s", selector);
	put_algorithm(w, s->algorithm);
	put_b(w, s->b);
}

static void put_dkim(struct writer *w, const struct dkim_answer *dkim)
{
	if (dkim->n == 0)
		put_result(w, "dkim", dkim->result, "", SPAN(""));
	for (size_t i = 0; i < dkim->n; i++)
		put_signature(w, &dkim->signatures[i]);
	if (dkim->more > 0)
		put_result(w, "dkim", AUTH_POLICY, arena_printf(w->a,
			"(%zu more signatures)", dkim->more),
			SPAN("too many to be checked"));
}

static void put_author(struct writer *w, const struct dmarc_author *r)
{
	put_result(w, "dmarc", r->result, r->testing ? "(test mode)" : "",
		r->problem);
	put_property(w, "header.from", r->domain);
	put_property(w, "policy.dmarc",
		span_of(dmarc_policy_name(r->policy)));
}

/* The strictest first: some readers look no further. */
static void put_dmarc(struct writer *w, const struct dmarc_answer *dmarc)
{
	size_t first = 0;

	while (first < dmarc->n &&
	    (dmarc->authors[first].result != dmarc->result ||
	    dmarc->authors[first].policy != dmarc->policy))
		first++;
	if (first < dmarc->n)
		put_author(w, &dmarc->authors[first]);
	else
		put_result(w, "dmarc", dmarc->result, "", dmarc->more ?
			SPAN("From has too many authors") :
			SPAN("From has no author"));
	for (size_t i = 0; i < dmarc->n; i++)
		if (i != first)
			put_author(w, &dmarc->authors[i]);
}

static void put_arc(struct writer *w, const struct arc_answer *arc)
{
	put_result(w, "arc", arc->result, arc->highest ?
		arena_printf(w->a, "(%u sets)", arc->highest) : "",
		arc->problem);
	if (arc->result == AUTH_PASS)
		put_property(w, "header.oldest-pass", span_of(arena_printf(
			w->a, "%u", arc->oldest_pass)));
}

/* Ours is a host's name nearly always. */
static void put_id(struct writer *w, struct span id)
{
	struct span ascii = safe_domain(w, id);

	if (ascii.n > 0) {
		put(w, ascii);
		return;
	}
	put(w, SPAN("\""));
	for (size_t i = 0; i < id.n; i++) {
		if (id.p[i] < 0x20 || id.p[i] == 0x7f)
			continue;
		if (id.p[i] == '"' || id.p[i] == '\\')
			put(w, SPAN("\\"));
		put(w, span_sub(id, i, 1));
	}
	put(w, SPAN("\""));
}

struct span authres_write(struct span authserv_id, const struct authres *r,
	struct arena *a)
{
	struct writer w = { .b = { .arena = a }, .a = a,
		.column = NAME_COLUMNS };

	put_id(&w, authserv_id);
	if (r->auth_user.n > 0)
		put_auth(&w, r->auth_user);
	if (r->spf)
		put_spf(&w, r->spf_query, r->spf);
	if (r->dkim)
		put_dkim(&w, r->dkim);
	if (r->dmarc)
		put_dmarc(&w, r->dmarc);
	if (r->arc)
		put_arc(&w, r->arc);
	if (!w.any)
		put(&w, SPAN("; none"));
	return buf_bytes(&w.b);
}
