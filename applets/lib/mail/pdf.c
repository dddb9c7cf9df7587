#include "mail/office_look.h"

#include <string.h>

#include "base/clock.h"

enum {
	NAME_MOST = 64,
	STRING_MOST = 4096,
	INFLATE_MOST = 8 << 20,	/* of one stream */
	DICTIONARY = 4096,	/* bytes before a stream that describe it */
	STREAMS_MOST = 20000,
};

/* Names that are facts, PDF 32000-1:2008, 12.6.4, 7.11.4, 7.6. */
static const struct {
	const char *name;
	unsigned flags;
} names[] = {
	{ "JavaScript", FILE_SCRIPT }, { "JS", FILE_SCRIPT },
	{ "OpenAction", FILE_OPEN_ACTION }, { "AA", FILE_OPEN_ACTION },
	{ "Launch", FILE_LAUNCH }, { "EmbeddedFile", FILE_ATTACHED },
	{ "EmbeddedFiles", FILE_ATTACHED }, { "RichMedia", FILE_ATTACHED },
	{ "Encrypt", FILE_ENCRYPTED }, { "URI", FILE_LINK },
	{ "GoToR", FILE_EXTERNAL }, { "GoToE", FILE_ATTACHED },
	{ "SubmitForm", FILE_EXTERNAL }, { "ImportData", FILE_EXTERNAL },
	{ "XFA", FILE_SCRIPT },
};

static bool is_delimiter(unsigned char c)
{
	return c <= ' ' || strchr("()<>[]{}/%", c) != NULL;
}

static int hex(unsigned char c)
{
	unsigned char low = span_lower(c);

	return c >= '0' && c <= '9' ? c - '0' :
		low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The name at *at, behind its slash, "#6A" undone; *at moves behind it. */
static struct span read_name(struct span s, size_t *at, unsigned char *out,
	bool *hidden)
{
	size_t n = 0;

	*hidden = false;
	while (*at < s.n && !is_delimiter(s.p[*at])) {
		unsigned char c = s.p[(*at)++];

		if (c == '#' && *at + 1 < s.n && hex(s.p[*at]) >= 0 &&
		    hex(s.p[*at + 1]) >= 0) {
			c = (unsigned char)(hex(s.p[*at]) << 4 |
				hex(s.p[*at + 1]));
			*at += 2;
			*hidden |= span_lower(c) >= 'a' &&
				span_lower(c) <= 'z';
		}
		if (n < NAME_MOST)
			out[n++] = c;
	}
	return span_from(out, n);
}

/* A string, in brackets or hex, as it is meant. */
static struct span read_string(struct span s, size_t at, unsigned char *out)
{
	size_t n = 0, depth = 1;
	int half = -1;

	while (at < s.n && s.p[at] <= ' ')
		at++;
	if (at >= s.n || (s.p[at] != '(' && s.p[at] != '<'))
		return SPAN("");
	if (s.p[at++] == '<') {
		for (; at < s.n && s.p[at] != '>' && n < STRING_MOST; at++) {
			if (hex(s.p[at]) < 0)
				continue;
			if (half >= 0)
				out[n++] = (unsigned char)(half << 4 |
					hex(s.p[at]));
			half = half >= 0 ? -1 : hex(s.p[at]);
		}
		return span_from(out, n);
	}
	for (; at < s.n && n < STRING_MOST; at++) {
		if (s.p[at] == '\\' && at + 1 < s.n) {
			out[n++] = s.p[++at];
			continue;
		}
		depth += s.p[at] == '(';
		depth -= s.p[at] == ')';
		if (depth == 0)
			break;
		out[n++] = s.p[at];
	}
	return span_from(out, n);
}

static void look_pdf_name(struct file_look *l, struct span s, size_t at,
	struct span name, bool hidden)
{
	unsigned char out[STRING_MOST];
	struct span target;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!span_is(name, names[i].name))
			continue;
		if (hidden)
			l->flags |= FILE_OBFUSCATED;
		if (names[i].flags != FILE_LINK) {
			l->flags |= names[i].flags;
			continue;
		}
		if (!look_may_read(l))
			return;
		/* /S /URI names the action, /URI (…) its target. */
		target = read_string(s, at, out);
		if (target.n)
			look_link(l, target);
	}
	if (span_is(name, "Encrypt"))
		l->mail_flags |= MAIL_ENCRYPTED;
}

static void look_names(struct file_look *l, struct span s)
{
	unsigned char out[NAME_MOST];
	bool hidden;

	for (size_t at = 0; at < s.n; at++) {
		const unsigned char *p = memchr(s.p + at, '/', s.n - at);
		struct span name;

		if (p == NULL)
			return;
		at = (size_t)(p - s.p) + 1;
		name = read_name(s, &at, out, &hidden);
		look_pdf_name(l, s, at, name, hidden);
		at--;
	}
}

static bool has_name(struct span s, struct span want)
{
	unsigned char out[NAME_MOST];
	bool hidden;

	for (size_t at = 0; at < s.n; at++)
		if (s.p[at] == '/') {
			at++;
			if (span_eq(read_name(s, &at, out, &hidden), want))
				return true;
			at--;
		}
	return false;
}

/* The dictionary before a stream: behind the last "obj". */
static struct span dictionary(struct span s, size_t stream)
{
	size_t from = stream > DICTIONARY ? stream - DICTIONARY : 0;
	struct span d = span_sub(s, from, stream - from);

	for (size_t at = d.n; at >= 3; at--)
		if (memcmp(d.p + at - 3, "obj", 3) == 0)
			return span_after(d, at);
	return d;
}

static void look_stream(struct file_look *l, struct span dict,
	struct span data)
{
	bool objects = has_name(dict, SPAN("ObjStm"));
	bool file = has_name(dict, SPAN("EmbeddedFile"));
	struct buf b = { 0 };

	if (!objects && !file)
		return;
	if (has_name(dict, SPAN("FlateDecode")) || has_name(dict, SPAN("Fl"))) {
		b = look_inflate(l, data, INFLATE_MOST);
		if (b.n == 0 && data.n)
			look_broken(l);
		if (b.n == INFLATE_MOST)
			look_over(l);
		data = buf_bytes(&b);
	} else if (has_name(dict, SPAN("Filter"))) {
		/* Another filter than ours: not looked into. */
		look_broken(l);
		return;
	}
	if (objects)
		look_names(l, data);
	else
		look_embedded(l, SPAN(""), arena_span(l->arena, data));
	buf_free(&b);
}

void pdf_look(struct file_look *l, struct span content)
{
	struct span rest = content;
	int64_t ends = clock_us() - l->budget->us +
		(int64_t)l->budget->limits->archive_ms * 1000;

	for (int i = 0; rest.n; i++) {
		size_t at = span_find(rest, SPAN("stream")), end;
		size_t begin = content.n - rest.n + at;
		struct span data;

		if (at == SIZE_MAX) {
			look_names(l, rest);
			return;
		}
		if (i == STREAMS_MOST || clock_us() > ends) {
			look_over(l);
			return;
		}
		look_names(l, span_sub(rest, 0, at));
		rest = span_after(rest, at + 6);
		if (at >= 3 && memcmp(rest.p - 9, "end", 3) == 0)
			continue;
		data = rest;
		if (span_starts(data, SPAN("\r")))
			data = span_after(data, 1);
		if (span_starts(data, SPAN("\n")))
			data = span_after(data, 1);
		end = span_find(data, SPAN("endstream"));
		if (end == SIZE_MAX)
			look_broken(l);
		data = span_sub(data, 0, end);
		look_stream(l, dictionary(content, begin), data);
		rest = end == SIZE_MAX ? SPAN("") : span_after(rest,
			(size_t)(data.p - rest.p) + data.n);
	}
}
