/*
 * Where links lead, and how that is hidden. lua/rules weighs it.
 */
#include "engine/check.h"
#include "mail/domain.h"

enum { FOLLOWED = URL_IN_TEXT | URL_IN_LINK | URL_IN_SCRIPT };

static const struct {
	unsigned flag;
	const char *name;
} oddities[] = {
	{ URL_USER | URL_MANY_AT, "LINK_USER" },
	{ URL_IP, "LINK_IP" },
	{ URL_ODD_IP, "LINK_ODD_IP" },
	{ URL_ENCODED_HOST, "LINK_ENCODED_HOST" },
	{ URL_PORT, "LINK_PORT" },
	{ URL_MIXED, "LINK_MIXED_SCRIPTS" },
	{ URL_LIKE_ASCII, "LINK_LOOKS_LIKE" },
	{ URL_IDN, "LINK_IDN" },
	{ URL_BACKSLASH, "LINK_BACKSLASH" },
	{ URL_BLANK, "LINK_BLANKS" },
	{ URL_NUL, "LINK_NUL" },
	{ URL_BAD_HOST, "LINK_BAD_HOST" },
};

static bool is_web(const struct url *u)
{
	return span_is(u->scheme, "http") || span_is(u->scheme, "https");
}

static void odd_links(struct facts *f, const struct url_set *urls)
{
	unsigned seen = 0;

	for (size_t i = 0; i < urls->n; i++) {
		const struct url *u = &urls->v[i];

		if (!(u->flags & FOLLOWED) || !is_web(u))
			continue;
		for (size_t k = 0; k < sizeof(oddities) / sizeof(*oddities);
		     k++)
			if (u->flags & oddities[k].flag & ~seen)
				facts_hit(f, oddities[k].name, 0, u->raw);
		seen |= u->flags;
	}
}

/* One that leads on to another organisation: an open redirect, perhaps. */
static void redirecting_links(struct facts *f, const struct url_set *urls)
{
	for (size_t i = 0; i < urls->n; i++) {
		const struct url *u = &urls->v[i];
		struct url in;
		size_t at = 0;

		if (!(u->flags & URL_NESTS) || !(u->flags & FOLLOWED) ||
		    !url_nested(u, &at, f->arena, &in) ||
		    in.organisation.n == 0 ||
		    span_eq(in.organisation, u->organisation))
			continue;
		facts_hit(f, "LINK_REDIRECTS", 0, u->url);
		return;
	}
}

/* "www.bank.example" is read, something else is opened. */
static void lying_links(struct facts *f)
{
	for (size_t i = 0; i < f->mime.n; i++) {
		const struct html *h;

		if (!mime_is_text(f->mime.parts[i]) ||
		    !span_is(f->mime.parts[i]->type, "text/html"))
			continue;
		h = facts_html(f, i);
		for (size_t k = 0; k < h->nlinks; k++) {
			if (!(h->links[k].flags & HTML_LINK_OTHER))
				continue;
			facts_hit(f, "LINK_OTHER", 0, span_of(arena_printf(
				f->arena, "%.*s leads to %.*s",
				SPAN_FMT(h->links[k].looks),
				SPAN_FMT(h->links[k].url))));
			return;
		}
	}
}

/* No link leads to who says he wrote it. */
static void foreign_links(struct facts *f, const struct url_set *urls)
{
	struct span own = domain_organisation(f->from.domain), ascii;
	size_t n = 0;

	if (domain_ascii(f->from.domain, f->arena, &ascii))
		own = domain_organisation(ascii);
	for (size_t i = 0; i < urls->n; i++) {
		const struct url *u = &urls->v[i];

		if (!(u->flags & URL_IN_LINK) || !is_web(u))
			continue;
		if (span_eq(u->organisation, own))
			return;
		n++;
	}
	if (n)
		facts_hit(f, "LINKS_ELSEWHERE", 0, span_of(arena_printf(
			f->arena, "%zu links, none to %.*s", n,
			SPAN_FMT(f->from.domain))));
}

static enum check_state links_run(struct facts *f)
{
	const struct url_set *urls = facts_urls(f);
	size_t before = f->nhits;

	odd_links(f, urls);
	redirecting_links(f, urls);
	lying_links(f);
	foreign_links(f, urls);
	return f->nhits > before ? CHECK_HIT : CHECK_NO;
}

const struct check links_check = {
	.name = "links",
	.stage = CHECK_LOCAL,
	.run = links_run,
};
