#include "mail/maillog.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/io.h"
#include "mail_test.h"

enum { NOW_S = 1795000000 };	/* 2026-11-18T11:06:40Z */

static void add(struct buf *b, const char *name, struct span s)
{
	if (s.n == 0)
		return;
	buf_printf(b, " %s=", name);
	buf_span(b, s);
}

static void add_number(struct buf *b, const char *name, int64_t v)
{
	if (v >= 0)
		buf_printf(b, " %s=%lld", name, (long long)v);
}

/* What was read, in one line. */
static const char *print(struct arena *a, const struct maillog_event *ev)
{
	struct buf b = { .arena = a };
	char when[CLOCK_STAMP_SIZE], addr[INET6_ADDRSTRLEN];

	clock_stamp(ev->at_ms, when);
	buf_printf(&b, "%s %s", when, maillog_kind_name(ev->kind));
	add(&b, "id", ev->queue_id);
	add(&b, "next", ev->next_id);
	add(&b, "name", ev->relay_name);
	if (ev->relay.n && inet_ntop(ev->relay.n == 4 ? AF_INET : AF_INET6,
	    ev->relay.b, addr, sizeof(addr)))
		buf_printf(&b, " ip=%s", addr);
	add(&b, "helo", ev->helo);
	add(&b, "from", ev->has_sender && ev->sender.n == 0 ? SPAN("<>") :
		ev->sender);
	add(&b, "to", ev->rcpt);
	add(&b, "mid", ev->message_id);
	add(&b, "remote", ev->remote);
	add(&b, "dsn", ev->dsn);
	add_number(&b, "size", ev->size);
	add_number(&b, "n", ev->nrcpts);
	add_number(&b, "ms", ev->delay_ms);
	add(&b, "reply", ev->reply);
	return buf_c(&b);
}

struct one {
	const char *line, *want;	/* NULL: foreign; "": broken */
};

static void run(const struct one *v, size_t n)
{
	struct maillog l = { .now_ms = NOW_S * 1000LL };
	struct arena *a = arena_new("maillog", 1 << 20);
	struct maillog_event ev;

	for (size_t i = 0; i < n; i++) {
		enum maillog_step step = maillog_parse(&l,
			span_of(v[i].line), &ev);
		enum maillog_step want = v[i].want == NULL ?
			MAILLOG_FOREIGN : *v[i].want == 0 ? MAILLOG_BROKEN :
			MAILLOG_EVENT;

		if (step != want)
			fail_msg("%s: answer %d, wanted %d", v[i].line, step,
				want);
		if (step == MAILLOG_EVENT)
			assert_string_equal(print(a, &ev), v[i].want);
	}
	arena_free(&a);
}

#define RUN(v) run(v, sizeof(v) / sizeof(*(v)))
#define AT "Nov 17 20:17:05 mx1 "
#define IS "2026-11-17T20:17:05.000Z "

static void test_postfix(void **state)
{
	static const struct one v[] = {
	{ AT "postfix/smtpd[1]: connect from m.test[192.0.2.7]",
	  IS "connect name=m.test ip=192.0.2.7" },
	{ AT "postfix/smtpd[1]: disconnect from unknown[IPv6:2001:db8::7] "
	  "ehlo=1 quit=1 commands=2",
	  IS "disconnect ip=2001:db8::7 reply=ehlo=1 quit=1 commands=2" },
	{ AT "postfix/smtpd[1]: lost connection after DATA from "
	  "m.test[192.0.2.7]",
	  IS "lost name=m.test ip=192.0.2.7 reply=lost connection after DATA" },
	{ AT "postfix/smtpd[1]: NOQUEUE: reject: RCPT from m.test[192.0.2.7]: "
	  "550 5.1.1 <x@e.test>: User unknown; from=<> to=<x@e.test> "
	  "proto=ESMTP helo=<[192.0.2.7]>",
	  IS "refused name=m.test ip=192.0.2.7 helo=[192.0.2.7] from=<> "
	  "to=x@e.test dsn=5.1.1 reply=550 5.1.1 <x@e.test>: User unknown" },
	{ AT "postfix-pm/submission/smtpd[1]: A1B2C3D4E5: client=unknown"
	  "[192.0.2.7], sasl_username=joe",
	  IS "accepted id=A1B2C3D4E5 ip=192.0.2.7" },
	{ AT "postfix/cleanup[2]: 4hX2Z10wz3z5Gk: message-id=<m@x.test>",
	  IS "named id=4hX2Z10wz3z5Gk mid=m@x.test" },
	{ AT "postfix/cleanup[2]: A1B2C3D4E5: milter-reject: END-OF-MESSAGE "
	  "from m.test[192.0.2.7]: 5.7.1 Spam; from=<a@x.test> "
	  "to=<b@e.test> proto=ESMTP helo=<h>",
	  IS "answered id=A1B2C3D4E5 name=m.test ip=192.0.2.7 helo=h "
	  "from=a@x.test to=b@e.test dsn=5.7.1 reply=5.7.1 Spam" },
	{ AT "postfix/smtpd[1]: NOQUEUE: milter-reject: CONNECT from "
	  "m.test[192.0.2.7]: 451 4.7.1 Service unavailable; proto=SMTP",
	  IS "answered name=m.test ip=192.0.2.7 dsn=4.7.1 reply=451 4.7.1 "
	  "Service unavailable" },
	{ AT "postfix/qmgr[3]: A1B2C3D4E5: from=<a@x.test>, size=12, nrcpt=2 "
	  "(queue active)",
	  IS "queued id=A1B2C3D4E5 from=a@x.test size=12 n=2" },
	{ AT "postfix/qmgr[3]: A1B2C3D4E5: from=<\"a>, size=1, nrcpt=1 (\""
	  "@x.test>, size=12, nrcpt=2 (queue active)",
	  IS "queued id=A1B2C3D4E5 from=\"a>, size=1, nrcpt=1 (\"@x.test "
	  "size=12 n=2" },
	{ AT "postfix/qmgr[3]: A1B2C3D4E5: from=<a@x.test>, "
	  "status=expired, returned to sender",
	  IS "expired id=A1B2C3D4E5 from=a@x.test reply=returned to sender" },
	{ AT "postfix/qmgr[3]: A1B2C3D4E5: removed",
	  IS "removed id=A1B2C3D4E5" },
	{ AT "postfix/smtp[4]: A1B2C3D4E5: to=<b@e.test>, orig_to=<c@e.test>, "
	  "relay=mx.test[192.0.2.2]:25, delay=1.25, delays=0/0/0/1, "
	  "dsn=4.7.1, status=deferred (host mx.test said: 451, status=sent "
	  "(in reply to RCPT TO command))",
	  IS "deferred id=A1B2C3D4E5 to=b@e.test remote=mx.test[192.0.2.2]:25 "
	  "dsn=4.7.1 ms=1250 reply=host mx.test said: 451, status=sent "
	  "(in reply to RCPT TO command)" },
	{ AT "postfix/lmtp[4]: A1B2C3D4E5: to=<b@e.test>, relay=none, "
	  "delay=86400, dsn=5.4.4, status=bounced",
	  IS "bounced id=A1B2C3D4E5 to=b@e.test remote=none dsn=5.4.4 "
	  "ms=86400000" },
	{ AT "postfix/bounce[5]: A1B2C3D4E5: sender non-delivery "
	  "notification: 4hX2Z20wz3z5Gm",
	  IS "notified id=A1B2C3D4E5 next=4hX2Z20wz3z5Gm reply=sender "
	  "non-delivery notification" },
	{ AT "postfix/pickup[6]: A1B2C3D4E5: uid=0 from=<root>",
	  IS "accepted id=A1B2C3D4E5 from=root" },
	{ AT "postfix/postscreen[9]: NOQUEUE: reject: RCPT from "
	  "[192.0.2.9]:4711: 550 5.7.1 blocked; from=<s@x.test>, "
	  "to=<t@e.test>, proto=ESMTP, helo=<h>",
	  IS "refused ip=192.0.2.9 helo=h from=s@x.test to=t@e.test "
	  "dsn=5.7.1 reply=550 5.7.1 blocked" },
	};

	(void)state;
	RUN(v);
}

static void test_sendmail(void **state)
{
	static const struct one v[] = {
	{ AT "sm-mta[1]: 5AMJH5aB012345: from=<a@x.test>, size=812, class=0, "
	  "nrcpts=2, msgid=<m2@x.test>, proto=ESMTP, daemon=MTA-v4, "
	  "relay=m.test [192.0.2.7]",
	  IS "queued id=5AMJH5aB012345 name=m.test ip=192.0.2.7 from=a@x.test "
	  "mid=m2@x.test size=812 n=2" },
	{ AT "sm-mta[1]: 5AMJH5aB012345: to=<b@e.test>, delay=1+02:03:04, "
	  "xdelay=00:00:01, relay=mx.test. [192.0.2.2], dsn=2.0.0, "
	  "stat=Sent (ok, relay=evil)",
	  IS "delivered id=5AMJH5aB012345 to=b@e.test remote=mx.test. "
	  "[192.0.2.2] dsn=2.0.0 ms=93784000 reply=Sent (ok, relay=evil)" },
	{ AT "sendmail[1]: 5AMJH5aB012345: to=<b@e.test>, dsn=4.0.0, "
	  "stat=Deferred: Connection refused by mx.",
	  IS "deferred id=5AMJH5aB012345 to=b@e.test dsn=4.0.0 "
	  "reply=Deferred: Connection refused by mx." },
	{ AT "sm-mta[1]: 5AMJH5aB012345: to=<b@e.test>, dsn=5.1.1, "
	  "stat=User unknown",
	  IS "bounced id=5AMJH5aB012345 to=b@e.test dsn=5.1.1 "
	  "reply=User unknown" },
	{ AT "sm-mta[1]: 5AMJH5aB012345: 5AMJH5aC012345: DSN: User unknown",
	  IS "notified id=5AMJH5aB012345 next=5AMJH5aC012345 reply=DSN: "
	  "User unknown" },
	{ AT "sm-mta[1]: 5AMJH5aB012345: ruleset=check_rcpt, "
	  "arg1=<x@o.test>, relay=[192.0.2.8], reject=550 5.7.1 no",
	  IS "refused id=5AMJH5aB012345 ip=192.0.2.8 to=x@o.test "
	  "reply=550 5.7.1 no" },
	{ AT "sm-mta[1]: 5AMJH5aB012345: Milter: to=<x@e.test>, reject=451 "
	  "4.7.1 later", IS "answered id=5AMJH5aB012345 to=x@e.test "
	  "reply=451 4.7.1 later" },
	{ AT "sm-mta[1]: m.test [192.0.2.7] did not issue MAIL during "
	  "connection to MTA", IS "lost name=m.test ip=192.0.2.7 reply=did "
	  "not issue MAIL during connection to MTA" },
	{ AT "sm-mta[1]: starting daemon (8.17): SMTP", NULL },
	{ AT "sm-mta[1]: 5AMJH5aB012345: to=<b@e.test>, stat=queued", NULL },
	};

	(void)state;
	RUN(v);
}

static void test_foreign(void **state)
{
	static const struct one v[] = {
	{ "", NULL }, { "x", NULL }, { "Nov 17 20:17:05", NULL },
	{ "Nov 17 20:17:05 ", NULL }, { AT, NULL },
	{ AT "kernel: oops", NULL }, { AT "sshd[1]: connect from x", NULL },
	{ AT "postfix/anvil[1]: statistics: max 1", NULL },
	{ AT "postfix/smtpd[1]: warning: hostname x does not resolve", NULL },
	{ AT "postfix/master[1]: daemon started", NULL },
	{ "Foo 17 20:17:05 mx1 postfix/qmgr[3]: A1B2C3D4E5: removed", NULL },
	{ "Nov 17 25:17:05 mx1 postfix/qmgr[3]: A1B2C3D4E5: removed", NULL },
	{ AT "postfix/qmgr[3]: A1B2C3D4E5: from=<a@x.te", "" },
	{ AT "postfix/smtp[4]: A1B2C3D4E5: to=<b@e.test>, relay=mx", "" },
	{ AT "postfix/bounce[5]: A1B2C3D4E5: sender non-delivery "
	  "notification: ../../etc", "" },
	};

	(void)state;
	RUN(v);
}

/* Years that are not said, zones that are. */
static void test_times(void **state)
{
	static const struct one v[] = {
	{ "Nov 19 10:00:00 mx1 postfix/qmgr[3]: A1B2C3D4E5: removed",
	  "2026-11-19T10:00:00.000Z removed id=A1B2C3D4E5" },
	{ "Nov 20 10:00:00 mx1 postfix/qmgr[3]: A1B2C3D4E5: removed",
	  "2025-11-20T10:00:00.000Z removed id=A1B2C3D4E5" },
	{ "Dec  1 10:00:00 mx1 postfix/qmgr[3]: A1B2C3D4E5: removed",
	  "2025-12-01T10:00:00.000Z removed id=A1B2C3D4E5" },
	{ "2026-11-22T20:17:05.123456+01:00 mx1 postfix/qmgr[3]: A1B2C3D4E5: "
	  "removed", "2026-11-22T19:17:05.123Z removed id=A1B2C3D4E5" },
	{ "2024-02-29T23:59:59-0330 mx1 postfix/qmgr[3]: A1B2C3D4E5: "
	  "removed", "2024-03-01T03:29:59.000Z removed id=A1B2C3D4E5" },
	{ "2026-11-22T20:17:05.5Z mx1 postfix/qmgr[3]: A1B2C3D4E5: removed",
	  "2026-11-22T20:17:05.500Z removed id=A1B2C3D4E5" },
	{ "2026-11-22T20:17:05 mx1 postfix/qmgr[3]: A1B2C3D4E5: removed",
	  NULL },
	};

	(void)state;
	RUN(v);
}

/* Cut anywhere, with any byte in any place: always an answer. */
static void test_torn(void **state)
{
	static const char line[] = AT "sm-mta[1]: 5AMJH5aB012345: to=<b@e>,"
		"<c@e>,<d@e>, delay=00:00:01, relay=[192.0.2.2], dsn=2.0.0, "
		"stat=Sent (ok)";
	struct maillog l = { .now_ms = NOW_S * 1000LL };
	unsigned char text[sizeof(line)];
	struct maillog_event ev;
	unsigned n = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(line); i++)
		maillog_parse(&l, span_from(line, i), &ev);
	for (size_t i = 0; i + 1 < sizeof(line); i++)
		for (unsigned c = 0; c < 256; c++) {
			memcpy(text, line, sizeof(line));
			text[i] = (unsigned char)c;
			maillog_parse(&l, span_from(text, sizeof(line) - 1),
				&ev);
			while (maillog_more(&ev))
				;
		}
	assert_int_equal(maillog_parse(&l, span_of(line), &ev),
		MAILLOG_EVENT);
	while (maillog_more(&ev))
		n++;
	assert_int_equal(n, 3);
	assert_memory_equal(ev.rcpt.p, "d@e", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_postfix),
		cmocka_unit_test(test_sendmail),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_torn),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
