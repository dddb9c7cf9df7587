#include "mail/style_value.h"

#include <stdlib.h>

#include "mail/decode.h"
#include "mail/style.h"

enum { LEGACY_MAX = 128, NUMBER_MAX = 1000000 };

/* CSS Color 4, section 6.1, and two system colours; in order, for bsearch. */
static const struct colour {
	const char *name;
	uint32_t rgb;
} colours[] = {
	{ "aliceblue", 0xf0f8ff }, { "antiquewhite", 0xfaebd7 },
	{ "aqua", 0x00ffff }, { "aquamarine", 0x7fffd4 }, { "azure", 0xf0ffff },
	{ "beige", 0xf5f5dc }, { "bisque", 0xffe4c4 }, { "black", 0x000000 },
	{ "blanchedalmond", 0xffebcd }, { "blue", 0x0000ff },
	{ "blueviolet", 0x8a2be2 }, { "brown", 0xa52a2a },
	{ "burlywood", 0xdeb887 }, { "cadetblue", 0x5f9ea0 },
	{ "chartreuse", 0x7fff00 }, { "chocolate", 0xd2691e },
	{ "coral", 0xff7f50 }, { "cornflowerblue", 0x6495ed },
	{ "cornsilk", 0xfff8dc }, { "crimson", 0xdc143c }, { "cyan", 0x00ffff },
	{ "darkblue", 0x00008b }, { "darkcyan", 0x008b8b },
	{ "darkgoldenrod", 0xb8860b }, { "darkgray", 0xa9a9a9 },
	{ "darkgreen", 0x006400 }, { "darkgrey", 0xa9a9a9 },
	{ "darkkhaki", 0xbdb76b }, { "darkmagenta", 0x8b008b },
	{ "darkolivegreen", 0x556b2f }, { "darkorange", 0xff8c00 },
	{ "darkorchid", 0x9932cc }, { "darkred", 0x8b0000 },
	{ "darksalmon", 0xe9967a }, { "darkseagreen", 0x8fbc8f },
	{ "darkslateblue", 0x483d8b }, { "darkslategray", 0x2f4f4f },
	{ "darkslategrey", 0x2f4f4f }, { "darkturquoise", 0x00ced1 },
	{ "darkviolet", 0x9400d3 }, { "deeppink", 0xff1493 },
	{ "deepskyblue", 0x00bfff }, { "dimgray", 0x696969 },
	{ "dimgrey", 0x696969 }, { "dodgerblue", 0x1e90ff },
	{ "firebrick", 0xb22222 }, { "floralwhite", 0xfffaf0 },
	{ "forestgreen", 0x228b22 }, { "fuchsia", 0xff00ff },
	{ "gainsboro", 0xdcdcdc }, { "ghostwhite", 0xf8f8ff },
	{ "gold", 0xffd700 }, { "goldenrod", 0xdaa520 }, { "gray", 0x808080 },
	{ "green", 0x008000 }, { "greenyellow", 0xadff2f },
	{ "grey", 0x808080 }, { "honeydew", 0xf0fff0 }, { "hotpink", 0xff69b4 },
	{ "indianred", 0xcd5c5c }, { "indigo", 0x4b0082 },
	{ "ivory", 0xfffff0 }, { "khaki", 0xf0e68c }, { "lavender", 0xe6e6fa },
	{ "lavenderblush", 0xfff0f5 }, { "lawngreen", 0x7cfc00 },
	{ "lemonchiffon", 0xfffacd }, { "lightblue", 0xadd8e6 },
	{ "lightcoral", 0xf08080 }, { "lightcyan", 0xe0ffff },
	{ "lightgoldenrodyellow", 0xfafad2 }, { "lightgray", 0xd3d3d3 },
	{ "lightgreen", 0x90ee90 }, { "lightgrey", 0xd3d3d3 },
	{ "lightpink", 0xffb6c1 }, { "lightsalmon", 0xffa07a },
	{ "lightseagreen", 0x20b2aa }, { "lightskyblue", 0x87cefa },
	{ "lightslategray", 0x778899 }, { "lightslategrey", 0x778899 },
	{ "lightsteelblue", 0xb0c4de }, { "lightyellow", 0xffffe0 },
	{ "lime", 0x00ff00 }, { "limegreen", 0x32cd32 }, { "linen", 0xfaf0e6 },
	{ "magenta", 0xff00ff }, { "maroon", 0x800000 },
	{ "mediumaquamarine", 0x66cdaa }, { "mediumblue", 0x0000cd },
	{ "mediumorchid", 0xba55d3 }, { "mediumpurple", 0x9370db },
	{ "mediumseagreen", 0x3cb371 }, { "mediumslateblue", 0x7b68ee },
	{ "mediumspringgreen", 0x00fa9a }, { "mediumturquoise", 0x48d1cc },
	{ "mediumvioletred", 0xc71585 }, { "midnightblue", 0x191970 },
	{ "mintcream", 0xf5fffa }, { "mistyrose", 0xffe4e1 },
	{ "moccasin", 0xffe4b5 }, { "navajowhite", 0xffdead },
	{ "navy", 0x000080 }, { "oldlace", 0xfdf5e6 }, { "olive", 0x808000 },
	{ "olivedrab", 0x6b8e23 }, { "orange", 0xffa500 },
	{ "orangered", 0xff4500 }, { "orchid", 0xda70d6 },
	{ "palegoldenrod", 0xeee8aa }, { "palegreen", 0x98fb98 },
	{ "paleturquoise", 0xafeeee }, { "palevioletred", 0xdb7093 },
	{ "papayawhip", 0xffefd5 }, { "peachpuff", 0xffdab9 },
	{ "peru", 0xcd853f }, { "pink", 0xffc0cb }, { "plum", 0xdda0dd },
	{ "powderblue", 0xb0e0e6 }, { "purple", 0x800080 },
	{ "rebeccapurple", 0x663399 }, { "red", 0xff0000 },
	{ "rosybrown", 0xbc8f8f }, { "royalblue", 0x4169e1 },
	{ "saddlebrown", 0x8b4513 }, { "salmon", 0xfa8072 },
	{ "sandybrown", 0xf4a460 }, { "seagreen", 0x2e8b57 },
	{ "seashell", 0xfff5ee }, { "sienna", 0xa0522d },
	{ "silver", 0xc0c0c0 }, { "skyblue", 0x87ceeb },
	{ "slateblue", 0x6a5acd }, { "slategray", 0x708090 },
	{ "slategrey", 0x708090 }, { "snow", 0xfffafa },
	{ "springgreen", 0x00ff7f }, { "steelblue", 0x4682b4 },
	{ "tan", 0xd2b48c }, { "teal", 0x008080 }, { "thistle", 0xd8bfd8 },
	{ "tomato", 0xff6347 }, { "turquoise", 0x40e0d0 },
	{ "violet", 0xee82ee }, { "wheat", 0xf5deb3 }, { "white", 0xffffff },
	{ "whitesmoke", 0xf5f5f5 }, { "window", 0xffffff },
	{ "windowtext", 0x000000 }, { "yellow", 0xffff00 },
	{ "yellowgreen", 0x9acd32 },
};

static const struct {
	const char *unit;
	int hundredths;
	bool relative;
} units[] = {
	{ "px", 100, false }, { "pt", 133, false }, { "em", 100, true },
	{ "rem", 1600, false }, { "%", 1, true }, { "ex", 50, true },
	{ "ch", 50, true }, { "pc", 1600, false }, { "in", 9600, false },
	{ "cm", 3780, false }, { "mm", 378, false }, { "q", 94, false },
	{ "vw", 600, false }, { "vh", 800, false }, { "vmin", 600, false },
	{ "vmax", 800, false },
};

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Digits and a fraction in thousandths; false: not one digit. */
static bool read_number(struct span *s, int64_t *thousandths_r)
{
	int64_t n = 0, scale = 1000;
	bool any = false, fraction = false;

	for (; s->n; *s = span_after(*s, 1)) {
		if (s->p[0] == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (!is_digit(s->p[0]))
			break;
		any = true;
		if (fraction) {
			scale /= 10;
			n += (s->p[0] - '0') * scale;
		} else if (n < (int64_t)NUMBER_MAX * 1000) {
			n = n * 10 + (s->p[0] - '0') * 1000;
		}
	}
	*thousandths_r = n;
	return any;
}

bool style_length(struct span *s, int64_t *hundredths_r, bool *relative_r,
	bool *unit_r)
{
	bool minus = s->n && s->p[0] == '-';
	struct span unit, rest = *s;
	int64_t n;
	size_t k = 0;

	if (minus || (s->n && s->p[0] == '+'))
		rest = span_after(rest, 1);
	if (!read_number(&rest, &n))
		return false;
	while (k < rest.n && (rest.p[k] == '%' ||
	    (span_lower(rest.p[k]) >= 'a' && span_lower(rest.p[k]) <= 'z')))
		k++;
	unit = span_sub(rest, 0, k);
	*s = span_after(rest, k);
	*relative_r = false;
	*unit_r = k > 0;
	*hundredths_r = (minus ? -n : n) / 10;
	for (size_t i = 0; k && i < sizeof(units) / sizeof(units[0]); i++)
		if (span_caseeq(unit, span_of(units[i].unit))) {
			*relative_r = units[i].relative;
			*hundredths_r = (minus ? -n : n) *
				units[i].hundredths / 1000;
		}
	return true;
}

bool style_word(struct span *s, struct span *word_r)
{
	size_t n = 0;
	int depth = 0;

	*s = span_trim(*s);
	while (n < s->n && (depth > 0 || (s->p[n] != ' ' && s->p[n] != '\t' &&
	    s->p[n] != '\n' && s->p[n] != '\r'))) {
		depth += (s->p[n] == '(') - (s->p[n] == ')');
		n++;
	}
	*word_r = span_sub(*s, 0, n);
	*s = span_after(*s, n);
	return n > 0;
}

static int compare(const void *key, const void *row)
{
	struct span a = *(const struct span *)key;
	const char *b = ((const struct colour *)row)->name;

	for (size_t i = 0; i < a.n; i++)
		if (b[i] == '\0' || span_lower(a.p[i]) != (unsigned char)b[i])
			return span_lower(a.p[i]) - (unsigned char)b[i];
	return b[a.n] ? -1 : 0;
}

static bool named_colour(struct span s, uint32_t *colour_r)
{
	const struct colour *c = bsearch(&s, colours, sizeof(colours) /
		sizeof(colours[0]), sizeof(colours[0]), compare);

	if (c)
		*colour_r = 0xff000000 | c->rgb;
	return c != NULL;
}

/* 3, 4, 6 or 8 hexadecimal digits. */
static bool hex_colour(struct span s, uint32_t *colour_r)
{
	bool brief = s.n == 3 || s.n == 4;
	uint32_t n = 0;

	if (!brief && s.n != 6 && s.n != 8)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int digit = decode_hex(s.p[i]);

		if (digit < 0)
			return false;
		n = n << 4 | (uint32_t)digit;
		if (brief)
			n = n << 4 | (uint32_t)digit;
	}
	if (s.n == 4 || s.n == 8)
		*colour_r = n >> 8 | n << 24;
	else
		*colour_r = 0xff000000 | n;
	return true;
}

static uint32_t clamp(int64_t n, int64_t most)
{
	return (uint32_t)(n < 0 ? 0 : n > most ? most : n);
}

/* One channel of hsl(), by CSS Color 4, section 7.1; all in thousandths. */
static uint32_t hsl_channel(int64_t hue, int64_t sat, int64_t light, int at)
{
	int64_t k = (at * 1000 + hue / 30) % 12000;
	int64_t most = sat * (light < 1000 - light ? light : 1000 - light);
	int64_t low = k - 3000 < 9000 - k ? k - 3000 : 9000 - k;

	low = low > 1000 ? 1000 : low < -1000 ? -1000 : low;
	return clamp((light * 1000000 - most * low) * 255 / 1000000000, 255);
}

/* The arguments of rgb() or hsl(): hundredths, a percent as 1 of them. */
static size_t read_arguments(struct span s, int64_t v[4], bool percent[4])
{
	size_t n = 0;
	bool unit;

	while (n < 4 && s.n) {
		if (style_length(&s, &v[n], &percent[n], &unit))
			n++;
		else
			s = span_after(s, 1);
	}
	return n;
}

static bool function_colour(struct span s, uint32_t *colour_r)
{
	bool rgb = span_casestarts(s, SPAN("rgb"));
	int64_t v[4] = { 0, 0, 0, 100 };
	bool percent[4] = { 0 };
	uint32_t c = 0;
	size_t n;

	if (!rgb && !span_casestarts(s, SPAN("hsl")))
		return false;
	n = span_chr(s, '(');
	if (n == SIZE_MAX ||
	    read_arguments(span_after(s, n + 1), v, percent) < 3)
		return false;
	for (int i = 0; i < 3; i++)
		c = c << 8 | (!rgb ? hsl_channel(((v[0] / 100 % 360) + 360) %
			360 * 1000, clamp(v[1], 100) * 10, clamp(v[2], 100) *
			10, i == 0 ? 0 : i == 1 ? 8 : 4) :
			clamp(percent[i] ? v[i] * 255 / 100 : v[i] / 100, 255));
	*colour_r = c | clamp(v[3] * 255 / 100, 255) << 24;
	return true;
}

bool style_colour(struct span s, uint32_t *colour_r)
{
	s = span_trim(s);
	if (s.n == 0)
		return false;
	if (s.p[0] == '#')
		return hex_colour(span_after(s, 1), colour_r);
	if (span_caseeq(s, SPAN("transparent"))) {
		*colour_r = STYLE_TRANSPARENT;
		return true;
	}
	return named_colour(s, colour_r) || function_colour(s, colour_r);
}

/* Two digits of the third of them that stands at `from`. */
static uint32_t legacy_channel(const unsigned char *digits, size_t from,
	size_t skipped, size_t length)
{
	uint32_t n = 0;

	for (size_t i = skipped; i < length && i < skipped + 2; i++)
		n = n << 4 | digits[from + i];
	return n;
}

/* WHATWG HTML, section 2.3.6: anything is a colour. */
uint32_t style_legacy_colour(struct span s)
{
	unsigned char digits[LEGACY_MAX + 3] = { 0 };
	size_t n, third, skipped;
	uint32_t colour;
	bool sharp;

	s = span_trim(s);
	sharp = s.n && s.p[0] == '#';
	if (named_colour(s, &colour))
		return colour;
	s = span_after(s, sharp);
	if (sharp && s.n == 3 && hex_colour(s, &colour))
		return colour;
	s = span_sub(s, 0, LEGACY_MAX);
	for (size_t i = 0; i < s.n; i++)
		digits[i] = decode_hex(s.p[i]) < 0 ? 0 :
			(unsigned char)decode_hex(s.p[i]);
	n = s.n ? (s.n + 2) / 3 * 3 : 3;
	third = n / 3;
	skipped = third > 8 ? third - 8 : 0;
	while (third - skipped > 2 && digits[skipped] == 0 &&
	       digits[third + skipped] == 0 && digits[2 * third + skipped] == 0)
		skipped++;
	return 0xff000000 | legacy_channel(digits, 0, skipped, third) << 16 |
		legacy_channel(digits, third, skipped, third) << 8 |
		legacy_channel(digits, 2 * third, skipped, third);
}
