/*
 * What is in the files of a message, and in the pages inside of them.
 */
#include "engine/facts.h"

#include "mail/charset.h"

enum { PAGE_MAX = 256 << 10 };

/* A page in an archive lives only during the visit: its links are wanted. */
static void take_member(void *context, const struct file_member *m,
	struct span content)
{
	struct facts *f = context;

	if ((m->type == TYPE_HTML || type_of_name(m->name) == TYPE_HTML) &&
	    f->npages < FACTS_PAGES_MAX)
		f->pages[f->npages++] = arena_span(f->arena,
			span_sub(content, 0, PAGE_MAX));
}

const struct file_facts *facts_files(struct facts *f, size_t part)
{
	const struct file_each each = { take_member, f };
	struct fact_part *p = &f->parts[part];
	struct span content;

	if (p->files)
		return p->files;
	p->files = arena_alloc(f->arena, sizeof(*p->files));
	if (!mime_is_leaf(p->mime))
		return p->files;
	content = facts_content(f, part);
	filefacts_read(content, type_of(content), &f->budget, f->arena, &each,
		p->files);
	p->mime->flags |= p->files->mail_flags;
	f->more_flags |= p->files->mail_flags;
	f->foreign = f->foreign || p->files->decoded;
	return p->files;
}

void facts_file_urls(struct facts *f)
{
	const struct mail_limits *l = &mail_default_limits;
	struct html page;

	for (size_t i = 0; i < f->mime.n; i++) {
		const struct file_facts *files = facts_files(f, i);

		for (size_t k = 0; k < files->nlinks; k++)
			url_add(files->links[k], URL_IN_LINK, l, f->arena,
				&f->urls);
	}
	for (size_t i = 0; i < f->npages; i++) {
		bool known;
		struct span text = charset_text(f->pages[i], SPAN("utf-8"),
			f->arena, &known);

		html_read(text, FACTS_PAGE_TEXT_MAX, l, f->arena, &page);
		html_urls(&page, l, f->arena, &f->urls);
	}
}
