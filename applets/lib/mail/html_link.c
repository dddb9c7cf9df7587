#include "mail/html_reader.h"

#include <string.h>

#include "base/map.h"
#include "base/utf8.h"
#include "mail/decode.h"
#include "mail/url.h"

enum {
	TARGET_MAX = 8192,
	ANCHOR_TEXT_MAX = 512,
	SRCSET_MAX = 16,	/* candidates of one image */
	REDIRECTIONS_MAX = 4,
	FIRST = 16,
};

static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == '&')
			return false;
	return true;
}

struct span html_value(struct html_reader *r, struct span s, bool target)
{
	struct buf b = { .arena = r->arena };
	size_t blanks_at = 0;

	r->blanks = false;
	if (is_plain(s))
		return span_trim(s);
	while (s.n) {
		uint32_t code = 0;
		size_t n = html_reference(s, true, &code);

		if (n == 0) {
			n = utf8_next(s, &code);
			n = n ? n : 1;
		}
		s = span_after(s, n);
		if (!target || (code != '\t' && code != '\n' && code != '\r')) {
			utf8_put(&b, code ? code : 0xfffd);
			r->blanks = r->blanks || (blanks_at && code > ' ');
		} else {
			blanks_at = b.n;
		}
	}
	return span_trim(buf_bytes(&b));
}

/* Room for one more of an array that doubles. */
static void *grow(struct html_reader *r, void *v, size_t n, size_t *cap,
	size_t size)
{
	void *grown;

	if (n < *cap)
		return v;
	*cap = *cap ? 2 * *cap : FIRST;
	grown = arena_array(r->arena, *cap, size);
	if (n)
		memcpy(grown, v, n * size);
	return grown;
}

static bool is_scheme(struct span s, const char *scheme)
{
	return span_casestarts(s, span_of(scheme));
}

/* --- data: URIs ---------------------------------------------------------- */

void html_add_data(struct html_reader *r, struct span type,
	struct span content)
{
	struct html *h = r->h;

	h->flags |= HTML_DATA_URI;
	if (r->inner)
		return;
	if (h->ndata == r->limits->urls) {
		h->flags |= HTML_OVER_LINKS;
		return;
	}
	h->data = grow(r, h->data, h->ndata, &r->data_cap, sizeof(*h->data));
	h->data[h->ndata++] = (struct html_data){ .type = type,
		.content = content };
}

/* "a%20b" as bytes. */
static struct span without_percents(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int high = i + 2 < s.n && s.p[i] == '%' ?
			decode_hex(s.p[i + 1]) : -1;
		int low = high < 0 ? -1 : decode_hex(s.p[i + 2]);

		p[n++] = low < 0 ? s.p[i] : (unsigned char)(high * 16 + low);
		if (low >= 0)
			i += 2;
	}
	return span_from(p, n);
}

static struct span lower(struct span s, struct arena *a)
{
	unsigned char *p = arena_alloc(a, s.n);

	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

/* "data:text/html;base64,PGI+" (RFC 2397) */
static void open_data(struct html_reader *r, struct span uri)
{
	struct span head = span_after(uri, 5), type, content;
	size_t comma = span_chr(head, ',');
	bool clean = true;

	if (comma == SIZE_MAX) {
		html_add_data(r, SPAN(""), SPAN(""));
		return;
	}
	content = without_percents(span_after(head, comma + 1), r->arena);
	head = span_trim(span_sub(head, 0, comma));
	if (head.n >= 7 && span_caseeq(span_trim(span_after(head,
	    head.n - 6)), SPAN("base64"))) {
		unsigned char *p = arena_alloc(r->arena,
			DECODE_BASE64_ROOM(content.n));

		content = span_from(p, decode_base64(content, p, &clean));
	}
	type = span_trim(span_sub(head, 0, span_chr(head, ';')));
	html_add_data(r, type.n ? lower(type, r->arena) : SPAN("text/plain"),
		content);
}

/* --- links --------------------------------------------------------------- */

/* What tells links apart, until the next one. */
static struct span key_of(struct html_reader *r, const struct html_link *l)
{
	struct buf *b = &r->key;

	b->n = 0;
	buf_byte(b, (unsigned char)('0' + l->kind));
	buf_span(b, l->target);
	buf_byte(b, 0);
	buf_span(b, l->text);
	return buf_bytes(b);
}

/* The first URL or domain that a text names, if it names one at its front or
 * with a scheme. */
static bool named_in(struct html_reader *r, struct span text, struct url *u_r)
{
	struct mail_limits few = *r->limits;
	struct url_set set = { 0 };

	if (span_chr(text, '.') == SIZE_MAX)
		return false;
	few.urls = 1;
	url_find(text, URL_IN_TEXT, &few, r->arena, &set);
	if (set.n == 0 || span_is(set.v[0].scheme, "mailto") ||
	    span_is(set.v[0].scheme, "tel"))
		return false;
	*u_r = set.v[0];
	return !(u_r->flags & URL_BARE) || u_r->raw.p == text.p;
}

/* Where a chain of redirections leads, if each names one other URL only. */
static void follow(struct html_reader *r, struct url *u)
{
	struct url inner, second;

	for (int i = 0; i < REDIRECTIONS_MAX; i++) {
		size_t at = 0;

		if (!url_nested(u, &at, r->arena, &inner) ||
		    url_nested(u, &at, r->arena, &second))
			return;
		*u = inner;
	}
}

/* "<a href=http://a.example>http://b.example</a>" */
static void compare_text(struct html_reader *r, struct html_link *l)
{
	struct url named, target;

	if (!named_in(r, l->text, &named) ||
	    !url_read(l->url, r->arena, &target) || target.host.n == 0 ||
	    span_is(target.scheme, "mailto"))
		return;
	follow(r, &target);
	if (named.organisation.n && target.organisation.n ?
	    span_eq(named.organisation, target.organisation) :
	    span_eq(named.host, target.host))
		return;
	l->flags |= HTML_LINK_OTHER;
	l->looks = named.host;
}

static struct html_link *keep_link(struct html_reader *r,
	const struct html_link *l)
{
	struct html *h = r->h;
	struct span key = key_of(r, l);
	size_t i = (size_t)map_get(r->links, key);

	if (i) {
		struct html_link *old = &h->links[i - 1];

		old->times++;
		old->flags |= l->flags & ~(unsigned)HTML_LINK_HIDDEN;
		old->flags &= l->flags | ~(unsigned)HTML_LINK_HIDDEN;
		return old;
	}
	if (h->nlinks == r->limits->urls) {
		h->links_over++;
		h->flags |= HTML_OVER_LINKS;
		return NULL;
	}
	h->links = grow(r, h->links, h->nlinks, &r->links_cap,
		sizeof(*h->links));
	h->links[h->nlinks] = *l;
	if (l->text.n)
		compare_text(r, &h->links[h->nlinks]);
	map_put(r->links, arena_span(r->arena, key),
		(void *)(h->nlinks + 1));
	return &h->links[h->nlinks++];
}

static void note_scheme(struct html_reader *r, struct html_link *l)
{
	if (is_scheme(l->url, "cid:"))
		r->h->flags |= HTML_CID;
	if (is_scheme(l->url, "javascript:") || is_scheme(l->url, "vbscript:"))
		r->h->flags |= HTML_SCRIPT;
	if (url_has_host(l->url))
		l->flags |= HTML_LINK_REMOTE;
}

static struct html_link *add_link(struct html_reader *r,
	enum html_link_kind kind, struct span target, unsigned flags,
	struct span text)
{
	struct html_link l = { .kind = kind, .flags = flags, .text = text,
		.times = 1 };

	if (target.n == 0 || target.p[0] == '#')
		return NULL;
	if (r->t.inside)
		l.flags |= HTML_LINK_CONDITIONAL;
	if (is_scheme(target, "data:")) {
		open_data(r, target);
		target = span_sub(target, 0, 5 + span_chr(span_after(target,
			5), ','));
	}
	if (target.n > TARGET_MAX) {
		r->h->flags |= HTML_OVER_LINKS;
		target = span_sub(target, 0, TARGET_MAX);
	}
	l.target = l.url = target;
	if (r->h->base.n && kind != HTML_BASE_HREF)
		l.url = url_join(r->h->base, target, r->arena);
	note_scheme(r, &l);
	return keep_link(r, &l);
}

void html_add_link(struct html_reader *r, enum html_link_kind kind,
	struct span written, unsigned flags)
{
	struct span target = html_value(r, written, true);
	struct html_link *l;

	flags |= r->blanks ? HTML_LINK_BLANKS : 0;
	if (kind == HTML_BASE_HREF && r->h->base.n == 0)
		r->h->base = span_sub(target, 0, TARGET_MAX);
	l = add_link(r, kind, target, flags, SPAN(""));
	if (kind == HTML_ACTION)
		r->form = l ? (size_t)(l - r->h->links) + 1 : 0;
	if (kind == HTML_IMG && target.n) {
		r->h->images++;
		r->h->remote_images += l && l->flags & HTML_LINK_REMOTE;
		r->h->tiny_images += (flags & HTML_LINK_TINY) != 0;
	}
}

void html_open_anchor(struct html_reader *r, struct span written)
{
	html_close_anchor(r);
	r->anchor = html_value(r, written, true);
	r->anchor_to = r->t.inside ? &r->other : &r->seen;
	r->anchor_from = r->anchor_to->out.n;
	r->anchor_flags = r->blanks ? HTML_LINK_BLANKS : 0;
}

void html_close_anchor(struct html_reader *r)
{
	struct span text;

	if (r->anchor.n == 0)
		return;
	text = span_trim(span_after(buf_bytes(&r->anchor_to->out),
		r->anchor_from));
	if (text.n == 0 && !(r->anchor_flags & HTML_LINK_IMAGE))
		r->anchor_flags |= HTML_LINK_HIDDEN;
	if (text.n > ANCHOR_TEXT_MAX) {
		text.n = ANCHOR_TEXT_MAX;
		while (text.n && (text.p[text.n] & 0xc0) == 0x80)
			text.n--;
	}
	add_link(r, HTML_A, r->anchor, r->anchor_flags,
		arena_span(r->arena, text));
	r->anchor.n = 0;
}

void html_add_srcset(struct html_reader *r, struct span written)
{
	struct span all = html_value(r, written, false), one;

	for (size_t i = 0; i < SRCSET_MAX && all.n; i++) {
		bool data = is_scheme(span_trim(all), "data:");
		size_t n = 0;

		all = span_trim(all);
		/* a comma inside is of the URL */
		while (n < all.n && all.p[n] > ' ')
			n++;
		one = span_sub(all, 0, n);
		while (!data && one.n && one.p[one.n - 1] == ',')
			one.n--;
		add_link(r, HTML_IMG, one, 0, SPAN(""));
		all = span_after(all, n);
		if (one.n == n) /* then its size stands up to a comma */
			all = span_after(all, span_chr(all, ','));
		all = span_after(all, 1);
	}
}

void html_add_css(struct html_reader *r, struct span css)
{
	struct span url;
	size_t at = 0;

	while (style_next_url(css, &at, &url)) {
		r->h->flags |= HTML_CSS_URL;
		add_link(r, HTML_CSS, html_value(r, url, true), 0, SPAN(""));
	}
}

void html_add_script(struct html_reader *r, struct span text)
{
	struct html *h = r->h;

	h->flags |= HTML_SCRIPT;
	if (span_trim(text).n == 0)
		return;
	if (h->nscripts == r->limits->urls) {
		h->flags |= HTML_OVER_LINKS;
		return;
	}
	h->scripts = grow(r, h->scripts, h->nscripts, &r->scripts_cap,
		sizeof(*h->scripts));
	h->scripts[h->nscripts++] = text;
}

/* --- the URLs of a page -------------------------------------------------- */

static void add_urls(const struct html *h, const struct mail_limits *l,
	struct arena *a, struct url_set *set)
{
	if (h->flags & HTML_OVER_LINKS)
		set->flags |= MAIL_OVER_URLS;
	set->over += h->links_over;
	for (size_t i = 0; i < h->nlinks; i++) {
		const struct html_link *link = &h->links[i];

		url_add(link->url, (link->kind < HTML_IMG ? URL_IN_LINK :
			URL_IN_LOAD) | (link->flags & HTML_LINK_BLANKS ?
			URL_BLANK : 0), l, a, set);
	}
	url_find(h->text, URL_IN_TEXT, l, a, set);
	url_find(h->other, URL_IN_TEXT, l, a, set);
	url_find(h->hidden, URL_IN_HIDDEN, l, a, set);
	for (size_t i = 0; i < h->nscripts; i++)
		url_find(h->scripts[i], URL_IN_SCRIPT, l, a, set);
}

void html_urls(const struct html *h, const struct mail_limits *l,
	struct arena *a, struct url_set *set)
{
	add_urls(h, l, a, set);
	for (size_t i = 0; i < h->ndata; i++)
		if (h->data[i].page)
			add_urls(h->data[i].page, l, a, set);
}
