#include "base/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"

struct id id_new(void)
{
	uint64_t ms = (uint64_t)clock_wall_ms();
	unsigned char r[10];
	struct id id;

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		log_panic("getrandom failed");
	snprintf(id.text, sizeof(id.text), "%08x-%04x-%04x-%04x-"
		"%02x%02x%02x%02x%02x%02x", (unsigned)(ms >> 16),
		(unsigned)(ms & 0xffff),
		0x7000u | ((r[0] & 0x0fu) << 8 | r[1]),
		0x8000u | ((r[2] & 0x3fu) << 8 | r[3]),
		r[4], r[5], r[6], r[7], r[8], r[9]);
	return id;
}

struct id id_of_bytes(const unsigned char b[16])
{
	struct id id;

	snprintf(id.text, sizeof(id.text), "%02x%02x%02x%02x-%02x%02x-"
		"%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
		b[12], b[13], b[14], b[15]);
	return id;
}

struct id id_of_hash(const unsigned char h[16])
{
	unsigned char b[16];

	memcpy(b, h, sizeof(b));
	b[6] = (unsigned char)(0x80 | (b[6] & 15));
	b[8] = (unsigned char)(0x80 | (b[8] & 63));
	return id_of_bytes(b);
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void id_bytes(const struct id *id, unsigned char out[16])
{
	const char *at = id->text;

	for (size_t i = 0; i < 16; i++, at += 2) {
		at += *at == '-';
		out[i] = (unsigned char)(digit(at[0]) << 4 | digit(at[1]));
	}
}

bool id_parse(struct span s, struct id *id_r)
{
	if (s.n != ID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		unsigned char c = s.p[i];

		if (dash ? c != '-' : !((c >= '0' && c <= '9') ||
					(c >= 'a' && c <= 'f')))
			return false;
	}
	memcpy(id_r->text, s.p, s.n);
	id_r->text[s.n] = 0;
	return true;
}

int64_t id_time_ms(const struct id *id)
{
	char hex[13];

	memcpy(hex, id->text, 8);
	memcpy(hex + 8, id->text + 9, 4);
	hex[12] = 0;
	return (int64_t)strtoull(hex, NULL, 16);
}
