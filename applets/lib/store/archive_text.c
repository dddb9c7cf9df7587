#include "store/archive_text.h"

#include "base/buf.h"
#include "base/netaddr.h"
#include "base/utf8.h"
#include "store/archive.h"

/* The first instant of year 0 and the last of year 99999. */
#define LEAST_MS INT64_C(-62167219200000)
#define MOST_MS INT64_C(3093527980799999)

struct span archive_cut(struct span s, size_t max)
{
	size_t n = max, back = 0;

	if (s.n <= max)
		return s;
	/* To the start of the character that max falls into. */
	while (back < 3 && n > 0 && (s.p[n] & 0xc0) == 0x80) {
		n--;
		back++;
	}
	return span_sub(s, 0, (s.p[n] & 0xc0) == 0x80 ? max : n);
}

struct span archive_clean(struct span s, size_t max, struct arena *a)
{
	struct buf b = { .arena = a };

	utf8_sanitise(&b, archive_cut(s, max));
	return buf_bytes(&b);
}

struct span archive_address(struct span s, struct arena *a)
{
	unsigned char *p;

	s = archive_cut(s, ARCHIVE_ADDRESS_MAX);
	p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = span_lower(s.p[i]);
	return span_from(p, s.n);
}

struct span archive_relay(struct span s)
{
	struct netaddr addr;

	return netaddr_parse(s, &addr) ? s : (struct span){ NULL, 0 };
}

int64_t archive_time(int64_t ms)
{
	return ms < LEAST_MS ? LEAST_MS : ms > MOST_MS ? MOST_MS : ms;
}
