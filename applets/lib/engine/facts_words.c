/*
 * Flags as words, for policy and people.
 */
#include "engine/facts.h"

struct flag_word {
	unsigned flag;
	const char *word;
};

static const struct flag_word mail_words[] = {
	{ MAIL_OVER_HEADERS, "over-headers" },
	{ MAIL_OVER_PARTS, "over-parts" },
	{ MAIL_OVER_DEPTH, "over-depth" },
	{ MAIL_OVER_PARAMS, "over-parameters" },
	{ MAIL_OVER_DECODED, "over-decoded" },
	{ MAIL_OVER_URLS, "over-urls" },
	{ MAIL_AMBIG_FIELD, "ambiguous-field" },
	{ MAIL_AMBIG_BOUNDARY, "ambiguous-boundary" },
	{ MAIL_AMBIG_ENCODING, "ambiguous-encoding" },
	{ MAIL_BAD_ENCODING, "bad-encoding" },
	{ MAIL_NO_BLANK_LINE, "no-blank-line" },
	{ MAIL_BAD_HEADER, "bad-header" },
	{ MAIL_HAS_NUL, "nul" },
	{ MAIL_UNCLOSED, "unclosed" },
	{ MAIL_PARTIAL, "partial" },
	{ MAIL_OTHER_CHARSET, "other-charset" },
	{ MAIL_AMBIG_FROM, "ambiguous-from" },
	{ MAIL_AMBIG_HEADER_END, "ambiguous-header-end" },
	{ MAIL_AMBIG_LINE_END, "ambiguous-line-end" },
	{ MAIL_AMBIG_NAME, "ambiguous-name" },
	{ MAIL_AMBIG_CHARSET, "ambiguous-charset" },
	{ MAIL_AMBIG_ARCHIVE, "ambiguous-archive" },
	{ MAIL_OVER_READINGS, "over-readings" },
	{ MAIL_OVER_ARCHIVE, "over-archive" },
	{ MAIL_UNSCAN_ARCHIVE, "unscannable-archive" },
	{ MAIL_ENCRYPTED, "encrypted" },
	{ MAIL_BAD_UTF8, "bad-utf8" },
	{ MAIL_OUTSIDE, "outside-parts" },
	{ MAIL_OVER_HTML, "over-html" },
};

static const struct flag_word page_words[] = {
	{ HTML_SCRIPT, "script" },
	{ HTML_EVENT, "event" },
	{ HTML_OBJECT, "object" },
	{ HTML_SVG, "svg" },
	{ HTML_FRAME, "frame" },
	{ HTML_FORM, "form" },
	{ HTML_INPUT, "input" },
	{ HTML_PASSWORD, "password" },
	{ HTML_BASE, "base" },
	{ HTML_REFRESH, "refresh" },
	{ HTML_DATA_URI, "data-uri" },
	{ HTML_CSS_URL, "css-url" },
	{ HTML_CID, "cid" },
	{ HTML_PLAINTEXT, "plaintext" },
	{ HTML_CDATA, "cdata" },
	{ HTML_CONDITIONAL, "conditional" },
	{ HTML_UNCLOSED, "unclosed" },
	{ HTML_BIDI, "bidi" },
	{ HTML_MSO_HIDE, "mso-hide" },
	{ HTML_OVER_TEXT, "over-text" },
	{ HTML_OVER_LINKS, "over-links" },
	{ HTML_OVER_DEPTH, "over-depth" },
	{ HTML_OVER_STYLE, "over-style" },
};

static const struct flag_word hide_words[] = {
	{ HIDE_ELEMENT, "element" },
	{ HIDE_DISPLAY, "display" },
	{ HIDE_VISIBILITY, "visibility" },
	{ HIDE_OPACITY, "opacity" },
	{ HIDE_FONT, "font" },
	{ HIDE_COLOUR, "colour" },
	{ HIDE_BOX, "box" },
	{ HIDE_OFFSCREEN, "offscreen" },
};

#define WORD(table, flags, i) word_of(table, sizeof(table) / sizeof(*table), \
	flags, i)

static const char *word_of(const struct flag_word *table, size_t n,
	unsigned flags, size_t i)
{
	for (size_t w = 0; w < n; w++)
		if (flags & table[w].flag && i-- == 0)
			return table[w].word;
	return NULL;
}

const char *facts_flag_word(unsigned flags, size_t i)
{
	return WORD(mail_words, flags, i);
}

const char *facts_page_word(unsigned flags, size_t i)
{
	return WORD(page_words, flags, i);
}

const char *facts_hide_word(unsigned flags, size_t i)
{
	return WORD(hide_words, flags, i);
}

const char *facts_origin_word(enum mime_origin origin)
{
	static const char *const origins[] = {
		[MIME_ENTITY] = "entity",
		[MIME_READING] = "reading",
		[MIME_PREAMBLE] = "preamble",
		[MIME_EPILOGUE] = "epilogue",
		[MIME_EMBEDDED] = "embedded",
	};

	return origins[origin];
}
