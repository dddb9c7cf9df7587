/*
 * Who it says it is from and to whom; where it links to.
 */
#include "engine/features_put.h"

#include "mail/casefold.h"
#include "mail/domain.h"

enum { URLS_MAX = 60, TOKEN_MOST = 16, TOKENS_MAX = 12, LABEL_MAX = 6 };

/* Where anybody gets an address. */
static const char *const open_houses[] = {
	"aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com",
	"hotmail.com", "icloud.com", "live.com", "mail.com", "mail.ru",
	"msn.com", "outlook.com", "proton.me", "protonmail.com", "qq.com",
	"rediffmail.com", "web.de", "yahoo.com", "yandex.ru", "163.com",
};

static bool is_open_house(struct span organisation)
{
	for (size_t i = 0; i < sizeof(open_houses) / sizeof(*open_houses); i++)
		if (span_is(organisation, open_houses[i]))
			return true;
	return span_starts(organisation, SPAN("yahoo.")) ||
		span_starts(organisation, SPAN("hotmail."));
}

static struct span organisation(struct gathered *g, struct span domain)
{
	struct span ascii;

	if (!domain_ascii(domain, g->f->arena, &ascii))
		return (struct span){ 0 };
	return domain_organisation(ascii);
}

static struct span last_label(struct span name)
{
	size_t dot = span_rchr(name, '.');

	return dot == SIZE_MAX ? name : span_after(name, dot + 1);
}

static size_t count_digits(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] >= '0' && s.p[i] <= '9';
	return n;
}

static size_t count_of(struct span s, unsigned char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

/* Words of a name or a path, digits as 0. */
static void put_tokens(struct gathered *g, const char *kind, struct span s)
{
	struct span rest = casefold(s, g->f->arena), word;

	for (size_t i = 0; i < TOKENS_MAX && casefold_word(&rest, &word); i++)
		if (word.n > 1 && word.n <= TOKEN_MOST &&
		    count_digits(word) * 2 < word.n)
			features_put(g, kind, word);
}

/* --- sender -------------------------------------------------------------- */

static void put_author(struct gathered *g, struct span org)
{
	const struct address *from = &g->f->from;
	unsigned name = address_name(from, g->f->arena);
	size_t letters = from->local.n - count_digits(from->local);

	features_put(g, "author at", last_label(org));
	features_put(g, "author's domain", org);
	features_put_number(g, "author has an open house",
		is_open_house(org));
	features_put_count(g, "author's digits", count_digits(from->local));
	features_put_count(g, "author's letters", letters);
	features_put_number(g, "author's domain digits",
		count_digits(from->domain) > 0);
	features_put_count(g, "author's dots", count_of(from->domain, '.'));
	features_put_number(g, "author's name",
		from->display.n == 0 ? 0 : span_caseeq(from->display,
		from->full) ? 1 : span_chr(from->display, ' ') == SIZE_MAX ?
		2 : 3);
	for (size_t bit = 0; bit < 5; bit++)
		if (name & 1u << bit)
			features_put_number(g, "author's name deceives", bit);
	put_tokens(g, "author's name has", from->display);
	put_tokens(g, "author is", from->local);
}

/* Does the answer go where it came from? */
static void put_answers(struct gathered *g, struct span org)
{
	const struct header_field *field = header_find(
		&g->f->mime.root->header, SPAN("Reply-To"), 1);
	struct address *list;
	struct span to;

	if (field == NULL || address_list(field->value, 1, g->f->arena,
			&list) == 0)
		return;
	to = organisation(g, list[0].domain);
	features_put_number(g, "answers go", span_caseeq(list[0].full,
		g->f->from.full) ? 0 : span_eq(to, org) ? 1 :
		is_open_house(to) ? 2 : 3);
}

static void put_readers(struct gathered *g)
{
	const struct address *to;
	size_t n = facts_to(g->f, &to), named = 0, self = 0;

	for (size_t i = 0; i < n; i++) {
		named += to[i].display.n > 0;
		self += span_caseeq(to[i].full, g->f->from.full);
	}
	features_put_count(g, "readers", n);
	features_put_number(g, "readers' names", n == 0 ? 0 : 1 +
		(named > 0) + (named == n));
	features_put_number(g, "to himself", self > 0);
}

void features_of_sender(struct gathered *g)
{
	struct span org = organisation(g, g->f->from.domain);

	features_put_count(g, "authors", g->f->nauthors);
	if (g->f->nauthors)
		put_author(g, org);
	put_answers(g, org);
	put_readers(g);
}

/* --- links --------------------------------------------------------------- */

static void put_url(struct gathered *g, const struct url *u, struct span own)
{
	struct span host = u->host, path = u->path;
	struct span query = path;
	size_t mark = span_chr(path, '?');

	if (mark != SIZE_MAX)
		path = span_sub(path, 0, mark);
	query = span_after(query, path.n);
	features_put(g, "scheme", u->scheme);
	if (span_is(u->scheme, "mailto"))
		return;
	for (unsigned bit = 0; bit < 32; bit++)
		if (u->flags & 1u << bit)
			features_put_number(g, "link has", bit);
	features_put_number(g, "link to the author's house",
		span_eq(u->organisation, own));
	if (!(u->flags & URL_IP)) {
		features_put(g, "link at", last_label(host));
		features_put(g, "link's domain", u->organisation);
		put_tokens(g, "link's host has", host);
	}
	features_put_count(g, "host length", host.n);
	features_put_number(g, "host labels", count_of(host, '.') > LABEL_MAX ?
		LABEL_MAX : count_of(host, '.'));
	features_put_number(g, "host digits", count_digits(host) > 0);
	features_put_count(g, "host hyphens", count_of(host, '-'));
	features_put_count(g, "path length", path.n);
	features_put_count(g, "path depth", count_of(path, '/'));
	features_put_count(g, "query length", query.n);
	if (span_rchr(path, '.') != SIZE_MAX &&
	    last_label(path).n <= LABEL_MAX)
		features_put(g, "path ends", last_label(path));
	put_tokens(g, "path has", path);
}

static void put_page_links(struct gathered *g, const struct html *h)
{
	unsigned flags = 0;
	size_t others = 0, pictures = 0;

	for (size_t i = 0; i < h->nlinks; i++) {
		flags |= h->links[i].flags;
		others += (h->links[i].flags & HTML_LINK_OTHER) != 0;
		pictures += (h->links[i].flags & HTML_LINK_IMAGE) != 0;
		if (h->links[i].kind == HTML_A)
			put_tokens(g, "link says", h->links[i].text);
	}
	for (unsigned bit = 0; bit < 32; bit++)
		if (flags & 1u << bit)
			features_put_number(g, "page links", bit);
	features_put_count(g, "disguised links", others);
	features_put_count(g, "picture links", pictures);
}

void features_of_links(struct gathered *g)
{
	const struct url_set *urls = facts_urls(g->f);
	struct span own = organisation(g, g->f->from.domain);
	size_t mails = 0;

	for (size_t i = 0; i < urls->n; i++) {
		mails += span_is(urls->v[i].scheme, "mailto");
		if (i < URLS_MAX)
			put_url(g, &urls->v[i], own);
	}
	features_put_count(g, "links", urls->n - mails);
	features_put_count(g, "addresses", mails);
	for (size_t i = 0; i < g->f->mime.n; i++)
		if (g->f->parts[i].html)
			put_page_links(g, g->f->parts[i].html);
}
