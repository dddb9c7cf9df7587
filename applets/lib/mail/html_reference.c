/*
 * Character references (WHATWG HTML, section 13.2.5.72 and after): all
 * numeric ones, those named ones that mail programs write.
 */
#include <stdlib.h>

#include "mail/decode.h"
#include "mail/html.h"

enum { NAME_BYTES = 14 };

/* In order, for bsearch. */
static const struct name {
	const char *name;
	uint32_t code;
} names[] = {
	{ "AElig", 0xc6 }, { "AMP", 0x26 }, { "Aacute", 0xc1 },
	{ "Acirc", 0xc2 }, { "Agrave", 0xc0 }, { "Aring", 0xc5 },
	{ "Atilde", 0xc3 }, { "Auml", 0xc4 }, { "Ccedil", 0xc7 },
	{ "ETH", 0xd0 }, { "Eacute", 0xc9 }, { "Ecirc", 0xca },
	{ "Egrave", 0xc8 }, { "Euml", 0xcb }, { "GT", 0x3e },
	{ "Iacute", 0xcd }, { "Icirc", 0xce }, { "Igrave", 0xcc },
	{ "Iuml", 0xcf }, { "LT", 0x3c }, { "NewLine", 0xa },
	{ "Ntilde", 0xd1 }, { "OElig", 0x152 }, { "Oacute", 0xd3 },
	{ "Ocirc", 0xd4 }, { "Ograve", 0xd2 }, { "Oslash", 0xd8 },
	{ "Otilde", 0xd5 }, { "Ouml", 0xd6 }, { "QUOT", 0x22 },
	{ "Scaron", 0x160 }, { "THORN", 0xde }, { "Tab", 0x9 },
	{ "Uacute", 0xda }, { "Ucirc", 0xdb }, { "Ugrave", 0xd9 },
	{ "Uuml", 0xdc }, { "Yacute", 0xdd }, { "ZeroWidthSpace", 0x200b },
	{ "aacute", 0xe1 }, { "acirc", 0xe2 }, { "acute", 0xb4 },
	{ "aelig", 0xe6 }, { "agrave", 0xe0 }, { "amp", 0x26 },
	{ "apos", 0x27 }, { "aring", 0xe5 }, { "atilde", 0xe3 },
	{ "auml", 0xe4 }, { "bdquo", 0x201e }, { "brvbar", 0xa6 },
	{ "bull", 0x2022 }, { "ccedil", 0xe7 }, { "cedil", 0xb8 },
	{ "cent", 0xa2 }, { "colon", 0x3a }, { "commat", 0x40 },
	{ "copy", 0xa9 }, { "curren", 0xa4 }, { "dagger", 0x2020 },
	{ "dash", 0x2010 }, { "deg", 0xb0 }, { "divide", 0xf7 },
	{ "dollar", 0x24 }, { "eacute", 0xe9 }, { "ecirc", 0xea },
	{ "egrave", 0xe8 }, { "emsp", 0x2003 }, { "ensp", 0x2002 },
	{ "equals", 0x3d }, { "eth", 0xf0 }, { "euml", 0xeb },
	{ "euro", 0x20ac }, { "excl", 0x21 }, { "frac12", 0xbd },
	{ "frac14", 0xbc }, { "frac34", 0xbe }, { "gt", 0x3e },
	{ "hellip", 0x2026 }, { "hyphen", 0x2010 }, { "iacute", 0xed },
	{ "icirc", 0xee }, { "iexcl", 0xa1 }, { "igrave", 0xec },
	{ "infin", 0x221e }, { "iquest", 0xbf }, { "iuml", 0xef },
	{ "laquo", 0xab }, { "larr", 0x2190 }, { "ldquo", 0x201c },
	{ "lowbar", 0x5f }, { "lpar", 0x28 }, { "lrm", 0x200e },
	{ "lsaquo", 0x2039 }, { "lsqb", 0x5b }, { "lsquo", 0x2018 },
	{ "lt", 0x3c }, { "macr", 0xaf }, { "mdash", 0x2014 },
	{ "micro", 0xb5 }, { "middot", 0xb7 }, { "minus", 0x2212 },
	{ "nbsp", 0xa0 }, { "ndash", 0x2013 }, { "not", 0xac },
	{ "ntilde", 0xf1 }, { "num", 0x23 }, { "oacute", 0xf3 },
	{ "ocirc", 0xf4 }, { "oelig", 0x153 }, { "ograve", 0xf2 },
	{ "ordf", 0xaa }, { "ordm", 0xba }, { "oslash", 0xf8 },
	{ "otilde", 0xf5 }, { "ouml", 0xf6 }, { "para", 0xb6 },
	{ "percnt", 0x25 }, { "period", 0x2e }, { "permil", 0x2030 },
	{ "plusmn", 0xb1 }, { "pound", 0xa3 }, { "quest", 0x3f },
	{ "quot", 0x22 }, { "raquo", 0xbb }, { "rarr", 0x2192 },
	{ "rdquo", 0x201d }, { "reg", 0xae }, { "rlm", 0x200f },
	{ "rpar", 0x29 }, { "rsaquo", 0x203a }, { "rsqb", 0x5d },
	{ "rsquo", 0x2019 }, { "sbquo", 0x201a }, { "scaron", 0x161 },
	{ "sect", 0xa7 }, { "semi", 0x3b }, { "shy", 0xad }, { "sol", 0x2f },
	{ "sup1", 0xb9 }, { "sup2", 0xb2 }, { "sup3", 0xb3 },
	{ "szlig", 0xdf }, { "thinsp", 0x2009 }, { "thorn", 0xfe },
	{ "times", 0xd7 }, { "trade", 0x2122 }, { "uacute", 0xfa },
	{ "ucirc", 0xfb }, { "ugrave", 0xf9 }, { "uml", 0xa8 },
	{ "uuml", 0xfc }, { "yacute", 0xfd }, { "yen", 0xa5 },
	{ "yuml", 0xff }, { "zwj", 0x200d }, { "zwnj", 0x200c },
};

/* Numbers 0x80 to 0x9f mean Windows-1252, whatever the page's charset is. */
static const uint16_t windows[32] = {
	0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,
	0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019,
	0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a,
	0x153, 0x9d, 0x17e, 0x178,
};

static uint32_t number_code(uint32_t n)
{
	if (n == 0 || n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff))
		return 0xfffd;
	return n >= 0x80 && n < 0xa0 ? windows[n - 0x80] : n;
}

/* "#65" or "#x41"; how many bytes it takes, 0: none. */
static size_t read_number(struct span s, uint32_t *code_r)
{
	bool hex = s.n > 1 && (s.p[1] | 32) == 'x';
	size_t from = hex ? 2 : 1, i = from;
	uint32_t n = 0;

	for (; i < s.n; i++) {
		int digit = decode_hex(s.p[i]);

		if (digit < 0 || (!hex && digit > 9))
			break;
		if (n <= 0x10ffff)
			n = n * (hex ? 16 : 10) + (uint32_t)digit;
	}
	*code_r = number_code(n);
	return i == from ? 0 : i;
}

static int compare(const void *key, const void *row)
{
	return span_cmp(*(const struct span *)key,
		span_of(((const struct name *)row)->name));
}

/* 0: there is no such name. */
static uint32_t name_code(struct span name)
{
	const struct name *row = bsearch(&name, names, sizeof(names) /
		sizeof(names[0]), sizeof(names[0]), compare);

	return row ? row->code : 0;
}

static bool is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') ||
		(span_lower(c) >= 'a' && span_lower(c) <= 'z');
}

/* Names of HTML's first days may stand without a semicolon. */
static bool is_old(uint32_t code)
{
	return (code >= 0xa0 && code <= 0xff) || code == '&' || code == '<' ||
		code == '>' || code == '"';
}

/* "amp"; the longest name that fits. */
static size_t read_name(struct span s, bool attribute, uint32_t *code_r)
{
	size_t n = 0;

	while (n < s.n && n < NAME_BYTES && is_alnum(s.p[n]))
		n++;
	for (; n > 1; n--) {
		unsigned char next = n < s.n ? s.p[n] : 0;

		*code_r = name_code(span_sub(s, 0, n));
		if (*code_r == 0 || (next != ';' && !is_old(*code_r)))
			continue;
		/* href="?a=1&copy=2" */
		return attribute && next != ';' &&
			(next == '=' || is_alnum(next)) ? 0 : n;
	}
	return 0;
}

size_t html_reference(struct span s, bool attribute, uint32_t *code_r)
{
	struct span after = span_after(s, 1);
	size_t n;

	if (s.n == 0 || s.p[0] != '&' || after.n == 0)
		return 0;
	n = after.p[0] == '#' ? read_number(after, code_r) :
		read_name(after, attribute, code_r);
	if (n == 0)
		return 0;
	return 1 + n + (n < after.n && after.p[n] == ';');
}
