/*
 * How the text is made: hidden, in pictures only, other in the two readings,
 * packed where nothing needs packing. lua/rules weighs it.
 */
#include "engine/check.h"

enum {
	LITTLE_TEXT = 200,	/* bytes: less is not worth a newsletter */
	HIDDEN_MUCH = 400,	/* a preheader is shorter */
	ZERO_WIDTH_MANY = 8,
	TINY_MANY = 3,
};

/* What the pages of a message show, together. */
struct pages {
	size_t n, hidden, pieces, zero_width, images, remote, tiny, scripts;
	unsigned flags, hidden_by;
	size_t text;
};

static void add_page(struct pages *p, const struct html *h)
{
	p->n++;
	p->hidden += h->hidden.n;
	p->pieces += h->hidden_pieces;
	p->zero_width += h->zero_width;
	p->images += h->images;
	p->remote += h->remote_images;
	p->tiny += h->tiny_images;
	p->scripts += h->nscripts;
	p->flags |= h->flags;
	p->hidden_by |= h->hidden_by;
	p->text += h->text.n;
}

static void gather(struct facts *f, struct pages *p, size_t *plain_r)
{
	for (size_t i = 0; i < f->mime.n; i++) {
		struct mime_part *part = f->mime.parts[i];

		if (!mime_is_text(part) || facts_is_attachment(part))
			continue;
		if (span_is(part->type, "text/html"))
			add_page(p, facts_html(f, i));
		else
			*plain_r += facts_text(f, i).n;
	}
}

static void count_hit(struct facts *f, const char *name, size_t n,
	const char *what)
{
	facts_hit(f, name, 0, span_of(arena_printf(f->arena, "%zu %s", n,
		what)));
}

static void hidden_hits(struct facts *f, const struct pages *p)
{
	/* Newsletters hide a line that mailboxes show in lists. */
	if (p->hidden > HIDDEN_MUCH && p->hidden > p->text / 2)
		count_hit(f, "HIDDEN_TEXT", p->hidden, "bytes are not seen");
	if (p->hidden_by & (HIDE_FONT | HIDE_COLOUR | HIDE_OFFSCREEN) &&
	    p->pieces > 3)
		count_hit(f, "HIDDEN_PIECES", p->pieces, "pieces are hidden "
			"by size, colour or place");
	if (p->zero_width > ZERO_WIDTH_MANY)
		count_hit(f, "ZERO_WIDTH", p->zero_width,
			"invisible characters inside words");
}

static void picture_hits(struct facts *f, const struct pages *p,
	size_t plain)
{
	if (p->images && p->text < LITTLE_TEXT && plain < LITTLE_TEXT)
		count_hit(f, "IMAGE_ONLY", p->images,
			"pictures and hardly any text");
	if (p->tiny >= TINY_MANY)
		count_hit(f, "TINY_IMAGES", p->tiny, "pictures of one dot");
}

static void page_hits(struct facts *f, const struct pages *p)
{
	static const struct {
		unsigned flag;
		const char *name, *what;
	} flags[] = {
		{ HTML_SCRIPT, "PAGE_SCRIPT", "a page runs scripts" },
		{ HTML_OBJECT, "PAGE_OBJECT", "a page embeds objects" },
		{ HTML_FRAME, "PAGE_FRAME", "a page loads another into it" },
		{ HTML_FORM, "PAGE_FORM", "a form to fill in" },
		{ HTML_PASSWORD, "PAGE_PASSWORD", "asks for a password" },
		{ HTML_REFRESH, "PAGE_REFRESH", "leads away by itself" },
		{ HTML_BASE, "PAGE_BASE", "gives all links another base" },
		{ HTML_DATA_URI, "PAGE_DATA", "holds files in data: links" },
		{ HTML_BIDI, "PAGE_BIDI", "turns the direction of writing" },
		{ HTML_UNCLOSED, "PAGE_UNCLOSED", "ends in the middle" },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (p->flags & flags[i].flag)
			facts_hit(f, flags[i].name, 0,
				span_of(flags[i].what));
}

/* A page that comes as a file is opened beside the mail, past its filters. */
static void attached_pages(struct facts *f)
{
	for (size_t i = 0; i < f->mime.n; i++) {
		struct mime_part *part = f->mime.parts[i];
		const struct html *h;

		if (!span_is(part->type, "text/html") ||
		    !facts_is_attachment(part))
			continue;
		h = facts_html(f, i);
		if (h->flags & (HTML_PASSWORD | HTML_SCRIPT | HTML_REFRESH))
			facts_hit(f, "PAGE_ATTACHED", 0, part->name.n ?
				part->name : part->type);
	}
}

/* Is it ASCII, and so in no need of being packed? */
static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80 || s.p[i] == 0)
			return false;
	return s.n > 0;
}

static void packing_hits(struct facts *f)
{
	for (size_t i = 0; i < f->mime.n; i++) {
		struct mime_part *part = f->mime.parts[i];

		if (!mime_is_text(part) || facts_is_attachment(part) ||
		    part->encoding != MIME_BASE64 ||
		    !is_plain(facts_content(f, i)))
			continue;
		facts_hit(f, "BASE64_ASCII", 0,
			SPAN("plain ASCII text is packed as base64"));
		return;
	}
}

static enum check_state page_run(struct facts *f)
{
	size_t before = f->nhits, plain = 0;
	struct pages p = { 0 };

	gather(f, &p, &plain);
	hidden_hits(f, &p);
	picture_hits(f, &p, plain);
	page_hits(f, &p);
	attached_pages(f);
	packing_hits(f);
	if (p.n && plain == 0)
		facts_hit(f, "PAGE_ALONE", 0, SPAN("no plain text beside it"));
	return f->nhits > before ? CHECK_HIT : CHECK_NO;
}

const struct check page_check = {
	.name = "page",
	.stage = CHECK_LOCAL,
	.run = page_run,
};
