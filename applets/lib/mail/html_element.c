#include "mail/html_token.h"

/* In order of the first letter. */
static const struct html_element elements[] = {
	{ "a", KIND_LINK, false }, { "address", KIND_BLOCK, false },
	{ "applet", KIND_EMBED, false }, { "area", KIND_AREA, true },
	{ "article", KIND_BLOCK, false }, { "aside", KIND_BLOCK, false },
	{ "audio", KIND_MEDIA, false }, { "b", KIND_INLINE, false },
	{ "base", KIND_BASE, true }, { "blockquote", KIND_PARAGRAPH, false },
	{ "body", KIND_BODY, false }, { "br", KIND_BREAK, true },
	{ "button", KIND_INPUT, false }, { "center", KIND_BLOCK, false },
	{ "col", KIND_INLINE, true }, { "datalist", KIND_HIDDEN, false },
	{ "dd", KIND_ITEM, false }, { "dialog", KIND_HIDDEN, false },
	{ "div", KIND_BLOCK, false }, { "dl", KIND_LIST, false },
	{ "dt", KIND_ITEM, false }, { "em", KIND_INLINE, false },
	{ "embed", KIND_EMBED, true }, { "fieldset", KIND_BLOCK, false },
	{ "font", KIND_INLINE, false }, { "footer", KIND_BLOCK, false },
	{ "form", KIND_FORM, false }, { "frame", KIND_FRAME, true },
	{ "h1", KIND_PARAGRAPH, false }, { "h2", KIND_PARAGRAPH, false },
	{ "h3", KIND_PARAGRAPH, false }, { "h4", KIND_PARAGRAPH, false },
	{ "h5", KIND_PARAGRAPH, false }, { "h6", KIND_PARAGRAPH, false },
	{ "header", KIND_BLOCK, false }, { "hr", KIND_RULE, true },
	{ "html", KIND_BODY, false }, { "i", KIND_INLINE, false },
	{ "iframe", KIND_FRAME, false }, { "img", KIND_IMAGE, true },
	{ "image", KIND_IMAGE, true }, { "input", KIND_INPUT, true },
	{ "li", KIND_ITEM, false }, { "link", KIND_SHEET, true },
	{ "main", KIND_BLOCK, false }, { "math", KIND_FOREIGN, false },
	{ "meta", KIND_META, true }, { "nav", KIND_BLOCK, false },
	{ "noembed", KIND_DROPPED, false }, { "noframes", KIND_DROPPED, false },
	{ "object", KIND_EMBED, false }, { "ol", KIND_LIST, false },
	{ "option", KIND_OPTION, false }, { "p", KIND_PARAGRAPH, false },
	{ "param", KIND_INLINE, true }, { "plaintext", KIND_RAW_TO_END, false },
	{ "pre", KIND_PRE, false }, { "script", KIND_SCRIPT, false },
	{ "section", KIND_BLOCK, false }, { "select", KIND_INPUT, false },
	{ "source", KIND_MEDIA, true }, { "span", KIND_INLINE, false },
	{ "strong", KIND_INLINE, false }, { "style", KIND_STYLE, false },
	{ "svg", KIND_FOREIGN, false }, { "table", KIND_TABLE, false },
	{ "td", KIND_CELL, false }, { "template", KIND_HIDDEN, false },
	{ "textarea", KIND_FIELD, false }, { "th", KIND_CELL, false },
	{ "title", KIND_TITLE, false }, { "tr", KIND_ROW, false },
	{ "track", KIND_MEDIA, true }, { "u", KIND_INLINE, false },
	{ "ul", KIND_LIST, false }, { "video", KIND_MEDIA, false },
	{ "wbr", KIND_INLINE, true }, { "xmp", KIND_RAW, false },
};

enum { ELEMENTS = sizeof(elements) / sizeof(elements[0]) };

static const struct html_element unknown = { "", KIND_INLINE, false };

/* Where the names with each letter begin, from 'a' on. */
static const uint8_t first[27] = {
	0, 7, 13, 15, 21, 23, 28, 28, 37, 42, 42, 42, 44, 47, 50, 53, 57, 57,
	57, 65, 73, 75, 76, 77, 78, 78, 78,
};

static bool is_name(struct span s, const char *name)
{
	for (size_t i = 0; i < s.n; i++)
		if (name[i] == '\0' ||
		    span_lower(s.p[i]) != (unsigned char)name[i])
			return false;
	return name[s.n] == '\0';
}

const struct html_element *html_element(struct span name)
{
	unsigned letter = name.n ? (unsigned)span_lower(name.p[0]) - 'a' : 26;

	if (letter > 25)
		return &unknown;
	for (size_t i = first[letter]; i < first[letter + 1]; i++)
		if (is_name(name, elements[i].name))
			return &elements[i];
	return &unknown;
}

_Static_assert(ELEMENTS == 78, "the index above is of this table");
