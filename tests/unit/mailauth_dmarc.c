/*
 * mailauth/dmarc.c: who may speak for an author, case by case. "B.1.1" and
 * the like are examples of RFC 9989 (draft-ietf-dmarc-dmarcbis-41), the same
 * as RFC 7489's where both have them; B6 to B73 are of security.md.
 */
#include "dmarc_test.h"
#include "mail_test.h"

#define REJECT "example.com v=DMARC1; p=reject"
#define STRICT REJECT "; adkim=s; aspf=s"
#define AT " at=example.com org=example.com"
#define ORG " org=example.com"
#define DEEP "a.b.c.d.e.f.g.h.i.j.k.example.com"
#define BANK "bank.example v=DMARC1; p=none; psd=y\n" \
	"giant.bank.example v=DMARC1; p=reject"

static const struct test {
	const char *name, *from, *who, *zone, *want;
} tests[] = {
	/* alignment */
	{ "B.1.1 example 1: SPF strict", "sender@example.com",
		"spf=pass:example.com", STRICT, "pass reject" AT " spf" },
	{ "B.1.1 example 2: SPF relaxed", "sender@example.com",
		"spf=pass:child.example.com", REJECT,
		"pass reject" AT " spf" },
	{ "B.1.1 example 2, strict asked for", "sender@example.com",
		"spf=pass:child.example.com", STRICT, "fail reject" AT },
	{ "B.1.1 example 3: SPF not aligned", "sender@child.example.com",
		"spf=pass:example.net", REJECT, "fail reject" AT },
	{ "B.1.2 example 1: DKIM strict", "sender@example.com",
		"dkim=pass:example.com", STRICT, "pass reject" AT " dkim" },
	{ "B.1.2 example 2: DKIM relaxed", "sender@child.example.com",
		"dkim=pass:example.com", REJECT, "pass reject" AT " dkim" },
	{ "B.1.2 example 2, strict asked for", "sender@child.example.com",
		"dkim=pass:example.com", STRICT, "fail reject" AT },
	{ "B.1.2 example 3: DKIM not aligned", "sender@child.example.com",
		"dkim=pass:sample.net", REJECT, "fail reject" AT },
	{ "siblings are aligned when relaxed", "news.example.com",
		"dkim=pass:foo.example.com", REJECT,
		"pass reject" AT " dkim" },
	{ "strict for SPF alone", "example.com",
		"spf=pass:a.example.com dkim=pass:a.example.com",
		REJECT "; aspf=s", "pass reject" AT " dkim" },
	{ "strict for DKIM alone", "example.com",
		"spf=pass:a.example.com dkim=pass:a.example.com",
		REJECT "; adkim=s", "pass reject" AT " spf" },
	{ "both", "example.com",
		"spf=pass:example.com dkim=pass:mail.example.com", REJECT,
		"pass reject" AT " spf dkim" },
	{ "the case of letters does not count", "EXAMPLE.com",
		"dkim=pass:Example.COM", STRICT, "pass reject" AT " dkim" },
	{ "U-labels are A-labels", "bücher.de", "dkim=pass:xn--bcher-kva.de",
		"xn--bcher-kva.de v=DMARC1; p=reject; adkim=s",
		"pass reject at=xn--bcher-kva.de org=xn--bcher-kva.de dkim" },
	{ "one of several signatures is enough", "example.com",
		"dkim=pass:esp.net dkim=fail:example.com "
		"dkim=pass:m.example.com", REJECT,
		"pass reject" AT " dkim" },
	{ "a name that ends alike is another", "example.com",
		"spf=pass:badexample.com dkim=pass:example.com.evil.net",
		REJECT, "fail reject" AT },
	{ "what is signed by a top-level domain is not aligned",
		"example.com", "dkim=pass:com", REJECT, "fail reject" AT },

	/* results of SPF and DKIM */
	{ "SPF fail does not count", "example.com", "spf=fail:example.com",
		REJECT, "fail reject" AT },
	{ "SPF softfail does not count", "example.com",
		"spf=softfail:example.com", REJECT, "fail reject" AT },
	{ "SPF neutral does not count", "example.com",
		"spf=neutral:example.com", REJECT, "fail reject" AT },
	{ "SPF permerror does not count", "example.com",
		"spf=permerror:example.com", REJECT, "fail reject" AT },
	{ "DKIM policy does not count", "example.com",
		"dkim=policy:example.com", REJECT, "fail reject" AT },
	{ "B66: a signature of a part of the body does not count",
		"example.com", "dkim=partial:example.com", REJECT,
		"fail reject" AT },
	{ "B70: a weak key does not count", "example.com",
		"dkim=weak:example.com", REJECT, "fail reject" AT },
	{ "B7: SPF none for a subdomain that is not there",
		"nowhere.example.com", "spf=none:nowhere.example.com",
		REJECT "; sp=quarantine", "fail quarantine" AT },
	{ "B8: null sender, HELO of another", "example.com",
		"helo=pass:evil.net", REJECT, "fail reject" AT },
	{ "B8: null sender, HELO of the author", "example.com",
		"helo=pass:mx.example.com", REJECT,
		"pass reject" AT " spf" },
	{ "B8: null sender, HELO fails", "example.com",
		"helo=fail:example.com", REJECT, "fail reject" AT },
	{ "nothing authenticated", "example.com", "", REJECT,
		"fail reject" AT },

	/* temporary failures */
	{ "SPF temperror of the author's domain", "example.com",
		"spf=temperror:example.com", REJECT, "temperror reject" AT },
	{ "SPF temperror of another domain", "example.com",
		"spf=temperror:example.net", REJECT, "fail reject" AT },
	{ "SPF temperror that is not strictly aligned", "example.com",
		"spf=temperror:a.example.com", STRICT, "fail reject" AT },
	{ "DKIM temperror of an aligned domain", "example.com",
		"dkim=temperror:a.example.com spf=fail:example.com", REJECT,
		"temperror reject" AT },
	{ "DKIM temperror of a partial signature", "example.com",
		"dkim=parttemp:example.com", REJECT, "fail reject" AT },
	{ "a pass beside a temperror", "example.com",
		"spf=temperror:example.com dkim=pass:example.com", REJECT,
		"pass reject" AT " dkim" },
	{ "no answer about the author's record", "example.com",
		"dkim=pass:example.com", "!example.com", "temperror" },
	{ "no answer about the organisation's record", "a.example.com",
		"dkim=pass:a.example.com", "!example.com", "temperror" },
	{ "no answer above the author's record, same domain", "example.com",
		"dkim=pass:example.com", REJECT "\n!com",
		"pass reject at=example.com dkim" },
	{ "no answer above the author's record, domain below",
		"a.example.com", "dkim=pass:b.example.com",
		"a.example.com v=DMARC1; p=reject\n!example.com",
		"temperror reject at=a.example.com" },
	{ "no answer above the author's record, far domain",
		"a.example.com", "dkim=pass:b.example.net",
		"a.example.com v=DMARC1; p=reject\n!example.com",
		"fail reject at=a.example.com" },
	{ "no answer above psd=n does not matter", "a.example.com",
		"dkim=pass:b.a.example.com",
		"a.example.com v=DMARC1; p=reject; psd=n\n!example.com\n!com",
		"pass reject at=a.example.com org=a.example.com dkim" },
	{ "no answer about the signer's own record", "example.com",
		"dkim=pass:a.example.com", REJECT "\n!a.example.com",
		"temperror reject" AT },
	{ "no answer, but strict", "example.com", "dkim=pass:a.example.com",
		STRICT "\n!com", "fail reject at=example.com" },
	{ "no answer anywhere", "example.com", "spf=pass:example.com",
		"!example.com\n!com", "temperror" },

	/* discovery */
	{ "no record", "example.com", "spf=pass:example.com", "",
		"none org=example.com" },
	{ "another text", "example.com", "spf=pass:example.com",
		"example.com hello", "none org=example.com" },
	{ "another text beside the record", "example.com",
		"spf=pass:example.com", "example.com hello\n" REJECT,
		"pass reject" AT " spf" },
	{ "B73: two records are none", "example.com", "spf=fail:example.com",
		REJECT "\nexample.com v=DMARC1; p=none", "none" ORG },
	{ "B73: two records are none, the organisation's applies",
		"a.example.com", "", REJECT "\na.example.com v=DMARC1\n"
		"a.example.com v=DMARC1; p=none", "fail reject" AT },
	{ "a record of its own", "a.example.com", "", REJECT
		"\na.example.com v=DMARC1; p=quarantine",
		"fail quarantine at=a.example.com org=example.com" },
	{ "sp= of a record of its own is not used", "a.example.com", "",
		"a.example.com v=DMARC1; p=quarantine; sp=reject",
		"fail quarantine at=a.example.com org=a.example.com" },
	{ "the organisation's p=", "a.b.example.com", "", REJECT,
		"fail reject" AT },
	{ "the organisation's sp=", "a.b.example.com", "",
		REJECT "; sp=none", "fail none" AT },
	{ "between the author and its organisation is not looked",
		"a.b.example.com", "", REJECT "; sp=quarantine\n"
		"b.example.com v=DMARC1; p=none", "fail quarantine" AT },
	{ "4.10.2: the shortest name is the organisation",
		"a.mail.example.com", "spf=pass:x.example.com",
		"mail.example.com v=DMARC1\n" REJECT,
		"pass reject" AT " spf" },
	{ "4.10.2: psd=n", "a.mail.example.com", "spf=pass:x.example.com",
		"mail.example.com v=DMARC1; p=quarantine; psd=n\n" REJECT,
		"fail quarantine at=mail.example.com org=mail.example.com "
		"psl" },
	{ "4.10.2: psd=y above", "a.mail.example.com",
		"spf=pass:x.example.com", "com v=DMARC1; p=reject; psd=y",
		"pass reject at=com org=example.com spf psl" },
	{ "psd=y of the domain itself", "bank.example", "spf=pass:bank.example",
		"bank.example v=DMARC1; p=reject; psd=y",
		"pass reject at=bank.example org=bank.example spf" },
	{ "psd=u is the default", "a.example.com", "",
		"example.com v=DMARC1; p=reject; psd=u", "fail reject" AT },
	{ "psd= that is none is the default", "a.example.com", "",
		"example.com v=DMARC1; p=reject; psd=x", "fail reject" AT },
	{ "a top-level domain's record without psd=", "a.example.com",
		"spf=pass:other.com", "com v=DMARC1; p=reject",
		"pass reject at=com org=com spf psl" },
	{ "B.4.1: signer with a record of its own", "example.com",
		"spf=pass:example.com dkim=pass:signing.example.com",
		REJECT "\nsigning.example.com v=DMARC1; p=none",
		"pass reject" AT " spf dkim" },
	{ "B.4.2: a deep name", DEEP,
		"spf=pass:example.com dkim=pass:signing.example.com",
		REJECT "\nsigning.example.com v=DMARC1; p=none",
		"pass reject" AT " spf dkim" },
	{ "5.1.8: names that are passed over", "mail.a.b.c.d.e.f.g.example.com",
		"", "b.c.d.e.f.g.example.com v=DMARC1; p=none; psd=n\n" REJECT,
		"fail reject" AT },
	{ "5.1.8: unless it is the author's", "mail.a.b.c.d.e.f.g.example.com",
		"", "mail.a.b.c.d.e.f.g.example.com v=DMARC1; p=none\n" REJECT,
		"fail none at=mail.a.b.c.d.e.f.g.example.com "
		"org=example.com" },
	{ "eight labels: the parent is next", "a.b.c.d.e.f.example.com", "",
		"b.c.d.e.f.example.com v=DMARC1; p=none; psd=n\n" REJECT,
		"fail none at=b.c.d.e.f.example.com "
		"org=b.c.d.e.f.example.com psl" },
	{ "B.4.3: SPF under a bank", "giant.bank.example",
		"spf=pass:mail.giant.bank.example "
		"dkim=pass:mail.mega.bank.example", BANK,
		"pass reject at=giant.bank.example org=giant.bank.example "
		"spf" },
	{ "B.4.3: DKIM of another bank", "giant.bank.example",
		"dkim=pass:mail.mega.bank.example", BANK,
		"fail reject at=giant.bank.example org=giant.bank.example "
		"psl" },
	{ "a public suffix' record is for those who have none",
		"tiny.bank.example", "", BANK "\nA tiny.bank.example",
		"fail none at=bank.example org=tiny.bank.example" },
	{ "the list says otherwise: co.uk without a record", "a.example.co.uk",
		"spf=pass:b.example.co.uk",
		"a.example.co.uk v=DMARC1; p=reject",
		"fail reject at=a.example.co.uk org=a.example.co.uk psl" },
	{ "the list says otherwise: a suffix with a record",
		"user.github.io", "spf=pass:evil.github.io",
		"github.io v=DMARC1; p=reject",
		"pass reject at=github.io org=github.io spf psl" },

	/* records */
	{ "B.2.1: monitoring", "example.com", "", "example.com v=DMARC1; "
		"p=none; rua=mailto:dmarc-feedback@example.com",
		"fail none" AT },
	{ "B.2.5: testing", "test.example.com", "", "test.example.com "
		"v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@"
		"example.com,mailto:tld-test@thirdparty.example.net; t=y",
		"fail none at=test.example.com org=test.example.com t" },
	{ "RFC 7489 B.2.4: pct is history", "test.example.com", "",
		"test.example.com v=DMARC1; p=quarantine; "
		"rua=mailto:dmarc-feedback@example.com,"
		"mailto:tld-test@thirdparty.example.net!10m; pct=25",
		"fail quarantine at=test.example.com org=test.example.com" },
	{ "B.3.1: a session", "example.com",
		"spf=pass:mail.example.com dkim=pass:example.com",
		"example.com v=DMARC1; p=reject; aspf=r; "
		"rua=mailto:dmarc-feedback@example.com",
		"pass reject" AT " spf dkim" },
	{ "t=y: reject becomes quarantine", "example.com", "",
		REJECT "; t=y", "fail quarantine" AT " t" },
	{ "t=y: none stays", "example.com", "",
		"example.com v=DMARC1; p=none; t=y", "fail none" AT " t" },
	{ "t=y of sp=", "a.example.com", "", REJECT "; sp=quarantine; t=Y",
		"fail none" AT " t" },
	{ "no p= is none (4.7)", "example.com", "", "example.com v=DMARC1",
		"fail none" AT },
	{ "no p=, but sp=", "a.example.com", "",
		"example.com v=DMARC1; sp=reject", "fail reject" AT },
	{ "p= that is none, nobody to report to", "example.com",
		"spf=pass:example.com", "example.com v=DMARC1; p=strict",
		"permerror" AT },
	{ "p= that is none, reports wanted (4.10.1)", "example.com", "",
		"example.com v=DMARC1; p=strict; rua=mailto:a@example.com",
		"fail none" AT },
	{ "sp= that is none, reports wanted", "example.com", "",
		REJECT "; sp=no; rua=mailto:a@example.com", "fail none" AT },
	{ "np= that is none, reports to nowhere", "example.com", "",
		REJECT "; np=no; rua=a@example.com", "permerror" AT },
	{ "B73: a tag twice", "example.com", "spf=pass:example.com",
		REJECT "; p=none", "permerror" AT },
	{ "a tag twice in other letters", "example.com", "",
		REJECT "; P=none", "permerror" AT },
	{ "errors in other tags are passed over (4.8)", "example.com",
		"dkim=pass:a.example.com",
		REJECT "; adkim=x; ; fo:0; x; =; 0; pct=x; rf=; ri=a",
		"pass reject" AT " dkim" },
	{ "blanks and letters", "example.com", "",
		"example.com V = DMARC1 ;P\t=\tQuarantine;",
		"fail quarantine" AT },
	{ "the version is written as it is", "example.com", "",
		"example.com v=dmarc1; p=reject", "none" ORG },
	{ "the version is the first tag", "example.com", "",
		"example.com p=reject; v=DMARC1", "none" ORG },
	{ "nothing before the version", "example.com", "",
		"example.com ; v=DMARC1; p=reject", "none" ORG },
	{ "version 10", "example.com", "",
		"example.com v=DMARC10; p=reject", "none" ORG },
	{ "no semicolon", "example.com", "",
		"example.com v=DMARC1 p=reject", "none" ORG },

	/* np= */
	{ "np= of a name that is not there", "a.example.com", "",
		REJECT "; sp=none; np=quarantine", "fail quarantine" AT },
	{ "np= of a name that is there", "a.example.com", "",
		REJECT "; sp=none; np=quarantine\nA a.example.com",
		"fail none" AT },
	{ "np= without sp=", "a.example.com", "",
		"example.com v=DMARC1; p=none; np=reject", "fail reject" AT },
	{ "np= is not for the domain itself", "example.com", "",
		"example.com v=DMARC1; p=none; np=reject", "fail none" AT },
	{ "np=, and no answer about the name", "a.example.com", "",
		REJECT "; sp=none; np=reject\n!A a.example.com",
		"temperror none" AT },
	{ "np= like sp=: nothing to ask", "a.example.com", "",
		REJECT "; sp=none; np=none\n!A a.example.com",
		"fail none" AT },
	{ "np= and a pass", "a.example.com", "spf=pass:example.com",
		REJECT "; sp=none; np=reject\n!A a.example.com",
		"pass none" AT " spf" },
	{ "np= of a public suffix", "gone.bank.example", "",
		"bank.example v=DMARC1; p=none; np=reject; psd=y",
		"fail reject at=bank.example org=gone.bank.example" },
	{ "np= and testing", "a.example.com", "",
		REJECT "; sp=none; np=reject; t=y",
		"fail quarantine" AT " t" },

	/* names */
	{ "B6: an author whose domain is none", "legit.com(.attack.com",
		"spf=pass:attack.com", "attack.com v=DMARC1; p=none",
		"permerror" },
	{ "an author of one label", "localhost", "spf=pass:localhost", "",
		"none org=localhost" },
	{ "an address literal", "[192.0.2.1]", "", "", "permerror" },
};

static struct dmarc_answer run(const char *from, const char *who,
	const char *zone, struct arena *a, size_t *asked_r)
{
	return dmarc_run(span_of(from), span_of(who), span_of(zone), a,
		asked_r);
}

static void each_case_has_its_answer(void **state)
{
	struct arena *a = *state;
	unsigned bad = 0;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct test *t = &tests[i];
		size_t asked;
		struct dmarc_answer r = run(t->from, t->who, t->zone,
			a, &asked);
		const char *got = dmarc_text(&r.authors[0], a);

		if (r.n == 1 && r.result == r.authors[0].result &&
		    r.policy == r.authors[0].policy &&
		    strcmp(got, t->want) == 0 && asked <= 8u * 3 + 3)
			continue;
		print_error("%s: expected \"%s\", got \"%s\" (%.*s), "
			"%zu questions\n", t->name, t->want, got,
			SPAN_FMT(r.authors[0].problem), asked);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* From, zone, result, policy: all of the strictest. SPF passes for evil.net,
 * DKIM for example.com. */
static const struct {
	const char *from, *zone, *result, *policy;
	size_t n;
} many[] = {
	/* B11, B15: two authors, one of them protected */
	{ "a@evil.net,b@bank.com", "evil.net v=DMARC1; p=none\n"
		"bank.com v=DMARC1; p=reject", "fail", "reject", 2 },
	{ "b@bank.com,a@evil.net", "evil.net v=DMARC1; p=none\n"
		"bank.com v=DMARC1; p=reject", "fail", "reject", 2 },
	{ "b@bank.com,c@shop.com", "bank.com v=DMARC1; p=quarantine\n"
		"shop.com v=DMARC1; p=reject", "fail", "reject", 2 },
	/* B18: readings of one From */
	{ "admin@bank.com,x@evil.net,x@EVIL.net",
		"bank.com v=DMARC1; p=reject", "fail", "reject", 2 },
	{ "a@evil.net,a@example.com", "evil.net v=DMARC1; p=none\n" REJECT,
		"pass", "none", 2 },
	{ "a@evil.net,b@unprotected.org", "evil.net v=DMARC1; p=none",
		"none", "", 2 },
	{ "a@evil.net,b@bank.com", "evil.net v=DMARC1; p=none\n!bank.com",
		"temperror", "", 2 },
	{ "a@shop.com,b@bank.com", "shop.com v=DMARC1; p=none\n!bank.com",
		"temperror", "", 2 },
	{ "a@shop.com,b@bank.com", "shop.com v=DMARC1; p=reject\n!bank.com",
		"fail", "reject", 2 },
	{ "a@evil.net,b@bank.com", "evil.net v=DMARC1; p=none\n"
		"bank.com v=DMARC1; p=x", "permerror", "", 2 },
	/* B16: a domain that is missing, one that is none */
	{ "a@evil.net,@", "evil.net v=DMARC1; p=none", "pass", "none", 1 },
	{ "a@evil.net,b@b(ank", "evil.net v=DMARC1; p=none", "permerror", "",
		2 },
	{ "@", "", "permerror", "", 0 },
	{ "", "", "permerror", "", 0 },
};

static void the_strictest_author_decides(void **state)
{
	struct arena *a = *state;

	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		size_t asked;
		struct dmarc_answer r = run(many[i].from,
			"spf=pass:evil.net dkim=pass:example.com",
			many[i].zone, a, &asked);

		if (r.n != many[i].n || strcmp(auth_result_name(r.result),
		    many[i].result) || strcmp(dmarc_policy_name(r.policy),
		    many[i].policy))
			fail_msg("From %s: %s %s, %zu authors", many[i].from,
				auth_result_name(r.result),
				dmarc_policy_name(r.policy), r.n);
	}
}

static void more_authors_than_the_most_are_no_pass(void **state)
{
	size_t asked;
	struct dmarc_answer r = run("a.x.com,b.x.com,c.x.com,d.x.com,"
		"e.x.com,f.x.com,g.x.com,h.x.com,h.x.com",
		"spf=pass:x.com", "x.com v=DMARC1; p=reject", *state, &asked);

	assert_false(r.more);
	assert_int_equal(r.n, DMARC_AUTHORS_MAX);
	assert_int_equal(r.result, AUTH_PASS);
	r = run("a.x.com,b.x.com,c.x.com,d.x.com,e.x.com,f.x.com,"
		"g.x.com,h.x.com,bank.com", "spf=pass:x.com",
		"x.com v=DMARC1; p=reject\nbank.com v=DMARC1; p=reject",
		*state, &asked);
	assert_true(r.more);
	assert_int_equal(r.result, AUTH_PERMERROR);
}

/* The most that can be asked for, with the longest walks. */
static void questions_are_bounded(void **state)
{
	struct arena *a = *state;
	struct buf from = { .arena = a }, who = { .arena = a };
	size_t asked;

	for (int i = 0; i < 40; i++)
		buf_printf(&from, "%sa%d.b%d.c%d.d%d.e%d.f%d.g%d.h.i.com",
			i ? "," : "", i, i, i, i, i, i, i);
	for (int i = 0; i < 16; i++)
		buf_printf(&who, "%sdkim=pass:%d.%d.%d.%d.%d.%d.%d.%d.i.com",
			i ? " " : "", i, i, i, i, i, i, i, i);
	run(buf_c(&from), buf_c(&who), "i.com v=DMARC1; p=reject", a,
		&asked);
	assert_in_range(asked, 8 * 5, 8 * (DMARC_AUTHORS_MAX +
		DKIM_SIGNATURES_MAX + 1));
}

static void all_authors_are_asked_for_at_once(void **state)
{
	struct lookup *l = lookup_new(*state, 64);
	struct address *authors;
	size_t n = dmarc_read_authors(SPAN("a.mail.example.com,evil.net"),
		*state, &authors);
	struct question *q;
	unsigned asked = 0;
	struct dmarc_answer r;
	struct who w;

	dmarc_ask(l, authors, n, *state);
	for (; (q = lookup_fresh(l)); asked++)
		dmarc_answer(SPAN(REJECT), q, *state);
	assert_int_equal(asked, 6);
	dmarc_read_who(SPAN("spf=pass:mail.example.com dkim=pass:esp.org"),
		&w);
	dmarc_check(l, authors, n, &w.spf, &w.dkim, *state, &r);
	assert_null(lookup_fresh(l));
	assert_int_equal(r.authors[0].result, AUTH_PASS);
	dmarc_check(l, authors, n, NULL, NULL, *state, &r);
	assert_int_equal(r.authors[0].result, AUTH_FAIL);
	w.dkim.result = AUTH_WAIT;
	dmarc_check(l, authors, n, NULL, &w.dkim, *state, &r);
	assert_int_equal(r.result, AUTH_WAIT);
}

static void eight_questions_for_a_deep_name(void **state)
{
	static const char *const names[] = { DEEP, "g.h.i.j.k.example.com",
		"h.i.j.k.example.com", "i.j.k.example.com", "j.k.example.com",
		"k.example.com", "example.com", "com" };
	struct lookup *l = lookup_new(*state, 64);
	struct address author = { .domain = SPAN(DEEP) };

	dmarc_ask(l, &author, 1, *state);
	for (unsigned i = 0; i < 8; i++) {
		struct question *q = lookup_fresh(l);

		assert_int_equal(q->type, LOOKUP_TXT);
		assert_true(span_starts(q->name, SPAN("_dmarc.")));
		expect_span(span_after(q->name, 7), names[i]);
	}
	assert_null(lookup_fresh(l));
}

static void questions_beyond_the_most_are_temporary(void **state)
{
	struct lookup *l = lookup_new(*state, 1);
	struct address author = { .domain = SPAN("example.com") };
	struct dmarc_answer r;

	dmarc_check(l, &author, 1, NULL, NULL, *state, &r);
	assert_int_equal(r.result, AUTH_WAIT);
	lookup_fresh(l)->state = ASK_NO;
	dmarc_check(l, &author, 1, NULL, NULL, *state, &r);
	assert_int_equal(r.result, AUTH_TEMPERROR);
}

static void what_reports_need_is_kept(void **state)
{
	size_t asked;
	struct dmarc_answer r = run("example.com", "",
		REJECT "; ri=86400; rua=mailto:a@b.c!10m , mailto:d@e.f ;"
		"fo=1:d; ruf=mailto:x@y.z; rf=afrf", *state, &asked);

	expect_span(r.authors[0].record.rua, "mailto:a@b.c!10m , mailto:d@e.f");
	expect_span(r.authors[0].record.ruf, "mailto:x@y.z");
	expect_span(r.authors[0].record.fo, "1:d");
	assert_true(r.authors[0].record.historic);
	r = run("example.com", "", REJECT "; fo=1", *state, &asked);
	expect_span(r.authors[0].record.fo, "");
	assert_false(r.authors[0].record.historic);
}

static void reporting_addresses_are_checked(void **state)
{
	static const char *const good[] = { "mailto:a@b.c", "MAILTO:a@b!10m",
		" https://x.y/z ", "x,mailto:a@b", "mailto:a@b , nothing" };
	static const char *const bad[] = { "", ",", "a@b.c", "mailto:",
		"mailto:a", "mailto:@b", "mailto:a@", ":a@b", "1x:y",
		"mailto:a b@c", "x y:z", "mailto!:a@b" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!dmarc_uris_valid(span_of(good[i])))
			fail_msg("\"%s\" has an address", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (dmarc_uris_valid(span_of(bad[i])))
			fail_msg("\"%s\" has none", bad[i]);
}

static void parse_cut(struct span s, struct arena *a)
{
	struct dmarc_record r;

	(void)a;
	if (dmarc_record_is(s))
		dmarc_record_parse(s, &r);
}

static void a_record_may_end_anywhere(void **state)
{
	struct dmarc_record r;
	long start = cpu_ms();

	cut_everywhere(SPAN("v=DMARC1; p=reject; sp=none; np=none; adkim=s; "
		"rua=mailto:a@b.c!1m,https://x; ruf=mailto:x; fo=0; t=y"),
		parse_cut);
	dmarc_record_parse(repeat(*state, "v=DMARC1;p=,", 20000), &r);
	dmarc_record_parse(repeat(*state, "rua=mailto:,mailto!", 20000), &r);
	expect_fast(start, 300);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		TEST(each_case_has_its_answer),
		TEST(the_strictest_author_decides),
		TEST(more_authors_than_the_most_are_no_pass),
		TEST(questions_are_bounded),
		TEST(all_authors_are_asked_for_at_once),
		TEST(eight_questions_for_a_deep_name),
		TEST(questions_beyond_the_most_are_temporary),
		TEST(what_reports_need_is_kept),
		TEST(reporting_addresses_are_checked),
		TEST(a_record_may_end_anywhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(all, NULL, NULL);
}
