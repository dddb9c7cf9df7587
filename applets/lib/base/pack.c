#include "base/pack.h"

#include <zstd.h>

#include "base/log.h"

enum { LEVEL = 1 };

void pack(struct span s, struct buf *b)
{
	size_t room = ZSTD_compressBound(s.n);
	size_t n = ZSTD_compress(buf_room(b, room), room, s.p, s.n, LEVEL);

	if (ZSTD_isError(n))
		log_panic("zstd: %s", ZSTD_getErrorName(n));
	b->n += n;
}

/* Feeds what is left into the room at the end of b. */
static bool more(ZSTD_DStream *z, ZSTD_inBuffer *in, struct buf *b,
	size_t room, size_t *left_r)
{
	ZSTD_outBuffer out = { buf_room(b, room), room, 0 };

	*left_r = ZSTD_decompressStream(z, &out, in);
	b->n += out.pos;
	return !ZSTD_isError(*left_r) && (out.pos > 0 || *left_r == 0);
}

/*
 * The size that a frame states is not believed: room grows with what comes
 * out. One byte more than max may come, to see that there is more.
 */
bool unpack(struct span packed, size_t max, struct buf *b)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer in = { packed.p, packed.n, 0 };
	size_t from = b->n, left = 1;
	bool good = z != NULL;

	while (good && left > 0 && b->n - from <= max) {
		size_t room = max - (b->n - from);

		good = more(z, &in, b, room < ZSTD_DStreamOutSize() ?
			room + 1 : ZSTD_DStreamOutSize(), &left);
	}
	ZSTD_freeDStream(z);
	good = good && left == 0 && in.pos == in.size && b->n - from <= max;
	if (!good)
		b->n = from;
	return good;
}
