#include "health.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "role/life.h"

enum { TEXT_MAX = 400 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char texts[HEALTH_N][TEXT_MAX];
static int64_t told_ms[HEALTH_N];

/* All causes, "; " between; under the lock. */
static void tell(void)
{
	char all[HEALTH_N * (TEXT_MAX + 2)] = "";
	size_t n = 0;

	for (unsigned i = 0; i < HEALTH_N; i++)
		if (*texts[i])
			n += (size_t)snprintf(all + n, sizeof(all) - n,
				"%s%s", n ? "; " : "", texts[i]);
	life_degraded(all);
}

void health_set(enum health_cause cause, const char *text)
{
	char fresh[TEXT_MAX];

	snprintf(fresh, sizeof(fresh), "%s", text ? text : "");
	pthread_mutex_lock(&lock);
	told_ms[cause] = clock_ms();
	if (strcmp(fresh, texts[cause]) != 0) {
		memcpy(texts[cause], fresh, sizeof(fresh));
		tell();
	}
	pthread_mutex_unlock(&lock);
}

void health_tend(void)
{
	static const enum health_cause fading[] = { HEALTH_RULE,
		HEALTH_SPOOL, HEALTH_SIGNER };
	int64_t old = clock_ms() - HEALTH_FADE_MS;

	for (size_t i = 0; i < sizeof(fading) / sizeof(*fading); i++) {
		bool over;

		pthread_mutex_lock(&lock);
		over = *texts[fading[i]] && told_ms[fading[i]] < old;
		pthread_mutex_unlock(&lock);
		if (over)
			health_set(fading[i], NULL);
	}
}
