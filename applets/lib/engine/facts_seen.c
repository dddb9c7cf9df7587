#include "engine/facts.h"

#include "mail/casefold.h"

/* Adds a piece on a line of its own, as far as there is room. */
static void add(struct buf *b, struct span s)
{
	size_t room = FACTS_SEEN_MAX - b->n;

	if (s.n == 0 || room < 2)
		return;
	if (b->n)
		buf_byte(b, '\n');
	buf_span(b, span_sub(s, 0, room - 1));
}

static struct span made(const struct buf *b)
{
	return b->n ? buf_bytes(b) : SPAN("");
}

/* In every reading: what one client shows is there. */
struct span facts_body(struct facts *f)
{
	struct buf b = { .arena = f->arena };

	for (size_t i = 0; f->body.p == NULL && i < f->mime.n &&
	     b.n + 2 < FACTS_SEEN_MAX; i++) {
		struct mime_part *p = f->mime.parts[i];

		if (!mime_is_text(p) || facts_is_attachment(p))
			continue;
		add(&b, span_is(p->type, "text/html") ?
			facts_html(f, i)->text : facts_text(f, i));
		add(&b, mime_other_text(p));
	}
	if (f->body.p == NULL)
		f->body = made(&b);
	return f->body;
}

struct span facts_body_folded(struct facts *f)
{
	if (f->body_folded.p == NULL)
		f->body_folded = casefold(facts_body(f), f->arena);
	if (f->body_folded.p == NULL)
		f->body_folded = SPAN("");
	return f->body_folded;
}

struct span facts_names(struct facts *f)
{
	struct buf b = { .arena = f->arena };

	for (size_t i = 0; i < f->mime.n; i++) {
		const struct mime_part *p = f->mime.parts[i];
		const struct file_facts *files;

		for (size_t k = 0; k < p->nnames; k++)
			add(&b, p->names[k]);
		if (p->nnames == 0)
			add(&b, p->name);
		files = facts_files(f, i);
		for (size_t k = 0; k < files->nmembers; k++)
			add(&b, files->members[k].path);
	}
	return made(&b);
}
