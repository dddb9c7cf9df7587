/* Counters, latencies, and the result as text or JSON. */
#include "milterload.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct counters cnt;

static const char *const verdict_names[V_N] = {
	"accept", "reject", "tempfail", "discard", "shutdown", "error"
};
static const char *const stage_names[S_N] = {
	"negotiate", "connect", "helo", "mail", "rcpt", "data", "header",
	"eoh", "body", "eob"
};

struct series {
	double *v;
	size_t n, cap;
};
static struct series whole, at_eob;
static bool measuring;
static double first;
static FILE *out;

const char *stage_name(enum stage s)
{
	return stage_names[s];
}

void report_open(void)
{
	if (opt.out && !(out = fopen(opt.out, "w")))
		die("%s: %s", opt.out, strerror(errno));
}

static void series_add(struct series *s, double v)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 4096;
		s->v = must(realloc(s->v, s->cap * sizeof *s->v));
	}
	s->v[s->n++] = v;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void series_sort(struct series *s)
{
	if (s->n)
		qsort(s->v, s->n, sizeof *s->v, compare);
}

static double mean_ms(const struct series *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += s->v[i];
	return s->n ? sum / (double)s->n * 1000 : 0;
}

/* The percentile of a sorted series, ms. */
static double pct(const struct series *s, double p)
{
	if (!s->n)
		return 0;
	size_t i = (size_t)(p / 100 * (double)(s->n - 1) + 0.5);
	return s->v[i < s->n ? i : s->n - 1] * 1000;
}

void report_message(const struct conn *c, enum verdict v, const char *detail)
{
	double t = now();

	if (out)
		fprintf(out, "%s\t%s\t%s\t%.3f\t%s\t%.*s\n", c->m->path,
			verdict_names[v], stage_names[c->stage],
			(t - c->t_msg) * 1000, detail ? detail : "-",
			(int)c->headers.len, c->headers.p ? c->headers.p : "");
	if (c->serial < opt.warm)
		return;
	if (!measuring) {
		measuring = true;
		first = c->t_msg;
	}
	cnt.verdict[v]++;
	cnt.stage[c->stage]++;
	cnt.bytes += (long long)c->m->size;
	if (v != V_ERROR) {
		series_add(&whole, t - c->t_msg);
		series_add(&at_eob, c->t_eob > 0 ? t - c->t_eob : 0);
	}
}

struct result {
	double wall_s, rate, mb_s, cpu_ms, own_ms, mean_ms, pss_mb, rss_mb;
	const struct measured *m;
};

static double own_cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct result sum_up(double wall, const struct measured *m)
{
	double n = (double)whole.n, per = n > 0 ? 1000 / n : 0;
	struct result r = {
		.wall_s = wall, .rate = wall > 0 ? n / wall : 0,
		.mb_s = wall > 0 ? (double)cnt.bytes / wall / 1e6 : 0,
		.cpu_ms = m->cpu_s * per, .own_ms = own_cpu() * per,
		.mean_ms = mean_ms(&whole),
		.pss_mb = (double)m->pss_kb / 1024,
		.rss_mb = (double)m->rss_kb / 1024, .m = m
	};

	series_sort(&whole);
	series_sort(&at_eob);
	return r;
}

static void json_figures(const struct result *r)
{
	printf("{\"label\":\"%s\",\"conc\":%d,\"per_conn\":%d,"
		"\"messages\":%zu,\"wall_s\":%.3f,\"msgs_s\":%.2f,"
		"\"mb_s\":%.3f,\"cpu_ms_msg\":%.3f,\"cpu_s\":%.2f,"
		"\"gen_cpu_ms_msg\":%.4f,",
		opt.label, opt.conc, opt.per_conn, whole.n, r->wall_s,
		r->rate, r->mb_s, r->cpu_ms, r->m->cpu_s, r->own_ms);
	printf("\"lat_ms\":{\"mean\":%.3f,\"p50\":%.3f,\"p95\":%.3f,"
		"\"p99\":%.3f,\"max\":%.3f},"
		"\"eob_ms\":{\"p50\":%.3f,\"p99\":%.3f},",
		r->mean_ms, pct(&whole, 50), pct(&whole, 95), pct(&whole, 99),
		pct(&whole, 100), pct(&at_eob, 50), pct(&at_eob, 99));
	printf("\"pss_peak_mb\":%.1f,\"rss_peak_mb\":%.1f,\"procs\":%ld,"
		"\"threads\":%ld,", r->pss_mb, r->rss_mb, r->m->procs,
		r->m->threads);
}

static void json_counters(void)
{
	printf("\"verdict\":{");
	for (int i = 0; i < V_N; i++)
		printf("%s\"%s\":%ld", i ? "," : "", verdict_names[i],
			cnt.verdict[i]);
	printf("},\"stage\":{");
	for (int i = S_CONNECT; i < S_N; i++)
		printf("%s\"%s\":%ld", i > S_CONNECT ? "," : "",
			stage_names[i], cnt.stage[i]);
	printf("},\"replycode\":%ld,\"mods\":{\"addheader\":%ld,"
		"\"insheader\":%ld,\"chgheader\":%ld,\"addrcpt\":%ld,"
		"\"delrcpt\":%ld,\"chgfrom\":%ld,\"replbody\":%ld,"
		"\"quarantine\":%ld},\"rcpt_refused\":%ld,\"skip\":%ld,"
		"\"progress\":%ld,\"connects\":%ld,",
		cnt.replycode, cnt.addheader, cnt.insheader, cnt.chgheader,
		cnt.addrcpt, cnt.delrcpt, cnt.chgfrom, cnt.replbody,
		cnt.quarantine, cnt.rcpt_refused, cnt.skip, cnt.progress,
		cnt.connects);
	printf("\"errors\":{\"connect\":%ld,\"timeout\":%ld,\"closed\":%ld,"
		"\"protocol\":%ld},\"negotiated\":{\"version\":%u,"
		"\"actions\":\"0x%x\",\"protocol\":\"0x%x\"}}\n",
		cnt.err_connect, cnt.err_timeout, cnt.err_closed,
		cnt.err_protocol, cnt.nego_version, cnt.nego_actions,
		cnt.nego_proto);
}

static void text_figures(const struct result *r)
{
	printf("%s c=%d m=%d: %zu messages in %.2f s = %.1f msg/s, "
		"%.2f MB/s\n", opt.label, opt.conc, opt.per_conn, whole.n,
		r->wall_s, r->rate, r->mb_s);
	if (opt.npids)
		printf("  milter CPU %.3f ms/msg (%.2f s), peak PSS %.1f MB, "
			"RSS sum %.1f MB, %ld processes, %ld threads\n",
			r->cpu_ms, r->m->cpu_s, r->pss_mb, r->rss_mb,
			r->m->procs, r->m->threads);
	printf("  latency ms: mean %.2f p50 %.2f p95 %.2f p99 %.2f max %.2f "
		"(end of body p50 %.2f p99 %.2f); generator CPU %.3f ms/msg\n",
		r->mean_ms, pct(&whole, 50), pct(&whole, 95), pct(&whole, 99),
		pct(&whole, 100), pct(&at_eob, 50), pct(&at_eob, 99),
		r->own_ms);
}

static void text_counters(void)
{
	printf("  verdicts:");
	for (int i = 0; i < V_N; i++)
		printf(" %s %ld", verdict_names[i], cnt.verdict[i]);
	printf("; replycodes %ld, quarantined %ld\n  ended at:",
		cnt.replycode, cnt.quarantine);
	for (int i = S_CONNECT; i < S_N; i++)
		if (cnt.stage[i])
			printf(" %s %ld", stage_names[i], cnt.stage[i]);
	printf("\n  changes: +hdr %ld ins %ld chg %ld +rcpt %ld -rcpt %ld "
		"from %ld body %ld\n", cnt.addheader, cnt.insheader,
		cnt.chgheader, cnt.addrcpt, cnt.delrcpt, cnt.chgfrom,
		cnt.replbody);
	printf("  errors: connect %ld, time-out %ld, closed %ld, "
		"protocol %ld\n", cnt.err_connect, cnt.err_timeout,
		cnt.err_closed, cnt.err_protocol);
	printf("  negotiated: v%u actions 0x%x protocol 0x%x\n",
		cnt.nego_version, cnt.nego_actions, cnt.nego_proto);
}

void report_print(double start, const struct measured *m)
{
	struct result r = sum_up(now() - (measuring ? first : start), m);

	if (out)
		fclose(out);
	if (opt.json) {
		json_figures(&r);
		json_counters();
	} else {
		text_figures(&r);
		text_counters();
	}
}
