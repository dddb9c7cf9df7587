#include "engine/facts.h"

#include "mail/type.h"
#include "mail/word.h"

enum {
	OVER = MAIL_OVER_HEADERS | MAIL_OVER_PARTS | MAIL_OVER_DEPTH |
		MAIL_OVER_PARAMS | MAIL_OVER_DECODED | MAIL_OVER_URLS |
		MAIL_OVER_READINGS | MAIL_OVER_ARCHIVE |
		MAIL_OVER_HTML,
	AMBIGUOUS = MAIL_AMBIG_FIELD | MAIL_AMBIG_BOUNDARY |
		MAIL_AMBIG_ENCODING | MAIL_AMBIG_FROM |
		MAIL_AMBIG_HEADER_END | MAIL_AMBIG_LINE_END |
		MAIL_AMBIG_NAME | MAIL_AMBIG_CHARSET | MAIL_AMBIG_ARCHIVE,
};

/* Adds the mailboxes of every field of that name to v, which holds *n. */
static void add_mailboxes(struct facts *f, struct span name, size_t max,
	struct address *v, size_t *n)
{
	const struct header *h = &f->mime.root->header;

	for (size_t i = 0; i < h->n && *n < max; i++) {
		struct address *list;
		size_t more;

		if (!span_caseeq(h->fields[i].name, name))
			continue;
		more = address_list(h->fields[i].value, max - *n, f->arena,
			&list);
		for (size_t k = 0; k < more; k++)
			v[(*n)++] = list[k];
	}
}

/* From all readings of the header: parts without a parent. */
static void find_authors(struct facts *f)
{
	const struct header **headers = arena_array(f->arena, f->mime.n,
		sizeof(*headers));
	unsigned flags;
	size_t n = 0;

	for (size_t i = 0; i < f->mime.n; i++)
		if (f->mime.parts[i]->parent == NULL)
			headers[n++] = &f->mime.parts[i]->header;
	f->nauthors = address_authors(headers, n, FACTS_FROM_MAX, f->arena,
		&f->authors, &flags);
	f->more_flags |= flags;
	if (f->nauthors)
		f->from = f->authors[0];
}

struct facts *facts_new(const struct envelope *env,
	const struct bundle *bundle, struct span raw, struct arena *a)
{
	struct facts *f = arena_alloc(a, sizeof(*f));
	const struct header_field *field;

	f->arena = a;
	f->env = env;
	f->bundle = bundle;
	f->raw = raw;
	mime_parse(raw, &mail_default_limits, a, &f->mime);
	mime_open(&f->mime);
	archive_budget_begin(&f->budget, &mail_default_limits);
	archive_budget_begin(&f->text_budget, &mail_default_limits);
	f->parts = arena_array(a, f->mime.n, sizeof(*f->parts));
	for (size_t i = 0; i < f->mime.n; i++)
		f->parts[i].mime = f->mime.parts[i];
	f->hits = arena_array(a, FACTS_HITS_MAX, sizeof(*f->hits));
	field = header_find(&f->mime.root->header, SPAN("Subject"), 1);
	if (field)
		f->subject = word_decode(field->value, a, &f->more_flags);
	find_authors(f);
	return f;
}

size_t facts_to(struct facts *f, const struct address **to_r)
{
	if (!f->to_known) {
		f->to = arena_array(f->arena, FACTS_TO_MAX, sizeof(*f->to));
		add_mailboxes(f, SPAN("To"), FACTS_TO_MAX, f->to, &f->nto);
		add_mailboxes(f, SPAN("Cc"), FACTS_TO_MAX, f->to, &f->nto);
		f->to_known = true;
	}
	*to_r = f->to;
	return f->nto;
}

struct span facts_content(struct facts *f, size_t part)
{
	struct fact_part *p = &f->parts[part];

	if (!p->decoded) {
		p->content = mime_is_leaf(p->mime) ? mime_decode(p->mime,
			&mail_default_limits, f->arena) : p->mime->body;
		p->decoded = true;
		f->more_flags |= p->mime->flags;
	}
	return p->content;
}

struct span facts_text(struct facts *f, size_t part)
{
	struct fact_part *p = &f->parts[part];

	if (p->text.p == NULL) {
		p->text = mime_text(p->mime, &mail_default_limits, f->arena);
		if (p->text.p == NULL)
			p->text = SPAN("");
		f->more_flags |= p->mime->flags;
	}
	return p->text;
}

struct span facts_true_type(struct facts *f, size_t part)
{
	if (!mime_is_leaf(f->parts[part].mime))
		return (struct span){ NULL, 0 };
	return type_word(type_of(facts_content(f, part)));
}

const struct html *facts_html(struct facts *f, size_t part)
{
	struct fact_part *p = &f->parts[part];

	if (p->html == NULL) {
		p->html = arena_alloc(f->arena, sizeof(*p->html));
		html_read(facts_text(f, part), FACTS_PAGE_TEXT_MAX,
			&mail_default_limits, f->arena, p->html);
		if (p->html->flags & HTML_OVER & ~(unsigned)HTML_OVER_LINKS)
			f->more_flags |= MAIL_OVER_HTML;
	}
	return p->html;
}

/* What a text links to where it is read in another charset. */
static void other_urls(struct facts *f, struct mime_part *p)
{
	const struct mail_limits *l = &mail_default_limits;
	struct span s = mime_other_text(p);
	struct html page;

	if (s.n == 0)
		return;
	if (!span_is(p->type, "text/html")) {
		url_find(s, URL_IN_TEXT, l, f->arena, &f->urls);
		return;
	}
	html_read(s, s.n, l, f->arena, &page);
	html_urls(&page, l, f->arena, &f->urls);
}

const struct url_set *facts_urls(struct facts *f)
{
	for (size_t i = 0; !f->urls_known && i < f->mime.n; i++) {
		struct mime_part *p = f->parts[i].mime;

		if (!mime_is_text(p))
			continue;
		if (span_is(p->type, "text/html"))
			html_urls(facts_html(f, i), &mail_default_limits,
				f->arena, &f->urls);
		else
			url_find(facts_text(f, i), URL_IN_TEXT,
				&mail_default_limits, f->arena, &f->urls);
		other_urls(f, p);
	}
	if (!f->urls_known)
		facts_file_urls(f);
	f->urls_known = true;
	return &f->urls;
}

bool facts_is_attachment(const struct mime_part *p)
{
	if (p->parent == NULL || span_starts(p->type, SPAN("multipart/")))
		return p->name.n > 0;
	return p->name.n > 0 || span_is(p->disposition, "attachment") ||
		!span_starts(p->type, SPAN("text/"));
}

unsigned facts_flags(const struct facts *f)
{
	return f->mime.flags | f->urls.flags | f->more_flags;
}

bool facts_ambiguous(const struct facts *f)
{
	return facts_flags(f) & AMBIGUOUS;
}

bool facts_over(const struct facts *f)
{
	return facts_flags(f) & OVER;
}

void facts_hit(struct facts *f, const char *name, int32_t weight,
	struct span evidence)
{
	if (f->nhits == FACTS_HITS_MAX)
		return;
	f->hits[f->nhits++] = (struct hit){ span_of(name), weight,
		span_sub(evidence, 0, FACTS_EVIDENCE_MAX) };
	f->score += weight;
}
