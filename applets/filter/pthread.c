/*
 * The executable's own pthread_create and sigwait, found before libc's by the
 * libraries (-rdynamic). Both are here for libmilter alone; in processes that
 * did not ask for it (pthread_guard) they are libc's.
 *
 * libmilter only logs when a thread cannot be made: that session then stays
 * unanswered for ever, and no probe can see it. So creation is tried again
 * for a while, then the process ends and the supervisor starts a fresh one.
 * Its workers need little stack, and 8 MiB each exhaust memory in a burst.
 *
 * libmilter's signal thread takes HUP, TERM and INT all as "stop". They are
 * ours (role/life.h), HUP means a new policy: its sigwait never returns.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "pthread_guard.h"

enum {
#ifdef __SANITIZE_ADDRESS__
	STACK_SIZE = 1 << 20,
#else
	STACK_SIZE = 256 << 10,
#endif
	RETRY_MS = 10,
	PATIENCE_MS = 5000,
	EXIT_NO_THREAD = 75,
};

typedef int create_fn(pthread_t *, const pthread_attr_t *,
	void *(*)(void *), void *);
typedef int sigwait_fn(const sigset_t *, int *);

static bool guarded;
static create_fn *real_create;
static sigwait_fn *real_sigwait;
static pthread_attr_t small;

void pthread_guard(void)
{
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_SIZE);
	guarded = true;
}

/* ISO C has no way from an object pointer to a function pointer but this. */
static void find_real(void *to, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		log_panic("no %s in libc", name);
	memcpy(to, &symbol, sizeof(symbol));
}

/* Tries again while there is no memory or no room for a thread. */
static int create_patiently(pthread_t *t, const pthread_attr_t *attr,
	void *(*run)(void *), void *arg)
{
	int64_t deadline = clock_ms() + PATIENCE_MS;
	int result;

	while ((result = real_create(t, attr, run, arg)) == EAGAIN) {
		if (clock_left_ms(deadline) == 0) {
			log_error("no thread can be made for %d s: ending, so "
				"that a fresh process can serve",
				PATIENCE_MS / 1000);
			_exit(EXIT_NO_THREAD);
		}
		clock_sleep_ms(RETRY_MS);
	}
	return result;
}

int pthread_create(pthread_t *t, const pthread_attr_t *attr,
	void *(*run)(void *), void *arg)
{
	if (real_create == NULL)
		find_real(&real_create, "pthread_create");
	if (!guarded)
		return real_create(t, attr, run, arg);
	return create_patiently(t, attr ? attr : &small, run, arg);
}

int sigwait(const sigset_t *set, int *signo)
{
	if (real_sigwait == NULL)
		find_real(&real_sigwait, "sigwait");
	while (guarded)
		poll(NULL, 0, -1);
	return real_sigwait(set, signo);
}
