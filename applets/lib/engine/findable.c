#include "engine/findable.h"

#include "engine/facts_record.h"
#include "mail/words.h"

/* As a file name: what stands behind the last slash, and its extension. */
static void add_file(struct words *w, struct span path)
{
	size_t slash = span_rchr(path, '/');
	struct span name = slash == SIZE_MAX ? path :
		span_after(path, slash + 1);
	size_t dot = span_rchr(name, '.');

	words_add_mark(w, "file", name);
	if (dot != SIZE_MAX && dot > 0)
		words_add_mark(w, "ext", span_after(name, dot + 1));
}

static void add_parts(struct words *w, const struct facts_record *f)
{
	for (size_t i = 0; i < f->nparts; i++) {
		const struct part_record *p = &f->parts[i];

		if (p->name.n == 0 && p->nmembers == 0)
			continue;
		add_file(w, p->name);
		words_add_mark(w, "sha256", p->sha256);
		for (size_t k = 0; k < p->nmembers; k++) {
			add_file(w, p->members[k].path);
			words_add_mark(w, "sha256", p->members[k].sha256);
		}
	}
}

/* What plan:mark said: "mark(KEY=VALUE)". */
static void add_said(struct words *w, struct span said)
{
	size_t at = span_find(said, SPAN("mark("));
	struct span both;

	if (at != 0 || said.p[said.n - 1] != ')')
		return;
	both = span_sub(said, 5, said.n - 6);
	words_add_mark(w, "mark", both);
	words_add_mark(w, "mark", span_sub(both, 0, span_chr(both, '=')));
}

static void add_rules(struct words *w, const struct verdict *v)
{
	for (size_t i = 0; i < v->ngroups; i++)
		for (size_t k = 0; k < v->groups[i].ntrace; k++) {
			const struct trace_step *t = &v->groups[i].trace[k];
			struct buf b = { .arena = w->arena };

			if (t->said.n == 0)
				continue;
			buf_span(&b, t->policy);
			buf_byte(&b, '/');
			buf_span(&b, t->rule);
			words_add_mark(w, "rule", buf_bytes(&b));
			add_said(w, t->said);
		}
}

static void add_marks(struct words *w, const struct facts *f,
	const struct verdict *v, struct span record)
{
	struct facts_record r;

	for (size_t i = 0; i < f->nhits; i++)
		words_add_mark(w, "hit", f->hits[i].name);
	if (f->virus == VIRUS_FOUND)
		words_add_mark(w, "virus", f->virus_name);
	add_rules(w, v);
	if (facts_get(record, w->arena, &r))
		add_parts(w, &r);
}

static void add_text(struct words *w, struct facts *f)
{
	words_add(w, f->subject);
	for (size_t i = 0; i < f->mime.n && w->n < WORDS_MAX; i++) {
		const struct mime_part *p = f->parts[i].mime;

		if (!mime_is_text(p))
			continue;
		if (span_is(p->type, "text/html"))
			words_add_html(w, facts_text(f, i));
		else
			words_add(w, facts_text(f, i));
	}
}

struct span findable_words(struct facts *f, const struct verdict *v,
	struct span record)
{
	struct words w;

	words_begin(&w, f->arena);
	add_marks(&w, f, v, record);
	add_text(&w, f);
	return buf_bytes(&w.list);
}
