#include "mail/mime_smime.h"

#include "base/buf.h"

enum {
	TAG_INTEGER = 0x02,
	TAG_OCTETS = 0x04,
	TAG_OID = 0x06,
	TAG_OCTETS_PIECES = 0x24,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_0 = 0xa0,
};

/* One value; of indefinite length: up to the end of what holds it. */
struct tlv {
	unsigned char tag;
	struct span value;
};

/* Takes a value off the front; false: there is none. */
static bool take(struct span *s, struct tlv *v_r)
{
	size_t n, more;

	if (s->n < 2 || (s->p[0] & 0x1f) == 0x1f)
		return false;
	v_r->tag = s->p[0];
	n = s->p[1];
	*s = span_after(*s, 2);
	if (n == 0x80) {
		v_r->value = *s;
		*s = span_after(*s, s->n);
		return true;
	}
	if (n > 0x80) {
		more = n - 0x80;
		if (more > 8 || more > s->n)
			return false;
		for (n = 0; more; more--) {
			n = n << 8 | s->p[0];
			*s = span_after(*s, 1);
		}
	}
	/* What was cut off is read as far as it is there. */
	v_r->value = span_sub(*s, 0, n);
	*s = span_after(*s, n);
	return true;
}

static bool take_tag(struct span *s, unsigned char tag, struct span *value_r)
{
	struct tlv v;

	if (!take(s, &v) || v.tag != tag)
		return false;
	*value_r = v.value;
	return true;
}

/* The bytes of a string that may come in pieces, one in the other. */
static struct span join_octets(struct span s, struct arena *a)
{
	struct buf out = { .arena = a };
	struct tlv v;

	while (take(&s, &v)) {
		if (v.tag == TAG_OCTETS)
			buf_span(&out, v.value);
		else if (v.tag == TAG_OCTETS_PIECES)
			s = span_from(v.value.p, v.value.n + s.n);
		else if (v.tag || v.value.n)	/* not the end of a piece */
			break;
	}
	return buf_bytes(&out);
}

/* The content of a SignedData (RFC 5652 section 5.1). */
static struct span signed_content(struct span s, struct arena *a)
{
	struct span data, skip, oid, octets;

	if (!take_tag(&s, TAG_SEQUENCE, &data) ||
	    !take_tag(&data, TAG_INTEGER, &skip) ||
	    !take_tag(&data, TAG_SET, &skip) ||
	    !take_tag(&data, TAG_SEQUENCE, &data) ||
	    !take_tag(&data, TAG_OID, &oid) ||
	    !take_tag(&data, TAG_0, &octets))
		return SPAN("");
	return join_octets(octets, a);
}

enum smime mime_smime_open(struct span content, struct arena *a,
	struct span *inner_r)
{
	/* 1.2.840.113549.1.7: 2 signed, 3 enveloped, 4 both of it. */
	struct span pkcs7 = SPAN("\x2a\x86\x48\x86\xf7\x0d\x01\x07");
	/* 1.2.840.113549.1.9.16.1.23: authenticated and enveloped. */
	struct span auth = SPAN("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17");
	struct span info, oid;

	*inner_r = SPAN("");
	if (!take_tag(&content, TAG_SEQUENCE, &info) ||
	    !take_tag(&info, TAG_OID, &oid))
		return SMIME_OTHER;
	if (span_eq(oid, auth))
		return SMIME_ENCRYPTED;
	if (!span_starts(oid, pkcs7) || oid.n != pkcs7.n + 1)
		return SMIME_OTHER;
	switch (oid.p[pkcs7.n]) {
	case 2:
		if (take_tag(&info, TAG_0, &info))
			*inner_r = signed_content(info, a);
		return SMIME_SIGNED;
	case 3:
	case 4:
		return SMIME_ENCRYPTED;
	default:
		return SMIME_OTHER;
	}
}
