#include "digest.h"

#include <stdio.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/io.h"
#include "engine/notice_mail.h"
#include "engine/template_text.h"
#include "tool/own_mail.h"

enum { PATH_SIZE = 200 };

#define ITEM SPAN("%%ITEM%%\n")
#define MORE SPAN("%%MORE%%\n")
#define END SPAN("%%END%%\n")

/* A template in its parts: head, one item, "and so many more", tail. */
struct parts {
	struct span subject, head, item, more, tail;
};

/* The site's file, else ours; *there_r: is there one? */
static int read_template(const char *name, const char *language,
	const char *ending, struct buf *text, bool *there_r, struct err *e)
{
	char path[PATH_SIZE];
	struct span ours;

	*there_r = true;
	snprintf(path, sizeof(path), DIGEST_TEMPLATES "/%s.%s.%s", name,
		language, ending);
	if (access(path, F_OK) == 0)
		return io_slurp(path, TEMPLATE_TEXT_MAX, text, e);
	snprintf(path, sizeof(path), "lua/digest/%s.%s.%s", name, language,
		ending);
	ours = embed_file(path);
	*there_r = ours.p != NULL;
	buf_span(text, ours);
	return 0;
}

static bool cut(struct span *rest, struct span mark, struct span *before_r)
{
	size_t at = span_find(*rest, mark);

	if (at == SIZE_MAX)
		return false;
	*before_r = span_sub(*rest, 0, at);
	*rest = span_after(*rest, at + mark.n);
	return true;
}

static int split(struct span text, const char *name, const char *ending,
	struct parts *p_r, struct err *e)
{
	struct template_file file;

	template_split(text, &file);
	p_r->subject = file.subject;
	p_r->tail = file.text;
	if (cut(&p_r->tail, ITEM, &p_r->head) &&
	    cut(&p_r->tail, MORE, &p_r->item) &&
	    cut(&p_r->tail, END, &p_r->more))
		return 0;
	return err_set(e, ERR_PERMANENT, "digest template %s, %s: must have "
		"the lines %%%%ITEM%%%%, %%%%MORE%%%% and %%%%END%%%%, in "
		"this order", name, ending);
}

/* In that language, or the rule's, or English; d NULL: with all lines. */
static int load(const struct digest *d, const struct digest_rule *r,
	struct span language, const char *ending, struct arena *a,
	struct parts *p_r, struct err *e)
{
	const char *try[] = { NULL, r->language, "en" };
	struct buf text = { .arena = a };
	bool there = false;

	if (language.n == 2)
		try[0] = arena_string(a, language);
	for (size_t i = 0; i < 3 && !there; i++) {
		/* What a person set becomes part of a path. */
		if (try[i] == NULL || strspn(try[i],
		    "abcdefghijklmnopqrstuvwxyz-") != strlen(try[i]))
			continue;
		if (read_template(r->template, try[i], ending, &text, &there,
		    e) < 0)
			return -1;
	}
	if (!there)
		return err_set(e, ERR_PERMANENT, "there is no digest template "
			DIGEST_TEMPLATES "/%s.%s.%s", r->template, r->language,
			ending);
	return split(d ? digest_links_keep(d, r, buf_bytes(&text), a) :
		buf_bytes(&text), r->template, ending, p_r, e);
}

struct values {
	struct digest *d;
	const struct digest_mail *m;
	const struct digest_item *item;
	struct arena *a;
	char text[64];
};

static struct span number(struct values *v, uint64_t n)
{
	snprintf(v->text, sizeof(v->text), "%llu", (unsigned long long)n);
	return span_of(v->text);
}

static struct span size_of(struct values *v, int64_t bytes)
{
	if (bytes < 1000000)
		snprintf(v->text, sizeof(v->text), "%lld kB",
			(long long)(bytes + 999) / 1000);
	else
		snprintf(v->text, sizeof(v->text), "%.1f MB",
			(double)bytes / 1e6);
	return span_of(v->text);
}

static struct span item_value(struct values *v, struct span name)
{
	const struct digest_item *item = v->item;

	if (span_is(name, "DATE"))
		return item->at;
	if (span_is(name, "SENDER"))
		return item->sender;
	if (span_is(name, "SUBJECT"))
		return item->subject.n ? item->subject : SPAN("–");
	if (span_is(name, "REASON"))
		return item->reason;
	if (span_is(name, "RECIPIENT"))
		return item->rcpt;
	if (span_is(name, "SIZE"))
		return size_of(v, item->size);
	if (span_is(name, "ID"))
		return item->id;
	return SPAN("");
}

static struct span value_of(void *self, struct span name)
{
	struct values *v = self;
	const struct digest_mail *m = v->m;
	struct span url;

	if (digest_link(v->d, m, v->item, name, v->a, &url))
		return url;
	if (span_is(name, "PERSON"))
		return m->to;
	if (span_is(name, "COUNT"))
		return number(v, m->total);
	if (span_is(name, "REST"))
		return number(v, m->total - m->n);
	if (span_is(name, "SITE"))
		return span_of(v->d->w.site ? v->d->w.site : "");
	if (span_is(name, "CONTACT"))
		return span_of(m->rule->from);
	return v->item ? item_value(v, name) : SPAN("");
}

static bool is_known(const void *self, struct span name)
{
	static const char *const names[] = { "ALLOW", "ANSWER",
		"ANSWERMAIL", "ANSWERTO", "CONTACT", "COUNT",
		"DATE", "DELETE", "ID", "OPTOUT", "PERSON", "REASON",
		"RECIPIENT", "RELEASE", "REST", "SENDER", "SITE", "SIZE",
		"SUBJECT" };

	(void)self;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static struct span expand(struct values *v, const struct parts *p,
	enum template_place place, struct arena *a)
{
	struct buf out = { .arena = a };

	template_expand(p->head, place, value_of, v, &out);
	for (size_t i = 0; i < v->m->n; i++) {
		v->item = &v->m->items[i];
		template_expand(p->item, place, value_of, v, &out);
	}
	v->item = NULL;
	if (v->m->total > v->m->n)
		template_expand(p->more, place, value_of, v, &out);
	template_expand(p->tail, place, value_of, v, &out);
	return buf_bytes(&out);
}

int digest_compose(struct digest *d, const struct digest_mail *m,
	struct arena *a, struct buf *out, struct err *e)
{
	struct values v = { .d = d, .m = m, .a = a };
	struct buf subject = { .arena = a }, mail = { .arena = a };
	struct parts text, html;
	struct notice_mail n = { .from = span_of(m->rule->from), .to = m->to,
		.ms = m->ms };

	if (load(d, m->rule, m->language, "txt", a, &text, e) < 0 ||
	    load(d, m->rule, m->language, "html", a, &html, e) < 0)
		return -1;
	template_expand(text.subject, TEMPLATE_HEADER, value_of, &v, &subject);
	n.subject = buf_bytes(&subject);
	n.text = expand(&v, &text, TEMPLATE_TEXT, a);
	n.html = expand(&v, &html, TEMPLATE_HTML, a);
	n.id = span_of(arena_printf(a, "digest.%.*s", SPAN_FMT(m->key)));
	n.list = span_of(arena_printf(a, "digest-%s.%s", m->rule->name,
		d->w.site ? d->w.site : "localhost"));
	digest_link(d, m, NULL, SPAN("OPTOUT"), a, &n.unsubscribe);
	digest_link(d, m, NULL, SPAN("ANSWERTO"), a, &n.reply_to);
	notice_mail_put(&n, a, &mail);
	return own_mail_sign(m->rule->from, buf_bytes(&mail), d->now_ms, a,
		out, e);
}

static int check_part(struct span text, const char *name, struct err *e)
{
	return template_check(text, name, 1, is_known, NULL, e);
}

int digest_compose_check(const struct digest_rule *r, struct err *e)
{
	static const char *const endings[] = { "txt", "html" };
	struct arena *a = arena_new("digest check", 8 << 20);
	int result = 0;

	for (size_t i = 0; i < 2 && result == 0; i++) {
		struct parts p;

		result = load(NULL, r, span_of(r->language), endings[i], a, &p,
			e);
		if (result == 0 && (check_part(p.subject, r->template, e) ||
		    check_part(p.head, r->template, e) ||
		    check_part(p.item, r->template, e) ||
		    check_part(p.more, r->template, e) ||
		    check_part(p.tail, r->template, e)))
			result = -1;
	}
	arena_free(&a);
	return result;
}
