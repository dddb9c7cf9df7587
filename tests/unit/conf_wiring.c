#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "conf/wiring.h"
#include "tool/engines.h"

#define HEAD "return { name = \"mx1\", site = \"example.org\", " \
	"roles = { \"filter\" }, "

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new("test", 64 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void parse(const char *text, struct wiring *w_r)
{
	struct err e = { 0 };

	if (wiring_parse("w.lua", span_of(text), arena, w_r, &e) < 0)
		fail_msg("%s", e.text);
}

/* The one line that a broken file gives. */
static void expect(const char *text, const char *line)
{
	struct wiring w;
	struct err e = { 0 };

	assert_int_equal(wiring_parse("etc/pm/wiring.lua", span_of(text),
		arena, &w, &e), -1);
	assert_string_equal(e.text, line);
	assert_int_equal(e.class, ERR_PERMANENT);
}

static void test_defaults(void **state)
{
	struct wiring w;

	(void)state;
	parse("return {}", &w);
	assert_null(w.name);
	assert_null(w.csm);
	assert_null(w.database);
	assert_null(w.resolver);
	assert_null(w.mta.kind);
	assert_null(w.mta.relay_host);
	assert_null(w.filter.clamd);
	assert_int_equal(w.nroles, 0);
	assert_int_equal(w.ndomains, 0);
	assert_int_equal(w.nnetworks, 2);
	assert_string_equal(w.networks[0], "127.0.0.0/8");
	assert_string_equal(w.networks[1], "::1/128");
	assert_int_equal(w.mta.nlisten, 1);
	assert_string_equal(w.mta.listen[0], "0.0.0.0:25");
	assert_string_equal(w.mta.reinject, "127.0.0.1:10026");
	assert_int_equal(w.mta.message_size_limit, 52428800);
	assert_int_equal(w.mta.recipient_limit, 1000);
	assert_int_equal(w.filter.nlisten, 1);
	assert_string_equal(w.filter.listen[0], "unix:run/pm/milter.sock");
	assert_int_equal(w.filter.concurrency, 128);
	assert_int_equal(w.filter.memory_mb, 0);
	assert_int_equal(w.mailboxes, 0);
}

static const char full[] =
	"return {\n"
	"	name = \"mx1\", site = \"example.org\",\n"
	"	roles = { \"mta\", \"filter\" },\n"
	"	csm = \"csm.example.org:18080\",\n"
	"	networks = { \"10.0.0.0/8\", \"2001:db8::/32\" },\n"
	"	domains = { \"example.org\", \"example.net\" },\n"
	"	mailboxes = 1200, resolver = \"127.0.0.1:53\",\n"
	"	mta = { kind = \"postfix\", listen = { \"[::]:25\" },\n"
	"		reinject = \"127.0.0.1:12526\",\n"
	"		relay_host = \"mail.example.org:25\",\n"
	"		message_size_limit = 1000, recipient_limit = 10 },\n"
	"	filter = { listen = { \"inet:127.0.0.1:3366\" },\n"
	"		clamd = \"unix:/run/clamav/clamd.ctl\",\n"
	"		icap = \"icap://192.0.2.5:1344/avscan\",\n"
	"		optional = { \"icap\" }, signature_days = 7,\n"
	"		concurrency = 4, memory_mb = 64 },\n"
	"	db = { connection = \"host=db1 password='a\\\\\\\"b'\" },\n"
	"}\n";

static void test_full(void **state)
{
	struct virus_set set;
	struct wiring w;

	(void)state;
	parse(full, &w);
	assert_string_equal(w.csm, "csm.example.org:18080");
	assert_true(wiring_has_role(&w, "mta"));
	assert_false(wiring_has_role(&w, "csm"));
	assert_string_equal(w.networks[1], "2001:db8::/32");
	assert_string_equal(w.domains[1], "example.net");
	assert_int_equal(w.mailboxes, 1200);
	assert_string_equal(w.mta.listen[0], "[::]:25");
	assert_int_equal(w.mta.recipient_limit, 10);
	assert_string_equal(w.filter.listen[0], "inet:127.0.0.1:3366");
	assert_string_equal(w.filter.clamd, "unix:/run/clamav/clamd.ctl");
	assert_string_equal(w.database, "host=db1 password='a\\\"b'");
	assert_int_equal(w.filter.signature_days, 7);
	set = engines_wired(&w);
	assert_int_equal(set.n, 2);
	assert_string_equal(set.engines[0].where,
		"unix:/run/clamav/clamd.ctl");
	assert_false(set.engines[0].spare || set.engines[0].takes_fds);
	assert_string_equal(set.engines[1].where,
		"icap://192.0.2.5:1344/avscan");
	assert_true(set.engines[1].spare);
}

static void same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void same_list(const char **a, size_t n, const char **b, size_t m)
{
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(a[i], b[i]);
}

/* parse(write(w)) is w, field by field; the text is stable. */
static void round_trip(const char *text)
{
	struct wiring a, b;
	struct buf x = { .arena = arena }, y = { .arena = arena };

	parse(text, &a);
	wiring_write(&a, &x);
	parse(buf_c(&x), &b);
	wiring_write(&b, &y);
	assert_string_equal(buf_c(&x), buf_c(&y));
	same_text(a.name, b.name);
	same_text(a.site, b.site);
	same_text(a.csm, b.csm);
	same_text(a.database, b.database);
	same_text(a.resolver, b.resolver);
	same_list(a.roles, a.nroles, b.roles, b.nroles);
	same_list(a.networks, a.nnetworks, b.networks, b.nnetworks);
	same_list(a.domains, a.ndomains, b.domains, b.ndomains);
	assert_int_equal(a.mailboxes, b.mailboxes);
	same_text(a.mta.kind, b.mta.kind);
	same_text(a.mta.reinject, b.mta.reinject);
	same_text(a.mta.relay_host, b.mta.relay_host);
	same_list(a.mta.listen, a.mta.nlisten, b.mta.listen, b.mta.nlisten);
	assert_int_equal(a.mta.message_size_limit, b.mta.message_size_limit);
	assert_int_equal(a.mta.recipient_limit, b.mta.recipient_limit);
	same_text(a.filter.clamd, b.filter.clamd);
	same_list(a.filter.listen, a.filter.nlisten, b.filter.listen,
		b.filter.nlisten);
	assert_int_equal(a.filter.concurrency, b.filter.concurrency);
	assert_int_equal(a.filter.memory_mb, b.filter.memory_mb);
}

static void test_round_trip(void **state)
{
	(void)state;
	round_trip(full);
	round_trip(HEAD "}");
	round_trip(HEAD "networks = {}, mta = { listen = {} } }");
	round_trip(HEAD "mta = { recipient_limit = 7 } }");
	round_trip(HEAD "db = { connection = \"a=b\" } }");
}

static void test_written(void **state)
{
	struct wiring w;
	struct buf b = { .arena = arena };

	(void)state;
	parse(HEAD "}", &w);
	wiring_write(&w, &b);
	assert_string_equal(buf_c(&b),
		"-- The wiring of this appliance: what it is and whom it "
		"knows.\n"
		"-- `pm setup` writes this file; `pm setup --check` judges "
		"it.\n"
		"return {\n"
		"	name = \"mx1\",	-- this appliance\n"
		"	site = \"example.org\",	-- what all appliances "
		"serve\n"
		"	roles = { \"filter\" },	-- what it does\n"
		"	networks = { \"127.0.0.0/8\", \"::1/128\" },	"
		"-- internal\n"
		"	domains = {},	-- mail that ends here\n"
		"	mailboxes = 0,	-- declared, for judging a plan\n"
		"	filter = {\n"
		"\t\tlisten = { \"unix:run/pm/milter.sock\" },	"
		"-- where MTAs bring mail\n"
		"		optional = {},	-- judged without it while "
		"it is silent\n"
		"		mirror = \"database.clamav.net\",	"
		"-- of our own clamd's signatures, or \"none\"\n"
		"		signatures = {},	-- URLs of more of "
		"them\n"
		"		signature_days = 3,	-- older ones are a "
		"trouble\n"
		"		concurrency = 128,	-- messages at a "
		"time\n"
		"		memory_mb = 0,	-- for mail in flight; 0: an "
		"eighth of the RAM\n"
		"	},\n"
		"}\n");
}

static void test_keys(void **state)
{
	(void)state;
	expect(HEAD "mta = { lisen = {} } }", "etc/pm/wiring.lua: mta.lisen: "
		"unknown key; did you mean \"listen\"?");
	expect(HEAD "rols = {} }", "etc/pm/wiring.lua: rols: unknown key; "
		"did you mean \"roles\"?");
	expect(HEAD "fliter = {} }", "etc/pm/wiring.lua: fliter: unknown key; "
		"did you mean \"filter\"?");
	expect(HEAD "zzzzzzzzzzzzzzz = 1 }",
		"etc/pm/wiring.lua: zzzzzzzzzzzzzzz: unknown key");
	expect("return { \"x\" }", "etc/pm/wiring.lua: 1: unknown key");
	expect(HEAD "db = { conection = \"\" } }", "etc/pm/wiring.lua: "
		"db.conection: unknown key; did you mean \"connection\"?");
	expect("return { name = \"mx1\" }",
		"etc/pm/wiring.lua: site: is missing");
	expect("return { name = \"mx1\", site = \"a\", roles = {} }",
		"etc/pm/wiring.lua: roles: is missing");
}

static void test_types(void **state)
{
	(void)state;
	expect("return 7", "etc/pm/wiring.lua: must return a table, not "
		"number");
	expect("local x = 7", "etc/pm/wiring.lua: must return a table, not "
		"nil");
	expect(HEAD "mta = 7 }",
		"etc/pm/wiring.lua: mta: must be a table, not a number");
	expect(HEAD "domains = \"a\" }", "etc/pm/wiring.lua: domains: must be "
		"a list of texts, as in { \"a\", \"b\" }, not a text");
	expect(HEAD "domains = { a = \"b\" } }", "etc/pm/wiring.lua: domains: "
		"must be a list of texts, as in { \"a\", \"b\" }, not a "
		"table");
	expect(HEAD "domains = { \"a\", 7 } }",
		"etc/pm/wiring.lua: domains[2]: must be a text, not a number");
	expect(HEAD "csm = true }",
		"etc/pm/wiring.lua: csm: must be a text, not a boolean");
	expect(HEAD "mailboxes = \"7\" }", "etc/pm/wiring.lua: mailboxes: "
		"must be a whole number, not a text");
	expect(HEAD "mailboxes = function() end }", "etc/pm/wiring.lua: "
		"mailboxes: must be a whole number, not a function");
}

static void test_values(void **state)
{
	(void)state;
	expect(HEAD "networks = { \"10.0.0.0/8\", \"10.0.0.0/33\" } }",
		"etc/pm/wiring.lua: networks[2]: \"10.0.0.0/33\" is not a "
		"network such as \"10.0.0.0/8\"");
	expect(HEAD "mta = { recipient_limit = 0 } }", "etc/pm/wiring.lua: "
		"mta.recipient_limit: must be a whole number of at least 1");
	expect(HEAD "mailboxes = -1 }", "etc/pm/wiring.lua: mailboxes: must "
		"be a whole number of at least 0");
	expect(HEAD "mailboxes = 1.5 }", "etc/pm/wiring.lua: mailboxes: must "
		"be a whole number of at least 0");
	expect(HEAD "mta = { kind = \"exim\" } }", "etc/pm/wiring.lua: "
		"mta.kind: \"exim\" is not \"postfix\", \"sendmail\" or "
		"\"external\"");
	expect(HEAD "mta = { listen = { \"25\" } } }", "etc/pm/wiring.lua: "
		"mta.listen[1]: \"25\" is not ADDRESS:PORT, such as "
		"\"127.0.0.1:25\" or \"[::1]:25\"");
	expect(HEAD "mta = { reinject = \"0.0.0.0:10026\" } }",
		"etc/pm/wiring.lua: mta.reinject: \"0.0.0.0:10026\" is not a "
		"loopback ADDRESS:PORT, such as \"127.0.0.1:10026\"");
	expect(HEAD "mta = { listen = { \"0.0.0.0:25\", \"0.0.0.0:26\" }, "
		"reinject = \"127.0.0.1:26\" } }", "etc/pm/wiring.lua: "
		"mta.reinject: port 26 is that of mta.listen[2] too: give it "
		"another");
	expect(HEAD "mta = { relay_host = \"mail\" } }", "etc/pm/wiring.lua: "
		"mta.relay_host: \"mail\" is not HOST:PORT, such as "
		"\"mail.example.org:25\"");
	expect(HEAD "filter = { listen = { \"unix:/run/x\" } } }",
		"etc/pm/wiring.lua: filter.listen[1]: \"unix:/run/x\" is not "
		"\"unix:PATH\" below the root or \"inet:ADDRESS:PORT\"");
	expect(HEAD "filter = { clamd = \"unix:run/../x\" } }",
		"etc/pm/wiring.lua: filter.clamd: \"unix:run/../x\" is not "
		"\"own\", \"unix:PATH\" or \"inet:ADDRESS:PORT\"");
	expect(HEAD "filter = { icap = \"icap://scanner/x\" } }",
		"etc/pm/wiring.lua: filter.icap: \"icap://scanner/x\" is not "
		"\"icap://ADDRESS:PORT/SERVICE\", the address a number");
	expect(HEAD "filter = { optional = { \"clam\" } } }",
		"etc/pm/wiring.lua: filter.optional[1]: \"clam\" is not "
		"\"clamd\" or \"icap\"");
	expect(HEAD "filter = { mirror = \"http://\" } }",
		"etc/pm/wiring.lua: filter.mirror: \"http://\" is not a host, "
		"a URL (\"https://...\") or \"none\"");
	expect(HEAD "filter = { signatures = { \"https://x/a b\" } } }",
		"etc/pm/wiring.lua: filter.signatures[1]: \"https://x/a b\" "
		"is not a URL, \"https://...\"");
	expect(HEAD "domains = { \"a b\" } }", "etc/pm/wiring.lua: "
		"domains[1]: \"a b\" is not a host or domain name");
	expect("return { name = \"\" }", "etc/pm/wiring.lua: name: \"\" is "
		"not a host or domain name");
	expect("return { roles = { \"Filter\" } }", "etc/pm/wiring.lua: "
		"roles[1]: \"Filter\" is not a role such as \"filter\"");
	expect(HEAD "domains = { \"a\\0b\" } }", "etc/pm/wiring.lua: "
		"domains[1]: \"a\" is not a host or domain name");
}

static void test_lua(void **state)
{
	(void)state;
	expect("return {\n\tname = \"mx1\"\n\tsite = \"x\"\n}",
		"etc/pm/wiring.lua:3: '}' expected (to close '{' at line 1) "
		"near 'site'");
	expect("return os.getenv(\"HOME\")",
		"etc/pm/wiring.lua:1: unknown name \"os\"");
	expect("while true do end", "etc/pm/wiring.lua:1: ran longer than "
		"20000000 steps");
}

/* A file that ends anywhere is an error or a wiring, never a crash. */
static void test_cut(void **state)
{
	struct wiring w;
	struct err e;

	(void)state;
	for (size_t n = 0; n < sizeof(full) - 3; n++)
		assert_int_equal(wiring_parse("w", span_from(full, n), arena,
			&w, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_lua),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
