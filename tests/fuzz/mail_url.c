/*
 * URLs of a text and of a link: in normal form printable, and read again the
 * same; as written they lie in the text.
 */
#include "base/utf8.h"
#include "mail/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct url *u, struct arena *a)
{
	struct url again;

	for (size_t i = 0; i < u->url.n; i++)
		if (u->url.p[i] <= ' ' || u->url.p[i] >= 127)
			__builtin_trap();
	if (u->host.n == 0 && !span_is(u->scheme, "tel") &&
	    !span_is(u->scheme, "mailto"))
		__builtin_trap();
	if (u->flags & (URL_BAD_HOST | URL_CUT) || u->host.n == 0 ||
	    u->url.n > URL_BYTES_MAX)
		return;
	if (!url_read(u->url, a, &again) || !span_eq(again.url, u->url) ||
	    !span_eq(again.host, u->host))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct url_set set = { 0 };
	struct span s = span_from(data, size);
	struct url u;

	url_find(s, URL_IN_TEXT, &mail_default_limits, a, &set);
	if (set.n > mail_default_limits.urls)
		__builtin_trap();
	for (size_t i = 0; i < set.n; i++) {
		check(&set.v[i], a);
		if (!(set.v[i].flags & URL_NESTED) && (set.v[i].raw.p < data ||
		    set.v[i].raw.p + set.v[i].raw.n > data + size))
			__builtin_trap();
	}
	if (url_read(s, a, &u))
		check(&u, a);
	url_join(span_sub(s, 0, size / 2), span_after(s, size / 2), a);
	arena_free(&a);
	return 0;
}
