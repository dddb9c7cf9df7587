#include "mailauth/dmarc_record.h"

enum tag { TAG_P, TAG_SP, TAG_NP, TAG_ADKIM, TAG_ASPF, TAG_T, TAG_PSD,
	TAG_RUA, TAG_RUF, TAG_FO, TAG_PCT, TAG_RF, TAG_RI, TAG_VERSION,
	TAG_OTHER };

static const char *const names[] = {
	[TAG_P] = "p", [TAG_SP] = "sp", [TAG_NP] = "np",
	[TAG_ADKIM] = "adkim", [TAG_ASPF] = "aspf", [TAG_T] = "t",
	[TAG_PSD] = "psd", [TAG_RUA] = "rua", [TAG_RUF] = "ruf",
	[TAG_FO] = "fo", [TAG_PCT] = "pct", [TAG_RF] = "rf",
	[TAG_RI] = "ri", [TAG_VERSION] = "v",
};

/* Takes the next tag; pieces that are none are passed over. */
static bool next_tag(struct span *rest, struct span *name_r,
	struct span *value_r)
{
	struct span piece;

	while (span_cut(rest, ';', &piece)) {
		size_t equals = span_chr(piece, '=');

		if (equals == SIZE_MAX)
			continue;
		*name_r = span_trim(span_sub(piece, 0, equals));
		*value_r = span_trim(span_after(piece, equals + 1));
		return true;
	}
	return false;
}

static enum tag find_tag(struct span name)
{
	for (unsigned t = 0; t < TAG_OTHER; t++)
		if (span_caseeq(name, span_of(names[t])))
			return t;
	return TAG_OTHER;
}

bool dmarc_record_is(struct span text)
{
	struct span first, name, value;

	/* "v" stands at the very front: nothing may be passed over */
	if (text.n == 0 || span_lower(text.p[0]) != 'v' ||
	    !span_cut(&text, ';', &first))
		return false;
	return next_tag(&first, &name, &value) &&
		span_caseeq(name, SPAN("v")) && span_is(value, "DMARC1");
}

/* False: none of the words. */
static bool read_policy(struct span value, enum dmarc_policy *p_r)
{
	if (span_caseeq(value, SPAN("none")))
		*p_r = DMARC_NONE;
	else if (span_caseeq(value, SPAN("quarantine")))
		*p_r = DMARC_QUARANTINE;
	else if (span_caseeq(value, SPAN("reject")))
		*p_r = DMARC_REJECT;
	else
		return false;
	return true;
}

/* False: a policy that is none. */
static bool read_tag(enum tag tag, struct span value, struct dmarc_record *r)
{
	switch (tag) {
	case TAG_P: return read_policy(value, &r->p);
	case TAG_SP: return read_policy(value, &r->sp);
	case TAG_NP: return read_policy(value, &r->np);
	case TAG_ADKIM:
		r->strict_dkim = span_caseeq(value, SPAN("s"));
		break;
	case TAG_ASPF:
		r->strict_spf = span_caseeq(value, SPAN("s"));
		break;
	case TAG_T:
		r->testing = span_caseeq(value, SPAN("y"));
		break;
	case TAG_PSD:
		r->psd = span_caseeq(value, SPAN("y")) ? 'y' :
			span_caseeq(value, SPAN("n")) ? 'n' : 'u';
		break;
	case TAG_RUA: r->rua = value; break;
	case TAG_RUF: r->ruf = value; break;
	case TAG_FO: r->fo = value; break;
	case TAG_PCT:
	case TAG_RF:
	case TAG_RI: r->historic = true; break;
	default: break;
	}
	return true;
}

void dmarc_record_parse(struct span text, struct dmarc_record *r_r)
{
	bool seen[TAG_OTHER] = { false }, bad = false;
	struct span name, value;

	*r_r = (struct dmarc_record){ .p = DMARC_NONE, .psd = 'u' };
	while (next_tag(&text, &name, &value)) {
		enum tag tag = find_tag(name);

		if (tag == TAG_OTHER)
			continue;
		if (seen[tag])
			r_r->problem = "a tag stands twice in the record";
		else if (!read_tag(tag, value, r_r))
			bad = true;
		seen[tag] = true;
	}
	if (r_r->ruf.n == 0)
		r_r->fo = (struct span){ 0 };
	if (!bad)
		return;
	r_r->p = DMARC_NONE;
	r_r->sp = r_r->np = DMARC_NO_POLICY;
	if (!r_r->problem && !dmarc_uris_valid(r_r->rua))
		r_r->problem = "p=, sp= or np= is none of the policies";
}

static bool is_scheme(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = span_lower(s.p[i]);
		bool more = (c >= '0' && c <= '9') || c == '+' || c == '-' ||
			c == '.';

		if (!(c >= 'a' && c <= 'z') && !(i > 0 && more))
			return false;
	}
	return s.n > 0;
}

/* Scheme and something behind it; of mailto an address. */
static bool is_uri(struct span uri)
{
	size_t colon = span_chr(uri, ':');
	struct span scheme, rest;
	size_t at;

	if (colon == SIZE_MAX)
		return false;
	scheme = span_sub(uri, 0, colon);
	rest = span_after(uri, colon + 1);
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] <= 0x20 || rest.p[i] > 0x7e)
			return false;
	if (!is_scheme(scheme) || rest.n == 0)
		return false;
	at = span_rchr(rest, '@');
	return !span_caseeq(scheme, SPAN("mailto")) ||
		(at != SIZE_MAX && at > 0 && at + 1 < rest.n);
}

bool dmarc_uris_valid(struct span list)
{
	struct span uri;

	while (span_cut(&list, ',', &uri)) {
		/* "!10m", a size, is obsolete and counts for nothing */
		uri = span_trim(span_sub(uri, 0, span_chr(uri, '!')));
		if (is_uri(uri))
			return true;
	}
	return false;
}
