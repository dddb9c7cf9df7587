/*
 * What a rule may read and call, in words: made from the tables that the
 * script layer reads, so that it cannot differ from them.
 *
 * A text beside a word is "what it is: kind", a function's begins with how it
 * is called; further lines are an example in Lua.
 */
#include "engine/policy_view.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 79, NAME_AT = 2, TEXT_AT = 18, EXAMPLE_AT = 20, TAB = 4 };

/* In the order in which a reader of rules meets them, and where from. */
static const struct object {
	const struct script_class *class;
	const char *from;
} objects[] = {
	{ &policy_class, "what policy(name, guard) makes" },
	{ &policy_session_class, "s in a guard, in at_connect, at_mail and "
		"at_rcpt" },
	{ &policy_message_class, "m in a rule; it has all of the session" },
	{ &policy_rcpt_class, "rcpt, the one recipient a rule is asked "
		"about" },
	{ &policy_plan_class, "plan, what shall be done to his copy" },
	{ &policy_address_class, "m.sender, one of m.authors" },
	{ &policy_relay_class, "m.relay" },
	{ &policy_dns_class, "what relay:dns_list(zone) gives" },
	{ &policy_auth_class, "m.auth" },
	{ &policy_spf_class, "m.auth.spf" },
	{ &policy_dkim_class, "m.auth.dkim" },
	{ &policy_signature_class, "one of m.auth.dkim.signatures" },
	{ &policy_dmarc_class, "m.auth.dmarc" },
	{ &policy_arc_class, "m.auth.arc" },
	{ &policy_spam_class, "m.spam" },
	{ &policy_hit_class, "one of m.spam.hits" },
	{ &policy_virus_class, "m.virus" },
	{ &policy_attachment_class, "one of m.attachments or m.files" },
	{ &policy_url_class, "one of m.urls" },
	{ &policy_regex_class, "what regex(pattern, flags) makes" },
	{ &policy_clock_class, "what clock(seconds, zone) gives" },
};

enum { OBJECTS = sizeof(objects) / sizeof(*objects) };

void policy_add_classes(struct script *s)
{
	for (size_t i = 0; i < OBJECTS; i++)
		script_add_class(s, objects[i].class);
}

static const char language[] =
	"THE LANGUAGE OF RULES\n"
	"\n"
	"Files *.lua of etc/pm/policy are read in name order, once; they make\n"
	"policies and rules. The rules of all policies whose guard says yes\n"
	"are asked in order, for each recipient, until one returns an ending\n"
	"action; a recipient about whom none decides gets the message. What\n"
	"rules want with the recipient's copy they say to the plan.\n"
	"\n"
	"  local p = policy(\"inbound\", function(s)\n"
	"      return s.direction == \"inbound\"\n"
	"  end)\n"
	"  p:rule(\"spam\", function(m, rcpt, plan)\n"
	"      if m.spam.probability >= 90 then\n"
	"          return quarantine(\"Spam\")\n"
	"      end\n"
	"  end)\n"
	"\n"
	"The language is Lua 5.4 without files, processes, coroutines and\n"
	"load: assert error ipairs next pairs pcall select tonumber tostring\n"
	"type xpcall, string, table, math, utf8. find, match, gmatch and gsub\n"
	"are bounded; regex() takes linear time whatever is written.\n"
	"Globals cannot be written, messages and recipients neither. Nothing\n"
	"that a rule leaves in a variable reaches the next recipient or the\n"
	"next message. A name that is not known is an error, and so is a\n"
	"field that an object does not have. A rule that fails, or runs too\n"
	"long, makes all recipients try again later (451).\n"
	"\n"
	"A list is read with #list, list[1] and ipairs(list).\n";

/* Where the first line of a text ends, and its example begins. */
static struct span meaning(const char *doc)
{
	struct span s = span_of(doc);

	return span_sub(s, 0, span_chr(s, '\n'));
}

static struct span example(const char *doc)
{
	struct span s = span_of(doc);
	size_t at = span_chr(s, '\n');

	return at == SIZE_MAX ? SPAN("") : span_after(s, at + 1);
}

/* Characters, for columns: UTF-8 goes by its first bytes. */
static size_t width(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static void put_blanks(struct buf *b, size_t n)
{
	while (n--)
		buf_byte(b, ' ');
}

/* The words of a text from a column on, no line longer than COLUMNS. */
static void put_text(struct buf *b, struct span text, size_t column)
{
	size_t at = column;
	struct span word;

	while (span_cut(&text, ' ', &word)) {
		if (at > column && at + 1 + width(word) > COLUMNS) {
			buf_byte(b, '\n');
			put_blanks(b, column);
			at = column;
		}
		if (at > column) {
			buf_byte(b, ' ');
			at++;
		}
		buf_span(b, word);
		at += width(word);
	}
	buf_byte(b, '\n');
}

/* Goes to a column, on the next line when this one is past it. */
static void go_to(struct buf *b, size_t at, size_t column)
{
	if (at >= column) {
		buf_byte(b, '\n');
		at = 0;
	}
	put_blanks(b, column - at);
}

/* Where the head of "if … then … end" or a loop ends; SIZE_MAX: no such. */
static size_t head_end(struct span line)
{
	size_t then = span_find(line, SPAN(" then ")), loop;

	loop = span_find(line, SPAN(" do "));
	if (!span_ends(line, SPAN(" end")))
		return SIZE_MAX;
	if (then != SIZE_MAX && (loop == SIZE_MAX || then < loop))
		return then + sizeof(" then") - 1;
	return loop == SIZE_MAX ? loop : loop + sizeof(" do") - 1;
}

/* A line of Lua; what is too long goes over several. */
static void put_code(struct buf *b, struct span line, size_t column)
{
	size_t depth = 0, at;

	while (column + depth * TAB + width(line) > COLUMNS &&
	       (at = head_end(line)) != SIZE_MAX) {
		put_blanks(b, column + depth++ * TAB);
		buf_span(b, span_sub(line, 0, at));
		buf_byte(b, '\n');
		line = span_sub(line, at + 1, line.n - at - 1 -
			(sizeof(" end") - 1));
	}
	put_blanks(b, column + depth * TAB);
	buf_span(b, line);
	buf_byte(b, '\n');
	while (depth--) {
		put_blanks(b, column + depth * TAB);
		buf_string(b, "end\n");
	}
}

static void put_example(struct buf *b, const char *doc)
{
	struct span rest = example(doc), line;

	while (span_line(&rest, &line)) {
		size_t tabs = 0;

		while (tabs < line.n && line.p[tabs] == '\t')
			tabs++;
		put_code(b, span_after(line, tabs), EXAMPLE_AT + tabs * TAB);
	}
}

static void put_field(struct buf *b, const struct script_field *f)
{
	put_blanks(b, NAME_AT);
	buf_string(b, f->name);
	go_to(b, NAME_AT + strlen(f->name), TEXT_AT);
	put_text(b, meaning(f->doc), TEXT_AT);
}

/* How it is called stands before the first "): ". */
static void put_call(struct buf *b, const char *colon, const char *doc)
{
	struct span text = meaning(doc);
	size_t at = span_find(text, SPAN("): "));
	struct span call = span_sub(text, 0, at == SIZE_MAX ? at : at + 1);

	put_blanks(b, NAME_AT);
	buf_string(b, colon);
	buf_span(b, call);
	if (at == SIZE_MAX) {
		buf_byte(b, '\n');
		return;
	}
	go_to(b, NAME_AT + strlen(colon) + width(call), TEXT_AT);
	put_text(b, span_after(text, at + 3), TEXT_AT);
}

/* A message repeats its session: that is told once. */
static bool is_told(const struct script_class *c, const char *name)
{
	const struct script_class *s = &policy_session_class;

	if (c != &policy_message_class)
		return false;
	for (const struct script_field *f = s->fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	for (const struct script_method *m = s->methods; m->name; m++)
		if (strcmp(m->name, name) == 0)
			return true;
	return false;
}

static void put_object(struct buf *b, const struct object *o, bool examples)
{
	const struct script_class *c = o->class;

	buf_printf(b, "\n%s\n", c->name);
	put_blanks(b, NAME_AT);
	buf_byte(b, '(');
	buf_string(b, o->from);
	buf_string(b, ")\n");
	for (const struct script_field *f = c->fields; f && f->name; f++) {
		if (is_told(c, f->name))
			continue;
		put_field(b, f);
		if (examples)
			put_example(b, f->doc);
	}
	for (const struct script_method *m = c->methods; m && m->name; m++) {
		if (is_told(c, m->name))
			continue;
		put_call(b, ":", m->doc);
		if (examples)
			put_example(b, m->doc);
	}
}

static void put_all(struct buf *b, bool examples)
{
	buf_string(b, "functions\n");
	for (const struct script_function *f = policy_functions; f->name;
	     f++) {
		put_call(b, "", f->doc);
		if (examples)
			put_example(b, f->doc);
	}
	for (size_t i = 0; i < OBJECTS; i++)
		put_object(b, &objects[i], examples);
}

void policy_put_words(struct buf *b)
{
	put_all(b, false);
}

void policy_put_reference(struct buf *b)
{
	buf_string(b, language);
	buf_string(b, "\nAll that it has, what it is and of what kind:\n\n");
	put_all(b, true);
}

static bool class_word_at(const struct script_class *c, size_t *i,
	struct policy_word *w)
{
	w->class = c->name;
	for (const struct script_field *f = c->fields; f && f->name; f++) {
		w->name = f->name;
		w->doc = f->doc;
		w->method = false;
		if ((*i)-- == 0)
			return true;
	}
	for (const struct script_method *m = c->methods; m && m->name; m++) {
		w->name = m->name;
		w->doc = m->doc;
		w->method = true;
		if ((*i)-- == 0)
			return true;
	}
	return false;
}

bool policy_word_at(size_t i, struct policy_word *word_r)
{
	*word_r = (struct policy_word){ 0 };
	for (const struct script_function *f = policy_functions; f->name;
	     f++) {
		word_r->name = f->name;
		word_r->doc = f->doc;
		if (i-- == 0)
			return true;
	}
	for (size_t k = 0; k < OBJECTS; k++)
		if (class_word_at(objects[k].class, &i, word_r))
			return true;
	return false;
}
