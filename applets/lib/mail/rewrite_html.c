/*
 * Places in a page. In any charset whose bytes below 0x80 are ASCII.
 */
#include "mail/html_token.h"
#include "mail/rewrite_part.h"

/* Where the page's body begins and ends, as far as tags say so. */
struct places {
	size_t top, bottom;	/* SIZE_MAX: no tag says it */
	size_t end;		/* of the page: before </html> */
};

/* What stands between the tags of a script and its like is no markup. */
static bool is_raw(const struct html_tag *tag)
{
	enum html_kind kind = tag->element->kind;

	return !tag->end && kind >= KIND_SCRIPT && kind <= KIND_RAW_TO_END;
}

static void see_tag(struct places *p, const struct html_tag *tag,
	struct span page, size_t to)
{
	/* The name stands right behind its "</". */
	size_t from = (size_t)(tag->name.p - page.p) - 2;

	if (span_caseeq(tag->name, SPAN("body"))) {
		if (tag->end)
			p->bottom = from;
		else if (p->top == SIZE_MAX)
			p->top = to;
	} else if (tag->end && span_caseeq(tag->name, SPAN("html"))) {
		p->end = from;
	}
}

size_t rewrite_html_place(struct span page, bool top)
{
	struct html_tokens t = { .in = page };
	struct places p = { SIZE_MAX, SIZE_MAX, SIZE_MAX };
	enum html_token token;

	for (;;) {
		token = html_next(&t);
		if (token == HTML_TOKEN_END || token == HTML_TOKEN_REST)
			break;
		if (token != HTML_TOKEN_TAG || t.inside)
			continue;
		see_tag(&p, &t.tag, page, (size_t)(t.in.p - page.p));
		if (is_raw(&t.tag))
			html_take_raw(&t, t.tag.name);
	}
	if (top)
		return p.top == SIZE_MAX ? 0 : p.top;
	if (p.bottom != SIZE_MAX)
		return p.bottom;
	return p.end != SIZE_MAX ? p.end : page.n;
}
