#include "mail/confusable.h"

#include "mail_test.h"

/* Letters of Cyrillic that look like those of Latin. */
#define CYR_A "\xd0\xb0"
#define CYR_E "\xd0\xb5"
#define CYR_O "\xd0\xbe"
#define CYR_P "\xd1\x80"
#define CYR_S "\xd1\x81"
#define CYR_U "\xd1\x83"

static void names_are_judged(void **state)
{
	static const struct {
		const char *name;
		unsigned flags;
	} rows[] = {
		{ "paypal", 0 }, { "", 0 }, { "r\xc3\xa9sum\xc3\xa9", 0 },
		{ "p" CYR_A "ypal", CONFUSABLE_MIXED | CONFUSABLE_ASCII },
		{ CYR_P CYR_A CYR_U CYR_P CYR_A, CONFUSABLE_ASCII },
		/* Cyrillic and Han as they are written; Han with Latin */
		{ "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80", 0 },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" "abc", 0 },
		{ "abc\xce\xb1\xce\xb2", CONFUSABLE_MIXED },
		{ "pay\xe2\x80\x8bpal", CONFUSABLE_INVISIBLE },
		{ "invoice\xe2\x80\xae" "fdp.exe", CONFUSABLE_BIDI },
		{ "1\xd9\xa1", CONFUSABLE_DIGITS | CONFUSABLE_ASCII },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned flags = confusable_flags(span_of(rows[i].name),
			*state);

		/* what is not seen leaves ASCII: that is told as such */
		if (rows[i].flags & (CONFUSABLE_INVISIBLE | CONFUSABLE_BIDI))
			flags &= ~(unsigned)CONFUSABLE_ASCII;
		if (flags != rows[i].flags)
			fail_msg("%s: expected %x, got %x", rows[i].name,
				rows[i].flags, flags);
	}
}

static void look_alikes_are_told(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{ "paypal", "p" CYR_A "yp" CYR_A "l", true },
		{ "paypal", "paypa1", true }, { "paypal", "PayPaI", true },
		{ "google", "g00gle", true },
		{ "microsoft", "rnicrosoft", true },
		{ "paypal", "paypal", false }, { "paypal", "PayPal", false },
		{ "paypal", "paypol", false }, { "", "", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (confusable_same(span_of(rows[i].one),
		    span_of(rows[i].other), *state) != rows[i].same)
			fail_msg("%s and %s", rows[i].one, rows[i].other);
}

/* B82 */
static void hosts_are_compared_as_shown(void **state)
{
	struct arena *a = *state;

	/* "apple" in Cyrillic */
	assert_true(confusable_same_host(SPAN("xn--80ak6aa92e.com"),
		SPAN("apple.com"), a));
	assert_false(confusable_same_host(SPAN("apple.com"),
		SPAN("apple.com"), a));
	/* "youtube" with a dot below the b */
	assert_true(confusable_same_host(SPAN("xn--youtue-tg7b.com"),
		SPAN("youtube.com"), a));
	assert_false(confusable_same_host(SPAN("xn--youtue-tg7b.com"),
		SPAN("youtube.org"), a));
	assert_int_equal(confusable_host_flags(SPAN("xn--80ak6aa92e.com"), a),
		CONFUSABLE_ASCII);
	assert_int_equal(confusable_host_flags(SPAN("xn--bcher-kva.com"), a),
		0);
}

static void long_names_are_cut(void **state)
{
	struct span s = repeat(*state, CYR_S CYR_E CYR_O "\xef\xb7\xba",
		100000);
	long start = cpu_ms();

	for (int i = 0; i < 100; i++) {
		confusable_flags(s, *state);
		confusable_skeleton(s, *state);
	}
	expect_fast(start, 500);
}

static void parse(struct span s, struct arena *a)
{
	confusable_flags(s, a);
	confusable_skeleton(s, a);
	confusable_same_host(s, span_after(s, 1), a);
}

static void any_bytes_can_be_judged(void **state)
{
	(void)state;
	cut_everywhere(SPAN("a\xff\xd0\xb0\xe2\x80\xae\0xn--80ak6aa92e.com"
		"\xed\xa0\x80\xf0\x9f\x98\x80"), parse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_are_judged), TEST(look_alikes_are_told),
		TEST(hosts_are_compared_as_shown), TEST(long_names_are_cut),
		TEST(any_bytes_can_be_judged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
