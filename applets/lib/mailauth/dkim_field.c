#include "mailauth/dkim_field.h"

#include "base/buf.h"
#include "crypto/hash.h"
#include "mail/decode.h"

enum {
	DIGITS_MAX = 76,	/* RFC 6376 3.5, of l= */
	LABEL_MAX = 63,
	DOMAIN_MAX = 253,
	AHEAD = 3600,		/* clocks differ */
};

static bool give_up(struct dkim_signature *s, enum auth_result result,
	const char *problem)
{
	s->result = result;
	s->problem = span_of(problem);
	return false;
}

static bool bad(struct dkim_signature *s, const char *problem)
{
	return give_up(s, AUTH_PERMERROR, problem);
}

/* Letters, digits, "-" and "_" in labels; at least so many of them. */
static bool is_name(struct span s, unsigned labels)
{
	struct span rest = s, label;
	unsigned n = 0;

	if (!s.n || s.n > DOMAIN_MAX || s.p[s.n - 1] == '.')
		return false;
	while (span_cut(&rest, '.', &label)) {
		if (!label.n || label.n > LABEL_MAX || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++) {
			unsigned char c = span_lower(label.p[i]);

			if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
			    c != '-' && c != '_')
				return false;
		}
		n++;
	}
	return n >= labels;
}

/* Digits; what is over 64 bits is the most. */
static bool number(struct span s, uint64_t *value_r)
{
	if (!s.n || s.n > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	if (!span_u64(s, UINT64_MAX - 1, value_r))
		*value_r = UINT64_MAX - 1;
	return true;
}

static bool read_algorithm(struct span a, struct dkim_field *f,
	struct dkim_signature *s)
{
	s->algorithm = a;
	if (span_is(a, "rsa-sha1")) {
		s->flags |= DKIM_SHA1;
		return true;
	}
	f->ed25519 = span_is(a, "ed25519-sha256");
	if (!f->ed25519 && !span_is(a, "rsa-sha256"))
		return bad(s, "a= is no algorithm that is known");
	return true;
}

static bool read_canonical(const struct dkim_tag *t, struct dkim_field *f,
	struct dkim_signature *s)
{
	struct span rest, header, body = SPAN("simple");

	if (!t)
		return true;
	rest = t->value;
	if (!span_cut(&rest, '/', &header))
		return bad(s, "c= is empty");
	if (rest.n)
		body = rest;
	f->relaxed_header = span_is(header, "relaxed");
	f->relaxed_body = span_is(body, "relaxed");
	if ((!f->relaxed_header && !span_is(header, "simple")) ||
	    (!f->relaxed_body && !span_is(body, "simple")))
		return bad(s, "c= is no canonicalisation that is known");
	return true;
}

/* =XX undone, blanks out (dkim-quoted-printable, section 2.11). */
static bool unquote(struct span in, struct arena *a, struct span *out_r)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < in.n; i++) {
		int high, low;

		if (in.p[i] <= ' ')
			continue;
		if (in.p[i] != '=') {
			buf_byte(&b, in.p[i]);
			continue;
		}
		if (in.n - i < 3)
			return false;
		high = decode_hex(in.p[i + 1]);
		low = decode_hex(in.p[i + 2]);
		if (high < 0 || low < 0)
			return false;
		buf_byte(&b, (unsigned char)(high << 4 | low));
		i += 2;
	}
	*out_r = buf_bytes(&b);
	return true;
}

/* i= is of d= or below it. */
static bool read_identity(const struct dkim_tag *t, struct arena *a,
	struct dkim_signature *s)
{
	struct span host;
	size_t at;

	if (!t) {
		s->identity = span_of(arena_printf(a, "@%.*s",
				SPAN_FMT(s->domain)));
		return true;
	}
	if (!unquote(t->value, a, &s->identity))
		return bad(s, "i= is not well-formed");
	at = span_rchr(s->identity, '@');
	if (at == SIZE_MAX)
		return bad(s, "i= has no \"@\"");
	host = span_after(s->identity, at + 1);
	if (!is_name(host, 1))
		return bad(s, "i= has no proper domain");
	if (host.n > s->domain.n) {
		if (host.p[host.n - s->domain.n - 1] != '.')
			return bad(s, "i= is not within d=");
		host = span_after(host, host.n - s->domain.n);
	}
	if (!span_caseeq(host, s->domain))
		return bad(s, "i= is not within d=");
	return true;
}

static bool read_names(struct span h, struct dkim_field *f,
	struct dkim_signature *s)
{
	struct span rest = h, name;
	bool from = false;
	size_t n = 0;

	f->names = h;
	while (dkim_list_next(&rest, &name)) {
		if (!name.n || ++n > DKIM_NAMES_MAX)
			return bad(s, name.n ? "h= names too many fields" :
				"h= has an empty name");
		for (size_t i = 0; i < name.n; i++)
			if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
				return bad(s, "h= has a name that is none");
		from = from || span_caseeq(name, SPAN("From"));
	}
	return from || bad(s, "h= is without From");
}

static bool read_times(const struct dkim_tags *t, uint64_t now,
	struct dkim_field *f, struct dkim_signature *s)
{
	const struct dkim_tag *made = dkim_tags_find(t, "t");
	const struct dkim_tag *expires = dkim_tags_find(t, "x");
	const struct dkim_tag *length = dkim_tags_find(t, "l");

	f->length = UINT64_MAX;
	if ((made && !number(made->value, &f->made)) ||
	    (expires && !number(expires->value, &f->expires)) ||
	    (length && !number(length->value, &f->length)))
		return bad(s, "t=, x= or l= is no number");
	if (made && expires && f->expires <= f->made)
		return bad(s, "x= is not after t=");
	if (made && f->made > now && f->made - now > AHEAD)
		s->flags |= DKIM_FUTURE;
	if (expires && f->expires < now)
		s->flags |= DKIM_EXPIRED;
	return true;
}

static bool read_bytes(const struct dkim_tags *t, struct arena *a,
	struct dkim_field *f, struct dkim_signature *s)
{
	f->b_raw = dkim_tags_find(t, "b")->raw;
	if (!dkim_base64(f->b_raw, a, &f->signature))
		return bad(s, "b= is not base64");
	s->b = f->b_raw;
	if (!dkim_base64(dkim_tags_value(t, "bh"), a, &f->body_hash))
		return bad(s, "bh= is not base64");
	if (!(s->flags & DKIM_SHA1) && f->body_hash.n != HASH_SHA256_SIZE)
		return bad(s, "bh= has not the size of a SHA-256");
	return true;
}

static bool required(const struct dkim_tags *t, struct arena *a,
	struct dkim_signature *s)
{
	static const char *const names[] = { "v", "a", "b", "bh", "d", "h",
		"s" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!dkim_tags_find(t, names[i]))
			return bad(s, arena_printf(a, "%s= is missing",
				names[i]));
	return true;
}

static bool read_who(const struct dkim_tags *t, struct arena *a,
	struct dkim_signature *s)
{
	const struct dkim_tag *q = dkim_tags_find(t, "q");
	struct span domain = dkim_tags_value(t, "d");
	struct span selector = dkim_tags_value(t, "s");

	if (!span_is(dkim_tags_value(t, "v"), "1"))
		return bad(s, "v= is not 1");
	if (!is_name(domain, 2))
		return bad(s, "d= is no domain");
	s->domain = domain;
	if (!is_name(selector, 1))
		return bad(s, "s= is no selector");
	s->selector = selector;
	if (q && !dkim_list_has(q->value, "dns/txt"))
		return bad(s, "q= is without dns/txt");
	return read_identity(dkim_tags_find(t, "i"), a, s);
}

void dkim_field_read(const struct header_field *field, uint64_t now,
	struct arena *a, struct dkim_field *f, struct dkim_signature *s)
{
	struct dkim_tags t;
	const char *problem = dkim_tags_parse(field->value, &t);

	*f = (struct dkim_field){ .field = field };
	if (problem) {
		bad(s, problem);
		return;
	}
	if (!required(&t, a, s) || !read_who(&t, a, s) ||
	    !read_algorithm(dkim_tags_value(&t, "a"), f, s) ||
	    !read_canonical(dkim_tags_find(&t, "c"), f, s) ||
	    !read_names(dkim_tags_value(&t, "h"), f, s) ||
	    !read_times(&t, now, f, s) || !read_bytes(&t, a, f, s))
		return;
	if (s->flags & DKIM_SHA1)
		give_up(s, AUTH_POLICY, "rsa-sha1 proves nothing (RFC 8301)");
	else if (s->flags & DKIM_EXPIRED)
		give_up(s, AUTH_POLICY, "the signature has expired");
	else
		s->result = AUTH_WAIT;
}
