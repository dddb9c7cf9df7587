#include "tags.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/root.h"

enum { FILE_MAX = 64 << 10 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct batv_keys keys;

void tags_load(void)
{
	struct buf text = { 0 };
	struct batv_keys fresh;
	struct err e;

	if (access(BATV_KEY_FILE, F_OK) < 0 && errno == ENOENT)
		return;
	if (io_slurp(BATV_KEY_FILE, FILE_MAX, &text, &e) < 0) {
		log_error("BATV: %s", e.text);
	} else if (batv_read_keys(buf_bytes(&text), &fresh, &e) < 0) {
		log_error("BATV: %s: %s", BATV_KEY_FILE, e.text);
	} else {
		pthread_mutex_lock(&lock);
		keys = fresh;
		pthread_mutex_unlock(&lock);
	}
	buf_free(&text);
}

static struct batv_keys current(void)
{
	struct batv_keys k;

	pthread_mutex_lock(&lock);
	k = keys;
	pthread_mutex_unlock(&lock);
	return k;
}

void tags_look(struct session *s)
{
	struct envelope *e = &s->env;
	size_t last = e->nrcpts - 1;
	struct batv_keys k;
	struct span bare;

	if (e->nrcpts == 0)
		return;
	k = current();
	e->tags[last] = (unsigned char)batv_check(&k, e->rcpts[last],
		e->received_ms, &bare);
	if (e->tags[last] == BATV_GOOD)
		e->rcpts[last] = bare;
}

struct span tags_sign(struct session *s, struct span sender)
{
	struct batv_keys k = current();

	return batv_sign(&k, sender, s->env.received_ms, s->message);
}
