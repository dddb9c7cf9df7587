#include "engine/phishing.h"

#include "mail/casefold.h"
#include "mail/confusable.h"
#include "mail/domain.h"

enum {
	LABEL_LEAST = 5,	/* bytes: shorter names are alike by chance */
	LABEL_LONG = 8,		/* from here on with one other letter, too */
	HOSTS_MAX = 200,
};

/* Of a link, or the author's. */
struct host {
	struct span name, org;
	struct span label, like; /* of org; its skeleton */
};

/* A message and who wrote it. */
struct look {
	struct facts *f;
	struct span author;	/* organisational domain of From, or empty */
	struct span name;	/* the author's display name, folded */
	struct span name_like;	/* its skeleton */
	struct span subject;	/* folded */
	const struct rule_brand *brands;
	size_t nbrands;
	struct host hosts[HOSTS_MAX]; /* each once, none of a brand */
	size_t nhosts;
};

static struct span organisation(struct span domain, struct arena *a)
{
	struct span ascii;

	return domain_ascii(domain, a, &ascii) ? domain_organisation(ascii) :
		SPAN("");
}

static bool is_word_byte(unsigned char c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* As words of their own: "visa" is not in "advisable". */
static bool has_words(struct span text, struct span words)
{
	for (size_t from = 0; words.n; from++) {
		size_t at = span_find(span_after(text, from), words);

		if (at == SIZE_MAX)
			return false;
		from += at;
		if ((from == 0 || !is_word_byte(text.p[from - 1])) &&
		    (from + words.n == text.n ||
		     !is_word_byte(text.p[from + words.n])))
			return true;
	}
	return false;
}

/*
 * Two letters that changed places, one that is doubled; of long names also
 * one letter more, less or other: "pcloud" is not "icloud".
 */
static bool differs_by_one(struct span a, struct span b)
{
	bool is_long = a.n >= LABEL_LONG && b.n >= LABEL_LONG;
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	if (a.n == b.n + 1)
		return span_eq(span_after(a, i + 1), span_after(b, i)) &&
			(is_long || (i && a.p[i] == a.p[i - 1]));
	if (a.n + 1 == b.n)
		return is_long && span_eq(span_after(a, i),
			span_after(b, i + 1));
	if (a.n != b.n || i == a.n)
		return false;
	if (is_long && span_eq(span_after(a, i + 1), span_after(b, i + 1)))
		return true;
	return i + 1 < a.n && a.p[i] == b.p[i + 1] && a.p[i + 1] == b.p[i] &&
		span_eq(span_after(a, i + 2), span_after(b, i + 2));
}

static struct span first_label(struct span domain)
{
	size_t dot = span_chr(domain, '.');

	return dot == SIZE_MAX ? domain : span_sub(domain, 0, dot);
}

/* As people see it, not as it is encoded. */
static struct span label_like(struct span org, struct arena *a)
{
	return confusable_skeleton(domain_unicode(first_label(org), a), a);
}

/* Not the same name, but people would take it for it. */
static bool looks_like(const struct host *h, struct span label,
	struct span like)
{
	return label.n >= LABEL_LEAST && !span_eq(h->label, label) &&
		(span_eq(h->like, like) || differs_by_one(h->label, label));
}

static bool is_brands(const struct rule_brand *b, struct span org)
{
	for (size_t i = 0; i < b->ndomains; i++)
		if (span_eq(b->domains[i], org))
			return true;
	return false;
}

/* Any brand's: two of them may differ by a letter. */
static bool is_known(const struct look *l, struct span org)
{
	for (size_t i = 0; i < l->nbrands; i++)
		if (is_brands(&l->brands[i], org))
			return true;
	return false;
}

static void say(struct look *l, const char *name, struct span what,
	const char *how, struct span other)
{
	facts_hit(l->f, name, 0, span_of(arena_printf(l->f->arena,
		"%.*s %s %.*s", SPAN_FMT(what), how, SPAN_FMT(other))));
}

/* --- brands -------------------------------------------------------------- */

/* The words that the brand is known by stand in its hosts, too. */
static bool is_in_host(struct span host, struct span name)
{
	struct span label, part;

	if (name.n < LABEL_LEAST)
		return false;
	while (span_cut(&host, '.', &label))
		while (span_cut(&label, '-', &part))
			if (span_eq(part, name))
				return true;
	return false;
}

static bool is_named_in_host(struct look *l, const struct rule_brand *b)
{
	for (size_t i = 0; i < l->nhosts; i++) {
		/* "brand.example" may be theirs in another country. */
		if (span_eq(l->hosts[i].label, b->name) ||
		    !is_in_host(l->hosts[i].name, b->name))
			continue;
		say(l, "BRAND_HOST", l->hosts[i].name, "is not of", b->shown);
		return true;
	}
	return false;
}

static bool is_like_brand(struct look *l, const struct rule_brand *b)
{
	for (size_t i = 0; i < l->nhosts; i++)
		for (size_t d = 0; d < b->ndomains; d++) {
			if (!looks_like(&l->hosts[i], b->labels[d],
					b->likes[d]))
				continue;
			say(l, "BRAND_LIKE", l->hosts[i].org, "looks like",
				b->domains[d]);
			return true;
		}
	return false;
}

static void brand_hits(struct look *l)
{
	bool name = false, subject = false, host = false, like = false;

	for (size_t i = 0; i < l->nbrands; i++) {
		const struct rule_brand *b = &l->brands[i];
		bool own = is_brands(b, l->author);

		if (!name && !own && (has_words(l->name, b->name) ||
		    has_words(l->name_like, b->like))) {
			say(l, "BRAND_NAME", b->shown, "does not write from",
				l->author);
			name = true;
		}
		if (!subject && !own && has_words(l->subject, b->name)) {
			say(l, "BRAND_SUBJECT", b->shown,
				"is the subject, the author is of", l->author);
			subject = true;
		}
		host = host || is_named_in_host(l, b);
		like = like || is_like_brand(l, b);
	}
}

/* --- the site ------------------------------------------------------------ */

/* Nothing says that the author's domain sent it; not: it is not known. */
static bool is_unproven(const struct auth *who)
{
	return who && who->relay.n && who->checked & AUTH_DMARC &&
		(who->dmarc.result == AUTH_FAIL ||
		 who->dmarc.result == AUTH_NONE) &&
		who->spf.result != AUTH_PASS && who->dkim.result != AUTH_PASS;
}

static void our_hits(struct look *l)
{
	const struct bundle_settings *s = &l->f->bundle->settings;
	struct host author = { l->author, l->author, first_label(l->author),
		label_like(l->author, l->f->arena) };

	for (size_t i = 0; i < s->ndomains; i++) {
		struct span org = organisation(s->domains[i], l->f->arena);

		if (org.n == 0 || l->author.n == 0)
			continue;
		if (span_eq(org, l->author)) {
			if (is_unproven(l->f->auth))
				say(l, "OURS_UNPROVEN", l->author,
					"is ours; nothing proves",
					l->f->from.full);
			return;
		}
	}
	for (size_t i = 0; i < s->ndomains; i++) {
		struct span org = organisation(s->domains[i], l->f->arena);

		if (looks_like(&author, first_label(org),
				label_like(org, l->f->arena))) {
			say(l, "OURS_LIKE", l->author, "looks like", org);
			return;
		}
		if (org.n && has_words(l->name, org)) {
			say(l, "OURS_NAME", org, "is in the name of",
				l->f->from.full);
			return;
		}
	}
}

/* --- the message --------------------------------------------------------- */

static void add_host(struct look *l, struct span name, struct span org)
{
	struct host *h = &l->hosts[l->nhosts];

	for (size_t i = 0; i < l->nhosts; i++)
		if (span_eq(l->hosts[i].name, name))
			return;
	if (org.n == 0 || l->nhosts == HOSTS_MAX || is_known(l, org))
		return;
	*h = (struct host){ name, org, first_label(org), { 0 } };
	for (size_t i = 0; i < l->nhosts && h->like.p == NULL; i++)
		if (span_eq(l->hosts[i].org, org))
			h->like = l->hosts[i].like;
	if (h->like.p == NULL)
		h->like = label_like(org, l->f->arena);
	l->nhosts++;
}

static void gather_hosts(struct look *l)
{
	const struct url_set *urls = facts_urls(l->f);
	struct span ascii;

	if (domain_ascii(l->f->from.domain, l->f->arena, &ascii))
		add_host(l, ascii, l->author);
	for (size_t i = 0; i < urls->n; i++)
		if (urls->v[i].flags & (URL_IN_LINK | URL_IN_TEXT) &&
		    !span_is(urls->v[i].scheme, "mailto"))
			add_host(l, urls->v[i].host, urls->v[i].organisation);
}

void phishing_look(struct facts *f, const struct rule_brand *brands, size_t n)
{
	struct look *l = arena_alloc(f->arena, sizeof(*l));

	*l = (struct look){ .f = f, .brands = brands, .nbrands = n };
	l->author = organisation(f->from.domain, f->arena);
	l->name = casefold(f->from.display, f->arena);
	l->name_like = confusable_skeleton(f->from.display, f->arena);
	l->subject = casefold(f->subject, f->arena);
	gather_hosts(l);
	brand_hits(l);
	our_hits(l);
}
