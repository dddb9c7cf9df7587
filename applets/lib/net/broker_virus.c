#include "net/broker_virus.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { STACK_BYTES = 256 << 10, IDLE_S = 30 };

struct job {
	int fd;
	int64_t deadline_ms;
	void *context;
	struct clamd_answer answer;
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
	char clamd[256];
	bool takes_fds;
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

static void scan_mapped(const char *clamd, struct job *j)
{
	struct stat st;
	void *p = NULL;

	if (fstat(j->fd, &st) == 0 && st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
			j->fd, 0);
		if (p == MAP_FAILED) {
			j->answer = (struct clamd_answer){ CLAMD_LATER,
				"broker: out of memory" };
			return;
		}
	}
	clamd_scan(clamd, span_from(p, p ? (size_t)st.st_size : 0),
		j->deadline_ms, &j->answer);
	if (p)
		munmap(p, (size_t)st.st_size);
}

static void scan(const struct virus_pool *v, struct job *j)
{
	if (v->takes_fds)
		clamd_scan_fd(v->clamd, j->fd, j->deadline_ms, &j->answer);
	else
		scan_mapped(v->clamd, j);
}

static void free_queue(struct queue *q)
{
	struct job *j;

	while ((j = pop(q)) != NULL) {
		close(j->fd);
		free(j);
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
	close(v->event);
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
		scan(v, j);
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
		j->answer = (struct clamd_answer){ CLAMD_LATER,
			"broker: cannot start a thread" };
		finish(v, j);
	}
}

struct virus_pool *virus_pool_new(const char *clamd, bool takes_fds,
	struct err *e)
{
	struct virus_pool *v = calloc(1, sizeof(*v));
	pthread_condattr_t monotonic;

	if (v == NULL) {
		err_set(e, ERR_TEMPORARY, "out of memory");
		return NULL;
	}
	snprintf(v->clamd, sizeof(v->clamd), "%s", clamd);
	v->takes_fds = takes_fds;
	v->todo.end = &v->todo.first;
	v->done.end = &v->done.first;
	v->users = 1;
	v->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&v->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&v->work, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (v->event < 0) {
		err_errno(e, ERR_TEMPORARY, "cannot make an event");
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

bool virus_fd_good(int fd)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int have = fcntl(fd, F_GET_SEALS);
	struct stat st;

	/* Unsealed, it could shrink under our eyes: SIGBUS. */
	return have >= 0 && (have & seals) == seals &&
		fstat(fd, &st) == 0 && st.st_size <= VIRUS_BYTES_MAX;
}

bool virus_pool_full(const struct virus_pool *v)
{
	return v->jobs >= VIRUS_JOBS_MAX;
}

void virus_pool_scan(struct virus_pool *v, int fd, int64_t deadline_ms,
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

int virus_pool_fd(const struct virus_pool *v)
{
	return v->event;
}

bool virus_pool_next(struct virus_pool *v, void **context_r,
	struct clamd_answer *answer_r)
{
	uint64_t count;
	struct job *j;

	pthread_mutex_lock(&v->lock);
	j = pop(&v->done);
	if (j)
		v->jobs--;
	else
		(void)!read(v->event, &count, sizeof(count));
	pthread_mutex_unlock(&v->lock);
	if (j == NULL)
		return false;
	*context_r = j->context;
	*answer_r = j->answer;
	close(j->fd);
	free(j);
	return true;
}
