#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/netaddr.h"

static bool inside(const char *net, const char *addr)
{
	struct netaddr a;
	struct cidr c;

	assert_true(cidr_parse(span_of(net), &c));
	assert_true(netaddr_parse(span_of(addr), &a));
	return cidr_contains(&c, &a);
}

static void test_addresses(void **state)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5",
		"256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1.2.3.4/8", "::g",
		":::", "fe80::1%eth0", "[::1]", "host", "1.2.3.-4",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"
	};
	struct netaddr a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(netaddr_parse(span_of(bad[i]), &a));
	assert_false(netaddr_parse(SPAN("1.2.3.4\0"), &a));
	assert_true(netaddr_parse(SPAN("192.0.2.1"), &a));
	assert_int_equal(a.n, 4);
	assert_memory_equal(a.b, "\xc0\x00\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0",
		16);
	assert_true(netaddr_parse(SPAN("2001:DB8::1"), &a));
	assert_int_equal(a.n, 16);
	assert_memory_equal(a.b,
		"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	assert_true(netaddr_parse(SPAN("::ffff:192.0.2.1"), &a));
	assert_int_equal(a.n, 4);
	assert_memory_equal(a.b, "\xc0\x00\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0",
		16);
}

static void test_networks(void **state)
{
	static const char *const bad[] = { "", "/8", "10.0.0.0/33",
		"10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129",
		"10.0.0.0/0008", "10/8", "10.0.0.0/8 " };
	struct cidr c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(cidr_parse(span_of(bad[i]), &c));
	assert_true(inside("10.0.0.0/8", "10.255.3.4"));
	assert_false(inside("10.0.0.0/8", "11.0.0.0"));
	assert_true(inside("10.1.2.3/8", "10.9.9.9"));
	assert_true(inside("192.0.2.128/25", "192.0.2.255"));
	assert_false(inside("192.0.2.128/25", "192.0.2.127"));
	assert_true(inside("192.0.2.1", "192.0.2.1"));
	assert_false(inside("192.0.2.1", "192.0.2.0"));
	assert_true(inside("0.0.0.0/0", "255.255.255.255"));
	assert_false(inside("0.0.0.0/0", "::1"));
	assert_true(inside("2001:db8::/33", "2001:db8:7fff::"));
	assert_false(inside("2001:db8::/33", "2001:db8:8000::"));
	assert_true(inside("::/0", "2001:db8::1"));
	assert_true(inside("::1/128", "::1"));
	assert_true(inside("10.0.0.0/8", "::ffff:10.1.1.1"));
	assert_true(inside("::ffff:10.0.0.0/104", "10.1.1.1"));
}

static void test_ports(void **state)
{
	static const char *const bad[] = { "", ":25", "host", "host:",
		"host:0", "host:65536", "host:2a", "::1:25", "[::1]",
		"[]:25", "[:25", "[host]:25", "[1.2.3.4]:25", "::1]:25" };
	struct span host;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(netaddr_split_port(span_of(bad[i]), &host,
			&port));
	assert_true(netaddr_split_port(SPAN("mail.example.org:65535"), &host,
		&port));
	assert_true(span_is(host, "mail.example.org"));
	assert_int_equal(port, 65535);
	assert_true(netaddr_split_port(SPAN("[2001:db8::1]:25"), &host,
		&port));
	assert_true(span_is(host, "2001:db8::1"));
	assert_int_equal(port, 25);
}

static void test_urls(void **state)
{
	static const char *const bad[] = { "icap://scanner:1344/avscan",
		"icap://192.0.2.1:1344", "icap://192.0.2.1:1344/",
		"icap:///x", "http://192.0.2.1/x", "icap://192.0.2.1:0x1/x",
		"icap://192.0.2.1/a b", "icap://192.0.2.1/a\r\nb",
		"icap://::1/x", "icap://[192.0.2.1/x", "icap:", "" };
	uint16_t port = 7;
	struct span host;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(netaddr_split_url(span_of(bad[i]), SPAN("icap"),
			&host, &port));
	port = 7;
	assert_true(netaddr_split_url(SPAN("icap://192.0.2.1/a/b?c"),
		SPAN("icap"), &host, &port));
	assert_true(span_is(host, "192.0.2.1"));
	assert_int_equal(port, 7);
	assert_true(netaddr_split_url(SPAN("icap://[::1]/x"), SPAN("icap"),
		&host, &port));
	assert_true(span_is(host, "::1"));
	assert_int_equal(port, 7);
	assert_true(netaddr_split_url(SPAN("icap://[::1]:1344/x"),
		SPAN("icap"), &host, &port));
	assert_true(span_is(host, "::1"));
	assert_int_equal(port, 1344);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_urls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
