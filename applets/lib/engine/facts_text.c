/*
 * The text in a file of a message: of a text part, a page, a document that is
 * XML inside, and of such files in an archive. Read only when a rule asks.
 */
#include "engine/facts.h"

#include "mail/charset.h"

enum { GATHERED_MAX = FACTS_PAGE_TEXT_MAX };

/* What is gathered, pieces with a line between them. */
struct gather {
	struct facts *f;
	struct buf text;
};

static void add(struct gather *g, struct span s)
{
	size_t room = GATHERED_MAX - g->text.n;

	if (s.n == 0 || room < 2)
		return;
	if (g->text.n)
		buf_byte(&g->text, '\n');
	buf_span(&g->text, span_sub(s, 0, room - 1));
}

static void add_page(struct gather *g, struct span utf8)
{
	struct html page;

	html_read(utf8, GATHERED_MAX, &mail_default_limits, g->f->arena,
		&page);
	add(g, page.text);
	add(g, page.hidden);
}

/* What stands between tags; each tag parts words. */
static void add_xml(struct gather *g, struct span s)
{
	struct buf b = { .arena = g->f->arena };
	bool tag = false;

	s = span_sub(s, 0, GATHERED_MAX * 4);
	for (size_t i = 0; i < s.n && b.n < GATHERED_MAX; i++) {
		if (s.p[i] == '<') {
			/* A run of one word is cut by marks of its style. */
			tag = true;
			if (span_starts(span_after(s, i), SPAN("</w:p>")) ||
			    span_starts(span_after(s, i), SPAN("</a:p>")) ||
			    span_starts(span_after(s, i), SPAN("</text:")) ||
			    span_starts(span_after(s, i), SPAN("</si>")) ||
			    span_starts(span_after(s, i), SPAN("<w:br")) ||
			    span_starts(span_after(s, i), SPAN("<w:tab")))
				buf_byte(&b, '\n');
		} else if (s.p[i] == '>') {
			tag = false;
		} else if (!tag) {
			buf_byte(&b, s.p[i]);
		}
	}
	add(g, buf_bytes(&b));
}

/* One content, by what it is. */
static void add_content(struct gather *g, struct span content,
	enum type_id type)
{
	enum type_family family = type_family(type);
	bool known;
	struct span text;

	if (family != FAMILY_TEXT && family != FAMILY_PAGE &&
	    family != FAMILY_SCRIPT && family != FAMILY_MESSAGE &&
	    type != TYPE_OFFICE_XML && type != TYPE_SVG &&
	    type != TYPE_UNKNOWN)
		return;
	if (type == TYPE_UNKNOWN && span_chr(content, 0) != SIZE_MAX)
		return;
	text = charset_text(span_sub(content, 0, GATHERED_MAX * 4),
		SPAN("utf-8"), g->f->arena, &known);
	if (family == FAMILY_PAGE)
		add_page(g, text);
	else if (type == TYPE_XML || type == TYPE_OFFICE_XML ||
		 type == TYPE_SVG)
		add_xml(g, text);
	else
		add(g, text);
}

static bool visit(void *context, const struct archive_member *m)
{
	struct gather *g = context;

	if (m->is_file)
		add_content(g, m->content, m->type);
	return g->text.n + 2 < GATHERED_MAX;
}

/* A walk of its own, and a budget for all: facts of files hold no content. */
static void add_members(struct gather *g, struct span content,
	enum type_id type)
{
	const struct archive_visitor v = { visit, g };

	g->f->more_flags |= archive_walk(content, type, SPAN(""),
		&g->f->text_budget, g->f->arena, &v);
	g->f->foreign = true;
}

struct span facts_file_text(struct facts *f, size_t part)
{
	struct fact_part *p = &f->parts[part];
	struct gather g = { .f = f, .text = { .arena = f->arena } };
	struct span content;
	enum type_id type;

	if (p->file_text.p)
		return p->file_text;
	p->file_text = SPAN("");
	if (!mime_is_leaf(p->mime))
		return p->file_text;
	content = facts_content(f, part);
	type = type_of(content);
	if (span_is(p->mime->type, "text/html")) {
		add(&g, facts_html(f, part)->text);
		add(&g, facts_html(f, part)->hidden);
	} else if (mime_is_text(p->mime)) {
		add(&g, facts_text(f, part));
	} else if (archive_is(type)) {
		add_members(&g, content, type);
	} else {
		add_content(&g, content, type);
	}
	if (g.text.n)
		p->file_text = buf_bytes(&g.text);
	return p->file_text;
}
