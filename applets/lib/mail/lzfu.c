#include "mail/lzfu.h"

#include <string.h>

enum {
	HEADER = 16,		/* size, raw size, kind, CRC */
	WINDOW = 4096,
	END_BYTES = 3,		/* a control byte, a reference to itself */
	EXPANDS = 9,		/* 17 bytes become 8 * 17 at most */
	KIND_PACKED = 0x75465a4c,
	KIND_PLAIN = 0x414c454d,
};

/* What the window holds at first (section 2.1.2.1). */
static const char dictionary[] =
	"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman "
	"\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
	"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
	"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

struct unpacker {
	struct span in;
	size_t at;
	unsigned char window[WINDOW];
	unsigned pos;		/* where the next byte goes in it */
	unsigned char *out;
	size_t n, room;
};

static uint32_t little32(const unsigned char *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[1] << 8 | p[0];
}

/* CRC-32 with neither its start nor its end turned over. */
static uint32_t crc_of(struct span s)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= s.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return crc;
}

size_t lzfu_room(struct span s)
{
	size_t most, said;

	if (s.n < HEADER)
		return 0;
	most = (s.n - HEADER) * EXPANDS;
	said = little32(s.p + 4);
	return said < most ? said : most;
}

static void put(struct unpacker *u, unsigned char c)
{
	u->window[u->pos] = c;
	u->pos = (u->pos + 1) % WINDOW;
	u->out[u->n++] = c;
}

/* Two bytes: where in the window, and how many less two. False: the end. */
static bool copy(struct unpacker *u)
{
	unsigned two, from, count;

	if (u->in.n - u->at < 2)
		return false;
	two = (unsigned)u->in.p[u->at] << 8 | u->in.p[u->at + 1];
	u->at += 2;
	from = two >> 4;
	if (from == u->pos)
		return false;
	for (count = (two & 15) + 2; count && u->n < u->room; count--) {
		put(u, u->window[from]);
		from = (from + 1) % WINDOW;
	}
	return true;
}

static void unpack(struct unpacker *u)
{
	memcpy(u->window, dictionary, sizeof(dictionary) - 1);
	u->pos = sizeof(dictionary) - 1;
	while (u->at < u->in.n && u->n < u->room) {
		unsigned control = u->in.p[u->at++];

		for (int bit = 0; bit < 8 && u->n < u->room; bit++) {
			if (control >> bit & 1) {
				if (!copy(u))
					return;
			} else if (u->at < u->in.n) {
				put(u, u->in.p[u->at++]);
			}
		}
	}
}

size_t lzfu_decode(struct span s, unsigned char *out, bool *clean_r)
{
	struct unpacker u = { .out = out, .room = lzfu_room(s) };
	uint32_t said, kind;

	if (s.n < HEADER) {
		*clean_r = false;
		return 0;
	}
	said = little32(s.p);
	kind = little32(s.p + 8);
	u.in = span_after(s, HEADER);
	if (said < HEADER - 4 || said - (HEADER - 4) > u.in.n)
		*clean_r = false;
	else
		u.in.n = said - (HEADER - 4);
	if (kind == KIND_PACKED) {
		if (crc_of(u.in) != little32(s.p + 12))
			*clean_r = false;
		unpack(&u);
		if (u.in.n - u.at > END_BYTES)
			*clean_r = false;
	} else if (kind == KIND_PLAIN) {
		u.n = u.room < u.in.n ? u.room : u.in.n;
		memcpy(out, u.in.p, u.n);
	}
	if (u.n != little32(s.p + 4))
		*clean_r = false;
	return u.n;
}
