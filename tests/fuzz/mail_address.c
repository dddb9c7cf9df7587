/*
 * A list of addresses in one way and in all ways, what is shown of it, and an
 * envelope address.
 */
#include "base/utf8.h"
#include "mail/address_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 100 };

static bool one_line(struct span s)
{
	return utf8_valid(s) && span_chr(s, 0) == SIZE_MAX &&
	       span_chr(s, '\n') == SIZE_MAX && span_chr(s, '\r') == SIZE_MAX;
}

static void check(const struct address *list, size_t n, struct arena *a)
{
	if (n > MOST)
		__builtin_trap();
	for (size_t i = 0; i < n; i++) {
		address_name(&list[i], a);
		if (!one_line(list[i].display) ||
		    !one_line(address_show(&list[i], a)) ||
		    list[i].local.n + list[i].domain.n > list[i].full.n ||
		    span_chr(list[i].full, 0) != SIZE_MAX ||
		    span_chr(list[i].full, '\n') != SIZE_MAX)
			__builtin_trap();
	}
}

/* A final dot makes no other domain. */
static struct span without_dot(struct span s)
{
	return span_sub(s, 0, s.n - span_ends(s, SPAN(".")));
}

static bool holds(const struct address *list, size_t n, struct span full)
{
	for (size_t i = 0; i < n; i++)
		if (span_caseeq(without_dot(list[i].full), without_dot(full)))
			return true;
	return false;
}

/* What any one way reads is among the readings. */
static void compare(struct span s, const struct address *all, size_t n,
	unsigned flags, struct arena *a)
{
	static const unsigned ways[] = { HABIT_JOIN, HABIT_FIRST };

	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		struct address *list;
		unsigned notes;
		size_t count = address_parse(s, ways[w], MOST, a, &list,
			&notes);

		check(list, count, a);
		for (size_t i = 0; i < count; i++)
			if (list[i].domain.n > 1 &&
			    !(flags & MAIL_OVER_HEADERS) &&
			    !holds(all, n, list[i].full))
				__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct span s = span_from(data, size);
	struct address *list;
	unsigned flags;
	size_t n = address_list(s, MOST, a, &list);

	check(list, n, a);
	n = address_readings(s, MOST, a, &list, &flags);
	check(list, n, a);
	compare(s, list, n, flags, a);
	address_domain_ok(address_split(s).domain);
	arena_free(&a);
	return 0;
}
