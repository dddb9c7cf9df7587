#include "use.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/root.h"

enum { EVERY_MS = 60000, TEXT_SIZE = 4096 };

static struct {
	int memory, disk;	/* -1: cannot be looked at */
	int64_t next_ms;
} self = { -1, -1, 0 };

void use_open(void)
{
	self.memory = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	self.disk = open(ROOT_STATE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* "MemTotal:  24600000 kB", in bytes. */
static int64_t field(struct span text, struct span name)
{
	struct span line;
	uint64_t kb;

	while (span_line(&text, &line)) {
		size_t n = 0;

		if (!span_starts(line, name))
			continue;
		line = span_trim(span_after(line, name.n));
		while (n < line.n && line.p[n] >= '0' && line.p[n] <= '9')
			n++;
		if (span_u64(span_sub(line, 0, n), INT64_MAX / 1024, &kb))
			return (int64_t)kb * 1024;
	}
	return 0;
}

static void look_memory(int64_t *used_r, int64_t *size_r)
{
	char text[TEXT_SIZE];
	ssize_t n = lseek(self.memory, 0, SEEK_SET) == 0 ?
		read(self.memory, text, sizeof(text)) : 0;
	struct span s = { (unsigned char *)text, n > 0 ? (size_t)n : 0 };

	*size_r = field(s, SPAN("MemTotal:"));
	*used_r = *size_r - field(s, SPAN("MemAvailable:"));
}

/* What is reserved for root counts as used: mail gets none of it. */
static void look_disk(int64_t *used_r, int64_t *size_r)
{
	struct statvfs v;

	if (fstatvfs(self.disk, &v) < 0)
		return;
	*size_r = (int64_t)(v.f_blocks * v.f_frsize);
	*used_r = *size_r - (int64_t)(v.f_bavail * v.f_frsize);
}

int use_round(struct db *db, const char *appliance, struct err *e)
{
	const struct span kinds[] = { SPAN("memory"), SPAN("disk") };
	int64_t used[2] = { 0 }, size[2] = { 0 };
	const struct db_value v[] = { DB_OF_TEXT(span_of(appliance)),
		DB_OF_TEXTS(kinds, 2), DB_OF_INTS(used, 2),
		DB_OF_INTS(size, 2) };

	if (clock_ms() < self.next_ms)
		return 0;
	if (self.memory >= 0)
		look_memory(&used[0], &size[0]);
	if (self.disk >= 0)
		look_disk(&used[1], &size[1]);
	if (db_call(db, "agent_use_put", v, 4, NULL, e) < 0)
		return -1;
	self.next_ms = clock_ms() + EVERY_MS;
	return 0;
}
