/* Who has to wait after wrong passwords, and which new ones are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../applets/csm/guard.c"
#include "../../applets/csm/password.c"

static int64_t now = 1000000;

static unsigned wrong(const char *account, const char *peer)
{
	guard_wrong(span_of(account), span_of(peer), now);
	return guard_wait(span_of(account), span_of(peer), now);
}

static int forget(void **state)
{
	(void)state;
	memset(counts, 0, sizeof(counts));
	memset(known, 0, sizeof(known));
	return 0;
}

static void the_fifth_for_a_name_is_the_last(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(wrong("admin", "192.0.2.1"), 0);
	assert_int_equal(wrong("admin", "192.0.2.2"), 600);
	assert_int_equal(guard_wait(SPAN("admin"), SPAN("192.0.2.3"),
		now + 1500), 599);
	assert_int_equal(guard_wait(SPAN("root"), SPAN("192.0.2.1"), now), 0);
	assert_int_equal(guard_wait(SPAN("admin"), SPAN("192.0.2.3"),
		now + 600000), 0);
	guard_right(SPAN("admin"), SPAN("192.0.2.9"), now);
	assert_int_equal(guard_wait(SPAN("admin"), SPAN("192.0.2.3"), now),
		0);
}

static void the_twentieth_from_a_peer_is_the_last(void **state)
{
	char name[16], peer[64];
	unsigned wait = 0;

	(void)state;
	for (unsigned i = 1; i <= 20; i++) {
		assert_int_equal(wait, 0);
		snprintf(name, sizeof(name), "n%u", i);
		snprintf(peer, sizeof(peer), "2001:db8::%u", i);
		wait = wrong(name, peer);
	}
	assert_int_equal(wait, 600);
	assert_int_equal(guard_wait(SPAN("x"), SPAN("2001:db8:0:1::1"), now),
		0);
	assert_int_equal(guard_wait(SPAN("x"), SPAN("192.0.2.1"), now), 0);
	/* A right one does not let the others of this network go on. */
	guard_right(SPAN("n1"), SPAN("2001:db8::1"), now);
	assert_int_equal(guard_wait(SPAN("x"), SPAN("2001:db8::ff"), now),
		600);
}

static void others_do_not_lock_out_who_was_here(void **state)
{
	const int64_t month = INT64_C(30) * 86400 * 1000;
	struct span admin = SPAN("admin"), home = SPAN("192.0.2.1");

	(void)state;
	guard_right(admin, home, now);
	for (unsigned i = 0; i < 5; i++)
		wrong("admin", "192.0.2.66");
	assert_int_equal(guard_wait(admin, SPAN("192.0.2.66"), now), 600);
	assert_int_equal(guard_wait(admin, SPAN("192.0.2.2"), now), 600);
	assert_int_equal(guard_wait(admin, home, now), 0);
	/* He has no more tries than anybody. */
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(wrong("admin", "192.0.2.1"), 0);
	assert_int_equal(wrong("admin", "192.0.2.1"), 600);
	/* For another name he is anybody, and after a month, too. */
	for (unsigned i = 0; i < 5; i++)
		wrong("root", "192.0.2.66");
	assert_int_equal(guard_wait(SPAN("root"), home, now), 600);
	now += month;
	for (unsigned i = 0; i < 5; i++)
		wrong("admin", "192.0.2.66");
	assert_int_equal(guard_wait(admin, home, now), 600);
}

static void the_newest_places_are_known(void **state)
{
	struct span admin = SPAN("admin");
	char peer[64];

	(void)state;
	for (unsigned i = 0; i <= KNOWN; i++) {
		snprintf(peer, sizeof(peer), "10.0.%u.%u", i / 100, i % 100);
		guard_right(admin, span_of(peer), ++now);
	}
	for (unsigned i = 0; i < 5; i++)
		wrong("admin", "192.0.2.66");
	assert_int_equal(guard_wait(admin, SPAN("10.0.0.0"), now), 600);
	assert_int_equal(guard_wait(admin, SPAN("10.0.0.1"), now), 0);
	assert_int_equal(guard_wait(admin, span_of(peer), now), 0);
}

static void a_full_table_forgets_the_oldest(void **state)
{
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		wrong("admin", "192.0.2.1");
	now += 1000;
	for (unsigned i = 0; i < COUNTS - 3; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		wrong(name, "192.0.2.2");
	}
	assert_int_equal(guard_wait(SPAN("admin"), SPAN("::1"), now), 599);
	wrong("one more", "192.0.2.2");
	assert_int_equal(guard_wait(SPAN("admin"), SPAN("::1"), now), 0);
}

static void new_passwords(void **state)
{
	static const struct {
		const char *password;
		bool good;
	} rows[] = {
		{ "", false }, { "eleven char", false },
		{ "twelve chars", true }, { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"
		"\xe2\x82\xac" "elf!", false },
		{ "Password2026!", false }, { "administrator", false },
		{ "ADMIN1234567", false }, { "Alice1234567", false },
		{ "aaaaaaaaaaaaaaa", false }, { "ababababababab", false },
		{ "seven green bottles", true }, { "qwertyuiop!!!!", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((password_trouble(span_of(rows[i].password),
		    SPAN("alice")) == NULL) != rows[i].good)
			fail_msg("\"%s\"", rows[i].password);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_fifth_for_a_name_is_the_last,
			forget),
		cmocka_unit_test_setup(the_twentieth_from_a_peer_is_the_last,
			forget),
		cmocka_unit_test_setup(others_do_not_lock_out_who_was_here,
			forget),
		cmocka_unit_test_setup(the_newest_places_are_known, forget),
		cmocka_unit_test_setup(a_full_table_forgets_the_oldest,
			forget),
		cmocka_unit_test(new_passwords),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
