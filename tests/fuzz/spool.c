/* A file of the spool, of either kind; damaged ones are met after crashes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void remove_file(void)
{
	unlink(path);
}

static void write_file(const uint8_t *data, size_t size)
{
	FILE *f;

	if (path[0] == 0) {
		snprintf(path, sizeof(path), "build/fuzz/spool.%d.input",
			(int)getpid());
		atexit(remove_file);
	}
	f = fopen(path, "wb");
	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new("fuzz", (size_t)1 << 30);
	struct buf b = { .arena = a };
	struct spool_record r;
	struct spool_copy c;
	struct err e;

	write_file(data, size);
	if (spool_read(path, a, &r, &e) == 0) {
		if (r.body.n > size)
			__builtin_trap();
		for (size_t i = 0; i < r.nitems; i++)
			spool_splice(r.body, r.items[i].splices,
				r.items[i].nsplices, &b);
	}
	if (spool_copy_read(path, a, &c, &e) == 0 && c.body.n > size)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
