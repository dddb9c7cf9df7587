#include "import.h"

#include "tool/listfile.h"

#include <string.h>

enum { COLUMNS_MAX = 8 };

#define GLOBAL SPAN("")

bool import_plain(struct import *im, struct span text)
{
	struct listfile_entry entry;
	uint32_t line = 0;

	while (listfile_next(&text, &line, &entry))
		import_take(im, entry.text, GLOBAL, entry.line);
	return true;
}

/* --- rspamd: maps -------------------------------------------------------- */

/* "/pattern/flags" */
static void take_pattern(struct import *im, struct span s, uint32_t line)
{
	size_t end = span_rchr(s, '/');
	struct span flags = span_after(s, end + 1);

	if (end == 0 || span_trim(flags).n > 3)
		import_refuse(im, line, s, "is no regular expression between "
			"two /");
	else if (!im->patterns)
		import_refuse(im, line, s, "is a regular expression: import "
			"it into a list of type re");
	else
		import_take(im, span_sub(s, 1, end - 1), GLOBAL, line);
}

bool import_rspamd(struct import *im, struct span text)
{
	struct listfile_entry entry;
	uint32_t line = 0;

	while (listfile_next(&text, &line, &entry)) {
		struct span s = entry.text, word;

		if (s.p[0] == '/') {
			take_pattern(im, s, line);
			continue;
		}
		if (!span_cut(&s, ' ', &word))
			continue;
		/* What stands behind is a score or a symbol's option. */
		import_take(im, span_trim(word), GLOBAL, line);
	}
	return true;
}

/* --- Proxmox Mail Gateway: pmgdb dump ------------------------------------ */

/* What stands behind "WORD NUMBER: ", if that is what the line has. */
static bool after_word(struct span line, const char *word, struct span *rest)
{
	size_t at = span_find(line, span_of(word)), colon;

	if (at == SIZE_MAX)
		return false;
	*rest = span_after(line, at + strlen(word));
	colon = span_find(*rest, SPAN(": "));
	if (colon == SIZE_MAX || colon > 12)
		return false;
	*rest = span_trim(span_after(*rest, colon + 2));
	return true;
}

bool import_pmg(struct import *im, struct span text)
{
	bool wanted = im->group == NULL, seen = false;
	struct span line, rest;
	uint32_t n = 0;

	while (span_line(&text, &line)) {
		n++;
		if (after_word(line, "GROUP ", &rest)) {
			seen = true;
			wanted = im->group == NULL ||
				span_is(rest, im->group);
		} else if (wanted && after_word(line, "OBJECT ", &rest)) {
			seen = true;
			import_take(im, rest, GLOBAL, n);
		}
	}
	return seen;
}

/* --- MailWatch: whitelist, blacklist ------------------------------------- */

/* (id,) to_address, to_domain, from_address */
static void take_row(struct import *im, const struct span *v, size_t n,
	uint32_t line)
{
	struct span to, from;

	if (n < 3) {
		import_refuse(im, line, n ? v[0] : SPAN(""), "has too few "
			"columns: to, domain, from");
		return;
	}
	to = v[n - 3];
	from = v[n - 1];
	if (span_is(from, "from_address"))
		return;
	if (from.n == 0 || span_caseeq(from, SPAN("default")))
		import_refuse(im, line, from, "stands for every sender");
	else if (to.n == 0 || span_caseeq(to, SPAN("default")))
		import_take(im, from, GLOBAL, line);
	else if (span_chr(to, '@') == SIZE_MAX)
		import_refuse(im, line, to, "is a whole domain: there are "
			"parts of single users only");
	else
		import_take(im, from, to, line);
}

/* 'It\'s', it, "it": up to the separator or the end of the row. */
static struct span take_field(struct import *im, struct span *rest,
	unsigned char sep)
{
	struct buf b = { .arena = im->a };
	unsigned char quote = 0;
	size_t i = 0;

	while (i < rest->n && rest->p[i] == ' ')
		i++;
	if (i < rest->n && (rest->p[i] == '\'' || rest->p[i] == '"'))
		quote = rest->p[i++];
	for (; i < rest->n; i++) {
		if (rest->p[i] == '\\' && quote && i + 1 < rest->n)
			i++;
		else if (quote ? rest->p[i] == quote : rest->p[i] == sep ||
			 rest->p[i] == ')')
			break;
		buf_byte(&b, rest->p[i]);
	}
	*rest = span_after(*rest, i + (quote != 0));
	return span_trim(buf_bytes(&b));
}

static size_t split_row(struct import *im, struct span *rest,
	unsigned char sep, struct span *v)
{
	size_t n = 0;

	do {
		v[n++] = take_field(im, rest, sep);
		*rest = span_trim(*rest);
		if (rest->n == 0 || rest->p[0] != sep)
			break;
		*rest = span_after(*rest, 1);
	} while (n < COLUMNS_MAX);
	return n;
}

/* INSERT INTO `blacklist` VALUES (1,'a@b','b','c@d'),(…); */
static void take_insert(struct import *im, struct span line, uint32_t number)
{
	struct span v[COLUMNS_MAX], rest;
	size_t at = span_casefind(line, SPAN("values"));
	size_t open;

	rest = at == SIZE_MAX ? SPAN("") : span_after(line, at);
	while ((open = span_chr(rest, '(')) != SIZE_MAX) {
		rest = span_after(rest, open + 1);
		take_row(im, v, split_row(im, &rest, ',', v), number);
	}
}

bool import_mailwatch(struct import *im, struct span text)
{
	bool sql = span_casefind(text, SPAN("insert into")) != SIZE_MAX;
	struct span line, v[COLUMNS_MAX];
	uint32_t n = 0;

	while (span_line(&text, &line)) {
		unsigned char sep = span_chr(line, '\t') != SIZE_MAX ? '\t' :
			',';

		n++;
		line = span_trim(line);
		if (sql) {
			if (span_casestarts(line, SPAN("insert into")))
				take_insert(im, line, n);
		} else if (line.n && line.p[0] != '#') {
			take_row(im, v, split_row(im, &line, sep, v), n);
		}
	}
	return true;
}
