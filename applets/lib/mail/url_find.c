#include "mail/url.h"

#include <string.h>

#include "base/utf8.h"
#include "mail/domain.h"
#include "mail/url_host.h"

enum {
	LOCAL_MAX = 64,
	WRAPPED_LINES = 4,
	SUFFIX_MAX = 16,	/* a longer last label is none that is known */
};

struct finder {
	struct span text;
	unsigned where;
	const struct mail_limits *limits;
	struct arena *arena;
	struct url_set *set;
	size_t done;		/* what is before has been looked at */
	size_t taken;		/* what is before belongs to another one */
};

/* What a byte may be part of, and where a URL may be. */
enum { HOST = 1, LOCAL = 2, STOP = 4, TRIGGER = 8 };

static const unsigned char classes[256] = {
	['0' ... '9'] = HOST | LOCAL, ['A' ... 'Z'] = HOST | LOCAL,
	['a' ... 'z'] = HOST | LOCAL, ['-'] = HOST | LOCAL,
	['_'] = HOST | LOCAL, [0x80 ... 0xff] = HOST | LOCAL,
	['.'] = HOST | LOCAL | TRIGGER, [':'] = TRIGGER,
	['!'] = LOCAL, ['#'] = LOCAL, ['$'] = LOCAL, ['%'] = LOCAL,
	['&'] = LOCAL, ['\''] = LOCAL, ['*'] = LOCAL, ['+'] = LOCAL,
	['/'] = LOCAL, ['='] = LOCAL, ['?'] = LOCAL, ['^'] = LOCAL,
	['{'] = LOCAL, ['|'] = LOCAL, ['}'] = LOCAL, ['~'] = LOCAL,
	[0 ... ' '] = STOP, [127] = STOP, ['<'] = STOP, ['>'] = STOP,
	['"'] = STOP, ['`'] = STOP,
};

/* Top-level domains that are endings of files as well. */
static const char *const endings[] = {
	"ai", "app", "bz", "cc", "do", "gz", "in", "java", "md", "mm", "mov",
	"ms", "name", "open", "pl", "pm", "ps", "py", "rs", "run", "sh", "so",
	"st", "tar", "zip",
};

static bool is(unsigned char c, unsigned class)
{
	return classes[c] & class;
}

static bool is_alnum(unsigned char c)
{
	c = span_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static unsigned char byte_at(const struct finder *f, size_t at)
{
	return at < f->text.n ? f->text.p[at] : ' ';
}

/* Blanks and sentence marks beyond ASCII, after which no URL goes on. */
static bool ends_url(uint32_t c)
{
	return c == 0xa0 || c == 0xab || c == 0xbb || c == 0xfffd ||
		(c >= 0x2000 && c <= 0x200b) || (c >= 0x2018 && c <= 0x201f) ||
		c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
		c == 0x2039 || c == 0x203a || (c >= 0x3000 && c <= 0x3003) ||
		(c >= 0x3008 && c <= 0x3011) || c == 0xff01 ||
		(c >= 0xff08 && c <= 0xff09) || c == 0xff0c || c == 0xff0e ||
		(c >= 0xff1a && c <= 0xff1b) || c == 0xff1f ||
		(c >= 0xff61 && c <= 0xff64);
}

/* Full stops of East Asia, which part labels as a dot does (UTS 46). */
static bool is_wide_dot(uint32_t c)
{
	return c == 0x3002 || c == 0xff0e || c == 0xff61;
}

/* Where the URL ends whose host starts at `from`. */
static size_t find_end(const struct finder *f, size_t from)
{
	size_t end = from;
	bool host = true;

	while (end < f->text.n && !is(f->text.p[end], STOP)) {
		size_t n = 1;
		uint32_t c;

		host = host && !memchr("/\\?#", f->text.p[end], 4);
		if (f->text.p[end] >= 0x80) {
			n = utf8_next(span_after(f->text, end), &c);
			if (n == 0 || (ends_url(c) && !(host &&
			    is_wide_dot(c) && is_alnum(byte_at(f, end + n)))))
				break;
		}
		end += n;
	}
	return end;
}

/* A closing bracket belongs to the URL if it holds the opening one. */
static bool is_closed(struct span s, unsigned char close)
{
	unsigned char open = close == ')' ? '(' : close == ']' ? '[' : '{';
	size_t opened = 0, closed = 0;

	for (size_t i = 0; i < s.n; i++) {
		opened += s.p[i] == open;
		closed += s.p[i] == close;
	}
	return opened >= closed;
}

/* Sentence marks behind a URL are not of it. */
static size_t trim_end(const struct finder *f, size_t from, size_t end)
{
	unsigned brackets = 0;

	while (end > from) {
		unsigned char c = f->text.p[end - 1];

		if (memchr(".,;:!?'*|_~", c, 11)) {
			end--;
		} else if (memchr(")]}", c, 3) && brackets++ < 8 &&
		    !is_closed(span_sub(f->text, from, end - from), c)) {
			end--;
		} else {
			break;
		}
	}
	return end;
}

/*
 * "<http://a.example/very/
 * long>": some clients put it together again (RFC 3986, appendix C).
 */
static void add_wrapped(struct finder *f, size_t from, size_t end)
{
	unsigned lines = 0;

	if (from == 0 || f->text.p[from - 1] != '<')
		return;
	for (; end < f->text.n && end - from < URL_BYTES_MAX; end++) {
		unsigned char c = f->text.p[end];

		if (c == '>' && lines) {
			url_add(span_sub(f->text, from, end - from), f->where |
				URL_WRAPPED, f->limits, f->arena, f->set);
			return;
		}
		if (c == '\n' && ++lines > WRAPPED_LINES)
			return;
		if (is(c, STOP) && c != '\n' && c != '\r')
			return;
	}
}

/* Adds the URL from.. whose host starts at `host`. */
static void take_url(struct finder *f, size_t from, size_t host)
{
	size_t end = find_end(f, host), trimmed = trim_end(f, host, end);

	f->done = f->taken = end > host ? end : host;
	if (trimmed <= host)
		return;
	url_add(span_sub(f->text, from, trimmed - from), f->where, f->limits,
		f->arena, f->set);
	add_wrapped(f, from, end);
}

/* --- schemes ------------------------------------------------------------- */

/* Start of the scheme that ends before the ':' at `colon`, or SIZE_MAX. */
static size_t find_scheme(const struct finder *f, size_t colon, bool slashes)
{
	static const char *const names[] = { "https", "http", "ftp", "mailto",
		"tel" };

	for (size_t i = slashes ? 0 : 3; i < (slashes ? 3 : 5); i++) {
		struct span s = span_of(names[i]);

		if (colon < f->taken + s.n || !span_caseeq(s,
		    span_sub(f->text, colon - s.n, s.n)))
			continue;
		if (colon == s.n || !is_alnum(f->text.p[colon - s.n - 1]))
			return colon - s.n;
	}
	return SIZE_MAX;
}

/* At a colon. */
static void try_scheme(struct finder *f, size_t at)
{
	unsigned char next = byte_at(f, at + 1), after = byte_at(f, at + 2);
	bool slashes = (next == '/' || next == '\\') &&
		(after == '/' || after == '\\');
	size_t from;

	if (!slashes && (at == 0 || is(next, STOP) ||
	    !memchr("oOlL", f->text.p[at - 1], 4)))
		return;
	from = find_scheme(f, at, slashes);
	if (from != SIZE_MAX)
		take_url(f, from, at + (slashes ? 3 : 1));
}

/* --- bare domains and addresses ------------------------------------------ */

static bool is_ending(struct span label)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (span_caseeq(label, span_of(endings[i])))
			return true;
	return false;
}

/* "Yes.So" are two sentences. */
static bool is_capitalised(struct span label)
{
	return label.n > 1 && label.p[0] >= 'A' && label.p[0] <= 'Z' &&
		label.p[1] >= 'a' && label.p[1] <= 'z';
}

/* Whether clients link it without a scheme; path: one follows. */
static bool is_domain(struct finder *f, struct span s, bool path, bool mail)
{
	size_t dot = span_rchr(s, '.');
	struct span last = span_after(s, dot + 1), ascii;
	bool two = span_chr(s, '.') == dot;

	if (dot == SIZE_MAX || s.n > DOMAIN_MAX || last.n < 2 ||
	    (last.p[0] >= '0' && last.p[0] <= '9') ||
	    !domain_ascii(s, f->arena, &ascii))
		return false;
	if (span_casestarts(s, SPAN("www.")) && !two)
		return true;
	if (last.n > SUFFIX_MAX && last.p[0] < 0x80)
		return false;
	if (!mail && (is_capitalised(last) || (!path && is_ending(last) &&
	    (two || span_is(last, "java")))))
		return false;
	return url_has_suffix(ascii);
}

/* Where the local part before the @ begins; the @ itself: there is none. */
static size_t find_local(const struct finder *f, size_t at)
{
	size_t from = at;

	while (from > f->taken && at - from < LOCAL_MAX &&
	       is(f->text.p[from - 1], LOCAL))
		from--;
	while (from < at && memchr(".'/&=?*", f->text.p[from], 7))
		from++;
	return from;
}

/* At a dot with the name around it from..end. */
static void try_name(struct finder *f, size_t from, size_t end)
{
	unsigned char before = from ? f->text.p[from - 1] : ' ';
	unsigned char after = byte_at(f, end);
	bool path = after == '/' || after == '?' ||
		(after == ':' && byte_at(f, end + 1) >= '0' &&
		 byte_at(f, end + 1) <= '9');
	struct span name = span_sub(f->text, from, end - from);

	if (after == '@' || after == '(' || memchr("/\\=$%#&~", before, 8))
		return;
	if (!is_domain(f, name, path, before == '@'))
		return;
	if (before == '@') {
		size_t local = find_local(f, from - 1);

		if (local < from - 1)
			url_add(span_sub(f->text, local, end - local),
				f->where, f->limits, f->arena, f->set);
	} else if (path) {
		take_url(f, from, from);
		return;
	} else {
		url_add(name, f->where, f->limits, f->arena, f->set);
	}
	f->done = f->taken = end;
}

/* How many bytes of a host's name there are; an ill-formed one ends it. */
static size_t name_byte(const struct finder *f, size_t at)
{
	uint32_t c;
	size_t n;

	if (at >= f->text.n || !is(f->text.p[at], HOST))
		return 0;
	if (f->text.p[at] < 0x80)
		return 1;
	n = utf8_next(span_after(f->text, at), &c);
	return n && !ends_url(c) ? n : 0;
}

/* At a dot: the whole run of bytes that may be a host's. */
static void try_dot(struct finder *f, size_t at)
{
	size_t from = at, end = at, n;

	while (from > f->done && is(f->text.p[from - 1], HOST))
		from--;
	/* a character that ends a URL may stand before the name */
	for (size_t i = from; i < at; i += n ? n : 1)
		if ((n = name_byte(f, i)) == 0)
			from = i + 1;
	while ((n = name_byte(f, end)) > 0)
		end += n;
	f->done = end > at ? end : at + 1;
	while (end > at && memchr(".-_", f->text.p[end - 1], 3))
		end--;
	while (from < at && (memchr(".-_", f->text.p[from], 3) ||
	    (f->text.p[from] & 0xc0) == 0x80))
		from++;
	if (from < at && end > at + 1)
		try_name(f, from, end);
}

void url_find(struct span text, unsigned where, const struct mail_limits *l,
	struct arena *a, struct url_set *set)
{
	struct finder f = { text, where, l, a, set, 0, 0 };
	size_t at = 0;

	for (;;) {
		while (at < text.n && !is(text.p[at], TRIGGER))
			at++;
		if (at >= text.n)
			return;
		if (text.p[at] == ':')
			try_scheme(&f, at);
		else if (at > 0 && is(byte_at(&f, at + 1), HOST))
			try_dot(&f, at);
		at = f.done > at ? f.done : at + 1;
	}
}
