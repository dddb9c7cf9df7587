#include "policy_source.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/root.h"
#include "conf/wiring.h"
#include "store/keyring.h"
#include "role/life.h"
#include "tool/dnskeys.h"
#include "tool/engines.h"
#include "tool/feedback.h"
#include "tool/published.h"
#include "tool/update.h"
#include "dnswatch.h"
#include "health.h"
#include "link.h"
#include "scanners.h"
#include "signing.h"

enum { WIRING_MEMORY = 80 << 20, KEYS_MAX = 4096, TAUGHT_MS = 20000 };

struct offer {
	int fd;			/* -1: none */
	uint64_t generation;	/* of our orders to the zygote */
	uint64_t number;	/* as it was published */
	bool asked;		/* somebody waits for "reloaded" */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct offer good = { .fd = -1 }, next = { .fd = -1 };
static uint64_t last_generation;
/* One reads the disk at a time, so that the last one read is offered last. */
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;
static struct timespec taught;	/* when the feedback was made that counts */
static atomic_bool ready, hopeless, settled;
static atomic_uint stages;

bool policy_source_ready(void)
{
	return atomic_load(&ready);
}

bool policy_source_hopeless(void)
{
	return atomic_load(&hopeless);
}

bool policy_source_settled(void)
{
	return atomic_load(&settled);
}

bool policy_source_has_rules(enum engine_stage stage)
{
	return atomic_load(&stages) >> stage & 1;
}

/* The keys of one domain that sign. */
static int add_keys(const char *domain, struct keyring *r, struct arena *a,
	struct bundle_settings *s, struct err *e)
{
	if (keyring_load(domain, r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (r->keys[i].state == KEYRING_ACTIVE &&
		    s->nkeys < KEYS_MAX)
			s->keys[s->nkeys++] = (struct bundle_key){
				span_of(domain),
				arena_span(a, span_of(r->keys[i].selector)),
				r->keys[i].kind == SIGN_ED25519 };
	return 0;
}

/* Their names only: the keys themselves are the signer's. */
static int read_keys(struct arena *a, struct bundle_settings *s,
	struct err *e)
{
	struct keyring *r = arena_alloc(a, sizeof(*r));
	const char **domains;
	size_t n;

	if (keyring_domains(a, &domains, &n, e) < 0)
		return -1;
	s->keys = arena_array(a, n ? KEYS_MAX : 0, sizeof(*s->keys));
	for (size_t i = 0; i < n; i++)
		if (add_keys(domains[i], r, a, s, e) < 0)
			return -1;
	return 0;
}

/* Trouble with one never keeps mail waiting. */
static void tell_update(const char *why)
{
	char text[HOP_TEXT_MAX + 100];

	snprintf(text, sizeof(text), UPDATE_TROUBLE_TEXT "%s", why);
	log_error("%s", text);
	health_set(HEALTH_UPDATE, text);
}

static void read_update(struct arena *a, struct bundle_settings *s)
{
	const char *why;

	update_settings(a, s, &why);
	if (why)
		tell_update(why);
	else
		health_set(HEALTH_UPDATE, NULL);
}

static struct timespec feedback_time(void)
{
	struct stat st = { 0 };

	if (stat(FEEDBACK_MODEL, &st) < 0)
		st.st_mtim = (struct timespec){ 0 };
	return st.st_mtim;
}

/*
 * The active generation, its signature and hashes proved, with wiring and
 * keys of the disk: one record.
 */
static int build(struct buf *b, uint64_t *number_r, struct err *e)
{
	struct arena *a = arena_new("wiring", WIRING_MEMORY);
	struct bundle_settings s = { 0 };
	struct wiring w;
	const char *why;
	int result = -1;

	if (wiring_load(a, &w, e) == 0 && read_keys(a, &s, e) == 0) {
		signing_networks(&w);
		s.networks = arena_spans(a, w.networks, w.nnetworks);
		s.nnetworks = w.nnetworks;
		s.domains = arena_spans(a, w.domains, w.ndomains);
		s.ndomains = w.ndomains;
		s.authserv = span_of(w.site);
		s.answers = span_of(w.enduser_reply);
		s.compiled = ROOT_COMPILED;
		s.virus = engines_wired(&w).n > 0;
		taught = feedback_time();
		s.feedback = feedback_read(a, &why);
		if (why)
			log_warn("%s", why);
		s.dns_keys = dnskeys_read(a, &why);
		if (why)
			log_warn("%s", why);
		read_update(a, &s);
		result = published_build(&s, a, b, number_r, e);
	}
	arena_free(&a);
	return result;
}

/* Nobody can change it any more, so zygote and scanners may map it. */
static int seal(struct span s, struct err *e)
{
	int fd = memfd_create("policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || io_write_all(fd, s) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
		  F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
		err_errno(e, ERR_TEMPORARY, "memory for the policy");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static void watch_dnslists(struct span record)
{
	struct arena *a = arena_new("bundle", WIRING_MEMORY);
	struct bundle bundle;
	struct err e;

	if (bundle_open(record, a, &bundle, &e) == 0)
		dnswatch_set(bundle.dnslists, bundle.settings.dns_keys);
	arena_free(&a);
}

/* The policy on disk cannot be used; under the lock. */
static void refuse(const char *why, bool asked)
{
	char text[HOP_TEXT_MAX + 100];

	snprintf(text, sizeof(text), "%s (%s)", why, good.fd < 0 ?
		"no mail is accepted: every message is answered 451" :
		"the policy before it stays in force");
	log_error("policy: %s", text);
	health_set(HEALTH_POLICY, text);
	/* One that has nothing to load is not to blame. */
	if (good.fd < 0)
		health_set(HEALTH_ZYGOTE, NULL);
	atomic_store(&hopeless, good.fd < 0);
	atomic_store(&settled, true);
	if (asked)
		life_reloaded();
}

static void forget(struct offer *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

static void read_disk(bool asked)
{
	struct buf b = { 0 };
	uint64_t number = 0;
	struct err e;
	int fd = -1;

	if (build(&b, &number, &e) == 0) {
		watch_dnslists(buf_bytes(&b));
		fd = seal(buf_bytes(&b), &e);
	}
	buf_free(&b);
	pthread_mutex_lock(&lock);
	/* Who asked for the one before waits for this one now. */
	asked = asked || (next.fd >= 0 && next.asked);
	if (fd < 0) {
		refuse(e.text, asked);
	} else {
		forget(&next);
		next = (struct offer){ fd, ++last_generation, number, asked };
		/* Not connected: policy_source_up does it. */
		link_load(fd, next.generation);
	}
	pthread_mutex_unlock(&lock);
}

void policy_source_read(void)
{
	pthread_mutex_lock(&reading);
	read_disk(true);
	pthread_mutex_unlock(&reading);
}

void policy_source_tend(void)
{
	static int64_t last_ms = INT64_MIN / 2;
	struct timespec now = feedback_time();

	if (clock_ms() - last_ms < TAUGHT_MS)
		return;
	pthread_mutex_lock(&reading);
	if (now.tv_sec != taught.tv_sec || now.tv_nsec != taught.tv_nsec) {
		last_ms = clock_ms();
		read_disk(false);
	}
	pthread_mutex_unlock(&reading);
}

void policy_source_up(void)
{
	pthread_mutex_lock(&lock);
	if (good.fd >= 0)
		link_load(good.fd, good.generation);
	if (next.fd >= 0)
		link_load(next.fd, next.generation);
	pthread_mutex_unlock(&lock);
}

void policy_source_down(void)
{
	atomic_store(&ready, false);
	scanners_lost();
	health_set(HEALTH_ZYGOTE, "the zygote is gone: mail is answered 451 "
		"until it is back");
}

/*
 * The newest policy works; under the lock. The supervisor hears of it when no
 * scanner with an older one is handed out any more.
 */
static void accept_next(const struct hop_note *n)
{
	scanners_renew(n->id);
	atomic_store(&stages, n->stages);
	atomic_store(&hopeless, false);
	atomic_store(&ready, true);
	atomic_store(&settled, true);
	if (n->id == next.generation && next.fd >= 0) {
		forget(&good);
		good = next;
		next.fd = -1;
		health_set(HEALTH_POLICY, NULL);
		health_set(HEALTH_RULE, NULL);
		log_info("policy: generation %llu is in force",
			(unsigned long long)good.number);
		life_generation(good.number);
		if (good.asked)
			life_reloaded();
	}
}

/* A new zygote cannot load what the one before it had. */
static void lost_good(const char *why)
{
	char text[HOP_TEXT_MAX + 100];

	snprintf(text, sizeof(text), "the zygote cannot load the policy "
		"again (%s): mail is answered 451; pm restart filter", why);
	log_error("policy: %s", text);
	health_set(HEALTH_ZYGOTE, text);
}

void policy_source_loaded(const struct hop_note *n, const char *text)
{
	pthread_mutex_lock(&lock);
	if (n->good) {
		health_set(HEALTH_ZYGOTE, NULL);
		if (*text)
			tell_update(text);
		accept_next(n);
	} else if (n->id == next.generation) {
		health_set(HEALTH_ZYGOTE, NULL);
		forget(&next);
		refuse(text, next.asked);
	} else if (n->id == good.generation) {
		lost_good(text);
	}
	pthread_mutex_unlock(&lock);
}
