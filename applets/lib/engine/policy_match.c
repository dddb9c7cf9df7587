/*
 * Looking for words: contains, matches, regular expressions.
 */
#include "engine/policy_view.h"

#include "base/args.h"
#include "detect/pattern.h"
#include "mail/casefold.h"

enum {
	FOUND_MAX = 1000,	/* of what find() gives */
	REGEXES_MAX = 2000,
	BYTES_A_STEP = 64,	/* what looking at a text costs */
};

static const char *const what_names[] = {
	[WHAT_SUBJECT] = "subject", [WHAT_BODY] = "body", [WHAT_FROM] = "from",
	[WHAT_NAMES] = "names", [WHAT_FILES] = "files", [WHAT_URLS] = "urls",
	[WHAT_HEADER] = "header:NAME",
};

/* --- the texts ----------------------------------------------------------- */

/* Adds a piece on a line of its own, as far as there is room. */
static void add(struct buf *b, struct span s)
{
	size_t room = POLICY_TEXT_MAX - b->n;

	if (s.n == 0 || room < 2)
		return;
	if (b->n)
		buf_byte(b, '\n');
	buf_span(b, span_sub(s, 0, room - 1));
}

static void add_from(struct facts *f, struct buf *b)
{
	for (size_t i = 0; i < f->nauthors; i++) {
		add(b, f->authors[i].display);
		add(b, f->authors[i].full);
	}
}

static void add_names(struct facts *f, struct buf *b)
{
	buf_span(b, facts_names(f));
}

static void add_files(struct facts *f, struct buf *b)
{
	for (size_t i = 0; i < f->mime.n && b->n + 2 < POLICY_TEXT_MAX; i++)
		if (facts_is_attachment(f->mime.parts[i]))
			add(b, facts_file_text(f, i));
}

static void add_urls(struct facts *f, struct buf *b)
{
	const struct url_set *urls = facts_urls(f);

	for (size_t i = 0; i < urls->n; i++) {
		add(b, urls->v[i].url);
		if (!span_eq(urls->v[i].raw, urls->v[i].url))
			add(b, urls->v[i].raw);
	}
}

/* Every field of that name, decoded, one a line. */
static struct span header_text(struct policy_host *h, struct span name)
{
	const struct header *header = &h->run.facts->mime.root->header;
	struct buf b = { .arena = h->scratch };

	for (size_t i = 0; i < header->n; i++)
		if (span_caseeq(header->fields[i].name, name))
			add(&b, header_decode(header->fields[i].value,
				h->scratch));
	return b.n ? buf_bytes(&b) : SPAN("");
}

struct span policy_what_text(struct policy_host *h, enum policy_what what,
	struct span header)
{
	static void (*const makers[])(struct facts *, struct buf *) = {
		[WHAT_FROM] = add_from, [WHAT_NAMES] = add_names,
		[WHAT_FILES] = add_files,
		[WHAT_URLS] = add_urls,
	};
	struct facts *f = h->run.facts;
	struct buf b = { .arena = f->arena };
	struct span *text;

	if (what == WHAT_SUBJECT)
		return f->subject.p ? f->subject : SPAN("");
	if (what == WHAT_BODY)
		return facts_body(f);
	if (what == WHAT_HEADER)
		return header_text(h, header);
	text = &policy_view(h)->texts[what];
	if (text->p == NULL) {
		makers[what](f, &b);
		*text = b.n ? buf_bytes(&b) : SPAN("");
	}
	return *text;
}

/* Is it many things, one a line? Then each is looked at alone. */
static bool is_many(enum policy_what what)
{
	return what == WHAT_FROM || what == WHAT_NAMES || what == WHAT_URLS ||
		what == WHAT_HEADER;
}

static struct span fold(enum policy_what what, struct span text,
	struct arena *a)
{
	struct buf b = { .arena = a };
	struct span line;

	if (!is_many(what))
		return casefold(text, a);
	while (span_line(&text, &line)) {
		buf_span(&b, casefold(line, a));
		buf_byte(&b, '\n');
	}
	return b.n ? buf_bytes(&b) : SPAN("");
}

struct span policy_what_folded(struct policy_host *h, enum policy_what what,
	struct span header)
{
	struct span text = policy_what_text(h, what, header);
	struct span *folded;

	if (what == WHAT_BODY)
		return facts_body_folded(h->run.facts);
	if (what == WHAT_HEADER)
		return fold(what, text, h->scratch);
	folded = &policy_view(h)->folded[what];
	if (folded->p == NULL)
		*folded = fold(what, text, h->run.facts->arena);
	return *folded;
}

struct script_value policy_get_text(void *self)
{
	return policy_text(policy_what_text(self, WHAT_BODY, SPAN("")));
}

/* --- contains and matches ------------------------------------------------ */

/* Reads argument 1; a header's name goes to *header_r. */
static bool read_what(struct script_call *c, const char *usage,
	enum policy_what *what_r, struct span *header_r)
{
	const struct span prefix = SPAN("header:");
	const char *near;
	struct span s;

	if (!policy_arg_text(c, 0, usage, &s))
		return false;
	*header_r = SPAN("");
	if (span_starts(s, prefix) && s.n > prefix.n) {
		*what_r = WHAT_HEADER;
		*header_r = span_after(s, prefix.n);
		return true;
	}
	for (int i = 0; i < WHAT_N; i++)
		if (span_is(s, what_names[i])) {
			*what_r = (enum policy_what)i;
			return true;
		}
	near = args_nearest(s, what_names, WHAT_N + 1);
	err_set(&c->error, ERR_PERMANENT, "argument 1: there is no \"%.*s\" "
		"to look into; %s\"%s\"", SPAN_FMT(span_sub(s, 0,
		POLICY_NAME_MAX)), near ? "did you mean " : "write ",
		near ? near : "body");
	return false;
}

void policy_contains(struct script_call *c)
{
	static const char usage[] = "m:contains(\"body\", \"TEXT\", ...)";
	struct policy_host *h = c->context;
	struct span header, hay, text;
	enum policy_what what;

	if (!policy_arg_count(c, 2, SIZE_MAX, usage) ||
	    !read_what(c, usage, &what, &header))
		return;
	hay = policy_what_folded(h, what, header);
	c->result = policy_bool(false);
	for (size_t i = 1; i < c->nargs; i++) {
		if (!policy_arg_text(c, i, usage, &text))
			return;
		script_spend(c, hay.n / BYTES_A_STEP);
		text = casefold(text, h->scratch);
		if (text.n && span_find(hay, text) != SIZE_MAX)
			c->result = policy_bool(true);
	}
}

/* Argument i is what regex() made. */
static bool read_regex(struct script_call *c, size_t i, const char *usage,
	const struct pattern **p_r)
{
	if (i < c->nargs && c->args[i].type == SCRIPT_OBJECT &&
	    c->args[i].object.class == &policy_regex_class) {
		*p_r = c->args[i].object.self;
		return true;
	}
	err_set(&c->error, ERR_PERMANENT, "argument %zu is no regex: write %s",
		i + 1, usage);
	return false;
}

void policy_matches(struct script_call *c)
{
	static const char usage[] = "m:matches(\"body\", RE), with "
		"local RE = regex(\"PATTERN\") at the top of the file";
	const struct pattern *p;
	struct span header, text, line;
	enum policy_what what;
	bool found;

	if (!policy_arg_count(c, 2, 2, usage) ||
	    !read_what(c, usage, &what, &header) ||
	    !read_regex(c, 1, usage, &p))
		return;
	text = policy_what_text(c->context, what, header);
	script_spend(c, text.n / BYTES_A_STEP);
	found = !is_many(what) && pattern_match(p, text);
	while (is_many(what) && !found && span_line(&text, &line))
		found = pattern_match(p, line);
	c->result = policy_bool(found);
}

/* --- regular expressions ------------------------------------------------- */

static bool read_flags(struct script_call *c, unsigned *flags_r)
{
	static const char known[] = "imsu";
	struct span s;

	*flags_r = 0;
	if (c->nargs < 2 || c->args[1].type == SCRIPT_NIL)
		return true;
	if (!policy_arg_text(c, 1, "regex(\"PATTERN\", \"i\")", &s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		size_t at = span_chr(span_of(known), s.p[i]);

		if (at == SIZE_MAX) {
			err_set(&c->error, ERR_PERMANENT, "argument 2: flags "
				"are letters of \"%s\"", known);
			return false;
		}
		*flags_r |= PATTERN_CASELESS << at;
	}
	return true;
}

void policy_make_regex(struct script_call *c)
{
	static const char usage[] = "regex(\"PATTERN\", \"i\")";
	struct policy_host *h = c->context;
	struct pattern *p;
	struct span source;
	unsigned flags;

	if (!policy_arg_count(c, 1, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &source) || !read_flags(c, &flags))
		return;
	if (!h->loading) {
		err_set(&c->error, ERR_PERMANENT, "a regex is made while the "
			"file is loaded: write local RE = %s at its top",
			usage);
		return;
	}
	if (h->nregexes == REGEXES_MAX) {
		err_set(&c->error, ERR_PERMANENT, "more than %d regular "
			"expressions", REGEXES_MAX);
		return;
	}
	if (h->patterns == NULL)
		h->patterns = pattern_room_new(&c->error);
	if (h->patterns == NULL)
		return;
	p = pattern_compile(h->patterns, source, flags, &c->error);
	if (p == NULL)
		return;
	h->nregexes++;
	c->result = policy_object(&policy_regex_class, p);
}

static void regex_match(struct script_call *c)
{
	static const char usage[] = "regex:match(\"TEXT\")";
	struct span text;

	if (!policy_arg_count(c, 1, 1, usage) ||
	    !policy_arg_text(c, 0, usage, &text))
		return;
	script_spend(c, text.n / BYTES_A_STEP);
	c->result = policy_bool(pattern_match(c->self, text));
}

static void regex_find(struct script_call *c)
{
	static const char usage[] = "regex:find(\"TEXT\")";
	struct span text, found;

	if (!policy_arg_count(c, 1, 1, usage) ||
	    !policy_arg_text(c, 0, usage, &text))
		return;
	if (!pattern_can_find(c->self)) {
		err_set(&c->error, ERR_PERMANENT, "this pattern can only be "
			"asked with match(): its repeats {n,m} are too large "
			"to tell where a match begins");
		return;
	}
	script_spend(c, text.n / BYTES_A_STEP);
	if (pattern_find(c->self, text, &found))
		c->result = policy_text(span_sub(found, 0, FOUND_MAX));
}

const struct script_class policy_regex_class = {
	.name = "regex",
	.methods = (const struct script_method[]){
		{ "match", regex_match, "match(text): does it fit anywhere "
			"in the first 1 MiB? boolean\n"
			"local re = regex([[^re: .*report\\b]], \"i\")\n"
			"if re:match(m.subject) then return deliver() end" },
		{ "find", regex_find, "find(text): what stands at the first "
			"place that fits, the longest reading, at most 1000 "
			"bytes; nil without one: text\n"
			"local re = regex([[\\d{5,}]])\n"
			"local number = re:find(m.subject)" },
		{ 0 },
	},
};
