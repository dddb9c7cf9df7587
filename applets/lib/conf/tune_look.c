#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/io.h"
#include "conf/tune.h"

enum { FILE_MAX = 1 << 20, KERNEL_PAGE = 4096, WORKERS = 2 };

/* cgroup v1 writes "none" as the most that a long holds, in whole pages. */
#define NO_LIMIT ((uint64_t)1 << 62)

struct look {
	struct arena *a;
	/*
	 * PM_TEST_HOST names a folder that stands for "/" here, with a file
	 * "sizes" for what is no file on a host. Limits of other machines
	 * cannot be tested otherwise.
	 */
	const char *host;
	const char *pid;	/* whose control group and cores: in /proc */
	struct tune_host *h;
};

/* The bytes of a kernel file; empty when it is not there. */
static struct span slurp(struct look *l, const char *path)
{
	struct buf b = { .arena = l->a };
	struct err e;

	if (io_slurp(arena_printf(l->a, "%s%s", l->host, path), FILE_MAX, &b,
	    &e) < 0)
		return SPAN("");
	return buf_bytes(&b);
}

/* The first number in s; false: it begins with something else. */
static bool number(struct span s, uint64_t *n_r)
{
	size_t n = 0;

	s = span_trim(s);
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return span_u64(span_sub(s, 0, n), UINT64_MAX, n_r);
}

static bool file_number(struct look *l, const char *path, uint64_t *n_r)
{
	return number(slurp(l, path), n_r);
}

/* What stands behind "NAME:" on a line of its own. */
static struct span field(struct span text, const char *name)
{
	struct span line, key;

	while (span_line(&text, &line))
		if (span_cut(&line, ':', &key) && span_is(key, name))
			return span_trim(line);
	return SPAN("");
}

static int look_memory(struct look *l, struct err *e)
{
	struct span text = slurp(l, "/proc/meminfo");
	uint64_t kb;

	if (!number(field(text, "MemTotal"), &l->h->ram))
		return err_set(e, ERR_PERMANENT, "%s/proc/meminfo does not "
			"tell how much memory there is", l->host);
	l->h->ram *= 1024;
	if (number(field(text, "Hugepagesize"), &kb))
		l->h->huge_page = kb * 1024;
	number(field(text, "HugePages_Total"), &l->h->huge_pages);
	return 0;
}

/*
 * Whose limits count: those of the running PostgreSQL. A shell may be in a
 * control group of its own.
 */
static const char *whose(struct look *l)
{
	struct buf b = { .arena = l->a };
	struct err e;
	uint64_t pid;
	const char *name;

	if (io_slurp(TUNE_FOLDER "/pg/postmaster.pid", FILE_MAX, &b, &e) < 0 ||
	    !number(buf_bytes(&b), &pid))
		return "self";
	name = arena_printf(l->a, "%llu", (unsigned long long)pid);
	/* A stale file may name somebody else. */
	return span_is(span_trim(slurp(l, arena_printf(l->a, "/proc/%s/comm",
		name))), "postgres") ? name : "self";
}

/* The path of our control group; controller "" is the unified hierarchy. */
static const char *group_of(struct look *l, const char *controller)
{
	struct span text = slurp(l, arena_printf(l->a, "/proc/%s/cgroup",
		l->pid)), line, number, names, name;

	while (span_line(&text, &line)) {
		if (!span_cut(&line, ':', &number))
			continue;
		/* "0::/path" has an empty list of controllers. */
		if (!span_cut(&line, ':', &names))
			continue;
		if (*controller == 0 && names.n == 0)
			return arena_string(l->a, line);
		while (span_cut(&names, ',', &name))
			if (*controller && span_is(name, controller))
				return arena_string(l->a, line);
	}
	return NULL;
}

/* Every level up to the top: a group is bound by all those above it. */
static void climb(struct look *l, const char *mount, const char *group,
	void (*level)(struct look *l, const char *folder))
{
	struct span path = span_of(group ? group : "");

	for (;;) {
		size_t slash;

		while (path.n && path.p[path.n - 1] == '/')
			path.n--;
		level(l, arena_printf(l->a, "%s%.*s", mount,
			SPAN_FMT(path)));
		slash = span_rchr(path, '/');
		if (path.n == 0 || slash == SIZE_MAX)
			return;
		path.n = slash;
	}
}

static void memory_level(struct look *l, const char *folder)
{
	static const char *const files[] = { "memory.max",
		"memory.limit_in_bytes" };
	uint64_t n, *limit = &l->h->memory_limit;

	for (size_t i = 0; i < 2; i++)
		if (file_number(l, arena_printf(l->a, "%s/%s", folder,
		    files[i]), &n) && n < NO_LIMIT &&
		    (*limit == 0 || n < *limit))
			*limit = n;
}

/* Fewer cores where a group may only have a part of their time. */
static void take_quota(struct look *l, uint64_t quota, uint64_t period)
{
	uint64_t cores = period ? (quota + period / 2) / period : 0;

	if (period && cores < l->h->cores)
		l->h->cores = cores ? (unsigned)cores : 1;
}

static void cpu_level(struct look *l, const char *folder)
{
	struct span text = slurp(l, arena_printf(l->a, "%s/cpu.max", folder)),
		word;
	uint64_t quota, period;

	if (span_cut(&text, ' ', &word) && number(word, &quota) &&
	    number(text, &period))
		take_quota(l, quota, period);
	if (file_number(l, arena_printf(l->a, "%s/cpu.cfs_quota_us", folder),
	    &quota) && file_number(l, arena_printf(l->a,
	    "%s/cpu.cfs_period_us", folder), &period))
		take_quota(l, quota, period);
}

/* How many a list of ranges holds: "0-3,8". */
static unsigned list_count(struct span list)
{
	struct span range, from;
	uint64_t a, b, n = 0;

	while (span_cut(&list, ',', &range)) {
		if (!span_cut(&range, '-', &from) || !number(from, &a))
			continue;
		if (!number(range, &b))
			b = a;
		n += b >= a ? b - a + 1 : 0;
	}
	return n ? (unsigned)n : 1;
}

static void look_limits(struct look *l)
{
	l->h->cores = list_count(field(slurp(l, arena_printf(l->a,
		"/proc/%s/status", l->pid)), "Cpus_allowed_list"));
	climb(l, "/sys/fs/cgroup", group_of(l, ""), memory_level);
	climb(l, "/sys/fs/cgroup", group_of(l, ""), cpu_level);
	climb(l, "/sys/fs/cgroup/memory", group_of(l, "memory"),
		memory_level);
	climb(l, "/sys/fs/cgroup/cpu", group_of(l, "cpu"), cpu_level);
}

/* A file system's size and what is free for others than root. */
static void file_system(struct look *l, const char *name, const char *path,
	uint64_t *size_r, uint64_t *free_r)
{
	struct span told = field(slurp(l, "/sizes"), name), word;
	struct statvfs v;

	if (*l->host) {
		if (span_cut(&told, ' ', &word))
			number(word, size_r);
		number(told, free_r);
	} else if (statvfs(path, &v) == 0) {
		*size_r = (uint64_t)v.f_blocks * v.f_frsize;
		*free_r = (uint64_t)v.f_bavail * v.f_frsize;
	}
}

static void look_shm(struct look *l)
{
	struct tune_host *h = l->h;
	uint64_t unused;

	file_system(l, "shm", "/dev/shm", &h->shm, &unused);
	if (!file_number(l, "/proc/sys/kernel/shmmax", &h->shmmax))
		h->shmmax = UINT64_MAX;
	if (!file_number(l, "/proc/sys/kernel/shmall", &h->shmall) ||
	    h->shmall > UINT64_MAX / KERNEL_PAGE)
		h->shmall = UINT64_MAX;
	else
		h->shmall *= KERNEL_PAGE;
}

/* The data folder, or what is there of the way to it. */
static const char *nearest(struct look *l, const char *where)
{
	char *path = arena_printf(l->a, "%s/" TUNE_FOLDER "/pg", where);
	struct stat st;

	while (stat(path, &st) < 0) {
		char *slash = strrchr(path, '/');

		if (slash == NULL)
			return ".";
		if (slash == path)
			return "/";
		*slash = 0;
	}
	return path;
}

/* The value behind "NAME=" in a device's uevent file. */
static struct span uevent(struct look *l, const char *device,
	const char *name)
{
	struct span text = slurp(l, arena_printf(l->a, "%s/uevent", device)),
		line, key;

	while (span_line(&text, &line))
		if (span_cut(&line, '=', &key) && span_is(key, name))
			return line;
	return SPAN("");
}

static void look_disk(struct look *l, const char *where)
{
	const char *path = nearest(l, where), *device;
	struct tune_host *h = l->h;
	struct stat st = { 0 };
	uint64_t turns = 0;

	h->fresh = access(arena_printf(l->a, "%s/" TUNE_FOLDER
		"/pg/PG_VERSION", where), F_OK) < 0;
	file_system(l, "disk", path, &h->disk, &h->disk_free);
	stat(path, &st);
	device = arena_printf(l->a, "/sys/dev/block/%u:%u",
		major(st.st_dev), minor(st.st_dev));
	/* A partition has its queue in the folder above. */
	if (!file_number(l, arena_printf(l->a, "%s/queue/rotational",
	    device), &turns))
		file_number(l, arena_printf(l->a, "%s/../queue/rotational",
			device), &turns);
	/* virtio disks say that they turn when their host says nothing. */
	h->rotating = turns != 0 && !span_starts(uevent(l, device, "DEVNAME"),
		SPAN("vd"));
}

/* What the last tuning was told, from the head of its file; 0: nothing. */
static uint64_t told_filters(struct look *l)
{
	struct buf b = { .arena = l->a };
	struct err e;
	uint64_t n;

	if (io_slurp(TUNE_CONF, FILE_MAX, &b, &e) < 0)
		return 0;
	return number(field(buf_bytes(&b), "# filters"), &n) ? n : 0;
}

static void look_site(struct look *l, const struct wiring *w,
	uint64_t filters)
{
	static const char *const web[] = { "csm", "enduser", "groups" };
	struct tune_host *h = l->h;

	h->beside_filter = wiring_has_role(w, "filter");
	h->filters = filters ? filters : told_filters(l);
	if (h->filters == 0)
		h->filters = 1;
	for (size_t i = 0; i < sizeof(web) / sizeof(web[0]); i++)
		if (wiring_has_role(w, web[i]))
			h->web_workers += WORKERS;
}

int tune_look(const struct wiring *w, const char *where, uint64_t filters,
	struct arena *a, struct tune_host *h_r, struct err *e)
{
	const char *host = getenv("PM_TEST_HOST");
	struct look l = { .a = a, .host = host ? host : "", .h = h_r };

	*h_r = (struct tune_host){ 0 };
	l.pid = whose(&l);
	if (look_memory(&l, e) < 0)
		return -1;
	look_limits(&l);
	look_shm(&l);
	look_disk(&l, where);
	look_site(&l, w, filters);
	return 0;
}
