/*
 * PureMessage's tests (and those of RFC 5228) as Lua expressions.
 */
#include "sieve_lua.h"

#include <stdio.h>
#include <string.h>

static enum strength no(struct lua *l, const char *why)
{
	l->why = why;
	return STRENGTH_NONE;
}

static const char *in_c(struct lua *l, struct span s)
{
	return arena_string(l->a, s);
}

/* The text of a key in lower case, quoted. */
static struct span quote_lower(struct lua *l, struct span key)
{
	struct buf b = { .arena = l->a };

	for (size_t i = 0; i < key.n; i++)
		buf_byte(&b, span_lower(key.p[i]));
	return lua_quote(l, buf_bytes(&b));
}

/* --- arguments ----------------------------------------------------------- */

static bool match_tag(struct lua *l, struct match_args *m, struct span tag)
{
	static const struct {
		const char *tag;
		enum match how;
	} hows[] = {
		{ "is", MATCH_IS }, { "contains", MATCH_CONTAINS },
		{ "matches", MATCH_MATCHES }, { "re", MATCH_RE },
		{ "regex", MATCH_RE }, { "memberof", MATCH_MEMBEROF },
		{ "over", MATCH_OVER }, { "under", MATCH_UNDER },
	};

	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		if (span_caseeq(tag, span_of(hows[i].tag))) {
			m->how = hows[i].how;
			return true;
		}
	if (span_caseeq(tag, SPAN("localpart")))
		m->part = PART_LOCAL;
	else if (span_caseeq(tag, SPAN("domain")))
		m->part = PART_DOMAIN;
	else if (span_casestarts(tag, SPAN("true")) ||
		 span_casestarts(tag, SPAN("tft")))
		m->true_type = true;
	else if (!span_caseeq(tag, SPAN("all"))) {
		l->why = arena_printf(l->a, "the tag :%.*s is not known",
			SPAN_FMT(tag));
		return false;
	}
	return true;
}

bool lua_match_args(struct lua *l, const struct sieve_node *n,
	struct match_args *m_r)
{
	bool comparator = false;

	*m_r = (struct match_args){ 0 };
	for (const struct sieve_arg *arg = n->args; arg; arg = arg->next) {
		if (arg->kind == SIEVE_NUMBER) {
			m_r->number = arg->number;
			m_r->has_number = true;
		} else if (arg->kind == SIEVE_TAG) {
			comparator = span_caseeq(arg->tag, SPAN("comparator"));
			if (!comparator && !match_tag(l, m_r, arg->tag))
				return false;
		} else if (comparator) {
			comparator = false;
			m_r->octet = span_caseeq(arg->strings[0],
				SPAN("i;octet"));
		} else if (m_r->nlists == 2) {
			l->why = "too many arguments";
			return false;
		} else {
			m_r->lists[m_r->nlists++] = arg;
		}
	}
	return true;
}

/* "50" is a number, too, where one is wanted. */
static bool number_of(struct lua *l, struct match_args *m)
{
	if (!m->has_number && m->nlists && m->lists[0]->nstrings == 1)
		m->has_number = span_u64(m->lists[0]->strings[0], 1 << 30,
			&m->number);
	if (m->has_number && (m->how == MATCH_OVER || m->how == MATCH_UNDER))
		return true;
	l->why = ":over or :under and a number belong here";
	return false;
}

/* --- texts against keys -------------------------------------------------- */

/* One text, an expression, against one key. */
static enum strength one_key(struct lua *l, const struct match_args *m,
	const char *text, struct span key, unsigned line, struct buf *out)
{
	struct span pattern;

	switch (m->how) {
	case MATCH_IS:
		if (m->octet)
			buf_printf(out, "%s == %.*s", text,
				SPAN_FMT(lua_quote(l, key)));
		else
			buf_printf(out, "%s:lower() == %.*s", text,
				SPAN_FMT(quote_lower(l, key)));
		return STRENGTH_COMPARE;
	case MATCH_CONTAINS:
		buf_printf(out, "%s%s:find(%.*s, 1, true)", text,
			m->octet ? "" : ":lower()", SPAN_FMT(m->octet ?
			lua_quote(l, key) : quote_lower(l, key)));
		return STRENGTH_TIGHT;
	case MATCH_MATCHES:
		if (span_is(key, "*")) {
			buf_string(out, "true");
			return STRENGTH_TIGHT;
		}
		/* fall through */
	case MATCH_RE:
		pattern = lua_pattern(l, key, m->how == MATCH_MATCHES,
			m->octet, line);
		/* An expression brings its own parentheses. */
		buf_printf(out, text[0] == '(' ? "%.*s:match%s" :
			"%.*s:match(%s)", SPAN_FMT(pattern), text);
		return pattern.n ? STRENGTH_TIGHT : STRENGTH_NONE;
	default:
		return no(l, "this match type has no rule here");
	}
}

/* One text against any of the keys. */
static enum strength any_key(struct lua *l, const struct match_args *m,
	const char *text, const struct sieve_arg *keys, unsigned line,
	struct buf *out)
{
	enum strength s = STRENGTH_NONE;

	for (size_t i = 0; i < keys->nstrings; i++) {
		if (i)
			buf_string(out, " or ");
		s = one_key(l, m, text, keys->strings[i], line, out);
		if (s == STRENGTH_NONE)
			return s;
	}
	return keys->nstrings > 1 ? STRENGTH_OR : s;
}

/* Any text of a list, an expression; `text` is one of it, called v. */
static enum strength any_of(struct lua *l, const struct match_args *m,
	const char *list, const char *text, const struct sieve_arg *keys,
	unsigned line, struct buf *out)
{
	if (m->how == MATCH_IS && !m->octet && strcmp(text, "v") == 0) {
		l->helpers[HELPER_HAS] = true;
		buf_printf(out, "has(%s", list);
		for (size_t i = 0; i < keys->nstrings; i++)
			buf_printf(out, ", %.*s", SPAN_FMT(quote_lower(l,
				keys->strings[i])));
		buf_byte(out, ')');
		return STRENGTH_TIGHT;
	}
	l->helpers[HELPER_ANY] = true;
	buf_printf(out, "any(%s, function(v) return ", list);
	if (any_key(l, m, text, keys, line, out) == STRENGTH_NONE)
		return STRENGTH_NONE;
	buf_string(out, " end)");
	return STRENGTH_TIGHT;
}

/* SELF:METHOD("list") for each list; more may follow the name. */
static enum strength on_lists(struct lua *l, const char *call,
	const struct sieve_arg *lists, const char *more, struct buf *out)
{
	for (size_t i = 0; i < lists->nstrings; i++) {
		struct span list = lists->strings[i];
		bool own = span_ends(list, SPAN("-per-user"));

		buf_printf(out, "%s%s(%.*s%s)", i ? " or " : "", call,
			SPAN_FMT(lua_quote(l, list)), own ? more : "");
		lua_note(l, "list", list);
	}
	return lists->nstrings > 1 ? STRENGTH_OR : STRENGTH_TIGHT;
}

/* m:contains("header:X", …), m:matches("header:X", …) for keys. */
static enum strength in_text(struct lua *l, const struct match_args *m,
	const char *what, const struct sieve_arg *keys, unsigned line,
	struct buf *out)
{
	size_t n = keys->nstrings;

	if (m->how == MATCH_CONTAINS) {
		buf_printf(out, "m:contains(%s", what);
		for (size_t i = 0; i < n; i++)
			buf_printf(out, ", %.*s", SPAN_FMT(lua_quote(l,
				keys->strings[i])));
		buf_byte(out, ')');
		return STRENGTH_TIGHT;
	}
	for (size_t i = 0; i < n; i++) {
		struct span pattern = lua_pattern(l, keys->strings[i],
			m->how == MATCH_MATCHES, m->octet, line);

		if (pattern.n == 0)
			return STRENGTH_NONE;
		buf_printf(out, "%sm:matches(%s, %.*s)", i ? " or " : "", what,
			SPAN_FMT(pattern));
	}
	return n > 1 ? STRENGTH_OR : STRENGTH_TIGHT;
}

/* --- header, address, envelope ------------------------------------------- */

static enum strength one_header(struct lua *l, const struct match_args *m,
	struct span name, const struct sieve_arg *keys, unsigned line,
	struct buf *out)
{
	bool subject = span_caseeq(name, SPAN("subject"));
	struct buf what = { .arena = l->a };

	if (m->how == MATCH_IS && subject)
		return any_key(l, m, "m.subject", keys, line, out);
	if (m->how == MATCH_IS)
		return any_of(l, m, arena_printf(l->a, "m:headers(%.*s)",
			SPAN_FMT(lua_quote(l, name))), "v", keys, line, out);
	if (m->how == MATCH_MATCHES && keys->nstrings == 1 &&
	    span_is(keys->strings[0], "*")) {
		buf_printf(out, "m:has_header(%.*s)",
			SPAN_FMT(lua_quote(l, name)));
		return STRENGTH_TIGHT;
	}
	if (m->how == MATCH_MEMBEROF)
		return no(l, "a header is not looked up on lists; "
			"m:phrases(LIST) looks into subject and text");
	if (m->how == MATCH_OVER || m->how == MATCH_UNDER)
		return no(l, "a header has no size here");
	if (subject)
		return in_text(l, m, "\"subject\"", keys, line, out);
	buf_string(&what, "header:");
	buf_span(&what, name);
	return in_text(l, m, in_c(l, lua_quote(l, buf_bytes(&what))), keys,
		line, out);
}

static const char *part_of(struct lua *l, const struct match_args *m,
	const char *text)
{
	if (m->part == PART_ALL)
		return text;
	l->helpers[m->part == PART_DOMAIN ? HELPER_DOMAIN :
		HELPER_LOCAL_PART] = true;
	return arena_printf(l->a, "%s(%s)", m->part == PART_DOMAIN ?
		"domain_of" : "local_part_of", text);
}

static enum strength one_address(struct lua *l, const struct match_args *m,
	struct span name, const struct sieve_arg *keys, unsigned line,
	struct buf *out)
{
	bool from = span_caseeq(name, SPAN("from")) ||
		span_caseeq(name, SPAN("sender"));
	const char *list = from ? "m.authors" :
		span_caseeq(name, SPAN("to")) ? "m.to" :
		span_caseeq(name, SPAN("cc")) ? "m.cc" :
		span_caseeq(name, SPAN("reply-to")) ? "m.reply_to" : NULL;

	if (m->how == MATCH_MEMBEROF && from)
		return on_lists(l, "m:sender_listed", keys, ", rcpt", out);
	if (m->how == MATCH_MEMBEROF)
		return no(l, "the header is not looked up on lists; "
			"rcpt:listed(LIST) looks up the recipient");
	if (list == NULL)
		return one_header(l, m, name, keys, line, out);
	return any_of(l, m, list, part_of(l, m, from ? "v.address" : "v"),
		keys, line, out);
}

enum strength lua_recipient(struct lua *l, const struct match_args *m,
	const struct sieve_arg *keys, unsigned line, struct buf *out)
{
	if (m->how == MATCH_MEMBEROF)
		return on_lists(l, "rcpt:listed", keys, "", out);
	return any_key(l, m, m->part == PART_DOMAIN ? "rcpt.domain" :
		m->part == PART_LOCAL ? "rcpt.local_part" : "rcpt.address",
		keys, line, out);
}

static enum strength one_envelope(struct lua *l, const struct match_args *m,
	struct span name, const struct sieve_arg *keys, unsigned line,
	struct buf *out)
{
	if (span_caseeq(name, SPAN("to")))
		return lua_recipient(l, m, keys, line, out);
	if (!span_caseeq(name, SPAN("from")))
		return no(l, "the envelope has \"from\" and \"to\"");
	if (m->how == MATCH_MEMBEROF)
		return on_lists(l, "m:sender_listed", keys, ", rcpt", out);
	return any_key(l, m, part_of(l, m, "m.mail_from"), keys, line, out);
}

/* NAMES KEYS: any of the names against any of the keys. */
static enum strength each_name(struct lua *l, const struct sieve_node *n,
	enum strength (*one)(struct lua *, const struct match_args *,
		struct span, const struct sieve_arg *, unsigned, struct buf *),
	struct buf *out)
{
	struct match_args m;
	enum strength s = STRENGTH_NONE;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 2)
		return no(l, "names and keys belong here");
	for (size_t i = 0; i < m.lists[0]->nstrings; i++) {
		if (i)
			buf_string(out, " or ");
		s = one(l, &m, m.lists[0]->strings[i], m.lists[1], n->line,
			out);
		if (s == STRENGTH_NONE)
			return s;
	}
	return m.lists[0]->nstrings > 1 ? STRENGTH_OR : s;
}

static enum strength test_header(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return each_name(l, n, one_header, out);
}

static enum strength test_address(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return each_name(l, n, one_address, out);
}

static enum strength test_envelope(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return each_name(l, n, one_envelope, out);
}

static enum strength test_recipient(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct match_args m;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 1)
		return no(l, "keys belong here");
	return lua_recipient(l, &m, m.lists[0], n->line, out);
}

static enum strength test_exists(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct match_args m;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 1)
		return no(l, "names of headers belong here");
	for (size_t i = 0; i < m.lists[0]->nstrings; i++)
		buf_printf(out, "%sm:has_header(%.*s)", i ? " and " : "",
			SPAN_FMT(lua_quote(l, m.lists[0]->strings[i])));
	return m.lists[0]->nstrings > 1 ? STRENGTH_AND : STRENGTH_TIGHT;
}

/* --- numbers ------------------------------------------------------------- */

/* TEXT is over or under N; PureMessage's "over 50" is "50 or more". */
static enum strength compare(struct lua *l, const struct sieve_node *n,
	const char *text, bool or_more, struct buf *out)
{
	struct match_args m;

	if (!lua_match_args(l, n, &m) || !number_of(l, &m))
		return STRENGTH_NONE;
	buf_printf(out, "%s %s %llu", text, m.how == MATCH_UNDER ? "<" :
		or_more ? ">=" : ">", (unsigned long long)m.number);
	return STRENGTH_COMPARE;
}

static enum strength test_size(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return compare(l, n, "m.size", false, out);
}

static enum strength test_spam_prob(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return compare(l, n, "m.spam.probability", true, out);
}

static enum strength test_eight_bit(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return compare(l, n, "m.eight_bit", true, out);
}

static enum strength test_count(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return compare(l, n, "#m.attachments", false, out);
}

/* --- attachments --------------------------------------------------------- */

/* Wraps the test of one file "f", and keeps it for actions on attachments. */
static enum strength any_file(struct lua *l, const char *list,
	const struct buf *one, struct buf *out)
{
	l->helpers[HELPER_ANY] = true;
	l->attachment = buf_bytes(one);
	buf_printf(out, "any(%s, function(f) return %.*s end)", list,
		SPAN_FMT(l->attachment));
	return STRENGTH_TIGHT;
}

static enum strength test_file_size(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct buf one = { .arena = l->a };

	if (compare(l, n, "f.size", false, &one) == STRENGTH_NONE)
		return STRENGTH_NONE;
	return any_file(l, "m.attachments", &one, out);
}

static enum strength test_file(struct lua *l, const struct sieve_node *n,
	const char *field, const char *true_field, struct buf *out)
{
	struct buf one = { .arena = l->a };
	struct match_args m;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 1)
		return no(l, "keys belong here");
	if (m.how == MATCH_MEMBEROF) {
		on_lists(l, "f:listed", m.lists[0], "", &one);
		return any_file(l, "m.files", &one, out);
	}
	if (m.true_type && true_field == NULL)
		return no(l, "true types have names like \"exe\" here: see "
			"f.true_type");
	if (any_key(l, &m, field, m.lists[0], n->line, &one) == STRENGTH_NONE)
		return STRENGTH_NONE;
	if (m.true_type) {
		buf_string(&one, " or ");
		if (any_key(l, &m, true_field, m.lists[0], n->line, &one) ==
		    STRENGTH_NONE)
			return STRENGTH_NONE;
	}
	return any_file(l, "m.files", &one, out);
}

static enum strength test_file_name(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return test_file(l, n, "f.name", "(\".\" .. f.true_type)", out);
}

static enum strength test_file_type(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	return test_file(l, n, "f.type", NULL, out);
}

static enum strength test_file_text(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct buf one = { .arena = l->a };
	struct match_args m;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 1)
		return no(l, "keys belong here");
	if (any_key(l, &m, "f.text", m.lists[0], n->line, &one) ==
	    STRENGTH_NONE)
		return STRENGTH_NONE;
	return any_file(l, "m.attachments", &one, out);
}

static enum strength test_suspect(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct buf one = { .arena = l->a };

	(void)n;
	buf_string(&one, "f:listed(\"suspect-attachment-names\")");
	lua_note(l, "list", SPAN("suspect-attachment-names"));
	return any_file(l, "m.files", &one, out);
}

/* --- the rest ------------------------------------------------------------ */

static enum strength test_relay(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct match_args m;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 1)
		return no(l, "keys belong here");
	if (m.how != MATCH_MEMBEROF)
		return any_of(l, &m, arena_printf(l->a, "{ %s.relay.addr, "
			"%s.relay.name }", l->self, l->self), "v",
			m.lists[0], n->line, out);
	for (size_t i = 0; i < m.lists[0]->nstrings; i++) {
		struct span list = m.lists[0]->strings[i];

		if (i)
			buf_string(out, " or ");
		if (span_is(list, "internal-hosts")) {
			buf_printf(out, "%s.relay.internal", l->self);
			continue;
		}
		buf_printf(out, "%s:listed(%.*s)", l->self,
			SPAN_FMT(lua_quote(l, list)));
		lua_note(l, "list", list);
	}
	return m.lists[0]->nstrings > 1 ? STRENGTH_OR : STRENGTH_TIGHT;
}

static enum strength test_spam_hit(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct match_args m;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 1)
		return no(l, "names of spam rules belong here");
	for (size_t i = 0; i < m.lists[0]->nstrings; i++)
		if (span_casestarts(m.lists[0]->strings[i],
				SPAN("DQ_SUSP")))
			return no(l, "not in this version: needs the delay "
				"queue and the sender history");
	if (m.how != MATCH_IS)
		return any_of(l, &m, "m.spam.hits", "v.name", m.lists[0],
			n->line, out);
	for (size_t i = 0; i < m.lists[0]->nstrings; i++)
		buf_printf(out, "%sm.spam:has(%.*s)", i ? " or " : "",
			SPAN_FMT(lua_quote(l, m.lists[0]->strings[i])));
	return m.lists[0]->nstrings > 1 ? STRENGTH_OR : STRENGTH_TIGHT;
}

static enum strength test_phrase(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct match_args m;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 1)
		return no(l, "a list or words belong here");
	if (m.how == MATCH_IS)
		m.how = MATCH_CONTAINS;
	if (m.how != MATCH_MEMBEROF) {
		if (in_text(l, &m, "\"subject\"", m.lists[0], n->line, out) ==
		    STRENGTH_NONE)
			return STRENGTH_NONE;
		buf_string(out, " or ");
		in_text(l, &m, "\"body\"", m.lists[0], n->line, out);
		return STRENGTH_OR;
	}
	for (size_t i = 0; i < m.lists[0]->nstrings; i++) {
		buf_printf(out, "%s#m:phrases(%.*s) > 0", i ? " or " : "",
			SPAN_FMT(lua_quote(l, m.lists[0]->strings[i])));
		lua_note(l, "list", m.lists[0]->strings[i]);
	}
	return m.lists[0]->nstrings > 1 ? STRENGTH_OR : STRENGTH_COMPARE;
}

static enum strength test_offensive(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	(void)n;
	lua_note(l, "list", SPAN("offensive-words"));
	buf_string(out, "#m:phrases(\"offensive-words\") > 0");
	return STRENGTH_COMPARE;
}

/* PureMessage asks for the direction: the sender's group of outgoing mail. */
static enum strength test_group(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	struct match_args m;

	if (!lua_match_args(l, n, &m))
		return STRENGTH_NONE;
	if (m.nlists != 1 || (m.how != MATCH_IS && m.how != MATCH_MEMBEROF))
		return no(l, "a group is named, not matched");
	for (size_t i = 0; i < m.lists[0]->nstrings; i++) {
		struct span group = lua_quote(l, m.lists[0]->strings[i]);

		buf_printf(out, "%sm.relay.internal and "
			"m:sender_member(%.*s) or m.relay.external and "
			"rcpt:member(%.*s)",
			i ? " or " : "", SPAN_FMT(group), SPAN_FMT(group));
	}
	return STRENGTH_OR;
}

static enum strength test_virus(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	(void)n;
	l->helpers[HELPER_BUSY] = true;
	buf_string(out, "m.virus.found or m.virus.unscannable");
	return STRENGTH_OR;
}

static enum strength test_cantscan(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	(void)n;
	l->helpers[HELPER_UNSCANNABLE] = true;
	buf_string(out, "unscannable(m)");
	return STRENGTH_TIGHT;
}

/* Tests without arguments and their expressions. */
static const struct {
	const char *name, *expression;
	enum strength strength;
} plain_tests[] = {
	{ "true", "true", STRENGTH_TIGHT },
	{ "false", "false", STRENGTH_TIGHT },
	{ "pmx_virus_cantscan", "m.virus.unscannable", STRENGTH_TIGHT },
	{ "pmx_blocklist", "m:listed(\"blocked-relays\")", STRENGTH_TIGHT },
	{ "pmx_bounce", "m.bounce and rcpt.batv ~= \"good\"", STRENGTH_AND },
	{ "pmx_is_bounce", "m.bounce and rcpt.batv ~= \"good\"",
		STRENGTH_AND },
};

static const struct {
	const char *name;
	enum strength (*test)(struct lua *l, const struct sieve_node *n,
		struct buf *out);
} tests[] = {
	{ "size", test_size }, { "header", test_header },
	{ "address", test_address }, { "envelope", test_envelope },
	{ "exists", test_exists }, { "pmx_relay", test_relay },
	{ "pmx_recipient", test_recipient },
	{ "pmx_address", test_recipient },
	{ "pmx_virus", test_virus }, { "pmx_cantscan", test_cantscan },
	{ "pmx_spam_prob", test_spam_prob }, { "pmx_spam_hit", test_spam_hit },
	{ "pmx_phrase", test_phrase }, { "pmx_offensive", test_offensive },
	{ "pmx_8bit", test_eight_bit }, { "pmx_eight_bit", test_eight_bit },
	{ "pmx_group", test_group },
	{ "pmx_suspect_attachment", test_suspect },
	{ "pmx_attachment_name", test_file_name },
	{ "pmx_attachment_type", test_file_type },
	{ "pmx_attachment_size", test_file_size },
	{ "pmx_attachment_count", test_count },
	{ "pmx_attachment_contents", test_file_text },
	{ "pmx_attachment_content", test_file_text },
};

static enum strength leaf(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	if (n->tests)
		return no(l, arena_printf(l->a, "the test %.*s with a test in "
			"it", SPAN_FMT(n->name)));
	for (size_t i = 0; i < sizeof(plain_tests) / sizeof(plain_tests[0]);
	     i++)
		if (span_caseeq(n->name, span_of(plain_tests[i].name))) {
			if (strstr(plain_tests[i].expression, "blocked"))
				lua_note(l, "list", SPAN("blocked-relays"));
			buf_string(out, plain_tests[i].expression);
			return plain_tests[i].strength;
		}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (span_caseeq(n->name, span_of(tests[i].name)))
			return tests[i].test(l, n, out);
	return no(l, arena_printf(l->a, "the test %.*s is not known",
		SPAN_FMT(n->name)));
}

/* Adds a test; in parentheses when it is looser than its place. */
static enum strength put_tight(struct lua *l, const struct sieve_node *n,
	enum strength least, struct buf *out)
{
	struct buf one = { .arena = l->a };
	enum strength s = lua_test(l, n, &one);

	if (s == STRENGTH_NONE)
		return s;
	buf_printf(out, s < least ? "(%.*s)" : "%.*s",
		SPAN_FMT(buf_bytes(&one)));
	return s < least ? STRENGTH_TIGHT : s;
}

static enum strength put_all(struct lua *l, const struct sieve_node *n,
	const char *word, enum strength strength, struct buf *out)
{
	enum strength s = STRENGTH_NONE;

	for (const struct sieve_node *t = n->tests; t; t = t->next) {
		if (t != n->tests)
			buf_printf(out, " %s ", word);
		s = put_tight(l, t, strength, out);
		if (s == STRENGTH_NONE)
			return s;
	}
	if (n->tests == NULL)
		return no(l, "tests belong here");
	return n->tests->next ? strength : s;
}

enum strength lua_test(struct lua *l, const struct sieve_node *n,
	struct buf *out)
{
	enum strength s;

	if (span_caseeq(n->name, SPAN("anyof")))
		return put_all(l, n, "or", STRENGTH_OR, out);
	if (span_caseeq(n->name, SPAN("allof")))
		return put_all(l, n, "and", STRENGTH_AND, out);
	if (!span_caseeq(n->name, SPAN("not")))
		return leaf(l, n, out);
	if (n->tests == NULL || n->tests->next)
		return no(l, "one test belongs behind \"not\"");
	buf_string(out, "not ");
	s = put_tight(l, n->tests, STRENGTH_TIGHT, out);
	return s == STRENGTH_NONE ? s : STRENGTH_TIGHT;
}

bool lua_test_is_session(const struct sieve_node *n)
{
	if (span_caseeq(n->name, SPAN("pmx_relay")) ||
	    span_caseeq(n->name, SPAN("true")))
		return true;
	if (!span_caseeq(n->name, SPAN("not")) &&
	    !span_caseeq(n->name, SPAN("anyof")) &&
	    !span_caseeq(n->name, SPAN("allof")))
		return false;
	for (const struct sieve_node *t = n->tests; t; t = t->next)
		if (!lua_test_is_session(t))
			return false;
	return n->tests != NULL;
}
