/*
 * The jobs of this appliance for its pages: what there is is read here, what
 * people order goes to agent/scheduler.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/io.h"
#include "call.h"
#include "conf/joblog.h"
#include "show.h"
#include "web/pages_host.h"

/* Of agent/scheduler (applets/agent/agent.h), met through its socket only. */
#define SOCKET "run/pm/agent/jobs.sock"

enum { PACKET_MAX = 1024, PATIENCE_S = 5 };

static struct script_value show_run(struct arena *a,
	const struct joblog_run *r, bool running)
{
	struct script_value v = pages_map(a, 6);
	const char *state = r->end_ms == 0 ? (running ? "runs" : "cut off") :
		r->code == 0 ? "done" :
		r->code == JOBLOG_ELSEWHERE ? "elsewhere" : "failed";

	pages_put(&v, "start_ms", pages_int(r->start_ms));
	pages_put(&v, "end_ms", pages_int(r->end_ms));
	pages_put(&v, "code", pages_int(r->code));
	pages_put(&v, "state", pages_text(span_of(state)));
	pages_put(&v, "by", show_text(a, arena_span(a, span_of(r->by))));
	pages_put(&v, "output", show_text(a, arena_span(a,
		span_of(r->output))));
	return v;
}

static struct script_value show_job(struct arena *a, const struct job *j,
	const struct joblog *l)
{
	struct script_value v = pages_map(a, 10), *runs;
	bool running = joblog_is_running(j->name);

	runs = arena_array(a, l->n + 1, sizeof(*runs));
	for (size_t i = 0; i < l->n; i++)
		runs[i] = show_run(a, &l->v[l->n - 1 - i], running && i == 0);
	pages_put(&v, "name", pages_text(span_of(j->name)));
	pages_put(&v, "about", pages_text(span_of(j->about)));
	pages_put(&v, "when", pages_text(span_of(j->when_text)));
	pages_put(&v, "command", pages_text(span_of(job_command_text(j, a))));
	pages_put(&v, "user", pages_text(span_of(j->user)));
	pages_put(&v, "site", pages_bool(j->site));
	pages_put(&v, "enabled", pages_bool(joblog_enabled(j, l)));
	pages_put(&v, "running", pages_bool(running));
	pages_put(&v, "next_ms", pages_int(joblog_next_ms(j, l)));
	pages_put(&v, "runs", pages_array(a, runs, l->n));
	return v;
}

void joblist_all(struct script_call *c)
{
	struct arena *a = call_arena(c);
	struct script_value m = call_map(c, 1), *v;
	struct jobs *jobs = arena_alloc(a, sizeof(*jobs));
	struct joblog *l = arena_alloc(a, sizeof(*l));
	struct err e;

	if (!call_may(c, "jobs"))
		return;
	if (jobs_load(a, jobs, &e) < 0) {
		call_trouble(c, &e);
		return;
	}
	v = arena_array(a, jobs->n + 1, sizeof(*v));
	for (size_t i = 0; i < jobs->n; i++) {
		if (joblog_read(jobs->v[i].name, l, &e) < 0) {
			call_trouble(c, &e);
			return;
		}
		v[i] = show_job(a, &jobs->v[i], l);
	}
	pages_put(&m, "jobs", pages_array(a, v, jobs->n));
	c->result = m;
}

/* Sends one request and hears "ok" or "no WHY". */
static int ask(const char *request, struct err *e)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = io_connect_unix(SOCKET, SOCK_SEQPACKET, e);
	char answer[PACKET_MAX];
	ssize_t n = -1;

	if (fd < 0)
		return err_set(e, ERR_TEMPORARY, "The scheduler does not "
			"answer: run pm status on the appliance.");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (io_send(fd, span_of(request), NULL, 0) == 0)
		n = io_recv(fd, answer, sizeof(answer), NULL, NULL);
	close(fd);
	if (n >= 2 && memcmp(answer, "ok", 2) == 0)
		return 0;
	if (n > 3)
		return err_set(e, ERR_PERMANENT, "%.*s", (int)n - 3,
			answer + 3);
	return err_set(e, ERR_TEMPORARY, "The scheduler does not answer.");
}

static void order(struct script_call *c, const char *verb)
{
	struct arena *a = call_arena(c);
	struct span name;
	struct err e;

	if (!call_may(c, "jobs") || !call_text(c, 0, &name))
		return;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			name.n = 0;
	if (name.n == 0 || name.n > JOB_NAME_MAX) {
		call_missing(c, "There is no such job.");
		return;
	}
	if (ask(arena_printf(a, "%s %.*s %.*s", verb, SPAN_FMT(name),
	    SPAN_FMT(pages_request(c)->session->who)), &e) < 0)
		call_trouble(c, &e);
	else
		c->result = call_map(c, 0);
}

void joblist_run(struct script_call *c)
{
	order(c, "run");
}

void joblist_enable(struct script_call *c)
{
	bool on = c->nargs > 1 && c->args[1].type == SCRIPT_BOOL &&
		c->args[1].boolean;

	order(c, on ? "enable" : "disable");
}
