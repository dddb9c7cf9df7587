/*
 * A Sieve script as policies and rules.
 *
 * A chain (if, elsif, else) that stands at the top and asks for nothing but
 * the relay becomes policies with guards, and what stands in its blocks their
 * rules; any other chain or run of actions at the top is a rule. A script
 * decides when it stops, or at its end: "withheld" carries what was decided
 * on the way.
 */
#include "sieve_lua.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 78, SUFFIX_BYTES = 12, GUARDED_MAX = 60 };

static bool named(const struct sieve_node *n, const char *name)
{
	return span_caseeq(n->name, span_of(name));
}

static bool follows(const struct sieve_node *n)
{
	return n && (named(n, "elsif") || named(n, "else"));
}

/* The last command of a chain: nothing belongs to it behind an else. */
static const struct sieve_node *chain_end(const struct sieve_node *n)
{
	while (!named(n, "else") && follows(n->next))
		n = n->next;
	return n;
}

/* The command behind a chain; NULL. */
static const struct sieve_node *behind(const struct sieve_node *chain)
{
	return chain_end(chain)->next;
}

/* Does a command follow before the end? Comments are none. */
static bool is_last(const struct sieve_node *n, const struct sieve_node *end)
{
	while (n != end && n->name.n == 0)
		n = n->next;
	return n == end;
}

/* "# attr NAME=Mail from internal hosts" names the command behind it. */
static bool attr_name(struct span comment, struct span *name_r)
{
	if (!span_casestarts(comment, SPAN("attr NAME=")))
		return false;
	*name_r = span_trim(span_after(comment, 10));
	return name_r->n > 0;
}

static void put_comments(struct lua *l, const struct sieve_node *n, bool all)
{
	struct span name;

	for (size_t i = 0; i < n->ncomments; i++) {
		if (!attr_name(n->comments[i], &name))
			lua_comment(l, n->comments[i]);
		else if (all)
			lua_comment(l, name);
	}
}

/* The name of a policy or rule, quoted: unique among those of its kind. */
static struct span name_of(struct lua *l, const struct sieve_node *n,
	const char *kind, const char *fallback)
{
	struct span name = span_of(fallback), plain;

	for (size_t i = 0; i < n->ncomments; i++)
		attr_name(n->comments[i], &name);
	plain = lua_quote_ascii(l, name, NAME_BYTES);
	if (plain.n == 2 || !lua_first(l, kind, plain)) {
		plain = lua_quote_ascii(l, span_of(arena_printf(l->a,
			"%.*s (line %u)", SPAN_FMT(span_sub(name, 0,
			NAME_BYTES - SUFFIX_BYTES)), n->line)), NAME_BYTES);
		lua_first(l, kind, plain);
	}
	return plain;
}

/* --- blocks -------------------------------------------------------------- */

static void put_block(struct lua *l, const struct sieve_node *first,
	const struct sieve_node *end, bool last);

static const char beside[] = "delivered, beside what an earlier rule may "
	"have decided: if that should not be withheld, return deliver()";

/* An ending that the script goes on behind: decided at the end of it. */
static void put_pending(struct lua *l, struct ending *ending)
{
	if (ending->kind == ENDING_KEEP && l->helpers[HELPER_DECIDED]) {
		l->why = beside;
		lua_left(l, ending->line, SPAN("keep;"));
	} else if (ending->kind != ENDING_NONE &&
		   ending->kind != ENDING_KEEP) {
		l->helpers[HELPER_DECIDED] = true;
		lua_line(l, "withheld = function() return %.*s end",
			SPAN_FMT(ending->call));
	}
	*ending = (struct ending){ 0 };
}

/* stop, or the end of the script. */
static void put_return(struct lua *l, const struct ending *ending)
{
	if (ending->kind == ENDING_KEEP && l->helpers[HELPER_DECIDED]) {
		l->why = beside;
		lua_left(l, ending->line, SPAN("keep;"));
	}
	if (ending->kind != ENDING_NONE &&
	    (ending->kind != ENDING_KEEP || !l->helpers[HELPER_DECIDED]))
		lua_line(l, "return %.*s", SPAN_FMT(ending->call));
	else
		lua_line(l, l->helpers[HELPER_DECIDED] ? "return decided()" :
			"return deliver()");
}

/* One line that fits behind "if … then"? */
static bool is_short(const struct lua *l, struct span test, struct span body)
{
	return span_starts(span_trim(body), SPAN("return ")) &&
		span_chr(body, '\n') == body.n - 1 &&
		l->indent * 8 + test.n + span_trim(body).n + 13 < 80;
}

/* The block of one branch, written aside. */
static struct span branch_body(struct lua *l, const struct sieve_node *n,
	bool last)
{
	struct buf body = { .arena = l->a }, *out = l->out;

	l->out = &body;
	l->indent++;
	if (!named(n, "if"))
		put_comments(l, n, true);
	put_block(l, n->block, NULL, last);
	l->indent--;
	l->out = out;
	return buf_bytes(&body);
}

/* A chain without a rule stays as it was. */
static void put_left_chain(struct lua *l, const struct sieve_node *n)
{
	const struct sieve_node *end = chain_end(n);

	lua_left(l, n->line, span_from(n->source.p, (size_t)(end->source.p +
		end->source.n - n->source.p)));
}

/* The tests of a chain, each as text; false: one has no rule. */
static bool chain_tests(struct lua *l, const struct sieve_node *chain,
	struct span *tests_r, struct span *files_r)
{
	size_t i = 0;

	for (const struct sieve_node *n = chain; n != behind(chain);
	     n = n->next, i++) {
		struct buf test = { .arena = l->a };

		l->attachment = SPAN("");
		files_r[i] = SPAN("");
		if (!n->has_block || (named(n, "else") ? n->tests != NULL :
				n->tests == NULL || n->tests->next != NULL)) {
			l->why = "one test and a block belong here";
			return false;
		}
		if (n->tests && lua_test(l, n->tests, &test) == STRENGTH_NONE)
			return false;
		tests_r[i] = buf_bytes(&test);
		if (n->tests && !named(n->tests, "not") &&
		    n->tests->tests == NULL)
			files_r[i] = l->attachment;
	}
	return true;
}

/* if … elsif … else; `last`: nothing of the script follows. */
static void put_chain(struct lua *l, const struct sieve_node *chain, bool last)
{
	struct span outer = l->attachment, *tests, *files, body;
	size_t branches = 0, i = 0;
	bool one;

	for (const struct sieve_node *n = chain; n != behind(chain);
	     n = n->next)
		branches++;
	tests = arena_array(l->a, branches, sizeof(*tests));
	files = arena_array(l->a, branches, sizeof(*files));
	if (!chain_tests(l, chain, tests, files)) {
		put_left_chain(l, chain);
		l->attachment = outer;
		return;
	}
	for (const struct sieve_node *n = chain; n != behind(chain);
	     n = n->next, i++) {
		l->attachment = files[i].n ? files[i] : outer;
		body = branch_body(l, n, last);
		one = branches == 1 && body.n && is_short(l, tests[i], body);
		if (one) {
			lua_line(l, "if %.*s then %.*s end", SPAN_FMT(tests[i]),
				SPAN_FMT(span_trim(body)));
			break;
		}
		if (n->tests)
			lua_line(l, "%s %.*s then", i ? "elseif" : "if",
				SPAN_FMT(tests[i]));
		else
			lua_line(l, "else");
		buf_span(l->out, body);
		if (i + 1 == branches)
			lua_line(l, "end");
	}
	l->attachment = outer;
}

static void put_action(struct lua *l, const struct sieve_node *n,
	struct ending *ending)
{
	if (named(n, "require"))
		return;
	if (follows(n))
		l->why = "it stands behind no if";
	else if (lua_action(l, n, ending))
		return;
	lua_left(l, n->line, n->source);
}

/* Commands up to end; `last`: with them the script ends. */
static void put_block(struct lua *l, const struct sieve_node *first,
	const struct sieve_node *end, bool last)
{
	struct ending ending = { 0 };
	const struct sieve_node *next;

	for (const struct sieve_node *n = first; n != end; n = next) {
		next = n->next;
		put_comments(l, n, true);
		if (named(n, "stop")) {
			put_return(l, &ending);
			if (!is_last(next, end))
				lua_comment(l, span_of(arena_printf(l->a,
					"What stood behind line %u was never "
					"reached.", n->line)));
			return;
		}
		if (named(n, "if")) {
			put_pending(l, &ending);
			next = behind(n);
			put_chain(l, n, last && is_last(next, end));
		} else if (n->name.n) {
			put_action(l, n, &ending);
		}
	}
	if (last && ending.kind != ENDING_NONE)
		put_return(l, &ending);
	else
		put_pending(l, &ending);
}

/* --- rules --------------------------------------------------------------- */

/* Is there a line that is no comment? */
static bool has_code(struct span text)
{
	struct span line;

	while (span_line(&text, &line)) {
		line = span_trim(line);
		if (line.n && !span_starts(line, SPAN("--")))
			return true;
	}
	return false;
}

/* "if true" alone: what stands in it is done always. */
static bool is_always(const struct sieve_node *n)
{
	return named(n, "if") && n->has_block && !follows(n->next) &&
		n->tests && named(n->tests, "true") && n->tests->next == NULL;
}

/* Lines of a rule that is none. */
static void put_outdented(struct buf *b, struct span text)
{
	struct span line;

	while (span_line(&text, &line)) {
		buf_span(b, span_after(line, line.n && line.p[0] == '\t'));
		buf_byte(b, '\n');
	}
}

/* The commands from first up to end as one rule of policy `var`. */
static void put_rule(struct lua *l, const char *var,
	const struct sieve_node *first, const struct sieve_node *end,
	bool last)
{
	struct buf body = { .arena = l->a };
	struct sieve_node head = *first;
	struct span name;

	l->out = &body;
	l->indent = 1;
	head.ncomments = 0;
	if (is_always(first))
		put_block(l, first->block, NULL, last);
	else if (named(first, "if"))
		put_chain(l, first, last);
	else
		put_block(l, &head, end, last);
	l->out = &l->body;
	l->indent = 0;
	if (!has_code(buf_bytes(&body))) {
		if (body.n || first->ncomments)
			buf_byte(l->out, '\n');
		put_comments(l, first, false);
		put_outdented(l->out, buf_bytes(&body));
		return;
	}
	if (l->declare)
		buf_printf(l->out, "\nlocal %s = policy(\"%s\")\n", var, var);
	l->declare = NULL;
	buf_byte(l->out, '\n');
	put_comments(l, first, false);
	name = name_of(l, first, var, arena_printf(l->a, "line %u",
		first->line));
	if (span_of(var).n + name.n > 43)
		buf_printf(l->out, "%s:rule(%.*s,\n\tfunction(m, rcpt, plan)\n",
			var, SPAN_FMT(name));
	else
		lua_line(l, "%s:rule(%.*s, function(m, rcpt, plan)", var,
			SPAN_FMT(name));
	buf_span(l->out, buf_bytes(&body));
	lua_line(l, "end)");
	l->r->nrules++;
}

/* The end of a run of actions: the next chain. A stop ends it, too. */
static const struct sieve_node *run_end(const struct sieve_node *n)
{
	while (n && !named(n, "if"))
		n = n->next;
	return n;
}

/* All commands of a block as rules of policy `var`. */
static void put_rules(struct lua *l, const char *var,
	const struct sieve_node *first, bool last)
{
	const struct sieve_node *next;

	for (const struct sieve_node *n = first; n; n = next) {
		next = named(n, "if") ? behind(n) : run_end(n);
		put_rule(l, var, n, next, last && is_last(next, NULL));
	}
}

/* --- policies ------------------------------------------------------------ */

/* A chain about the relay alone, with rules in its blocks. */
static bool is_guarded(const struct lua *l, const struct sieve_node *chain)
{
	bool rules = false;

	if (l->npolicies > GUARDED_MAX)
		return false;
	for (const struct sieve_node *n = chain; n != behind(chain);
	     n = n->next) {
		if (!n->has_block || (named(n, "else") ? n->tests != NULL :
				n->tests == NULL || n->tests->next ||
				!lua_test_is_session(n->tests)))
			return false;
		for (const struct sieve_node *b = n->block; b; b = b->next)
			rules = rules || named(b, "if");
	}
	return rules;
}

/* "not (a) and b": the branch's own test, and none of those before it. */
static bool guard_of(struct lua *l, const struct sieve_node *chain,
	const struct sieve_node *branch, struct buf *guard)
{
	struct sieve_node *all = arena_alloc(l->a, sizeof(*all));
	struct sieve_node **to = &all->tests;

	all->name = SPAN("allof");
	for (const struct sieve_node *n = chain; ; n = n->next) {
		struct sieve_node *t = arena_alloc(l->a, sizeof(*t));

		if (n != branch) {
			t->name = SPAN("not");
			t->tests = arena_alloc(l->a, sizeof(*t));
			*t->tests = *n->tests;
		} else if (n->tests) {
			*t = *n->tests;
		}
		if (t->name.n) {
			*to = t;
			to = &t->next;
		}
		if (n == branch)
			break;
	}
	return lua_test(l, all, guard) != STRENGTH_NONE;
}

/* The local of a policy: what the guard says, or its number. */
static const char *policy_var(struct lua *l, struct span guard)
{
	const char *var = span_is(guard, "s.relay.internal") ? "internal" :
		span_is(guard, "s.relay.external") ? "external" : NULL;

	l->npolicies++;
	if (var && lua_first(l, "var", span_of(var)))
		return var;
	return arena_printf(l->a, "policy%u", l->npolicies);
}

/* One branch as a policy; false: its guard cannot be said. */
static bool put_policy(struct lua *l, const struct sieve_node *chain,
	const struct sieve_node *branch, bool last)
{
	struct buf b = { .arena = l->a };
	struct span guard, name;
	const char *var;
	bool good;

	l->self = "s";
	good = guard_of(l, chain, branch, &b);
	l->self = "m";
	if (!good)
		return false;
	guard = buf_bytes(&b);
	if (span_is(guard, "not s.relay.internal"))
		guard = SPAN("s.relay.external");
	var = policy_var(l, guard);
	name = name_of(l, branch, "policy", arena_printf(l->a, "line %u",
		branch->line));
	buf_byte(l->out, '\n');
	put_comments(l, branch, false);
	lua_line(l, "local %s = policy(%.*s,", var, SPAN_FMT(name));
	l->indent++;
	lua_line(l, "function(s) return %.*s end)", SPAN_FMT(guard));
	l->indent--;
	put_rules(l, var, branch->block, last);
	return true;
}

static void put_guarded(struct lua *l, const struct sieve_node *chain,
	bool last)
{
	for (const struct sieve_node *n = chain; n != behind(chain);
	     n = n->next)
		if (!put_policy(l, chain, n, last)) {
			put_left_chain(l, chain);
			return;
		}
}

/* A policy for everything else up to the next chain with guards. */
static const char *plain_policy(struct lua *l)
{
	const char *var;

	l->npolicies++;
	var = ++l->nplain == 1 ? "everyone" : arena_printf(l->a, "everyone%u",
		l->nplain);
	l->declare = var;
	return var;
}

static void put_script(struct lua *l, const struct sieve_node *first)
{
	const struct sieve_node *next;
	const char *var = NULL;
	bool last;

	for (const struct sieve_node *n = first; n; n = next) {
		bool chain = named(n, "if");

		next = chain ? behind(n) : run_end(n);
		last = is_last(next, NULL);
		if (chain && is_guarded(l, n)) {
			l->declare = NULL;
			put_guarded(l, n, last);
			var = NULL;
			continue;
		}
		if (var == NULL)
			var = plain_policy(l);
		put_rule(l, var, n, next, last);
	}
}

/* --- the file ------------------------------------------------------------ */

static const char header[] =
	"-- Made from PureMessage's %s by pm policy import-sieve.\n"
	"--\n"
	"-- How the two languages differ, and what was done about it:\n"
	"-- * A Sieve script goes on behind keep, reject, discard and\n"
	"--   pmx_quarantine until stop; here such an action ends the rules.\n"
	"--   Where the script went on, the decision waits in \"withheld\".\n"
	"-- * stop alone, or the end of the script, delivers. Keep this file\n"
	"--   alone in its folder, or before rules that may decide otherwise.\n"
	"-- * pmx_file keeps a copy and goes on: plan:copy.\n"
	"-- * A test of the envelope's \"to\" was true for a message when one\n"
	"--   recipient matched, and the action was done for all. Here rules\n"
	"--   are asked for each recipient: it is done for those who match.\n"
	"-- * The list internal-hosts is the networks of the wiring: "
	"relay.internal.\n"
	"-- * PureMessage's \"over 50\" %% of spam is 50 or more.\n"
	"-- * m:sender_listed looks at the envelope's sender and at From.\n";

static const struct {
	enum helper helper;
	const char *text;
} helpers[] = {
	{ HELPER_ANY,
		"-- Is the test true for one of the list?\n"
		"local function any(list, test)\n"
		"\tfor _, v in ipairs(list) do\n"
		"\t\tif test(v) then return true end\n"
		"\tend\n"
		"\treturn false\n"
		"end\n" },
	{ HELPER_HAS,
		"-- Is one of the texts on the list? Case does not matter.\n"
		"local function has(list, ...)\n"
		"\tfor _, v in ipairs(list) do\n"
		"\t\tfor _, text in ipairs({ ... }) do\n"
		"\t\t\tif v:lower() == text then return true end\n"
		"\t\tend\n"
		"\tend\n"
		"\treturn false\n"
		"end\n" },
	{ HELPER_DOMAIN,
		"local function domain_of(address)\n"
		"\treturn address:match(\"[^@]*$\")\n"
		"end\n" },
	{ HELPER_LOCAL_PART,
		"local function local_part_of(address)\n"
		"\treturn address:match(\"^(.*)@\") or address\n"
		"end\n" },
	{ HELPER_UNSCANNABLE,
		"-- What nobody could look into.\n"
		"local closed = {\n"
		"\t[\"unscannable-archive\"] = true, [\"over-archive\"] = "
		"true,\n"
		"\t[\"over-parts\"] = true, [\"over-depth\"] = true,\n"
		"\t[\"over-decoded\"] = true, partial = true,\n"
		"}\n"
		"local function unscannable(m)\n"
		"\tfor _, flag in ipairs(m.flags) do\n"
		"\t\tif closed[flag] then return true end\n"
		"\tend\n"
		"\treturn false\n"
		"end\n" },
	{ HELPER_DECIDED,
		"-- What a rule decided that the script went on behind.\n"
		"local withheld\n"
		"local function decided()\n"
		"\tif withheld then return withheld() end\n"
		"\treturn deliver()\n"
		"end\n" },
	{ HELPER_BUSY,
		"policy(\"virus scanner\"):rule(\"busy\", function(m)\n"
		"\tif m.virus.later then return tempfail(\"virus scanner "
		"busy\") end\n"
		"end)\n" },
};

static void put_table(struct buf *b, const char *name, const struct buf *rows)
{
	if (rows->n)
		buf_printf(b, "\nlocal %s = {\n%.*s}\n", name,
			SPAN_FMT(buf_bytes(rows)));
}

void sieve_to_lua(const struct sieve_node *first, const char *name,
	const struct sieve_help *help, struct arena *a,
	struct sieve_result *r_r)
{
	struct lua l = { .a = a, .r = r_r, .help = help,
		.body = { .arena = a }, .patterns = { .arena = a },
		.banners = { .arena = a }, .self = "m", .known = map_new(a),
		.last_left = &r_r->left };
	struct buf *b = &r_r->lua;

	*r_r = (struct sieve_result){ .lua = { .arena = a } };
	l.out = &l.body;
	put_script(&l, first);
	buf_printf(b, header, name);
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (l.helpers[helpers[i].helper])
			buf_printf(b, "\n%s", helpers[i].text);
	put_table(b, "patterns", &l.patterns);
	put_table(b, "banners", &l.banners);
	buf_span(b, buf_bytes(&l.body));
	if (l.helpers[HELPER_DECIDED])
		buf_string(b, "\npolicy(\"end of the script\"):rule(\"what was "
			"decided\", function()\n\treturn decided()\nend)\n");
	/* A file without a rule is no policy. */
	if (r_r->nrules == 0)
		buf_string(b, "\npolicy(\"everyone\")\n");
}
