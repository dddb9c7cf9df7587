#include "conf/tune.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define KB 1024.0
#define MB (1024 * KB)
#define GB (1024 * MB)
#define MINUTE 60e3

enum {
	/* A connection without its sorts: caches, plans, page tables. */
	BACKEND_MB = 6,
	CONNECTIONS = 20, PER_FILTER = 4, PER_WORKER = 2,
	CONNECTIONS_MAX = 400,
	LEAST_MB = 384, LEAST_DISK_GB = 2,
	AUTOVACUUMS = 3,	/* PostgreSQL's own number of workers */
	SHM_POSIX_MB = 256,
	PAGE = 4096,
};

/* What several settings depend on. */
struct sums {
	const struct tune_host *h;
	struct arena *a;
	struct tune_plan *p;
	double memory, shared, maintenance, autovacuum, work;
	double wanted, connections, workers, gather;
};

static double at_most(double v, double most)
{
	return v < most ? v : most;
}

static double at_least(double v, double least)
{
	return v > least ? v : least;
}

static double whole(double v)
{
	return (double)(uint64_t)v;
}

/* "3 GB", "1.5 GB", "384 MB". */
static const char *size_text(struct arena *a, double bytes)
{
	if (bytes < GB)
		return arena_printf(a, "%.0f MB", bytes / MB);
	if (bytes < 100 * GB && whole(bytes / GB) * GB < bytes)
		return arena_printf(a, "%.1f GB", bytes / GB);
	return arena_printf(a, "%.0f GB", bytes / GB);
}

/* A value as a configuration file has it. */
static const char *value_text(struct arena *a, const struct tune_setting *s)
{
	double v = s->value;

	switch (s->kind) {
	case TUNE_WORD:
		return arena_string(a, span_sub(span_of(s->words), 0,
			span_chr(span_of(s->words), ' ')));
	case TUNE_BYTES:
		if (whole(v / GB) * GB == v)
			return arena_printf(a, "%.0fGB", v / GB);
		return arena_printf(a, "%.0fMB", v / MB);
	case TUNE_MS:
		if (whole(v / MINUTE) * MINUTE == v)
			return arena_printf(a, "%.0fmin", v / MINUTE);
		return arena_printf(a, "%.0fs", v / 1e3);
	case TUNE_NUMBER:
		break;
	}
	return arena_printf(a, "%g", v);
}

static void put(struct sums *s, struct tune_setting setting)
{
	struct tune_plan *p = s->p;

	if (p->n == TUNE_SETTINGS)
		log_panic("tune: more than %d settings", TUNE_SETTINGS);
	/* Whole megabytes are what people can read. */
	if (setting.kind == TUNE_BYTES)
		setting.value = whole(setting.value / MB) * MB;
	setting.text = value_text(s->a, &setting);
	p->settings[p->n++] = setting;
}

/* A size whose number without a unit counts blocks of `unit` bytes. */
static struct tune_setting bytes(const char *name, double unit,
	const char *usual, double value, double low, double high)
{
	return (struct tune_setting){ .name = name, .kind = TUNE_BYTES,
		.unit = unit, .usual = usual, .value = value, .low = low,
		.high = high };
}

static struct tune_setting number(const char *name, const char *usual,
	double value, double low, double high)
{
	return (struct tune_setting){ .name = name, .kind = TUNE_NUMBER,
		.unit = 1, .usual = usual, .value = value, .low = low,
		.high = high };
}

static struct tune_setting word(const char *name, const char *usual,
	const char *words)
{
	return (struct tune_setting){ .name = name, .kind = TUNE_WORD,
		.usual = usual, .words = words };
}

static struct tune_setting ms(const char *name, double unit,
	const char *usual, double value, double low, double high)
{
	return (struct tune_setting){ .name = name, .kind = TUNE_MS,
		.unit = unit, .usual = usual, .value = value, .low = low,
		.high = high };
}

static struct tune_setting because(struct tune_setting s, const char *why)
{
	s.why = why;
	return s;
}

static struct tune_setting at_restart(struct tune_setting s)
{
	s.restart = true;
	return s;
}

/* The share of the memory and what hangs on it. */
static void add_up(struct sums *s)
{
	const struct tune_host *h = s->h;
	double m = (double)h->ram, cores = h->cores;

	if (h->memory_limit)
		m = at_most(m, (double)h->memory_limit);
	if (h->beside_filter)
		m /= 2;
	s->memory = m;
	s->shared = m < GB ? m / 8 : at_most(m / 4, 16 * GB);
	s->maintenance = at_most(at_least(m / 16, 64 * MB), 2 * GB);
	s->autovacuum = s->maintenance / AUTOVACUUMS;
	s->wanted = CONNECTIONS + PER_FILTER * (double)h->filters +
		PER_WORKER * (double)h->web_workers;
	s->connections = at_most(s->wanted, CONNECTIONS_MAX);
	s->workers = at_least(8, cores + 4);
	s->gather = at_most(4, whole(cores / 2));
	/* Half of what pgtune gives to the web: log and reports are mixed. */
	s->work = at_most(at_least((m - s->shared) /
		((s->connections + s->workers) * 3) / 2, 4 * MB), 64 * MB);
}

static void add_memory(struct sums *s)
{
	double m = s->memory;
	const char *of = size_text(s->a, m);

	put(s, because(at_restart(bytes("shared_buffers", 8 * KB, "128MB",
		s->shared, at_most(m / 16, 4 * GB), m * 0.4)),
		arena_printf(s->a, "%s of %s", m < GB ? "an eighth" :
		m / 4 > 16 * GB ? "at most 16 GB" : "a quarter", of)));
	put(s, because(bytes("effective_cache_size", 8 * KB, "4GB",
		m * 3 / 4, m / 4, m), arena_printf(s->a,
		"three quarters of %s", of)));
	put(s, because(bytes("maintenance_work_mem", KB, "64MB",
		s->maintenance, 16 * MB, at_least(m / 4, 64 * MB)),
		arena_printf(s->a, "a sixteenth of %s, 64 MB to 2 GB", of)));
	/* -1 is "as maintenance_work_mem". */
	put(s, because(bytes("autovacuum_work_mem", KB, "-1", s->autovacuum,
		-KB, at_least(m / 8, 64 * MB)),
		"a third of maintenance_work_mem: three run at once"));
	put(s, because(bytes("work_mem", KB, "4MB", s->work, MB, 64 * MB),
		"for each sort of each connection, 4 to 64 MB"));
	put(s, because(at_restart(word("huge_pages", "try",
		s->shared >= 2 * GB ? "try on off" : "off try")),
		s->shared >= 2 * GB ? "shared_buffers is 2 GB or more" :
		"shared_buffers is below 2 GB"));
	put(s, because(at_restart(word("dynamic_shared_memory_type", "posix",
		s->h->shm < SHM_POSIX_MB * MB ? "mmap" : "posix mmap sysv")),
		s->h->shm < SHM_POSIX_MB * MB ? "/dev/shm is below 256 MB" :
		"/dev/shm is large enough"));
}

static void add_connections(struct sums *s)
{
	const struct tune_host *h = s->h;

	put(s, because(at_restart(number("max_connections", "100",
		s->connections, s->connections, CONNECTIONS_MAX)),
		arena_printf(s->a, "20, 4 for each of %llu filter%s, 2 for "
		"each of %llu web processes, at most 400",
		(unsigned long long)h->filters, h->filters == 1 ? "" : "s",
		(unsigned long long)h->web_workers)));
	put(s, because(at_restart(number("max_worker_processes", "8",
		s->workers, s->workers, 8 * s->workers)),
		"the cores and 4, at least 8"));
	put(s, because(number("max_parallel_workers_per_gather", "2",
		s->gather, 0, h->cores), "half of the cores, at most 4"));
	put(s, because(number("max_parallel_maintenance_workers", "2",
		s->gather, 0, h->cores), "half of the cores, at most 4"));
}

/* The most that the write-ahead log may take before a checkpoint. */
static double wal_most(const struct tune_host *h)
{
	return at_least(at_most((double)h->disk / 10, 16 * GB), 256 * MB);
}

static void add_log(struct sums *s)
{
	double most = wal_most(s->h), least = at_most(GB, most / 2);

	/* -1 is PostgreSQL's own choice from shared_buffers. */
	put(s, because(at_restart(bytes("wal_buffers", 8 * KB, "-1", 16 * MB,
		-8 * KB, 64 * MB)), "one segment of the log"));
	put(s, because(bytes("min_wal_size", MB, "80MB", least, 32 * MB,
		most), "segments that are used again"));
	put(s, because(bytes("max_wal_size", MB, "1GB", most, most / 16,
		at_least(most, (double)s->h->disk / 4)), arena_printf(s->a,
		"a tenth of the disk (%s), at most 16 GB",
		size_text(s->a, (double)s->h->disk))));
	put(s, because(number("checkpoint_completion_target", "0.9", 0.9, 0.5,
		0.95), "checkpoints without a burst"));
	put(s, because(ms("checkpoint_timeout", 1e3, "5min", 15 * MINUTE,
		5 * MINUTE, 60 * MINUTE), "each page is written once in it"));
	put(s, because(word("wal_compression", "off", "lz4 zstd pglz on"),
		"less to write"));
	put(s, because(at_restart(word("wal_level", "replica",
		"replica logical")), "a standby can come without a restart"));
	put(s, because(at_restart(word("fsync", "on", "on true yes 1")),
		"what was acknowledged survives a power cut"));
	put(s, because(word("full_page_writes", "on",
		"on true yes 1"),
		"half-written pages are mended after a power cut"));
}

static void add_planner(struct sums *s)
{
	bool turns = s->h->rotating;
	const char *why = turns ? "the disk turns" : "the disk does not turn";

	put(s, because(number("random_page_cost", "4", turns ? 4 : 1.1,
		turns ? 2 : 1, turns ? 6 : 2), why));
	put(s, because(number("effective_io_concurrency", "1",
		turns ? 2 : 200, turns ? 0 : 16, turns ? 16 : 1000), why));
	put(s, because(word("jit", "on", "off false no 0"),
		"short queries: compiling costs more than it saves"));
	put(s, because(word("default_toast_compression", "pglz", "lz4 pglz"),
		"quicker than pglz"));
}

static void add_autovacuum(struct sums *s)
{
	put(s, because(number("autovacuum_vacuum_cost_limit", "-1", 2000,
		200, 10000), "keeps up with the log"));
	put(s, because(ms("autovacuum_naptime", 1e3, "1min", 15e3, 1e3,
		5 * MINUTE), "keeps up with the log"));
	put(s, because(number("autovacuum_vacuum_insert_scale_factor", "0.2",
		0.05, 0, 0.2), "tables that only grow"));
	put(s, because(bytes("gin_pending_list_limit", KB, "4MB", 16 * MB,
		MB, 64 * MB), "fewer, longer merges of the word index"));
}

/* One sentence on what is too little; NULL: enough of everything. */
static const char *below(const struct sums *s)
{
	const struct tune_host *h = s->h;
	const char *half = h->beside_filter ? " (half of the memory, beside "
		"the mail filter)" : "";

	if (s->memory < LEAST_MB * MB)
		return arena_printf(s->a, "the database needs %d MB of "
			"memory%s and would get %.0f MB: give this host %s "
			"more%s", LEAST_MB, half, s->memory / MB,
			size_text(s->a, at_least(MB, (LEAST_MB * MB -
			s->memory) * (h->beside_filter ? 2 : 1))),
			h->memory_limit && h->memory_limit < h->ram ?
			", or raise the limit of its control group" : "");
	if (h->fresh && (double)h->disk_free < LEAST_DISK_GB * GB)
		return arena_printf(s->a, "the database needs %d GB of free "
			"disk to begin with, and there are %s: make room on "
			"the file system of " TUNE_FOLDER, LEAST_DISK_GB,
			size_text(s->a, (double)h->disk_free));
	if (h->shmmax < PAGE || h->shmall < PAGE)
		return arena_printf(s->a, "PostgreSQL needs %d bytes of "
			"System V shared memory, and the kernel allows %llu: "
			"set kernel.shmmax and kernel.shmall with sysctl",
			PAGE, (unsigned long long)(h->shmmax < h->shmall ?
			h->shmmax : h->shmall));
	return NULL;
}

/* One sentence on what would be possible, but is not advised. */
static const char *outside(const struct sums *s)
{
	double need = s->shared + s->maintenance +
		AUTOVACUUMS * s->autovacuum +
		s->connections * (s->work + BACKEND_MB * MB);

	if (s->wanted > CONNECTIONS_MAX)
		return arena_printf(s->a, "%.0f connections are wanted, and "
			"more than %d are for a pooler: put pgbouncer "
			"between", s->wanted, CONNECTIONS_MAX);
	if (need > s->memory)
		return arena_printf(s->a, "%.0f connections can need %s at "
			"once, and the database's share is %s: give this host "
			"more memory", s->connections, size_text(s->a, need),
			size_text(s->a, s->memory));
	return NULL;
}

/* What huge pages would need of the kernel. */
static const char *note(const struct sums *s)
{
	const struct tune_host *h = s->h;
	double pages;

	if (s->shared < 2 * GB || h->huge_page == 0)
		return NULL;
	/* What PostgreSQL keeps in shared memory beside the buffers. */
	pages = whole((s->shared * 1.03 + 64 * MB) / (double)h->huge_page) + 1;
	if ((double)h->huge_pages >= pages)
		return NULL;
	return arena_printf(s->a, "huge pages: vm.nr_hugepages = %.0f would "
		"serve shared_buffers (now %llu)", pages,
		(unsigned long long)h->huge_pages);
}

void tune_plan(const struct tune_host *h, struct arena *a,
	struct tune_plan *p_r)
{
	struct sums s = { .h = h, .a = a, .p = p_r };

	*p_r = (struct tune_plan){ 0 };
	add_up(&s);
	p_r->memory = (uint64_t)s.memory;
	add_memory(&s);
	add_connections(&s);
	add_log(&s);
	add_planner(&s);
	add_autovacuum(&s);
	p_r->below = below(&s);
	p_r->outside = outside(&s);
	p_r->note = note(&s);
}

/* The factor of a unit; 0: there is no such unit for this kind. */
static double factor(const struct tune_setting *s, struct span unit)
{
	static const struct {
		enum tune_kind kind;
		const char *name;
		double factor;
	} units[] = {
		{ TUNE_BYTES, "B", 1 }, { TUNE_BYTES, "kB", KB },
		{ TUNE_BYTES, "MB", MB }, { TUNE_BYTES, "GB", GB },
		{ TUNE_BYTES, "TB", 1024 * GB },
		{ TUNE_MS, "us", 1e-3 }, { TUNE_MS, "ms", 1 },
		{ TUNE_MS, "s", 1e3 }, { TUNE_MS, "min", MINUTE },
		{ TUNE_MS, "h", 60 * MINUTE },
		{ TUNE_MS, "d", 24 * 60 * MINUTE },
	};

	if (unit.n == 0)
		return s->unit;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].kind == s->kind && span_is(unit, units[i].name))
			return units[i].factor;
	return 0;
}

bool tune_value(const struct tune_setting *s, struct span text,
	double *value_r)
{
	char number_text[64], *end;
	double f;

	if (s->kind == TUNE_WORD || text.n == 0 ||
	    text.n >= sizeof(number_text))
		return false;
	memcpy(number_text, text.p, text.n);
	number_text[text.n] = 0;
	*value_r = strtod(number_text, &end);
	f = end == number_text ? 0 : factor(s, span_trim(span_of(end)));
	*value_r *= f;
	return f > 0;
}
