/*
 * Names as they come: what is a name stays one, people's form leads back to
 * it, and its organisation is an end of it.
 */
#include "mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct span ascii, struct arena *a)
{
	struct span again, organisation = domain_organisation(ascii);

	if (ascii.n == 0 || ascii.n > DOMAIN_MAX ||
	    !domain_ascii(ascii, a, &again) || !span_eq(ascii, again))
		__builtin_trap();
	if (!domain_ascii(domain_unicode(ascii, a), a, &again) ||
	    !span_eq(ascii, again))
		__builtin_trap();
	if (organisation.n == 0)
		return;
	if (!domain_is_below(ascii, organisation) ||
	    domain_is_public_suffix(organisation) ||
	    organisation.p + organisation.n != ascii.p + ascii.n)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size), ascii;

	if (domain_ascii(s, a, &ascii))
		check(ascii, a);
	domain_unicode(s, a);
	domain_organisation(s);
	domain_is_public_suffix(s);
	arena_free(&a);
	return 0;
}
