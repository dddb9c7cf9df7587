#include "mailauth/dkim_field.h"

#include "base/buf.h"
#include "crypto/hash.h"
#include "mail/decode.h"
#include "mail/domain.h"

enum {
	DIGITS_MAX = 76,	/* RFC 6376 3.5, of l= */
	LABEL_MAX = 63,
	INSTANCE_DIGITS = 2,
	INSTANCE_MAX = 50,	/* RFC 8617 4.2.1 */
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

/* U-labels as A-labels (RFC 8616); what is ASCII stays as it is. */
static struct span as_ascii(struct span name, struct arena *a)
{
	struct span ascii;

	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] >= 0x80)
			return domain_ascii(name, a, &ascii) ? ascii :
				(struct span){ 0 };
	return name;
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

	/*
	 * RFC 8617 has no default for ARC; by RFC 6376 it were "simple", but
	 * those who leave c= out, ValiMail's suite with them, sign relaxed.
	 */
	if (!t) {
		f->relaxed_header = f->kind == DKIM_ARC_MESSAGE;
		f->relaxed_body = f->relaxed_header;
		return true;
	}
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
	struct buf identity = { .arena = a };
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
	host = as_ascii(span_after(s->identity, at + 1), a);
	if (!is_name(host, 1))
		return bad(s, "i= has no proper domain");
	if (!domain_is_below(host, s->domain))
		return bad(s, "i= is not within d=");
	buf_span(&identity, span_sub(s->identity, 0, at + 1));
	buf_span(&identity, host);
	s->identity = buf_bytes(&identity);
	return true;
}

unsigned dkim_instance(struct span digits)
{
	uint64_t i;

	return digits.n <= INSTANCE_DIGITS &&
		span_u64(digits, INSTANCE_MAX, &i) ? (unsigned)i : 0;
}

/* RFC 8617's suite has lists without From and with empty names pass. */
static bool read_names(struct span h, struct dkim_field *f,
	struct dkim_signature *s)
{
	bool from = false, strict = f->kind == DKIM_SIGNATURE;
	struct span rest = h, name;
	size_t n = 0;

	f->names = h;
	while (dkim_list_next(&rest, &name)) {
		if (++n > DKIM_NAMES_MAX)
			return bad(s, "h= names too many fields");
		if (!name.n && strict)
			return bad(s, "h= has an empty name");
		for (size_t i = 0; i < name.n; i++)
			if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
				return bad(s, "h= has a name that is none");
		if (f->kind == DKIM_ARC_MESSAGE &&
		    span_caseeq(name, SPAN("ARC-Seal")))
			return bad(s, "h= has ARC-Seal");
		from = from || span_caseeq(name, SPAN("From"));
	}
	return from || !strict || bad(s, "h= is without From");
}

static bool read_times(const struct dkim_tags *t, uint64_t now,
	struct dkim_field *f, struct dkim_signature *s)
{
	const struct dkim_tag *made = dkim_tags_find(t, "t");
	const struct dkim_tag *expires = dkim_tags_find(t, "x");
	const struct dkim_tag *length = dkim_tags_find(t, "l");

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

static bool read_signature(const struct dkim_tags *t, struct arena *a,
	struct dkim_field *f, struct dkim_signature *s)
{
	f->b_raw = dkim_tags_find(t, "b")->raw;
	s->b = f->b_raw;
	return dkim_base64(f->b_raw, a, &f->signature) ||
		bad(s, "b= is not base64");
}

static bool read_body_hash(const struct dkim_tags *t, struct arena *a,
	struct dkim_field *f, struct dkim_signature *s)
{
	if (!dkim_base64(dkim_tags_value(t, "bh"), a, &f->body_hash))
		return bad(s, "bh= is not base64");
	if (!(s->flags & DKIM_SHA1) && f->body_hash.n != HASH_SHA256_SIZE)
		return bad(s, "bh= has not the size of a SHA-256");
	return true;
}

static bool required(const struct dkim_tags *t, enum dkim_kind kind,
	struct arena *a, struct dkim_signature *s)
{
	static const char *const names[][8] = {
		[DKIM_SIGNATURE] = { "v", "a", "b", "bh", "d", "h", "s" },
		[DKIM_ARC_MESSAGE] = { "i", "a", "b", "bh", "d", "h", "s" },
		[DKIM_ARC_SEAL] = { "i", "a", "b", "cv", "d", "s" },
	};

	for (size_t i = 0; names[kind][i]; i++)
		if (!dkim_tags_find(t, names[kind][i]))
			return bad(s, arena_printf(a, "%s= is missing",
				names[kind][i]));
	return true;
}

static bool read_who(const struct dkim_tags *t, struct arena *a,
	struct dkim_signature *s)
{
	const struct dkim_tag *q = dkim_tags_find(t, "q");
	struct span domain = as_ascii(dkim_tags_value(t, "d"), a);
	struct span selector = as_ascii(dkim_tags_value(t, "s"), a);

	if (!is_name(domain, 2))
		return bad(s, "d= is no domain");
	s->domain = domain;
	if (!is_name(selector, 1))
		return bad(s, "s= is no selector");
	s->selector = selector;
	return !q || dkim_list_has(q->value, "dns/txt") ||
		bad(s, "q= is without dns/txt");
}

/* What is particular to DKIM-Signature, ARC-Message-Signature, ARC-Seal. */
static bool read_kind(const struct dkim_tags *t, struct arena *a,
	struct dkim_field *f, struct dkim_signature *s)
{
	f->length = UINT64_MAX;
	if (f->kind == DKIM_SIGNATURE)
		return (span_is(dkim_tags_value(t, "v"), "1") ||
				bad(s, "v= is not 1")) &&
			read_who(t, a, s) &&
			read_identity(dkim_tags_find(t, "i"), a, s);
	if (!f->instance)
		return bad(s, "i= is no number of a set");
	if (!read_who(t, a, s))
		return false;
	if (f->kind == DKIM_ARC_MESSAGE)
		return true;
	f->chain = dkim_tags_value(t, "cv");
	return !dkim_tags_find(t, "h") || bad(s, "a seal has no h=");
}

static bool read_content(const struct dkim_tags *t, struct arena *a,
	struct dkim_field *f, struct dkim_signature *s)
{
	return f->kind == DKIM_ARC_SEAL ||
		(read_canonical(dkim_tags_find(t, "c"), f, s) &&
		read_names(dkim_tags_value(t, "h"), f, s) &&
		read_body_hash(t, a, f, s));
}

void dkim_field_read(const struct header_field *field, enum dkim_kind kind,
	uint64_t now, struct arena *a, struct dkim_field *f,
	struct dkim_signature *s)
{
	struct dkim_tags t;
	const char *problem = dkim_tags_parse(field->value, &t);

	*f = (struct dkim_field){ .kind = kind, .field = field };
	if (problem) {
		bad(s, problem);
		return;
	}
	/* ARC has no identity: i= is the number of the set. */
	if (kind != DKIM_SIGNATURE)
		f->instance = dkim_instance(dkim_tags_value(&t, "i"));
	if (!required(&t, kind, a, s) || !read_kind(&t, a, f, s) ||
	    !read_algorithm(dkim_tags_value(&t, "a"), f, s) ||
	    !read_times(&t, now, f, s) || !read_signature(&t, a, f, s) ||
	    !read_content(&t, a, f, s))
		return;
	if (s->flags & DKIM_SHA1)
		give_up(s, AUTH_POLICY, "rsa-sha1 proves nothing (RFC 8301)");
	else if (s->flags & DKIM_EXPIRED)
		give_up(s, AUTH_POLICY, "the signature has expired");
	else
		s->result = AUTH_WAIT;
}
