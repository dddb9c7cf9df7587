#include "mail/domain.h"

#include <idn2.h>
#include <libpsl.h>

#include "base/buf.h"

enum {
	LABEL_MAX = 63,
	/* libidn2's time grows with the square of a label: 4 octets for each
	 * of the most characters a name can have are enough */
	INPUT_MAX = 4 * DOMAIN_MAX,
};

/*
 * Letters, digits, hyphens, and the underscore that hosts have in spite of
 * RFC 1123: whoever has such a name can publish records for it.
 */
static bool is_name_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		c == '_';
}

/* Labels of 1 to 63 small bytes, 253 in all. */
static bool is_ascii_name(struct span s)
{
	struct span label;

	if (s.n == 0 || s.n > DOMAIN_MAX || s.p[s.n - 1] == '.')
		return false;
	while (span_cut(&s, '.', &label)) {
		if (label.n == 0 || label.n > LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!is_name_byte(label.p[i]))
				return false;
	}
	return true;
}

static struct span without_final_dot(struct span s)
{
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

static struct span copy_lower(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

/* What the library allocated, as ours; NULL gives false. */
static bool take(char *text, struct arena *a, struct span *s_r)
{
	if (!text)
		return false;
	*s_r = arena_span(a, span_of(text));
	idn2_free(text);
	return true;
}

/* Octets of the dot at the front of s, also one of UTS 46's; or 0. */
static size_t dot_length(struct span s)
{
	static const struct span dots[] = { SPAN("."), SPAN("\343\200\202"),
		SPAN("\357\274\216"), SPAN("\357\275\241") };

	for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++)
		if (span_starts(s, dots[i]))
			return dots[i].n;
	return 0;
}

/*
 * ASCII labels are taken as they are, A-labels that IDNA2008 forbids (emoji)
 * included: they are registered, and their owners send mail.
 */
static bool put_label(struct buf *b, struct span label)
{
	struct arena *a = b->arena;
	uint8_t *out = NULL;

	if (is_ascii(label)) {
		buf_span(b, copy_lower(label, a));
		return true;
	}
	if (idn2_lookup_u8((uint8_t *)arena_string(a, label), &out,
	    IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK ||
	    !take((char *)out, a, &label))
		return false;
	buf_span(b, label);
	return true;
}

bool domain_ascii(struct span domain, struct arena *a, struct span *ascii_r)
{
	struct buf b = { .arena = a };

	if (domain.n > INPUT_MAX || span_chr(domain, 0) != SIZE_MAX)
		return false;
	/* nearly all are; to look for other dots costs time */
	if (is_ascii(domain)) {
		*ascii_r = without_final_dot(copy_lower(domain, a));
		return is_ascii_name(*ascii_r);
	}
	while (domain.n > 0) {
		size_t n = 0, dot = 0;

		while (n < domain.n && !dot)
			dot = dot_length(span_after(domain, n++));
		if (!put_label(&b, span_sub(domain, 0, dot ? n - 1 : n)))
			return false;
		if (dot)
			buf_byte(&b, '.');
		domain = span_after(domain, dot ? n - 1 + dot : n);
	}
	*ascii_r = without_final_dot(buf_bytes(&b));
	return is_ascii_name(*ascii_r);
}

/* A U-label that leads back to the very A-label, else the label itself. */
static struct span label_unicode(struct span label, struct arena *a)
{
	struct span text, back;
	char *out = NULL;

	if (label.n > LABEL_MAX || !span_casestarts(label, SPAN("xn--")) ||
	    idn2_to_unicode_8z8z(arena_string(a, label), &out,
	    IDN2_NONTRANSITIONAL) != IDN2_OK || !take(out, a, &text))
		return label;
	return domain_ascii(text, a, &back) && span_caseeq(back, label) ?
		text : label;
}

struct span domain_unicode(struct span ascii, struct arena *a)
{
	struct buf b = { .arena = a };
	struct span label;

	if (span_casefind(ascii, SPAN("xn--")) == SIZE_MAX)
		return ascii;
	for (bool first = true; span_cut(&ascii, '.', &label); first = false) {
		if (!first)
			buf_byte(&b, '.');
		buf_span(&b, label_unicode(label, a));
	}
	return buf_bytes(&b);
}

/* A C string in small letters, as the list's copy in the library has them. */
static bool to_list(struct span ascii, char *text)
{
	for (size_t i = 0; i < ascii.n && i < DOMAIN_MAX; i++)
		text[i] = (char)span_lower(ascii.p[i]);
	text[ascii.n < DOMAIN_MAX ? ascii.n : DOMAIN_MAX] = '\0';
	return is_ascii_name(span_of(text)) && ascii.n <= DOMAIN_MAX;
}

struct span domain_organisation(struct span ascii)
{
	char text[DOMAIN_MAX + 1];
	const char *at;

	if (!to_list(ascii, text))
		return (struct span){ 0 };
	at = psl_registrable_domain(psl_builtin(), text);
	return at ? span_after(ascii, (size_t)(at - text)) :
		(struct span){ 0 };
}

bool domain_is_public_suffix(struct span ascii)
{
	char text[DOMAIN_MAX + 1];

	return to_list(ascii, text) &&
		psl_is_public_suffix(psl_builtin(), text);
}

bool domain_is_below(struct span name, struct span domain)
{
	struct span end;

	if (name.n < domain.n || domain.n == 0)
		return false;
	end = span_after(name, name.n - domain.n);
	return span_caseeq(end, domain) && (end.n == name.n ||
		name.p[name.n - domain.n - 1] == '.');
}
