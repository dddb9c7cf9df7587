#include "password.h"

#include <string.h>

#include "base/utf8.h"
#include "web/helper_wire.h"

/*
 * The worst that are long enough (shorter ones are refused for that), lower
 * case; also those that only add digits or marks behind one of these.
 */
static const char *const worst[] = {
	"123456789012", "1234567890123", "012345678901", "098765432109",
	"1q2w3e4r5t6y", "1qaz2wsx3edc", "abcdefghijkl", "administrator",
	"changeme", "changemeplease", "correcthorsebatterystaple",
	"defaultpassword", "iloveyou", "letmein", "letmeinletmein",
	"mypassword", "newpassword", "p@ssw0rd", "p@ssword", "passw0rd",
	"password", "passwordpassword", "puremessage", "q1w2e3r4t5y6",
	"qazwsxedcrfv", "qwertyuiop", "qwertyuiopasdf", "qwertyqwerty",
	"qwerty", "qwertz", "qwertzuiop", "rootroot", "secretpassword",
	"test", "thisisapassword", "welcome", "zaqxswcdevfr", "admin",
	"asdfghjkl", "computer", "football", "monkey", "sunshine",
	"princess", "dragon", "trustno1", "superman", "batman", "master",
	"hello", "freedom", "whatever", "mustang", "baseball", "starwars",
};

static size_t characters(struct span s)
{
	size_t n = 0;

	for (; s.n; n++) {
		size_t bytes = utf8_next(s, NULL);

		s = span_after(s, bytes ? bytes : 1);
	}
	return n;
}

/* "password2026!!" is "password" in a coat. */
static struct span without_coat(struct span s)
{
	while (s.n && span_lower(s.p[s.n - 1]) < 'a')
		s.n--;
	return s;
}

static bool is_worst(struct span s)
{
	for (size_t i = 0; i < sizeof(worst) / sizeof(worst[0]); i++)
		if (span_caseeq(s, span_of(worst[i])) ||
		    span_caseeq(without_coat(s), span_of(worst[i])))
			return true;
	return false;
}

/* "aaaaaaaaaaaa", "abababababab": one or two characters again and again. */
static bool is_dull(struct span s)
{
	bool same[256] = { false };
	size_t kinds = 0;

	for (size_t i = 0; i < s.n; i++) {
		kinds += !same[s.p[i]];
		same[s.p[i]] = true;
	}
	return kinds < 4;
}

const char *password_trouble(struct span s, struct span name)
{
	if (characters(s) < PASSWORD_CHARACTERS)
		return "The new password is too short: it needs at least 12 "
			"characters.";
	if (s.n > HELPER_PASSWORD_MAX)
		return "The new password is longer than 1,024 bytes.";
	if (name.n && (span_caseeq(s, name) ||
		       span_caseeq(without_coat(s), name)))
		return "The new password is the name.";
	if (is_worst(s) || is_dull(s))
		return "The new password is one of those that are tried "
			"first: choose another.";
	return NULL;
}
