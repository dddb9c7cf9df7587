#include "health.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "role/life.h"

enum { TEXT_MAX = 400 };

/* Which row of the table each is. */
static const enum alarm alarms[HEALTH_N] = {
	[HEALTH_POLICY] = ALARM_POLICY, [HEALTH_UPDATE] = ALARM_UPDATE,
	[HEALTH_RULE] = ALARM_POLICY, [HEALTH_ZYGOTE] = ALARM_SCANNER,
	[HEALTH_SCANNERS] = ALARM_SCANNER, [HEALTH_SPOOL] = ALARM_SPOOL,
	[HEALTH_JOURNAL] = ALARM_JOURNAL, [HEALTH_LISTEN] = ALARM_LISTEN,
	[HEALTH_SIGNER] = ALARM_SIGNER, [HEALTH_DNSLISTS] = ALARM_DNS_LIST,
};

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

/* The first cause of a row that has two is told; under the lock. */
static void tell_alarm(enum alarm alarm)
{
	const char *text = NULL;

	for (unsigned i = 0; i < HEALTH_N && text == NULL; i++)
		if (alarms[i] == alarm && *texts[i])
			text = texts[i];
	life_alarm(alarm, text);
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
		tell_alarm(alarms[cause]);
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
