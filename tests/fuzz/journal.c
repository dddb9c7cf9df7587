/*
 * A file of the journal: damaged ones are met after crashes. The input is
 * read as it is; then a good file is made of its lines, and a byte of that
 * is spoiled: what stands before is read, the rest is torn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/map.h"
#include "base/wire.h"
#include "store/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How much of the file is good. */
static size_t read_back(struct span file, bool *torn_r)
{
	enum journal_step step = JOURNAL_RECORD;
	struct journal_reader *r;
	static int fd = -1;
	struct span record;
	size_t seen = 0;
	char path[64];
	struct err e;

	if (fd < 0)
		fd = memfd_create("journal", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 ||
	    pwrite(fd, file.p, file.n, 0) != (ssize_t)file.n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = journal_read_from(path, 0, &e);
	while (step == JOURNAL_RECORD) {
		if (journal_read_next(r, &step, &record, &e) < 0)
			__builtin_trap();
		seen += step == JOURNAL_RECORD ? 8 + record.n : 0;
	}
	*torn_r = step == JOURNAL_TORN;
	if (journal_read_at(r) != seen)
		__builtin_trap();
	journal_read_end(&r);
	return seen;
}

/* Where the record begins that holds the spoiled byte is where it ends. */
static void spoil(struct span text, size_t at, unsigned char by)
{
	static const uint64_t key[2] = { 0, 0 };
	struct buf b = { 0 };
	struct span line;
	size_t good = 0;
	bool torn;

	while (span_line(&text, &line)) {
		if (b.n <= at)
			good = b.n;
		wire_put_u32(&b, (uint32_t)line.n);
		wire_put_u32(&b, (uint32_t)map_hash(key, line));
		buf_span(&b, line);
	}
	if (at < b.n) {
		b.p[at] ^= by;
		if (read_back(buf_bytes(&b), &torn) != (by ? good : b.n) ||
		    torn != (by != 0))
			__builtin_trap();
	}
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool torn;
	size_t seen = read_back(span_from(data, size), &torn);

	/* Whole records up to the end, or up to the torn one. */
	if (torn ? seen >= size : seen != size)
		__builtin_trap();
	if (size > 2)
		spoil(span_from(data + 2, size - 2), data[0], data[1]);
	return 0;
}
