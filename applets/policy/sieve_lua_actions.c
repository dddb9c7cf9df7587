/*
 * PureMessage's actions (and those of RFC 5228) as Lua statements.
 */
#include "sieve_lua.h"

#include <stdio.h>
#include <string.h>

enum { ADDRESSES_MAX = 16, REASON_MAX = 40, REPLY_MAX = 390, KEY_MAX = 40 };

/* The arguments of an action: tags, then texts. */
struct args {
	struct span tags[8];
	size_t ntags;
	const struct sieve_arg *texts[3];
	size_t ntexts;
	uint64_t number;
};

static bool refuse(struct lua *l, const char *why)
{
	l->why = why;
	return false;
}

static bool read_args(struct lua *l, const struct sieve_node *n,
	size_t least, size_t most, struct args *a_r)
{
	*a_r = (struct args){ 0 };
	for (const struct sieve_arg *arg = n->args; arg; arg = arg->next) {
		if (arg->kind == SIEVE_TAG && a_r->ntags < 8)
			a_r->tags[a_r->ntags++] = arg->tag;
		else if (arg->kind == SIEVE_NUMBER)
			a_r->number = arg->number;
		else if (arg->kind == SIEVE_STRINGS && a_r->ntexts < 3)
			a_r->texts[a_r->ntexts++] = arg;
		else
			return refuse(l, "too many arguments");
	}
	return (a_r->ntexts >= least && a_r->ntexts <= most) ||
		refuse(l, "its arguments are not those that are known");
}

static bool has_tag(const struct args *a, const char *tag)
{
	for (size_t i = 0; i < a->ntags; i++)
		if (span_caseeq(a->tags[i], span_of(tag)))
			return true;
	return false;
}

static struct span first(const struct sieve_arg *arg)
{
	return arg->strings[0];
}

/* --- endings ------------------------------------------------------------- */

static bool same(const struct ending *a, const struct ending *b)
{
	return a->kind == b->kind && span_eq(a->call, b->call);
}

static struct span call_of(struct lua *l, const char *name, struct span arg)
{
	return span_of(arena_printf(l->a, "%s(%.*s)", name, SPAN_FMT(arg)));
}

/*
 * What one ending says beside another one, when the script went on between
 * them: a message may be kept and delivered, but has one answer.
 */
static void combine(struct lua *l, struct ending *old, struct ending add)
{
	bool kept = old->kind == ENDING_QUARANTINE;

	if (old->kind == ENDING_NONE || same(old, &add)) {
		*old = add;
	} else if (kept && add.kind == ENDING_DISCARD) {
		return;
	} else if (kept && (add.kind == ENDING_KEEP ||
			add.kind == ENDING_REJECT)) {
		lua_line(l, "plan:copy(%.*s)", SPAN_FMT(old->argument));
		*old = add;
	} else if (old->kind == ENDING_KEEP &&
		   add.kind == ENDING_QUARANTINE) {
		lua_line(l, "plan:copy(%.*s)", SPAN_FMT(add.argument));
	} else if (old->kind == ENDING_REDIRECT &&
		   add.kind == ENDING_REDIRECT) {
		old->argument = span_of(arena_printf(l->a, "%.*s, %.*s",
			SPAN_FMT(old->argument), SPAN_FMT(add.argument)));
		old->call = call_of(l, "redirect", old->argument);
	} else if (old->kind == ENDING_KEEP && add.kind == ENDING_REDIRECT) {
		lua_line(l, "plan:add_recipient(%.*s)",
			SPAN_FMT(add.argument));
	} else {
		if (old->kind != ENDING_DISCARD && old->kind != ENDING_KEEP)
			lua_comment(l, span_of(arena_printf(l->a, "line %u "
				"also said %.*s", old->line,
				SPAN_FMT(old->call))));
		*old = add;
	}
}

static bool end_with(struct lua *l, const struct sieve_node *n,
	struct ending *ending, enum ending_kind kind, struct span call,
	struct span argument)
{
	combine(l, ending, (struct ending){ kind, call, argument, n->line });
	return true;
}

static bool do_keep(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	return end_with(l, n, ending, ENDING_KEEP, SPAN("deliver()"),
		SPAN(""));
}

static bool do_discard(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	return end_with(l, n, ending, ENDING_DISCARD, SPAN("discard()"),
		SPAN(""));
}

static bool do_quarantine(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct span reason;

	if (!read_args(l, n, 1, 1, &a))
		return false;
	reason = lua_quote_ascii(l, first(a.texts[0]), REASON_MAX);
	return end_with(l, n, ending, ENDING_QUARANTINE,
		call_of(l, "quarantine", reason), reason);
}

static bool do_reject(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct span text;

	if (!read_args(l, n, 1, 1, &a))
		return false;
	text = lua_text(l, first(a.texts[0]), REPLY_MAX);
	return end_with(l, n, ending, ENDING_REJECT, span_of(arena_printf(l->a,
		"reject(\"5.7.1\", %.*s)", SPAN_FMT(text))), text);
}

static bool do_tempfail(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct span text = SPAN("\"try again later\"");

	if (!read_args(l, n, 0, 1, &a))
		return false;
	if (a.ntexts)
		text = lua_text(l, first(a.texts[0]), REPLY_MAX);
	return end_with(l, n, ending, ENDING_REJECT,
		call_of(l, "tempfail", text), text);
}

/* "a", "b": addresses as arguments; variables are expanded. */
static bool addresses(struct lua *l, const struct sieve_arg *texts,
	struct span *out_r)
{
	struct buf b = { .arena = l->a };

	if (texts->nstrings > ADDRESSES_MAX)
		return refuse(l, "more than 16 addresses: use a map");
	for (size_t i = 0; i < texts->nstrings; i++)
		buf_printf(&b, "%s%.*s", i ? ", " : "",
			SPAN_FMT(lua_text(l, texts->strings[i], 320)));
	*out_r = buf_bytes(&b);
	return true;
}

static bool do_redirect(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct span to;

	return read_args(l, n, 1, 1, &a) && addresses(l, a.texts[0], &to) &&
		end_with(l, n, ending, ENDING_REDIRECT,
			call_of(l, "redirect", to), to);
}

/* PureMessage cleaned; here what is infected is withheld. */
static bool do_virus_clean(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct span reason = SPAN("\"Virus\"");

	lua_comment(l, SPAN("Not cleaned: withheld, and the recipient "
		"told."));
	return end_with(l, n, ending, ENDING_QUARANTINE,
		SPAN("quarantine(\"Virus\", { notify = \"recipient\" })"),
		reason);
}

/* --- what goes on -------------------------------------------------------- */

/* plan:METHOD("text") for each text of the one argument. */
static bool each_text(struct lua *l, const struct sieve_node *n,
	const char *method, size_t max_ascii)
{
	struct args a;

	if (!read_args(l, n, 1, 1, &a))
		return false;
	for (size_t i = 0; i < a.texts[0]->nstrings; i++)
		lua_line(l, "plan:%s(%.*s)", method, SPAN_FMT(max_ascii ?
			lua_quote_ascii(l, a.texts[0]->strings[i], max_ascii) :
			lua_text(l, a.texts[0]->strings[i], 320)));
	return true;
}

static bool do_file(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	(void)ending;
	return each_text(l, n, "copy", REASON_MAX);
}

static bool do_archive(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct buf name = { .arena = l->a };
	struct span text;

	(void)ending;
	if (!read_args(l, n, 1, 1, &a))
		return false;
	/* A path of PureMessage's; here archives have names. */
	text = first(a.texts[0]);
	text = span_after(text, span_rchr(text, '/') == SIZE_MAX ? 0 :
		span_rchr(text, '/') + 1);
	for (size_t i = 0; i < text.n && i < KEY_MAX; i++) {
		unsigned char c = span_lower(text.p[i]);

		buf_byte(&name, (c >= 'a' && c <= 'z') ||
			(c >= '0' && c <= '9') ? c : '-');
	}
	if (name.n == 0)
		return refuse(l, "an archive has a name");
	lua_line(l, "plan:archive(%.*s)", SPAN_FMT(lua_quote(l,
		buf_bytes(&name))));
	return true;
}

static bool do_map(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	(void)ending;
	return each_text(l, n, "map_recipient", KEY_MAX);
}

static bool do_sender(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	(void)ending;
	return each_text(l, n, "sender", 0);
}

static bool do_add_recipient(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct span to;

	(void)ending;
	if (!read_args(l, n, 1, 1, &a) || !addresses(l, a.texts[0], &to))
		return false;
	lua_line(l, "plan:add_recipient(%.*s)", SPAN_FMT(to));
	return true;
}

static bool do_add_header(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;

	(void)ending;
	if (!read_args(l, n, 2, 2, &a))
		return false;
	lua_line(l, "plan:add_header(%.*s, %.*s)",
		SPAN_FMT(lua_quote(l, first(a.texts[0]))),
		SPAN_FMT(lua_text(l, first(a.texts[1]), 0)));
	return true;
}

/* "[TAG] %%SUBJECT%%" puts the tag in front. */
static bool is_prefix(struct span value, struct span *prefix_r)
{
	size_t at = span_find(value, SPAN("%%SUBJECT%%"));

	if (at == SIZE_MAX || at == 0 || at + 11 != value.n)
		return false;
	*prefix_r = span_trim(span_sub(value, 0, at));
	return prefix_r->n > 0;
}

static bool do_replace_header(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct span name, value, prefix;

	(void)ending;
	if (!read_args(l, n, 2, 2, &a))
		return false;
	if (a.number > 0)
		return refuse(l, "only the first header of a name: :index 0");
	name = first(a.texts[0]);
	value = span_trim(first(a.texts[1]));
	if (span_caseeq(name, SPAN("subject")) && is_prefix(value, &prefix))
		lua_line(l, "plan:prefix_subject(%.*s)",
			SPAN_FMT(lua_text(l, prefix, 0)));
	else
		lua_line(l, "plan:replace_header(%.*s, %.*s)",
			SPAN_FMT(lua_quote(l, name)),
			SPAN_FMT(lua_text(l, value, 0)));
	return true;
}

static bool do_remove_header(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;

	(void)ending;
	if (!read_args(l, n, 1, 1, &a))
		return false;
	for (size_t i = 0; i < a.texts[0]->nstrings; i++)
		lua_line(l, "plan:remove_header(%.*s)",
			SPAN_FMT(lua_quote(l, a.texts[0]->strings[i])));
	return true;
}

static bool do_banner(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct span text, local;

	(void)ending;
	if (!read_args(l, n, 1, 1, &a))
		return false;
	if (has_tag(&a, "header"))
		return refuse(l, "a banner in the header: use plan:add_header");
	text = first(a.texts[0]);
	if (has_tag(&a, "file") && (l->help == NULL ||
			!l->help->read(l->help->self, text, l->a, &text)))
		return refuse(l, arena_printf(l->a, "the text of the banner is "
			"in a file that is not beside the script: "
			"plan:banner{ text = ..., place = \"bottom\" }"));
	local = lua_long_text(l, text, n->line);
	if (span_find(text, SPAN("%%")) != SIZE_MAX)
		local = call_of(l, "expand", local);
	lua_line(l, "plan:banner{ text = %.*s, place = \"%s\" }",
		SPAN_FMT(local), has_tag(&a, "prepend") || has_tag(&a, "top") ?
		"top" : "bottom");
	return true;
}

/* Marks of the message log that pm writes by itself. */
static bool is_logged(struct span key)
{
	return span_is(key, "S") || span_is(key, "Size") ||
		span_is(key, "i");
}

static bool do_mark(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;

	(void)ending;
	if (!read_args(l, n, 1, 2, &a))
		return false;
	if (is_logged(first(a.texts[0]))) {
		lua_comment(l, span_of(arena_printf(l->a, "mark \"%.*s\": "
			"subject, size and direction of every message are "
			"logged", SPAN_FMT(first(a.texts[0])))));
		return true;
	}
	lua_line(l, "plan:mark(%.*s, %.*s)",
		SPAN_FMT(lua_quote_ascii(l, first(a.texts[0]), KEY_MAX)),
		SPAN_FMT(a.ntexts > 1 ? lua_text(l, first(a.texts[1]), 0) :
		SPAN("\"1\"")));
	return true;
}

static bool do_set(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;

	(void)ending;
	if (!read_args(l, n, 2, 2, &a))
		return false;
	lua_line(l, "plan:set(%.*s, %.*s)",
		SPAN_FMT(lua_quote_ascii(l, first(a.texts[0]), KEY_MAX)),
		SPAN_FMT(lua_text(l, first(a.texts[1]), 0)));
	return true;
}

/* pmx_deliver_for: these recipients get it, the others go on. */
static bool do_deliver_for(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct buf test = { .arena = l->a };
	struct match_args m;

	(void)ending;
	if (!lua_match_args(l, n, &m))
		return false;
	if (m.nlists != 1)
		return refuse(l, "recipients belong here");
	if (lua_recipient(l, &m, m.lists[0], n->line, &test) == STRENGTH_NONE)
		return false;
	lua_line(l, "if %.*s then return deliver() end",
		SPAN_FMT(buf_bytes(&test)));
	return true;
}

/* The attachments that the test around the block was about. */
static bool do_drop(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct span test = l->attachment;
	struct args a;

	(void)ending;
	if (!read_args(l, n, 0, 1, &a))
		return false;
	if (test.n == 0)
		return refuse(l, "which attachments? Only a test of "
			"attachments right around it tells");
	lua_line(l, "for _, f in ipairs(m.attachments) do");
	l->indent++;
	lua_line(l, "if %.*s then", SPAN_FMT(test));
	l->indent++;
	lua_line(l, "plan:drop(f, { text = \"An attachment was removed.\" "
		"})");
	l->indent--;
	lua_line(l, "end");
	l->indent--;
	lua_line(l, "end");
	return true;
}

static bool do_notify(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	struct args a;
	struct span template, to = SPAN("\"recipient\"");

	(void)ending;
	if (!read_args(l, n, 1, 2, &a))
		return false;
	template = first(a.texts[0]);
	if (span_ends(template, SPAN(".tmpl")))
		template.n -= 5;
	if (a.ntexts > 1)
		to = lua_text(l, first(a.texts[1]), 320);
	else if (has_tag(&a, "sender"))
		to = SPAN("\"sender\"");
	else if (has_tag(&a, "admin") || has_tag(&a, "postmaster"))
		to = SPAN("\"postmaster\"");
	template = lua_quote_ascii(l, template, KEY_MAX);
	lua_note(l, "template", span_sub(template, 1, template.n - 2));
	lua_line(l, "plan:notify(%.*s, { to = %.*s })", SPAN_FMT(template),
		SPAN_FMT(to));
	return true;
}

static bool do_batv(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	(void)n;
	(void)ending;
	lua_line(l, "plan:batv()");
	return true;
}

static bool do_delay(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	(void)n;
	(void)ending;
	return refuse(l, "not in this version: needs the delay queue");
}

static bool do_test_mark(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	(void)n;
	(void)ending;
	lua_comment(l, SPAN("Test messages need no mark: pm policy test."));
	return true;
}

static bool do_statistics(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	(void)n;
	(void)ending;
	lua_comment(l, SPAN("Attachments of every message are logged."));
	return true;
}

static const struct {
	const char *name;
	bool (*act)(struct lua *l, const struct sieve_node *n,
		struct ending *ending);
} actions[] = {
	{ "keep", do_keep }, { "discard", do_discard },
	{ "reject", do_reject }, { "redirect", do_redirect },
	{ "pmx_redirect", do_redirect }, { "pmx_tempfail", do_tempfail },
	{ "pmx_quarantine", do_quarantine }, { "pmx_file", do_file },
	{ "pmx_add_header", do_add_header },
	{ "pmx_replace_header", do_replace_header },
	{ "pmx_remove_header", do_remove_header },
	{ "pmx_delete_header", do_remove_header },
	{ "pmx_add_banner", do_banner },
	{ "pmx_add_recipient", do_add_recipient },
	{ "pmx_forward", do_add_recipient },
	{ "pmx_envelope_from", do_sender },
	{ "pmx_change_envelope_from", do_sender },
	{ "pmx_map_recipients", do_map },
	{ "pmx_deliver_for", do_deliver_for },
	{ "pmx_virus_clean", do_virus_clean },
	{ "pmx_drop_attachment", do_drop }, { "pmx_archive", do_archive },
	{ "pmx_attachment_stats", do_statistics },
	{ "pmx_mark", do_mark }, { "pmx_mark1", do_mark },
	{ "pmx_custom_mark", do_mark }, { "pmx_set", do_set },
	{ "pmx_set_variable", do_set }, { "pmx_notify", do_notify },
	{ "pmx_batv", do_batv }, { "pmx_suspect_delay", do_delay },
	{ "pmx_test_mark", do_test_mark },
};

bool lua_action(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	if (n->tests || n->has_block)
		return refuse(l, arena_printf(l->a, "%.*s with a test or a "
			"block", SPAN_FMT(n->name)));
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (span_caseeq(n->name, span_of(actions[i].name)))
			return actions[i].act(l, n, ending);
	return refuse(l, arena_printf(l->a, "the action %.*s is not known",
		SPAN_FMT(n->name)));
}
