/* What the measured processes cost, from /proc. */
#include "milterload.h"
#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct proc {
	pid_t pid, ppid;
	unsigned long long ticks;  /* own and waited-for children's */
	bool mine;
};

static struct measured peak;
static double cpu_before;
static pthread_t thread;
static atomic_bool stop;

/* Reads /proc/NAME/stat; false if the process is gone. */
static bool read_stat(const char *name, struct proc *p_r)
{
	unsigned long long ut, st;
	long long cut, cst;
	char path[64], line[1024], *p;
	int ppid;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%.20s/stat", name);
	f = fopen(path, "r");
	if (!f)
		return false;
	p = fgets(line, sizeof line, f);
	fclose(f);
	/* a program's name may hold blanks and brackets */
	if (!p || !(p = strrchr(line, ')')))
		return false;
	if (sscanf(p + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			"%llu %llu %lld %lld", &ppid, &ut, &st, &cut,
			&cst) != 5)
		return false;
	*p_r = (struct proc){
		.pid = (pid_t)strtol(name, NULL, 10), .ppid = ppid,
		.ticks = ut + st + (unsigned long long)(cut + cst)
	};
	return true;
}

static bool is_measured(const struct proc *v, size_t n, const struct proc *p)
{
	for (int k = 0; k < opt.npids; k++)
		if (p->pid == opt.pids[k])
			return true;
	for (size_t j = 0; j < n; j++)
		if (v[j].mine && v[j].pid == p->ppid)
			return true;
	return false;
}

/* Marks opt.pids and everything below them. */
static void mark(struct proc *v, size_t n)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++)
			if (!v[i].mine && is_measured(v, n, &v[i]))
				v[i].mine = more = true;
	}
}

/* All processes; the caller frees *v_r. */
static size_t proc_list(struct proc **v_r)
{
	size_t n = 0, cap = 0;
	struct dirent *e;
	DIR *d = opendir("/proc");

	*v_r = NULL;
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 256;
			*v_r = must(realloc(*v_r, cap * sizeof **v_r));
		}
		n += read_stat(e->d_name, &(*v_r)[n]);
	}
	closedir(d);
	mark(*v_r, n);
	return n;
}

static double tree_cpu(void)
{
	unsigned long long t = 0;
	struct proc *v;
	size_t n = proc_list(&v);

	for (size_t i = 0; i < n; i++)
		if (v[i].mine)
			t += v[i].ticks;
	free(v);
	return (double)t / (double)sysconf(_SC_CLK_TCK);
}

/* The number after key in /proc/PID/FILE; 0 if there is none. */
static long proc_field(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	size_t k = strlen(key);
	long v = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f))
		if (strncmp(line, key, k) == 0) {
			v = strtol(line + k, NULL, 10);
			break;
		}
	fclose(f);
	return v;
}

static void raise_to(long *most, long v)
{
	if (v > *most)
		*most = v;
}

static void sample_memory(void)
{
	struct measured s = { 0 };
	struct proc *v;
	size_t n = proc_list(&v);

	for (size_t i = 0; i < n; i++) {
		if (!v[i].mine)
			continue;
		s.pss_kb += proc_field(v[i].pid, "smaps_rollup", "Pss:");
		s.rss_kb += proc_field(v[i].pid, "status", "VmRSS:");
		s.threads += proc_field(v[i].pid, "status", "Threads:");
		s.procs++;
	}
	free(v);
	raise_to(&peak.pss_kb, s.pss_kb);
	raise_to(&peak.rss_kb, s.rss_kb);
	raise_to(&peak.procs, s.procs);
	raise_to(&peak.threads, s.threads);
}

/* Once a second, and soon over when the run is. */
static void *sampler(void *arg)
{
	while (!stop) {
		sample_memory();
		for (int i = 0; i < 10 && !stop; i++)
			usleep(100000);
	}
	return arg;
}

void measure_start(void)
{
	if (!opt.npids)
		return;
	measure_reset();
	if (pthread_create(&thread, NULL, sampler, NULL) != 0)
		die("no thread to sample memory with");
}

void measure_reset(void)
{
	if (opt.npids)
		cpu_before = tree_cpu();
}

struct measured measure_end(void)
{
	if (opt.npids) {
		peak.cpu_s = tree_cpu() - cpu_before;
		stop = true;
		pthread_join(thread, NULL);
		sample_memory();
	}
	return peak;
}
