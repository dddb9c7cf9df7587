#include "web/html.h"

#include <string.h>

/* The elements that pages are made of: none runs or fetches by itself but
   script and link, whose URLs are of this host. */
static const char *const elements[] = { "a", "abbr", "article", "aside", "b",
	"bdi", "blockquote", "body", "br", "button", "caption", "circle",
	"code", "col", "colgroup", "data", "datalist", "dd", "desc",
	"details", "dialog", "div", "dl", "dt", "em", "fieldset",
	"figcaption", "figure", "footer", "form", "g", "h1", "h2", "h3", "h4",
	"head", "header", "hr", "html", "i", "img", "input", "kbd", "label",
	"legend", "li", "line", "link", "main", "mark", "meta", "meter",
	"nav", "ol", "optgroup", "option", "output", "p", "path", "polygon",
	"polyline", "pre", "progress", "q", "rect", "s", "samp", "script",
	"search", "section", "select", "small", "span", "strong", "sub",
	"summary", "sup", "svg", "table", "tbody", "td", "text", "textarea",
	"tfoot", "th", "thead", "time", "title", "tr", "u", "ul", "var",
	"wbr", NULL };
static const char *const raw_elements[] = { "script", "textarea", "title",
	NULL };
static const char *const url_attributes[] = { "action", "cite", "data",
	"formaction", "href", "poster", "src", "xlink:href", NULL };
static const char *const bad_attributes[] = { "archive", "background",
	"classid", "codebase", "dynsrc", "formtarget", "http-equiv",
	"imagesrcset", "longdesc", "lowsrc", "manifest", "ping", "profile",
	"srcdoc", "srcset", "style", "usemap", "xmlns:xlink", NULL };

static bool is_in(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_name(unsigned char c)
{
	unsigned char l = span_lower(c);

	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		c == ':' || c == '_';
}

/* Adds a byte to a name; false: too long. */
static bool grow(char *name, unsigned char *n, unsigned char c)
{
	if (*n + 1 >= HTML_NAME_MAX)
		return false;
	name[(*n)++] = (char)span_lower(c);
	name[*n] = 0;
	return true;
}

static void forget_tag(struct html *h)
{
	memset(h->tag, 0, sizeof(h->tag));
	memset(h->attribute, 0, sizeof(h->attribute));
	h->ntag = h->nattribute = 0;
	h->closing = h->url = false;
	h->quote = h->url_at = h->first = 0;
}

static const char *end_tag(struct html *h)
{
	h->state = HTML_TEXT;
	if (h->closing)
		memset(h->raw, 0, sizeof(h->raw));
	else if (is_in(h->tag, raw_elements))
		memcpy(h->raw, h->tag, sizeof(h->raw));
	if (strcmp(h->raw, "script") == 0)
		h->state = HTML_RAW;
	forget_tag(h);
	return NULL;
}

static const char *feed_text(struct html *h, unsigned char c)
{
	if (c == '<')
		h->state = HTML_TAG_OPEN;
	return NULL;
}

static const char *feed_raw(struct html *h, unsigned char c)
{
	if (c == '<')
		h->state = HTML_TAG_OPEN;
	else if (!is_blank(c))
		return "a script has no text of its own, only a src";
	return NULL;
}

static const char *feed_tag_open(struct html *h, unsigned char c)
{
	if (c == '!' && !h->raw[0] && !h->closing) {
		h->state = HTML_MARKUP;
		return NULL;
	}
	if (c == '/' && !h->closing) {
		h->closing = true;
		return NULL;
	}
	if (span_lower(c) < 'a' || span_lower(c) > 'z')
		return "write &lt; for a < that opens no tag";
	h->state = HTML_TAG_NAME;
	grow(h->tag, &h->ntag, c);
	return NULL;
}

/* Blank, slash or > behind a name or a value. */
static const char *leave(struct html *h, unsigned char c)
{
	if (c == '>')
		return end_tag(h);
	if (c == '/' && !h->closing) {
		h->state = HTML_SLASH;
		return NULL;
	}
	if (!is_blank(c))
		return "a blank is missing in a tag, or a value has no "
			"quotes";
	h->state = HTML_IN_TAG;
	return NULL;
}

static const char *feed_tag_name(struct html *h, unsigned char c)
{
	if (is_name(c))
		return grow(h->tag, &h->ntag, c) ? NULL :
			"an element that pages do not use";
	if (!is_in(h->tag, elements))
		return "an element that pages do not use";
	if (h->raw[0] && (!h->closing || strcmp(h->tag, h->raw) != 0))
		return "no tag can stand in title, textarea and script";
	return leave(h, c);
}

static const char *feed_in_tag(struct html *h, unsigned char c)
{
	if (!is_name(c))
		return leave(h, c);
	if (h->closing)
		return "an end tag has no attributes";
	memset(h->attribute, 0, sizeof(h->attribute));
	h->nattribute = 0;
	grow(h->attribute, &h->nattribute, c);
	h->state = HTML_ATTRIBUTE;
	return NULL;
}

static const char *feed_attribute(struct html *h, unsigned char c)
{
	if (is_name(c))
		return grow(h->attribute, &h->nattribute, c) ? NULL :
			"an attribute that pages do not use";
	if (memcmp(h->attribute, "on", 2) == 0)
		return "no event handlers: pm.js finds elements by itself";
	if (is_in(h->attribute, bad_attributes))
		return "an attribute that pages do not use";
	if (c != '=')
		return leave(h, c);
	h->state = HTML_BEFORE_VALUE;
	return NULL;
}

static const char *feed_before_value(struct html *h, unsigned char c)
{
	if (c != '"' && c != '\'')
		return "a value stands in quotes";
	h->quote = c;
	h->url = is_in(h->attribute, url_attributes);
	h->url_at = h->first = 0;
	h->state = HTML_VALUE;
	return NULL;
}

static const char *feed_value(struct html *h, unsigned char c)
{
	if (c == h->quote) {
		h->quote = 0;
		h->url = false;
		h->url_at = h->first = 0;
		h->state = HTML_AFTER_VALUE;
		return NULL;
	}
	if (!h->url || h->url_at == 2)
		return NULL;
	if (h->url_at == 0 && c != '/' && c != '?' && c != '#')
		return "a URL begins with / or ? or #";
	if (h->url_at == 1 && h->first == '/' && (c == '/' || c == '\\' ||
	    is_blank(c)))
		return "this URL leads to another host";
	if (h->url_at++ == 0)
		h->first = c;
	return NULL;
}

static const char *feed_slash(struct html *h, unsigned char c)
{
	if (c != '>')
		return "a slash in a tag stands before its >";
	/* A browser knows no <script/>: it would go on as a script. */
	if (is_in(h->tag, raw_elements))
		return "this element has an end tag";
	return end_tag(h);
}

static const char *feed_markup(struct html *h, unsigned char c)
{
	if (c == '-') {
		if (++h->dashes == 2) {
			h->dashes = 0;
			h->state = HTML_COMMENT;
		}
		return NULL;
	}
	if (h->dashes || c == '[' || c == '<')
		return "after <! comes doctype or a comment";
	if (c == '>')
		h->state = HTML_TEXT;
	return NULL;
}

/* A browser ends a comment also at "<!-->", "<!--->" and "--!>". */
static const char *feed_comment(struct html *h, unsigned char c)
{
	if (c == '-') {
		if (h->dashes < 2)
			h->dashes++;
		return NULL;
	}
	if (c == '<' || c == '!' || (c == '>' && h->dashes < 2))
		return "no <, ! and > in a comment";
	if (c == '>')
		h->state = HTML_TEXT;
	h->dashes = 0;
	return NULL;
}

const char *html_feed(struct html *h, unsigned char c)
{
	static const char *(*const feed[])(struct html *, unsigned char) = {
		[HTML_TEXT] = feed_text, [HTML_TAG_OPEN] = feed_tag_open,
		[HTML_TAG_NAME] = feed_tag_name, [HTML_IN_TAG] = feed_in_tag,
		[HTML_ATTRIBUTE] = feed_attribute,
		[HTML_BEFORE_VALUE] = feed_before_value,
		[HTML_VALUE] = feed_value, [HTML_AFTER_VALUE] = leave,
		[HTML_SLASH] = feed_slash, [HTML_MARKUP] = feed_markup,
		[HTML_COMMENT] = feed_comment, [HTML_RAW] = feed_raw,
	};

	return feed[h->state](h, c);
}

enum html_place html_place(const struct html *h)
{
	if (h->state == HTML_TEXT)
		return HTML_PLAIN;
	if (h->state != HTML_VALUE || strcmp(h->tag, "meta") == 0)
		return HTML_REFUSED;
	if (!h->url)
		return HTML_PLAIN;
	return h->url_at ? HTML_URL : HTML_URL_START;
}

bool html_in_text(const struct html *h)
{
	return h->state == HTML_TEXT && !h->raw[0];
}

bool html_in_tag(const struct html *h)
{
	return (h->state == HTML_IN_TAG || h->state == HTML_AFTER_VALUE) &&
		!h->closing;
}

/* After a block a tag may stand behind a value where it stood before one. */
static enum html_state alike(enum html_state s)
{
	return s == HTML_AFTER_VALUE ? HTML_IN_TAG : s;
}

bool html_same(const struct html *a, const struct html *b)
{
	return alike(a->state) == alike(b->state) && a->quote == b->quote &&
		a->url == b->url && a->closing == b->closing &&
		a->first == b->first && a->url_at == b->url_at &&
		strcmp(a->tag, b->tag) == 0 && strcmp(a->raw, b->raw) == 0;
}
