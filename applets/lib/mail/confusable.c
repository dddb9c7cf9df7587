#include "mail/confusable.h"

#include <unicode/uspoof.h>

#include "base/log.h"
#include "base/utf8.h"
#include "mail/domain.h"

/* Opened once a process: it costs a millisecond, and reads no file. */
static USpoofChecker *checker(void)
{
	static USpoofChecker *c;
	UErrorCode e = U_ZERO_ERROR;

	if (c)
		return c;
	c = uspoof_open(&e);
	uspoof_setChecks(c, USPOOF_RESTRICTION_LEVEL | USPOOF_MIXED_NUMBERS,
		&e);
	if (U_FAILURE(e))
		log_panic("ICU has no data of confusable characters");
	uspoof_setRestrictionLevel(c, USPOOF_HIGHLY_RESTRICTIVE);
	return c;
}

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

static bool is_bidi(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
		c == 0x200e || c == 0x200f || c == 0x61c;
}

static bool is_invisible(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x115f || c == 0x1160 ||
		c == 0x180e || (c >= 0x200b && c <= 0x200d) ||
		(c >= 0x2060 && c <= 0x2064) || c == 0x3164 || c == 0xfeff ||
		c == 0xffa0;
}

static unsigned marks(struct span s)
{
	unsigned flags = 0;

	while (s.n) {
		uint32_t c = 0;
		size_t n = utf8_next(s, &c);

		if (is_bidi(c))
			flags |= CONFUSABLE_BIDI;
		if (is_invisible(c))
			flags |= CONFUSABLE_INVISIBLE;
		s = span_after(s, n ? n : 1);
	}
	return flags;
}

unsigned confusable_flags(struct span name, struct arena *a)
{
	UErrorCode e = U_ZERO_ERROR;
	unsigned flags;
	int32_t found;

	name = span_sub(name, 0, CONFUSABLE_MAX);
	if (is_ascii(name))
		return 0;
	flags = marks(name);
	found = uspoof_checkUTF8(checker(), (const char *)name.p,
		(int32_t)name.n, NULL, &e);
	if (U_FAILURE(e))
		return flags;
	if (found & USPOOF_RESTRICTION_LEVEL)
		flags |= CONFUSABLE_MIXED;
	if (found & USPOOF_MIXED_NUMBERS)
		flags |= CONFUSABLE_DIGITS;
	if (is_ascii(confusable_skeleton(name, a)))
		flags |= CONFUSABLE_ASCII;
	return flags;
}

unsigned confusable_host_flags(struct span host, struct arena *a)
{
	unsigned flags = 0;
	struct span label;

	host = domain_unicode(span_sub(host, 0, CONFUSABLE_MAX), a);
	while (span_cut(&host, '.', &label))
		flags |= confusable_flags(label, a);
	return flags;
}

/*
 * The small palochka is read as "l" ("apple" was registered with it), but the
 * data of UTS 39 takes it for an "i".
 */
static struct span with_l(struct span name, struct arena *a)
{
	struct buf b = { .arena = a };
	size_t at;

	if (span_find(name, SPAN("\xd3\x8f")) == SIZE_MAX)
		return name;
	while ((at = span_find(name, SPAN("\xd3\x8f"))) != SIZE_MAX) {
		buf_span(&b, span_sub(name, 0, at));
		buf_byte(&b, 'l');
		name = span_after(name, at + 2);
	}
	buf_span(&b, name);
	return buf_bytes(&b);
}

static int32_t write_skeleton(struct span name, struct buf *b, size_t room,
	UErrorCode *e)
{
	char *out = (char *)buf_room(b, room);

	*e = U_ZERO_ERROR;
	return uspoof_getSkeletonUTF8(checker(), 0, (const char *)name.p,
		(int32_t)name.n, out, (int32_t)room, e);
}

struct span confusable_skeleton(struct span name, struct arena *a)
{
	struct buf b = { .arena = a };
	UErrorCode e;
	int32_t n;

	name = with_l(span_sub(name, 0, CONFUSABLE_MAX), a);
	if (name.n == 0)
		return SPAN("");
	n = write_skeleton(name, &b, 2 * name.n + 16, &e);
	if (e == U_BUFFER_OVERFLOW_ERROR)
		n = write_skeleton(name, &b, (size_t)n, &e);
	if (U_FAILURE(e))
		return name;
	b.n = (size_t)n;
	for (size_t i = 0; i < b.n; i++)
		b.p[i] = span_lower(b.p[i]);
	return buf_bytes(&b);
}

bool confusable_same(struct span one, struct span other, struct arena *a)
{
	return !span_caseeq(one, other) && span_eq(confusable_skeleton(one, a),
		confusable_skeleton(other, a));
}

/* A dot below a letter of a host is not seen in passing. */
static struct span without_marks(struct span s, struct arena *a)
{
	struct buf b = { .arena = a };

	while (s.n) {
		uint32_t c = 0;
		size_t n = utf8_next(s, &c);

		n = n ? n : 1;
		if (c < 0x300 || c > 0x36f)
			buf_span(&b, span_sub(s, 0, n));
		s = span_after(s, n);
	}
	return buf_bytes(&b);
}

bool confusable_same_host(struct span one, struct span other, struct arena *a)
{
	one = domain_unicode(one, a);
	other = domain_unicode(other, a);
	return !span_caseeq(one, other) &&
		span_eq(without_marks(confusable_skeleton(one, a), a),
			without_marks(confusable_skeleton(other, a), a));
}
