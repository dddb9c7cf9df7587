#include "mail/type_look.h"

#include <string.h>

enum {
	WINDOW = 4096,		/* of a text, looked at */
	ENOUGH = 4,		/* points that make a script */
};

/* What a text starts with, blanks and a byte order mark passed over. */
static const struct {
	const char *start;
	enum type_id type;
} starts[] = {
	{ "<!doctype html", TYPE_HTML }, { "<html", TYPE_HTML },
	{ "<head", TYPE_HTML }, { "<body", TYPE_HTML },
	{ "<script", TYPE_HTML }, { "<title", TYPE_HTML },
	{ "<iframe", TYPE_HTML }, { "<meta ", TYPE_HTML },
	{ "<table", TYPE_HTML }, { "<div", TYPE_HTML },
	{ "<form", TYPE_HTML }, { "<img ", TYPE_HTML },
	{ "<svg", TYPE_SVG }, { "<!doctype svg", TYPE_SVG },
	{ "<hta:application", TYPE_HTA },
	{ "<job", TYPE_WSF }, { "<package>", TYPE_WSF },
	{ "<scriptlet", TYPE_WSF }, { "<component", TYPE_WSF },
	{ "<?php", TYPE_PHP },
	{ "[internetshortcut]", TYPE_URL }, { "[shell]", TYPE_URL },
	{ "[{000214a0", TYPE_URL },
	{ "windows registry editor", TYPE_REG }, { "regedit4", TYPE_REG },
	{ "[version]", TYPE_INF }, { "[autorun]", TYPE_INF },
	{ "id;p", TYPE_SLK }, { "web\r\n1\r\n", TYPE_IQY },
	{ "@echo ", TYPE_BAT },
	{ "begin:vcalendar", TYPE_ICS }, { "begin:vcard", TYPE_VCF },
	{ "-----begin pgp", TYPE_PGP }, { "-----begin ", TYPE_PEM },
	{ "from - ", TYPE_MBOX },
};

/* After "#!", by the interpreter's name. */
static const struct {
	const char *word;
	enum type_id type;
} interpreters[] = {
	{ "python", TYPE_PYTHON }, { "perl", TYPE_PERL },
	{ "php", TYPE_PHP }, { "node", TYPE_JS }, { "pwsh", TYPE_PS1 },
};

/* Words that count for a language; of its own more than others'. */
static const struct {
	const char *word;
	unsigned char points;
	enum type_id type;
} words[] = {
	{ "createobject", 3, TYPE_VBS }, { "wscript", 2, TYPE_VBS },
	{ "dim", 1, TYPE_VBS }, { "endsub", 2, TYPE_VBS },
	{ "sub", 1, TYPE_VBS }, { "executeglobal", 3, TYPE_VBS },
	{ "chrw", 2, TYPE_VBS }, { "msgbox", 2, TYPE_VBS },
	{ "activexobject", 4, TYPE_JS }, { "var", 1, TYPE_JS },
	{ "function", 1, TYPE_JS }, { "eval", 2, TYPE_JS },
	{ "unescape", 2, TYPE_JS }, { "fromcharcode", 3, TYPE_JS },
	{ "document", 1, TYPE_JS }, { "const", 1, TYPE_JS },
	{ "require", 1, TYPE_JS }, { "console", 1, TYPE_JS },
	{ "invoke-expression", 4, TYPE_PS1 }, { "iex", 2, TYPE_PS1 },
	{ "new-object", 4, TYPE_PS1 }, { "write-host", 4, TYPE_PS1 },
	{ "invoke-webrequest", 4, TYPE_PS1 }, { "cmdletbinding", 4, TYPE_PS1 },
	{ "frombase64string", 3, TYPE_PS1 }, { "param", 1, TYPE_PS1 },
	{ "set-executionpolicy", 4, TYPE_PS1 },
	{ "start-process", 4, TYPE_PS1 },
	{ "downloadstring", 3, TYPE_PS1 }, { "downloadfile", 3, TYPE_PS1 },
	{ "setlocal", 3, TYPE_BAT }, { "errorlevel", 3, TYPE_BAT },
	{ "bitsadmin", 3, TYPE_BAT }, { "certutil", 3, TYPE_BAT },
	{ "goto", 1, TYPE_BAT }, { "echo", 1, TYPE_BAT },
	{ "cmd", 2, TYPE_BAT }, { "powershell", 3, TYPE_BAT },
};

/* As ASCII: UTF-16 loses its other half, letters become small. */
static struct span as_ascii(struct span s, unsigned char *out, bool *text_r)
{
	bool wide = s.n > 3 && ((s.p[0] == 0xff && s.p[1] == 0xfe) ||
		(s.p[0] == 0xfe && s.p[1] == 0xff));
	size_t step = wide ? 2 : 1, n = 0, odd = 0;
	size_t i = wide ? 2u + (s.p[0] == 0xfe) :
		span_starts(s, SPAN("\xef\xbb\xbf")) ? 3u : 0u;

	for (; i < s.n && n < WINDOW; i += step) {
		unsigned char c = s.p[i];

		odd += c < 32 && c != '\t' && c != '\n' && c != '\r' &&
			c != '\f' && c != 27 && c != 8;
		out[n++] = span_lower(c);
	}
	*text_r = n != 0 && (wide ? odd <= n / 8 : odd == 0);
	return span_trim(span_from(out, n));
}

static bool is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c >= 0x80;
}

/* The language with the most points, one pass over the window. */
static enum type_id by_words(struct span s)
{
	unsigned char points[TYPE_N] = { 0 };
	uint64_t once = 0;
	enum type_id best = TYPE_TEXT;

	for (size_t i = 0, n; i < s.n; i += n + 1) {
		for (n = 0; i + n < s.n && is_word(s.p[i + n]); n++)
			;
		for (size_t w = 0; n > 2 &&
		     w < sizeof(words) / sizeof(words[0]); w++) {
			if (s.p[i] != (unsigned char)words[w].word[0] ||
			    once & 1ull << w ||
			    !span_is(span_sub(s, i, n), words[w].word))
				continue;
			once |= 1ull << w;
			points[words[w].type] += words[w].points;
		}
	}
	for (int t = 0; t < TYPE_N; t++)
		if (points[t] >= ENOUGH && (best == TYPE_TEXT ||
		    points[t] > points[best]))
			best = (enum type_id)t;
	return best;
}

/* Prose has these words, too: code has its own marks beside them. */
static bool has_code_marks(struct span s)
{
	size_t marks = 0;

	for (size_t i = 0; i < s.n; i++)
		marks += s.p[i] == '(' || s.p[i] == ';' || s.p[i] == '=' ||
			s.p[i] == '{' || s.p[i] == '$' || s.p[i] == '%';
	return marks * 40 > s.n;
}

/* A block of header fields that mail has. */
static bool is_mail(struct span s)
{
	unsigned fields = 0;
	struct span line;

	for (int i = 0; i < 40 && span_line(&s, &line) && line.n; i++) {
		size_t colon = span_chr(line, ':');

		if (i == 0 && span_starts(line, SPAN("from ")))
			continue;
		if (line.p[0] == ' ' || line.p[0] == '\t')
			continue;
		if (colon == SIZE_MAX || colon == 0 || colon > 60 ||
		    span_chr(span_sub(line, 0, colon), ' ') != SIZE_MAX)
			return fields > 2;
		fields += span_starts(line, SPAN("from:")) ||
			span_starts(line, SPAN("received:")) ||
			span_starts(line, SPAN("subject:")) ||
			span_starts(line, SPAN("date:")) ||
			span_starts(line, SPAN("message-id:")) ||
			span_starts(line, SPAN("return-path:")) ||
			span_starts(line, SPAN("to:")) ||
			span_starts(line, SPAN("mime-version:"));
	}
	return fields > 2;
}

static enum type_id look_mail(struct span s)
{
	if (!is_mail(s))
		return TYPE_UNKNOWN;
	if (span_starts(s, SPAN("from ")))
		return TYPE_MBOX;
	return span_find(s, SPAN("multipart/related")) != SIZE_MAX &&
		span_find(s, SPAN("snapshot-content-location")) != SIZE_MAX ?
		TYPE_MHT : TYPE_EML;
}

/* XML by what stands behind its declaration. */
static enum type_id look_xml(struct span s)
{
	if (span_find(s, SPAN("<svg")) != SIZE_MAX)
		return TYPE_SVG;
	if (span_find(s, SPAN("schemas-microsoft-com:office:")) != SIZE_MAX ||
	    span_find(s, SPAN("schemas.microsoft.com/office/")) != SIZE_MAX ||
	    span_find(s, SPAN("mso-application")) != SIZE_MAX)
		return TYPE_OFFICE_XML;
	if (span_find(s, SPAN("<html")) != SIZE_MAX)
		return TYPE_HTML;
	return span_find(s, SPAN("<scriptlet")) != SIZE_MAX ||
		span_find(s, SPAN("<job")) != SIZE_MAX ? TYPE_WSF : TYPE_XML;
}

static enum type_id by_start(struct span s)
{
	struct span line = s;

	if (span_starts(s, SPAN("#!"))) {
		span_line(&s, &line);
		for (size_t i = 0; i < sizeof(interpreters) /
		     sizeof(interpreters[0]); i++)
			if (span_find(line, span_of(interpreters[i].word)) !=
			    SIZE_MAX)
				return interpreters[i].type;
		return TYPE_SHELL;
	}
	if (span_starts(s, SPAN("<?xml")))
		return look_xml(s);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (span_starts(s, span_of(starts[i].start)))
			return starts[i].type;
	return TYPE_UNKNOWN;
}

/* Comments before <html> are pages, too. */
static struct span skip_comments(struct span s)
{
	while (span_starts(s, SPAN("<!--"))) {
		size_t end = span_find(s, SPAN("-->"));

		if (end == SIZE_MAX)
			return SPAN("<html");
		s = span_trim(span_after(s, end + 3));
	}
	return s;
}

enum type_id type_look_text(struct span s)
{
	unsigned char window[WINDOW];
	bool text;
	struct span w = skip_comments(as_ascii(s, window, &text));
	enum type_id t = by_start(w);

	if (t == TYPE_HTML && span_find(w, SPAN("<hta:application")) !=
	    SIZE_MAX)
		return TYPE_HTA;
	if (t != TYPE_UNKNOWN || !text)
		return t;
	t = look_mail(w);
	if (t != TYPE_UNKNOWN)
		return t;
	if (w.n && (w.p[0] == '{' || w.p[0] == '[') &&
	    span_find(w, SPAN("\":")) != SIZE_MAX)
		return TYPE_JSON;
	return has_code_marks(w) ? by_words(w) : TYPE_TEXT;
}
