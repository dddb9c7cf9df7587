#include "mail/received.h"

#include <arpa/inet.h>

#include "mail_test.h"

static const char *const flag_names[] = {
	"no-from", "no-by", "no-date", "no-ip", "odd", "ambig", "network",
	"local", "forged", "auth", "tls",
};

static void add_part(struct buf *b, const char *name, struct span s)
{
	if (s.n == 0)
		return;
	buf_printf(b, "%s=", name);
	buf_span(b, s);
	buf_byte(b, ' ');
}

static void add_ip(struct buf *b, const struct netaddr *ip)
{
	char text[INET6_ADDRSTRLEN];

	if (ip->n && inet_ntop(ip->n == 4 ? AF_INET : AF_INET6, ip->b, text,
			     sizeof(text)))
		buf_printf(b, "ip=%s ", text);
}

static struct span print(const struct received *r, struct arena *a)
{
	struct buf b = { .arena = a };

	add_part(&b, "helo", r->helo);
	add_part(&b, "rdns", r->rdns);
	add_ip(&b, &r->ip);
	add_part(&b, "by", r->by);
	add_part(&b, "with", r->with);
	add_part(&b, "id", r->id);
	add_part(&b, "for", r->rcpt);
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++)
		if (r->flags >> i & 1)
			buf_printf(&b, "%s ", flag_names[i]);
	if (!(r->flags & RECEIVED_NO_DATE))
		assert_true(r->date.ms == 1023168037000);
	return span_trim(buf_bytes(&b));
}

#define DATE "; Tue, 4 Jun 2002 05:20:37 +0000"

static void each_mta_is_read(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		/* Postfix */
		{ " from h.example (r.example [192.0.2.1])\r\n"
		  "\t(using TLSv1.3 with cipher X (256/256 bits)\r\n"
		  "\t key-exchange ECDHE (P-256))\r\n"
		  "\t(No client certificate requested)\r\n"
		  "\tby mx.example (Postfix) with ESMTPS id 4F00\r\n"
		  "\tfor <u@example.org>; Tue, 4 Jun 2002 05:20:37 +0000 (UTC)",
			"helo=h.example rdns=r.example ip=192.0.2.1 "
			"by=mx.example with=ESMTPS id=4F00 for=u@example.org "
			"tls" },
		{ "from [10.1.1.1] (unknown [IPv6:2001:db8::1]) by m.example "
		  "(Postfix) with ESMTPSA id 1" DATE,
			"helo=[10.1.1.1] ip=2001:db8::1 by=m.example "
			"with=ESMTPSA id=1 auth tls" },
		{ "by m.example (Postfix, from userid 33) id 9C1" DATE,
			"by=m.example id=9C1 no-from no-ip" },
		/* sendmail */
		{ "from h.example (IDENT:u@r.example [192.0.2.1] "
		  "(may be forged)) by m.example (8.11.6/8.11.6) with ESMTP "
		  "id g54 for <u@example.org>" DATE,
			"helo=h.example rdns=r.example ip=192.0.2.1 "
			"by=m.example with=ESMTP id=g54 for=u@example.org "
			"forged" },
		{ "from h.example ([192.0.2.1]) by m.example (8.9.3) id A" DATE,
			"helo=h.example ip=192.0.2.1 by=m.example id=A" },
		{ "(from u@localhost) by m.example (8.9.3) id A" DATE,
			"by=m.example id=A no-from no-ip" },
		/* Exim */
		{ "from r.example ([192.0.2.1] helo=h.example)\r\n\tby "
		  "m.example with esmtpsa (TLS1.2:X:256)\r\n\t(Exim 4.89)\r\n"
		  "\t(envelope-from <s@example>)\r\n\tid 1f-0-0\r\n"
		  "\tfor u@example.org" DATE,
			"helo=h.example rdns=r.example ip=192.0.2.1 "
			"by=m.example with=esmtpsa id=1f-0-0 "
			"for=u@example.org auth tls" },
		{ "from [192.0.2.1] (port=1234 helo=h.example) by m.example "
		  "with smtp (Exim 4.1) id 1" DATE,
			"helo=h.example ip=192.0.2.1 by=m.example with=smtp "
			"id=1" },
		{ "from [192.0.2.1]:5678 (helo=[192.0.2.1]) by m.example "
		  "with smtp (Exim 4.1) id 1" DATE,
			"helo=[192.0.2.1] ip=192.0.2.1 by=m.example with=smtp "
			"id=1" },
		/* Exchange */
		{ "from h.example (2001:db8::7) by m.example (192.0.2.9)\r\n"
		  " with Microsoft SMTP Server (version=TLS1_2, cipher=X) id "
		  "15.20.1 via Frontend\r\n Transport" DATE,
			"helo=h.example ip=2001:db8::7 by=m.example "
			"with=Microsoft id=15.20.1" },
		{ "from h.example ([fe80::1]) by m.example ([fe80::2]) with "
		  "mapi id 15.1" DATE,
			"helo=h.example ip=fe80::1 by=m.example with=mapi "
			"id=15.1" },
		/* qmail */
		{ "from unknown (HELO h.example) (u@192.0.2.1)\r\n  by "
		  "m.example with SMTP; 4 Jun 2002 05:20:37 -0000",
			"helo=h.example ip=192.0.2.1 by=m.example with=SMTP" },
		{ "from r.example (192.0.2.1) by m.example with SMTP; "
		  "4 Jun 2002 05:20:37 -0000",
			"helo=r.example ip=192.0.2.1 by=m.example with=SMTP" },
		{ "(qmail 42 invoked from network); 4 Jun 2002 05:20:37 -0000",
			"no-from no-by no-ip network" },
		{ "(qmail 42 invoked by uid 0); 4 Jun 2002 05:20:37 -0000",
			"no-from no-by no-ip local" },
		/* Gmail */
		{ "from h.example (r.example. [192.0.2.1])\r\n        by "
		  "mx.example with ESMTPS id a1-2.3\r\n        for "
		  "<u@example.org>\r\n        (version=TLS1_3 cipher=X "
		  "bits=256/256);\r\n        Mon, 03 Jun 2002 22:20:37 -0700 "
		  "(PDT)",
			"helo=h.example rdns=r.example ip=192.0.2.1 "
			"by=mx.example with=ESMTPS id=a1-2.3 "
			"for=u@example.org tls" },
		{ "by 2002:a05:6402:35cf:0:0:0:0 with SMTP id z1" DATE,
			"by=2002:a05:6402:35cf:0:0:0:0 with=SMTP id=z1 "
			"no-from no-ip" },
		/* Odd ones */
		{ "from h ([192.0.2.1] verified) by m with ESMTP id 1" DATE,
			"helo=h ip=192.0.2.1 by=m with=ESMTP id=1" },
		{ "from h (h []) by m with ESMTP id 1" DATE,
			"helo=h rdns=h by=m with=ESMTP id=1 no-ip" },
		{ "from h (r [192.0.2.1]) by m; 31 Jun 2002 05:20:37 +0000",
			"helo=h rdns=r ip=192.0.2.1 by=m no-date" },
		{ "from h (r [192.0.2.1]) by m", "helo=h rdns=r ip=192.0.2.1 "
			"by=m no-date" },
		{ "apparently", "no-from no-by no-date no-ip odd" },
		{ "", "no-from no-by no-date no-ip odd" },
		/* A HELO name that pretends to be more. */
		{ "from a (x [10.0.0.1]) (r [192.0.2.1]) by m" DATE,
			"helo=a rdns=r by=m no-ip ambig" },
		{ "from a ([10.0.0.1]) by x (r [192.0.2.1]) by m" DATE,
			"helo=a by=m no-ip ambig" },
		{ "from a ([10.0.0.1]) id x (r [192.0.2.1]) by m" DATE,
			"helo=a by=m id=x no-ip ambig" },
		{ "from a ([10.0.0.1]) id (r [192.0.2.1]) by m" DATE,
			"helo=a id=by no-by no-ip ambig" },
		{ "from [10.0.0.1] by m" DATE, "helo=[10.0.0.1] by=m no-ip" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct received r;
		struct span got;

		received_parse(span_of(rows[i].in), *state, &r);
		got = print(&r, *state);
		if (!span_is(got, rows[i].out))
			fail_msg("\"%s\":\nexpected \"%s\"\n     got \"%.*s\"",
				rows[i].in, rows[i].out, SPAN_FMT(got));
	}
}

/* Is it one of the networks, parted by blanks? */
static bool is_trusted(const void *self, const struct netaddr *ip)
{
	struct span rest = span_of(self), piece;
	struct cidr net;

	while (span_cut(&rest, ' ', &piece)) {
		assert_true(cidr_parse(piece, &net));
		if (cidr_contains(&net, ip))
			return true;
	}
	return false;
}

static struct span walk(const char *fields, const char *peer,
	const char *trusted, struct arena *a)
{
	static const char *const ends[] = {
		"relay", "trusted", "local", "broken",
	};
	struct buf b = { .arena = a };
	struct header h;
	struct netaddr ip;
	struct received_chain c;

	assert_true(netaddr_parse(span_of(peer), &ip));
	header_parse(span_of(fields), LIMITS, a, &h);
	received_walk(&h, &ip, is_trusted, trusted, a, &c);
	buf_printf(&b, "%zu of %zu %s ", c.believed, c.n, ends[c.end]);
	add_ip(&b, &c.relay);
	add_part(&b, "helo", c.helo);
	add_part(&b, "rdns", c.rdns);
	return span_trim(buf_bytes(&b));
}

#define FROM(helo, ip) "Received: from " helo " ([" ip "]) by m.example" \
	" with ESMTP id 1" DATE "\r\n"

static void only_trusted_hosts_are_believed(void **state)
{
	static const char forged[] = FROM("a", "198.51.100.1")
		FROM("b", "10.0.0.1") FROM("c", "203.0.113.1");
	static const char qmail[] =
		"Received: (qmail 2 invoked from network)" DATE "\n"
		"Received: from unknown (HELO a) (198.51.100.1) by m with SMTP"
		DATE "\n";
	static const char local[] =
		"Received: (qmail 2 invoked by uid 7)" DATE "\n"
		FROM("a", "198.51.100.1");
	static const struct {
		const char *fields, *peer, *trusted, *out;
	} rows[] = {
		{ forged, "192.0.2.1", "10.0.0.0/8",
			"0 of 3 relay ip=192.0.2.1" },
		{ forged, "10.0.0.9", "10.0.0.0/8",
			"1 of 3 relay ip=198.51.100.1 helo=a" },
		{ forged, "10.0.0.9", "10.0.0.0/8 198.51.100.0/24",
			"3 of 3 relay ip=203.0.113.1 helo=c" },
		{ forged, "10.0.0.9", "0.0.0.0/0", "3 of 3 trusted helo=c" },
		{ "", "10.0.0.9", "10.0.0.0/8", "0 of 0 trusted" },
		{ qmail, "10.0.0.9", "10.0.0.0/8",
			"2 of 2 relay ip=198.51.100.1 helo=a" },
		{ local, "10.0.0.9", "10.0.0.0/8", "1 of 2 local" },
		{ "Received: by x with HTTP" DATE "\n"
			FROM("a", "198.51.100.1"),
			"10.0.0.9", "10.0.0.0/8", "1 of 2 broken" },
		{ "Received: from a ([198.51.100.1])\n", "10.0.0.9",
			"10.0.0.0/8", "1 of 1 broken" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_span(walk(rows[i].fields, rows[i].peer, rows[i].trusted,
				    *state), rows[i].out);
}

/*
 * What rspamd's tests of its external relay plugin expect, with their
 * addresses (380_external_relay.robot, received4 to received7).
 */
static void rspamds_relays_are_found(void **state)
{
	static const char by_auth[] = FROM("localhost", "127.0.0.1")
		FROM("mail.ietf.org", "4.31.198.44")
		FROM("mail.example.org", "192.0.2.1");
	static const char by_ip[] = FROM("localhost", "2001:db8:114::514")
		FROM("mail.example.org", "198.51.100.233")
		FROM("foobar.example.org", "4.31.198.44")
		FROM("mail.example.org", "198.51.100.2");
	static const char by_name[] = FROM("localhost", "127.0.0.1")
		FROM("cool.example.org", "4.31.198.44")
		FROM("mail.example.org", "192.0.3.1")
		FROM("mail.example.org", "192.0.2.1");
	static const char by_count[] = "Received: apparently\n"
		"Received: or is it\n"
		FROM("server.example", "IPv6:2a01:7c8:aab6::1da2")
		FROM("ca-18.example", "151.18.193.131");

	expect_span(walk(by_auth, "8.8.8.8", "8.8.8.8 127.0.0.1 4.31.198.44",
			    *state),
		"3 of 3 relay ip=192.0.2.1 helo=mail.example.org");
	expect_span(walk(by_ip, "198.51.100.1",
			    "198.51.100.0/24 2001:db8::/32", *state),
		"3 of 4 relay ip=4.31.198.44 helo=foobar.example.org");
	/* rspamd goes by the name behind "by", which anybody can write, and
	 * so passes over 192.0.3.1, which no list names. We do not. */
	expect_span(walk(by_name, "192.0.2.10",
			    "192.0.2.10 127.0.0.1 4.31.198.44", *state),
		"3 of 4 relay ip=192.0.3.1 helo=mail.example.org");
	/* rspamd counts the fields that it can read. A trusted host that
	 * writes one without an address tells us nothing of those below. */
	expect_span(walk(by_count, "8.8.8.8", "8.8.8.8 2a01:7c8::/32", *state),
		"1 of 4 broken");
}

static void parse(struct span s, struct arena *a)
{
	struct netaddr ip = { .n = 4 };
	struct received_chain c;
	struct header h;

	header_parse(s, LIMITS, a, &h);
	received_walk(&h, &ip, is_trusted, "0.0.0.0/0 ::/0", a, &c);
}

static void any_length_can_be_parsed(void **state)
{
	(void)state;
	cut_everywhere(SPAN("Received: from h (i:u@r. [IPv6:2001:db8::1]:25"
		" (may be forged)\\)(HELO x) (port=1 helo=[1.2.3.4])\r\n"
		"\tby m with ESMTPSA id <1> for <u@e> (x; 1 Jan 70 0:0\r\n"
		"Received: (qmail 1 invoked from network); \0;("), parse);
}

static void hostile_fields_are_linear(void **state)
{
	static const char *const texts[] = {
		"(", "()", "((", "[", "from ", "from a ([1.2.3.4]", "\\(", ";",
		"a", "helo=", "from a (", "[1.2.3.4] ",
	};
	long start = cpu_ms();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct arena *a = arena_new("field", (size_t)1 << 30);
		struct buf b = { .arena = a };
		struct received r;

		buf_string(&b, "from a (");
		buf_span(&b, repeat(a, texts[i], 1 << 18));
		received_parse(buf_bytes(&b), a, &r);
		received_parse(span_after(buf_bytes(&b), 8), a, &r);
		arena_free(&a);
	}
	(void)state;
	expect_fast(start, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_mta_is_read),
		TEST(only_trusted_hosts_are_believed),
		TEST(rspamds_relays_are_found),
		TEST(any_length_can_be_parsed),
		TEST(hostile_fields_are_linear),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
