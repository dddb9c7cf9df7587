#include "net/virus_pool.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/clamd.h"
#include "net/icap.h"
#include "net/virus_cache.h"

enum { STACK_BYTES = 256 << 10, IDLE_S = 30, PROBE_MS = 2000 };

struct job {
	int fd;
	int64_t deadline_ms;
	void *context;
	struct virus_answer answer;
	struct job *next;
};

/* First in, first out. */
struct queue {
	struct job *first, **end;
};

struct virus_pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct queue todo, done;
	size_t jobs;		/* in todo, at work or in done */
	size_t waiting;		/* in todo */
	unsigned idle;		/* threads that wait for work */
	unsigned users;		/* the owner and the threads */
	bool quit;
	int event;
	struct virus_engine engine;
	struct virus_cache *cache;
	struct timespec signatures; /* when their folder last changed */
	struct virus_pool_state state;
};

static void push(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->end = j;
	q->end = &j->next;
}

static struct job *pop(struct queue *q)
{
	struct job *j = q->first;

	if (j) {
		q->first = j->next;
		if (q->first == NULL)
			q->end = &q->first;
	}
	return j;
}

static bool is_icap(const struct virus_engine *e)
{
	return strncmp(e->where, "icap:", 5) == 0;
}

static void ask_engine(const struct virus_engine *e, const struct job *j,
	struct span bytes, struct virus_answer *a)
{
	if (is_icap(e))
		icap_scan(e->where, bytes, j->deadline_ms, a);
	else if (e->takes_fds)
		clamd_scan_fd(e->where, j->fd, j->deadline_ms, a);
	else
		clamd_scan(e->where, bytes, j->deadline_ms, a);
}

/* Another file in the folder of signatures? Called with the lock. */
static void look_at_signatures(struct virus_pool *v)
{
	struct stat st;

	if (v->engine.signatures == NULL ||
	    stat(v->engine.signatures, &st) < 0 ||
	    (st.st_mtim.tv_sec == v->signatures.tv_sec &&
	     st.st_mtim.tv_nsec == v->signatures.tv_nsec))
		return;
	if (v->signatures.tv_sec)
		virus_cache_changed(v->cache, clock_ms());
	v->signatures = st.st_mtim;
}

static bool find_cached(struct virus_pool *v, const unsigned char *key,
	struct virus_answer *a)
{
	bool found;

	pthread_mutex_lock(&v->lock);
	look_at_signatures(v);
	found = virus_cache_get(v->cache, key, clock_ms(), a);
	v->state.scans++;
	v->state.cached += found;
	pthread_mutex_unlock(&v->lock);
	return found;
}

static void keep(struct virus_pool *v, const unsigned char *key,
	const struct virus_answer *a)
{
	pthread_mutex_lock(&v->lock);
	look_at_signatures(v);
	virus_cache_put(v->cache, key, clock_ms(), a);
	pthread_mutex_unlock(&v->lock);
}

static void scan_bytes(struct virus_pool *v, struct job *j,
	struct span bytes)
{
	unsigned char key[VIRUS_KEY_SIZE];

	virus_cache_key(bytes, key);
	if (find_cached(v, key, &j->answer))
		return;
	ask_engine(&v->engine, j, bytes, &j->answer);
	keep(v, key, &j->answer);
}

static void scan(struct virus_pool *v, struct job *j)
{
	struct stat st;
	void *p = NULL;

	if (fstat(j->fd, &st) == 0 && st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
			j->fd, 0);
		if (p == MAP_FAILED) {
			virus_answer_set(&j->answer, VIRUS_SAYS_LATER,
				"broker: out of memory");
			return;
		}
	}
	scan_bytes(v, j, span_from(p, p ? (size_t)st.st_size : 0));
	if (p)
		munmap(p, (size_t)st.st_size);
}

int virus_version(const struct virus_engine *engine, int64_t deadline_ms,
	char version_r[VIRUS_VERSION_SIZE], struct err *e)
{
	char reply[CLAMD_REPLY_MAX];

	if (is_icap(engine))
		return icap_options(engine->where, deadline_ms, version_r, e);
	if (clamd_command(engine->where, "VERSION", deadline_ms, reply,
	    e) < 0)
		return -1;
	if (*reply == 0)
		return err_set(e, ERR_TEMPORARY, "%s: no answer",
			engine->where);
	snprintf(version_r, VIRUS_VERSION_SIZE, "%.120s", reply);
	return 0;
}

/* Who it is now; another one has other signatures. */
static void probe(struct virus_pool *v, struct job *j)
{
	char version[VIRUS_VERSION_SIZE], *was = v->state.version;
	struct err e;

	if (virus_version(&v->engine, clock_ms() + PROBE_MS, version, &e) < 0) {
		j->answer.says = VIRUS_SAYS_LATER;
		snprintf(j->answer.text, sizeof(j->answer.text), "%s: %.100s",
			is_icap(&v->engine) ? "icap" : "clamd", e.text);
		return;
	}
	pthread_mutex_lock(&v->lock);
	if (*was && strcmp(was, version) != 0)
		virus_cache_changed(v->cache, clock_ms());
	snprintf(was, VIRUS_VERSION_SIZE, "%s", version);
	pthread_mutex_unlock(&v->lock);
}

/* A probe has no file. */
static void free_job(struct job *j)
{
	if (j->fd >= 0)
		close(j->fd);
	free(j);
}

static void free_queue(struct queue *q)
{
	struct job *j;

	while ((j = pop(q)) != NULL) {
		free_job(j);
	}
}

/* The last one out: called with the lock, which goes with the pool. */
static void leave(struct virus_pool *v)
{
	bool last = --v->users == 0;

	pthread_mutex_unlock(&v->lock);
	if (!last)
		return;
	free_queue(&v->todo);
	free_queue(&v->done);
	if (v->event >= 0)
		close(v->event);
	virus_cache_free(&v->cache);
	pthread_mutex_destroy(&v->lock);
	pthread_cond_destroy(&v->work);
	free(v);
}

static void finish(struct virus_pool *v, struct job *j)
{
	const uint64_t one = 1;

	push(&v->done, j);
	/* Cannot fail: the counter never comes near its end. */
	(void)!write(v->event, &one, sizeof(one));
}

/* The next job; NULL: none came for so long, or it is over. */
static struct job *wait_for_job(struct virus_pool *v)
{
	struct timespec until;
	struct job *j = NULL;
	int error = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	while (!v->quit && (j = pop(&v->todo)) == NULL && error == 0) {
		v->idle++;
		error = pthread_cond_timedwait(&v->work, &v->lock, &until);
		v->idle--;
	}
	if (v->quit || j == NULL)
		return NULL;
	v->waiting--;
	return j;
}

static void *run(void *context)
{
	struct virus_pool *v = context;
	struct job *j;

	pthread_mutex_lock(&v->lock);
	while ((j = wait_for_job(v)) != NULL) {
		pthread_mutex_unlock(&v->lock);
		if (j->fd >= 0)
			scan(v, j);
		else
			probe(v, j);
		pthread_mutex_lock(&v->lock);
		finish(v, j);
	}
	leave(v);
	return NULL;
}

/* Signals are the owner's: its handler writes to its own pipe. */
static int start_thread(struct virus_pool *v)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t t;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&t, &attr, run, v);
	if (error == 0)
		v->users++;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? -1 : 0;
}

/* One thread for each scan at once, up to the limit. Called with the lock. */
static void find_thread(struct virus_pool *v)
{
	const unsigned threads = v->users - 1;
	struct job *j;

	if (v->waiting <= v->idle || threads >= VIRUS_THREADS_MAX ||
	    start_thread(v) == 0 || threads > 0)
		return;
	while ((j = pop(&v->todo)) != NULL) {
		v->waiting--;
		virus_answer_set(&j->answer, VIRUS_SAYS_LATER,
			"broker: cannot start a thread");
		finish(v, j);
	}
}

struct virus_pool *virus_pool_new(const struct virus_engine *engine,
	int event, struct err *e)
{
	struct virus_pool *v = calloc(1, sizeof(*v));
	pthread_condattr_t monotonic;

	if (v == NULL) {
		err_set(e, ERR_TEMPORARY, "out of memory");
		return NULL;
	}
	v->engine = *engine;
	v->cache = virus_cache_new();
	v->todo.end = &v->todo.first;
	v->done.end = &v->done.first;
	v->users = 1;
	/* Its own: a thread may still write when the owner has left. */
	v->event = fcntl(event, F_DUPFD_CLOEXEC, 0);
	pthread_mutex_init(&v->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&v->work, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (v->event < 0 || v->cache == NULL) {
		err_errno(e, ERR_TEMPORARY, "cannot make a pool of scans");
		virus_pool_free(&v);
	}
	return v;
}

void virus_pool_free(struct virus_pool **v)
{
	if (*v == NULL)
		return;
	pthread_mutex_lock(&(*v)->lock);
	(*v)->quit = true;
	pthread_cond_broadcast(&(*v)->work);
	leave(*v);
	*v = NULL;
}

bool virus_pool_full(const struct virus_pool *v)
{
	return v->jobs >= VIRUS_JOBS_MAX;
}

static void add_job(struct virus_pool *v, int fd, int64_t deadline_ms,
	void *context)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		abort();
	*j = (struct job){ .fd = fd, .deadline_ms = deadline_ms,
		.context = context };
	pthread_mutex_lock(&v->lock);
	v->jobs++;
	v->waiting++;
	push(&v->todo, j);
	pthread_cond_signal(&v->work);
	find_thread(v);
	pthread_mutex_unlock(&v->lock);
}

void virus_pool_scan(struct virus_pool *v, int fd, int64_t deadline_ms,
	void *context)
{
	add_job(v, fd, deadline_ms, context);
}

void virus_pool_probe(struct virus_pool *v)
{
	add_job(v, -1, 0, NULL);
}

void virus_pool_look(struct virus_pool *v, struct virus_pool_state *s_r)
{
	pthread_mutex_lock(&v->lock);
	*s_r = v->state;
	pthread_mutex_unlock(&v->lock);
}

bool virus_pool_next(struct virus_pool *v, void **context_r,
	struct virus_answer *answer_r)
{
	struct job *j;

	pthread_mutex_lock(&v->lock);
	j = pop(&v->done);
	if (j)
		v->jobs--;
	pthread_mutex_unlock(&v->lock);
	if (j == NULL)
		return false;
	*context_r = j->context;
	*answer_r = j->answer;
	free_job(j);
	return true;
}
