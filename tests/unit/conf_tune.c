/*
 * The plan for a host: every row of the table in postgres.md 7, its caps and
 * floors, and what is too little or too much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "conf/tune.h"

#define MB ((uint64_t)1 << 20)
#define GB ((uint64_t)1 << 30)

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new("test", 64 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* A host of its own for a database: 16 GB, 8 cores, 1 TB that is an SSD. */
static struct tune_host ordinary(void)
{
	return (struct tune_host){ .ram = 16 * GB, .cores = 8,
		.shm = 8 * GB, .shmmax = UINT64_MAX, .shmall = UINT64_MAX,
		.huge_page = 2 * MB, .disk = 1024 * GB,
		.disk_free = 900 * GB, .fresh = true, .filters = 1,
		.web_workers = 2 };
}

static struct tune_plan plan(struct tune_host h)
{
	struct tune_plan p;

	tune_plan(&h, arena, &p);
	return p;
}

static const struct tune_setting *setting(const struct tune_plan *p,
	const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->settings[i].name, name) == 0)
			return &p->settings[i];
	fail_msg("%s is not planned", name);
	return NULL;
}

static void expect(struct tune_host h, const char *name, const char *text)
{
	struct tune_plan p = plan(h);

	if (strcmp(setting(&p, name)->text, text) != 0)
		fail_msg("%s is %s, expected %s", name,
			setting(&p, name)->text, text);
}

struct row {
	const char *name, *text;
};

static void expect_all(struct tune_host h, const struct row *rows)
{
	for (; rows->name; rows++)
		expect(h, rows->name, rows->text);
}

static void test_ordinary(void **state)
{
	static const struct row rows[] = {
		{ "shared_buffers", "4GB" },
		{ "effective_cache_size", "12GB" },
		{ "maintenance_work_mem", "1GB" },
		{ "autovacuum_work_mem", "341MB" },
		/* (16 - 4 GB) / ((28 + 12) * 3) / 2 */
		{ "work_mem", "51MB" },
		{ "huge_pages", "try" },
		{ "dynamic_shared_memory_type", "posix" },
		{ "max_connections", "28" },
		{ "max_worker_processes", "12" },
		{ "max_parallel_workers_per_gather", "4" },
		{ "max_parallel_maintenance_workers", "4" },
		{ "wal_buffers", "16MB" },
		{ "min_wal_size", "1GB" },
		{ "max_wal_size", "16GB" },
		{ "checkpoint_completion_target", "0.9" },
		{ "checkpoint_timeout", "15min" },
		{ "wal_compression", "lz4" },
		{ "wal_level", "replica" },
		{ "random_page_cost", "1.1" },
		{ "effective_io_concurrency", "200" },
		{ "jit", "off" },
		{ "default_toast_compression", "lz4" },
		{ "autovacuum_vacuum_cost_limit", "2000" },
		{ "autovacuum_naptime", "15s" },
		{ "autovacuum_vacuum_insert_scale_factor", "0.05" },
		{ "gin_pending_list_limit", "16MB" },
		{ 0 },
	};
	struct tune_plan p = plan(ordinary());

	(void)state;
	assert_null(p.below);
	assert_null(p.outside);
	assert_string_equal(p.note, "huge pages: vm.nr_hugepages = 2142 would "
		"serve shared_buffers (now 0)");
	expect_all(ordinary(), rows);
}

/* Every value of every plan is inside its own range, and readable again. */
static void test_ranges(void **state)
{
	static const uint64_t rams[] = { 384 * MB, 700 * MB, 1 * GB, 3 * GB,
		24 * GB, 512 * GB };
	static const uint64_t disks[] = { 3 * GB, 40 * GB, 4096 * GB };

	(void)state;
	for (size_t i = 0; i < 6 * 3 * 4; i++) {
		struct tune_host h = ordinary();
		struct tune_plan p;

		h.ram = rams[i % 6];
		h.disk = h.disk_free = disks[i / 6 % 3];
		h.cores = 1 + (unsigned)(i / 18) * 40;
		h.rotating = i & 1;
		p = plan(h);
		for (size_t k = 0; k < p.n; k++) {
			const struct tune_setting *s = &p.settings[k];
			double v;

			if (s->kind == TUNE_WORD)
				continue;
			assert_true(tune_value(s, span_of(s->text), &v));
			if (v < s->low || v > s->high || s->low > s->high)
				fail_msg("%s = %s is out of its range",
					s->name, s->text);
		}
	}
}

static void test_memory(void **state)
{
	struct tune_host h = ordinary();

	(void)state;
	h.beside_filter = true;
	expect(h, "shared_buffers", "2GB");
	h.memory_limit = 4 * GB;
	expect(h, "shared_buffers", "512MB");
	h.memory_limit = 64 * GB;
	expect(h, "shared_buffers", "2GB");
	h = ordinary();
	h.ram = 256 * GB;
	expect_all(h, (const struct row[]){ { "shared_buffers", "16GB" },
		{ "maintenance_work_mem", "2GB" }, { "work_mem", "64MB" },
		{ "effective_cache_size", "192GB" }, { 0 } });
	h.ram = 800 * MB;
	expect_all(h, (const struct row[]){ { "shared_buffers", "100MB" },
		{ "maintenance_work_mem", "64MB" }, { "work_mem", "4MB" },
		{ "autovacuum_work_mem", "21MB" }, { "huge_pages", "off" },
		{ 0 } });
	h.ram = GB;
	expect(h, "shared_buffers", "256MB");
}

static void test_shared_memory(void **state)
{
	struct tune_host h = ordinary();
	struct tune_plan p;

	(void)state;
	h.shm = 64 * MB;
	expect(h, "dynamic_shared_memory_type", "mmap");
	h.shm = 256 * MB;
	expect(h, "dynamic_shared_memory_type", "posix");
	h.shm = 0;
	expect(h, "dynamic_shared_memory_type", "mmap");
	h.huge_pages = 3000;
	assert_null(plan(h).note);
	h.shmmax = 0;
	p = plan(h);
	assert_string_equal(p.below, "PostgreSQL needs 4096 bytes of System V "
		"shared memory, and the kernel allows 0: set kernel.shmmax "
		"and kernel.shmall with sysctl");
}

static void test_cores(void **state)
{
	static const struct {
		unsigned cores;
		const char *workers, *gather;
	} rows[] = {
		{ 1, "8", "0" }, { 2, "8", "1" }, { 4, "8", "2" },
		{ 5, "9", "2" }, { 64, "68", "4" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tune_host h = ordinary();

		h.cores = rows[i].cores;
		expect(h, "max_worker_processes", rows[i].workers);
		expect(h, "max_parallel_workers_per_gather", rows[i].gather);
		expect(h, "max_parallel_maintenance_workers",
			rows[i].gather);
	}
}

static void test_connections(void **state)
{
	struct tune_host h = ordinary();
	struct tune_plan p;

	(void)state;
	h.filters = 12;
	h.web_workers = 6;
	expect(h, "max_connections", "80");
	h.ram = 256 * GB;
	h.filters = 92;
	expect(h, "max_connections", "400");
	assert_null(plan(h).outside);
	h.filters = 93;
	p = plan(h);
	expect(h, "max_connections", "400");
	assert_string_equal(p.outside, "404 connections are wanted, and more "
		"than 400 are for a pooler: put pgbouncer between");
}

static void test_disk(void **state)
{
	struct tune_host h = ordinary();

	(void)state;
	h.rotating = true;
	expect(h, "random_page_cost", "4");
	expect(h, "effective_io_concurrency", "2");
	h.disk = 50 * GB;
	expect(h, "max_wal_size", "5GB");
	h.disk = 10 * GB;
	expect(h, "max_wal_size", "1GB");
	expect(h, "min_wal_size", "512MB");
	h.disk = GB;
	expect(h, "max_wal_size", "256MB");
	expect(h, "min_wal_size", "128MB");
}

static void below(struct tune_host h, const char *text)
{
	struct tune_plan p = plan(h);

	if (p.below == NULL)
		fail_msg("taken, but expected: %s", text);
	assert_string_equal(p.below, text);
}

static void test_below(void **state)
{
	struct tune_host h = ordinary();

	(void)state;
	h.ram = 384 * MB;
	assert_null(plan(h).below);
	h.ram = 300 * MB;
	below(h, "the database needs 384 MB of memory and would get 300 MB: "
		"give this host 84 MB more");
	h.ram = 16 * GB;
	h.beside_filter = true;
	h.memory_limit = 512 * MB;
	below(h, "the database needs 384 MB of memory (half of the memory, "
		"beside the mail filter) and would get 256 MB: give this "
		"host 256 MB more, or raise the limit of its control group");
	h = ordinary();
	h.disk_free = GB;
	below(h, "the database needs 2 GB of free disk to begin with, and "
		"there are 1 GB: make room on the file system of "
		"var/lib/pm/db");
	h.fresh = false;
	assert_null(plan(h).below);
}

static void test_outside(void **state)
{
	struct tune_host h = ordinary();

	(void)state;
	h.ram = GB;
	assert_null(plan(h).outside);
	h.filters = 50;
	/* 256 + 64 + 3 * 21.3 MB, and 224 of 4 + 6 MB. */
	assert_string_equal(plan(h).outside, "224 connections can need 2.6 GB "
		"at once, and the database's share is 1 GB: give this host "
		"more memory");
}

static void value(const char *name, const char *text, double expected)
{
	struct tune_plan p = plan(ordinary());
	double v;

	if (!tune_value(setting(&p, name), span_of(text), &v))
		fail_msg("%s = %s is no value", name, text);
	assert_true(v > expected - 0.001 && v < expected + 0.001);
}

static void test_values(void **state)
{
	static const char *const wrong[] = { "", "x", "12XB", "1 min", "GB" };
	struct tune_plan p = plan(ordinary());
	double v;

	(void)state;
	value("shared_buffers", "16384", 128.0 * MB);
	value("shared_buffers", "128MB", 128.0 * MB);
	value("shared_buffers", "1 GB", 1.0 * GB);
	value("work_mem", "4096", 4.0 * MB);
	value("work_mem", "64kB", 65536);
	value("checkpoint_timeout", "900", 900e3);
	value("checkpoint_timeout", "15min", 900e3);
	value("autovacuum_naptime", "1d", 86400e3);
	value("max_connections", "100", 100);
	value("random_page_cost", "1.1", 1.1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (tune_value(setting(&p, "work_mem"), span_of(wrong[i]),
		    &v))
			fail_msg("work_mem = \"%s\" is taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ordinary),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_shared_memory),
		cmocka_unit_test(test_cores),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_disk),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_values),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
