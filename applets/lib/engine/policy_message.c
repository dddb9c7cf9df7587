/*
 * What a rule may read of the message: its header, and the ways to the rest.
 */
#include "engine/policy_view.h"

#include <stdlib.h>

#include "mail/charset.h"
#include "mail/date.h"
#include "mail/word.h"

#define VIEW(name) static struct script_value name(void *self)
#define FACTS (((struct policy_host *)self)->run.facts)

enum { ADDRESSES_MAX = 1000, CHARSETS_MAX = 50, FIELDS_MAX = 1000,
	WORDS_MAX = 32 };

VIEW(get_subject) { return policy_text(FACTS->subject); }
VIEW(get_class) { return policy_text(FACTS->class); }
VIEW(get_size) { return policy_int((int64_t)FACTS->raw.n); }
VIEW(get_from) { return policy_text(FACTS->from.full); }
VIEW(get_from_name) { return policy_text(FACTS->from.display); }
VIEW(get_ambiguous) { return policy_bool(facts_ambiguous(FACTS)); }
VIEW(get_over) { return policy_bool(facts_over(FACTS)); }

static struct span first_field(void *self, const char *name)
{
	const struct header_field *f = header_find(&FACTS->mime.root->header,
		span_of(name), 1);

	return f ? f->value : SPAN("");
}

VIEW(get_message_id)
{
	return policy_text(header_unfold(first_field(self, "Message-ID"),
		FACTS->arena));
}

VIEW(get_date)
{
	struct script_value none = { .type = SCRIPT_NIL };
	struct date d;

	if (!date_parse(first_field(self, "Date"), &d) ||
	    d.flags & DATE_IMPOSSIBLE)
		return none;
	return policy_int(d.ms / 1000);
}

VIEW(get_header_size)
{
	return policy_int((int64_t)FACTS->mime.root->header.size);
}

/* --- addresses ----------------------------------------------------------- */

VIEW(get_cc)
{
	struct facts *f = FACTS;
	const struct header *h = &f->mime.root->header;
	struct script_value list, *v = policy_list_begin(self, SEEN_CC,
		ADDRESSES_MAX, &list);
	size_t n = 0;

	for (size_t i = 0; v && i < h->n; i++) {
		struct address *found;
		size_t more;

		if (!span_caseeq(h->fields[i].name, SPAN("Cc")))
			continue;
		more = address_list(h->fields[i].value, ADDRESSES_MAX - n,
			f->arena, &found);
		for (size_t k = 0; k < more; k++)
			v[n++] = policy_text(found[k].full);
	}
	return v ? policy_list_end(self, SEEN_CC, v, n) : list;
}

VIEW(get_reply_to)
{
	struct address *found;
	size_t n = address_list(first_field(self, "Reply-To"), 1,
		FACTS->arena, &found);

	return policy_text(n ? found[0].full : SPAN(""));
}

VIEW(get_to)
{
	const struct address *to;
	size_t n = facts_to(FACTS, &to);
	struct script_value list, *v = policy_list_begin(self, SEEN_TO, n,
		&list);

	for (size_t i = 0; v && i < n; i++)
		v[i] = policy_text(to[i].full);
	return v ? policy_list_end(self, SEEN_TO, v, n) : list;
}

VIEW(get_authors)
{
	struct facts *f = FACTS;
	struct script_value list, *v = policy_list_begin(self, SEEN_AUTHORS,
		f->nauthors, &list);

	for (size_t i = 0; v && i < f->nauthors; i++)
		v[i] = policy_address(&f->authors[i]);
	return v ? policy_list_end(self, SEEN_AUTHORS, v, f->nauthors) : list;
}

/* --- characters ---------------------------------------------------------- */

/* Beyond ASCII, of all characters: UTF-8 goes by its first bytes. */
static void count_wide(struct span s, size_t *wide, size_t *all)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] & 0xc0) == 0x80)
			continue;
		*wide += s.p[i] >= 0x80;
		*all += 1;
	}
}

struct script_value policy_get_eight_bit(void *self)
{
	struct policy_view *view = policy_view(self);
	size_t wide = 0, all = 0;

	if (view->eight_bit < 0) {
		count_wide(FACTS->subject, &wide, &all);
		count_wide(policy_what_text(self, WHAT_BODY, SPAN("")), &wide,
			&all);
		view->eight_bit = all ? (int)((wide * 100 + all / 2) / all) :
			0;
	}
	return policy_int(view->eight_bit);
}

struct charsets {
	struct script_value *v;
	size_t n;
	struct arena *arena;
};

/* Each once, lower case. */
static void add_charset(struct charsets *set, struct span name)
{
	struct buf lower = { .arena = set->arena };

	name = span_sub(span_trim(name), 0, POLICY_NAME_MAX);
	for (size_t i = 0; i < set->n; i++)
		if (span_caseeq(set->v[i].text, name))
			return;
	if (name.n == 0 || set->n == CHARSETS_MAX)
		return;
	for (size_t i = 0; i < name.n; i++)
		buf_byte(&lower, span_lower(name.p[i]));
	set->v[set->n++] = policy_text(buf_bytes(&lower));
}

/* Of the encoded words in a field: =?CHARSET*LANGUAGE?… */
static void add_words(struct charsets *set, struct span value)
{
	size_t at;

	while ((at = span_find(value, SPAN("=?"))) != SIZE_MAX) {
		struct span name;

		value = span_after(value, at);
		at = word_size(value);
		name = span_sub(span_after(value, 2), 0,
			span_chr(span_after(value, 2), '?'));
		if (at)
			add_charset(set, span_sub(name, 0,
				span_chr(name, '*')));
		value = span_after(value, at ? at : 2);
	}
}

struct script_value policy_get_charsets(void *self)
{
	struct facts *f = FACTS;
	struct script_value list;
	struct charsets set = { .arena = f->arena };

	set.v = policy_list_begin(self, SEEN_CHARSETS, CHARSETS_MAX, &list);
	if (set.v == NULL)
		return list;
	for (size_t i = 0; i < f->mime.n; i++)
		if (mime_is_text(f->mime.parts[i]))
			add_charset(&set, f->mime.parts[i]->charset);
	add_words(&set, first_field(self, "Subject"));
	add_words(&set, first_field(self, "From"));
	return policy_list_end(self, SEEN_CHARSETS, set.v, set.n);
}

VIEW(get_flags)
{
	struct script_value list, *v = policy_list_begin(self, SEEN_FLAGS,
		WORDS_MAX, &list);
	unsigned flags = facts_flags(FACTS);
	const char *word;
	size_t n = 0;

	if (v == NULL)
		return list;
	while (n < WORDS_MAX && (word = facts_flag_word(flags, n)))
		v[n++] = policy_text(span_of(word));
	return policy_list_end(self, SEEN_FLAGS, v, n);
}

/* --- header fields ------------------------------------------------------- */

/* The nth field of a name, decoded; nil when there is none. */
static void message_header(struct script_call *c)
{
	static const char usage[] = "header(\"NAME\") or header(\"NAME\", N)";
	struct policy_host *h = c->context;
	const struct header_field *f;
	struct span name;
	unsigned nth = 1;

	if (!policy_arg_count(c, 1, 2, usage) ||
	    !policy_arg_text(c, 0, usage, &name))
		return;
	if (c->nargs == 2) {
		if (c->args[1].type != SCRIPT_INT ||
		    c->args[1].integer < 1 || c->args[1].integer > 1000000) {
			err_set(&c->error, ERR_PERMANENT,
				"argument 2 counts fields from 1");
			return;
		}
		nth = (unsigned)c->args[1].integer;
	}
	f = header_find(&h->run.facts->mime.root->header, name, nth);
	if (f)
		c->result = policy_text(header_decode(f->value, h->scratch));
}

static void message_headers(struct script_call *c)
{
	static const char usage[] = "headers(\"NAME\")";
	struct policy_host *h = c->context;
	const struct header *header = &h->run.facts->mime.root->header;
	struct script_value *v;
	struct span name;
	size_t n = 0;

	if (!policy_arg_count(c, 1, 1, usage) ||
	    !policy_arg_text(c, 0, usage, &name))
		return;
	n = header_count(header, name);
	n = n < FIELDS_MAX ? n : FIELDS_MAX;
	v = arena_array(h->scratch, n, sizeof(*v));
	for (unsigned i = 0; i < n; i++)
		v[i] = policy_text(header_decode(header_find(header, name,
			i + 1)->value, h->scratch));
	c->result.type = SCRIPT_LIST;
	c->result.list.v = v;
	c->result.list.n = n;
}

static void message_has_header(struct script_call *c)
{
	static const char usage[] = "has_header(\"NAME\")";
	struct policy_host *h = c->context;
	struct span name;

	if (policy_arg_count(c, 1, 1, usage) &&
	    policy_arg_text(c, 0, usage, &name))
		c->result = policy_bool(header_find(
			&h->run.facts->mime.root->header, name, 1));
}

#define WHAT_DOC "what is \"subject\", \"body\" (the visible text), " \
	"\"from\" (names and addresses of the authors), \"header:NAME\", " \
	"\"names\" (of files, and of files in them), \"files\" (the text " \
	"in them) or \"urls\""

const struct script_class policy_message_class = {
	.name = "message",
	.fields = (const struct script_field[]){
		POLICY_SESSION_FIELDS,
		{ "subject", get_subject, "as a reader sees it: text\n"
			"if m.subject:find(\"[list]\", 1, true) then "
			"return deliver() end" },
		{ "size", get_size, "of header and body, bytes: number\n"
			"if m.size > 20 * 1024 * 1024 then "
			"return reject(\"5.3.4\", \"too large\") end" },
		{ "header_size", get_header_size,
			"of the header alone, bytes: number" },
		{ "from", get_from, "first address of From, or empty: text" },
		{ "from_name", get_from_name,
			"the name beside it, decoded, or empty: text" },
		{ "authors", get_authors, "everybody whom a mail program may "
			"show as the author: list of addresses\n"
			"for _, a in ipairs(m.authors) do "
			"plan:mark(\"author\", a.domain) end" },
		{ "to", get_to, "addresses of To and Cc: list of texts" },
		{ "cc", get_cc, "addresses of Cc: list of texts" },
		{ "reply_to", get_reply_to,
			"first address of Reply-To, or empty: text\n"
			"if m.reply_to ~= \"\" and m.reply_to ~= m.from then "
			"plan:mark(\"reply\", m.reply_to) end" },
		{ "message_id", get_message_id,
			"of the field Message-ID, with its < >: text" },
		{ "date", get_date, "of the field Date, seconds since 1970; "
			"nil without a readable one: number\n"
			"if m.date and m.date > m.time + 86400 then "
			"plan:mark(\"date\", \"ahead\") end" },
		{ "auth", policy_get_auth,
			"SPF, DKIM, DMARC and ARC: auth" },
		{ "class", get_class, "of mail to many: \"newsletter\", "
			"\"list\" (people discuss), \"notice\" (of a "
			"program), or what the site's rules call it; else "
			"empty: text\n"
			"if m.class == \"newsletter\" then "
			"plan:add_header(\"X-Bulk\", \"yes\") end" },
		{ "spam", policy_get_spam, "what the checks found: spam" },
		{ "virus", policy_get_virus, "what the engine found: virus" },
		{ "text", policy_get_text, "the visible text of all parts "
			"that are no files, at most 1 MiB: text\n"
			"if #m.text == 0 then plan:mark(\"empty\", \"yes\") "
			"end" },
		{ "eight_bit", policy_get_eight_bit, "characters beyond "
			"ASCII in subject and text, per cent: number\n"
			"if m.eight_bit > 60 then plan:mark(\"8bit\", "
			"tostring(m.eight_bit)) end" },
		{ "charsets", policy_get_charsets, "named by text parts, "
			"Subject and From, lower case: list of texts\n"
			"for _, set in ipairs(m.charsets) do "
			"if set == \"koi8-r\" then "
			"return quarantine(\"Suspect\") end end" },
		{ "attachments", policy_get_attachments,
			"the files of the message: list of attachments\n"
			"if #m.attachments > 20 then "
			"return quarantine(\"Suspect\") end" },
		{ "files", policy_get_files, "attachments, and behind each "
			"what is in it (archives, embedded objects), at most "
			"10000: list of attachments\n"
			"for _, f in ipairs(m.files) do "
			"if f.kind == \"program\" then "
			"return quarantine(\"Suspect\") end end" },
		{ "urls", policy_get_urls, "in texts, pages and files: "
			"list of urls" },
		{ "flags", get_flags, "what is odd about its form, "
			"\"ambiguous-from\", \"over-parts\" …: list of texts" },
		{ "ambiguous", get_ambiguous,
			"would programs read it in two ways: boolean" },
		{ "over", get_over,
			"was a limit of the parsers reached: boolean" },
		{ 0 },
	},
	.methods = (const struct script_method[]){
		POLICY_SESSION_METHODS,
		{ "header", message_header, "header(name, nth): the nth "
			"(else first) field of that name, decoded; nil "
			"without one: text\n"
			"if m:header(\"X-Loop\") then return discard() end" },
		{ "headers", message_headers, "headers(name): all fields of "
			"that name, decoded: list of texts\n"
			"if #m:headers(\"Received\") > 50 then "
			"return reject(\"5.4.6\", \"loop\") end" },
		{ "has_header", message_has_header,
			"has_header(name): is there such a field? boolean" },
		{ "rate", policy_get_rate, "rate(key, seconds): what was "
			"sent in that time, this message included; key is "
			"\"sender\", \"user\" (who logged in) or \"relay\", "
			"seconds 60 to 86400. messages, rcpts, spam (messages "
			"of probability 50 and more): numbers; later: it "
			"could not be known, they are of this message only. "
			"Counted is what rules asked about and what was not "
			"put off, by this appliance, since its filter "
			"started\n"
			"if m:rate(\"user\", 3600).rcpts > 500 then "
			"return tempfail(\"too many recipients\") end" },
		{ "contains", policy_contains, "contains(what, text, ...): "
			"does one of the texts stand in it? Case does not "
			"matter, white space is one blank; " WHAT_DOC
			": boolean\n"
			"if m:contains(\"subject\", \"lottery\", \"prize\") "
			"then return quarantine(\"Spam\") end" },
		{ "matches", policy_matches, "matches(what, regex): does it "
			"fit somewhere? " WHAT_DOC ": boolean\n"
			"local iban = regex([[\\bDE\\d{20}\\b]])\n"
			"if m:matches(\"body\", iban) then "
			"plan:mark(\"iban\", \"yes\") end" },
		{ "phrases", policy_phrases, "phrases(list): which words "
			"and phrases of a list (its first line is #pm "
			"type=phrase) stand in subject or text? Whole words, "
			"case does not matter, at most 50: list of texts\n"
			"if #m:phrases(\"offensive-words\") > 0 then "
			"return quarantine(\"Offensive\") end" },
		{ 0 },
	},
};
