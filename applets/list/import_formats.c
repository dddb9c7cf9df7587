#include "import.h"

#include "tool/listfile.h"

#include <string.h>

enum { COLUMNS_MAX = 8, NAMES_MAX = 200 };

#define GLOBAL SPAN("")

bool import_plain(struct import *im, struct span text)
{
	struct listfile_entry entry;
	uint32_t line = 0;

	while (listfile_next(&text, &line, &entry))
		import_take(im, entry.text, GLOBAL, entry.line);
	return true;
}

/* --- groups and tables --------------------------------------------------- */

/*
 * Of several that a file has one must be named: what blocks and what lets
 * pass may stand in one file. False: im->why says so.
 */
static bool choose(struct import *im, struct span *names, size_t n,
	struct span *chosen_r)
{
	struct buf b = { .arena = im->a };

	for (size_t i = 0; i < n; i++) {
		if (im->group ? span_is(names[i], im->group) : n == 1) {
			*chosen_r = names[i];
			return true;
		}
		buf_printf(&b, "%s\"%.*s\"", i ? ", " : "",
			SPAN_FMT(names[i]));
	}
	if (n)
		im->why = arena_printf(im->a, "say which with --group: %s",
			buf_c(&b));
	return false;
}

static size_t add_name(struct span *names, size_t n, struct span name)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq(names[i], name))
			return n;
	if (n < NAMES_MAX)
		names[n++] = name;
	return n;
}

/* --- rspamd: maps -------------------------------------------------------- */

static struct span first_word(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	return span_sub(s, 0, n);
}

/* "/pattern/flags", and perhaps a score */
static void take_pattern(struct import *im, struct span s, uint32_t line)
{
	size_t end = span_rchr(s, '/');
	struct span flags = first_word(span_after(s, end + 1));

	if (end == 0 || flags.n > 4)
		import_refuse(im, line, s, "is no regular expression between "
			"two /");
	else if (!im->patterns)
		import_refuse(im, line, s, "is a regular expression: import "
			"it into a list of type re");
	else if (span_chr(flags, 'i') == SIZE_MAX)
		import_refuse(im, line, s, "minds case, which lists of type "
			"re do not: add it by hand if that is no matter");
	else
		import_take(im, span_sub(s, 1, end - 1), GLOBAL, line);
}

bool import_rspamd(struct import *im, struct span text)
{
	struct listfile_entry entry;
	uint32_t line = 0;

	while (listfile_next(&text, &line, &entry))
		if (entry.text.p[0] == '/')
			take_pattern(im, entry.text, line);
		else	/* What stands behind is a score or an option. */
			import_take(im, first_word(entry.text), GLOBAL, line);
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

/* A group of people or hosts; the others are of files, times, actions. */
static bool is_who(struct span line, struct span *name_r)
{
	return after_word(line, "FROM GROUP ", name_r) ||
		after_word(line, "TO GROUP ", name_r);
}

/* The dump does not say of what kind an object is. */
static bool looks_like_pattern(struct span s)
{
	if (span_find(s, SPAN(".*")) != SIZE_MAX)
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (strchr("\\[(^$|", s.p[i]))
			return true;
	return false;
}

static void take_object(struct import *im, struct span s, uint32_t line)
{
	if (looks_like_pattern(s) && !im->patterns)
		import_refuse(im, line, s, "is a regular expression: import "
			"it into a list of type re");
	else
		import_take(im, s, GLOBAL, line);
}

bool import_pmg(struct import *im, struct span text)
{
	struct span names[NAMES_MAX], chosen, line, rest, all = text;
	bool wanted = false;
	uint32_t number = 0;
	size_t n = 0;

	while (span_line(&all, &line))
		if (is_who(line, &rest))
			n = add_name(names, n, rest);
	if (!choose(im, names, n, &chosen))
		return false;
	while (span_line(&text, &line)) {
		number++;
		if (is_who(line, &rest))
			wanted = span_eq(rest, chosen);
		else if (after_word(line, " GROUP ", &rest))
			wanted = false;
		else if (wanted && after_word(line, "OBJECT ", &rest))
			take_object(im, rest, number);
	}
	return true;
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

/* A place in an SQL dump. */
struct dump {
	struct span rest;
	uint32_t line;
};

static void go_to(struct dump *d, size_t at)
{
	for (size_t i = 0; i < at && i < d->rest.n; i++)
		d->line += d->rest.p[i] == '\n';
	d->rest = span_after(d->rest, at);
}

static void skip_blanks(struct dump *d)
{
	size_t n = 0;

	while (n < d->rest.n && strchr(" \t\r\n,", d->rest.p[n]) &&
	       d->rest.p[n])
		n++;
	go_to(d, n);
}

/* To the next statement for a table of ours; its name without quotes. */
static bool next_insert(struct dump *d, struct span *table_r)
{
	size_t at;

	while ((at = span_casefind(d->rest, SPAN("insert into"))) !=
	       SIZE_MAX) {
		go_to(d, at + 11);
		skip_blanks(d);
		*table_r = first_word(d->rest);
		if (table_r->n > 2 && table_r->p[0] == '`')
			*table_r = span_sub(*table_r, 1, table_r->n - 2);
		if (span_is(*table_r, "whitelist") ||
		    span_is(*table_r, "blacklist"))
			return true;
	}
	return false;
}

/* VALUES (1,'a@b','b','c@d'), (…); over any number of lines */
static void take_rows(struct import *im, struct dump *d)
{
	size_t at = span_casefind(d->rest, SPAN("values"));
	struct span v[COLUMNS_MAX], rest;

	if (at == SIZE_MAX)
		return;
	go_to(d, at + 6);
	for (skip_blanks(d); d->rest.n && d->rest.p[0] == '(';
	     skip_blanks(d)) {
		uint32_t line = d->line;
		size_t n;

		rest = span_after(d->rest, 1);
		n = split_row(im, &rest, ',', v);
		take_row(im, v, n, line);
		at = span_chr(rest, ')');
		go_to(d, d->rest.n - rest.n + (at == SIZE_MAX ? rest.n :
			at + 1));
	}
}

static bool read_dump(struct import *im, struct span text)
{
	struct dump d = { text, 1 };
	struct span names[NAMES_MAX], chosen, table;
	size_t n = 0;

	while (next_insert(&d, &table))
		n = add_name(names, n, table);
	if (!choose(im, names, n, &chosen))
		return false;
	d = (struct dump){ text, 1 };
	while (next_insert(&d, &table))
		if (span_eq(table, chosen))
			take_rows(im, &d);
	return true;
}

bool import_mailwatch(struct import *im, struct span text)
{
	struct span line, v[COLUMNS_MAX];
	uint32_t n = 0;

	if (span_casefind(text, SPAN("insert into")) != SIZE_MAX)
		return read_dump(im, text);
	while (span_line(&text, &line)) {
		unsigned char sep = span_chr(line, '\t') != SIZE_MAX ? '\t' :
			',';

		n++;
		line = span_trim(line);
		if (line.n && line.p[0] != '#')
			take_row(im, v, split_row(im, &line, sep, v), n);
	}
	return true;
}
